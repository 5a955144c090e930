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
	if r.Replaces != nil {
		for _, name := range r.Replaces(plainMap(request.OldInputs), plainMap(request.NewInputs)) {
			d.replaces[name] = true
		}
	}
	before := request.OldInputs
	if len(request.OldOutputs) > 0 {
		before = properties(readInputs(r.Inputs, plainMap(request.OldInputs), plainMap(request.OldOutputs)))
	}
	d.object(nil, r.Inputs, before, request.NewInputs, false)
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
		key := resource.PropertyKey(name)
		if field.named && !slices.Contains(defaulted(request.NewInputs), name) {
			return reveal(request.OldInputs[key]).DeepEquals(reveal(request.NewInputs[key]))
		}
	}
	return false
}

func (d *differ) object(path resource.PropertyPath, fields Fields, before, after resource.PropertyMap, replaces bool) {
	for name, field := range fields {
		key := resource.PropertyKey(name)
		forced := replaces || (len(path) == 0 && d.replaces[name])
		d.value(join(path, name), field, reveal(before[key]), reveal(after[key]), forced)
	}
}

func (d *differ) value(at resource.PropertyPath, field Property, before, after resource.PropertyValue, replaces bool) {
	replaces = replaces || field.replaces
	switch {
	case empty(before) && empty(after):
	case empty(after) && field.computed:
		// The program leaves the choice to the cloud, which has made it.
	case empty(before):
		d.record(at, plugin.DiffAdd, replaces)
	case empty(after):
		d.record(at, plugin.DiffDelete, replaces)
	case field.kind == objectKind && before.IsObject() && after.IsObject():
		d.object(at, field.fields, before.ObjectValue(), after.ObjectValue(), replaces)
	case field.kind == mapKind && before.IsObject() && after.IsObject():
		keys := maps.Clone(before.ObjectValue())
		maps.Copy(keys, after.ObjectValue())
		for key := range keys {
			d.value(join(at, string(key)), *field.element,
				reveal(before.ObjectValue()[key]), reveal(after.ObjectValue()[key]), replaces)
		}
	case field.kind == listKind && before.IsArray() && after.IsArray():
		d.list(at, field, before.ArrayValue(), after.ArrayValue(), replaces)
	case !reflect.DeepEqual(plain(before), plain(after)):
		d.record(at, plugin.DiffUpdate, replaces)
	}
}

func (d *differ) list(at resource.PropertyPath, field Property, before, after []resource.PropertyValue, replaces bool) {
	if field.set && sameElements(before, after) {
		return
	}
	element := func(list []resource.PropertyValue, i int) resource.PropertyValue {
		if i < len(list) {
			return reveal(list[i])
		}
		return resource.NewNullProperty()
	}
	for i := range max(len(before), len(after)) {
		d.value(join(at, i), *field.element, element(before, i), element(after, i), replaces)
	}
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
