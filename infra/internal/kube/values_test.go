package kube_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/internal/kube"
	"github.com/vmstio/infrastructure/infra/settings"
)

func TestValues(t *testing.T) {
	t.Parallel()
	type inner struct {
		Size int     `json:"size"`
		Part float64 `json:"part"`
		On   bool    `json:"on"`
		None string  `json:"none,omitempty"`
	}
	values, err := kube.Values(struct {
		Name  string   `json:"name"`
		List  []string `json:"list"`
		Inner inner    `json:"inner"`
	}{"main", []string{"a", "b"}, inner{Size: 3, Part: 0.5, On: true}})
	require.NoError(t, err)
	require.Equal(t, pulumi.Map{
		"name": pulumi.String("main"),
		"list": pulumi.Array{pulumi.String("a"), pulumi.String("b")},
		"inner": pulumi.Map{
			"size": pulumi.Float64(3), "part": pulumi.Float64(0.5), "on": pulumi.Bool(true),
		},
	}, values)
}

func TestValuesRefuseWhatIsNoObject(t *testing.T) {
	t.Parallel()
	_, err := kube.Values([]string{"a"})
	require.ErrorContains(t, err, "chart values are not an object")
	_, err = kube.Values(map[string]any{"a": map[string]any{"b": []any{nil}}})
	require.ErrorContains(t, err, "a: b: [0]: a chart value cannot be <nil>")
	_, err = kube.Values(func() {})
	require.ErrorContains(t, err, "encoding chart values")
}

func TestSet(t *testing.T) {
	t.Parallel()
	values := pulumi.Map{"inner": pulumi.Map{"size": pulumi.Float64(3), "on": pulumi.Bool(true)}}
	kube.Set(values, pulumi.String("x"), "inner", "deep", "deeper")
	kube.Set(values, pulumi.String("y"), "inner", "size")
	require.Equal(t, pulumi.Map{"inner": pulumi.Map{
		"deep": pulumi.Map{"deeper": pulumi.String("x")}, "size": pulumi.String("y"), "on": pulumi.Bool(true),
	}}, values)
}

func TestMerge(t *testing.T) {
	t.Parallel()
	under := func() pulumi.Map {
		return pulumi.Map{
			"kept": pulumi.String("program"),
			"list": pulumi.Array{pulumi.String("a"), pulumi.String("b")},
			"inner": pulumi.Map{
				"kept": pulumi.Bool(true), "size": pulumi.Float64(3), "deep": pulumi.Map{"x": pulumi.Bool(true)},
			},
		}
	}
	values := under()
	require.NoError(t, kube.Merge(values, nil))
	require.Equal(t, under(), values, "nothing is merged over it")

	require.NoError(t, kube.Merge(values, settings.Values{
		"list": []any{"c"}, "new": map[string]any{"on": true},
		"inner": map[string]any{"size": 4.0, "deep": "plain", "more": map[string]any{"y": "z"}},
	}))
	require.Equal(t, pulumi.Map{
		"kept": pulumi.String("program"),
		"list": pulumi.Array{pulumi.String("c")},
		"new":  pulumi.Map{"on": pulumi.Bool(true)},
		"inner": pulumi.Map{
			"kept": pulumi.Bool(true), "size": pulumi.Float64(4), "deep": pulumi.String("plain"),
			"more": pulumi.Map{"y": pulumi.String("z")},
		},
	}, values, "mappings are merged, everything else is replaced")

	require.ErrorContains(t, kube.Merge(values, settings.Values{"a": map[string]any{"b": nil}}),
		"a: b: a chart value cannot be <nil>")
}
