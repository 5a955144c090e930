// Package database makes the managed PostgreSQL cluster that holds everything an
// instance knows: the cluster, Mastodon's user and database, the connection pool
// in front of it, and the firewall around it.
//
// # Rights of the user
//
// A user that is made through DigitalOcean's API may connect, and nothing more:
// the API has no rights to grant, and every database that it makes belongs to the
// administrator, doadmin (provider documentation of digitalocean_database_user;
// docs.digitalocean.com, "Modify User Privileges in PostgreSQL Databases"). Since
// PostgreSQL 15 only the owner of a database may create tables in its schema
// "public", so Mastodon's first migration fails with "permission denied for schema
// public".
//
// Somebody who can reach the cluster has to run [Database.Grants] once, as the
// administrator and in Mastodon's database, before the first migration. The
// firewall admits nobody but the Kubernetes cluster, so it belongs in a Job there.
// The statement may be repeated at will. Migrations then run as Mastodon's own
// user: it owns what they create, and so can use it through the pool.
package database

import (
	"fmt"
	"regexp"
	"slices"
	"unicode/utf8"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/room"
)

// Args are the arguments of a Database.
type Args struct {
	// Name of the cluster, unique in the account. Changing it replaces the cluster.
	Name string
	// Region is a DigitalOcean region slug. Changing it migrates the cluster.
	Region string
	// VPCID is the UUID of the VPC that the private host names belong to. Changing
	// it replaces the cluster.
	VPCID pulumi.StringInput
	// Engine is "pg" (Standard) or "advanced_pg" (Advanced). Changing it replaces
	// the cluster.
	Engine string
	// Version is the major version. Raising it upgrades the cluster in place; it
	// cannot be lowered.
	Version string
	// Size is the slug of the plan of every node. A node cannot become smaller.
	Size string
	// Nodes is 1 for a primary alone, 2 or 3 with standbys.
	Nodes int
	// Database is the name of Mastodon's database, such as "mastodon". Changing it
	// makes another, empty one.
	Database string
	// User is the name of Mastodon's user, such as "mastodon".
	User string
	// PoolName is what clients of the pool use as the name of the database.
	PoolName string
	// PoolSize is the number of server connections that the pool may open. Plans
	// allow 25 per GiB of memory, less 3, for all pools together. Changing it
	// replaces the pool, which cuts its connections for a moment.
	PoolSize int
	// Maintenance is the window of updates.
	Maintenance room.Window
	// ClusterID is the Kubernetes cluster whose nodes the firewall admits; nobody
	// else is.
	ClusterID pulumi.StringInput
	// FirewallAfter are the node pools: DigitalOcean refuses a firewall rule for a
	// cluster that has no nodes.
	FirewallAfter []pulumi.Resource
	// Protect keeps the cluster, its database and its user, and the firewall, since
	// a cluster without one is open to the internet. The pool holds nothing.
	Protect bool
}

// Database is a PostgreSQL cluster. Every host name is the private one, which
// resolves in the VPC alone. Connections need TLS, with a certificate of CA.
type Database struct {
	pulumi.ResourceState

	// ID is the UUID of the cluster.
	ID pulumi.StringOutput `pulumi:"id"`
	// ClusterURN is DigitalOcean's name of the cluster, "do:dbaas:<UUID>".
	ClusterURN pulumi.StringOutput `pulumi:"clusterUrn"`
	// Host of the primary.
	Host pulumi.StringOutput `pulumi:"host"`
	// Port of the primary (25060), for migrations and for streaming.
	Port pulumi.IntOutput `pulumi:"port"`
	// PoolHost is the host of the connection pool.
	PoolHost pulumi.StringOutput `pulumi:"poolHost"`
	// PoolPort is the port of the connection pool (25061).
	PoolPort pulumi.IntOutput `pulumi:"poolPort"`
	// PoolName stands for the database's name in connections to the pool.
	PoolName pulumi.StringOutput `pulumi:"poolName"`
	// DatabaseName is Mastodon's database, in direct connections.
	DatabaseName pulumi.StringOutput `pulumi:"databaseName"`
	// Username is Mastodon's user, for direct connections and the pool.
	Username pulumi.StringOutput `pulumi:"username"`
	// Password of Mastodon's user, secret.
	Password pulumi.StringOutput `pulumi:"password"`
	// CA is the cluster's own certificate authority, PEM. It is not a secret.
	CA pulumi.StringOutput `pulumi:"ca"`
	// AdminUsername is the administrator, who is needed only to run Grants.
	AdminUsername pulumi.StringOutput `pulumi:"adminUsername"`
	// AdminPassword of the administrator, secret.
	AdminPassword pulumi.StringOutput `pulumi:"adminPassword"`
	// Grants is the SQL statement that the administrator has to run in the database
	// DatabaseName before the first migration. It may be repeated.
	Grants pulumi.StringOutput `pulumi:"grants"`
	// Ready are the resources to depend on for whatever connects: the firewall that
	// admits it. The hosts say when the rest is there.
	Ready []pulumi.Resource
}

// New makes the database. It needs a DigitalOcean provider among the options.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Database, error) {
	if err := args.validate(); err != nil {
		return nil, err
	}
	d := &Database{}
	if err := ctx.RegisterComponentResource("vmst:database:Database", name, d, opts...); err != nil {
		return nil, fmt.Errorf("registering database %q: %w", name, err)
	}
	parent, keep := pulumi.Parent(d), room.Keep(args.Protect)

	cluster, err := digitalocean.NewDatabaseCluster(ctx, name+"-cluster", &digitalocean.DatabaseClusterArgs{
		Name:               pulumi.String(args.Name),
		Engine:             pulumi.String(args.Engine),
		Version:            pulumi.String(args.Version),
		Size:               pulumi.String(args.Size),
		NodeCount:          pulumi.Int(args.Nodes),
		Region:             pulumi.String(args.Region),
		PrivateNetworkUuid: args.VPCID.ToStringOutput(),
		MaintenanceWindows: args.Maintenance.Inputs(),
	}, parent, keep)
	if err != nil {
		return nil, fmt.Errorf("creating PostgreSQL cluster %q: %w", args.Name, err)
	}
	clusterID := cluster.ID().ToStringOutput()

	db, err := digitalocean.NewDatabaseDb(ctx, name+"-database", &digitalocean.DatabaseDbArgs{
		ClusterId: clusterID,
		Name:      pulumi.String(args.Database),
	}, parent, keep)
	if err != nil {
		return nil, fmt.Errorf("creating database %q in %q: %w", args.Database, args.Name, err)
	}
	user, err := digitalocean.NewDatabaseUser(ctx, name+"-user", &digitalocean.DatabaseUserArgs{
		ClusterId: clusterID,
		Name:      pulumi.String(args.User),
	}, parent, keep)
	if err != nil {
		return nil, fmt.Errorf("creating user %q in %q: %w", args.User, args.Name, err)
	}
	pool, err := digitalocean.NewDatabaseConnectionPool(ctx, name+"-pool", &digitalocean.DatabaseConnectionPoolArgs{
		ClusterId: clusterID,
		Name:      pulumi.String(args.PoolName),
		Mode:      pulumi.String("transaction"),
		Size:      pulumi.Int(args.PoolSize),
		DbName:    db.Name,
		User:      user.Name,
	}, parent, pulumi.DeleteBeforeReplace(true)) // a pool's name is unique in its cluster
	if err != nil {
		return nil, fmt.Errorf("creating connection pool %q in %q: %w", args.PoolName, args.Name, err)
	}
	firewall, err := room.AdmitCluster(ctx, name+"-firewall", clusterID, args.ClusterID, args.FirewallAfter, parent, keep)
	if err != nil {
		return nil, fmt.Errorf("creating firewall of PostgreSQL cluster %q: %w", args.Name, err)
	}
	// The parent carries the provider to the function, too. In a preview of a new
	// cluster the ID is unknown, and so is the certificate.
	ca := digitalocean.GetDatabaseCaOutput(ctx, digitalocean.GetDatabaseCaOutputArgs{ClusterId: clusterID}, parent)

	d.Ready = []pulumi.Resource{firewall}
	d.ID, d.ClusterURN = clusterID, cluster.ClusterUrn
	d.Host, d.Port = cluster.PrivateHost, cluster.Port
	d.PoolHost, d.PoolPort, d.PoolName = pool.PrivateHost, pool.Port, pool.Name
	d.DatabaseName, d.Username, d.Password = db.Name, user.Name, user.Password
	d.CA = ca.Certificate()
	d.AdminUsername, d.AdminPassword = cluster.User, cluster.Password
	d.Grants = pulumi.Sprintf(`GRANT ALL ON SCHEMA public TO "%s"`, user.Name)
	return d, ctx.RegisterResourceOutputs(d, pulumi.Map{
		"id": d.ID, "clusterUrn": d.ClusterURN,
		"host": d.Host, "port": d.Port,
		"poolHost": d.PoolHost, "poolPort": d.PoolPort, "poolName": d.PoolName,
		"databaseName": d.DatabaseName, "username": d.Username, "password": d.Password,
		"ca":            d.CA,
		"adminUsername": d.AdminUsername, "adminPassword": d.AdminPassword,
		"grants": d.Grants,
	})
}

// identifier is a name that PostgreSQL takes with and without quotes.
var identifier = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

func (a *Args) validate() error {
	check := room.NewCheck("database")
	check.Text("Name", a.Name)
	check.Text("Region", a.Region)
	check.Input("VPCID", a.VPCID)
	check.That(slices.Contains([]string{"pg", "advanced_pg"}, a.Engine), `Engine %q is neither "pg" nor "advanced_pg"`, a.Engine)
	check.Text("Version", a.Version)
	check.Text("Size", a.Size)
	check.That(a.Nodes >= 1 && a.Nodes <= 3, "Nodes %d is not between 1 and 3", a.Nodes)
	const rule = "is not a PostgreSQL name of 1 to 63 lower-case letters, digits and underscores"
	check.That(identifier.MatchString(a.Database), "Database %q %s", a.Database, rule)
	check.That(identifier.MatchString(a.User), "User %q %s", a.User, rule)
	// The bounds are the API's, for databases_add_connectionPool.
	length := utf8.RuneCountInString(a.PoolName)
	check.That(length >= 3 && length <= 60, "PoolName %q is not 3 to 60 characters long", a.PoolName)
	check.That(a.PoolSize >= 1, "PoolSize %d is not positive", a.PoolSize)
	check.Window("Maintenance", a.Maintenance)
	check.Input("ClusterID", a.ClusterID)
	return check.Err()
}
