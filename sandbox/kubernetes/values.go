package kubernetes

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// toPlain turns properties into JSON values. Nulls and unknown values are left out; the paths of the unknown ones
// ("spec.template.spec.containers[0].image") are returned. Where an unknown element is left out of a list, the other
// elements have other positions than in the program, so the whole list counts as unknown.
func toPlain(properties resource.PropertyMap) (object map[string]any, unknown []string, err error) {
	c := converter{}
	object = c.object("", properties)
	return object, c.unknown, c.err
}

// toValues is toPlain for Helm's values, where null has a meaning: it removes a default.
func toValues(properties resource.PropertyMap) (object map[string]any, unknown []string, err error) {
	c := converter{keepNulls: true}
	object = c.object("", properties)
	return object, c.unknown, c.err
}

type converter struct {
	keepNulls bool
	unknown   []string
	err       error
}

func (c *converter) object(path string, properties resource.PropertyMap) map[string]any {
	object := map[string]any{}
	for _, key := range properties.StableKeys() {
		if value, ok := c.value(join(path, string(key)), properties[key]); ok {
			object[string(key)] = value
		}
	}
	return object
}

func (c *converter) value(path string, v resource.PropertyValue) (value any, ok bool) {
	switch {
	case v.IsNull():
		return nil, c.keepNulls
	case isUnknown(v):
		c.unknown = append(c.unknown, path)
		return nil, false
	case v.IsSecret():
		return c.value(path, v.SecretValue().Element)
	case v.IsOutput():
		return c.value(path, v.OutputValue().Element)
	case v.IsObject():
		return c.object(path, v.ObjectValue()), true
	case v.IsArray():
		return c.list(path, v.ArrayValue()), true
	case v.IsBool(), v.IsNumber(), v.IsString():
		return v.V, true
	default:
		c.err = fmt.Errorf("%s: a Kubernetes object cannot hold a value of type %s", path, v.TypeString())
		return nil, false
	}
}

func (c *converter) list(path string, elements []resource.PropertyValue) []any {
	list := make([]any, 0, len(elements))
	for i, element := range elements {
		if isUnknown(element) && !slices.Contains(c.unknown, path) {
			c.unknown = append(c.unknown, path)
		}
		if value, ok := c.value(fmt.Sprintf("%s[%d]", path, i), element); ok {
			list = append(list, value)
		}
	}
	return list
}

func isUnknown(v resource.PropertyValue) bool {
	switch {
	case v.IsComputed():
		return true
	case v.IsOutput():
		return !v.OutputValue().Known
	case v.IsSecret():
		return isUnknown(v.SecretValue().Element)
	default:
		return false
	}
}

// fromPlain turns JSON values into properties.
func fromPlain(object map[string]any) resource.PropertyMap {
	return resource.NewPropertyMapFromMap(object)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// within tells whether a path is the root or lies below it.
func within(path, root string) bool {
	rest, ok := strings.CutPrefix(path, root)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// withoutNulls copies properties without nulls: to Kubernetes null and absent are the same. Secrets are plain values in
// the copy, unless they are kept.
func withoutNulls(properties resource.PropertyMap, keepSecrets bool) resource.PropertyMap {
	kept := resource.PropertyMap{}
	for key, value := range properties {
		if value = withoutNullsIn(value, keepSecrets); !value.IsNull() {
			kept[key] = value
		}
	}
	return kept
}

func withoutNullsIn(v resource.PropertyValue, keepSecrets bool) resource.PropertyValue {
	switch {
	case v.IsSecret() && keepSecrets:
		return resource.MakeSecret(withoutNullsIn(v.SecretValue().Element, true))
	case v.IsSecret():
		return withoutNullsIn(v.SecretValue().Element, false)
	case v.IsObject():
		return resource.NewObjectProperty(withoutNulls(v.ObjectValue(), keepSecrets))
	case v.IsArray():
		kept := make([]resource.PropertyValue, 0, len(v.ArrayValue()))
		for _, element := range v.ArrayValue() {
			kept = append(kept, withoutNullsIn(element, keepSecrets))
		}
		return resource.NewArrayProperty(kept)
	default:
		return v
	}
}

// prune keeps of live what wanted also has, what of an object a program manages, and says it in the words of wanted
// where it is the same: canonical is wanted as the API server writes it, or nil. Lists of different lengths are taken
// whole.
func prune(live, wanted, canonical any) any {
	switch wanted := wanted.(type) {
	case map[string]any:
		if live, ok := live.(map[string]any); ok {
			canonical, given := canonical.(map[string]any)
			kept := map[string]any{}
			for key, value := range wanted {
				_, written := canonical[key]
				if have, ok := live[key]; ok {
					kept[key] = prune(have, value, canonical[key])
				} else if given && !written {
					kept[key] = value // the API server leaves out what is as good as nothing
				}
			}
			return kept
		}
	case []any:
		if live, ok := live.([]any); ok && len(live) == len(wanted) {
			canonical, _ := canonical.([]any)
			canonical = append(canonical, make([]any, len(live))...)
			kept := make([]any, len(live))
			for i := range live {
				kept[i] = prune(live[i], wanted[i], canonical[i])
			}
			return kept
		}
	}
	if canonical != nil && reflect.DeepEqual(live, canonical) {
		return wanted
	}
	return live
}

// pruned is prune for a whole object.
func pruned(live, wanted, canonical map[string]any) map[string]any {
	return prune(live, wanted, canonical).(map[string]any)
}

// at reads a nested field, nil when there is none.
func at(object map[string]any, path ...string) any {
	value, _, _ := unstructured.NestedFieldNoCopy(object, path...)
	return value
}

// text reads a nested string, "" when there is none.
func text(object map[string]any, path ...string) string {
	s, _ := at(object, path...).(string)
	return s
}

// put sets a nested field, making the objects on the way.
func put(object map[string]any, value any, path ...string) {
	for _, key := range path[:len(path)-1] {
		next, ok := object[key].(map[string]any)
		if !ok {
			next = map[string]any{}
			object[key] = next
		}
		object = next
	}
	object[path[len(path)-1]] = value
}

func name(object map[string]any) string { return text(object, "metadata", "name") }

func namespace(object map[string]any) string { return text(object, "metadata", "namespace") }

func annotation(object map[string]any, key string) string {
	return text(object, "metadata", "annotations", key)
}
