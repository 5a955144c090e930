package netlify

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	sdk "github.com/pulumi/pulumi-netlify/sdk/netlify"

	"github.com/vmstio/infrastructure/sandbox/cloud"
	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

// settings declares settings of a site: what says what they are in messages, write completes and checks them.
func settings(
	what string, args, resource any, defaults map[string]any, computed string,
	write func(call sim.Call, id string, state sim.State) error,
) sim.Resource {
	read := func(call sim.Call, id string, _ sim.State) error {
		if _, ok := site(call, id); !ok {
			return fmt.Errorf("error reading site %s settings: Could not read site %[1]s settings for site %q: %q",
				what, id, notFound)
		}
		return nil
	}
	set := func(call sim.Call, state sim.State) error {
		id := state.String("siteId")
		if err := read(call, id, state); err != nil {
			return err
		}
		if err := write(call, id, state); err != nil {
			return fmt.Errorf("error updating site %s settings: Could not update site %[1]s settings for site %q: %w",
				what, id, err)
		}
		state["lastUpdated"] = call.Now().Format(time.RFC850)
		return nil
	}
	return sim.From(args, resource, sim.Rules{Replaces: "siteId", Computed: computed, Defaults: defaults}, sim.Resource{
		Create: func(call sim.Call, state sim.State) (string, error) {
			return state.String("siteId"), set(call, state)
		},
		Update:  func(call sim.Call, _ string, _, state sim.State) error { return set(call, state) },
		Refresh: read,
	})
}

func build() sim.Resource {
	resource := settings("build", sdk.SiteBuildSettingsArgs{}, sdk.SiteBuildSettings{}, map[string]any{
		"baseDirectory": "", "branchDeployAllBranches": false, "branchDeployBranches": []any{}, "deployPreviews": true,
		"functionsDirectory": "", "packageDirectory": "", "prettyUrls": true, "preventNonGitProdDeploys": false,
		"stopBuilds": false,
	}, "buildImage functionsRegion", func(_ sim.Call, _ string, state sim.State) error {
		state.SetDefault("buildImage", "noble")
		state.SetDefault("functionsRegion", "us-east-2")
		return nil
	})
	resource.Check = func(state sim.State) []error {
		if state.Known("branchDeployAllBranches", "branchDeployBranches") &&
			state.Bool("branchDeployAllBranches") && len(state.Strings("branchDeployBranches")) > 0 {
			return []error{errors.New("branchDeployBranches must be empty when branchDeployAllBranches is true")}
		}
		return nil
	}
	return resource
}

func collaboration() sim.Resource {
	return settings("collaboration", sdk.SiteCollaborationSettingsArgs{}, sdk.SiteCollaborationSettings{}, nil, "",
		func(sim.Call, string, sim.State) error { return nil })
}

// singleDomains are the properties that hold one domain. The provider sends them only when they have a value, so that
// one which a program no longer gives stays with the site, and the next refresh shows it.
var singleDomains = []string{"branchDeployCustomDomain", "customDomain", "deployPreviewCustomDomain"}

func domains() sim.Resource {
	resource := settings("domain", sdk.SiteDomainSettingsArgs{}, sdk.SiteDomainSettings{},
		map[string]any{"domainAliases": []any{}}, "", checkDomains)
	update := resource.Update
	resource.Update = func(call sim.Call, id string, before, state sim.State) error {
		for _, key := range singleDomains {
			if before.Has(key) {
				state.SetDefault(key, before[key])
			}
		}
		return update(call, id, before, state)
	}
	// What remains of the settings is what the site itself says then.
	resource.Delete = func(call sim.Call, id string, state sim.State) error {
		object, ok := call.Get(typeSite, id)
		if !ok {
			return nil
		}
		for _, key := range append(slices.Clone(singleDomains), "domainAliases") {
			object.Outputs[key] = state[key]
		}
		return call.Put(object)
	}
	return resource
}

// hostsOf holds the domains of a site: those of its settings, or else its own.
func hostsOf(call sim.Call, id string, own sim.State) sim.State {
	if object, ok := call.Get(typeDomains, id); ok {
		return object.Outputs
	}
	return own
}

// checkDomains refuses domains that another site has, and branches' domains that Netlify does not answer for.
func checkDomains(call sim.Call, id string, state sim.State) error {
	wanted := append(state.Strings("domainAliases"), state.String("customDomain"))
	for _, object := range call.List(typeSite) {
		if object.ID == id {
			continue
		}
		hosts := hostsOf(call, object.ID, object.Outputs)
		for _, host := range append(hosts.Strings("domainAliases"), hosts.String("customDomain")) {
			if host != "" && slices.Contains(wanted, host) {
				return fmt.Errorf("422 Unprocessable Entity: the domain %s is used by another site", host)
			}
		}
	}
	for _, key := range []string{"branchDeployCustomDomain", "deployPreviewCustomDomain"} {
		if domain := state.String(key); domain != "" && !answersFor(call, domain) {
			return fmt.Errorf("422 Unprocessable Entity: the domain %s is not managed by Netlify DNS", domain)
		}
	}
	return nil
}

// answersFor tells whether Netlify is the name server of the domain: a person can say so with an object of the type
// netlify:index/dnsZone:DnsZone whose output "name" is the zone.
func answersFor(call sim.Call, domain string) bool {
	return slices.ContainsFunc(call.List("netlify:index/dnsZone:DnsZone"), func(zone cloud.Object) bool {
		name, _ := zone.Outputs["name"].(string)
		return domain == name || strings.HasSuffix(domain, "."+name)
	})
}
