package loadbalancer_test

import (
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/loadbalancer"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/tests/mocks"
)

const balancerType = "digitalocean:index/loadBalancer:LoadBalancer"

func program(protect bool, made **loadbalancer.LoadBalancer) pulumi.RunFunc {
	return func(ctx *pulumi.Context) (err error) {
		*made, err = loadbalancer.New(ctx, "loadbalancer", &loadbalancer.Args{
			LoadBalancer: settings.LoadBalancer{
				Type: settings.Regional, NetworkStack: settings.IPv4, Nodes: 2, ProxyProtocol: true,
			},
			Name: "public-vmst-io", Region: "tor1", VPCID: pulumi.String("vpc-id"), Protect: protect,
		})
		return err
	}
}

func TestLoadBalancer(t *testing.T) {
	t.Parallel()
	for _, preview := range []bool{false, true} {
		r := &mocks.Recorder{Preview: preview}
		var l *loadbalancer.LoadBalancer
		require.NoError(t, r.Run(program(true, &l)))

		made := r.One(t, balancerType, "loadbalancer-loadbalancer")
		require.Contains(t, made.Parent, "vmst:loadbalancer:LoadBalancer::loadbalancer")
		require.Equal(t, "public-vmst-io", made.Input("name"))
		require.Equal(t, "tor1", made.Input("region"))
		require.Equal(t, "vpc-id", made.Input("vpcUuid"))
		require.Equal(t, "REGIONAL", made.Input("type"), "never left to a default")
		require.Equal(t, "EXTERNAL", made.Input("network"))
		require.Equal(t, "IPV4", made.Input("networkStack"))
		require.Equal(t, 2.0, made.Input("sizeUnit"))
		require.Equal(t, true, made.Input("enableProxyProtocol"))
		require.ElementsMatch(t, []any{
			map[string]any{"entryPort": 80.0, "entryProtocol": "tcp", "targetPort": 80.0, "targetProtocol": "tcp"},
			map[string]any{"entryPort": 443.0, "entryProtocol": "tcp", "targetPort": 443.0, "targetProtocol": "tcp"},
		}, made.Input("forwardingRules"))
		require.True(t, made.Protect)
		require.True(t, made.RetainOnDelete)
		if !preview {
			require.Equal(t, "loadbalancer-loadbalancer-id", mocks.Value[string](t, l.ID))
			require.Equal(t, "203.0.113.10", mocks.Value[string](t, l.IP))
		}
	}
}

// An update would send all properties, and so the rules of the beginning.
func TestLoadBalancerLeavesAllThatCanBeUpdatedToTheCloudController(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(program(true, new(*loadbalancer.LoadBalancer))))
	made := r.One(t, balancerType, "loadbalancer-loadbalancer")
	replacing := []string{"region", "vpcUuid", "type", "network", "networkStack"}
	for key := range made.Inputs {
		property := string(key)
		require.NotEqual(t,
			slices.Contains(replacing, property), slices.Contains(made.IgnoreChanges, property), property)
	}
	for _, property := range []string{"dropletIds", "healthcheck", "firewall", "stickySessions"} {
		require.Contains(t, made.IgnoreChanges, property)
	}
}

func TestLoadBalancerIsFreeWithoutProtection(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(program(false, new(*loadbalancer.LoadBalancer))))
	made := r.One(t, balancerType, "loadbalancer-loadbalancer")
	require.False(t, made.Protect)
	require.False(t, made.RetainOnDelete)
}

func TestLoadBalancerReturnsFailures(t *testing.T) {
	t.Parallel()
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} },
		program(true, new(*loadbalancer.LoadBalancer)))
}

func TestLoadBalancerWithoutItsArguments(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	require.ErrorContains(t, r.Run(func(ctx *pulumi.Context) error {
		_, err := loadbalancer.New(ctx, "loadbalancer", &loadbalancer.Args{})
		return err
	}), "load balancer arguments: Name, Region, VPCID missing")
	require.Empty(t, r.All())
}

// The stack is chosen when the load balancer is made: another one is another load balancer.
func TestLoadBalancerHasTheAddressesOfItsStack(t *testing.T) {
	t.Parallel()
	for stack, ipv6 := range map[settings.NetworkStack]string{settings.IPv4: "", settings.DualStack: "2001:db8::10"} {
		r := &mocks.Recorder{Computed: map[string]resource.PropertyMap{
			balancerType: {"ipv6": resource.NewProperty(ipv6)},
		}}
		var l *loadbalancer.LoadBalancer
		require.NoError(t, r.Run(func(ctx *pulumi.Context) (err error) {
			l, err = loadbalancer.New(ctx, "loadbalancer", &loadbalancer.Args{
				LoadBalancer: settings.LoadBalancer{
					Type: settings.Regional, NetworkStack: stack, Nodes: 1, ProxyProtocol: true,
				},
				Name: "public-vmst-io", Region: "tor1", VPCID: pulumi.String("vpc-id"),
			})
			return err
		}))
		made := r.One(t, balancerType, "loadbalancer-loadbalancer")
		require.Equal(t, string(stack), made.Input("networkStack"))
		require.NotContains(t, made.IgnoreChanges, "networkStack")
		require.Equal(t, "203.0.113.10", mocks.Value[string](t, l.IP))
		require.Equal(t, ipv6, mocks.Value[string](t, l.IPv6))
	}
}

// The cluster goes before its load balancer does, so it must be there to wait for.
func TestLoadBalancerCanBeWaitedFor(t *testing.T) {
	t.Parallel()
	var l *loadbalancer.LoadBalancer
	require.NoError(t, (&mocks.Recorder{}).Run(program(true, &l)))
	require.Len(t, l.Ready, 1)
	require.Contains(t, mocks.Value[pulumi.URN](t, l.Ready[0].URN()), balancerType+"::loadbalancer-loadbalancer")
}
