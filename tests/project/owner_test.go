package project_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// owner is the command by which a person makes an account by hand.
var owner = regexp.MustCompile(`(?m)^.*\btootctl accounts create\b.*$`)

// Whoever makes the first account can sign in with it. Registrations are closed on a new instance, so that an account
// waits for an approval that nobody could give, and its address for a confirmation (lib/mastodon/cli/accounts.rb).
func TestTheOwnerCanSignIn(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob(filepath.Join("..", "..", "docs", "content", "[1-5]*", "*.md"))
	require.NoError(t, err)
	seen := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, command := range owner.FindAllString(string(text), -1) {
			seen++
			for _, flag := range []string{"--confirmed", "--approve", "--role Owner"} {
				assert.Contains(t, command, flag, page)
			}
		}
	}
	require.Positive(t, seen, "no page says how the first account is made")
}
