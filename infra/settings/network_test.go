package settings_test

import "testing"

func TestBadNetwork(t *testing.T) {
	t.Parallel()
	refused(t, []bad{
		{"not a range", `{network: {ipRange: 10.64.0.0}}`, []string{
			`network.ipRange: "10.64.0.0" is not an IPv4 range; write it as 10.64.0.0/20`,
		}},
		{"IPv6", `{cluster: {podSubnet: "fd00::/64"}}`, []string{
			`cluster.podSubnet: "fd00::/64" is not an IPv4 range; write it as 10.64.0.0/20`,
		}},
		{"host bits", `{network: {ipRange: 10.64.0.1/20}}`, []string{
			`network.ipRange: "10.64.0.1/20" has address bits beyond its length; write it as 10.64.0.0/20`,
		}},
		{"public", `{network: {ipRange: 203.0.0.0/20}}`, []string{
			`network.ipRange: "203.0.0.0/20" is not private; use a part of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16`,
		}},
		{"more than a private block", `{cluster: {podSubnet: 172.0.0.0/11}}`, []string{
			`cluster.podSubnet: "172.0.0.0/11" is not private; use a part of 10.0.0.0/8, 172.16.0.0/12 or ` +
				`192.168.0.0/16`,
		}},
		{"sizes", `{network: {ipRange: 172.16.0.0/15}, cluster: {podSubnet: 10.65.0.0/26,
			serviceSubnet: 10.66.0.0/25}}`, []string{
			"cluster.podSubnet: /26 is not a size for the pods; use a length from /8 to /25",
			"cluster.serviceSubnet: /25 is not a size for the Services; use a length from /8 to /24",
			"network.ipRange: /15 is not a size for a VPC; use a length from /16 to /28",
		}},
		{"overlaps", `{cluster: {podSubnet: 10.64.8.0/21, serviceSubnet: 10.64.0.0/16}}`, []string{
			`cluster.podSubnet: "10.64.8.0/21" overlaps vmst:settings.network.ipRange (10.64.0.0/20); give each of ` +
				`the three a range of its own`,
			`cluster.serviceSubnet: "10.64.0.0/16" overlaps vmst:settings.network.ipRange (10.64.0.0/20); give each ` +
				`of the three a range of its own`,
			`cluster.serviceSubnet: "10.64.0.0/16" overlaps vmst:settings.cluster.podSubnet (10.64.8.0/21); give ` +
				`each of the three a range of its own`,
		}},
		{"reserved", `{network: {ipRange: 10.245.16.0/20}, cluster: {podSubnet: 10.244.0.0/16,
			serviceSubnet: 10.229.0.0/19}}`, []string{
			`cluster.podSubnet: "10.244.0.0/16" overlaps 10.244.0.0/16, which DigitalOcean reserves; use another range`,
			`cluster.serviceSubnet: "10.229.0.0/19" overlaps 10.229.0.0/16, which DigitalOcean reserves; use another ` +
				`range`,
			`network.ipRange: "10.245.16.0/20" overlaps 10.245.0.0/16, which DigitalOcean reserves; use another range`,
		}},
		{"reserved in one region", `{region: nyc1, network: {ipRange: 10.10.0.0/20}}`, []string{
			`network.ipRange: "10.10.0.0/20" overlaps 10.10.0.0/16, which DigitalOcean reserves; use another range`,
		}},
	})
}

func TestGoodNetwork(t *testing.T) {
	t.Parallel()
	accepted(t, map[string]string{
		"the other private blocks": `{network: {ipRange: 172.16.0.0/16}, cluster: {podSubnet: 192.168.0.0/17,
			serviceSubnet: 192.168.128.0/24}}`,
		"the smallest VPC":                       `{network: {ipRange: 10.64.0.0/28}}`,
		"a range that is reserved in one region": `{network: {ipRange: 10.10.0.0/20}}`,
	})
}
