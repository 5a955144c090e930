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

	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/tests/mocks"
)

var stacks = []string{"prod", "staging"}

// secretMark begins every secret that the tests supply.
const secretMark = "sshh-"

// everything is a stack that uses every optional setting. It is no environment.
const everything = "everything"

// recorder is loaded with the committed file of the stack and the secrets that a person would set.
func recorder(t testing.TB, stack string) *mocks.Recorder {
	t.Helper()
	text, secrets := configOf(t, stack)
	if secrets == "" {
		secrets = needed(t, text)
	}
	return &mocks.Recorder{
		Stack:      stack,
		Config:     map[string]string{"vmst:settings": text, "vmst:secrets": secrets},
		SecretKeys: []string{"vmst:secrets"},
	}
}

// needed are the secrets that the settings cannot do without.
func needed(t testing.TB, text string) string {
	t.Helper()
	decoded, _, err := settings.Decode(text, "")
	var problems settings.Problems
	require.ErrorAs(t, err, &problems, "without secrets there is a problem, and it is about secrets alone")
	require.Nil(t, decoded)
	secrets := map[string]any{}
	for _, problem := range problems {
		name, ok := strings.CutPrefix(problem.Path, "vmst:secrets.")
		require.True(t, ok, problem)
		value := secretMark + name
		if name == "slackWebhook" {
			value = "https://hooks.example.org/" + value
		}
		put(secrets, value, strings.Split(name, ".")...)
	}
	return toJSON(t, secrets)
}

// put sets a value at a path of a mapping.
func put(object map[string]any, value any, path ...string) {
	for len(path) > 1 {
		inner, ok := object[path[0]].(map[string]any)
		if !ok {
			inner = map[string]any{}
			object[path[0]] = inner
		}
		object, path = inner, path[1:]
	}
	object[path[0]] = value
}

func toJSON(t testing.TB, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return string(text)
}

func fromJSON(t testing.TB, text string) map[string]any {
	t.Helper()
	var object map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &object))
	return object
}

// changed is loaded with a stack in whose settings one value is another.
func changed(t testing.TB, stack string, value any, path ...string) *mocks.Recorder {
	t.Helper()
	r := recorder(t, stack)
	object := fromJSON(t, r.Config["vmst:settings"])
	put(object, value, path...)
	r.Config["vmst:settings"] = toJSON(t, object)
	return r
}

// settingsOf decodes what a recorder is loaded with.
func settingsOf(t testing.TB, r *mocks.Recorder) *settings.Settings {
	t.Helper()
	s, _, err := settings.Decode(r.Config["vmst:settings"], r.Config["vmst:secrets"])
	require.NoError(t, err)
	return s
}

// configOf returns vmst:settings of the committed file as Pulumi hands it over, and, of the stack that is none,
// vmst:secrets.
func configOf(t testing.TB, stack string) (text, secrets string) {
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
	if stack == everything {
		secrets = toJSON(t, file.Config["vmst:secrets"])
	}
	return toJSON(t, file.Config["vmst:settings"]), secrets
}

// up runs the stack as an update and returns what was registered.
func up(t *testing.T, stack string) *mocks.Recorder {
	t.Helper()
	r := recorder(t, stack)
	require.NoError(t, r.Run(deploy))
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
	t.Parallel()
	each(t, func(t *testing.T, stack string) {
		preview := recorder(t, stack)
		preview.Preview = true
		require.NoError(t, preview.Run(deploy))
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
	t.Parallel()
	each(t, func(t *testing.T, stack string) {
		ids := identities(up(t, stack))
		slices.Sort(ids)
		require.Equal(t, slices.Compact(slices.Clone(ids)), ids)
	})
}

func TestCloudNamesDifferBetweenStacks(t *testing.T) {
	t.Parallel()
	names := map[string]string{}
	for _, stack := range stacks {
		for _, res := range up(t, stack).All() {
			name, ok := res.Input("name").(string)
			// Other names are unique within what they belong to.
			global := slices.Contains([]string{
				"vpc:Vpc", "kubernetesCluster:KubernetesCluster", "databaseCluster:DatabaseCluster",
				"spacesBucket:SpacesBucket", "spacesKey:SpacesKey", "loadBalancer:LoadBalancer", "project:Project",
				"domain:Domain", "certificate:Certificate",
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
	t.Parallel()
	each(t, func(t *testing.T, stack string) {
		for _, res := range up(t, stack).All() {
			if res.Custom && !strings.HasPrefix(res.Type, "pulumi:") {
				pkg, _, _ := strings.Cut(res.Type, ":")
				require.Contains(t, res.Provider, "pulumi:providers:"+pkg,
					"%s %s is on a default provider", res.Type, res.Name)
			}
		}
	})
}

func TestEveryResourceBelongsToAComponent(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, stack string) {
		for _, res := range up(t, stack).All() {
			if strings.HasPrefix(res.Type, "pulumi:") || strings.HasPrefix(res.Type, "vmst:") || res.Name == "project" {
				continue
			}
			require.Contains(t, res.Parent, "vmst:", "%s %s has no component", res.Type, res.Name)
		}
	})
}

// The review of settings that passed the first check and failed half-way, after up to 66 resources.
func TestNothingIsRegisteredFromBadSettings(t *testing.T) {
	txt := func(name string) any {
		return []any{map[string]any{"name": name, "type": "TXT", "value": "x"}}
	}
	for name, bad := range map[string]struct {
		path  string
		value any
		named string
	}{
		"a region that is none":         {"region", "nowhere", "vmst:settings.region"},
		"a variable of the program":     {"mastodon.environment.PGSSLROOTCERT", "x", "environment.PGSSLROOTCERT"},
		"a variable that is secret too": {"mastodon.environment.DEEPL_API_KEY", "x", "DEEPL_API_KEY"},
		"a label of the program": {"cluster.nodePools", []any{map[string]any{
			"role": "general", "size": "s-4vcpu-8gb", "minNodes": 2, "maxNodes": 3,
			"labels": map[string]any{settings.PoolLabel: "x"},
		}}, "nodePools[0].labels." + settings.PoolLabel},
		"a record beside a key":            {"dns.records", txt("k1._domainkey.social"), "dns.records[0]"},
		"a record beside the CDN":          {"dns.records", txt("media"), "dns.records[0]"},
		"a record beside the docs":         {"dns.records", txt("handbook"), "dns.records[0]"},
		"two hosts that are one resource":  {"storage.mediaHost", "sta-tic.example.org", "vmst:settings.storage"},
		"two branches at one address":      {"docs.build.branches", []any{"feature/a", "feature-a"}, "branches[1]"},
		"values that drop the balancer":    {"ingress.values.controller.service.type", "NodePort", "ingress.values"},
		"values that replace the database": {"mastodon.values.postgresql", "x", "mastodon.values.postgresql"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := changed(t, everything, bad.value, strings.Split(bad.path, ".")...)
			if name == "two hosts that are one resource" {
				object := fromJSON(t, r.Config["vmst:settings"])
				put(object, "sta.tic.example.org", "storage", "assetsHost")
				r.Config["vmst:settings"] = toJSON(t, object)
			}
			err := r.Run(deploy)
			var problems settings.Problems
			require.ErrorAs(t, err, &problems)
			require.Contains(t, err.Error(), bad.named)
			for _, problem := range problems {
				require.NotEmpty(t, problem.Remedy, problem)
			}
			require.Empty(t, withoutStack(r))
		})
	}
}

// A domain whose last part is not ASCII is a domain.
func TestAnyDomainComesUp(t *testing.T) {
	t.Parallel()
	r := recorder(t, everything)
	r.Config["vmst:settings"] = strings.ReplaceAll(r.Config["vmst:settings"], "example.org", "xn--e1afmkfd.xn--p1ai")
	require.NoError(t, r.Run(deploy))
	require.NotEmpty(t, withoutStack(r))
}

func TestPlainSecretsAreRefused(t *testing.T) {
	t.Parallel()
	r := recorder(t, "prod")
	r.SecretKeys = nil
	err := r.Run(deploy)
	require.ErrorContains(t, err, "vmst:secrets")
	require.ErrorContains(t, err, "pulumi config set --secret --path")
	require.NotContains(t, err.Error(), secretMark)
	require.Empty(t, withoutStack(r))
}

// What is allowed but should be known is said at every preview.
func TestWarningsAreSaid(t *testing.T) {
	t.Parallel()
	r := changed(t, everything, 1, "database", "nodes")
	r.Preview = true
	require.NoError(t, r.Run(deploy))
	warnings := settingsOf(t, r).Warnings()
	require.NotEmpty(t, warnings)
	for _, warning := range warnings {
		require.Contains(t, r.Logs(), mocks.Log{Severity: "WARNING", Message: warning.String()})
	}
	require.True(t, slices.ContainsFunc(warnings, func(w settings.Warning) bool {
		return w.Path == "vmst:settings.database.nodes"
	}))
}

// As committed, production has nobody outside who would notice that its monitoring is silent, and is told so.
func TestWarningsOfSecretsAreSaid(t *testing.T) {
	t.Parallel()
	r := recorder(t, "prod")
	r.Preview = true
	require.NoError(t, r.Run(deploy))
	require.True(t, slices.ContainsFunc(r.Logs(), func(l mocks.Log) bool {
		return l.Severity == "WARNING" && strings.HasPrefix(l.Message, "vmst:secrets.deadMansSwitch: missing in prod")
	}))
}

func withoutStack(r *mocks.Recorder) []mocks.Resource {
	return slices.DeleteFunc(r.All(), func(res mocks.Resource) bool { return res.Type == "pulumi:pulumi:Stack" })
}

// printed runs the stack and returns its outputs as `pulumi stack output --json` prints them.
func printed(t *testing.T, stack string) []byte {
	t.Helper()
	_, text := run(t, stack, false)
	return text
}

// run runs the stack as an update or a preview. The outputs of a preview are not
// known.
func run(t *testing.T, stack string, preview bool) (r *mocks.Recorder, printed []byte) {
	t.Helper()
	r = recorder(t, stack)
	r.Preview = preview
	require.NoError(t, r.Run(func(ctx *pulumi.Context) error {
		if err := deploy(ctx); err != nil {
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
