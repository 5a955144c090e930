package runner_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi-random/sdk/v4/go/random"
	"github.com/pulumi/pulumi-tls/sdk/v5/go/tls"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/live"
	"github.com/vmstio/infrastructure/sandbox/behaviour"
	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/runner"
)

// These tests run a small program of their own through the real engine. Both stacks of the project are run in
// sandbox/enginetest.

func TestMain(m *testing.M) {
	runner.DropCredentials()
	os.Exit(m.Run())
}

// command is the Pulumi CLI for all tests, found once.
var command = sync.OnceValues(func() (string, error) {
	root, err := runner.FindRoot(".")
	if err != nil {
		return "", err
	}
	return runner.FindPulumi(context.Background(), root)
})

const (
	projectFile = "name: small\nruntime: go\nbackend:\n  url: s3://elsewhere\n" +
		"config:\n  pulumi:disable-default-providers: [\"*\"]\n"
	stackFile = "secretsprovider: awskms://alias/mine\nencryptedkey: AAAA\n" +
		"config:\n  small:length: \"12\"\n  small:token:\n    secure: v1:AAAA:BBBB\n" +
		"  vmst:secrets:\n    apiToken:\n      secure: v1:CCCC:DDDD\n"
)

// small is a program with a protected resource, one that depends on it, and one that stands alone.
func small(ctx *pulumi.Context) error {
	provider, err := random.NewProvider(ctx, "random", nil)
	if err != nil {
		return err
	}
	keys, err := tls.NewProvider(ctx, "tls", nil)
	if err != nil {
		return err
	}
	password, err := random.NewRandomPassword(ctx, "password", &random.RandomPasswordArgs{
		Length: pulumi.Int(config.RequireInt(ctx, "small:length")),
	}, pulumi.Provider(provider), pulumi.Protect(config.GetBool(ctx, "small:protect")))
	if err != nil {
		return err
	}
	key, err := tls.NewPrivateKey(ctx, "key", &tls.PrivateKeyArgs{
		Algorithm: pulumi.String("ECDSA"), EcdsaCurve: pulumi.String("P256"),
	}, pulumi.Provider(keys))
	if err != nil {
		return err
	}
	do, err := digitalocean.NewProvider(ctx, "do", &digitalocean.ProviderArgs{Token: pulumi.String("token")})
	if err != nil {
		return err
	}
	_, err = digitalocean.NewVpc(ctx, "net", &digitalocean.VpcArgs{
		Region: pulumi.String("tor1"), Name: pulumi.String("small-net"), IpRange: pulumi.String("10.9.0.0/24"),
		Description: pulumi.String("as programmed"),
	}, pulumi.Provider(do))
	if err != nil {
		return err
	}
	var secrets map[string]string
	config.New(ctx, "vmst").RequireObject("secrets", &secrets)
	ctx.Export("publicKey", key.PublicKeyPem)
	ctx.Export("password", password.Result)
	ctx.Export("nested", pulumi.ToSecret(pulumi.Map{"token": pulumi.String(secrets["apiToken"])}))
	return nil
}

func apiToken(string) (runner.Setup, error) { return runner.Setup{Secrets: []string{"apiToken"}}, nil }

// newProject writes a project into a new directory and returns options to run it, quietly, in a state directory of its
// own.
func newProject(t *testing.T, program pulumi.RunFunc, stack string) runner.Options {
	t.Helper()
	path, err := command()
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), []byte(projectFile), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.dev.yaml"), []byte(stack), 0o600))
	return runner.Options{
		Program: func(live.World) pulumi.RunFunc { return program }, Setup: apiToken,
		Stack: "dev", ProjectDir: dir, PulumiCommand: path, Quiet: true, Stderr: &bytes.Buffer{},
	}
}

func open(t *testing.T, options runner.Options) *runner.Sandbox {
	t.Helper()
	s, err := runner.Open(t.Context(), options)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

func TestLifeOfAStack(t *testing.T) {
	t.Parallel()
	options := newProject(t, small, stackFile+"  small:protect: \"true\"\n")
	s := open(t, options)
	preview, err := s.Preview(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 7, preview.Changes["create"], "the stack, three providers and three resources")
	up, err := s.Up(t.Context())
	require.NoError(t, err)
	assert.Equal(t, map[string]int{"create": 7}, up.Changes)
	assert.Len(t, up.Resources, 7)
	assert.Equal(t, "[secret]", up.Outputs["password"])
	assert.Equal(t, "[secret]", up.Outputs["nested"])
	assert.Contains(t, up.Outputs["publicKey"], "BEGIN PUBLIC KEY")
	s.Close()

	// Another process, as far as the sandbox is concerned.
	s = open(t, options)
	same, err := s.ExpectNoChanges(t.Context())
	require.NoError(t, err)
	assert.False(t, same.Changed())
	refreshed, err := s.Refresh(t.Context())
	require.NoError(t, err)
	assert.Empty(t, refreshed.Drift)
	masked, err := s.Outputs(t.Context(), false)
	require.NoError(t, err)
	assert.Equal(t, "[secret]", masked["password"])
	shown, err := s.Outputs(t.Context(), true)
	require.NoError(t, err)
	assert.Len(t, shown["password"], 12)
	assert.Equal(t, map[string]any{"token": runner.FakeSecret("apiToken")}, shown["nested"])
	destroyed, err := s.Destroy(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{
		"Stack small-dev: needed by a protected resource",
		"Provider random: needed by a protected resource",
		"RandomPassword password: protected",
	}, kept(destroyed))
	logs, err := os.Stat(filepath.Join(filepath.Dir(s.CloudFile()), "home", "logs"))
	require.NoError(t, err)
	assert.False(t, logs.IsDir(), "the engine keeps a log, which takes two fifths of its time")
}

// kept lists "Type name: reason".
func kept(result runner.Result) []string {
	var lines []string
	for _, k := range result.Kept {
		parts := strings.Split(k.URN, "::")
		typ := parts[2][strings.LastIndex(parts[2], ":")+1:]
		if strings.HasPrefix(parts[2], "pulumi:providers:") {
			typ = "Provider"
		}
		lines = append(lines, fmt.Sprintf("%s %s: %s", typ, parts[3], k.Reason))
	}
	return lines
}

func TestDriftIsFoundAndUndone(t *testing.T) {
	t.Parallel()
	s := open(t, newProject(t, small, stackFile))
	_, err := s.Up(t.Context())
	require.NoError(t, err)
	text, err := os.ReadFile(s.CloudFile())
	require.NoError(t, err)
	edited := strings.ReplaceAll(string(text), "as programmed", "as somebody liked it better")
	require.NotEqual(t, string(text), edited)
	require.NoError(t, os.WriteFile(s.CloudFile(), []byte(edited), 0o600))
	refreshed, err := s.Refresh(t.Context())
	require.NoError(t, err)
	require.Len(t, refreshed.Drift, 1)
	assert.True(t, strings.HasSuffix(refreshed.Drift[0].URN, "::net"))
	assert.Equal(t, []string{"description"}, refreshed.Drift[0].Properties)
	up, err := s.Up(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 1, up.Changes["update"], "what the program says counts")
	text, err = os.ReadFile(s.CloudFile())
	require.NoError(t, err)
	assert.Contains(t, string(text), "as programmed")
	assert.NotContains(t, string(text), "as somebody liked it better")
	require.NoError(t, os.Remove(s.CloudFile()))
	refreshed, err = s.Refresh(t.Context())
	require.NoError(t, err)
	require.Len(t, refreshed.Drift, 1)
	assert.True(t, refreshed.Drift[0].Deleted)
}

func TestFailuresAreReportedOnceAndBriefly(t *testing.T) {
	t.Parallel()
	options := newProject(t, small, stackFile)
	options.Behaviour.Failures = []behaviour.Failure{{
		Type: "tls:index/privateKey:PrivateKey", Message: "503 the key maker is out",
	}}
	var shown bytes.Buffer
	options.Stdout, options.Stderr, options.Quiet = &shown, &shown, false
	result, err := open(t, options).Up(t.Context())
	require.EqualError(t, err, `up of stack "dev" failed: the reason is above`)
	assert.Contains(t, result.Error, "503 the key maker is out")
	assert.NotContains(t, shown.String(), "goroutine ")
	assert.NotContains(t, shown.String(), runner.FakeSecret("apiToken"))
	text, err := json.Marshal(result)
	require.NoError(t, err)
	assert.NotContains(t, string(text), runner.FakeSecret("apiToken"))
}

// killer ends the engine as soon as a network has been made, before the engine learns of it.
type killer struct {
	plugin.GrpcProvider

	engine **os.Process
}

func (k killer) Create(ctx context.Context, request plugin.CreateRequest) (plugin.CreateResponse, error) {
	response, err := k.GrpcProvider.Create(ctx, request)
	if !request.Preview && request.URN.Type() == "digitalocean:index/vpc:Vpc" {
		err = errors.Join(err, (*k.engine).Kill())
	}
	return response, err
}

// What the engine had asked for when it was killed is taken over: it is there once, and it is managed.
func TestAKilledRunIsRecovered(t *testing.T) {
	t.Parallel()
	options := newProject(t, small, stackFile)
	var engine *os.Process
	broken := options
	broken.Started = func(process *os.Process) { engine = process }
	broken.Providers = func(c *cloud.Cloud, o runner.Options) map[string]func() plugin.Provider {
		providers := runner.Simulators(c, o)
		sound := providers["digitalocean"]
		providers["digitalocean"] = func() plugin.Provider { return killer{sound().(plugin.GrpcProvider), &engine} }
		return providers
	}
	s := open(t, broken)
	_, err := s.Up(t.Context())
	require.Error(t, err)
	s.Close()
	var said bytes.Buffer
	options.Stderr = &said
	s = open(t, options)
	assert.Equal(t, 1, s.Recovered, said.String())
	assert.Regexp(t, `(?m)^The last run ended in the middle of \d+ operation\(s\): took 1 resource`, said.String())
	_, err = s.Up(t.Context())
	require.NoError(t, err)
	_, err = s.ExpectNoChanges(t.Context())
	require.NoError(t, err)
	c, err := cloud.Open(s.CloudFile())
	require.NoError(t, err)
	vpcs := c.List("digitalocean:index/vpc:Vpc")
	require.Len(t, vpcs, 1)
	_, err = s.Destroy(t.Context())
	require.NoError(t, err)
	assert.Empty(t, c.List("digitalocean:index/vpc:Vpc"), "it was managed")
	s.Close()
	said.Reset()
	assert.Zero(t, open(t, options).Recovered)
	assert.NotContains(t, said.String(), "The last run ended")
}

func TestDelaysTakeTime(t *testing.T) {
	t.Parallel()
	options := newProject(t, small, stackFile)
	options.Behaviour.Delays = []behaviour.Delay{{
		Type: "tls:index/privateKey:PrivateKey", Duration: 3 * time.Second,
	}}
	started := time.Now()
	_, err := open(t, options).Up(t.Context())
	require.NoError(t, err)
	assert.GreaterOrEqual(t, time.Since(started), 3*time.Second)
}

func TestAnInterruptedRunSaysSo(t *testing.T) {
	t.Parallel()
	options := newProject(t, small, stackFile)
	options.Behaviour.Delays = []behaviour.Delay{{Type: behaviour.AnyType, Duration: time.Hour}}
	ctx, cancel := context.WithCancel(t.Context())
	options.Started = func(*os.Process) { time.AfterFunc(time.Second, cancel) }
	result, err := open(t, options).Up(ctx)
	require.EqualError(t, err, `up of stack "dev" failed: interrupted`)
	assert.Equal(t, "interrupted", result.Error)
}
