package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"helm.sh/helm/v3/pkg/chart"

	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/kubernetes/helm"
)

// policyAnnotation, when it says "keep", makes Helm leave an object behind
// (https://helm.sh/docs/howto/charts_tips_and_tricks/).
const policyAnnotation = "helm.sh/resource-policy"

// recordedKey marks the stored release whose chart could not be had.
const recordedKey = "__recorded"

// installation is one install or upgrade of a release.
type installation struct {
	inputs     chartInputs
	properties resource.PropertyMap
	// chart is nil when it cannot be had.
	chart    *chart.Chart
	revision int
	// objects were rendered from the chart, or derived from the values.
	objects []helm.Object
}

func (i installation) id() string { return objectID(i.inputs.Namespace, i.inputs.Name) }

// option reads a boolean input of the release.
func (i installation) option(name resource.PropertyKey) bool {
	v := plainValue(i.properties[name])
	return v.IsBool() && v.BoolValue()
}

func (p *Provider) createRelease(ctx context.Context, req plugin.CreateRequest) (plugin.CreateResponse, error) {
	i, err := p.prepare(ctx, req.URN, req.Properties, 1)
	if err != nil {
		return plugin.CreateResponse{}, err
	}

	if req.Preview {
		return plugin.CreateResponse{Properties: i.outputs(true)}, p.preview(i)
	}

	reasons, err := p.install(ctx, &i)
	if err != nil {
		return plugin.CreateResponse{}, fmt.Errorf("installing release %q: %w", i.id(), err)
	}

	id := resource.ID(i.id())
	return plugin.CreateResponse{ID: id, Properties: i.outputs(false)}, notReady(id, i.outputs(false), reasons)
}

func (p *Provider) updateRelease(ctx context.Context, req plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	i, err := p.prepare(ctx, req.URN, req.NewInputs, 2)
	if err != nil {
		return plugin.UpdateResponse{}, err
	}

	if req.Preview {
		return plugin.UpdateResponse{Properties: i.outputs(true)}, p.preview(i)
	}

	reasons, err := p.install(ctx, &i)
	if err != nil {
		return plugin.UpdateResponse{}, fmt.Errorf("upgrading release %q: %w", i.id(), err)
	}
	return plugin.UpdateResponse{Properties: i.outputs(false)}, notReady(req.ID, i.outputs(false), reasons)
}

// prepare reads the inputs and finds the chart.
func (p *Provider) prepare(
	ctx context.Context, urn resource.URN, properties resource.PropertyMap, revision int,
) (installation, error) {
	inputs, err := parseChartInputs(properties)
	if err != nil {
		return installation{}, err
	}

	i := installation{inputs: inputs, properties: properties, revision: revision}
	if inputs.knownChart() {
		i.chart, err = p.locate(ctx, urn, inputs.Reference)
	}
	return i, err
}

// preview renders the chart, if its values are known, and checks the objects as far as that is possible without the
// cluster.
func (p *Provider) preview(i installation) error {
	if i.chart == nil || len(i.inputs.Unknown) > 0 {
		return nil
	}

	objects, err := i.render(p.clusterVersion(), nil)
	if err != nil {
		return err
	}
	return p.checkObjects(i.inputs.Namespace, objects)
}

// assumedVersion is the cluster's version as long as there is no cluster.
const assumedVersion = "v1.35.0"

func (p *Provider) clusterVersion() string {
	version := assumedVersion

	// A cluster that cannot be reached is no reason not to render.
	_ = p.inCluster(func(v view) error {
		version = v.cluster.Version
		return nil
	})
	return version
}

func (i installation) render(version string, apiVersions []string) ([]helm.Object, error) {
	return helm.Render(i.chart, helm.Request{
		Release: i.inputs.Name, Namespace: i.inputs.Namespace, Revision: i.revision, Values: i.inputs.Values,
		KubeVersion: version, APIVersions: apiVersions, SkipCRDs: i.inputs.SkipCRDs,
	})
}

// checkObjects checks rendered objects like those that a program writes. The errors name the template.
func (p *Provider) checkObjects(defaultNamespace string, objects []helm.Object) error {
	var errs []error
	for _, o := range objects {
		k, err := p.kinds.fromObject(o.Manifest)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", o.Template, err))
			continue
		}

		inNamespace(k, o.Manifest, defaultNamespace)

		about := fmt.Sprintf("%s: %s %q", o.Template, k.Kind, name(o.Manifest))
		errs = append(errs, joinProblems(about, p.kinds.check(k, o.Manifest, nil)))
	}
	return errors.Join(errs...)
}

// inNamespace puts an object of a chart that names no namespace into the release's.
func inNamespace(k kind, manifest map[string]any, ns string) {
	if k.namespaced && (k.typed || !k.custom) && namespace(manifest) == "" {
		put(manifest, ns, "metadata", "namespace")
	}
}

func withoutAssets(properties resource.PropertyMap) resource.PropertyMap {
	copied := properties.Copy()
	delete(copied, "valueYamlFiles")
	return copied
}

// outputs are the release's outputs: its inputs, what it consists of, and its status.
func (i installation) outputs(preview bool) resource.PropertyMap {
	outputs := i.properties.Copy()
	if preview {
		outputs["resourceNames"], outputs["status"] = unknownValue(), unknownValue()
		return outputs
	}

	names := map[string]any{}

	for _, o := range i.objects {
		if o.Hook {
			continue
		}

		apiVersion, kind := text(o.Manifest, "apiVersion"), text(o.Manifest, "kind")
		if group, _, ok := strings.Cut(apiVersion, "/"); ok {
			kind += "." + group
		}

		key := kind + "/" + apiVersion
		list, _ := names[key].([]any)
		names[key] = append(list, objectID(namespace(o.Manifest), name(o.Manifest)))
	}

	status := map[string]any{
		"name": i.inputs.Name, "namespace": i.inputs.Namespace, "chart": i.inputs.Reference.Chart,
		"version": i.inputs.Reference.Version, "revision": float64(i.revision), "status": "deployed",
	}
	if i.chart != nil {
		about := i.chart.Metadata
		status["chart"], status["version"], status["appVersion"] = about.Name, about.Version, about.AppVersion
	}

	outputs["resourceNames"] = resource.NewPropertyValue(names)
	outputs["status"] = resource.NewPropertyValue(status)
	return outputs
}

// readRelease returns what is recorded of the release. As with the real provider, changes of its objects do not show.
func (p *Provider) readRelease(req plugin.ReadRequest) (plugin.ReadResponse, error) {
	var (
		stored cloud.Object
		ok     bool
	)

	err := p.inCluster(func(v view) error {
		stored, ok = v.Get(releaseToken, v.key(releaseToken, string(req.ID)))
		return nil
	})

	if unreachable := (*unreachableError)(nil); errors.As(err, &unreachable) && p.configured().on("deleteUnreachable") {
		return plugin.ReadResponse{}, nil
	}

	if err != nil || !ok {
		return plugin.ReadResponse{}, err
	}

	delete(stored.Outputs, clusterKey)
	delete(stored.Outputs, recordedKey)

	managed := req.Inputs
	if len(managed) == 0 {
		managed = fromPlain(stored.Inputs)
	}

	wanted, _, err := toValues(withoutAssets(managed))
	if err != nil {
		return plugin.ReadResponse{}, err
	}

	inputs := fromPlain(prune(stored.Outputs, wanted))
	if files, ok := managed["valueYamlFiles"]; ok {
		inputs["valueYamlFiles"] = files
	}

	mark := func(properties resource.PropertyMap) resource.PropertyMap {
		return markSecrets(resource.NewObjectProperty(properties), resource.NewObjectProperty(managed)).ObjectValue()
	}
	return plugin.ReadResponse{ReadResult: plugin.ReadResult{
		ID: req.ID, Inputs: mark(inputs), Outputs: mark(fromPlain(stored.Outputs)),
	}}, nil
}

// deleteRelease removes the release and its objects; one that is gone already is no error.
func (p *Provider) deleteRelease(req plugin.DeleteRequest) error {
	err := p.inCluster(func(v view) error {
		id := string(req.ID)
		for _, r := range v.owned(id) {
			if err := v.removeOwned(r); err != nil {
				return fmt.Errorf("uninstalling release %q: %w", id, err)
			}
		}
		return v.Delete(releaseToken, v.key(releaseToken, id))
	})

	if unreachable := (*unreachableError)(nil); errors.As(err, &unreachable) && p.configured().on("deleteUnreachable") {
		return nil
	}
	return err
}
