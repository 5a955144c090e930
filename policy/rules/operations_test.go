package rules_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/policy/rules"
)

func operation(op, name, id string) rules.Operation {
	return rules.Operation{
		URN: "urn:pulumi:prod::vmst::" + database + "::" + name, Type: database, Name: name, Op: op, ID: id,
		Protected: true, Retained: true,
	}
}

// rulesOf are the names of the rules that are broken, in their order.
func rulesOf(findings []rules.Finding) []string {
	names := []string{}
	for _, f := range findings {
		names = append(names, f.Rule)
	}
	return names
}

func check(op rules.Operation, s *settings.Settings) []rules.Finding {
	return rules.CheckOperations([]rules.Operation{op}, s)
}

func keeping() *settings.Settings { return &settings.Settings{Protect: true} }

func TestOperations(t *testing.T) {
	t.Parallel()
	bare := func(protected, retained bool, op string) rules.Operation {
		o := operation(op, "spock", "id")
		o.Protected, o.Retained = protected, retained
		return o
	}
	harmless := rules.Operation{
		URN: "urn:pulumi:prod::vmst::digitalocean:index/dnsRecord:DnsRecord::www", Op: "delete",
		Type: "digitalocean:index/dnsRecord:DnsRecord", Name: "www",
	}
	for name, test := range map[string]struct {
		operation rules.Operation
		broken    []string
	}{
		"made":             {operation("create", "spock", ""), nil},
		"unchanged":        {operation("same", "spock", "id"), nil},
		"refreshed":        {operation("refresh", "spock", "id"), nil},
		"something else":   {harmless, nil},
		"deleted":          {operation("delete", "spock", "id"), []string{"data-stays"}},
		"replaced":         {operation("replace", "spock", "id"), []string{"data-stays"}},
		"replaced, made":   {operation("create-replacement", "spock", ""), []string{"data-stays"}},
		"replaced, gone":   {operation("delete-replaced", "spock", "id"), []string{"data-stays"}},
		"not protected":    {bare(false, true, "update"), []string{"data-protected"}},
		"not retained":     {bare(true, false, "same"), []string{"data-retained"}},
		"neither, created": {bare(false, false, "create"), []string{"data-protected", "data-retained"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, s := range []*settings.Settings{keeping(), nil} {
				require.ElementsMatch(t, test.broken, rulesOf(check(test.operation, s)))
			}
			require.Empty(t, check(test.operation, &settings.Settings{}))
		})
	}
}

// A replacement is four operations of the engine's, and one thing that is wrong.
func TestAReplacementIsOneFinding(t *testing.T) {
	t.Parallel()
	found := rules.CheckOperations([]rules.Operation{
		operation("create-replacement", "spock", ""), operation("replace", "spock", "id"),
		operation("delete-replaced", "spock", "id"),
	}, keeping())
	require.Len(t, found, 1)
	require.Equal(t, rules.Mandatory, found[0].Level)
	require.Contains(t, found[0].Message, "spock holds a database and is replaced")
	require.Contains(t, found[0].Message, "vmst:settings.policy.release.id")
}

// The release is for one object. Once another has taken its place, it opens nothing more.
func TestTheReleaseIsForOneObjectAndOnce(t *testing.T) {
	t.Parallel()
	s := keeping()
	s.Policy.Release = &settings.Release{Resource: "spock", ID: "old"}
	plan := func(id string) []rules.Operation {
		return []rules.Operation{
			operation("create-replacement", "spock", ""), operation("replace", "spock", id),
			operation("delete-replaced", "spock", id),
		}
	}
	found := rules.CheckOperations(plan("old"), s)
	require.Equal(t, []string{"data-released"}, rulesOf(found))
	require.Equal(t, rules.Advisory, found[0].Level)
	require.Contains(t, found[0].Message, "spock (ID old) holds a database and goes")

	found = rules.CheckOperations(plan("new"), s)
	require.Equal(t, []string{"data-stays", "data-released"}, rulesOf(found))
	require.Contains(t, found[1].Message, "opens nothing")

	// Not for another of that name, nor for one that the same plan deletes besides.
	found = rules.CheckOperations(append(plan("old"), operation("delete", "mccoy", "old")), s)
	require.Contains(t, rulesOf(found), "data-stays")
	found = rules.CheckOperations(append(plan("old"), operation("delete", "spock", "new")), s)
	require.Contains(t, rulesOf(found), "data-stays")
	// Nothing happens to it: the release has no work, and should go.
	require.Equal(t, []string{"data-released"},
		rulesOf(rules.CheckOperations([]rules.Operation{operation("same", "spock", "old")}, s)))
}

// What can be made again may go, although its type holds data elsewhere.
func TestWhatCanBeMadeAgainMayGo(t *testing.T) {
	t.Parallel()
	for within, typ := range map[string]string{
		"vmst:search:Search$%s::search-cluster":                                    database,
		"vmst:cache:Cache$%s::cache-rails-cluster":                                 database,
		"vmst:cache:Cache$%s::cache-rails-firewall":                                firewall,
		"vmst:mastodon:Mastodon$kubernetes:helm.sh/v4:Chart$%s::mastodon:postgres": "kubernetes:core/v1:Secret",
		"vmst:ingress:Ingress$%s::ingress-cert-manager-namespace":                  namespace,
		"vmst:observability:Observability$%s::observability-namespace":             namespace,
	} {
		urn := "urn:pulumi:prod::vmst::" + fmt.Sprintf(within, typ)
		require.True(t, rules.HoldsData(typ))
		require.Empty(t, check(rules.Operation{URN: urn, Type: typ, Op: "delete", ID: "id"}, nil), urn)
	}
	kept := "urn:pulumi:prod::vmst::vmst:cache:Cache$" + database + "::cache-cluster"
	require.Len(t, check(rules.Operation{URN: kept, Type: database, Op: "delete", ID: "id"}, nil), 1)
}

// The cluster has a switch of its own, and is never retained.
func TestTheClusterHasASwitchOfItsOwn(t *testing.T) {
	t.Parallel()
	s := keeping()
	op := rules.Operation{URN: "c", Type: cluster, Name: "kirk", Op: "replace", ID: "id"}
	require.Empty(t, rules.CheckOperations([]rules.Operation{op}, s))
	s.Cluster.Protect = true
	require.Equal(t, []string{"data-stays"}, rulesOf(rules.CheckOperations([]rules.Operation{op}, s)))
	op.Op, op.Protected = "update", true
	require.Empty(t, rules.CheckOperations([]rules.Operation{op}, s))
}
