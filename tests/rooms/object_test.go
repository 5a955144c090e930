package rooms_test

import (
	"errors"
	"testing"

	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/object"
	"github.com/vmstio/infrastructure/tests/mocks"
)

func objectProgram(args object.Args) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := object.New(ctx, "backup", &args)
		return err
	}
}

func objectArgs() object.Args {
	return object.Args{
		APIVersion: "batch/v1", Kind: "Job",
		Metadata: metav1.ObjectMetaArgs{Name: pulumi.String("backup"), Namespace: pulumi.String("social")},
		Spec:     pulumi.Map{"backoffLimit": pulumi.Int(3)},
	}
}

func TestObject(t *testing.T) {
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(objectProgram(objectArgs())))
	require.Equal(t, map[string]any{
		"apiVersion": "batch/v1", "kind": "Job",
		"metadata": map[string]any{"name": "backup", "namespace": "social"},
		"spec":     map[string]any{"backoffLimit": 3.0},
	}, r.One(t, "kubernetes:batch/v1:Job", "backup").Inputs.Mappable())
}

func TestObjectReturnsFailures(t *testing.T) {
	r := &mocks.Recorder{}
	r.Fail("kubernetes:batch/v1:Job", "backup", errors.New("the cluster says no"))
	require.ErrorContains(t, r.Run(objectProgram(objectArgs())), "the cluster says no")
}

func TestObjectRefusesBadArguments(t *testing.T) {
	r := &mocks.Recorder{}
	err := r.Run(objectProgram(object.Args{}))
	for _, want := range []string{"APIVersion is missing", "Kind is missing", "Metadata.Name is missing"} {
		require.ErrorContains(t, err, want)
	}
	require.Empty(t, r.OfType("kubernetes::"))
}
