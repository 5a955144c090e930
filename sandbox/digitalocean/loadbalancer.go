package digitalocean

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

var port = sim.Int().Between(1, 65535)

func loadBalancerResources() map[string]sim.Resource {
	seconds := sim.Int().Between(3, 300)
	return map[string]sim.Resource{
		typeLoadBalancer: {
			Inputs: sim.Fields{
				"name": sim.String().AutoNamed().Check(matches(`[a-zA-Z0-9.-]+`,
					"letters, digits, dashes and periods"), longest(255)),
				"region":       inRegion(regions).Replaces(),
				"type":         sim.String().OneOf("REGIONAL", "REGIONAL_NETWORK", "GLOBAL").Computed().Replaces(),
				"network":      sim.String().OneOf("EXTERNAL", "INTERNAL").Replaces(),
				"networkStack": sim.String().OneOf("IPV4", "DUALSTACK").Replaces(),
				"vpcUuid":      sim.String().Computed().Replaces(),
				"projectId":    sim.String().Computed(),
				"size":         sim.String().OneOf("lb-small", "lb-medium", "lb-large"),
				"sizeUnit":     sim.Int().Between(1, 200).Computed(),
				"algorithm":    sim.String().OneOf("round_robin", "least_connections").Default("round_robin"),
				"forwardingRules": sim.List(sim.Object(sim.Fields{
					"entryProtocol":   sim.String().OneOf("http", "https", "http2", "http3", "tcp", "udp").Required(),
					"entryPort":       port.Required(),
					"targetProtocol":  sim.String().OneOf("http", "https", "http2", "tcp", "udp").Required(),
					"targetPort":      port.Required(),
					"certificateId":   sim.String().Computed(),
					"certificateName": sim.String().Computed(),
					"tlsPassthrough":  sim.Bool().Default(false),
				})).Unordered(),
				"healthcheck": sim.Object(sim.Fields{
					"protocol":               sim.String().OneOf("http", "https", "tcp").Required(),
					"port":                   port.Required(),
					"path":                   sim.String(),
					"checkIntervalSeconds":   seconds.Default(10),
					"responseTimeoutSeconds": seconds.Default(5),
					"unhealthyThreshold":     sim.Int().Between(2, 10).Default(3),
					"healthyThreshold":       sim.Int().Between(2, 10).Default(5),
				}).Computed(),
				"stickySessions": sim.Object(sim.Fields{
					"type":             sim.String().OneOf("cookies", "none").Default("none"),
					"cookieName":       sim.String(),
					"cookieTtlSeconds": sim.Int(),
				}).Computed(),
				"dropletIds":                   sim.List(sim.Int()).Computed().Unordered(),
				"dropletTag":                   sim.String(),
				"redirectHttpToHttps":          sim.Bool().Default(false),
				"enableProxyProtocol":          sim.Bool().Default(false),
				"enableBackendKeepalive":       sim.Bool().Default(false),
				"disableLetsEncryptDnsRecords": sim.Bool().Default(false),
				"httpIdleTimeoutSeconds":       sim.Int().Between(30, 600).Computed(),
				"tlsCipherPolicy":              sim.String().OneOf("DEFAULT", "STRONG"),
				"firewall": sim.Object(sim.Fields{
					"allows": sim.List(sim.String().Check(firewallRule)),
					"denies": sim.List(sim.String().Check(firewallRule)),
				}).Computed(),
				"domains": sim.List(sim.Object(sim.Fields{
					"name":                      sim.String().Required(),
					"isManaged":                 sim.Bool().Default(false),
					"certificateName":           sim.String().Computed(),
					"certificateId":             sim.String().Computed(),
					"verificationErrorReasons":  sim.List(sim.String()).Computed(),
					"sslValidationErrorReasons": sim.List(sim.String()).Computed(),
				})).Computed(),
				"glbSettings": sim.Object(sim.Fields{
					"targetProtocol":    sim.String().OneOf("http", "https").Required(),
					"targetPort":        sim.Int().Required(),
					"regionPriorities":  sim.Map(sim.Int()),
					"failoverThreshold": sim.Int().Between(1, 99),
					"cdn":               sim.Object(sim.Fields{"isEnabled": sim.Bool().Default(false)}),
				}).Computed(),
				"targetLoadBalancerIds": sim.List(sim.String()).Computed(),
			},
			Outputs: []string{"ip", "ipv6", "loadBalancerUrn", "status"},
			Check:   checkLoadBalancer,
			Create:  createLoadBalancer,
			Update:  updateLoadBalancer,
		},
	}
}

// firewallRule checks "ip:1.2.3.4" and "cidr:1.2.0.0/16".
func firewallRule(value any) error {
	text, _ := value.(string)
	kind, address, _ := strings.Cut(text, ":")

	_, notIP := netip.ParseAddr(address)
	_, notNetwork := netip.ParsePrefix(address)

	if (kind == "ip" && notIP == nil) || (kind == "cidr" && notNetwork == nil) {
		return nil
	}
	return errors.New("must look like ip:1.2.3.4 or cidr:1.2.0.0/16")
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

	units := map[string]int{"lb-medium": 3, "lb-large": 6}[state.String("size")]
	state.SetDefault("sizeUnit", max(units, 1))
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

// loadBalancerAddress is a public address, or one of the VPC for an internal load balancer.
func loadBalancerAddress(call sim.Call, state sim.State) (string, error) {
	if state.String("network") != "INTERNAL" {
		return publicAddress(call)
	}

	vpc, err := find(call, typeVpc, "VPC", state.String("vpcUuid"))
	if err != nil {
		return "", err
	}

	used := map[string]bool{}
	for _, other := range call.List(typeLoadBalancer) {
		used[sim.State(other.Outputs).String("ip")] = true
	}

	network := netip.MustParsePrefix(vpc.String("ipRange"))

	// The first two addresses of a VPC are its own.
	address := network.Addr().Next().Next().Next()
	for used[address.String()] {
		address = address.Next()
	}
	return address.String(), nil
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
		state["sizeUnit"] = max(map[string]int{"lb-medium": 3, "lb-large": 6}[state.String("size")], 1)
	}
	return errors.Join(unique(call, typeLoadBalancer, "load balancer", id, state, 422), certificatesOf(call, state))
}
