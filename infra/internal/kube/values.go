package kube

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/settings"
)

// Values turns a struct that describes the values of a chart, or the fields of a custom resource, with json tags as
// they are named there, into a map.
//
// Pulumi knows only floating numbers, and a chart that prints a large one writes 1e+06: such values must be strings.
func Values(v any) (pulumi.Map, error) {
	encoded, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encoding chart values: %w", err)
	}
	var plain map[string]any
	if err := json.Unmarshal(encoded, &plain); err != nil {
		return nil, fmt.Errorf("chart values are not an object: %w", err)
	}
	return toMap(plain)
}

// Merge puts a person's own values over those of the program: mappings are merged, everything else is replaced.
func Merge(values pulumi.Map, own settings.Values) error {
	over, err := toMap(own)
	merge(values, over)
	return err
}

func merge(under, over pulumi.Map) {
	for key, value := range over {
		inner, isMap := value.(pulumi.Map)
		below, hasMap := under[key].(pulumi.Map)
		if isMap && hasMap {
			merge(below, inner)
			continue
		}
		under[key] = value
	}
}

// Set puts a value that is only known while the program runs at a path of the values, making what is missing on the
// way.
func Set(values pulumi.Map, value pulumi.Input, path ...string) {
	for len(path) > 1 {
		next, ok := values[path[0]].(pulumi.Map)
		if !ok {
			next = pulumi.Map{}
			values[path[0]] = next
		}
		values, path = next, path[1:]
	}
	values[path[0]] = value
}

func toMap(plain map[string]any) (pulumi.Map, error) {
	values := pulumi.Map{}
	for key, v := range plain {
		input, err := toInput(v)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		values[key] = input
	}
	return values, nil
}

func toInput(v any) (pulumi.Input, error) {
	switch v := v.(type) {
	case bool:
		return pulumi.Bool(v), nil
	case string:
		return pulumi.String(v), nil
	case float64:
		return pulumi.Float64(v), nil
	case map[string]any:
		return toMap(v)
	case []any:
		list := pulumi.Array{}
		for i, element := range v {
			input, err := toInput(element)
			if err != nil {
				return nil, fmt.Errorf("[%d]: %w", i, err)
			}
			list = append(list, input)
		}
		return list, nil
	default:
		// Only null is left. The provider drops it unless told otherwise, so that it would not do what Helm does with
		// it: take away the chart's default.
		return nil, fmt.Errorf("a chart value cannot be %v", v)
	}
}
