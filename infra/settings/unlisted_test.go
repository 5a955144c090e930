package settings_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/settings"
)

// What looks like DigitalOcean's own names and is not in the catalogue may have come later. It is accepted, and handed
// on to be asked for; what the catalogue knows better is refused by the tests of each part.
func TestUnlisted(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		change string
		want   []settings.Unlisted
	}{
		{`{}`, nil},
		{`{region: mem1}`, []settings.Unlisted{{
			Path: "region", Value: "mem1", Kind: settings.KindRegion, Lists: "doctl kubernetes options regions",
		}}},
		{`{cluster: {defaultPool: {size: s5-4vcpu-16gb}, nodePools: [{role: general, size: c-96-intel, minNodes: 2,
			maxNodes: 3}]}}`, []settings.Unlisted{
			{
				Path: "cluster.defaultPool.size", Value: "s5-4vcpu-16gb", Kind: settings.KindNodeSize,
				Lists: "doctl kubernetes options sizes",
			},
			{
				Path: "cluster.nodePools[0].size", Value: "c-96-intel", Kind: settings.KindNodeSize,
				Lists: "doctl kubernetes options sizes",
			},
		}},
		{`{database: {version: "19", size: db-s-12vcpu-48gb, nodes: 3}}`, []settings.Unlisted{
			{
				Path: "database.version", Value: "19", Kind: settings.KindVersion, Engine: "pg",
				Lists: "doctl databases options versions --engine pg",
			},
			{
				Path: "database.size", Value: "db-s-12vcpu-48gb", Kind: settings.KindPlan, Engine: "pg", Nodes: 3,
				Lists: "doctl databases options slugs --engine pg",
			},
		}},
		{`{cache: {version: "9", rails: {size: gd-2vcpu-8gb, nodes: 2}}}`, []settings.Unlisted{
			{
				Path: "cache.version", Value: "9", Kind: settings.KindVersion, Engine: "valkey",
				Lists: "doctl databases options versions --engine valkey",
			},
			{
				Path: "cache.rails.size", Value: "gd-2vcpu-8gb", Kind: settings.KindPlan, Engine: "valkey", Nodes: 2,
				Lists: "doctl databases options slugs --engine valkey",
			},
		}},
		{`{search: {enabled: true, size: m6-2vcpu-16gb, nodes: 3, version: "4"}}`, []settings.Unlisted{
			{
				Path: "search.version", Value: "4", Kind: settings.KindVersion, Engine: "opensearch",
				Lists: "doctl databases options versions --engine opensearch",
			},
			{
				Path: "search.size", Value: "m6-2vcpu-16gb", Kind: settings.KindPlan, Engine: "opensearch", Nodes: 3,
				Lists: "doctl databases options slugs --engine opensearch",
			},
		}},
		{`{search: {enabled: false, size: m6-2vcpu-16gb, nodes: 3, version: "4"}}`, nil},
		{`{storage: {region: mem1, backupRegion: ric2}}`, []settings.Unlisted{
			{Path: "storage.region", Value: "mem1", Kind: settings.KindSpacesRegion},
			{Path: "storage.backupRegion", Value: "ric2", Kind: settings.KindSpacesRegion},
		}},
	} {
		for i := range test.want {
			test.want[i].Path = "vmst:settings." + test.want[i].Path
		}
		require.Equal(t, test.want, read(t, base(t, test.change)).Unlisted(), test.change)
	}
}

func TestUnlistedIsRefusedOrDoubtful(t *testing.T) {
	t.Parallel()
	size := settings.Unlisted{
		Path: "vmst:settings.cluster.defaultPool.size", Value: "s-4vcpu-16gb-adm", Kind: settings.KindNodeSize,
		Lists: "doctl kubernetes options sizes",
	}
	require.Equal(t, `vmst:settings.cluster.defaultPool.size: "s-4vcpu-16gb-adm" is not a Droplet size for nodes; `+
		"did you mean \"s-4vcpu-16gb-amd\"? Allowed: s-2vcpu-4gb, s-4vcpu-16gb-amd; `doctl kubernetes options sizes` "+
		"lists them", size.Refused([]string{"s-2vcpu-4gb", "s-4vcpu-16gb-amd"}).String())
	require.Equal(t, `vmst:settings.cluster.defaultPool.size: "s-4vcpu-16gb-adm" is not in this program's catalogue `+
		"of 2026-11, and nobody answers; see that `doctl kubernetes options sizes` has it",
		size.Doubtful("nobody answers").String())
	plan := settings.Unlisted{Path: "p", Value: "db-x-1", Kind: settings.KindPlan, Engine: "valkey", Nodes: 3}
	require.Equal(t, `p: "db-x-1" is not a plan of valkey for 3 nodes; use db-wholly-other`,
		plan.Refused([]string{"db-wholly-other"}).String())
	require.Equal(t, `p: "db-x-1" is not a plan of valkey for 3 nodes; DigitalOcean offers none now, choose something `+
		"else", plan.Refused(nil).String())
	bucket := settings.Unlisted{Path: "p", Value: "mem1", Kind: settings.KindSpacesRegion}
	require.Contains(t, bucket.Doubtful("x").String(),
		"see for yourself that there is a region with Spaces of this name")
}
