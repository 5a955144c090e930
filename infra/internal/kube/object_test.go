package kube_test

import (
	"testing"

	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/internal/kube"
	"github.com/vmstio/infrastructure/tests/mocks"
)

func objectProgram(args kube.ObjectArgs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := kube.NewObject(ctx, "backup", &args)
		return err
	}
}

func objectArgs() kube.ObjectArgs {
	return kube.ObjectArgs{
		APIVersion: "batch/v1", Kind: "Job",
		Metadata: metav1.ObjectMetaArgs{Name: pulumi.String("backup"), Namespace: pulumi.String("social")},
		Spec:     pulumi.Map{"backoffLimit": pulumi.Int(3)},
	}
}

func TestObject(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(objectProgram(objectArgs())))
	require.Equal(t, map[string]any{
		"apiVersion": "batch/v1", "kind": "Job",
		"metadata": map[string]any{"name": "backup", "namespace": "social"},
		"spec":     map[string]any{"backoffLimit": 3.0},
	}, r.One(t, "kubernetes:batch/v1:Job", "backup").Inputs.Mappable())
}

func TestObjectReturnsFailures(t *testing.T) {
	t.Parallel()
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, objectProgram(objectArgs()))
}

func TestObjectWithoutArgumentsRegistersNothing(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	require.ErrorContains(t, r.Run(objectProgram(kube.ObjectArgs{})),
		"object arguments: APIVersion, Kind, Metadata.Name missing")
	require.Empty(t, r.OfType("kubernetes::"))
}
