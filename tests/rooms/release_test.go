package rooms_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/release"
	"github.com/vmstio/infrastructure/tests/mocks"
)

func releaseArgs() release.Args {
	return release.Args{
		Chart:       release.Chart{Repository: "https://charts.example.com", Name: "transporter", Version: "1.2.3"},
		ReleaseName: "transporter", Namespace: pulumi.String("host"),
		Values: pulumi.Map{"replicaCount": pulumi.Int(2)},
	}
}

func releaseProgram(args release.Args) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := release.New(ctx, "transporter", &args)
		return err
	}
}

func TestRelease(t *testing.T) {
	for _, preview := range []bool{false, true} {
		r := &mocks.Recorder{Preview: preview}
		require.NoError(t, r.Run(releaseProgram(releaseArgs())))
		made := r.One(t, release.Type, "transporter")
		require.True(t, made.Custom)
		require.Equal(t, map[string]any{
			"chart": "transporter", "version": "1.2.3", "repositoryOpts": map[string]any{"repo": "https://charts.example.com"},
			"name": "transporter", "namespace": "host", "values": map[string]any{"replicaCount": 2.0},
			"timeout": 900.0, "compat": "true",
		}, made.Inputs.Mappable())
	}
}

func TestReleaseTimeoutCanBeChosen(t *testing.T) {
	args := releaseArgs()
	args.Timeout = 60
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(releaseProgram(args)))
	require.Equal(t, 60.0, r.One(t, release.Type, "transporter").Input("timeout"))
}

func TestReleaseReturnsFailures(t *testing.T) {
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, releaseProgram(releaseArgs()))
}

func TestReleaseRefusesBadArguments(t *testing.T) {
	r := &mocks.Recorder{}
	err := r.Run(releaseProgram(release.Args{Timeout: -1}))
	for _, problem := range []string{
		"Chart.Repository is missing", "Chart.Name is missing", "Chart.Version is missing", "ReleaseName is missing",
		"Namespace is missing", "Timeout -1 is negative",
	} {
		require.ErrorContains(t, err, problem)
	}
	require.Empty(t, r.OfType(release.Type))
}

func TestReleaseValues(t *testing.T) {
	type inner struct {
		Size int     `json:"size"`
		Part float64 `json:"part"`
		On   bool    `json:"on"`
		None string  `json:"none,omitempty"`
	}
	values, err := release.Values(struct {
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

	release.Set(values, pulumi.String("x"), "inner", "deep", "deeper")
	release.Set(values, pulumi.String("y"), "inner", "size")
	inside, ok := values["inner"].(pulumi.Map)
	require.True(t, ok)
	require.Equal(t, pulumi.Map{"deeper": pulumi.String("x")}, inside["deep"])
	require.Equal(t, pulumi.String("y"), inside["size"])
	require.Equal(t, pulumi.Bool(true), inside["on"])
}

func TestReleaseValuesRefuseWhatIsNoObject(t *testing.T) {
	_, err := release.Values([]string{"a"})
	require.ErrorContains(t, err, "chart values are not an object")
	_, err = release.Values(map[string]any{"a": map[string]any{"b": []any{nil}}})
	require.ErrorContains(t, err, "encoding chart values: a: b: [0]: a chart value cannot be <nil>")
	_, err = release.Values(func() {})
	require.ErrorContains(t, err, "encoding chart values")
}
