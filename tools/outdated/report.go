package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
)

// report collects what the checks find. They add to it at the same time.
type report struct {
	mutex  sync.Mutex
	errors []string
	notes  []string
	// unasked is what was not checked, by why: who does not answer is named once.
	unasked map[string][]string
}

func newReport() *report { return &report{unasked: map[string][]string{}} }

// wrong adds what must be mended.
func (r *report) wrong(format string, args ...any) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

// note adds what should be known.
func (r *report) note(format string, args ...any) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

// skip adds what could not be checked.
func (r *report) skip(what, why string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.unasked[why] = append(r.unasked[why], what)
}

// print writes the lines, and returns the exit status.
func (r *report) print(out io.Writer) int {
	var skipped []string
	for _, why := range slices.Sorted(maps.Keys(r.unasked)) {
		skipped = append(skipped, strings.Join(slices.Sorted(slices.Values(r.unasked[why])), ", ")+": "+why)
	}
	for _, part := range []struct {
		heading string
		lines   []string
	}{{"error", r.errors}, {"note", r.notes}, {"not checked", skipped}} {
		for _, line := range slices.Sorted(slices.Values(part.lines)) {
			fmt.Fprintf(out, "%s: %s\n", part.heading, line)
		}
	}
	fmt.Fprintf(out, "%s, %s, %d not checked\n",
		count(len(r.errors), "error"), count(len(r.notes), "note"), len(skipped))
	switch {
	case len(r.errors) > 0:
		return 1
	case len(skipped) > 0:
		return 2
	default:
		return 0
	}
}

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
