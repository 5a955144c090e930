// Package stacks_test runs the whole program from the committed stack files.
package stacks_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/infra"
	"github.com/vmstio/infrastructure/infra/config"
	"github.com/vmstio/infrastructure/tests/mocks"
)

var stacks = []string{"prod", "staging"}

// secretMark begins every secret that the tests supply.
const secretMark = "sshh-"

// everything is a stack that uses every optional setting. It is no environment.
const everything = "everything"

// recorder is loaded with the committed file of the stack and the secrets that a
// person would set.
func recorder(t *testing.T, stack string) *mocks.Recorder {
	t.Helper()
	settings, secrets := configOf(t, stack)
	if secrets == "" {
		secrets = needed(t, settings)
	}
	return &mocks.Recorder{
		Stack:      stack,
		Config:     map[string]string{"vmst:settings": settings, "vmst:secrets": secrets},
		SecretKeys: []string{"vmst:secrets"},
	}
}

// needed are the secrets that the settings cannot do without.
func needed(t *testing.T, settings string) string {
	t.Helper()
	decoded, _, err := config.Decode(settings, "")
	var problems config.Problems
	require.ErrorAs(t, err, &problems, "without secrets there is a problem, and it is about secrets alone")
	require.Nil(t, decoded)
	secrets := map[string]string{}
	for _, problem := range problems {
		name, ok := strings.CutPrefix(problem.Path, "vmst:secrets.")
		require.True(t, ok, problem)
		secrets[name] = secretMark + name
	}
	data, err := json.Marshal(secrets)
	require.NoError(t, err)
	return string(data)
}

// configOf returns vmst:settings of the committed file as Pulumi hands it over,
// and, of the stack that is none, vmst:secrets.
func configOf(t *testing.T, stack string) (settings, secrets string) {
	t.Helper()
	path := filepath.Join("..", "..", "Pulumi."+stack+".yaml")
	if stack == everything {
		path = filepath.Join("testdata", stack+".yaml")
	}
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	var file struct {
		Config map[string]any `yaml:"config"`
	}
	require.NoError(t, yaml.Unmarshal(data, &file))
	text := func(key string) string {
		encoded, err := json.Marshal(file.Config[key])
		require.NoError(t, err)
		return string(encoded)
	}
	if stack == everything {
		secrets = text("vmst:secrets")
	}
	return text("vmst:settings"), secrets
}

// up runs the stack as an update and returns what was registered.
func up(t *testing.T, stack string) *mocks.Recorder {
	t.Helper()
	r := recorder(t, stack)
	require.NoError(t, r.Run(infra.Deploy))
	return r
}

// each runs a check for both stacks.
func each(t *testing.T, check func(t *testing.T, stack string)) {
	t.Helper()
	for _, stack := range stacks {
		t.Run(stack, func(t *testing.T) { check(t, stack) })
	}
}

func TestPreviewRegistersWhatUpdateDoes(t *testing.T) {
	each(t, func(t *testing.T, stack string) {
		preview := recorder(t, stack)
		preview.Preview = true
		require.NoError(t, preview.Run(infra.Deploy))
		require.ElementsMatch(t, identities(preview), identities(up(t, stack)))
	})
}

func identities(r *mocks.Recorder) []string {
	ids := []string{}
	for _, res := range r.All() {
		ids = append(ids, res.Type+" "+res.Name)
	}
	return ids
}

func TestNamesAreUnique(t *testing.T) {
	each(t, func(t *testing.T, stack string) {
		ids := identities(up(t, stack))
		slices.Sort(ids)
		require.Equal(t, slices.Compact(slices.Clone(ids)), ids)
	})
}

func TestCloudNamesDifferBetweenStacks(t *testing.T) {
	names := map[string]string{}
	for _, stack := range stacks {
		for _, res := range up(t, stack).All() {
			name, ok := res.Input("name").(string)
			// Other names are unique within what they belong to.
			global := slices.Contains([]string{
				"vpc:Vpc", "kubernetesCluster:KubernetesCluster", "databaseCluster:DatabaseCluster", "spacesBucket:SpacesBucket",
				"spacesKey:SpacesKey", "loadBalancer:LoadBalancer", "project:Project", "domain:Domain", "certificate:Certificate",
			}, strings.TrimPrefix(res.Type, "digitalocean:index/"))
			if !ok || !global {
				continue
			}
			key := res.Type + " " + name
			require.Empty(t, names[key], "%s is %s and %s", key, names[key], stack+" "+res.Name)
			names[key] = stack + " " + res.Name
		}
	}
	require.NotEmpty(t, names)
}

func TestEveryResourceNamesItsProvider(t *testing.T) {
	each(t, func(t *testing.T, stack string) {
		for _, res := range up(t, stack).All() {
			if res.Custom && !strings.HasPrefix(res.Type, "pulumi:") {
				pkg, _, _ := strings.Cut(res.Type, ":")
				require.Contains(t, res.Provider, "pulumi:providers:"+pkg, "%s %s is on a default provider", res.Type, res.Name)
			}
		}
	})
}

func TestEveryResourceBelongsToAComponent(t *testing.T) {
	each(t, func(t *testing.T, stack string) {
		for _, res := range up(t, stack).All() {
			if strings.HasPrefix(res.Type, "pulumi:") || strings.HasPrefix(res.Type, "vmst:") || res.Name == "project" {
				continue
			}
			require.Contains(t, res.Parent, "vmst:", "%s %s has no component", res.Type, res.Name)
		}
	})
}

func TestBadSettingsRegisterNothing(t *testing.T) {
	r := recorder(t, "prod")
	r.Config["vmst:settings"] = strings.Replace(r.Config["vmst:settings"], `"region":"tor1"`, `"region":"nowhere"`, 1)
	err := r.Run(infra.Deploy)
	require.ErrorContains(t, err, "vmst:settings.region")
	require.ErrorContains(t, err, "nowhere")
	require.Empty(t, withoutStack(r))
}

func TestPlainSecretsAreRefused(t *testing.T) {
	r := recorder(t, "prod")
	r.SecretKeys = nil
	err := r.Run(infra.Deploy)
	require.ErrorContains(t, err, "vmst:secrets")
	require.ErrorContains(t, err, "pulumi config set --secret --path")
	require.NotContains(t, err.Error(), secretMark)
	require.Empty(t, withoutStack(r))
}

func withoutStack(r *mocks.Recorder) []mocks.Resource {
	return slices.DeleteFunc(r.All(), func(res mocks.Resource) bool { return res.Type == "pulumi:pulumi:Stack" })
}

// outputs runs the stack and returns its outputs as `pulumi stack output --json`
// prints them.
func outputs(t *testing.T, stack string) []byte {
	t.Helper()
	_, printed := run(t, stack, false)
	return printed
}

// run runs the stack as an update or a preview. The outputs of a preview are not
// known.
func run(t *testing.T, stack string, preview bool) (r *mocks.Recorder, printed []byte) {
	t.Helper()
	r = recorder(t, stack)
	r.Preview = preview
	require.NoError(t, r.Run(func(ctx *pulumi.Context) error {
		if err := infra.Deploy(ctx); err != nil {
			return err
		}
		all := pulumi.Map(ctx.GetCurrentExportMap()).ToMapOutput()
		all.ApplyT(func(values map[string]any) (bool, error) {
			var err error
			printed, err = json.Marshal(values)
			return true, err
		})
		return nil
	}))
	return r, printed
}
