package docsite_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/docsite"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/tests/mocks"
)

const (
	roomType          = "vmst:docsite:DocSite"
	buildType         = "netlify:index/siteBuildSettings:SiteBuildSettings"
	domainsType       = "netlify:index/siteDomainSettings:SiteDomainSettings"
	collaborationType = "netlify:index/siteCollaborationSettings:SiteCollaborationSettings"
	variableType      = "netlify:index/environmentVariable:EnvironmentVariable"
	recordType        = "digitalocean:index/dnsRecord:DnsRecord"
)

func docsArgs() docsite.Args {
	entry := func(name string) settings.Entry {
		return settings.Entry{Key: name, Type: "CNAME", Name: name, Value: "vmst-docs.netlify.app."}
	}
	return docsite.Args{
		DocSite: settings.DocSite{
			Site: "vmst-docs", Team: "vmstio", Host: "docs.vmst.io", Aliases: []string{"help.staging.vmst.io"},
			Build: settings.DocsBuild{
				Directory: "docs", Command: "npm run generate", PublishDirectory: "dist",
				ProductionBranch: "main", Branches: []string{"staging", "Feature/New Look"},
			},
			Variables: []settings.DocsVariable{
				{Name: "LICENSE", Context: "production", Secret: true},
				{Name: "NODE_VERSION", Context: "all", Value: "24"},
				{Name: "LICENSE", Context: "branch", Branch: "staging", Secret: true},
				{Name: "THEME", Context: "production", Value: "light"},
				{Name: "THEME", Context: "branch", Branch: "staging", Value: "dark"},
			},
		},
		ZoneName: pulumi.String("vmst.io"), TTL: 1800,
		Entries: []settings.Entry{entry("docs"), entry("help.staging")},
		// A value that is no secret yet, to see that it becomes one.
		SecretVariables: map[string]pulumi.StringInput{"LICENSE": pulumi.String("the-licence")},
	}
}

// program makes the site, and stores it in made.
func program(args docsite.Args, made **docsite.DocSite) pulumi.RunFunc {
	return func(ctx *pulumi.Context) (err error) {
		*made, err = docsite.New(ctx, "docs", &args)
		return err
	}
}

// run runs the program to its end.
func run(t *testing.T, r *mocks.Recorder, args docsite.Args) (made *docsite.DocSite) {
	t.Helper()
	require.NoError(t, r.Run(program(args, &made)))
	return made
}

func TestBuild(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	made := run(t, r, docsArgs())
	require.Equal(t, "site-of-vmst-docs", mocks.Value[string](t, made.SiteID))

	build := r.One(t, buildType, "docs-build")
	require.Contains(t, build.Parent, roomType+"::docs")
	for key, want := range map[string]any{
		"siteId": "site-of-vmst-docs", "baseDirectory": "docs", "buildCommand": "npm run generate",
		"publishDirectory": "dist", "productionBranch": "main",
		"branchDeployBranches":    []any{"staging", "Feature/New Look"},
		"branchDeployAllBranches": false, "deployPreviews": true, "prettyUrls": true, "preventNonGitProdDeploys": true,
	} {
		require.Equal(t, want, build.Input(key), key)
	}

	collaboration := r.One(t, collaborationType, "docs-collaboration")
	require.Equal(t, "site-of-vmst-docs", collaboration.Input("siteId"))
	require.Equal(t, true, collaboration.Input("netlifyDrawerInDeployPreviews"))
	require.Equal(t, false, collaboration.Input("netlifyDrawerInBranchDeploys"))
	require.Equal(t, false, collaboration.Input("netlifyHeadsUpDisplay"))
}

// The engine gives the former type to the children, too, as part of their URNs.
func TestFormerTypeIsAnAlias(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	run(t, r, docsArgs())
	require.Equal(t, []string{"vmst:docs:Docs"}, r.One(t, roomType, "docs").Aliases)
}

func TestDomains(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	run(t, r, docsArgs())

	domains := r.One(t, domainsType, "docs-domains")
	require.Equal(t, "site-of-vmst-docs", domains.Input("siteId"))
	require.Equal(t, "docs.vmst.io", domains.Input("customDomain"))
	require.Equal(t, []any{"help.staging.vmst.io"}, domains.Input("domainAliases"))
	require.Nil(t, domains.Input("branchDeployCustomDomain"))

	require.Len(t, r.OfType(recordType), 2)
	for _, record := range []string{"docs", "help.staging"} {
		cname := r.One(t, recordType, "docs-"+record)
		require.Equal(t, map[string]any{
			"domain": "vmst.io", "name": record, "type": "CNAME", "value": "vmst-docs.netlify.app.", "ttl": 1800.0,
		}, cname.Inputs.Mappable())
		require.Contains(t, cname.Parent, roomType+"::docs")
		require.Contains(t, cname.DependsOn, "urn:pulumi:test::vmst::"+roomType+"$"+domainsType+"::docs-domains",
			"the record must come after the claim of its host")
	}

	args := docsArgs()
	args.BranchDomain = "preview.vmst.io"
	r = &mocks.Recorder{}
	run(t, r, args)
	require.Equal(t, "preview.vmst.io", r.One(t, domainsType, "docs-domains").Input("branchDeployCustomDomain"))
}

func TestVariables(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	run(t, r, docsArgs())

	require.Len(t, r.OfType(variableType), 3, "a variable with several contexts is one resource")
	plain := r.One(t, variableType, "docs-NODE_VERSION")
	require.Equal(t, map[string]any{
		"key": "NODE_VERSION", "siteId": "site-of-vmst-docs", "teamId": "team-of-vmstio",
		"values": []any{map[string]any{"context": "all", "value": "24"}},
	}, plain.Inputs.Mappable(), "there are neither scopes nor secret values")
	require.Equal(t, []any{
		map[string]any{"context": "production", "value": "light"},
		map[string]any{"context": "branch", "contextParameter": "staging", "value": "dark"},
	}, r.One(t, variableType, "docs-THEME").Input("values"))

	secret := r.One(t, variableType, "docs-LICENSE")
	require.Equal(t, []any{
		map[string]any{"context": "production", "value": "the-licence"},
		map[string]any{"context": "branch", "contextParameter": "staging", "value": "the-licence"},
	}, secret.Input("secretValues"))
	require.True(t, secret.Secret("secretValues"))
	require.Equal(t, []any{"builds", "functions", "runtime"}, secret.Input("scopes"))
	require.Nil(t, secret.Input("values"))
}

func TestNobodyAsksForTheTeamWithoutVariables(t *testing.T) {
	t.Parallel()
	args := docsArgs()
	args.Variables = nil
	r := &mocks.Recorder{}
	run(t, r, args)
	require.Empty(t, r.OfType(variableType))
	require.Len(t, r.Calls(), 1)
	require.Equal(t, "netlify:index/getSite:getSite", r.Calls()[0].Token)
}

func TestPreview(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{Preview: true}
	run(t, r, docsArgs())
	require.Len(t, r.OfType(recordType), 2)
}

func TestFailures(t *testing.T) {
	t.Parallel()
	var made *docsite.DocSite
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, program(docsArgs(), &made))
}

func TestErrorSaysHowToMakeTheSite(t *testing.T) {
	t.Parallel()
	var made *docsite.DocSite
	args := docsArgs()
	args.Site = "nowhere"
	r := &mocks.Recorder{}
	err := r.Run(program(args, &made))
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
	require.ErrorContains(t, (&mocks.Recorder{}).Run(program(args, &made)), "the repository that holds the site.")
}

func TestErrorSaysWhereTheTeamIsFound(t *testing.T) {
	t.Parallel()
	var made *docsite.DocSite
	args := docsArgs()
	args.Team = "nobody"
	err := (&mocks.Recorder{}).Run(program(args, &made))
	require.ErrorContains(t, err, `looking up the Netlify site "vmst-docs" of team "nobody": `)
	require.ErrorContains(t, err, "https://app.netlify.com/teams/<slug>")
	require.NotContains(t, err.Error(), "by hand")
}

func TestMissingArgumentsRegisterNothing(t *testing.T) {
	t.Parallel()
	var made *docsite.DocSite
	r := &mocks.Recorder{}
	require.ErrorContains(t, r.Run(program(docsite.Args{DocSite: settings.DocSite{
		Variables: []settings.DocsVariable{{Name: "LICENSE", Secret: true}, {Name: "THEME", Value: "dark"}},
	}}, &made)), "documentation site arguments: SecretVariables[LICENSE], Site, ZoneName missing")
	require.Empty(t, r.OfType(roomType))
	require.Empty(t, r.OfType(buildType))
}
