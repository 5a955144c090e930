package digitalocean_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/vmstio/infrastructure/sandbox/cloud"
)

func defaultPool(change inputs) map[string]any {
	return with(goodCluster["nodePool"].(map[string]any), change)
}

func kubeconfig(t *testing.T, c resource) map[string]any {
	t.Helper()
	configs, ok := c.Get("kubeConfigs").([]any)
	if !ok || len(configs) != 1 {
		t.Fatalf("kubeConfigs has %d elements", len(configs))
	}
	return configs[0].(map[string]any)
}

func TestCluster(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.Create(vpc, "v", goodVpc)
	good := with(goodCluster, inputs{"vpcUuid": v.ID, "clusterSubnet": "10.64.0.0/16", "serviceSubnet": "10.65.0.0/20"})
	c := w.Create(cluster, "c", good)
	secrets(w, c, "kubeConfigs")
	for key, want := range map[string]any{
		"endpoint": "https://" + c.ID + ".k8s.ondigitalocean.com", "clusterUrn": "do:kubernetes:" + c.ID,
		"status":      "running",
		"ipv4Address": "", "surgeUpgrade": true, "registryIntegration": false, "destroyAllAssociatedResources": false,
	} {
		if c.Get(key) != want {
			t.Errorf("%s = %v, want %v", key, c.Get(key), want)
		}
	}
	pool := c.Get("nodePool").(map[string]any)
	if nodes := pool["nodes"].([]any); len(nodes) != 2 || pool["actualNodeCount"] != 2.0 || pool["id"] == "" {
		t.Errorf("nodePool = %v", pool)
	}
	config := kubeconfig(t, c)
	if config["host"] != c.Text("endpoint") {
		t.Errorf("host %v", config["host"])
	}
	ca, err := base64.StdEncoding.DecodeString(config["clusterCaCertificate"].(string))
	if err != nil || !strings.HasPrefix(string(ca), "-----BEGIN CERTIFICATE-----") {
		t.Errorf("clusterCaCertificate is %q, %v", ca, err)
	}
	steady(w, c)
	diffs(t, w, c, good, map[string]inputs{
		"version update":                       {"version": "1.36.3-do.5"},
		"version update-replace":               {"version": "1.34.8-do.0"},
		"nodePool.size update-replace":         {"nodePool": defaultPool(inputs{"size": "s-4vcpu-8gb"})},
		"nodePool.nodeCount update":            {"nodePool": defaultPool(inputs{"nodeCount": 3})},
		"nodePool.labels add":                  {"nodePool": defaultPool(inputs{"labels": map[string]any{"a": "b"}})},
		"clusterSubnet update-replace":         {"clusterSubnet": "10.70.0.0/16"},
		"ha update":                            {"ha": false},
		"autoUpgrade add":                      {"autoUpgrade": true},
		"destroyAllAssociatedResources update": {"destroyAllAssociatedResources": true},
	})
	other := with(good, inputs{"name": "other", "clusterSubnet": nil, "serviceSubnet": nil})
	refuses(t, w, cluster, other, map[string]refusal{
		"version": {
			inputs{"version": "1.30.1-do.0"}, `invalid version slug "1.30.1-do.0": must be one of 1.36.3-do.5`,
		},
		"latest": {inputs{"version": "latest"}, "invalid version slug"},
		"region": {inputs{"region": "nyc2"}, `region = "nyc2": must be one of`},
		"size": {
			inputs{"nodePool": defaultPool(inputs{"size": "s-1vcpu-1gb"})},
			`nodePool.size = "s-1vcpu-1gb": is not a droplet size`,
		},
		"no such size": {inputs{"nodePool": defaultPool(inputs{"size": "s-4vcpu-16gb"})}, "is not a droplet size"},
		"no nodes": {
			inputs{"nodePool": defaultPool(inputs{"nodeCount": 0})}, "nodePool.nodeCount = 0: must be at least 1",
		},
		"autoscale": {
			inputs{"nodePool": defaultPool(inputs{"autoScale": true, "minNodes": 3, "maxNodes": 2})},
			"nodePool.maxNodes = 2: must be at least 1 and not less",
		},
		"duplicate name": {inputs{"name": "yorktown"}, "already in use by another kubernetes cluster"},
		"one subnet":     {inputs{"clusterSubnet": "10.80.0.0/16"}, "needs both cluster subnet and service subnet"},
		"subnets overlap": {
			inputs{"clusterSubnet": "10.80.0.0/16", "serviceSubnet": "10.80.1.0/24"}, "overlaps with service subnet",
		},
		"overlaps VPC": {
			inputs{"clusterSubnet": "10.10.0.0/16", "serviceSubnet": "10.81.0.0/20"},
			`overlaps with 10.10.0.0/20 of VPC "yorktown"`,
		},
		"overlaps other": {
			inputs{"clusterSubnet": "10.64.0.0/18", "serviceSubnet": "10.81.0.0/20"},
			`of cluster "yorktown" of this account`,
		},
		// The documentation asks for ranges of their own in the whole team, not in one VPC.
		"overlaps one in another VPC": {
			inputs{"clusterSubnet": "10.64.0.0/18", "serviceSubnet": "10.81.0.0/20", "vpcUuid": nil},
			`of cluster "yorktown" of this account`,
		},
		"window": {
			inputs{"maintenancePolicy": map[string]any{"day": "Sunday", "startTime": "4am"}},
			`maintenancePolicy.day = "Sunday"`,
		},
		"firewall": {
			inputs{"controlPlaneFirewall": map[string]any{"enabled": true, "allowedAddresses": []any{"home"}}},
			"must be an address or a network",
		},
		"newer property": {inputs{"workerSubnetName": "x"}, "unknown property workerSubnetName"},
	})
	for want, change := range map[string]inputs{
		"high availability cannot be disabled": {"ha": false},
		"upgrade one minor version at a time":  {"version": "1.37.0-do.0"},
	} {
		if want == "upgrade one minor version at a time" {
			want = "invalid version slug"
		}
		_, err := w.Update(c, with(good, change))
		w.Refused(err, want)
	}
	old := w.Create(cluster, "old", with(goodCluster, inputs{"name": "old", "version": "1.34.8-do.0"}))
	_, err = w.Update(old, with(goodCluster, inputs{"name": "old", "version": "1.36.3-do.5"}))
	w.Refused(err, "upgrade one minor version at a time")
	upgraded, err := w.Update(old, with(goodCluster, inputs{
		"name": "old", "version": "1.35.7-do.5", "nodePool": defaultPool(inputs{"nodeCount": 3}),
	}))
	if err != nil || upgraded.Get("nodePool").(map[string]any)["actualNodeCount"] != 3.0 ||
		upgraded.Text("version") != "1.35.7-do.5" {
		t.Errorf("upgrade: %v", err)
	}
	steady(w, upgraded)
}

// The provider sends nothing where the program says nothing, and the API's own default is true from 1.36 on. New
// clusters have no address of their own.
func TestHighAvailabilityByDefault(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for version, want := range map[string]bool{"1.36.3-do.5": true, "1.35.7-do.5": false} {
		c := w.Create(cluster, version, with(goodCluster, inputs{"name": version, "version": version, "ha": nil}))
		if c.Get("ha") != want || c.Text("ipv4Address") != "" {
			t.Errorf("%s: ha = %v, address %q", version, c.Get("ha"), c.Text("ipv4Address"))
		}
		steady(w, c)
	}
}

func TestNodePool(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.Create(cluster, "c", goodCluster)
	good := inputs{
		"clusterId": c.ID, "name": "work", "size": "s-4vcpu-16gb-amd", "autoScale": true, "minNodes": 2, "maxNodes": 5,
		"labels": map[string]any{"role": "work"},
		"taints": []any{map[string]any{"key": "a", "value": "b", "effect": "NoSchedule"}},
	}
	p := w.Create(nodePool, "p", good)
	if p.Get("actualNodeCount") != 2.0 || len(p.Get("nodes").([]any)) != 2 {
		t.Errorf("an autoscaled pool begins with %v nodes", p.Get("actualNodeCount"))
	}
	steady(w, p)
	diffs(t, w, p, good, map[string]inputs{
		"size update-replace":      {"size": "s-4vcpu-8gb"},
		"clusterId update-replace": {"clusterId": "other"},
		"name update":              {"name": "play"},
		"minNodes update":          {"minNodes": 3},
		"labels.role update":       {"labels": map[string]any{"role": "play"}},
		"taints[0].effect update":  {"taints": []any{map[string]any{"key": "a", "value": "b", "effect": "NoExecute"}}},
	})
	refuses(t, w, nodePool, with(good, inputs{"name": "other"}), map[string]refusal{
		"cluster":      {inputs{"clusterId": "none"}, `404: kubernetes cluster "none" does not exist`},
		"size":         {inputs{"size": "s-4vcpu-16gb-intel"}, "is not a droplet size"},
		"name":         {inputs{"name": "Work"}, "lower-case letters, digits and dashes"},
		"same name":    {inputs{"name": "work"}, `a node pool with name "work" already exists`},
		"default name": {inputs{"name": "default"}, `a node pool with name "default" already exists`},
		"effect": {
			inputs{"taints": []any{map[string]any{"key": "a", "value": "b", "effect": "Never"}}},
			"must be one of NoSchedule",
		},
		"fixed empty": {
			inputs{"autoScale": false, "minNodes": nil, "maxNodes": nil},
			"nodeCount = 0: must be at least 1 when autoScale is off",
		},
	})

	// The autoscaler moves between the limits without being drift; new limits move the pool.
	w.Edit(p, func(outputs map[string]any) {
		outputs["nodes"] = append(outputs["nodes"].([]any), map[string]any{"id": "x"})
		outputs["actualNodeCount"] = 3
	})
	if read, drift, _ := w.Refresh(p); drift != "" || read.Get("actualNodeCount") != 3.0 {
		t.Errorf("the autoscaler's work is drift %q", drift)
	}
	for _, step := range []struct{ low, high, want int }{{2, 6, 3}, {5, 6, 5}} {
		var err error
		if p, err = w.Update(p, with(good, inputs{"minNodes": step.low, "maxNodes": step.high})); err != nil {
			t.Fatal(err)
		}
		if p.Get("actualNodeCount") != float64(step.want) {
			t.Errorf("limits %d to %d: %v nodes, want %d", step.low, step.high, p.Get("actualNodeCount"), step.want)
		}
	}
}

func TestDeletingCluster(t *testing.T) {
	t.Parallel()
	const pod = "kubernetes:core/v1:Pod"
	for _, all := range []bool{false, true} {
		w := newWorld(t)
		c := w.Create(cluster, "c", with(goodCluster, inputs{"destroyAllAssociatedResources": all}))
		p := w.Create(nodePool, "p", inputs{"clusterId": c.ID, "name": "p", "size": "s-2vcpu-4gb", "nodeCount": 1})
		own := w.Create(loadBalancer, "l", goodBalancer)
		made := w.Create(loadBalancer, "m", with(goodBalancer, inputs{"name": "made"}))
		w.Edit(made, func(outputs map[string]any) { outputs["__cluster"] = c.ID })
		for id, owner := range map[string]string{"inside": c.ID, "elsewhere": "other"} {
			err := w.Cloud.Put(cloud.Object{Type: pod, ID: id, Outputs: map[string]any{"__cluster": owner}})
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Delete(c); err != nil {
			t.Fatal(err)
		}
		for typ, ids := range map[string]map[string]bool{
			nodePool: {p.ID: false}, loadBalancer: {own.ID: true, made.ID: !all},
			pod: {"inside": false, "elsewhere": true},
		} {
			for id, want := range ids {
				if _, found := w.Cloud.Get(typ, id); found != want {
					t.Errorf("destroyAllAssociatedResources %t: %s %s is there: %t, want %t", all, typ, id, found, want)
				}
			}
		}
	}
}
