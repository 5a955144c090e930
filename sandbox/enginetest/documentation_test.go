package enginetest_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	sdk "github.com/pulumi/pulumi-netlify/sdk/netlify"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/docsite"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/netlify"
	"github.com/vmstio/infrastructure/sandbox/runner"
)

const (
	documentationLicense = "licence-that-nobody-may-read"
	documentationBuild   = "netlify:index/siteBuildSettings:SiteBuildSettings"
)

// documentation is a stack that has a zone and, unless off, the documentation site.
type documentation struct {
	sandbox *runner.Sandbox
	args    docsite.Args
	off     bool
}

func newDocumentation(t *testing.T) *documentation {
	t.Helper()
	d := &documentation{args: docsite.Args{
		DocSite: settings.DocSite{
			Site: "handbook", Team: "example", Host: "docs.example.org",
			Build: settings.DocsBuild{
				Directory: "docs", Command: "make", PublishDirectory: "dist", ProductionBranch: "main",
				Branches: []string{"staging"},
			},
			Variables: []settings.DocsVariable{
				{Name: "PLAIN", Context: "all", Value: "24"},
				{Name: "LICENSE", Context: "production", Secret: true},
			},
		},
		TTL:             300,
		SecretVariables: map[string]pulumi.StringInput{"LICENSE": pulumi.String(documentationLicense)},
	}}
	dir := t.TempDir()
	for file, text := range map[string]string{
		"Pulumi.yaml":     "name: vmst\nruntime: go\nconfig:\n  pulumi:disable-default-providers: [\"*\"]\n",
		"Pulumi.dev.yaml": "config: {}\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600))
	}
	a := newAccount(t)
	var err error
	d.sandbox, err = runner.Open(t.Context(), runner.Options{
		Program: inAnyWorld(d.program), Stack: "dev", ProjectDir: dir, StateDir: a.dir, PulumiCommand: a.command,
		Quiet: true, Stderr: &bytes.Buffer{},
	})
	require.NoError(t, err)
	t.Cleanup(d.sandbox.Close)
	return d
}

func (d *documentation) program(ctx *pulumi.Context) error {
	do, err := digitalocean.NewProvider(ctx, "do", &digitalocean.ProviderArgs{Token: pulumi.String("token")})
	if err != nil {
		return err
	}
	zone, err := digitalocean.NewDomain(ctx, "zone", &digitalocean.DomainArgs{Name: pulumi.String("example.org")},
		pulumi.Provider(do))
	if err != nil || d.off {
		return err
	}
	provider, err := sdk.NewProvider(ctx, "netlify", &sdk.ProviderArgs{Token: pulumi.String("token")})
	if err != nil {
		return err
	}
	args := d.args
	args.ZoneName = zone.Name
	for _, host := range append([]string{args.Host}, args.Aliases...) {
		name := settings.Zone("example.org").Relative(host)
		args.Entries = append(args.Entries, settings.Entry{
			Key: name, Type: "CNAME", Name: name, Value: "handbook.netlify.app.",
		})
	}
	_, err = docsite.New(ctx, "docs", &args, pulumi.Providers(do, provider))
	return err
}

// refused brings the stack up and returns why that failed.
func (d *documentation) refused(t *testing.T) string {
	t.Helper()
	result, err := d.sandbox.Up(t.Context())
	require.Error(t, err)
	reasons := []string{result.Error}
	for _, diagnostic := range result.Diagnostics {
		reasons = append(reasons, diagnostic.Message)
	}
	return strings.Join(reasons, "\n")
}

func (d *documentation) cloud(t *testing.T) *cloud.Cloud {
	t.Helper()
	c, err := cloud.Open(d.sandbox.CloudFile())
	require.NoError(t, err)
	return c
}

func TestTheDocumentationSite(t *testing.T) {
	t.Parallel()
	d := newDocumentation(t)
	t.Run("a site that nobody made", func(t *testing.T) {
		require.NoError(t, netlify.Seed(d.cloud(t), "another", "example"))
		reason := d.refused(t)
		assert.Contains(t, reason, `looking up the Netlify site "handbook" of team "example"`)
		assert.Contains(t, reason, `3. Enter the project name "handbook" and the branch to deploy "main"`)
	})
	t.Run("a team that the token does not see", func(t *testing.T) {
		right := d.args.Team
		d.args.Team = "strangers"
		assert.Contains(t, d.refused(t), "https://app.netlify.com/teams/<slug>")
		d.args.Team = right
	})
	t.Run("comes up once a person has made the site", func(t *testing.T) {
		require.NoError(t, netlify.Seed(d.cloud(t), "handbook", "example"))
		result, err := d.sandbox.Up(t.Context())
		must(t, result, err)
		records := d.cloud(t).List("digitalocean:index/dnsRecord:DnsRecord")
		require.True(t, slices.ContainsFunc(records, func(record cloud.Object) bool {
			return record.Outputs["name"] == "docs" && record.Outputs["value"] == "handbook.netlify.app."
		}), "%v", records)
	})
	t.Run("is stable", func(t *testing.T) { d.isStable(t) })
	t.Run("drifts", func(t *testing.T) { d.drifts(t) })
	t.Run("a domain that another site has", func(t *testing.T) {
		d.args.Aliases = []string{"help.example.org"}
		d.claim(t, "another", "help.example.org")
		assert.Contains(t, d.refused(t), "the domain help.example.org is used by another site")
		for _, record := range d.cloud(t).List("digitalocean:index/dnsRecord:DnsRecord") {
			assert.NotEqual(t, "help", record.Outputs["name"], "a record points to a site that has not got the host")
		}
		d.args.Aliases = nil
	})
	t.Run("goes without a trace", func(t *testing.T) { d.goes(t) })
}

func (d *documentation) isStable(t *testing.T) {
	t.Helper()
	preview, err := d.sandbox.ExpectNoChanges(t.Context())
	must(t, preview, err)
	refreshed, err := d.sandbox.Refresh(t.Context())
	must(t, refreshed, err)
	assert.Empty(t, refreshed.Drift)
	stacks := filepath.Join(filepath.Dir(d.sandbox.CloudFile()), "state", ".pulumi", "stacks")
	state, err := os.ReadFile(filepath.Join(stacks, "vmst", "dev.json"))
	require.NoError(t, err)
	assert.Contains(t, string(state), "LICENSE")
	assert.NotContains(t, string(state), documentationLicense, "the state holds the secret in plain text")
}

// drifts changes a setting, as a person could at Netlify.
func (d *documentation) drifts(t *testing.T) {
	t.Helper()
	c := d.cloud(t)
	builds := c.List(documentationBuild)
	require.Len(t, builds, 1)
	builds[0].Outputs["productionBranch"] = "develop"
	require.NoError(t, c.Put(builds[0]))
	refreshed, err := d.sandbox.Refresh(t.Context())
	must(t, refreshed, err)
	require.Len(t, refreshed.Drift, 1)
	assert.Equal(t, []string{"productionBranch"}, refreshed.Drift[0].Properties)
	result, err := d.sandbox.Up(t.Context())
	must(t, result, err)
	assert.Equal(t, 1, result.Changes["update"])
	assert.Equal(t, "main", c.List(documentationBuild)[0].Outputs["productionBranch"])
}

// claim gives a site a domain, as a person could at Netlify.
func (d *documentation) claim(t *testing.T, name, domain string) {
	t.Helper()
	c := d.cloud(t)
	for _, site := range c.List("netlify:index/site:Site") {
		if site.Outputs["name"] == name {
			site.Outputs["customDomain"] = domain
			require.NoError(t, c.Put(site))
		}
	}
}

func (d *documentation) goes(t *testing.T) {
	t.Helper()
	d.off = true
	result, err := d.sandbox.Up(t.Context())
	must(t, result, err)
	for _, typ := range []string{
		documentationBuild, "netlify:index/siteCollaborationSettings:SiteCollaborationSettings",
		"netlify:index/siteDomainSettings:SiteDomainSettings", "netlify:index/environmentVariable:EnvironmentVariable",
	} {
		assert.Empty(t, d.cloud(t).List(typ))
	}
	for _, record := range d.cloud(t).List("digitalocean:index/dnsRecord:DnsRecord") {
		assert.NotEqual(t, "CNAME", record.Outputs["type"])
	}
	assert.Len(t, d.cloud(t).List("netlify:index/site:Site"), 2, "what was made by hand stays")
	state, err := d.sandbox.State(t.Context())
	require.NoError(t, err)
	for _, r := range state.Resources {
		assert.NotContains(t, string(r.URN), "netlify")
		assert.NotContains(t, string(r.URN), "vmst:docs")
	}
}
