package reference_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the pages of the reference again (make generate)")

var (
	root  = filepath.Join("..", "..")
	pages = filepath.Join(root, "docs", "content", "6.reference")
)

// page begins a page; of is what it is made of.
func page(title, description, of string) *strings.Builder {
	b := &strings.Builder{}
	fmt.Fprintf(b, "---\ntitle: %q\ndescription: %q\n---\n\n", title, description)
	fmt.Fprintf(b, "<!-- Written by `make generate` from %s. -->\n\n", of)
	return b
}

// current holds that a page is as it would be written now.
func current(t *testing.T, name, text string) {
	t.Helper()
	require.NotRegexp(t, loose, outsideCode(text), "%s: what follows a colon would be a component (MDC)", name)
	path := filepath.Join(pages, name)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		return
	}
	got, err := os.ReadFile(path)
	require.NoError(t, err, "run `make generate`")
	require.Equal(t, text, string(got), "%s: run `make generate`", name)
}

// loose is what the site would take for a component, or for a tag, outside of code.
var loose = regexp.MustCompile(`(?m)[\w)]:[a-z][\w-]*|^:[a-z]|<[a-zA-Z][^!>]*>|\{\{`)

var code = regexp.MustCompile("(?s)^---\n.*?\n---\n|```.*?```|`[^`\n]*`|<!--.*?-->|</?(?:details|summary)>|https?://")

func outsideCode(text string) string { return code.ReplaceAllString(text, "") }

var (
	literal  = regexp.MustCompile("`[^`]*`|vmst:(settings|secrets)(\\.\\w+)*|https?://[^\\s,;)]+")
	inTables = strings.NewReplacer("|", `\|`)
	inText   = strings.NewReplacer("<", "&lt;", ">", "&gt;", "*", `\*`)
	piece    = regexp.MustCompile("`[^`]*`|[^`]+")
)

// prose is a comment as Markdown: paths of settings and addresses are code, and nothing is a tag or in italics.
func prose(text string) string {
	text = literal.ReplaceAllStringFunc(strings.Join(strings.Fields(text), " "), func(found string) string {
		return "`" + strings.Trim(found, "`") + "`"
	})
	return piece.ReplaceAllStringFunc(text, func(part string) string {
		if strings.HasPrefix(part, "`") {
			return part
		}
		return inText.Replace(part)
	})
}

func cell(text string) string { return inTables.Replace(text) }

func inCode(values []string) string {
	quoted := make([]string, len(values))
	for i, value := range values {
		quoted[i] = "`" + value + "`"
	}
	return strings.Join(quoted, ", ")
}

// Nothing stands among the pages that nobody writes.
func TestNoPageIsLeftOver(t *testing.T) {
	written := []string{
		"alerts.md", "costs.md", "crew.md", "outputs.md", "resources.md", "secrets.md", "versions.md", // generated
		"index.md", ".navigation.yml", "policy", "settings",
	}
	entries, err := os.ReadDir(pages)
	require.NoError(t, err)
	var found []string
	for _, entry := range entries {
		found = append(found, entry.Name())
	}
	slices.Sort(written)
	slices.Sort(found)
	require.Equal(t, written, found)
}
