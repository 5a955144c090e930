package config_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/infra/config"
)

const root = "../.."

// stacks are the committed environments.
func stacks() []string { return []string{"prod", "staging"} }

// base returns the smallest valid settings with a YAML snippet merged over them:
// groups are merged, everything else is replaced, and null removes a key.
func base(t testing.TB, snippet string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "base.yaml"))
	require.NoError(t, err)
	return toJSON(t, merge(fromYAML(t, string(text)), fromYAML(t, snippet)))
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
		group, isGroup := value.(map[string]any)
		below, hasGroup := under[key].(map[string]any)
		switch {
		case value == nil:
			delete(under, key)
		case isGroup && hasGroup:
			under[key] = merge(below, group)
		default:
			under[key] = value
		}
	}
	return under
}

// secrets returns what the base settings and the stacks need, with a YAML snippet merged over it.
func secrets(t testing.TB, snippet string) string {
	t.Helper()
	return toJSON(t, merge(map[string]any{
		"digitalOceanToken": "fake-token", "spacesAccessId": "fake-id", "spacesSecretKey": "fake-key",
		"acmeDnsToken": "fake-dns-token", "smtpUsername": "fake-user", "smtpPassword": "fake-password",
		"netlifyToken": "fake-netlify-token",
	}, fromYAML(t, snippet)))
}

// stackConfig returns the configuration of a committed stack file.
func stackConfig(t testing.TB, stack string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "Pulumi."+stack+".yaml"))
	require.NoError(t, err)
	file := fromYAML(t, string(text))
	require.IsType(t, map[string]any{}, file["config"])
	return file["config"].(map[string]any)
}

// stackSettings returns the decoded settings of a committed stack file.
func stackSettings(t testing.TB, stack string) *config.Settings {
	t.Helper()
	settings, _, err := config.Decode(toJSON(t, stackConfig(t, stack)["vmst:settings"]), secrets(t, ""))
	require.NoError(t, err)
	return settings
}

// problems returns the lines that decoding reports, without their heading.
func problems(t testing.TB, settings, secrets string) []string {
	t.Helper()
	decoded, hidden, err := config.Decode(settings, secrets)
	if err == nil {
		return nil
	}
	require.Nil(t, decoded)
	require.Nil(t, hidden)
	var found config.Problems
	require.True(t, errors.As(err, &found), "the error is %T", err)
	lines := []string{}
	for _, problem := range found {
		lines = append(lines, problem.String())
	}
	return lines
}

// badFile is a change that makes the base settings wrong, and what is reported.
type badFile struct {
	name    string
	snippet string
	want    []string
}

// run decodes the base settings with each change. The paths that are wanted are
// written without "vmst:settings.".
func runBad(t *testing.T, files []badFile) {
	t.Helper()
	for _, file := range files {
		t.Run(file.name, func(t *testing.T) {
			t.Parallel()
			var want []string
			for _, line := range file.want {
				want = append(want, "vmst:settings."+line)
			}
			require.Equal(t, want, problems(t, base(t, file.snippet), secrets(t, "")))
		})
	}
}
