package settings_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/crew"
	"github.com/vmstio/infrastructure/infra/settings"
)

// docs is the base with a documentation site that has all it needs, changed.
func docs(t testing.TB, change string) string {
	t.Helper()
	site := fromYAML(t, `{environment: production, docs: {enabled: true, team: example}}`)
	return base(t, toJSON(t, merge(site, fromYAML(t, change))))
}

func TestDocsDefaults(t *testing.T) {
	t.Parallel()
	assert.Equal(t, settings.DocSite{
		Enabled: true, Team: "example", Host: "docs.example.org", Site: crew.Name(crew.Docs, "social.example.org"),
		Build: settings.DocsBuild{
			Directory: "docs", Command: "npm run generate", PublishDirectory: "dist", ProductionBranch: "main",
			Branches: []string{"staging"},
		},
	}, read(t, docs(t, "")).Docs)

	s := read(t, docs(t, `{docs: {site: handbook, host: handbook.example.org, build: {branches: []}}}`))
	assert.Equal(t, "handbook", s.Docs.Site)
	assert.Equal(t, "handbook.example.org", s.Docs.Host)
	assert.Empty(t, s.Docs.Build.Branches)
}

// A site that is off needs nothing, and nothing is asked of it but that it is written well.
func TestDocsOff(t *testing.T) {
	t.Parallel()
	s, _, err := settings.Decode(
		base(t, `{docs: {host: elsewhere.example.net, build: {branches: [main]}, variables: [{name: A,
			context: production,
			secret: true}]}}`),
		secrets(t, `{netlifyToken: null, docsVariables: {OLD: x}}`))
	require.NoError(t, err)
	assert.False(t, s.Docs.Enabled)
	assert.NotContains(t, settings.SecretNames(s), "netlifyToken")
	assert.Empty(t, s.DocsEntries())
}

func TestDocsAreProductionsAlone(t *testing.T) {
	t.Parallel()
	for _, environment := range []string{"staging", "development"} {
		assert.Equal(t, []string{
			"vmst:settings.docs.enabled: true is for production, and this is " + environment + ": both would set the " +
				"same site, each its own way; set it to false: production's site serves the branches of the others, " +
				"too",
		}, problems(t, docs(t, `{environment: `+environment+`}`), secrets(t, "")))
	}
}

func TestGoodDocs(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{
		"aliases": `{docs: {aliases: [help.example.org, faq.social.example.org, a-web.example.org]}}`,
		"branches": `{docs: {build: {directory: site/docs, publishDirectory: .output/public,
			productionBranch: release/4.6,
			branches: [next, v5.x]}}}`,
		"delegated domain": `{docs: {branchDomain: preview.example.org},
			dns: {records: [{name: preview, type: NS, value: dns1.p01.nsone.net}]}}`,
		"domain in a delegated one": `{docs: {branchDomain: docs.preview.example.org},
			dns: {records: [{name: preview, type: NS, value: dns1.p01.nsone.net}]}}`,
		"variables": `{docs: {variables: [{name: NODE_VERSION, context: all, value: "24"},
			{name: URL, context: production, value: a}, {name: URL, context: branch, branch: staging, value: b},
			{name: URL, context: branch, branch: next, value: c}]}}`,
	} {
		assert.Empty(t, problems(t, docs(t, change), secrets(t, "")), name)
	}
}

func TestBadDocs(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, change, secrets string
		want                  []string
	}{
		{"no team", `{docs: {team: ""}}`, ``, []string{
			"docs.team: the value is missing; set it: docs.enabled is true",
		}},
		{"names", `{docs: {team: Our Team, site: docs.netlify.app}}`, ``, []string{
			`docs.site: "docs.netlify.app" is not the name of a site; write the part before .netlify.app`,
			`docs.team: "Our Team" is not the slug of a team; write the last part of ` +
				`https://app.netlify.com/teams/<slug>`,
		}},
		{"hosts", `{docs: {host: example.org, aliases: [docs.example.net, cdn.example.org,
			"https://help.example.org"]}}`, ``, []string{
			`docs.aliases[0]: "docs.example.net" is not a name in the zone example.org; use a name that ends in ` +
				`.example.org`,
			`docs.aliases[1]: "cdn.example.org" is already used by vmst:settings.storage.mediaHost; use each value ` +
				`once`,
			`docs.aliases[2]: "https://help.example.org" is not a host name; write a full name in lower case, ` +
				`without a scheme or a final dot, such as social.example.org`,
			`docs.host: "example.org" is not a name in the zone example.org; use a name that ends in .example.org`,
		}},
		{"branches that nothing delegates", `{docs: {branchDomain: preview.example.org}}`, ``, []string{
			`docs.branchDomain: nothing delegates "preview.example.org" to Netlify; add the domain to Netlify DNS, ` +
				`and an NS record with the name "preview" to dns.records for each server that it shows`,
		}},
		{"branches elsewhere", `{docs: {branchDomain: preview.example.net}}`, ``, []string{
			`docs.branchDomain: "preview.example.net" is not a name in the zone example.org; use a name that ends in ` +
				`.example.org`,
		}},
		{"branches nowhere", `{docs: {branchDomain: preview}}`, ``, []string{
			`docs.branchDomain: "preview" is not a host name; write a full name in lower case, without a scheme or a ` +
				`final dot, such as social.example.org`,
		}},
		{"build", `{docs: {build: {directory: ../docs, publishDirectory: /dist, productionBranch: "main branch",
			branches: [staging, staging, a..b, "-x"]}}}`, ``, []string{
			`docs.build.branches[1]: "staging" is already used by vmst:settings.docs.build.branches[0]; use each ` +
				`value once`,
			`docs.build.branches[2]: "a..b" is not the name of a branch; use letters, digits, dashes, dots and slashes`,
			`docs.build.branches[3]: "-x" is not the name of a branch; use letters, digits, dashes, dots and slashes`,
			`docs.build.directory: "../docs" is not a folder of the repository; write it without a slash at the ` +
				`beginning and without ..`,
			`docs.build.productionBranch: "main branch" is not the name of a branch; use letters, digits, dashes, ` +
				`dots and slashes`,
			`docs.build.publishDirectory: "/dist" is not a folder of the repository; write it without a slash at the ` +
				`beginning and without ..`,
		}},
		{"one branch for both", `{docs: {build: {branches: [main]}}}`, ``, []string{
			`docs.build.branches[0]: "main" is already used by vmst:settings.docs.build.productionBranch; use each ` +
				`value once`,
		}},
		{"branches with one address", `{docs: {branchDomain: preview.example.org, build: {branches: [v5.x, v5-x]}},
			dns: {records: [{name: preview, type: NS, value: dns1.p01.nsone.net}]}}`, ``, []string{
			`docs.build.branches[1]: "v5-x" and "v5.x" would both be served at v5-x.preview.example.org; rename one ` +
				`of the two`,
		}},
		{"a branch with a long name", `{docs: {site: the-handbook-of-the-example,
			build: {branches: [a-branch-with-a-name-of-forty-characters]}}}`, ``, []string{
			`docs.build.branches[0]: "a-branch-with-a-name-of-forty-characters" makes the host name ` +
				`a-branch-with-a-name-of-forty-characters--the-handbook-of-the-example.netlify.app, whose first part ` +
				`is longer than 63 characters; use a shorter name`,
		}},
		{"records", `{docs: {aliases: [help.example.org]}, dns: {records: [{name: docs, type: A, value: 203.0.113.7},
			{name: help, type: TXT, value: x}]}}`, ``, []string{
			`dns.records[0]: "docs" already has the CNAME record of vmst:settings.docs.host, and a name with a CNAME ` +
				`record can have no other; remove it, or give it another name`,
			`dns.records[1]: "help" already has the CNAME record of vmst:settings.docs.aliases[0], and a name with a ` +
				`CNAME record can have no other; remove it, or give it another name`,
		}},
		{"names of variables", `{docs: {variables: [{name: nodeVersion, context: all, value: "24"}, {context: all,
			value: g}]}}`, ``, []string{
			`docs.variables[0].name: "nodeVersion" is not the name of an environment variable; use capital letters, ` +
				`digits and underscores, and begin with a letter`,
			"docs.variables[1].name: the value is missing; set it to text",
		}},
		{"contexts of variables", `{docs: {variables: [{name: A, context: weekends, value: a}, {name: C, context: all,
			branch: main, value: c}, {name: D, context: branch, value: d}, {name: E, context: dev, value: e}, {name: E,
			context: dev, value: f}]}}`, ``, []string{
			`docs.variables[0].context: "weekends" is not allowed; set it to all, production, deploy-preview, ` +
				`branch-deploy, branch, dev or dev-server`,
			`docs.variables[1].branch: "main" does not fit the context "all"; name a branch with the context branch, ` +
				`and only there`,
			`docs.variables[2].branch: "" does not fit the context "branch"; name a branch with the context branch, ` +
				`and only there`,
			`docs.variables[4]: "E dev" is already used by vmst:settings.docs.variables[3]; use each value once`,
		}},
		{"values of variables", `{docs: {variables: [{name: B, context: all}, {name: API_TOKEN, context: all,
			value: hunter2}]}}`, ``, []string{
			"docs.variables[0].value: the value is missing; set it, or set secret to true",
			"docs.variables[1].value: the name is that of a secret, and this value can be read by everyone; remove " +
				"it, set secret to true, and set it with `pulumi config set --secret --path " +
				"'vmst:secrets.docsVariables.API_TOKEN'`",
		}},
		{"secret variables", `{docs: {variables: [{name: A, context: deploy-preview, secret: true}, {name: A,
			context: production, value: hunter2, secret: true}, {name: A, context: branch-deploy,
			value: x}]}}`, `{docsVariables: {A: x}}`, []string{
			`docs.variables[0].context: "deploy-preview" would show the secret to others; use production, ` +
				`branch-deploy or branch`,
			"docs.variables[1].value: a secret stands here in plain text; remove it, renew it, and set it with " +
				"`pulumi config set --secret --path 'vmst:secrets.docsVariables.A'`",
			`docs.variables[2].secret: "A" is secret in one context and not in another; make it secret in all ` +
				`contexts, or in none`,
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := problems(t, docs(t, test.change), secrets(t, test.secrets))
			assert.Equal(t, under("vmst:settings.", test.want), got)
			for _, line := range got {
				assert.NotContains(t, line, "hunter2")
			}
		})
	}
}

func TestDocsSecrets(t *testing.T) {
	t.Parallel()
	const variables = `{docs: {variables: [{name: LICENSE, context: production, secret: true},
		{name: LICENSE, context: branch-deploy, secret: true}]}}`
	s, _, err := settings.Decode(docs(t, variables), secrets(t, `{docsVariables: {LICENSE: x}}`))
	require.NoError(t, err)
	names := settings.SecretNames(s)
	assert.Equal(t, []string{"netlifyToken", "docsVariables.LICENSE"}, names[len(names)-2:])

	assert.Equal(t, missing("docsVariables.LICENSE", "netlifyToken"),
		problems(t, docs(t, variables), secrets(t, `{netlifyToken: null}`)))
	assert.Equal(t, under("vmst:secrets.docsVariables.", []string{
		"LICENSE: the value contains a space or a line break; " + set("docsVariables.LICENSE") +
			", without what was copied along with it",
		"OTHER: no variable takes the value; remove it, or add the variable to docs.variables with secret set to true",
	}), problems(t, docs(t, variables), secrets(t, `{docsVariables: {LICENSE: "a b", OTHER: x}}`)))
}

func TestBranchURLs(t *testing.T) {
	t.Parallel()
	const branches = `{docs: {site: handbook, build: {branches: [staging, release/4.6]}}}`
	site := fromYAML(t, branches)
	assert.Equal(t, map[string]string{
		"staging":     "https://staging--handbook.netlify.app",
		"release/4.6": "https://release-4-6--handbook.netlify.app",
	}, read(t, docs(t, branches)).Docs.BranchURLs())
	merge(site, fromYAML(t, `{docs: {branchDomain: preview.example.org},
		dns: {records: [{name: preview, type: NS, value: dns1.p01.nsone.net}]}}`))
	assert.Equal(t, map[string]string{
		"staging":     "https://staging.preview.example.org",
		"release/4.6": "https://release-4-6.preview.example.org",
	}, read(t, docs(t, toJSON(t, site))).Docs.BranchURLs())
}
