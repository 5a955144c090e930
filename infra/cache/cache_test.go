package cache_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/cache"
	"github.com/vmstio/infrastructure/infra/internal/managed"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/tests/mocks"
)

const roomType = "vmst:cache:Cache"

func cacheArgs() cache.Args {
	return cache.Args{
		Cache: settings.Cache{
			Version: "8", Size: "db-s-1vcpu-2gb", Nodes: 2,
			Maintenance: settings.Window{Day: "monday", Time: "08:00"},
			Rails:       &settings.RailsCache{Size: "db-s-1vcpu-1gb", Nodes: 1},
		},
		Place: managed.Place{Region: "tor1", VPCID: pulumi.String("vpc-uuid"), ClusterID: pulumi.String("doks-uuid")},
		Name:  "queues", RailsName: "side", Protect: true,
	}
}

// program makes the cache after a node pool, and stores it in made.
func program(args cache.Args, made **cache.Cache) pulumi.RunFunc {
	return mocks.AfterNodes(func(ctx *pulumi.Context, nodes []pulumi.Resource) (err error) {
		args.NodesReady = nodes
		*made, err = cache.New(ctx, "cache", &args)
		return err
	})
}

// run runs the program to its end.
func run(t *testing.T, r *mocks.Recorder, args cache.Args) (made *cache.Cache) {
	t.Helper()
	require.NoError(t, r.Run(program(args, &made)))
	return made
}

func TestJobsAreKeptAndTheRailsCacheMayBeDropped(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	run(t, r, cacheArgs())
	require.Len(t, r.OfType(mocks.ClusterType), 2)

	common := func(with map[string]any) map[string]any {
		with["engine"], with["version"] = "valkey", "8"
		with["region"], with["privateNetworkUuid"] = "tor1", "vpc-uuid"
		with["maintenanceWindows"] = []any{map[string]any{"day": "monday", "hour": "08:00"}}
		return with
	}
	queues := r.One(t, mocks.ClusterType, "cache-cluster")
	require.Contains(t, queues.Parent, roomType+"::cache")
	require.Equal(t, common(map[string]any{
		"name": "queues", "size": "db-s-1vcpu-2gb", "nodeCount": 2.0, "evictionPolicy": "noeviction",
	}), queues.Inputs.Mappable())
	require.Equal(t, common(map[string]any{
		"name": "side", "size": "db-s-1vcpu-1gb", "nodeCount": 1.0, "evictionPolicy": "allkeys_lru",
	}), r.One(t, mocks.ClusterType, "cache-rails-cluster").Inputs.Mappable())
}

func TestFirewallsAdmitOnlyTheClusterOnceItHasNodes(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	made := run(t, r, cacheArgs())
	require.Len(t, r.OfType(mocks.FirewallType), 2)
	require.Len(t, made.Ready, 2)
	for i, prefix := range []string{"cache", "cache-rails"} {
		r.RequireFirewall(t, prefix, made.Ready[i])
	}
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	made := run(t, &mocks.Recorder{}, cacheArgs())
	for cluster, e := range map[string]*managed.Database{
		"cache-cluster": made.Database, "cache-rails-cluster": made.Rails,
	} {
		require.Equal(t, cluster+"-id", mocks.Value[string](t, e.ID))
		require.Equal(t, "do:dbaas:"+cluster, mocks.Value[string](t, e.ClusterURN))
		require.Equal(t, "private-"+cluster+".db.ondigitalocean.com", mocks.Value[string](t, e.Host))
		require.Equal(t, 25061, mocks.Value[int](t, e.Port))
		require.Equal(t, "password-of-"+cluster, mocks.Value[string](t, e.Password))
		require.True(t, pulumi.IsSecret(e.Password))
		require.False(t, pulumi.IsSecret(e.Host))
	}
}

func TestWithoutRails(t *testing.T) {
	t.Parallel()
	args := cacheArgs()
	args.Rails, args.RailsName = nil, ""
	r := &mocks.Recorder{}
	made := run(t, r, args)
	require.Nil(t, made.Rails)
	require.Len(t, made.Ready, 1)
	require.Len(t, r.OfType(mocks.ClusterType), 1)
	require.Len(t, r.OfType(mocks.FirewallType), 1)
}

func TestOnlyTheJobsAreProtected(t *testing.T) {
	t.Parallel()
	for _, protect := range []bool{true, false} {
		args := cacheArgs()
		args.Protect = protect
		r := &mocks.Recorder{}
		run(t, r, args)
		for typ, part := range map[string]string{mocks.ClusterType: "cluster", mocks.FirewallType: "firewall"} {
			queues, rails := r.One(t, typ, "cache-"+part), r.One(t, typ, "cache-rails-"+part)
			require.Equal(t, protect, queues.Protect, part)
			require.Equal(t, protect, queues.RetainOnDelete, part)
			require.False(t, rails.Protect, part)
			require.False(t, rails.RetainOnDelete, part)
		}
	}
}

func TestPreview(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{Preview: true}
	run(t, r, cacheArgs())
	require.Nil(t, r.One(t, mocks.FirewallType, "cache-firewall").Input("clusterId"), "unknown in a preview")
}

func TestFailures(t *testing.T) {
	t.Parallel()
	var made *cache.Cache
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, program(cacheArgs(), &made))
}

func TestMissingArgumentsRegisterNothing(t *testing.T) {
	t.Parallel()
	var made *cache.Cache
	r := &mocks.Recorder{}
	require.ErrorContains(t,
		r.Run(program(cache.Args{Cache: settings.Cache{Rails: &settings.RailsCache{}}}, &made)),
		"cache arguments: ClusterID, Name, RailsName, Region, VPCID missing")
	require.Empty(t, r.OfType(roomType))
	require.Empty(t, r.OfType(mocks.ClusterType))
}
