package settings_test

import "testing"

func TestBadMail(t *testing.T) {
	t.Parallel()
	const noKey = ` is not a DKIM key; write it as "v=DKIM1; k=rsa; p=..." with the key in base64`
	refused(t, []bad{
		{"MX", `{dns: {mail: {mx: [{host: mail, priority: 10}, {host: mx.example.net, priority: 70000},
			{host: mx.example.net, priority: 20}]}}}`, []string{
			`dns.mail.mx[0].host: "mail" is not a host name; write a full name in lower case, without a scheme or a ` +
				`final dot, such as social.example.org`,
			"dns.mail.mx[1].priority: 70000 is out of range; set it to a whole number from 0 to 65535",
			`dns.mail.mx[2]: the MX record of "social" is that of vmst:settings.dns.mail.mx[1] again; remove it, or ` +
				`give it another name`,
		}},
		{"SPF of another kind", `{dns: {mail: {spf: "spf2.0/pra -all"}}}`, []string{
			`dns.mail.spf: "spf2.0/pra -all" is not an SPF policy; write it as "v=spf1 include:spf.example.org -all"`,
		}},
		{"SPF terms", `{dns: {mail: {spf: "v=spf1 includes:example.net ip4:203.0.113.7"}}}`, []string{
			`dns.mail.spf: "includes:example.net" is not a term of an SPF policy; write it as "v=spf1 ` +
				`include:spf.example.org -all"`,
			`dns.mail.spf: "v=spf1 includes:example.net ip4:203.0.113.7" does not say what to do with other senders; ` +
				`end it with -all or ~all`,
		}},
		{"SPF lookups", `{dns: {mail: {spf: "v=spf1 a a a a a a a a a mx ptr -all"}}}`, []string{
			"dns.mail.spf: the policy makes 11 lookups; receivers stop at 10: merge or remove terms",
		}},
		{"DMARC", `{dns: {mail: {dmarc: "v=DMARC1; policy=reject; rua=dmarc@example.org"}}}`, []string{
			`dns.mail.dmarc: "policy=reject" is not a part of a DMARC policy at this place; write it as "v=DMARC1; ` +
				`p=quarantine; rua=mailto:dmarc@example.org"`,
			`dns.mail.dmarc: "rua=dmarc@example.org" is not an address for reports; write it as ` +
				`rua=mailto:dmarc@example.org`,
			`dns.mail.dmarc: "" is not a policy; set p to none, quarantine or reject`,
		}},
		{"DKIM", `{dns: {mail: {dkim: [{selector: a}, {selector: a, cname: a.example.net, value: "v=DKIM1; p=MIGf"},
			{selector: B_, cname: x}, {selector: c, value: "v=DKIM1; p=?"}, {selector: d, value: MIGf},
			{selector: e, value: v=DKIM1; k=rsa}]}}}`, []string{
			"dns.mail.dkim[0]: it must have a cname or a value, and not both; set cname if the mail provider keeps " +
				"the key, else value",
			`dns.mail.dkim[1]: "a._domainkey.social" already has the TXT record of vmst:settings.dns.mail.dkim[0], ` +
				`and a name with a CNAME record can have no other; remove it, or give it another name`,
			"dns.mail.dkim[1]: it must have a cname or a value, and not both; set cname if the mail provider keeps " +
				"the key, else value",
			`dns.mail.dkim[2].cname: "x" is not a host name; write a full name in lower case, such as mail.example.org`,
			`dns.mail.dkim[2].selector: "B_" is not a selector; write the part before ._domainkey, in lower-case ` +
				`letters, digits and dashes`,
			`dns.mail.dkim[3].value: "v=DKIM1; p=?"` + noKey,
			`dns.mail.dkim[4].value: "MIGf"` + noKey,
			`dns.mail.dkim[5].value: "v=DKIM1; k=rsa"` + noKey,
		}},
		{"one selector twice", `{dns: {mail: {dkim: [{selector: a, value: "v=DKIM1; p=MIGf"}, {selector: a,
			value: "v=DKIM1; p=MIGg"}, {selector: b, cname: a.example.net}, {selector: b,
			cname: b.example.net}]}}}`, []string{
			`dns.mail.dkim[1]: vmst:settings.dns.mail.dkim[0] makes the TXT record of "a._domainkey.social"; remove ` +
				`it, or give it another name`,
			`dns.mail.dkim[3]: "b._domainkey.social" already has the CNAME record of vmst:settings.dns.mail.dkim[2], ` +
				`and a name with a CNAME record can have no other; remove it, or give it another name`,
		}},
		{"a long selector", `{dns: {mail: {dkim: [{cname: a.example.net,
			selector: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}]}}}`, []string{
			`dns.mail.dkim[0].selector: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa... is not a ` +
				`selector; write the part before ._domainkey, in lower-case letters, digits and dashes`,
		}},
	})
}

func TestGoodMail(t *testing.T) {
	t.Parallel()
	accepted(t, map[string]string{
		"all of it": `{dns: {mail: {mx: [{host: mx.example.net, priority: 0}],
			spf: "v=spf1 a mx:example.net/24 ip6:2001:db8::/32 redirect=_spf.example.net",
			dmarc: "v=DMARC1; p=none; sp=reject; pct=50; rua=mailto:a@example.org,mailto:b@example.net;",
			dkim: [{selector: s1, value: "v=DKIM1; k=rsa; p=MIGf"}, {selector: _k2.x,
			cname: s2._domainkey.example.net.}]}}}`,
		"two servers": `{dns: {mail: {mx: [{host: a.example.net, priority: 10}, {host: b.example.net,
			priority: 10}]}}}`,
	})
}
