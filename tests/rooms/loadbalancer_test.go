package rooms_test

import (
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/loadbalancer"
	"github.com/vmstio/infrastructure/tests/mocks"
)

const loadBalancerType = "digitalocean:index/loadBalancer:LoadBalancer"

func loadBalancerArgs() loadbalancer.Args {
	return loadbalancer.Args{
		Name: "public-vmst-io", Region: "tor1", VPCID: pulumi.String("vpc-id"), Type: loadbalancer.Regional,
		Nodes: 2, ProxyProtocol: true, Protect: true,
	}
}

func loadBalancerProgram(args loadbalancer.Args) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		made, err := loadbalancer.New(ctx, "loadbalancer", &args)
		if err != nil {
			return err
		}
		ctx.Export("id", made.ID)
		ctx.Export("ip", made.IP)
		ctx.Export("urn", made.LoadBalancerURN)
		return nil
	}
}

func TestLoadBalancer(t *testing.T) {
	for _, preview := range []bool{false, true} {
		r := &mocks.Recorder{Preview: preview}
		require.NoError(t, r.Run(loadBalancerProgram(loadBalancerArgs())))

		made := r.One(t, loadBalancerType, "loadbalancer-loadbalancer")
		require.Contains(t, made.Parent, "vmst:loadbalancer:LoadBalancer::loadbalancer")
		require.Equal(t, "public-vmst-io", made.Input("name"))
		require.Equal(t, "tor1", made.Input("region"))
		require.Equal(t, "vpc-id", made.Input("vpcUuid"))
		require.Equal(t, "REGIONAL", made.Input("type"), "never left to a default")
		require.Equal(t, "EXTERNAL", made.Input("network"))
		require.Equal(t, "IPV4", made.Input("networkStack"))
		require.Equal(t, 2.0, made.Input("sizeUnit"))
		require.Equal(t, true, made.Input("enableProxyProtocol"))
		rules, ok := made.Input("forwardingRules").([]any)
		require.True(t, ok)
		require.ElementsMatch(t, []any{
			map[string]any{"entryPort": 80.0, "entryProtocol": "tcp", "targetPort": 80.0, "targetProtocol": "tcp"},
			map[string]any{"entryPort": 443.0, "entryProtocol": "tcp", "targetPort": 443.0, "targetProtocol": "tcp"},
		}, rules)
		require.True(t, made.Protect)
		require.True(t, made.RetainOnDelete)
		require.Contains(t, r.Exports(), "ip")
	}
}

// An update would send all properties, and so the rules of the beginning.
func TestLoadBalancerLeavesAllThatCanBeUpdatedToTheCloudController(t *testing.T) {
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(loadBalancerProgram(loadBalancerArgs())))
	made := r.One(t, loadBalancerType, "loadbalancer-loadbalancer")
	replacing := []string{"region", "vpcUuid", "type", "network", "networkStack"}
	for key := range made.Inputs {
		property := string(key)
		require.NotEqual(t, slices.Contains(replacing, property), slices.Contains(made.IgnoreChanges, property), property)
	}
	for _, property := range []string{"dropletIds", "healthcheck", "firewall", "stickySessions"} {
		require.Contains(t, made.IgnoreChanges, property)
	}
}

func TestLoadBalancerIsFreeWithoutProtection(t *testing.T) {
	args := loadBalancerArgs()
	args.Protect = false
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(loadBalancerProgram(args)))
	made := r.One(t, loadBalancerType, "loadbalancer-loadbalancer")
	require.False(t, made.Protect)
	require.False(t, made.RetainOnDelete)
}

func TestLoadBalancerReturnsFailures(t *testing.T) {
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, loadBalancerProgram(loadBalancerArgs()))
}

func TestLoadBalancerRefusesBadArguments(t *testing.T) {
	r := &mocks.Recorder{}
	err := r.Run(loadBalancerProgram(loadbalancer.Args{Type: "GLOBAL", Nodes: 201, ProxyProtocol: true}))
	for _, problem := range []string{
		"Name is missing", "Region is missing", "VPCID is missing", `Type "GLOBAL" is not one of [REGIONAL REGIONAL_NETWORK]`,
		"Nodes 201 is not between 1 and 200", "ProxyProtocol needs Type REGIONAL: GLOBAL ignores it",
	} {
		require.ErrorContains(t, err, problem)
	}
	require.Empty(t, r.OfType("vmst:loadbalancer:LoadBalancer"))
	require.Empty(t, r.OfType(loadBalancerType))
}
