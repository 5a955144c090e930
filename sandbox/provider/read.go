package provider

import "reflect"

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
		if emptyValue(value) {
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

func emptyValue(value any) bool {
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
