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

// Database is a PostgreSQL cluster.
type Database struct {
	pulumi.ResourceState

	// Database is the cluster. Its endpoint is the administrator's, in Mastodon's database, to run Grants.
	*managed.Database
	// Direct is the primary, as Mastodon's user in its database.
	Direct managed.Endpoint
	// Pool is the connection pool, as the same user; nil if there is none. Its name stands for the database's in
	// connections.
	Pool *managed.Endpoint
	// Grants is the SQL statement that the administrator has to run before the first migration. It may be repeated.
	Grants pulumi.StringOutput
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
	outputs := pulumi.Map{"id": d.ID, "host": d.Host, "port": d.Port}
	if d.Pool != nil {
		outputs["poolHost"], outputs["poolPort"] = d.Pool.Host, d.Pool.Port
	}
	return d, ctx.RegisterResourceOutputs(d, outputs)
}

// cluster makes the cluster and its firewall.
func (d *Database) cluster(ctx *pulumi.Context, name string, args *Args) error {
	cluster, err := managed.New(ctx, name, &managed.Args{
		Place: args.Place, Name: args.Name, Engine: args.Engine, Version: args.Version,
		Size: args.Size, Nodes: args.Nodes, Maintenance: args.Maintenance, Growth: args.Growth,
		Protect: args.Protect,
	}, d)
	if err != nil {
		return err
	}
	d.Database = cluster
	d.SSLMode = args.TLS
	if args.Authority == settings.AuthorityCluster {
		d.CA = d.Authority(ctx, d)
	}
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
	d.Name, d.Direct = db.Name, d.Endpoint
	d.Direct.Name, d.Direct.Username, d.Direct.Password = db.Name, user.Name, user.Password
	d.Grants = pulumi.Sprintf(`GRANT ALL ON SCHEMA public TO "%s"`, user.Name)
	return nil
}

// pool makes the connection pool, if there is to be one.
func (d *Database) pool(ctx *pulumi.Context, name string, args *Args) error {
	if args.PoolSize == 0 {
		return nil
	}
	pool, err := digitalocean.NewDatabaseConnectionPool(ctx, name+"-pool", &digitalocean.DatabaseConnectionPoolArgs{
		ClusterId: d.ID,
		Name:      pulumi.String(args.Application + "-pool"),
		Mode:      pulumi.String("transaction"),
		Size:      pulumi.Int(args.PoolSize),
		DbName:    d.Direct.Name,
		User:      d.Direct.Username,
	}, pulumi.Parent(d), pulumi.DeleteBeforeReplace(true)) // a pool's name is unique in its cluster
	if err != nil {
		return fmt.Errorf("creating connection pool %q in %q: %w", args.Application+"-pool", args.Name, err)
	}
	direct := d.Direct
	d.Pool = &direct
	d.Pool.Host, d.Pool.Port, d.Pool.Name = pool.PrivateHost, pool.Port, pool.Name
	return nil
}
