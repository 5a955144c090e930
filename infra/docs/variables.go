package docs

import (
	"fmt"

	"github.com/pulumi/pulumi-netlify/sdk/netlify"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Variable is an environment variable of the site.
type Variable struct {
	// Key is its name: letters, digits and underscores, beginning with a letter.
	Key string
	// Secret values are never shown again by Netlify, so that a change made there
	// stays unnoticed.
	Secret bool
	// Values by context, at least one, each context once.
	Values []Value
}

// Value is what a variable holds in some deploys.
type Value struct {
	// Context is the kind of deploys: "all", "production", "deploy-preview",
	// "branch-deploy", "branch", "dev" or "dev-server"
	// (docs.netlify.com/build/environment-variables/overview).
	//
	// A secret value admits "production", "branch-deploy" and "branch" only: Netlify
	// wants secrets in explicit contexts, and a preview runs what anybody proposed.
	Context string
	// Branch is the name of the branch, with the context "branch" and only there.
	Branch string
	// Value is the value itself.
	Value pulumi.StringInput
}

// secretScopes is where a secret variable is seen. Post-processing is not for
// secrets (docs.netlify.com/build/environment-variables/secrets-controller), and
// a free plan wants exactly these three.
var secretScopes = []string{"builds", "functions", "runtime"}

func (d *Docs) setVariables(ctx *pulumi.Context, name string, args *Args, site *netlify.GetSiteResult) error {
	if len(args.Variables) == 0 {
		return nil
	}
	team, err := netlify.GetTeam(ctx, &netlify.GetTeamArgs{Slug: &args.Team}, pulumi.Parent(d))
	if err != nil {
		return fmt.Errorf("looking up the Netlify team %q: %w", args.Team, err)
	}
	for _, variable := range args.Variables {
		settings := &netlify.EnvironmentVariableArgs{
			SiteId: pulumi.String(site.Id),
			TeamId: pulumi.String(team.Id),
			Key:    pulumi.String(variable.Key),
		}
		if variable.Secret {
			settings.SecretValues = variable.secretValues()
			settings.Scopes = pulumi.ToStringArray(secretScopes)
		} else {
			settings.Values = variable.values()
		}
		if _, err := netlify.NewEnvironmentVariable(ctx, name+"-"+variable.Key, settings, pulumi.Parent(d)); err != nil {
			return fmt.Errorf("setting variable %q of site %q: %w", variable.Key, args.Site, err)
		}
	}
	return nil
}

func (v Variable) values() netlify.EnvironmentVariableValueArray {
	values := make(netlify.EnvironmentVariableValueArray, len(v.Values))
	for i, value := range v.Values {
		values[i] = netlify.EnvironmentVariableValueArgs{
			Context: pulumi.String(value.Context), ContextParameter: value.parameter(), Value: value.Value,
		}
	}
	return values
}

func (v Variable) secretValues() netlify.EnvironmentVariableSecretValueArray {
	values := make(netlify.EnvironmentVariableSecretValueArray, len(v.Values))
	for i, value := range v.Values {
		values[i] = netlify.EnvironmentVariableSecretValueArgs{
			Context: pulumi.String(value.Context), ContextParameter: value.parameter(),
			Value: pulumi.ToSecret(value.Value).(pulumi.StringInput),
		}
	}
	return values
}

func (v Value) parameter() pulumi.StringPtrInput {
	if v.Branch == "" {
		return nil
	}
	return pulumi.String(v.Branch)
}
