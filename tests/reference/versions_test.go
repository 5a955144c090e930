package reference_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/modfile"

	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/tests/reference"
)

// at is the value at a path of settings, as text; "" if there is none.
func at(t *testing.T, s *settings.Settings, path string) string {
	t.Helper()
	text, err := json.Marshal(s)
	require.NoError(t, err)
	var value any
	require.NoError(t, json.Unmarshal(text, &value))
	for key := range strings.SplitSeq(path, ".") {
		object, _ := value.(map[string]any)
		value = object[key]
	}
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

func TestVersionsPageIsCurrent(t *testing.T) {
	t.Parallel()
	all, err := reference.Settings(root)
	require.NoError(t, err)
	b := page("Versions", "Which version of everything is used: by default, and in each stack.",
		"the settings, the stack files, go.mod and mise.toml")
	b.WriteString("`make outdated` says what there is that is newer.\n\n## What runs\n\n" +
		"| setting | default | prod | staging |\n| --- | --- | --- | --- |\n")
	prod, _ := decoded(t, stackFile("prod"))
	staging, _ := decoded(t, stackFile("staging"))
	rows := 0
	for _, s := range all {
		if s.Key() != "version" && s.Key() != "tag" {
			continue
		}
		given := "-"
		if s.Default != nil {
			given = fmt.Sprintf("`%v`", s.Default)
		}
		anchor := strings.ToLower(strings.ReplaceAll(s.Path, ".", ""))
		fmt.Fprintf(b, "| [`%s`](settings/%s.md#%s) | %s | %s | %s |\n", s.Path, s.Room(), anchor, given,
			quoted(at(t, prod, s.Path)), quoted(at(t, staging, s.Path)))
		rows++
	}
	require.Greater(t, rows, 10, "the test sees no versions")
	b.WriteString("\nOf what is off in a stack, the version is the one that it would have. The lines of Mastodon\n" +
		"without known security holes, as of " + settings.ReleasesDate + ":")
	for i, release := range settings.SafeReleases() {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(b, " [`%s`](%s)", release, release.Source)
	}
	b.WriteString(" and later.\n\n## What the program is made with\n\n| | version |\n| --- | --- |\n")
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	module, err := modfile.ParseLax("go.mod", text, nil)
	require.NoError(t, err)
	fmt.Fprintf(b, "| Go | %s |\n", module.Go.Version)
	providers := 0
	for _, r := range module.Require {
		name, ok := strings.CutPrefix(r.Mod.Path, "github.com/pulumi/")
		if !ok || r.Indirect || name == "pulumi-netlify/sdk" {
			continue
		}
		fmt.Fprintf(b, "| Pulumi: `%s` | %s |\n", name, strings.TrimPrefix(r.Mod.Version, "v"))
		providers++
	}
	require.Greater(t, providers, 4, "the test sees no providers")
	name, version := netlify(t)
	fmt.Fprintf(b, "| Pulumi: `%s`, bridged | %s |\n", name, version)
	tools, err := os.ReadFile(filepath.Join(root, "mise.toml"))
	require.NoError(t, err)
	found := tool.FindAllStringSubmatch(string(tools), -1)
	require.NotEmpty(t, found)
	for _, one := range found {
		if !slices.Contains([]string{"go", "pulumi"}, one[1]) {
			fmt.Fprintf(b, "| `%s` | %s |\n", one[1], one[2])
		}
	}
	current(t, "versions.md", b.String())
}

var tool = regexp.MustCompile(`(?m)^(\w+) = "(.*)"$`)

// netlify is the provider that the generated SDK bridges.
func netlify(t *testing.T) (name, version string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "sdks", "netlify", "netlify", "pulumi-plugin.json"))
	require.NoError(t, err)
	var plugin struct {
		Parameterization struct {
			Name, Version string
		}
	}
	require.NoError(t, json.Unmarshal(text, &plugin))
	require.NotEmpty(t, plugin.Parameterization.Version)
	return plugin.Parameterization.Name, plugin.Parameterization.Version
}

func quoted(value string) string {
	if value == "" {
		return "-"
	}
	return "`" + value + "`"
}
