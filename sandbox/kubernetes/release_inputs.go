package kubernetes

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"helm.sh/helm/v3/pkg/chartutil"
	"sigs.k8s.io/yaml"

	"github.com/vmstio/infrastructure/sandbox/kubernetes/helm"
)

// defaultReleaseTimeout is how long Helm waits for one operation, in seconds, when a release does not say.
const defaultReleaseTimeout = 300

// chartProperties are the inputs that a Release and a Chart share, and their types (pulumi-kubernetes v4.33.0,
// helm/v3 ReleaseArgs and helm/v4 ChartArgs).
var chartProperties = map[string]string{
	"chart": "string", "dependencyUpdate": "boolean", "devel": "boolean", "name": "string", "namespace": "string",
	"repositoryOpts": "object", "skipAwait": "boolean", "skipCrds": "boolean", "values": "object",
	"valueYamlFiles": "array", "verify": "boolean", "version": "string",
}

// releaseProperties are the inputs of a Release alone.
var releaseProperties = map[string]string{
	"allowNullValues": "boolean", "atomic": "boolean", "cleanupOnFail": "boolean", "compat": "string",
	"createNamespace": "boolean", "description": "string", "disableCRDHooks": "boolean",
	"disableOpenapiValidation": "boolean", "disableWebhooks": "boolean", "forceUpdate": "boolean", "keyring": "string",
	"lint": "boolean", "manifest": "object", "maxHistory": "number", "postrender": "string", "recreatePods": "boolean",
	"renderSubchartNotes": "boolean", "replace": "boolean", "resetValues": "boolean", "resourceNames": "object",
	"reuseValues": "boolean", "takeOwnership": "boolean", "timeout": "number", "waitForJobs": "boolean",
}

// componentProperties are the inputs of a Chart alone.
var componentProperties = map[string]string{
	"includeHooks": "boolean", "keyring": "asset", "plainHttp": "boolean", "postRenderer": "object",
	"resourcePrefix": "string",
}

var repositoryProperties = map[string]string{
	"caFile": "string", "certFile": "string", "keyFile": "string", "password": "string", "repo": "string",
	"username": "string",
}

// checkProperties reports properties that are not in the allowed ones or are of another type. Unknown values pass.
func checkProperties(prefix string, given resource.PropertyMap, allowed ...map[string]string) []plugin.CheckFailure {
	types := map[string]string{}
	for _, some := range allowed {
		maps.Copy(types, some)
	}
	var failures []plugin.CheckFailure
	for _, key := range given.StableKeys() {
		value := given[key]
		for value.IsSecret() || value.IsOutput() && value.OutputValue().Known {
			if value.IsSecret() {
				value = value.SecretValue().Element
			} else {
				value = value.OutputValue().Element
			}
		}
		path := resource.PropertyKey(join(prefix, string(key)))
		got := typeName(value)
		switch want, ok := types[string(key)]; {
		case !ok:
			failures = append(failures, plugin.CheckFailure{
				Property: path, Reason: "unknown property; there are " + strings.Join(sortedKeys(types), ", "),
			})
		case isUnknown(value) || value.IsNull() || got == want:
		default:
			failures = append(failures, plugin.CheckFailure{
				Property: path, Reason: fmt.Sprintf("got a value of type %s, want %s", got, want),
			})
		}
	}
	return failures
}

func typeName(v resource.PropertyValue) string {
	switch {
	case v.IsBool():
		return "boolean"
	case v.IsAsset(), v.IsArchive():
		return "asset"
	case v.IsArray():
		return "array"
	default:
		return v.TypeString()
	}
}

// chartInputs is what a Release or a Chart asks for, as far as it is known.
type chartInputs struct {
	Reference       helm.Reference
	Name, Namespace string
	Values          map[string]any
	SkipCRDs        bool
	SkipAwait       bool
	// Unknown holds the paths of values that are not known yet.
	Unknown []string
}

// knownChart tells whether it is known which chart is wanted.
func (c chartInputs) knownChart() bool {
	return !slices.ContainsFunc(c.Unknown, func(path string) bool {
		return within(path, "chart") || within(path, "version") || within(path, "repositoryOpts")
	})
}

// parseChartInputs reads the inputs. Value files are read and merged, the values taking precedence.
func parseChartInputs(properties resource.PropertyMap) (chartInputs, error) {
	values := map[string]any{}
	plain := properties.Copy()
	delete(plain, "valueYamlFiles")
	delete(plain, "keyring")
	if files := plainValue(properties["valueYamlFiles"]); files.IsArray() {
		for _, file := range files.ArrayValue() {
			if !file.IsAsset() {
				return chartInputs{}, fmt.Errorf("valueYamlFiles: got a value of type %s, want a file",
					file.TypeString())
			}
			text, err := file.AssetValue().Bytes()
			if err != nil {
				return chartInputs{}, fmt.Errorf("reading valueYamlFiles: %w", err)
			}
			more := map[string]any{}
			if err := yaml.Unmarshal(text, &more); err != nil {
				return chartInputs{}, fmt.Errorf("reading valueYamlFiles: %w", err)
			}
			values = overlay(values, more)
		}
	}
	inputs, unknown, err := toValues(plain)
	if err != nil {
		return chartInputs{}, err
	}
	given, _ := inputs["values"].(map[string]any)
	skipCRDs, _ := inputs["skipCrds"].(bool)
	skipAwait, _ := inputs["skipAwait"].(bool)
	return chartInputs{
		Reference: helm.Reference{
			Chart: text(inputs, "chart"), Repo: text(inputs, "repositoryOpts", "repo"),
			Version: text(inputs, "version"), PlainHTTP: inputs["plainHttp"] == true,
		},
		Name: text(inputs, "name"), Namespace: text(inputs, "namespace"),
		Values: overlay(values, given), SkipCRDs: skipCRDs, SkipAwait: skipAwait, Unknown: unknown,
	}, nil
}

// overlay merges values over others, in depth.
func overlay(under, over map[string]any) map[string]any {
	result := maps.Clone(under)
	for key, value := range over {
		below, isObject := result[key].(map[string]any)
		if above, ok := value.(map[string]any); ok && isObject {
			value = overlay(below, above)
		}
		result[key] = value
	}
	return result
}

// checkRelease completes the inputs of a Release and checks that its chart exists.
func (p *Provider) checkRelease(req plugin.CheckRequest) (plugin.CheckResponse, error) {
	news := resource.PropertyMap{}
	for key, value := range req.News {
		if !value.IsNull() && key != "resourceNames" {
			news[key] = value
		}
	}
	failures := checkProperties("", news, chartProperties, releaseProperties)
	if options := plainValue(news["repositoryOpts"]); options.IsObject() {
		failures = append(failures, checkProperties("repositoryOpts", options.ObjectValue(), repositoryProperties)...)
	}
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
		news["name"] = req.Olds["name"]
		if !news["name"].IsString() {
			name, err := resource.NewUniqueName(req.RandomSeed, req.URN.Name()+"-", 8, 0, nil)
			if err != nil {
				return fmt.Errorf("naming release %s: %w", req.URN.Name(), err)
			}
			news["name"] = resource.NewStringProperty(name)
		}
	}
	if ns, ok := news["namespace"]; !ok || ns.IsString() && ns.StringValue() == "" {
		news["namespace"] = resource.NewStringProperty(p.configured().defaultNamespace())
	}
	awaited := !news["skipAwait"].IsBool() || !news["skipAwait"].BoolValue()
	if _, given := news["timeout"]; !given && awaited {
		news["timeout"] = resource.NewNumberProperty(defaultReleaseTimeout)
	}
	return nil
}
