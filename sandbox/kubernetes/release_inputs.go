package kubernetes

import (
	"fmt"
	"slices"

	helmv4 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/helm/v4"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/vmstio/infrastructure/sandbox/kubernetes/helm"
	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

// What a Release and a Chart take.
var (
	releaseFields = sim.FieldsOf(releaseArgs{}, sim.Rules{})
	chartFields   = sim.FieldsOf(helmv4.ChartArgs{}, sim.Rules{})
)

// checkHelm lists what is wrong with the inputs of a Release or a Chart.
func checkHelm(token string, fields sim.Fields, inputs resource.PropertyMap) []plugin.CheckFailure {
	failures := fields.Check(token, inputs)
	if _, given := inputs["valueYamlFiles"]; given {
		failures = append(failures, plugin.CheckFailure{
			Property: "valueYamlFiles", Reason: "the sandbox reads no files of values: write them into values",
		})
	}
	return failures
}

// chartInputs is what a Release or a Chart asks for, as far as it is known.
type chartInputs struct {
	Reference       helm.Reference
	Name, Namespace string
	Values          map[string]any
	// All has the rest, too.
	All map[string]any
	// Unknown holds the paths of values that are not known yet.
	Unknown []string
}

// on tells whether a boolean input is true.
func (c chartInputs) on(name string) bool { return c.All[name] == true }

// knownChart tells whether it is known which chart is wanted.
func (c chartInputs) knownChart() bool {
	return !slices.ContainsFunc(c.Unknown, func(path string) bool {
		return within(path, "chart") || within(path, "version") || within(path, "repositoryOpts")
	})
}

// parseChartInputs reads the inputs.
func parseChartInputs(properties resource.PropertyMap) (chartInputs, error) {
	plain := properties.Copy()
	delete(plain, "keyring") // a file, which nothing here reads
	inputs, unknown, err := toValues(plain)
	if err != nil {
		return chartInputs{}, err
	}
	values, _ := inputs["values"].(map[string]any)
	return chartInputs{
		Reference: helm.Reference{
			Chart: text(inputs, "chart"), Repo: text(inputs, "repositoryOpts", "repo"),
			Version: text(inputs, "version"), PlainHTTP: inputs["plainHttp"] == true,
		},
		Name: text(inputs, "name"), Namespace: text(inputs, "namespace"),
		Values: values, All: inputs, Unknown: unknown,
	}, nil
}

// checkRelease completes the inputs of a Release and checks that its chart exists.
func (p *Provider) checkRelease(req plugin.CheckRequest) (plugin.CheckResponse, error) {
	news := resource.PropertyMap{}
	for key, value := range req.News {
		if !value.IsNull() && key != "resourceNames" {
			news[key] = value
		}
	}
	failures := checkHelm(string(req.Type), releaseFields, news)
	if len(failures) > 0 {
		return plugin.CheckResponse{Properties: news, Failures: failures}, nil
	}
	if err := p.completeRelease(news, req); err != nil {
		return plugin.CheckResponse{}, err
	}
	inputs, err := parseChartInputs(news)
	if err != nil {
		return plugin.CheckResponse{}, err
	}
	fail := func(property resource.PropertyKey, err error) {
		failures = append(failures, plugin.CheckFailure{Property: property, Reason: err.Error()})
	}
	if err := chartutil.ValidateReleaseName(inputs.Name); err != nil && !undecided("name", inputs.Unknown) {
		fail("name", fmt.Errorf("%q: %w", inputs.Name, err))
	}
	if inputs.knownChart() {
		found, err := p.locate(inputs.Reference)
		if err != nil {
			fail("chart", fmt.Errorf("%w; check the chart name and repository configuration", err))
		}

		// The state holds the version that is installed, which may be one of a range.
		if found != nil {
			news["version"] = resource.NewStringProperty(found.Metadata.Version)
		}
	}
	return plugin.CheckResponse{Properties: news, Failures: failures}, nil
}

func (p *Provider) completeRelease(news resource.PropertyMap, req plugin.CheckRequest) error {
	if _, named := news["name"]; !named {
		name, err := autoname(req)
		if err != nil {
			return err
		}
		if old := req.Olds["name"]; old.IsString() {
			name = old
		}
		news["name"] = name
	}
	if ns, ok := news["namespace"]; !ok || ns.IsString() && ns.StringValue() == "" {
		news["namespace"] = resource.NewStringProperty(p.configured().defaultNamespace())
	}
	return nil
}
