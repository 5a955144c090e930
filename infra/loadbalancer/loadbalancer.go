// Package loadbalancer makes the load balancer that holds the public address of the environment.
//
// It belongs to the program and not to the cluster, so that the address, and with it every name that points to it,
// outlives the ingress controller and the cluster. The controller's Service adopts it by its ID; from then on the
// cluster's cloud controller sets it up.
package loadbalancer

import (
	"fmt"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/internal/component"
	"github.com/vmstio/infrastructure/infra/settings"
)

// Args are the arguments of a LoadBalancer. Whoever adopts it must ask for the same name, type, number of nodes and
// proxy protocol, because the cloud controller writes all of them.
type Args struct {
	settings.LoadBalancer
	// Name of the load balancer, unique in the account.
	Name string
	// Region is a DigitalOcean region slug. Changing it replaces the load balancer and its address.
	Region string
	// VPCID is the UUID of the VPC, the cluster's. Changing it replaces the load balancer and its address.
	VPCID pulumi.StringInput
	// Protect keeps the load balancer, for its address.
	Protect bool
}

// LoadBalancer is a load balancer with public addresses.
type LoadBalancer struct {
	pulumi.ResourceState

	// ID is the UUID of the load balancer.
	ID pulumi.StringOutput
	// IP is its public IPv4 address, and IPv6 the other one; empty where the network stack has none.
	IP, IPv6 pulumi.StringOutput
	// Ready is the load balancer itself, for whatever must go before it does.
	Ready []pulumi.Resource
}

// managed is what the cloud controller writes from the Service that adopts the load balancer
// (digitalocean-cloud-controller-manager, loadbalancers.go, buildLoadBalancerRequest), and what is left of the
// updatable properties.
//
// None of it is ever updated from here, not even name and size, which both sides know: the provider sends the whole
// load balancer with every update, and that would put the forwarding rules below in the place of the controller's.
var managed = []string{
	"name", "sizeUnit", "forwardingRules", "healthcheck", "enableProxyProtocol", "dropletIds", "dropletTag",
	"stickySessions", "redirectHttpToHttps", "enableBackendKeepalive", "disableLetsEncryptDnsRecords",
	"httpIdleTimeoutSeconds", "firewall", "projectId", "tlsCipherPolicy",
}

// New makes the load balancer. It needs a DigitalOcean provider among the options.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*LoadBalancer, error) {
	if err := component.Require("load balancer", map[string]any{
		"Name": args.Name, "Region": args.Region, "VPCID": args.VPCID,
	}); err != nil {
		return nil, err
	}
	l := &LoadBalancer{}
	if err := ctx.RegisterComponentResource("vmst:loadbalancer:LoadBalancer", name, l, opts...); err != nil {
		return nil, fmt.Errorf("registering load balancer %q: %w", name, err)
	}
	balancer, err := digitalocean.NewLoadBalancer(ctx, name+"-loadbalancer", &digitalocean.LoadBalancerArgs{
		Name:                pulumi.String(args.Name),
		Region:              pulumi.String(args.Region),
		VpcUuid:             args.VPCID.ToStringOutput().ToStringPtrOutput(),
		Type:                pulumi.String(args.Type),
		Network:             pulumi.String("EXTERNAL"),
		NetworkStack:        pulumi.String(args.NetworkStack),
		SizeUnit:            pulumi.Int(args.Nodes),
		EnableProxyProtocol: pulumi.Bool(args.ProxyProtocol),
		// The API wants a rule to begin with. Nothing answers on these ports until the controller puts those of the
		// Service in their place.
		ForwardingRules: digitalocean.LoadBalancerForwardingRuleArray{forward(80), forward(443)},
	}, pulumi.Parent(l), component.Keep(args.Protect), pulumi.IgnoreChanges(managed))
	if err != nil {
		return nil, fmt.Errorf("creating load balancer %q: %w", args.Name, err)
	}
	l.ID, l.IP = balancer.ID().ToStringOutput(), balancer.Ip
	l.IPv6, l.Ready = balancer.Ipv6, []pulumi.Resource{balancer}
	return l, ctx.RegisterResourceOutputs(l, pulumi.Map{"id": l.ID, "ip": l.IP})
}

func forward(port int) digitalocean.LoadBalancerForwardingRuleArgs {
	return digitalocean.LoadBalancerForwardingRuleArgs{
		EntryProtocol: pulumi.String("tcp"), EntryPort: pulumi.Int(port),
		TargetProtocol: pulumi.String("tcp"), TargetPort: pulumi.Int(port),
	}
}
