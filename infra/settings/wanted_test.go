package settings_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/crew"
	"github.com/vmstio/infrastructure/infra/settings"
)

// What looks like DigitalOcean's own names and is not in the catalogue may have come later. It is accepted, and handed
// on to be asked for; what the catalogue knows better is refused by the tests of each part.
func TestWantedThatIsNotListed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		change string
		of     []crew.Role
		want   []settings.Wanted
	}{
		{`{}`, nil, nil},
		{`{region: mem1}`, []crew.Role{crew.Cluster}, []settings.Wanted{{
			Path: "region", Value: "mem1", Kind: settings.KindRegion, Lists: "doctl kubernetes options regions",
		}}},
		{`{cluster: {version: "1.99"}}`, []crew.Role{crew.Cluster}, []settings.Wanted{{
			Path: "cluster.version", Value: "1.99", Kind: settings.KindKubernetes,
			Lists: "doctl kubernetes options versions",
		}}},
		{`{cluster: {defaultPool: {size: s5-4vcpu-16gb}, nodePools: [{role: general, size: c-96-intel, minNodes: 2,
			maxNodes: 3}]}}`, []crew.Role{crew.Cluster, crew.Cluster}, []settings.Wanted{
			{
				Path: "cluster.defaultPool.size", Value: "s5-4vcpu-16gb", Kind: settings.KindNodeSize,
				Lists: "doctl kubernetes options sizes",
			},
			{
				Path: "cluster.nodePools[0].size", Value: "c-96-intel", Kind: settings.KindNodeSize,
				Lists: "doctl kubernetes options sizes",
			},
		}},
		{`{database: {version: "19", size: db-s-12vcpu-48gb, nodes: 3}}`, []crew.Role{
			crew.Database, crew.Database,
		}, []settings.Wanted{
			{
				Path: "database.version", Value: "19", Kind: settings.KindVersion, Engine: "pg",
				Lists: "doctl databases options versions --engine pg",
			},
			{
				Path: "database.size", Value: "db-s-12vcpu-48gb", Kind: settings.KindPlan, Engine: "pg", Nodes: 3,
				Lists: "doctl databases options slugs --engine pg",
				Ends:  time.Date(2026, time.November, 30, 0, 0, 0, 0, time.UTC),
			},
		}},
		{`{cache: {version: "9", rails: {size: gd-2vcpu-8gb, nodes: 2}}}`, []crew.Role{
			crew.Cache, crew.RailsCache,
		}, []settings.Wanted{
			{
				Path: "cache.version", Value: "9", Kind: settings.KindVersion, Engine: "valkey",
				Lists: "doctl databases options versions --engine valkey",
			},
			{
				Path: "cache.rails.size", Value: "gd-2vcpu-8gb", Kind: settings.KindPlan, Engine: "valkey", Nodes: 2,
				Lists: "doctl databases options slugs --engine valkey",
			},
		}},
		{`{search: {enabled: true, size: m6-2vcpu-16gb, nodes: 3, version: "4"}}`, []crew.Role{
			crew.SearchEngine, crew.SearchEngine,
		}, []settings.Wanted{
			{
				Path: "search.version", Value: "4", Kind: settings.KindVersion, Engine: "opensearch",
				Lists: "doctl databases options versions --engine opensearch",
			},
			{
				Path: "search.size", Value: "m6-2vcpu-16gb", Kind: settings.KindPlan, Engine: "opensearch", Nodes: 3,
				Lists: "doctl databases options slugs --engine opensearch",
			},
		}},
		{`{search: {enabled: false, size: m6-2vcpu-16gb, nodes: 3, version: "4"}}`, nil, nil},
		{`{storage: {region: mem1, backupRegion: ric2}}`, []crew.Role{crew.Cluster, crew.Cluster}, []settings.Wanted{
			{Path: "storage.region", Value: "mem1", Kind: settings.KindSpacesRegion},
			{Path: "storage.backupRegion", Value: "ric2", Kind: settings.KindSpacesRegion},
		}},
	} {
		for i, of := range test.of {
			test.want[i].Path = "vmst:settings." + test.want[i].Path
			test.want[i].Of = crew.Name(of, "social.example.org")
		}
		unlisted := slices.DeleteFunc(read(t, base(t, test.change)).Wanted(), func(w settings.Wanted) bool {
			return w.Listed
		})
		require.Equal(t, test.want, append([]settings.Wanted(nil), unlisted...), test.change)
	}
}

// What the catalogue lists is handed on, too: DigitalOcean may have taken it away since.
func TestWanted(t *testing.T) {
	t.Parallel()
	var paths []string
	s := read(t, base(t, `{database: {suffix: "2"}, search: {enabled: true, size: db-s-2vcpu-4gb, nodes: 3}}`))
	for _, w := range s.Wanted() {
		require.True(t, w.Listed, w.Path)
		if w.Engine == "pg" {
			require.Equal(t, crew.Suffixed(crew.Database, "social.example.org", "2"), w.Of)
		}
		paths = append(paths, strings.TrimPrefix(w.Path, "vmst:settings."))
	}
	for _, path := range []string{
		"region", "cluster.version", "cluster.defaultPool.size",
		"database.version", "database.size", "cache.version", "cache.size",
		"search.version", "search.size", "storage.region", "storage.backupRegion",
	} {
		require.Contains(t, paths, path)
	}
}

func TestWantedIsRefusedOrDoubtful(t *testing.T) {
	t.Parallel()
	size := settings.Wanted{
		Path: "vmst:settings.cluster.defaultPool.size", Value: "s-4vcpu-16gb-adm", Kind: settings.KindNodeSize,
		Lists: "doctl kubernetes options sizes",
	}
	require.Equal(t, `vmst:settings.cluster.defaultPool.size: "s-4vcpu-16gb-adm" is not a Droplet size for nodes; `+
		"did you mean \"s-4vcpu-16gb-amd\"? Allowed: s-2vcpu-4gb, s-4vcpu-16gb-amd; `doctl kubernetes options sizes` "+
		"lists them", size.Refused([]string{"s-2vcpu-4gb", "s-4vcpu-16gb-amd"}).String())
	require.Equal(t, `vmst:settings.cluster.defaultPool.size: "s-4vcpu-16gb-adm" is not in this program's catalogue `+
		"of 2026-11, and nobody answers; see that `doctl kubernetes options sizes` has it",
		size.Doubtful("nobody answers").String())
	plan := settings.Wanted{Path: "p", Value: "db-x-1", Kind: settings.KindPlan, Engine: "valkey", Nodes: 3}
	require.Equal(t, `p: "db-x-1" is not a plan of valkey for 3 nodes; use db-wholly-other`,
		plan.Refused([]string{"db-wholly-other"}).String())
	require.Equal(t, `p: "db-x-1" is not a plan of valkey for 3 nodes; DigitalOcean offers none now, choose something `+
		"else", plan.Refused(nil).String())
	require.Equal(t, `p: "db-x-1" is not a plan of valkey for 3 nodes any more, but runs; leave what runs as it is; `+
		"what is made anew, as after a loss, needs something else", plan.Gone("but runs").String())
	bucket := settings.Wanted{Path: "p", Value: "mem1", Kind: settings.KindSpacesRegion}
	require.Contains(t, bucket.Doubtful("x").String(),
		"see for yourself that there is a region with Spaces of this name")
}
