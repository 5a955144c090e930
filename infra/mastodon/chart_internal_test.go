package mastodon

import (
	"encoding/json"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"
)

func TestDeploymentsGetAuthoritiesAndVariables(t *testing.T) {
	t.Parallel()
	deployment := pulumi.Map{"kind": pulumi.String("Deployment"), "spec": pulumi.Map{
		"replicas": pulumi.Int(2),
		"template": pulumi.Map{"spec": pulumi.Map{
			"containers": pulumi.Array{
				pulumi.Map{"name": pulumi.String("web"), "volumeMounts": nil},
				pulumi.Map{
					"name":         pulumi.String("exporter"),
					"volumeMounts": pulumi.Array{pulumi.Map{"name": pulumi.String("own")}},
				},
			},
			"volumes": pulumi.Array{pulumi.Map{"name": pulumi.String("own")}},
		}},
	}}
	encoded := func() string {
		text, err := json.Marshal(deployment)
		require.NoError(t, err)
		return string(text)
	}
	before := encoded()
	result := addAuthoritiesAndVariables(t.Context(), &pulumi.ResourceTransformArgs{
		Type: "kubernetes:apps/v1:Deployment", Props: deployment, Opts: pulumi.ResourceOptions{Protect: true},
	})
	require.Equal(t, before, encoded(), "the argument is left alone")
	require.True(t, result.Opts.Protect, "the options stay")

	configMap := pulumi.String("mastodon-authorities")
	volume := pulumi.Map{"name": configMap, "configMap": pulumi.Map{"name": configMap}}
	mount := pulumi.Map{
		"name": configMap, "mountPath": pulumi.String("/etc/mastodon/authorities"), "readOnly": pulumi.Bool(true),
	}
	own := pulumi.Map{"name": pulumi.String("own")}
	variables := pulumi.Array{pulumi.Map{"secretRef": pulumi.Map{
		"name": pulumi.String("mastodon-environment"), "optional": pulumi.Bool(true),
	}}}
	require.Equal(t, pulumi.Map{"kind": pulumi.String("Deployment"), "spec": pulumi.Map{
		"replicas": pulumi.Int(2),
		"template": pulumi.Map{"spec": pulumi.Map{
			"containers": pulumi.Array{
				pulumi.Map{"name": pulumi.String("web"), "volumeMounts": pulumi.Array{mount}, "envFrom": variables},
				pulumi.Map{
					"name": pulumi.String("exporter"), "volumeMounts": pulumi.Array{mount, own}, "envFrom": variables,
				},
			},
			"volumes": pulumi.Array{volume, own},
		}},
	}}, result.Props)
}

func TestOtherKindsStayAsTheyAre(t *testing.T) {
	t.Parallel()
	require.Nil(t, addAuthoritiesAndVariables(t.Context(), &pulumi.ResourceTransformArgs{
		Type: "kubernetes:core/v1:Service", Props: pulumi.Map{},
	}))
}
