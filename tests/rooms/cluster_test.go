package rooms_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/cluster"
	"github.com/vmstio/infrastructure/tests/mocks"
)

const (
	clusterType       = "digitalocean:index/kubernetesCluster:KubernetesCluster"
	nodePoolType      = "digitalocean:index/kubernetesNodePool:KubernetesNodePool"
	kubernetesType    = "pulumi:providers:kubernetes"
	clusterLookUp     = "digitalocean:index/getKubernetesCluster:getKubernetesCluster"
	clusterVersions   = "digitalocean:index/getKubernetesVersions:getKubernetesVersions"
	clusterTestSecret = "token-of-the-api"
)

func clusterArgs() cluster.Args {
	return cluster.Args{
		Name: "main-vmst-io", Region: "tor1", VersionPrefix: "1.35", VPCID: pulumi.String("vpc-id"),
		PodSubnet: "10.101.0.0/16", ServiceSubnet: "10.102.0.0/19", HighlyAvailable: true, AutoUpgrade: true,
		MaintenanceDay: "sunday", MaintenanceTime: "06:00",
		AllowedAddresses: []string{"198.51.100.7", "2001:db8::/32"},
		DefaultPool:      cluster.DefaultPool{Name: "small-vmst-io", Size: "s-2vcpu-2gb", Nodes: 2},
		NodePools: []cluster.NodePool{
			{
				Name: "front-vmst-io", Role: "general", Size: "s-4vcpu-16gb-amd", MinNodes: 3, MaxNodes: 6,
				Labels: map[string]string{"disk": "fast"},
			},
			{
				Name: "workers-vmst-io", Role: "background", Size: "s-4vcpu-16gb-amd", MinNodes: 1, MaxNodes: 4,
				Taints: []cluster.Taint{{Key: "work", Value: "background", Effect: "NoSchedule"}},
			},
		},
		Token: pulumi.ToSecret(pulumi.String(clusterTestSecret)).(pulumi.StringOutput), Protect: true,
	}
}

func clusterProgram(args cluster.Args) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		made, err := cluster.New(ctx, "cluster", &args)
		if err != nil {
			return err
		}
		if len(made.NodesReady) != 1+len(args.NodePools) || made.Resource == nil {
			return errors.New("there is nothing to depend on")
		}
		ctx.Export("id", made.ID)
		ctx.Export("urn", made.ClusterURN)
		ctx.Export("endpoint", made.Endpoint)
		return nil
	}
}

// clusterRuns answers the look-up of the running cluster.
func clusterRuns(version string) map[string]mocks.Answer {
	return map[string]mocks.Answer{
		clusterLookUp: func(args resource.PropertyMap) (resource.PropertyMap, error) {
			return resource.PropertyMap{"name": args["name"], "version": resource.NewProperty(version)}, nil
		},
	}
}

func TestCluster(t *testing.T) {
	for _, preview := range []bool{false, true} {
		r := &mocks.Recorder{Preview: preview}
		require.NoError(t, r.Run(clusterProgram(clusterArgs())))

		made := r.One(t, clusterType, "cluster-cluster")
		require.Contains(t, made.Parent, "vmst:cluster:Cluster::cluster")
		require.Equal(t, map[string]any{
			"name": "main-vmst-io", "region": "tor1", "version": "1.35.2-do.1", "vpcUuid": "vpc-id",
			"clusterSubnet": "10.101.0.0/16", "serviceSubnet": "10.102.0.0/19",
			"ha": true, "autoUpgrade": true, "surgeUpgrade": true,
			"maintenancePolicy":             map[string]any{"day": "sunday", "startTime": "06:00"},
			"controlPlaneFirewall":          map[string]any{"enabled": true, "allowedAddresses": []any{"198.51.100.7", "2001:db8::/32"}},
			"destroyAllAssociatedResources": false,
			"nodePool": map[string]any{
				"name": "small-vmst-io", "size": "s-2vcpu-2gb", "nodeCount": 2.0, "labels": map[string]any{"vmst.io/pool": "default"},
			},
		}, made.Inputs.Mappable())
		require.Empty(t, made.IgnoreChanges)
		require.True(t, made.Protect)
		require.False(t, made.RetainOnDelete, "it holds no data, and costs")
		require.Contains(t, r.Exports(), "endpoint")
	}
}

func TestClusterSwitches(t *testing.T) {
	args := clusterArgs()
	args.HighlyAvailable, args.Protect, args.DestroyAssociated, args.AllowedAddresses = false, false, true, nil
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(clusterProgram(args)))
	made := r.One(t, clusterType, "cluster-cluster")
	require.Equal(t, false, made.Input("ha"), "written out, or the API chooses")
	require.Equal(t, true, made.Input("destroyAllAssociatedResources"))
	require.NotContains(t, made.Inputs, resource.PropertyKey("controlPlaneFirewall"))
	require.False(t, made.Protect)
}

func TestClusterNodePools(t *testing.T) {
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(clusterProgram(clusterArgs())))

	require.Equal(t, map[string]any{
		"clusterId": "cluster-cluster-id", "name": "front-vmst-io", "size": "s-4vcpu-16gb-amd",
		"autoScale": true, "minNodes": 3.0, "maxNodes": 6.0,
		"labels": map[string]any{"vmst.io/pool": "general", "disk": "fast"}, "taints": []any{},
	}, r.One(t, nodePoolType, "cluster-pool-general").Inputs.Mappable())
	background := r.One(t, nodePoolType, "cluster-pool-background")
	require.Equal(t, map[string]any{cluster.PoolLabel: "background"}, background.Input("labels"))
	require.Equal(t, []any{map[string]any{"key": "work", "value": "background", "effect": "NoSchedule"}}, background.Input("taints"))
	require.False(t, background.Protect)
}

func TestClusterKubernetesProviderOutlivesTheTokenOfSevenDays(t *testing.T) {
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(clusterProgram(clusterArgs())))

	provider := r.One(t, kubernetesType, "cluster-kubernetes")
	require.Contains(t, provider.Parent, "vmst:cluster:Cluster::cluster")
	require.Equal(t, "cluster-cluster-id", provider.Input("clusterIdentifier"), "or an update in place looks like another cluster")
	require.True(t, provider.Secret("kubeconfig"))
	for _, pool := range []string{"cluster-pool-general", "cluster-pool-background"} {
		require.Condition(t, func() bool {
			for _, urn := range provider.DependsOn {
				if resource.URN(urn).Name() == pool {
					return true
				}
			}
			return false
		}, "the provider does not wait for %s", pool)
	}

	text, ok := provider.Input("kubeconfig").(string)
	require.True(t, ok)
	require.NotContains(t, text, "kube-token", "the token of the cluster's own kubeconfig expires")
	var config struct {
		Clusters []struct {
			Cluster struct {
				Server string `json:"server"`
				CA     string `json:"certificate-authority-data"`
			} `json:"cluster"`
		} `json:"clusters"`
		Users []struct {
			User struct {
				Exec struct {
					APIVersion string   `json:"apiVersion"`
					Command    string   `json:"command"`
					Args       []string `json:"args"`
					Env        []struct{ Name, Value string }
				} `json:"exec"`
			} `json:"user"`
		} `json:"users"`
		Current string `json:"current-context"`
	}
	require.NoError(t, json.Unmarshal([]byte(text), &config))
	require.Equal(t, "main-vmst-io", config.Current)
	require.Equal(t, "https://cluster-cluster.k8s.ondigitalocean.com", config.Clusters[0].Cluster.Server)
	require.Equal(t, "Y2E=", config.Clusters[0].Cluster.CA)
	exec := config.Users[0].User.Exec
	require.Equal(t, "client.authentication.k8s.io/v1beta1", exec.APIVersion)
	require.Equal(t, "doctl", exec.Command)
	require.Equal(t, []string{
		"kubernetes", "cluster", "kubeconfig", "exec-credential", "--version=v1beta1", "--context=default", "cluster-cluster-id",
	}, exec.Args)
	require.Equal(t, "DIGITALOCEAN_ACCESS_TOKEN", exec.Env[0].Name)
	require.True(t, exec.Env[0].Value == clusterTestSecret, "the token is not the one that was given")
}

func TestClusterTokenIsNowhereElse(t *testing.T) {
	args := clusterArgs()
	args.Token = pulumi.String(clusterTestSecret) // not marked as a secret by the caller
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(clusterProgram(args)))
	for _, made := range r.All() {
		for key, value := range made.Inputs {
			if !value.ContainsSecrets() {
				require.NotContains(t, fmt.Sprint(value.Mappable()), clusterTestSecret, "%s of %s", key, made.Name)
			}
		}
	}
	require.True(t, r.One(t, kubernetesType, "cluster-kubernetes").Secret("kubeconfig"))
}

func TestClusterVersion(t *testing.T) {
	for _, test := range []struct {
		name, running string
		auto          bool
		version       string
		ignored       bool
		problem       string
	}{
		{name: "new cluster", version: "1.35.2-do.1"},
		{name: "new cluster with upgrades", auto: true, version: "1.35.2-do.1"},
		{name: "DigitalOcean upgrades", running: "1.35.1-do.0", auto: true, version: "1.35.1-do.0", ignored: true},
		{name: "the program upgrades", running: "1.35.1-do.0", version: "1.35.2-do.1"},
		{name: "nothing newer", running: "1.35.2-do.1", version: "1.35.2-do.1", ignored: true},
		{name: "a withdrawn release", running: "1.35.3-do.0", version: "1.35.3-do.0", ignored: true},
		{name: "a new prefix", running: "1.34.5-do.2", auto: true, version: "1.35.2-do.1"},
		{
			name: "a lower prefix", running: "1.36.0-do.0", auto: true,
			problem: `vmst:settings.cluster.version "1.35" is lower than 1.36.0-do.0, which cluster "main-vmst-io" runs: ` +
				`Kubernetes cannot be downgraded; set it to "1.36"`,
		},
		{name: "a version of another form", running: "latest", problem: `version "latest" is not of the form`},
	} {
		t.Run(test.name, func(t *testing.T) {
			args := clusterArgs()
			args.AutoUpgrade = test.auto
			r := &mocks.Recorder{}
			if test.running != "" {
				r.Answers = clusterRuns(test.running)
			}
			err := r.Run(clusterProgram(args))
			if test.problem != "" {
				require.ErrorContains(t, err, test.problem)
				require.Empty(t, r.OfType(clusterType))
				return
			}
			require.NoError(t, err)
			made := r.One(t, clusterType, "cluster-cluster")
			require.Equal(t, test.version, made.Input("version"))
			require.Equal(t, test.ignored, len(made.IgnoreChanges) == 1 && made.IgnoreChanges[0] == "version")
		})
	}
}

func TestClusterVersionIsNewestWhateverTheOrder(t *testing.T) {
	r := &mocks.Recorder{Answers: map[string]mocks.Answer{
		clusterVersions: func(resource.PropertyMap) (resource.PropertyMap, error) {
			list := []resource.PropertyValue{}
			for _, version := range []string{"1.35.9-do.3", "1.350.1-do.0", "1.35.10-do.0", "1.35.10-do.1", "1.3.5-do.0", "unheard-of"} {
				list = append(list, resource.NewProperty(version))
			}
			return resource.PropertyMap{"validVersions": resource.NewProperty(list)}, nil
		},
	}}
	require.NoError(t, r.Run(clusterProgram(clusterArgs())))
	require.Equal(t, "1.35.10-do.1", r.One(t, clusterType, "cluster-cluster").Input("version"))
}

func TestClusterVersionThatIsNotOffered(t *testing.T) {
	args := clusterArgs()
	args.VersionPrefix = "1.31"
	r := &mocks.Recorder{}
	require.ErrorContains(t, r.Run(clusterProgram(args)), `vmst:settings.cluster.version "1.31": DigitalOcean offers no such version `+
		`of Kubernetes; it offers 1.35.2-do.1, 1.35.1-do.0, 1.34.5-do.2`)
	require.Empty(t, r.OfType(clusterType))
}

func TestClusterReturnsFailures(t *testing.T) {
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, clusterProgram(clusterArgs()))
	for token, doing := range map[string]string{
		clusterLookUp: `looking up the version of cluster "main-vmst-io"`, clusterVersions: "listing the versions of Kubernetes",
	} {
		r := &mocks.Recorder{Answers: map[string]mocks.Answer{
			token: func(resource.PropertyMap) (resource.PropertyMap, error) { return nil, errors.New("no connection") },
		}}
		err := r.Run(clusterProgram(clusterArgs()))
		require.ErrorContains(t, err, doing)
		require.ErrorContains(t, err, "no connection")
	}
}

func TestClusterRefusesBadArguments(t *testing.T) {
	r := &mocks.Recorder{}
	err := r.Run(clusterProgram(cluster.Args{
		VersionPrefix: "1.35.", PodSubnet: "10.101.0.0/16", ServiceSubnet: "10.101.4.0/22",
		MaintenanceDay: "someday", MaintenanceTime: "24:00", AllowedAddresses: []string{"home"},
		NodePools: []cluster.NodePool{
			{Name: "a", Role: "default", MinNodes: 0, MaxNodes: -1, Labels: map[string]string{cluster.PoolLabel: "x"}},
			{Name: "a", Role: "Web Pool", Size: "s", MinNodes: 3, MaxNodes: 2, Taints: []cluster.Taint{{Effect: "Never"}}},
		},
	}))
	for _, problem := range []string{
		"Name is missing", "Region is missing", `VersionPrefix "1.35." is not a minor version`, "VPCID is missing", "Token is missing",
		`MaintenanceDay "someday" is not one of`, `MaintenanceTime "24:00" is not a time of day`,
		"PodSubnet 10.101.0.0/16 overlaps ServiceSubnet 10.101.4.0/22", `AllowedAddresses[0] "home" is neither`,
		"DefaultPool.Name is missing", "DefaultPool.Size is missing", "DefaultPool.Nodes 0 is less than 1",
		"NodePools[0].Size is missing", `NodePools[0].Role "default" is taken`, "NodePools[0].MinNodes 0 is less than 1",
		"NodePools[0].MaxNodes -1 is less than MinNodes 0", "NodePools[0].Labels sets vmst.io/pool",
		`NodePools[1].Name "a" is taken`, `NodePools[1].Role "Web Pool" is not made of`, "NodePools[1].MaxNodes 2 is less than MinNodes 3",
		"NodePools[1].Taints[0].Key is missing", `NodePools[1].Taints[0].Effect "Never" is not one of`,
	} {
		require.ErrorContains(t, err, problem)
	}
	require.Empty(t, r.OfType("vmst:cluster:Cluster"))
	require.Empty(t, r.OfType(clusterType))
}
