package settings_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What would fail half-way, or bring up something else than what is written, is refused before anything is made: each
// of these is production with one change.
func TestNothingIsAcceptedThatFailsHalfWay(t *testing.T) {
	t.Parallel()
	const rename = "; remove it, or give it another name"
	for _, test := range []struct {
		name, change, secrets, want string
	}{
		{
			"a variable that the program sets", `{mastodon: {environment: {PGSSLROOTCERT: /tmp/ca.crt}}}`, ``,
			"vmst:settings.mastodon.environment.PGSSLROOTCERT: the variable comes from database.authority; remove " +
				"it; what it is to be is decided there",
		},
		{
			"a group whose pods' names are too long", `{mastodon: {sidekiq: [
				{name: everything-that-is-worked-on-in-the-background-here, replicas: 1, threads: 5,
				queues: [default, push, ingress, mailers, pull, scheduler, fasp]}]}}`, ``,
			`vmst:settings.mastodon.sidekiq[0].name: "everything-that-is-worked-on-in-the-background-here" is not a ` +
				`group name; use at most 42 lower-case letters, digits and dashes`,
		},
		{
			"a variable with two values", `{mastodon: {environment: {OMNIAUTH_ONLY: "true"}}}`,
			`{environment: {OMNIAUTH_ONLY: "false"}}`,
			"vmst:secrets.environment.OMNIAUTH_ONLY: the variable stands in vmst:settings.mastodon.environment as " +
				"well; remove one of the two",
		},
		{
			"a node label that is the program's", `{cluster: {nodePools: [
				{role: general, size: s-4vcpu-16gb-amd, minNodes: 2, maxNodes: 3, labels: {mastodon-pool: web}},
				{role: background, size: s-4vcpu-16gb-amd, minNodes: 2, maxNodes: 3}]}}`, ``,
			`vmst:settings.cluster.nodePools[0].labels.mastodon-pool: "mastodon-pool" is the program's own label for ` +
				`the role of the pool; use another key`,
		},
		{
			"a record beside the alias of a key", `{dns: {records: [{name: fm1._domainkey, type: TXT, value: x}]}}`, ``,
			`vmst:settings.dns.records[0]: "fm1._domainkey" already has the CNAME record of ` +
				`vmst:settings.dns.mail.dkim[0], and a name with a CNAME record can have no other` + rename,
		},
		{
			"a record beside the alias of the CDN", `{dns: {records: [{name: cdn, type: TXT, value: x}]}}`, ``,
			`vmst:settings.dns.records[0]: "cdn" already has the CNAME record of vmst:settings.storage.mediaHost, ` +
				`and a name with a CNAME record can have no other` + rename,
		},
		{
			"a record beside the alias of the documentation", `{dns: {records: [{name: docs, type: TXT, value: x}]}}`,
			``,
			`vmst:settings.dns.records[0]: "docs" already has the CNAME record of vmst:settings.docs.host, and a ` +
				`name with a CNAME record can have no other` + rename,
		},
		{
			"two keys that would be one resource", `{dns: {mail: {dkim: [{selector: a.b, cname: a.example.net},
				{selector: a-b, cname: b.example.net}]}}}`, ``,
			"vmst:settings.dns.mail.dkim[1]: the record would be the same Pulumi resource (dkim-a-b, where a dot is " +
				"a dash) as that of vmst:settings.dns.mail.dkim[0]" + rename,
		},
		{
			"two hosts that would be one resource", `{storage: {mediaHost: a.b.vmst.io, assetsHost: a-b.vmst.io}}`, ``,
			"vmst:settings.storage.assetsHost: the record would be the same Pulumi resource (cname-a-b, where a dot " +
				"is a dash) as that of vmst:settings.storage.mediaHost; give it another name",
		},
		{
			"two branches with one address", `{docs: {site: handbook, build: {branches: [feature/a, feature-a]}}}`, ``,
			`vmst:settings.docs.build.branches[1]: "feature-a" and "feature/a" would both be served at ` +
				`feature-a--handbook.netlify.app; rename one of the two`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, []string{test.want}, problems(t, production(t, test.change), secrets(t, test.secrets)))
		})
	}
}

// A name of another script ends in a label with digits and dashes.
func TestInternationalNamesAreAccepted(t *testing.T) {
	t.Parallel()
	const zone = "xn--e1afmkfd.xn--p1ai"
	s := read(t, production(t, `{domain: `+zone+`, dns: {zone: `+zone+`,
		mail: {mx: [{host: mail.`+zone+`, priority: 10}], dkim: [{selector: a, cname: a.`+zone+`}],
		relay: {mailFrom: {host: bounces.`+zone+`}}},
		records: [{name: www, type: CNAME, value: `+zone+`}]},
		storage: {mediaHost: cdn.`+zone+`, assetsHost: assets.`+zone+`},
		mastodon: {streamingHost: streaming.`+zone+`, smtp: {server: smtp.`+zone+`, from: Mastodon <a@`+zone+`>}},
		ingress: {acme: {email: a@`+zone+`}}, monitoring: {emails: [a@`+zone+`]},
		docs: {host: docs.`+zone+`, aliases: [help.`+zone+`]}}`))
	for _, endpoint := range s.Endpoints() {
		assert.True(t, endpoint.Host == zone || s.DNS.Zone.Contains(endpoint.Host), endpoint.Host)
	}
	entries := append(s.Entries(), s.DocsEntries()...)
	assert.Equal(t, "@", entries[0].Name)
	for _, entry := range entries {
		assert.NotContains(t, entry.Name, zone, "the names are relative to the zone")
	}
}
