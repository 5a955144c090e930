package decode

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Nearest returns the candidate that a person most likely meant by a word, or "" if none is close: the same
// letters in another case, or at most two edits, fewer in a short word.
func Nearest(word string, candidates []string) string {
	best, closest := "", min(2, len(word)/3)
	for _, candidate := range candidates {
		if strings.EqualFold(word, candidate) {
			return candidate
		}
		if d := distance(word, candidate); d < closest || d == closest && best == "" {
			best, closest = candidate, d
		}
	}
	return best
}

// A person can compare twelve values, and of more only the near ones.
const (
	mostListed = 12
	mostNear   = 5
)

// instead says which of the allowed values to write in place of a text.
func instead(text string, allowed []string, lists string) string {
	near := Nearest(text, allowed)
	listed := "use " + OneOf(allowed)
	if near != "" {
		listed = fmt.Sprintf("did you mean %q? Allowed: %s", near, strings.Join(allowed, ", "))
	}
	if len(allowed) > mostListed {
		byDistance := slices.Clone(allowed)
		slices.SortStableFunc(byDistance, func(a, b string) int {
			return cmp.Compare(distance(text, a), distance(text, b))
		})
		listed = "near ones are " + strings.Join(byDistance[:mostNear], ", ")
		if near != "" {
			listed = fmt.Sprintf("did you mean %q? Near ones: %s", near, strings.Join(byDistance[:mostNear], ", "))
		}
	}
	if lists != "" {
		listed += "; `" + lists + "` lists them"
	}
	return listed
}

// distance is the number of insertions, deletions and substitutions that turn one word into another.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
