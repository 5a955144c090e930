package rooms_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/network"
	"github.com/vmstio/infrastructure/tests/mocks"
)

const vpcType = "digitalocean:index/vpc:Vpc"

func networkProgram(args network.Args) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := network.New(ctx, "network", &args)
		return err
	}
}

func networkArgs() network.Args {
	return network.Args{
		Name: "chart-room", Region: "tor1", IPRange: "10.100.0.0/20",
		Reserved: []string{"10.101.0.0/16"}, Protect: true,
	}
}

func TestNetwork(t *testing.T) {
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(networkProgram(networkArgs())))

	vpc := r.One(t, vpcType, "network-vpc")
	require.Equal(t, "chart-room", vpc.Input("name"))
	require.Equal(t, "tor1", vpc.Input("region"))
	require.Equal(t, "10.100.0.0/20", vpc.Input("ipRange"))
	require.Contains(t, vpc.Parent, "vmst:network:Network::network")
	require.True(t, vpc.Protect)
	require.True(t, vpc.RetainOnDelete)
}

func TestNetworkIsFreeWithoutProtection(t *testing.T) {
	args := networkArgs()
	args.Protect = false
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(networkProgram(args)))
	vpc := r.One(t, vpcType, "network-vpc")
	require.False(t, vpc.Protect)
	require.False(t, vpc.RetainOnDelete)
}

func TestNetworkReturnsFailures(t *testing.T) {
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, networkProgram(networkArgs()))
}

func TestNetworkRefusesBadArguments(t *testing.T) {
	r := &mocks.Recorder{}
	err := r.Run(networkProgram(network.Args{IPRange: "10.100.0.0/99", Reserved: []string{"somewhere"}}))
	require.ErrorContains(t, err, "Name is missing")
	require.ErrorContains(t, err, "Region is missing")
	require.ErrorContains(t, err, `IPRange "10.100.0.0/99" is not a range in CIDR notation`)
	require.ErrorContains(t, err, `Reserved[0] "somewhere" is not a range in CIDR notation`)
	require.Empty(t, r.OfType("vmst:network:Network"))
	require.Empty(t, r.OfType(vpcType))

	args := networkArgs()
	args.Reserved = []string{"10.100.8.0/24"}
	require.ErrorContains(t, (&mocks.Recorder{}).Run(networkProgram(args)), "IPRange 10.100.0.0/20 overlaps Reserved[0] 10.100.8.0/24")
}
