package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/outputs"
)

// screen is what a person sees: a program writes to it from two sides.
type screen struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (s *screen) Write(text []byte) (int, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.text.Write(text)
}

func (s *screen) String() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.text.String()
}

// in is the command in a project, with the simulated cloud in the place of the real one.
func in(t *testing.T, dir string, environment map[string]string) (*command, *screen) {
	t.Helper()
	b, err := programs()
	require.NoError(t, err)
	said := &screen{}
	c := &command{
		dir: dir, stack: "prod", sandbox: b.sandbox, patience: time.Second, out: said, err: said,
		forge: forgeOf(func(name string) string { return environment[name] }),
	}
	require.NoError(t, os.MkdirAll(c.file("."), 0o755))
	return c, said
}

// What was approved is done, whatever it is; something else is not.
func TestDeliverDoesWhatWasApproved(t *testing.T) {
	t.Parallel()
	dir := project(t, "prod", func(map[string]any) {})
	summary := filepath.Join(t.TempDir(), "summary")
	c, said := in(t, dir, map[string]string{"GITHUB_STEP_SUMMARY": summary, "GITHUB_OUTPUT": summary + ".values"})
	require.ErrorContains(t, c.deliver(t.Context()), "make plan STACK=prod")
	require.NoError(t, c.plan(t.Context()), said)
	output, err := os.ReadFile(c.forge.output)
	require.NoError(t, err)
	assert.Regexp(t, `^operations=[1-9]\d*\n$`, string(output))
	text, err := os.ReadFile(summary)
	require.NoError(t, err)
	assert.Contains(t, string(text), "A month costs **USD ")
	require.NoError(t, c.deliver(t.Context()), said)
	require.NoError(t, c.plan(t.Context()), said)
	said = &screen{}
	c.out, c.err = said, said
	require.NoError(t, c.deliver(t.Context()), said)
	assert.Contains(t, said.String(), "stack prod: nothing to do")

	edit(t, dir, "prod", func(settings map[string]any) { at(t, settings, "mastodon", "image")["tag"] = "v4.7.99" })
	require.NoError(t, c.plan(t.Context()), said)
	edit(t, dir, "prod", func(settings map[string]any) { at(t, settings, "database")["poolSize"] = 149 })
	err = c.deliver(t.Context())
	require.ErrorContains(t, err, "nothing was done")
	require.ErrorContains(t, err, "+ replace urn:pulumi:prod::vmst::vmst:database:Database$digitalocean:index/"+
		"databaseConnectionPool:DatabaseConnectionPool::database-pool ")
	require.NoError(t, c.plan(t.Context()), said)
	require.NoError(t, c.deliver(t.Context()), said)
	assert.Contains(t, said.String(), "Stack prod is up in the simulated cloud")

	// Nobody answers at the addresses of a simulated cloud.
	c.patience = 0
	require.ErrorContains(t, c.health(t.Context()), "web does not answer: ")
}

func TestPlansThatCannotBe(t *testing.T) {
	t.Parallel()
	c, said := in(t, project(t, "prod", func(settings map[string]any) { settings["region"] = "nowhere" }), nil)
	require.ErrorContains(t, c.plan(t.Context()), "preview of stack prod")
	assert.Contains(t, said.String(), "vmst:settings.region")
	assert.NoFileExists(t, c.file("prod.plan"))
}

// pulumi puts a program in the place of Pulumi for a command.
func pulumi(t *testing.T, script string) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "pulumi"), []byte("#!/bin/sh\n"+script), 0o700))
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

func TestLocksAreExplainedAndNotBroken(t *testing.T) {
	for _, complaint := range []string{
		"error: the stack is currently locked by 1 lock(s). Either wait",
		"error: [409] Conflict: Another update is currently in progress.",
	} {
		pulumi(t, `echo "$@" >> arguments; echo '`+complaint+`' >&2; exit 255`)
		c, _ := in(t, t.TempDir(), nil)
		c.sandbox, c.pack = "", "/bin/policy"
		err := c.plan(t.Context())
		require.ErrorContains(t, err, "The stack is locked")
		require.ErrorContains(t, err, "`pulumi cancel --stack prod` by hand")
		arguments, err := os.ReadFile(filepath.Join(c.dir, "arguments"))
		require.NoError(t, err)
		assert.Equal(t, "preview --stack prod --refresh --event-log "+c.file("prod.events")+
			" --diff --non-interactive --policy-pack /bin/policy\n", string(arguments))
	}
}

// The program that was built before runs in the place of one that the language host builds, with the same stack files.
func TestProgramThatWasBuiltBefore(t *testing.T) {
	pulumi(t, `[ "$1" = preview ] && echo '{"summaryEvent":{"resourceChanges":{"same":3}}}' > "$6"
echo "$@" >> arguments`)
	c, said := in(t, project(t, "prod", func(map[string]any) {}), nil)
	c.sandbox, c.program = "", "/built/program"
	require.NoError(t, c.plan(t.Context()), said)
	arguments, err := os.ReadFile(filepath.Join(c.dir, "arguments"))
	require.NoError(t, err)
	assert.Contains(t, string(arguments), "--cwd "+c.file("project"))
	text, err := os.ReadFile(c.file("project/Pulumi.yaml"))
	require.NoError(t, err)
	assert.Contains(t, string(text), "binary: /built/program")
	assert.Contains(t, string(text), "requiredPulumiVersion:", "everything else stays")
	was, err := os.ReadFile(filepath.Join(c.dir, "Pulumi.prod.yaml"))
	require.NoError(t, err)
	is, err := os.ReadFile(c.file("project/Pulumi.prod.yaml"))
	require.NoError(t, err)
	assert.Equal(t, string(was), string(is))
}

// With the real Pulumi: what a run is given stands in for the token in the stack's file, and the file is as it was.
func TestCredentialsOfARunStandInForThoseOfTheFile(t *testing.T) {
	tools, err := filepath.Abs(filepath.Join(root, ".tools"))
	require.NoError(t, err)
	t.Setenv("PATH", os.Getenv("PATH")+string(os.PathListSeparator)+tools)
	t.Setenv("PULUMI_BACKEND_URL", "file://"+t.TempDir())
	t.Setenv("PULUMI_HOME", t.TempDir())
	t.Setenv("PULUMI_SKIP_UPDATE_CHECK", "true")
	t.Setenv("PULUMI_CONFIG_PASSPHRASE", "of the tests")
	c, said := in(t, project(t, "prod", func(map[string]any) {}), nil)
	pulumi := func(dir string, args ...string) string {
		cmd := exec.Command("pulumi", append(args, "--stack", "prod", "--non-interactive")...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return string(out)
	}
	pulumi(c.dir, "stack", "init")
	pulumi(c.dir, "config", "set", "--secret", "--path", "vmst:secrets.digitalOceanToken", "of-the-file")
	pulumi(c.dir, "config", "set", "--secret", "--path", "vmst:secrets.smtpPassword", "kept")
	before, err := os.ReadFile(filepath.Join(c.dir, "Pulumi.prod.yaml"))
	require.NoError(t, err)
	c.credentials = credentials(func(name string) string {
		return map[string]string{"DIGITALOCEAN_TOKEN": "of-the-run"}[name]
	})
	_, err = c.project(t.Context())
	require.ErrorContains(t, err, "PROGRAM=bin/program")
	c.program = "/built/program"
	dir, err := c.project(t.Context())
	require.NoError(t, err, said)
	shown := pulumi(dir, "config", "get", "--path", "vmst:secrets.digitalOceanToken")
	assert.Equal(t, "of-the-run\n", shown)
	assert.Equal(t, "kept\n", pulumi(dir, "config", "get", "--path", "vmst:secrets.smtpPassword"))
	text, err := os.ReadFile(filepath.Join(dir, "Pulumi.prod.yaml"))
	require.NoError(t, err)
	assert.NotContains(t, string(text), "of-the-run", "it is encrypted")
	after, err := os.ReadFile(filepath.Join(c.dir, "Pulumi.prod.yaml"))
	require.NoError(t, err)
	assert.Equal(t, string(before), string(after))

	t.Setenv("PULUMI_CONFIG_PASSPHRASE", "another")
	_, err = c.project(t.Context())
	require.ErrorContains(t, err, "setting vmst:secrets.digitalOceanToken for this run")
	assert.NotContains(t, err.Error(), "of-the-run")
}

func TestHealthWaitsForWhoeverComesLate(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/late" && asked.Add(1) < 2 || r.URL.Path == "/never" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	var said bytes.Buffer
	c := &command{stack: "prod", patience: 20 * time.Second, out: &said}
	endpoints := map[string]outputs.Endpoint{
		"web": {HealthURL: server.URL + "/health"}, "streaming": {HealthURL: server.URL + "/late"}, "docs": {},
	}
	require.NoError(t, c.ask(t.Context(), server.Client(), endpoints))
	assert.Contains(t, said.String(), "docs         has no page")
	assert.Equal(t, int32(2), asked.Load())
	c.patience = 50 * time.Millisecond
	endpoints["media"] = outputs.Endpoint{HealthURL: server.URL + "/never"}
	err := c.ask(context.Background(), server.Client(), endpoints)
	require.ErrorContains(t, err, "media does not answer: "+server.URL+"/never: it answers with status 503")
	assert.NotContains(t, err.Error(), "web")
	require.ErrorContains(t, c.ask(t.Context(), server.Client(), nil), "has no endpoint")
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for args, says := range map[string]string{
		"": usage, "nothing": usage, "plan": "STACK=<name>", "pr-comment": "BASE=<commit> HEAD=<commit>",
	} {
		var said bytes.Buffer
		var list []string
		if args != "" {
			list = []string{args}
		}
		assert.Equal(t, 2, run(t.Context(), list, nil, &said, &said), args)
		assert.Contains(t, said.String(), says)
	}
}
