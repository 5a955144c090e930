package settings_test

import (
	"strings"
	"testing"
)

func TestBadMail(t *testing.T) {
	t.Parallel()
	const tooLong = " is too long for a TXT record at DigitalOcean; use at most 504: a DKIM key of 2048 bits fits, " +
		"and a CNAME to where the mail provider keeps it"
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
		{"DMARC for those below", `{dns: {mail: {dmarc: "v=DMARC1; p=none; sp=bogus; adkim=x; aspf=S"}}}`, []string{
			`dns.mail.dmarc: "sp=bogus" is not a policy for those below; set sp to none, quarantine or reject`,
			`dns.mail.dmarc: "adkim=x" is not a way to compare domains; set adkim to r (relaxed) or s (strict)`,
			`dns.mail.dmarc: "aspf=S" is not a way to compare domains; set aspf to r (relaxed) or s (strict)`,
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
		{"longer than a TXT record", `{dns: {mail: {dkim: [{selector: a, value: "v=DKIM1; p=` +
			strings.Repeat("MIIC", 123) + `"}, {selector: b, value: "v=DKIM1; p=` + strings.Repeat("MIIC", 124) +
			`"}], spf: "v=spf1 ` + strings.Repeat("ip4:203.0.113.7 ", 32) + `-all"}, records: [{name: a, type: TXT, ` +
			`value: ` + strings.Repeat("x", 505) + `}, {name: b, type: TXT, value: ` + strings.Repeat("x", 504) +
			`}]}}`, []string{
			"dns.mail.dkim[1].value: a text of 507 characters" + tooLong,
			"dns.mail.spf: a text of 523 characters" + tooLong,
			"dns.records[0].value: a text of 505 characters" + tooLong,
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

func TestBadRelay(t *testing.T) {
	t.Parallel()
	mailFrom := func(host, more string) string {
		return `{dns: {mail: {relay: {mailFrom: {host: ` + host + `, mx: mx.example.net,
			spf: v=spf1 -all}}}` + more + `}}`
	}
	refused(t, []bad{
		{"nothing in it", `{dns: {mail: {relay: {mailFrom: {}}}}}`, []string{
			"dns.mail.relay.mailFrom.host: the value is missing; set it to text, such as bounces.example.org",
			"dns.mail.relay.mailFrom.mx: the value is missing; set it to text, such as " +
				"feedback-smtp.us-east-1.amazonses.com",
			`dns.mail.relay.mailFrom.spf: the value is missing; set it to text, such as v=spf1 ` +
				`include:amazonses.com -all`,
		}},
		{"SPF", `{dns: {mail: {relay: {mailFrom: {host: bounces.example.org, mx: mx.example.net,
			spf: v=spf1 includes:example.net}}}}}`, []string{
			`dns.mail.relay.mailFrom.spf: "includes:example.net" is not a term of an SPF policy; write it as "v=spf1 ` +
				`include:spf.example.org -all"`,
			`dns.mail.relay.mailFrom.spf: "v=spf1 includes:example.net" does not say what to do with other senders; ` +
				`end it with -all or ~all`,
		}},
		{"envelopes of another zone", mailFrom("bounces.example.com", ""), []string{
			`dns.mail.relay.mailFrom.host: "bounces.example.com" is not a name in the zone example.org; use a name ` +
				`that ends in .example.org`,
		}},
		{"envelopes of a host", mailFrom("streaming.example.org", ""), []string{
			`dns.mail.relay.mailFrom.host: "streaming.example.org" is already used by ` +
				`vmst:settings.mastodon.streamingHost; use each value once`,
		}},
		{"other servers for the bounces", mailFrom("bounces.example.org",
			`, records: [{name: bounces, type: MX, value: mx2.example.net}]`), []string{
			`dns.records[0]: vmst:settings.dns.mail.relay.mailFrom.mx makes the MX record of "bounces"; remove it, ` +
				`or give it another name`,
		}},
		{"another policy for the bounces", mailFrom("bounces.example.org",
			`, records: [{name: bounces, type: TXT, value: v=spf1 ~all}]`), []string{
			`dns.records[0]: vmst:settings.dns.mail.relay.mailFrom.spf makes the TXT record of "bounces"; remove it, ` +
				`or give it another name`,
		}},
		{"a key of the mail provider", `{dns: {mail: {dkim: [{selector: a, value: v=DKIM1; p=MIGf}],
			relay: {dkim: [{selector: a, value: v=DKIM1; p=MIGg}]}}}}`, []string{
			`dns.mail.relay.dkim[0]: vmst:settings.dns.mail.dkim[0] makes the TXT record of "a._domainkey.social"; ` +
				`remove it, or give it another name`,
		}},
		{"a key that is none", `{dns: {mail: {relay: {dkim: [{selector: a, value: MIGf}]}}}}`, []string{
			`dns.mail.relay.dkim[0].value: "MIGf" is not a DKIM key; write it as "v=DKIM1; k=rsa; p=..." with the ` +
				`key in base64`,
		}},
	})
}

const (
	relayKeys     = `dkim: [{selector: r, cname: r.dkim.example.net}]`
	relayEnvelope = `mailFrom: {host: bounces.example.org, mx: mx.example.net, spf: v=spf1 -all}`
)

// aligned is an instance whose mail has a sender and a policy, and whose relay has records.
func aligned(from, policy, relay string) string {
	return `{mastodon: {smtp: {from: "` + from + `"}}, dns: {mail: {dmarc: "v=DMARC1; ` + policy +
		`", relay: {` + relay + `}}}}`
}

// A policy has receivers put aside or refuse what nothing shows to be the domain's: then nobody gets the mail that
// confirms an account, and nobody is told.
func TestMailThatAPolicyHasRefused(t *testing.T) {
	t.Parallel()
	says := func(policy, domain string) []string {
		return []string{`dns.mail.dmarc: the policy "` + policy + `" applies to mail from ` + domain + `, and ` +
			`nothing shows that smtp.example.org may send it; put the relay's keys into dns.mail.relay.dkim, or its ` +
			`envelope domain into dns.mail.relay.mailFrom (without aspf=s), or set p to none until then`}
	}
	const own, below = "social.example.org", "mail.social.example.org"
	refused(t, []bad{
		{"reject", aligned("a@"+own, "p=reject", ""), says("reject", own)},
		{"quarantine", aligned("a@"+own, "p=quarantine", ""), says("quarantine", own)},
		{"a sender with a name", aligned("Social <a@"+own+">", "p=reject", ""), says("reject", own)},
		{
			"the domain's own keys are not the relay's", `{mastodon: {smtp: {from: a@` + own + `}},
			dns: {mail: {dmarc: v=DMARC1; p=reject, spf: "v=spf1 a:example.net -all", dkim: [{selector: a,
			cname: a.example.net}]}}}`,
			says("reject", own),
		},
		{
			"envelopes where they must be the sender's", aligned("a@"+own, "p=reject; aspf=s", relayEnvelope),
			says("reject", own),
		},
		{"a sender below the domain", aligned("a@"+below, "p=reject", ""), says("reject", below)},
		{"a policy for those below", aligned("a@"+below, "p=quarantine; sp=reject", ""), says("reject", below)},
		{
			"a policy for those below is not the domain's", aligned("a@"+own, "p=quarantine; sp=none", ""),
			says("quarantine", own),
		},
		{"a policy for those below alone", aligned("a@"+below, "p=none; sp=reject", ""), says("reject", below)},
		{
			"an address with more than one @", `{mastodon: {smtp: {from: '"a@b"@` + own + `'}},
			dns: {mail: {dmarc: v=DMARC1; p=reject}}}`, says("reject", own),
		},
		{
			"a policy among the further records", `{mastodon: {smtp: {from: a@` + own + `}}, dns: {records: [
			{name: _dmarc.social, type: TXT, value: v=DMARC1; p=reject}]}}`,
			[]string{strings.Replace(says("reject", own)[0], "dns.mail.dmarc:", "dns.records[0]:", 1)},
		},
		{
			"keys of the domain where they must be the sender's", aligned("a@"+below, "p=reject; adkim=s", relayKeys),
			says("reject", below),
		},
		{"both, where they must be the sender's", aligned("a@"+below, "p=reject; adkim=s; aspf=s",
			relayKeys+", "+relayEnvelope), says("reject", below)},
	})
}

// Each way out of it, and mail that the policy says nothing about.
func TestMailThatPasses(t *testing.T) {
	t.Parallel()
	const own, below = "social.example.org", "mail.social.example.org"
	accepted(t, map[string]string{
		"keys of the relay":                     aligned("a@"+own, "p=reject", relayKeys),
		"keys of the sender's own domain":       aligned("a@"+own, "p=reject; adkim=s", relayKeys),
		"keys for a sender below":               aligned("a@"+below, "p=reject; adkim=r", relayKeys),
		"an envelope of the domain":             aligned("a@"+own, "p=reject", relayEnvelope),
		"an envelope for a sender below":        aligned("a@"+below, "p=reject; aspf=r; adkim=s", relayEnvelope),
		"keys where an envelope is not enough":  aligned("a@"+own, "p=reject; aspf=s", relayKeys+", "+relayEnvelope),
		"an envelope where keys are not enough": aligned("a@"+below, "p=reject; adkim=s", relayKeys+", "+relayEnvelope),
		"a policy that only reports":            aligned("a@"+own, "p=none", ""),
		"one that only reports of those below":  aligned("a@"+below, "p=reject; sp=none", ""),
		"a sender above the domain":             aligned("a@example.org", "p=reject", ""),
		"a sender of another domain":            aligned("a@notsocial.example.org", "p=reject", ""),
		"no policy":                             `{mastodon: {smtp: {from: a@` + own + `}}}`,
	})
}

// Records that cannot be read may be the ones that show it.
func TestMailThatCannotBeJudged(t *testing.T) {
	t.Parallel()
	refused(t, []bad{
		{"the relay's keys", aligned("a@social.example.org", "p=reject", `dkim: none`), []string{
			`dns.mail.relay.dkim: "none" is not a list; set it to a list, of which every element is a mapping`,
		}},
		{"the sender", aligned("social.example.org", "p=reject", ``), []string{
			"mastodon.smtp.from: \"social.example.org\" is not a sender; write it as name@example.org or `Name " +
				"<name@example.org>`",
		}},
	})
}
