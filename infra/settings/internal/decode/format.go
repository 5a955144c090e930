package decode

import (
	"regexp"
	"slices"
)

// Format is a kind of text, named by the tag `jsonschema:"format=<name>"` of a field of text or a list of texts.
type Format struct {
	// Is names it, for "... is not <Is>": "a time".
	Is string
	// Write says how it is written: "write it as HH:MM in UTC, in quotes".
	Write string
	// Pattern is what it looks like. The schema has it, too.
	Pattern *regexp.Regexp
	// Valid decides what a pattern cannot. Nil admits what the pattern does.
	Valid func(string) bool
	// Values are all there are, where it is one of a list; the schema has them, too. With a Pattern they are those that
	// are known, and what looks like one may have come later, unless Valid knows better.
	Values []string
	// Also are other words for values, such as the city of a region: what a person may have meant.
	Also map[string]string
	// Lists is a command that lists the values.
	Lists string
}

// check returns what is wrong with a text and what to do, or nothing.
func (f Format) check(text string) (wrong, remedy string) {
	if f.Values != nil {
		later := f.Pattern != nil && f.Pattern.MatchString(text) && (f.Valid == nil || f.Valid(text))
		if later || slices.Contains(f.Values, text) {
			return "", ""
		}
		remedy = Instead(text, f.Values, f.Lists)
		if meant, ok := f.meant(text); ok {
			remedy = `did you mean "` + meant + `"?`
		}
		return Quote(text) + " is not " + f.Is, remedy
	}
	if f.Pattern != nil && !f.Pattern.MatchString(text) || f.Valid != nil && !f.Valid(text) {
		return Quote(text) + " is not " + f.Is, f.Write
	}
	return "", ""
}

// meant finds the value that another word stands for.
func (f Format) meant(text string) (string, bool) {
	words := make([]string, 0, len(f.Also))
	for word := range f.Also {
		words = append(words, word)
	}
	slices.Sort(words)
	value := f.Also[Nearest(text, words)]
	return value, slices.Contains(f.Values, value)
}
