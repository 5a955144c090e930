package database_test

import (
	"testing"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/database"
	"github.com/vmstio/infrastructure/infra/internal/managed"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/tests/mocks"
)

const (
	roomType = "vmst:database:Database"
	dbType   = "digitalocean:index/databaseDb:DatabaseDb"
	userType = "digitalocean:index/databaseUser:DatabaseUser"
	poolType = "digitalocean:index/databaseConnectionPool:DatabaseConnectionPool"
)

func databaseArgs() database.Args {
	return database.Args{
		Database: settings.Database{
			Engine: "pg", Version: "17", Size: "db-s-4vcpu-8gb", Nodes: 2, PoolSize: 150,
			TLS: settings.VerifyCA, Authority: settings.AuthorityCluster,
			Maintenance: settings.Window{Day: "sunday", Time: "09:00"},
		},
		Place: managed.Place{Region: "tor1", VPCID: pulumi.String("vpc-uuid"), ClusterID: pulumi.String("doks-uuid")},
		Name:  "archive", Application: "mastodon_app", Protect: true,
	}
}

// program makes the database after a node pool, and stores it in made.
func program(args database.Args, made **database.Database) pulumi.RunFunc {
	return mocks.AfterNodes(func(ctx *pulumi.Context, nodes []pulumi.Resource) (err error) {
		args.NodesReady = nodes
		*made, err = database.New(ctx, "database", &args)
		return err
	})
}

// run runs the program to its end.
func run(t *testing.T, r *mocks.Recorder, args database.Args) (made *database.Database) {
	t.Helper()
	require.NoError(t, r.Run(program(args, &made)))
	return made
}

func TestDatabase(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	run(t, r, databaseArgs())

	cluster := r.One(t, mocks.ClusterType, "database-cluster")
	require.Contains(t, cluster.Parent, roomType+"::database")
	require.Equal(t, map[string]any{
		"name": "archive", "engine": "pg", "version": "17", "size": "db-s-4vcpu-8gb",
		"nodeCount": 2.0, "region": "tor1", "privateNetworkUuid": "vpc-uuid",
		"maintenanceWindows": []any{map[string]any{"day": "sunday", "hour": "09:00"}},
	}, cluster.Inputs.Mappable())

	owned := map[string]any{"clusterId": "database-cluster-id", "name": "mastodon_app"}
	require.Equal(t, owned, r.One(t, dbType, "database-database").Inputs.Mappable())
	require.Equal(t, owned, r.One(t, userType, "database-user").Inputs.Mappable())
	pool := r.One(t, poolType, "database-pool")
	require.Equal(t, map[string]any{
		"clusterId": "database-cluster-id", "name": "mastodon_app-pool", "mode": "transaction", "size": 150.0,
		"dbName": "mastodon_app", "user": "mastodon_app",
	}, pool.Inputs.Mappable())
	require.True(t, pool.DeleteBeforeReplace)
}

func TestFirewallAdmitsOnlyTheClusterOnceItHasNodes(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	made := run(t, r, databaseArgs())
	require.Len(t, r.OfType(mocks.FirewallType), 1)
	require.Len(t, made.Ready, 1)
	r.RequireFirewall(t, "database", made.Ready[0])
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	d := run(t, &mocks.Recorder{}, databaseArgs())
	got, secret := mocks.Described(t, map[string]pulumi.Output{
		"id": d.ID, "urn": d.ClusterURN, "host": d.Direct.Host, "port": d.Direct.Port, "poolHost": d.Pool.Host,
		"poolPort": d.Pool.Port, "poolName": d.Pool.Name, "database": d.Direct.Name, "user": d.Direct.Username,
		"password": d.Direct.Password, "ca": d.Direct.CA, "admin": d.Username, "adminPassword": d.Password,
		"grants": d.Grants,
	})
	require.Equal(t, map[string]any{
		"id": "database-cluster-id", "urn": "do:dbaas:database-cluster",
		"host": "private-database-cluster.db.ondigitalocean.com", "port": 25060,
		"poolHost": "private-pool.db.ondigitalocean.com", "poolPort": 25061, "poolName": "mastodon_app-pool",
		"database": "mastodon_app", "user": "mastodon_app", "password": "password-of-database-user",
		"admin": "doadmin", "adminPassword": "password-of-database-cluster",
		"ca":     "-----BEGIN CERTIFICATE-----\nY2E=\n-----END CERTIFICATE-----\n",
		"grants": `GRANT ALL ON SCHEMA public TO "mastodon_app"`,
	}, got)
	require.Equal(t, map[string]bool{"password": true, "adminPassword": true}, secret)
	require.Equal(t, d.Direct.Username, d.Pool.Username)
	require.Equal(t, d.Direct.Password, d.Pool.Password)
	admin := d.Direct
	admin.Username, admin.Password = d.Username, d.Password
	require.Equal(t, admin, d.Endpoint, "the administrator, in the same database")
	for _, endpoint := range []managed.Endpoint{d.Endpoint, d.Direct, *d.Pool} {
		require.Equal(t, "verify-ca", endpoint.SSLMode)
	}
	require.Equal(t, []string{"archive", "pg"}, []string{d.ClusterName, d.Engine})
}

func TestPreviewAsksForNoCAOfAClusterThatIsNotThere(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{Preview: true}
	run(t, r, databaseArgs())
	require.Empty(t, r.Calls())
	pool := r.One(t, poolType, "database-pool")
	require.Nil(t, pool.Input("clusterId"), "unknown in a preview")
	require.Equal(t, "mastodon_app-pool", pool.Input("name"))
}

func TestCAIsReadWithTheComponentsProvider(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(func(ctx *pulumi.Context) error {
		provider, err := digitalocean.NewProvider(ctx, "explicit", &digitalocean.ProviderArgs{})
		if err != nil {
			return err
		}
		args := databaseArgs()
		_, err = database.New(ctx, "database", &args, pulumi.Providers(provider))
		return err
	}))
	require.Len(t, r.Calls(), 1)
	require.Equal(t, "digitalocean:index/getDatabaseCa:getDatabaseCa", r.Calls()[0].Token)
	require.Contains(t, r.Calls()[0].Provider, "::explicit::")
}

// Of a database with a certificate of a public authority, asking for the cluster's own may be an error.
func TestPublicAuthority(t *testing.T) {
	t.Parallel()
	args := databaseArgs()
	args.Authority = settings.AuthorityPublic
	r := &mocks.Recorder{}
	made := run(t, r, args)
	require.Empty(t, r.Calls())
	for _, endpoint := range []managed.Endpoint{made.Endpoint, made.Direct, *made.Pool} {
		require.Zero(t, endpoint.CA)
	}
}

func TestWithoutAPool(t *testing.T) {
	t.Parallel()
	args := databaseArgs()
	args.PoolSize = 0
	r := &mocks.Recorder{}
	made := run(t, r, args)
	require.Nil(t, made.Pool)
	require.Empty(t, r.OfType("digitalocean:index/databaseConnectionPool:DatabaseConnectionPool"))
}

func TestProtection(t *testing.T) {
	t.Parallel()
	for _, protect := range []bool{true, false} {
		args := databaseArgs()
		args.Protect = protect
		r := &mocks.Recorder{}
		run(t, r, args)
		for _, typ := range []string{mocks.ClusterType, dbType, userType, mocks.FirewallType} {
			for _, res := range r.OfType(typ) {
				require.Equal(t, protect, res.Protect, typ)
				require.Equal(t, protect, res.RetainOnDelete, typ)
			}
		}
		require.False(t, r.One(t, poolType, "database-pool").Protect)
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	var made *database.Database
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, program(databaseArgs(), &made))
}

func TestMissingArgumentsRegisterNothing(t *testing.T) {
	t.Parallel()
	var made *database.Database
	r := &mocks.Recorder{}
	require.ErrorContains(t, r.Run(program(database.Args{}, &made)),
		"database arguments: Application, ClusterID, Name, Region, VPCID missing")
	require.Empty(t, r.OfType(roomType))
	require.Empty(t, r.OfType(mocks.ClusterType))
}

// Without a pool everything goes to the primary.
func TestPrimaryWithoutAPool(t *testing.T) {
	t.Parallel()
	args := databaseArgs()
	args.PoolSize = 0
	d := run(t, &mocks.Recorder{}, args)
	got, _ := mocks.Described(t, map[string]pulumi.Output{
		"host": d.Direct.Host, "port": d.Direct.Port, "name": d.Direct.Name, "user": d.Direct.Username,
		"password": d.Direct.Password,
	})
	require.Equal(t, map[string]any{
		"host": "private-database-cluster.db.ondigitalocean.com", "port": 25060, "name": "mastodon_app",
		"user": "mastodon_app", "password": "password-of-database-user",
	}, got)
}

func TestStorageGrows(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		growth *settings.Growth
		want   any
	}{
		{nil, nil},
		{
			&settings.Growth{ThresholdPercent: 70, IncrementGiB: 20},
			map[string]any{"enabled": true, "thresholdPercent": 70.0, "incrementGib": 20.0},
		},
	} {
		args := databaseArgs()
		args.Growth = test.growth
		r := &mocks.Recorder{}
		run(t, r, args)
		require.Equal(t, test.want, r.One(t, mocks.ClusterType, "database-cluster").Input("storageAutoscale"))
	}
}
