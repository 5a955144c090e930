package workflows_test

import (
	"encoding/json"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// renovate is what the tests read of renovate.json.
type renovate struct {
	BaseBranchPatterns []string `json:"baseBranchPatterns"`
	EnabledManagers    []string `json:"enabledManagers"`
	CustomManagers     []struct {
		Description         string
		ManagerFilePatterns []string `json:"managerFilePatterns"`
		MatchStrings        []string `json:"matchStrings"`
	} `json:"customManagers"`
	PackageRules []struct {
		MatchFileNames              []string `json:"matchFileNames"`
		AdditionalBranchPrefix      string   `json:"additionalBranchPrefix"`
		DependencyDashboardApproval bool     `json:"dependencyDashboardApproval"`
	} `json:"packageRules"`
}

func readRenovate(t *testing.T) renovate {
	t.Helper()
	var r renovate
	require.NoError(t, json.Unmarshal([]byte(read(t, "renovate.json")), &r))
	return r
}

// found are the places in a file that the custom managers read a version from, from its first byte to its last. The
// patterns are JavaScript's; what they use of it, Go has, too.
func (r renovate) found(t *testing.T, path, text string) (places [][2]int) {
	t.Helper()
	for _, manager := range r.CustomManagers {
		if !slices.ContainsFunc(manager.ManagerFilePatterns, func(pattern string) bool {
			return regexp.MustCompile(strings.Trim(pattern, "/")).MatchString(path)
		}) {
			continue
		}
		for _, pattern := range manager.MatchStrings {
			matcher := regexp.MustCompile(pattern)
			group := matcher.SubexpIndex("currentValue")
			require.Positive(t, group, manager.Description)
			for _, match := range matcher.FindAllStringSubmatchIndex(text, -1) {
				places = append(places, [2]int{match[2*group], match[2*group+1]})
			}
		}
	}
	return places
}

// generated are directories of what nobody wrote.
var generated = regexp.MustCompile(`(^|/)(\.git|\.tools|\.sandbox|\.pulumi|\.delivery|bin|node_modules|testdata)$`)

// files are those of the repository whose paths match.
func files(t *testing.T, pattern string) (paths []string) {
	t.Helper()
	matcher := regexp.MustCompile(pattern)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if entry.IsDir() && generated.MatchString(name) {
			return filepath.SkipDir
		}
		if !entry.IsDir() && matcher.MatchString(name) {
			paths = append(paths, name)
		}
		return nil
	})
	require.NoError(t, err)
	require.NotEmpty(t, paths, pattern)
	return paths
}

// Versions that nobody raises grow old in silence. Every one that a file of settings names has a manager.
func TestRenovateKnowsEveryVersion(t *testing.T) {
	t.Parallel()
	r := readRenovate(t)
	for _, manager := range []string{"gomod", "github-actions", "npm", "nvm", "custom.regex"} {
		require.Contains(t, r.EnabledManagers, manager)
	}
	known := func(path, text string, at int, value string) {
		t.Helper()
		place := [2]int{at, at + len(value)}
		assert.Contains(t, r.found(t, path, text), place, "%s: no manager of renovate.json raises %q", path, value)
	}
	for _, path := range files(t, `^Pulumi\.[a-z]+\.yaml$`) {
		text := read(t, path)
		var document yaml.Node
		require.NoError(t, yaml.Unmarshal([]byte(text), &document))
		for place, version := range versionsOf(&document, "") {
			at := offset(text, version.Line, version.Column)
			if version.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
				at++
			}
			if slices.Contains(everybodys, place) {
				known(path, text, at, version.Value)
			} else if !slices.Contains(r.found(t, path, text), [2]int{at, at + len(version.Value)}) {
				t.Logf("%s: nobody raises %s but you", path, place)
			}
		}
	}
	// In the tags that are the defaults of the settings.
	inDefaults := regexp.MustCompile(`default:"[^"]*\b(?:version|tag): ([^,}"]+)|json:"version"[^\n]*default:"([^"]+)"`)
	for _, path := range files(t, `^infra/settings/[a-z]+\.go$`) {
		text := read(t, path)
		for _, match := range inDefaults.FindAllStringSubmatchIndex(text, -1) {
			from, to := match[2], match[3]
			if from < 0 {
				from, to = match[4], match[5]
			}
			known(path, text, from, text[from:to])
		}
	}
	inWorkflows := regexp.MustCompile(`\n\s+version: (\S+)`)
	for _, path := range files(t, `^\.github/workflows/.*\.yml$`) {
		text := read(t, path)
		for _, match := range inWorkflows.FindAllStringSubmatchIndex(text, -1) {
			known(path, text, match[2], text[match[2]:match[3]])
		}
	}
	tools := read(t, "mise.toml")
	for _, match := range regexp.MustCompile(`\n\w+ = "([^"]+)"`).FindAllStringSubmatchIndex(tools, -1) {
		known("mise.toml", tools, match[2], tools[match[2]:match[3]])
	}
}

// Each manager finds something: one that finds nothing is one whose file has changed its form.
func TestEveryManagerOfRenovateFindsSomething(t *testing.T) {
	t.Parallel()
	r := readRenovate(t)
	paths := files(t, `\.(yaml|yml|go|toml)$`)
	for _, manager := range r.CustomManagers {
		alone := renovate{CustomManagers: r.CustomManagers[:0:0]}
		alone.CustomManagers = append(alone.CustomManagers, manager)
		found := 0
		for _, path := range paths {
			found += len(alone.found(t, path, read(t, path)))
		}
		assert.Positive(t, found, manager.Description)
	}
}

// Both files are raised in branches of their own, and production's waits for a person.
func TestRenovateRaisesStagingFirst(t *testing.T) {
	t.Parallel()
	approval := map[string]bool{}
	prefixes := map[string]bool{}
	for _, rule := range readRenovate(t).PackageRules {
		for _, file := range rule.MatchFileNames {
			if strings.HasPrefix(file, "Pulumi.") {
				approval[file] = rule.DependencyDashboardApproval
				prefixes[rule.AdditionalBranchPrefix] = true
			}
		}
	}
	require.Equal(t, map[string]bool{"Pulumi.staging.yaml": false, "Pulumi.prod.yaml": true}, approval)
	require.Len(t, prefixes, 2)
	require.NotContains(t, prefixes, "")
}

// everybodys are the versions that every stack file may have and Renovate raises. An admin may name others, such as
// those of a fork's chart, and raises them by hand.
var everybodys = []string{
	"config.vmst:settings.mastodon.image.tag", "config.vmst:settings.backup.postgres.tag",
	"config.vmst:settings.cluster.version", "config.vmst:settings.database.version",
}

// versionsOf are the values of a file that are versions or tags, by their places.
func versionsOf(node *yaml.Node, place string) map[string]*yaml.Node {
	found := map[string]*yaml.Node{}
	for i, child := range node.Content {
		below := place
		if node.Kind == yaml.MappingNode && i%2 == 1 {
			key := node.Content[i-1].Value
			below = strings.TrimPrefix(place+"."+key, ".")
			if child.Kind == yaml.ScalarNode && (key == "version" || key == "tag") {
				found[below] = child
			}
		}
		maps.Copy(found, versionsOf(child, below))
	}
	return found
}

// offset is where a line and column are in a text of one byte a character.
func offset(text string, line, column int) int {
	at := 0
	for range line - 1 {
		at += strings.IndexByte(text[at:], '\n') + 1
	}
	return at + column - 1
}
