package rules

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// field is what stands at a place of a resource's properties.
type field struct {
	value property.Value
	// unknown is that it, or what it is in, is not known yet.
	unknown bool
}

// at follows a path of keys (string) and indexes (int).
func at(v property.Value, path ...any) field {
	for _, step := range path {
		if v.IsComputed() {
			return field{unknown: true}
		}
		switch step := step.(type) {
		case string:
			if !v.IsMap() {
				return field{}
			}
			v = v.AsMap().Get(step)
		case int:
			if !v.IsArray() || step >= v.AsArray().Len() {
				return field{}
			}
			v = v.AsArray().Get(step)
		default:
			panic(fmt.Sprintf("path step %v is neither a key nor an index", step))
		}
	}
	return field{value: v, unknown: v.IsComputed()}
}

// at follows a path from the top of the resource's properties.
func (r Resource) at(path ...any) field { return at(property.New(r.Properties), path...) }

// at follows a path from here.
func (f field) at(path ...any) field {
	if f.unknown {
		return f
	}
	return at(f.value, path...)
}

// absent is whether there is certainly nothing.
func (f field) absent() bool { return !f.unknown && f.value.IsNull() }

// text is a text, or a number or boolean as a text; "" is anything else.
func (f field) text() string {
	switch {
	case f.unknown:
		return ""
	case f.value.IsString():
		return f.value.AsString()
	case f.value.IsBool(), f.value.IsNumber():
		return fmt.Sprint(plain(f.value))
	default:
		return ""
	}
}

// is whether a value is known and this text, or a boolean or number that is written so.
func (f field) is(text string) bool { return !f.unknown && f.text() == text }

// list are the elements of a list; none if it is not known, or no list.
func (f field) list() []field {
	if f.unknown || !f.value.IsArray() {
		return nil
	}
	var list []field
	for _, v := range f.value.AsArray().All {
		list = append(list, field{value: v, unknown: v.IsComputed()})
	}
	return list
}

// has whether it is a mapping with that key, be its value known or not.
func (f field) has(key string) bool { return !f.at(key).absent() }

// partly is whether anything in it is not known.
func (f field) partly() bool { return f.unknown || f.value.HasComputed() }

// decode turns a value that is wholly known into a Go value by way of JSON, as the API server reads it.
func (f field) decode(into any) error {
	text, err := json.Marshal(plain(f.value))
	if err != nil {
		return fmt.Errorf("writing a value as JSON: %w", err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("reading a value as Kubernetes does: %w", err)
	}
	return nil
}

// plain is a value without marks, as encoding/json takes it. What is not known is left out.
func plain(v property.Value) any {
	switch {
	case v.IsMap():
		object := map[string]any{}
		for key, element := range v.AsMap().All {
			if !element.IsComputed() {
				object[key] = plain(element)
			}
		}
		return object
	case v.IsArray():
		list := []any{}
		for _, element := range v.AsArray().All {
			if !element.IsComputed() {
				list = append(list, plain(element))
			}
		}
		return list
	case v.IsString():
		return v.AsString()
	case v.IsBool():
		return v.AsBool()
	case v.IsNumber():
		return v.AsNumber()
	default:
		return nil
	}
}

// walk calls a function with every mapping in a value, and the path that leads to it.
func walk(f field, path string, visit func(path string, mapping field)) {
	switch {
	case f.unknown:
	case f.value.IsMap():
		visit(path, f)
		for key, element := range f.value.AsMap().AllStable {
			walk(field{element, element.IsComputed()}, strings.TrimPrefix(path+"."+key, "."), visit)
		}
	case f.value.IsArray():
		for i, element := range f.list() {
			walk(element, fmt.Sprintf("%s[%d]", path, i), visit)
		}
	}
}
