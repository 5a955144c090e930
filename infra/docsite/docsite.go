// Package docsite makes the documentation site: a static site that Netlify builds on every push to its repository and
// serves from its CDN, under a host of the environment's zone.
//
// The site itself is made by a person, once, because Netlify's provider cannot make one. It is looked up by name, and
// everything about it is managed here.
//
// A site has one set of settings, so exactly one stack may manage it, and that is production's: the configuration
// refuses it elsewhere. What a staging stack would have is the branch deploy of `staging`, whose address production
// exports. Each pull request has a preview.
//
// Without the component, its DNS records and variables are deleted; the site stays, with the settings it had last, for
// a person to delete or to keep.
package docsite

import (
	"fmt"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi-netlify/sdk/netlify"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/internal/component"
	"github.com/vmstio/infrastructure/infra/settings"
)

// Args are the arguments of a DocSite.
type Args struct {
	settings.DocSite
	// ZoneName is the zone of Entries, as the output of what makes the zone.
	ZoneName pulumi.StringInput
	// TTL of the records, in seconds.
	TTL int
	// Entries are the records of Host and Aliases.
	Entries []settings.Entry
	// SecretVariables are the values of the secret ones of Variables, by name.
	SecretVariables map[string]pulumi.StringInput
}

// DocSite is the documentation site.
type DocSite struct {
	pulumi.ResourceState

	// SiteID is Netlify's ID of the site.
	SiteID pulumi.StringOutput
}

// New sets up the site. It needs a DigitalOcean and a Netlify provider among the options, and returns an error that
// says what to do when there is no such site.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*DocSite, error) {
	required := map[string]any{"Site": args.Site, "ZoneName": args.ZoneName}
	for _, v := range args.Variables {
		if v.Secret {
			required["SecretVariables["+v.Name+"]"] = args.SecretVariables[v.Name]
		}
	}
	if err := component.Require("documentation site", required); err != nil {
		return nil, err
	}
	d := &DocSite{}
	// What a stack has under the former type stays what it is.
	former := pulumi.Aliases([]pulumi.Alias{{Type: pulumi.String("vmst:docs:Docs")}})
	if err := ctx.RegisterComponentResource("vmst:docsite:DocSite", name, d, append(opts, former)...); err != nil {
		return nil, fmt.Errorf("registering documentation site %q: %w", name, err)
	}
	site, err := find(ctx, args, pulumi.Parent(d))
	if err != nil {
		return nil, err
	}
	d.SiteID = pulumi.String(site.Id).ToStringOutput()
	for _, step := range []func(*pulumi.Context, string, *Args) error{
		d.build, d.collaboration, d.domains, d.variables,
	} {
		if err := step(ctx, name, args); err != nil {
			return nil, err
		}
	}
	return d, ctx.RegisterResourceOutputs(d, pulumi.Map{"siteId": d.SiteID})
}

// build sets how the site is built.
func (d *DocSite) build(ctx *pulumi.Context, name string, args *Args) error {
	_, err := netlify.NewSiteBuildSettings(ctx, name+"-build", &netlify.SiteBuildSettingsArgs{
		SiteId:                  d.SiteID,
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

// collaboration shows Netlify's review toolbar to those who look at the preview of a pull request, and nothing of it to
// readers.
func (d *DocSite) collaboration(ctx *pulumi.Context, name string, args *Args) error {
	_, err := netlify.NewSiteCollaborationSettings(ctx, name+"-collaboration", &netlify.SiteCollaborationSettingsArgs{
		SiteId:                        d.SiteID,
		NetlifyDrawerInDeployPreviews: pulumi.Bool(true),
		NetlifyDrawerInBranchDeploys:  pulumi.Bool(false),
		NetlifyHeadsUpDisplay:         pulumi.Bool(false),
	}, pulumi.Parent(d))
	if err != nil {
		return fmt.Errorf("setting the review tools of site %q: %w", args.Site, err)
	}
	return nil
}

// domains gives the site its hosts, with their records. Netlify obtains the certificates when the records resolve
// (docs.netlify.com/manage/domains/secure-domains-with-https).
func (d *DocSite) domains(ctx *pulumi.Context, name string, args *Args) error {
	domainArgs := &netlify.SiteDomainSettingsArgs{
		SiteId:        d.SiteID,
		CustomDomain:  pulumi.String(args.Host),
		DomainAliases: pulumi.ToStringArray(args.Aliases),
	}
	if args.BranchDomain != "" {
		domainArgs.BranchDeployCustomDomain = pulumi.String(args.BranchDomain)
	}
	domains, err := netlify.NewSiteDomainSettings(ctx, name+"-domains", domainArgs, pulumi.Parent(d))
	if err != nil {
		return fmt.Errorf("giving site %q the domain %s: %w", args.Site, args.Host, err)
	}
	for _, entry := range args.Entries {
		_, err := digitalocean.NewDnsRecord(ctx, name+"-"+entry.Key, &digitalocean.DnsRecordArgs{
			Domain: args.ZoneName,
			Name:   pulumi.String(entry.Name),
			Type:   pulumi.String(entry.Type),
			Value:  pulumi.String(entry.Value),
			Ttl:    pulumi.Int(args.TTL),
		},
			pulumi.Parent(d),
			// A record that points to Netlify while no site has claimed its host could be claimed by anybody there. So
			// it comes after the claim and goes before.
			pulumi.DependsOn([]pulumi.Resource{domains}))
		if err != nil {
			return fmt.Errorf("pointing %s to site %q: %w", entry.Name, args.Site, err)
		}
	}
	return nil
}
