// Package programs finds what tests run beside the program itself: Ruby, Redis, PostgreSQL.
package programs

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Find is the path of a program, which may also lie where one of the patterns leads. Without it the test ends as
// [Missing] says.
func Find(t testing.TB, name string, patterns ...string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, pattern := range patterns {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return slices.Max(found)
		}
	}
	Missing(t, "there is no "+name)
	return ""
}

// Ruby is the path of a Ruby that has these libraries.
func Ruby(t testing.TB, libraries ...string) string {
	t.Helper()
	ruby := Find(t, "ruby")
	var args []string
	for _, library := range libraries {
		args = append(args, "-r", library)
	}
	if exec.CommandContext(t.Context(), ruby, append(args, "-e", "")...).Run() != nil {
		Missing(t, "Ruby lacks one of "+strings.Join(libraries, ", "))
	}
	return ruby
}

// Missing ends a test that lacks something. It is skipped, and says so; where CI is true it fails, because nobody reads
// there what was skipped.
//
// Source: docs.github.com/en/actions/reference/workflows-and-actions/variables, "CI".
func Missing(t testing.TB, what string) {
	t.Helper()
	message := what + "; `make test-packages` installs what is needed"
	if strings.EqualFold(os.Getenv("CI"), "true") {
		t.Fatal(message)
	}
	t.Skip("SKIPPED: " + message)
}
