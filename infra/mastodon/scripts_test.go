package mastodon

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/tests/programs"
)

// runScript runs a Job's script with a stand-in for what Mastodon's image has, which writes down every call and answers
// as the body of a shell function says. It returns the calls, and whether the script succeeded.
func runScript(t *testing.T, script, answer string, env ...string) (calls []string, succeeded bool) {
	t.Helper()
	bash := programs.Find(t, "bash")
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "bin"), 0o700))
	const note = `printf '%s %s\n' "$(basename "$0")" "${*//$'\n'/ }" >>`
	double := "#!" + bash + "\n" + note + dir + "/calls\n" + answer
	for _, name := range []string{"bundle", "tootctl"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "bin", name), []byte(double), 0o700))
	}
	cmd := exec.CommandContext(t.Context(), bash, "-c", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), append(env, "PATH="+filepath.Join(dir, "bin")+":"+os.Getenv("PATH"))...)
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	text, _ := os.ReadFile(filepath.Join(dir, "calls"))
	for line := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n") {
		calls = append(calls, strings.TrimSpace(line))
	}
	return calls, err == nil
}

func TestMigrateBefore(t *testing.T) {
	t.Parallel()
	const version = `case "$*" in *db:version) echo "Current version: $VERSION";; *runner*) exit "$INCOMPLETE";; esac`
	for name, test := range map[string]struct {
		env  []string
		want []string
	}{
		"an empty database": {
			[]string{"VERSION=0"}, []string{"bundle exec rake db:version", "bundle exec rake db:prepare"},
		},
		"a used one": {
			[]string{"VERSION=20260101", "INCOMPLETE=0"},
			[]string{"bundle exec rake db:version", "bundle exec rake db:migrate", "bundle exec rails runner"},
		},
		"one whose first run broke off": {
			[]string{"VERSION=20260101", "INCOMPLETE=1"},
			[]string{
				"bundle exec rake db:version", "bundle exec rake db:migrate", "bundle exec rails runner",
				"bundle exec rake db:seed",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls, succeeded := runScript(t, migrateBefore, version, test.env...)
			require.True(t, succeeded)
			require.Len(t, calls, len(test.want), "%v", calls)
			for i, want := range test.want {
				require.True(t, strings.HasPrefix(calls[i], want), calls[i])
			}
		})
	}
	_, succeeded := runScript(t, migrateBefore, `exit 1`)
	require.False(t, succeeded, "what fails is not followed by anything")
}

// Contents are imported only where the mapping has changed, and go on where they stopped.
func TestSearchScripts(t *testing.T) {
	t.Parallel()
	calls, succeeded := runScript(t, searchContents,
		`case "$*" in *smembers*) echo "I, [2026-01-01] INFO -- : started"; printf 'accounts\nstatuses\n';; esac`)
	require.True(t, succeeded)
	var done []string
	for _, call := range calls {
		if strings.HasPrefix(call, "tootctl") {
			done = append(done, call)
		}
	}
	require.Equal(t, []string{"tootctl search deploy --only accounts", "tootctl search deploy --only statuses"}, done)

	calls, succeeded = runScript(t, searchContents, ``)
	require.True(t, succeeded, "nothing to do is no failure")
	require.Len(t, calls, 1)

	calls, succeeded = runScript(t, searchMapping, ``)
	require.True(t, succeeded)
	require.Len(t, calls, 2)
	require.Equal(t, "tootctl search deploy --no-import --no-clean", calls[1])
}

// The list of types is where the other container mounts it, a line for each type as Go reads it.
func TestStaticTypes(t *testing.T) {
	t.Parallel()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("SKIPPED: the scripts of the Jobs need sh")
	}
	from, to := t.TempDir(), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(from, "robots.txt"), nil, 0o600))
	script := strings.ReplaceAll(unpackStatic, "/opt/mastodon/public", from)
	require.NotEqual(t, unpackStatic, script)
	out, err := exec.CommandContext(t.Context(), sh, "-c", script, to, staticTypes).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.FileExists(t, filepath.Join(to, filepath.Base(from), "robots.txt"))
	list, err := os.ReadFile(filepath.Join(to, staticTypesFile))
	require.NoError(t, err)
	for line := range strings.Lines(string(list)) {
		fields := strings.Fields(line)
		require.Len(t, fields, 2, line)
		require.Contains(t, fields[0], "/", line)
		require.NotContains(t, fields[1], ".", line)
	}
	require.Equal(t, staticTypes, string(list))
}
