package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/config"
)

func TestBadShape(t *testing.T) {
	t.Parallel()
	runBad(t, []badFile{
		{"unknown key, close to one", `{cluster: {nodePool: []}}`, []string{
			`cluster.nodePool: the key is unknown; did you mean "nodePools"?`,
		}},
		{"unknown key in another case", `{dns: {TTL: 300}}`, []string{
			`dns.TTL: the key is unknown; did you mean "ttl"?`,
		}},
		{"unknown key, close to none", `{network: {firewall: true}}`, []string{
			`network.firewall: the key is unknown; remove it, or use one of ipRange`,
		}},
		{"text for a number", `{cluster: {nodePools: [{role: general, size: s-4vcpu-8gb, minNodes: 1, maxNodes: 2},
			{role: web, size: s-4vcpu-8gb, minNodes: three, maxNodes: 4}]}}`, []string{
			`cluster.nodePools[1].minNodes: "three" is not a whole number; set it to a whole number from 1`,
		}},
		{"number in quotes", `{database: {poolSize: "20"}}`, []string{
			`database.poolSize: "20" is not a whole number; write it without quotes: 20`,
		}},
		{"fraction for a number", `{ingress: {replicas: 1.5}}`, []string{
			`ingress.replicas: 1.5 is not a whole number; set it to a whole number from 1`,
		}},
		{"number for a text", `{cluster: {version: 1.35}, database: {version: 17}}`, []string{
			`cluster.version: 1.35 is not a text; put it in quotes: "1.35"`,
			`database.version: 17 is not a text; put it in quotes: "17"`,
		}},
		{"switch in quotes", `{protect: "false"}`, []string{
			`protect: "false" is not a switch; write it without quotes: false`,
		}},
		{"word for a switch", `{protect: maybe}`, []string{
			`protect: "maybe" is not a switch; set it to true or false`,
		}},
		{"text for a list", `{monitoring: {emails: ops@example.org}}`, []string{
			`monitoring.emails: "ops@example.org" is not a list; set it to a list, of which every element is a text`,
		}},
		{"list for a group", `{storage: []}`, []string{
			`storage: [] is not a group of keys and values; add it with its keys region, backupRegion, mediaHost, assetsHost`,
		}},
		{"text for a group of variables", `{mastodon: {environment: HCAPTCHA=1}}`, []string{
			`mastodon.environment: "HCAPTCHA=1" is not a group of keys and values; set it to a group of keys and values`,
		}},
		{"number in a group of texts", `{mastodon: {environment: {MAX_TOOT_CHARS: 5000}}}`, []string{
			`mastodon.environment.MAX_TOOT_CHARS: 5000 is not a text; put it in quotes: "5000"`,
		}},
		{"missing values", `{protect: null, region: null, cluster: {nodePools: null}, loadBalancer: {type: null, nodes: null}}`, []string{
			`cluster.nodePools: the value is missing; set it to a list, of which every element is a group of keys and values`,
			`loadBalancer.nodes: the value is missing; set it to a whole number from 1 to 200`,
			`loadBalancer.type: the value is missing; set it to REGIONAL or REGIONAL_NETWORK`,
			`protect: the value is missing; set it to true or false`,
			`region: the value is missing; set it to a text`,
		}},
		{"missing group", `{storage: null}`, []string{
			`storage: the value is missing; add it with its keys region, backupRegion, mediaHost, assetsHost`,
		}},
		{"empty text", `{domain: ""}`, []string{
			`domain: the value is empty; set it to a text`,
		}},
		{"out of range", `{database: {nodes: 4}, dns: {ttl: 5}, monitoring: {cpuPercent: 101}}`, []string{
			`database.nodes: 4 is out of range; set it to a whole number from 1 to 3`,
			`dns.ttl: 5 is out of range; set it to a whole number from 30`,
			`monitoring.cpuPercent: 101 is out of range; set it to a whole number from 1 to 100`,
		}},
		{"not in an enumeration", `{environment: prod, storage: {cdnTtl: 61}, cluster: {maintenance: {day: Sunday}}}`, []string{
			`cluster.maintenance.day: "Sunday" is not allowed; set it to monday, tuesday, wednesday, thursday, friday, saturday or sunday (did you mean "sunday"?)`,
			`environment: "prod" is not allowed; set it to production, staging or development`,
			`storage.cdnTtl: 61 is not allowed; set it to 60, 600, 3600, 86400 or 604800`,
		}},
		{"a long value is shortened", `{protect: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}`, []string{
			`protect: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa... is not a switch; set it to true or false`,
		}},
	})
}

func TestBadObjects(t *testing.T) {
	t.Parallel()
	keys := "environment, domain, region, protect, network, cluster, database, cache, storage, " +
		"loadBalancer, ingress, dns, mastodon, monitoring"
	for name, test := range map[string]struct{ text, want string }{
		"none":      {"", "vmst:settings: the value is missing; add it with its keys " + keys},
		"null":      {"null", "vmst:settings: the value is not a group of keys and values; add it with its keys " + keys},
		"a text":    {`"prod"`, "vmst:settings: the value is not a group of keys and values; add it with its keys " + keys},
		"not JSON":  {"{", "vmst:settings: the value is not a group of keys and values; add it with its keys " + keys},
		"two of it": {"{} {}", "vmst:settings: the value is not a group of keys and values; add it with its keys " + keys},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, []string{test.want}, problems(t, test.text, secrets(t, "")))
		})
	}
}

func TestEverythingIsReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, _, err := config.Decode(base(t, `{domian: x, region: mars1, cluster: {defaultPool: {nodes: "1"}}, dns: {ttl: 1}}`),
		secrets(t, `{acmeDnsToken: null}`))
	require.EqualError(t, err, `the stack's configuration has 5 problems:
  vmst:secrets.acmeDnsToken: the value is missing; set it with `+"`pulumi config set --secret --path 'vmst:secrets.acmeDnsToken'`"+`
  vmst:settings.cluster.defaultPool.nodes: "1" is not a whole number; write it without quotes: 1
  vmst:settings.dns.ttl: 1 is out of range; set it to a whole number from 30
  vmst:settings.domian: the key is unknown; did you mean "domain"?
  vmst:settings.region: "mars1" is not a region with Kubernetes and databases; use ams3, atl1, blr1, fra1, lon1, nyc1, nyc3, sfo2, sfo3, sgp1, syd1 or tor1`)
	_, _, err = config.Decode(base(t, `{region: mars1}`), secrets(t, ""))
	require.ErrorContains(t, err, "the stack's configuration has 1 problem:\n")
}

func TestListElementsAreSortedByNumber(t *testing.T) {
	t.Parallel()
	snippet := "dns:\n  records:\n"
	for range 11 {
		snippet += "    - {name: www, type: A, value: 203.0.113.7}\n"
	}
	lines := problems(t, base(t, snippet), secrets(t, ""))
	require.Len(t, lines, 10)
	require.Contains(t, lines[8], "records[9]: ")
	require.Contains(t, lines[9], "records[10]: ")
}
