package managed_test

import (
	"testing"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/internal/managed"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/tests/mocks"
)

const (
	clusterType  = "digitalocean:index/databaseCluster:DatabaseCluster"
	firewallType = "digitalocean:index/databaseFirewall:DatabaseFirewall"
)

func managedArgs() managed.Args {
	return managed.Args{
		Place: managed.Place{Region: "tor1", VPCID: pulumi.String("vpc-uuid"), ClusterID: pulumi.String("doks-uuid")},
		Name:  "store", Engine: "valkey", Version: "8", Size: "db-s-1vcpu-2gb", Nodes: 2,
		Maintenance: settings.Window{Day: "monday", Time: "08:00"},
		Eviction:    pulumi.String("noeviction"), Protect: true,
	}
}

// program makes the database below a component, after a node pool, and stores it in made.
func program(args managed.Args, made **managed.Database) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		nodes, err := digitalocean.NewKubernetesNodePool(ctx, "nodes", &digitalocean.KubernetesNodePoolArgs{
			ClusterId: pulumi.String("doks-uuid"), Size: pulumi.String("s-4vcpu-16gb-amd"),
		})
		if err != nil {
			return err
		}
		args.NodesReady = []pulumi.Resource{nodes}
		parent := &pulumi.ResourceState{}
		if err := ctx.RegisterComponentResource("test:index:Room", "room", parent); err != nil {
			return err
		}
		*made, err = managed.New(ctx, "room", &args, parent)
		return err
	}
}

// run runs the program to its end.
func run(t *testing.T, r *mocks.Recorder, args managed.Args) (made *managed.Database) {
	t.Helper()
	require.NoError(t, r.Run(program(args, &made)))
	return made
}

func TestClusterAndFirewall(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	made := run(t, r, managedArgs())

	cluster := r.One(t, clusterType, "room-cluster")
	require.Contains(t, cluster.Parent, "test:index:Room::room")
	require.Equal(t, map[string]any{
		"name": "store", "engine": "valkey", "version": "8", "size": "db-s-1vcpu-2gb", "nodeCount": 2.0,
		"region": "tor1", "privateNetworkUuid": "vpc-uuid", "evictionPolicy": "noeviction",
		"maintenanceWindows": []any{map[string]any{"day": "monday", "hour": "08:00"}},
	}, cluster.Inputs.Mappable())

	require.Len(t, r.OfType(firewallType), 1)
	firewall := r.One(t, firewallType, "room-firewall")
	require.Contains(t, firewall.Parent, "test:index:Room::room")
	require.Equal(t, map[string]any{
		"clusterId": "room-cluster-id", "rules": []any{map[string]any{"type": "k8s", "value": "doks-uuid"}},
	}, firewall.Inputs.Mappable())
	require.Contains(t, firewall.DependsOn,
		"urn:pulumi:test::vmst::digitalocean:index/kubernetesNodePool:KubernetesNodePool::nodes")

	require.Equal(t, "room-cluster-id", mocks.Value[string](t, made.ID))
	require.Equal(t, "private-room-cluster.db.ondigitalocean.com", mocks.Value[string](t, made.Cluster.PrivateHost))
	require.Contains(t, mocks.Value[pulumi.URN](t, made.Firewall.URN()), "::room-firewall")
}

func TestNoEvictionPolicyIsNone(t *testing.T) {
	t.Parallel()
	args := managedArgs()
	args.Engine, args.Eviction = "pg", nil
	r := &mocks.Recorder{}
	run(t, r, args)
	require.NotContains(t, r.One(t, clusterType, "room-cluster").Inputs, "evictionPolicy")
}

func TestProtectionCoversTheFirewall(t *testing.T) {
	t.Parallel()
	for _, protect := range []bool{true, false} {
		args := managedArgs()
		args.Protect = protect
		r := &mocks.Recorder{}
		run(t, r, args)
		for typ, name := range map[string]string{clusterType: "room-cluster", firewallType: "room-firewall"} {
			require.Equal(t, protect, r.One(t, typ, name).Protect, name)
			require.Equal(t, protect, r.One(t, typ, name).RetainOnDelete, name)
		}
	}
}

func TestPreview(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{Preview: true}
	run(t, r, managedArgs())
	require.Nil(t, r.One(t, firewallType, "room-firewall").Input("clusterId"), "unknown in a preview")
}

func TestFailures(t *testing.T) {
	t.Parallel()
	var made *managed.Database
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, program(managedArgs(), &made))
}

func TestMissingArguments(t *testing.T) {
	t.Parallel()
	var made *managed.Database
	r := &mocks.Recorder{}
	require.ErrorContains(t, r.Run(program(managed.Args{}, &made)),
		"room arguments: ClusterID, Name, Region, VPCID missing")
	require.Empty(t, r.OfType(clusterType))
}
