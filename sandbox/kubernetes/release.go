package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/storage"
	"helm.sh/helm/v3/pkg/storage/driver"

	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/kubernetes/apiserver"
	"github.com/vmstio/infrastructure/sandbox/kubernetes/helm"
)

// historyKey holds in a stored release what Helm remembers of it: every revision.
const historyKey = "__history"

// installation is one install or upgrade of a release.
type installation struct {
	inputs     chartInputs
	properties resource.PropertyMap
	chart      *chart.Chart
	// result is nil before the action, and after one that did not get as far as a revision.
	result *release.Release
}

func (i installation) id() string { return objectID(i.inputs.Namespace, i.inputs.Name) }

// option reads a boolean input of the release.
func (i installation) option(name resource.PropertyKey) bool {
	v := plainValue(i.properties[name])
	return v.IsBool() && v.BoolValue()
}

func (i installation) number(name resource.PropertyKey) int {
	v := plainValue(i.properties[name])
	if !v.IsNumber() {
		return 0
	}
	return int(v.NumberValue())
}

func (p *Provider) createRelease(ctx context.Context, req plugin.CreateRequest) (plugin.CreateResponse, error) {
	i, err := p.prepare(req.Properties)
	if err != nil {
		return plugin.CreateResponse{}, err
	}
	if req.Preview {
		return plugin.CreateResponse{Properties: i.outputs(true)}, p.preview(ctx, i)
	}
	reasons, err := p.act(ctx, &i, i.install)
	if err != nil {
		return plugin.CreateResponse{}, fmt.Errorf("installing release %q: %w", i.id(), err)
	}
	id := resource.ID(i.id())
	return plugin.CreateResponse{ID: id, Properties: i.outputs(false)}, notReady(id, i.outputs(false), reasons)
}

func (p *Provider) updateRelease(ctx context.Context, req plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	i, err := p.prepare(req.NewInputs)
	if err != nil {
		return plugin.UpdateResponse{}, err
	}
	if req.Preview {
		return plugin.UpdateResponse{Properties: i.outputs(true)}, p.preview(ctx, i)
	}
	reasons, err := p.act(ctx, &i, i.upgrade)
	if err != nil {
		return plugin.UpdateResponse{}, fmt.Errorf("upgrading release %q: %w", i.id(), err)
	}
	return plugin.UpdateResponse{Properties: i.outputs(false)}, notReady(req.ID, i.outputs(false), reasons)
}

// prepare reads the inputs and finds the chart.
func (p *Provider) prepare(properties resource.PropertyMap) (installation, error) {
	inputs, err := parseChartInputs(properties)
	if err != nil {
		return installation{}, err
	}
	i := installation{inputs: inputs, properties: properties}
	if inputs.knownChart() {
		i.chart, err = p.locate(inputs.Reference)
	}
	return i, err
}

// locate finds a chart, or what stands in for it.
func (p *Provider) locate(ref helm.Reference) (*chart.Chart, error) {
	found, err := p.options.Charts.Locate(ref)
	if unavailable := (*helm.UnavailableError)(nil); errors.As(err, &unavailable) {
		return helm.StandIn(ref)
	}
	return found, err
}

// preview renders the chart, if its values are known, and checks the objects as far as that is possible without the
// cluster.
func (p *Provider) preview(ctx context.Context, i installation) error {
	if i.chart == nil || len(i.inputs.Unknown) > 0 {
		return nil
	}
	_, err := p.template(ctx, i)
	return err
}

// template renders a chart and checks its objects like those that a program writes. The errors name the template.
func (p *Provider) template(ctx context.Context, i installation) ([]helm.Object, error) {
	objects, err := helm.Template(ctx, i.chart, helm.Request{
		Release: i.inputs.Name, Namespace: i.inputs.Namespace, Values: i.inputs.Values,
		KubeVersion: p.clusterVersion(), SkipCRDs: i.inputs.SkipCRDs,
	})
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, o := range objects {
		errs = append(errs, p.kinds.checkRendered(o, i.inputs.Namespace))
	}
	return objects, errors.Join(errs...)
}

// checkRendered checks an object of a chart, which goes into the namespace if it names none.
func (k *kinds) checkRendered(o helm.Object, in string) error {
	kind, err := k.fromObject(o.Manifest)
	if err != nil {
		return fmt.Errorf("%s: %w", o.Template, err)
	}
	inNamespace(kind, o.Manifest, in)
	about := fmt.Sprintf("%s: %s %q", o.Template, kind.Kind, name(o.Manifest))
	return joinProblems(about, k.check(kind, o.Manifest, nil))
}

// inNamespace puts an object of a chart that names no namespace into the release's.
func inNamespace(k kind, manifest map[string]any, ns string) {
	if k.namespaced && (k.typed || !k.custom) && namespace(manifest) == "" {
		put(manifest, ns, "metadata", "namespace")
	}
}

// assumedVersion is the cluster's version as long as there is no cluster.
const assumedVersion = "v" + apiserver.Emulated + ".0"

func (p *Provider) clusterVersion() string {
	version := assumedVersion
	// A cluster that cannot be reached is no reason not to render.
	_ = p.inCluster(func(v view) error {
		version = v.cluster.Version
		return nil
	})
	return version
}

// act runs one of Helm's actions and stores what it did. A release that exists afterwards although the action failed is
// recorded, so that the next update can put it right; reasons say what it lacks.
func (p *Provider) act(
	ctx context.Context, i *installation, do func(context.Context, *action.Configuration) (*release.Release, error),
) (reasons []string, err error) {
	client := &helmClient{
		write: p.inCluster, kinds: p.kinds, release: i.id(), namespace: i.inputs.Namespace,
		await: func(r record) ([]string, error) {
			_, why, err := p.await(ctx, r, false)
			return why, err
		},
	}
	revisions, err := p.history(i.id())
	if err != nil {
		return nil, err
	}
	// Helm keeps its record as a Secret of the namespace, which it writes first.
	err = p.inCluster(func(v view) error {
		if in := i.inputs.Namespace; !v.hasNamespace(in) && !i.option("createNamespace") {
			return fmt.Errorf("namespaces %q not found: create it first, or set createNamespace", in)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	configuration, err := p.helm(client, revisions)
	if err != nil {
		return nil, err
	}
	before, _ := configuration.Releases.Last(i.inputs.Name)
	_, err = do(ctx, configuration)
	last, lastErr := configuration.Releases.Last(i.inputs.Name)
	if lastErr != nil || before != nil && before.Version == last.Version {
		return nil, err
	}
	if err != nil {
		reasons = strings.Split(err.Error(), "\n")
	}
	after, err := configuration.Releases.History(i.inputs.Name)
	if err != nil {
		return nil, err
	}
	i.result = last
	return reasons, p.saveRelease(*i, after)
}

// helm makes Helm's configuration: its own storage in memory, filled with the revisions that are known.
func (p *Provider) helm(client *helmClient, revisions []*release.Release) (*action.Configuration, error) {
	memory := driver.NewMemory()
	memory.SetNamespace(client.namespace)
	configuration := &action.Configuration{
		Releases: storage.Init(memory), KubeClient: client, Log: func(string, ...any) {},
	}
	for _, revision := range revisions {
		if err := configuration.Releases.Create(revision); err != nil {
			return nil, err
		}
	}
	version, err := chartutil.ParseKubeVersion(p.clusterVersion())
	if err != nil {
		return nil, fmt.Errorf("reading the cluster's version: %w", err)
	}
	configuration.Capabilities = chartutil.DefaultCapabilities.Copy()
	configuration.Capabilities.KubeVersion = *version
	err = p.inCluster(func(v view) error {
		for _, definition := range v.definitions() {
			for _, version := range served(definition) {
				group := text(definition, "spec", "group") + "/" + version
				configuration.Capabilities.APIVersions = append(configuration.Capabilities.APIVersions,
					group, group+"/"+text(definition, "spec", "names", "kind"))
			}
		}
		return nil
	})
	return configuration, err
}

// install is `helm install` with the options of the release.
func (i *installation) install(ctx context.Context, configuration *action.Configuration) (*release.Release, error) {
	do := action.NewInstall(configuration)
	do.ReleaseName, do.Namespace, do.CreateNamespace = i.inputs.Name, i.inputs.Namespace, i.option("createNamespace")
	do.Wait, do.WaitForJobs, do.Atomic = !i.inputs.SkipAwait, i.option("waitForJobs"), i.option("atomic")
	do.DisableHooks, do.SkipCRDs, do.Replace = i.option("disableWebhooks"), i.inputs.SkipCRDs, i.option("replace")
	do.TakeOwnership, do.Description = i.option("takeOwnership"), plainText(i.properties["description"])
	do.DisableOpenAPIValidation = i.option("disableOpenapiValidation")
	return do.RunWithContext(ctx, i.chart, i.inputs.Values)
}

// upgrade is `helm upgrade` with the options of the release.
func (i *installation) upgrade(ctx context.Context, configuration *action.Configuration) (*release.Release, error) {
	do := action.NewUpgrade(configuration)
	do.Namespace, do.ResetValues, do.ReuseValues = i.inputs.Namespace, i.option("resetValues"), i.option("reuseValues")
	do.Wait, do.WaitForJobs, do.Atomic = !i.inputs.SkipAwait, i.option("waitForJobs"), i.option("atomic")
	do.DisableHooks, do.SkipCRDs, do.Force = i.option("disableWebhooks"), i.inputs.SkipCRDs, i.option("forceUpdate")
	do.CleanupOnFail, do.MaxHistory = i.option("cleanupOnFail"), i.number("maxHistory")
	do.TakeOwnership, do.Description = i.option("takeOwnership"), plainText(i.properties["description"])
	do.DisableOpenAPIValidation = i.option("disableOpenapiValidation")
	return do.RunWithContext(ctx, i.inputs.Name, i.chart, i.inputs.Values)
}

func plainText(v resource.PropertyValue) string {
	v = plainValue(v)
	if !v.IsString() {
		return ""
	}
	return v.StringValue()
}

// history reads what Helm remembers of a release, nothing if there is none.
func (p *Provider) history(id string) ([]*release.Release, error) {
	var revisions []*release.Release
	err := p.inCluster(func(v view) error {
		stored, ok := v.Get(releaseToken, v.key(releaseToken, id))
		if !ok {
			return nil
		}
		return unpackInto(text(stored.Outputs, historyKey), &revisions)
	})
	return revisions, err
}

// saveRelease records the release with its revisions. Of their charts only what they are is kept: templates and files
// would be written with every change of the cloud, and no action reads them again.
func (p *Provider) saveRelease(i installation, revisions []*release.Release) error {
	for _, revision := range revisions {
		about := *revision.Chart
		revision.Chart = &chart.Chart{Metadata: about.Metadata, Values: about.Values}
	}
	history, err := packed(revisions)
	if err != nil {
		return err
	}
	inputs, _, err := toValues(i.properties)
	if err != nil {
		return err
	}
	outputs, _, err := toValues(i.outputs(false))
	if err != nil {
		return err
	}
	return p.inCluster(func(v view) error {
		outputs[clusterKey], outputs[historyKey] = v.cluster.ID, history
		return v.Put(cloud.Object{
			Type: releaseToken, ID: v.key(releaseToken, i.id()), Inputs: inputs, Outputs: outputs,
		})
	})
}

// outputs are the release's outputs: its inputs, what it consists of, and its status.
func (i installation) outputs(preview bool) resource.PropertyMap {
	outputs := i.properties.Copy()
	if preview {
		outputs["resourceNames"], outputs["status"] = unknownValue(), unknownValue()
		return outputs
	}
	names := map[string]any{}
	objects, _ := helm.Parse(i.result.Manifest) // Helm has read it before
	for _, o := range objects {
		apiVersion, kind := text(o.Manifest, "apiVersion"), text(o.Manifest, "kind")
		group, _, grouped := strings.Cut(apiVersion, "/")
		if !grouped {
			group = ""
		}
		ns := namespace(o.Manifest)
		if ns == "" && !clusterScoped[group+"/"+kind] {
			ns = i.inputs.Namespace
		}
		if grouped {
			kind += "." + group
		}
		key := kind + "/" + apiVersion
		list, _ := names[key].([]any)
		names[key] = append(list, objectID(ns, name(o.Manifest)))
	}
	about := i.result.Chart.Metadata
	outputs["resourceNames"] = resource.NewPropertyValue(names)
	outputs["status"] = resource.NewPropertyValue(map[string]any{
		"name": i.inputs.Name, "namespace": i.inputs.Namespace, "chart": about.Name, "version": about.Version,
		"appVersion": about.AppVersion, "revision": float64(i.result.Version), "status": string(i.result.Info.Status),
	})
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
	delete(stored.Outputs, historyKey)
	managed := req.Inputs
	if len(managed) == 0 {
		managed = fromPlain(stored.Inputs)
	}
	wanted, _, err := toValues(managed)
	if err != nil {
		return plugin.ReadResponse{}, err
	}
	inputs := fromPlain(prune(stored.Outputs, wanted))
	mark := func(properties resource.PropertyMap) resource.PropertyMap {
		return markSecrets(resource.NewObjectProperty(properties), resource.NewObjectProperty(managed)).ObjectValue()
	}
	return plugin.ReadResponse{ReadResult: plugin.ReadResult{
		ID: req.ID, Inputs: mark(inputs), Outputs: mark(fromPlain(stored.Outputs)),
	}}, nil
}

// deleteRelease is `helm uninstall`; a release that is gone already is no error.
func (p *Provider) deleteRelease(req plugin.DeleteRequest) error {
	in, release, _ := strings.Cut(string(req.ID), "/")
	revisions, err := p.history(string(req.ID))
	if unreachable := (*unreachableError)(nil); errors.As(err, &unreachable) && p.configured().on("deleteUnreachable") {
		return nil
	}
	if err != nil || len(revisions) == 0 {
		return err
	}
	client := &helmClient{
		write: p.inCluster, kinds: p.kinds, release: string(req.ID), namespace: in,
		await: func(record) ([]string, error) { return nil, nil },
	}
	configuration, err := p.helm(client, revisions)
	if err != nil {
		return err
	}
	if _, err := action.NewUninstall(configuration).Run(release); err != nil {
		return fmt.Errorf("uninstalling release %q: %w", req.ID, err)
	}
	return p.inCluster(func(v view) error { return v.Delete(releaseToken, v.key(releaseToken, string(req.ID))) })
}
