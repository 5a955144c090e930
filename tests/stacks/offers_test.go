package stacks_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra"
	"github.com/vmstio/infrastructure/infra/live"
	"github.com/vmstio/infrastructure/infra/settings"
)

// What the catalogue does not know is asked of DigitalOcean: it comes up where it is offered, is refused before
// anything is made where it is not, and is warned of where nobody answers.
func TestWhatTheCatalogueDoesNotKnow(t *testing.T) {
	engine := live.Engine{
		Regions: []string{"mem1", "tor1"}, Versions: []string{"8", "9", "17", "19"},
		Plans: map[int][]string{1: {"db-s-12vcpu-48gb"}, 3: {"gd-64vcpu-256gb"}},
	}
	offers := live.Offers{
		Regions: []string{"mem1", "mkc1", "tor1"}, NodeSizes: []string{"s5-4vcpu-16gb"},
		Engines: map[string]live.Engine{"pg": engine, "valkey": engine, "opensearch": engine},
	}
	world := func(asked *int) live.World {
		w := seenAt("ns1.digitalocean.com.")
		w.Offers = func(context.Context, string) (live.Offers, error) {
			*asked++
			return offers, nil
		}
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
		"a region without databases":  {"mkc1", []string{"region"}, "use mem1 or tor1"},
		"a version that is offered":   {"19", []string{"database", "version"}, ""},
		"a version that is not":       {"20", []string{"database", "version"}, "is not a version of pg"},
		"a plan that is offered":      {"gd-64vcpu-256gb", []string{"database", "size"}, ""},
		"a plan for fewer nodes":      {"db-s-12vcpu-48gb", []string{"database", "size"}, "pg for 3 nodes"},
		"a Spaces region, not listed": {"mem1", []string{"storage", "backupRegion"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			r := changed(t, everything, test.value, test.path...)
			if slices.Contains(test.path, "version") {
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
		var said []string
		for _, log := range r.Logs() {
			said = append(said, log.Message)
		}
		require.Contains(t, strings.Join(said, "\n"), `vmst:settings.cluster.defaultPool.size: "s5-4vcpu-16gb" is not `+
			"in this program's catalogue of 2026-11, and DigitalOcean could not be asked (no network)")
	})
	t.Run("nothing to ask", func(t *testing.T) {
		asked := 0
		require.NoError(t, recorder(t, everything).Run(infra.DeployIn(world(&asked))))
		require.Zero(t, asked)
	})
}
