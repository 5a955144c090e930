package settings

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/invopop/jsonschema"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/settings/internal/decode"
)

var update = flag.Bool("update", false, "write the JSON Schema again (make generate)")

// The JSON Schema of the stack files is derived from the Go types here, in a test: the program needs none to run.
func TestSchemaIsCurrent(t *testing.T) {
	t.Parallel()
	want, err := generateSchema(filepath.Join("..", ".."))
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile(schemaFile, want, 0o644))
		return
	}
	got, err := os.ReadFile(schemaFile)
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, got), "%s is not what the types say: run `make generate`", schemaFile)
}

const (
	module     = "github.com/vmstio/infrastructure"
	schemaFile = "stack.schema.json"
)

// generateSchema returns the schema of Pulumi.<stack>.yaml, with descriptions from the comments of the types, which it
// reads from the project at root.
func generateSchema(root string) ([]byte, error) {
	reflector := &jsonschema.Reflector{Anonymous: true, RequiredFromJSONSchemaTags: true, Mapper: encrypted}
	source := filepath.Join(root, "infra", "settings")
	if err := reflector.AddGoComments(module, source, jsonschema.WithFullComment()); err != nil {
		return nil, fmt.Errorf("reading the comments of %s: %w", source, err)
	}
	// Comments are filed under the directory they were read from, not under the package's import path.
	comments := map[string]string{}
	for key, comment := range reflector.CommentMap {
		_, name, _ := strings.Cut(key, path.Join(module, filepath.ToSlash(source)))
		comments[module+"/infra/settings"+name] = strings.Join(strings.Fields(comment), " ")
	}
	reflector.CommentMap = comments
	definitions := reflector.Reflect(&Settings{}).Definitions
	for name, definition := range reflector.Reflect(&Secrets{}).Definitions {
		definitions[name] = definition
	}
	describe(reflect.TypeFor[Settings](), definitions, formats())
	text, err := json.MarshalIndent(stackFile(definitions), "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the schema: %w", err)
	}
	return append(text, '\n'), nil
}

// encrypted describes a secret as Pulumi writes it. A secret in clear text does not satisfy the schema.
func encrypted(t reflect.Type) *jsonschema.Schema {
	if t != reflect.TypeFor[Secret]() {
		return nil
	}
	properties := jsonschema.NewProperties()
	one := uint64(1)
	properties.Set("secure", &jsonschema.Schema{Type: "string", MinLength: &one})
	return &jsonschema.Schema{
		Type: "object", Properties: properties, Required: []string{"secure"},
		AdditionalProperties: jsonschema.FalseSchema,
	}
}

// describe adds what the reflector does not read from the tags: defaults, examples, and what the formats stand for.
func describe(t reflect.Type, definitions jsonschema.Definitions, formats map[string]decode.Format) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		describe(t.Elem(), definitions, formats)
		return
	case reflect.Struct:
	default:
		return
	}
	for i := range t.NumField() {
		field := t.Field(i)
		rule := decode.RuleOf(field)
		property, ok := definitions[t.Name()].Properties.Get(rule.Name)
		if !ok {
			continue
		}
		property.Default = rule.Default
		text := property
		if property.Items != nil {
			text = property.Items
		}
		if rule.Example != "" {
			text.Examples = []any{rule.Example}
		}
		if format, ok := formats[rule.Format]; ok {
			property.Format, text.Format = "", ""
			apply(format, rule.Format, text)
		}
		describe(field.Type, definitions, formats)
	}
}

// apply writes down a format: the names that JSON Schema knows as they are, and of the others what they look like.
func apply(format decode.Format, name string, text *jsonschema.Schema) {
	switch name {
	case "hostname", "email":
		text.Format = name
	}
	if format.Write != "" {
		// What editors say of a text that is not one (VS Code's JSON and YAML), and the reference of any.
		text.Extras = map[string]any{"errorMessage": format.Is + ": " + format.Write}
	}
	var known []any
	for _, value := range format.Values {
		known = append(known, value)
	}
	switch {
	case format.Pattern != nil && known != nil:
		// An editor completes the one, and admits the other.
		text.AnyOf = []*jsonschema.Schema{{Enum: known}, {Pattern: format.Pattern.String()}}
	case format.Pattern != nil:
		text.Pattern = format.Pattern.String()
	default:
		text.Enum = known
	}
}

// stackFile is the schema of the whole file: the two objects of this program, the configuration of anything else, and
// what Pulumi keeps beside them.
func stackFile(definitions jsonschema.Definitions) *jsonschema.Schema {
	settingsKey := Namespace + ":" + SettingsKey
	secretsKey := Namespace + ":" + SecretsKey

	objects := jsonschema.NewProperties()
	objects.Set(settingsKey, &jsonschema.Schema{Ref: "#/$defs/Settings"})
	objects.Set(secretsKey, &jsonschema.Schema{Ref: "#/$defs/Secrets"})

	text := func(description string) *jsonschema.Schema {
		return &jsonschema.Schema{Type: "string", Description: description}
	}
	keys := jsonschema.NewProperties()
	keys.Set("config", &jsonschema.Schema{
		Type: "object", Properties: objects, Required: []string{settingsKey},
		Description: "The configuration of the stack.",
		PropertyNames: &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
			{Enum: []any{settingsKey, secretsKey}},
			{Not: &jsonschema.Schema{Pattern: "^(" + Namespace + ":|[^:]*$)"}},
		}},
	})
	keys.Set("secretsprovider", text("The provider that encrypts the secrets. Written by Pulumi."))
	keys.Set("encryptedkey", text("The encrypted key of a cloud secrets provider. Written by Pulumi."))
	keys.Set("encryptionsalt", text("The salt of a passphrase. Written by Pulumi."))
	keys.Set("environment", &jsonschema.Schema{Description: "Pulumi ESC environments that the stack imports."})
	return &jsonschema.Schema{
		Version: jsonschema.Version, Title: "Stack file",
		Description: "Pulumi.<stack>.yaml: one environment of this project.",
		Type:        "object", Properties: keys, Required: []string{"config"},
		AdditionalProperties: jsonschema.FalseSchema, Definitions: definitions,
	}
}
