package digitalocean

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"strings"

	sdk "github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"

	"github.com/vmstio/infrastructure/sandbox/cloud"
	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

func loadBalancerResources(options Options) map[string]sim.Resource {
	port := []sim.Check{sim.Between(1, 65535)}
	units := 200.0 // where the account's limit allows it (documentation of load balancers)
	if options.NewAccount {
		units = 100
	}
	return map[string]sim.Resource{typeLoadBalancer: sim.From(sdk.LoadBalancerArgs{}, sdk.LoadBalancer{}, sim.Rules{
		AutoNamed: "name",
		// Only global load balancers, which are not simulated, have neither.
		Required: "region forwardingRules", Replaces: "region type network networkStack vpcUuid",
		Computed: "type vpcUuid projectId sizeUnit forwardingRules.certificateId forwardingRules.certificateName " +
			"healthcheck stickySessions dropletIds httpIdleTimeoutSeconds firewall",
		Unordered: "forwardingRules dropletIds",
		Defaults: map[string]any{
			"algorithm": "round_robin", "redirectHttpToHttps": false, "enableProxyProtocol": false,
			"enableBackendKeepalive": false, "disableLetsEncryptDnsRecords": false,
			"forwardingRules.tlsPassthrough": false,
		},
		Checks: map[string][]sim.Check{
			"name": {dashed, longest(255)}, "region": inRegion(anything),
			"type": {sim.OneOf("REGIONAL", "REGIONAL_NETWORK")}, "network": {sim.OneOf("EXTERNAL")},
			"networkStack":                   {sim.OneOf("IPV4", "DUALSTACK")},
			"sizeUnit":                       {sim.Between(1, units)},
			"forwardingRules.entryProtocol":  {sim.OneOf("http", "https", "http2", "http3", "tcp", "udp")},
			"forwardingRules.entryPort":      port,
			"forwardingRules.targetProtocol": {sim.OneOf("http", "https", "http2", "tcp", "udp")},
			"forwardingRules.targetPort":     port,
		},
	}, sim.Resource{
		Check: checkLoadBalancer, Create: options.limited(typeLoadBalancer, "load balancers", createLoadBalancer),
		Update: renamed(typeLoadBalancer, "load balancer", 422), Delete: deleteLoadBalancer,
	})}
}

func checkLoadBalancer(s sim.State) []error {
	if !s.Known("type", "forwardingRules") {
		return nil
	}
	var errs []error
	for i, rule := range s.Objects("forwardingRules") {
		for _, protocol := range []string{"entryProtocol", "targetProtocol"} {
			if p := rule.String(protocol); s.String("type") == "REGIONAL_NETWORK" && p != "tcp" && p != "udp" {
				errs = append(errs, fmt.Errorf(
					"forwardingRules[%d].%s = %q: must be tcp or udp when type is REGIONAL_NETWORK", i, protocol, p))
			}
		}
	}
	return errs
}

func createLoadBalancer(call sim.Call, state sim.State) (string, error) {
	ip, free := freeAddress(call)
	if err := errors.Join(
		unique(call, typeLoadBalancer, "load balancer", "", state, 422), placeInVpc(call, state, "vpcUuid"), free,
	); err != nil {
		return "", err
	}
	state.SetDefault("type", "REGIONAL")
	state.SetDefault("sizeUnit", 1)
	state.SetDefault("httpIdleTimeoutSeconds", 60)
	state.SetDefault("stickySessions", map[string]any{"type": "none"})
	state.SetDefault("dropletIds", []any{})
	state.SetDefault("projectId", defaultProject)
	state.SetDefault("healthcheck", map[string]any{
		"protocol": "http", "port": 80, "path": "/", "checkIntervalSeconds": 10, "responseTimeoutSeconds": 5,
		"unhealthyThreshold": 3, "healthyThreshold": 5,
	})
	id := newID()
	state.Merge(sim.State{"ip": ip.String(), "loadBalancerUrn": "do:loadbalancer:" + id, "status": "active"})
	if state.String("networkStack") == "DUALSTACK" {
		state["ipv6"] = fmt.Sprintf("2001:db8::%x", ip.As4()[3])
	}
	return id, nil
}

// OrderLoadBalancer is what a cluster's cloud controller manager orders for a Service that has none. The load balancer
// is yet to be stored.
func OrderLoadBalancer(tx *cloud.Tx, wanted map[string]any) (cloud.Object, error) {
	state := sim.State(maps.Clone(wanted))
	id, err := createLoadBalancer(sim.Call{Tx: tx}, state)
	return cloud.Object{Type: typeLoadBalancer, ID: id, Inputs: wanted, Outputs: state}, err
}

// freeAddress is the lowest public address that no load balancer has.
func freeAddress(call sim.Call) (netip.Addr, error) {
	for address := publicRange.Addr().Next(); publicRange.Contains(address.Next()); address = address.Next() {
		if len(having(call, typeLoadBalancer, "ip", address.String())) == 0 {
			return address, nil
		}
	}
	return netip.Addr{}, refuse(422, "the simulated cloud has no address left in %s", publicRange)
}

// Where a Service names its load balancer (docs/controllers/services/annotations.md of
// digitalocean-cloud-controller-manager).
const (
	typeService    = "kubernetes:core/v1:Service"
	loadBalancerID = "kubernetes.digitalocean.com/load-balancer-id"
)

// deleteLoadBalancer leaves a Service that has adopted the load balancer without it. As long as the Service's cluster
// lives its controller then makes another, with another address (retrieveLoadBalancer and EnsureLoadBalancer in
// cloud-controller-manager/do/loadbalancers.go, v0.1.68).
func deleteLoadBalancer(call sim.Call, id string, state sim.State) error {
	for _, service := range call.List(typeService) {
		metadata := sim.State(service.Outputs).Object("metadata")
		cluster := sim.State(service.Outputs).String(owner)
		_, alive := call.Get(typeCluster, cluster)
		if annotations := metadata.Object("annotations"); !alive || annotations.String(loadBalancerID) != id {
			continue
		}
		address, err := freeAddress(call)
		if err != nil {
			return err
		}
		successor := newID()
		name := "a" + strings.ReplaceAll(metadata.String("uid"), "-", "")
		outputs := maps.Clone(state)
		outputs.Merge(sim.State{
			"name": name[:min(len(name), 32)], "ip": address.String(), owner: cluster,
			"loadBalancerUrn": "do:loadbalancer:" + successor,
		})
		metadata.Object("annotations")[loadBalancerID] = successor
		service.Outputs["status"] = map[string]any{"loadBalancer": map[string]any{
			"ingress": []any{map[string]any{"ip": address.String(), "ipMode": "VIP"}},
		}}
		if err := errors.Join(call.Put(service), call.Put(cloud.Object{
			Type: typeLoadBalancer, ID: successor, Inputs: outputs, Outputs: outputs,
		})); err != nil {
			return err
		}
	}
	return nil
}
