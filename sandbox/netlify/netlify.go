// Package netlify simulates Netlify's Terraform provider behind Pulumi's base plugin "terraform-provider", which is
// told by Parameterize which provider to be. What the provider does is read from its source
// (netlify/terraform-provider-netlify v0.4.0); what its API refuses, from docs.netlify.com.
//
// As in reality, a site is made by a person ([Seed] is that person), settings of a site are not deleted but left as
// they are, and the values of secret variables are never given back.
//
// One difference: the real provider gives all settings the same ID, here it is the site's. Not simulated: the default
// team of a provider, and looking up a site or a team by its ID.
package netlify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/blang/semver"
	sdk "github.com/pulumi/pulumi-netlify/sdk/netlify"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"github.com/vmstio/infrastructure/sandbox/cloud"
	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

// Plugin is the name of the base plugin.
const Plugin = "terraform-provider"

// baseVersion is the version of the base plugin that the SDK asks for; version and url are those of Netlify's provider.
const (
	baseVersion = "1.1.3"
	version     = "0.4.0"
	url         = "registry.opentofu.org/netlify/netlify"
)

// The types that a program can make, and the site that it cannot.
const (
	typeSite          = "netlify:index/site:Site"
	typeBuild         = "netlify:index/siteBuildSettings:SiteBuildSettings"
	typeCollaboration = "netlify:index/siteCollaborationSettings:SiteCollaborationSettings"
	typeDomains       = "netlify:index/siteDomainSettings:SiteDomainSettings"
	typeVariable      = "netlify:index/environmentVariable:EnvironmentVariable"
)

// New makes the simulated base plugin.
func New(c *cloud.Cloud) plugin.GrpcProvider {
	return &base{sim.New(sim.Package{
		Name:      "netlify",
		Version:   baseVersion,
		Config:    sim.FieldsOf(sdk.ProviderArgs{}, sim.Rules{Secret: "token"}),
		Authorize: authorize,
		Resources: map[string]sim.Resource{
			typeBuild:         build(),
			typeCollaboration: collaboration(),
			typeDomains:       domains(),
			typeVariable:      variable(),
		},
		Functions: map[string]sim.Function{
			"netlify:index/getSite:getSite": {
				Inputs: sim.FieldsOf(sdk.GetSiteArgs{}, sim.Rules{Required: "name teamSlug"}), Call: getSite,
			},
			"netlify:index/getTeam:getTeam": {
				Inputs: sim.FieldsOf(sdk.GetTeamArgs{}, sim.Rules{Required: "slug"}), Call: getTeam,
			},
		},
	}, c)}
}

// authorize refuses what the provider's configuration does.
func authorize(config sim.State, _ string) error {
	if config.String("token") == "" {
		return errors.New("missing Netlify API Authentication Token: " +
			"provide a value for the 'token' configuration attribute")
	}
	return nil
}

// base is the base plugin.
type base struct{ plugin.GrpcProvider }

// Parameterize accepts the parameter of the SDK that the program is compiled with, and no other provider.
func (b *base) Parameterize(
	_ context.Context, request plugin.ParameterizeRequest,
) (plugin.ParameterizeResponse, error) {
	value, ok := request.Parameters.(*plugin.ParameterizeValue)
	if !ok {
		return plugin.ParameterizeResponse{},
			fmt.Errorf("the simulated plugin %s generates no SDK: use the one in sdks/netlify", Plugin)
	}
	var parameter struct {
		Remote struct{ URL, Version string }
	}
	if err := json.Unmarshal(value.Value, &parameter); err != nil {
		return plugin.ParameterizeResponse{}, fmt.Errorf("the parameter of the plugin %s: %w", Plugin, err)
	}
	if parameter.Remote.URL != url || parameter.Remote.Version != version {
		return plugin.ParameterizeResponse{}, fmt.Errorf("the simulated plugin %s knows %s %s, not %s %s",
			Plugin, url, version, parameter.Remote.URL, parameter.Remote.Version)
	}
	return plugin.ParameterizeResponse{Name: "netlify", Version: semver.MustParse(version)}, nil
}

// Read leaves secret values as Pulumi knows them: Netlify does not give them back.
func (b *base) Read(ctx context.Context, request plugin.ReadRequest) (plugin.ReadResponse, error) {
	response, err := b.GrpcProvider.Read(ctx, request)
	if err != nil || response.ID == "" || string(request.Type) != typeVariable {
		return response, err
	}
	const key = "secretValues"
	delete(response.Inputs, key)
	delete(response.Outputs, key)
	if known, ok := request.Inputs[key]; ok {
		response.Inputs[key], response.Outputs[key] = known, request.State[key]
	}
	return response, nil
}
