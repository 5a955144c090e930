//go:build unix

package mastodon

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/tests/programs"
)

// toolboxOf runs a person's script with stand-ins for the programs that it calls, each of which writes down its calls
// and answers as the body of a shell function says, and interrupts it as Ctrl-C does once a file is there. It returns
// the calls and the status.
func toolboxOf(t *testing.T, stack, answer string) (calls []string, status int) {
	t.Helper()
	bash := programs.Find(t, "bash")
	dir, scratch := t.TempDir(), t.TempDir()
	double := "#!" + bash + "\n" + `printf '%s|%s\n' "$(basename "$0")" "$*" >>` + dir + `/calls
case "$(basename "$0")" in
pulumi) echo '{"id": "a-cluster"}' ;;
jq) cat >/dev/null; echo a-cluster ;;
doctl) [[ "$KUBECONFIG" == ` + scratch + `/* ]] && echo secret-credential >"$KUBECONFIG" ;;
kubectl) [[ -s "$KUBECONFIG" ]] || exit 99; ` + answer + ` ;;
esac
`
	for _, name := range []string{"pulumi", "jq", "doctl", "kubectl"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(double), 0o700))
	}
	cmd := exec.CommandContext(t.Context(), bash, filepath.Join("scripts", "toolbox.sh"))
	cmd.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "TMPDIR=" + scratch, "STACK=" + stack, "DIR=" + dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := os.Create(filepath.Join(dir, "out"))
	require.NoError(t, err)
	cmd.Stdout, cmd.Stderr = out, out
	require.NoError(t, cmd.Start())
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(done)
	}()
	for deadline := time.After(time.Minute); ; {
		select {
		case <-done:
			said, _ := os.ReadFile(out.Name())
			t.Logf("%s", said)
			text, _ := os.ReadFile(filepath.Join(dir, "calls"))
			left, err := os.ReadDir(scratch)
			require.NoError(t, err)
			require.Empty(t, left, "credentials stay")
			return strings.Split(strings.TrimSpace(string(text)), "\n"), cmd.ProcessState.ExitCode()
		case <-deadline:
			t.Fatal("it does not end")
		case <-time.After(50 * time.Millisecond):
			if os.Remove(filepath.Join(dir, "interrupt")) == nil {
				require.NoError(t, syscall.Kill(-cmd.Process.Pid, syscall.SIGINT))
			}
		}
	}
}

// The pod goes with the shell, however it ends, and so do the credentials.
func TestToolbox(t *testing.T) {
	t.Parallel()
	const (
		waits = `kubectl|--namespace mastodon wait job/NAME --for=jsonpath={.status.ready}=1 --timeout=10m`
		shell = `kubectl|--namespace mastodon exec --stdin --tty job/NAME --container toolbox -- bash`
	)
	begin := []string{
		"jq|-er .id", "pulumi|stack output cluster --stack prod --json",
		"doctl|kubernetes cluster kubeconfig save a-cluster",
		"kubectl|--namespace mastodon create job NAME --from=cronjob/mastodon-toolbox",
	}
	const interrupted = `{ touch "$DIR/interrupt"; sleep 30; }`
	const end = `kubectl|--namespace mastodon delete job NAME --ignore-not-found --wait=false`
	for name, test := range map[string]struct {
		answer string
		status int
		want   []string
	}{
		"a shell that ends":           {`:`, 0, []string{waits, shell, end}},
		"a shell that ends badly":     {`[[ "$*" != *exec* ]] || exit 7`, 7, []string{waits, shell, end}},
		"a pod that finds no node":    {`[[ "$*" != *wait\ job* ]] || exit 1`, 1, []string{waits, end}},
		"no template in the cluster":  {`[[ "$*" != *create* ]] || exit 1`, 1, []string{end}},
		"nobody who may delete it":    {`[[ "$*" != *delete* ]] || exit 1`, 0, []string{waits, shell, end}},
		"Ctrl-C while the pod starts": {`[[ "$*" != *wait\ job* ]] || ` + interrupted, 130, []string{waits, end}},
		"Ctrl-C in the shell":         {`[[ "$*" != *exec* ]] || ` + interrupted, 130, []string{waits, shell, end}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls, status := toolboxOf(t, "prod", test.answer)
			require.Equal(t, test.status, status)
			job := regexp.MustCompile(`mastodon-toolbox-[0-9]{8}-[0-9]{6}-[0-9]+`)
			names := map[string]bool{}
			for i, call := range calls {
				names[job.FindString(call)] = true
				calls[i] = job.ReplaceAllString(call, "NAME")
			}
			delete(names, "")
			require.Len(t, names, 1, "one Job")
			require.ElementsMatch(t, begin[:2], calls[:2], "two ends of a pipe")
			require.Equal(t, append(begin[2:4:4], test.want...), calls[2:])
		})
	}
}

// What a person writes is a word, and nothing that a shell reads.
func TestToolboxOfAnyStack(t *testing.T) {
	t.Parallel()
	const stack = `prod"; touch '$DIR/broken'; $(touch "$DIR/broken") ` + "`id`"
	calls, status := toolboxOf(t, stack, ":")
	require.Equal(t, 0, status)
	require.Contains(t, calls, "pulumi|stack output cluster --stack "+stack+" --json")
	_, status = toolboxOf(t, "", ":")
	require.Equal(t, 1, status)
}
