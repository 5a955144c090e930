package digitalocean

import (
	"errors"
	"slices"
	"strings"

	sdk "github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"

	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

// defaultProject is the project that every account has, and its owner.
const (
	defaultProject = "4e1bfbc3-dc3e-41f2-a18f-1b4d7ba71679"
	accountUUID    = "99525febec065ca37b2ffe4f852fd2b2581895e7"
	accountID      = 1000000
)

// members of projects, by the second part of their URN ("do:dbaas:...").
var members = map[string]string{
	"kubernetes": typeCluster, "dbaas": typeDatabase, "space": typeBucket, "loadbalancer": typeLoadBalancer,
	"domain": typeDomain,
}

func projectResources() map[string]sim.Resource {
	member := map[string][]sim.Check{"resources[]": {passes(isMember,
		"the URN of a kubernetes, dbaas, space, loadbalancer or domain, such as do:dbaas:ID")}}
	return map[string]sim.Resource{typeMembers: sim.From(sdk.ProjectResourcesArgs{}, sdk.ProjectResources{}, sim.Rules{
		Required: "resources", Replaces: "project", Unordered: "resources", Checks: member,
	}, sim.Resource{
		Create: func(call sim.Call, state sim.State) (string, error) {
			return state.String("project"), assign(call, nil, state)
		},
		Update: func(call sim.Call, _ string, before, state sim.State) error { return assign(call, before, state) },
		// It sees of a project only what it has put there (Terraform provider, project_resources).
		Refresh: func(call sim.Call, id string, state sim.State) error {
			project, _ := call.Get(typeProject, id)
			state["resources"] = common(state.Strings("resources"), sim.State(project.Outputs).Strings("resources"))
			return nil
		},
		Delete: func(call sim.Call, _ string, state sim.State) error {
			return move(call, defaultProject, state.Strings("resources"))
		},
	}), typeProject: sim.From(sdk.ProjectArgs{}, sdk.Project{}, sim.Rules{
		AutoNamed: "name", Computed: "resources", Unordered: "resources",
		Defaults: map[string]any{"description": "", "purpose": "Web Application", "isDefault": false},
		Checks: map[string][]sim.Check{
			"name": {longest(175)}, "description": {longest(255)}, "purpose": {longest(255)},
			"environment": {passes(isEnvironment, "one of Development, Staging, Production")},
			"resources[]": member["resources[]"],
		},
	}, sim.Resource{Create: createProject, Update: updateProject, Refresh: refreshProject})}
}

func isEnvironment(text string) bool {
	return slices.Contains([]string{"development", "staging", "production"}, strings.ToLower(text))
}

// memberOf is the type and the ID in a URN.
func memberOf(urn string) (typ, id string) {
	kind, id, _ := strings.Cut(strings.TrimPrefix(urn, "do:"), ":")
	return members[kind], id
}

func isMember(text string) bool {
	typ, id := memberOf(text)
	return strings.HasPrefix(text, "do:") && typ != "" && id != ""
}

func exists(call sim.Call, urn string) bool {
	_, ok := call.Get(memberOf(urn))
	return ok
}

// common is what both lists have.
func common(one, other []string) []string {
	return slices.DeleteFunc(one, func(text string) bool { return !slices.Contains(other, text) })
}

// move puts what exists into a project and takes it out of every other, since everything is in one. The default project
// is no object of the cloud: nobody manages it.
func move(call sim.Call, to string, urns []string) error {
	for _, urn := range urns {
		if !exists(call, urn) && to != defaultProject {
			return refuse(404, "resource %q does not exist", urn)
		}
	}
	for _, object := range call.List(typeProject) {
		left := slices.DeleteFunc(sim.State(object.Outputs).Strings("resources"), func(urn string) bool {
			return slices.Contains(urns, urn)
		})
		if object.ID == to {
			left = append(left, urns...)
		}
		object.Outputs["resources"] = left
		if err := call.Put(object); err != nil {
			return err
		}
	}
	return nil
}

// assign puts what a ProjectResources names into its project, beside what is there, and what it no longer names into
// the default one.
func assign(call sim.Call, before, state sim.State) error {
	if _, err := find(call, typeProject, "project", state.String("project")); err != nil {
		return err
	}
	return errors.Join(
		move(call, defaultProject, before.Strings("resources")),
		move(call, state.String("project"), state.Strings("resources")),
	)
}

func createProject(call sim.Call, state sim.State) (string, error) {
	id := newID()
	state.SetDefault("resources", []any{})
	state.Merge(sim.State{"createdAt": timestamp(call), "ownerId": accountID, "ownerUuid": accountUUID})
	return id, updateProject(call, id, nil, state)
}

func updateProject(call sim.Call, id string, before, state sim.State) error {
	state["updatedAt"] = timestamp(call)
	added := slices.DeleteFunc(state.Strings("resources"), func(urn string) bool {
		return slices.Contains(before.Strings("resources"), urn)
	})
	return errors.Join(unique(call, typeProject, "project", id, state, 409), move(call, id, added))
}

// refreshProject lists what is in the project: what was moved there and still exists, and what was made there.
func refreshProject(call sim.Call, id string, state sim.State) error {
	// Of what is not simulated, such as Droplets, nothing is known.
	all := slices.DeleteFunc(state.Strings("resources"), func(urn string) bool {
		typ, _ := memberOf(urn)
		return typ != "" && !exists(call, urn)
	})
	for typ, property := range map[string]string{typeDatabase: "clusterUrn", typeLoadBalancer: "loadBalancerUrn"} {
		for _, made := range having(call, typ, "projectId", id) {
			if urn := made.String(property); !slices.Contains(all, urn) {
				all = append(all, urn)
			}
		}
	}
	state["resources"] = all
	return nil
}
