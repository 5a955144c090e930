package digitalocean

import (
	"errors"
	"fmt"
	"strings"

	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

// defaultProject is the project that every account has, and its owner.
const (
	defaultProject = "4e1bfbc3-dc3e-41f2-a18f-1b4d7ba71679"
	accountUUID    = "99525febec065ca37b2ffe4f852fd2b2581895e7"
	accountID      = 1000000
)

// members of projects, by the second part of their URN ("do:dbaas:…").
var members = map[string]string{
	"kubernetes":   typeCluster,
	"dbaas":        typeDatabase,
	"space":        typeBucket,
	"loadbalancer": typeLoadBalancer,
	"domain":       typeDomain,
	"reservedip":   typeReservedIP,
}

func projectResources() map[string]sim.Resource {
	urns := sim.List(sim.String().Check(memberURN)).Unordered()
	return map[string]sim.Resource{
		typeProject: {
			Inputs: sim.Fields{
				"name":        sim.String().AutoNamed().Check(longest(175)),
				"description": sim.String().Default("").Check(longest(255)),
				"purpose":     sim.String().Default("Web Application").Check(longest(255)),
				"environment": sim.String().Check(environment),
				"isDefault":   sim.Bool().Default(false),
				"resources":   urns.Computed(),
			},
			Outputs: []string{"createdAt", "ownerId", "ownerUuid", "updatedAt"},
			Create:  createProject,
			Update:  updateProject,
			Delete: func(_ sim.Call, _ string, state sim.State) error {
				if state.Bool("isDefault") {
					return refuse(412, "project %q is the default project and cannot be deleted", state.String("name"))
				}
				return nil
			},
		},
		typeMembers: {
			Inputs: sim.Fields{"project": sim.String().Required().Replaces(), "resources": urns.Required()},
			Create: createMembers,
			Update: func(call sim.Call, _ string, _, state sim.State) error { return existingMembers(call, state) },
		},
	}
}

func environment(value any) error {
	switch text, _ := value.(string); strings.ToLower(text) {
	case "development", "staging", "production":
		return nil
	default:
		return errors.New("must be one of Development, Staging, Production")
	}
}

func memberURN(value any) error {
	text, _ := value.(string)
	parts := strings.SplitN(text, ":", 3)
	if len(parts) == 3 && parts[0] == "do" && parts[2] != "" && members[parts[1]] != "" {
		return nil
	}
	return fmt.Errorf("must be the URN of a kubernetes, dbaas, space, loadbalancer, domain or reservedip, " +
		"such as do:dbaas:ID")
}

// existingMembers refuses URNs of what does not exist.
func existingMembers(call sim.Call, state sim.State) error {
	for _, urn := range state.Strings("resources") {
		parts := strings.SplitN(urn, ":", 3)
		if _, err := find(call, members[parts[1]], "resource of type "+parts[1]+",", parts[2]); err != nil {
			return err
		}
	}
	return nil
}

func createProject(call sim.Call, state sim.State) (string, error) {
	err := errors.Join(unique(call, typeProject, "project", "", state, 409), existingMembers(call, state))
	if err != nil {
		return "", err
	}

	state.SetDefault("resources", []any{})
	state.Merge(sim.State{
		"createdAt": timestamp(call), "updatedAt": timestamp(call), "ownerId": accountID, "ownerUuid": accountUUID,
	})
	return newID(), nil
}

func updateProject(call sim.Call, id string, _, state sim.State) error {
	state["updatedAt"] = timestamp(call)
	return errors.Join(unique(call, typeProject, "project", id, state, 409), existingMembers(call, state))
}

// createMembers has the project's ID, as in the Terraform provider; two of one project would overwrite each
// other there.
func createMembers(call sim.Call, state sim.State) (string, error) {
	id := state.String("project")
	if _, err := find(call, typeProject, "project", id); err != nil && id != defaultProject {
		return "", err
	}

	if _, taken := call.Get(typeMembers, id); taken {
		return "", refuse(409, "project %q has a ProjectResources already: name all resources in one", id)
	}
	return id, existingMembers(call, state)
}
