//go:build unix

package mastodon

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	osuser "os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/tests/programs"
)

// port is a port that is free.
func port(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// start runs a server until the test ends, and waits until it listens.
func start(t *testing.T, cmd *exec.Cmd, port string) {
	t.Helper()
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	require.Eventually(t, func() bool {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", "127.0.0.1:"+port)
		if err != nil {
			return false
		}
		return conn.Close() == nil
	}, 20*time.Second, 50*time.Millisecond, "nobody listens")
}

// postgres runs a server with the user mastodon. It does not run as root.
func postgres(t *testing.T) string {
	t.Helper()
	initdb := programs.Find(t, "initdb", "/usr/lib/postgresql/*/bin/initdb")
	dir, err := os.MkdirTemp("", "vmst-preflight-")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	as := func(cmd *exec.Cmd) *exec.Cmd {
		cmd.Dir = dir
		if os.Getuid() == 0 {
			who, err := osuser.Lookup("postgres")
			require.NoError(t, err)
			uid, _ := strconv.ParseUint(who.Uid, 10, 32)
			gid, _ := strconv.ParseUint(who.Gid, 10, 32)
			require.NoError(t, os.Chown(dir, int(uid), int(gid)))
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
		}
		return cmd
	}
	data, number := filepath.Join(dir, "data"), port(t)
	create := as(exec.CommandContext(t.Context(), initdb, "-D", data, "-U", "mastodon", "-A", "trust"))
	out, err := create.CombinedOutput()
	require.NoError(t, err, "%s", out)
	server := filepath.Join(filepath.Dir(initdb), "postgres")
	run := exec.CommandContext(t.Context(), server, "-D", data, "-p", number, "-k", dir, "-h", "127.0.0.1")
	start(t, as(run), number)
	return number
}

// valkey runs a server, which may refuse scripts as a managed one does.
func valkey(t *testing.T, scripts bool) string {
	t.Helper()
	server, number := programs.Find(t, "redis-server"), port(t)
	args := []string{"--port", number, "--save", "", "--requirepass", "secret-valkey", "--dir", t.TempDir()}
	if !scripts {
		args = append(args, "--rename-command", "EVAL", "")
	}
	start(t, exec.CommandContext(t.Context(), server, args...), number)
	return number
}

// bucket is object storage: what is uploaded with the ACL public-read can be read by anybody, until its ACL is private.
// It may refuse the ACL of an upload, or a later one.
func bucket(t *testing.T, refusesACL, refusesWithdrawal bool) *httptest.Server {
	t.Helper()
	var mu sync.Mutex
	public := map[string][]byte{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		key, acl := strings.TrimPrefix(r.URL.Path, "/media"), r.URL.Query().Has("acl")
		switch {
		case r.Method == http.MethodPut && acl:
			if refusesWithdrawal {
				w.WriteHeader(http.StatusForbidden)
				fmt.Fprint(w, `<Error><Code>AccessDenied</Code><Message>no later ACL</Message></Error>`)
			} else if r.Header.Get("X-Amz-Acl") == "private" {
				delete(public, key)
			}
		case r.Method == http.MethodPut:
			if refusesACL || r.Header.Get("X-Amz-Acl") != "public-read" {
				w.WriteHeader(http.StatusForbidden)
				fmt.Fprint(w, `<Error><Code>AccessDenied</Code><Message>no ACL</Message></Error>`)
				return
			}
			public[key], _ = io.ReadAll(r.Body)
		case r.Method == http.MethodDelete:
			delete(public, key)
			w.WriteHeader(http.StatusNoContent)
		default:
			body, ok := public[key]
			if !ok {
				w.WriteHeader(http.StatusForbidden)
			}
			_, _ = w.Write(body)
		}
	}))
	t.Cleanup(server.Close)
	return server
}

// relay is a mail server that greets.
func relay(t *testing.T, greeting string) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(conn, greeting+"\r\n")
			_ = conn.Close()
		}
	}()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// preflightOf runs the Job's script with an environment like the Job's. It returns what a person reads.
func preflightOf(t *testing.T, env map[string]string) (said string, succeeded bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), programs.Ruby(t, "pg", "redis", "aws-sdk-s3"), "-e", preflight)
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Env = append(cmd.Env, "PATH="+os.Getenv("PATH"))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	t.Logf("%s", &out)
	return out.String(), err == nil
}

func environmentFor(database, valkey, smtp string, storage *httptest.Server) map[string]string {
	// The CDN has another name than the bucket.
	cdn := strings.Replace(storage.Listener.Addr().String(), "127.0.0.1", "localhost", 1)
	return map[string]string{
		"DB_HOST": "127.0.0.1", "DB_PORT": database, "DB_NAME": "postgres", "DB_USER": "mastodon",
		"DB_PASS": "secret-database", "DB_SSLMODE": "disable",
		"POOL_HOST": "127.0.0.1", "POOL_PORT": database, "POOL_NAME": "postgres",
		"REDIS_URL":       "redis://default:secret-valkey@127.0.0.1:" + valkey,
		"CACHE_REDIS_URL": "redis://default:secret-valkey@127.0.0.1:" + valkey,
		"S3_ENDPOINT":     storage.URL, "S3_REGION": "nyc3", "S3_BUCKET": "media", "S3_PROTOCOL": "http",
		"S3_OVERRIDE_PATH_STYLE": "true", "S3_ALIAS_HOST": cdn + "/media", "CDN_READY": "true",
		"CDN_PATIENCE": "1", "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret-media",
		"SMTP_SERVER": "127.0.0.1", "SMTP_PORT": smtp, "SMTP_TLS": "false", "ES_ENABLED": "false",
	}
}

func TestPreflight(t *testing.T) {
	t.Parallel()
	database, good := postgres(t), valkey(t, true)
	said, succeeded := preflightOf(t, environmentFor(database, good, relay(t, "220 ready"), bucket(t, false, false)))
	require.True(t, succeeded)
	require.NotContains(t, said, "WRONG")
	require.Equal(t, 10, strings.Count(said, "ok     "),
		"both ports, two Valkeys, upload, two downloads, withdrawal, deletion, mail")

	// All that is wrong is said at once, each with whom to ask, and no secret.
	env := environmentFor(database, valkey(t, false), relay(t, "554 go away"), bucket(t, true, false))
	env["POOL_PORT"], env["DB_NAME"] = port(t), "nothing"
	said, succeeded = preflightOf(t, env)
	require.False(t, succeeded)
	for _, want := range []string{
		`WRONG  PostgreSQL at 127.0.0.1:` + database, `"nothing" does not exist`,
		"set vmst:settings.database.tls to verify-ca", "set vmst:settings.database.authority to cluster",
		"WRONG  connection pool at 127.0.0.1:" + env["POOL_PORT"], "set vmst:settings.database.poolSize to 0",
		"WRONG  Lua in Valkey at 127.0.0.1:", "ask DigitalOcean's support to allow them",
		"WRONG  upload into the bucket media: no ACL", "Spaces keys and the ACL public-read",
		"WRONG  mail relay at 127.0.0.1:", `"554 go away"`, "blocks 25, 465 and 587",
		"6 of these must be put right first; nothing has been migrated.",
	} {
		require.Contains(t, said, want)
	}
	for _, secret := range []string{"secret-database", "secret-valkey", "secret-media"} {
		require.False(t, strings.Contains(said, secret), "a secret is said")
	}
}

// A relay that is away does not keep an instance that runs from a version, and keeps a new one from beginning.
func TestPreflightWithoutARelay(t *testing.T) {
	t.Parallel()
	database := postgres(t)
	env := environmentFor(database, valkey(t, true), relay(t, "421 later"), bucket(t, false, false))
	said, succeeded := preflightOf(t, env)
	require.False(t, succeeded)
	require.Contains(t, said, "WRONG  mail relay at 127.0.0.1:")
	const migrate = `require 'pg'
		PG.connect(host: '127.0.0.1', port: ARGV[0], dbname: 'postgres', user: 'mastodon').
			exec('CREATE TABLE schema_migrations (version text)')`
	out, err := exec.CommandContext(t.Context(), programs.Ruby(t, "pg"), "-e", migrate, database).CombinedOutput()
	require.NoError(t, err, "%s", out)
	said, succeeded = preflightOf(t, env)
	require.True(t, succeeded)
	require.Contains(t, said, `WARN   mail relay at 127.0.0.1:`)
	require.Contains(t, said, "mail waits and is tried again")
	// Everything else does.
	env["POOL_PORT"] = port(t)
	_, succeeded = preflightOf(t, env)
	require.False(t, succeeded)
}

// A key that may not withdraw what it has uploaded is said, and keeps nobody from a version.
func TestPreflightOfSuspensions(t *testing.T) {
	t.Parallel()
	env := environmentFor(postgres(t), valkey(t, true), relay(t, "220 ready"), bucket(t, false, true))
	said, succeeded := preflightOf(t, env)
	require.True(t, succeeded)
	require.Contains(t, said, "WARN   withdrawal of what was uploaded: no later ACL; ")
	require.Contains(t, said, "what a suspended account has uploaded stays public")
}

// What the bucket takes must come back through the CDN's name; before there is one, it is not asked.
func TestPreflightOfTheCDN(t *testing.T) {
	t.Parallel()
	env := environmentFor(postgres(t), valkey(t, true), relay(t, "220 ready"), bucket(t, false, false))
	env["S3_ALIAS_HOST"] = "127.0.0.1:" + port(t)
	said, succeeded := preflightOf(t, env)
	require.False(t, succeeded)
	require.Contains(t, said, "WRONG  download from 127.0.0.1")
	require.Contains(t, said, "the CDN endpoint of vmst:settings.storage.mediaHost")
	env["CDN_READY"] = "false"
	_, succeeded = preflightOf(t, env)
	require.True(t, succeeded)
}

// The authority of the search is trusted where Ruby looks by itself, as Mastodon's client does.
func TestPreflightOfTheSearch(t *testing.T) {
	t.Parallel()
	search := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, ok := r.BasicAuth(); !ok || user != "finder" || password != "secret-search" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	search.Config.ErrorLog = log.New(io.Discard, "", 0)
	search.StartTLS()
	t.Cleanup(search.Close)
	_, number, err := net.SplitHostPort(search.Listener.Addr().String())
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "bundle.crt")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: search.Certificate().Raw})
	require.NoError(t, os.WriteFile(file, certificate, 0o600))
	env := environmentFor(port(t), port(t), port(t), bucket(t, true, false))
	maps.Copy(env, map[string]string{
		"ES_ENABLED": "true", "ES_HOST": "https://127.0.0.1", "ES_PORT": number, "ES_USER": "finder",
		"ES_PASS": "secret-search",
	})
	said, _ := preflightOf(t, env)
	require.Contains(t, said, "WRONG  OpenSearch at https://127.0.0.1:"+number+": SSL_connect")
	env["SSL_CERT_FILE"] = file
	said, _ = preflightOf(t, env)
	require.Contains(t, said, "ok     OpenSearch at https://127.0.0.1:"+number)
}
