package infra

import (
	"fmt"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi-netlify/sdk/netlify"
	"github.com/pulumi/pulumi-random/sdk/v4/go/random"
	"github.com/pulumi/pulumi-tls/sdk/v5/go/tls"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/docsite"
	"github.com/vmstio/infrastructure/infra/settings"
)

// newProviders registers the providers: DigitalOcean's, and those that generate keys. There are no others: the project
// switches the default ones off, so that nothing can reach for credentials that lie around.
func newProviders(ctx *pulumi.Context, secrets *settings.Secrets) (
	cloud pulumi.ProviderResource, generators []pulumi.ProviderResource, err error,
) {
	do, err := digitalocean.NewProvider(ctx, "digitalocean", &digitalocean.ProviderArgs{
		Token:           secret(secrets.DigitalOceanToken),
		SpacesAccessId:  secret(secrets.SpacesAccessID),
		SpacesSecretKey: secret(secrets.SpacesSecretKey),
	})
	if err != nil {
		return nil, nil, fmt.Errorf("creating the DigitalOcean provider: %w", err)
	}
	random, err := random.NewProvider(ctx, "random", nil)
	if err != nil {
		return nil, nil, fmt.Errorf("creating the random provider: %w", err)
	}
	tls, err := tls.NewProvider(ctx, "tls", nil)
	if err != nil {
		return nil, nil, fmt.Errorf("creating the TLS provider: %w", err)
	}
	return do, []pulumi.ProviderResource{random, tls}, nil
}

// newDocSite makes the documentation site and returns Netlify's ID of it; nil where this stack does not manage it. Its
// provider is made here, so that an environment without the site needs neither token nor plugin.
func newDocSite(
	ctx *pulumi.Context, s *settings.Settings, secrets *settings.Secrets, zone pulumi.StringInput,
	cloud pulumi.ResourceOption,
) (pulumi.StringInput, error) {
	if !s.Docs.Enabled {
		return nil, nil //nolint:nilnil // an environment that does not manage the site has no ID of it
	}
	provider, err := netlify.NewProvider(ctx, "netlify", &netlify.ProviderArgs{Token: secret(secrets.NetlifyToken)})
	if err != nil {
		return nil, fmt.Errorf("creating the Netlify provider: %w", err)
	}
	site, err := docsite.New(ctx, "docs", &docsite.Args{
		DocSite: s.Docs, ZoneName: zone, TTL: s.DNS.TTL, Entries: s.DocsEntries(),
		SecretVariables: secretMap(secrets.DocsVariables),
	}, cloud, pulumi.Providers(provider))
	if err != nil {
		return nil, err
	}
	return site.SiteID, nil
}
