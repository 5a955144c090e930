package catalogue_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/catalogue"
)

func TestDropletSizesAreConsistent(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, size := range catalogue.DropletSizes() {
		assert.False(t, seen[size.Slug], "%s stands twice", size.Slug)
		seen[size.Slug] = true
		assert.Positive(t, size.VCPUs, size.Slug)
		assert.GreaterOrEqual(t, size.MemoryGiB, 2, size.Slug)
		assert.LessOrEqual(t, size.Price.Low, size.Price.High, size.Slug)
	}
	assert.Len(t, catalogue.DropletSlugs(), len(seen))
}

func TestEnginesAreConsistent(t *testing.T) {
	t.Parallel()
	for _, engine := range catalogue.Engines() {
		seen := map[string]bool{}
		assert.NotEmpty(t, engine.Versions, engine.Name)
		for _, plan := range engine.Plans {
			assert.False(t, seen[plan.Slug], "%s: %s stands twice", engine.Name, plan.Slug)
			seen[plan.Slug] = true
			assert.Positive(t, plan.VCPUs, plan.Slug)
			assert.Positive(t, plan.MemoryGiB, plan.Slug)
			assert.True(t, slices.IsSorted(plan.Nodes), plan.Slug)
			assert.Contains(t, plan.Nodes, 1, plan.Slug)
			assert.LessOrEqual(t, plan.Price.Low, plan.Price.High, plan.Slug)
			if plan.MemoryGiB < 2 {
				assert.Equal(t, []int{1}, plan.Nodes, "%s: a standby needs 2 GiB", plan.Slug)
			} else if engine.Name != catalogue.OpenSearch {
				assert.Equal(t, []int{1, 2, 3}, plan.Nodes, plan.Slug)
			}
		}
	}
}

func TestLookups(t *testing.T) {
	t.Parallel()
	size, ok := catalogue.LookupDropletSize("s-4vcpu-16gb-amd")
	require.True(t, ok)
	assert.Equal(t, catalogue.DropletSize{
		Slug: "s-4vcpu-16gb-amd", VCPUs: 4, MemoryGiB: 16, Price: catalogue.Price{Low: 84, High: 84},
	}, size)
	_, ok = catalogue.LookupDropletSize("s-1vcpu-1gb")
	assert.False(t, ok, "a node needs 2 GiB")
	_, ok = catalogue.LookupEngine("mysql")
	assert.False(t, ok)
	assert.False(t, catalogue.LoadBalancerNode("GLOBAL").Known())
	assert.True(t, catalogue.LoadBalancerNode("REGIONAL").Known())
}

// The documentation's table of connections for each plan.
func TestConnections(t *testing.T) {
	t.Parallel()
	engine, ok := catalogue.LookupEngine(catalogue.Postgres)
	require.True(t, ok)
	for slug, connections := range map[string]int{
		"db-s-1vcpu-1gb": 22, "db-s-1vcpu-2gb": 47, "db-s-2vcpu-4gb": 97, "db-s-4vcpu-8gb": 197, "db-s-6vcpu-16gb": 397,
	} {
		plan, ok := engine.Plan(slug)
		require.True(t, ok, slug)
		assert.Equal(t, connections, plan.Connections(), slug)
	}
	for _, slug := range []string{"so1_5-8vcpu-64gb", "gd-32vcpu-128gb"} {
		plan, ok := engine.Plan(slug)
		require.True(t, ok, slug)
		assert.Equal(t, 997, plan.Connections(), "%s: no plan has more", slug)
	}
	_, ok = engine.Plan("db-s-1vcpu-3gb")
	assert.False(t, ok)
}

// The least of the plan of the same size without a make of processor, where there is none of its own.
func TestStorage(t *testing.T) {
	t.Parallel()
	engine, ok := catalogue.LookupEngine(catalogue.Postgres)
	require.True(t, ok)
	for slug, gib := range map[string]int{
		"db-s-2vcpu-4gb": 60, "db-amd-2vcpu-4gb": 60, "db-intel-2vcpu-8gb": 100, "gd-2vcpu-8gb": 30,
	} {
		plan, ok := engine.Plan(slug)
		require.True(t, ok, slug)
		assert.Equal(t, gib, plan.StorageGiB, slug)
	}
}

func TestVersionsAndMetrics(t *testing.T) {
	t.Parallel()
	for _, version := range catalogue.KubernetesVersions() {
		assert.Regexp(t, `^1\.\d+\.\d+-do\.\d+$`, version)
	}
	assert.Equal(t, []string{"1.36", "1.35", "1.34"}, catalogue.KubernetesMinors())
	metrics := catalogue.AlertMetrics()
	assert.True(t, slices.IsSorted(metrics))
	assert.Len(t, slices.Compact(slices.Clone(metrics)), len(metrics))
	assert.Contains(t, metrics, "v1/insights/lbaas/avg_cpu_utilization_percent")
}

func TestRegions(t *testing.T) {
	t.Parallel()
	var slugs []string
	for _, region := range catalogue.Regions() {
		slugs = append(slugs, region.Slug)
	}
	assert.True(t, slices.IsSorted(slugs))
	assert.Contains(t, catalogue.Slugs(catalogue.Region.Compute), "tor1")
	assert.NotContains(t, catalogue.Slugs(catalogue.Region.Compute), "nyc2", "Valkey is not offered there")
	assert.NotContains(t, catalogue.Slugs(catalogue.Region.Compute), "ric1", "nobody says that DOKS is")
	spaces := func(r catalogue.Region) bool { return r.Spaces }
	assert.NotContains(t, catalogue.Slugs(spaces), "nyc1")
	assert.Subset(t, slugs, append(catalogue.Slugs(catalogue.Region.Compute), catalogue.Slugs(spaces)...))
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	places := catalogue.Places()
	assert.Equal(t, "tor1", places["toronto"])
	assert.Equal(t, "nyc3", places["new york"], "the newest of several")
	assert.NotContains(t, places, "richmond")
	for place, slug := range places {
		assert.Contains(t, catalogue.Slugs(catalogue.Region.Compute), slug, place)
	}
}

func TestReservedRanges(t *testing.T) {
	t.Parallel()
	anywhere := catalogue.ReservedRanges("tor1")
	assert.NotEmpty(t, anywhere)
	assert.Contains(t, anywhere, netip.MustParsePrefix("10.29.0.0/16"), "one of the region's own")
	assert.NotContains(t, catalogue.ReservedRanges("nyc1"), netip.MustParsePrefix("10.29.0.0/16"))
	for _, region := range catalogue.Regions() {
		for _, prefix := range catalogue.ReservedRanges(region.Slug) {
			assert.Equal(t, prefix.Masked(), prefix)
		}
	}
}

// From 2026-11-30 on new clusters of Standard PostgreSQL have one node and 4 GiB at most.
func TestCreatable(t *testing.T) {
	t.Parallel()
	before := time.Date(2026, time.November, 29, 23, 59, 59, 0, time.UTC)
	for _, test := range []struct {
		engine, plan  string
		nodes         int
		before, after bool
	}{
		{catalogue.Postgres, "db-s-2vcpu-4gb", 1, true, true},
		{catalogue.Postgres, "db-s-2vcpu-4gb", 2, true, false},
		{catalogue.Postgres, "db-s-4vcpu-8gb", 1, true, false},
		{catalogue.AdvancedPostgres, "gd-2vcpu-8gb", 3, true, true},
		{catalogue.OpenSearch, "db-s-4vcpu-8gb", 3, true, true},
	} {
		engine, _ := catalogue.LookupEngine(test.engine)
		plan, ok := engine.Plan(test.plan)
		require.True(t, ok, test.plan)
		assert.Equal(t, test.before, engine.Creatable(plan, test.nodes, before), test)
		assert.Equal(t, test.after, engine.Creatable(plan, test.nodes, before.Add(time.Second)), test)
	}
}
