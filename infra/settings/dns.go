package settings

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"strings"

	"github.com/vmstio/infrastructure/infra/settings/internal/decode"
)

// DNS is the zone of the environment and what stands in it.
type DNS struct {
	// Zone is the domain that DigitalOcean's name servers answer for. Every host of the environment lies in it.
	Zone Zone `json:"zone" jsonschema:"required,format=hostname" example:"example.org"`
	// ManageZone creates the zone. Without it the zone must exist in the account, and only records are made in it.
	ManageZone bool `json:"manageZone" jsonschema:"required"`
	// Delegation is whether the world asks DigitalOcean's name servers for the zone: "done", "pending", or "auto" to
	// look at every run. A zone that is not delegated yet has no certificates, no CDN and no uptime checks; the run
	// that finds it delegated makes them. What has a certificate keeps it.
	Delegation Delegation `json:"delegation" jsonschema:"enum=auto,enum=done,enum=pending" default:"auto"`
	// TTL of the records, in seconds. It is one for all: records of the same name must share it (RFC 2181, 5.2).
	TTL int `json:"ttl" jsonschema:"minimum=30" default:"1800"`
	// Mail are the records for mail of the domain.
	Mail Mail `json:"mail"`
	// Records are further records.
	Records []Record `json:"records"`
}

// Delegation is whether a zone is delegated to DigitalOcean.
type Delegation string

// The values of DNS.Delegation.
const (
	DelegationAuto    Delegation = "auto"
	DelegationDone    Delegation = "done"
	DelegationPending Delegation = "pending"
)

// Zone is the name of a DNS zone.
type Zone string

// Contains reports whether a host is a name below the zone. The zone itself is none.
func (z Zone) Contains(host string) bool { return strings.HasSuffix(host, "."+string(z)) }

// Relative is a host's name in the zone: "@" for the zone itself.
func (z Zone) Relative(host string) string {
	if host == string(z) {
		return "@"
	}
	return strings.TrimSuffix(host, "."+string(z))
}

// Mail are the DNS records that let the domain send and receive mail.
type Mail struct {
	// MX are the servers that receive mail for the domain.
	MX []MX `json:"mx"`
	// SPF is the policy record, "v=spf1 ...".
	SPF string `json:"spf" example:"v=spf1 include:spf.example.org -all"`
	// DMARC is the policy record, "v=DMARC1; ...".
	DMARC string `json:"dmarc" example:"v=DMARC1; p=quarantine; rua=mailto:dmarc@example.org"`
	// DKIM are the keys that sign outgoing mail.
	DKIM []DKIM `json:"dkim"`
	// Relay are the records of the relay that Mastodon's mail goes through (mastodon.smtp).
	Relay Relay `json:"relay"`
}

// Relay are the DNS records that let a mail relay send for the domain. Without them what it sends does not pass for
// mail of the domain, and a DMARC policy has receivers put it aside or refuse it.
type Relay struct {
	// DKIM are the keys with which the relay signs for the domain. They are made for each account.
	DKIM []DKIM `json:"dkim"`
	// MailFrom is the domain of the relay's envelopes, which receivers check SPF of. It must be set up at the relay,
	// too.
	MailFrom *MailFrom `json:"mailFrom"`
}

// MailFrom is a custom domain of envelopes (Amazon SES: custom MAIL FROM domain).
type MailFrom struct {
	// Host is a name below the domain that nothing else uses.
	Host string `json:"host" jsonschema:"required,format=hostname" example:"bounces.example.org"`
	// MX is the relay's server that receives the bounces.
	MX string `json:"mx" jsonschema:"required,format=hostname" example:"feedback-smtp.us-east-1.amazonses.com"`
	// SPF is the policy of the host, "v=spf1 ...".
	SPF string `json:"spf" jsonschema:"required" example:"v=spf1 include:amazonses.com -all"`
}

// Check reports a policy that receivers would not understand.
func (m MailFrom) Check(at At) {
	if m.SPF != "" {
		checkSPF(at.Key("spf"), m.SPF)
	}
}

// MX is a mail exchanger.
type MX struct {
	// Host that receives the mail.
	Host string `json:"host" jsonschema:"required,format=hostname"`
	// Priority, lowest first.
	Priority int `json:"priority" jsonschema:"required,minimum=0,maximum=65535"`
}

// mostTXT is the longest text of a TXT record. DigitalOcean takes 512 characters of it as a zone file has them, with
// quotes around each 255 and spaces between: no document says so, dnscontrol has found it out
// (providers/digitalocean/auditrecords.go, which keeps to 509). A DKIM key of 2,048 bits has about 410.
const mostTXT = 504

// checkTXT reports a text that no TXT record can have.
func checkTXT(at At, text string) {
	if len(text) > mostTXT {
		at.Add(fmt.Sprintf("a text of %d characters is too long for a TXT record at DigitalOcean", len(text)),
			fmt.Sprintf("use at most %d: a DKIM key of 2048 bits fits, and a CNAME to where the mail provider keeps it",
				mostTXT))
	}
}

// DKIM is a signing key, published at <selector>._domainkey.<domain>.
type DKIM struct {
	// Selector names the key.
	Selector string `json:"selector" jsonschema:"required,format=dkim-selector"`
	// CNAME points to a record that the mail provider keeps. Either it or Value.
	CNAME string `json:"cname" jsonschema:"format=record-target"`
	// Value is the key itself, "v=DKIM1; k=rsa; p=...".
	Value string `json:"value"`
}

// Record is any other DNS record.
type Record struct {
	// Name relative to the zone, "@" for the zone itself.
	Name string `json:"name" jsonschema:"required,format=record-name" example:"www"`
	// Type of the record.
	Type string `json:"type" jsonschema:"required,enum=A,enum=AAAA,enum=CNAME,enum=MX,enum=NS,enum=TXT"`
	// Value of the record; hosts in full.
	Value string `json:"value" jsonschema:"required"`
	// Priority of an MX record.
	Priority int `json:"priority" jsonschema:"minimum=0,maximum=65535"`
}

// Check reports policies that receivers would not understand.
func (m Mail) Check(at At) {
	if m.SPF != "" {
		checkSPF(at.Key("spf"), m.SPF)
	}
	if m.DMARC != "" {
		checkDMARC(at.Key("dmarc"), m.DMARC)
	}
}

// Check reports a key that is published in no way, or in two.
func (d DKIM) Check(at At) {
	switch {
	case (d.CNAME == "") == (d.Value == ""):
		at.Add("it must have a cname or a value, and not both",
			"set cname if the mail provider keeps the key, else value")
	case d.Value != "" && !publishesKey(d.Value):
		at.Key("value").Add(quote(d.Value)+" is not a DKIM key",
			`write it as "v=DKIM1; k=rsa; p=..." with the key in base64`)
	}
	checkTXT(at.Key("value"), d.Value)
}

func publishesKey(text string) bool {
	tags := strings.Split(text, ";")
	if strings.TrimSpace(tags[0]) != "v=DKIM1" {
		return false
	}
	for _, tag := range tags[1:] {
		if key, ok := strings.CutPrefix(strings.TrimSpace(tag), "p="); ok {
			_, err := base64.StdEncoding.DecodeString(key)
			return err == nil && key != ""
		}
	}
	return false
}

// Check reports a value or a priority that does not belong to the type, and records that no zone can have.
func (r Record) Check(at At) {
	value := at.Key("value")
	addr, err := netip.ParseAddr(r.Value)
	switch r.Type {
	case "A":
		if err != nil || !addr.Is4() {
			value.Add(quote(r.Value)+" is not an IPv4 address", "write it as 203.0.113.7")
		}
	case "AAAA":
		if err != nil || !addr.Is6() || addr.Zone() != "" {
			value.Add(quote(r.Value)+" is not an IPv6 address", "write it as 2001:db8::7")
		}
	case "CNAME", "MX", "NS":
		value.Is(r.Value, "record-target")
	case "TXT":
		checkTXT(value, r.Value)
	}
	if r.Name == "@" && (r.Type == "NS" || r.Type == "CNAME") {
		at.Add(fmt.Sprintf("the zone itself cannot have this %s record", r.Type), "remove the record")
	}
	if r.Priority != 0 && r.Type != "MX" {
		at.Key("priority").Add(fmt.Sprintf("%d belongs to no %s record", r.Priority, r.Type),
			"remove it: only MX records have a priority")
	}
}

// host is a public name of the environment and the setting that gives it.
type host struct {
	at   At
	name string
}

// hosts returns the public names, the web host first.
func (s *Settings) hosts(at At) []host {
	hosts := []host{
		{at.Key("domain"), s.Domain},
		{at.Key("mastodon").Key("streamingHost"), s.Mastodon.StreamingHost},
		{at.Key("storage").Key("mediaHost"), s.Storage.MediaHost},
		{at.Key("storage").Key("assetsHost"), s.Storage.AssetsHost},
	}
	if s.Docs.Enabled {
		hosts = append(hosts, host{at.Key("docs").Key("host"), s.Docs.Host})
		for i, alias := range s.Docs.Aliases {
			hosts = append(hosts, host{at.Key("docs").Key("aliases").Index(i), alias})
		}
	}
	return hosts
}

// checkHosts checks that the public names are distinct and in the zone. Only the web host may be the zone itself: the
// CDN's names are CNAME records, which cannot stand there.
func (s *Settings) checkHosts(at At) {
	zone := s.DNS.Zone
	seen, hosts := decode.Unique{}, s.hosts(at)
	if from := s.DNS.Mail.Relay.MailFrom; from != nil {
		hosts = append(hosts, host{at.Key("dns").Key("mail").Key("relay").Key("mailFrom").Key("host"), from.Host})
	}
	for i, h := range hosts {
		if h.name == "" || h.at.Bad() || !h.at.Is(h.name, "hostname") {
			continue
		}
		seen.Add(h.at, h.name)
		inside := zone.Contains(h.name) || i == 0 && h.name == string(zone)
		if zone != "" && !at.Key("dns").Key("zone").Bad() && !inside {
			h.at.Add(fmt.Sprintf("%q is not a name in the zone %s", h.name, zone),
				"use a name that ends in ."+string(zone))
		}
	}
}
