package docsite

import (
	"fmt"

	"github.com/pulumi/pulumi-netlify/sdk/netlify"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/settings"
)

// secretScopes is where a secret variable is seen. Post-processing is not for secrets
// (docs.netlify.com/build/environment-variables/secrets-controller), and a free plan wants exactly these three.
var secretScopes = []string{"builds", "functions", "runtime"}

// variables makes the environment variables of the build, each with its values in all contexts.
func (d *DocSite) variables(ctx *pulumi.Context, name string, args *Args) error {
	if len(args.Variables) == 0 {
		return nil
	}
	team, err := netlify.GetTeam(ctx, &netlify.GetTeamArgs{Slug: &args.Team}, pulumi.Parent(d))
	if err != nil {
		return fmt.Errorf("looking up the Netlify team %q: %w", args.Team, err)
	}
	var keys []string
	contexts := map[string][]settings.DocsVariable{}
	for _, v := range args.Variables {
		if contexts[v.Name] == nil {
			keys = append(keys, v.Name)
		}
		contexts[v.Name] = append(contexts[v.Name], v)
	}
	for _, key := range keys {
		variable := args.variable(contexts[key])
		variable.SiteId, variable.TeamId, variable.Key = d.SiteID, pulumi.String(team.Id), pulumi.String(key)
		if _, err := netlify.NewEnvironmentVariable(ctx, name+"-"+key, variable, pulumi.Parent(d)); err != nil {
			return fmt.Errorf("setting variable %q of site %q: %w", key, args.Site, err)
		}
	}
	return nil
}

// variable is what one variable holds, from its contexts. Netlify never shows the values of a secret one again, so that
// a change made there stays unnoticed.
func (a *Args) variable(contexts []settings.DocsVariable) *netlify.EnvironmentVariableArgs {
	var values netlify.EnvironmentVariableValueArray
	var secrets netlify.EnvironmentVariableSecretValueArray
	for _, v := range contexts {
		value := netlify.EnvironmentVariableValueArgs{Context: pulumi.String(v.Context), Value: pulumi.String(v.Value)}
		if v.Branch != "" {
			value.ContextParameter = pulumi.String(v.Branch)
		}
		if v.Secret {
			value.Value = pulumi.ToSecret(a.SecretVariables[v.Name]).(pulumi.StringInput)
			secrets = append(secrets, netlify.EnvironmentVariableSecretValueArgs(value))
		} else {
			values = append(values, value)
		}
	}
	if len(secrets) > 0 {
		return &netlify.EnvironmentVariableArgs{SecretValues: secrets, Scopes: pulumi.ToStringArray(secretScopes)}
	}
	return &netlify.EnvironmentVariableArgs{Values: values}
}
