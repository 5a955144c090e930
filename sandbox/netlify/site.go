package netlify

import (
	"errors"
	"fmt"
	"time"

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

// updated is the time of a change as the provider writes it.
func updated(call sim.Call) string { return call.Now().Format(time.RFC850) }

// site is the site of that ID.
func site(call sim.Call, id string) (sim.State, bool) {
	object, ok := call.Get(typeSite, id)
	return object.Outputs, ok
}

// teamOf is a site of the team, which knows all there is to know about a team.
func teamOf(call sim.Call, known func(site sim.State) bool) (sim.State, bool) {
	for _, object := range call.List(typeSite) {
		if known(object.Outputs) {
			return object.Outputs, true
		}
	}
	return nil, false
}

// defaultTeam is the team of the provider's configuration, for what names none.
func defaultTeam(call sim.Call) (sim.State, bool) {
	return teamOf(call, func(site sim.State) bool {
		slug, id := call.Config.String("defaultTeamSlug"), call.Config.String("defaultTeamId")
		return slug != "" && site.String("teamSlug") == slug || id != "" && site.String("teamId") == id
	})
}

func getSite(call sim.Call, args sim.State) (sim.State, error) {
	if id := args.String("id"); id != "" {
		found, ok := site(call, id)
		if !ok {
			return nil, fmt.Errorf("error reading Netlify site: Could not read Netlify site ID %q: %q", id, notFound)
		}
		return siteResult(call, id, found), nil
	}
	if !args.Has("name") {
		return nil, errors.New("at least one of id and name must be specified")
	}
	team := args.String("teamSlug")
	if team == "" {
		byDefault, ok := defaultTeam(call)
		if !ok {
			return nil, errors.New("missing team slug: Team slug is required for reading a Netlify site by its name")
		}
		team = byDefault.String("teamSlug")
	}
	if _, ok := teamOf(call, func(site sim.State) bool { return site.String("teamSlug") == team }); !ok {
		return nil, fmt.Errorf("error reading Netlify team: Could not list Netlify sites in team %q: %q",
			team, notFound)
	}
	for _, object := range call.List(typeSite) {
		found := sim.State(object.Outputs)
		if found.String("teamSlug") == team && found.String("name") == args.String("name") {
			return siteResult(call, object.ID, found), nil
		}
	}
	return nil, fmt.Errorf("error reading Netlify team: Could not find Netlify site with name %q in team %q",
		args.String("name"), team)
}

// siteResult is a site as getSite returns it. Settings that a program manages win over those of the site itself.
func siteResult(call sim.Call, id string, found sim.State) sim.State {
	hosts := hostsOf(call, id, found)
	return sim.State{
		"id": id, "name": found.String("name"), "teamSlug": found.String("teamSlug"), "gitDeployKey": "",
		"customDomain": hosts.String("customDomain"), "domainAliases": hosts["domainAliases"],
	}
}

func getTeam(call sim.Call, args sim.State) (sim.State, error) {
	var (
		team sim.State
		ok   bool
	)
	slug, id := args.String("slug"), args.String("id")
	switch {
	case slug != "":
		team, ok = teamOf(call, func(site sim.State) bool { return site.String("teamSlug") == slug })
	case id != "":
		team, ok = teamOf(call, func(site sim.State) bool { return site.String("teamId") == id })
	default:
		team, ok = defaultTeam(call)
	}
	if !ok {
		return nil, fmt.Errorf("error reading Netlify team: Could not find Netlify team with slug %q", slug+id)
	}
	return sim.State{"id": team["teamId"], "slug": team["teamSlug"], "name": team["teamSlug"]}, nil
}
