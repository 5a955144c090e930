package network_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/network"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/tests/mocks"
)

func program(protect bool) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := network.New(ctx, "network", &network.Args{
			Network: settings.Network{IPRange: "10.100.0.0/20"}, Name: "chart-room", Region: "tor1", Protect: protect,
		})
		return err
	}
}

func TestNetwork(t *testing.T) {
	t.Parallel()
	for _, protect := range []bool{true, false} {
		r := &mocks.Recorder{}
		require.NoError(t, r.Run(program(protect)))
		vpc := r.One(t, "digitalocean:index/vpc:Vpc", "network-vpc")
		require.Equal(t, "chart-room", vpc.Input("name"))
		require.Equal(t, "tor1", vpc.Input("region"))
		require.Equal(t, "10.100.0.0/20", vpc.Input("ipRange"))
		require.Contains(t, vpc.Parent, "vmst:network:Network::network")
		require.Equal(t, protect, vpc.Protect)
		require.Equal(t, protect, vpc.RetainOnDelete)
		require.Equal(t, map[string]string{"delete": "30m"}, vpc.Timeouts, "Droplets stay in it for a while")
	}
}

func TestNetworkReturnsFailures(t *testing.T) {
	t.Parallel()
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, program(true))
}

func TestNetworkWithoutItsArguments(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	require.ErrorContains(t, r.Run(func(ctx *pulumi.Context) error {
		_, err := network.New(ctx, "network", &network.Args{})
		return err
	}), "network arguments: Name, Region missing")
	require.Empty(t, r.All())
}
