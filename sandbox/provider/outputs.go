package provider

import (
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
	visible := State{}
	for name := range r.Inputs {
		if value, ok := state[name]; ok {
			visible[name] = value
		}
	}
	for _, name := range r.computed() {
		if value, ok := state[name]; ok {
			visible[name] = value
		}
	}
	all := properties(visible)
	keepSecret(all, like)
	markSecret(all, r.Secrets)
	for name, field := range r.Inputs {
		if field.secret {
			markSecret(all, []string{name})
		}
	}
	return all
}

func markSecret(values resource.PropertyMap, names []string) {
	for _, name := range names {
		key := resource.PropertyKey(name)
		if value, ok := values[key]; ok && !value.IsSecret() {
			values[key] = resource.MakeSecret(value)
		}
	}
}
