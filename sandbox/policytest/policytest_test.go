// Package policytest takes the rules about plans through the real Pulumi engine, as the policy pack that people load.
package policytest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/infra"
	"github.com/vmstio/infrastructure/infra/live"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/policy/rules"
	"github.com/vmstio/infrastructure/policy/samples"
	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/program"
	"github.com/vmstio/infrastructure/sandbox/runner"
)

func TestMain(m *testing.M) {
	runner.DropCredentials()
	status := m.Run()
	if pack, err := built(); err == nil {
		os.RemoveAll(filepath.Dir(pack))
	}
	os.Exit(status)
}

// built is the pack, built once as `make policy` does.
var built = sync.OnceValues(func() (string, error) {
	root, err := runner.FindRoot(".")
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "policy-")
	if err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "policy"), ".")
	build.Dir = filepath.Join(root, "policy")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the pack: %w\n%s", err, out)
	}
	return filepath.Join(dir, "policy"), nil
})

// world is where the pack and the engine are.
type world struct{ root, command, pack string }

func newWorld(t *testing.T) world {
	t.Helper()
	root, err := runner.FindRoot(".")
	require.NoError(t, err)
	command, err := runner.FindPulumi(t.Context(), root)
	require.NoError(t, err)
	pack, err := built()
	require.NoError(t, err)
	return world{root, command, pack}
}

// open opens the sandbox, quietly and with the pack.
func (w world) open(t *testing.T, options runner.Options) *runner.Sandbox {
	t.Helper()
	options.PulumiCommand, options.PolicyPacks = w.command, []string{w.pack}
	options.Quiet, options.Stderr = true, &bytes.Buffer{}
	s, err := runner.Open(t.Context(), options)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

// The committed stacks break no rule: before there is anything, while it is made, and afterwards.
func TestCommittedStacksKeepTheRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, stack := range []string{"prod", "staging"} {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			s := w.open(t, runner.Options{
				Program: infra.DeployIn, Setup: program.Setup, Stack: stack, ProjectDir: w.root, StateDir: t.TempDir(),
			})
			for _, operation := range []func() (runner.Result, error){
				func() (runner.Result, error) { return s.Preview(t.Context()) },
				func() (runner.Result, error) { return s.Up(t.Context()) },
				func() (runner.Result, error) { return s.Preview(t.Context()) },
			} {
				result, err := operation()
				require.NoError(t, err, result.Error)
				require.Greater(t, len(result.Resources), 50)
				assert.Empty(t, slices.DeleteFunc(result.Violations, func(v runner.Violation) bool {
					return v.Level == string(rules.Advisory)
				}))
			}
		})
	}
}

// A stack's file can break a rule, and the engine ends there.
func TestABudgetThatIsTooSmallEndsTheUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dir := w.project(t, "staging", func(s map[string]any) { s["budget"] = map[string]any{"monthly": 20} })
	s := w.open(t, runner.Options{
		Program: infra.DeployIn, Setup: program.Setup, Stack: "dev", ProjectDir: dir, StateDir: t.TempDir(),
	})
	result, err := s.Preview(t.Context())
	require.Error(t, err)
	found := one(t, result, "bill-within-budget")
	assert.Equal(t, "mandatory", found.Level)
	assert.Contains(t, found.URN, "pulumi:pulumi:Stack", "no resource is to blame")
	assert.Contains(t, found.Message, "the budget is 20 USD")
	assert.Contains(t, found.Message, "raise vmst:settings.budget.monthly")
}

// The objects of a chart are judged as the program's own are, once the chart can be rendered.
func TestObjectsOfAChartAreJudged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dir := w.project(t, "staging", func(s map[string]any) {
		mastodon, _ := s["mastodon"].(map[string]any)
		web, _ := mastodon["web"].(map[string]any)
		web["replicas"] = 2
		mastodon["values"] = map[string]any{"mastodon": map[string]any{
			"web": map[string]any{"topologySpreadConstraints": []any{}},
		}}
	})
	s := w.open(t, runner.Options{
		Program: infra.DeployIn, Setup: program.Setup, Stack: "dev", ProjectDir: dir, StateDir: t.TempDir(),
	})
	result, err := s.Up(t.Context())
	require.NoError(t, err, "%s: an advisory rule ends nothing", result.Error)
	found := one(t, result, "pod-spread")
	assert.Equal(t, "advisory", found.Level)
	assert.Contains(t, found.URN, "kubernetes:apps/v1:Deployment::")
	assert.Contains(t, found.Message, "mastodon-web has 2 pods that may all be on one node")
}

// one is the only violation of a rule.
func one(t *testing.T, result runner.Result, rule string) runner.Violation {
	t.Helper()
	found := of(result, rule)
	require.Len(t, found, 1, "%v", result.Violations)
	return found[0]
}

func of(result runner.Result, rule string) []runner.Violation {
	return slices.DeleteFunc(slices.Clone(result.Violations), func(v runner.Violation) bool { return v.Policy != rule })
}

// Where the settings ask for digests, each image has one, those of the chart too.
func TestDigestsReachEveryImage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	digest := "sha256:" + strings.Repeat("0123456789abcdef", 4)
	missing := 0
	for _, pinned := range []bool{false, true} {
		dir := w.project(t, "staging", func(s map[string]any) {
			s["policy"] = map[string]any{"digests": true}
			if !pinned {
				return
			}
			within := func(parent map[string]any, key string) map[string]any {
				inner, ok := parent[key].(map[string]any)
				if !ok {
					inner = map[string]any{}
					parent[key] = inner
				}
				return inner
			}
			mastodon, backup := within(s, "mastodon"), within(s, "backup")
			mastodon["streamingDigest"] = digest
			for _, image := range []map[string]any{
				within(mastodon, "image"), within(mastodon, "rclone"),
				within(backup, "postgres"), within(backup, "rclone"),
				within(within(s, "observability"), "blackboxExporter"),
			} {
				image["digest"] = digest
			}
		})
		s := w.open(t, runner.Options{
			Program: infra.DeployIn, Setup: program.Setup, Stack: "dev", ProjectDir: dir, StateDir: t.TempDir(),
		})
		if !pinned {
			result, err := s.Preview(t.Context())
			require.Error(t, err)
			missing = len(of(result, "image-pinned"))
			continue
		}
		// A preview of a new environment cannot render the chart; an up can.
		result, err := s.Up(t.Context())
		require.NoError(t, err, "%s\n%v", result.Error, result.Violations)
		assert.Empty(t, of(result, "image-pinned"))
	}
	assert.Greater(t, missing, 5)
}

// project writes a project with a committed stack's settings, changed, as its stack "dev".
func (w world) project(t *testing.T, stack string, change func(settings map[string]any)) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(w.root, "Pulumi."+stack+".yaml"))
	require.NoError(t, err)
	var file struct {
		Config map[string]map[string]any `yaml:"config"`
	}
	require.NoError(t, yaml.Unmarshal(text, &file))
	change(file.Config["vmst:settings"])
	changed, err := yaml.Marshal(file)
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), []byte("name: vmst\nruntime: go\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.dev.yaml"), changed, 0o600))
	return dir
}

// settings are those of a committed stack.
func (w world) settings(t *testing.T, stack string) *settings.Settings {
	t.Helper()
	var text []byte
	w.project(t, stack, func(s map[string]any) {
		var err error
		text, err = json.Marshal(s)
		require.NoError(t, err)
	})
	s, err := settings.DecodeSettings(string(text))
	require.NoError(t, err)
	return s
}

// Each rule, broken once, reports through the engine what it reports in its own tests.
func TestEachRuleReportsThroughTheEngine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var reported []string
	// The bill can be above the budget or near it, and not both.
	bill := w.settings(t, "staging").MonthlyCost().Max
	for share, also := range map[float64]string{2: "bill-within-budget", 0.95: "bill-near-budget"} {
		broken := map[string]samples.Sample{}
		for name, cases := range samples.All() {
			if !strings.HasPrefix(name, "bill-") {
				broken[name] = cases.Broken[0]
			}
		}
		s := w.open(t, runner.Options{
			Program:   func(live.World) pulumi.RunFunc { return register(broken) },
			Providers: credulousProviders, Stack: "dev", StateDir: t.TempDir(),
			ProjectDir: w.project(t, "staging", func(s map[string]any) {
				s["protect"], s["budget"] = true, map[string]any{"monthly": int(bill / share)}
			}),
		})
		result, err := s.Preview(t.Context())
		require.Error(t, err)
		for _, v := range result.Violations {
			reported = append(reported, v.Policy)
			rule := byName(t, v.Policy)
			assert.Equal(t, string(rule.Level), v.Level, v.Policy)
			assert.True(t, strings.HasPrefix(v.Message, rule.What), v.Message)
			assert.True(t, strings.HasSuffix(v.Message, rule.Remedy), v.Message)
			assert.NotContains(t, v.Message, "hunter2")
			// The samples have the names of the rules that they break.
			if v.Policy == "pod-spread" || v.Policy == "pod-restricted" || v.Policy == "database-closed" {
				assert.Contains(t, v.URN, "::"+v.Policy)
			}
		}
		assert.NotEmpty(t, of(result, also), also)
	}
	for _, rule := range rules.All() {
		if rule.Resource != nil || rule.Stack != nil {
			assert.Contains(t, reported, rule.Name)
		}
	}
}

// What a preview does not know breaks nothing in the engine either, whatever form it has there.
func TestUnknownValuesPassTheEngine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kept := map[string]samples.Sample{}
	for name, cases := range samples.All() {
		for i, s := range cases.Kept {
			unknown := slices.ContainsFunc(s.Resources, func(r rules.Resource) bool {
				return property.New(r.Properties).HasComputed()
			})
			if unknown && name != "disruption-budget-fits" && name != "pod-spread" && s.Settings == nil {
				kept[fmt.Sprintf("%s-%d", name, i)] = s
			}
		}
	}
	require.Greater(t, len(kept), 10)
	s := w.open(t, runner.Options{
		Program:   func(live.World) pulumi.RunFunc { return register(kept) },
		Providers: credulousProviders, Stack: "dev", StateDir: t.TempDir(),
		ProjectDir: w.project(t, "staging", func(map[string]any) {}),
	})
	result, err := s.Preview(t.Context())
	require.NoError(t, err, "%s\n%v", result.Error, result.Violations)
	assert.Empty(t, result.Violations)
	assert.Greater(t, len(result.Resources), len(kept))
}

// Settings that are wrong are for the program to report, and no reason for the pack to fail.
func TestThePackIsSilentAboutWrongSettings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.open(t, runner.Options{
		Program:   func(live.World) pulumi.RunFunc { return func(*pulumi.Context) error { return nil } },
		Providers: credulousProviders, Stack: "dev", StateDir: t.TempDir(),
		ProjectDir: w.project(t, "staging", func(s map[string]any) { s["region"] = "nowhere" }),
	})
	result, err := s.Preview(t.Context())
	require.NoError(t, err, result.Error)
	assert.Empty(t, result.Violations)
	_, err = settings.DecodeSettings(`{"region": "nowhere"}`)
	require.Error(t, err)
}

// What holds data is not replaced, and the release is for the object that is there and not for the next one. The engine
// shows it to no policy pack, so that its events are read.
func TestReplacementsAreSeenInTheEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, name, protected := w.settings(t, "prod"), "spock", false
	s.Protect = true
	const typ = "digitalocean:index/databaseCluster:DatabaseCluster"
	log := filepath.Join(t.TempDir(), "events")
	options := runner.Options{
		Program: func(live.World) pulumi.RunFunc {
			return func(ctx *pulumi.Context) error {
				made := &pulumi.CustomResourceState{}
				return ctx.RegisterResource(typ, "database", pulumi.Map{"name": pulumi.String(name)}, made,
					pulumi.Protect(protected), pulumi.RetainOnDelete(true))
			}
		},
		Providers: credulousProviders, Stack: "dev", StateDir: t.TempDir(), PulumiCommand: w.command,
		ProjectDir: w.project(t, "prod", func(map[string]any) {}), Quiet: true, Stderr: &bytes.Buffer{}, EventLog: log,
	}
	run := func(operation func(*runner.Sandbox) (runner.Result, error)) []rules.Finding {
		require.NoError(t, os.RemoveAll(log))
		sandbox, err := runner.Open(t.Context(), options)
		require.NoError(t, err)
		defer sandbox.Close()
		result, err := operation(sandbox)
		require.NoError(t, err, result.Error)
		return rules.CheckOperations(operations(t, log), s)
	}
	up := func(s *runner.Sandbox) (runner.Result, error) { return s.Up(t.Context()) }
	preview := func(s *runner.Sandbox) (runner.Result, error) { return s.Preview(t.Context()) }
	broken := func(findings []rules.Finding) (names []string) {
		for _, f := range findings {
			names = append(names, f.Rule)
		}
		return names
	}
	require.Equal(t, []string{"data-protected"}, broken(run(up)), "as if somebody had unprotected it")
	name, protected = "scott", true
	found := run(preview)
	require.Equal(t, []string{"data-stays"}, broken(found))
	require.Contains(t, found[0].Message, "database (ID id-of-database) holds a database and is replaced")
	s.Policy.Release = &settings.Release{Resource: "database", ID: "id-of-another"}
	require.Equal(t, []string{"data-stays", "data-released"}, broken(run(preview)))
	s.Policy.Release.ID = "id-of-database"
	require.Equal(t, []string{"data-released"}, broken(run(preview)))
}

// operations are those of an event log.
func operations(t *testing.T, log string) []rules.Operation {
	t.Helper()
	text, err := os.ReadFile(log)
	require.NoError(t, err)
	var all []rules.Operation
	for line := range bytes.Lines(text) {
		var event apitype.EngineEvent
		require.NoError(t, json.Unmarshal(line, &event))
		if event.ResourcePreEvent != nil {
			all = append(all, rules.OperationOf(event.ResourcePreEvent.Metadata))
		}
	}
	require.NotEmpty(t, all)
	return all
}

func byName(t *testing.T, name string) rules.Rule {
	t.Helper()
	all := rules.All()
	i := slices.IndexFunc(all, func(r rules.Rule) bool { return r.Name == name })
	require.GreaterOrEqual(t, i, 0, name)
	return all[i]
}

func credulousProviders(*cloud.Cloud, runner.Options) map[string]func() plugin.Provider {
	provider := func() plugin.Provider { return &credulous{} }
	return map[string]func() plugin.Provider{
		"digitalocean": provider, "kubernetes": provider, "random": provider,
	}
}

// register is a program that makes what is in samples, by the names that they have.
func register(of map[string]samples.Sample) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		unknown := pulumi.UnsafeUnknownOutput(nil)
		for _, name := range slices.Sorted(maps.Keys(of)) {
			for i, r := range of[name].Resources {
				if r.Type == "pulumi:pulumi:Stack" {
					for key, value := range r.Properties.All {
						ctx.Export(fmt.Sprintf("%s-%s", name, key), input(value, unknown))
					}
					continue
				}
				properties := pulumi.Map{}
				for key, value := range r.Properties.All {
					properties[key] = input(value, unknown)
				}
				made := &pulumi.CustomResourceState{}
				err := ctx.RegisterResource(r.Type, fmt.Sprintf("%s-%d", name, i), properties, made)
				if err != nil {
					return fmt.Errorf("registering sample %d of %s: %w", i, name, err)
				}
			}
		}
		return nil
	}
}

// input is a property as a program has it.
func input(v property.Value, unknown pulumi.Output) pulumi.Input {
	if v.Secret() {
		return pulumi.ToSecret(input(v.WithSecret(false), unknown))
	}
	switch {
	case v.IsComputed():
		return unknown
	case v.IsMap():
		object := pulumi.Map{}
		for key, element := range v.AsMap().All {
			object[key] = input(element, unknown)
		}
		return object
	case v.IsArray():
		list := pulumi.Array{}
		for _, element := range v.AsArray().All {
			list = append(list, input(element, unknown))
		}
		return list
	case v.IsString():
		return pulumi.String(v.AsString())
	case v.IsBool():
		return pulumi.Bool(v.AsBool())
	case v.IsNumber():
		return pulumi.Float64(v.AsNumber())
	default:
		return nil
	}
}
