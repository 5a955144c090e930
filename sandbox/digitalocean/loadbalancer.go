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

func loadBalancerResources() map[string]sim.Resource {
	port, seconds, checks := sim.Between(1, 65535), sim.Between(3, 300), sim.Between(2, 10)
	return map[string]sim.Resource{typeLoadBalancer: sim.From(sdk.LoadBalancerArgs{}, sdk.LoadBalancer{}, sim.Rules{
		AutoNamed: "name",
		Replaces:  "region type network networkStack vpcUuid",
		Computed: "type vpcUuid projectId sizeUnit forwardingRules.certificateId forwardingRules.certificateName " +
			"healthcheck stickySessions dropletIds httpIdleTimeoutSeconds firewall domains domains.certificateName " +
			"domains.certificateId domains.verificationErrorReasons domains.sslValidationErrorReasons glbSettings " +
			"targetLoadBalancerIds",
		Unordered: "forwardingRules dropletIds",
		Defaults: map[string]any{
			"algorithm": "round_robin", "redirectHttpToHttps": false, "enableProxyProtocol": false,
			"enableBackendKeepalive": false, "disableLetsEncryptDnsRecords": false,
			"forwardingRules.tlsPassthrough": false, "healthcheck.checkIntervalSeconds": 10,
			"healthcheck.responseTimeoutSeconds": 5, "healthcheck.unhealthyThreshold": 3,
			"healthcheck.healthyThreshold": 5, "stickySessions.type": "none", "domains.isManaged": false,
			"glbSettings.cdn.isEnabled": false,
		},
		Checks: map[string][]sim.Check{
			"name": {dashed, longest(255)}, "region": inRegion(anything),
			"type":    {sim.OneOf("REGIONAL", "REGIONAL_NETWORK", "GLOBAL")},
			"network": {sim.OneOf("EXTERNAL", "INTERNAL")}, "networkStack": {sim.OneOf("IPV4", "DUALSTACK")},
			"size": {sim.OneOf("lb-small", "lb-medium", "lb-large")},
			// 100 by default, and 200 where the account's limit allows it (documentation of load balancers).
			"sizeUnit":                       {sim.Between(1, 200)},
			"algorithm":                      {sim.OneOf("round_robin", "least_connections")},
			"forwardingRules.entryProtocol":  {sim.OneOf("http", "https", "http2", "http3", "tcp", "udp")},
			"forwardingRules.entryPort":      {port},
			"forwardingRules.targetProtocol": {sim.OneOf("http", "https", "http2", "tcp", "udp")},
			"forwardingRules.targetPort":     {port},
			"healthcheck.protocol":           {sim.OneOf("http", "https", "tcp")}, "healthcheck.port": {port},
			"healthcheck.checkIntervalSeconds": {seconds}, "healthcheck.responseTimeoutSeconds": {seconds},
			"healthcheck.unhealthyThreshold": {checks}, "healthcheck.healthyThreshold": {checks},
			"stickySessions.type": {sim.OneOf("cookies", "none")}, "httpIdleTimeoutSeconds": {sim.Between(30, 600)},
			"tlsCipherPolicy": {sim.OneOf("DEFAULT", "STRONG")}, "firewall.allows[]": {firewallRule},
			"firewall.denies[]": {firewallRule}, "glbSettings.targetProtocol": {sim.OneOf("http", "https")},
			"glbSettings.failoverThreshold": {sim.Between(1, 99)},
		},
	}, sim.Resource{
		Check: checkLoadBalancer, Create: createLoadBalancer, Update: updateLoadBalancer, Delete: deleteLoadBalancer,
	})}
}

// firewallRule checks "ip:1.2.3.4" and "cidr:1.2.0.0/16".
func firewallRule(value any) error {
	text, _ := value.(string)
	kind, address, _ := strings.Cut(text, ":")
	if kind != "ip" && kind != "cidr" || !isSource(address) || (kind == "cidr") != strings.Contains(address, "/") {
		return errors.New("must look like ip:1.2.3.4 or cidr:1.2.0.0/16")
	}
	return nil
}

func checkLoadBalancer(s sim.State) []error {
	if !s.Known("type", "region", "forwardingRules", "healthcheck", "size", "sizeUnit",
		"dropletIds", "dropletTag", "glbSettings") {
		return nil
	}
	var errs []error
	global := s.String("type") == "GLOBAL"
	switch {
	case global && s.Has("region"):
		errs = append(errs, errors.New("region must not be set when type is GLOBAL"))
	case !global && !s.Has("region"):
		errs = append(errs, errors.New("region must be set when type is REGIONAL or REGIONAL_NETWORK"))
	}
	rules := s.Objects("forwardingRules")
	switch {
	case global && len(rules) > 0:
		errs = append(errs, errors.New("forwardingRules conflict with type GLOBAL: use glbSettings"))
	case !global && len(rules) == 0:
		errs = append(errs, errors.New("forwardingRules: at least one forwarding rule must be provided"))
	}
	for i, rule := range rules {
		for _, protocol := range []string{"entryProtocol", "targetProtocol"} {
			if p := rule.String(protocol); s.String("type") == "REGIONAL_NETWORK" && p != "tcp" && p != "udp" {
				errs = append(errs, fmt.Errorf(
					"forwardingRules[%d].%s = %q: must be tcp or udp when type is REGIONAL_NETWORK", i, protocol, p))
			}
		}
		if p := rule.String("entryProtocol"); (p == "https" || p == "http2" || p == "http3") &&
			!rule.Bool("tlsPassthrough") && !rule.Has("certificateName") && !rule.Has("certificateId") {
			errs = append(errs, fmt.Errorf(
				"forwardingRules[%d]: entryProtocol %s needs certificateName or tlsPassthrough", i, p))
		}
	}
	if check := s.Object("healthcheck"); check != nil {
		if http := check.String("protocol") != "tcp"; http != check.Has("path") {
			errs = append(errs,
				errors.New("healthcheck.path is required for protocol http and https, and not allowed for tcp"))
		}
	}
	if s.Has("size") && s.Has("sizeUnit") {
		errs = append(errs, errors.New("only one of size and sizeUnit may be set"))
	}
	if s.Has("dropletTag") && s.Has("dropletIds") {
		errs = append(errs, errors.New("only one of dropletTag and dropletIds may be set"))
	}
	return errs
}

// units are the sizes of before there were size units.
var units = map[string]int{"lb-medium": 3, "lb-large": 6}

func createLoadBalancer(call sim.Call, state sim.State) (string, error) {
	if err := errors.Join(
		unique(call, typeLoadBalancer, "load balancer", "", state, 422),
		certificatesOf(call, state),
	); err != nil {
		return "", err
	}
	state.SetDefault("type", "REGIONAL")
	if state.String("type") != "GLOBAL" {
		if err := placeInVpc(call, state, "vpcUuid"); err != nil {
			return "", err
		}
	}
	state.SetDefault("sizeUnit", max(units[state.String("size")], 1))
	state.SetDefault("httpIdleTimeoutSeconds", 60)
	state.SetDefault("stickySessions", map[string]any{"type": "none"})
	state.SetDefault("dropletIds", []any{})
	state.SetDefault("projectId", defaultProject)
	state.SetDefault("healthcheck", map[string]any{
		"protocol": "http", "port": 80, "path": "/", "checkIntervalSeconds": 10, "responseTimeoutSeconds": 5,
		"unhealthyThreshold": 3, "healthyThreshold": 5,
	})
	ip, err := loadBalancerAddress(call, state)
	if err != nil {
		return "", err
	}
	id := newID()
	state.Merge(sim.State{"ip": ip, "loadBalancerUrn": "do:loadbalancer:" + id, "status": "active"})
	if state.String("networkStack") == "DUALSTACK" {
		address := netip.MustParseAddr(ip).As4()
		state["ipv6"] = fmt.Sprintf("2001:db8::%x", address[3])
	}
	return id, nil
}

// loadBalancerAddress is the lowest address that is free: a public one, or one of the VPC for an internal load
// balancer.
func loadBalancerAddress(call sim.Call, state sim.State) (string, error) {
	from, address := publicRange, publicRange.Addr().Next()
	if state.String("network") == "INTERNAL" {
		vpc, err := find(call, typeVpc, "VPC", state.String("vpcUuid"))
		if err != nil {
			return "", err
		}
		// The first two addresses of a VPC are its own.
		from = netip.MustParsePrefix(vpc.String("ipRange"))
		address = from.Addr().Next().Next().Next()
	}
	for ; from.Contains(address.Next()); address = address.Next() {
		if len(having(call, typeLoadBalancer, "ip", address.String())) == 0 {
			return address.String(), nil
		}
	}
	return "", refuse(422, "the simulated cloud has no address left in %s", from)
}

// certificatesOf fills in the certificates that forwarding rules name.
func certificatesOf(call sim.Call, state sim.State) error {
	for _, rule := range state.Objects("forwardingRules") {
		if rule.Has("certificateName") {
			certificate, err := find(call, typeCertificate, "certificate", rule.String("certificateName"))
			if err != nil {
				return err
			}
			rule["certificateId"] = certificate.String("uuid")
		}
	}
	return nil
}

func updateLoadBalancer(call sim.Call, id string, before, state sim.State) error {
	if state.String("size") != before.String("size") && state.Has("size") {
		state["sizeUnit"] = max(units[state.String("size")], 1)
	}
	return errors.Join(unique(call, typeLoadBalancer, "load balancer", id, state, 422), certificatesOf(call, state))
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
		address, err := loadBalancerAddress(call, state)
		if err != nil {
			return err
		}
		successor := newID()
		name := "a" + strings.ReplaceAll(metadata.String("uid"), "-", "")
		outputs := maps.Clone(state)
		outputs.Merge(sim.State{
			"name": name[:min(len(name), 32)], "ip": address, owner: cluster,
			"loadBalancerUrn": "do:loadbalancer:" + successor,
		})
		metadata.Object("annotations")[loadBalancerID] = successor
		service.Outputs["status"] = map[string]any{"loadBalancer": map[string]any{
			"ingress": []any{map[string]any{"ip": address, "ipMode": "VIP"}},
		}}
		if err := errors.Join(call.Put(service), call.Put(cloud.Object{
			Type: typeLoadBalancer, ID: successor, Inputs: outputs, Outputs: outputs,
		})); err != nil {
			return err
		}
	}
	return nil
}
