// Package loadbalancer makes the load balancer that holds the public address of
// the environment.
//
// It belongs to the program and not to the cluster, so that the address, and with
// it every name that points to it, outlives the ingress controller and the
// cluster. The controller's Service adopts it by its ID; from then on the
// cluster's cloud controller sets it up.
package loadbalancer

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/room"
)

// The types of load balancer.
const (
	// Regional ends the connection and opens another one to a node. It can speak
	// proxy protocol.
	Regional = "REGIONAL"
	// RegionalNetwork passes packets on, with the client's address. It ignores proxy
	// protocol without an error.
	RegionalNetwork = "REGIONAL_NETWORK"
)

// maxNodes is the limit of the API.
const maxNodes = 200

// Args are the arguments of a LoadBalancer. Whoever adopts it must ask for the
// same name, type, number of nodes and proxy protocol, because the cloud
// controller writes all of them.
type Args struct {
	// Name of the load balancer, unique in the account.
	Name string
	// Region is a DigitalOcean region slug. Changing it replaces the load balancer
	// and its address.
	Region string
	// VPCID is the UUID of the VPC, the cluster's. Changing it replaces the load
	// balancer and its address.
	VPCID pulumi.StringInput
	// Type is Regional or RegionalNetwork. Changing it replaces the load balancer
	// and its address.
	Type string
	// Nodes is the number of load balancer nodes, 1 to 200 (the API's size unit).
	Nodes int
	// ProxyProtocol hands the client's address to the nodes. Regional only.
	ProxyProtocol bool
	// Protect keeps the load balancer, for its address.
	Protect bool
}

// LoadBalancer is a load balancer with a public IPv4 address.
type LoadBalancer struct {
	pulumi.ResourceState

	// ID is the UUID of the load balancer.
	ID pulumi.StringOutput `pulumi:"id"`
	// IP is its public IPv4 address.
	IP pulumi.StringOutput `pulumi:"ip"`
	// LoadBalancerURN is DigitalOcean's name of it, "do:loadbalancer:<id>".
	LoadBalancerURN pulumi.StringOutput `pulumi:"loadBalancerUrn"`
}

// managed is what the cloud controller writes from the Service that adopts the
// load balancer (digitalocean-cloud-controller-manager, loadbalancers.go,
// buildLoadBalancerRequest), and what is left of the updatable properties.
//
// None of it is ever updated from here, not even name and size, which both sides
// know: the provider sends the whole load balancer with every update, and that
// would put the forwarding rules below in the place of the controller's.
func managed() []string {
	return []string{
		"name", "sizeUnit", "forwardingRules", "healthcheck", "enableProxyProtocol", "dropletIds", "dropletTag",
		"stickySessions", "redirectHttpToHttps", "enableBackendKeepalive", "disableLetsEncryptDnsRecords",
		"httpIdleTimeoutSeconds", "firewall", "projectId", "tlsCipherPolicy",
	}
}

// New makes the load balancer. It needs a DigitalOcean provider among the options.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*LoadBalancer, error) {
	if err := args.validate(); err != nil {
		return nil, err
	}
	l := &LoadBalancer{}
	if err := ctx.RegisterComponentResource("vmst:loadbalancer:LoadBalancer", name, l, opts...); err != nil {
		return nil, fmt.Errorf("registering load balancer %q: %w", name, err)
	}

	created, err := digitalocean.NewLoadBalancer(ctx, name+"-loadbalancer", &digitalocean.LoadBalancerArgs{
		Name:    pulumi.String(args.Name),
		Region:  pulumi.String(args.Region),
		VpcUuid: args.VPCID.ToStringOutput().ToStringPtrOutput(),
		Type:    pulumi.String(args.Type),
		Network: pulumi.String("EXTERNAL"),
		// The controller would choose by the type; here it is the same on both sides.
		NetworkStack:        pulumi.String("IPV4"),
		SizeUnit:            pulumi.Int(args.Nodes),
		EnableProxyProtocol: pulumi.Bool(args.ProxyProtocol),
		// The API wants a rule to begin with. Nothing answers on these ports until the
		// controller puts those of the Service in their place.
		ForwardingRules: digitalocean.LoadBalancerForwardingRuleArray{forward(80), forward(443)},
	}, pulumi.Parent(l), room.Keep(args.Protect), pulumi.IgnoreChanges(managed()))
	if err != nil {
		return nil, fmt.Errorf("creating load balancer %q: %w", args.Name, err)
	}

	l.ID = created.ID().ToStringOutput()
	l.IP = created.Ip
	l.LoadBalancerURN = created.LoadBalancerUrn
	return l, ctx.RegisterResourceOutputs(l, pulumi.Map{"id": l.ID, "ip": l.IP, "loadBalancerUrn": l.LoadBalancerURN})
}

func forward(port int) digitalocean.LoadBalancerForwardingRuleArgs {
	return digitalocean.LoadBalancerForwardingRuleArgs{
		EntryProtocol: pulumi.String("tcp"), EntryPort: pulumi.Int(port),
		TargetProtocol: pulumi.String("tcp"), TargetPort: pulumi.Int(port),
	}
}

func (a *Args) validate() error {
	check := room.NewCheck("loadbalancer")
	check.Text("Name", a.Name)
	check.Text("Region", a.Region)
	check.Input("VPCID", a.VPCID)
	types := []string{Regional, RegionalNetwork}
	check.That(slices.Contains(types, a.Type), "Type %q is not one of %v", a.Type, types)
	check.That(a.Nodes >= 1 && a.Nodes <= maxNodes, "Nodes %d is not between 1 and %d", a.Nodes, maxNodes)
	check.That(!a.ProxyProtocol || a.Type == Regional,
		"ProxyProtocol needs Type %s: %s ignores it, and the ingress controller would refuse every connection", Regional, a.Type)
	return check.Err()
}
