package decode

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// Nearest returns the candidate that a person most likely meant by a word, or "" if none is close: the same
// letters in another case, or at most two edits, fewer in a short word.
func Nearest(word string, candidates []string) string {
	best, closest := "", min(2, len(word)/3)
	for _, candidate := range candidates {
		if strings.EqualFold(word, candidate) {
			return candidate
		}
		if d := levenshtein.Distance(word, candidate, nil); d < closest || d == closest && best == "" {
			best, closest = candidate, d
		}
	}
	return best
}

// A person can compare twelve values, and of more, or where a command lists them, only the near ones.
const (
	mostListed = 12
	mostNear   = 5
)

// Instead says which of the allowed values to write in place of a text. Lists is a command that lists all of them, for
// when there are many.
func Instead(text string, allowed []string, lists string) string {
	near := Nearest(text, allowed)
	listed := "use " + OneOf(allowed)
	if near != "" {
		listed = fmt.Sprintf("did you mean %q? Allowed: %s", near, strings.Join(allowed, ", "))
	}
	if len(allowed) > mostListed || lists != "" && len(allowed) > mostNear {
		byDistance := slices.Clone(allowed)
		slices.SortStableFunc(byDistance, func(a, b string) int {
			return cmp.Compare(levenshtein.Distance(text, a, nil), levenshtein.Distance(text, b, nil))
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
