package cluster_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/cluster"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/tests/mocks"
)

const (
	clusterType  = "digitalocean:index/kubernetesCluster:KubernetesCluster"
	poolType     = "digitalocean:index/kubernetesNodePool:KubernetesNodePool"
	providerType = "pulumi:providers:kubernetes"
	lookUp       = "digitalocean:index/getKubernetesCluster:getKubernetesCluster"
	versions     = "digitalocean:index/getKubernetesVersions:getKubernetesVersions"
	token        = "token-of-the-api"
)

func arguments() cluster.Args {
	return cluster.Args{
		Cluster: settings.Cluster{
			Version: "1.35", HighlyAvailable: true, Protect: true, AutoUpgrade: true,
			Maintenance: settings.Window{Day: "sunday", Time: "06:00"},
			PodSubnet:   "10.101.0.0/16", ServiceSubnet: "10.102.0.0/19",
			ControlPlaneAllowedAddresses: []string{"198.51.100.7", "2001:db8::/32"},
			DefaultPool:                  settings.DefaultPool{Size: "s-2vcpu-2gb", Nodes: 2},
			NodePools: []settings.NodePool{
				{
					Role: "general", Size: "s-4vcpu-16gb-amd", MinNodes: 3, MaxNodes: 6,
					Labels: map[string]string{"disk": "fast"},
				},
				{
					Role: "background", Size: "s-4vcpu-16gb-amd", MinNodes: 1, MaxNodes: 4,
					Taints: []settings.Taint{{Key: "work", Value: "background", Effect: "NoSchedule"}},
				},
			},
		},
		Name: "main-vmst-io", Region: "tor1", VPCID: pulumi.String("vpc-id"), Token: pulumi.String(token),
		PoolNames: map[string]string{
			cluster.DefaultRole: "small-vmst-io", "general": "front-vmst-io", "background": "workers-vmst-io",
		},
	}
}

func program(args cluster.Args, made **cluster.Cluster) pulumi.RunFunc {
	return func(ctx *pulumi.Context) (err error) {
		*made, err = cluster.New(ctx, "cluster", &args)
		return err
	}
}

func run(t *testing.T, args cluster.Args) *mocks.Recorder {
	t.Helper()
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(program(args, new(*cluster.Cluster))))
	return r
}

func TestCluster(t *testing.T) {
	t.Parallel()
	for _, preview := range []bool{false, true} {
		r := &mocks.Recorder{Preview: preview}
		var c *cluster.Cluster
		require.NoError(t, r.Run(program(arguments(), &c)))

		made := r.One(t, clusterType, "cluster-cluster")
		require.Contains(t, made.Parent, "vmst:cluster:Cluster::cluster")
		require.Equal(t, map[string]any{
			"name": "main-vmst-io", "region": "tor1", "version": "1.35.2-do.1", "vpcUuid": "vpc-id",
			"clusterSubnet": "10.101.0.0/16", "serviceSubnet": "10.102.0.0/19",
			"ha": true, "autoUpgrade": true, "surgeUpgrade": true,
			"maintenancePolicy": map[string]any{"day": "sunday", "startTime": "06:00"},
			"controlPlaneFirewall": map[string]any{
				"enabled": true, "allowedAddresses": []any{"198.51.100.7", "2001:db8::/32"},
			},
			"destroyAllAssociatedResources": false,
			"nodePool": map[string]any{
				"name": "small-vmst-io", "size": "s-2vcpu-2gb", "nodeCount": 2.0,
				"labels": map[string]any{settings.PoolLabel: "default"},
			},
		}, made.Inputs.Mappable())
		require.Empty(t, made.IgnoreChanges)
		require.True(t, made.Protect)
		require.False(t, made.RetainOnDelete, "it holds no data, and costs")
		require.Equal(t, map[string]string{"create": "90m"}, made.Timeouts)

		require.Len(t, c.NodesReady, 3)
		require.Equal(t, c.NodesReady[0], c.Resource)
		require.NotNil(t, c.Provider)
		if !preview {
			require.Equal(t, "cluster-cluster-id", mocks.Value[string](t, c.ID))
			require.Equal(t, "do:kubernetes:cluster-cluster", mocks.Value[string](t, c.ClusterURN))
			require.Equal(t, "1.35.2-do.1", mocks.Value[string](t, c.Version))
			require.Equal(t, "https://cluster-cluster.k8s.ondigitalocean.com", mocks.Value[string](t, c.Endpoint))
		}
	}
}

func TestClusterSwitches(t *testing.T) {
	t.Parallel()
	args := arguments()
	args.HighlyAvailable, args.Protect, args.DestroyAssociated = false, false, true
	args.ControlPlaneAllowedAddresses = nil
	made := run(t, args).One(t, clusterType, "cluster-cluster")
	require.Equal(t, false, made.Input("ha"), "written out, or the API chooses")
	require.Equal(t, true, made.Input("destroyAllAssociatedResources"))
	require.NotContains(t, made.Inputs, resource.PropertyKey("controlPlaneFirewall"))
	require.False(t, made.Protect)
}

func TestClusterNodePools(t *testing.T) {
	t.Parallel()
	r := run(t, arguments())
	require.Equal(t, map[string]any{
		"clusterId": "cluster-cluster-id", "name": "front-vmst-io", "size": "s-4vcpu-16gb-amd",
		"autoScale": true, "minNodes": 3.0, "maxNodes": 6.0,
		"labels": map[string]any{settings.PoolLabel: "general", "disk": "fast"}, "taints": []any{},
	}, r.One(t, poolType, "cluster-pool-general").Inputs.Mappable())
	background := r.One(t, poolType, "cluster-pool-background")
	require.Equal(t, map[string]any{settings.PoolLabel: "background"}, background.Input("labels"))
	require.Equal(t, []any{
		map[string]any{"key": "work", "value": "background", "effect": "NoSchedule"},
	}, background.Input("taints"))
	require.False(t, background.Protect)
	require.Equal(t, map[string]string{"create": "90m"}, background.Timeouts)
}

// On the way down the cluster goes first: it would make another load balancer in the place of one that is gone.
func TestClusterGoesBeforeWhatMustOutliveIt(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(func(ctx *pulumi.Context) error {
		balancer, err := digitalocean.NewLoadBalancer(ctx, "balancer", &digitalocean.LoadBalancerArgs{})
		if err != nil {
			return err
		}
		args := arguments()
		args.After = []pulumi.Resource{balancer}
		_, err = cluster.New(ctx, "cluster", &args)
		return err
	}))
	require.True(t, slices.ContainsFunc(r.One(t, clusterType, "cluster-cluster").DependsOn, func(urn string) bool {
		return strings.HasSuffix(urn, "::balancer")
	}))
}

func TestClusterKubernetesProviderOutlivesTheTokenOfSevenDays(t *testing.T) {
	t.Parallel()
	provider := run(t, arguments()).One(t, providerType, "cluster-kubernetes")
	require.Contains(t, provider.Parent, "vmst:cluster:Cluster::cluster")
	require.Equal(t, "cluster-cluster-id", provider.Input("clusterIdentifier"),
		"or an update in place looks like another cluster")
	require.True(t, provider.Secret("kubeconfig"))
	for _, pool := range []string{"cluster-pool-general", "cluster-pool-background"} {
		require.True(t, slices.ContainsFunc(provider.DependsOn, func(urn string) bool {
			return resource.URN(urn).Name() == pool
		}), "the provider does not wait for %s", pool)
	}

	text, ok := provider.Input("kubeconfig").(string)
	require.True(t, ok)
	require.NotContains(t, text, "kube-token", "the token of the cluster's own kubeconfig expires")
	var config struct {
		Clusters []struct {
			Name    string
			Cluster struct {
				Server string `json:"server"`
				CA     string `json:"certificate-authority-data"`
			}
		}
		Users []struct {
			Name string
			User struct {
				Exec struct {
					APIVersion string
					Command    string
					Args       []string
					Env        []struct{ Name, Value string }
				}
			}
		}
		Contexts []struct {
			Name    string
			Context struct{ Cluster, User string }
		}
		Current string `json:"current-context"`
	}
	require.NoError(t, json.Unmarshal([]byte(text), &config))
	require.Equal(t, "main-vmst-io", config.Current)
	require.Equal(t, config.Current, config.Contexts[0].Name)
	require.Equal(t, config.Contexts[0].Context.Cluster, config.Clusters[0].Name)
	require.Equal(t, config.Contexts[0].Context.User, config.Users[0].Name)
	require.Equal(t, "https://cluster-cluster.k8s.ondigitalocean.com", config.Clusters[0].Cluster.Server)
	require.Equal(t, "Y2E=", config.Clusters[0].Cluster.CA)
	exec := config.Users[0].User.Exec
	require.Equal(t, "client.authentication.k8s.io/v1beta1", exec.APIVersion)
	require.Equal(t, "doctl", exec.Command)
	require.Equal(t, []string{
		"kubernetes", "cluster", "kubeconfig", "exec-credential", "--version=v1beta1", "--context=default",
		"cluster-cluster-id",
	}, exec.Args)
	require.Equal(t, "DIGITALOCEAN_ACCESS_TOKEN", exec.Env[0].Name)
	require.True(t, exec.Env[0].Value == token, "the token is not the one that was given")
}

// It is not marked as a secret by the caller.
func TestClusterTokenIsNowhereElse(t *testing.T) {
	t.Parallel()
	r := run(t, arguments())
	for _, made := range r.All() {
		for key, value := range made.Inputs {
			if !value.ContainsSecrets() {
				require.NotContains(t, fmt.Sprint(value.Mappable()), token, "%s of %s", key, made.Name)
			}
		}
	}
	require.True(t, r.One(t, providerType, "cluster-kubernetes").Secret("kubeconfig"))
}

func TestClusterReturnsFailures(t *testing.T) {
	t.Parallel()
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} },
		program(arguments(), new(*cluster.Cluster)))
	for call, doing := range map[string]string{
		lookUp: `looking up the version of cluster "main-vmst-io"`, versions: "listing the versions of Kubernetes",
	} {
		r := &mocks.Recorder{Answers: map[string]mocks.Answer{
			call: func(resource.PropertyMap) (resource.PropertyMap, error) { return nil, errors.New("no connection") },
		}}
		err := r.Run(program(arguments(), new(*cluster.Cluster)))
		require.ErrorContains(t, err, doing)
		require.ErrorContains(t, err, "no connection")
	}
}

func TestClusterWithoutItsArguments(t *testing.T) {
	t.Parallel()
	for want, args := range map[string]cluster.Args{
		"Name, PoolNames.default, Region, Token, VPCID": {},
		"PoolNames.background, PoolNames.general": {
			Cluster: arguments().Cluster, Name: "a", Region: "b", VPCID: pulumi.String("c"), Token: pulumi.String("d"),
			PoolNames: map[string]string{cluster.DefaultRole: "e"},
		},
	} {
		r := &mocks.Recorder{}
		require.ErrorContains(t, r.Run(program(args, new(*cluster.Cluster))), "cluster arguments: "+want+" missing")
		require.Empty(t, r.All())
		require.Empty(t, r.Calls())
	}
}
