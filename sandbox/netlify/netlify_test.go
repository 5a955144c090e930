package netlify_test

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/netlify"
	"github.com/vmstio/infrastructure/sandbox/provider/providertest"
)

type inputs = providertest.Inputs

const (
	build         = "netlify:index/siteBuildSettings:SiteBuildSettings"
	collaboration = "netlify:index/siteCollaborationSettings:SiteCollaborationSettings"
	domains       = "netlify:index/siteDomainSettings:SiteDomainSettings"
	variable      = "netlify:index/environmentVariable:EnvironmentVariable"
	getSite       = "netlify:index/getSite:getSite"
	getTeam       = "netlify:index/getTeam:getTeam"
)

// world is a Netlify in which the team "fleet" has two sites, and another team has one.
type world struct {
	*providertest.World
	site, team string
}

func newWorld(t *testing.T) world {
	t.Helper()
	w := providertest.New(t, func(c *cloud.Cloud) plugin.Provider { return netlify.New(c) }, inputs{"token": "t"})
	for name, team := range map[string]string{"log": "fleet", "manual": "fleet", "raktajino": "klingons"} {
		if err := netlify.Seed(w.Cloud, name, team); err != nil {
			t.Fatal(err)
		}
	}
	made := world{World: w}
	made.site = made.siteID("log", "fleet")
	team, err := w.Invoke(getTeam, inputs{"slug": "fleet"})
	if err != nil {
		t.Fatal(err)
	}
	made.team = team.Text("id")
	return made
}

func (w world) siteID(name, team string) string { return siteOf(w.World, name, team).Text("id") }

func siteOf(w *providertest.World, name, team string) providertest.Resource {
	w.Helper()
	site, err := w.Invoke(getSite, inputs{"name": name, "teamSlug": team})
	if err != nil {
		w.Fatal(err)
	}
	return site
}

func (w world) buildInputs(changes inputs) inputs {
	return providertest.With(inputs{
		"siteId": w.site, "buildCommand": "make", "productionBranch": "main", "publishDirectory": "dist",
	}, changes)
}

func (w world) variableInputs(changes inputs) inputs {
	return providertest.With(inputs{
		"key": "K", "siteId": w.site, "teamId": w.team, "values": []any{inputs{"context": "all", "value": "v"}},
	}, changes)
}

func (w world) secretInputs(value string) inputs {
	return w.variableInputs(inputs{
		"values": nil, "scopes": []any{"runtime", "builds", "functions"},
		"secretValues": []any{inputs{"context": "production", "value": value}},
	})
}

func TestParameterize(t *testing.T) {
	t.Parallel()
	const url = "registry.opentofu.org/netlify/netlify"
	w := newWorld(t)
	for name, test := range map[string]struct {
		parameters plugin.ParameterizeParameters
		want       string
	}{
		"the SDK's": {
			&plugin.ParameterizeValue{Value: []byte(`{"remote":{"url":"` + url + `","version":"0.4.0"}}`)}, "",
		},
		"another version": {
			&plugin.ParameterizeValue{Value: []byte(`{"remote":{"url":"` + url + `","version":"0.4.4"}}`)},
			"knows " + url + " 0.4.0, not " + url + " 0.4.4",
		},
		"another provider": {
			&plugin.ParameterizeValue{
				Value: []byte(`{"remote":{"url":"registry.opentofu.org/x/y","version":"0.4.0"}}`),
			},
			"not registry.opentofu.org/x/y 0.4.0",
		},
		"not JSON": {
			&plugin.ParameterizeValue{Value: []byte(`netlify`)}, "the parameter of the plugin terraform-provider",
		},
		"arguments": {&plugin.ParameterizeArgs{Args: []string{"netlify/netlify"}}, "use the one in sdks/netlify"},
	} {
		t.Run(name, func(t *testing.T) {
			w.T = t
			got, err := w.Provider.Parameterize(context.Background(), plugin.ParameterizeRequest{
				Parameters: test.parameters,
			})
			switch {
			case test.want != "":
				w.Refused(err, test.want)
			case err != nil || got.Name != "netlify" || !got.Version.EQ(semver.MustParse("0.4.0")):
				t.Errorf("Parameterize = %v, %v", got, err)
			}
		})
	}
	if info, err := w.Provider.GetPluginInfo(context.Background()); err != nil || info.Version.String() != "1.1.3" {
		t.Errorf("GetPluginInfo = %v, %v, want the base plugin's version", info, err)
	}
}

// Everything that the SDK's schema promises as an output is there, and nothing else.
func TestOutputsMatchTheSchema(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../sdks/netlify/schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Resources map[string]struct {
			Properties map[string]any
			Required   []string
		}
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	for token, given := range map[string]inputs{
		build: w.buildInputs(nil),
		collaboration: {
			"siteId": w.site, "netlifyDrawerInBranchDeploys": false, "netlifyDrawerInDeployPreviews": true,
			"netlifyHeadsUpDisplay": false,
		},
		domains:  {"siteId": w.site},
		variable: w.variableInputs(nil),
	} {
		made := w.Create(token, "x", given)
		for _, name := range schema.Resources[token].Required {
			if made.Get(name) == nil {
				t.Errorf("%s has no output %s", token, name)
			}
		}
		for name := range made.Outputs {
			if _, ok := schema.Resources[token].Properties[string(name)]; !ok {
				t.Errorf("%s has an output %s that the schema does not know", token, name)
			}
		}
		if _, drift, found := w.Refresh(made); !found || drift != "" {
			t.Errorf("a refresh of %s that nobody changed shows %q, found %t", token, drift, found)
		}
	}
}

func TestNothingWorksWithoutAToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Configure(inputs{})
	_, err := w.Invoke(getSite, inputs{"name": "log", "teamSlug": "fleet"})
	w.Refused(err, "Netlify API Authentication Token")
}

func TestSettingsDrift(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.Create(build, "x", w.buildInputs(inputs{"branchDeployBranches": []any{"staging"}}))
	w.Edit(made, func(settings map[string]any) {
		settings["productionBranch"], settings["deployPreviews"] = "develop", false
	})
	read, drift, _ := w.Refresh(made)
	if drift != "deployPreviews update, productionBranch update" {
		t.Errorf("the drift is %q", drift)
	}
	if read.Text("productionBranch") != "develop" {
		t.Errorf("after the refresh the branch is %q", read.Text("productionBranch"))
	}
	diff := providertest.Changes(w.Diff(made, w.buildInputs(inputs{"siteId": "other"})))
	if !strings.Contains(diff, "siteId update-replace") {
		t.Errorf("another site gives %q, want a replacement", diff)
	}
}

func TestSettingsOfNoSite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.Try(build, "x", w.buildInputs(inputs{"siteId": "nowhere"}))
	w.Refused(err, `Could not read site build settings for site "nowhere": "404 Not Found"`)
	made := w.Create(build, "x", w.buildInputs(nil))
	if err := w.Cloud.Delete("netlify:index/site:Site", w.site); err != nil {
		t.Fatal(err)
	}
	_, err = w.Provider.Read(context.Background(), plugin.ReadRequest{
		URN: "urn:pulumi:a::b::" + build + "::x", Type: build, ID: resource.ID(made.ID), Inputs: made.Inputs,
		State: made.Outputs,
	})
	w.Refused(err, "Could not read site build settings")
	_, err = w.Update(made, w.buildInputs(inputs{"buildCommand": "true"}))
	w.Refused(err, "Could not read site build settings")
}

func TestBuildSettingsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.Try(build, "x", w.buildInputs(inputs{
		"branchDeployAllBranches": true, "branchDeployBranches": []any{"a"},
	}))
	w.Refused(err, "branchDeployBranches must be empty")
}
