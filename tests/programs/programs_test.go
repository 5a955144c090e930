package programs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/tests/programs"
)

// ended is a test that says how it is ended.
type ended struct{ testing.TB }

func (ended) Fatal(args ...any) { panic("failed: " + fmt.Sprint(args...)) }
func (ended) Skip(args ...any)  { panic("skipped: " + fmt.Sprint(args...)) }

// end is how a test ends that does this.
func end(t *testing.T, do func(testing.TB)) (how string) {
	t.Helper()
	defer func() { how, _ = recover().(string) }()
	do(ended{t})
	return ""
}

// Where somebody reads along, a test says what it lacks; in a workflow, where nobody does, it fails.
func TestWhatIsMissing(t *testing.T) {
	const what = "there is no no-such-program; `make test-packages` installs what is needed"
	find := func(t testing.TB) { programs.Find(t, "no-such-program", filepath.Join(os.TempDir(), "no-such-*")) }
	for ci, want := range map[string]string{
		"": "skipped: SKIPPED: " + what, "false": "skipped: SKIPPED: " + what, "true": "failed: " + what,
	} {
		t.Setenv("CI", ci)
		require.Equal(t, want, end(t, find), "CI=%s", ci)
	}
}

func TestWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", filepath.Join(dir, "15"))
	t.Setenv("CI", "true")
	for _, path := range []string{"15/initdb", "14/postgres", "16/postgres", "15/ruby"} {
		path = filepath.Join(dir, path)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n[ \"$*\" = '-r pg -e ' ]\n"), 0o700))
	}
	require.Equal(t, filepath.Join(dir, "15/initdb"), programs.Find(t, "initdb"))
	require.Equal(t, filepath.Join(dir, "16/postgres"), programs.Find(t, "postgres", filepath.Join(dir, "*/postgres")))
	require.Equal(t, filepath.Join(dir, "15/ruby"), programs.Ruby(t, "pg"))
	require.Equal(t, "failed: Ruby lacks one of pg, redis; `make test-packages` installs what is needed",
		end(t, func(t testing.TB) { programs.Ruby(t, "pg", "redis") }))
}
