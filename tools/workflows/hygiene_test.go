package workflows_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/tools/workflows"
)

// A line about what has moved leaves it to everybody.
func TestCodeOwners(t *testing.T) {
	t.Parallel()
	lines := strings.Split(strings.TrimSpace(read(t, ".github/CODEOWNERS")), "\n")
	owned := 0
	for _, line := range lines {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		owned++
		fields := strings.Fields(line)
		require.GreaterOrEqual(t, len(fields), 2, line)
		for _, owner := range fields[1:] {
			assert.Regexp(t, `^@[\w-]+/[\w-]+$`, owner)
		}
		if fields[0] == "*" {
			require.Equal(t, 1, owned, "the last line that matches counts: * stands first")
			continue
		}
		require.True(t, strings.HasPrefix(fields[0], "/"), line)
		_, err := os.Stat(filepath.Join(root, fields[0]))
		assert.NoError(t, err)
	}
}

// Pull requests go to the branch staging, robots' as well, and are looked at whichever branch they go to, since one
// more brings staging into main. Of all branches, only main is delivered.
func TestTheBranches(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"staging"}, readRenovate(t).BaseBranchPatterns)
	looking := 0
	for _, w := range all(t) {
		var triggers struct {
			On map[string]yaml.Node
		}
		require.NoError(t, yaml.Unmarshal([]byte(w.Text), &triggers), w.Name)
		if on, ok := triggers.On["pull_request"]; ok {
			looking++
			assert.Empty(t, on.Content, "%s.yml looks at pull requests to every branch", w.Name)
		}
		if on, ok := triggers.On["push"]; ok {
			var pushed struct{ Branches []string }
			require.NoError(t, on.Decode(&pushed))
			assert.Subset(t, []string{"main"}, pushed.Branches, w.Name)
		}
	}
	require.Equal(t, 2, looking, "pull-request.yml and security.yml")
}

// GitHub shows a form that it cannot read to nobody (docs.github.com, "Syntax for GitHub's form schema").
func TestIssueForms(t *testing.T) {
	t.Parallel()
	type form struct {
		Name, Description string
		Labels            []string
		Body              []struct {
			Type, ID    string
			Attributes  map[string]any
			Validations map[string]bool
		}
	}
	forms := files(t, `^\.github/ISSUE_TEMPLATE/.*\.yml$`)
	require.Greater(t, len(forms), 2)
	for _, path := range forms {
		if strings.HasSuffix(path, "/config.yml") {
			continue
		}
		var f form
		decoder := yaml.NewDecoder(strings.NewReader(read(t, path)))
		decoder.KnownFields(true)
		require.NoError(t, decoder.Decode(&f), path)
		require.NotEmpty(t, f.Name, path)
		require.NotEmpty(t, f.Description, path)
		var ids []string
		for _, part := range f.Body {
			require.Contains(t, []string{"markdown", "input", "textarea", "dropdown", "checkboxes"}, part.Type, path)
			if part.Type == "markdown" {
				require.NotEmpty(t, part.Attributes["value"], path)
				continue
			}
			require.Regexp(t, `^[a-z]+$`, part.ID, path)
			require.NotContains(t, ids, part.ID, path)
			ids = append(ids, part.ID)
			require.NotEmpty(t, part.Attributes["label"], path)
			options, _ := part.Attributes["options"].([]any)
			require.Equal(t, slices.Contains([]string{"dropdown", "checkboxes"}, part.Type), len(options) > 0, part.ID)
			for _, option := range options {
				if part.Type == "dropdown" {
					require.IsType(t, "", option, "an option that YAML reads as something else than a text")
				}
			}
		}
	}
}

// What a person's hooks run is what the Makefile has: no second place for versions.
func TestPreCommit(t *testing.T) {
	t.Parallel()
	var config struct {
		Repos []struct {
			Repo  string
			Hooks []struct {
				ID, Entry, Language, Files string
			}
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(read(t, ".pre-commit-config.yaml")), &config))
	require.Len(t, config.Repos, 1)
	require.Equal(t, "local", config.Repos[0].Repo)
	makefile := workflows.ParseMakefile(read(t, "Makefile"))
	for _, hook := range config.Repos[0].Hooks {
		target, _, ok := workflows.Target(hook.Entry)
		require.True(t, ok, hook.Entry)
		assert.True(t, makefile.Has(target), hook.Entry)
		assert.Equal(t, "system", hook.Language)
		_, err := regexp.Compile(hook.Files)
		require.NoError(t, err)
		if hook.Files != "" {
			files(t, hook.Files)
		}
	}
}
