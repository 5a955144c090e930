package enginetest_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/kubernetes/apiserver"
	"github.com/vmstio/infrastructure/sandbox/runner"
)

// forksPassword is that of every user of the fork.
const forksPassword = "of-the-fork"

// A fork as it was at some moment takes the place of a damaged database, as docs/content/3.run/7.backups.md says under
// "When the database is damaged": its ID in the state for the old one's, and a suffix in the settings.
func TestAForkTakesThePlaceOfTheDatabase(t *testing.T) {
	t.Parallel()
	const stack = "staging"
	a := newAccount(t)
	s := a.open(t, stack)
	result, err := s.Up(t.Context())
	must(t, result, err)
	before := outputOf(t, result, "databases", "database")
	old, name := before["id"].(string), before["name"].(string)
	c, err := cloud.Open(s.CloudFile())
	require.NoError(t, err)
	fork := forked(t, c, old, name+"-2")
	scale(t, c, "mastodon", 0)
	exported, err := s.Export(t.Context())
	require.NoError(t, err)
	s.Close()

	state := filepath.Join(t.TempDir(), "state.json")
	require.NoError(t, os.WriteFile(state, []byte(strings.ReplaceAll(string(exported), old, fork)), 0o600))
	a.edit(t, stack, func(settings map[string]any) { group(settings, "database")["suffix"] = "2" })
	s = a.open(t, stack)
	require.NoError(t, s.Import(t.Context(), state))
	refreshed, err := s.Refresh(t.Context())
	must(t, refreshed, err)
	preview, err := s.Preview(t.Context())
	must(t, preview, err)
	assert.Empty(t, losses(preview))
	result, err = s.Up(t.Context())
	must(t, result, err)

	made := map[string]int{}
	for _, r := range result.Resources {
		if r.Operation == "create" && strings.HasPrefix(r.Type, "digitalocean:") {
			made[r.Type]++
		}
	}
	assert.Equal(t, map[string]int{
		"digitalocean:index/databaseConnectionPool:DatabaseConnectionPool": 1,
		"digitalocean:index/databaseFirewall:DatabaseFirewall":             1,
	}, made, "what a fork does not have")
	after := outputOf(t, result, "databases", "database")
	assert.Equal(t, fork, after["id"])
	assert.Equal(t, name+"-2", after["name"])
	object, ok := c.Get(database, old)
	require.True(t, ok, "the old one stays until a person deletes it")
	assert.Equal(t, name, object.Outputs["name"])
	s.Close()
	a.isStable(t, stack)
	for _, deployment := range c.List(deployments) {
		assert.NotZero(t, group(deployment.Outputs, "spec")["replicas"], "%s is back", deployment.ID)
	}
	passwords := map[string]string{}
	for _, secret := range c.List("kubernetes:core/v1:Secret") {
		metadata, _ := secret.Outputs["metadata"].(map[string]any)
		data, _ := secret.Outputs["data"].(map[string]any)
		namespace, _ := metadata["namespace"].(string)
		object, _ := metadata["name"].(string)
		if password, ok := data["password"].(string); ok {
			passwords[namespace+"/"+object] = password
		}
	}
	forks := base64.StdEncoding.EncodeToString([]byte(forksPassword))
	assert.Equal(t, forks, passwords["mastodon/mastodon-database"])
}

const deployments = "kubernetes:apps/v1:Deployment"

// scale sets the replicas of a namespace's Deployments as `kubectl scale` does.
func scale(t *testing.T, c *cloud.Cloud, namespace string, replicas int64) {
	t.Helper()
	kind := schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}
	rules, err := apiserver.RulesOf(kind)
	require.NoError(t, err)
	scaled := 0
	for _, deployment := range c.List(deployments) {
		if group(deployment.Outputs, "metadata")["namespace"] != namespace {
			continue
		}
		own := map[string]any{}
		for key, value := range deployment.Outputs {
			if strings.HasPrefix(key, "__") { // the sandbox's, and none of the object's
				own[key] = value
				delete(deployment.Outputs, key)
			}
		}
		text, err := json.Marshal(deployment.Outputs)
		require.NoError(t, err)
		var after map[string]any
		require.NoError(t, json.Unmarshal(text, &after))
		group(after, "spec")["replicas"] = replicas
		deployment.Outputs, err = rules.Update(deployment.Outputs, after, "kubectl")
		require.NoError(t, err)
		maps.Copy(deployment.Outputs, own)
		require.NoError(t, c.Put(deployment))
		scaled++
	}
	require.NotZero(t, scaled)
}

// outputOf is what a stack's output says under keys.
func outputOf(t *testing.T, result runner.Result, keys ...string) map[string]any {
	t.Helper()
	value := result.Outputs
	for _, key := range keys {
		inner, ok := value[key].(map[string]any)
		require.True(t, ok, "output %s", strings.Join(keys, "."))
		value = inner
	}
	return value
}

// forked makes a copy of a database cluster under another name, with the databases and users in it and with other
// passwords, and without pools and trusted sources (docs.digitalocean.com, "How to restore PostgreSQL clusters").
func forked(t *testing.T, c *cloud.Cloud, old, name string) string {
	t.Helper()
	original, ok := c.Get(database, old)
	require.True(t, ok)
	former, _ := original.Outputs["name"].(string)
	const fork = "0f0f0f0f-1111-4222-8333-444444444444"
	copied := func(object cloud.Object) cloud.Object {
		var deep func(value any) any
		deep = func(value any) any {
			switch value := value.(type) {
			case string:
				value = strings.ReplaceAll(value, old, fork)
				return strings.ReplaceAll(value, former, name)
			case map[string]any:
				result := map[string]any{}
				for key, element := range value {
					result[key] = deep(element)
				}
				return result
			case []any:
				result := make([]any, len(value))
				for i, element := range value {
					result[i] = deep(element)
				}
				return result
			}
			return value
		}
		object.ID = strings.ReplaceAll(object.ID, old, fork)
		object.Inputs, _ = deep(object.Inputs).(map[string]any)
		object.Outputs, _ = deep(object.Outputs).(map[string]any)
		if object.Outputs["password"] != nil {
			object.Outputs["password"] = forksPassword
		}
		return object
	}
	require.NoError(t, c.Put(copied(original)))
	for _, typ := range []string{
		"digitalocean:index/databaseDb:DatabaseDb", "digitalocean:index/databaseUser:DatabaseUser",
	} {
		for _, object := range c.List(typ) {
			if object.Outputs["clusterId"] == old {
				require.NoError(t, c.Put(copied(object)))
			}
		}
	}
	return fork
}
