package settings

import (
	"fmt"

	"github.com/vmstio/infrastructure/infra/catalogue"
)

// LoadBalancerType is a type of DigitalOcean's load balancers.
type LoadBalancerType string

// The types of a regional load balancer.
const (
	// Regional ends the connection and opens another one to a node. It can speak proxy protocol.
	Regional LoadBalancerType = "REGIONAL"
	// RegionalNetwork passes packets on, with the client's address. It ignores proxy protocol without an error.
	RegionalNetwork LoadBalancerType = "REGIONAL_NETWORK"
)

// NetworkStack is the protocols of a load balancer's public addresses.
type NetworkStack string

// The network stacks.
const (
	IPv4      NetworkStack = "IPV4"
	DualStack NetworkStack = "DUALSTACK"
)

// LoadBalancer is the DigitalOcean load balancer that holds the public address.
type LoadBalancer struct {
	// Type is REGIONAL (HTTP and TCP, needs proxy protocol to hand on the client's address) or REGIONAL_NETWORK (layer
	// 4, keeps the address by itself and ignores proxy protocol). Changing it changes the public address.
	Type LoadBalancerType `json:"type" jsonschema:"required,enum=REGIONAL,enum=REGIONAL_NETWORK"`
	// NetworkStack is IPV4, or DUALSTACK for an IPv6 address beside it, which the hosts then have AAAA records of. It
	// is chosen when the load balancer is made: changing it changes the public address. No check asks over IPv6.
	NetworkStack NetworkStack `json:"networkStack" jsonschema:"enum=IPV4,enum=DUALSTACK" default:"IPV4"`
	// Nodes is the number of load balancer nodes (the API's size unit). Each carries 10,000 connections.
	Nodes int `json:"nodes" jsonschema:"required,minimum=1,maximum=200"`
	// ProxyProtocol hands the client's address to nginx. It is set at both ends: true for REGIONAL, false for
	// REGIONAL_NETWORK.
	ProxyProtocol bool `json:"proxyProtocol" jsonschema:"required"`
}

// Check reports a type that loses the client's address: a network load balancer keeps it and ignores proxy protocol,
// so that nginx would wait for a header that never comes; the other type needs the header. A network load balancer of a
// cluster has no IPv6 address (docs.digitalocean.com, kubernetes, "Configure Load Balancers").
func (l LoadBalancer) Check(at At) {
	if l.Type == RegionalNetwork && l.NetworkStack == DualStack {
		at.Key("networkStack").Add("\"DUALSTACK\" is not possible with the type REGIONAL_NETWORK",
			"set it to IPV4, or the type to REGIONAL")
	}
	at = at.Key("proxyProtocol")
	switch {
	case l.Type == RegionalNetwork && l.ProxyProtocol:
		at.Add("true contradicts the type REGIONAL_NETWORK, which ignores proxy protocol and breaks every connection",
			"set it to false, or the type to REGIONAL")
	case l.Type == Regional && !l.ProxyProtocol:
		at.Add("false loses every client's address with the type REGIONAL",
			"set it to true, or the type to REGIONAL_NETWORK")
	}
}

func (l LoadBalancer) cost(bill *Cost) {
	bill.add(fmt.Sprintf("load balancer, %d x %s", l.Nodes, l.Type),
		l.Nodes, l.Nodes, catalogue.LoadBalancerNode(string(l.Type)), catalogue.BalancerPricing)
}
