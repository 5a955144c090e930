package directory_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/monitoring/internal/directory"
)

func read(t *testing.T, parts ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(parts...))
	require.NoError(t, err)
	return string(text)
}

func TestADirectoryFollows(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new")
	require.NoError(t, directory.Write(dir, map[string][]byte{"a": []byte("1"), "rules/b.yml": []byte("2")}))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "notes"), []byte("mine"), 0o600))
	require.NoError(t, directory.Write(dir, map[string][]byte{"a": []byte("3"), "c": []byte("4")}))
	require.Equal(t, "3", read(t, dir, "a"))
	require.Equal(t, "4", read(t, dir, "c"))
	require.NoFileExists(t, filepath.Join(dir, "rules", "b.yml"), "what is not needed any more would still be read")
	require.Equal(t, "mine", read(t, dir, "notes"))
}

// What is as it should be is not touched: Prometheus need not read it again.
func TestTheSameIsNotWrittenAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := map[string][]byte{"a": []byte("1")}
	require.NoError(t, directory.Write(dir, files))
	before, err := os.Stat(filepath.Join(dir, "a"))
	require.NoError(t, err)
	require.NoError(t, directory.Write(dir, files))
	after, err := os.Stat(filepath.Join(dir, "a"))
	require.NoError(t, err)
	require.True(t, os.SameFile(before, after))
}

func TestWhatIsSomebodyElsesIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "prometheus.yml"), []byte("mine"), 0o600))
	err := directory.Write(dir, map[string][]byte{"a": nil})
	require.ErrorContains(t, err, "it holds something else (prometheus.yml): take another directory")
	require.NoFileExists(t, filepath.Join(dir, "a"))

	dir = t.TempDir()
	require.NoError(t, directory.Write(dir, map[string][]byte{"a": nil}))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "prometheus.yml"), []byte("mine"), 0o600))
	err = directory.Write(dir, map[string][]byte{"a": []byte("new"), "prometheus.yml": []byte("ours")})
	require.ErrorContains(t, err, "there is prometheus.yml, which was not written by this command")
	require.Equal(t, "mine", read(t, dir, "prometheus.yml"))
	require.Empty(t, read(t, dir, "a"))
}

// The list comes from a directory that others can write to.
func TestNothingOutsideIsTakenAway(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "out"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "precious"), nil, 0o600))
	list := filepath.Join(dir, "out", ".written-by-monitoring")
	require.NoError(t, os.WriteFile(list, []byte("../precious\n"), 0o600))
	err := directory.Write(filepath.Join(dir, "out"), map[string][]byte{"a": nil})
	require.ErrorContains(t, err, `names "../precious", which is not in the directory`)
	require.FileExists(t, filepath.Join(dir, "precious"))
}
