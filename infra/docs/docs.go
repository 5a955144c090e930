// Package docs makes the documentation site: a static site that Netlify builds
// on every push to its repository and serves from its CDN, under a host of the
// environment's zone.
//
// The site itself is made by a person, once, because Netlify's provider cannot
// make one. It is looked up by name, and everything about it is managed here.
//
// One site serves every environment: its production branch is the published
// documentation, its other branches (staging) are served beside it, and each
// pull request has a preview. A site has one set of settings, so exactly one
// stack may manage it, and that is production's: the configuration refuses it
// elsewhere. What a staging stack would have is the branch deploy of `staging`,
// whose address production exports.
//
// Without the component, its DNS records and variables are deleted; the site
// stays, with the settings it had last, for a person to delete or to keep.
package docs

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi-netlify/sdk/netlify"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Args are the arguments of Docs.
type Args struct {
	// Site is the name of the Netlify site, which is served at
	// https://<name>.netlify.app. Netlify's user interface calls a site a project.
	Site string
	// Team is the slug of the team that the site belongs to, the last part of
	// https://app.netlify.com/teams/<slug>.
	Team string
	// Build says how the site is built.
	Build Build
	// Domain is the host of the site. It must lie below Zone.
	Domain string
	// Aliases are further hosts of the site. They must lie below Zone, too.
	Aliases []string
	// BranchDomain is the domain below which branch deploys are served, as
	// <branch>.<domain>. Netlify must be its name server
	// (docs.netlify.com/manage/domains/manage-domains/automatic-deploy-subdomains).
	// Empty leaves them at <branch>--<site>.netlify.app. The provider does not take
	// it away again: that is done at Netlify.
	BranchDomain string
	// Zone is the zone of Domain and Aliases.
	Zone string
	// ZoneName is Zone again, as the output of what makes the zone.
	ZoneName pulumi.StringInput
	// TTL of the records, in seconds, at least 30.
	TTL int
	// Variables are environment variables of the build.
	Variables []Variable
}

// Build says how Netlify builds the site. All folders are relative; the settings
// are those of docs.netlify.com/build/configure-builds/overview.
type Build struct {
	// Directory is the folder of the repository that the build runs in. Empty is
	// the root.
	Directory string
	// Command builds the site.
	Command string
	// PublishDirectory is the folder below Directory that the build leaves the
	// site in.
	PublishDirectory string
	// ProductionBranch is published at Domain.
	ProductionBranch string
	// Branches are deployed beside it, each at an address of its own.
	Branches []string
}

// Docs is the documentation site.
type Docs struct {
	pulumi.ResourceState

	// SiteID is Netlify's ID of the site.
	SiteID pulumi.StringOutput `pulumi:"siteId"`
	// URL of the published site, with https.
	URL pulumi.StringOutput `pulumi:"url"`
	// BranchURLs are the addresses of the branch deploys by branch.
	BranchURLs pulumi.StringMapOutput `pulumi:"branchUrls"`
}

// New sets up the site. It needs a DigitalOcean and a Netlify provider among the
// options, and returns an error that says what to do when there is no such site.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Docs, error) {
	if err := args.validate(); err != nil {
		return nil, err
	}
	d := &Docs{}
	if err := ctx.RegisterComponentResource("vmst:docs:Docs", name, d, opts...); err != nil {
		return nil, fmt.Errorf("registering documentation site %q: %w", name, err)
	}
	site, err := find(ctx, args, pulumi.Parent(d))
	if err != nil {
		return nil, err
	}
	for _, step := range []func(*pulumi.Context, string, *Args, *netlify.GetSiteResult) error{
		d.build, d.collaborate, d.publish, d.setVariables,
	} {
		if err := step(ctx, name, args, site); err != nil {
			return nil, err
		}
	}

	d.SiteID = pulumi.String(site.Id).ToStringOutput()
	d.URL = pulumi.String("https://" + args.Domain).ToStringOutput()
	d.BranchURLs = args.branchURLs().ToStringMapOutput()
	return d, ctx.RegisterResourceOutputs(d, pulumi.Map{"siteId": d.SiteID, "url": d.URL, "branchUrls": d.BranchURLs})
}

func (d *Docs) build(ctx *pulumi.Context, name string, args *Args, site *netlify.GetSiteResult) error {
	_, err := netlify.NewSiteBuildSettings(ctx, name+"-build", &netlify.SiteBuildSettingsArgs{
		SiteId:                  pulumi.String(site.Id),
		BaseDirectory:           pulumi.String(args.Build.Directory),
		BuildCommand:            pulumi.String(args.Build.Command),
		PublishDirectory:        pulumi.String(args.Build.PublishDirectory),
		ProductionBranch:        pulumi.String(args.Build.ProductionBranch),
		BranchDeployBranches:    pulumi.ToStringArray(args.Build.Branches),
		BranchDeployAllBranches: pulumi.Bool(false),
		DeployPreviews:          pulumi.Bool(true),
		PrettyUrls:              pulumi.Bool(true),
		// Otherwise whoever has a token could publish what nobody reviewed.
		PreventNonGitProdDeploys: pulumi.Bool(true),
	}, pulumi.Parent(d))
	if err != nil {
		return fmt.Errorf("setting how site %q is built: %w", args.Site, err)
	}
	return nil
}

// collaborate shows Netlify's review toolbar to those who look at the preview of
// a pull request, and nothing of it to readers.
func (d *Docs) collaborate(ctx *pulumi.Context, name string, args *Args, site *netlify.GetSiteResult) error {
	_, err := netlify.NewSiteCollaborationSettings(ctx, name+"-collaboration", &netlify.SiteCollaborationSettingsArgs{
		SiteId:                        pulumi.String(site.Id),
		NetlifyDrawerInDeployPreviews: pulumi.Bool(true),
		NetlifyDrawerInBranchDeploys:  pulumi.Bool(false),
		NetlifyHeadsUpDisplay:         pulumi.Bool(false),
	}, pulumi.Parent(d))
	if err != nil {
		return fmt.Errorf("setting the review tools of site %q: %w", args.Site, err)
	}
	return nil
}

// publish gives the site its hosts. Netlify obtains the certificates when the
// records resolve (docs.netlify.com/manage/domains/secure-domains-with-https).
func (d *Docs) publish(ctx *pulumi.Context, name string, args *Args, site *netlify.GetSiteResult) error {
	settings := &netlify.SiteDomainSettingsArgs{
		SiteId:        pulumi.String(site.Id),
		CustomDomain:  pulumi.String(args.Domain),
		DomainAliases: pulumi.ToStringArray(args.Aliases),
	}
	if args.BranchDomain != "" {
		settings.BranchDeployCustomDomain = pulumi.String(args.BranchDomain)
	}
	domains, err := netlify.NewSiteDomainSettings(ctx, name+"-domains", settings, pulumi.Parent(d))
	if err != nil {
		return fmt.Errorf("giving site %q the domain %s: %w", args.Site, args.Domain, err)
	}
	for _, host := range args.hosts() {
		record := strings.TrimSuffix(host, "."+args.Zone)
		_, err := digitalocean.NewDnsRecord(ctx, name+"-"+record, &digitalocean.DnsRecordArgs{
			Domain: args.ZoneName,
			Name:   pulumi.String(record),
			Type:   pulumi.String("CNAME"),
			Value:  pulumi.String(args.Site + ".netlify.app."),
			Ttl:    pulumi.Int(args.TTL),
		},
			pulumi.Parent(d),
			// A record that points to Netlify while no site has claimed its host could
			// be claimed by anybody there. So it comes after the claim and goes before.
			pulumi.DependsOn([]pulumi.Resource{domains}))
		if err != nil {
			return fmt.Errorf("pointing %s to site %q: %w", host, args.Site, err)
		}
	}
	return nil
}

// hosts are all names of the published site.
func (a *Args) hosts() []string { return append([]string{a.Domain}, a.Aliases...) }

// branchURLs are the addresses that Netlify gives to branch deploys.
func (a *Args) branchURLs() pulumi.StringMap {
	urls := pulumi.StringMap{}
	for _, branch := range a.Build.Branches {
		host := slug(branch) + "--" + a.Site + ".netlify.app"
		if a.BranchDomain != "" {
			host = slug(branch) + "." + a.BranchDomain
		}
		urls[branch] = pulumi.String("https://" + host)
	}
	return urls
}

// slug is a branch's name in a host name: what a host name cannot hold becomes a
// hyphen.
func slug(branch string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(branch)), "-")
}
