package project_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/tests/reference"
)

var (
	fences   = regexp.MustCompile("(?ms)^ *```(\\w*)\n(.*?)^ *```")
	inline   = regexp.MustCompile("`([^`]+)`")
	comments = regexp.MustCompile(`(?m)(?:^|\s)#\s.*$`)
	space    = regexp.MustCompile(`\s+`)
)

// snippet is a command or another piece of code in a page.
type snippet struct{ page, text string }

// snippets are the lines of commands in the pages that people write, and what stands in their text as code; and, apart,
// the blocks of YAML.
func snippets(t *testing.T) (code, blocks []snippet) {
	t.Helper()
	var pages []string
	for _, pattern := range []string{"*.md", "docs/content/index.md", "docs/content/[1-5]*/*.md", ".github/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		pages = append(pages, found...)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		name, err := filepath.Rel(root, page)
		require.NoError(t, err)
		for _, fence := range fences.FindAllStringSubmatch(string(text), -1) {
			switch fence[1] {
			case "sh":
				for line := range strings.Lines(strings.ReplaceAll(fence[2], "\\\n", " ")) {
					code = append(code, snippet{name, strings.TrimSpace(comments.ReplaceAllString(line, ""))})
				}
			case "yaml":
				blocks = append(blocks, snippet{name, fence[2]})
			}
		}
		for _, span := range inline.FindAllStringSubmatch(fences.ReplaceAllString(string(text), ""), -1) {
			code = append(code, snippet{name, space.ReplaceAllString(span[1], " ")})
		}
	}
	require.NotEmpty(t, code)
	require.NotEmpty(t, blocks)
	return code, blocks
}

// What a page has people make is a target of the Makefile, with variables that the Makefile reads.
func TestMakeTargetsInPagesAreThere(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "Makefile"))
	require.NoError(t, err)
	targets := map[string]bool{}
	for _, target := range regexp.MustCompile(`(?m)^([a-z-]+):`).FindAllStringSubmatch(string(text), -1) {
		targets[target[1]] = true
	}
	command := regexp.MustCompile(`(?:^|&& |\| )make((?: [A-Z]+=(?:"[^"]*"|\S+)| [a-z][a-z-]*)+)`)
	variable := regexp.MustCompile(`^([A-Z]+)=`)
	word := regexp.MustCompile(`[A-Z]+=(?:"[^"]*"|\S+)|[a-z][a-z-]*`)
	code, _ := snippets(t)
	seen := 0
	for _, s := range code {
		for _, match := range command.FindAllStringSubmatch(s.text, -1) {
			for _, word := range word.FindAllString(match[1], -1) {
				if name := variable.FindStringSubmatch(word); name != nil {
					assert.Regexp(t, `\$[({]+`+name[1]+`\b`, string(text), "%s: %q", s.page, s.text)
				} else {
					assert.True(t, targets[word], "%s: %q: there is no target %q", s.page, s.text, word)
				}
				seen++
			}
		}
	}
	require.Greater(t, seen, 100)
}

// outsiders look like settings, and are none: a value of Mastodon's chart, a file, and the example of a misspelt key.
var outsiders = map[string]bool{
	"mastodon.metrics.prometheus.web.detailed": true, "mastodon.go": true, "vmst:settings.networks": true,
}

// A setting or a secret that a page names exists, and what a page has people write into a stack's file is allowed in
// it.
func TestSettingsInPagesExist(t *testing.T) {
	t.Parallel()
	settings, err := reference.Settings(root)
	require.NoError(t, err)
	secrets, err := reference.Secrets(root)
	require.NoError(t, err)
	known := map[string]reference.Setting{}
	for prefix, list := range map[string][]reference.Setting{"vmst:settings.": settings, "vmst:secrets.": secrets} {
		for _, s := range list {
			known[prefix+strings.ReplaceAll(s.Path, "[]", "")] = s
		}
	}
	exists := func(path string) bool {
		path = strings.ReplaceAll(path, "[]", "")
		if _, ok := known[path]; ok {
			return true
		}
		parent, ok := known[path[:strings.LastIndex(path, ".")]]
		return ok && parent.Type == "mapping" // of names that a person chooses
	}
	whole := regexp.MustCompile(`\bvmst:(?:settings|secrets)(?:\.\w+)+`)
	short := regexp.MustCompile(`^([a-z]\w*)(?:\[\])?(?:\.\w+(?:\[\])?)+`)
	code, blocks := snippets(t)
	seen := 0
	for _, s := range code {
		paths := whole.FindAllString(s.text, -1)
		if match := short.FindStringSubmatch(s.text); match != nil && exists("vmst:settings."+match[1]) {
			paths = append(paths, "vmst:settings."+match[0])
		}
		for _, path := range paths {
			if !outsiders[path] && !outsiders[strings.TrimPrefix(path, "vmst:settings.")] {
				assert.True(t, exists(path), "%s: there is no %s", s.page, path)
				seen++
			}
		}
	}
	var walk func(page, path string, value any)
	walk = func(page, path string, value any) {
		switch value := value.(type) {
		case map[string]any:
			if known[path].Type == "mapping" {
				return
			}
			for key, below := range value {
				assert.True(t, exists(path+"."+key), "%s: there is no %s", page, path+"."+key)
				walk(page, path+"."+key, below)
				seen++
			}
		case []any:
			for _, element := range value {
				walk(page, path, element)
			}
		}
	}
	for _, block := range blocks {
		var value map[string]any
		require.NoError(t, yaml.Unmarshal([]byte(block.text), &value), block.page)
		if value["apiVersion"] != nil {
			continue // an object of Kubernetes
		}
		walk(block.page, "vmst:settings", value)
	}
	require.Greater(t, seen, 300)
}

// A command of Pulumi in a page is one that the pinned CLI has, with these options.
func TestPulumiCommandsInPagesAreKnown(t *testing.T) {
	t.Parallel()
	cli := pulumiCLI(t)
	command := regexp.MustCompile(`(?:^|[\s("])pulumi ((?:'[^']*'|"[^"]*"|[^|;&)"'])+)`)
	word := regexp.MustCompile(`(?:'[^']*'|"[^"]*"|[^\s'"])+`)
	code, _ := snippets(t)
	seen := 0
	for _, s := range code {
		for _, match := range command.FindAllStringSubmatch(s.text, -1) {
			words := word.FindAllString(match[1], -1)
			if strings.HasPrefix(words[0], "-") {
				continue // an option of some command or other
			}
			help := cli.help(t, words)
			assert.True(t, help.found, "%s: %q: there is no such command", s.page, s.text)
			for _, word := range words {
				option, _, _ := strings.Cut(word, "=")
				assert.True(t, !strings.HasPrefix(word, "-") || help.options[option],
					"%s: %q: the command has no option %s", s.page, s.text, option)
			}
			seen++
		}
	}
	require.Greater(t, seen, 80)
}

// pulumi is the CLI, with what it has said of its commands.
type pulumi struct {
	path, home string
	said       sync.Map
}

// pulumiHelp is what the CLI says of a command: whether there is one, and its options.
type pulumiHelp struct {
	found   bool
	options map[string]bool
}

// pulumiCLI is the one that make has built of the pinned module, or else the one on PATH, as the sandbox takes them.
func pulumiCLI(t *testing.T) *pulumi {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(root, ".tools", "pulumi"))
	require.NoError(t, err)
	if _, err := os.Stat(path); err != nil {
		path, err = exec.LookPath("pulumi")
		require.NoError(t, err, "make pulumi builds it")
	}
	return &pulumi{path: path, home: t.TempDir()}
}

// environment has the CLI read and write nothing of a person's.
func (p *pulumi) environment() []string {
	return []string{"HOME=" + p.home, "PULUMI_HOME=" + p.home, "PULUMI_SKIP_UPDATE_CHECK=true"}
}

var (
	usage      = regexp.MustCompile(`(?m)^Usage:\n((?:  pulumi.*\n)+)`)
	options    = regexp.MustCompile(`(?m)^\s+(?:(-\w), )?(--[a-z-]+)`)
	subcommand = regexp.MustCompile(`^[a-z-]+$`)
)

// help asks for the help of the command that words begin with. The CLI answers with that of the last command that it
// knows, under its own name for it, and is content with words that it does not know.
func (p *pulumi) help(t *testing.T, words []string) pulumiHelp {
	t.Helper()
	var path []string
	for _, word := range words {
		if !subcommand.MatchString(word) || strings.HasPrefix(word, "-") || len(path) == 2 {
			break
		}
		path = append(path, word)
	}
	key := strings.Join(path, " ")
	if said, ok := p.said.Load(key); ok {
		return said.(pulumiHelp)
	}
	cmd := exec.CommandContext(t.Context(), p.path, append(path, "--help")...)
	cmd.Env = p.environment()
	out, err := cmd.Output()
	require.NoError(t, err, key)
	uses := usage.FindStringSubmatch(string(out))
	require.NotNil(t, uses, key)
	depth := 0
	for _, word := range strings.Fields(strings.SplitN(uses[1], "\n", 2)[0])[1:] {
		if !subcommand.MatchString(word) {
			break
		}
		depth++
	}
	said := pulumiHelp{
		found:   depth > 0 && (depth == len(path) || !strings.Contains(uses[1], "[command]")),
		options: map[string]bool{},
	}
	_, after, _ := strings.Cut(string(out), "Usage:")
	for _, option := range options.FindAllStringSubmatch(after, -1) {
		said.options[option[1]], said.options[option[2]] = true, true
	}
	p.said.Store(key, said)
	return said
}
