package settings_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vmstio/infrastructure/infra/crew"
	"github.com/vmstio/infrastructure/infra/settings"
)

func TestBadHosts(t *testing.T) {
	t.Parallel()
	refused(t, []bad{
		{"bad names", `{domain: "https://social.example.org", dns: {zone: example},
			storage: {mediaHost: CDN.example.org, assetsHost: assets.example.org.}}`, []string{
			`dns.zone: "example" is not a host name; write a full name in lower case, without a scheme or a final ` +
				`dot, such as social.example.org`,
			`domain: "https://social.example.org" is not a host name; write a full name in lower case, without a ` +
				`scheme or a final dot, such as social.example.org`,
			`storage.assetsHost: "assets.example.org." is not a host name; write a full name in lower case, without ` +
				`a scheme or a final dot, such as social.example.org`,
			`storage.mediaHost: "CDN.example.org" is not a host name; write a full name in lower case, without a ` +
				`scheme or a final dot, such as social.example.org`,
		}},
		{"an address is no name", `{domain: 10.0.0.1}`, []string{
			`domain: "10.0.0.1" is not a host name; write a full name in lower case, without a scheme or a final ` +
				`dot, such as social.example.org`,
		}},
		{"hosts outside the zone", `{mastodon: {streamingHost: streaming.example.com},
			storage: {mediaHost: cdnexample.org}}`, []string{
			`mastodon.streamingHost: "streaming.example.com" is not a name in the zone example.org; use a name that ` +
				`ends in .example.org`,
			`storage.mediaHost: "cdnexample.org" is not a name in the zone example.org; use a name that ends in ` +
				`.example.org`,
		}},
		{"only the web host may be the zone", `{domain: example.org, storage: {assetsHost: example.org}}`, []string{
			`storage.assetsHost: "example.org" is already used by vmst:settings.domain; use each value once`,
			`storage.assetsHost: "example.org" is not a name in the zone example.org; use a name that ends in ` +
				`.example.org`,
		}},
		{"one name for two hosts", `{mastodon: {streamingHost: cdn.example.org}}`, []string{
			`storage.mediaHost: "cdn.example.org" is already used by vmst:settings.mastodon.streamingHost; use each ` +
				`value once`,
		}},
		{"TTL", `{dns: {ttl: 5}}`, []string{
			"dns.ttl: 5 is out of range; set it to a whole number from 30",
		}},
		{"delegation", `{dns: {delegation: yes please}}`, []string{
			`dns.delegation: "yes please" is not allowed; set it to auto, done or pending`,
		}},
		{"delegation as a switch", `{dns: {delegation: true}}`, []string{
			`dns.delegation: true is not text (a string); set it to auto, done or pending`,
		}},
	})
}

func TestBadRecords(t *testing.T) {
	t.Parallel()
	refused(t, []bad{
		{"values", `{dns: {records: [{name: a, type: A, value: "2001:db8::7"}, {name: b, type: AAAA,
			value: 203.0.113.7}, {name: c, type: CNAME, value: nowhere}, {name: d, type: CAA, value: x}, {name: e,
			type: TXT, value: x, priority: 5}, {name: F, type: TXT, value: x}, {name: g, type: MX,
			value: g_.example.net}]}}`, []string{
			`dns.records[0].value: "2001:db8::7" is not an IPv4 address; write it as 203.0.113.7`,
			`dns.records[1].value: "203.0.113.7" is not an IPv6 address; write it as 2001:db8::7`,
			`dns.records[2].value: "nowhere" is not a host name; write a full name in lower case, such as ` +
				`mail.example.org`,
			`dns.records[3].type: "CAA" is not allowed; set it to A, AAAA, CNAME, MX, NS or TXT`,
			"dns.records[4].priority: 5 belongs to no TXT record; remove it: only MX records have a priority",
			`dns.records[5].name: "F" is not a record name; write it in lower case and relative to the zone, or @ ` +
				`for the zone itself`,
			`dns.records[6].value: "g_.example.net" is not a host name; write a full name in lower case, such as ` +
				`mail.example.org`,
		}},
		{"name with the zone", `{dns: {records: [{name: www.example.org, type: A, value: 203.0.113.7},
			{name: example.org, type: TXT, value: x}]}}`, []string{
			`dns.records[0].name: "www.example.org" contains the zone; write "www"`,
			`dns.records[1].name: "example.org" contains the zone; write "@"`,
		}},
		{"records of hosts", `{dns: {records: [{name: social, type: A, value: 203.0.113.7}, {name: streaming, type: NS,
			value: ns1.example.net}, {name: social, type: CNAME, value: www.example.net}, {name: cdn, type: AAAA,
			value: "2001:db8::7"}]}}`, []string{
			`dns.records[0]: vmst:settings.domain makes the address of "social"; remove it, or give it another name`,
			`dns.records[1]: vmst:settings.mastodon.streamingHost makes the address of "streaming"; remove it, or ` +
				`give it another name`,
			`dns.records[2]: "social" already has the A record of vmst:settings.domain, and a name with a CNAME ` +
				`record can have no other; remove it, or give it another name`,
			`dns.records[3]: "cdn" already has the CNAME record of vmst:settings.storage.mediaHost, and a name with ` +
				`a CNAME record can have no other; remove it, or give it another name`,
		}},
		{"records of the zone itself", `{dns: {records: [{name: "@", type: NS, value: ns1.example.net}, {name: "@",
			type: CNAME, value: www.example.net}]}}`, []string{
			"dns.records[0]: the zone itself cannot have this NS record; remove the record",
			`dns.records[1]: "@" already has the NS record of vmst:settings.dns.records[0], and a name with a CNAME ` +
				`record can have no other; remove it, or give it another name`,
			"dns.records[1]: the zone itself cannot have this CNAME record; remove the record",
		}},
		{"records for mail", `{dns: {mail: {spf: "v=spf1 -all", dmarc: "v=DMARC1; p=none", mx: [{host: mx.example.net,
			priority: 10}], dkim: [{selector: k, value: "v=DKIM1; p=MIGf"}]}, records: [{name: _dmarc.social, type: TXT,
			value: v=DMARC1}, {name: social, type: MX, value: mx2.example.net}, {name: social, type: TXT,
			value: v=spf1 ~all}, {name: k._domainkey.social, type: TXT, value: x}, {name: _dmarc.social, type: A,
			value: 203.0.113.7}, {name: social, type: MX, value: mx.example.net, priority: 20}]}}`, []string{
			`dns.records[0]: vmst:settings.dns.mail.dmarc makes the TXT record of "_dmarc.social"; remove it, or ` +
				`give it another name`,
			`dns.records[1]: vmst:settings.dns.mail.mx[0] makes the MX record of "social"; remove it, or give it ` +
				`another name`,
			`dns.records[2]: vmst:settings.dns.mail.spf makes the TXT record of "social"; remove it, or give it ` +
				`another name`,
			`dns.records[3]: vmst:settings.dns.mail.dkim[0] makes the TXT record of "k._domainkey.social"; remove ` +
				`it, or give it another name`,
			`dns.records[4]: vmst:settings.dns.mail.dmarc makes the TXT record of "_dmarc.social"; remove it, or ` +
				`give it another name`,
			`dns.records[5]: the MX record of "social" is that of vmst:settings.dns.mail.mx[0] again; remove it, or ` +
				`give it another name`,
		}},
		{"alias beside another record", `{dns: {records: [{name: www, type: CNAME, value: a.example.net}, {name: www,
			type: TXT, value: x}, {name: w, type: TXT, value: x}, {name: w, type: CNAME,
			value: a.example.net}]}}`, []string{
			`dns.records[1]: "www" already has the CNAME record of vmst:settings.dns.records[0], and a name with a ` +
				`CNAME record can have no other; remove it, or give it another name`,
			`dns.records[3]: "w" already has the TXT record of vmst:settings.dns.records[2], and a name with a CNAME ` +
				`record can have no other; remove it, or give it another name`,
		}},
		{"twice", `{dns: {records: [{name: www, type: NS, value: a.example.net}, {name: www, type: NS,
			value: a.example.net.}]}}`, []string{
			`dns.records[1]: the NS record of "www" is that of vmst:settings.dns.records[0] again; remove it, or ` +
				`give it another name`,
		}},
		{"one resource", `{dns: {records: [{name: a.b, type: A, value: 203.0.113.7}, {name: a-b, type: A,
			value: 203.0.113.7}]}}`, []string{
			"dns.records[1]: the record would be the same Pulumi resource (a-a-b-fec52565, where a dot is a dash) as " +
				"that of vmst:settings.dns.records[0]; remove it, or give it another name",
		}},
	})
}

func TestGoodDNS(t *testing.T) {
	t.Parallel()
	accepted(t, map[string]string{
		"the zone as domain":           `{domain: example.org}`,
		"a zone that is delegated":     `{dns: {delegation: done}}`,
		"a zone that will be":          `{dns: {delegation: pending}}`,
		"a zone to look at every time": `{dns: {delegation: auto}}`,
		"records": `{dns: {records: [{name: "@", type: TXT, value: "site=abc"}, {name: "*", type: AAAA,
			value: "2001:db8::7"},
			{name: _acme-challenge.www, type: CNAME, value: _x.example.net.},
			{name: lists, type: MX, value: mx.example.net, priority: 10}, {name: social, type: TXT, value: x},
			{name: social, type: MX, value: mx.example.net}, {name: www, type: A, value: 203.0.113.7},
			{name: www, type: A, value: 203.0.113.8}, {name: www, type: TXT, value: x}]}}`,
		"a policy for the zone beside that of the domain": `{dns: {mail: {spf: v=spf1 -all, dmarc: v=DMARC1; p=none},
			records: [{name: "@", type: TXT, value: v=spf1 -all}, {name: _dmarc, type: TXT,
			value: v=DMARC1; p=none}]}}`,
	})
}

func TestZone(t *testing.T) {
	t.Parallel()
	zone := settings.Zone("example.org")
	for host, want := range map[string]string{
		"example.org": "@", "www.example.org": "www", "a.b.example.org": "a.b", "example.com": "example.com",
	} {
		assert.Equal(t, want, zone.Relative(host), host)
	}
	assert.True(t, zone.Contains("www.example.org"))
	assert.False(t, zone.Contains("example.org"))
	assert.False(t, zone.Contains("anexample.org"))
}

// Every record of the zone, whose keys are the names of Pulumi resources.
func TestEntries(t *testing.T) {
	t.Parallel()
	s := read(t, docs(t, `{dns: {mail: {mx: [{host: mx.example.net, priority: 10}], spf: v=spf1 -all,
		dmarc: v=DMARC1; p=none, dkim: [{selector: k1, cname: k1.example.net}, {selector: k2.x,
		value: v=DKIM1; p=MIGf}]},
		records: [{name: "@", type: TXT, value: x}, {name: "*.www", type: CNAME, value: a.example.net},
		{name: lists, type: MX, value: mx.example.net., priority: 5}]}, docs: {site: handbook,
		aliases: [a.b.example.org]}}`))
	lines := func(entries []settings.Entry) []string {
		var all []string
		for _, e := range entries {
			all = append(all, fmt.Sprintf("%s: %s %s %q %d %q", e.Key, e.Name, e.Type, e.Value, e.Priority, e.Tag))
		}
		return all
	}
	bucket := func(role crew.Role) string {
		return crew.Name(role, "social.example.org") + ".nyc3.cdn.digitaloceanspaces.com."
	}
	assert.Equal(t, []string{
		`a-web: social A "" 0 ""`,
		`a-streaming: streaming A "" 0 ""`,
		`caa-issue: social CAA "letsencrypt.org." 0 "issue"`,
		`cname-cdn: cdn CNAME "` + bucket(crew.Media) + `" 0 ""`,
		`cname-assets: assets CNAME "` + bucket(crew.Assets) + `" 0 ""`,
		`mx-mx-example-net: social MX "mx.example.net." 10 ""`,
		`txt-spf: social TXT "v=spf1 -all" 0 ""`,
		`txt-dmarc: _dmarc.social TXT "v=DMARC1; p=none" 0 ""`,
		`dkim-k1: k1._domainkey.social CNAME "k1.example.net." 0 ""`,
		`dkim-k2-x: k2.x._domainkey.social TXT "v=DKIM1; p=MIGf" 0 ""`,
		`txt-apex-2d711642: @ TXT "x" 0 ""`,
		`cname-wildcard-www: *.www CNAME "a.example.net." 0 ""`,
		`mx-lists-18bb899e: lists MX "mx.example.net." 5 ""`,
	}, lines(s.Entries()))
	assert.Equal(t, []string{
		`docs: docs CNAME "handbook.netlify.app." 0 ""`,
		`a.b: a.b CNAME "handbook.netlify.app." 0 ""`,
	}, lines(s.DocsEntries()))

	s = read(t, base(t, `{domain: example.org, dns: {mail: {dmarc: v=DMARC1; p=none, dkim: [{selector: k,
		cname: k.example.net}]}}}`))
	assert.Equal(t, []string{
		`txt-dmarc: _dmarc TXT "v=DMARC1; p=none" 0 ""`,
		`dkim-k: k._domainkey CNAME "k.example.net." 0 ""`,
	}, lines(s.Entries())[5:], "below the zone itself")
	assert.Empty(t, s.DocsEntries())
}

// keys are the entries of a stack as "<name> <type> <value>", by their keys.
func keys(s *settings.Settings) map[string]string {
	all := map[string]string{}
	for _, e := range s.Entries() {
		all[e.Key] = fmt.Sprintf("%s %s %q %d", e.Name, e.Type, e.Value, e.Priority)
	}
	return all
}

// A host without an AAAA record is not found by who has IPv6 alone, and one with it and no such address by nobody who
// has both.
func TestEntriesOfIPv6(t *testing.T) {
	t.Parallel()
	for stack, want := range map[string]int{`{}`: 0, `{networkStack: IPV4}`: 0, `{networkStack: DUALSTACK}`: 2} {
		found := 0
		for _, e := range read(t, base(t, `{loadBalancer: `+stack+`}`)).Entries() {
			if e.Type == "AAAA" {
				found++
			}
		}
		assert.Equal(t, want, found, stack)
	}
	both := keys(read(t, base(t, `{loadBalancer: {networkStack: DUALSTACK}}`)))
	assert.Equal(t, `social AAAA "" 0`, both["aaaa-web"])
	assert.Equal(t, `streaming AAAA "" 0`, both["aaaa-streaming"])
	assert.Equal(t, `social A "" 0`, both["a-web"], "the other address stays")
	assert.Equal(t, `streaming A "" 0`, both["a-streaming"])
	refused(t, []bad{{"an address beside that of the load balancer", `{loadBalancer: {networkStack: DUALSTACK},
		dns: {records: [{name: streaming, type: AAAA, value: "2001:db8::7"}]}}`, []string{
		`dns.records[0]: vmst:settings.mastodon.streamingHost makes the address of "streaming"; remove it, or give ` +
			`it another name`,
	}}})
}

func TestEntriesOfARelay(t *testing.T) {
	t.Parallel()
	got := keys(read(t, base(t, `{dns: {mail: {dkim: [{selector: own, value: v=DKIM1; p=MIGf}],
		relay: {dkim: [{selector: r1, cname: r1.dkim.example.net}, {selector: r2, value: v=DKIM1; p=MIGg}],
		mailFrom: {host: bounces.social.example.org, mx: feedback.example.net, spf: "v=spf1 a:example.net -all"}}}}}`)))
	for key, want := range map[string]string{
		"dkim-own":      `own._domainkey.social TXT "v=DKIM1; p=MIGf" 0`,
		"dkim-r1":       `r1._domainkey.social CNAME "r1.dkim.example.net." 0`,
		"dkim-r2":       `r2._domainkey.social TXT "v=DKIM1; p=MIGg" 0`,
		"mx-relay":      `bounces.social MX "feedback.example.net." 10`,
		"txt-relay-spf": `bounces.social TXT "v=spf1 a:example.net -all" 0`,
	} {
		assert.Equal(t, want, got[key], key)
	}
	for _, change := range []string{``, `{dns: {mail: {relay: {}}}}`} {
		without := keys(read(t, base(t, change)))
		assert.NotContains(t, without, "mx-relay")
		assert.NotContains(t, without, "txt-relay-spf")
	}
}
