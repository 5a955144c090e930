package settings_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/settings"
)

func TestBadNetworkPolicies(t *testing.T) {
	t.Parallel()
	const allow = "cluster.networkPolicies.allow"
	destination := func(text string) string { return "{cluster: {networkPolicies: {allow: [" + text + "]}}}" }
	refused(t, []bad{
		{"no destination", destination("{port: 636}"), []string{
			allow + "[0]: it has neither a range nor a namespace; write range for addresses outside the cluster, or " +
				"namespace for pods in it",
		}},
		{"two destinations", destination("{range: 10.64.0.9/32, namespace: a, port: 636}"), []string{
			allow + "[0]: it has both a range and a namespace; write range for addresses outside the cluster, or " +
				"namespace for pods in it",
		}},
		{"formats", destination("{range: 10.64.0.9, port: 0}, {namespace: A_b, port: 65536}, {namespace: a}"), []string{
			allow + "[0].port: 0 is out of range; set it to a whole number from 1 to 65535",
			allow + `[0].range: "10.64.0.9" is not an IPv4 range; write it as 10.64.0.0/20`,
			allow + `[1].namespace: "A_b" is not the name of a namespace; use at most 63 lower-case letters, digits ` +
				"and dashes",
			allow + "[1].port: 65536 is out of range; set it to a whole number from 1 to 65535",
			allow + "[2].port: the value is missing; set it to a whole number from 1 to 65535",
		}},
		{"address bits", destination("{range: 10.64.0.9/24, port: 1}"), []string{
			allow + `[0].range: "10.64.0.9/24" has address bits beyond its length; write it as 10.64.0.0/24`,
		}},
		{"public", destination("{range: 203.0.113.0/24, port: 1}, {range: 0.0.0.0/0, port: 1}"), []string{
			allow + `[0].range: "203.0.113.0/24" is not private; remove it if it is public: that is allowed anyway; ` +
				"else use a part of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10",
			allow + `[1].range: "0.0.0.0/0" has what Droplets are told about themselves, which no pod may ask; ` +
				"remove it",
		}},
		{"the metadata", destination("{range: 169.254.169.254/32, port: 80}"), []string{
			allow + `[0].range: "169.254.169.254/32" has what Droplets are told about themselves, which no pod may ` +
				"ask; remove it",
		}},
		{"pods and Services", destination("{range: 10.65.3.0/24, port: 1}, {range: 10.66.0.7/32, port: 1}, " +
			"{range: 10.0.0.0/8, port: 1}"), []string{
			allow + `[0].range: "10.65.3.0/24" overlaps vmst:settings.cluster.podSubnet (10.65.0.0/16), and a range ` +
				"lets nothing through to pods; write the namespace of the pods in its place, and their own port",
			allow + `[1].range: "10.66.0.7/32" overlaps vmst:settings.cluster.serviceSubnet (10.66.0.0/19), and a ` +
				"range lets nothing through to pods; write the namespace of the pods in its place, and their own port",
			allow + `[2].range: "10.0.0.0/8" overlaps vmst:settings.cluster.podSubnet (10.65.0.0/16), and a range ` +
				"lets nothing through to pods; write the namespace of the pods in its place, and their own port",
		}},
	})
}

func TestGoodNetworkPolicies(t *testing.T) {
	t.Parallel()
	accepted(t, map[string]string{
		"none":            `{cluster: {networkPolicies: {enabled: false}}}`,
		"the VPC":         `{cluster: {networkPolicies: {allow: [{range: 10.64.0.0/20, port: 25}]}}}`,
		"carrier's":       `{cluster: {networkPolicies: {allow: [{range: 100.64.3.0/24, port: 25}]}}}`,
		"pods":            `{cluster: {networkPolicies: {allow: [{namespace: libretranslate, port: 5000}]}}}`,
		"the same, twice": `{cluster: {networkPolicies: {allow: [{namespace: a, port: 1}, {namespace: a, port: 2}]}}}`,
	})
	for _, text := range settings.ClosedRanges() {
		prefix, err := netip.ParsePrefix(text)
		require.NoError(t, err)
		assert.Equal(t, prefix.Masked(), prefix)
	}
	assert.Contains(t, settings.ClosedRanges(), settings.LinkLocal)
}

func TestWarningsOfNetworkPolicies(t *testing.T) {
	t.Parallel()
	warned := func(snippet string) (lines []string) {
		for _, w := range read(t, base(t, snippet)).Warnings() {
			lines = append(lines, w.String())
		}
		return lines
	}
	before := warned("")
	added := func(snippet string) []string {
		return slices.DeleteFunc(warned(snippet), func(line string) bool { return slices.Contains(before, line) })
	}
	require.Equal(t, []string{
		"vmst:settings.cluster.networkPolicies.enabled: false lets every pod in the cluster reach the databases, all " +
			"other pods and the metadata of the Droplets; set it to true; cluster.networkPolicies.allow lets single " +
			"connections through",
	}, added(`{cluster: {networkPolicies: {enabled: false}},
		mastodon: {environment: {ALLOWED_PRIVATE_ADDRESSES: 10.64.0.9}}}`))
	const behind = "vmst:settings.mastodon.environment.ALLOWED_PRIVATE_ADDRESSES: no network policy lets anything " +
		"through to "
	const remedy = "; add it to cluster.networkPolicies.allow with its port, or the namespace of its pods"
	require.Equal(t, []string{behind + `"10.64.0.9"` + remedy, behind + `"10.64.1.0/24"` + remedy},
		added(`{cluster: {networkPolicies: {allow: [{range: 10.64.0.8/32, port: 1}]}},
			mastodon: {environment: {ALLOWED_PRIVATE_ADDRESSES: "10.64.0.8, 10.64.0.9,10.64.1.0/24,what"}}}`))
	require.Empty(t, added(`{cluster: {networkPolicies: {allow: [{namespace: a, port: 1}]}},
		mastodon: {environment: {ALLOWED_PRIVATE_ADDRESSES: 10.66.0.9}}}`))
}
