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
	sim "github.com/vmstio/infrastructure/sandbox/provider"
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

func (p *Provider) createRelease(ctx context.Context, req plugin.CreateRequest) (plugin.CreateResponse, error) {
	id, outputs, err := p.deploy(ctx, req.Properties, req.Preview, (*installation).install)
	return plugin.CreateResponse{ID: id, Properties: outputs}, err
}

func (p *Provider) updateRelease(ctx context.Context, req plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	_, outputs, err := p.deploy(ctx, req.NewInputs, req.Preview, (*installation).upgrade)
	return plugin.UpdateResponse{Properties: outputs}, err
}

// deployment is one of Helm's actions that end in a new revision.
type deployment func(*installation, context.Context, *action.Configuration) (*release.Release, error)

// deploy does an action with a release, and returns its ID and outputs. In a preview it renders the chart instead, if
// all values are known, and checks the objects as far as that is possible without the cluster.
func (p *Provider) deploy(
	ctx context.Context, properties resource.PropertyMap, preview bool, do deployment,
) (resource.ID, resource.PropertyMap, error) {
	inputs, err := parseChartInputs(properties)
	if err != nil {
		return "", nil, err
	}
	i := installation{inputs: inputs, properties: properties}
	if inputs.knownChart() {
		if i.chart, err = p.locate(inputs.Reference); err != nil {
			return "", nil, err
		}
	}
	if preview {
		if i.chart != nil && len(inputs.Unknown) == 0 {
			_, err = p.template(ctx, i)
		}
		return "", i.outputs(true), err
	}
	reasons, err := p.act(ctx, &i, do)
	if err != nil {
		return "", nil, fmt.Errorf("deploying release %q: %w", i.id(), err)
	}
	id, outputs := resource.ID(i.id()), i.outputs(false)
	return id, outputs, notReady(id, outputs, reasons)
}

// locate finds a chart, or what stands in for it.
func (p *Provider) locate(ref helm.Reference) (*chart.Chart, error) {
	found, err := p.options.Charts.Locate(ref)
	if errors.Is(err, helm.ErrUnavailable) {
		return helm.StandIn(ref)
	}
	return found, err
}

// template renders a chart and checks its objects like those that a program writes. The errors name the template.
func (p *Provider) template(ctx context.Context, i installation) ([]helm.Object, error) {
	objects, err := helm.Template(ctx, i.chart, helm.Request{
		Release: i.inputs.Name, Namespace: i.inputs.Namespace, Values: i.inputs.Values,
		KubeVersion: p.clusterVersion(), SkipCRDs: i.inputs.on("skipCrds"),
	})
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, o := range objects {
		errs = append(errs, checkRendered(o, i.inputs.Namespace))
	}
	return objects, errors.Join(errs...)
}

// checkRendered checks an object of a chart, which goes into the namespace if it names none.
func checkRendered(o helm.Object, in string) error {
	kind, err := kindOfObject(o.Manifest)
	if err != nil {
		return fmt.Errorf("%s: %w", o.Template, err)
	}
	inNamespace(kind, o.Manifest, in)
	about := fmt.Sprintf("%s: %s %q", o.Template, kind.Kind, name(o.Manifest))
	return joinProblems(about, check(kind, o.Manifest, nil))
}

// inNamespace puts an object of a chart where the API server puts it: into the release's namespace if it names none,
// and into none if its kind has none, whatever the chart says (k8s.io/apiserver, pkg/registry/rest/meta.go).
func inNamespace(k kind, manifest map[string]any, ns string) {
	switch metadata, _ := manifest["metadata"].(map[string]any); {
	case !k.namespaced:
		delete(metadata, "namespace")
	case (k.typed || !k.custom) && namespace(manifest) == "":
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
func (p *Provider) act(ctx context.Context, i *installation, do deployment) (reasons []string, err error) {
	// Helm keeps its record as a Secret of the namespace, which it writes first.
	err = p.inCluster(func(v view) error {
		if in := i.inputs.Namespace; !v.hasNamespace(in) && !i.inputs.on("createNamespace") {
			return fmt.Errorf("namespaces %q not found: create it first, or set createNamespace", in)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	configuration, err := p.helm(ctx, i.id())
	if err != nil {
		return nil, err
	}
	before, _ := configuration.Releases.Last(i.inputs.Name)
	_, err = do(i, ctx, configuration)
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

// helm makes Helm's configuration for work on a release: the cluster, what it can do, and Helm's own storage in memory,
// filled with the revisions that are known.
func (p *Provider) helm(ctx context.Context, id string) (*action.Configuration, error) {
	client, memory := p.helmClient(ctx, id), driver.NewMemory()
	memory.SetNamespace(client.namespace)
	configuration := &action.Configuration{
		Releases: storage.Init(memory), KubeClient: client, Log: func(string, ...any) {},
		Capabilities: chartutil.DefaultCapabilities.Copy(),
	}
	return configuration, p.inCluster(func(v view) error {
		var revisions []*release.Release
		if stored, ok := v.Get(releaseToken, v.key(releaseToken, id)); ok {
			if err := unpackInto(text(stored.Outputs, historyKey), &revisions); err != nil {
				return err
			}
		}
		for _, revision := range revisions {
			if err := configuration.Releases.Create(revision); err != nil {
				return err
			}
		}
		version, err := chartutil.ParseKubeVersion(v.cluster.Version)
		if err != nil {
			return fmt.Errorf("reading the cluster's version: %w", err)
		}
		configuration.Capabilities.KubeVersion = *version
		for _, definition := range v.definitions() {
			for _, version := range served(definition) {
				group := text(definition, "spec", "group") + "/" + version
				configuration.Capabilities.APIVersions = append(configuration.Capabilities.APIVersions,
					group, group+"/"+text(definition, "spec", "names", "kind"))
			}
		}
		return nil
	})
}

// install is `helm install` with the options of the release.
func (i *installation) install(ctx context.Context, configuration *action.Configuration) (*release.Release, error) {
	do, inputs := action.NewInstall(configuration), i.inputs
	do.ReleaseName, do.Namespace, do.CreateNamespace = inputs.Name, inputs.Namespace, inputs.on("createNamespace")
	do.Wait, do.WaitForJobs, do.Atomic = !inputs.on("skipAwait"), inputs.on("waitForJobs"), inputs.on("atomic")
	do.DisableHooks, do.SkipCRDs, do.Replace = inputs.on("disableWebhooks"), inputs.on("skipCrds"), inputs.on("replace")
	do.TakeOwnership, do.Description = inputs.on("takeOwnership"), text(inputs.All, "description")
	do.DisableOpenAPIValidation = inputs.on("disableOpenapiValidation")
	return do.RunWithContext(ctx, i.chart, inputs.Values)
}

// upgrade is `helm upgrade` with the options of the release.
func (i *installation) upgrade(ctx context.Context, configuration *action.Configuration) (*release.Release, error) {
	do, inputs := action.NewUpgrade(configuration), i.inputs
	do.Namespace, do.ResetValues, do.ReuseValues = inputs.Namespace, inputs.on("resetValues"), inputs.on("reuseValues")
	do.Wait, do.WaitForJobs, do.Atomic = !inputs.on("skipAwait"), inputs.on("waitForJobs"), inputs.on("atomic")
	do.DisableHooks, do.SkipCRDs = inputs.on("disableWebhooks"), inputs.on("skipCrds")
	do.Force, do.CleanupOnFail = inputs.on("forceUpdate"), inputs.on("cleanupOnFail")
	do.TakeOwnership, do.Description = inputs.on("takeOwnership"), text(inputs.All, "description")
	do.DisableOpenAPIValidation = inputs.on("disableOpenapiValidation")
	if most, ok := inputs.All["maxHistory"].(float64); ok {
		do.MaxHistory = int(most)
	}
	return do.RunWithContext(ctx, inputs.Name, i.chart, inputs.Values)
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
	outputs, _, err := toValues(i.outputs(false))
	if err != nil {
		return err
	}
	return p.inCluster(func(v view) error {
		outputs[clusterKey], outputs[historyKey] = v.cluster.ID, history
		return v.Put(cloud.Object{
			Type: releaseToken, ID: v.key(releaseToken, i.id()), Inputs: i.inputs.All, Outputs: outputs,
		})
	})
}

// outputs are the release's outputs: its inputs and its status.
func (i installation) outputs(preview bool) resource.PropertyMap {
	outputs := i.properties.Copy()
	if preview {
		outputs["status"] = unknownValue()
		return outputs
	}
	about := i.result.Chart.Metadata
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
	return plugin.ReadResponse{ReadResult: plugin.ReadResult{
		ID: req.ID, Inputs: sim.KeepSecrets(fromPlain(pruned(stored.Outputs, wanted, nil)), managed),
		Outputs: sim.KeepSecrets(fromPlain(stored.Outputs), managed),
	}}, nil
}

// deleteRelease is `helm uninstall`; a release that is gone already is no error.
func (p *Provider) deleteRelease(ctx context.Context, req plugin.DeleteRequest) error {
	_, name, _ := strings.Cut(string(req.ID), "/")
	configuration, err := p.helm(ctx, string(req.ID))
	if err != nil {
		return err
	}
	if _, err := configuration.Releases.Last(name); err != nil {
		return nil //nolint:nilerr // there is none
	}
	if _, err := action.NewUninstall(configuration).Run(name); err != nil {
		return fmt.Errorf("uninstalling release %q: %w", req.ID, err)
	}
	return p.inCluster(func(v view) error { return v.Delete(releaseToken, v.key(releaseToken, string(req.ID))) })
}
