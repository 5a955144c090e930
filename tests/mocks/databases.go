package mocks

import (
	"testing"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"
)

// The type tokens of what makes a managed database.
const (
	ClusterType  = "digitalocean:index/databaseCluster:DatabaseCluster"
	FirewallType = "digitalocean:index/databaseFirewall:DatabaseFirewall"
)

// AfterNodes is a program that makes a pool of nodes and then what the function makes, which has to wait for it.
func AfterNodes(make func(ctx *pulumi.Context, nodes []pulumi.Resource) error) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		nodes, err := digitalocean.NewKubernetesNodePool(ctx, "nodes", &digitalocean.KubernetesNodePoolArgs{
			ClusterId: pulumi.String("doks-uuid"), Size: pulumi.String("s-4vcpu-16gb-amd"),
		})
		if err != nil {
			return err
		}
		return make(ctx, []pulumi.Resource{nodes})
	}
}

// RequireFirewall requires that the database of that name has the firewall, which admits the Kubernetes cluster
// "doks-uuid" and nobody else, once there are the nodes of AfterNodes.
func (r *Recorder) RequireFirewall(t testing.TB, name string, firewall pulumi.Resource) {
	t.Helper()
	registered := r.One(t, FirewallType, name+"-firewall")
	require.Equal(t, map[string]any{
		"clusterId": name + "-cluster-id", "rules": []any{map[string]any{"type": "k8s", "value": "doks-uuid"}},
	}, registered.Inputs.Mappable())
	require.Contains(t, registered.DependsOn,
		"urn:pulumi:test::vmst::digitalocean:index/kubernetesNodePool:KubernetesNodePool::nodes")
	require.Contains(t, Value[pulumi.URN](t, firewall.URN()), "::"+name+"-firewall")
}

// Described are the values of outputs by name, and the names of those that are secret.
func Described(t testing.TB, outputs map[string]pulumi.Output) (values map[string]any, secret map[string]bool) {
	t.Helper()
	values, secret = map[string]any{}, map[string]bool{}
	for name, output := range outputs {
		values[name] = Value[any](t, output)
		if pulumi.IsSecret(output) {
			secret[name] = true
		}
	}
	return values, secret
}
