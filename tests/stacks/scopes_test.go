package stacks_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra"
	"github.com/vmstio/infrastructure/infra/catalogue"
	"github.com/vmstio/infrastructure/tests/mocks"
)

// usedOfDigitalOcean are the types and functions of the provider that any of the stacks uses, by the last part of
// their tokens.
func usedOfDigitalOcean(t *testing.T) []string {
	t.Helper()
	used := map[string]bool{}
	add := func(token string) {
		if strings.HasPrefix(token, "digitalocean:") {
			used[token[strings.LastIndex(token, ":")+1:]] = true
		}
	}
	for _, stack := range []string{"prod", "staging", everything} {
		// Standard PostgreSQL has an authority of its own, and a domain that is not delegated yet is asked about.
		for _, r := range []struct {
			path  []string
			value any
			hosts string
		}{
			{[]string{"protect"}, true, "ns1.digitalocean.com."},
			{[]string{"database", "engine"}, "pg", "ns1.digitalocean.com."},
			{[]string{"protect"}, true, "ns.example.net."},
		} {
			recorded := changed(t, stack, r.value, r.path...)
			recorded.Answers = map[string]mocks.Answer{getCertificate: without}
			require.NoError(t, recorded.Run(infra.DeployIn(mocks.World(r.hosts))))
			for _, resource := range recorded.All() {
				add(resource.Type)
			}
			for _, call := range recorded.Calls() {
				add(call.Token)
			}
		}
	}
	var names []string
	for name := range used {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// What the token is allowed is a list that people copy: nothing of it is missing, and nothing is more than is used.
func TestScopesAreThoseOfWhatIsUsed(t *testing.T) {
	t.Parallel()
	var listed []string
	for name := range catalogue.Scopes() {
		listed = append(listed, name)
	}
	slices.Sort(listed)
	require.Equal(t, usedOfDigitalOcean(t), listed)
}

var scopesInDocs = regexp.MustCompile(`(?s)(<!-- scopes: make generate -->\n).*?(<!-- /scopes -->)`)

// scopeTable are the scopes as the page of the tokens has them, a line for each object.
func scopeTable() string {
	full, looking := catalogue.TokenScopes()
	verbs := func(scopes []string) (objects []string, of map[string][]string) {
		of = map[string][]string{}
		for _, scope := range scopes {
			object, verb, _ := strings.Cut(scope, ":")
			if of[object] == nil {
				objects = append(objects, object)
			}
			of[object] = append(of[object], verb)
		}
		return objects, of
	}
	objects, all := verbs(full)
	_, few := verbs(looking)
	var b strings.Builder
	b.WriteString("| scope | for `pulumi up` | for previews |\n| --- | --- | --- |\n")
	for _, object := range objects {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n",
			object, strings.Join(all[object], ", "), strings.Join(few[object], ", "))
	}
	return b.String()
}

func TestScopesInDocsAreCurrent(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "docs", "content", "3.run", "11.tokens.md")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, scopesInDocs.Match(text), "%s has no place for the scopes", path)
	want := scopesInDocs.ReplaceAllString(string(text), "${1}"+scopeTable()+"${2}")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(want), 0o644))
		return
	}
	require.Equal(t, want, string(text), "%s does not have what package catalogue says: run `make generate`", path)
}
