// Package cache makes the managed Valkey clusters: the one that holds Mastodon's
// job queues and home feeds, and optionally a second one for the Rails cache.
//
// The first never evicts: a queue that drops jobs loses posts without a trace. The
// second drops what was not used for longest, because everything in it can be
// computed again.
//
// DigitalOcean's Valkey speaks TLS only, with certificates of a public authority,
// so clients need no CA file (docs.digitalocean.com, databases, "How to Connect").
package cache

import (
	"fmt"
	"net/url"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/room"
)

// The eviction policies in use, as the API spells them.
const (
	neverEvict       = "noeviction"
	evictLeastRecent = "allkeys_lru"
)

// Args are the arguments of a Cache.
type Args struct {
	// Name of the cluster, unique in the account. Changing it replaces the cluster.
	Name string
	// Region is a DigitalOcean region slug. Changing it migrates the clusters.
	Region string
	// VPCID is the UUID of the VPC that the private host names belong to. Changing
	// it replaces the clusters.
	VPCID pulumi.StringInput
	// Version is the major version.
	Version string
	// Size is the slug of the plan of every node.
	Size string
	// Nodes is 1, or 2 to 3 with standbys.
	Nodes int
	// Maintenance is the window of updates.
	Maintenance room.Window
	// ClusterID is the Kubernetes cluster whose nodes the firewalls admit; nobody
	// else is.
	ClusterID pulumi.StringInput
	// FirewallAfter are the node pools: DigitalOcean refuses a firewall rule for a
	// cluster that has no nodes.
	FirewallAfter []pulumi.Resource
	// Rails is the second cluster, for the Rails cache. Nil for none.
	Rails *RailsArgs
	// Protect keeps the first cluster, and its firewall, since a cluster without one
	// is open to the internet. The Rails cache holds nothing worth keeping.
	Protect bool
}

// RailsArgs are what differs in the cluster for the Rails cache.
type RailsArgs struct {
	// Name of the cluster, unique in the account.
	Name string
	// Size is the slug of the plan of every node.
	Size string
	// Nodes is 1, or 2 to 3 with standbys.
	Nodes int
}

// Endpoint is how to reach one Valkey cluster from within the VPC.
type Endpoint struct {
	// ID is the UUID of the cluster.
	ID pulumi.StringOutput `pulumi:"id"`
	// ClusterURN is DigitalOcean's name of the cluster, "do:dbaas:<UUID>".
	ClusterURN pulumi.StringOutput `pulumi:"clusterUrn"`
	// Host is the private host name.
	Host pulumi.StringOutput `pulumi:"host"`
	// Port of the cluster (25061).
	Port pulumi.IntOutput `pulumi:"port"`
	// Password of the user "default", secret.
	Password pulumi.StringOutput `pulumi:"password"`
	// URL holds all of it, "rediss://default:<password>@<host>:<port>", secret.
	URL pulumi.StringOutput `pulumi:"url"`
}

// Cache is one Valkey cluster, or two.
type Cache struct {
	pulumi.ResourceState

	// Endpoint is the cluster of the job queues and feeds.
	Endpoint
	// Rails is the cluster of the Rails cache, nil if there is none.
	Rails *Endpoint
	// URNs are DigitalOcean's names of all clusters.
	URNs []pulumi.StringOutput
	// Ready are the resources to depend on for whatever connects: the firewalls that
	// admit it. The hosts say when the rest is there.
	Ready []pulumi.Resource
}

// New makes the cache. It needs a DigitalOcean provider among the options.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Cache, error) {
	if err := args.validate(); err != nil {
		return nil, err
	}
	c := &Cache{}
	if err := ctx.RegisterComponentResource("vmst:cache:Cache", name, c, opts...); err != nil {
		return nil, fmt.Errorf("registering cache %q: %w", name, err)
	}

	queues := plan{Name: args.Name, Size: args.Size, Nodes: args.Nodes}
	endpoint, err := c.cluster(ctx, name, args, queues, neverEvict, args.Protect)
	if err != nil {
		return nil, err
	}
	c.Endpoint = *endpoint
	c.URNs = []pulumi.StringOutput{endpoint.ClusterURN}
	outputs := endpoint.outputs()

	if args.Rails != nil {
		c.Rails, err = c.cluster(ctx, name+"-rails", args, plan(*args.Rails), evictLeastRecent, false)
		if err != nil {
			return nil, err
		}
		c.URNs = append(c.URNs, c.Rails.ClusterURN)
		outputs["rails"] = c.Rails.outputs()
	}
	return c, ctx.RegisterResourceOutputs(c, outputs)
}

// plan is what makes one cluster differ from the other.
type plan struct {
	Name  string
	Size  string
	Nodes int
}

// cluster makes one Valkey cluster and its firewall.
func (c *Cache) cluster(ctx *pulumi.Context, name string, args *Args, plan plan, eviction string, protect bool) (*Endpoint, error) {
	parent, keep := pulumi.Parent(c), room.Keep(protect)
	cluster, err := digitalocean.NewDatabaseCluster(ctx, name+"-cluster", &digitalocean.DatabaseClusterArgs{
		Name:               pulumi.String(plan.Name),
		Engine:             pulumi.String("valkey"),
		Version:            pulumi.String(args.Version),
		Size:               pulumi.String(plan.Size),
		NodeCount:          pulumi.Int(plan.Nodes),
		Region:             pulumi.String(args.Region),
		PrivateNetworkUuid: args.VPCID.ToStringOutput(),
		EvictionPolicy:     pulumi.String(eviction),
		MaintenanceWindows: args.Maintenance.Inputs(),
	}, parent, keep)
	if err != nil {
		return nil, fmt.Errorf("creating Valkey cluster %q: %w", plan.Name, err)
	}
	clusterID := cluster.ID().ToStringOutput()

	firewall, err := room.AdmitCluster(ctx, name+"-firewall", clusterID, args.ClusterID, args.FirewallAfter, parent, keep)
	if err != nil {
		return nil, fmt.Errorf("creating firewall of Valkey cluster %q: %w", plan.Name, err)
	}

	c.Ready = append(c.Ready, firewall)
	return &Endpoint{
		ID: clusterID, ClusterURN: cluster.ClusterUrn,
		Host: cluster.PrivateHost, Port: cluster.Port, Password: cluster.Password,
		URL: pulumi.All(cluster.User, cluster.Password, cluster.PrivateHost, cluster.Port).ApplyT(func(v []any) string {
			u := url.URL{
				Scheme: "rediss",
				User:   url.UserPassword(v[0].(string), v[1].(string)),
				Host:   fmt.Sprintf("%s:%d", v[2], v[3]),
			}
			return u.String()
		}).(pulumi.StringOutput),
	}, nil
}

func (e *Endpoint) outputs() pulumi.Map {
	return pulumi.Map{
		"id": e.ID, "clusterUrn": e.ClusterURN,
		"host": e.Host, "port": e.Port, "password": e.Password, "url": e.URL,
	}
}

func (a *Args) validate() error {
	check := room.NewCheck("cache")
	check.Text("Name", a.Name)
	check.Text("Region", a.Region)
	check.Input("VPCID", a.VPCID)
	check.Text("Version", a.Version)
	check.Text("Size", a.Size)
	check.That(a.Nodes >= 1 && a.Nodes <= 3, "Nodes %d is not between 1 and 3", a.Nodes)
	check.Window("Maintenance", a.Maintenance)
	check.Input("ClusterID", a.ClusterID)
	if r := a.Rails; r != nil {
		check.Text("Rails.Name", r.Name)
		check.That(r.Name == "" || r.Name != a.Name, "Rails.Name %q is the Name of the first cluster", r.Name)
		check.Text("Rails.Size", r.Size)
		check.That(r.Nodes >= 1 && r.Nodes <= 3, "Rails.Nodes %d is not between 1 and 3", r.Nodes)
	}
	return check.Err()
}
