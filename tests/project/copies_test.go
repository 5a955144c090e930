package project_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the pages that are copies again (make generate)")

// change is where the pages for whoever changes the project are.
const change = "docs/content/5.change"

// copies are texts that stand where GitHub, or whoever opens a folder, looks for them, and that are pages of the site
// as well. The text is what people edit.
var copies = []struct{ text, page, description string }{
	{
		"CONTRIBUTING.md", change + "/8.contributing.md",
		"How to propose a change: the branches, the commands, the house rules, and what a pull request says.",
	},
	{
		"sandbox/README.md", change + "/7.sandbox.md",
		"Where the real engine runs the program without an account: what it can do, what is real in it, what is not.",
	},
}

func TestCopiedPagesAreCurrent(t *testing.T) {
	t.Parallel()
	for _, c := range copies {
		text, err := os.ReadFile(filepath.Join(root, c.text))
		require.NoError(t, err)
		want, path := copied(t, c.text, c.page, c.description, string(text)), filepath.Join(root, c.page)
		if *update {
			require.NoError(t, os.WriteFile(path, want, 0o644))
		}
		got, err := os.ReadFile(path)
		require.NoError(t, err, "run `make generate`")
		require.Equal(t, string(want), string(got), "%s is a copy of %s: run `make generate`", c.page, c.text)
	}
}

// copied is a text as the page of the site: its heading is the page's title, and its links lead on from there.
func copied(t *testing.T, from, to, description, text string) []byte {
	t.Helper()
	heading, body, ok := strings.Cut(text, "\n\n")
	require.True(t, ok && strings.HasPrefix(heading, "# "), "%s begins with its heading", from)
	var b bytes.Buffer
	fmt.Fprintf(&b, "---\ntitle: %q\ndescription: %q\n---\n\n", heading[len("# "):], description)
	fmt.Fprintf(&b, "<!-- Written by `make generate` from %s. -->\n\n", from)
	end := 0
	for _, block := range blocks.FindAllStringIndex(body, -1) {
		b.WriteString(moved(t, from, to, body[end:block[0]]))
		b.WriteString(body[block[0]:block[1]])
		end = block[1]
	}
	b.WriteString(moved(t, from, to, body[end:]))
	return b.Bytes()
}

// moved is a text without code in which links lead from one file to what they lead to from another. What is a page
// itself is linked as a page.
func moved(t *testing.T, from, to, text string) string {
	t.Helper()
	return links.ReplaceAllStringFunc(text, func(link string) string {
		file, anchor, isAnchor := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(link, "]("), ")"), "#")
		if file == "" {
			return link
		}
		target := filepath.Join(filepath.Dir(from), file)
		for _, c := range copies {
			if target == c.text {
				target = c.page
			}
		}
		there, err := filepath.Rel(filepath.Dir(to), target)
		require.NoError(t, err)
		if isAnchor {
			there += "#" + anchor
		}
		return "](" + filepath.ToSlash(there) + ")"
	})
}

func TestLinksOfCopiesLeadOn(t *testing.T) {
	t.Parallel()
	const text = "# A title\n\n[a](Makefile) [b](docs/content/5.change/6.tests.md#which) [c](#here)\n" +
		"[d](https://x.org/) [e](sandbox/README.md)\n\n```md\n[f](Makefile)\n```\n\n[g](sandbox/)\n"
	const want = "---\ntitle: \"A title\"\ndescription: \"d\"\n---\n\n" +
		"<!-- Written by `make generate` from A.md. -->\n\n" +
		"[a](../../../Makefile) [b](6.tests.md#which) [c](#here)\n" +
		"[d](https://x.org/) [e](7.sandbox.md)\n\n```md\n[f](Makefile)\n```\n\n[g](../../../sandbox)\n"
	require.Equal(t, want, string(copied(t, "A.md", change+"/8.contributing.md", "d", text)))
}
