// Package search makes the managed OpenSearch cluster behind Mastodon's full-text search.
//
// Nothing in it is protected: every index is built from the database, and `tootctl search deploy` builds it again.
package search

import (
	"fmt"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
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

// Search is an OpenSearch cluster. It speaks HTTPS.
type Search struct {
	pulumi.ResourceState

	// ID is the UUID of the cluster.
	ID pulumi.StringOutput
	// ClusterURN is DigitalOcean's name of the cluster, "do:dbaas:<UUID>".
	ClusterURN pulumi.StringOutput
	// Host is the private host name, without a scheme.
	Host pulumi.StringOutput
	// Port of the cluster (25060).
	Port pulumi.IntOutput
	// Username of the administrator.
	Username pulumi.StringOutput
	// Password of the administrator, secret.
	Password pulumi.StringOutput
	// CA is the certificate authority that DigitalOcean offers for HTTPS clients of the cluster, PEM (ES_CA_FILE). It
	// is not a secret.
	CA pulumi.StringOutput
	// Ready are the resources to depend on for whatever connects: the firewall that admits it. The host says when the
	// rest is there.
	Ready []pulumi.Resource
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
	db, err := managed.New(ctx, name, &managed.Args{
		Place: args.Place, Name: args.Name, Engine: catalogue.OpenSearch, Version: args.Version,
		Size: args.Size, Nodes: args.Nodes, Maintenance: args.Maintenance,
	}, s)
	if err != nil {
		return nil, err
	}
	s.ID, s.ClusterURN, s.Ready = db.ID, db.Cluster.ClusterUrn, []pulumi.Resource{db.Firewall}
	s.Host, s.Port = db.Cluster.PrivateHost, db.Cluster.Port
	s.Username, s.Password = db.Cluster.User, db.Cluster.Password
	// The parent carries the provider to the function, too. In a preview of a new cluster the ID is unknown, and so is
	// the certificate.
	s.CA = digitalocean.GetDatabaseCaOutput(ctx,
		digitalocean.GetDatabaseCaOutputArgs{ClusterId: db.ID}, pulumi.Parent(s)).Certificate()
	return s, ctx.RegisterResourceOutputs(s, pulumi.Map{"id": s.ID, "host": s.Host, "port": s.Port})
}
