package rules

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/vmstio/infrastructure/infra/settings"
)

func secretRules() []Rule {
	return []Rule{
		{
			Name: "secret-hidden", Level: Mandatory,
			What: "No secret is in a ConfigMap, in the values of a chart or in a pod's own definition.",
			Reason: "Who may look at the cluster may read those: they are shown by kubectl, kept in the release's " +
				"history and copied into events. Kubernetes Secrets have rights of their own. Pulumi does not show a " +
				"policy pack the values of a helm v4 Chart, but all the objects that come of them.",
			Remedy: "Put it into a Secret, and name that in the pod (envFrom, secretKeyRef) or in the chart's value " +
				"for an existing one. Variables of Mastodon that are secret belong into vmst:secrets.environment",
			Of:       either(hasPod, of(configMapType, releaseType, chartType)),
			Resource: inTheOpen,
		},
		{
			Name: "secret-output", Level: Mandatory,
			What: "No output of the stack is a secret.",
			Reason: "Outputs are what other programs read: monitoring, the documentation, scripts. A secret there is " +
				"decrypted wherever they run, and shown by `pulumi stack output --show-secrets`.",
			Remedy: "Leave it out of infra/outputs; who needs the value reads it where it is used",
			Of:     of(stackType),
			Stack:  secretOutputs,
		},
	}
}

func inTheOpen(r Resource, _ *settings.Settings) []string {
	var wrong []string
	look := func(where string, f field) {
		if path := firstSecret(f.value, where); path != "" {
			wrong = append(wrong, path+" is a secret")
		}
	}
	switch r.Type {
	case configMapType:
		look("data", r.at("data"))
		look("binaryData", r.at("binaryData"))
	case releaseType, chartType:
		look("values", r.at("values"))
	default:
		look("spec", r.at("spec"))
	}
	return wrong
}

// firstSecret is the path of the first secret in a value; "" if there is none. The value itself is never shown.
func firstSecret(v property.Value, path string) string {
	if v.Secret() {
		return path
	}
	switch {
	case v.IsMap():
		for key, element := range v.AsMap().AllStable {
			if found := firstSecret(element, path+"."+key); found != "" {
				return found
			}
		}
	case v.IsArray():
		for i, element := range v.AsArray().All {
			if found := firstSecret(element, fmt.Sprintf("%s[%d]", path, i)); found != "" {
				return found
			}
		}
	}
	return ""
}

func secretOutputs(all []Resource, _ *settings.Settings) []Violation {
	var violations []Violation
	for _, r := range all {
		if r.Type != stackType {
			continue
		}
		for name, value := range r.Properties.AllStable {
			if path := firstSecret(value, name); path != "" {
				violations = append(violations, Violation{r.URN, "the output " + path + " is a secret"})
			}
		}
	}
	return violations
}
