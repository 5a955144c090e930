package cloud

import (
	"encoding/json"
	"maps"
)

// canonical is the object as it will look when it is read from the file.
func (o Object) canonical() (Object, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return Object{}, err
	}
	var same Object
	if err := json.Unmarshal(text, &same); err != nil {
		return Object{}, err
	}
	return same, nil
}

func (o Object) clone() Object {
	o.Inputs = cloneMap(o.Inputs)
	o.Outputs = cloneMap(o.Outputs)
	return o
}

// cloneMap copies to any depth; what it returns is never nil, so that a caller can add to it.
func cloneMap(m map[string]any) map[string]any {
	copied := maps.Clone(m)
	if copied == nil {
		copied = map[string]any{}
	}
	for key, value := range copied {
		copied[key] = cloneValue(value)
	}
	return copied
}

func cloneValue(value any) any {
	switch value := value.(type) {
	case map[string]any:
		return cloneMap(value)
	case []any:
		copied := make([]any, len(value))
		for i, element := range value {
			copied[i] = cloneValue(element)
		}
		return copied
	default:
		return value
	}
}
