package kube_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/internal/kube"
	"github.com/vmstio/infrastructure/infra/settings"
)

func TestResources(t *testing.T) {
	t.Parallel()
	values, err := kube.Values(kube.ResourcesOf(settings.Resources{CPU: "250m", Memory: "1Gi", MemoryLimit: "2Gi"}))
	require.NoError(t, err)
	require.Equal(t, pulumi.Map{
		"requests": pulumi.Map{"cpu": pulumi.String("250m"), "memory": pulumi.String("1Gi")},
		"limits":   pulumi.Map{"memory": pulumi.String("2Gi")},
	}, values, "there is no limit for CPU")

	values, err = kube.Values(kube.Resources{Requests: map[string]string{"cpu": "10m"}})
	require.NoError(t, err)
	require.NotContains(t, values, "limits")
}

func TestSpread(t *testing.T) {
	t.Parallel()
	labels := kube.Labels("transporter", "main", "pad")
	values, err := kube.Values(map[string]any{"list": kube.SpreadOverNodes(labels, kube.ScheduleAnyway)})
	require.NoError(t, err)
	require.Equal(t, pulumi.Map{"list": pulumi.Array{pulumi.Map{
		"maxSkew": pulumi.Float64(1), "topologyKey": pulumi.String("kubernetes.io/hostname"),
		"whenUnsatisfiable": pulumi.String("ScheduleAnyway"), "nodeTaintsPolicy": pulumi.String("Honor"),
		"labelSelector": pulumi.Map{"matchLabels": pulumi.Map{
			"app.kubernetes.io/name": pulumi.String("transporter"), "app.kubernetes.io/instance": pulumi.String("main"),
			"app.kubernetes.io/component": pulumi.String("pad"),
		}},
		"matchLabelKeys": pulumi.Array{pulumi.String("pod-template-hash")},
	}}}, values)
}
