//go:build unix

package mastodon

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/tests/programs"
)

// errand is a run of the script of the housekeeping.
type errand struct {
	*exec.Cmd
	out  bytes.Buffer
	done chan struct{}
}

// send starts the script of the CronJobs with a command, and patience in seconds, beside the database on a port.
func send(t *testing.T, database, patience string, command ...string) *errand {
	t.Helper()
	e := &errand{
		Cmd:  exec.CommandContext(t.Context(), programs.Ruby(t, "pg"), append([]string{"-e", inTurn}, command...)...),
		done: make(chan struct{}),
	}
	e.Env = []string{
		"PATH=" + os.Getenv("PATH"), "DB_HOST=127.0.0.1", "DB_PORT=" + database, "DB_NAME=postgres", "DB_USER=mastodon",
		"DB_PASS=secret-database", "DB_SSLMODE=disable", "HOUSEKEEPING_PATIENCE=" + patience, "HOUSEKEEPING_PULSE=0.1",
	}
	e.Stdout, e.Stderr = &e.out, &e.out
	// A group of its own, that ends with the test whatever is left of it.
	e.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	e.Cancel = func() error { return syscall.Kill(-e.Process.Pid, syscall.SIGKILL) }
	require.NoError(t, e.Start())
	go func() {
		_ = e.Wait()
		close(e.done)
	}()
	t.Cleanup(func() {
		_ = e.Cancel()
		<-e.done
	})
	return e
}

// status waits for the script's end.
func (e *errand) status(t *testing.T) int {
	t.Helper()
	select {
	case <-e.done:
	case <-time.After(time.Minute):
		t.Fatal("it does not end")
	}
	t.Logf("%s", &e.out)
	require.NotContains(t, e.out.String(), "secret-database")
	return e.ProcessState.ExitCode()
}

// diary is a file in which commands write what they do.
type diary string

func newDiary(t *testing.T) diary {
	t.Helper()
	return diary(filepath.Join(t.TempDir(), "diary"))
}

func (d diary) lines() []string {
	text, _ := os.ReadFile(string(d))
	return strings.Fields(string(text))
}

// has waits for a line.
func (d diary) has(t *testing.T, line string) {
	t.Helper()
	require.Eventually(t, func() bool {
		lines := d.lines()
		return len(lines) > 0 && lines[len(lines)-1] == line
	}, 30*time.Second, 20*time.Millisecond, "%s", line)
}

// holder is a task that has the lock until it is told to end, and then ends with a status of its own.
func holder(t *testing.T, database string) (*errand, diary) {
	t.Helper()
	d := newDiary(t)
	e := send(t, database, "60", "sh", "-c",
		`trap 'echo told >>"$0"; exit 5' TERM; echo has >>"$0"; while :; do sleep 0.1; done`, string(d))
	d.has(t, "has")
	return e, d
}

// sql runs a statement in the database.
func sql(t *testing.T, database, statement string) string {
	t.Helper()
	psql := exec.CommandContext(t.Context(), programs.Find(t, "psql"),
		"-h", "127.0.0.1", "-p", database, "-U", "mastodon", "-Atc", statement, "postgres")
	out, err := psql.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return strings.TrimSpace(string(out))
}

// waiting waits until so many tasks have asked for the lock in vain, in sessions that do nothing meanwhile.
func waiting(t *testing.T, database, tasks string) {
	t.Helper()
	require.Eventually(t, func() bool {
		return sql(t, database, `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'housekeeping'
			AND query LIKE '%pg_try_advisory_lock%' AND state = 'idle' AND backend_xmin IS NULL`) == tasks
	}, 30*time.Second, 50*time.Millisecond, "nobody waits")
}

// Two that want to run at once run after one another, and the one that waits holds up nothing that the other does:
// statuses remove makes indexes that wait for every snapshot there is.
func TestTasksTakeTurns(t *testing.T) {
	t.Parallel()
	database, d := postgres(t), newDiary(t)
	sql(t, database, "CREATE TABLE statuses (id int)")
	index := `echo begin >>"$0"; until [ -e "$0.go" ]; do sleep 0.1; done; psql -h 127.0.0.1 -p "$DB_PORT" \
		-U mastodon -qc 'CREATE INDEX CONCURRENTLY ON statuses (id)' postgres && echo end >>"$0"`
	first := send(t, database, "60", "sh", "-c", index, string(d))
	d.has(t, "begin")
	second := send(t, database, "60", "sh", "-c", index, string(d))
	waiting(t, database, "1")
	require.NoError(t, os.WriteFile(string(d)+".go", nil, 0o600))
	require.Equal(t, 0, first.status(t))
	require.Equal(t, 0, second.status(t))
	require.Equal(t, []string{"begin", "end", "begin", "end"}, d.lines())
	require.NotContains(t, first.out.String(), "Another task")
	require.Equal(t, 1, strings.Count(second.out.String(), "Another task runs: sh -c "), "it says so once")
}

func TestTaskThatDoesNotGetItsTurn(t *testing.T) {
	t.Parallel()
	database, d := postgres(t), newDiary(t)
	holder(t, database)
	late := send(t, database, "1", "sh", "-c", `echo ran >>"$0"`, string(d))
	require.Equal(t, 1, late.status(t))
	require.Contains(t, late.out.String(), "Another task still runs after 1 s: sh -c ")
	require.Empty(t, d.lines())

	nowhere := send(t, port(t), "1", "sh", "-c", `echo ran >>"$0"`, string(d))
	require.Equal(t, 1, nowhere.status(t))
	require.Contains(t, nowhere.out.String(), "did not run: no lock of PostgreSQL: ")
	require.Empty(t, d.lines())
}

func TestStatusOfATask(t *testing.T) {
	t.Parallel()
	database := postgres(t)
	require.Equal(t, 0, send(t, database, "60", "true").status(t))
	require.Equal(t, 7, send(t, database, "60", "sh", "-c", "exit 7").status(t))
	require.Equal(t, 137, send(t, database, "60", "sh", "-c", "kill -KILL $$").status(t))
	require.Equal(t, 1, send(t, database, "60", "echo words | cat").status(t), "no shell reads the words")
}

// Kubernetes ends a task with SIGTERM, at work as well as in the queue.
func TestSignalsReachTheTask(t *testing.T) {
	t.Parallel()
	database, d := postgres(t), newDiary(t)
	working, told := holder(t, database)
	queued := send(t, database, "60", "sh", "-c", `echo ran >>"$0"`, string(d))
	// It connects after it has learned to listen. The one that works has asked for the lock, too.
	require.Eventually(t, func() bool {
		return sql(t, database, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'housekeeping'") == "2"
	}, 30*time.Second, 50*time.Millisecond, "nobody waits")
	require.NoError(t, queued.Process.Signal(syscall.SIGTERM))
	require.Equal(t, 143, queued.status(t))
	require.Empty(t, d.lines())

	require.NoError(t, working.Process.Signal(syscall.SIGTERM))
	require.Equal(t, 5, working.status(t), "what the task makes of it counts")
	require.Equal(t, []string{"has", "told"}, told.lines())
	require.Equal(t, 0, send(t, database, "1", "true").status(t), "the lock is free")
}

// Without the connection there is no lock: a task that went on would not be alone.
func TestTaskEndsWithItsConnection(t *testing.T) {
	t.Parallel()
	database := postgres(t)
	working, told := holder(t, database)
	sql(t, database, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'housekeeping'`)
	require.Equal(t, 1, working.status(t))
	require.Contains(t, working.out.String(), "The connection that holds the lock is gone: sh -c ")
	require.Equal(t, []string{"has", "told"}, told.lines())
}
