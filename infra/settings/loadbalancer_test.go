package settings_test

import "testing"

func TestBadLoadBalancer(t *testing.T) {
	t.Parallel()
	refused(t, []bad{
		{"proxy protocol that is ignored", `{loadBalancer: {type: REGIONAL_NETWORK}}`, []string{
			"loadBalancer.proxyProtocol: true contradicts the type REGIONAL_NETWORK, which ignores proxy protocol " +
				"and breaks every connection; set it to false, or the type to REGIONAL",
		}},
		{"client addresses lost", `{loadBalancer: {proxyProtocol: false}}`, []string{
			"loadBalancer.proxyProtocol: false loses every client's address with the type REGIONAL; set it to true, " +
				"or the type to REGIONAL_NETWORK",
		}},
		{"an IPv6 address that it cannot have", `{loadBalancer: {type: REGIONAL_NETWORK, networkStack: DUALSTACK,
			proxyProtocol: false}}`, []string{
			"loadBalancer.networkStack: \"DUALSTACK\" is not possible with the type REGIONAL_NETWORK; set it to " +
				"IPV4, or the type to REGIONAL",
		}},
		{"everything of another type", `{loadBalancer: {type: REGIONAL_NETWORK, networkStack: DUALSTACK}}`, []string{
			"loadBalancer.networkStack: \"DUALSTACK\" is not possible with the type REGIONAL_NETWORK; set it to " +
				"IPV4, or the type to REGIONAL",
			"loadBalancer.proxyProtocol: true contradicts the type REGIONAL_NETWORK, which ignores proxy protocol " +
				"and breaks every connection; set it to false, or the type to REGIONAL",
		}},
		{"another stack", `{loadBalancer: {networkStack: IPV6}}`, []string{
			`loadBalancer.networkStack: "IPV6" is not allowed; set it to IPV4 or DUALSTACK (did you mean "IPV4"?)`,
		}},
		{"another type", `{loadBalancer: {type: GLOBAL, nodes: 201}}`, []string{
			"loadBalancer.nodes: 201 is out of range; set it to a whole number from 1 to 200",
			`loadBalancer.type: "GLOBAL" is not allowed; set it to REGIONAL or REGIONAL_NETWORK`,
		}},
	})
}

func TestGoodLoadBalancer(t *testing.T) {
	t.Parallel()
	accepted(t, map[string]string{
		"network load balancer": `{loadBalancer: {type: REGIONAL_NETWORK, proxyProtocol: false, nodes: 200}}`,
		"one of IPv4 alone":     `{loadBalancer: {type: REGIONAL_NETWORK, proxyProtocol: false, networkStack: IPV4}}`,
		"an IPv6 address":       `{loadBalancer: {networkStack: DUALSTACK}}`,
	})
}
