package infra

import (
	"fmt"

	"github.com/pulumi/pulumi-netlify/sdk/netlify"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/config"
	"github.com/vmstio/infrastructure/infra/docs"
)

// document makes the documentation site. Its provider is made here, so that an
// environment without the site needs neither token nor plugin.
func (e *environment) document(ctx *pulumi.Context) error {
	if !e.Docs.Enabled {
		return nil
	}
	provider, err := netlify.NewProvider(ctx, "netlify", &netlify.ProviderArgs{Token: secret(e.secrets.NetlifyToken)})
	if err != nil {
		return fmt.Errorf("creating the Netlify provider: %w", err)
	}
	e.docs, err = docs.New(ctx, "docs", e.docsArgs(), e.cloud, pulumi.Providers(provider))
	return err
}

func (e *environment) docsArgs() *docs.Args {
	d := e.Docs
	return &docs.Args{
		Site:         e.DocsSite(),
		Team:         d.Team,
		Build:        docs.Build(d.Build),
		Domain:       d.Host,
		Aliases:      d.Aliases,
		BranchDomain: d.BranchDomain,
		Zone:         e.DNS.Zone,
		ZoneName:     e.zone.ZoneName,
		TTL:          e.DNS.TTL,
		Variables:    e.docsVariables(),
	}
}

// docsVariables gathers the values of each variable, in the order of the
// settings.
func (e *environment) docsVariables() []docs.Variable {
	var variables []docs.Variable
	places := map[string]int{}
	for _, v := range e.Docs.Variables {
		place, seen := places[v.Name]
		if !seen {
			place = len(variables)
			places[v.Name] = place
			variables = append(variables, docs.Variable{Key: v.Name, Secret: v.Secret})
		}
		variables[place].Values = append(variables[place].Values, e.docsValue(v))
	}
	return variables
}

func (e *environment) docsValue(v config.DocsVariable) docs.Value {
	value := docs.Value{Context: v.Context, Branch: v.Branch, Value: pulumi.String(v.Value)}
	if v.Secret {
		value.Value = secret(e.secrets.DocsVariables[v.Name])
	}
	return value
}

// documentation is the stack output about the site.
func (e *environment) documentation() pulumi.Map {
	return pulumi.Map{
		"siteId": e.docs.SiteID, "site": pulumi.String(e.DocsSite()), "url": e.docs.URL, "branchUrls": e.docs.BranchURLs,
	}
}
