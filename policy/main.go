// Command policy is the rules of this project as a policy pack: an executable that the pulumi command loads.
//
//	make policy
//	pulumi preview --policy-pack bin/policy
//
// Of the stack's configuration it reads vmst:settings, and no secret.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/policyx"

	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/policy/rules"
)

func main() {
	if err := serve(os.Stdout, rules.Concern, pack); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// pack makes the pack for one run. Settings that are wrong are not its business: the program says what is wrong, and
// rules that need them stay silent.
func pack(ctx *pulumi.Context) (policyx.PolicyPack, error) {
	s, err := settings.DecodeSettings(config.New(ctx, settings.Namespace).Get(settings.SettingsKey))
	if err != nil {
		s = nil
	}
	var policies []policyx.Policy
	for _, rule := range rules.All() {
		level := policyx.EnforcementLevelMandatory
		if rule.Level == rules.Advisory {
			level = policyx.EnforcementLevelAdvisory
		}
		switch {
		case rule.Resource != nil:
			policies = append(policies, ofResource(rule, level, s))
		case rule.Stack != nil:
			policies = append(policies, ofStack(rule, level, s))
		}
	}
	return policyx.NewPolicyPack("vmst", semver.Version{Major: 1}, policyx.EnforcementLevelMandatory, policies)
}

func ofResource(rule rules.Rule, level policyx.EnforcementLevel, s *settings.Settings) policyx.Policy {
	return policyx.NewResourceValidationPolicy(rule.Name, policyx.ResourceValidationPolicyArgs{
		Description: rule.What, EnforcementLevel: level,
		ValidateResource: func(_ context.Context, args policyx.ResourceValidationArgs) error {
			if !rule.Of(args.Resource.Type) {
				return nil
			}
			for _, wrong := range rule.Resource(resourceOf(args.Resource), s) {
				args.Manager.ReportViolation(rule.Says(wrong), "")
			}
			return nil
		},
	})
}

func ofStack(rule rules.Rule, level policyx.EnforcementLevel, s *settings.Settings) policyx.Policy {
	return policyx.NewStackValidationPolicy(rule.Name, policyx.StackValidationPolicyArgs{
		Description: rule.What, EnforcementLevel: level,
		ValidateStack: func(_ context.Context, args policyx.StackValidationArgs) error {
			var all []rules.Resource
			for _, r := range args.Resources {
				if rule.Of(r.Type) {
					all = append(all, resourceOf(r))
				}
			}
			for _, v := range rule.Stack(all, s) {
				args.Manager.ReportViolation(rule.Says(v.Message), v.URN)
			}
			return nil
		},
	})
}

func resourceOf(r policyx.AnalyzerResource) rules.Resource {
	return rules.Resource{
		URN: r.URN, Type: r.Type, Name: r.Name, Properties: r.Properties, Protected: r.Options.Protect,
		Dependencies: r.Dependencies,
	}
}
