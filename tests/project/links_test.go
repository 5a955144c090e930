package project_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// links are those of Markdown that lead to a file of the project, or to a heading.
var (
	links    = regexp.MustCompile(`\]\(([^)\s:]+)\)`)
	headings = regexp.MustCompile(`(?m)^#+ (.*)$`)
	blocks   = regexp.MustCompile("(?ms)^ *```.*?^ *```")
	unsaid   = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// Whoever follows a link at night finds what it says.
func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	var pages []string
	for _, pattern := range []string{
		"*.md", "docs/content/*.md", "docs/content/*/*.md", "docs/content/*/*/*.md", "sandbox/README.md",
		".github/*.md",
	} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		pages = append(pages, found...)
	}
	require.Greater(t, len(pages), 5)
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, match := range links.FindAllStringSubmatch(blocks.ReplaceAllString(string(text), ""), -1) {
			file, anchor, _ := strings.Cut(match[1], "#")
			target := page
			if file != "" {
				target = filepath.Join(filepath.Dir(page), file)
			}
			where := strings.TrimPrefix(page, root+"/") + ": " + match[1]
			read, err := os.ReadFile(target)
			if info, statErr := os.Stat(target); statErr == nil && info.IsDir() {
				continue
			}
			if assert.NoError(t, err, where) && anchor != "" {
				assert.Contains(t, anchors(string(read)), anchor, where)
			}
		}
	}
}

// anchors are those that GitHub gives headings.
func anchors(markdown string) []string {
	var list []string
	for _, match := range headings.FindAllStringSubmatch(blocks.ReplaceAllString(markdown, ""), -1) {
		plain := unsaid.ReplaceAllString(strings.ToLower(match[1]), "")
		list = append(list, strings.ReplaceAll(plain, " ", "-"))
	}
	return list
}
