// Package database makes the managed PostgreSQL cluster that holds everything an instance knows: the cluster,
// Mastodon's user and database, the connection pool in front of it, and the firewall around it.
//
// # Rights of the user
//
// A user that is made through DigitalOcean's API may connect, and nothing more: the API has no rights to grant, and
// every database that it makes belongs to the administrator, doadmin (provider documentation of
// digitalocean_database_user; docs.digitalocean.com, "Modify User Privileges in PostgreSQL Databases"). Since
// PostgreSQL 15 only the owner of a database may create tables in its schema "public", so Mastodon's first migration
// fails with "permission denied for schema public".
//
// Somebody who can reach the cluster has to run [Database.Grants] once, as the administrator and in Mastodon's
// database, before the first migration. The firewall admits nobody but the Kubernetes cluster, so it belongs in a Job
// there. The statement may be repeated at will. Migrations then run as Mastodon's own user: it owns what they create,
// and so can use it through the pool.
package database

import (
	"fmt"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/internal/component"
	"github.com/vmstio/infrastructure/infra/internal/managed"
	"github.com/vmstio/infrastructure/infra/settings"
)

// Args are the arguments of a Database.
type Args struct {
	settings.Database
	managed.Place
	// Name of the cluster, unique in the account. Changing it replaces the cluster.
	Name string
	// Application names Mastodon's database, its user and, with "-pool", its pool. Changing it makes another, empty
	// database.
	Application string
	// Protect keeps the cluster, its firewall, the database and the user. The pool holds nothing.
	Protect bool
}

// Database is a PostgreSQL cluster. Every host name is the private one, which resolves in the VPC alone. Connections
// need TLS, with a certificate of CA.
type Database struct {
	pulumi.ResourceState

	// ID is the UUID of the cluster.
	ID pulumi.StringOutput
	// ClusterURN is DigitalOcean's name of the cluster, "do:dbaas:<UUID>".
	ClusterURN pulumi.StringOutput
	// Host of the primary.
	Host pulumi.StringOutput
	// Port of the primary (25060), for migrations and for streaming.
	Port pulumi.IntOutput
	// PoolHost is the host of the connection pool.
	PoolHost pulumi.StringOutput
	// PoolPort is the port of the connection pool (25061).
	PoolPort pulumi.IntOutput
	// PoolName stands for the database's name in connections to the pool.
	PoolName pulumi.StringOutput
	// DatabaseName is Mastodon's database, in direct connections.
	DatabaseName pulumi.StringOutput
	// Username is Mastodon's user, for direct connections and the pool.
	Username pulumi.StringOutput
	// Password of Mastodon's user, secret.
	Password pulumi.StringOutput
	// CA is the cluster's own certificate authority, PEM. It is not a secret.
	CA pulumi.StringOutput
	// AdminUsername is the administrator, who is needed only to run Grants.
	AdminUsername pulumi.StringOutput
	// AdminPassword of the administrator, secret.
	AdminPassword pulumi.StringOutput
	// Grants is the SQL statement that the administrator has to run in the database DatabaseName before the first
	// migration. It may be repeated.
	Grants pulumi.StringOutput
	// Ready are the resources to depend on for whatever connects: the firewall that admits it. The hosts say when the
	// rest is there.
	Ready []pulumi.Resource
}

// New makes the database. It needs a DigitalOcean provider among the options.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Database, error) {
	if err := component.Require("database", map[string]any{
		"Name": args.Name, "Application": args.Application,
		"Region": args.Region, "VPCID": args.VPCID, "ClusterID": args.ClusterID,
	}); err != nil {
		return nil, err
	}
	d := &Database{}
	if err := ctx.RegisterComponentResource("vmst:database:Database", name, d, opts...); err != nil {
		return nil, fmt.Errorf("registering database %q: %w", name, err)
	}
	for _, step := range []func(*pulumi.Context, string, *Args) error{d.cluster, d.owner, d.pool} {
		if err := step(ctx, name, args); err != nil {
			return nil, err
		}
	}
	return d, ctx.RegisterResourceOutputs(d, pulumi.Map{
		"id": d.ID, "host": d.Host, "port": d.Port, "poolHost": d.PoolHost, "poolPort": d.PoolPort,
	})
}

// cluster makes the cluster and its firewall.
func (d *Database) cluster(ctx *pulumi.Context, name string, args *Args) error {
	db, err := managed.New(ctx, name, &managed.Args{
		Place: args.Place, Name: args.Name, Engine: args.Engine, Version: args.Version,
		Size: args.Size, Nodes: args.Nodes, Maintenance: args.Maintenance, Protect: args.Protect,
	}, d)
	if err != nil {
		return err
	}
	d.ID, d.ClusterURN, d.Ready = db.ID, db.Cluster.ClusterUrn, []pulumi.Resource{db.Firewall}
	d.Host, d.Port = db.Cluster.PrivateHost, db.Cluster.Port
	d.AdminUsername, d.AdminPassword = db.Cluster.User, db.Cluster.Password
	// The parent carries the provider to the function, too. In a preview of a new cluster the ID is unknown, and so is
	// the certificate.
	d.CA = digitalocean.GetDatabaseCaOutput(ctx,
		digitalocean.GetDatabaseCaOutputArgs{ClusterId: db.ID}, pulumi.Parent(d)).Certificate()
	return nil
}

// owner makes Mastodon's database and its user.
func (d *Database) owner(ctx *pulumi.Context, name string, args *Args) error {
	parent, keep := pulumi.Parent(d), component.Keep(args.Protect)
	db, err := digitalocean.NewDatabaseDb(ctx, name+"-database", &digitalocean.DatabaseDbArgs{
		ClusterId: d.ID,
		Name:      pulumi.String(args.Application),
	}, parent, keep)
	if err != nil {
		return fmt.Errorf("creating database %q in %q: %w", args.Application, args.Name, err)
	}
	user, err := digitalocean.NewDatabaseUser(ctx, name+"-user", &digitalocean.DatabaseUserArgs{
		ClusterId: d.ID,
		Name:      pulumi.String(args.Application),
	}, parent, keep)
	if err != nil {
		return fmt.Errorf("creating user %q in %q: %w", args.Application, args.Name, err)
	}
	d.DatabaseName, d.Username, d.Password = db.Name, user.Name, user.Password
	d.Grants = pulumi.Sprintf(`GRANT ALL ON SCHEMA public TO "%s"`, user.Name)
	return nil
}

// pool makes the connection pool.
func (d *Database) pool(ctx *pulumi.Context, name string, args *Args) error {
	pool, err := digitalocean.NewDatabaseConnectionPool(ctx, name+"-pool", &digitalocean.DatabaseConnectionPoolArgs{
		ClusterId: d.ID,
		Name:      pulumi.String(args.Application + "-pool"),
		Mode:      pulumi.String("transaction"),
		Size:      pulumi.Int(args.PoolSize),
		DbName:    d.DatabaseName,
		User:      d.Username,
	}, pulumi.Parent(d), pulumi.DeleteBeforeReplace(true)) // a pool's name is unique in its cluster
	if err != nil {
		return fmt.Errorf("creating connection pool %q in %q: %w", args.Application+"-pool", args.Name, err)
	}
	d.PoolHost, d.PoolPort, d.PoolName = pool.PrivateHost, pool.Port, pool.Name
	return nil
}
