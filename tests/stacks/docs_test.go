package stacks_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra"
	"github.com/vmstio/infrastructure/infra/crew"
	"github.com/vmstio/infrastructure/infra/monitoring/contract"
	"github.com/vmstio/infrastructure/tests/mocks"
)

// withDocs changes the production stack's settings of the documentation site.
func withDocs(t *testing.T, changes map[string]any) *mocks.Recorder {
	t.Helper()
	r := recorder(t, "prod")
	var settings map[string]any
	require.NoError(t, json.Unmarshal([]byte(r.Config["vmst:settings"]), &settings))
	for key, value := range changes {
		settings["docs"].(map[string]any)[key] = value
	}
	text, err := json.Marshal(settings)
	require.NoError(t, err)
	r.Config["vmst:settings"] = string(text)
	return r
}

func TestProductionHasTheDocumentation(t *testing.T) {
	r := up(t, "prod")
	site := "site-of-" + crew.Name(crew.Docs, "vmst.io")

	build := r.One(t, "netlify:index/siteBuildSettings:SiteBuildSettings", "docs-build")
	require.Equal(t, site, build.Input("siteId"))
	require.Equal(t, "docs", build.Input("baseDirectory"))
	require.Equal(t, "main", build.Input("productionBranch"))
	require.Equal(t, []any{"staging"}, build.Input("branchDeployBranches"))
	require.Contains(t, build.Provider, "pulumi:providers:netlify::netlify")
	require.Equal(t, "docs.vmst.io", r.One(t, "netlify:index/siteDomainSettings:SiteDomainSettings", "docs-domains").Input("customDomain"))

	record := r.One(t, "digitalocean:index/dnsRecord:DnsRecord", "docs-docs")
	require.Equal(t, crew.Name(crew.Docs, "vmst.io")+".netlify.app.", record.Input("value"))
	require.Contains(t, record.Provider, "pulumi:providers:digitalocean::digitalocean")

	provider := r.One(t, "pulumi:providers:netlify", "netlify")
	require.Equal(t, secretMark+"netlifyToken", provider.Input("token"))
	require.True(t, provider.Secret("token"))

	read, err := contract.Decode(outputs(t, "prod"))
	require.NoError(t, err)
	require.Equal(t, &contract.Docs{
		SiteID: site, Site: crew.Name(crew.Docs, "vmst.io"), URL: "https://docs.vmst.io",
		BranchURLs: map[string]string{"staging": "https://staging--" + crew.Name(crew.Docs, "vmst.io") + ".netlify.app"},
	}, read.Docs)
	require.Equal(t, "https://docs.vmst.io", read.Endpoints["docs"].URL)
	require.NotEmpty(t, read.UptimeChecks["docs"])
}

// ofDocs are the identities of what exists for the documentation alone.
func ofDocs(r *mocks.Recorder) []string {
	return slices.DeleteFunc(identities(r), func(id string) bool {
		return !strings.Contains(id, "netlify") && !strings.Contains(id, " docs") && !strings.Contains(id, "monitoring-docs")
	})
}

func TestStagingLeavesTheDocumentationToProduction(t *testing.T) {
	require.Empty(t, ofDocs(up(t, "staging")))
	read, err := contract.Decode(outputs(t, "staging"))
	require.NoError(t, err)
	require.Nil(t, read.Docs)
	require.NotContains(t, read.Endpoints, "docs")
}

func TestDocumentationThatIsOffLeavesNothing(t *testing.T) {
	off := withDocs(t, map[string]any{"enabled": false})
	require.NoError(t, off.Run(infra.Deploy))
	require.Empty(t, ofDocs(off))

	with := up(t, "prod")
	require.NotEmpty(t, ofDocs(with))
	require.ElementsMatch(t, identities(with), append(identities(off), ofDocs(with)...))
}

func TestVariablesOfTheDocumentation(t *testing.T) {
	r := withDocs(t, map[string]any{"variables": []any{
		map[string]any{"name": "NODE_VERSION", "context": "all", "value": "24"},
		map[string]any{"name": "LICENSE", "context": "production", "secret": true},
		map[string]any{"name": "SITE", "context": "production", "value": "a"},
		map[string]any{"name": "LICENSE", "context": "branch", "branch": "staging", "secret": true},
		map[string]any{"name": "SITE", "context": "deploy-preview", "value": "b"},
	}})
	var secrets map[string]any
	require.NoError(t, json.Unmarshal([]byte(r.Config["vmst:secrets"]), &secrets))
	secrets["docsVariables"] = map[string]string{"LICENSE": secretMark + "license"}
	text, err := json.Marshal(secrets)
	require.NoError(t, err)
	r.Config["vmst:secrets"] = string(text)
	require.NoError(t, r.Run(infra.Deploy))

	const variable = "netlify:index/environmentVariable:EnvironmentVariable"
	require.Len(t, r.OfType(variable), 3)
	require.Equal(t, []any{map[string]any{"context": "all", "value": "24"}}, r.One(t, variable, "docs-NODE_VERSION").Input("values"))
	require.Equal(t, []any{
		map[string]any{"context": "production", "value": "a"}, map[string]any{"context": "deploy-preview", "value": "b"},
	}, r.One(t, variable, "docs-SITE").Input("values"))
	secret := r.One(t, variable, "docs-LICENSE")
	require.True(t, secret.Secret("secretValues"))
	require.Equal(t, []any{
		map[string]any{"context": "production", "value": secretMark + "license"},
		map[string]any{"context": "branch", "contextParameter": "staging", "value": secretMark + "license"},
	}, secret.Input("secretValues"))
}
