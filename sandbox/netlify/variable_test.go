package netlify_test

import (
	"strings"
	"testing"

	"github.com/vmstio/infrastructure/sandbox/provider/providertest"
)

func TestVariable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.Create(variable, "x", w.variableInputs(inputs{"values": []any{
		inputs{"context": "all", "value": "v"},
		inputs{"context": "branch", "contextParameter": "staging", "value": "s"},
	}}))
	w.Edit(made, func(state map[string]any) {
		state["values"].([]any)[0].(map[string]any)["value"] = "changed"
	})
	if _, drift, _ := w.Refresh(made); drift != "values[0].value update" {
		t.Errorf("the drift is %q", drift)
	}
	_, err := w.Try(variable, "y", w.variableInputs(nil))
	w.Refused(err, "the key is used already")
	diff := providertest.Changes(w.Diff(made, w.variableInputs(inputs{"key": "L"})))
	if !strings.Contains(diff, "key update-replace") {
		t.Errorf("another key gives %q, want a replacement", diff)
	}
}

func TestSecretValuesAreNotGivenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.Create(variable, "x", w.secretInputs("tea, earl grey"))
	if !made.Outputs["secretValues"].IsSecret() {
		t.Error("the values are not secret in the outputs")
	}
	w.Edit(made, func(state map[string]any) {
		state["secretValues"].([]any)[0].(map[string]any)["value"] = "hot"
	})
	read, drift, found := w.Refresh(made)
	if !found || drift != "" {
		t.Errorf("a change that Netlify does not show is drift %q, found %t", drift, found)
	}
	if !read.Outputs["secretValues"].DeepEquals(made.Outputs["secretValues"]) {
		t.Error("the refresh did not keep the values that Pulumi knows")
	}
	imported := made
	imported.Inputs, imported.Outputs = nil, nil
	read, _, found = w.Refresh(imported)
	if _, ok := read.Outputs["secretValues"]; ok || !found {
		t.Errorf("an import knows %v", read.Outputs)
	}
	changed, err := w.Update(made, w.secretInputs("coffee, black"))
	if err != nil || !changed.Outputs["secretValues"].IsSecret() {
		t.Errorf("a new value: %v, %v", changed.Outputs, err)
	}
	_, err = w.Update(made, w.variableInputs(nil))
	w.Refused(err, "a secret cannot be made readable again")
}

func TestVariablesThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := func(value inputs) inputs {
		return w.variableInputs(inputs{"values": []any{providertest.With(inputs{"value": "v"}, value)}})
	}
	for name, test := range map[string]struct {
		inputs inputs
		want   string
	}{
		"no values": {w.variableInputs(inputs{"values": nil}), "exactly one of values and secretValues"},
		"both": {
			providertest.With(w.secretInputs("s"), inputs{"values": []any{inputs{"context": "all", "value": "v"}}}),
			"exactly one of values and secretValues",
		},
		"unknown context": {
			one(inputs{"context": "weekends"}),
			"must be one of all, dev, dev-server, branch-deploy, deploy-preview, production, branch",
		},
		"no branch": {
			one(inputs{"context": "branch"}),
			"values[0].contextParameter must be a non-empty string if context is branch",
		},
		"needless branch": {one(inputs{"context": "all", "contextParameter": "main"}), "and only then"},
		"unknown scope": {
			w.variableInputs(inputs{"scopes": []any{"everything"}}),
			"must be one of builds, functions, runtime, post-processing",
		},
		"scopes for free": {w.variableInputs(inputs{"scopes": []any{"builds"}}), "the free plan has no scopes"},
		"secret's scopes": {
			providertest.With(w.secretInputs("s"), inputs{"scopes": nil}),
			"on the free plan the scopes of a secret are",
		},
		"unknown team":   {w.variableInputs(inputs{"teamId": "borg"}), "404 Not Found"},
		"unknown site":   {w.variableInputs(inputs{"siteId": "nowhere"}), "404 Not Found"},
		"another's site": {w.variableInputs(inputs{"siteId": w.siteID("raktajino", "klingons")}), "404 Not Found"},
		"no team":        {w.variableInputs(inputs{"teamId": nil}), "missing required property teamId"},
	} {
		t.Run(name, func(t *testing.T) {
			w.T = t
			_, err := w.Try(variable, "x", test.inputs)
			w.Refused(err, test.want)
			if err != nil && strings.Contains(err.Error(), "earl grey") {
				t.Error("the message shows a secret")
			}
		})
	}
}
