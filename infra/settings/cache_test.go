package settings_test

import "testing"

func TestBadCache(t *testing.T) {
	t.Parallel()
	refused(t, []bad{
		{"standby on a plan that has none", `{cache: {nodes: 2}}`, []string{
			"cache.nodes: 2 nodes need more than db-s-1vcpu-1gb offers; set nodes to 1, or use the next larger plan",
		}},
		{"version", `{cache: {version: "7"}}`, []string{
			`cache.version: "7" is not a version of valkey; use 8`,
		}},
		{"plan", `{cache: {size: m-2vcpu}}`, []string{
			"cache.size: \"m-2vcpu\" is not a plan of valkey; near ones are m-2vcpu-16gb, m-4vcpu-32gb, " +
				"m-8vcpu-64gb, m-24vcpu-192gb, m-32vcpu-256gb; `doctl databases options slugs --engine valkey` lists " +
				"them",
		}},
		{"Rails cache", `{cache: {rails: {size: db-s-1vcpu-1gb, nodes: 3}}}`, []string{
			"cache.rails.nodes: 3 nodes need more than db-s-1vcpu-1gb offers; set nodes to 1, or use the next larger " +
				"plan",
		}},
		{"half a Rails cache", `{cache: {rails: {size: db-s-1vcpu-1gb}}}`, []string{
			"cache.rails.nodes: the value is missing; set it to a whole number from 1 to 3",
		}},
	})
}

func TestGoodCache(t *testing.T) {
	t.Parallel()
	accepted(t, map[string]string{
		"with standbys":      `{cache: {size: db-s-1vcpu-2gb, nodes: 3}}`,
		"with a Rails cache": `{cache: {rails: {size: db-s-1vcpu-2gb, nodes: 2}}}`,
	})
}
