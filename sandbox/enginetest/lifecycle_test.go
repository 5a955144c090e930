package enginetest_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/infra"
	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/digitalocean"
	"github.com/vmstio/infrastructure/sandbox/runner"
)

// edit makes the account's project a copy in which a stack's settings are changed, and returns what they then are.
func (a *account) edit(t *testing.T, stack string, change func(settings map[string]any)) map[string]any {
	t.Helper()
	dir, file := t.TempDir(), "Pulumi."+stack+".yaml"
	project, err := os.ReadFile(filepath.Join(a.project, "Pulumi.yaml"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), project, 0o600))
	text, err := os.ReadFile(filepath.Join(a.project, file))
	require.NoError(t, err)
	var content struct {
		Config map[string]any `yaml:"config"`
		Rest   map[string]any `yaml:",inline"`
	}
	require.NoError(t, yaml.Unmarshal(text, &content))
	edited, ok := content.Config["vmst:settings"].(map[string]any)
	require.True(t, ok)
	change(edited)
	text, err = yaml.Marshal(content)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, file), text, 0o600))
	a.project = dir
	return edited
}

// group returns the settings of a part, which are made if the file has none.
func group(settings map[string]any, name string) map[string]any {
	if _, ok := settings[name].(map[string]any); !ok {
		settings[name] = map[string]any{}
	}
	return settings[name].(map[string]any)
}

// in opens a stack in a world.
func (a *account) in(t *testing.T, stack string, world digitalocean.Options) *runner.Sandbox {
	t.Helper()
	s, err := runner.Open(t.Context(), runner.Options{
		Program: infra.DeployIn, Setup: a.setup, Stack: stack, ProjectDir: a.project, StateDir: a.dir,
		PulumiCommand: a.command, ChartsDir: a.charts, Stdout: &a.shown, Stderr: &a.shown, DigitalOcean: world,
	})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

// warned returns the first warning that contains a text.
func warned(result runner.Result, text string) string {
	for _, diagnostic := range result.Diagnostics {
		if diagnostic.Severity == "warning" && strings.Contains(diagnostic.Message, text) {
			return diagnostic.Message
		}
	}
	return ""
}

// The first run of a new domain makes the zone that the registrar can then point at, and the next one the rest.
func TestANewDomain(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	settings := a.edit(t, "staging", func(map[string]any) {})
	zone, ok := group(settings, "dns")["zone"].(string)
	if !ok {
		zone = settings["domain"].(string)
	}
	nobody := digitalocean.Options{Undelegated: []string{zone}}
	t.Run("the first run makes what it can", func(t *testing.T) {
		result, err := a.in(t, "staging", nobody).Up(t.Context())
		must(t, result, err)
		assert.Contains(t, warned(result, "ns1.digitalocean.com"), "run pulumi up again")
		for _, r := range result.Resources {
			// The marks of the backups are in a bucket that everybody sees.
			if strings.HasPrefix(r.Name, "monitoring-backup-") {
				continue
			}
			_, name, _ := strings.Cut(r.Type, "/")
			assert.NotRegexp(t, `:(Certificate|Cdn|UptimeCheck)$`, name, r.URN)
		}
	})
	t.Run("the next one makes the rest", func(t *testing.T) {
		result, err := a.in(t, "staging", digitalocean.Options{}).Up(t.Context())
		must(t, result, err)
		assert.Positive(t, result.Changes["create"])
		for _, r := range result.Resources {
			if strings.HasPrefix(r.Operation, "delete") || strings.Contains(r.Operation, "replace") {
				assert.Equal(t, "mastodon-preflight", r.Name, "it looks at the CDN, too, from now on")
			}
		}
		assert.Empty(t, warned(result, "ns1.digitalocean.com"))
	})
	t.Run("a resolver that lies takes nothing away", func(t *testing.T) {
		result, err := a.in(t, "staging", nobody).ExpectNoChanges(t.Context())
		must(t, result, err)
	})
}

// An account of which nobody has asked DigitalOcean's support for more Droplets has no room for production, which is
// said before anything is made; it has for staging, whose network then stays.
func TestANewAccount(t *testing.T) {
	t.Parallel()
	a, newcomer := newAccount(t), digitalocean.Options{NewAccount: true}
	// Somebody made the documentation's site by hand.
	made := func() []string {
		return slices.DeleteFunc(a.objects(), func(object string) bool { return strings.HasPrefix(object, "netlify:") })
	}
	t.Run("production has no room", func(t *testing.T) {
		result, err := a.in(t, "prod", newcomer).Up(t.Context())
		require.Error(t, err)
		require.Contains(t, result.Error, "vmst:settings.cluster.nodePools: the cluster may grow to ")
		require.Empty(t, made())
	})
	t.Run("staging has", func(t *testing.T) {
		result, err := a.in(t, "staging", newcomer).Up(t.Context())
		must(t, result, err)
	})
	t.Run("the network stays", func(t *testing.T) {
		result, err := a.in(t, "staging", newcomer).Destroy(t.Context())
		require.Error(t, err)
		require.Contains(t, result.Error, "403: Can not delete default VPCs")
		// All that was in it is gone. The engine begins nothing more after a failure, so something else may be left.
		left := strings.Join(made(), "\n")
		require.Contains(t, left, "digitalocean:index/vpc:Vpc ")
		require.NotRegexp(t, `:(KubernetesCluster|DatabaseCluster|LoadBalancer) `, left)
	})
}

// A pool of another size is there before the old one goes, so that its pods have somewhere to move to.
func TestANodePoolOfAnotherSize(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	// With both families of addresses, which no committed stack has.
	a.edit(t, "staging", func(settings map[string]any) {
		group(settings, "loadBalancer")["networkStack"] = "DUALSTACK"
	})
	t.Run("as it is", func(t *testing.T) { a.comesUp(t, "staging") })
	t.Run("both families are found", func(t *testing.T) {
		c, err := cloud.Open(filepath.Join(a.dir, "cloud.json"))
		require.NoError(t, err)
		balancers := c.List("digitalocean:index/loadBalancer:LoadBalancer")
		require.Len(t, balancers, 1)
		addresses := map[any]any{"A": balancers[0].Outputs["ip"], "AAAA": balancers[0].Outputs["ipv6"]}
		found := map[any]int{}
		for _, record := range c.List("digitalocean:index/dnsRecord:DnsRecord") {
			if address, ok := addresses[record.Outputs["type"]]; ok {
				assert.Equal(t, address, record.Outputs["value"], record.Outputs["fqdn"])
				found[record.Outputs["type"]]++
			}
		}
		assert.Equal(t, map[any]int{"A": 2, "AAAA": 2}, found)
	})
	var result runner.Result
	const larger = "g-16vcpu-64gb"
	a.edit(t, "staging", func(settings map[string]any) {
		group(settings, "cluster")["nodePools"].([]any)[0].(map[string]any)["size"] = larger
	})
	t.Run("larger", func(t *testing.T) {
		var err error
		result, err = a.open(t, "staging").Up(t.Context())
		must(t, result, err)
	})
	order := func(operation string) int {
		return slices.IndexFunc(result.Resources, func(r runner.Resource) bool {
			return strings.HasSuffix(r.Type, ":KubernetesNodePool") && r.Operation == operation
		})
	}
	made, gone := order("create-replacement"), order("delete-replaced")
	assert.Positive(t, made)
	assert.Greater(t, gone, made, "the new pool comes first")
	for _, r := range result.Resources {
		if r.Operation != "same" && !strings.HasSuffix(r.Type, ":KubernetesNodePool") {
			assert.Equal(t, "update", r.Operation, "nothing else is made anew: %s", r.URN)
		}
	}
	c, err := cloud.Open(filepath.Join(a.dir, "cloud.json"))
	require.NoError(t, err)
	var sizes []any
	for _, pool := range c.List("digitalocean:index/kubernetesNodePool:KubernetesNodePool") {
		sizes = append(sizes, pool.Outputs["size"])
	}
	assert.Contains(t, sizes, larger)
}

// A cluster goes from one minor version to the next by the patches of its own, which new clusters cannot have any more.
// Later DigitalOcean upgrades it by force, since it does not support the version any more and offers it no longer: a
// person is told, nothing is touched, and the file follows.
func TestKubernetesThatGetsOld(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.charts = runner.ChartCache(a.project).Dir // the copy below has none
	t.Run("as it is", func(t *testing.T) { a.comesUp(t, "staging") })
	c, err := cloud.Open(filepath.Join(a.dir, "cloud.json"))
	require.NoError(t, err)
	runs := func(t *testing.T) cloud.Object {
		t.Helper()
		found := c.List("digitalocean:index/kubernetesCluster:KubernetesCluster")
		require.Len(t, found, 1)
		return found[0]
	}
	become := func(t *testing.T, version string) {
		t.Helper()
		object := runs(t)
		object.Outputs["version"] = version
		require.NoError(t, c.Put(object))
	}
	become(t, "1.34.3-do.0")
	sooner := digitalocean.Options{
		Kubernetes: []string{"1.36.3-do.5", "1.35.7-do.5"}, Upgrades: []string{"1.34.8-do.0"},
	}
	for _, step := range []string{"1.34.8-do.0", "1.35.7-do.5"} {
		t.Run("by "+step, func(t *testing.T) {
			s := a.in(t, "staging", sooner)
			refreshed, err := s.Refresh(t.Context())
			must(t, refreshed, err)
			up, err := s.Up(t.Context())
			must(t, up, err)
			assert.Equal(t, step, runs(t).Outputs["version"])
		})
	}
	become(t, "1.36.3-do.5")
	later := digitalocean.Options{Kubernetes: []string{"1.38.1-do.0", "1.37.4-do.2", "1.36.3-do.5"}}
	const lower = `vmst:settings.cluster.version "1.35" is lower`
	t.Run("a person is told", func(t *testing.T) {
		preview, err := a.in(t, "staging", later).ExpectNoChanges(t.Context())
		must(t, preview, err)
		assert.Contains(t, warned(preview, lower), `set it to "1.36"`)
	})
	t.Run("the state follows", func(t *testing.T) {
		s := a.in(t, "staging", later)
		refreshed, err := s.Refresh(t.Context())
		must(t, refreshed, err)
		up, err := s.Up(t.Context())
		must(t, up, err)
		assert.False(t, up.Changed(), "%v", up.Changes)
	})
	a.edit(t, "staging", func(settings map[string]any) { group(settings, "cluster")["version"] = "1.36" })
	t.Run("the file follows", func(t *testing.T) {
		preview, err := a.in(t, "staging", later).ExpectNoChanges(t.Context())
		must(t, preview, err)
		assert.Empty(t, warned(preview, lower))
	})
}

// Staging on the other edition of PostgreSQL for a day, as docs/content/3.run/5.upgrade.md has it: the database is
// another one each time, and empty, so it is migrated each time, although nothing that the Jobs are made of changes.
// OpenSearch has no authority of its own here, of which a person is told.
func TestAnotherEditionForADay(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	world := digitalocean.Options{Public: []string{"opensearch"}}
	standard := a.edit(t, "staging", func(settings map[string]any) {
		search := group(settings, "search")
		search["enabled"], search["size"], search["nodes"] = true, "db-s-1vcpu-2gb", 1
	})
	size := group(standard, "database")["size"]
	up := func(t *testing.T) runner.Result {
		t.Helper()
		result, err := a.in(t, "staging", world).Up(t.Context())
		return must(t, result, err)
	}
	t.Run("as it is", func(t *testing.T) {
		assert.Contains(t, warned(up(t), "opensearch cluster"), "DigitalOcean has no certificate authority of it")
	})
	for _, edition := range [][2]any{{"advanced_pg", "gd-2vcpu-8gb"}, {"pg", size}} {
		a.edit(t, "staging", func(settings map[string]any) {
			group(settings, "database")["engine"], group(settings, "database")["size"] = edition[0], edition[1]
		})
		t.Run("on "+edition[0].(string), func(t *testing.T) {
			var again []string
			for _, r := range up(t).Resources {
				if strings.HasSuffix(r.Type, ":Job") && strings.HasPrefix(r.Operation, "create") {
					again = append(again, r.Name)
				}
			}
			slices.Sort(again)
			assert.Equal(t, []string{"mastodon-migrate-after", "mastodon-migrate-before", "mastodon-preflight"}, again)
		})
	}
	t.Run("and stays", func(t *testing.T) {
		preview, err := a.in(t, "staging", world).ExpectNoChanges(t.Context())
		must(t, preview, err)
	})
}

// Without the pods among the trusted sources, the first thing that talks to a database says so, and nothing waits for
// an hour.
func TestPodsThatNoDatabaseTrusts(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	settings := a.edit(t, "staging", func(settings map[string]any) {
		group(settings, "cluster")["trustPodSubnet"] = false
	})
	_, err := a.in(t, "staging", digitalocean.Options{}).Up(t.Context())
	require.Error(t, err)
	require.Contains(t, a.shown.String(), "Job mastodon-preflight **creating failed**")
	pods := group(settings, "cluster")["podSubnet"].(string)
	require.Contains(t, a.shown.String(), "have neither the pods' addresses "+pods+" nor a range around them")
	require.NotContains(t, a.shown.String(), "Job mastodon-migrate-before")
}
