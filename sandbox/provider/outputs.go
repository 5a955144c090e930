package provider

import (
	"reflect"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// computed are the properties that only the cloud sets.
func (r Resource) computed() []string { return slices.Concat(r.Outputs, r.Secrets) }

// overlay lays new inputs over an object's state. An input that the program no longer gives is removed, unless the
// cloud chooses a value for it.
func (r Resource) overlay(state, inputs State) State {
	merge(r.Inputs, state, inputs)
	return state
}

func merge(fields Fields, state, inputs State) {
	for name, field := range fields {
		value, given := inputs[name]
		switch {
		case !given && field.computed:
		case !given:
			delete(state, name)
		case field.kind == objectKind && state.Object(name) != nil && asState(value) != nil:
			merge(field.fields, state.Object(name), asState(value))
		default:
			state[name] = value
		}
	}
}

// outputs is what the engine sees of an object's state: the declared properties, with secrets marked. Other properties
// are the simulation's own and stay in the cloud.
func (r Resource) outputs(state State, like resource.PropertyMap) resource.PropertyMap {
	visible, secret := State{}, slices.Clone(r.Secrets)
	for name, field := range r.Inputs {
		visible[name] = state[name]
		if field.secret {
			secret = append(secret, name)
		}
	}
	for _, name := range r.computed() {
		visible[name] = state[name]
	}
	all := KeepSecrets(properties(visible), like)
	for _, name := range secret {
		key := resource.PropertyKey(name)
		if value, ok := all[key]; ok && !value.IsSecret() {
			all[key] = resource.MakeSecret(value)
		}
	}
	return all
}

// readInputs finds in an object's state the inputs that would have made it, which is how an edit from outside becomes
// visible as drift.
//
// The inputs that Pulumi knows guide it: what they set is read from the state. What they leave out is read when the
// cloud would not have set it by itself, because then somebody else did. Without a guide (an import)
// everything is read.
func readInputs(fields Fields, guide, state State) State {
	inputs := State{}
	for name, field := range fields {
		value, known := state[name], guide[name]
		if empty(value) {
			continue
		}
		if known == nil && len(guide) > 0 && field.computed {
			continue
		}
		if known == nil && field.fallback == nil && reflect.ValueOf(value).IsZero() {
			continue // a switch that is off, a zero or an empty text is how clouds report what was not set
		}
		inputs[name] = readValue(field, known, value)
	}
	return inputs
}

func readValue(field Property, guide, value any) any {
	switch field.kind {
	case objectKind:
		if state := asState(value); state != nil {
			return map[string]any(readInputs(field.fields, nested(guide), state))
		}
	case listKind:
		list, ok := value.([]any)
		if !ok {
			return value
		}
		guides, _ := guide.([]any)
		read := make([]any, len(list))
		for i, element := range list {
			var like any
			if i < len(guides) {
				like = guides[i]
			}
			read[i] = readValue(*field.element, like, element)
		}
		return read
	case stringKind, intKind, numberKind, boolKind, mapKind, anyKind:
	}
	return value
}

// nested is a guide for a nested object. An object that the program did not set is read without
// what the cloud computes.
func nested(guide any) State {
	if state := asState(guide); len(state) > 0 {
		return state
	}
	return State{defaultsKey: true}
}
