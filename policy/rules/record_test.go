package rules_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/infra"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/policy/rules"
	"github.com/vmstio/infrastructure/tests/mocks"
)

// stacks are the committed environments, and one that uses every optional setting.
func stacks() map[string]string {
	root := filepath.Join("..", "..")
	return map[string]string{
		"prod": filepath.Join(root, "Pulumi.prod.yaml"), "staging": filepath.Join(root, "Pulumi.staging.yaml"),
		"everything": filepath.Join(root, "tests", "stacks", "testdata", "everything.yaml"),
	}
}

// record is what the program registers for a stack.
type record struct {
	settings *settings.Settings
	// resources as it registers them, and at the end the stack itself with its outputs.
	resources []rules.Resource
	// operations of a first run.
	operations []rules.Operation
	// registered is the same as the engine receives it.
	registered []mocks.Resource
}

// recorded runs the program for a stack against mocks, as an up or as the preview of a new environment.
func recorded(t testing.TB, stack string, preview bool) record {
	t.Helper()
	data, err := os.ReadFile(stacks()[stack])
	require.NoError(t, err)
	var file struct {
		Config map[string]any `yaml:"config"`
	}
	require.NoError(t, yaml.Unmarshal(data, &file))
	var secrets map[string]any
	if stack == "everything" {
		secrets, _ = file.Config["vmst:secrets"].(map[string]any) // those of the others are encrypted
	}
	return recordedOf(t, stack, file.Config["vmst:settings"], secrets, preview)
}

// recordedOf runs the program with settings, and with the secrets that they need unless there are some.
func recordedOf(t testing.TB, stack string, of any, secrets map[string]any, preview bool) record {
	t.Helper()
	text, err := json.Marshal(of)
	require.NoError(t, err)
	s, err := settings.DecodeSettings(string(text))
	require.NoError(t, err)
	if secrets == nil {
		secrets = map[string]any{}
		for _, name := range settings.SecretNames(s) {
			secrets[name] = "sshh-" + name
		}
	}
	hidden, err := json.Marshal(secrets)
	require.NoError(t, err)
	r := &mocks.Recorder{
		Stack: stack, Preview: preview, SecretKeys: []string{"vmst:secrets"},
		Config: map[string]string{"vmst:settings": string(text), "vmst:secrets": string(hidden)},
	}
	deploy := infra.DeployIn(mocks.Delegated())
	const outputs = "test:outputs"
	require.NoError(t, r.Run(func(ctx *pulumi.Context) error {
		if err := deploy(ctx); err != nil {
			return err
		}
		// What the stack puts out, as the engine would see it.
		exports := &pulumi.ResourceState{}
		return ctx.RegisterResource("test:index:Outputs", outputs, pulumi.Map(ctx.GetCurrentExportMap()), exports)
	}))
	found := record{settings: s}
	for _, registered := range r.All() {
		inputs := registered.Inputs
		if preview {
			inputs = registered.Whole
		}
		properties := resource.FromResourcePropertyMap(inputs)
		if registered.Name == outputs {
			root := resource.DefaultRootStackURN(tokens.QName(stack), "vmst")
			found.resources = append(found.resources, rules.Resource{
				URN: string(root), Type: string(root.Type()), Name: root.Name(), Properties: properties,
			})
			continue
		}
		if registered.Type == string(resource.RootStackType) {
			continue
		}
		urn := urnOf(stack, registered)
		found.resources = append(found.resources, rules.Resource{
			URN: urn, Type: registered.Type, Name: registered.Name, Properties: properties,
			Protected: registered.Protect, Dependencies: registered.DependsOn,
		})
		found.registered = append(found.registered, registered)
		found.operations = append(found.operations, rules.Operation{
			URN: urn, Type: registered.Type, Name: registered.Name, Op: "create", Protected: registered.Protect,
			Retained: registered.RetainOnDelete,
		})
	}
	require.Greater(t, len(found.resources), 100)
	return found
}

func urnOf(stack string, r mocks.Resource) string {
	var parent tokens.Type
	if urn := resource.URN(r.Parent); urn != "" && urn.Type() != resource.RootStackType {
		parent = urn.QualifiedType()
	}
	return string(resource.NewURN(tokens.QName(stack), "vmst", parent, tokens.Type(r.Type), r.Name))
}

// check returns all findings about a record.
func (r record) check() []rules.Finding {
	var findings []rules.Finding
	for _, res := range r.resources {
		findings = append(findings, rules.CheckResource(res, r.settings)...)
	}
	return append(findings, rules.CheckStack(r.resources, r.settings)...)
}

// The program keeps its own rules, in every stack and whatever is known.
func TestTheProgramKeepsTheRules(t *testing.T) {
	t.Parallel()
	for stack := range stacks() {
		for kind, preview := range map[string]bool{"up": false, "preview": true} {
			t.Run(stack+" "+kind, func(t *testing.T) {
				t.Parallel()
				r := recorded(t, stack, preview)
				// What a month costs, and which Mastodon runs, is a person's to decide, and not the program's.
				require.Empty(t, slices.DeleteFunc(r.check(), func(f rules.Finding) bool {
					return strings.HasPrefix(f.Rule, "bill-") || f.Rule == "mastodon-safe"
				}))
				found := rules.CheckOperations(r.operations, r.settings)
				if r.settings.Policy.Release != nil {
					require.Len(t, found, 1)
					require.Equal(t, "data-released", found[0].Rule)
					found = nil
				}
				require.Empty(t, found)
			})
		}
	}
}

// The rules and the program agree on what holds data: whatever the program protects, a rule asks for.
func TestWhatTheProgramProtectsHoldsData(t *testing.T) {
	t.Parallel()
	// Its Service has adopted the load balancer: the rule about the load balancer is enough.
	const elsewhere = "ingress-controller"
	r, kinds := recorded(t, "everything", false), map[string]bool{}
	for _, res := range r.resources {
		if !res.Protected || res.Name == elsewhere {
			continue
		}
		kinds[res.Type] = true
		require.True(t, rules.HoldsData(res.Type), "%s is protected, and no rule says why", res.URN)
		res.Protected = false
		require.True(t, has(rules.CheckResource(res, r.settings), "data-protected"), res.URN)
	}
	require.Greater(t, len(kinds), 8)
}

func has(findings []rules.Finding, rule string) bool {
	for _, f := range findings {
		if f.Rule == rule {
			return true
		}
	}
	return false
}

// Where nothing is worth keeping, nothing asks that it is.
func TestNothingIsKeptWhereNothingIsProtected(t *testing.T) {
	t.Parallel()
	r := recorded(t, "everything", false)
	var gone []rules.Operation
	for _, op := range r.operations {
		op.Op, op.ID, op.Protected, op.Retained = "delete", "id-of-"+op.Name, false, false
		gone = append(gone, op)
	}
	r.settings.Policy.Release = nil
	require.True(t, has(rules.CheckOperations(gone, r.settings), "data-stays"))
	r.settings.Protect, r.settings.Cluster.Protect = false, false
	require.Empty(t, rules.CheckOperations(gone, r.settings))
	// Without settings that say so, everything is.
	require.True(t, has(rules.CheckOperations(gone, nil), "data-stays"))
}
