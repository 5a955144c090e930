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
	"github.com/google/uuid"
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

// notFound is what the API answers for what does not exist or belongs to others.
const notFound = "404 Not Found"

// Seed makes the site of that name in the team of that slug, as a person would once, on the free plan. A team exists
// when it has a site. A site that is there already is left alone; a name that another team's site has is an error,
// since every site is served at <name>.netlify.app.
func Seed(c *cloud.Cloud, name, teamSlug string) error {
	return c.Update(func(tx *cloud.Tx) error {
		for _, object := range tx.List(typeSite) {
			site := sim.State(object.Outputs)
			switch {
			case site.String("name") != name:
			case site.String("teamSlug") == teamSlug:
				return nil
			default:
				return fmt.Errorf("making the Netlify site %q: the team %q has one of this name",
					name, site.String("teamSlug"))
			}
		}
		return tx.Put(cloud.Object{Type: typeSite, ID: uuid.NewString(), Outputs: map[string]any{
			"name": name, "teamSlug": teamSlug, "teamId": teamID(teamSlug), "customDomain": "",
			"domainAliases": []any{},
		}})
	})
}

// teamID is the ID of a team, always the same for the same slug.
func teamID(slug string) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://app.netlify.com/teams/"+slug)).String()
}

// site is the site of that ID.
func site(call sim.Call, id string) (sim.State, bool) {
	object, ok := call.Get(typeSite, id)
	return object.Outputs, ok
}

// teamOf is a site of the team, which knows all there is to know about a team; property is "teamId" or "teamSlug".
func teamOf(call sim.Call, property, value string) (sim.State, bool) {
	for _, object := range call.List(typeSite) {
		if site := sim.State(object.Outputs); site.String(property) == value {
			return site, true
		}
	}
	return nil, false
}

// getSite finds a site by its name. Settings that a program manages win over those of the site itself.
func getSite(call sim.Call, args sim.State) (sim.State, error) {
	name, team := args.String("name"), args.String("teamSlug")
	if _, ok := teamOf(call, "teamSlug", team); !ok {
		return nil, fmt.Errorf("error reading Netlify team: Could not list Netlify sites in team %q: %q",
			team, notFound)
	}
	for _, object := range call.List(typeSite) {
		found := sim.State(object.Outputs)
		if found.String("teamSlug") == team && found.String("name") == name {
			hosts := hostsOf(call, object.ID, found)
			return sim.State{
				"id": object.ID, "name": name, "teamSlug": team, "gitDeployKey": "",
				"customDomain": hosts.String("customDomain"), "domainAliases": hosts["domainAliases"],
			}, nil
		}
	}
	return nil, fmt.Errorf("error reading Netlify team: Could not find Netlify site with name %q in team %q",
		name, team)
}

func getTeam(call sim.Call, args sim.State) (sim.State, error) {
	slug := args.String("slug")
	team, ok := teamOf(call, "teamSlug", slug)
	if !ok {
		return nil, fmt.Errorf("error reading Netlify team: Could not find Netlify team with slug %q", slug)
	}
	return sim.State{"id": team["teamId"], "slug": slug, "name": slug}, nil
}
