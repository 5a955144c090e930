package mastodon

import (
	"encoding/json"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/internal/managed"
	"github.com/vmstio/infrastructure/infra/settings"
)

// deployment is one of the chart's, with a pod of these containers.
func deployment(name string, containers ...pulumi.Input) pulumi.Map {
	return pulumi.Map{
		"kind": pulumi.String("Deployment"), "metadata": pulumi.Map{
			"name": pulumi.String(name), "annotations": pulumi.Map{"own": pulumi.String("kept")},
		},
		"spec": pulumi.Map{
			"replicas": pulumi.Int(2), "template": pulumi.Map{"spec": pulumi.Map{
				"containers": pulumi.Array(containers),
				"volumes":    pulumi.Array{pulumi.Map{"name": pulumi.String("own")}},
			}},
		},
	}
}

// equipped are the JSON values of a Deployment after the transform.
func equipped(t *testing.T, args *Args, props pulumi.Map) map[string]any {
	t.Helper()
	before, err := json.Marshal(props)
	require.NoError(t, err)
	result := args.equip(t.Context(), &pulumi.ResourceTransformArgs{
		Type: "kubernetes:apps/v1:Deployment", Props: props, Opts: pulumi.ResourceOptions{Protect: true},
	})
	after, err := json.Marshal(props)
	require.NoError(t, err)
	require.JSONEq(t, string(before), string(after), "the argument is left alone")
	require.True(t, result.Opts.Protect, "the options stay")
	text, err := json.Marshal(result.Props)
	require.NoError(t, err)
	var values map[string]any
	require.NoError(t, json.Unmarshal(text, &values))
	require.Equal(t, 2.0, values["spec"].(map[string]any)["replicas"])
	require.Equal(t, map[string]any{"own": "kept", "pulumi.com/patchForce": "true"},
		values["metadata"].(map[string]any)["annotations"])
	return values["spec"].(map[string]any)["template"].(map[string]any)["spec"].(map[string]any)
}

func argsWithAuthority() *Args {
	return &Args{
		Mastodon: settings.Mastodon{Image: settings.Image{Repository: "registry/mastodon", Tag: "v1.2.3"}},
		Database: managed.Endpoint{CA: pulumi.String("CA").ToStringOutput()},
	}
}

func TestDeploymentsAreEquipped(t *testing.T) {
	t.Parallel()
	own := pulumi.Map{"name": pulumi.String("own")}
	pod := equipped(t, argsWithAuthority(), deployment("mastodon-web",
		pulumi.Map{
			"name": pulumi.String("web"), "volumeMounts": nil,
			"securityContext": pulumi.Map{"privileged": pulumi.Bool(false)},
			"readinessProbe":  pulumi.Map{"httpGet": pulumi.Map{"path": pulumi.String("/health")}},
			"envFrom":         pulumi.Array{pulumi.Map{"configMapRef": own}},
		},
		pulumi.Map{"name": pulumi.String("exporter"), "volumeMounts": pulumi.Array{own}},
	))
	mount := map[string]any{
		"name": "authorities-bundle", "mountPath": "/etc/mastodon/authorities", "readOnly": true,
	}
	variables := map[string]any{"secretRef": map[string]any{"name": "mastodon-environment", "optional": true}}
	open := map[string]any{"allowPrivilegeEscalation": false, "capabilities": map[string]any{"drop": []any{"ALL"}}}
	require.Equal(t, []any{
		map[string]any{
			"name": "web", "volumeMounts": []any{mount}, "securityContext": map[string]any{"privileged": false},
			// The Secret counts, and not the chart's ConfigMap.
			"envFrom": []any{map[string]any{"configMapRef": map[string]any{"name": "own"}}, variables},
			"readinessProbe": map[string]any{
				"httpGet": map[string]any{"path": "/health"}, "timeoutSeconds": 15.0, "failureThreshold": 6.0,
			},
		},
		map[string]any{
			"name": "exporter", "volumeMounts": []any{map[string]any{"name": "own"}, mount},
			"envFrom": []any{variables}, "securityContext": open,
		},
	}, pod["containers"])
	require.Equal(t, []any{
		map[string]any{"name": "own"},
		map[string]any{"name": "mastodon-authorities", "configMap": map[string]any{"name": "mastodon-authorities"}},
		map[string]any{"name": "authorities-bundle", "emptyDir": map[string]any{"sizeLimit": "8Mi"}},
	}, pod["volumes"])
	first := pod["initContainers"].([]any)[0].(map[string]any)
	require.Equal(t, "registry/mastodon:v1.2.3", first["image"], "what the pods of every component can run")
	require.Equal(t, open, first["securityContext"])
}

// Where every certificate is of a public authority there is nothing to bundle.
func TestDeploymentsWithoutABundle(t *testing.T) {
	t.Parallel()
	pod := equipped(t, &Args{}, deployment("mastodon-streaming", pulumi.Map{"name": pulumi.String("streaming")}))
	require.NotContains(t, pod, "initContainers")
	require.Len(t, pod["volumes"], 1)
	require.NotContains(t, pod["containers"].([]any)[0], "volumeMounts")
	require.NotContains(t, pod["containers"].([]any)[0], "livenessProbe")
}

// The chart takes no digest, and nobody but the settings knows one.
func TestImagesOfTheChartGetTheirDigests(t *testing.T) {
	t.Parallel()
	args := argsWithAuthority()
	args.Image.Digest, args.StreamingImage, args.StreamingDigest = "sha256:1", "registry/streaming", "sha256:2"
	images := []pulumi.Input{}
	for _, image := range []string{"registry/mastodon:v1.2.3", "registry/streaming:v1.2.3", "registry/other:v1.2.3"} {
		images = append(images, pulumi.Map{"image": pulumi.String(image)})
	}
	pod := equipped(t, args, deployment("mastodon-web", images...))
	var got []string
	for _, container := range pod["containers"].([]any) {
		got = append(got, container.(map[string]any)["image"].(string))
	}
	require.Equal(t, []string{
		"registry/mastodon:v1.2.3@sha256:1", "registry/streaming:v1.2.3@sha256:2", "registry/other:v1.2.3",
	}, got)
	args.Image.Digest, args.StreamingDigest = "", ""
	pod = equipped(t, args, deployment("mastodon-web", images[0]))
	require.Equal(t, "registry/mastodon:v1.2.3", pod["containers"].([]any)[0].(map[string]any)["image"])
}

func TestSidekiqIsAskedWhetherItLives(t *testing.T) {
	t.Parallel()
	exporter := pulumi.Array{pulumi.Map{"name": pulumi.String("prometheus"), "containerPort": pulumi.Int(9394)}}
	pod := equipped(t, &Args{}, deployment("mastodon-sidekiq-all", pulumi.Map{"ports": exporter}))
	require.Equal(t, map[string]any{"path": "/metrics", "port": "prometheus"},
		pod["containers"].([]any)[0].(map[string]any)["livenessProbe"].(map[string]any)["httpGet"])
}

// A probe of a port that is not there would have every pod killed.
func TestProbesOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"mastodon-sidekiq-all", "mastodon-web"} {
		pod := equipped(t, &Args{}, deployment(name, pulumi.Map{"name": pulumi.String("mastodon")}))
		require.NotContains(t, pod["containers"].([]any)[0], "livenessProbe")
		require.NotContains(t, pod["containers"].([]any)[0], "readinessProbe")
	}
}

func TestOtherKindsStayAsTheyAre(t *testing.T) {
	t.Parallel()
	require.Nil(t, (&Args{}).equip(t.Context(), &pulumi.ResourceTransformArgs{
		Type: "kubernetes:core/v1:Service", Props: pulumi.Map{},
	}))
}

// Pods that are not equipped would start and fail; their Deployment is not made at all.
func TestDeploymentsThatCannotBeEquippedAreAnError(t *testing.T) {
	t.Parallel()
	unknown := pulumi.ToSecret(pulumi.Map{})
	for what, props := range map[string]pulumi.Map{
		"its spec is not known":        {"metadata": pulumi.Map{"name": pulumi.String("d")}, "spec": unknown},
		"its template is not known":    {"metadata": pulumi.Map{"name": pulumi.String("d")}, "spec": pulumi.Map{}},
		"it has no list of containers": deployment("d"),
		"its container 0 is not known": deployment("d", unknown),
	} {
		result := (&Args{}).equip(t.Context(), &pulumi.ResourceTransformArgs{
			Type: "kubernetes:apps/v1:Deployment", Props: props,
		})
		err := pulumi.RunErr(func(ctx *pulumi.Context) error {
			ctx.Export("spec", result.Props["spec"])
			return nil
		}, pulumi.WithMocks("vmst", "test", nothing{}))
		require.ErrorContains(t, err, `the chart's Deployment "d" cannot be given its authorities and variables: `+what)
	}
}

// nothing is an engine that makes nothing.
type nothing struct{}

func (nothing) NewResource(pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	return "", resource.PropertyMap{}, nil
}

func (nothing) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return resource.PropertyMap{}, nil
}
