package config_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/config"
	"github.com/vmstio/infrastructure/infra/crew"
)

// docs is the base with a documentation site that has all it needs, and more.
func docs(t *testing.T, snippet string) string {
	t.Helper()
	over := merge(fromYAML(t, `{environment: production, docs: {enabled: true, team: example}}`), fromYAML(t, snippet))
	return base(t, toJSON(t, over))
}

func TestDocsDefaults(t *testing.T) {
	t.Parallel()
	s, _, err := config.Decode(docs(t, ""), secrets(t, ""))
	require.NoError(t, err)
	assert.Equal(t, config.Docs{
		Enabled: true, Team: "example", Host: "docs.example.org",
		Build: config.DocsBuild{
			Directory: "docs", Command: "npm run generate", PublishDirectory: "dist", ProductionBranch: "main", Branches: []string{"staging"},
		},
	}, s.Docs)
	assert.Equal(t, crew.Name(crew.Docs, "social.example.org"), s.DocsSite())

	s, _, err = config.Decode(docs(t, `{docs: {site: handbook, host: handbook.example.org, build: {branches: []}}}`), secrets(t, ""))
	require.NoError(t, err)
	assert.Equal(t, "handbook", s.DocsSite())
	assert.Equal(t, "handbook.example.org", s.Docs.Host)
	assert.Empty(t, s.Docs.Build.Branches)
}

// A site that is off is not looked at, and needs no secret.
func TestDocsOff(t *testing.T) {
	t.Parallel()
	s, _, err := config.Decode(base(t, `{docs: {team: Us, host: elsewhere.example.net, variables: [{name: a, context: all, secret: true}]}}`),
		secrets(t, `{netlifyToken: null, docsVariables: {OLD: x}}`))
	require.NoError(t, err)
	assert.False(t, s.Docs.Enabled)
	assert.NotContains(t, config.SecretNames(s), "netlifyToken")
}

func TestDocsAreProductionsAlone(t *testing.T) {
	t.Parallel()
	assert.True(t, stackSettings(t, "prod").Docs.Enabled)
	assert.Equal(t, "docs.vmst.io", stackSettings(t, "prod").Docs.Host)
	assert.False(t, stackSettings(t, "staging").Docs.Enabled)

	for _, environment := range []string{"staging", "development"} {
		assert.Equal(t, []string{
			"vmst:settings.docs.enabled: true is for production, and this is " + environment + ": both would set the same site, each its own way; " +
				"set it to false: production's site serves the branches of the others, too",
		}, problems(t, docs(t, `{environment: `+environment+`}`), secrets(t, "")))
	}
}

func TestGoodDocs(t *testing.T) {
	t.Parallel()
	for name, snippet := range map[string]string{
		"aliases":  `{docs: {aliases: [help.example.org, faq.social.example.org]}}`,
		"branches": `{docs: {build: {directory: site/docs, publishDirectory: .output/public, productionBranch: release/4.6, branches: [next, v5.x]}}}`,
		"delegated domain": `{docs: {branchDomain: preview.example.org},
			dns: {records: [{name: preview, type: NS, value: dns1.p01.nsone.net}]}}`,
		"domain in a delegated one": `{docs: {branchDomain: docs.preview.example.org},
			dns: {records: [{name: preview, type: NS, value: dns1.p01.nsone.net}]}}`,
		"variables": `{docs: {variables: [{name: NODE_VERSION, context: all, value: "24"}, {name: URL, context: production, value: a},
			{name: URL, context: branch, branch: staging, value: b}, {name: URL, context: branch, branch: next, value: c}]}}`,
	} {
		assert.Empty(t, problems(t, docs(t, snippet), secrets(t, "")), name)
	}
}

func TestBadDocs(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, snippet, secrets string
		want                   []string
	}{
		{"no team", `{docs: {team: ""}}`, ``, []string{
			`team: the value is missing; set it: docs.enabled is true`,
		}},
		{"names", `{docs: {team: Our Team, site: docs.netlify.app}}`, ``, []string{
			`site: "docs.netlify.app" is not the name of a site; write the part before .netlify.app`,
			`team: "Our Team" is not the slug of a team; write the last part of https://app.netlify.com/teams/<slug>`,
		}},
		{"hosts", `{docs: {host: example.org, aliases: [docs.example.net, cdn.example.org, "https://help.example.org"]}}`, ``, []string{
			`aliases[0]: "docs.example.net" is not a name in the zone example.org; use a name that ends in .example.org`,
			`aliases[1]: "cdn.example.org" is already used by vmst:settings.storage.mediaHost; use each value once`,
			`aliases[2]: "https://help.example.org" is not a host name; write a full name in lower case, without a scheme or a final dot, such as social.example.org`,
			`host: "example.org" is not a name in the zone example.org; use a name that ends in .example.org`,
		}},
		{"branches that nothing delegates", `{docs: {branchDomain: preview.example.org}}`, ``, []string{
			`branchDomain: nothing delegates "preview.example.org" to Netlify; add the domain to Netlify DNS, and an NS record with the name "preview" to dns.records for each server that it shows`,
		}},
		{"branches elsewhere", `{docs: {branchDomain: preview.example.net}}`, ``, []string{
			`branchDomain: "preview.example.net" is not a name in the zone example.org; use a name that ends in .example.org`,
		}},
		{"branches nowhere", `{docs: {branchDomain: preview}}`, ``, []string{
			`branchDomain: "preview" is not a host name; write a full name in lower case, without a scheme or a final dot, such as social.example.org`,
		}},
		{"build", `{docs: {build: {directory: ../docs, publishDirectory: /dist, productionBranch: "main branch", branches: [staging, staging, a..b, "-x"]}}}`, ``, []string{
			`build.branches[1]: "staging" is already used by vmst:settings.docs.build.branches[0]; use each value once`,
			`build.branches[2]: "a..b" is not the name of a branch; use letters, digits, dashes, dots and slashes`,
			`build.branches[3]: "-x" is not the name of a branch; use letters, digits, dashes, dots and slashes`,
			`build.directory: "../docs" is not a folder of the repository; write it without a slash at the beginning and without ..`,
			`build.productionBranch: "main branch" is not the name of a branch; use letters, digits, dashes, dots and slashes`,
			`build.publishDirectory: "/dist" is not a folder of the repository; write it without a slash at the beginning and without ..`,
		}},
		{"one branch for both", `{docs: {build: {branches: [main]}}}`, ``, []string{
			`build.branches[0]: "main" is already used by vmst:settings.docs.build.productionBranch; use each value once`,
		}},
		{"variables", `{docs: {variables: [{name: nodeVersion, context: all, value: "24"}, {name: A, context: weekends, value: a}, {name: B, context: all},
			{name: C, context: all, branch: main, value: c}, {name: D, context: branch, value: d}, {name: E, context: dev, value: e}, {name: E, context: dev, value: f},
			{name: API_TOKEN, context: all, value: hunter2}, {context: all, value: g}]}}`, ``, []string{
			`variables[0].name: "nodeVersion" is not the name of an environment variable; use capital letters, digits and underscores, and begin with a letter`,
			`variables[1].context: "weekends" is not allowed; set it to all, production, deploy-preview, branch-deploy, branch, dev or dev-server`,
			`variables[2].value: the value is missing; set it, or set secret to true`,
			`variables[3].branch: "main" does not fit the context "all"; name a branch with the context branch, and only there`,
			`variables[4].branch: "" does not fit the context "branch"; name a branch with the context branch, and only there`,
			`variables[6]: "E dev" is already used by vmst:settings.docs.variables[5]; use each value once`,
			"variables[7].value: the name is that of a secret, and this value can be read by everyone; remove it, set secret to true, and " + set("docsVariables.API_TOKEN"),
			`variables[8].name: the value is missing; set it to a text`,
		}},
		{"secret variables", `{docs: {variables: [{name: A, context: deploy-preview, secret: true}, {name: A, context: production, value: hunter2, secret: true},
			{name: A, context: branch-deploy, value: x}]}}`, `{docsVariables: {A: x}}`, []string{
			`variables[0].context: "deploy-preview" would show the secret to others; use production, branch-deploy or branch`,
			"variables[1].value: a secret stands here in plain text; remove it, renew it, and " + set("docsVariables.A"),
			`variables[2].secret: "A" is secret in one context and not in another; make it secret in all contexts, or in none`,
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var want []string
			for _, line := range test.want {
				want = append(want, "vmst:settings.docs."+line)
			}
			got := problems(t, docs(t, test.snippet), secrets(t, test.secrets))
			assert.Equal(t, want, got)
			for _, line := range got {
				assert.NotContains(t, line, "hunter2")
			}
		})
	}
}

func TestDocsSecrets(t *testing.T) {
	t.Parallel()
	const variables = `{docs: {variables: [{name: LICENSE, context: production, secret: true}, {name: LICENSE, context: branch-deploy, secret: true}]}}`
	settings, _, err := config.Decode(docs(t, variables), secrets(t, `{docsVariables: {LICENSE: x}}`))
	require.NoError(t, err)
	names := config.SecretNames(settings)
	assert.Equal(t, []string{"netlifyToken", "docsVariables.LICENSE"}, names[len(names)-2:])

	assert.Equal(t, missing("docsVariables.LICENSE", "netlifyToken"), problems(t, docs(t, variables), secrets(t, `{netlifyToken: null}`)))
	assert.Equal(t, []string{
		"vmst:secrets.docsVariables.LICENSE: the value contains a space or a line break; " + set("docsVariables.LICENSE") + ", without what was copied along with it",
		"vmst:secrets.docsVariables.OTHER: no variable takes the value; remove it, or add the variable to docs.variables with secret set to true",
	}, problems(t, docs(t, variables), secrets(t, `{docsVariables: {LICENSE: "a b", OTHER: x}}`)))
}
