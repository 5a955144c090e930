package config_test

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	pulumiconfig "github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/infra/config"
	"github.com/vmstio/infrastructure/tests/config/schema"
)

func TestSchemaIsCurrent(t *testing.T) {
	t.Parallel()
	want, err := schema.Generate(root)
	require.NoError(t, err)
	got, err := os.ReadFile(filepath.Join(root, schema.Path))
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, got), "%s is not what the types say: run `go generate ./infra/config`", schema.Path)
}

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.ExtractAnnotations = true
	compiled, err := compiler.Compile(filepath.Join(root, schema.Path))
	require.NoError(t, err)
	return compiled
}

func TestEverySettingIsDescribed(t *testing.T) {
	t.Parallel()
	for name, definition := range compileSchema(t).Properties["config"].Properties {
		describe(t, name, definition, map[*jsonschema.Schema]bool{})
	}
}

func describe(t *testing.T, path string, s *jsonschema.Schema, seen map[*jsonschema.Schema]bool) {
	if s.Ref != nil {
		s = s.Ref
	}
	if seen[s] {
		return
	}
	seen[s] = true
	for name, property := range s.Properties {
		if name != "secure" {
			assert.NotEmpty(t, property.Description, "%s.%s has no comment in package config", path, name)
		}
		describe(t, path+"."+name, property, seen)
	}
	if s.Items2020 != nil {
		describe(t, path+"[]", s.Items2020, seen)
	}
}

func TestStackFilesSatisfyTheSchema(t *testing.T) {
	t.Parallel()
	compiled := compileSchema(t)
	for _, stack := range stacks() {
		text, err := os.ReadFile(filepath.Join(root, "Pulumi."+stack+".yaml"))
		require.NoError(t, err)
		assert.True(t, strings.HasPrefix(string(text), "# yaml-language-server: $schema="+schema.Path+"\n"))
		assert.NoError(t, compiled.Validate(plain(t, fromYAML(t, string(text)))), stack)
	}
}

// plain turns YAML's types into those of JSON, which the validator knows.
func plain(t *testing.T, value any) any {
	t.Helper()
	var decoded any
	require.NoError(t, yaml.Unmarshal([]byte(toJSON(t, value)), &decoded))
	return decoded
}

func TestSchemaRefusesWhatDecodingRefuses(t *testing.T) {
	t.Parallel()
	compiled := compileSchema(t)
	for name, snippet := range map[string]string{
		"unknown group":        `{config: {vmst:settings: {colour: blue}}}`,
		"unknown key":          `{config: {vmst:settings: {dns: {TTL: 300}}}}`,
		"unknown object":       `{config: {vmst:setting: {}}}`,
		"key without a prefix": `{config: {settings: {}}}`,
		"wrong type":           `{config: {vmst:settings: {protect: "true"}}}`,
		"out of range":         `{config: {vmst:settings: {database: {nodes: 4}}}}`,
		"not allowed":          `{config: {vmst:settings: {environment: prod}}}`,
		"region":               `{config: {vmst:settings: {storage: {region: nyc1}}}}`,
		"missing":              `{config: {vmst:settings: {domain: null}}}`,
		"no settings":          `{config: {vmst:settings: null}}`,
		"secret in clear text": `{config: {vmst:secrets: {digitalOceanToken: x, spacesAccessId: x, spacesSecretKey: x, acmeDnsToken: x}}}`,
		"key beside config":    `{settings: {}}`,
	} {
		file := merge(map[string]any{"config": stackConfig(t, "prod")}, fromYAML(t, snippet))
		assert.Error(t, compiled.Validate(plain(t, file)), name)
	}
	secure := `{secure: v1:abc}`
	good := `{encryptionsalt: x, secretsprovider: x, encryptedkey: x, environment: [prod], config: {pulumi:tags: {a: b},
		vmst:secrets: {digitalOceanToken: ` + secure + `, spacesAccessId: ` + secure + `, spacesSecretKey: ` + secure + `, acmeDnsToken: ` + secure + `}}}`
	assert.NoError(t, compiled.Validate(plain(t, merge(map[string]any{"config": stackConfig(t, "prod")}, fromYAML(t, good)))))
}

// The project's file names the namespace and forbids default providers for every
// stack: Pulumi merges the project's configuration into the stack's.
func TestProjectFile(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "Pulumi.yaml"))
	require.NoError(t, err)
	project := fromYAML(t, string(text))
	assert.Equal(t, config.Namespace, project["name"])
	assert.Equal(t, "go", project["runtime"])
	require.IsType(t, map[string]any{}, project["config"])
	assert.Equal(t, []any{"*"}, project["config"].(map[string]any)["pulumi:disable-default-providers"])
	for _, stack := range stacks() {
		for key := range stackConfig(t, stack) {
			assert.Contains(t, []string{"vmst:settings"}, key, "%s: nothing overrides the project, and no secret is committed", stack)
		}
	}
}

// Pulumi's own reader hands the program what the tests here decode.
func TestPulumiReadsTheFiles(t *testing.T) {
	t.Parallel()
	project, err := workspace.LoadProject(filepath.Join(root, "Pulumi.yaml"))
	require.NoError(t, err)
	for _, name := range stacks() {
		stack, err := workspace.LoadProjectStack(nil, project, filepath.Join(root, "Pulumi."+name+".yaml"))
		require.NoError(t, err)
		value, ok := stack.Config[pulumiconfig.MustMakeKey(config.Namespace, config.SettingsKey)]
		require.True(t, ok)
		text, err := value.Value(pulumiconfig.NopDecrypter)
		require.NoError(t, err)
		settings, _, err := config.Decode(text, secrets(t, ""))
		require.NoError(t, err)
		assert.Equal(t, stackSettings(t, name), settings)
	}
}

func TestStacksDifferAsEnvironmentsDo(t *testing.T) {
	t.Parallel()
	prod, staging := stackSettings(t, "prod"), stackSettings(t, "staging")
	assert.True(t, prod.Protect)
	assert.True(t, prod.Cluster.HighlyAvailable)
	assert.Equal(t, "production", prod.Ingress.ACME.Issuer)
	assert.False(t, staging.Protect)
	assert.Equal(t, "staging", staging.Ingress.ACME.Issuer)
	assert.Equal(t, prod.Cluster.Version, staging.Cluster.Version)

	many := map[string]int{
		"database": prod.Database.Nodes, "cache": prod.Cache.Nodes, "search": prod.Search.Nodes,
		"load balancer": prod.LoadBalancer.Nodes, "ingress": prod.Ingress.Replicas, "web": prod.Mastodon.Web.Replicas,
		"streaming": prod.Mastodon.Streaming.Replicas, "default pool": prod.Cluster.DefaultPool.Nodes,
	}
	for _, pool := range prod.Cluster.NodePools {
		many["pool "+pool.Role] = pool.MinNodes
	}
	for _, group := range prod.Mastodon.Sidekiq {
		if group.Name != "scheduler" {
			many["group "+group.Name] = group.Replicas
		}
	}
	for what, replicas := range many {
		assert.GreaterOrEqual(t, replicas, 2, "%s in production", what)
	}

	ranges := func(s *config.Settings) []string {
		return []string{s.Network.IPRange, s.Cluster.PodSubnet, s.Cluster.ServiceSubnet}
	}
	for _, a := range ranges(prod) {
		for _, b := range ranges(staging) {
			assert.False(t, netip.MustParsePrefix(a).Overlaps(netip.MustParsePrefix(b)), "%s overlaps %s", a, b)
		}
	}
}

// Production's zone hands the name of staging's zone to DigitalOcean.
func TestProductionDelegatesStaging(t *testing.T) {
	t.Parallel()
	prod, staging := stackSettings(t, "prod"), stackSettings(t, "staging")
	name, ok := strings.CutSuffix(staging.DNS.Zone, "."+prod.DNS.Zone)
	require.True(t, ok)
	servers := 0
	for _, record := range prod.DNS.Records {
		if record.Name == name && record.Type == "NS" {
			servers++
		}
	}
	assert.Equal(t, 3, servers)
}
