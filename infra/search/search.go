// Package search makes the managed OpenSearch cluster behind Mastodon's full-text
// search.
//
// Nothing in it is protected: every index is built from the database, and
// `tootctl search deploy` builds it again.
package search

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/room"
)

// presets are the values of Mastodon's ES_PRESET (docs.joinmastodon.org,
// "Configuring full-text search").
var presets = []string{"single_node_cluster", "small_cluster", "large_cluster"}

// Args are the arguments of a Search.
type Args struct {
	// Name of the cluster, unique in the account. Changing it replaces the cluster.
	Name string
	// Region is a DigitalOcean region slug. Changing it migrates the cluster.
	Region string
	// VPCID is the UUID of the VPC that the private host name belongs to. Changing
	// it replaces the cluster.
	VPCID pulumi.StringInput
	// Version of OpenSearch, such as "2.19".
	Version string
	// Size is the slug of the plan of every node.
	Size string
	// Nodes is the number of nodes.
	Nodes int
	// IndexPreset says how many shards and replicas an index has:
	// "single_node_cluster", "small_cluster" or "large_cluster". The first has no
	// replicas, which a single node could not place.
	IndexPreset string
	// Maintenance is the window of updates.
	Maintenance room.Window
	// ClusterID is the Kubernetes cluster whose nodes the firewall admits; nobody
	// else is.
	ClusterID pulumi.StringInput
	// FirewallAfter are the node pools: DigitalOcean refuses a firewall rule for a
	// cluster that has no nodes.
	FirewallAfter []pulumi.Resource
}

// Search is an OpenSearch cluster. It speaks HTTPS.
type Search struct {
	pulumi.ResourceState

	// ID is the UUID of the cluster.
	ID pulumi.StringOutput `pulumi:"id"`
	// ClusterURN is DigitalOcean's name of the cluster, "do:dbaas:<UUID>".
	ClusterURN pulumi.StringOutput `pulumi:"clusterUrn"`
	// Host is the private host name, without a scheme.
	Host pulumi.StringOutput `pulumi:"host"`
	// Port of the cluster (25060).
	Port pulumi.IntOutput `pulumi:"port"`
	// Username of the administrator.
	Username pulumi.StringOutput `pulumi:"username"`
	// Password of the administrator, secret.
	Password pulumi.StringOutput `pulumi:"password"`
	// CA is the certificate authority that DigitalOcean offers for HTTPS clients of
	// the cluster, PEM (ES_CA_FILE). It is not a secret.
	CA pulumi.StringOutput `pulumi:"ca"`
	// IndexPreset is the argument of that name (ES_PRESET).
	IndexPreset string
	// Ready are the resources to depend on for whatever connects: the firewall that
	// admits it. The host says when the rest is there.
	Ready []pulumi.Resource
}

// New makes the search engine. It needs a DigitalOcean provider among the options.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Search, error) {
	if err := args.validate(); err != nil {
		return nil, err
	}
	s := &Search{}
	if err := ctx.RegisterComponentResource("vmst:search:Search", name, s, opts...); err != nil {
		return nil, fmt.Errorf("registering search %q: %w", name, err)
	}
	parent := pulumi.Parent(s)

	cluster, err := digitalocean.NewDatabaseCluster(ctx, name+"-cluster", &digitalocean.DatabaseClusterArgs{
		Name:               pulumi.String(args.Name),
		Engine:             pulumi.String("opensearch"),
		Version:            pulumi.String(args.Version),
		Size:               pulumi.String(args.Size),
		NodeCount:          pulumi.Int(args.Nodes),
		Region:             pulumi.String(args.Region),
		PrivateNetworkUuid: args.VPCID.ToStringOutput(),
		MaintenanceWindows: args.Maintenance.Inputs(),
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("creating OpenSearch cluster %q: %w", args.Name, err)
	}
	clusterID := cluster.ID().ToStringOutput()

	firewall, err := room.AdmitCluster(ctx, name+"-firewall", clusterID, args.ClusterID, args.FirewallAfter, parent)
	if err != nil {
		return nil, fmt.Errorf("creating firewall of OpenSearch cluster %q: %w", args.Name, err)
	}
	// The parent carries the provider to the function, too. In a preview of a new
	// cluster the ID is unknown, and so is the certificate.
	ca := digitalocean.GetDatabaseCaOutput(ctx, digitalocean.GetDatabaseCaOutputArgs{ClusterId: clusterID}, parent)

	s.Ready = []pulumi.Resource{firewall}
	s.ID, s.ClusterURN = clusterID, cluster.ClusterUrn
	s.Host, s.Port = cluster.PrivateHost, cluster.Port
	s.Username, s.Password = cluster.User, cluster.Password
	s.CA = ca.Certificate()
	s.IndexPreset = args.IndexPreset
	return s, ctx.RegisterResourceOutputs(s, pulumi.Map{
		"id": s.ID, "clusterUrn": s.ClusterURN,
		"host": s.Host, "port": s.Port, "username": s.Username, "password": s.Password,
		"ca": s.CA, "indexPreset": pulumi.String(s.IndexPreset),
	})
}

func (a *Args) validate() error {
	check := room.NewCheck("search")
	check.Text("Name", a.Name)
	check.Text("Region", a.Region)
	check.Input("VPCID", a.VPCID)
	check.Text("Version", a.Version)
	check.Text("Size", a.Size)
	check.That(a.Nodes >= 1, "Nodes %d is not positive", a.Nodes)
	check.That(slices.Contains(presets, a.IndexPreset), "IndexPreset %q is none of %q", a.IndexPreset, presets)
	check.Window("Maintenance", a.Maintenance)
	check.Input("ClusterID", a.ClusterID)
	return check.Err()
}
