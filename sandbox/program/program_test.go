package program_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/program"
)

const site = "netlify:index/site:Site"

// edited returns settings that are accepted, with the documentation site changed.
func edited(t *testing.T, change func(docs map[string]any)) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "tests", "stacks", "testdata", "everything.yaml"))
	require.NoError(t, err)
	var file struct {
		Config struct {
			Settings map[string]any `yaml:"vmst:settings"`
		} `yaml:"config"`
	}
	require.NoError(t, yaml.Unmarshal(text, &file))
	change(file.Config.Settings["docs"].(map[string]any))
	edited, err := json.Marshal(file.Config.Settings)
	require.NoError(t, err)
	return string(edited)
}

func TestSetupMakesTheSiteOnce(t *testing.T) {
	t.Parallel()
	c, err := cloud.Open(filepath.Join(t.TempDir(), "cloud.json"))
	require.NoError(t, err)
	text := edited(t, func(docs map[string]any) { docs["team"], docs["site"] = "example", "handbook" })
	setup, err := program.Setup(text)
	require.NoError(t, err)
	assert.Contains(t, setup.Secrets, "netlifyToken")
	for range 2 {
		require.NoError(t, setup.Prepare(c))
	}
	require.Len(t, c.List(site), 1)
	assert.Equal(t, "handbook", c.List(site)[0].Outputs["name"])
	assert.Equal(t, "example", c.List(site)[0].Outputs["teamSlug"])
	setup, err = program.Setup(strings.Replace(text, `"team":"example"`, `"team":"others"`, 1))
	require.NoError(t, err)
	require.ErrorContains(t, setup.Prepare(c), `the team "example" has one of this name`)
}

func TestSetupMakesNothingWithoutDocumentation(t *testing.T) {
	t.Parallel()
	setup, err := program.Setup(edited(t, func(docs map[string]any) { docs["enabled"] = false }))
	require.NoError(t, err)
	assert.Nil(t, setup.Prepare)
	assert.NotContains(t, setup.Secrets, "netlifyToken")
}

// What is wrong with the settings is what the program would say, and nothing about secrets, which are all supplied.
func TestSetupSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"docs.team": edited(t, func(docs map[string]any) { delete(docs, "team") }),
		"docs.host": edited(t, func(docs map[string]any) { docs["host"] = 5 }),
		"settings":  "",
	} {
		_, err := program.Setup(text)
		var problems settings.Problems
		require.True(t, errors.As(err, &problems), "%s: %v", name, err)
		require.Len(t, problems, 1, "%v", problems)
		assert.True(t, strings.HasSuffix(problems[0].Path, name), problems[0].Path)
	}
}
