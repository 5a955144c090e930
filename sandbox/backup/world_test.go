//go:build unix

// Package backup_test runs the scripts that the backups' pods run, as they are, with a real PostgreSQL and a real
// rclone, against an S3 server.
package backup_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/stretchr/testify/require"
)

const scripts = "../../infra/backup/scripts"

// need finds a program, or skips the test; in a run that is for these tests alone, as `make test-data` is, it fails.
func need(t testing.TB, name string, more ...string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, pattern := range more {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			path, err := filepath.Abs(slices.Max(found))
			require.NoError(t, err)
			return path
		}
	}
	message := "SKIPPED: there is no " + name + "; `make test-data` installs it"
	if os.Getenv("VMST_TEST_DATA") != "" {
		t.Fatal(message)
	}
	t.Skip(message)
	return ""
}

// server is a PostgreSQL that all tests share, each with databases of its own.
type server struct {
	bin, dir, port string
	as             *syscall.Credential
}

var shared struct {
	sync.Mutex
	*server
	stop func()
}

func TestMain(m *testing.M) {
	status := m.Run()
	if shared.stop != nil {
		shared.stop()
	}
	os.Exit(status)
}

// postgres starts the server once. Neither it nor what the scripts start runs as root.
func postgres(t testing.TB) *server {
	t.Helper()
	initdb, err := filepath.EvalSymlinks(need(t, "initdb", "/usr/lib/postgresql/*/bin/initdb"))
	require.NoError(t, err)
	shared.Lock()
	defer shared.Unlock()
	if shared.server != nil {
		return shared.server
	}
	dir, err := os.MkdirTemp("", "vmst-backup-")
	require.NoError(t, err)
	s := &server{bin: filepath.Dir(initdb), dir: dir, port: freePort(t)}
	require.NoError(t, os.Chmod(dir, 0o755))
	if os.Getuid() == 0 {
		who, err := user.Lookup("postgres")
		require.NoError(t, err)
		uid, err := strconv.ParseUint(who.Uid, 10, 32)
		require.NoError(t, err)
		gid, err := strconv.ParseUint(who.Gid, 10, 32)
		require.NoError(t, err)
		s.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		require.NoError(t, os.Chown(dir, int(uid), int(gid)))
	}
	data := filepath.Join(dir, "data")
	out, err := s.command(context.Background(), initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
		"--locale", "C", "--no-sync").CombinedOutput()
	require.NoError(t, err, "%s", out)
	log := &bytes.Buffer{}
	run := s.command(context.Background(), filepath.Join(s.bin, "postgres"), "-D", data, "-p", s.port, "-k", dir,
		"-h", "127.0.0.1", "-c", "fsync=off", "-c", "max_wal_size=4GB", "-c", "autovacuum=off")
	run.Stdout, run.Stderr = log, log
	require.NoError(t, run.Start())
	shared.stop = func() {
		_ = run.Process.Signal(os.Interrupt)
		_ = run.Wait()
		_ = os.RemoveAll(dir)
	}
	deadline := time.Now().Add(30 * time.Second)
	for {
		ready := s.command(t.Context(), filepath.Join(s.bin, "pg_isready"), "-h", "127.0.0.1", "-p", s.port)
		said, err := ready.CombinedOutput()
		if err == nil {
			break
		}
		require.True(t, time.Now().Before(deadline), "PostgreSQL does not start: %v %s%s", err, said, log)
		time.Sleep(50 * time.Millisecond)
	}
	for _, role := range []string{"mastodon", "doadmin"} {
		s.sql(t, "postgres", "postgres", "CREATE ROLE "+role+" LOGIN PASSWORD 'secret-database'")
	}
	shared.server = s
	return s
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

func (s *server) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as, Setpgid: true}
	return cmd
}

// sql runs statements and returns what they answer.
func (s *server) sql(t testing.TB, role, database, statements string) string {
	t.Helper()
	cmd := s.command(t.Context(), filepath.Join(s.bin, "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1",
		"-p", s.port, "-U", role, "-d", database, "-f", "-")
	cmd.Stdin = strings.NewReader(statements)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return strings.TrimSpace(string(out))
}

// database makes an empty database as DigitalOcean makes one: the administrator's, to which Mastodon's user may connect
// and no more, with an extension that Mastodon's user did not make.
func (s *server) database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("mastodon_%d", databases.Add(1))
	s.sql(t, "postgres", "postgres", "CREATE DATABASE "+name+" OWNER doadmin")
	s.sql(t, "postgres", name, "ALTER SCHEMA public OWNER TO doadmin; CREATE EXTENSION pg_stat_statements; "+
		"COMMENT ON EXTENSION pg_stat_statements IS 'of the cloud'")
	t.Cleanup(func() {
		//nolint:usetesting // The test's context has ended by then.
		_ = s.command(context.Background(), filepath.Join(s.bin, "dropdb"), "-h", "127.0.0.1", "-p", s.port,
			"-U", "postgres", "--force", name).Run()
	})
	return name
}

var databases atomic.Int64

const grants = `GRANT ALL ON SCHEMA public TO "mastodon"`

// world is an instance and its stores.
type world struct {
	*server
	t        testing.TB
	database string
	rclone   string
	store    *s3
	env      map[string]string
}

// newWorld makes an instance with so many statuses, and empty stores.
func newWorld(t testing.TB, statuses int) *world {
	t.Helper()
	w := &world{server: postgres(t), t: t, store: newS3(t)}
	w.rclone = need(t, "rclone", "../../.tools/rclone")
	if filepath.Dir(w.rclone) != "/usr/bin" {
		// Where whoever runs the scripts may read it.
		copied := filepath.Join(w.dir, "rclone")
		if _, err := os.Stat(copied); err != nil {
			program, err := os.ReadFile(w.rclone)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(copied, program, 0o755))
		}
		w.rclone = copied
	}
	w.database = w.server.database(t)
	w.sql(t, "doadmin", w.database, grants)
	w.sql(t, "mastodon", w.database, schema)
	w.sql(t, "mastodon", w.database, strings.ReplaceAll(rows, "STATUSES", strconv.Itoa(statuses)))
	w.env = map[string]string{
		"PGHOST": "127.0.0.1", "PGPORT": w.port, "PGDATABASE": w.database, "PGUSER": "mastodon",
		"PGPASSWORD": "secret-database", "ADMIN_USER": "doadmin", "ADMIN_PASSWORD": "secret-administrator",
		"GRANTS": grants, "FROM": "latest", "SOURCE": "store",
		"PASSPHRASE": "secret-passphrase-of-the-backups", "STORE": "spaces:backups", "MEDIA": "uploads:media",
		"KEEP_DAILY": "7", "KEEP_WEEKLY": "4", "KEEP_MONTHLY": "6", "BANDWIDTH": "off", "MOST_DELETED": "20",
		"AGE_HOURS": "26", "COPIED": "true",
		"ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY": primaryKey, "ACTIVE_RECORD_ENCRYPTION_KEY_DERIVATION_SALT": salt,
		// Here nobody waits.
		"RCLONE_RETRIES": "1", "RCLONE_LOW_LEVEL_RETRIES": "1",
	}
	for _, remote := range []string{"SPACES", "UPLOADS", "BACKBLAZE"} {
		for name, value := range map[string]string{
			"TYPE": "s3", "PROVIDER": "Other", "ENDPOINT": w.store.URL, "ACCESS_KEY_ID": "id",
			"SECRET_ACCESS_KEY": "secret-key", "NO_CHECK_BUCKET": "true",
		} {
			w.env["RCLONE_CONFIG_"+remote+"_"+name] = value
		}
	}
	return w
}

// result is how a script ended.
type result struct {
	status int
	output string
}

// run runs a script as its pod does.
func (w *world) run(name string, env ...string) result {
	w.t.Helper()
	cmd, out := w.start(name, env...)
	require.NoError(w.t, cmd.Start())
	_ = cmd.Wait()
	return w.ended(cmd, out)
}

func (w *world) ended(cmd *exec.Cmd, out *bytes.Buffer) result {
	w.t.Helper()
	w.t.Logf("%s", out)
	require.NotContains(w.t, out.String(), "secret-", "nothing of what is secret is said")
	return result{cmd.ProcessState.ExitCode(), out.String()}
}

// task is what the script of a name calls itself.
func task(name string) string {
	if name == "rehearse" {
		return "rehearsal"
	}
	return name
}

func (w *world) start(name string, env ...string) (*exec.Cmd, *bytes.Buffer) {
	w.t.Helper()
	var script []byte
	for _, part := range []string{"common.sh", name + ".sh"} {
		text, err := os.ReadFile(filepath.Join(scripts, part))
		require.NoError(w.t, err)
		script = append(script, text...)
	}
	work, err := os.MkdirTemp(w.dir, "work-")
	require.NoError(w.t, err)
	require.NoError(w.t, os.Chmod(work, 0o777))
	cmd := w.command(w.t.Context(), need(w.t, "bash"), "-c", string(script))
	out := &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Env = []string{
		"PATH=" + w.bin + ":" + filepath.Dir(w.rclone) + ":" + os.Getenv("PATH"), "HOME=" + work, "WORK=" + work,
		"TASK=" + task(name), "LC_ALL=C",
	}
	for name, value := range w.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Env = append(cmd.Env, env...)
	return cmd, out
}

// rehearsing is held by the rehearsal that runs: its PostgreSQL has one port, which in a pod is its own.
var rehearsing sync.Mutex

// rehearse runs the rehearsal with the container beside it.
func (w *world) rehearse(env ...string) result {
	w.t.Helper()
	rehearsing.Lock()
	defer rehearsing.Unlock()
	ruby := need(w.t, "ruby")
	cmd, out := w.start("rehearse", env...)
	text, err := os.ReadFile(filepath.Join(scripts, "decrypt.rb"))
	require.NoError(w.t, err)
	beside := w.command(w.t.Context(), ruby, "-e", string(text))
	beside.Env = cmd.Env
	said := &bytes.Buffer{}
	beside.Stdout, beside.Stderr = said, said
	require.NoError(w.t, cmd.Start())
	require.NoError(w.t, beside.Start())
	_ = cmd.Wait()
	require.NoError(w.t, beside.Wait(), "%s", said)
	require.Empty(w.t, said.String(), "it has nothing to say to a log")
	return w.ended(cmd, out)
}

// s3 is an S3 server with two buckets that can be made to fail.
type s3 struct {
	*httptest.Server
	backend gofakes3.Backend
	// refuse decides which requests are refused.
	refuse atomic.Pointer[func(r *http.Request) bool]
	// public are the objects that everybody may read.
	public sync.Map
}

func newS3(t testing.TB) *s3 {
	t.Helper()
	s := &s3{backend: s3mem.New()}
	for _, bucket := range []string{"backups", "media", "elsewhere"} {
		require.NoError(t, s.backend.CreateBucket(bucket))
	}
	handler := gofakes3.New(s.backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server()
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refuse := s.refuse.Load(); refuse != nil && (*refuse)(r) {
			http.Error(w, "refused", http.StatusForbidden)
			return
		}
		if r.Header.Get("x-amz-acl") == "public-read" {
			s.public.Store(r.URL.Path, true)
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *s3) put(t testing.TB, bucket, key, content string) {
	t.Helper()
	_, err := s.backend.PutObject(bucket, key, map[string]string{}, strings.NewReader(content), int64(len(content)),
		&gofakes3.PutConditions{})
	require.NoError(t, err)
}

func (s *s3) get(t testing.TB, bucket, key string) string {
	t.Helper()
	object, err := s.backend.GetObject(bucket, key, nil)
	if gofakes3.HasErrorCode(err, gofakes3.ErrNoSuchKey) {
		return ""
	}
	require.NoError(t, err)
	defer func() { require.NoError(t, object.Contents.Close()) }()
	var b bytes.Buffer
	_, err = b.ReadFrom(object.Contents)
	require.NoError(t, err)
	return b.String()
}

func (s *s3) delete(t testing.TB, bucket, key string) {
	t.Helper()
	_, err := s.backend.DeleteObject(bucket, key)
	require.NoError(t, err)
}

// keys are those of a bucket below a prefix.
func (s *s3) keys(t testing.TB, bucket, prefix string) []string {
	t.Helper()
	p := gofakes3.NewFolderPrefix(prefix)
	p.Delimiter, p.HasDelimiter = "", false
	list, err := s.backend.ListBucket(bucket, &p, gofakes3.ListBucketPage{})
	require.NoError(t, err)
	var keys []string
	for _, object := range list.Contents {
		if strings.HasPrefix(object.Key, prefix) {
			keys = append(keys, object.Key)
		}
	}
	slices.SortFunc(keys, cmp.Compare[string])
	return keys
}
