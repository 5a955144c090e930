package settings_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vmstio/infrastructure/infra/settings"
)

func TestBadSearch(t *testing.T) {
	t.Parallel()
	refused(t, []bad{
		{"without a plan", `{search: {enabled: true}}`, []string{
			"search.nodes: the value is missing; set it: search.enabled is true",
			"search.size: the value is missing; set it: search.enabled is true",
		}},
		{"nodes and version", `{search: {enabled: true, size: db-s-2vcpu-4gb, nodes: 2, version: "1"}}`, []string{
			`search.indexPreset: "small_cluster" needs 3 nodes for its replicas; use single_node_cluster, or 3 nodes`,
			"search.nodes: 2 is not a cluster size of db-s-2vcpu-4gb; use 1 or 3",
			`search.version: "1" is not a version of opensearch; use 2, 2.19, 3.3 or 3.6`,
		}},
		{"a preset for one node", `{search: {enabled: true, size: db-s-1vcpu-2gb, nodes: 1,
			indexPreset: large_cluster}}`, []string{
			`search.indexPreset: "large_cluster" needs 3 nodes for its replicas; use single_node_cluster, or 3 nodes`,
		}},
		{"a preset for three", `{search: {enabled: true, size: db-s-2vcpu-4gb, nodes: 3,
			indexPreset: single_node_cluster}}`, []string{
			`search.indexPreset: "single_node_cluster" keeps no replicas on 3 nodes; use small_cluster or ` +
				`large_cluster`,
		}},
	})
}

func TestGoodSearch(t *testing.T) {
	t.Parallel()
	accepted(t, map[string]string{
		"one node": `{search: {enabled: true, size: db-s-1vcpu-2gb, nodes: 1}}`,
		"fifteen nodes": `{search: {enabled: true, size: gd-2vcpu-8gb, nodes: 15,
			indexPreset: large_cluster}}`,
		"off, with a plan to be": `{search: {enabled: false, size: db-s-2vcpu-4gb, nodes: 2}}`,
	})
}

// The preset follows the number of nodes: one node can place no replica.
func TestIndexPreset(t *testing.T) {
	t.Parallel()
	for change, want := range map[string]string{
		`size: db-s-1vcpu-2gb, nodes: 1`:                             settings.PresetSingleNode,
		`size: db-s-2vcpu-4gb, nodes: 3`:                             settings.PresetSmallCluster,
		`size: db-s-2vcpu-4gb, nodes: 3, indexPreset: large_cluster`: settings.PresetLargeCluster,
	} {
		s := read(t, base(t, `{search: {enabled: true, `+change+`}}`))
		assert.Equal(t, want, s.Search.IndexPreset, change)
	}
	assert.Empty(t, read(t, base(t, "")).Search.IndexPreset, "there are no indices")
}
