// Package network makes the private network that the environment's parts talk over.
package network

import (
	"fmt"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/internal/component"
	"github.com/vmstio/infrastructure/infra/settings"
)

// Args are the arguments of a Network.
type Args struct {
	settings.Network
	// Name of the VPC, unique in the account.
	Name string
	// Region is a DigitalOcean region slug. Changing it replaces the VPC.
	Region string
	// Protect keeps the VPC: a new one would take every database and the load balancer with it.
	Protect bool
}

// Network is a VPC.
type Network struct {
	pulumi.ResourceState

	// VPCID is the UUID of the VPC.
	VPCID pulumi.StringOutput
}

// New makes the network. It needs a DigitalOcean provider among the options.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Network, error) {
	if err := component.Require("network", map[string]any{"Name": args.Name, "Region": args.Region}); err != nil {
		return nil, err
	}
	n := &Network{}
	if err := ctx.RegisterComponentResource("vmst:network:Network", name, n, opts...); err != nil {
		return nil, fmt.Errorf("registering network %q: %w", name, err)
	}
	vpc, err := digitalocean.NewVpc(ctx, name+"-vpc", &digitalocean.VpcArgs{
		Name:        pulumi.String(args.Name),
		Region:      pulumi.String(args.Region),
		IpRange:     pulumi.String(args.IPRange),
		Description: pulumi.String("Private network of the Mastodon instance"),
	}, pulumi.Parent(n), component.Keep(args.Protect), pulumi.Timeouts(&pulumi.CustomTimeouts{
		// The Droplets of a deleted cluster stay in it for minutes, and the provider's own patience is two
		// (terraform-provider-digitalocean, vpc/resource_vpc.go).
		Delete: "30m",
	}))
	if err != nil {
		return nil, fmt.Errorf("creating VPC %q: %w", args.Name, err)
	}
	n.VPCID = vpc.ID().ToStringOutput()
	return n, ctx.RegisterResourceOutputs(n, pulumi.Map{"vpcId": n.VPCID})
}
