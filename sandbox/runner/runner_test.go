package runner

import (
	"context"
	"encoding/json"
	"errors"
	"io"
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

func TestFindPulumi(t *testing.T) {
	dir, root := t.TempDir(), t.TempDir()
	onPath, built := filepath.Join(dir, "pulumi"), filepath.Join(root, ".tools", "pulumi")
	script := func(path, version string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\necho "+version+"\n"), 0o700))
	}
	t.Setenv("PATH", dir)
	_, err := FindPulumi(t.Context(), root)
	require.ErrorContains(t, err, "not found in $PATH")
	require.ErrorContains(t, err, built)
	require.ErrorContains(t, err, "run `make pulumi` in the repository")
	script(onPath, "v3.1.0")
	_, err = FindPulumi(t.Context(), root)
	require.ErrorContains(t, err, onPath+": it is 3.1.0, and the program needs 3.")
	script(built, "v3.999.0")
	found, err := FindPulumi(t.Context(), root)
	require.NoError(t, err)
	assert.Equal(t, built, found, "one that does not fit is passed over")
	script(onPath, "v3.999.1")
	found, err = FindPulumi(t.Context(), root)
	require.NoError(t, err)
	assert.Equal(t, onPath, found, "one on PATH that fits comes first")
	named := filepath.Join(dir, "another")
	script(named, "nonsense")
	_, _, err = findPulumi(t.Context(), root, named)
	require.ErrorContains(t, err, `its version is "nonsense"`, "one that is named is the only one to choose from")
}

func TestLockIsExclusive(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	first := &Sandbox{dir: dir, options: Options{Stderr: io.Discard}}
	require.NoError(t, first.takeLock(ctx))

	// Whoever is told to wait gives up.
	second := &Sandbox{dir: dir, options: Options{Stderr: writerFunc(func([]byte) (int, error) {
		cancel()
		return 0, nil
	})}}
	require.ErrorIs(t, second.takeLock(ctx), context.Canceled)
	first.Close()
	require.NoError(t, second.takeLock(t.Context()))
	second.Close()
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(text []byte) (int, error) { return f(text) }

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
		"HOME=/state/home", "PULUMI_HOME=/state/home", "LANG=C.UTF-8",
		"PULUMI_BACKEND_URL=file:///state/state?metadata=skip",
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

func TestThePulumiCLIHasNoDirectoryForItsLog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	logs := filepath.Join(dir, "home", "logs")
	require.NoError(t, os.MkdirAll(filepath.Join(logs, "of an older run"), 0o700))
	for range 2 {
		require.NoError(t, leaveOutLog(dir))
		info, err := os.Stat(logs)
		require.NoError(t, err)
		assert.True(t, info.Mode().IsRegular())
	}
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
	c := newCollector(nil)
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
	c := newCollector(nil)
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

func TestAnObjectAnswersWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	object := map[string]any{
		"name": "a", "size": 2.0, "id": "x", "rules": []any{"r"}, "metadata": map[string]any{"name": "b", "uid": "y"},
	}
	for asked, want := range map[string]bool{
		`{"name": "a", "size": 2, "__defaults": ["size"]}`:               true,
		`{"name": "a", "rules": ["another"], "metadata": {"name": "b"}}`: true,
		`{"name": "b"}`:                            false,
		`{"name": "a", "region": "tor1"}`:          false,
		`{"name": "a", "metadata": {"name": "c"}}`: false,
	} {
		var inputs map[string]any
		require.NoError(t, json.Unmarshal([]byte(asked), &inputs))
		assert.Equal(t, want, answers(object, inputs), asked)
	}
}
