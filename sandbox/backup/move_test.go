//go:build unix

package backup_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/settings"
)

// commandsOf are the commands of the page for those who move in that have a word in them.
func commandsOf(t *testing.T, word string) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/content/3.run/2.move-in.md")
	require.NoError(t, err)
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		if strings.Contains(block[1], word) {
			return block[1]
		}
	}
	require.Fail(t, "the page has no commands with "+word)
	return ""
}

// byPerson runs commands of a page, in a checkout that has the scripts.
func (w *world) byPerson(commands string, env ...string) result {
	w.t.Helper()
	checkout, err := os.MkdirTemp(w.dir, "checkout-")
	require.NoError(w.t, err)
	require.NoError(w.t, os.Chmod(checkout, 0o777))
	require.NoError(w.t, os.MkdirAll(filepath.Join(checkout, "infra/backup"), 0o755))
	require.NoError(w.t, os.CopyFS(filepath.Join(checkout, "infra/backup/scripts"), os.DirFS(scripts)))
	cmd, out := w.start("dump", env...)
	cmd.Dir, cmd.Args = checkout, []string{cmd.Args[0], "-c", commands}
	require.NoError(w.t, cmd.Start())
	_ = cmd.Wait()
	return w.ended(cmd, out)
}

// An instance that was never this program's comes here by the commands of the page, tries twice, and leaves again.
func TestAnInstanceMovesInAndOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, few)
	dumped := w.byPerson(commandsOf(t, "scripts/dump.sh"))
	require.Contains(t, dumped.output, "ok     dump")
	require.Zero(t, dumped.status)

	const count = "SELECT count(*) FROM statuses"
	to := w.server.database(t)
	w.succeeds("restore", w.run("restore", "PGDATABASE="+to))
	require.Equal(t, fmt.Sprint(few), w.sql(t, "mastodon", to, count))
	// The way back, and another night.
	require.Contains(t, commandsOf(t, "bin/rails runner 'ActiveRecord"), `"DROP OWNED BY CURRENT_USER"`)
	w.sql(t, "mastodon", to, "DROP OWNED BY CURRENT_USER")
	w.succeeds("restore", w.run("restore", "PGDATABASE="+to, "FROM=2099-01-01T00:00:00Z"))
	require.Equal(t, fmt.Sprint(few), w.sql(t, "mastodon", to, count))

	away := w.server.database(t)
	w.sql(t, "doadmin", away, grants)
	commands := commandsOf(t, "RCLONE_CONFIG_VAULT_TYPE")
	require.Contains(t, commands, "backups:sarek-example-org/database")
	commands = strings.ReplaceAll(commands, "backups:sarek-example-org", "spaces:backups")
	w.byPerson(strings.ReplaceAll(commands, "mastodon_production", away))
	require.Equal(t, fmt.Sprint(few), w.sql(t, "mastodon", away, count))
}

// The commands set each key that the settings know, from the variable that Mastodon has for it.
func TestTheKeysMoveIn(t *testing.T) {
	t.Parallel()
	bash, dir := need(t, "bash"), t.TempDir()
	double := "#!" + bash + "\n[[ $1 == config ]] || exit 0\n" +
		"printf '%s=%s\\n' \"${@: -3:1}\" \"$(cat)\" >>" + dir + "/set\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "pulumi"), []byte(double), 0o700))
	var file, want strings.Builder
	from := settings.Variables()
	for key := range reflect.TypeFor[settings.MastodonSecrets]().Fields() {
		name, _, _ := strings.Cut(key.Tag.Get("json"), ",")
		// Mastodon's own name has the same letters, with some more of Active Record's.
		for variable, decided := range from {
			letters := strings.ToLower(strings.NewReplacer("_", "", "ENCRYPTION_", "").Replace(variable))
			if decided.Setting == "vmst:secrets.mastodon" && letters == strings.ToLower(name) {
				fmt.Fprintf(&file, "%s=\"the %s\"\n", variable, name)
				fmt.Fprintf(&want, "vmst:secrets.mastodon.%s=the %s\n", name, name)
			}
		}
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".env.production"), []byte(file.String()), 0o600))
	cmd := exec.CommandContext(t.Context(), bash, "-c", commandsOf(t, "SECRET_KEY_BASE secretKeyBase"))
	cmd.Dir, cmd.Env = dir, []string{"PATH=" + dir + ":" + os.Getenv("PATH")}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	set, err := os.ReadFile(filepath.Join(dir, "set"))
	require.NoError(t, err)
	require.ElementsMatch(t, strings.Split(want.String(), "\n"), strings.Split(string(set), "\n"))
	require.Equal(t, 6, strings.Count(want.String(), "\n"))
}
