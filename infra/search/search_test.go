package search_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/internal/managed"
	"github.com/vmstio/infrastructure/infra/search"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/tests/mocks"
)

const roomType = "vmst:search:Search"

func searchArgs() search.Args {
	return search.Args{
		Search: settings.Search{
			Enabled: true, Version: "2.19", Size: "db-s-2vcpu-4gb", Nodes: 3,
			Maintenance: settings.Window{Day: "tuesday", Time: "08:00"},
		},
		Place: managed.Place{Region: "tor1", VPCID: pulumi.String("vpc-uuid"), ClusterID: pulumi.String("doks-uuid")},
		Name:  "finder",
	}
}

// program makes the search engine after a node pool, and stores it in made.
func program(args search.Args, made **search.Search) pulumi.RunFunc {
	return mocks.AfterNodes(func(ctx *pulumi.Context, nodes []pulumi.Resource) (err error) {
		args.NodesReady = nodes
		*made, err = search.New(ctx, "search", &args)
		return err
	})
}

// run runs the program to its end.
func run(t *testing.T, r *mocks.Recorder, args search.Args) (made *search.Search) {
	t.Helper()
	require.NoError(t, r.Run(program(args, &made)))
	return made
}

func TestSearch(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	made := run(t, r, searchArgs())

	cluster := r.One(t, mocks.ClusterType, "search-cluster")
	require.Contains(t, cluster.Parent, roomType+"::search")
	require.Equal(t, map[string]any{
		"name": "finder", "engine": "opensearch", "version": "2.19", "size": "db-s-2vcpu-4gb",
		"nodeCount": 3.0, "region": "tor1", "privateNetworkUuid": "vpc-uuid",
		"maintenanceWindows": []any{map[string]any{"day": "tuesday", "hour": "08:00"}},
	}, cluster.Inputs.Mappable())

	require.Len(t, made.Ready, 1)
	r.RequireFirewall(t, "search", made.Ready[0])
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	s := run(t, &mocks.Recorder{}, searchArgs())
	got, secret := mocks.Described(t, map[string]pulumi.Output{
		"id": s.ID, "urn": s.ClusterURN, "host": s.Host, "port": s.Port, "user": s.Username, "password": s.Password,
		"ca": s.CA,
	})
	require.Equal(t, map[string]any{
		"id": "search-cluster-id", "urn": "do:dbaas:search-cluster",
		"host": "private-search-cluster.db.ondigitalocean.com", "port": 25060,
		"user": "doadmin", "password": "password-of-search-cluster",
		"ca": "-----BEGIN CERTIFICATE-----\nY2E=\n-----END CERTIFICATE-----\n",
	}, got)
	require.Equal(t, map[string]bool{"password": true}, secret)
}

func TestNothingIsProtected(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	run(t, r, searchArgs())
	for _, res := range r.All() {
		require.False(t, res.Protect, res.Name)
		require.False(t, res.RetainOnDelete, res.Name)
	}
}

func TestPreview(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{Preview: true}
	run(t, r, searchArgs())
	for _, call := range r.Calls() {
		require.NotContains(t, call.Token, "getDatabaseCa:", "there is no CA of a cluster that is not there")
	}
	require.Nil(t, r.One(t, mocks.FirewallType, "search-firewall").Input("clusterId"), "unknown in a preview")
}

func TestFailures(t *testing.T) {
	t.Parallel()
	var made *search.Search
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, program(searchArgs(), &made))
}

func TestMissingArgumentsRegisterNothing(t *testing.T) {
	t.Parallel()
	var made *search.Search
	r := &mocks.Recorder{}
	require.ErrorContains(t, r.Run(program(search.Args{}, &made)),
		"search arguments: ClusterID, Name, Region, VPCID missing")
	require.Empty(t, r.OfType(roomType))
	require.Empty(t, r.OfType(mocks.ClusterType))
}
