// Package decode reads a person's settings into Go types, and reports all that is wrong with them at once.
//
// The tags of a field are the single statement of what it admits and of what it is when it is left out:
//
//		Threads int `json:"threads" jsonschema:"minimum=1" default:"5" example:"7"`
//
//	  - jsonschema: required, enum, minimum, maximum, and format, which names a [Format].
//	  - default: the value of a field that is left out; a text as it is, everything else in YAML. Of a mapping, the
//	    keys that are left out.
//	  - example: for the reader of the schema.
//
// A rule that a tag cannot state is a method of the type, [Checker].
package decode

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Secret is a type whose value must not be seen. It is read from text.
type Secret interface{ IsSecret() }

// Checker is a type with rules of its own: what a value must be, alone or beside the other values inside it.
type Checker interface{ Check(at At) }

// Object decodes the JSON of one object into the struct that target points to, fills in defaults, and reports
// whether there was one. What is wrong with it stays unset. An empty text is an object that is not there: hint says
// how it would be written.
func Object(r *Report, path, text, hint string, target any) bool {
	t := reflect.TypeOf(target).Elem()
	if strings.TrimSpace(text) == "" {
		r.damage(path, "the value is missing", r.expected(t, Rule{}, path)+hint)
		return false
	}
	object, err := parse(text)
	if err != nil {
		r.damage(path, "the value is not a mapping", r.expected(t, Rule{}, path)+hint)
		return false
	}
	// The shape has been checked, so neither step can fail. If one did all the same, the reason might quote a secret.
	clean, err := json.Marshal(r.object(path, object, t))
	if err == nil {
		err = json.Unmarshal(clean, target)
	}
	if err != nil {
		r.damage(path, fmt.Sprintf("the value cannot be read (%T)", err), "report this as a bug")
		return false
	}
	return true
}

func parse(text string) (map[string]any, error) {
	var object map[string]any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&object); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) || object == nil {
		return nil, errors.New("not one object")
	}
	return object, nil
}

// Check calls the Check of a value and of everything inside it that has one, in the order of the fields.
func Check(at At, value any) { check(at, reflect.ValueOf(value)) }

func check(at At, v reflect.Value) {
	if v.Kind() == reflect.Pointer {
		if !v.IsNil() {
			check(at, v.Elem())
		}
		return
	}
	subject := v.Interface()
	if v.CanAddr() {
		// A pointer has the methods of both receivers.
		subject = v.Addr().Interface()
	}
	if checker, ok := subject.(Checker); ok {
		checker.Check(at)
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if name, ok := v.Type().Field(i).Tag.Lookup("json"); ok {
				check(at.Key(name), v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			check(at.Index(i), v.Index(i))
		}
	default:
		// Texts, numbers and switches are described by the tags of their fields.
	}
}

// Rule is what a field's tags say about its values.
type Rule struct {
	// Name is the key of the field.
	Name string
	// Required is whether it must be there.
	Required bool
	// Enum are the values that it may have; nil for any.
	Enum []string
	// Min and Max bound a number.
	Min, Max *float64
	// Format names a Format.
	Format string
	// Default is what it is when it is left out, as JSON would be decoded; nil for the zero value.
	Default any
	// Example shows a value.
	Example string
}

// RuleOf reads the tags of a field. It panics if the default is not YAML, which no test can miss.
func RuleOf(field reflect.StructField) Rule {
	r := Rule{Name: field.Tag.Get("json"), Example: field.Tag.Get("example")}
	for part := range strings.SplitSeq(field.Tag.Get("jsonschema"), ",") {
		key, value, _ := strings.Cut(part, "=")
		switch key {
		case "required":
			r.Required = true
		case "enum":
			r.Enum = append(r.Enum, value)
		case "minimum":
			r.Min = bound(value)
		case "maximum":
			r.Max = bound(value)
		case "format":
			r.Format = value
		}
	}
	if text, ok := field.Tag.Lookup("default"); ok {
		r.Default = defaultOf(text, field.Type)
	}
	return r
}

func bound(text string) *float64 {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil
	}
	return &n
}

func defaultOf(text string, t reflect.Type) any {
	if t.Kind() == reflect.String {
		return text
	}
	var value any
	err := yaml.Unmarshal([]byte(text), &value)
	var encoded []byte
	if err == nil {
		encoded, err = json.Marshal(value)
	}
	if err == nil {
		decoder := json.NewDecoder(strings.NewReader(string(encoded)))
		decoder.UseNumber()
		err = decoder.Decode(&value)
	}
	if err != nil {
		panic(fmt.Sprintf("the default %q is not YAML: %v", text, err))
	}
	return value
}

// shape compares a decoded JSON value with the type that shall hold it: unknown and missing keys, types, and the
// bounds in the tags. It returns the value without what cannot be held, and whether anything is left.
//
// encoding/json alone would stop at the first mismatch, take 1 for "1" in a field that any text may fill, and match
// keys in any case.
func (r *Report) shape(path string, value any, t reflect.Type, rule Rule) (any, bool) {
	if isSecret(t) {
		if text, ok := value.(string); ok {
			return text, true
		}
		r.damage(path, "the value is not text (a string)", SetSecret(path))
		return nil, false
	}
	switch t.Kind() {
	case reflect.Pointer:
		return r.shape(path, value, t.Elem(), rule)
	case reflect.Interface:
		return r.free(path, value), value != nil
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
			return r.list(path, list, t, Rule{Format: rule.Format}), true
		}
	case reflect.String:
		if text, ok := value.(string); ok {
			r.text(path, text, rule)
			return text, true
		}
	case reflect.Bool:
		if _, ok := value.(bool); ok {
			return value, true
		}
	case reflect.Int:
		if number, ok := value.(json.Number); ok {
			if n, err := strconv.Atoi(number.String()); err == nil {
				r.ranged(path, strconv.Itoa(n), float64(n), t, rule)
				return value, true
			}
		}
	case reflect.Float64:
		if number, ok := value.(json.Number); ok {
			if n, err := number.Float64(); err == nil {
				r.ranged(path, digits(n), n, t, rule)
				return value, true
			}
		}
	default:
		// The settings have no fields of other kinds.
	}
	if within(path, r.Secrets) {
		// The value may be a secret in the wrong place.
		r.damage(path, "the value is not "+kindName(t), r.expected(t, rule, path))
		return nil, false
	}
	r.damage(path, Quote(value)+" is not "+kindName(t), r.correction(value, t, rule))
	return nil, false
}

func isSecret(t reflect.Type) bool { return t.Implements(reflect.TypeFor[Secret]()) }

// object checks the keys of a mapping with known keys, and fills in the defaults of those that are left out.
func (r *Report) object(path string, object map[string]any, t reflect.Type) map[string]any {
	kept := make(map[string]any, len(object))
	names := make([]string, 0, t.NumField())
	for i := range t.NumField() {
		field := t.Field(i)
		name := field.Tag.Get("json")
		names = append(names, name)
		rule, below := RuleOf(field), path+"."+name
		value, present := object[name]
		if value == "" {
			value = nil
		}
		// What is required and has a default has one for the keys that are left out of it.
		if value == nil && !rule.Required {
			value = rule.Default
		}
		if value == nil && !rule.Required && field.Type.Kind() == reflect.Struct && !isSecret(field.Type) {
			value = map[string]any{}
		}
		switch {
		case value != nil:
			if v, ok := r.shape(below, under(rule.Default, value), field.Type, rule); ok {
				kept[name] = v
			}
		case rule.Required && present:
			r.damage(below, "the value is empty", r.expected(field.Type, rule, below))
		case rule.Required:
			r.damage(below, "the value is missing", r.expected(field.Type, rule, below))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if !slices.Contains(names, key) {
			r.unknown(path, key, names)
		}
	}
	return kept
}

// under puts the keys of a default under those of a mapping.
func under(base, value any) any {
	defaults, ok1 := base.(map[string]any)
	written, ok2 := value.(map[string]any)
	if !ok1 || !ok2 {
		return value
	}
	merged := maps.Clone(defaults)
	for key, v := range written {
		if v != nil && v != "" || merged[key] == nil {
			merged[key] = v
		}
	}
	return merged
}

func (r *Report) unknown(path, key string, names []string) {
	remedy := "remove it, or use one of " + strings.Join(names, ", ")
	if near := Nearest(key, names); near != "" {
		remedy = fmt.Sprintf("did you mean %q?", near)
	}
	r.damage(path+"."+key, "the key is unknown", remedy)
}

func (r *Report) dictionary(path string, object map[string]any, t reflect.Type) map[string]any {
	kept := make(map[string]any, len(object))
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if v, ok := r.shape(path+"."+key, object[key], t.Elem(), Rule{}); ok {
			kept[key] = v
		}
	}
	return kept
}

// list checks a list. An element that cannot be held is kept as a zero value, so that the indices of the others stay
// those of the file.
func (r *Report) list(path string, list []any, t reflect.Type, rule Rule) []any {
	kept := make([]any, len(list))
	for i, value := range list {
		if v, ok := r.shape(fmt.Sprintf("%s[%d]", path, i), value, t.Elem(), rule); ok {
			kept[i] = v
		}
	}
	return kept
}

// free checks a value whose keys are somebody else's.
func (r *Report) free(path string, value any) any {
	switch v := value.(type) {
	case nil:
		r.damage(path, "the value is empty",
			"write a value, or remove the key: what is empty could not be told from what is left out")
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			r.free(path+"."+key, v[key])
		}
	case []any:
		for i, element := range v {
			r.free(fmt.Sprintf("%s[%d]", path, i), element)
		}
	}
	return value
}

func (r *Report) text(path, text string, rule Rule) {
	if len(rule.Enum) > 0 {
		r.enumerated(path, text, Quote(text), rule)
		return
	}
	if rule.Format == "" {
		return
	}
	format, known := r.Formats[rule.Format]
	if !known {
		panic(fmt.Sprintf("%s has the format %q, which is not in the table of formats", path, rule.Format))
	}
	if wrong, remedy := format.check(text); wrong != "" {
		r.bound(path, wrong, remedy)
	}
}

func (r *Report) ranged(path, text string, n float64, t reflect.Type, rule Rule) {
	if rule.Min != nil && n < *rule.Min || rule.Max != nil && n > *rule.Max {
		r.bound(path, text+" is out of range", r.expected(t, rule, path))
		return
	}
	if len(rule.Enum) > 0 {
		r.enumerated(path, text, text, rule)
	}
}

func (r *Report) enumerated(path, text, quoted string, rule Rule) {
	if slices.Contains(rule.Enum, text) {
		return
	}
	remedy := "set it to " + OneOf(rule.Enum)
	if near := Nearest(text, rule.Enum); near != "" && quoted != text {
		remedy += fmt.Sprintf(" (did you mean %q?)", near)
	}
	r.bound(path, quoted+" is not allowed", remedy)
}

// kindName names a kind of value for a person, in the words of YAML.
func kindName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		return "a mapping"
	case reflect.Slice:
		return "a list"
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	default:
		return "text (a string)"
	}
}

// correction says what to write in place of a value of the wrong kind.
func (r *Report) correction(value any, t reflect.Type, rule Rule) string {
	if number, ok := value.(json.Number); ok && t.Kind() == reflect.String {
		return fmt.Sprintf("put it in quotes: %q", number.String())
	}
	unquoted := []reflect.Kind{reflect.Int, reflect.Float64, reflect.Bool}
	if text, ok := value.(string); ok && slices.Contains(unquoted, t.Kind()) {
		var parsed any
		if json.Unmarshal([]byte(text), &parsed) == nil {
			return "write it without quotes: " + text
		}
	}
	return r.expected(t, rule, "")
}

// expected says what a setting may be.
func (r *Report) expected(t reflect.Type, rule Rule, path string) string {
	switch {
	case isSecret(t):
		return SetSecret(path)
	case len(rule.Enum) > 0:
		return "set it to " + OneOf(rule.Enum)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return r.expected(t.Elem(), rule, path)
	case reflect.Bool:
		return "set it to true or false"
	case reflect.Int:
		return "set it to a whole number" + interval(rule)
	case reflect.Float64:
		return "set it to a number" + interval(rule)
	case reflect.Struct:
		keys := strings.Join(keysOf(t), ", ")
		if within(path, r.Secrets) {
			return "set its keys " + keys + ", each with `" + secretCommand(path+".<key>") + "`"
		}
		return "add it with its keys " + keys + "; Pulumi.prod.yaml shows one"
	case reflect.Slice:
		return "set it to a list, of which every element is " + kindName(t.Elem())
	case reflect.Map:
		return "set it to a mapping, one `key: value` to a line"
	default:
		if rule.Example != "" {
			return "set it to text, such as " + rule.Example
		}
		return "set it to text"
	}
}

// SetSecret says how a person sets the secret at a path.
func SetSecret(path string) string { return "set it with `" + secretCommand(path) + "`" }

func secretCommand(path string) string { return "pulumi config set --secret --path '" + path + "'" }

// digits writes a number as a person does.
func digits(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

func interval(rule Rule) string {
	switch {
	case rule.Min != nil && rule.Max != nil:
		return fmt.Sprintf(" from %s to %s", digits(*rule.Min), digits(*rule.Max))
	case rule.Min != nil:
		return " from " + digits(*rule.Min)
	default:
		return ""
	}
}

// keysOf lists the keys that a mapping must have, or all if it needs none.
func keysOf(t reflect.Type) []string {
	var all, required []string
	for i := range t.NumField() {
		all = append(all, t.Field(i).Tag.Get("json"))
		if RuleOf(t.Field(i)).Required {
			required = append(required, t.Field(i).Tag.Get("json"))
		}
	}
	if len(required) > 0 {
		return required
	}
	return all
}

// Quote shows a value as JSON, shortened when it is long.
func Quote(value any) string {
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
