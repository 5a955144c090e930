// Package search makes the managed OpenSearch cluster behind Mastodon's full-text search.
//
// Nothing in it is protected: every index is built from the database, and `tootctl search deploy` builds it again.
package search

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/catalogue"
	"github.com/vmstio/infrastructure/infra/internal/component"
	"github.com/vmstio/infrastructure/infra/internal/managed"
	"github.com/vmstio/infrastructure/infra/settings"
)

// Args are the arguments of a Search.
type Args struct {
	settings.Search
	managed.Place
	// Name of the cluster, unique in the account. Changing it replaces the cluster.
	Name string
}

// Search is an OpenSearch cluster.
type Search struct {
	pulumi.ResourceState

	// Database is the cluster. It speaks HTTPS, with a certificate of the authority that DigitalOcean offers for it, or
	// of a public one where it offers none: no page says which it is.
	*managed.Database
}

// New makes the search engine. It needs a DigitalOcean provider among the options.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Search, error) {
	if err := component.Require("search", map[string]any{
		"Name": args.Name, "Region": args.Region, "VPCID": args.VPCID, "ClusterID": args.ClusterID,
	}); err != nil {
		return nil, err
	}
	s := &Search{}
	if err := ctx.RegisterComponentResource("vmst:search:Search", name, s, opts...); err != nil {
		return nil, fmt.Errorf("registering search %q: %w", name, err)
	}
	var err error
	s.Database, err = managed.New(ctx, name, &managed.Args{
		Place: args.Place, Name: args.Name, Engine: catalogue.OpenSearch, Version: args.Version,
		Size: args.Size, Nodes: args.Nodes, Maintenance: args.Maintenance,
		// docs.digitalocean.com, OpenSearch, "Create": no upgrade of a cluster.
		Fixed: true,
	}, s)
	if err != nil {
		return nil, err
	}
	s.CA = s.Authority(ctx, s)
	return s, ctx.RegisterResourceOutputs(s, pulumi.Map{"id": s.ID, "host": s.Host, "port": s.Port})
}
