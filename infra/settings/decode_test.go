package settings_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/settings"
)

func TestBadShape(t *testing.T) {
	t.Parallel()
	refused(t, []bad{
		{"unknown key, close to one", `{cluster: {nodePool: []}}`, []string{
			`cluster.nodePool: the key is unknown; did you mean "nodePools"?`,
		}},
		{"unknown key in another case", `{dns: {TTL: 300}}`, []string{
			`dns.TTL: the key is unknown; did you mean "ttl"?`,
		}},
		{"unknown key, close to none", `{network: {firewall: true}}`, []string{
			"network.firewall: the key is unknown; remove it, or use one of ipRange",
		}},
		{"text for a number", `{cluster: {nodePools: [{role: general, size: s-4vcpu-8gb, minNodes: 1, maxNodes: 2},
			{role: web, size: s-4vcpu-8gb, minNodes: three, maxNodes: 4}]}}`, []string{
			`cluster.nodePools[1].minNodes: "three" is not a whole number; set it to a whole number from 1 to 512`,
		}},
		{"number in quotes", `{database: {poolSize: "20"}}`, []string{
			`database.poolSize: "20" is not a whole number; write it without quotes: 20`,
		}},
		{"fraction for a number", `{ingress: {replicas: 1.5}}`, []string{
			"ingress.replicas: 1.5 is not a whole number; set it to a whole number from 1",
		}},
		{"number for text", `{cluster: {version: 1.35}, database: {version: 17}}`, []string{
			`cluster.version: 1.35 is not text (a string); put it in quotes: "1.35"`,
			`database.version: 17 is not text (a string); put it in quotes: "17"`,
		}},
		{"true or false in quotes", `{protect: "false"}`, []string{
			`protect: "false" is not true or false; write it without quotes: false`,
		}},
		{"word for true or false", `{protect: maybe}`, []string{
			`protect: "maybe" is not true or false; set it to true or false`,
		}},
		{"text for a list", `{monitoring: {emails: ops@example.org}}`, []string{
			`monitoring.emails: "ops@example.org" is not a list; set it to a list, of which every element is text (a ` +
				`string)`,
		}},
		{"list for a mapping", `{storage: []}`, []string{
			"storage: [] is not a mapping; add it with its keys region, backupRegion, mediaHost, assetsHost; " +
				"Pulumi.prod.yaml shows one",
		}},
		{"text for a mapping of variables", `{mastodon: {environment: HCAPTCHA=1}}`, []string{
			"mastodon.environment: \"HCAPTCHA=1\" is not a mapping; set it to a mapping, one `key: value` to a line",
		}},
		{"number in a mapping of texts", `{mastodon: {environment: {MAX_TOOT_CHARS: 5000}}}`, []string{
			`mastodon.environment.MAX_TOOT_CHARS: 5000 is not text (a string); put it in quotes: "5000"`,
		}},
		{"missing values", `{protect: null, region: null, cluster: {nodePools: null}, loadBalancer: {type: null,
			nodes: null}}`, []string{
			"cluster.nodePools: the value is missing; set it to a list, of which every element is a mapping",
			"loadBalancer.nodes: the value is missing; set it to a whole number from 1 to 200",
			"loadBalancer.type: the value is missing; set it to REGIONAL or REGIONAL_NETWORK",
			"protect: the value is missing; set it to true or false",
			"region: the value is missing; set it to text, such as tor1",
		}},
		{"missing mapping", `{storage: null}`, []string{
			"storage: the value is missing; add it with its keys region, backupRegion, mediaHost, assetsHost; " +
				"Pulumi.prod.yaml shows one",
		}},
		{"empty text", `{domain: ""}`, []string{
			"domain: the value is empty; set it to text, such as social.example.org",
		}},
		{"out of range", `{database: {nodes: 4}, dns: {ttl: 5}, monitoring: {cpuPercent: 101}}`, []string{
			"database.nodes: 4 is out of range; set it to a whole number from 1 to 3",
			"dns.ttl: 5 is out of range; set it to a whole number from 30",
			"monitoring.cpuPercent: 101 is out of range; set it to a whole number from 1 to 100",
		}},
		{"not in an enumeration", `{environment: prod, storage: {cdnTtl: 61},
			cluster: {maintenance: {day: Sunday}}}`, []string{
			`cluster.maintenance.day: "Sunday" is not allowed; set it to monday, tuesday, wednesday, thursday, ` +
				`friday, saturday or sunday (did you mean "sunday"?)`,
			`environment: "prod" is not allowed; set it to production, staging or development`,
			"storage.cdnTtl: 61 is not allowed; set it to 60, 600, 3600, 86400 or 604800",
		}},
		{"region without Kubernetes", `{region: nyc2}`, []string{
			`region: "nyc2" is not a region with Kubernetes and databases; did you mean "nyc1"? Allowed: ams3, atl1, ` +
				`blr1, fra1, lon1, nyc1, nyc3, sfo2, sfo3, sgp1, syd1, tor1`,
		}},
		{"city of a region", `{region: Toronto}`, []string{
			`region: "Toronto" is not a region with Kubernetes and databases; did you mean "tor1"?`,
		}},
		{"a long value", `{protect: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}`, []string{
			`protect: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa... is not true or false; set it ` +
				`to true or false`,
		}},
	})
}

func TestBadObjects(t *testing.T) {
	t.Parallel()
	const keys = "add it with its keys environment, domain, region, protect, network, cluster, database, cache, " +
		"storage, loadBalancer, ingress, dns, mastodon, monitoring; Pulumi.prod.yaml shows one; is it written as " +
		"vmst:settings?"
	for text, wrong := range map[string]string{
		"": "the value is missing", "\n": "the value is missing",
		"null": "the value is not a mapping", `"prod"`: "the value is not a mapping", "{": "the value is not a mapping",
		"{} {}": "the value is not a mapping",
	} {
		assert.Equal(t, []string{"vmst:settings: " + wrong + "; " + keys}, problems(t, text, secrets(t, "")))
	}
}

func TestEverythingIsReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, _, err := settings.Decode(
		base(t, `{domian: x, region: mars1, cluster: {defaultPool: {nodes: "1"}}, dns: {ttl: 1}}`),
		secrets(t, `{acmeDnsToken: null}`))
	require.EqualError(t, err, `the stack's configuration has 5 problems:
  vmst:secrets.acmeDnsToken: the value is missing; `+set("acmeDnsToken")+`
  vmst:settings.cluster.defaultPool.nodes: "1" is not a whole number; write it without quotes: 1
  vmst:settings.dns.ttl: 1 is out of range; set it to a whole number from 30
  vmst:settings.domian: the key is unknown; did you mean "domain"?
  vmst:settings.region: "mars1" is not a region with Kubernetes and databases; use ams3, atl1, blr1, fra1, lon1, `+
		`nyc1, nyc3, sfo2, sfo3, sgp1, syd1 or tor1`)
	_, _, err = settings.Decode(base(t, `{region: mars1}`), secrets(t, ""))
	require.ErrorContains(t, err, "the stack's configuration has 1 problem:\n")
}

// What holds a value that cannot be read has no further problems: they would only be consequences.
func TestConsequencesAreNotReported(t *testing.T) {
	t.Parallel()
	refused(t, []bad{
		{"a group's queues", `{mastodon: {sidekiq: [{name: all, queues: default, replicas: 1, threads: 5}]}}`, []string{
			`mastodon.sidekiq[0].queues: "default" is not a list; set it to a list, of which every element is text ` +
				`(a string)`,
		}},
		{"a zone", `{dns: {zone: [example.org]}}`, []string{
			`dns.zone: ["example.org"] is not text (a string); set it to text, such as example.org`,
		}},
		{"an engine and a plan", `{database: {engine: 16, size: 8, poolSize: 900}}`, []string{
			`database.engine: 16 is not text (a string); put it in quotes: "16"`,
			`database.size: 8 is not text (a string); put it in quotes: "8"`,
		}},
		{"a record", `{dns: {records: [{name: social, type: 5, value: x}]}}`, []string{
			`dns.records[0].type: 5 is not text (a string); put it in quotes: "5"`,
		}},
	})
}

func TestListElementsAreSortedByNumber(t *testing.T) {
	t.Parallel()
	change := "dns:\n  records:\n"
	for range 11 {
		change += "    - {name: www, type: A, value: 203.0.113.7}\n"
	}
	lines := problems(t, base(t, change), secrets(t, ""))
	require.Len(t, lines, 10)
	require.Contains(t, lines[8], "records[9]: ")
	require.Contains(t, lines[9], "records[10]: ")
}

// Whatever a file contains, decoding returns either settings or problems, and settings that it accepts it accepts again
// when they are written out, and they are the same.
func FuzzDecode(f *testing.F) {
	f.Add(base(f, ""))
	f.Add(production(f, ""))
	f.Add(docs(f, `{docs: {branchDomain: a.example.org, variables: [{name: A, context: all, value: b}]},
		dns: {records: [{name: a, type: NS, value: ns.example.net}]}, cache: {rails: {size: db-s-1vcpu-1gb, nodes: 1}},
		ingress: {image: {tag: v1}, values: {a: [1, {b: 2.5}]}}}`))
	f.Add(`{"mastodon":{"sidekiq":[{"queues":[",1"]}]},
		"dns":{"mail":{"spf":" ","dmarc":";","dkim":[{}]},"records":[{}]}}`)
	f.Add(`{"cluster":{"podSubnet":"0.0.0.0/0","nodePools":[null,{"maxNodes":9223372036854775807}]}}`)
	hidden := secrets(f, "")
	f.Fuzz(func(t *testing.T, text string) {
		decoded, _, err := settings.Decode(text, hidden)
		var problems settings.Problems
		switch {
		case errors.As(err, &problems):
			for _, problem := range problems {
				known := strings.HasPrefix(problem.Path, "vmst:settings") ||
					strings.HasPrefix(problem.Path, "vmst:secrets.")
				if !known || problem.Wrong == "" || problem.Remedy == "" {
					t.Errorf("the problem says too little: %q", problem)
				}
			}
		case err != nil:
			t.Fatalf("the error is %T", err)
		default:
			_, _, _ = decoded.Warnings(), decoded.Entries(), decoded.MonthlyCost().String()
			written := toJSON(t, decoded)
			again, _, err := settings.Decode(written, hidden)
			require.NoError(t, err, written)
			require.Equal(t, written, toJSON(t, again))
		}
	})
}
