package digitalocean

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/blang/semver"
	sdk "github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"

	"github.com/vmstio/infrastructure/infra/catalogue"
	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

// Ranges that a cluster without own ones gets (Terraform provider, resource kubernetes_cluster).
const (
	defaultClusterSubnet = "10.244.0.0/16"
	defaultServiceSubnet = "10.245.0.0/16"
)

// components are switches of what runs in a cluster, all off unless the program says otherwise.
const components = "amdGpuDeviceMetricsExporterPlugin amdGpuDevicePlugin nvidiaGpuDevicePlugin " +
	"rdmaSharedDevicePlugin routingAgent"

// provisioning is how long the provider waits for a cluster or a database (Terraform provider).
const provisioning = 30 * time.Minute

func kubernetesResources(options Options) map[string]sim.Resource {
	count := []sim.Check{sim.Between(0, 512)} // limits of DOKS
	// pool are the rules of a node pool at a path.
	pool := func(at string) map[string][]sim.Check {
		return map[string][]sim.Check{
			at + "name": {matches(`[a-z0-9]([a-z0-9-]*[a-z0-9])?`,
				"lower-case letters, digits and dashes, since it begins the names of nodes")},
			at + "size": {nodeSize}, at + "nodeCount": count, at + "minNodes": count, at + "maxNodes": count,
			at + "taints.effect": {sim.OneOf("NoSchedule", "PreferNoSchedule", "NoExecute")},
		}
	}
	cluster := pool("nodePool.")
	maps.Copy(cluster, map[string][]sim.Check{
		"name":                        {dashed, longest(255)},
		"region":                      inRegion(func(r catalogue.Region) bool { return r.Kubernetes }),
		"clusterSubnet":               {network},
		"serviceSubnet":               {network},
		"maintenancePolicy.day":       {sim.OneOf(append(weekdays, "any")...)},
		"maintenancePolicy.startTime": {timeOfDay},
		"controlPlaneFirewall.allowedAddresses[]": {source},
	})
	return map[string]sim.Resource{
		typeCluster: sim.From(sdk.KubernetesClusterArgs{}, sdk.KubernetesCluster{}, sim.Rules{
			AutoNamed: "name", Required: "controlPlaneFirewall.allowedAddresses",
			Replaces: "region vpcUuid clusterSubnet serviceSubnet nodePool.size",
			Computed: "ha vpcUuid clusterSubnet serviceSubnet nodePool.id nodePool.actualNodeCount nodePool.nodes " +
				"maintenancePolicy maintenancePolicy.day maintenancePolicy.startTime maintenancePolicy.duration " +
				"controlPlaneFirewall " + components,
			Unordered: "tags nodePool.tags nodePool.taints", Secret: "kubeConfigs",
			Defaults: map[string]any{
				"surgeUpgrade": true, "registryIntegration": false, "destroyAllAssociatedResources": false,
				"nodePool.autoScale": false,
			},
			Checks: cluster,
		}, sim.Resource{
			Waits:    provisioning,
			Check:    func(s sim.State) []error { return checkNodePool(s.Object("nodePool"), "nodePool.") },
			Replaces: downgraded, Create: options.createCluster, Update: options.updateCluster,
			Delete: options.deleteCluster,
		}),
		typeNodePool: sim.From(sdk.KubernetesNodePoolArgs{}, sdk.KubernetesNodePool{}, sim.Rules{
			AutoNamed: "name", Replaces: "clusterId size", Unordered: "tags taints",
			Defaults: map[string]any{"autoScale": false}, Checks: pool(""),
		}, sim.Resource{
			Check: func(s sim.State) []error { return checkNodePool(s, "") },
			Create: func(call sim.Call, state sim.State) (string, error) {
				return newID(), options.settleNodePool(call, "", nil, state)
			},
			Update: options.settleNodePool,
		}),
	}
}

// nodeSize checks the size of a node.
func nodeSize(value any) error {
	slug, _ := value.(string)
	if _, known := catalogue.LookupDropletSize(slug); !known {
		return errors.New("is not a droplet size that a kubernetes node can have, " +
			"such as s-2vcpu-4gb, s-4vcpu-8gb, s-4vcpu-16gb-amd or g-4vcpu-16gb (2 GB of memory and more)")
	}
	return nil
}

// versions are what new clusters and upgrades can have.
func (o Options) versions() []string {
	if o.Kubernetes != nil {
		return o.Kubernetes
	}
	return catalogue.KubernetesVersions()
}

// offered refuses a version that new clusters cannot have, and upgrades cannot either but for some more.
func (o Options) offered(version string, more ...string) error {
	all := slices.Concat(more, o.versions())
	if !slices.Contains(all, version) {
		return refuse(422, "invalid version slug %q: must be one of %s", version, strings.Join(all, ", "))
	}
	return nil
}

// older tells whether a version slug, "1.35.4-do.1", comes before another.
func older(slug, than string) bool {
	a, errA := semver.Parse(slug)
	b, errB := semver.Parse(than)
	return errA == nil && errB == nil && a.LT(b)
}

// downgraded replaces a cluster whose version would go down, which cannot be done in place.
func downgraded(before, after sim.State) []string {
	if older(after.String("version"), before.String("version")) {
		return []string{"version"}
	}
	return nil
}

// separateSubnets refuses ranges of pods and services that meet each other, the range of a VPC of the account, or
// those of another VPC-native cluster of the account, in whichever VPC (documentation of DOKS, "Create clusters").
func separateSubnets(call sim.Call, state sim.State) error {
	pods := netip.MustParsePrefix(state.String("clusterSubnet"))
	services := netip.MustParsePrefix(state.String("serviceSubnet"))
	if pods.Overlaps(services) {
		return refuse(422, "cluster subnet %s overlaps with service subnet %s", pods, services)
	}
	for _, prefix := range []netip.Prefix{pods, services} {
		if taken := overlapping(call, prefix); taken != "" {
			return refuse(422, "cluster or service subnet %s overlaps with %s", prefix, taken)
		}
		for _, other := range call.List(typeCluster) {
			cluster := sim.State(other.Outputs)
			for _, used := range []string{cluster.String("clusterSubnet"), cluster.String("serviceSubnet")} {
				taken, err := netip.ParsePrefix(used)
				if err == nil && taken.Overlaps(prefix) &&
					used != defaultClusterSubnet && used != defaultServiceSubnet {
					return refuse(422, "cluster or service subnet %s overlaps with %s of cluster %q of this account",
						prefix, taken, cluster.String("name"))
				}
			}
		}
	}
	return nil
}

func (o Options) createCluster(call sim.Call, state sim.State) (string, error) {
	if err := errors.Join(
		o.offered(state.String("version")),
		unique(call, typeCluster, "kubernetes cluster", "", state, 422),
		placeInVpc(call, state, "vpcUuid"),
	); err != nil {
		return "", err
	}
	if state.Has("clusterSubnet") != state.Has("serviceSubnet") {
		return "", refuse(422, "a VPC-native cluster needs both cluster subnet and service subnet")
	}
	state.SetDefault("clusterSubnet", defaultClusterSubnet)
	state.SetDefault("serviceSubnet", defaultServiceSubnet)
	if err := separateSubnets(call, state); err != nil {
		return "", err
	}
	id := newID()
	endpoint := "https://" + id + ".k8s.ondigitalocean.com"
	// The provider says nothing where the program does not, and the API's own default changed with 1.36.
	state.SetDefault("ha", minor(state.String("version")) >= 36)
	state.SetDefault("maintenancePolicy", map[string]any{})
	policy := state.Object("maintenancePolicy")
	policy.SetDefault("day", "any")
	policy.SetDefault("startTime", "04:00")
	policy.SetDefault("duration", "4h0m0s")
	for name := range strings.FieldsSeq(components) {
		state.SetDefault(name, map[string]any{"enabled": false})
	}
	state.SetDefault("controlPlaneFirewall", map[string]any{"enabled": false, "allowedAddresses": []any{}})
	pool := state.Object("nodePool")
	pool["id"] = newID()
	if err := o.scale(call, pool); err != nil {
		return "", err
	}
	authority, err := newAuthority("k8saas Cluster CA", call.Now())
	if err != nil {
		return "", err
	}
	state.Merge(sim.State{
		"clusterUrn": "do:kubernetes:" + id, "createdAt": timestamp(call), "updatedAt": timestamp(call),
		"endpoint": endpoint, "ipv4Address": "", "status": "running",
		"kubeConfigs": []any{map[string]any{
			"host": endpoint, "clusterCaCertificate": base64.StdEncoding.EncodeToString([]byte(authority)),
		}},
	})
	return id, nil
}

func (o Options) updateCluster(call sim.Call, id string, before, state sim.State) error {
	if before.Bool("ha") && !state.Bool("ha") {
		return refuse(422, "high availability cannot be disabled on cluster %q once it is enabled",
			state.String("name"))
	}
	if state.String("version") != before.String("version") {
		if err := o.offered(state.String("version"), o.Upgrades...); err != nil {
			return err
		}
		from, to := minor(before.String("version")), minor(state.String("version"))
		if to > from+1 {
			return refuse(422, "cannot upgrade from %s to %s: upgrade one minor version at a time",
				before.String("version"), state.String("version"))
		}
		// "Provided you first perform all available patch-level upgrades" (documentation of DOKS, "Upgrade clusters").
		for _, patch := range slices.Concat(o.Upgrades, o.versions()) {
			if to > from && minor(patch) == from && older(before.String("version"), patch) {
				return refuse(422, "cannot upgrade from %s to %s: upgrade to patch %s first",
					before.String("version"), state.String("version"), patch)
			}
		}
	}
	state["updatedAt"] = timestamp(call)
	return errors.Join(
		o.scale(call, state.Object("nodePool")), unique(call, typeCluster, "kubernetes cluster", id, state, 422),
	)
}

func minor(slug string) uint64 {
	v, err := semver.Parse(slug)
	if err != nil {
		return 0
	}
	return v.Minor
}

// deleteCluster deletes what lives and dies with the cluster: its node pools, and the Kubernetes objects in it. Load
// balancers that it made stay and cost money, unless the cluster was told to destroy them. Its nodes go in their time.
func (o Options) deleteCluster(call sim.Call, id string, state sim.State) error {
	if vpc, ok := call.Get(typeVpc, state.String("vpcUuid")); ok && o.Slow[typeVpc] > 0 {
		vpc.Outputs[occupied] = call.Now().Add(o.Slow[typeVpc]).Format(time.RFC3339)
		if err := call.Put(vpc); err != nil {
			return err
		}
	}
	if err := deleteAll(call, typeNodePool, "clusterId", id); err != nil {
		return err
	}
	for _, typ := range call.Types() {
		if typ == typeLoadBalancer && !state.Bool("destroyAllAssociatedResources") {
			continue
		}
		if err := deleteAll(call, typ, owner, id); err != nil {
			return err
		}
	}
	return nil
}

// checkNodePool checks how the size of a pool is said. at is how property paths begin.
func checkNodePool(pool sim.State, at string) []error {
	if pool == nil || !pool.Known("autoScale", "minNodes", "maxNodes", "nodeCount") {
		return nil
	}
	if !pool.Bool("autoScale") {
		if pool.Int("nodeCount") < 1 {
			return []error{fmt.Errorf("%snodeCount = %d: must be at least 1 when autoScale is off",
				at, pool.Int("nodeCount"))}
		}
		return nil
	}
	if pool.Int("maxNodes") < 1 || pool.Int("maxNodes") < pool.Int("minNodes") {
		return []error{fmt.Errorf(
			"%smaxNodes = %d: must be at least 1 and not less than %sminNodes = %d when autoScale is on",
			at, pool.Int("maxNodes"), at, pool.Int("minNodes"))}
	}
	return nil
}

// scale makes the pool's nodes as many as it wants: nodeCount, or what the autoscaler has left within its limits. It
// refuses a pool that may grow beyond the account's limit of Droplets (github.com/digitalocean/doctl/issues/1619).
func (o Options) scale(call sim.Call, pool sim.State) error {
	more := max(pool.Int("nodeCount"), pool.Int("maxNodes")) - pool.Int("actualNodeCount")
	if more > 0 && more > o.limit(droplets)-dropletsOf(call) {
		return refuse(422, "validation error: autoscale desired max nodes exceed limits, %d additional nodes but not "+
			"enough available droplet limit", more)
	}
	nodes, _ := pool["nodes"].([]any)
	wanted := pool.Int("nodeCount")
	if pool.Bool("autoScale") {
		if !pool.Has("nodeCount") {
			wanted = len(nodes)
		}
		if wanted < pool.Int("minNodes") || wanted > pool.Int("maxNodes") {
			wanted = pool.Int("minNodes")
		}
	}
	for len(nodes) < wanted {
		id := newID()
		nodes = append(nodes, map[string]any{
			"id": id, "name": pool.String("name") + "-" + id[:5], "status": "running", "dropletId": newNumber(),
			"createdAt": timestamp(call), "updatedAt": timestamp(call),
		})
	}
	pool["nodes"] = nodes[:wanted]
	pool["actualNodeCount"] = wanted
	return nil
}

// settleNodePool refuses a second pool of the same name in a cluster, and gives the pool its nodes.
func (o Options) settleNodePool(call sim.Call, id string, _, pool sim.State) error {
	cluster, err := find(call, typeCluster, "kubernetes cluster", pool.String("clusterId"))
	if err != nil {
		return err
	}
	taken := cluster.Object("nodePool").String("name") == pool.String("name")
	for other, state := range having(call, typeNodePool, "clusterId", pool.String("clusterId")) {
		taken = taken || other != id && state.String("name") == pool.String("name")
	}
	if taken {
		return refuse(422, "a node pool with name %q already exists in cluster %q",
			pool.String("name"), cluster.String("name"))
	}
	return o.scale(call, pool)
}

// nodesOf counts the nodes of all pools of a cluster.
func nodesOf(call sim.Call, id string, cluster sim.State) int {
	count := cluster.Object("nodePool").Int("actualNodeCount")
	for _, pool := range having(call, typeNodePool, "clusterId", id) {
		count += pool.Int("actualNodeCount")
	}
	return count
}
