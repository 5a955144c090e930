package provider

import (
	"encoding/json"
	"time"

	"github.com/vmstio/infrastructure/sandbox/cloud"
)

// Call is what a resource or function works with: a transaction on the cloud, and who is asking.
type Call struct {
	*cloud.Tx
	// Config is the provider's configuration.
	Config State
	// Type is the resource's type token, or the function's.
	Type string
	// Waits is how long the provider waits for a creation; 0 is for ever.
	Waits time.Duration
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
func (s State) Object(key string) State {
	return asState(s[key])
}

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
	for _, key := range keys {
		if containsUnknown(s[key]) {
			return false
		}
	}
	return true
}

// SetDefault sets the property when it has no value.
func (s State) SetDefault(key string, value any) {
	if !s.Has(key) {
		s[key] = value
	}
}

// Merge sets all properties of values.
func (s State) Merge(values State) {
	for key, value := range values {
		s[key] = value
	}
}

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
		for _, element := range value {
			if containsUnknown(element) {
				return true
			}
		}
	case map[string]any:
		for _, element := range value {
			if containsUnknown(element) {
				return true
			}
		}
	}
	return false
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
