package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a stack's configuration.
type Problem struct {
	// Path of the setting, such as "vmst:settings.cluster.nodePools[1].minNodes".
	Path string
	// Wrong says what is wrong. It quotes the value, unless that is secret.
	Wrong string
	// Remedy says what is allowed and what to do.
	Remedy string
}

// String returns the problem on one line: "path: wrong; remedy".
func (p Problem) String() string { return p.Path + ": " + p.Wrong + "; " + p.Remedy }

// Problems are all the problems of a configuration, sorted by path. It is the
// error that [Decode] returns.
type Problems []Problem

// Error returns a heading and one line for each problem.
func (p Problems) Error() string {
	var b strings.Builder
	if len(p) == 1 {
		b.WriteString("the stack's configuration has 1 problem:")
	} else {
		fmt.Fprintf(&b, "the stack's configuration has %d problems:", len(p))
	}
	for _, problem := range p {
		b.WriteString("\n  " + problem.String())
	}
	return b.String()
}

// report collects problems.
type report struct {
	problems Problems
	// damaged are the paths whose values could not be read at all.
	damaged []string
	// outside are the paths whose values are outside the bounds of their tags.
	outside []string
}

// damage records a value that cannot be read. Checks that would only stumble
// over its absence keep quiet.
func (r *report) damage(path, wrong, remedy string) {
	r.damaged = append(r.damaged, path)
	r.problems = append(r.problems, Problem{path, wrong, remedy})
}

// bound records a value outside the bounds of its tag. Nothing more needs to be
// said about it.
func (r *report) bound(path, wrong, remedy string) {
	r.outside = append(r.outside, path)
	r.problems = append(r.problems, Problem{path, wrong, remedy})
}

// add records a value that can be read but is not allowed, unless the value, a
// part of it or what holds it is damaged: then the problem is only a consequence.
func (r *report) add(path, wrong, remedy string) {
	if slices.Contains(r.outside, path) {
		return
	}
	for _, d := range r.damaged {
		if within(path, d) || within(d, path) {
			return
		}
	}
	r.problems = append(r.problems, Problem{path, wrong, remedy})
}

// sorted returns the problems by path, list elements in numerical order.
func (r *report) sorted() Problems {
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		return strings.Compare(sortKey(a.Path), sortKey(b.Path))
	})
	return r.problems
}

var index = regexp.MustCompile(`\[\d+\]`)

// sortKey pads the indices in a path, so that [10] sorts after [9].
func sortKey(path string) string {
	return index.ReplaceAllStringFunc(path, func(i string) string {
		return fmt.Sprintf("[%6s]", i[1:len(i)-1])
	})
}

// within reports whether a path is another one or lies below it.
func within(path, parent string) bool {
	rest, ok := strings.CutPrefix(path, parent)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// at returns the path of a list element.
func at(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// oneOf lists the allowed values of a setting.
func oneOf(values []string) string {
	switch len(values) {
	case 0:
		return "nothing"
	case 1:
		return values[0]
	}
	return strings.Join(values[:len(values)-1], ", ") + " or " + values[len(values)-1]
}
