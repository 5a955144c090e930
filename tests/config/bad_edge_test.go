package config_test

import "testing"

func TestBadEdge(t *testing.T) {
	t.Parallel()
	runBad(t, []badFile{
		{"proxy protocol that is ignored", `{loadBalancer: {type: REGIONAL_NETWORK}}`, []string{
			`loadBalancer.proxyProtocol: true contradicts the type REGIONAL_NETWORK, which ignores proxy protocol and breaks every connection; set it to false, or the type to REGIONAL`,
		}},
		{"client addresses lost", `{loadBalancer: {proxyProtocol: false}}`, []string{
			`loadBalancer.proxyProtocol: false loses every client's address with the type REGIONAL; set it to true, or the type to REGIONAL_NETWORK`,
		}},
		{"charts", `{ingress: {chart: {repository: "http://charts.example.org", version: "4"}, certManager: {repository: charts, name: Cert Manager, version: latest}}}`, []string{
			`ingress.certManager.name: "Cert Manager" is not a chart name; use lower-case letters, digits and dashes`,
			`ingress.certManager.repository: "charts" is not the address of a chart repository; write a URL that starts with https://`,
			`ingress.certManager.version: "latest" is not an exact version; write all three numbers, such as 1.2.3, so that every run installs the same`,
			`ingress.chart.repository: "http://charts.example.org" is not the address of a chart repository; write a URL that starts with https://`,
			`ingress.chart.version: "4" is not an exact version; write all three numbers, such as 1.2.3, so that every run installs the same`,
		}},
		{"controller image", `{ingress: {image: {registry: "https://ghcr.io", image: "Fork/controller:1", tag: latest, digest: abc}}}`, []string{
			`ingress.image.digest: "abc" is not an image digest; write it as sha256: and 64 hexadecimal digits`,
			`ingress.image.image: "Fork/controller:1" is not an image path; write it as ingress-nginx/controller, without registry and tag`,
			`ingress.image.registry: "https://ghcr.io" is not a registry host; write it as registry.k8s.io`,
			`ingress.image.tag: "latest" is not a version: it changes without a change here; name a version, such as v4.6.2`,
		}},
		{"sizes and addresses", `{ingress: {maxBodySize: 99MB, acme: {email: Ops <ops@example.org>}}}`, []string{
			`ingress.acme.email: "Ops <ops@example.org>" is not an email address; write it as name@example.org`,
			`ingress.maxBodySize: "99MB" is not a size for nginx; write it as 99m`,
		}},
		{"no body at all", `{ingress: {maxBodySize: "0"}}`, []string{
			`ingress.maxBodySize: "0" is not a size for nginx; write it as 99m`,
		}},
		{"monitoring", `{monitoring: {emails: [], regions: [us_east, us-west, us_east]}}`, []string{
			`monitoring.emails: the list is empty; name at least one address, or nobody learns of an alert`,
			`monitoring.regions[1]: "us-west" is not a place that uptime checks look from; did you mean "us_west"? Allowed: us_east, us_west, eu_west, se_asia`,
			`monitoring.regions[2]: "us_east" is already used by vmst:settings.monitoring.regions[0]; use each value once`,
		}},
		{"nobody looks", `{monitoring: {emails: [ops], regions: []}}`, []string{
			`monitoring.emails[0]: "ops" is not an email address; write it as name@example.org`,
			`monitoring.regions: the list is empty; use us_east, us_west, eu_west or se_asia`,
		}},
	})
}

func TestBadNames(t *testing.T) {
	t.Parallel()
	const remedy = `; write a full name in lower case, without a scheme or a final dot, such as social.example.org`
	runBad(t, []badFile{
		{"bad domains", `{domain: "https://social.example.org", storage: {mediaHost: CDN.example.org, assetsHost: assets.example.org.}, dns: {zone: example}}`, []string{
			`dns.zone: "example" is not a host name` + remedy,
			`domain: "https://social.example.org" is not a host name` + remedy,
			`storage.assetsHost: "assets.example.org." is not a host name` + remedy,
			`storage.mediaHost: "CDN.example.org" is not a host name` + remedy,
		}},
		{"an address is no name", `{domain: 10.0.0.1}`, []string{`domain: "10.0.0.1" is not a host name` + remedy}},
		{"hosts outside the zone", `{mastodon: {streamingHost: streaming.example.com}, storage: {mediaHost: cdnexample.org}}`, []string{
			`mastodon.streamingHost: "streaming.example.com" is not a name in the zone example.org; use a name that ends in .example.org`,
			`storage.mediaHost: "cdnexample.org" is not a name in the zone example.org; use a name that ends in .example.org`,
		}},
		{"only the web host may be the zone", `{domain: example.org, storage: {assetsHost: example.org}}`, []string{
			`storage.assetsHost: "example.org" is already used by vmst:settings.domain; use each value once`,
			`storage.assetsHost: "example.org" is not a name in the zone example.org; use a name that ends in .example.org`,
		}},
		{"one name for two hosts", `{mastodon: {streamingHost: cdn.example.org}}`, []string{
			`storage.mediaHost: "cdn.example.org" is already used by vmst:settings.mastodon.streamingHost; use each value once`,
		}},
	})
}

func TestBadMail(t *testing.T) {
	t.Parallel()
	runBad(t, []badFile{
		{"MX", `{dns: {mail: {mx: [{host: mail, priority: 10}, {host: mx.example.net, priority: 70000}, {host: mx.example.net, priority: 20}]}}}`, []string{
			`dns.mail.mx[0].host: "mail" is not a host name; write a full name in lower case, without a scheme or a final dot, such as social.example.org`,
			`dns.mail.mx[1].priority: 70000 is out of range; set it to a whole number from 0 to 65535`,
			`dns.mail.mx[2].host: "mx.example.net" is already used by vmst:settings.dns.mail.mx[1].host; use each value once`,
		}},
		{"SPF of another kind", `{dns: {mail: {spf: "spf2.0/pra -all"}}}`, []string{
			`dns.mail.spf: "spf2.0/pra -all" is not an SPF policy; write it as "v=spf1 include:spf.example.org -all"`,
		}},
		{"SPF terms", `{dns: {mail: {spf: "v=spf1 includes:example.net ip4:203.0.113.7"}}}`, []string{
			`dns.mail.spf: "includes:example.net" is not a term of an SPF policy; write it as "v=spf1 include:spf.example.org -all"`,
			`dns.mail.spf: "v=spf1 includes:example.net ip4:203.0.113.7" does not say what to do with other senders; end it with -all or ~all`,
		}},
		{"SPF lookups", `{dns: {mail: {spf: "v=spf1 a mx include:a.example include:b.example include:c.example include:d.example include:e.example include:f.example include:g.example include:h.example include:i.example -all"}}}`, []string{
			`dns.mail.spf: the policy makes 11 lookups; receivers stop at 10: merge or remove terms`,
		}},
		{"DMARC", `{dns: {mail: {dmarc: "v=DMARC1; policy=reject; rua=dmarc@example.org"}}}`, []string{
			`dns.mail.dmarc: "policy=reject" is not a part of a DMARC policy at this place; write it as "v=DMARC1; p=quarantine; rua=mailto:dmarc@example.org"`,
			`dns.mail.dmarc: "rua=dmarc@example.org" is not an address for reports; write it as rua=mailto:dmarc@example.org`,
			`dns.mail.dmarc: "" is not a policy; set p to none, quarantine or reject`,
		}},
		{"DKIM", `{dns: {mail: {dkim: [{selector: a}, {selector: a, cname: a.example.net, value: "v=DKIM1; p=MIGf"}, {selector: B_, cname: x}, {selector: c, value: "v=DKIM1; p=?"}]}}}`, []string{
			`dns.mail.dkim[0]: it must have a cname or a value, and not both; set cname if the mail provider keeps the key, else value`,
			`dns.mail.dkim[1]: it must have a cname or a value, and not both; set cname if the mail provider keeps the key, else value`,
			`dns.mail.dkim[1].selector: "a" is already used by vmst:settings.dns.mail.dkim[0].selector; use each value once`,
			`dns.mail.dkim[2].cname: "x" is not a host name; write a full name in lower case, such as mail.example.org`,
			`dns.mail.dkim[2].selector: "B_" is not a selector; write the part before ._domainkey, in lower-case letters, digits and dashes`,
			`dns.mail.dkim[3].value: "v=DKIM1; p=?" is not a DKIM key; write it as "v=DKIM1; k=rsa; p=..." with the key in base64`,
		}},
	})
}

func TestBadRecords(t *testing.T) {
	t.Parallel()
	runBad(t, []badFile{
		{"values", `{dns: {records: [{name: a, type: A, value: "2001:db8::7"}, {name: b, type: AAAA, value: 203.0.113.7},
			{name: c, type: CNAME, value: nowhere}, {name: d, type: CAA, value: x}, {name: e, type: TXT, value: x, priority: 5}, {name: F, type: TXT, value: x}]}}`, []string{
			`dns.records[0].value: "2001:db8::7" is not an IPv4 address; write it as 203.0.113.7`,
			`dns.records[1].value: "203.0.113.7" is not an IPv6 address; write it as 2001:db8::7`,
			`dns.records[2].value: "nowhere" is not a host name; write a full name in lower case, such as mail.example.org`,
			`dns.records[3].type: "CAA" is not allowed; set it to A, AAAA, CNAME, MX, NS or TXT`,
			`dns.records[4].priority: 5 belongs to no TXT record; remove it: only MX records have a priority`,
			`dns.records[5].name: "F" is not a record name; write it in lower case and relative to the zone, or @ for the zone itself`,
		}},
		{"name with the zone", `{dns: {records: [{name: www.example.org, type: A, value: 203.0.113.7}, {name: example.org, type: TXT, value: x}]}}`, []string{
			`dns.records[0].name: "www.example.org" contains the zone; write "www"`,
			`dns.records[1].name: "example.org" contains the zone; write "@"`,
		}},
		{"records of the program", `{dns: {mail: {spf: "v=spf1 -all", dmarc: "v=DMARC1; p=none", mx: [{host: mx.example.net, priority: 10}]},
			records: [{name: social, type: A, value: 203.0.113.7}, {name: "@", type: NS, value: ns1.example.net}, {name: _dmarc, type: TXT, value: v=DMARC1},
			{name: "@", type: MX, value: mx2.example.net}, {name: "@", type: TXT, value: v=spf1 -all}]}}`, []string{
			`dns.records[0]: the program makes the records of "social" itself; remove the record`,
			`dns.records[1]: the zone itself cannot have this NS record; remove the record`,
			`dns.records[2]: dns.mail.dmarc makes this record; remove the record`,
			`dns.records[3]: dns.mail.mx makes these records; remove the record`,
			`dns.records[4]: dns.mail.spf makes this record; remove the record`,
		}},
		{"alias beside another record", `{dns: {records: [{name: www, type: CNAME, value: a.example.net}, {name: www, type: TXT, value: x}]}}`, []string{
			`dns.records[1]: "www" has a CNAME record and another one; a name with a CNAME record can have no other record`,
		}},
	})
}
