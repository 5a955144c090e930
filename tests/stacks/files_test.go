package stacks_test

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	pulumiconfig "github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/infra/settings"
)

// The tests of this file are for whoever runs an instance: they are green for whatever may be written into the stack
// files, and ask only what must hold for anybody.

const (
	projectRoot = "../.."
	settingsKey = settings.Namespace + ":" + settings.SettingsKey
	secretsKey  = settings.Namespace + ":" + settings.SecretsKey
)

// stackFile is a committed stack file.
type stackFile struct {
	name, path, text string
	content          map[string]any
}

func stackFiles(t *testing.T) []stackFile {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(projectRoot, "Pulumi.*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	var files []stackFile
	for _, path := range paths {
		f := stackFile{path: path}
		f.name = strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "Pulumi."), ".yaml")
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		f.text = string(text)
		require.NoError(t, yaml.Unmarshal(text, &f.content), path)
		files = append(files, f)
	}
	return files
}

// config is what the file configures.
func (f stackFile) config(t *testing.T) map[string]any {
	t.Helper()
	config, ok := f.content["config"].(map[string]any)
	require.True(t, ok, "%s has no config", f.path)
	return config
}

// settings decodes the file's settings, with whatever secrets they need.
func (f stackFile) settings(t *testing.T) *settings.Settings {
	t.Helper()
	text, err := json.Marshal(f.config(t)[settingsKey])
	require.NoError(t, err)
	return decodeSettings(t, string(text))
}

func decodeSettings(t *testing.T, text string) *settings.Settings {
	t.Helper()
	_, _, err := settings.Decode(text, "")
	var missing settings.Problems
	require.ErrorAs(t, err, &missing, "every environment needs secrets")
	secrets := map[string]any{}
	for _, problem := range missing {
		name, isSecret := strings.CutPrefix(problem.Path, secretsKey+".")
		require.True(t, isSecret, problem)
		group, name, isNested := strings.Cut(name, ".")
		if !isNested {
			secrets[group] = "https://example.org/x"
			continue
		}
		if secrets[group] == nil {
			secrets[group] = map[string]any{}
		}
		secrets[group].(map[string]any)[name] = "x"
	}
	hidden, err := json.Marshal(secrets)
	require.NoError(t, err)
	decoded, _, err := settings.Decode(text, string(hidden))
	require.NoError(t, err)
	return decoded
}

// The project's file names the namespace and forbids default providers for every stack: Pulumi merges the project's
// configuration into the stack's, which therefore must not say otherwise.
func TestProjectFile(t *testing.T) {
	t.Parallel()
	project, err := workspace.LoadProject(filepath.Join(projectRoot, "Pulumi.yaml"))
	require.NoError(t, err)
	assert.Equal(t, settings.Namespace, project.Name.String())
	assert.Equal(t, "go", project.Runtime.Name())
	const providers = "pulumi:disable-default-providers"
	assert.Equal(t, []any{"*"}, project.Config[providers].Value)
	for _, f := range stackFiles(t) {
		assert.NotContains(t, f.config(t), providers, f.path)
	}
}

func TestStackFilesSatisfyTheSchema(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(projectRoot, "infra", "settings", "stack.schema.json"))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("stack", bytes.NewReader(text)))
	compiled, err := compiler.Compile("stack")
	require.NoError(t, err)
	editorSchema := regexp.MustCompile(`(?m)^# yaml-language-server: \$schema=(.*)$`)
	for _, f := range stackFiles(t) {
		// The validator knows the types of JSON.
		encoded, err := json.Marshal(f.content)
		require.NoError(t, err)
		var plain any
		require.NoError(t, json.Unmarshal(encoded, &plain))
		assert.NoError(t, compiled.Validate(plain), f.path)
		if named := editorSchema.FindStringSubmatch(f.text); named != nil {
			assert.FileExists(t, filepath.Join(projectRoot, named[1]), "%s names it for editors", f.path)
		}
	}
}

func TestSecretsInStackFilesAreEncrypted(t *testing.T) {
	t.Parallel()
	for _, f := range stackFiles(t) {
		encrypted(t, f.name+": "+secretsKey, f.config(t)[secretsKey])
	}
}

func encrypted(t *testing.T, path string, value any) {
	t.Helper()
	if value == nil {
		return
	}
	mapping, ok := value.(map[string]any)
	require.True(t, ok, "%s stands in clear text: renew it, and set it with `pulumi config set --secret --path`", path)
	if _, ok := mapping["secure"]; ok && len(mapping) == 1 {
		require.IsType(t, "", mapping["secure"], path)
		return
	}
	for key, inner := range mapping {
		encrypted(t, path+"."+key, inner)
	}
}

// Pulumi's own reader hands the program what the other tests decode.
func TestPulumiReadsTheFiles(t *testing.T) {
	t.Parallel()
	project, err := workspace.LoadProject(filepath.Join(projectRoot, "Pulumi.yaml"))
	require.NoError(t, err)
	for _, f := range stackFiles(t) {
		stack, err := workspace.LoadProjectStack(nil, project, f.path)
		require.NoError(t, err)
		value, ok := stack.Config[pulumiconfig.MustMakeKey(settings.Namespace, settings.SettingsKey)]
		require.True(t, ok)
		require.False(t, value.Secure(), "%s: settings are there to be read", f.path)
		text, err := value.Value(pulumiconfig.NopDecrypter)
		require.NoError(t, err)
		assert.Equal(t, f.settings(t), decodeSettings(t, text), f.path)
	}
}

// Two stacks of one account do not get into each other's way.
func TestStacksDifferAsEnvironmentsDo(t *testing.T) {
	t.Parallel()
	ranges := func(s *settings.Settings) []string {
		return []string{s.Network.IPRange, s.Cluster.PodSubnet, s.Cluster.ServiceSubnet}
	}
	files := stackFiles(t)
	for i, f := range files {
		s := f.settings(t)
		for _, other := range files[:i] {
			o := other.settings(t)
			assert.NotEqual(t, o.Domain, s.Domain, "%s and %s: everything is named after the domain", other.name,
				f.name)
			if s.Docs.Enabled && o.Docs.Enabled {
				assert.NotEqual(t, o.Docs.Site, s.Docs.Site, "%s and %s: a site has one set of settings", other.name,
					f.name)
			}
			if s.Region != o.Region {
				continue
			}
			for _, a := range ranges(s) {
				for _, b := range ranges(o) {
					assert.False(t, netip.MustParsePrefix(a).Overlaps(netip.MustParsePrefix(b)),
						"%s of %s overlaps %s of %s", a, f.name, b, other.name)
				}
			}
		}
	}
}

// A zone that a stack manages below the zone of another one is handed over to it there, or nobody would find it.
func TestProductionDelegatesStaging(t *testing.T) {
	t.Parallel()
	files := stackFiles(t)
	for _, above := range files {
		for _, below := range files {
			outer, inner := above.settings(t).DNS, below.settings(t).DNS
			if !outer.ManageZone || !inner.ManageZone || !outer.Zone.Contains(string(inner.Zone)) {
				continue
			}
			servers, name := 0, outer.Zone.Relative(string(inner.Zone))
			for _, record := range outer.Records {
				if record.Type == "NS" && (record.Name == name || strings.HasSuffix(name, "."+record.Name)) {
					servers++
				}
			}
			assert.Positive(t, servers, "%s has no NS records for %q, the zone of %s", above.path, name, below.name)
		}
	}
}
