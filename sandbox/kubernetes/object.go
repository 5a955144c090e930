package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"github.com/vmstio/infrastructure/sandbox/kubernetes/apiserver"
)

// Annotations of the provider.
const (
	// autonamed marks objects that the provider named.
	autonamed = "pulumi.com/autonamed"
	// patchForce takes over what other field managers have set.
	patchForce = "pulumi.com/patchForce"
)

// Check completes the inputs as the provider does (kind, namespace, name) and reports everything that the API server
// would refuse.
func (p *Provider) Check(_ context.Context, req plugin.CheckRequest) (plugin.CheckResponse, error) {
	if req.Type == releaseToken {
		return p.checkRelease(req)
	}
	k, err := p.kinds.parse(string(req.Type))
	if err != nil {
		return plugin.CheckResponse{}, err
	}
	news := withoutNulls(resource.NewObjectProperty(req.News)).ObjectValue()
	failures := fillKind(k, news)

	// Inside what is unknown or secret as a whole there is nothing to complete.
	if metadata, ok := news["metadata"]; !ok || metadata.IsObject() {
		if !ok {
			metadata = resource.NewObjectProperty(resource.PropertyMap{})
		}
		if err := p.complete(k, metadata.ObjectValue(), req); err != nil {
			return plugin.CheckResponse{}, err
		}
		news["metadata"] = metadata
	}
	object, unknown, err := toPlain(news)
	if err != nil {
		return plugin.CheckResponse{}, err
	}
	for _, problem := range p.kinds.check(k, object, unknown) {
		failures = append(failures, plugin.CheckFailure{
			Property: resource.PropertyKey(problem.Path), Reason: problem.Reason,
		})
	}
	return plugin.CheckResponse{Properties: news, Failures: failures}, nil
}

func fillKind(k kind, news resource.PropertyMap) []plugin.CheckFailure {
	var failures []plugin.CheckFailure
	for key, want := range map[resource.PropertyKey]string{"apiVersion": k.apiVersion(), "kind": k.Kind} {
		given, ok := news[key]
		if ok && given.IsString() && given.StringValue() != want {
			failures = append(failures, plugin.CheckFailure{
				Property: key, Reason: fmt.Sprintf("got %q, the resource's type says %q", given.StringValue(), want),
			})
		}
		news[key] = resource.NewStringProperty(want)
	}
	return failures
}

// complete gives an object its namespace and, when it has none, a name.
func (p *Provider) complete(k kind, metadata resource.PropertyMap, req plugin.CheckRequest) error {
	if _, given := metadata["namespace"]; !given && k.namespaced && k.typed {
		metadata["namespace"] = resource.NewStringProperty(p.configured().defaultNamespace())
	}
	if _, named := metadata["name"]; named {
		return nil
	}
	if old := req.Olds["metadata"]; old.IsObject() && isAutonamed(old.ObjectValue()) {
		metadata["name"] = old.ObjectValue()["name"]
	} else {
		name, err := resource.NewUniqueName(req.RandomSeed, req.URN.Name()+"-", 8, 0, nil)
		if err != nil {
			return fmt.Errorf("naming %s: %w", req.URN.Name(), err)
		}
		metadata["name"] = resource.NewStringProperty(name)
	}
	switch annotations, ok := metadata["annotations"]; {
	case !ok:
		metadata["annotations"] = resource.NewObjectProperty(resource.PropertyMap{
			autonamed: resource.NewStringProperty("true"),
		})
	case annotations.IsObject():
		annotations.ObjectValue()[autonamed] = resource.NewStringProperty("true")
	}
	return nil
}

func isAutonamed(metadata resource.PropertyMap) bool {
	annotations := metadata["annotations"]
	return annotations.IsObject() && annotations.ObjectValue()[autonamed] == resource.NewStringProperty("true")
}

// Diff compares inputs. What changed outside the program shows after a refresh, which puts the live values into the old
// inputs.
func (p *Provider) Diff(_ context.Context, req plugin.DiffRequest) (plugin.DiffResponse, error) {
	if req.Type == releaseToken {
		return diffInputs(req.OldInputs, req.NewInputs, []string{"name", "namespace"}), nil
	}
	k, err := p.kinds.parse(string(req.Type))
	if err != nil {
		return plugin.DiffResponse{}, err
	}
	result := diffInputs(req.OldInputs, req.NewInputs, p.configured().replacing(k, req.NewInputs))

	// Two objects of one name cannot exist side by side.
	olds, news := req.OldInputs["metadata"], req.NewInputs["metadata"]
	if len(result.ReplaceKeys) > 0 && olds.IsObject() && news.IsObject() {
		before, after := olds.ObjectValue(), news.ObjectValue()
		result.DeleteBeforeReplace = !isAutonamed(after) &&
			before["name"].DeepEquals(after["name"]) && before["namespace"].DeepEquals(after["namespace"])
	}
	return result, nil
}

// Create writes a new object and waits until it is ready. An object that exists already is an error, unless it is
// exactly what is wanted or the provider's upsertExistingObjects is set.
func (p *Provider) Create(ctx context.Context, req plugin.CreateRequest) (plugin.CreateResponse, error) {
	if req.Type == releaseToken {
		return p.createRelease(ctx, req)
	}
	k, err := p.kinds.parse(string(req.Type))
	if err != nil {
		return plugin.CreateResponse{}, err
	}
	if req.Preview {
		return plugin.CreateResponse{Properties: previewOutputs(req.Properties)}, nil
	}
	object, _, err := toPlain(req.Properties)
	if err != nil {
		return plugin.CreateResponse{}, err
	}
	upsert := p.configured().on("upsertExistingObjects")
	created, err := p.write(k, object, p.writer(req.URN, object), func(v view, r record) error {
		existing, ok := v.get(r.Kind, r.id())
		if ok && !upsert && !reflect.DeepEqual(prune(existing.Live, merged(r)), merged(r)) {
			return fmt.Errorf(
				"resource %q was not successfully created by the Kubernetes API server: %s %q already exists",
				r.id(), k.Kind, name(object))
		}
		return nil
	})
	if err != nil {
		return plugin.CreateResponse{}, err
	}
	state, reasons, err := p.await(ctx, created, false)
	if err != nil {
		return plugin.CreateResponse{}, err
	}
	id := resource.ID(created.id())
	outputs := objectOutputs(k, state.Live, req.Properties)
	return plugin.CreateResponse{ID: id, Properties: outputs, Status: resource.StatusOK}, notReady(id, outputs, reasons)
}

// Update changes an object and waits until it is ready again.
func (p *Provider) Update(ctx context.Context, req plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	if req.Type == releaseToken {
		return p.updateRelease(ctx, req)
	}
	k, err := p.kinds.parse(string(req.Type))
	if err != nil {
		return plugin.UpdateResponse{}, err
	}
	if req.Preview {
		return plugin.UpdateResponse{Properties: updatedOutputs(req.OldOutputs, req.NewInputs)}, nil
	}
	object, _, err := toPlain(req.NewInputs)
	if err != nil {
		return plugin.UpdateResponse{}, err
	}
	changed, err := p.write(k, object, p.writer(req.URN, object), nil)
	if unreachable := (*unreachableError)(nil); errors.As(err, &unreachable) &&
		p.configured().on("skipUpdateUnreachable") {
		return plugin.UpdateResponse{Properties: req.OldOutputs}, nil
	}
	if err != nil {
		return plugin.UpdateResponse{}, err
	}
	state, reasons, err := p.await(ctx, changed, false)
	if err != nil {
		return plugin.UpdateResponse{}, err
	}
	outputs := objectOutputs(k, state.Live, req.NewInputs)
	return plugin.UpdateResponse{Properties: outputs}, notReady(req.ID, outputs, reasons)
}

// writer is the field manager of a resource, of which every one has its own. Like the real provider's it gives way to
// others unless the object or the provider says otherwise (annotation pulumi.com/patchForce, enablePatchForce), and
// overwrites without server-side apply.
func (p *Provider) writer(urn resource.URN, object map[string]any) writer {
	settings := p.configured()
	return writer{
		name: fmt.Sprintf("pulumi-kubernetes-%08x", hash(string(urn))),
		force: settings.on("enablePatchForce") || annotation(object, patchForce) == "true" ||
			settings.values["enableServerSideApply"] != nil && !settings.on("enableServerSideApply"),
	}
}

// write stores an object after before, if there is one, agreed.
func (p *Provider) write(
	k kind, object map[string]any, by writer, before func(v view, r record) error,
) (record, error) {
	var written record
	err := p.inCluster(func(v view) error {
		resolved, err := v.resolve(k)
		if err != nil {
			return err
		}
		r := record{Kind: resolved, Inputs: object, Live: object}
		if resolved.namespaced && namespace(object) == "" {
			put(object, p.configured().defaultNamespace(), "metadata", "namespace")
		}
		if before != nil {
			if err := before(v, r); err != nil {
				return err
			}
		}
		written, err = v.apply(r, by)
		return err
	})
	return written, err
}

// Read returns the object as it is in the cluster, and as inputs what of it the program manages. An object that is gone
// has an empty ID.
func (p *Provider) Read(_ context.Context, req plugin.ReadRequest) (plugin.ReadResponse, error) {
	if req.Type == releaseToken {
		return p.readRelease(req)
	}
	k, err := p.kinds.parse(string(req.Type))
	if err != nil {
		return plugin.ReadResponse{}, err
	}
	var (
		found record
		ok    bool
	)
	err = p.inCluster(func(v view) error {
		found, ok = v.get(k, string(req.ID))
		return nil
	})
	if unreachable := (*unreachableError)(nil); errors.As(err, &unreachable) && p.configured().on("deleteUnreachable") {
		return plugin.ReadResponse{}, nil
	}
	if err != nil || !ok {
		return plugin.ReadResponse{}, err
	}
	managed := req.Inputs
	if len(managed) == 0 {
		managed = fromPlain(found.Inputs)
	}
	wanted, _, err := toPlain(managed)
	if err != nil {
		return plugin.ReadResponse{}, err
	}
	said := prune(withStringData(found.Live, wanted), wanted)
	if canonical, err := apiserver.Default(k.GroupVersionKind, wanted); err == nil {
		// The API server writes "0.1" as "100m"; that is no change.
		said = inWords(said, prune(withStringData(canonical, wanted), wanted), wanted).(map[string]any)
	}
	inputs := fromPlain(said)
	inputs = markSecrets(resource.NewObjectProperty(inputs), resource.NewObjectProperty(managed)).ObjectValue()
	return plugin.ReadResponse{ReadResult: plugin.ReadResult{
		ID: req.ID, Inputs: inputs, Outputs: objectOutputs(k, found.Live, inputs),
	}}, nil
}

// Delete removes the object; one that is gone already is no error.
func (p *Provider) Delete(_ context.Context, req plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	if req.Type == releaseToken {
		return plugin.DeleteResponse{}, p.deleteRelease(req)
	}
	k, err := p.kinds.parse(string(req.Type))
	if err != nil {
		return plugin.DeleteResponse{}, err
	}
	err = p.inCluster(func(v view) error {
		if existing, ok := v.get(k, string(req.ID)); ok {
			return v.remove(existing)
		}
		return nil
	})
	if unreachable := (*unreachableError)(nil); errors.As(err, &unreachable) && p.configured().on("deleteUnreachable") {
		err = nil
	}
	return plugin.DeleteResponse{}, err
}
