package component_test

import (
	"testing"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/internal/component"
	"github.com/vmstio/infrastructure/tests/mocks"
)

func TestKeepProtectsAndRetains(t *testing.T) {
	t.Parallel()
	for _, protect := range []bool{true, false} {
		r := &mocks.Recorder{}
		require.NoError(t, r.Run(func(ctx *pulumi.Context) error {
			_, err := digitalocean.NewVpc(ctx, "vpc", &digitalocean.VpcArgs{
				Region: pulumi.String("tor1"),
			}, component.Keep(protect))
			return err
		}))
		vpc := r.One(t, "digitalocean:index/vpc:Vpc", "vpc")
		require.Equal(t, protect, vpc.Protect)
		require.Equal(t, protect, vpc.RetainOnDelete)
	}
}

func TestRequireNamesAllThatIsMissing(t *testing.T) {
	t.Parallel()
	var unset pulumi.StringInput
	require.NoError(t, component.Require("network", nil))
	require.NoError(t, component.Require("network", map[string]any{"Name": "n", "VPCID": pulumi.String("")}),
		"an input that is there may be empty")
	require.EqualError(t,
		component.Require("network", map[string]any{"VPCID": unset, "Region": "tor1", "Name": ""}),
		"network arguments: Name, VPCID missing")
	require.EqualError(t, component.Require("network", map[string]any{
		"Output": pulumi.StringOutput{}, "Set": pulumi.String("").ToStringOutput(),
		"Struct": struct{ Host pulumi.StringOutput }{},
	}), "network arguments: Output, Struct missing")
}
