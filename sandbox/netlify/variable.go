package netlify

import (
	"errors"
	"fmt"
	"slices"
	"time"

	sdk "github.com/pulumi/pulumi-netlify/sdk/netlify"

	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

var (
	allScopes    = []any{"builds", "functions", "runtime", "post-processing"}
	secretScopes = []string{"builds", "functions", "runtime"}
)

func variable() sim.Resource {
	contexts := []sim.Check{sim.OneOf(
		"all", "dev", "dev-server", "branch-deploy", "deploy-preview", "production", "branch")}
	return sim.From(sdk.EnvironmentVariableArgs{}, sdk.EnvironmentVariable{}, sim.Rules{
		Required: "teamId", Replaces: "key siteId teamId", Unordered: "scopes values secretValues",
		Secret:   "secretValues secretValues.value",
		Defaults: map[string]any{"scopes": allScopes, "secretValues.contextParameter": ""},
		Checks: map[string][]sim.Check{
			"scopes[]":       {sim.OneOf("builds", "functions", "runtime", "post-processing")},
			"values.context": contexts, "secretValues.context": contexts,
		},
	}, sim.Resource{
		Check:  checkVariable,
		Create: createVariable,
		Update: func(call sim.Call, _ string, before, state sim.State) error {
			if before.Has("secretValues") && !state.Has("secretValues") {
				return refuse("updating", state, "422 Unprocessable Entity: a secret cannot be made readable again")
			}
			return writeVariable(call, "updating", state)
		},
	})
}

func checkVariable(state sim.State) []error {
	var errs []error
	if state.Has("values") == state.Has("secretValues") {
		errs = append(errs, errors.New("exactly one of values and secretValues must be specified"))
	}
	for _, list := range []string{"values", "secretValues"} {
		for i, value := range state.Objects(list) {
			if value.Known("context", "contextParameter") &&
				(value.String("context") == "branch") != (value.String("contextParameter") != "") {
				errs = append(errs, fmt.Errorf(
					"%s[%d].contextParameter must be a non-empty string if context is branch, and only then", list, i))
			}
		}
	}
	return errs
}

func createVariable(call sim.Call, state sim.State) (string, error) {
	// IDs are those by which the provider imports a variable.
	id := state.String("teamId") + ":" + state.String("siteId") + ":" + state.String("key")
	if _, ok := call.Get(typeVariable, id); ok {
		return "", refuse("creating", state, "422 Unprocessable Entity: the key is used already")
	}
	return id, writeVariable(call, "creating", state)
}

// writeVariable refuses what the API does.
func writeVariable(call sim.Call, doing string, state sim.State) error {
	team, ok := teamOf(call, "teamId", state.String("teamId"))
	if !ok {
		return refuse(doing, state, notFound)
	}
	found, ok := site(call, state.String("siteId"))
	if state.Has("siteId") && (!ok || found["teamId"] != team["teamId"]) {
		return refuse(doing, state, notFound)
	}
	scopes, secret := state.Strings("scopes"), state.Has("secretValues")
	slices.Sort(scopes)
	switch {
	case secret && !slices.Equal(scopes, secretScopes):
		return refuse(doing, state, "422 Unprocessable Entity: "+
			"on the free plan the scopes of a secret are builds, functions, runtime")
	case !secret && len(scopes) != len(allScopes):
		return refuse(doing, state, "422 Unprocessable Entity: the free plan has no scopes")
	}
	state["lastUpdated"] = call.Now().Format(time.RFC3339)
	return nil
}

// refuse words a refusal as the provider does.
func refuse(doing string, state sim.State, reason string) error {
	return fmt.Errorf("error %s Netlify environment variable: key %q (team ID: %q, site ID: %q): %s",
		doing, state.String("key"), state.String("teamId"), state.String("siteId"), reason)
}
