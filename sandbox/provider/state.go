package provider

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/vmstio/infrastructure/sandbox/cloud"
)

// Call is what a resource or function works with: a transaction on the cloud.
type Call struct {
	*cloud.Tx
	// Timeout is how long the program lets a creation or a deletion take; 0 leaves it to the provider.
	Timeout time.Duration
}

// Unknown stands for a value that a preview does not know yet. Only [Resource.Check] and [Resource.Replaces] meet it.
type Unknown struct{}

// State holds an object's properties as JSON values. Reading a property that is missing, unknown or of another type
// gives the zero value.
type State map[string]any

// String is a text property.
func (s State) String(key string) string {
	text, _ := s[key].(string)
	return text
}

// Int is a whole number.
func (s State) Int(key string) int { return int(s.Number(key)) }

// Number is a number. A number that a resource has just set as an int is understood as well.
func (s State) Number(key string) float64 {
	if n, ok := s[key].(int); ok {
		return float64(n)
	}
	n, _ := s[key].(float64)
	return n
}

// Bool is a switch.
func (s State) Bool(key string) bool {
	on, _ := s[key].(bool)
	return on
}

// Object is a nested object. It shares its storage with the state: what is set in it is set in the state. When there is
// none, what is returned is nil.
func (s State) Object(key string) State { return asState(s[key]) }

// Objects are the elements of a list that are objects; they share their storage with the state.
func (s State) Objects(key string) []State {
	list, _ := s[key].([]any)
	objects := make([]State, 0, len(list))
	for _, element := range list {
		if object := asState(element); object != nil {
			objects = append(objects, object)
		}
	}
	return objects
}

// Strings are the elements of a list that are texts.
func (s State) Strings(key string) []string {
	list, _ := s[key].([]any)
	texts := make([]string, 0, len(list))
	for _, element := range list {
		if text, ok := element.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// Has tells whether the property has a value, known or not.
func (s State) Has(key string) bool { return s[key] != nil }

// Known tells whether none of the properties has, or contains, an unknown value.
func (s State) Known(keys ...string) bool {
	return !slices.ContainsFunc(keys, func(key string) bool { return containsUnknown(s[key]) })
}

// SetDefault sets the property when it has no value.
func (s State) SetDefault(key string, value any) {
	if !s.Has(key) {
		s[key] = value
	}
}

// Merge sets all properties of values.
func (s State) Merge(values State) { maps.Copy(s, values) }

func asState(value any) State {
	switch object := value.(type) {
	case map[string]any:
		return object
	case State:
		return object
	default:
		return nil
	}
}

func containsUnknown(value any) bool {
	switch value := value.(type) {
	case Unknown:
		return true
	case []any:
		return slices.ContainsFunc(value, containsUnknown)
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(value)), containsUnknown)
	default:
		return false
	}
}

// clone copies to any depth, and brings values into the forms that JSON has.
func (s State) clone() (State, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	same := State{}
	err = json.Unmarshal(text, &same)
	return same, err
}

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
	return value.MapRepl(nil, func(v resource.PropertyValue) (any, bool) {
		switch inner := reveal(v); {
		case inner.IsComputed():
			return Unknown{}, true
		case inner.IsObject():
			return map[string]any(plainMap(inner.ObjectValue())), true
		case v.IsSecret() || v.IsOutput():
			return plain(inner), true
		default:
			return nil, false
		}
	})
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
	return resource.NewPropertyValueRepl(value, nil, func(value any) (resource.PropertyValue, bool) {
		if _, unknown := value.(Unknown); unknown {
			return resource.MakeComputed(resource.NewProperty("")), true
		}
		if object := asState(value); object != nil {
			return resource.NewProperty(properties(object)), true
		}
		return resource.PropertyValue{}, false
	})
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

// KeepSecrets makes secret in values what is secret in like, at the same place, and returns them: outputs repeat
// inputs, and a secret must not become plain on the way. A list with a secret element becomes secret as a whole,
// because its elements may have moved.
func KeepSecrets(values, like resource.PropertyMap) resource.PropertyMap {
	for key, model := range like {
		value, ok := values[key]
		switch {
		case !ok || value.IsSecret() || !model.ContainsSecrets():
		case value.IsObject() && model.IsObject():
			KeepSecrets(value.ObjectValue(), model.ObjectValue())
		default:
			values[key] = resource.MakeSecret(value)
		}
	}
	return values
}

// empty tells whether a value is as good as none: nil, or a list or map without elements.
func empty(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case []any:
		return len(value) == 0
	case map[string]any:
		return len(value) == 0
	default:
		return false
	}
}
