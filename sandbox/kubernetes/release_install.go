package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/kubernetes/helm"
)

// install brings the cluster to what the chart says: it renders, checks, writes and removes objects in one step, and
// then waits until they are ready unless skipAwait is set. reasons say why they are not.
func (p *Provider) install(ctx context.Context, i *installation) (reasons []string, err error) {
	var written []record

	err = p.inCluster(func(v view) error {
		previous, exists := v.Get(releaseToken, v.key(releaseToken, i.id()))
		if exists && i.revision == 1 && !i.option("replace") {
			return errors.New("cannot re-use a name that is still in use")
		}

		if n, ok := at(previous.Outputs, "status", "revision").(float64); ok {
			i.revision = int(n) + 1
		}

		if err := v.ensureNamespace(i.inputs.Namespace, i.option("createNamespace")); err != nil {
			return err
		}

		if err := i.renderIn(v); err != nil {
			return err
		}

		if err := p.checkObjects(i.inputs.Namespace, i.objects); err != nil {
			return err
		}

		var err error
		if written, err = v.applyRelease(*i); err != nil {
			return err
		}
		return v.saveRelease(*i)
	})
	if err != nil {
		return nil, err
	}

	for _, r := range written {
		_, why, err := p.await(ctx, r, i.inputs.SkipAwait)
		if err != nil {
			return nil, err
		}

		for _, reason := range why {
			reasons = append(reasons, fmt.Sprintf("%s %q: %s", r.Kind.Kind, r.id(), reason))
		}
	}
	return reasons, nil
}

// renderIn renders the chart with what the cluster knows. Without a chart it derives what the values tell.
func (i *installation) renderIn(v view) error {
	if i.chart == nil {
		i.objects = derivedObjects(i.inputs)
		return nil
	}

	var apiVersions []string

	for _, definition := range v.definitions() {
		for _, version := range served(definition) {
			group := text(definition, "spec", "group") + "/" + version
			apiVersions = append(apiVersions, group, group+"/"+text(definition, "spec", "names", "kind"))
		}
	}

	var err error
	i.objects, err = i.render(v.cluster.Version, apiVersions)
	return err
}

func (v view) ensureNamespace(ns string, create bool) error {
	if v.hasNamespace(ns) {
		return nil
	}

	if !create {
		return fmt.Errorf("namespaces %q not found: create it first, or set createNamespace", ns)
	}

	_, err := v.apply(record{
		Kind: v.kind("", "Namespace"), Inputs: map[string]any{"metadata": map[string]any{"name": ns}},
	}, helmWriter)
	return err
}

// applyRelease writes the release's objects and removes those that are no longer among them. Hooks are checked but do
// not stay: a Job among them has run and is gone.
func (v view) applyRelease(i installation) ([]record, error) {
	var (
		written []record
		errs    []error
	)

	current := map[string]bool{}

	for _, o := range i.objects {
		k, err := v.kinds.fromObject(o.Manifest)
		if err == nil {
			k, err = v.resolve(k)
		}

		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", o.Template, err))
			continue
		}

		if o.Hook {
			errs = append(errs, v.runHook(i, o))
			continue
		}

		if k.namespaced && namespace(o.Manifest) == "" {
			put(o.Manifest, i.inputs.Namespace, "metadata", "namespace")
		}

		r := record{Kind: k, Inputs: o.Manifest, Release: i.id()}
		current[k.token()+" "+objectID(namespace(o.Manifest), name(o.Manifest))] = true

		r, err = v.applyOwned(r, i)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", o.Template, err))
			continue
		}

		written = append(written, r)
	}

	for _, old := range v.owned(i.id()) {
		if !current[old.Kind.token()+" "+old.id()] {
			errs = append(errs, v.removeOwned(old))
		}
	}
	return written, errors.Join(errs...)
}

// applyOwned writes an object of a release. Like Helm it refuses to take over what somebody else made, except
// definitions, which are shared, and what takeOwnership allows.
func (v view) applyOwned(r record, i installation) (record, error) {
	id := objectID(namespace(r.Inputs), name(r.Inputs))

	existing, ok := v.get(r.Kind, id)
	if ok && existing.Release != r.Release && !r.Kind.is("apiextensions.k8s.io", "CustomResourceDefinition") &&
		!i.option("takeOwnership") {
		return record{}, fmt.Errorf(
			"%s %q exists and cannot be imported into the current release: invalid ownership metadata", r.Kind.Kind, id)
	}
	return v.apply(r, helmWriter)
}

// runHook does what a hook leaves behind. The one that matters here is the Job that makes the certificate of an
// admission webhook: kube-webhook-certgen writes it into the Secret that its arguments name.
func (v view) runHook(i installation, o helm.Object) error {
	if o.Manifest["kind"] != "Job" || i.option("disableWebhooks") {
		return nil
	}

	containers, _ := at(o.Manifest, "spec", "template", "spec", "containers").([]any)
	for _, c := range containers {
		container, _ := c.(map[string]any)
		args, _ := container["args"].([]any)
		if len(args) == 0 || args[0] != "create" {
			continue
		}

		for _, arg := range args {
			arg, _ := arg.(string)

			secret, ok := strings.CutPrefix(arg, "--secret-name=")
			if !ok {
				continue
			}

			// The Job's work is not part of the release: it stays when the release goes.
			_, err := v.apply(record{Kind: v.kind("", "Secret"), Inputs: map[string]any{
				"metadata": map[string]any{"name": secret, "namespace": i.inputs.Namespace},
				"data":     map[string]any{},
			}}, helmWriter)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// owned lists the objects of a release.
func (v view) owned(id string) []record {
	return v.all(func(r record) bool { return r.Release == id })
}

// removeOwned removes an object of a release, unless the chart says that it stays; then nobody owns it.
func (v view) removeOwned(r record) error {
	if annotation(r.Live, policyAnnotation) != "keep" {
		return v.remove(r)
	}

	r.Release = ""
	return v.save(r)
}

// saveRelease records the release itself.
func (v view) saveRelease(i installation) error {
	inputs, _, err := toValues(withoutAssets(i.properties))
	if err != nil {
		return err
	}

	outputs, _, err := toValues(withoutAssets(i.outputs(false)))
	if err != nil {
		return err
	}

	outputs[clusterKey] = v.cluster.ID
	if i.chart == nil {
		outputs[recordedKey] = true
	}
	return v.Put(cloud.Object{Type: releaseToken, ID: v.key(releaseToken, i.id()), Inputs: inputs, Outputs: outputs})
}

var helmWriter = writer{name: "helm", force: true}
