package config_test

import "testing"

func TestBadNetwork(t *testing.T) {
	t.Parallel()
	runBad(t, []badFile{
		{"region without Kubernetes", `{region: nyc2}`, []string{
			`region: "nyc2" is not a region with Kubernetes and databases; did you mean "nyc1"? Allowed: ams3, atl1, blr1, fra1, lon1, nyc1, nyc3, sfo2, sfo3, sgp1, syd1, tor1`,
		}},
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
		{"more than a private block", `{cluster: {podSubnet: 172.16.0.0/11}}`, []string{
			`cluster.podSubnet: "172.16.0.0/11" has address bits beyond its length; write it as 172.0.0.0/11`,
		}},
		{"sizes", `{network: {ipRange: 172.16.0.0/15}, cluster: {podSubnet: 10.65.0.0/26, serviceSubnet: 10.66.0.0/25}}`, []string{
			`cluster.podSubnet: /26 is not a size for the pods; use a length from /8 to /25`,
			`cluster.serviceSubnet: /25 is not a size for the Services; use a length from /8 to /24`,
			`network.ipRange: /15 is not a size for a VPC; use a length from /16 to /28`,
		}},
		{"overlaps", `{cluster: {podSubnet: 10.64.8.0/21, serviceSubnet: 10.64.0.0/16}}`, []string{
			`cluster.podSubnet: "10.64.8.0/21" overlaps vmst:settings.network.ipRange (10.64.0.0/20); give each of the three a range of its own`,
			`cluster.serviceSubnet: "10.64.0.0/16" overlaps vmst:settings.network.ipRange (10.64.0.0/20); give each of the three a range of its own`,
			`cluster.serviceSubnet: "10.64.0.0/16" overlaps vmst:settings.cluster.podSubnet (10.64.8.0/21); give each of the three a range of its own`,
		}},
		{"reserved", `{network: {ipRange: 10.245.16.0/20}, cluster: {podSubnet: 10.244.0.0/16, serviceSubnet: 10.229.0.0/19}}`, []string{
			`cluster.podSubnet: "10.244.0.0/16" overlaps 10.244.0.0/16, which DigitalOcean reserves; use another range`,
			`cluster.serviceSubnet: "10.229.0.0/19" overlaps 10.229.0.0/16, which DigitalOcean reserves; use another range`,
			`network.ipRange: "10.245.16.0/20" overlaps 10.245.0.0/16, which DigitalOcean reserves; use another range`,
		}},
		{"reserved in one region", `{region: nyc1, network: {ipRange: 10.10.0.0/20}}`, []string{
			`network.ipRange: "10.10.0.0/20" overlaps 10.10.0.0/16, which DigitalOcean reserves; use another range`,
		}},
		{"too few pods", `{cluster: {podSubnet: 10.65.0.0/24}}`, []string{
			`cluster.podSubnet: "10.65.0.0/24" has room for 2 nodes, and the pools may grow to 3; use a larger range: every node takes a /25 of it`,
		}},
		{"allowed addresses", `{cluster: {controlPlaneAllowedAddresses: [office, 203.0.113.7, 203.0.113.9/24, 0.0.0.0/0, 203.0.113.7]}}`, []string{
			`cluster.controlPlaneAllowedAddresses[0]: "office" is not an address or a range; write it as 203.0.113.7 or 203.0.113.0/24`,
			`cluster.controlPlaneAllowedAddresses[2]: "203.0.113.9/24" has address bits beyond its length; write it as 203.0.113.0/24`,
			`cluster.controlPlaneAllowedAddresses[3]: "0.0.0.0/0" admits every address; leave the list empty to admit every address`,
			`cluster.controlPlaneAllowedAddresses[4]: "203.0.113.7" is already used by vmst:settings.cluster.controlPlaneAllowedAddresses[1]; use each value once`,
		}},
	})
}

func TestBadCluster(t *testing.T) {
	t.Parallel()
	runBad(t, []badFile{
		{"full version", `{cluster: {version: 1.35.1-do.0}}`, []string{
			`cluster.version: "1.35.1-do.0" is not a Kubernetes version prefix; write the first two numbers in quotes, such as "1.35"; the patch release is chosen for you`,
		}},
		{"window", `{cluster: {maintenance: {time: "24:00"}}, cache: {maintenance: {time: "6:00"}}}`, []string{
			`cache.maintenance.time: "6:00" is not a time; write it as HH:MM in UTC, in quotes`,
			`cluster.maintenance.time: "24:00" is not a time; write it as HH:MM in UTC, in quotes`,
		}},
		{"sizes", `{cluster: {defaultPool: {size: s-2vcpu-4bg}, nodePools: [{role: general, size: huge, minNodes: 1, maxNodes: 1}]}}`, []string{
			`cluster.defaultPool.size: "s-2vcpu-4bg" is not a Droplet size for nodes; did you mean "s-2vcpu-4gb"? ` + "`doctl kubernetes options sizes` lists them",
			`cluster.nodePools[0].size: "huge" is not a Droplet size for nodes; use a slug such as s-4vcpu-16gb-amd (` + "`doctl kubernetes options sizes` lists them)",
		}},
		{"more at least than at most", `{cluster: {nodePools: [{role: general, size: s-4vcpu-8gb, minNodes: 3, maxNodes: 2}]}}`, []string{
			`cluster.nodePools[0].minNodes: 3 is more than maxNodes (2); lower minNodes or raise maxNodes`,
		}},
		{"roles", `{cluster: {nodePools: [{role: web, size: s-4vcpu-8gb, minNodes: 1, maxNodes: 2},
			{role: web, size: s-4vcpu-8gb, minNodes: 1, maxNodes: 2}, {role: gpu, size: s-4vcpu-8gb, minNodes: 1, maxNodes: 2}]}}`, []string{
			`cluster.nodePools[1].role: "web" is already used by vmst:settings.cluster.nodePools[0].role; use each value once`,
			`cluster.nodePools[2].role: "gpu" is not allowed; set it to general, web, background or search`,
		}},
		{"labels and taints", `{cluster: {nodePools: [{role: general, size: s-4vcpu-8gb, minNodes: 1, maxNodes: 2,
			labels: {"a b": x, tier: "-", doks.digitalocean.com/node-pool: x},
			taints: [{key: "a b", value: x, effect: NoSchedule}, {key: a, value: "x y", effect: Never},
			{key: b, value: x, effect: NoSchedule}, {key: b, value: y, effect: NoSchedule}]}]}}`, []string{
			`cluster.nodePools[0].labels.a b: "a b" is not a label key; use at most 63 letters, digits, dashes, underscores and dots, a letter or digit at both ends, after an optional DNS prefix and a slash`,
			`cluster.nodePools[0].labels.doks.digitalocean.com/node-pool: "doks.digitalocean.com/node-pool" belongs to Kubernetes or DigitalOcean; use a prefix of your own domain`,
			`cluster.nodePools[0].labels.tier: "-" is not a label value; use at most 63 letters, digits, dashes, underscores and dots, a letter or digit at both ends`,
			`cluster.nodePools[0].taints[0].key: "a b" is not a taint key; use at most 63 letters, digits, dashes, underscores and dots, a letter or digit at both ends`,
			`cluster.nodePools[0].taints[1].effect: "Never" is not allowed; set it to NoSchedule, PreferNoSchedule or NoExecute`,
			`cluster.nodePools[0].taints[1].value: "x y" is not a taint value; use at most 63 letters, digits, dashes, underscores and dots, a letter or digit at both ends`,
			`cluster.nodePools[0].taints[3]: "b:NoSchedule" is already used by vmst:settings.cluster.nodePools[0].taints[2]; use each value once`,
		}},
	})
}

func TestBadData(t *testing.T) {
	t.Parallel()
	runBad(t, []badFile{
		{"standby on a plan that has none", `{database: {size: db-s-1vcpu-1gb, nodes: 2, poolSize: 10}, cache: {nodes: 2}}`, []string{
			`cache.nodes: 2 nodes need more than db-s-1vcpu-1gb offers; set nodes to 1, or use the next larger plan`,
			`database.nodes: 2 nodes need more than db-s-1vcpu-1gb offers; set nodes to 1, or use the next larger plan`,
		}},
		{"Standard plan for Advanced", `{database: {engine: advanced_pg, version: "15", size: db-s-2vcpu-4gb}}`, []string{
			`database.size: "db-s-2vcpu-4gb" is not a plan of advanced_pg; use gd-2vcpu-8gb, gd-2vcpu-8gb-intel, so1_5-2vcpu-16gb, so1_5-2vcpu-16gb-intel, gd-4vcpu-16gb, gd-4vcpu-16gb-intel, so1_5-4vcpu-32gb, so1_5-4vcpu-32gb-intel, gd-8vcpu-32gb, gd-8vcpu-32gb-intel, so1_5-8vcpu-64gb, so1_5-8vcpu-64gb-intel, gd-16vcpu-64gb, gd-16vcpu-64gb-intel, so1_5-16vcpu-128gb, so1_5-16vcpu-128gb-intel, gd-32vcpu-128gb, gd-32vcpu-128gb-intel, gd-40vcpu-160gb, so1_5-24vcpu-192gb, so1_5-24vcpu-192gb-intel, gd-48vcpu-192gb-intel, so1_5-32vcpu-256gb, so1_5-32vcpu-256gb-intel or so1_5-48vcpu-384gb-intel`,
			`database.version: "15" is not a version of advanced_pg; use 16, 17 or 18`,
		}},
		{"engine", `{database: {engine: mysql}}`, []string{
			`database.engine: "mysql" is not allowed; set it to pg or advanced_pg`,
		}},
		{"pool larger than the plan", `{database: {poolSize: 43}}`, []string{
			`database.poolSize: 43 is more than db-s-1vcpu-2gb can serve; use at most 42: of its 47 connections, 5 are kept for migrations`,
		}},
		{"Valkey version and Rails cache", `{cache: {version: "7", rails: {size: db-s-1vcpu-1gb, nodes: 3}}}`, []string{
			`cache.rails.nodes: 3 nodes need more than db-s-1vcpu-1gb offers; set nodes to 1, or use the next larger plan`,
			`cache.version: "7" is not a version of valkey; use 8`,
		}},
		{"search without a plan", `{search: {enabled: true}}`, []string{
			`search.nodes: the value is missing; set it: search.enabled is true`,
			`search.size: the value is missing; set it: search.enabled is true`,
		}},
		{"search nodes", `{search: {enabled: true, size: db-s-2vcpu-4gb, nodes: 2, version: "3"}}`, []string{
			`search.indexPreset: "small_cluster" needs 3 nodes for its replicas; use single_node_cluster, or 3 nodes`,
			`search.nodes: 2 is not a cluster size of db-s-2vcpu-4gb; use 1 or 3`,
			`search.version: "3" is not a version of opensearch; use 1, 2 or 2.19`,
		}},
		{"search preset for one node", `{search: {enabled: true, size: db-s-1vcpu-2gb, nodes: 1, indexPreset: large_cluster}}`, []string{
			`search.indexPreset: "large_cluster" needs 3 nodes for its replicas; use single_node_cluster, or 3 nodes`,
		}},
		{"search preset for three", `{search: {enabled: true, size: db-s-2vcpu-4gb, nodes: 3, indexPreset: single_node_cluster}}`, []string{
			`search.indexPreset: "single_node_cluster" keeps no replicas on 3 nodes; use small_cluster or large_cluster`,
		}},
		{"Spaces in a region without Spaces", `{storage: {region: nyc1, backupRegion: ric1}}`, []string{
			`storage.backupRegion: "ric1" is not a region with Spaces; use ams3, atl1, blr1, fra1, lon1, nyc3, sfo2, sfo3, sgp1, syd1 or tor1`,
			`storage.region: "nyc1" is not a region with Spaces; did you mean "nyc3"? Allowed: ams3, atl1, blr1, fra1, lon1, nyc3, sfo2, sfo3, sgp1, syd1, tor1`,
		}},
		{"backups beside the media", `{storage: {backupRegion: nyc3}}`, []string{
			`storage.backupRegion: "nyc3" is also the region of the media; use a third region, so that no single one takes both`,
		}},
		{"backups beside everything", `{storage: {region: tor1, backupRegion: tor1}}`, []string{
			`storage.backupRegion: "tor1" is also the region of the media and the databases; use a third region, so that no single one takes both`,
		}},
	})
}
