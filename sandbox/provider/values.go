package provider

import (
	"fmt"
	"sort"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// defaultsKey lists the properties that Check filled in. Bridged providers keep this list under the same name; the
// engine does not display properties that begin with two underscores.
const defaultsKey = "__defaults"

// reveal takes the wrappers of secrets and outputs off one value.
func reveal(value resource.PropertyValue) resource.PropertyValue {
	for {
		switch {
		case value.IsSecret():
			value = value.SecretValue().Element
		case value.IsOutput() && value.OutputValue().Known:
			value = value.OutputValue().Element
		case value.IsOutput():
			return resource.MakeComputed(resource.NewProperty(""))
		default:
			return value
		}
	}
}

// plain turns a value into JSON values; what is not known becomes [Unknown], null becomes nil.
func plain(value resource.PropertyValue) any {
	value = reveal(value)
	switch {
	case value.IsBool():
		return value.BoolValue()
	case value.IsNumber():
		return value.NumberValue()
	case value.IsString():
		return value.StringValue()
	case value.IsComputed():
		return Unknown{}
	case value.IsArray():
		list := make([]any, 0, len(value.ArrayValue()))
		for _, element := range value.ArrayValue() {
			list = append(list, plain(element))
		}
		return list
	case value.IsObject():
		return map[string]any(plainMap(value.ObjectValue()))
	default:
		return nil
	}
}

// plainMap is plain for a whole property map, without nulls and internal properties.
func plainMap(properties resource.PropertyMap) State {
	state := State{}
	for key, value := range properties {
		if strings.HasPrefix(string(key), "__") {
			continue
		}
		if value := plain(value); value != nil {
			state[string(key)] = value
		}
	}
	return state
}

// property is the reverse of plain.
func property(value any) resource.PropertyValue {
	switch value := value.(type) {
	case Unknown:
		return resource.MakeComputed(resource.NewProperty(""))
	case []any:
		list := make([]resource.PropertyValue, 0, len(value))
		for _, element := range value {
			list = append(list, property(element))
		}
		return resource.NewProperty(list)
	case map[string]any:
		return resource.NewProperty(properties(value))
	case State:
		return resource.NewProperty(properties(value))
	default:
		return resource.NewPropertyValue(value)
	}
}

func properties(state State) resource.PropertyMap {
	all := resource.PropertyMap{}
	for key, value := range state {
		if value != nil {
			all[resource.PropertyKey(key)] = property(value)
		}
	}
	return all
}

// keepSecret marks as secret what is secret in like, at the same place.
func keepSecret(values, like resource.PropertyMap) {
	for key, model := range like {
		value, ok := values[key]
		switch {
		case !ok || value.IsSecret() || !model.ContainsSecrets():
		case value.IsObject() && model.IsObject():
			keepSecret(value.ObjectValue(), model.ObjectValue())
		default:
			values[key] = resource.MakeSecret(value)
		}
	}
}

// empty tells whether a value is as good as none: null, or a list or map without elements.
func empty(value resource.PropertyValue) bool {
	return value.IsNull() || (value.IsArray() && len(value.ArrayValue()) == 0) ||
		(value.IsObject() && len(value.ObjectValue()) == 0)
}

// sameElements tells whether two lists have equal elements in any order.
func sameElements(a, b []resource.PropertyValue) bool {
	if len(a) != len(b) {
		return false
	}
	texts := func(list []resource.PropertyValue) []string {
		all := make([]string, len(list))
		for i, element := range list {
			all[i] = fmt.Sprint(plain(element)) // fmt prints maps sorted by key
		}
		sort.Strings(all)
		return all
	}
	left, right := texts(a), texts(b)
	for i := range left {
		if left[i] != right[i] {
			return false
		}
	}
	return true
}
