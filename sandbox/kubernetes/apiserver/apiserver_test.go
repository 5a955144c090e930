package apiserver_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/sandbox/kubernetes/apiserver"
)

// Objects are judged by the rules of the version that the clusters are to have.
func TestEmulatedIsTheVersionOfTheStacks(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "Pulumi.*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var stack struct {
			Config struct {
				Settings struct {
					Cluster struct{ Version string }
				} `yaml:"vmst:settings"`
			}
		}
		require.NoError(t, yaml.Unmarshal(text, &stack))
		require.Equal(t, stack.Config.Settings.Cluster.Version, apiserver.Emulated,
			"%s names another version of Kubernetes than Emulated", filepath.Base(file))
	}
}
