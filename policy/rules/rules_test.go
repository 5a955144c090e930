package rules_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/policy/rules"
	"github.com/vmstio/infrastructure/policy/samples"
)

// What the other tests need the types of.
const (
	database      = "digitalocean:index/databaseCluster:DatabaseCluster"
	firewall      = "digitalocean:index/databaseFirewall:DatabaseFirewall"
	bucket        = "digitalocean:index/spacesBucket:SpacesBucket"
	cluster       = "digitalocean:index/kubernetesCluster:KubernetesCluster"
	namespace     = "kubernetes:core/v1:Namespace"
	deployment    = "kubernetes:apps/v1:Deployment"
	budget        = "kubernetes:policy/v1:PodDisruptionBudget"
	networkPolicy = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
	stack         = "pulumi:pulumi:Stack"
)

func findings(s samples.Sample) []rules.Finding {
	var found []rules.Finding
	for _, r := range s.Resources {
		found = append(found, rules.CheckResource(r, s.Settings)...)
	}
	return append(found, rules.CheckStack(s.Resources, s.Settings)...)
}

// of returns the findings of one rule.
func of(findings []rules.Finding, rule string) []rules.Finding {
	var own []rules.Finding
	for _, f := range findings {
		if f.Rule == rule {
			own = append(own, f)
		}
	}
	return own
}

// Each rule notices what breaks it, and nothing else.
func TestRules(t *testing.T) {
	t.Parallel()
	for _, rule := range rules.All() {
		if rule.Resource == nil && rule.Stack == nil {
			continue
		}
		t.Run(rule.Name, func(t *testing.T) {
			t.Parallel()
			cases, ok := samples.All()[rule.Name]
			require.True(t, ok, "the rule has no samples")
			require.NotEmpty(t, cases.Kept)
			for i, broken := range cases.Broken {
				found := of(findings(broken), rule.Name)
				require.NotEmpty(t, found, "sample %d", i)
				for _, f := range found {
					require.Equal(t, rule.Level, f.Level)
					require.True(t, strings.HasSuffix(f.Message, rule.Remedy), f.Message)
					require.NotContains(t, f.Message, "hunter2", "the secret itself")
				}
			}
			for i, kept := range cases.Kept {
				require.Empty(t, of(findings(kept), rule.Name), "sample %d", i)
			}
		})
	}
}

// Whoever reads a finding learns what is wrong, why, and which setting to change.
func TestRulesSayWhatTheyWant(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, rule := range rules.All() {
		require.False(t, seen[rule.Name], "two rules have the name %s", rule.Name)
		seen[rule.Name] = true
		require.Contains(t, []rules.Level{rules.Mandatory, rules.Advisory}, rule.Level)
		require.True(t, strings.HasSuffix(rule.What, "."), rule.What)
		require.NotContains(t, strings.TrimSuffix(rule.What, "."), ". ", "one sentence")
		require.True(t, strings.HasSuffix(rule.Reason, "."), rule.Name)
		require.NotEmpty(t, rule.Remedy, rule.Name)
		require.False(t, strings.HasSuffix(rule.Remedy, "."), rule.Name)
		require.NotNil(t, rule.Of, rule.Name)
		require.False(t, rule.Resource == nil && rule.Stack == nil && rule.Operation == nil, rule.Name)
		require.False(t, rule.Resource != nil && rule.Stack != nil, rule.Name)
	}
}
