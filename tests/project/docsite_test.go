package project_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/settings"
)

// What Netlify is told to do by default is what the folder of the documentation site can do.
func TestTheDocumentationSiteIsBuiltAsTheSettingsSay(t *testing.T) {
	t.Parallel()
	value := func(field string) string {
		t.Helper()
		found, ok := reflect.TypeFor[settings.DocsBuild]().FieldByName(field)
		require.True(t, ok, field)
		return found.Tag.Get("default")
	}
	folder := value("Directory")
	root := filepath.Join("..", "..")
	read := func(name string) string {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(root, folder, name))
		require.NoError(t, err)
		return string(text)
	}
	var manifest struct {
		Scripts         map[string]string
		Repository      struct{ URL, Directory string }
		Dependencies    map[string]string
		DevDependencies map[string]string
		Overrides       map[string]string
	}
	require.NoError(t, json.Unmarshal([]byte(read("package.json")), &manifest))
	script, ok := strings.CutPrefix(value("Command"), "npm run ")
	require.True(t, ok)
	assert.Contains(t, manifest.Scripts, script)
	assert.Equal(t, folder, manifest.Repository.Directory)
	config := read("nuxt.config.ts")
	assert.Contains(t, config, "publicDir: path('"+value("PublishDirectory")+"')")
	assert.Contains(t, strings.Split(read(".gitignore"), "\n"), "/"+value("PublishDirectory")+"/")
	branch := regexp.MustCompile(`branch: '(.+?)'`).FindStringSubmatch(config)
	require.Len(t, branch, 2)
	assert.Equal(t, value("Branches"), "["+branch[1]+"]", "pages are edited on a branch that is served")
	for _, name := range []string{"netlify.toml", folder + "/netlify.toml"} {
		assert.NoFileExists(t, filepath.Join(root, name), "it would win over the settings")
	}

	exact := regexp.MustCompile(`^\d+\.\d+\.\d+$`)
	for _, versions := range []map[string]string{manifest.Dependencies, manifest.DevDependencies, manifest.Overrides} {
		require.NotEmpty(t, versions)
		for name, version := range versions {
			assert.Regexp(t, exact, version, name)
		}
	}
	lock := read("package-lock.json")
	require.Contains(t, lock, `"integrity"`)
	assert.NotRegexp(t, `"resolved"|://registry`, lock, "no host: whoever installs takes their own registry")
}
