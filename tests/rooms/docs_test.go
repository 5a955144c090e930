package rooms_test

import (
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/docs"
	"github.com/vmstio/infrastructure/tests/mocks"
)

const (
	docsBuildType         = "netlify:index/siteBuildSettings:SiteBuildSettings"
	docsDomainsType       = "netlify:index/siteDomainSettings:SiteDomainSettings"
	docsCollaborationType = "netlify:index/siteCollaborationSettings:SiteCollaborationSettings"
	docsVariableType      = "netlify:index/environmentVariable:EnvironmentVariable"
	docsRecordType        = "digitalocean:index/dnsRecord:DnsRecord"
)

func docsArgs() docs.Args {
	return docs.Args{
		Site: "vmst-docs", Team: "vmstio",
		Build: docs.Build{
			Directory: "docs", Command: "npm run generate", PublishDirectory: "dist",
			ProductionBranch: "main", Branches: []string{"staging", "Feature/New Look"},
		},
		Domain: "docs.vmst.io", Aliases: []string{"help.staging.vmst.io"},
		Zone: "vmst.io", ZoneName: pulumi.String("vmst.io"), TTL: 1800,
		Variables: []docs.Variable{
			{Key: "NODE_VERSION", Values: []docs.Value{{Context: "all", Value: pulumi.String("24")}}},
			{Key: "LICENSE", Secret: true, Values: []docs.Value{
				{Context: "production", Value: pulumi.String("licence-of-production")},
				{Context: "branch", Branch: "staging", Value: pulumi.String("licence-of-staging")},
			}},
		},
	}
}

func docsProgram(args docs.Args) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := docs.New(ctx, "docs", &args)
		return err
	}
}

func TestDocsBuild(t *testing.T) {
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(docsProgram(docsArgs())))

	build := r.One(t, docsBuildType, "docs-build")
	require.Contains(t, build.Parent, "vmst:docs:Docs::docs")
	for key, want := range map[string]any{
		"siteId": "site-of-vmst-docs", "baseDirectory": "docs", "buildCommand": "npm run generate", "publishDirectory": "dist",
		"productionBranch": "main", "branchDeployBranches": []any{"staging", "Feature/New Look"},
		"branchDeployAllBranches": false, "deployPreviews": true, "prettyUrls": true, "preventNonGitProdDeploys": true,
	} {
		require.Equal(t, want, build.Input(key), key)
	}

	collaboration := r.One(t, docsCollaborationType, "docs-collaboration")
	require.Equal(t, "site-of-vmst-docs", collaboration.Input("siteId"))
	require.Equal(t, true, collaboration.Input("netlifyDrawerInDeployPreviews"))
	require.Equal(t, false, collaboration.Input("netlifyDrawerInBranchDeploys"))
	require.Equal(t, false, collaboration.Input("netlifyHeadsUpDisplay"))
}

func TestDocsDomains(t *testing.T) {
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(docsProgram(docsArgs())))

	domains := r.One(t, docsDomainsType, "docs-domains")
	require.Equal(t, "site-of-vmst-docs", domains.Input("siteId"))
	require.Equal(t, "docs.vmst.io", domains.Input("customDomain"))
	require.Equal(t, []any{"help.staging.vmst.io"}, domains.Input("domainAliases"))
	require.Nil(t, domains.Input("branchDeployCustomDomain"))

	require.Len(t, r.OfType(docsRecordType), 2)
	for _, record := range []string{"docs", "help.staging"} {
		cname := r.One(t, docsRecordType, "docs-"+record)
		require.Equal(t, "vmst.io", cname.Input("domain"))
		require.Equal(t, record, cname.Input("name"))
		require.Equal(t, "CNAME", cname.Input("type"))
		require.Equal(t, "vmst-docs.netlify.app.", cname.Input("value"))
		require.EqualValues(t, 1800, cname.Input("ttl"))
		require.Contains(t, cname.Parent, "vmst:docs:Docs::docs")
		require.True(t, slices.ContainsFunc(cname.DependsOn, func(urn string) bool {
			return urn == "urn:pulumi:test::vmst::vmst:docs:Docs$"+docsDomainsType+"::docs-domains"
		}), "the record %s must come after the claim of its host, but depends on %v", record, cname.DependsOn)
	}
}

func TestDocsOutputs(t *testing.T) {
	for domain, branches := range map[string]map[string]string{
		"": {
			"staging": "https://staging--vmst-docs.netlify.app", "Feature/New Look": "https://feature-new-look--vmst-docs.netlify.app",
		},
		"preview.vmst.io": {
			"staging": "https://staging.preview.vmst.io", "Feature/New Look": "https://feature-new-look.preview.vmst.io",
		},
	} {
		t.Run(domain, func(t *testing.T) {
			args := docsArgs()
			args.BranchDomain = domain
			r := &mocks.Recorder{}
			got := make(chan []any, 1)
			require.NoError(t, r.Run(func(ctx *pulumi.Context) error {
				d, err := docs.New(ctx, "docs", &args)
				if err != nil {
					return err
				}
				pulumi.All(d.SiteID, d.URL, d.BranchURLs).ApplyT(func(all []any) error { got <- all; return nil })
				return nil
			}))
			require.Equal(t, []any{"site-of-vmst-docs", "https://docs.vmst.io", branches}, <-got)
			if domain != "" {
				require.Equal(t, domain, r.One(t, docsDomainsType, "docs-domains").Input("branchDeployCustomDomain"))
			}
		})
	}
}

func TestDocsVariables(t *testing.T) {
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(docsProgram(docsArgs())))

	plain := r.One(t, docsVariableType, "docs-NODE_VERSION")
	require.Equal(t, "NODE_VERSION", plain.Input("key"))
	require.Equal(t, "site-of-vmst-docs", plain.Input("siteId"))
	require.Equal(t, "team-of-vmstio", plain.Input("teamId"))
	require.Equal(t, []any{map[string]any{"context": "all", "value": "24"}}, plain.Input("values"))
	require.Nil(t, plain.Input("scopes"))
	require.Nil(t, plain.Input("secretValues"))

	secret := r.One(t, docsVariableType, "docs-LICENSE")
	require.Equal(t, []any{
		map[string]any{"context": "production", "value": "licence-of-production"},
		map[string]any{"context": "branch", "contextParameter": "staging", "value": "licence-of-staging"},
	}, secret.Input("secretValues"))
	require.True(t, secret.Secret("secretValues"))
	require.Equal(t, []any{"builds", "functions", "runtime"}, secret.Input("scopes"))
	require.Nil(t, secret.Input("values"))
}

func TestDocsWithoutVariablesAsksForNoTeam(t *testing.T) {
	args := docsArgs()
	args.Variables = nil
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(docsProgram(args)))
	require.Empty(t, r.OfType(docsVariableType))
}

func TestDocsPreview(t *testing.T) {
	r := &mocks.Recorder{Preview: true}
	require.NoError(t, r.Run(docsProgram(docsArgs())))
	require.Len(t, r.OfType(docsRecordType), 2)
}

func TestDocsReturnsFailures(t *testing.T) {
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, docsProgram(docsArgs()))
}

func TestDocsSaysHowToMakeTheSite(t *testing.T) {
	args := docsArgs()
	args.Site = "nowhere"
	r := &mocks.Recorder{}
	err := r.Run(docsProgram(args))
	require.ErrorContains(t, err, `looking up the Netlify site "nowhere" of team "vmstio": `)
	require.ErrorContains(t, err, `make it once, by hand:
  1. Log in to https://app.netlify.com/start and choose the team "vmstio".
  2. Choose the Git provider, then the repository that holds the folder "docs".
  3. Enter the project name "nowhere" and the branch to deploy "main"; leave the rest as it is.
  4. Choose Deploy. The first deploy may fail: the build settings come from here.
  5. Run pulumi up again.`)
	for _, res := range r.All() {
		require.False(t, res.Custom, "%s was registered without a site", res.Name)
	}

	args.Build.Directory = ""
	require.ErrorContains(t, (&mocks.Recorder{}).Run(docsProgram(args)), "the repository that holds the site.")
}

func TestDocsSaysWhereTheTeamIsFound(t *testing.T) {
	args := docsArgs()
	args.Team = "strangers"
	err := (&mocks.Recorder{}).Run(docsProgram(args))
	require.ErrorContains(t, err, `looking up the Netlify site "vmst-docs" of team "strangers": `)
	require.ErrorContains(t, err, "https://app.netlify.com/teams/<slug>")
	require.NotContains(t, err.Error(), "by hand")
}

func TestDocsRefusesBadArguments(t *testing.T) {
	value := pulumi.String("v")
	r := &mocks.Recorder{}
	err := r.Run(docsProgram(docs.Args{
		Site: "Docs.Site", Zone: "vmst.io", Domain: "vmst.io", Aliases: []string{"docs.vmst.social", "vmst.io"}, TTL: 1,
		Build: docs.Build{
			Directory: "../elsewhere", PublishDirectory: "/dist", ProductionBranch: "main", Branches: []string{"main", "staging", "staging", "//"},
		},
		Variables: []docs.Variable{
			{Key: "1ST"},
			{Key: "A", Values: []docs.Value{{Context: "always", Value: value}, {Context: "branch", Value: value}, {Context: "all", Branch: "main", Value: value}}},
			{Key: "A", Values: []docs.Value{{Context: "all", Value: value}, {Context: "all"}}},
			{Key: "S", Secret: true, Values: []docs.Value{{Context: "all", Value: value}, {Context: "deploy-preview", Value: value}}},
		},
	}))
	for _, want := range []string{
		`Site "Docs.Site" is not 1 to 63 lower-case letters, digits and inner hyphens`,
		"Team is missing", "Build.Command is missing", "ZoneName is missing",
		`Build.Directory "../elsewhere" is not a folder of the repository`,
		`Build.PublishDirectory "/dist" is not a folder below Build.Directory`,
		`Build.Branches[0] "main" is the production branch`,
		`Build.Branches[2] "staging" is there already`,
		`Build.Branches[3] "//" is not the name of a branch`,
		`Domain "vmst.io" is not a host below the zone "vmst.io"`,
		`Aliases[0] "docs.vmst.social" is not a host below the zone "vmst.io"`,
		`Aliases[1] "vmst.io" is there already`,
		"TTL 1 is less than 30 seconds",
		`Variables[0].Key "1ST" is not letters, digits and underscores, beginning with a letter`,
		"Variables[0].Values is empty",
		`Variables[1].Values[0].Context "always" is not one of all, production, deploy-preview, branch-deploy, branch, dev, dev-server`,
		`Variables[1].Values[1].Branch "" does not fit the context "branch"`,
		`Variables[1].Values[2].Branch "main" does not fit the context "all"`,
		`Variables[2].Key "A" is there already`,
		`Variables[2].Values[1].Context "all" is there already`,
		"Variables[2].Values[1].Value is missing",
		`Variables[3].Values[0].Context "all" is not one of production, branch-deploy, branch`,
		`Variables[3].Values[1].Context "deploy-preview" is not one of production, branch-deploy, branch`,
	} {
		require.ErrorContains(t, err, want)
	}
	require.Empty(t, r.OfType("vmst:docs:Docs"))
	require.Empty(t, r.OfType(docsBuildType))
}
