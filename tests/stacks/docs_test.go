package stacks_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/outputs"
	"github.com/vmstio/infrastructure/tests/mocks"
)

func TestTheDocumentation(t *testing.T) {
	t.Parallel()
	r := up(t, everything)
	const site = "site-of-example-handbook"
	build := r.One(t, "netlify:index/siteBuildSettings:SiteBuildSettings", "docs-build")
	require.Equal(t, site, build.Input("siteId"))
	require.Equal(t, "handbook", build.Input("baseDirectory"))
	require.Equal(t, "release", build.Input("productionBranch"))
	require.Equal(t, []any{"main", "next"}, build.Input("branchDeployBranches"))
	require.Contains(t, build.Provider, "pulumi:providers:netlify::netlify")
	domains := r.One(t, "netlify:index/siteDomainSettings:SiteDomainSettings", "docs-domains")
	require.Equal(t, "handbook.example.org", domains.Input("customDomain"))

	record := r.One(t, "digitalocean:index/dnsRecord:DnsRecord", "docs-handbook")
	require.Equal(t, "example-handbook.netlify.app.", record.Input("value"))
	require.Contains(t, record.Provider, "pulumi:providers:digitalocean::digitalocean")

	provider := r.One(t, "pulumi:providers:netlify", "netlify")
	require.Equal(t, secretMark+"netlifyToken", provider.Input("token"))
	require.True(t, provider.Secret("token"))

	read, err := outputs.Decode(printed(t, everything))
	require.NoError(t, err)
	require.Equal(t, &outputs.Docs{
		SiteID: site, Site: "example-handbook", URL: "https://handbook.example.org",
		BranchURLs: map[string]string{
			"main": "https://main.branches.example.org", "next": "https://next.branches.example.org",
		},
	}, read.Docs)
	require.Equal(t, "https://handbook.example.org", read.Endpoints["docs"].URL)
	require.NotEmpty(t, read.UptimeChecks["docs"])
}

// ofDocs are the identities of what exists for the documentation alone.
func ofDocs(r *mocks.Recorder) []string {
	return slices.DeleteFunc(identities(r), func(id string) bool {
		parts := []string{"netlify", " docs", "monitoring-docs", "probe-docs"}
		return !slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(id, part) })
	})
}

func TestStagingLeavesTheDocumentationToProduction(t *testing.T) {
	t.Parallel()
	require.Empty(t, ofDocs(up(t, "staging")))
	read, err := outputs.Decode(printed(t, "staging"))
	require.NoError(t, err)
	require.Nil(t, read.Docs)
	require.NotContains(t, read.Endpoints, "docs")
}

func TestDocumentationThatIsOffLeavesNothing(t *testing.T) {
	t.Parallel()
	off := changed(t, everything, false, "docs", "enabled")
	require.NoError(t, off.Run(deploy))
	require.Empty(t, ofDocs(off))

	with := up(t, everything)
	require.NotEmpty(t, ofDocs(with))
	require.ElementsMatch(t, identities(with), append(identities(off), ofDocs(with)...))
}

func TestVariablesOfTheDocumentation(t *testing.T) {
	t.Parallel()
	r := changed(t, everything, []any{
		map[string]any{"name": "NODE_VERSION", "context": "all", "value": "24"},
		map[string]any{"name": "LICENCE", "context": "production", "secret": true},
		map[string]any{"name": "SITE", "context": "production", "value": "a"},
		map[string]any{"name": "LICENCE", "context": "branch", "branch": "staging", "secret": true},
		map[string]any{"name": "SITE", "context": "deploy-preview", "value": "b"},
	}, "docs", "variables")
	require.NoError(t, r.Run(deploy))

	const variable = "netlify:index/environmentVariable:EnvironmentVariable"
	require.Len(t, r.OfType(variable), 3)
	require.Equal(t, []any{map[string]any{"context": "all", "value": "24"}},
		r.One(t, variable, "docs-NODE_VERSION").Input("values"))
	require.Equal(t, []any{
		map[string]any{"context": "production", "value": "a"},
		map[string]any{"context": "deploy-preview", "value": "b"},
	}, r.One(t, variable, "docs-SITE").Input("values"))
	secret := r.One(t, variable, "docs-LICENCE")
	require.True(t, secret.Secret("secretValues"))
	require.Equal(t, []any{
		map[string]any{"context": "production", "value": secretMark + "licence"},
		map[string]any{"context": "branch", "contextParameter": "staging", "value": secretMark + "licence"},
	}, secret.Input("secretValues"))
}
