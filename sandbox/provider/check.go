package provider

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// autoNameDigits is how many random digits the bridge appends to an automatic name.
const autoNameDigits = 7

// checker collects everything that is wrong with one set of properties.
type checker struct {
	token    string
	failures []plugin.CheckFailure
}

func (c *checker) fail(path resource.PropertyPath, format string, args ...any) {
	var key resource.PropertyKey
	if len(path) > 0 {
		key = resource.PropertyKey(fmt.Sprint(path[0]))
	}
	c.failures = append(c.failures, plugin.CheckFailure{
		Property: key,
		Reason:   fmt.Sprintf("%s: %s", c.token, fmt.Sprintf(format, args...)),
	})
}

// object checks properties against fields and returns them with defaults filled in, and the names of those that were.
func (c *checker) object(
	path resource.PropertyPath, fields Fields, given resource.PropertyMap,
) (resource.PropertyMap, []string) {
	checked := resource.PropertyMap{}
	for _, key := range slices.Sorted(maps.Keys(given)) {
		value := given[key]
		if strings.HasPrefix(string(key), "__") || reveal(value).IsNull() {
			continue
		}
		at := join(path, string(key))
		field, ok := fields[string(key)]
		if !ok {
			c.fail(at, "unknown property %s; known are %s", at, fields.names())
			continue
		}
		checked[key] = c.value(at, field, value)
	}
	var filled []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		field, key := fields[name], resource.PropertyKey(name)
		if _, ok := checked[key]; ok {
			continue
		}
		switch {
		case field.fallback != nil:
			checked[key] = property(field.fallback)
			filled = append(filled, name)
		case field.required && !given[key].ContainsUnknowns():
			at := join(path, name)
			c.fail(at, "missing required property %s, %s", at, field.kind)
		}
	}
	return checked, filled
}

// Check lists what is wrong with properties that are to be those of the type.
func (f Fields) Check(token string, given resource.PropertyMap) []plugin.CheckFailure {
	c := &checker{token: token}
	c.object(nil, f, given)
	return c.failures
}

// value checks one value that is not null and returns it with nested defaults filled in.
func (c *checker) value(at resource.PropertyPath, field Property, given resource.PropertyValue) resource.PropertyValue {
	value := reveal(given)
	if value.IsComputed() {
		return given
	}
	if !field.kind.holds(value) {
		c.fail(at, "%s = %s: must be %s", at, display(field, given), field.kind)
		return given
	}
	checked := value
	switch field.kind {
	case listKind:
		list := make([]resource.PropertyValue, len(value.ArrayValue()))
		for i, element := range value.ArrayValue() {
			list[i] = c.value(join(at, i), *field.element, element)
		}
		checked = resource.NewProperty(list)
	case mapKind:
		all := resource.PropertyMap{}
		for key, element := range value.ObjectValue() {
			all[key] = c.value(join(at, string(key)), *field.element, element)
		}
		checked = resource.NewProperty(all)
	case objectKind:
		all, _ := c.object(at, field.fields, value.ObjectValue())
		checked = resource.NewProperty(all)
	case stringKind, intKind, numberKind, boolKind, anyKind:
	}
	if !value.ContainsUnknowns() {
		for _, check := range field.checks {
			if err := check(plain(value)); err != nil {
				c.fail(at, "%s = %s: %v", at, display(field, given), err)
				break
			}
		}
	}
	if given.IsSecret() || (given.IsOutput() && given.OutputValue().Secret) {
		checked = resource.MakeSecret(checked)
	}
	return checked
}

func (k kind) holds(value resource.PropertyValue) bool {
	switch k {
	case stringKind:
		return value.IsString()
	case intKind:
		return value.IsNumber() && value.NumberValue() == math.Trunc(value.NumberValue())
	case numberKind:
		return value.IsNumber()
	case boolKind:
		return value.IsBool()
	case listKind:
		return value.IsArray()
	case mapKind, objectKind:
		return value.IsObject()
	default:
		return true
	}
}

// display is a value as a message may show it.
func display(field Property, value resource.PropertyValue) string {
	if field.secret || value.ContainsSecrets() {
		return "[secret]"
	}
	text, _ := json.Marshal(plain(value)) // JSON values cannot fail to be JSON
	return string(text)
}

// check checks a resource's inputs as a whole.
func (r Resource) check(request plugin.CheckRequest) plugin.CheckResponse {
	c := &checker{token: string(request.Type)}
	news, named, err := r.autoName(request)
	if err != nil {
		c.fail(resource.PropertyPath{named}, "%s: %v", named, err)
	}
	inputs, filled := c.object(nil, r.Inputs, news)
	if named != "" {
		filled = append(filled, named)
	}
	if r.Check != nil && len(c.failures) == 0 {
		for _, err := range r.Check(plainMap(inputs)) {
			c.fail(nil, "%v", err)
		}
	}
	if len(filled) > 0 {
		slices.Sort(filled)
		list := make([]resource.PropertyValue, len(filled))
		for i, name := range filled {
			list[i] = resource.NewProperty(name)
		}
		inputs[defaultsKey] = resource.NewProperty(list)
	}
	return plugin.CheckResponse{Properties: inputs, Failures: c.failures}
}

// autoName returns the inputs with an automatic name when they have none, and the property that it was filled in. A
// resource that exists keeps the automatic name it has.
func (r Resource) autoName(request plugin.CheckRequest) (resource.PropertyMap, string, error) {
	for name, field := range r.Inputs {
		key := resource.PropertyKey(name)
		if value, ok := request.News[key]; !field.named || (ok && !reveal(value).IsNull()) {
			continue
		}
		news := request.News.Copy()
		if old, ok := request.Olds[key]; ok && slices.Contains(defaulted(request.Olds), name) {
			news[key] = old
			return news, name, nil
		}
		generated, err := resource.NewUniqueName(request.RandomSeed, request.URN.Name()+"-", autoNameDigits, 0, nil)
		news[key] = resource.NewProperty(generated)
		return news, name, err
	}
	return request.News, "", nil
}

// defaulted are the properties of these inputs that Check filled in.
func defaulted(inputs resource.PropertyMap) []string {
	if list := inputs[defaultsKey]; list.IsArray() {
		return State{"list": plain(list)}.Strings("list")
	}
	return nil
}

func join(path resource.PropertyPath, step any) resource.PropertyPath {
	return append(slices.Clone(path), step)
}
