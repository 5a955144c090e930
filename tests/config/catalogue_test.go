package config_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/catalogue"
)

func TestCatalogueIsConsistent(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, size := range catalogue.DropletSizes() {
		assert.False(t, seen[size.Slug], "%s stands twice", size.Slug)
		seen[size.Slug] = true
		assert.Positive(t, size.VCPUs, size.Slug)
		assert.GreaterOrEqual(t, size.MemoryGiB, 2, size.Slug)
	}
	for _, engine := range catalogue.Engines() {
		seen := map[string]bool{}
		assert.NotEmpty(t, engine.Versions, engine.Name)
		for _, plan := range engine.Plans {
			assert.False(t, seen[plan.Slug], "%s: %s stands twice", engine.Name, plan.Slug)
			seen[plan.Slug] = true
			assert.Positive(t, plan.MemoryGiB, plan.Slug)
			assert.True(t, slices.IsSorted(plan.Nodes), plan.Slug)
			assert.LessOrEqual(t, plan.Price.Low, plan.Price.High, plan.Slug)
			assert.Equal(t, plan.MemoryGiB < 2 && engine.Name != catalogue.OpenSearch, len(plan.Nodes) == 1 && plan.MemoryGiB < 2,
				"%s: a standby needs 2 GiB", plan.Slug)
		}
	}
}

func TestCatalogueLookups(t *testing.T) {
	t.Parallel()
	size, ok := catalogue.LookupDropletSize("s-4vcpu-16gb-amd")
	require.True(t, ok)
	assert.Equal(t, catalogue.DropletSize{Slug: "s-4vcpu-16gb-amd", VCPUs: 4, MemoryGiB: 16, Price: catalogue.Price{Low: 84, High: 84}}, size)
	_, ok = catalogue.LookupDropletSize("s-1vcpu-1gb")
	assert.False(t, ok, "a node needs 2 GiB")
	_, ok = catalogue.LookupEngine("mysql")
	assert.False(t, ok)

	// The documentation's table of connections for each plan.
	engine, ok := catalogue.LookupEngine(catalogue.Postgres)
	require.True(t, ok)
	for slug, connections := range map[string]int{
		"db-s-1vcpu-1gb": 22, "db-s-1vcpu-2gb": 47, "db-s-2vcpu-4gb": 97, "db-s-4vcpu-8gb": 197, "db-s-6vcpu-16gb": 397,
	} {
		plan, ok := engine.Plan(slug)
		require.True(t, ok, slug)
		assert.Equal(t, connections, plan.Connections(), slug)
	}
	assert.Contains(t, catalogue.ComputeRegions(), "tor1")
	assert.NotContains(t, catalogue.ComputeRegions(), "nyc2")
	assert.NotContains(t, catalogue.SpacesRegions(), "nyc1")
	assert.False(t, catalogue.LoadBalancerNode("GLOBAL").Known())
}
