package settings

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/infra/settings/internal/decode"
)

func committed(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile(schemaFile)
	require.NoError(t, err)
	return text
}

func compile(t *testing.T) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.ExtractAnnotations = true
	require.NoError(t, compiler.AddResource("stack", bytes.NewReader(committed(t))))
	compiled, err := compiler.Compile("stack")
	require.NoError(t, err)
	return compiled
}

func TestEverySettingIsDescribed(t *testing.T) {
	t.Parallel()
	for name, definition := range compile(t).Properties["config"].Properties {
		described(t, name, definition, map[*jsonschema.Schema]bool{})
	}
}

func described(t *testing.T, path string, s *jsonschema.Schema, seen map[*jsonschema.Schema]bool) {
	t.Helper()
	if s.Ref != nil {
		s = s.Ref
	}
	if seen[s] {
		return
	}
	seen[s] = true
	for name, property := range s.Properties {
		if name != "secure" {
			assert.NotEmpty(t, property.Description, "%s.%s has no comment in package settings", path, name)
		}
		described(t, path+"."+name, property, seen)
	}
	if s.Items2020 != nil {
		described(t, path+"[]", s.Items2020, seen)
	}
}

// property is a setting in the schema.
type property struct {
	Default  any
	Examples []string
	Format   string
	Pattern  string
	Enum     []any
	AnyOf    []property
	Items    *property
	Minimum  *float64
	Maximum  *float64
}

// What the tags of a field say stands in the schema, for editors.
func TestSchemaSaysWhatTheTagsSay(t *testing.T) {
	t.Parallel()
	var file struct {
		Defs map[string]struct {
			Properties map[string]property
			Required   []string
		} `json:"$defs"`
	}
	decoder := json.NewDecoder(bytes.NewReader(committed(t)))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&file))
	formats, seen, count := formats(), map[reflect.Type]bool{}, map[string]int{}
	// Names of environment variables are keys, which no tag describes.
	used := map[string]bool{"variable": true}
	var walk func(reflect.Type)
	walk = func(of reflect.Type) {
		if of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
			walk(of.Elem())
			return
		}
		if of.Kind() != reflect.Struct || seen[of] {
			return
		}
		seen[of] = true
		definition := file.Defs[of.Name()]
		for i := range of.NumField() {
			field := of.Field(i)
			rule, name := decode.RuleOf(field), of.Name()+"."+field.Name
			written, ok := definition.Properties[rule.Name]
			require.True(t, ok, "%s is not in the schema", name)
			assert.Equal(t, rule.Default, written.Default, name)
			assert.Equal(t, rule.Required, slices.Contains(definition.Required, rule.Name), name)
			assert.Equal(t, []any{rule.Min, rule.Max}, []any{written.Minimum, written.Maximum}, name)
			text := &written
			if written.Items != nil {
				text = written.Items
			}
			if rule.Example != "" {
				assert.Equal(t, []string{rule.Example}, text.Examples, name)
				count["example"]++
			}
			if rule.Default != nil {
				count["default"]++
			}
			if rule.Format == "" {
				assert.Len(t, text.Enum, len(rule.Enum), name)
			} else {
				format, ok := formats[rule.Format]
				require.True(t, ok, "%s: there is no format %s", name, rule.Format)
				used[rule.Format] = true
				described := text
				if len(text.AnyOf) > 0 {
					require.Len(t, text.AnyOf, 2, name)
					described = &property{Enum: text.AnyOf[0].Enum, Pattern: text.AnyOf[1].Pattern}
				}
				if format.Pattern != nil {
					assert.Equal(t, format.Pattern.String(), described.Pattern, name)
					count["pattern"]++
				}
				assert.Len(t, described.Enum, len(format.Values), name)
				assert.Contains(t, []string{"", "hostname", "email"}, text.Format, "%s: JSON Schema has no such format",
					name)
			}
			walk(field.Type)
		}
	}
	walk(reflect.TypeFor[Settings]())
	for name := range formats {
		assert.True(t, used[name], "no setting has the format %s", name)
	}
	for what, least := range map[string]int{"default": 30, "pattern": 30, "example": 10} {
		assert.GreaterOrEqual(t, count[what], least, "the test sees too few: %s", what)
	}
}

// file returns a stack file with the settings of a large environment, changed.
func file(t *testing.T, change string) any {
	t.Helper()
	text, err := os.ReadFile("testdata/production.yaml")
	require.NoError(t, err)
	var written, over any
	require.NoError(t, yaml.Unmarshal(text, &written))
	require.NoError(t, yaml.Unmarshal([]byte(change), &over))
	merged := merge(map[string]any{"config": map[string]any{"vmst:settings": written}}, over)
	// The validator knows the types of JSON.
	encoded, err := json.Marshal(merged)
	require.NoError(t, err)
	var decoded any
	require.NoError(t, json.Unmarshal(encoded, &decoded))
	return decoded
}

func merge(under, over any) any {
	mapping, ok1 := under.(map[string]any)
	changes, ok2 := over.(map[string]any)
	if !ok1 || !ok2 {
		return over
	}
	for key, value := range changes {
		if mapping[key] = merge(mapping[key], value); value == nil {
			delete(mapping, key)
		}
	}
	return mapping
}

func TestSchemaRefusesWhatDecodingRefuses(t *testing.T) {
	t.Parallel()
	compiled := compile(t)
	for name, change := range map[string]string{
		"unknown mapping":      `{config: {vmst:settings: {colour: blue}}}`,
		"unknown key":          `{config: {vmst:settings: {dns: {TTL: 300}}}}`,
		"unknown object":       `{config: {vmst:setting: {}}}`,
		"key without a prefix": `{config: {settings: {}}}`,
		"wrong kind":           `{config: {vmst:settings: {protect: "true"}}}`,
		"out of range":         `{config: {vmst:settings: {database: {nodes: 4}}}}`,
		"not allowed":          `{config: {vmst:settings: {environment: prod}}}`,
		"region":               `{config: {vmst:settings: {storage: {region: new-york}}}}`,
		"a text in a list":     `{config: {vmst:settings: {monitoring: {regions: [mars]}}}}`,
		"host name":            `{config: {vmst:settings: {domain: social_example.org}}}`,
		"time":                 `{config: {vmst:settings: {cluster: {maintenance: {time: "24:00"}}}}}`,
		"tag":                  `{config: {vmst:settings: {mastodon: {image: {tag: "a:b"}}}}}`,
		"missing":              `{config: {vmst:settings: {domain: null}}}`,
		"no settings":          `{config: {vmst:settings: null}}`,
		"key beside config":    `{settings: {}}`,
		"secret in clear text": `{config: {vmst:secrets: {digitalOceanToken: x, spacesAccessId: x, spacesSecretKey: x,
			acmeDnsToken: x}}}`,
	} {
		require.Error(t, compiled.Validate(file(t, change)), name)
	}
	require.NoError(t, compiled.Validate(file(t, `{}`)))
	secrets := strings.NewReplacer("x", "{secure: v1:abc}").Replace(`{digitalOceanToken: x, spacesAccessId: x,
		spacesSecretKey: x, acmeDnsToken: x, environment: {A: x}}`)
	require.NoError(t, compiled.Validate(file(t, `{encryptionsalt: a, secretsprovider: a, encryptedkey: a,
		environment: [prod], config: {pulumi:tags: {a: b}, vmst:secrets: `+secrets+`,
		vmst:settings: {ingress: {values: {a: [1, {b: null}]}}}}}`)))
}
