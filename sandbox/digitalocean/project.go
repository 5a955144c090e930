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
			return state.String("project"), assign(call, state)
		},
		Update: func(call sim.Call, _ string, _, state sim.State) error { return assign(call, state) },
	}), typeProject: sim.From(sdk.ProjectArgs{}, sdk.Project{}, sim.Rules{
		AutoNamed: "name", Computed: "resources", Unordered: "resources",
		Defaults: map[string]any{"description": "", "purpose": "Web Application", "isDefault": false},
		Checks: map[string][]sim.Check{
			"name": {longest(175)}, "description": {longest(255)}, "purpose": {longest(255)},
			"environment": {passes(isEnvironment, "one of Development, Staging, Production")},
			"resources[]": member["resources[]"],
		},
	}, sim.Resource{
		Create: createProject, Update: updateProject,
		Delete: func(_ sim.Call, _ string, state sim.State) error {
			if state.Bool("isDefault") {
				return refuse(412, "project %q is the default project and cannot be deleted", state.String("name"))
			}
			return nil
		},
	})}
}

func isEnvironment(text string) bool {
	return slices.Contains([]string{"development", "staging", "production"}, strings.ToLower(text))
}

func isMember(text string) bool {
	parts := strings.SplitN(text, ":", 3)
	return len(parts) == 3 && parts[0] == "do" && parts[2] != "" && members[parts[1]] != ""
}

// setMembers refuses URNs of what does not exist, and takes what it names out of other projects: everything is in one.
func setMembers(call sim.Call, id string, state sim.State) error {
	wanted := state.Strings("resources")
	for _, urn := range wanted {
		parts := strings.SplitN(urn, ":", 3)
		if _, err := find(call, members[parts[1]], "resource of type "+parts[1]+",", parts[2]); err != nil {
			return err
		}
	}
	for _, other := range call.List(typeProject) {
		all := sim.State(other.Outputs).Strings("resources")
		left := []any{}
		for _, urn := range all {
			if !slices.Contains(wanted, urn) {
				left = append(left, urn)
			}
		}
		if other.ID == id || len(left) == len(all) {
			continue
		}
		other.Outputs["resources"] = left
		if err := call.Put(other); err != nil {
			return err
		}
	}
	return nil
}

// assign puts what a ProjectResources names into its project, beside what is there.
func assign(call sim.Call, state sim.State) error {
	id := state.String("project")
	project, err := find(call, typeProject, "project", id)
	if err != nil {
		return err
	}
	wanted := sim.State{"resources": state["resources"]}
	if err := setMembers(call, id, wanted); err != nil {
		return err
	}
	all := []any{}
	for _, urn := range append(project.Strings("resources"), state.Strings("resources")...) {
		if !slices.Contains(all, any(urn)) {
			all = append(all, urn)
		}
	}
	object, _ := call.Get(typeProject, id)
	object.Outputs["resources"] = all
	return call.Put(object)
}

func createProject(call sim.Call, state sim.State) (string, error) {
	id := newID()
	err := errors.Join(unique(call, typeProject, "project", "", state, 409), setMembers(call, id, state))
	state.SetDefault("resources", []any{})
	state.Merge(sim.State{
		"createdAt": timestamp(call), "updatedAt": timestamp(call), "ownerId": accountID, "ownerUuid": accountUUID,
	})
	return id, err
}

func updateProject(call sim.Call, id string, _, state sim.State) error {
	state["updatedAt"] = timestamp(call)
	return errors.Join(unique(call, typeProject, "project", id, state, 409), setMembers(call, id, state))
}
