package rooms_test

import (
	"net/url"
	"testing"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/cache"
	"github.com/vmstio/infrastructure/infra/room"
	"github.com/vmstio/infrastructure/tests/mocks"
)

const (
	cacheType         = "vmst:cache:Cache"
	cacheClusterType  = "digitalocean:index/databaseCluster:DatabaseCluster"
	cacheFirewallType = "digitalocean:index/databaseFirewall:DatabaseFirewall"
)

func cacheArgs() cache.Args {
	return cache.Args{
		Name: "queues", Region: "tor1", VPCID: pulumi.String("vpc-uuid"),
		Version: "8", Size: "db-s-1vcpu-2gb", Nodes: 2,
		Maintenance: room.Window{Day: "monday", Time: "08:00"},
		ClusterID:   pulumi.String("doks-uuid"), Protect: true,
		Rails: &cache.RailsArgs{Name: "side", Size: "db-s-1vcpu-1gb", Nodes: 1},
	}
}

// cacheProgram makes the cache after a node pool; see is shown the result.
func cacheProgram(args cache.Args, see func(*cache.Cache)) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		nodes, err := digitalocean.NewKubernetesNodePool(ctx, "nodes", &digitalocean.KubernetesNodePoolArgs{
			ClusterId: pulumi.String("doks-uuid"), Size: pulumi.String("s-4vcpu-16gb-amd"),
		})
		if err != nil {
			return err
		}
		args.FirewallAfter = []pulumi.Resource{nodes}
		c, err := cache.New(ctx, "cache", &args)
		if err == nil && see != nil {
			see(c)
		}
		return err
	}
}

func TestCacheKeepsJobsAndMayDropTheRailsCache(t *testing.T) {
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(cacheProgram(cacheArgs(), nil)))
	require.Len(t, r.OfType(cacheClusterType), 2)

	common := func(with map[string]any) map[string]any {
		with["engine"], with["version"] = "valkey", "8"
		with["region"], with["privateNetworkUuid"] = "tor1", "vpc-uuid"
		with["maintenanceWindows"] = []any{map[string]any{"day": "monday", "hour": "08:00"}}
		return with
	}
	queues := r.One(t, cacheClusterType, "cache-cluster")
	require.Contains(t, queues.Parent, cacheType+"::cache")
	require.Equal(t, common(map[string]any{
		"name": "queues", "size": "db-s-1vcpu-2gb", "nodeCount": 2.0, "evictionPolicy": "noeviction",
	}), queues.Inputs.Mappable())
	require.Equal(t, common(map[string]any{
		"name": "side", "size": "db-s-1vcpu-1gb", "nodeCount": 1.0, "evictionPolicy": "allkeys_lru",
	}), r.One(t, cacheClusterType, "cache-rails-cluster").Inputs.Mappable())
}

func TestCacheFirewallsAdmitOnlyTheClusterOnceItHasNodes(t *testing.T) {
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(cacheProgram(cacheArgs(), nil)))
	require.Len(t, r.OfType(cacheFirewallType), 2)
	for name, cluster := range map[string]string{"cache-firewall": "cache-cluster-id", "cache-rails-firewall": "cache-rails-cluster-id"} {
		firewall := r.One(t, cacheFirewallType, name)
		require.Equal(t, cluster, firewall.Input("clusterId"))
		require.Equal(t, []any{map[string]any{"type": "k8s", "value": "doks-uuid"}}, firewall.Input("rules"))
		require.Contains(t, firewall.DependsOn, "urn:pulumi:test::vmst::digitalocean:index/kubernetesNodePool:KubernetesNodePool::nodes")
	}
}

// cacheMonitor gives every cluster a password that does not fit into a URL as it is.
type cacheMonitor struct{ *mocks.Recorder }

const cachePassword = "p@ss/w:rd#1"

func (m *cacheMonitor) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	id, outputs, err := m.Recorder.NewResource(args)
	if args.TypeToken == cacheClusterType {
		outputs["password"] = resource.MakeSecret(resource.NewProperty(cachePassword))
	}
	return id, outputs, err
}

func TestCacheOutputs(t *testing.T) {
	got, secret := map[string]any{}, map[string]bool{}
	note := func(name string, output pulumi.Output) {
		secret[name] = pulumi.IsSecret(output)
		value := make(chan any, 1)
		output.ApplyT(func(v any) any { value <- v; return v })
		got[name] = <-value
	}
	require.NoError(t, pulumi.RunErr(cacheProgram(cacheArgs(), func(c *cache.Cache) {
		for name, e := range map[string]*cache.Endpoint{"": &c.Endpoint, "rails-": c.Rails} {
			note(name+"id", e.ID)
			note(name+"urn", e.ClusterURN)
			note(name+"host", e.Host)
			note(name+"port", e.Port)
			note(name+"password", e.Password)
			note(name+"url", e.URL)
		}
		require.Len(t, c.URNs, 2)
		note("urn 0", c.URNs[0])
		note("urn 1", c.URNs[1])
	}), pulumi.WithMocks("vmst", "test", &cacheMonitor{&mocks.Recorder{}})))

	for _, e := range []struct{ prefix, cluster string }{{"", "cache-cluster"}, {"rails-", "cache-rails-cluster"}} {
		host := "private-" + e.cluster + ".db.ondigitalocean.com"
		require.Equal(t, e.cluster+"-id", got[e.prefix+"id"])
		require.Equal(t, "do:dbaas:"+e.cluster, got[e.prefix+"urn"])
		require.Equal(t, host, got[e.prefix+"host"])
		require.Equal(t, 25061, got[e.prefix+"port"])
		require.Equal(t, cachePassword, got[e.prefix+"password"])

		u, err := url.Parse(got[e.prefix+"url"].(string))
		require.NoError(t, err)
		password, _ := u.User.Password()
		require.Equal(t, []string{"rediss", "default", cachePassword, host + ":25061", ""},
			[]string{u.Scheme, u.User.Username(), password, u.Host, u.Path})

		require.True(t, secret[e.prefix+"password"])
		require.True(t, secret[e.prefix+"url"])
		require.False(t, secret[e.prefix+"host"])
	}
	require.Equal(t, got["urn"], got["urn 0"])
	require.Equal(t, got["rails-urn"], got["urn 1"])
}

func TestCacheWithoutRails(t *testing.T) {
	args := cacheArgs()
	args.Rails = nil
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(cacheProgram(args, func(c *cache.Cache) {
		require.Nil(t, c.Rails)
		require.Len(t, c.URNs, 1)
	})))
	require.Len(t, r.OfType(cacheClusterType), 1)
	require.Len(t, r.OfType(cacheFirewallType), 1)
}

func TestCacheProtectsOnlyTheJobs(t *testing.T) {
	for _, protect := range []bool{true, false} {
		args := cacheArgs()
		args.Protect = protect
		r := &mocks.Recorder{}
		require.NoError(t, r.Run(cacheProgram(args, nil)))
		for typ, part := range map[string]string{cacheClusterType: "cluster", cacheFirewallType: "firewall"} {
			queues, rails := r.One(t, typ, "cache-"+part), r.One(t, typ, "cache-rails-"+part)
			require.Equal(t, protect, queues.Protect, part)
			require.Equal(t, protect, queues.RetainOnDelete, part)
			require.False(t, rails.Protect, part)
			require.False(t, rails.RetainOnDelete, part)
		}
	}
}

func TestCachePreview(t *testing.T) {
	r := &mocks.Recorder{Preview: true}
	require.NoError(t, r.Run(cacheProgram(cacheArgs(), nil)))
	require.Nil(t, r.One(t, cacheFirewallType, "cache-firewall").Input("clusterId"), "unknown in a preview")
}

func TestCacheReturnsFailures(t *testing.T) {
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, cacheProgram(cacheArgs(), nil))
}

func TestCacheRefusesBadArguments(t *testing.T) {
	r := &mocks.Recorder{}
	err := r.Run(cacheProgram(cache.Args{Nodes: 4, Rails: &cache.RailsArgs{}}, nil))
	for _, problem := range []string{
		"cache arguments: ", "Name is missing", "Region is missing", "VPCID is missing", "Version is missing",
		"Size is missing", "Nodes 4 is not between 1 and 3", "Maintenance.Day is missing", "Maintenance.Time is missing",
		"ClusterID is missing", "Rails.Name is missing", "Rails.Size is missing", "Rails.Nodes 0 is not between 1 and 3",
	} {
		require.ErrorContains(t, err, problem)
	}
	require.Empty(t, r.OfType(cacheType))
	require.Empty(t, r.OfType(cacheClusterType))

	args := cacheArgs()
	args.Rails.Name = args.Name
	require.ErrorContains(t, (&mocks.Recorder{}).Run(cacheProgram(args, nil)), `Rails.Name "queues" is the Name of the first cluster`)
}
