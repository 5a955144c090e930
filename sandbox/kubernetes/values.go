package kubernetes

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
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

// withoutNulls drops null properties: to Kubernetes null and absent are the same.
func withoutNulls(v resource.PropertyValue) resource.PropertyValue {
	switch {
	case v.IsSecret():
		return resource.MakeSecret(withoutNulls(v.SecretValue().Element))
	case v.IsObject():
		kept := resource.PropertyMap{}
		for key, value := range v.ObjectValue() {
			if !value.IsNull() {
				kept[key] = withoutNulls(value)
			}
		}
		return resource.NewObjectProperty(kept)
	case v.IsArray():
		kept := make([]resource.PropertyValue, 0, len(v.ArrayValue()))
		for _, element := range v.ArrayValue() {
			kept = append(kept, withoutNulls(element))
		}
		return resource.NewArrayProperty(kept)
	default:
		return v
	}
}

// markSecrets makes secret in out what is secret in like: outputs repeat inputs, and a secret must not become plain on
// the way. A list with a secret element becomes secret as a whole, because its elements may have moved.
func markSecrets(out, like resource.PropertyValue) resource.PropertyValue {
	switch {
	case out.IsSecret() || out.IsComputed() || out.IsNull():
		return out
	case like.IsSecret(), like.IsOutput() && like.OutputValue().Secret:
		return resource.MakeSecret(out)
	case like.IsObject() && out.IsObject():
		marked := out.ObjectValue().Copy()
		for key, value := range like.ObjectValue() {
			if old, ok := marked[key]; ok {
				marked[key] = markSecrets(old, value)
			}
		}
		return resource.NewObjectProperty(marked)
	case like.IsArray() && like.ContainsSecrets():
		return resource.MakeSecret(out)
	default:
		return out
	}
}

// prune keeps of live what inputs also has: what of an object a program manages. Lists are taken whole.
func prune(live, inputs map[string]any) map[string]any {
	kept := map[string]any{}
	for key, wanted := range inputs {
		have, ok := live[key]
		if !ok {
			continue
		}
		wantedObject, isObject := wanted.(map[string]any)
		if haveObject, ok := have.(map[string]any); ok && isObject {
			kept[key] = prune(haveObject, wantedObject)
			continue
		}
		wantedList, isList := wanted.([]any)
		if haveList, ok := have.([]any); ok && isList && len(haveList) == len(wantedList) {
			kept[key] = pruneList(haveList, wantedList)
			continue
		}
		kept[key] = have
	}
	return kept
}

func pruneList(live, inputs []any) []any {
	kept := make([]any, len(live))
	for i := range live {
		have, haveObject := live[i].(map[string]any)
		wanted, wantedObject := inputs[i].(map[string]any)
		if haveObject && wantedObject {
			kept[i] = prune(have, wanted)
		} else {
			kept[i] = live[i]
		}
	}
	return kept
}

// at reads a nested field.
func at(object map[string]any, path ...string) any {
	var value any = object
	for _, key := range path {
		fields, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = fields[key]
	}
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

// inWords says of live in the words of wanted what is the same; canonical is wanted as the API server writes it.
func inWords(live, canonical, wanted any) any {
	if reflect.DeepEqual(live, canonical) {
		return wanted
	}
	switch live := live.(type) {
	case map[string]any:
		canonical, ok := canonical.(map[string]any)
		wanted, both := wanted.(map[string]any)
		if !ok || !both {
			return live
		}
		said := map[string]any{}
		for key, value := range live {
			said[key] = inWords(value, canonical[key], wanted[key])
		}
		return said
	case []any:
		canonical, ok := canonical.([]any)
		wanted, both := wanted.([]any)
		if !ok || !both || len(live) != len(canonical) || len(live) != len(wanted) {
			return live
		}
		said := make([]any, len(live))
		for i := range live {
			said[i] = inWords(live[i], canonical[i], wanted[i])
		}
		return said
	default:
		return live
	}
}
