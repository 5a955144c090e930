package cmd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/live"
	"github.com/vmstio/infrastructure/sandbox/behaviour"
	"github.com/vmstio/infrastructure/sandbox/digitalocean"
	"github.com/vmstio/infrastructure/sandbox/runner"
)

// execute runs the command line and returns its exit code and what it wrote.
func execute(t *testing.T, args ...string) (code int, out, complaints string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	root := New(runner.Options{Program: func(live.World) pulumi.RunFunc { return nil }})
	root.SetArgs(args)
	root.SetOut(&stdout)
	root.SetErr(&stderr)
	return Execute(t.Context(), root), stdout.String(), stderr.String()
}

func TestMistakesAreSaidAtOnce(t *testing.T) {
	t.Parallel()
	code, out, complaints := execute(t, "up", "--delay", "Vpc=3s", "--fail", "*", "--fail", "*:0=no",
		"--date", "30.11.2026", "--slow", "*=long")
	assert.Equal(t, 1, code)
	assert.Empty(t, out)
	assert.Contains(t, complaints, `error: delay "Vpc=3s"`)
	assert.Contains(t, complaints, `failure "*": there is no "="`)
	assert.Contains(t, complaints, `failure "*:0=no": call 0`)
	assert.Contains(t, complaints, `date "30.11.2026": write a day as YYYY-MM-DD`)
	assert.Contains(t, complaints, `delay "*=long"`)
	code, _, complaints = execute(t, "up", "now")
	assert.Equal(t, 1, code)
	assert.Contains(t, complaints, "now")
}

// With --json nothing but the document is on stdout, and the announcement is on stderr.
func TestUnknownStack(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), []byte("name: small\nruntime: go\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.dev.yaml"), nil, 0o600))
	// What a person has wrong is said before anything is looked for or built.
	t.Setenv("PATH", "")
	t.Chdir(dir)
	code, out, complaints := execute(t, "outputs", "--stack", "production", "--json")
	assert.Equal(t, 1, code)
	assert.Empty(t, out)
	assert.Contains(t, complaints, "This is a simulation")
	assert.Contains(t, complaints, `error: stack "production": there is no Pulumi.production.yaml: the stacks are dev`)
}

func TestFlagsBecomeOptions(t *testing.T) {
	t.Parallel()
	f := &flags{}
	require.NoError(t, newRoot(f).PersistentFlags().Parse([]string{
		"--stack=staging", "--charts=charts", "--state=state", "--pulumi=cli", "--json", "--delay=*=1s",
		"--fail=a:b:C:2=no", "--fail=*=never", "--slow=a:b:C=45m", "--undelegated=example.org", "--date=2026-11-30",
		"--new-account", "--unverified=kirk@example.org",
	}))
	options, err := f.options(&cobra.Command{})
	require.NoError(t, err)
	assert.Equal(t, "staging", options.Stack)
	assert.Equal(t, "charts", options.ChartsDir)
	assert.Equal(t, "state", options.StateDir)
	assert.Equal(t, digitalocean.Options{
		Undelegated: []string{"example.org"}, Slow: map[string]time.Duration{"a:b:C": 45 * time.Minute},
		NewAccount: true, Unverified: []string{"kirk@example.org"},
	}, options.DigitalOcean)
	assert.Equal(t, time.Date(2026, time.November, 30, 0, 0, 0, 0, time.UTC), options.Date)
	assert.Equal(t, "cli", options.PulumiCommand)
	assert.True(t, options.Quiet)
	assert.Equal(t, behaviour.Plan{
		Delays: []behaviour.Delay{{Type: "*", Duration: time.Second}},
		Failures: []behaviour.Failure{
			{Type: "a:b:C", Call: 2, Message: "no"},
			{Type: "*", Message: "never"},
		},
	}, options.Behaviour)
}

const (
	vpc = "urn:pulumi:prod::vmst::vmst:network:Network$digitalocean:index/vpc:Vpc::network-vpc"
	key = "urn:pulumi:prod::vmst::pulumi:providers:random::random"
)

func TestSayKept(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	sayKept(&out, nil, runner.Result{Stack: "prod", Kept: []runner.Kept{
		{URN: vpc, Reason: runner.ReasonProtected}, {URN: key, Reason: runner.ReasonNeeded},
	}})
	assert.Equal(t, `
Kept, because they are protected: they hold data or identity:
  Vpc network-vpc

Kept, because something protected needs them:
  Provider random

To release what is protected: set every "protect" in Pulumi.prod.yaml to false, run up, then destroy again.
`, out.String())
	out.Reset()
	sayKept(&out, nil, runner.Result{Stack: "staging"})
	assert.Equal(t, "\nNothing is left of stack staging.\n", out.String())
}

// stackOutputs are outputs as the engine reports them, with a secret among them.
func stackOutputs(t *testing.T, least, most float64) map[string]any {
	t.Helper()
	var from map[string]any
	require.NoError(t, json.Unmarshal(fmt.Appendf(nil, `{
		"contractVersion": 2, "token": "[secret]", "loadBalancer": {"ip": "203.0.113.1"},
		"endpoints": {"assets": {"url": "https://a.example.org"}, "web": {"url": "https://example.org"},
			"another": {"url": "https://b.example.org"}},
		"monthlyCost": {"minimum": %[1]f, "maximum": %[2]f, "items": [
			{"name": "nodes", "minimum": %[1]f, "maximum": %[2]f, "known": true}, {"name": "favours", "known": false}]}
	}`, least, most), &from))
	return from
}

func TestSayUp(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	sayUp(&out, &runner.Sandbox{}, runner.Result{
		Stack: "prod", Seconds: 8.46, Changes: map[string]int{"create": 2, "replace": 1, "same": 5, "delete": 0},
		Before: stackOutputs(t, 100, 200), Outputs: stackOutputs(t, 124.5, 200),
	})
	assert.Equal(t, `
Stack prod is up in the simulated cloud, after 8.5s: 2 created, 1 replaced, 5 unchanged.

  public address  203.0.113.1
  web             https://example.org
  assets          https://a.example.org
  another         https://b.example.org
  cloud file      cloud.json

nodes                                              124.50 to 200.00
favours                                                     unknown
total, USD a month, without the unknown            124.50 to 200.00

USD a month before                                 100.00 to 200.00
after                                              124.50 to 200.00
difference                                          +24.50 to +0.00

Next: the verb outputs shows all outputs. Edit the cloud file, and refresh shows the drift.
For a real cloud, README.md, "Run it for real": there, pulumi up -s prod runs this same program.
`, out.String())
}

// A first preview has nothing before it and does not know everything; another program may have no cost at all.
func TestSayPreview(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	outputs := stackOutputs(t, 100, 100)
	outputs["loadBalancer"], outputs["endpoints"] = "unknown", nil
	result := runner.Result{Stack: "prod", Changes: map[string]int{"create": 137}, Outputs: outputs}
	sayPreview(&out, nil, result)
	assert.Equal(t, `
Stack prod: 137 to create.

USD a month before                                             0.00
after                                                        100.00
difference                                                  +100.00
`, out.String())
	out.Reset()
	result.Outputs = map[string]any{"url": "https://example.org"}
	sayPreview(&out, nil, result)
	assert.Equal(t, "\nStack prod: 137 to create.\n", out.String())
}

func TestSayDrift(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	sayDrift(&out, &runner.Sandbox{}, runner.Result{Drift: []runner.Drift{
		{URN: vpc, Properties: []string{"description", "name"}}, {URN: key, Deleted: true},
	}})
	assert.Contains(t, out.String(), "  Vpc network-vpc differs in description, name\n  Provider random is gone\n")
	out.Reset()
	sayDrift(&out, &runner.Sandbox{}, runner.Result{})
	assert.Equal(t, "\nNo drift: the cloud is as the last up left it.\n", out.String())
}

func TestPrintOutputs(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, printOutputs(&out, "prod", map[string]any{
		"url": "https://example.org", "token": "[secret]", "ports": []any{1.0, 2.0},
	}))
	assert.Equal(t, "ports  [1,2]\ntoken  [secret]\nurl    https://example.org\n", out.String())
	out.Reset()
	require.NoError(t, printOutputs(&out, "prod", nil))
	assert.Equal(t, "Stack prod has no outputs yet: bring it up first.\n", out.String())
}

func TestPrintJSON(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, printJSON(&out, runner.Result{Stack: "prod", Outputs: map[string]any{"url": "a&b"}}))
	assert.Contains(t, out.String(), "a&b", "not escaped for HTML")
	var back runner.Result
	require.NoError(t, json.Unmarshal(out.Bytes(), &back))
	assert.Equal(t, "prod", back.Stack)
}
