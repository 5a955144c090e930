package rooms_test

import (
	"testing"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/room"
	"github.com/vmstio/infrastructure/infra/search"
	"github.com/vmstio/infrastructure/tests/mocks"
)

const (
	searchType         = "vmst:search:Search"
	searchClusterType  = "digitalocean:index/databaseCluster:DatabaseCluster"
	searchFirewallType = "digitalocean:index/databaseFirewall:DatabaseFirewall"
)

func searchArgs() search.Args {
	return search.Args{
		Name: "finder", Region: "tor1", VPCID: pulumi.String("vpc-uuid"),
		Version: "2.19", Size: "db-s-2vcpu-4gb", Nodes: 3, IndexPreset: "small_cluster",
		Maintenance: room.Window{Day: "tuesday", Time: "08:00"},
		ClusterID:   pulumi.String("doks-uuid"),
	}
}

// searchProgram makes the search engine after a node pool; see is shown the result.
func searchProgram(args search.Args, see func(*search.Search)) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		nodes, err := digitalocean.NewKubernetesNodePool(ctx, "nodes", &digitalocean.KubernetesNodePoolArgs{
			ClusterId: pulumi.String("doks-uuid"), Size: pulumi.String("s-4vcpu-16gb-amd"),
		})
		if err != nil {
			return err
		}
		args.FirewallAfter = []pulumi.Resource{nodes}
		s, err := search.New(ctx, "search", &args)
		if err == nil && see != nil {
			see(s)
		}
		return err
	}
}

func TestSearch(t *testing.T) {
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(searchProgram(searchArgs(), nil)))

	cluster := r.One(t, searchClusterType, "search-cluster")
	require.Contains(t, cluster.Parent, searchType+"::search")
	require.Equal(t, map[string]any{
		"name": "finder", "engine": "opensearch", "version": "2.19", "size": "db-s-2vcpu-4gb",
		"nodeCount": 3.0, "region": "tor1", "privateNetworkUuid": "vpc-uuid",
		"maintenanceWindows": []any{map[string]any{"day": "tuesday", "hour": "08:00"}},
	}, cluster.Inputs.Mappable())

	firewall := r.One(t, searchFirewallType, "search-firewall")
	require.Equal(t, "search-cluster-id", firewall.Input("clusterId"))
	require.Equal(t, []any{map[string]any{"type": "k8s", "value": "doks-uuid"}}, firewall.Input("rules"))
	require.Contains(t, firewall.DependsOn, "urn:pulumi:test::vmst::digitalocean:index/kubernetesNodePool:KubernetesNodePool::nodes")
}

func TestSearchOutputs(t *testing.T) {
	got, secret := map[string]any{}, map[string]bool{}
	require.NoError(t, (&mocks.Recorder{}).Run(searchProgram(searchArgs(), func(s *search.Search) {
		require.Equal(t, "small_cluster", s.IndexPreset)
		for name, output := range map[string]pulumi.Output{
			"id": s.ID, "urn": s.ClusterURN, "host": s.Host, "port": s.Port,
			"user": s.Username, "password": s.Password, "ca": s.CA,
		} {
			if pulumi.IsSecret(output) {
				secret[name] = true
			}
			value := make(chan any, 1)
			output.ApplyT(func(v any) any { value <- v; return v })
			got[name] = <-value
		}
	})))
	require.Equal(t, map[string]any{
		"id": "search-cluster-id", "urn": "do:dbaas:search-cluster",
		"host": "private-search-cluster.db.ondigitalocean.com", "port": 25060,
		"user": "doadmin", "password": "password-of-search-cluster",
		"ca": "-----BEGIN CERTIFICATE-----\nY2E=\n-----END CERTIFICATE-----\n",
	}, got)
	require.Equal(t, map[string]bool{"password": true}, secret)
}

func TestSearchIsNeverProtected(t *testing.T) {
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(searchProgram(searchArgs(), nil)))
	for _, res := range r.All() {
		require.False(t, res.Protect, res.Name)
		require.False(t, res.RetainOnDelete, res.Name)
	}
}

func TestSearchPreview(t *testing.T) {
	r := &mocks.Recorder{Preview: true}
	require.NoError(t, r.Run(searchProgram(searchArgs(), nil)))
	require.Nil(t, r.One(t, searchFirewallType, "search-firewall").Input("clusterId"), "unknown in a preview")
}

func TestSearchReturnsFailures(t *testing.T) {
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, searchProgram(searchArgs(), nil))
}

func TestSearchRefusesBadArguments(t *testing.T) {
	r := &mocks.Recorder{}
	err := r.Run(searchProgram(search.Args{IndexPreset: "huge"}, nil))
	for _, problem := range []string{
		"search arguments: ", "Name is missing", "Region is missing", "VPCID is missing", "Version is missing",
		"Size is missing", "Nodes 0 is not positive",
		`IndexPreset "huge" is none of ["single_node_cluster" "small_cluster" "large_cluster"]`,
		"Maintenance.Day is missing", "Maintenance.Time is missing", "ClusterID is missing",
	} {
		require.ErrorContains(t, err, problem)
	}
	require.Empty(t, r.OfType(searchType))
	require.Empty(t, r.OfType(searchClusterType))
}
