package settings

import (
	"fmt"
	netmail "net/mail"
	"regexp"
	"slices"
	"strings"

	"github.com/vmstio/infrastructure/infra/settings/internal/decode"
)

var (
	// RFC 7208: a mechanism or modifier of an SPF record.
	spfTerm = regexp.MustCompile(`^([-+~?]?(all|(a|mx|ptr)(:[^\s/]+)?(/[0-9]+)?|(include|exists):\S+|` +
		`ip[46]:[0-9a-fA-F.:]+(/[0-9]+)?)|(redirect|exp)=\S+)$`)
	// The terms that make a receiver look something up; RFC 7208 allows 10.
	spfLookup = regexp.MustCompile(`^[-+~?]?((a|mx|ptr)([:/].*)?|(include|exists):.*|redirect=.*)$`)
	dmarcTag  = regexp.MustCompile(`^(p|sp|adkim|aspf|fo|pct|rf|ri|rua|ruf)=(\S.*)$`)
)

func checkSPF(at At, text string) {
	checkTXT(at, text)
	const shape = `write it as "v=spf1 include:spf.example.org -all"`
	terms := strings.Fields(text)
	if len(terms) < 2 || terms[0] != "v=spf1" {
		at.Add(quote(text)+" is not an SPF policy", shape)
		return
	}
	lookups := 0
	for _, term := range terms[1:] {
		if !spfTerm.MatchString(term) {
			at.Add(quote(term)+" is not a term of an SPF policy", shape)
		}
		if spfLookup.MatchString(term) {
			lookups++
		}
	}
	last := terms[len(terms)-1]
	if !strings.HasSuffix(last, "all") && !strings.HasPrefix(last, "redirect=") {
		at.Add(quote(text)+" does not say what to do with other senders", "end it with -all or ~all")
	}
	if lookups > 10 {
		at.Add(fmt.Sprintf("the policy makes %d lookups", lookups), "receivers stop at 10: merge or remove terms")
	}
}

// checkAlignment reports a DMARC policy that has receivers put aside or refuse what the instance itself sends: mail
// passes if a key of the domain signs it, or if the domain of its envelope, which SPF is checked of, belongs to the
// domain (RFC 7489, 3.1).
func (s *Settings) checkAlignment(at At) {
	dns := at.Key("dns")
	sender, err := netmail.ParseAddress(s.Mastodon.SMTP.From)
	if err != nil || dns.Key("mail").Bad() || dns.Key("records").Bad() {
		return
	}
	// It may stand among the further records as well.
	entries, name := s.entries(at), s.DNS.Zone.Relative("_dmarc."+s.Domain)
	i := slices.IndexFunc(entries, func(e Entry) bool { return e.Type == "TXT" && e.Name == name })
	if i < 0 {
		return
	}
	tags := dmarcTags(entries[i].Value)
	policy, from := tags["p"], domainOf(sender.Address)
	below := strings.HasSuffix(from, "."+s.Domain)
	if sub := tags["sp"]; below && sub != "" {
		policy = sub
	}
	relay := s.DNS.Mail.Relay
	signed := len(relay.DKIM) > 0 && (from == s.Domain || below && tags["adkim"] != "s")
	sent := relay.MailFrom != nil && tags["aspf"] != "s"
	if from != s.Domain && !below || policy == "" || policy == "none" || signed || sent {
		return
	}
	entries[i].at.Add(fmt.Sprintf("the policy %q applies to mail from %s, and nothing shows that %s may send it",
		policy, from, s.Mastodon.SMTP.Server),
		"put the relay's keys into dns.mail.relay.dkim, or its envelope domain into dns.mail.relay.mailFrom (without "+
			"aspf=s), or set p to none until then")
}

// dmarcTags are the tags of a DMARC policy.
func dmarcTags(text string) map[string]string {
	tags := map[string]string{}
	for tag := range strings.SplitSeq(text, ";") {
		if name, value, ok := strings.Cut(strings.TrimSpace(tag), "="); ok {
			tags[name] = strings.TrimSpace(value)
		}
	}
	return tags
}

func checkDMARC(at At, text string) {
	checkTXT(at, text)
	const shape = `write it as "v=DMARC1; p=quarantine; rua=mailto:dmarc@example.org"`
	tags := strings.Split(strings.TrimSuffix(strings.TrimSpace(text), ";"), ";")
	policy, policies := "", []string{"none", "quarantine", "reject"}
	for i, tag := range tags {
		tag = strings.TrimSpace(tag)
		m := dmarcTag.FindStringSubmatch(tag)
		switch {
		case i == 0 && tag != "v=DMARC1", i > 0 && m == nil:
			at.Add(quote(tag)+" is not a part of a DMARC policy at this place", shape)
		case i > 0 && m[1] == "p":
			policy = m[2]
		case i > 0 && m[1] == "sp" && !slices.Contains(policies, m[2]):
			at.Add(quote(tag)+" is not a policy for those below", "set sp to "+decode.OneOf(policies))
		case i > 0 && (m[1] == "adkim" || m[1] == "aspf") && m[2] != "r" && m[2] != "s":
			at.Add(quote(tag)+" is not a way to compare domains", "set "+m[1]+" to r (relaxed) or s (strict)")
		case i > 0 && (m[1] == "rua" || m[1] == "ruf") && !strings.HasPrefix(m[2], "mailto:"):
			at.Add(quote(tag)+" is not an address for reports", "write it as "+m[1]+"=mailto:dmarc@example.org")
		}
	}
	if !slices.Contains(policies, policy) {
		at.Add(quote(policy)+" is not a policy", "set p to "+decode.OneOf(policies))
	}
}
