// Package schema derives the JSON Schema of a stack file from the Go types of
// package config. It lives outside the program, which needs no schema to run.
package schema

import (
	"encoding/json"
	"fmt"
	"path"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/vmstio/infrastructure/infra/catalogue"
	"github.com/vmstio/infrastructure/infra/config"
)

const module = "github.com/vmstio/infrastructure"

// Path of the schema below the root of the project.
const Path = "infra/config/stack.schema.json"

// Generate returns the schema of Pulumi.<stack>.yaml, with descriptions from the
// comments of the types, which it reads from the project at root.
func Generate(root string) ([]byte, error) {
	reflector := &jsonschema.Reflector{
		Anonymous:                  true,
		RequiredFromJSONSchemaTags: true,
		Mapper:                     encrypted,
	}
	source := filepath.Join(root, "infra", "config")
	if err := reflector.AddGoComments(module, source, jsonschema.WithFullComment()); err != nil {
		return nil, fmt.Errorf("reading the comments of %s: %w", source, err)
	}
	// Comments are filed under the directory they were read from, not under the
	// package's import path.
	comments := map[string]string{}
	for key, comment := range reflector.CommentMap {
		_, name, _ := strings.Cut(key, path.Join(module, filepath.ToSlash(source)))
		comments[module+"/infra/config"+name] = strings.Join(strings.Fields(comment), " ")
	}
	reflector.CommentMap = comments
	settings := reflector.Reflect(&config.Settings{})
	secrets := reflector.Reflect(&config.Secrets{})
	definitions := settings.Definitions
	for name, definition := range secrets.Definitions {
		definitions[name] = definition
	}
	offer(definitions)
	text, err := json.MarshalIndent(stackFile(definitions), "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the schema: %w", err)
	}
	return append(text, '\n'), nil
}

// encrypted describes a secret as Pulumi writes it. A secret in clear text does
// not satisfy the schema.
func encrypted(t reflect.Type) *jsonschema.Schema {
	if t != reflect.TypeFor[config.Secret]() {
		return nil
	}
	properties := jsonschema.NewProperties()
	properties.Set("secure", &jsonschema.Schema{Type: "string", MinLength: pointer(uint64(1))})
	return &jsonschema.Schema{
		Type: "object", Properties: properties, Required: []string{"secure"},
		AdditionalProperties: jsonschema.FalseSchema,
	}
}

func pointer[T any](value T) *T { return &value }

// offer adds the slugs of the catalogue, so that an editor can complete them.
func offer(definitions jsonschema.Definitions) {
	var sizes []string
	for _, size := range catalogue.DropletSizes() {
		sizes = append(sizes, size.Slug)
	}
	set := func(definition, property string, values []string) {
		schema, ok := definitions[definition].Properties.Get(property)
		if !ok {
			return
		}
		if schema.Items != nil {
			schema = schema.Items
		}
		for _, value := range values {
			schema.Enum = append(schema.Enum, value)
		}
	}
	set("Settings", "region", catalogue.ComputeRegions())
	set("Storage", "region", catalogue.SpacesRegions())
	set("Storage", "backupRegion", catalogue.SpacesRegions())
	set("DefaultPool", "size", sizes)
	set("NodePool", "size", sizes)
	set("Monitoring", "regions", catalogue.UptimeRegions())
}

// stackFile is the schema of the whole file: the two objects of this program,
// the configuration of anything else, and what Pulumi keeps beside them.
func stackFile(definitions jsonschema.Definitions) *jsonschema.Schema {
	settingsKey := config.Namespace + ":" + config.SettingsKey
	secretsKey := config.Namespace + ":" + config.SecretsKey

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
			{Not: &jsonschema.Schema{Pattern: "^(" + config.Namespace + ":|[^:]*$)"}},
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
