// Package cache makes the managed Valkey clusters: the one that holds Mastodon's job queues and home feeds, and
// optionally a second one for the Rails cache.
//
// The first never evicts: a queue that drops jobs loses posts without a trace. The second drops what was not used for
// longest, because everything in it can be computed again.
//
// DigitalOcean's Valkey speaks TLS only, with certificates of a public authority, so clients need no CA file
// (docs.digitalocean.com, databases, "How to Connect").
package cache

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/catalogue"
	"github.com/vmstio/infrastructure/infra/internal/component"
	"github.com/vmstio/infrastructure/infra/internal/managed"
	"github.com/vmstio/infrastructure/infra/settings"
)

// The eviction policies in use, as the API spells them.
const (
	neverEvict       = "noeviction"
	evictLeastRecent = "allkeys_lru"
)

// Args are the arguments of a Cache.
type Args struct {
	settings.Cache
	managed.Place
	// Name and RailsName are those of the clusters, unique in the account. Changing one replaces the cluster.
	Name, RailsName string
	// Protect keeps the first cluster and its firewall. The Rails cache holds nothing worth keeping.
	Protect bool
}

// Cache is one Valkey cluster, or two.
type Cache struct {
	pulumi.ResourceState

	// Database is the cluster of the job queues and feeds.
	*managed.Database
	// Rails is the cluster of the Rails cache, nil if there is none.
	Rails *managed.Database
	// Ready is what is ready of both.
	Ready []pulumi.Resource
}

// New makes the cache. It needs a DigitalOcean provider among the options.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Cache, error) {
	required := map[string]any{
		"Name": args.Name, "Region": args.Region, "VPCID": args.VPCID, "ClusterID": args.ClusterID,
	}
	if args.Rails != nil {
		required["RailsName"] = args.RailsName
	}
	if err := component.Require("cache", required); err != nil {
		return nil, err
	}
	c := &Cache{}
	if err := ctx.RegisterComponentResource("vmst:cache:Cache", name, c, opts...); err != nil {
		return nil, fmt.Errorf("registering cache %q: %w", name, err)
	}
	queues := managed.Args{
		Place: args.Place, Name: args.Name, Engine: catalogue.Valkey, Version: args.Version,
		Size: args.Size, Nodes: args.Nodes, Maintenance: args.Maintenance,
		Eviction: pulumi.String(neverEvict), Protect: args.Protect,
	}
	var err error
	if c.Database, err = managed.New(ctx, name, &queues, c); err != nil {
		return nil, err
	}
	c.Ready = c.Database.Ready
	outputs := pulumi.Map{"id": c.ID, "host": c.Host, "port": c.Port}
	if args.Rails != nil {
		rails := queues
		rails.Name, rails.Size, rails.Nodes = args.RailsName, args.Rails.Size, args.Rails.Nodes
		rails.Eviction, rails.Protect = pulumi.String(evictLeastRecent), false
		if c.Rails, err = managed.New(ctx, name+"-rails", &rails, c); err != nil {
			return nil, err
		}
		c.Ready = slices.Concat(c.Ready, c.Rails.Ready)
		outputs["rails"] = pulumi.Map{"id": c.Rails.ID, "host": c.Rails.Host, "port": c.Rails.Port}
	}
	return c, ctx.RegisterResourceOutputs(c, outputs)
}
