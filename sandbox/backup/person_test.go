//go:build unix

package backup_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// byHand runs a script of a person's with stand-ins for the programs that reach an account, each of which writes down
// its calls and answers as the body of a shell function says.
func byHand(t *testing.T, script, answers string, env ...string) (calls []string, r result) {
	t.Helper()
	bash := need(t, "bash")
	need(t, "jq")
	need(t, "curl")
	dir, scratch := t.TempDir(), t.TempDir()
	double := "#!" + bash + "\nprintf '%s %s\\n' \"$(basename \"$0\")\" \"$*\" >>" + dir + "/calls\n" + answers
	for _, name := range []string{"pulumi", "doctl", "kubectl"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(double), 0o700))
	}
	cmd := exec.CommandContext(t.Context(), bash, filepath.Join(scripts, script))
	cmd.Env = append([]string{"PATH=" + dir + ":" + os.Getenv("PATH"), "TMPDIR=" + scratch, "STACK=prod"}, env...)
	out, _ := cmd.CombinedOutput()
	text, _ := os.ReadFile(filepath.Join(dir, "calls"))
	left, err := os.ReadDir(scratch)
	require.NoError(t, err)
	require.Empty(t, left, "credentials stay")
	return strings.Split(strings.TrimSpace(string(text)), "\n"), result{cmd.ProcessState.ExitCode(), string(out)}
}

func TestATaskByHand(t *testing.T) {
	t.Parallel()
	const answers = `case "$(basename "$0") $*" in
pulumi*) echo '{"id": "a-cluster"}' ;;
doctl*) echo secret-credential >"$KUBECONFIG" ;;
*logs*) echo "ok     dump, 4 seconds" ;;
*"get job"*) echo "SuccessCriteriaMet $ENDED" ;;
esac
[[ -s ${KUBECONFIG-} || $(basename "$0") == pulumi ]]
`
	for ended, status := range map[string]int{"Complete": 0, "Failed": 1} {
		calls, r := byHand(t, "now.sh", answers, "TASK=dump", "ENDED="+ended)
		require.Equal(t, status, r.status, r.output)
		require.Contains(t, r.output, "ok     dump, 4 seconds")
		require.NotContains(t, r.output, "secret-")
		require.Equal(t, "pulumi stack output cluster --stack prod --json", calls[0])
		require.Equal(t, "doctl kubernetes cluster kubeconfig save a-cluster", calls[1])
		require.Regexp(t, `^kubectl --namespace backup create job dump-\d{8}-\d{6}-\d+ --from=cronjob/dump$`, calls[2])
	}
	calls, r := byHand(t, "now.sh", answers, "TASK=everything")
	require.Equal(t, 2, r.status)
	require.Equal(t, []string{""}, calls)
}

func TestThePromise(t *testing.T) {
	t.Parallel()
	marks := map[string]string{}
	for task, seconds := range map[string]int{"dump": 240, "rehearsal": 900} {
		marks["/proven/"+task+".prom"] = fmt.Sprintf("mastodon_backup_restore_seconds{task=%q} 600\n"+
			"mastodon_backup_seconds{task=%q} %d\nmastodon_backup_end_timestamp_seconds{task=%q} %d\n",
			task, task, seconds, task, time.Now().Add(-5*time.Hour).Unix())
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if mark, ok := marks[r.URL.Path]; ok {
			_, _ = w.Write([]byte(mark))
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(server.Close)
	proof := func(task string, days int) string {
		return fmt.Sprintf(`%q: {"url": "%s/proven/%s.prom", "schedule": "x", "alarmDays": %d}`,
			task, server.URL, task, days)
	}
	outputs := func(proofs ...string) string {
		return `printf '%s' '{"mayBeLostHours": 24, "proofs": {` + strings.Join(proofs, ", ") + `}, "runs": {}}'`
	}
	_, r := byHand(t, "promise.sh", outputs(proof("dump", 2), proof("rehearsal", 9)))
	require.Zero(t, r.status, r.output)
	require.Contains(t, r.output, "May be lost (RPO): 24 hours")
	require.Contains(t, r.output, "ok     dump: 5 hours ago, in 240 seconds\n")
	require.Contains(t, r.output, "Back in (RTO): 600 seconds")
	_, r = byHand(t, "promise.sh", outputs(proof("dump", 2), proof("media", 3)))
	require.Equal(t, 1, r.status)
	require.Contains(t, r.output, "WRONG  media: no run ended well in the last 3 days, or nobody can look: curl: ")
	_, r = byHand(t, "promise.sh", "exit 1")
	require.Equal(t, 1, r.status)
	require.Contains(t, r.output, "WRONG  prod makes no backups (vmst:settings.backup.enabled)")
}
