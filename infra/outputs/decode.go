package outputs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/vmstio/infrastructure/infra/settings"
)

// Decode reads what `pulumi stack output --json` prints. An output that is not in the contract, that is missing, or
// that is not what the contract says, is an error; it names each with its path, the value, and what is expected.
func Decode(data []byte) (*Outputs, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("reading stack outputs: not JSON, as `pulumi stack output --json` prints it: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("reading stack outputs: something follows the outputs, which are one object")
	}
	fields, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("reading stack outputs: %s, expected an object", quote(value))
	}
	version, err := versionOf(fields)
	if err != nil {
		return nil, fmt.Errorf("reading stack outputs: %w", err)
	}
	r := &reader{version: version}
	r.object("", fields, reflect.TypeFor[Outputs]())
	if len(r.wrong) > 0 {
		return nil, fmt.Errorf("reading stack outputs of contract version %d:\n  %s", version,
			strings.Join(r.wrong, "\n  "))
	}
	outputs := &Outputs{}
	if err := json.Unmarshal(data, outputs); err != nil {
		return nil, fmt.Errorf("reading stack outputs: %w", err)
	}
	if version < 2 {
		s := &settings.Settings{Observability: settings.DefaultObservability()}
		_, s.Search.Enabled = outputs.Databases["search"]
		defaults := s.Signals("")
		outputs.Objectives, outputs.Thresholds = defaults.Targets, defaults.Thresholds
	}
	return outputs, nil
}

// versionOf comes first: of outputs of another program or of a later contract, nothing else is worth saying.
func versionOf(fields map[string]any) (int, error) {
	value, ok := fields["contractVersion"]
	if !ok {
		return 0, fmt.Errorf("contractVersion is missing, expected %d to %d: these are not the outputs of this program",
			Oldest, Version)
	}
	number, _ := value.(json.Number)
	version, err := strconv.Atoi(number.String())
	if err != nil || version < Oldest || version > Version {
		return 0, fmt.Errorf("contractVersion is %s, expected %d to %d: run this from the commit that the stack was "+
			"brought up with", quote(value), Oldest, Version)
	}
	return version, nil
}

// reader collects what is wrong.
type reader struct {
	version int
	wrong   []string
}

func (r *reader) add(path string, value any, expected string) {
	r.wrong = append(r.wrong, fmt.Sprintf("%s is %s, expected %s", path, quote(value), expected))
}

// object reads the fields of a struct. One is missing unless it is a pointer, or newer than the outputs.
func (r *reader) object(path string, fields map[string]any, t reflect.Type) {
	known := map[string]bool{}
	for field := range t.Fields() {
		name, since := field.Tag.Get("json"), field.Tag.Get("since")
		if later, _ := strconv.Atoi(since); later > r.version {
			continue
		}
		known[name] = true
		value, ok := fields[name]
		if !ok && field.Type.Kind() != reflect.Pointer {
			r.wrong = append(r.wrong, fmt.Sprintf("%s is missing, expected %s", join(path, name), kind(field.Type)))
		}
		if ok {
			r.value(join(path, name), value, field.Type, field.Tag.Get("is"))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !known[name] {
			r.add(join(path, name), fields[name],
				fmt.Sprintf("nothing: version %d of the contract has no such output", r.version))
		}
	}
}

// value reads one value, or those of a list or an object of names; is says of what kind they are.
func (r *reader) value(path string, value any, t reflect.Type, is string) {
	switch t.Kind() {
	case reflect.Pointer:
		if value != nil {
			r.value(path, value, t.Elem(), is)
		}
	case reflect.Slice:
		elements, ok := value.([]any)
		if !ok && value != nil { // Pulumi prints an empty list of a provider as null
			r.add(path, value, kind(t))
		}
		for i, element := range elements {
			r.value(fmt.Sprintf("%s[%d]", path, i), element, t.Elem(), is)
		}
	case reflect.Map, reflect.Struct:
		fields, ok := value.(map[string]any)
		switch {
		case !ok:
			r.add(path, value, kind(t))
		case t.Kind() == reflect.Struct:
			r.object(path, fields, t)
		default:
			for _, name := range slices.Sorted(maps.Keys(fields)) {
				r.value(join(path, name), fields[name], t.Elem(), is)
			}
		}
	default:
		if !fits(value, t.Kind()) {
			r.add(path, value, kind(t))
		} else if expected := wrong(value, is); expected != "" {
			r.add(path, value, expected)
		}
	}
}

// fits is whether a value is text, a number or a truth value, as the type says.
func fits(value any, kind reflect.Kind) bool {
	switch value := value.(type) {
	case string:
		return kind == reflect.String
	case bool:
		return kind == reflect.Bool
	case json.Number:
		if kind == reflect.Int {
			_, err := strconv.Atoi(value.String())
			return err == nil
		}
		return kind == reflect.Float64
	default:
		return false
	}
}

// wrong says what is expected of a value that is not of a kind.
func wrong(value any, is string) string {
	switch is {
	case "url", "url or nothing":
		if value == "" && is != "url" {
			return ""
		}
		u, err := url.Parse(value.(string))
		if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
			return "an address that begins with https:// and has no credentials"
		}
	case "port":
		if port, _ := strconv.Atoi(value.(json.Number).String()); port < 1 || port > 65535 {
			return "a port, 1 to 65535"
		}
	case "percent":
		if percent, _ := value.(json.Number).Float64(); percent < 0 || percent >= 100 {
			return "a percentage below 100"
		}
	}
	return ""
}

// kind says in words what a value of a type is.
func kind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "a list"
	default:
		return "an object"
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// quote shows a value as JSON, shortened when it is long.
func quote(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	if short := []rune(string(text)); len(short) > 60 {
		return string(short[:57]) + "..."
	}
	return string(text)
}
