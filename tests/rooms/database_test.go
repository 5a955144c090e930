package rooms_test

import (
	"sync"
	"testing"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/database"
	"github.com/vmstio/infrastructure/infra/room"
	"github.com/vmstio/infrastructure/tests/mocks"
)

const (
	databaseClusterType  = "digitalocean:index/databaseCluster:DatabaseCluster"
	databaseDbType       = "digitalocean:index/databaseDb:DatabaseDb"
	databaseUserType     = "digitalocean:index/databaseUser:DatabaseUser"
	databasePoolType     = "digitalocean:index/databaseConnectionPool:DatabaseConnectionPool"
	databaseFirewallType = "digitalocean:index/databaseFirewall:DatabaseFirewall"
)

func databaseArgs() database.Args {
	return database.Args{
		Name: "archive", Region: "tor1", VPCID: pulumi.String("vpc-uuid"),
		Engine: "advanced_pg", Version: "17", Size: "gd-2vcpu-8gb", Nodes: 2,
		Database: "mastodon", User: "mastodon_app", PoolName: "pool", PoolSize: 150,
		Maintenance: room.Window{Day: "sunday", Time: "09:00"},
		ClusterID:   pulumi.String("doks-uuid"), Protect: true,
	}
}

// databaseProgram makes the database after a node pool; see is shown the result.
func databaseProgram(args database.Args, see func(*database.Database)) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		nodes, err := digitalocean.NewKubernetesNodePool(ctx, "nodes", &digitalocean.KubernetesNodePoolArgs{
			ClusterId: pulumi.String("doks-uuid"), Size: pulumi.String("s-4vcpu-16gb-amd"),
		})
		if err != nil {
			return err
		}
		args.FirewallAfter = []pulumi.Resource{nodes}
		d, err := database.New(ctx, "database", &args)
		if err != nil {
			return err
		}
		if see != nil {
			see(d)
		}
		return nil
	}
}

func TestDatabase(t *testing.T) {
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(databaseProgram(databaseArgs(), nil)))

	cluster := r.One(t, databaseClusterType, "database-cluster")
	require.Contains(t, cluster.Parent, "vmst:database:Database::database")
	require.Equal(t, map[string]any{
		"name": "archive", "engine": "advanced_pg", "version": "17", "size": "gd-2vcpu-8gb",
		"nodeCount": 2.0, "region": "tor1", "privateNetworkUuid": "vpc-uuid",
		"maintenanceWindows": []any{map[string]any{"day": "sunday", "hour": "09:00"}},
	}, cluster.Inputs.Mappable())

	require.Equal(t, map[string]any{
		"clusterId": "database-cluster-id", "name": "mastodon",
	}, r.One(t, databaseDbType, "database-database").Inputs.Mappable())
	require.Equal(t, map[string]any{
		"clusterId": "database-cluster-id", "name": "mastodon_app",
	}, r.One(t, databaseUserType, "database-user").Inputs.Mappable())
	require.Equal(t, map[string]any{
		"clusterId": "database-cluster-id", "name": "pool", "mode": "transaction", "size": 150.0,
		"dbName": "mastodon", "user": "mastodon_app",
	}, r.One(t, databasePoolType, "database-pool").Inputs.Mappable())
}

func TestDatabaseFirewallAdmitsOnlyTheClusterOnceItHasNodes(t *testing.T) {
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(databaseProgram(databaseArgs(), nil)))
	require.Len(t, r.OfType(databaseFirewallType), 1)
	firewall := r.One(t, databaseFirewallType, "database-firewall")
	require.Equal(t, "database-cluster-id", firewall.Input("clusterId"))
	require.Equal(t, []any{map[string]any{"type": "k8s", "value": "doks-uuid"}}, firewall.Input("rules"))
	require.Contains(t, firewall.DependsOn, "urn:pulumi:test::vmst::digitalocean:index/kubernetesNodePool:KubernetesNodePool::nodes")
}

func TestDatabaseOutputs(t *testing.T) {
	got, secret := map[string]any{}, map[string]bool{}
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(databaseProgram(databaseArgs(), func(d *database.Database) {
		for name, output := range map[string]pulumi.Output{
			"id": d.ID, "urn": d.ClusterURN, "host": d.Host, "port": d.Port, "poolHost": d.PoolHost,
			"poolPort": d.PoolPort, "poolName": d.PoolName, "database": d.DatabaseName, "user": d.Username,
			"password": d.Password, "ca": d.CA, "admin": d.AdminUsername, "adminPassword": d.AdminPassword,
			"grants": d.Grants,
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
		"id": "database-cluster-id", "urn": "do:dbaas:database-cluster",
		"host": "private-database-cluster.db.ondigitalocean.com", "port": 25060,
		"poolHost": "private-pool.db.ondigitalocean.com", "poolPort": 25061, "poolName": "pool",
		"database": "mastodon", "user": "mastodon_app", "password": "password-of-database-user",
		"admin": "doadmin", "adminPassword": "password-of-database-cluster",
		"ca":     "-----BEGIN CERTIFICATE-----\nY2E=\n-----END CERTIFICATE-----\n",
		"grants": `GRANT ALL ON SCHEMA public TO "mastodon_app"`,
	}, got)
	require.Equal(t, map[string]bool{"password": true, "adminPassword": true}, secret)
}

func TestDatabasePreviewAsksForNoCAOfAClusterThatIsNotThere(t *testing.T) {
	m := &databaseMonitor{Recorder: &mocks.Recorder{Preview: true}, calls: map[string]string{}}
	require.NoError(t, pulumi.RunErr(databaseProgram(databaseArgs(), nil), pulumi.WithMocks("vmst", "test", m),
		func(info *pulumi.RunInfo) { info.DryRun = true }))
	require.Empty(t, m.calls)
	pool := m.One(t, databasePoolType, "database-pool")
	require.Nil(t, pool.Input("clusterId"), "unknown in a preview")
	require.Equal(t, "pool", pool.Input("name"))
}

// databaseMonitor notes the provider of every function call.
type databaseMonitor struct {
	*mocks.Recorder
	mu    sync.Mutex
	calls map[string]string
}

func (m *databaseMonitor) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	m.mu.Lock()
	m.calls[args.Token] = args.Provider
	m.mu.Unlock()
	return m.Recorder.Call(args)
}

func TestDatabaseReadsTheCAWithTheComponentsProvider(t *testing.T) {
	m := &databaseMonitor{Recorder: &mocks.Recorder{}, calls: map[string]string{}}
	require.NoError(t, pulumi.RunErr(func(ctx *pulumi.Context) error {
		provider, err := digitalocean.NewProvider(ctx, "explicit", &digitalocean.ProviderArgs{})
		if err != nil {
			return err
		}
		args := databaseArgs()
		_, err = database.New(ctx, "database", &args, pulumi.Providers(provider))
		return err
	}, pulumi.WithMocks("vmst", "test", m)))
	require.Contains(t, m.calls["digitalocean:index/getDatabaseCa:getDatabaseCa"], "::explicit::")
}

func TestDatabaseProtection(t *testing.T) {
	for _, protect := range []bool{true, false} {
		args := databaseArgs()
		args.Protect = protect
		r := &mocks.Recorder{}
		require.NoError(t, r.Run(databaseProgram(args, nil)))
		for _, typ := range []string{databaseClusterType, databaseDbType, databaseUserType, databaseFirewallType} {
			for _, res := range r.OfType(typ) {
				require.Equal(t, protect, res.Protect, typ)
				require.Equal(t, protect, res.RetainOnDelete, typ)
			}
		}
		require.False(t, r.One(t, databasePoolType, "database-pool").Protect)
	}
}

func TestDatabaseReturnsFailures(t *testing.T) {
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, databaseProgram(databaseArgs(), nil))
}

func TestDatabaseRefusesBadArguments(t *testing.T) {
	bad := database.Args{Engine: "mysql", Nodes: 4, Database: "Mastodon", User: `x"; DROP`, PoolName: "p", PoolSize: -1}
	r := &mocks.Recorder{}
	err := r.Run(databaseProgram(bad, nil))
	for _, problem := range []string{
		"database arguments: ", "Name is missing", "Region is missing", "VPCID is missing",
		`Engine "mysql" is neither "pg" nor "advanced_pg"`, "Version is missing", "Size is missing",
		"Nodes 4 is not between 1 and 3", `Database "Mastodon" is not a PostgreSQL name`, `User "x\"; DROP" is not a PostgreSQL name`,
		`PoolName "p" is not 3 to 60 characters long`, "PoolSize -1 is not positive",
		"Maintenance.Day is missing", "Maintenance.Time is missing", "ClusterID is missing",
	} {
		require.ErrorContains(t, err, problem)
	}
	require.Empty(t, r.OfType("vmst:database:Database"))
	require.Empty(t, r.OfType(databaseClusterType))
}
