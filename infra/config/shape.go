package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// rule is what a field's jsonschema tag says about its values.
type rule struct {
	required bool
	enum     []string
	min, max *int
}

// ruleOf reads a field's tag. Keys that only an editor needs are skipped.
func ruleOf(field reflect.StructField) rule {
	var r rule
	for part := range strings.SplitSeq(field.Tag.Get("jsonschema"), ",") {
		key, value, _ := strings.Cut(part, "=")
		switch key {
		case "required":
			r.required = true
		case "enum":
			r.enum = append(r.enum, value)
		case "minimum":
			r.min = bound(value)
		case "maximum":
			r.max = bound(value)
		}
	}
	return r
}

func bound(text string) *int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return nil
	}
	return &n
}

var secretType = reflect.TypeFor[Secret]()

// shape compares a decoded JSON value with the type that shall hold it: unknown
// and missing keys, types, and the bounds in the tags. It returns the value
// without what cannot be held, and whether anything is left.
//
// encoding/json alone would stop at the first mismatch, take 1 for "1" in a
// field that any text may fill, and match keys in any case.
func (r *report) shape(path string, value any, t reflect.Type, rule rule) (any, bool) {
	if t == secretType {
		if text, ok := value.(string); ok {
			return text, true
		}
		r.damage(path, "the value is not a text", "set it with `pulumi config set --secret --path '"+path+"'`")
		return nil, false
	}
	switch t.Kind() {
	case reflect.Pointer:
		return r.shape(path, value, t.Elem(), rule)
	case reflect.Struct:
		if object, ok := value.(map[string]any); ok {
			return r.object(path, object, t), true
		}
	case reflect.Map:
		if object, ok := value.(map[string]any); ok {
			return r.dictionary(path, object, t), true
		}
	case reflect.Slice:
		if list, ok := value.([]any); ok {
			return r.list(path, list, t), true
		}
	case reflect.String:
		if text, ok := value.(string); ok {
			r.enumerated(path, text, quote(value), nearest(text, rule.enum), rule)
			return text, true
		}
	case reflect.Bool:
		if _, ok := value.(bool); ok {
			return value, true
		}
	case reflect.Int:
		if number, ok := value.(json.Number); ok {
			if n, err := strconv.Atoi(number.String()); err == nil {
				r.ranged(path, n, rule)
				return value, true
			}
		}
	default:
		// The settings have no fields of other kinds.
	}
	if within(path, secretsPath) {
		// The value may be a secret in the wrong place.
		r.damage(path, "the value is not "+kindName(t), expected(t, rule, path))
		return nil, false
	}
	r.damage(path, quote(value)+" is not "+kindName(t), instead(value, t, rule))
	return nil, false
}

// object checks the keys of a group of settings.
func (r *report) object(path string, object map[string]any, t reflect.Type) map[string]any {
	kept := make(map[string]any, len(object))
	names := make([]string, 0, t.NumField())
	for i := range t.NumField() {
		field := t.Field(i)
		name := field.Tag.Get("json")
		names = append(names, name)
		rule, below := ruleOf(field), path+"."+name
		value, present := object[name]
		switch {
		case value != nil && value != "":
			if v, ok := r.shape(below, value, field.Type, rule); ok {
				kept[name] = v
			}
		case rule.required && present:
			r.damage(below, "the value is empty", expected(field.Type, rule, below))
		case rule.required:
			r.damage(below, "the value is missing", expected(field.Type, rule, below))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if !slices.Contains(names, key) {
			r.unknown(path, key, names)
		}
	}
	return kept
}

func (r *report) unknown(path, key string, names []string) {
	remedy := "remove it, or use one of " + strings.Join(names, ", ")
	if near := nearest(key, names); near != "" {
		remedy = fmt.Sprintf("did you mean %q?", near)
	}
	r.damage(path+"."+key, "the key is unknown", remedy)
}

func (r *report) dictionary(path string, object map[string]any, t reflect.Type) map[string]any {
	kept := make(map[string]any, len(object))
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if v, ok := r.shape(path+"."+key, object[key], t.Elem(), rule{}); ok {
			kept[key] = v
		}
	}
	return kept
}

// list checks a list. An element that cannot be held is kept as a zero value, so
// that the indices of the others stay those of the file.
func (r *report) list(path string, list []any, t reflect.Type) []any {
	kept := make([]any, len(list))
	for i, value := range list {
		if v, ok := r.shape(at(path, i), value, t.Elem(), rule{}); ok {
			kept[i] = v
		}
	}
	return kept
}

func (r *report) ranged(path string, n int, rule rule) {
	text := strconv.Itoa(n)
	if rule.min != nil && n < *rule.min || rule.max != nil && n > *rule.max {
		r.bound(path, text+" is out of range", expected(reflect.TypeFor[int](), rule, path))
		return
	}
	r.enumerated(path, text, text, "", rule)
}

func (r *report) enumerated(path, text, quoted, near string, rule rule) {
	if len(rule.enum) == 0 || slices.Contains(rule.enum, text) {
		return
	}
	remedy := "set it to " + oneOf(rule.enum)
	if near != "" {
		remedy += fmt.Sprintf(" (did you mean %q?)", near)
	}
	r.bound(path, quoted+" is not allowed", remedy)
}

// kindName names a kind of value for a person.
func kindName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		return "a group of keys and values"
	case reflect.Slice:
		return "a list"
	case reflect.Bool:
		return "a switch"
	case reflect.Int:
		return "a whole number"
	case reflect.Pointer:
		return kindName(t.Elem())
	default:
		return "a text"
	}
}

// instead says what to write in place of a value of the wrong kind.
func instead(value any, t reflect.Type, rule rule) string {
	if number, ok := value.(json.Number); ok && t.Kind() == reflect.String {
		return fmt.Sprintf("put it in quotes: %q", number.String())
	}
	if text, ok := value.(string); ok && (t.Kind() == reflect.Int || t.Kind() == reflect.Bool) {
		var parsed any
		if json.Unmarshal([]byte(text), &parsed) == nil {
			return "write it without quotes: " + text
		}
	}
	return expected(t, rule, "")
}

// expected says what a setting may be.
func expected(t reflect.Type, rule rule, path string) string {
	switch {
	case t == secretType:
		return "set it with `pulumi config set --secret --path '" + path + "'`"
	case len(rule.enum) > 0:
		return "set it to " + oneOf(rule.enum)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return expected(t.Elem(), rule, path)
	case reflect.Bool:
		return "set it to true or false"
	case reflect.Int:
		return "set it to a whole number" + interval(rule)
	case reflect.Struct:
		return "add it with its keys " + strings.Join(keysOf(t), ", ")
	case reflect.Slice:
		return "set it to a list, of which every element is " + kindName(t.Elem())
	case reflect.Map:
		return "set it to a group of keys and values"
	default:
		return "set it to a text"
	}
}

func interval(rule rule) string {
	switch {
	case rule.min != nil && rule.max != nil:
		return fmt.Sprintf(" from %d to %d", *rule.min, *rule.max)
	case rule.min != nil:
		return fmt.Sprintf(" from %d", *rule.min)
	default:
		return ""
	}
}

// keysOf lists the keys that a group must have, or all if it needs none.
func keysOf(t reflect.Type) []string {
	var all, required []string
	for i := range t.NumField() {
		all = append(all, t.Field(i).Tag.Get("json"))
		if ruleOf(t.Field(i)).required {
			required = append(required, t.Field(i).Tag.Get("json"))
		}
	}
	if len(required) > 0 {
		return required
	}
	return all
}

// quote shows a value as JSON, shortened when it is long.
func quote(value any) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "the value"
	}
	const limit = 60
	text := []rune(strings.TrimSuffix(b.String(), "\n"))
	if len(text) > limit {
		return string(text[:limit]) + "..."
	}
	return string(text)
}
