package settings_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/infra/settings"
)

// fixture returns the settings in a file of testdata with a YAML snippet merged over them: mappings are merged,
// everything else is replaced, and null removes a key.
func fixture(t testing.TB, name, snippet string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".yaml"))
	require.NoError(t, err)
	return toJSON(t, merge(fromYAML(t, string(text)), fromYAML(t, snippet)))
}

// base is the smallest valid settings, changed.
func base(t testing.TB, snippet string) string {
	t.Helper()
	return fixture(t, "base", snippet)
}

// production is the settings of a large environment, changed.
func production(t testing.TB, snippet string) string {
	t.Helper()
	return fixture(t, "production", snippet)
}

func fromYAML(t testing.TB, text string) map[string]any {
	t.Helper()
	var object map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(text), &object))
	return object
}

func toJSON(t testing.TB, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return string(text)
}

func merge(under, over map[string]any) map[string]any {
	for key, value := range over {
		mapping, isMapping := value.(map[string]any)
		below, hasMapping := under[key].(map[string]any)
		switch {
		case value == nil:
			delete(under, key)
		case isMapping && hasMapping:
			under[key] = merge(below, mapping)
		default:
			under[key] = value
		}
	}
	return under
}

// secrets returns what the fixtures need, with a YAML snippet merged over it.
func secrets(t testing.TB, snippet string) string {
	t.Helper()
	return toJSON(t, merge(map[string]any{
		"digitalOceanToken": "fake-token", "spacesAccessId": "fake-id", "spacesSecretKey": "fake-key",
		"acmeDnsToken": "fake-dns-token", "smtpUsername": "fake-user", "smtpPassword": "fake-password",
		"netlifyToken": "fake-netlify-token", "elsewhereAccessId": "fake-elsewhere-id",
		"elsewhereSecretKey": "fake-elsewhere-key",
	}, fromYAML(t, snippet)))
}

// read returns settings that must be accepted.
func read(t testing.TB, text string) *settings.Settings {
	t.Helper()
	decoded, _, err := settings.Decode(text, secrets(t, ""))
	require.NoError(t, err)
	return decoded
}

// problems returns the lines that decoding reports, without their heading.
func problems(t testing.TB, text, secrets string) []string {
	t.Helper()
	decoded, hidden, err := settings.Decode(text, secrets)
	if err == nil {
		return nil
	}
	require.Nil(t, decoded)
	require.Nil(t, hidden)
	var found settings.Problems
	require.True(t, errors.As(err, &found), "the error is %T", err)
	lines := []string{}
	for _, problem := range found {
		lines = append(lines, problem.String())
	}
	return lines
}

// bad is a change that makes the base settings wrong, and what is reported, without the "vmst:settings." before each
// path.
type bad struct {
	name, change string
	want         []string
}

func refused(t *testing.T, tests []bad) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, under("vmst:settings.", test.want), problems(t, base(t, test.change), secrets(t, "")))
		})
	}
}

// accepted decodes the base settings with each change. What is right must pass: tables of what is refused say nothing
// about refusing too much.
func accepted(t *testing.T, changes map[string]string) {
	t.Helper()
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Empty(t, problems(t, base(t, change), secrets(t, "")))
		})
	}
}

// under puts a path before each line.
func under(path string, lines []string) []string {
	var all []string
	for _, line := range lines {
		all = append(all, path+line)
	}
	return all
}
