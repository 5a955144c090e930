package kube_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/internal/kube"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/tests/mocks"
)

func releaseArgs() kube.ReleaseArgs {
	return kube.ReleaseArgs{
		Chart: settings.Chart{Repository: "https://charts.example.com", Name: "transporter", Version: "1.2.3"},
		Name:  "transporter", Namespace: pulumi.String("host"),
		Values: pulumi.Map{"replicaCount": pulumi.Int(2)},
	}
}

func releaseProgram(args kube.ReleaseArgs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := kube.NewRelease(ctx, "transporter", &args)
		return err
	}
}

func TestRelease(t *testing.T) {
	t.Parallel()
	for _, preview := range []bool{false, true} {
		r := &mocks.Recorder{Preview: preview}
		require.NoError(t, r.Run(releaseProgram(releaseArgs())))
		made := r.One(t, kube.ReleaseType, "transporter")
		require.True(t, made.Custom)
		require.Equal(t, map[string]any{
			"chart": "transporter", "version": "1.2.3",
			"repositoryOpts": map[string]any{"repo": "https://charts.example.com"},
			"name":           "transporter", "namespace": "host", "values": map[string]any{"replicaCount": 2.0},
			"timeout": 900.0, "compat": "true",
		}, made.Inputs.Mappable())
	}
}

// A chart in a registry has an address, and no repository.
func TestReleaseFromARegistry(t *testing.T) {
	t.Parallel()
	args := releaseArgs()
	args.Chart.Repository = "oci://ghcr.io/charts"
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(releaseProgram(args)))
	made := r.One(t, kube.ReleaseType, "transporter")
	require.Equal(t, "oci://ghcr.io/charts/transporter", made.Input("chart"))
	require.Nil(t, made.Input("repositoryOpts"))
}

func TestReleaseReturnsFailures(t *testing.T) {
	t.Parallel()
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, releaseProgram(releaseArgs()))
}

func TestReleaseWithoutArgumentsRegistersNothing(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	require.ErrorContains(t, r.Run(releaseProgram(kube.ReleaseArgs{})),
		"release arguments: Chart.Name, Chart.Repository, Chart.Version, Name, Namespace missing")
	require.Empty(t, r.OfType(kube.ReleaseType))
}
