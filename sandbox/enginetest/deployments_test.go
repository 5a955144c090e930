package enginetest_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/sandbox/cloud"
)

// isEquipped looks at the Deployments of Mastodon's chart, or of what stands in for it: each container has what the
// program adds to the chart. Without the authorities no process could verify a database that has one of its own, as
// PostgreSQL's Standard edition and OpenSearch have.
func (a *account) isEquipped(t *testing.T, stack string) {
	t.Helper()
	c, err := cloud.Open(a.dir + "/cloud.json")
	require.NoError(t, err)
	authorities := slices.ContainsFunc(c.List(database), func(cluster cloud.Object) bool {
		return cluster.Outputs["engine"] == "pg" || cluster.Outputs["engine"] == "opensearch"
	})
	names := []string{}
	for _, deployment := range c.List("kubernetes:apps/v1:Deployment") {
		pods := field(deployment.Outputs, "spec", "template", "spec")
		if field(deployment.Outputs, "metadata", "namespace")["value"] != "mastodon" {
			continue
		}
		names = append(names, deployment.ID)
		assert.Equal(t, authorities, hasNamed(pods["volumes"], "authorities-bundle"), deployment.ID)
		assert.Equal(t, authorities, hasNamed(pods["initContainers"], "authorities"), deployment.ID)
		containers, _ := pods["containers"].([]any)
		require.NotEmpty(t, containers, deployment.ID)
		for _, container := range containers {
			container, _ := container.(map[string]any)
			about := deployment.ID + " " + container["name"].(string)
			mounts, _ := container["volumeMounts"].([]any)
			assert.Equal(t, authorities, slices.ContainsFunc(mounts, func(mount any) bool {
				m, _ := mount.(map[string]any)
				return m["name"] == "authorities-bundle" && m["mountPath"] == "/etc/mastodon/authorities" &&
					m["readOnly"] == true
			}), about)
			sources, _ := container["envFrom"].([]any)
			assert.True(t, slices.ContainsFunc(sources, func(source any) bool {
				s, _ := source.(map[string]any)
				secret, _ := s["secretRef"].(map[string]any)
				return secret["name"] == "mastodon-environment" && secret["optional"] == true
			}), about)
		}
	}
	for _, process := range []string{"web", "streaming", "sidekiq-default"} {
		assert.Contains(t, names, "mastodon/mastodon-"+process, stack)
	}
}

// field is a nested object; a value that is none is in it as "value".
func field(object map[string]any, path ...string) map[string]any {
	for _, key := range path {
		inner, ok := object[key].(map[string]any)
		if !ok {
			return map[string]any{"value": object[key]}
		}
		object = inner
	}
	return object
}

func hasNamed(list any, name string) bool {
	elements, _ := list.([]any)
	return slices.ContainsFunc(elements, func(element any) bool {
		e, _ := element.(map[string]any)
		return e["name"] == name
	})
}
