// Package providertest helps the tests of simulated providers: it calls one as the engine does, Check before Create and
// Update, with plain Go values.
package providertest

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"github.com/vmstio/infrastructure/sandbox/cloud"
)

// Inputs are a resource's properties as plain Go values, or [resource.PropertyValue] where a test needs more.
type Inputs = map[string]any

// Epoch is the time in the clouds of tests, until they change it.
var Epoch = time.Date(2266, 9, 8, 12, 0, 0, 0, time.UTC)

// World is a cloud in a temporary directory and a provider that works on it.
type World struct {
	*testing.T
	Cloud    *cloud.Cloud
	Path     string
	Now      time.Time
	Provider plugin.Provider
	// Timeout is the program's for deletions.
	Timeout time.Duration
}

// New makes a world and configures its provider.
func New(t *testing.T, provider func(*cloud.Cloud) plugin.Provider, config Inputs) *World {
	t.Helper()
	w := &World{T: t, Path: filepath.Join(t.TempDir(), "cloud.json"), Now: Epoch}
	var err error
	if w.Cloud, err = cloud.Open(w.Path, cloud.WithClock(func() time.Time { return w.Now })); err != nil {
		t.Fatal(err)
	}
	w.Provider = provider(w.Cloud)
	w.Configure(config)
	return w
}

// In is the same world, which reports to a subtest.
func (w *World) In(t *testing.T) *World {
	t.Helper()
	in := *w
	in.T = t
	return &in
}

// Configure gives the provider a configuration.
func (w *World) Configure(config Inputs) {
	w.Helper()
	if _, err := w.Provider.Configure(context.Background(), plugin.ConfigureRequest{Inputs: Map(config)}); err != nil {
		w.Fatal(err)
	}
}

// Map makes a property map of plain values.
func Map(values Inputs) resource.PropertyMap { return resource.NewPropertyMapFromMap(values) }

// With is base with some values changed; nil removes one.
func With(base, changes Inputs) Inputs {
	all := maps.Clone(base)
	for key, value := range changes {
		if all[key] = value; value == nil {
			delete(all, key)
		}
	}
	return all
}

// Unknown is a value that a preview does not know.
func Unknown() resource.PropertyValue { return resource.MakeComputed(resource.NewProperty("")) }

// Resource is one that was made, as a stack's state keeps it.
type Resource struct {
	Type, Name, ID  string
	Inputs, Outputs resource.PropertyMap
}

// Get is an output without its secret wrapper, as a plain value.
func (r Resource) Get(key string) any { return reveal(r.Outputs[resource.PropertyKey(key)]) }

func reveal(value resource.PropertyValue) any {
	return value.MapRepl(nil, func(v resource.PropertyValue) (any, bool) {
		if v.IsSecret() {
			return reveal(v.SecretValue().Element), true
		}
		return nil, false
	})
}

// Text is an output that is a text.
func (r Resource) Text(key string) string {
	text, _ := r.Get(key).(string)
	return text
}

func urn(typ, name string) resource.URN {
	return resource.NewURN("test", "sandbox", "", tokens.Type(typ), name)
}

// Check checks inputs. The error has all failures.
func (w *World) Check(typ, name string, olds resource.PropertyMap, inputs Inputs) (resource.PropertyMap, error) {
	w.Helper()
	response, err := w.Provider.Check(context.Background(), plugin.CheckRequest{
		URN: urn(typ, name), Name: name, Type: tokens.Type(typ), Olds: olds, News: Map(inputs),
		AllowUnknowns: true, RandomSeed: []byte(name),
	})
	if err != nil {
		return nil, err
	}
	reasons := make([]string, 0, len(response.Failures))
	for _, failure := range response.Failures {
		reasons = append(reasons, failure.Reason)
	}
	if len(reasons) > 0 {
		slices.Sort(reasons)
		return nil, errors.New(strings.Join(reasons, "\n"))
	}
	return response.Properties, nil
}

// Try makes a resource.
func (w *World) Try(typ, name string, inputs Inputs) (Resource, error) {
	w.Helper()
	return w.create(typ, name, inputs, false)
}

func (w *World) create(typ, name string, inputs Inputs, preview bool) (Resource, error) {
	w.Helper()
	checked, err := w.Check(typ, name, nil, inputs)
	if err != nil {
		return Resource{}, err
	}
	response, err := w.Provider.Create(context.Background(), plugin.CreateRequest{
		URN: urn(typ, name), Name: name, Type: tokens.Type(typ), Properties: checked, Preview: preview,
	})
	return Resource{Type: typ, Name: name, ID: string(response.ID), Inputs: checked, Outputs: response.Properties}, err
}

// Create makes a resource; an error ends the test.
func (w *World) Create(typ, name string, inputs Inputs) Resource {
	w.Helper()
	r, err := w.Try(typ, name, inputs)
	if err != nil {
		w.Fatalf("creating %s %q: %v", typ, name, err)
	}
	return r
}

// Preview is Create in a preview.
func (w *World) Preview(typ, name string, inputs Inputs) resource.PropertyMap {
	w.Helper()
	r, err := w.create(typ, name, inputs, true)
	if err != nil || r.ID != "" {
		w.Fatalf("preview of %s %q = ID %q, %v", typ, name, r.ID, err)
	}
	return r.Outputs
}

// Diff compares a resource with new inputs.
func (w *World) Diff(r Resource, inputs Inputs) plugin.DiffResponse {
	w.Helper()
	checked, err := w.Check(r.Type, r.Name, r.Inputs, inputs)
	if err != nil {
		w.Fatal(err)
	}
	return w.diff(r, checked)
}

func (w *World) diff(r Resource, inputs resource.PropertyMap) plugin.DiffResponse {
	w.Helper()
	response, err := w.Provider.Diff(context.Background(), plugin.DiffRequest{
		URN: urn(r.Type, r.Name), Name: r.Name, Type: tokens.Type(r.Type), ID: resource.ID(r.ID),
		OldInputs: r.Inputs, OldOutputs: r.Outputs, NewInputs: inputs, AllowUnknowns: true,
	})
	if err != nil {
		w.Fatal(err)
	}
	return response
}

// Changes are the paths of a diff with their kinds, "ipRange update-replace".
func Changes(diff plugin.DiffResponse) string {
	var all []string
	for path, change := range diff.DetailedDiff {
		all = append(all, path+" "+change.Kind.String())
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// Update changes a resource in place.
func (w *World) Update(r Resource, inputs Inputs) (Resource, error) {
	w.Helper()
	checked, err := w.Check(r.Type, r.Name, r.Inputs, inputs)
	if err != nil {
		return r, err
	}
	response, err := w.Provider.Update(context.Background(), plugin.UpdateRequest{
		URN: urn(r.Type, r.Name), Name: r.Name, Type: tokens.Type(r.Type), ID: resource.ID(r.ID),
		OldInputs: r.Inputs, OldOutputs: r.Outputs, NewInputs: checked,
	})
	if err != nil {
		return r, err
	}
	r.Inputs, r.Outputs = checked, response.Properties
	return r, nil
}

// Refresh reads a resource. What comes back is not found when it is gone; drift is what a refresh would show: the way
// from what the program wanted to what the cloud has.
func (w *World) Refresh(r Resource) (read Resource, drift string, found bool) {
	w.Helper()
	response, err := w.Provider.Read(context.Background(), plugin.ReadRequest{
		URN: urn(r.Type, r.Name), Name: r.Name, Type: tokens.Type(r.Type), ID: resource.ID(r.ID),
		Inputs: r.Inputs, State: r.Outputs,
	})
	if err != nil {
		w.Fatal(err)
	}
	if response.ID == "" {
		return Resource{}, "", false
	}
	read = r
	read.Inputs, read.Outputs = response.Inputs, response.Outputs
	return read, Changes(w.diff(read, r.Inputs).Invert()), true
}

// Delete deletes a resource.
func (w *World) Delete(r Resource) error {
	w.Helper()
	_, err := w.Provider.Delete(context.Background(), plugin.DeleteRequest{
		URN: urn(r.Type, r.Name), Name: r.Name, Type: tokens.Type(r.Type), ID: resource.ID(r.ID),
		Inputs: r.Inputs, Outputs: r.Outputs, Timeout: w.Timeout.Seconds(),
	})
	return err
}

// Invoke calls a function. The error has the failures of its arguments.
func (w *World) Invoke(token string, args Inputs) (Resource, error) {
	w.Helper()
	response, err := w.Provider.Invoke(context.Background(), plugin.InvokeRequest{
		Tok: tokens.ModuleMember(token), Args: Map(args),
	})
	for _, failure := range response.Failures {
		err = errors.Join(err, errors.New(failure.Reason))
	}
	return Resource{Outputs: response.Properties}, err
}

// Edit changes the state of an object from outside, as a person in the control panel would.
func (w *World) Edit(r Resource, change func(outputs map[string]any)) {
	w.Helper()
	object, ok := w.Cloud.Get(r.Type, r.ID)
	if !ok {
		w.Fatalf("%s %q is not in the cloud", r.Type, r.ID)
	}
	change(object.Outputs)
	if err := w.Cloud.Put(object); err != nil {
		w.Fatal(err)
	}
}

// Refused fails the test unless the error has the text.
func (w *World) Refused(err error, text string) {
	w.Helper()
	if err == nil {
		w.Errorf("accepted, want a refusal with %q", text)
	} else if !strings.Contains(err.Error(), text) {
		w.Errorf("refused with\n%v\nwant %q in it", err, text)
	}
}
