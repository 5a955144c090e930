package digitalocean

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/blang/semver"

	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

// Ranges that a cluster without own ones gets (Terraform provider, resource kubernetes_cluster).
const (
	defaultClusterSubnet = "10.244.0.0/16"
	defaultServiceSubnet = "10.245.0.0/16"
)

func kubernetesResources() map[string]sim.Resource {
	component := sim.Object(sim.Fields{"enabled": sim.Bool().Required()}).Computed()
	defaultPool := nodePoolFields().With(sim.Fields{
		"size":            sim.String().Required().Replaces().Check(nodeSize),
		"id":              sim.String().Computed(),
		"actualNodeCount": sim.Int().Computed(),
		"nodes":           sim.List(sim.Object(nodeFields())).Computed(),
	})
	return map[string]sim.Resource{
		typeCluster: {
			Inputs: sim.Fields{
				"name": sim.String().AutoNamed().Check(matches(`[a-zA-Z0-9][a-zA-Z0-9.-]*`,
					"letters, digits, dashes and periods"), longest(255)),
				"region":        inRegion(managedRegions).Required().Replaces(),
				"version":       sim.String().Required(),
				"vpcUuid":       sim.String().Computed().Replaces(),
				"clusterSubnet": sim.String().Computed().Replaces().Check(subnet),
				"serviceSubnet": sim.String().Computed().Replaces().Check(subnet),
				"nodePool":      sim.Object(defaultPool).Required(),
				"ha":            sim.Bool().Computed(),
				"autoUpgrade":   sim.Bool(),
				"surgeUpgrade":  sim.Bool().Default(true),
				"maintenancePolicy": sim.Object(sim.Fields{
					"day": sim.String().OneOf("any",
						"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday").Computed(),
					"startTime": sim.String().Computed().Check(matches(`([01][0-9]|2[0-3]):[0-5][0-9]`,
						"hours and minutes, such as 04:00")),
					"duration": sim.String().Computed(),
				}).Computed(),
				"controlPlaneFirewall": sim.Object(sim.Fields{
					"enabled":          sim.Bool().Required(),
					"allowedAddresses": sim.List(sim.String().Check(addressOrNetwork)).Required(),
				}).Computed(),
				"clusterAutoscalerConfigurations": sim.List(sim.Object(sim.Fields{
					"expanders":                     sim.List(sim.String().OneOf("random", "least-waste", "priority")),
					"scaleDownUnneededTime":         sim.String(),
					"scaleDownUtilizationThreshold": sim.Number().Between(0, 1),
				})),
				"tags":                              sim.List(sim.String()).Unordered(),
				"registryIntegration":               sim.Bool().Default(false),
				"destroyAllAssociatedResources":     sim.Bool().Default(false),
				"kubeconfigExpireSeconds":           sim.Int().Between(0, 1<<31),
				"amdGpuDeviceMetricsExporterPlugin": component,
				"amdGpuDevicePlugin":                component,
				"nvidiaGpuDevicePlugin":             component,
				"rdmaSharedDevicePlugin":            component,
				"routingAgent":                      component,
			},
			Outputs:  []string{"clusterUrn", "createdAt", "endpoint", "ipv4Address", "status", "updatedAt"},
			Secrets:  []string{"kubeConfigs"},
			Check:    func(s sim.State) []error { return checkNodePool(s.Object("nodePool"), "nodePool.") },
			Replaces: downgraded,
			Create:   createCluster,
			Update:   updateCluster,
			Refresh:  refreshCluster,
			Delete:   deleteCluster,
		},
		typeNodePool: {
			Inputs:  nodePoolFields().With(sim.Fields{"clusterId": sim.String().Required().Replaces()}),
			Outputs: []string{"actualNodeCount", "nodes"},
			Check:   func(s sim.State) []error { return checkNodePool(s, "") },
			Create:  createNodePool,
			Update:  updateNodePool,
		},
	}
}

func subnet(value any) error {
	text, _ := value.(string)
	if prefix, err := netip.ParsePrefix(text); err != nil || prefix.Masked() != prefix || !prefix.Addr().Is4() {
		return errors.New("must be an IPv4 network in CIDR notation with no host bits set, such as 10.244.0.0/16")
	}
	return nil
}

func addressOrNetwork(value any) error {
	text, _ := value.(string)
	_, notIP := netip.ParseAddr(text)
	_, notNetwork := netip.ParsePrefix(text)

	if notIP != nil && notNetwork != nil {
		return errors.New("must be an address or a network in CIDR notation")
	}
	return nil
}

// offered refuses a version that new clusters and upgrades cannot have.
func offered(version string) error {
	if !slices.Contains(kubernetesVersions, version) {
		return refuse(422, "invalid version slug %q: must be one of %s",
			version, strings.Join(kubernetesVersions, ", "))
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
// those of another cluster in the VPC.
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
				if err == nil && taken.Overlaps(prefix) && cluster.String("vpcUuid") == state.String("vpcUuid") &&
					used != defaultClusterSubnet && used != defaultServiceSubnet {
					return refuse(422, "cluster or service subnet %s overlaps with %s of cluster %q in the same VPC",
						prefix, taken, cluster.String("name"))
				}
			}
		}
	}
	return nil
}

func createCluster(call sim.Call, state sim.State) (string, error) {
	if err := errors.Join(
		offered(state.String("version")),
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

	// From 1.36 on the control plane is highly available unless the program says otherwise.
	state.SetDefault("ha", !older(state.String("version"), "1.36.0"))
	state.SetDefault("maintenancePolicy", map[string]any{})

	policy := state.Object("maintenancePolicy")
	policy.SetDefault("day", "any")
	policy.SetDefault("startTime", "04:00")
	policy.SetDefault("duration", "4h0m0s")

	for _, name := range []string{
		"amdGpuDeviceMetricsExporterPlugin", "amdGpuDevicePlugin", "nvidiaGpuDevicePlugin", "rdmaSharedDevicePlugin",
		"routingAgent",
	} {
		state.SetDefault(name, map[string]any{"enabled": false})
	}

	state.SetDefault("controlPlaneFirewall", map[string]any{"enabled": false, "allowedAddresses": []any{}})

	pool := state.Object("nodePool")
	pool["id"] = newID()
	scale(call, pool)

	authority, err := newAuthority("k8saas Cluster CA", call.Now())
	if err != nil {
		return "", err
	}

	state.Merge(sim.State{
		"clusterUrn": "do:kubernetes:" + id, "createdAt": timestamp(call), "updatedAt": timestamp(call),
		"endpoint": endpoint, "ipv4Address": "", "status": "running", "__ca": authority,
	})

	if !state.Bool("ha") {
		if state["ipv4Address"], err = publicAddress(call); err != nil {
			return "", err
		}
	}
	return id, issueKubeconfig(call, state)
}

func updateCluster(call sim.Call, id string, before, state sim.State) error {
	if before.Bool("ha") && !state.Bool("ha") {
		return refuse(422, "high availability cannot be disabled on cluster %q once it is enabled",
			state.String("name"))
	}

	if state.String("version") != before.String("version") {
		if err := offered(state.String("version")); err != nil {
			return err
		}

		if from, to := minor(before.String("version")), minor(state.String("version")); to > from+1 {
			return refuse(422, "cannot upgrade from %s to %s: upgrade one minor version at a time",
				before.String("version"), state.String("version"))
		}
	}

	state["updatedAt"] = timestamp(call)
	scale(call, state.Object("nodePool"))
	return unique(call, typeCluster, "kubernetes cluster", id, state, 422)
}

func minor(slug string) uint64 {
	v, err := semver.Parse(slug)
	if err != nil {
		return 0
	}
	return v.Minor
}

// refreshCluster fetches new credentials when the old ones have expired, as the Terraform provider does.
func refreshCluster(call sim.Call, _ string, state sim.State) error {
	if validKubeconfig(call, state) {
		return nil
	}
	return issueKubeconfig(call, state)
}

// deleteCluster deletes what lives and dies with the cluster: its node pools, and the Kubernetes objects in it. Load
// balancers that it made stay and cost money, unless the cluster was told to destroy them.
func deleteCluster(call sim.Call, id string, state sim.State) error {
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
