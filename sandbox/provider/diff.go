package provider

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// differ collects the differences between two sets of inputs by property path.
type differ struct {
	details  map[string]plugin.PropertyDiff
	changed  map[resource.PropertyKey]bool // top-level properties that differ, and whether that replaces the resource
	ignored  []resource.PropertyPath
	replaces map[string]bool // top-level properties whose change replaces in this case
}

// diff compares the new inputs with what the cloud answered to the old ones, as bridged providers do: an answer that is
// not what was asked for is a difference at every preview.
func (r Resource) diff(request plugin.DiffRequest) plugin.DiffResponse {
	d := &differ{
		details:  map[string]plugin.PropertyDiff{},
		changed:  map[resource.PropertyKey]bool{},
		replaces: map[string]bool{},
	}
	for _, text := range request.IgnoreChanges {
		if path, err := resource.ParsePropertyPath(text); err == nil {
			d.ignored = append(d.ignored, path)
		}
	}
	before, after := plainMap(request.OldInputs), plainMap(request.NewInputs)
	if r.Replaces != nil {
		for _, name := range r.Replaces(before, after) {
			d.replaces[name] = true
		}
	}
	if len(request.OldOutputs) > 0 {
		before = readInputs(r.Inputs, before, plainMap(request.OldOutputs))
	}
	d.object(nil, r.Inputs, before, after, false)
	response := plugin.DiffResponse{Changes: plugin.DiffNone, DetailedDiff: d.details}
	if len(d.details) == 0 {
		return response
	}
	response.Changes = plugin.DiffSome
	response.ChangedKeys = slices.Sorted(maps.Keys(d.changed))
	for _, key := range response.ChangedKeys {
		if d.changed[key] {
			response.ReplaceKeys = append(response.ReplaceKeys, key)
		}
	}
	response.DeleteBeforeReplace = len(response.ReplaceKeys) > 0 && r.keepsGivenName(request)
	return response
}

// keepsGivenName tells whether the resource has a name that the program gave and that does not change. Bridged
// providers delete such a resource before they make the new one, since most clouds refuse a second of the same name.
func (r Resource) keepsGivenName(request plugin.DiffRequest) bool {
	for name, field := range r.Inputs {
		if field.named && !slices.Contains(defaulted(request.NewInputs), name) {
			return plainMap(request.OldInputs)[name] == plainMap(request.NewInputs)[name]
		}
	}
	return false
}

func (d *differ) object(path resource.PropertyPath, fields Fields, before, after State, replaces bool) {
	for name, field := range fields {
		forced := replaces || (len(path) == 0 && d.replaces[name])
		d.value(join(path, name), field, before[name], after[name], forced)
	}
}

func (d *differ) value(at resource.PropertyPath, field Property, before, after any, replaces bool) {
	replaces = replaces || field.replaces
	oldObject, newObject := asState(before), asState(after)
	switch {
	case empty(before) && empty(after):
	case empty(after) && field.computed:
		// The program leaves the choice to the cloud, which has made it.
	case empty(before):
		d.record(at, plugin.DiffAdd, replaces)
	case empty(after):
		d.record(at, plugin.DiffDelete, replaces)
	case field.kind == objectKind && oldObject != nil && newObject != nil:
		d.object(at, field.fields, oldObject, newObject, replaces)
	case field.kind == mapKind && oldObject != nil && newObject != nil:
		keys := maps.Clone(oldObject)
		maps.Copy(keys, newObject)
		for key := range keys {
			d.value(join(at, key), *field.element, oldObject[key], newObject[key], replaces)
		}
	case field.kind == listKind:
		d.list(at, field, before, after, replaces)
	case !reflect.DeepEqual(before, after):
		d.record(at, plugin.DiffUpdate, replaces)
	}
}

func (d *differ) list(at resource.PropertyPath, field Property, before, after any, replaces bool) {
	olds, known := before.([]any)
	news, alsoKnown := after.([]any)
	switch {
	case !known || !alsoKnown:
		d.record(at, plugin.DiffUpdate, replaces)
		return
	case field.set && slices.Equal(sorted(olds), sorted(news)):
		return
	}
	for i := range max(len(olds), len(news)) {
		var one, other any
		if i < len(olds) {
			one = olds[i]
		}
		if i < len(news) {
			other = news[i]
		}
		d.value(join(at, i), *field.element, one, other, replaces)
	}
}

// sorted are a list's elements as texts, in the order of those; fmt prints maps sorted by key.
func sorted(list []any) []string {
	texts := make([]string, len(list))
	for i, element := range list {
		texts[i] = fmt.Sprint(element)
	}
	slices.Sort(texts)
	return texts
}

func (d *differ) record(at resource.PropertyPath, kind plugin.DiffKind, replaces bool) {
	for _, ignored := range d.ignored {
		if ignored.Contains(at) {
			return
		}
	}
	if replaces {
		kind = kind.AsReplace()
	}
	top := resource.PropertyKey(fmt.Sprint(at[0]))
	d.changed[top] = d.changed[top] || replaces
	d.details[at.String()] = plugin.PropertyDiff{Kind: kind, InputDiff: true}
}
