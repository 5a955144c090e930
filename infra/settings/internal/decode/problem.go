package decode

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a stack's configuration, or one that a person should know of it.
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

// Problems are all the problems of a configuration, sorted by path.
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

// Report collects problems.
type Report struct {
	// Formats are the kinds of text that fields name in their tags.
	Formats map[string]Format
	// Secrets is the path below which no problem may quote a value.
	Secrets string

	problems Problems
	// damaged are the paths whose values could not be read at all.
	damaged []string
	// outside are the paths whose values are not what their tags admit.
	outside []string
}

// At returns the place of a path, to report problems of it.
func (r *Report) At(path string) At { return At{r, path} }

// Problems returns what was found, sorted by path, list elements in numerical order.
func (r *Report) Problems() Problems {
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		return strings.Compare(sortKey(a.Path), sortKey(b.Path))
	})
	return r.problems
}

// damage records a value that cannot be read. Checks that would only stumble over its absence keep quiet.
func (r *Report) damage(path, wrong, remedy string) {
	r.damaged = append(r.damaged, path)
	r.problems = append(r.problems, Problem{path, wrong, remedy})
}

// bound records a value that its tag does not admit. Nothing more needs to be said about it.
func (r *Report) bound(path, wrong, remedy string) {
	r.outside = append(r.outside, path)
	r.problems = append(r.problems, Problem{path, wrong, remedy})
}

// At is a setting's place in the configuration.
type At struct {
	report *Report
	path   string
}

// String returns the path.
func (a At) String() string { return a.path }

// Key is the place of a setting in a mapping.
func (a At) Key(name string) At { return At{a.report, a.path + "." + name} }

// Index is the place of an element of a list.
func (a At) Index(i int) At { return At{a.report, fmt.Sprintf("%s[%d]", a.path, i)} }

// Add records a value that can be read but is not allowed, unless something is wrong with the value already, or
// a part of it or what holds it cannot be read: then the problem is only a consequence.
func (a At) Add(wrong, remedy string) {
	if !a.Bad() {
		a.report.problems = append(a.report.problems, Problem{a.path, wrong, remedy})
	}
}

// Bad reports whether the value cannot be relied upon: it, a part of it or what holds it cannot be read, or its
// tag does not admit it.
func (a At) Bad() bool {
	if slices.Contains(a.report.outside, a.path) {
		return true
	}
	return slices.ContainsFunc(a.report.damaged, func(d string) bool { return within(a.path, d) || within(d, a.path) })
}

// Is reports a text that is not of a format, and returns whether it is.
func (a At) Is(text, format string) bool {
	wrong, remedy := a.report.Formats[format].check(text)
	if wrong != "" {
		a.Add(wrong, remedy)
	}
	return wrong == ""
}

// Choice reports a text that is none of those allowed, and returns whether it is one of them. What is the name of
// what the text should be; lists is a command that lists all of them, for when there are many.
func (a At) Choice(text, what string, allowed []string, lists string) bool {
	if slices.Contains(allowed, text) {
		return true
	}
	a.Add(Quote(text)+" is not "+what, Instead(text, allowed, lists))
	return false
}

// Unique reports the second and later uses of a value.
type Unique map[string]string

// Add reports the value at a place if another place has it already.
func (u Unique) Add(at At, value string) {
	if first, used := u[value]; used {
		at.Add(Quote(value)+" is already used by "+first, "use each value once")
		return
	}
	u[value] = at.path
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

// OneOf lists the allowed values of a setting: "a, b or c".
func OneOf(values []string) string {
	switch len(values) {
	case 0:
		return "nothing"
	case 1:
		return values[0]
	}
	return strings.Join(values[:len(values)-1], ", ") + " or " + values[len(values)-1]
}
