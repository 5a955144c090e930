package runner

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func noProgram(*pulumi.Context) error { return nil }

func TestFits(t *testing.T) {
	t.Parallel()

	sdk := semver.MustParse("3.258.1")

	for version, want := range map[string]string{
		"3.258.0": "",
		"3.300.2": "",
		"3.257.9": "it is 3.257.9, and the program needs 3.258 or a later 3.x",
		"2.300.0": "it is 2.300.0, and the program needs 3.258 or a later 3.x",
		"4.0.0":   "it is 4.0.0, and the program needs 3.258 or a later 3.x",
	} {
		err := fits(semver.MustParse(version), sdk)
		if want == "" {
			require.NoError(t, err, version)
		} else {
			require.EqualError(t, err, want)
		}
	}
}

// A command that does not fit is passed over, and the reason is given.
func TestFindPulumiPassesOverOneThatDoesNotFit(t *testing.T) {
	dir, tools, bin := t.TempDir(), filepath.Join(t.TempDir(), "tools"), filepath.Join(t.TempDir(), "bin")
	script := func(path, version string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\necho "+version+"\n"), 0o700))
	}

	script(filepath.Join(dir, "pulumi"), "v3.1.0")
	// What `go list -m` answers in the tools module.
	script(filepath.Join(dir, "go"), "v3.999.0")
	require.NoError(t, os.MkdirAll(tools, 0o700))

	t.Setenv("PATH", dir+string(os.PathListSeparator)+"/bin"+string(os.PathListSeparator)+"/usr/bin")

	var log bytes.Buffer

	// This go builds nothing, so there is no command in the end; but everything is said before.
	_, err := FindPulumi(t.Context(), filepath.Dir(tools), bin, &log)
	require.ErrorContains(t, err, "pulumi command v3.999.0")
	assert.Contains(t, log.String(), "Building the pulumi command v3.999.0 from its source, because "+
		filepath.Join(dir, "pulumi")+" does not fit: it is 3.1.0")
	assert.Contains(t, log.String(), "about 3 minutes")

	built := filepath.Join(bin, "pulumi-v3.999.0")
	script(built, "v3.999.0")

	found, err := FindPulumi(t.Context(), filepath.Dir(tools), bin, &log)
	require.NoError(t, err)
	assert.Equal(t, built, found, "one that was built before is used")

	script(filepath.Join(dir, "pulumi"), "v3.999.1")

	found, err = FindPulumi(t.Context(), filepath.Dir(tools), bin, &log)
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(dir, "pulumi"), found, "one on PATH that fits comes first")
}

func TestBuildProgress(t *testing.T) {
	t.Parallel()

	var log bytes.Buffer

	progress := newBuildProgress(&log, false)
	progress.total = 3

	for _, part := range []string{
		"go: downloading example.org/a v1.0.0\nexample.org", "/a\nexample.org/b\n",
		"# example.org/c\nc.go:1:2: wrong\n",
	} {
		n, err := progress.Write([]byte(part))
		require.NoError(t, err)
		assert.Equal(t, len(part), n)
	}

	progress.start()()

	assert.Equal(t, "  2 of at most 3 packages compiled, 1 modules downloaded, 0 s\n", log.String())
	assert.Equal(t, []string{"# example.org/c", "c.go:1:2: wrong"}, progress.complaints)
}

func TestLockIsExclusive(t *testing.T) {
	t.Parallel()

	path := filepath.Join(t.TempDir(), "a", "lock")

	unlock, err := lock(t.Context(), path, func() { t.Error("nobody else has it") })
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(t.Context())
	waited := false
	_, err = lock(ctx, path, func() {
		waited = true

		cancel()
	})
	require.ErrorIs(t, err, context.Canceled)
	assert.True(t, waited)

	unlock()

	unlock, err = lock(t.Context(), path, nil)
	require.NoError(t, err)
	unlock()
}

func TestEnvironmentHidesThePersonsOwn(t *testing.T) {
	for name, value := range map[string]string{
		"DIGITALOCEAN_TOKEN": "x", "SPACES_ACCESS_KEY_ID": "x", "AWS_PROFILE": "x", "NETLIFY_API_TOKEN": "x",
		"KUBECONFIG": "x", "PULUMI_ACCESS_TOKEN": "x", "PULUMI_CONFIG_PASSPHRASE": "x", "SOMETHING_ELSE": "x",
		"LANG": "C.UTF-8",
	} {
		t.Setenv(name, value)
	}

	environment := strings.Join(pulumiEnvironment("/state", "tls:1,random:2"), "\n") + "\n"
	for _, want := range []string{
		"HOME=/state/home", "PULUMI_HOME=/state/home", "PULUMI_BACKEND_URL=file:///state/state", "LANG=C.UTF-8",
		"PULUMI_CONFIG_PASSPHRASE=" + passphrase, "PULUMI_DEBUG_PROVIDERS=tls:1,random:2",
		"PULUMI_SKIP_UPDATE_CHECK=true", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true",
	} {
		assert.Contains(t, environment, want+"\n")
	}

	assert.NotContains(t, environment, "=x\n")

	DropCredentials()

	for _, name := range []string{
		"DIGITALOCEAN_TOKEN", "SPACES_ACCESS_KEY_ID", "AWS_PROFILE", "NETLIFY_API_TOKEN",
		"KUBECONFIG", "PULUMI_ACCESS_TOKEN",
	} {
		_, there := os.LookupEnv(name)
		assert.False(t, there, name)
	}

	assert.Equal(t, "x", os.Getenv("SOMETHING_ELSE"))
}

func TestFakeSecretsAreObviousAndStable(t *testing.T) {
	t.Parallel()

	assert.Equal(t, "fake-smtpPassword-for-the-sandbox", FakeSecret("smtpPassword"))
	assert.Equal(t, "https://sandbox.invalid/fake-slackWebhook-for-the-sandbox", FakeSecret("slackWebhook"))
	assert.NotEqual(t, FakeSecret("a"), FakeSecret("b"))
}

func TestOptionsOfOperations(t *testing.T) {
	t.Parallel()

	assert.Equal(t, []string{"stack", "select"}, withOptions([]string{"stack", "select"}))
	assert.Equal(t, []string{"up", "--skip-plugin-pre-install", "--event-log", "tcp://127.0.0.1:1"},
		withOptions([]string{"up", "--event-log", "tcp://localhost:1"}))
	assert.Equal(t, []string{"destroy", "--skip-plugin-pre-install", "--exclude-protected", "--yes"},
		withOptions([]string{"destroy", "--yes"}))
}

func TestBriefTakesTheComplaintOutOfALongError(t *testing.T) {
	t.Parallel()

	long := "failed to select stack: exit status 255\ncode: 255\nstdout: lots\nof it\n" +
		"stderr: error: passphrase is wrong\n\n"
	assert.EqualError(t, brief(errors.New(long)), "passphrase is wrong")
	assert.EqualError(t, brief(errors.New("failed: no\ncode: 1\nstdout: \nstderr: \n")), "failed: no")
	assert.EqualError(t, brief(errors.New("short")), "short")
}

// secret is a secret value as events show it.
func secret() map[string]any {
	return map[string]any{resource.SigKey: resource.SecretSig, "ciphertext": "[secret]"}
}

func TestCollectorMasksOutputs(t *testing.T) {
	t.Parallel()

	c := newCollector()
	c.record(apitype.EngineEvent{ResOutputsEvent: &apitype.ResOutputsEvent{Metadata: apitype.StepEventMetadata{
		Type: "pulumi:pulumi:Stack",
		New: &apitype.StepEventStateMetadata{Outputs: map[string]any{
			"plain": "a", "secret": secret(), "nested": map[string]any{"list": []any{1.0, secret()}},
		}},
	}}})

	assert.Equal(t, map[string]any{
		"plain": "a", "secret": "[secret]", "nested": map[string]any{"list": []any{1.0, "[secret]"}},
	}, c.finish().Outputs)
}

func TestCollector(t *testing.T) {
	t.Parallel()

	const urn = "urn:pulumi:prod::vmst::digitalocean:index/vpc:Vpc::net"

	step := func(op apitype.OpType) apitype.StepEventMetadata {
		return apitype.StepEventMetadata{
			Op: op, URN: urn, Type: "digitalocean:index/vpc:Vpc",
			New:          &apitype.StepEventStateMetadata{Protect: true},
			DetailedDiff: map[string]apitype.PropertyDiff{"name": {}},
		}
	}
	diagnostic := apitype.EngineEvent{DiagnosticEvent: &apitype.DiagnosticEvent{
		Severity: "error", URN: urn, Message: "<{%fg 1%}>422 no<{%reset%}>\n",
	}}

	c := newCollector()
	for _, event := range []apitype.EngineEvent{
		{ResourcePreEvent: &apitype.ResourcePreEvent{Metadata: step(apitype.OpRefresh)}},
		{ResOutputsEvent: &apitype.ResOutputsEvent{Metadata: step(apitype.OpUpdate)}},
		{ResOpFailedEvent: &apitype.ResOpFailedEvent{Metadata: step(apitype.OpRefresh)}},
		diagnostic, diagnostic,
		{DiagnosticEvent: &apitype.DiagnosticEvent{Severity: "error", Message: "update failed"}},
		{DiagnosticEvent: &apitype.DiagnosticEvent{Severity: "info#err", Message: "chatter"}},
		{SummaryEvent: &apitype.SummaryEvent{ResourceChanges: map[apitype.OpType]int{"update": 1, "same": 2}}},
	} {
		c.record(event)
	}

	result := c.finish()
	assert.Equal(t, Result{
		Changes: map[string]int{"update": 1, "same": 2},
		Resources: []Resource{{
			URN: urn, Type: "digitalocean:index/vpc:Vpc", Name: "net", Operation: "refresh", Protected: true,
			Failed: true,
		}},
		Drift: []Drift{{URN: urn, Properties: []string{"name"}}},
		Diagnostics: []Diagnostic{
			{Severity: "error", URN: urn, Message: "422 no"}, {Severity: "error", Message: "update failed"},
		},
		Error: "422 no",
	}, result)
	assert.True(t, result.Changed())
	assert.False(t, Result{Changes: map[string]int{"same": 2, "create": 0}}.Changed())
}

func TestOperationErrorIsSaidOnce(t *testing.T) {
	t.Parallel()

	e := OperationError{Operation: "up", Stack: "prod", Reason: "422 no"}
	assert.EqualError(t, &e, `up of stack "prod" failed: 422 no`)

	e.Shown = true
	assert.EqualError(t, &e, `up of stack "prod" failed: the reason is above`)

	e.Reason = errInterrupted.Error()
	assert.EqualError(t, &e, `up of stack "prod" failed: interrupted`)
	assert.ErrorIs(t, &e, errInterrupted)
}
