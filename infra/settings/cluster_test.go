package settings_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestBadCluster(t *testing.T) {
	t.Parallel()
	refused(t, []bad{
		{"full version", `{cluster: {version: 1.35.1-do.0}}`, []string{
			`cluster.version: "1.35.1-do.0" is not a Kubernetes version prefix; write the first two numbers in ` +
				`quotes, such as "1.35"; the patch release is chosen for you`,
		}},
		{"window", `{cluster: {maintenance: {time: "24:00"}}, cache: {maintenance: {time: "6:00",
			day: Wed}}}`, []string{
			`cache.maintenance.day: "Wed" is not allowed; set it to monday, tuesday, wednesday, thursday, friday, ` +
				`saturday or sunday`,
			`cache.maintenance.time: "6:00" is not a time; write it as HH:MM in UTC, in quotes`,
			`cluster.maintenance.time: "24:00" is not a time; write it as HH:MM in UTC, in quotes`,
		}},
		{"sizes", `{cluster: {defaultPool: {size: s-2vcpu-4bg}, nodePools: [{role: general, size: huge, minNodes: 1,
			maxNodes: 1}]}}`, []string{
			"cluster.defaultPool.size: \"s-2vcpu-4bg\" is not a Droplet size for nodes; did you mean " +
				"\"s-2vcpu-4gb\"? Near ones: s-2vcpu-4gb, s-2vcpu-2gb, s-1vcpu-2gb, s-4vcpu-8gb, s-8vcpu-16gb; " +
				"`doctl kubernetes options sizes` lists them",
			"cluster.nodePools[0].size: \"huge\" is not a Droplet size for nodes; near ones are c-2, c-4, c-8, c-16, " +
				"c-32; `doctl kubernetes options sizes` lists them",
		}},
		{"more at least than at most", `{cluster: {nodePools: [{role: general, size: s-4vcpu-8gb, minNodes: 3,
			maxNodes: 2}]}}`, []string{
			"cluster.nodePools[0].minNodes: 3 is more than maxNodes (2); lower minNodes or raise maxNodes",
		}},
		{"Jobs that are kept away", `{cluster: {nodePools: [{role: web, size: s-4vcpu-8gb, minNodes: 1, maxNodes: 2,
			taints: [{key: a, value: b, effect: NoSchedule}]}]}, mastodon: {jobs: {pool: web}}}`, []string{
			`mastodon.jobs.pool: the taints of "web" keep the Jobs away; choose a pool without taints, or use ` +
				`PreferNoSchedule there`,
		}},
		{"roles", `{cluster: {nodePools: [{role: web, size: s-4vcpu-8gb, minNodes: 1, maxNodes: 2}, {role: web,
			size: s-4vcpu-8gb, minNodes: 1, maxNodes: 2}, {role: gpu, size: s-4vcpu-8gb, minNodes: 1,
			maxNodes: 2}]}}`, []string{
			`cluster.nodePools[1].role: "web" is already used by vmst:settings.cluster.nodePools[0].role; use each ` +
				`value once`,
			`cluster.nodePools[2].role: "gpu" is not allowed; set it to general, web, background or search`,
		}},
		{"labels", `{cluster: {nodePools: [{role: general, size: s-4vcpu-8gb, minNodes: 1, maxNodes: 2,
			labels: {"a b": x, tier: "-", doks.digitalocean.com/node-pool: x, mastodon-pool: web}}]}}`, []string{
			`cluster.nodePools[0].labels.a b: "a b" is not a key of a label or taint; use at most 63 letters, ` +
				`digits, dashes, underscores and dots, a letter or digit at both ends, after an optional DNS prefix ` +
				`and a slash`,
			`cluster.nodePools[0].labels.doks.digitalocean.com/node-pool: "doks.digitalocean.com/node-pool" belongs ` +
				`to Kubernetes or DigitalOcean; use a prefix of your own domain`,
			`cluster.nodePools[0].labels.mastodon-pool: "mastodon-pool" is the program's own label for the role of ` +
				`the pool; use another key`,
			`cluster.nodePools[0].labels.tier: "-" is not a value of a label or taint; use at most 63 letters, ` +
				`digits, dashes, underscores and dots, a letter or digit at both ends`,
		}},
		{"taints", `{cluster: {nodePools: [{role: general, size: s-4vcpu-8gb, minNodes: 1, maxNodes: 2,
			taints: [{key: "a b", value: x, effect: NoSchedule}, {key: a, value: "x y", effect: Never}, {key: b,
			value: x, effect: NoSchedule}, {key: b, value: y, effect: NoSchedule}]}]}}`, []string{
			`cluster.nodePools[0].taints[0].key: "a b" is not a key of a label or taint; use at most 63 letters, ` +
				`digits, dashes, underscores and dots, a letter or digit at both ends, after an optional DNS prefix ` +
				`and a slash`,
			`cluster.nodePools[0].taints[1].effect: "Never" is not allowed; set it to NoSchedule, PreferNoSchedule ` +
				`or NoExecute`,
			`cluster.nodePools[0].taints[1].value: "x y" is not a value of a label or taint; use at most 63 letters, ` +
				`digits, dashes, underscores and dots, a letter or digit at both ends`,
			`cluster.nodePools[0].taints[3]: "b:NoSchedule" is already used by ` +
				`vmst:settings.cluster.nodePools[0].taints[2]; use each value once`,
		}},
		{"too few addresses for the nodes", `{cluster: {podSubnet: 10.65.0.0/24}}`, []string{
			`cluster.podSubnet: "10.65.0.0/24" has addresses for 2 nodes, and the pools may grow to 3; use a larger ` +
				`range, of which every node takes a /25, or lower maxNodes`,
		}},
		{"more nodes than a cluster has", `{cluster: {defaultPool: {nodes: 9223372036854775807},
			nodePools: [{role: general, size: s-4vcpu-8gb, minNodes: 1, maxNodes: 9223372036854775807}]}}`, []string{
			"cluster.defaultPool.nodes: 9223372036854775807 is out of range; set it to a whole number from 1 to 512",
			"cluster.nodePools[0].maxNodes: 9223372036854775807 is out of range; set it to a whole number from 1 to " +
				"512",
		}},
		{"allowed addresses", `{cluster: {controlPlaneAllowedAddresses: [office, 203.0.113.7, 203.0.113.9/24,
			203.0.113.7, "fe80::1%eth0", ""]}}`, []string{
			`cluster.controlPlaneAllowedAddresses[0]: "office" is not an address or a range; write it as 203.0.113.7 ` +
				`or 203.0.113.0/24`,
			`cluster.controlPlaneAllowedAddresses[2]: "203.0.113.9/24" has address bits beyond its length; write it ` +
				`as 203.0.113.0/24`,
			`cluster.controlPlaneAllowedAddresses[3]: "203.0.113.7" is already used by ` +
				`vmst:settings.cluster.controlPlaneAllowedAddresses[1]; use each value once`,
			`cluster.controlPlaneAllowedAddresses[4]: "fe80::1%eth0" is not an address or a range; write it as ` +
				`203.0.113.7 or 203.0.113.0/24`,
			`cluster.controlPlaneAllowedAddresses[5]: "" is not an address or a range; write it as 203.0.113.7 or ` +
				`203.0.113.0/24`,
		}},
	})
}

func TestBadPlacement(t *testing.T) {
	t.Parallel()
	refused(t, []bad{
		{"pools", `{mastodon: {web: {pool: web}, streaming: {pool: general, resources: {memory: 8Gi,
			memoryLimit: 8Gi}}}}`, []string{
			`mastodon.streaming.resources.memory: "8Gi" does not fit on a node of 8 GiB; lower the request or use ` +
				`larger nodes`,
			`mastodon.web.pool: "web" is not the role of a node pool; use general, or leave it out to let the ` +
				`scheduler choose`,
		}},
		{"a group's pool", `{mastodon: {sidekiq: [{name: all, queues: [default, push, ingress, mailers, pull, scheduler,
			fasp], replicas: 1, threads: 5, pool: background}]}}`, []string{
			`mastodon.sidekiq[0].pool: "background" is not the role of a node pool; use general, or leave it out to ` +
				`let the scheduler choose`,
		}},
		{"no pools at all", `{cluster: {nodePools: []}, mastodon: {web: {pool: web}}}`, []string{
			`mastodon.web.pool: "web" is not the role of a node pool; leave it out to let the scheduler choose`,
		}},
		{"a tainted pool is no place without its name", `{cluster: {nodePools: [{role: general, size: s-4vcpu-8gb,
			minNodes: 1, maxNodes: 2, taints: [{key: a, value: b, effect: NoExecute}]}]},
			mastodon: {web: {resources: {memory: 5Gi, memoryLimit: 5Gi}}}}`, []string{
			`mastodon.web.resources.memory: "5Gi" does not fit on a node of 4 GiB; lower the request or use larger ` +
				`nodes`,
		}},
		{"the pool itself is wrong", `{cluster: {nodePools: [{role: 5, size: s-4vcpu-8gb, minNodes: 1, maxNodes: 2}]},
			mastodon: {web: {pool: general}}}`, []string{
			`cluster.nodePools[0].role: 5 is not text (a string); put it in quotes: "5"`,
		}},
	})
}

func TestGoodCluster(t *testing.T) {
	t.Parallel()
	accepted(t, map[string]string{
		"allowed addresses": `{cluster: {controlPlaneAllowedAddresses: [203.0.113.7, 198.51.100.0/24,
			"2001:db8::/48"]}}`,
		"every address": `{cluster: {controlPlaneAllowedAddresses: [0.0.0.0/0, "::/0"]}}`,
		"labels and taints": `{cluster: {nodePools: [{role: general, size: s-4vcpu-8gb, minNodes: 2, maxNodes: 2,
			labels: {example.org/tier: front, plain: ""}, taints: [{key: a, value: "1", effect: NoSchedule},
			{key: a, value: "1", effect: NoExecute}]}]}}`,
		"no pool at all":        `{cluster: {nodePools: []}}`,
		"as many nodes as fit":  `{cluster: {podSubnet: 10.65.0.0/23, defaultPool: {nodes: 2}}}`,
		"a pool for a workload": `{mastodon: {web: {pool: general, resources: {memory: 7Gi, memoryLimit: 8Gi}}}}`,
	})
}

// workloads are those that can be put on a pool, by their path, each with what it writes beside the pool.
func workloads(with string) map[string]string {
	const queues = "queues: [default, push, ingress, mailers, pull, scheduler, fasp], replicas: 1, threads: 5"
	return map[string]string{
		"ingress":               `{ingress: {` + with + `}}`,
		"mastodon.web":          `{mastodon: {web: {` + with + `}}}`,
		"mastodon.streaming":    `{mastodon: {streaming: {` + with + `}}}`,
		"mastodon.housekeeping": `{mastodon: {housekeeping: {` + with + `}}}`,
		"mastodon.sidekiq[0]":   `{mastodon: {sidekiq: [{name: all, ` + queues + `, ` + with + `}]}}`,
	}
}

func TestPoolOfEveryWorkload(t *testing.T) {
	t.Parallel()
	changes := workloads("pool: web")
	changes["mastodon.jobs"] = `{mastodon: {jobs: {pool: web}}}`
	for path, change := range changes {
		assert.Equal(t, []string{
			`vmst:settings.` + path + `.pool: "web" is not the role of a node pool; use general, or leave it out to ` +
				`let the scheduler choose`,
		}, problems(t, base(t, change), secrets(t, "")))
		assert.Empty(t, problems(t, base(t, strings.ReplaceAll(change, "pool: web", "pool: general")), secrets(t, "")))
	}
}

// A workload with a pool must fit there, whatever room there is elsewhere; one without may go wherever there is room.
func TestRoomForEveryWorkload(t *testing.T) {
	t.Parallel()
	pools := func(defaultPool, change string) string {
		return base(t, toJSON(t, merge(fromYAML(t, `{cluster: {defaultPool: {size: `+defaultPool+`}, nodePools: [
			{role: general, size: s-4vcpu-8gb, minNodes: 1, maxNodes: 1},
			{role: background, size: s-2vcpu-4gb, minNodes: 1, maxNodes: 1}]}}`), fromYAML(t, change))))
	}
	const resources = "resources: {memory: 4Gi, memoryLimit: 4Gi}"
	for path, change := range workloads("pool: background, " + resources) {
		assert.Equal(t, []string{
			`vmst:settings.` + path + `.resources.memory: "4Gi" does not fit on a node of 4 GiB; lower the request ` +
				`or use larger nodes`,
		}, problems(t, pools("s-8vcpu-16gb", change), secrets(t, "")))
	}
	for _, place := range []string{"pool: general, ", ""} {
		for path, change := range workloads(place + resources) {
			assert.Empty(t, problems(t, pools("s-2vcpu-4gb", change), secrets(t, "")), path)
		}
	}
}
