// Package reference is what the generated part of the documentation is made of, docs/content/6.reference: its tests
// write the pages, and hold that they are current.
package reference

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Setting is a key that a person may write below vmst:settings, or a group of keys.
type Setting struct {
	// Path is where it stands, with [] for any element of a list: "cluster.nodePools[].size".
	Path string
	// Type is "text", "whole number", "number", "true or false", "list of text", "mapping", "secret",
	// "group" or "list of groups".
	Type string
	// Description is the comment of its field.
	Description string
	// Required is whether it must be there, if the group that it is in is.
	Required bool
	// Default is what it is when it is left out; nil for what is empty then, or is worked out by the program.
	Default any
	// Allowed are the values that it may have, and no others; or those that are known, if More is true.
	Allowed []string
	More    bool
	// Min and Max bound a number.
	Min, Max *float64
	// Written says how a text is written: "a time: write it as HH:MM in UTC, in quotes".
	Written string
	// Example is a value.
	Example string
}

// Group reports whether it holds other settings, and has no value of its own.
func (s Setting) Group() bool {
	return strings.HasSuffix(s.Type, "group") || strings.HasSuffix(s.Type, "groups")
}

// Room is the key below vmst:settings that it belongs to.
func (s Setting) Room() string { return firstKey.FindString(s.Path) }

// Key is the last part of the path.
func (s Setting) Key() string {
	return strings.TrimSuffix(s.Path[strings.LastIndex(s.Path, ".")+1:], "[]")
}

var firstKey = regexp.MustCompile(`^\w+`)

// schema is as much of a JSON Schema as the settings use.
type schema struct {
	Ref         string    `yaml:"$ref"`
	Type        string    `yaml:"type"`
	Description string    `yaml:"description"`
	Default     any       `yaml:"default"`
	Examples    []string  `yaml:"examples"`
	Enum        []any     `yaml:"enum"`
	AnyOf       []schema  `yaml:"anyOf"`
	Minimum     *float64  `yaml:"minimum"`
	Maximum     *float64  `yaml:"maximum"`
	Message     string    `yaml:"errorMessage"`
	Items       *schema   `yaml:"items"`
	Properties  yaml.Node `yaml:"properties"`
	Required    []string  `yaml:"required"`
}

// Settings are all settings, in the order of their types, from the JSON Schema of the project at root.
func Settings(root string) ([]Setting, error) { return read(root, "Settings") }

// Secrets are all secrets.
func Secrets(root string) ([]Setting, error) { return read(root, "Secrets") }

func read(root, object string) ([]Setting, error) {
	text, err := os.ReadFile(filepath.Join(root, "infra", "settings", "stack.schema.json"))
	if err != nil {
		return nil, fmt.Errorf("reading the schema of the stack files: %w", err)
	}
	// JSON is YAML, whose nodes keep the order of the keys.
	var file struct {
		Definitions map[string]schema `yaml:"$defs"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("reading the schema of the stack files: %w", err)
	}
	w := walk{definitions: file.Definitions}
	if err := w.group("", file.Definitions[object], nil); err != nil {
		return nil, err
	}
	return w.found, nil
}

type walk struct {
	definitions map[string]schema
	found       []Setting
}

// group walks over the keys of a group. Its default holds those of keys that have none of their own.
func (w *walk) group(path string, group schema, defaults any) error {
	given, _ := defaults.(map[string]any)
	for i := 0; i+1 < len(group.Properties.Content); i += 2 {
		key := group.Properties.Content[i].Value
		var property schema
		if err := group.Properties.Content[i+1].Decode(&property); err != nil {
			return fmt.Errorf("the schema of %s.%s: %w", path, key, err)
		}
		if own, ok := given[key]; ok && property.Default == nil {
			property.Default = own
		}
		at := strings.TrimPrefix(path+"."+key, ".")
		if err := w.setting(at, property, slices.Contains(group.Required, key)); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) setting(path string, property schema, required bool) error {
	whole := w.resolve(property)
	s := Setting{
		Path: path, Description: whole.Description, Required: required, Default: whole.Default,
		Min: whole.Minimum, Max: whole.Maximum,
	}
	text, element := whole, whole
	if whole.Type == "array" && whole.Items != nil {
		element = w.resolve(*whole.Items)
		text = element
	}
	s.Written, s.Type = text.Message, typeOf(whole, element)
	for _, value := range text.Enum {
		s.Allowed = append(s.Allowed, fmt.Sprint(value))
	}
	for _, one := range text.AnyOf {
		for _, value := range one.Enum {
			s.Allowed, s.More = append(s.Allowed, fmt.Sprint(value)), true
		}
	}
	if len(text.Examples) > 0 {
		s.Example = text.Examples[0]
	}
	w.found = append(w.found, s)
	if !s.Group() {
		return nil
	}
	if whole.Type == "array" {
		path += "[]"
	}
	return w.group(path, element, whole.Default)
}

// resolve is a schema with what it refers to, and its own words first.
func (w *walk) resolve(s schema) schema {
	if s.Ref == "" {
		return s
	}
	whole := w.definitions[strings.TrimPrefix(s.Ref, "#/$defs/")]
	if s.Description != "" {
		whole.Description = s.Description
	}
	whole.Default = s.Default
	return whole
}

func typeOf(whole, element schema) string {
	words := map[string]string{
		"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false",
		"object": "mapping",
	}
	properties := whole.Properties.Content
	switch {
	case len(properties) > 0 && properties[0].Value == "secure":
		return "secret"
	case whole.Type == "array" && len(element.Properties.Content) > 0:
		return "list of groups"
	case whole.Type == "array":
		return "list of " + words[element.Type]
	case len(properties) > 0:
		return "group"
	default:
		return words[whole.Type]
	}
}

// Change is what one change of a setting does, as the engine would decide it in a stack that has everything.
type Change struct {
	// From and To are the values, in YAML.
	From string `json:"from"`
	To   string `json:"to"`
	// With are other settings without whose change this one is not accepted.
	With []string `json:"with,omitempty"`
	// Does are the operations by their kind: see the constants.
	Does []Operation `json:"does"`
	// Both is whether the way back does the same.
	Both bool `json:"both,omitempty"`
}

// The kinds of operations, the worst first.
const (
	// Protected is refused by Pulumi: what is protected would be replaced or deleted.
	Protected = "protected"
	// Impossible is refused by the cloud.
	Impossible = "impossible"
	// Replaced, Deleted, Created and Updated are done.
	Replaced = "replaced"
	Deleted  = "deleted"
	Created  = "created"
	Updated  = "updated"
	// State changes what Pulumi's state says of protection, and nothing of the cloud.
	State = "state"
	// Outputs changes stack outputs alone.
	Outputs = "outputs"
)

// Kinds are the kinds of operations, the worst first.
func Kinds() []string {
	return []string{Protected, Impossible, Replaced, Deleted, Created, Updated, State, Outputs}
}

// Operation is what happens to a number of resources.
type Operation struct {
	// Kind is one of [Kinds].
	Kind string `json:"kind"`
	// Resources are "<type> <name>"; of [Outputs], the outputs.
	Resources []string `json:"resources"`
	// Says is the cloud's reason to refuse.
	Says string `json:"says,omitempty"`
}

// Paths are the keys of a map of changes that the settings lack, and the settings that it lacks.
func Paths(settings []Setting, changes map[string][]Change) (unknown, missing []string) {
	known := map[string]bool{}
	for _, s := range settings {
		known[s.Path] = true
		if !strings.HasSuffix(s.Type, "group") && len(changes[s.Path]) == 0 {
			missing = append(missing, s.Path)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(changes)) {
		if !known[path] {
			unknown = append(unknown, path)
		}
	}
	return unknown, missing
}
