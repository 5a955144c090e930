package reference_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/infra"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/tests/mocks"
)

// committed are the environments of the project.
var committed = []string{"prod", "staging"}

func stackFile(stack string) string { return filepath.Join(root, "Pulumi."+stack+".yaml") }

// decoded are the settings of a file, and what the program is given of it.
func decoded(t *testing.T, path string) (s *settings.Settings, text string) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	var file struct {
		Config map[string]any `yaml:"config"`
	}
	require.NoError(t, yaml.Unmarshal(data, &file))
	encoded, err := json.Marshal(file.Config["vmst:settings"])
	require.NoError(t, err)
	s, err = settings.DecodeSettings(string(encoded))
	require.NoError(t, err, path)
	return s, string(encoded)
}

// up brings a stack up against mocks.
func up(t *testing.T, path string) *mocks.Recorder {
	t.Helper()
	s, text := decoded(t, path)
	secrets := map[string]any{}
	for _, name := range settings.SecretNames(s) {
		secrets[name] = "https://hooks.example.org/" + name
	}
	hidden, err := json.Marshal(secrets)
	require.NoError(t, err)
	r := &mocks.Recorder{
		Stack: strings.TrimSuffix(filepath.Base(path), ".yaml"), SecretKeys: []string{"vmst:secrets"},
		Config: map[string]string{"vmst:settings": text, "vmst:secrets": string(hidden)},
	}
	require.NoError(t, r.Run(infra.DeployIn(mocks.Delegated())), path)
	return r
}
