// Package network makes the private network that the environment's parts talk
// over.
package network

import (
	"fmt"
	"net/netip"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/room"
)

// Args are the arguments of a Network.
type Args struct {
	// Name of the VPC, unique in the account.
	Name string
	// Region is a DigitalOcean region slug. Changing it replaces the VPC.
	Region string
	// IPRange is the VPC's range in CIDR notation. Changing it replaces the VPC.
	IPRange string
	// Reserved are ranges in CIDR notation that the VPC must not overlap: those of
	// the cluster's pods and Services, which are routed inside it.
	Reserved []string
	// Protect keeps the VPC: a new one would take every database and the load
	// balancer with it.
	Protect bool
}

// Network is a VPC.
type Network struct {
	pulumi.ResourceState

	// VPCID is the UUID of the VPC.
	VPCID pulumi.StringOutput `pulumi:"vpcId"`
}

// New makes the network. It needs a DigitalOcean provider among the options.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Network, error) {
	if err := args.validate(); err != nil {
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
	}, pulumi.Parent(n), room.Keep(args.Protect))
	if err != nil {
		return nil, fmt.Errorf("creating VPC %q: %w", args.Name, err)
	}

	n.VPCID = vpc.ID().ToStringOutput()
	return n, ctx.RegisterResourceOutputs(n, pulumi.Map{"vpcId": n.VPCID})
}

func (a *Args) validate() error {
	check := room.NewCheck("network")
	check.Text("Name", a.Name)
	check.Text("Region", a.Region)
	own, err := netip.ParsePrefix(a.IPRange)
	check.That(err == nil, "IPRange %q is not a range in CIDR notation", a.IPRange)
	for i, reserved := range a.Reserved {
		other, rerr := netip.ParsePrefix(reserved)
		check.That(rerr == nil, "Reserved[%d] %q is not a range in CIDR notation", i, reserved)
		check.That(err != nil || rerr != nil || !own.Overlaps(other), "IPRange %s overlaps Reserved[%d] %s", a.IPRange, i, reserved)
	}
	return check.Err()
}
