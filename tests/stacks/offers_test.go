package stacks_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra"
	"github.com/vmstio/infrastructure/infra/catalogue"
	"github.com/vmstio/infrastructure/infra/crew"
	"github.com/vmstio/infrastructure/infra/live"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/tests/mocks"
)

// catalogued are offers of what the catalogue lists, and of some that came later.
func catalogued() live.Offers {
	offers := live.Catalogued()
	offers.Regions = append(offers.Regions, "mem1", "mkc1")
	offers.Kubernetes = append(offers.Kubernetes, "1.38")
	offers.NodeSizes = append(offers.NodeSizes, "s5-4vcpu-16gb")
	for name, engine := range offers.Engines {
		engine.Regions, engine.Versions = append(engine.Regions, "mem1"), append(engine.Versions, "9", "19")
		engine.Plans[1] = append(engine.Plans[1], "db-s-12vcpu-48gb")
		engine.Plans[3] = append(engine.Plans[3], "gd-64vcpu-256gb")
		offers.Engines[name] = engine
	}
	return offers
}

// said are the warnings of a preview, one a line.
func said(r *mocks.Recorder) string {
	var all []string
	for _, log := range r.Logs() {
		all = append(all, log.Message)
	}
	return strings.Join(all, "\n")
}

// What the catalogue does not know is asked of DigitalOcean: it comes up where it is offered, is refused before
// anything is made where it is not, and is warned of where nobody answers.
func TestWhatTheCatalogueDoesNotKnow(t *testing.T) {
	t.Parallel()
	offers := catalogued()
	world := func(asked *int) live.World {
		w := mocks.Delegated()
		w.Offers = func(context.Context, string) (live.Offers, error) {
			*asked++
			return offers, nil
		}
		w.Running = func(context.Context, string) (live.Running, error) { return live.Running{}, nil }
		return w
	}
	for name, test := range map[string]struct {
		value any
		path  []string
		// wrong is the problem; empty if there is none.
		wrong string
	}{
		"a size that is offered":      {"s5-4vcpu-16gb", []string{"cluster", "defaultPool", "size"}, ""},
		"a size that is not":          {"s5-4vcpu-32gb", []string{"cluster", "defaultPool", "size"}, "a Droplet size"},
		"a region that is offered":    {"mem1", []string{"region"}, ""},
		"a region without databases":  {"mkc1", []string{"region"}, "mkc1"},
		"a version that is offered":   {"19", []string{"database", "version"}, ""},
		"a version that is not":       {"20", []string{"database", "version"}, "is not a version of pg"},
		"a plan that is offered":      {"gd-64vcpu-256gb", []string{"database", "size"}, ""},
		"a plan for fewer nodes":      {"db-s-12vcpu-48gb", []string{"database", "size"}, "pg for 3 nodes"},
		"Kubernetes, not offered":     {"1.99", []string{"cluster", "version"}, "is not a minor version of Kubernetes"},
		"a Spaces region, not listed": {"mem1", []string{"storage", "backupRegion"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			r := changed(t, everything, test.value, test.path...)
			if test.path[0] == "database" && test.path[1] == "version" {
				// The programs of the backups are of the same version.
				object := fromJSON(t, r.Config["vmst:settings"])
				put(object, test.value.(string)+"-bookworm", "backup", "postgres", "tag")
				r.Config["vmst:settings"] = toJSON(t, object)
			}
			err := r.Run(infra.DeployIn(world(&asked)))
			require.Equal(t, 1, asked)
			if test.wrong == "" {
				require.NoError(t, err)
				return
			}
			var problems settings.Problems
			require.ErrorAs(t, err, &problems)
			require.ErrorContains(t, err, test.wrong)
			require.Empty(t, r.All(), "nothing is registered")
		})
	}
	t.Run("nobody answers", func(t *testing.T) {
		r := changed(t, everything, "s5-4vcpu-16gb", "cluster", "defaultPool", "size")
		r.Preview = true
		require.NoError(t, r.Run(deploy))
		require.Contains(t, said(r), `vmst:settings.cluster.defaultPool.size: "s5-4vcpu-16gb" is not `+
			"in this program's catalogue of 2026-11, and DigitalOcean could not be asked (no network)")
	})
	t.Run("nobody answers, and the catalogue knows", func(t *testing.T) {
		r := recorder(t, everything)
		r.Preview = true
		require.NoError(t, r.Run(deploy))
		require.NotContains(t, said(r), "catalogue")
	})
}

// What the catalogue lists may be gone. It is refused before anything is made, unless it is what runs: DigitalOcean
// keeps that.
func TestWhatIsNotOfferedAnyMore(t *testing.T) {
	t.Parallel()
	s := settingsOf(t, recorder(t, everything))
	name := func(role crew.Role) string { return crew.Name(role, s.Domain) }
	size := s.Cluster.NodePools[0].Size
	without := func(names []string, name string) []string {
		return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == name })
	}
	for what, test := range map[string]struct {
		gone func(*live.Offers)
		runs live.Running
		path string
	}{
		"a Droplet size": {
			func(o *live.Offers) { o.NodeSizes = without(o.NodeSizes, size) },
			live.Running{Clusters: map[string]live.Cluster{
				name(crew.Cluster): {NodeSizes: []string{"s-1vcpu-2gb", size}},
			}},
			"cluster.nodePools[0].size",
		},
		"a region": {
			func(o *live.Offers) { o.Regions = without(o.Regions, s.Region) },
			live.Running{Clusters: map[string]live.Cluster{name(crew.Cluster): {Region: s.Region}}},
			"region",
		},
		"a version of Kubernetes": {
			func(o *live.Offers) { o.Kubernetes = without(o.Kubernetes, s.Cluster.Version) },
			live.Running{Clusters: map[string]live.Cluster{
				name(crew.Cluster): {Version: s.Cluster.Version + ".9-do.1"},
			}},
			"cluster.version",
		},
		"a plan": {
			func(o *live.Offers) {
				plans := o.Engines[catalogue.Valkey].Plans
				plans[s.Cache.Nodes] = without(plans[s.Cache.Nodes], s.Cache.Size)
			},
			live.Running{Databases: map[string]live.Database{name(crew.Cache): {
				Engine: catalogue.Valkey, Size: s.Cache.Size, Nodes: s.Cache.Nodes,
			}}},
			"cache.size",
		},
		"a version": {
			func(o *live.Offers) {
				engine := o.Engines[catalogue.OpenSearch]
				engine.Versions = without(engine.Versions, s.Search.Version)
				o.Engines[catalogue.OpenSearch] = engine
			},
			live.Running{Databases: map[string]live.Database{name(crew.SearchEngine): {
				Engine: catalogue.OpenSearch, Version: strings.Split(s.Search.Version, ".")[0],
			}}},
			"search.version",
		},
	} {
		for how, running := range map[string]struct {
			live.Running
			err error
		}{"new": {}, "there": {Running: test.runs}, "unseen": {err: errors.New("403")}} {
			t.Run(what+", "+how, func(t *testing.T) {
				offers := catalogued()
				test.gone(&offers)
				w := mocks.Delegated()
				w.Offers = func(context.Context, string) (live.Offers, error) { return offers, nil }
				w.Running = func(context.Context, string) (live.Running, error) { return running.Running, running.err }
				r := recorder(t, everything)
				r.Preview = true
				err := r.Run(infra.DeployIn(w))
				if how == "new" {
					require.ErrorContains(t, err, "vmst:settings."+test.path+": ")
					require.Empty(t, r.All(), "nothing is registered")
					return
				}
				require.NoError(t, err)
				require.Regexp(t, `(?m)^vmst:settings\.`+regexp.QuoteMeta(test.path)+
					`: ".*" is not .* any more, (but runs|and what runs could not be seen \(403\));`, said(r))
			})
		}
	}
}

// A cluster that has left a version of Kubernetes behind keeps what it has, and one that can still be upgraded to a
// version gets it, though new clusters cannot have it: which it is, the cluster's own look says.
func TestVersionsOfKubernetesThatClustersCanHave(t *testing.T) {
	t.Parallel()
	s := settingsOf(t, recorder(t, everything))
	cluster, wanted := crew.Name(crew.Cluster, s.Domain), s.Cluster.Version
	for what, test := range map[string]struct {
		runs     string
		upgrades []string
		err      error
		refused  bool
		warned   string
	}{
		"left behind":        {runs: "1.100.1-do.0"},
		"to be upgraded to":  {runs: "1.30.1-do.0", upgrades: []string{"1.30.2-do.0", wanted + ".9-do.1"}},
		"not to be upgraded": {runs: "1.30.1-do.0", upgrades: []string{"1.30.2-do.0"}, refused: true},
		"nobody could be asked": {
			runs: "1.30.1-do.0", err: errors.New("403"),
			warned: "is not a minor version of Kubernetes any more, and what runs could not be seen (403); ",
		},
	} {
		t.Run(what, func(t *testing.T) {
			offers := catalogued()
			offers.Kubernetes = []string{"1.101"}
			w := mocks.Delegated()
			w.Offers = func(context.Context, string) (live.Offers, error) { return offers, nil }
			w.Running = func(context.Context, string) (live.Running, error) {
				return live.Running{Clusters: map[string]live.Cluster{cluster: {Version: test.runs}}}, nil
			}
			w.Upgrades = func(_ context.Context, _, of string) ([]string, error) {
				require.Equal(t, cluster, of)
				return test.upgrades, test.err
			}
			r := recorder(t, everything)
			r.Preview = true
			err := r.Run(infra.DeployIn(w))
			if test.refused {
				require.ErrorContains(t, err, "vmst:settings.cluster.version: \""+wanted+"\" is not a minor version "+
					"of Kubernetes; use 1.101; `doctl kubernetes options versions` lists them")
				require.Empty(t, r.All(), "nothing is registered")
				return
			}
			require.NoError(t, err)
			if test.warned == "" {
				require.NotContains(t, said(r), "vmst:settings.cluster.version: ")
			}
			require.Contains(t, said(r), test.warned)
		})
	}
}

// From the day on that DigitalOcean has announced, a Standard database with standbys is refused before anything is
// made, whatever its lists say, unless it runs.
func TestTheEndOfNewStandardStandbys(t *testing.T) {
	t.Parallel()
	s := settingsOf(t, recorder(t, everything))
	require.Equal(t, catalogue.Postgres, s.Database.Engine)
	require.Greater(t, s.Database.Nodes, 1)
	its := crew.Suffixed(crew.Database, s.Domain, s.Database.Suffix)
	there := live.Running{Databases: map[string]live.Database{its: {
		Engine: catalogue.Postgres, Version: s.Database.Version, Size: s.Database.Size, Nodes: s.Database.Nodes,
	}}}
	first := time.Date(2026, time.November, 30, 0, 0, 0, 0, time.UTC)
	for what, test := range map[string]struct {
		now           time.Time
		asked         error
		runs          live.Running
		unseen        error
		wrong, warned string
	}{
		"the day before": {now: first.Add(-time.Second)},
		"new":            {now: first, wrong: "since 2026-11-30; set vmst:settings.database.engine to advanced_pg"},
		"new, and no list": {
			now: first, asked: errors.New("no network"),
			wrong: "DigitalOcean makes no new pg with \"db-s-4vcpu-8gb\" and 3 nodes",
		},
		"there":  {now: first, runs: there, warned: "any more, but runs; "},
		"unseen": {now: first, unseen: errors.New("403"), warned: "any more, and what runs could not be seen (403); "},
	} {
		t.Run(what, func(t *testing.T) {
			w := mocks.Delegated()
			w.Now = func() time.Time { return test.now }
			w.Offers = func(context.Context, string) (live.Offers, error) { return catalogued(), test.asked }
			w.Running = func(context.Context, string) (live.Running, error) { return test.runs, test.unseen }
			r := recorder(t, everything)
			r.Preview = true
			err := r.Run(infra.DeployIn(w))
			if test.wrong != "" {
				require.ErrorContains(t, err, "vmst:settings.database.size: DigitalOcean makes no new pg ")
				require.ErrorContains(t, err, test.wrong)
				require.Empty(t, r.All(), "nothing is registered")
				return
			}
			require.NoError(t, err)
			require.Contains(t, said(r), test.warned)
			if test.warned == "" {
				require.NotContains(t, said(r), "vmst:settings.database.size: ")
			}
		})
	}
}

// A cluster that may get more nodes than the account may have Droplets is refused before anything is made; one that
// runs keeps what it has, and a person is told that it cannot grow so far.
func TestTheAccountsLimitOfDroplets(t *testing.T) {
	t.Parallel()
	s := settingsOf(t, recorder(t, everything))
	most, path := s.Cluster.MostNodes(), "vmst:settings.cluster.nodePools: "
	require.Greater(t, most, s.Cluster.DefaultPool.Nodes, "no pool grows")
	runs := live.Running{Clusters: map[string]live.Cluster{crew.Name(crew.Cluster, s.Domain): {
		Region: s.Region, Version: s.Cluster.Version + ".9-do.1", Nodes: 4,
	}}}
	for what, test := range map[string]struct {
		droplets       live.Droplets
		uncounted      error
		running        live.Running
		unseen         error
		wrong, warning string
	}{
		"as many as it needs": {droplets: live.Droplets{Have: 3, Limit: most + 3}},
		"one too few": {droplets: live.Droplets{Have: 3, Limit: most + 2}, wrong: fmt.Sprintf(
			"%sthe cluster may grow to %d nodes, and the account may have %d Droplets, of which 3 are others; ask "+
				"DigitalOcean's support for a limit of %d, which `doctl account get` shows, or lower maxNodes",
			path, most, most+2, most+3,
		)},
		"its own nodes among them": {droplets: live.Droplets{Have: 7, Limit: most + 3}, running: runs},
		"runs, and one too few": {
			droplets: live.Droplets{Have: 7, Limit: most + 2}, running: runs, warning: "of which 3 are others; ",
		},
		"nobody sees what runs": {
			droplets: live.Droplets{Have: 7, Limit: most + 6}, unseen: errors.New("403"),
			warning: "of which 7 are others; ",
		},
		"nobody counts": {
			uncounted: errors.New("403"), warning: "whether the account may have as many Droplets could not be asked " +
				"(403); give the token the scopes account:read and droplet:read",
		},
	} {
		t.Run(what, func(t *testing.T) {
			w := mocks.Delegated()
			w.Offers = func(context.Context, string) (live.Offers, error) { return catalogued(), nil }
			w.Droplets = func(context.Context, string) (live.Droplets, error) { return test.droplets, test.uncounted }
			w.Running = func(context.Context, string) (live.Running, error) { return test.running, test.unseen }
			r := recorder(t, everything)
			r.Preview = true
			err := r.Run(infra.DeployIn(w))
			if test.wrong != "" {
				require.ErrorContains(t, err, test.wrong)
				require.Empty(t, r.All(), "nothing is registered")
				return
			}
			require.NoError(t, err)
			if test.warning == "" {
				require.NotContains(t, said(r), path)
			} else {
				require.Contains(t, said(r), path)
				require.Contains(t, said(r), test.warning)
			}
		})
	}
	t.Run("with all else that is wrong", func(t *testing.T) {
		offers := catalogued()
		offers.NodeSizes = nil
		w := mocks.Delegated()
		w.Offers = func(context.Context, string) (live.Offers, error) { return offers, nil }
		w.Droplets = func(context.Context, string) (live.Droplets, error) { return live.Droplets{Limit: 1}, nil }
		w.Running = func(context.Context, string) (live.Running, error) { return live.Running{}, nil }
		err := recorder(t, everything).Run(infra.DeployIn(w))
		require.ErrorContains(t, err, path)
		require.ErrorContains(t, err, "vmst:settings.cluster.defaultPool.size: ")
	})
}
