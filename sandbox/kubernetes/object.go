package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"github.com/vmstio/infrastructure/sandbox/kubernetes/apiserver"
	sim "github.com/vmstio/infrastructure/sandbox/provider"
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
	k, err := parseToken(string(req.Type))
	if err != nil {
		return plugin.CheckResponse{}, err
	}
	news := withoutNulls(req.News, true)
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
	for _, problem := range check(k, object, unknown) {
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
	name, err := autoname(req)
	if old := req.Olds["metadata"]; old.IsObject() && isAutonamed(old.ObjectValue()) {
		name = old.ObjectValue()["name"]
	}
	metadata["name"] = name
	switch annotations, ok := metadata["annotations"]; {
	case !ok:
		metadata["annotations"] = resource.NewObjectProperty(resource.PropertyMap{
			autonamed: resource.NewStringProperty("true"),
		})
	case annotations.IsObject():
		annotations.ObjectValue()[autonamed] = resource.NewStringProperty("true")
	}
	return err
}

// autoname is a name for a resource that is given none.
func autoname(req plugin.CheckRequest) (resource.PropertyValue, error) {
	name, err := resource.NewUniqueName(req.RandomSeed, req.URN.Name()+"-", 8, 0, nil)
	if err != nil {
		err = fmt.Errorf("naming %s: %w", req.URN.Name(), err)
	}
	return resource.NewStringProperty(name), err
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
	k, err := parseToken(string(req.Type))
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
// exactly what is wanted.
func (p *Provider) Create(ctx context.Context, req plugin.CreateRequest) (plugin.CreateResponse, error) {
	if req.Type == releaseToken {
		return p.createRelease(ctx, req)
	}
	w := write{urn: req.URN, token: string(req.Type), inputs: req.Properties, fresh: true}
	if req.Preview {
		return plugin.CreateResponse{Properties: previewOutputs(req.Properties)}, p.dryRun(w)
	}
	id, outputs, err := p.write(ctx, w)
	return plugin.CreateResponse{ID: id, Properties: outputs}, err
}

// Update changes an object and waits until it is ready again.
func (p *Provider) Update(ctx context.Context, req plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	if req.Type == releaseToken {
		return p.updateRelease(ctx, req)
	}
	w := write{urn: req.URN, token: string(req.Type), inputs: req.NewInputs}
	if req.Preview {
		return plugin.UpdateResponse{Properties: previewOutputs(req.NewInputs)}, p.dryRun(w)
	}
	_, outputs, err := p.write(ctx, w)
	return plugin.UpdateResponse{Properties: outputs}, err
}

// write is one creation or change of an object.
type write struct {
	urn    resource.URN
	token  string
	inputs resource.PropertyMap
	// fresh says that the object must not exist yet.
	fresh bool
}

// manager is the field manager of the resource, of which every one has its own. Like the real provider's it gives way
// to others unless the object says otherwise.
func (w write) manager(object map[string]any) writer {
	return writer{
		name:  fmt.Sprintf("pulumi-kubernetes-%08x", hash(string(w.urn))),
		force: annotation(object, patchForce) == "true",
	}
}

// write stores the object, waits until it is ready, and returns its ID and outputs.
func (p *Provider) write(ctx context.Context, w write) (resource.ID, resource.PropertyMap, error) {
	k, err := parseToken(w.token)
	if err != nil {
		return "", nil, err
	}
	object, _, err := toPlain(w.inputs)
	if err != nil {
		return "", nil, err
	}
	var written record
	err = p.inCluster(func(v view) error {
		r, err := v.wanted(k, object, p.configured().defaultNamespace())
		if err != nil {
			return err
		}
		if existing, ok := v.get(r.Kind, r.id()); ok && w.fresh &&
			!reflect.DeepEqual(pruned(existing.Live, merged(r), nil), merged(r)) {
			return fmt.Errorf(
				"resource %q was not successfully created by the Kubernetes API server: %s %q already exists",
				r.id(), k.Kind, name(object))
		}
		written, err = v.apply(r, w.manager(object))
		return err
	})
	if err != nil {
		return "", nil, err
	}
	state, reasons, err := p.await(ctx, written)
	if err != nil {
		return "", nil, err
	}
	id, outputs := resource.ID(written.id()), objectOutputs(k, state.Live, w.inputs)
	return id, outputs, notReady(id, outputs, reasons)
}

// dryRun says what the API server would refuse about the object. As the real provider does in a preview, it asks for
// that where all inputs, the cluster, the kind and the namespace are there, and no new object is in the place of
// another (provider/pkg/provider/provider.go of pulumi-kubernetes, Create and Update).
func (p *Provider) dryRun(w write) (refusal error) {
	k, err := parseToken(w.token)
	if err != nil {
		return err
	}
	object, unknown, err := toPlain(w.inputs)
	if err != nil || len(unknown) > 0 {
		return err
	}
	// The transaction is given up. Its errors say that something is not there yet.
	_ = p.inCluster(func(v view) error {
		r, err := v.wanted(k, object, p.configured().defaultNamespace())
		if err != nil {
			return err
		}
		_, exists := v.get(r.Kind, r.id())
		if in := namespace(object); (!w.fresh || !exists) && (in == "" || v.hasNamespace(in)) {
			_, refusal = v.apply(r, w.manager(object))
		}
		return errors.New("nothing is written in a preview")
	})
	return refusal
}

// wanted is the object of a resource as its cluster takes it.
func (v view) wanted(k kind, object map[string]any, defaultNamespace string) (record, error) {
	resolved, err := v.resolve(k)
	if resolved.namespaced && namespace(object) == "" {
		put(object, defaultNamespace, "metadata", "namespace")
	}
	return record{Kind: resolved, Inputs: object, Live: object}, err
}

// Read returns the object as it is in the cluster, and as inputs what of it the program manages. An object that is gone
// has an empty ID.
func (p *Provider) Read(_ context.Context, req plugin.ReadRequest) (plugin.ReadResponse, error) {
	if req.Type == releaseToken {
		return p.readRelease(req)
	}
	k, err := parseToken(string(req.Type))
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
	// The API server writes "0.1" as "100m"; that is no change.
	canonical, _ := apiserver.Admit(k.GroupVersionKind, wanted, nil)
	said := pruned(withStringData(found.Live, wanted), wanted, withStringData(canonical, wanted))
	inputs := sim.KeepSecrets(fromPlain(said), managed)
	return plugin.ReadResponse{ReadResult: plugin.ReadResult{
		ID: req.ID, Inputs: inputs, Outputs: objectOutputs(k, found.Live, inputs),
	}}, nil
}

// Delete removes the object; one that is gone already is no error.
func (p *Provider) Delete(ctx context.Context, req plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	if req.Type == releaseToken {
		return plugin.DeleteResponse{}, p.deleteRelease(ctx, req)
	}
	k, err := parseToken(string(req.Type))
	if err != nil {
		return plugin.DeleteResponse{}, err
	}
	err = p.inCluster(func(v view) error {
		if existing, ok := v.get(k, string(req.ID)); ok {
			return v.remove(existing)
		}
		return nil
	})
	return plugin.DeleteResponse{}, err
}
