package project_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/crew"
)

// Pages name what is in the cloud of example.org, in commands to copy, before there are outputs that could say it.
func TestNamesInPagesAreTheCrews(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, role := range crew.Roles() {
		names[crew.Name(role, "example.org")] = true
	}
	pattern := regexp.MustCompile(`\b[a-z]+-example-org\b`)
	pages, err := filepath.Glob(filepath.Join("..", "..", "docs", "content", "[1-5]*", "*.md"))
	require.NoError(t, err)
	seen := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, name := range pattern.FindAllString(string(text), -1) {
			assert.True(t, names[name], "%s: nothing has the name %s", page, name)
			seen++
		}
	}
	require.Positive(t, seen)
}
