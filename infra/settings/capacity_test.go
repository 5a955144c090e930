package settings_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/settings"
)

// A pool has to hold what is to run on it, the observability's pods among it, when it is as large as it may become.
func TestPoolsThatAreTooSmall(t *testing.T) {
	t.Parallel()
	const remedy = "; raise it, use larger nodes, or lower the requests"
	refused(t, []bad{
		{"a node for two Prometheuses", `{observability: {size: full, pool: background, resources: {memory: 2Gi}},
			cluster: {nodePools: [{role: general, size: s-4vcpu-8gb, minNodes: 1, maxNodes: 2},
			{role: background, size: s-2vcpu-4gb, minNodes: 1, maxNodes: 1}]}}`, []string{
			`cluster.nodePools[1].maxNodes: there are 2 CPU and 4 GiB on 1 x s-2vcpu-4gb, and what is to run ` +
				`there asks for 0.59 CPU and 4.5 GiB (observability 0.59 CPU and 4.5 GiB)` + remedy,
		}},
		{"too many web pods", `{mastodon: {web: {replicas: 16, pool: general, resources: {cpu: "1"}},
			streaming: {pool: general}}}`, []string{
			`cluster.nodePools[0].maxNodes: there are 8 CPU and 16 GiB on 2 x s-4vcpu-8gb, and what is to run ` +
				`there asks for 16.1 CPU and 18.88 GiB (web 16 CPU and 18.75 GiB, streaming 0.1 CPU and 0.13 ` +
				`GiB)` + remedy,
		}},
		{"too many pods that run anywhere", `{mastodon: {web: {replicas: 20}}}`, []string{
			`cluster.nodePools: there are 10 CPU and 20 GiB on all pools at the most, and what is to run asks for ` +
				`10.72 CPU and 25.44 GiB (ingress 0.2 CPU and 0.25 GiB, web 10 CPU and 23.44 GiB, ` +
				`streaming 0.1 CPU and 0.13 GiB, sidekiq all 0.25 CPU and 0.75 GiB, ` +
				`observability 0.17 CPU and 0.88 GiB); raise maxNodes, use larger nodes, or lower the requests`,
		}},
	})
	accepted(t, map[string]string{
		"to the last core": `{mastodon: {web: {replicas: 80, pool: general, resources: {cpu: 100m, memory: 10Mi,
			memoryLimit: 1Gi}}}}`,
		"nodes that nobody knows": `{cluster: {nodePools: [{role: general, size: s5-4vcpu-16gb, minNodes: 1,
			maxNodes: 2}]}, mastodon: {web: {replicas: 20, pool: general}}}`,
		"nothing measured": `{observability: {size: "off", resources: {memory: 7Gi, memoryLimit: 7Gi}},
			mastodon: {web: {replicas: 13}}}`,
	})
}

// The room makes its pods of these, and docs/content/3.run/9.observability.md says their sums.
func TestWhatTheObservabilityAsksFor(t *testing.T) {
	t.Parallel()
	for size, want := range map[string]int{"small": 8, "full": 12} {
		parts, containers := read(t, base(t, "{observability: {size: "+size+"}}")).Observability.Parts(), 0
		for _, part := range parts {
			containers += part.Count
		}
		require.Equal(t, want, containers, size)
	}
	full := read(t, production(t, "")).Observability
	require.Equal(t, full.Resources, full.Asks(settings.PartPrometheus))
	require.Equal(t, "96Mi", full.Asks(settings.PartOperator).Memory)
}
