package netlify

import (
	"fmt"

	"github.com/google/uuid"

	"github.com/vmstio/infrastructure/sandbox/cloud"
	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

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
			"name": name, "teamSlug": teamSlug, "teamId": teamID(teamSlug), "plan": "free",
			"customDomain": "", "domainAliases": []any{},
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
