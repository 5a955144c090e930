package settings

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/vmstio/infrastructure/infra/crew"
)

// Entry is a DNS record that the environment has.
type Entry struct {
	// Key ends the name of the Pulumi resource. It tells records apart by what they are for, so that a changed value
	// updates the record in place, and further records that may occur more than once by their value.
	Key string
	// Type of the record.
	Type string
	// Name relative to the zone, "@" for the zone itself.
	Name string
	// Value of the record; hosts in full, with the final dot that the API wants of them. Empty for an address of the
	// load balancer, which only the run knows: that of the type.
	Value string
	// Priority of an MX record.
	Priority int
	// Tag of a CAA record.
	Tag string

	// at is the setting that it comes from.
	at At
	// host is whether it belongs to a public name of the environment, each of which stands for itself alone; site,
	// whether that is one of the documentation site, whose resources have names of their own; mail, whether it comes
	// from dns.mail.
	host, site, mail bool
}

// authority is the certificate authority of the environment: of cert-manager's issuers as of DigitalOcean's CDN.
const authority = "letsencrypt.org."

// Entries are all the records of the zone but for those of the documentation site.
func (s *Settings) Entries() []Entry { return s.entries(At{}) }

func (s *Settings) entries(at At) []Entry {
	zone, hosts := s.DNS.Zone, s.hosts(at)
	domain := zone.Relative(s.Domain)
	entries := []Entry{
		{Key: "a-web", Type: "A", Name: domain, at: hosts[0].at, host: true},
		{Key: "a-streaming", Type: "A", Name: zone.Relative(hosts[1].name), at: hosts[1].at, host: true},
		// The names below the domain inherit it; without an entry of its own for them, it also covers wildcard
		// certificates (RFC 8659, 4.3).
		{Key: "caa-issue", Type: "CAA", Name: domain, Value: authority, Tag: "issue", at: hosts[0].at, host: true},
	}
	if s.LoadBalancer.NetworkStack == DualStack {
		for i, key := range []string{"aaaa-web", "aaaa-streaming"} {
			entries = append(entries, Entry{
				Key: key, Type: "AAAA", Name: zone.Relative(hosts[i].name), at: hosts[i].at, host: true,
			})
		}
	}
	for i, role := range []crew.Role{crew.Media, crew.Assets} {
		cdn := hosts[2+i]
		name := zone.Relative(cdn.name)
		entries = append(entries, Entry{
			Key: "cname-" + label(name), Type: "CNAME", Name: name, Value: absolute(s.cdnEndpoint(role)),
			at: cdn.at, host: true,
		})
	}
	entries = append(entries, s.DNS.Mail.entries(at.Key("dns").Key("mail"), zone, domain)...)
	for i, record := range s.DNS.Records {
		entries = append(entries, record.entry(at.Key("dns").Key("records").Index(i)))
	}
	return entries
}

func (m Mail) entries(at At, zone Zone, domain string) []Entry {
	var entries []Entry
	for i, mx := range m.MX {
		entries = append(entries, Entry{
			Key: "mx-" + label(mx.Host), Type: "MX", Name: domain, Value: absolute(mx.Host), Priority: mx.Priority,
			at: at.Key("mx").Index(i), mail: true,
		})
	}
	if m.SPF != "" {
		entries = append(entries, Entry{
			Key: "txt-spf", Type: "TXT", Name: domain, Value: m.SPF, at: at.Key("spf"), mail: true,
		})
	}
	if m.DMARC != "" {
		entries = append(entries, Entry{
			Key: "txt-dmarc", Type: "TXT", Name: below("_dmarc", domain), Value: m.DMARC, at: at.Key("dmarc"),
			mail: true,
		})
	}
	entries = append(entries, keyEntries(at.Key("dkim"), domain, m.DKIM)...)
	relay := at.Key("relay")
	entries = append(entries, keyEntries(relay.Key("dkim"), domain, m.Relay.DKIM)...)
	if from := m.Relay.MailFrom; from != nil {
		name := zone.Relative(from.Host)
		entries = append(entries,
			Entry{
				Key: "mx-relay", Type: "MX", Name: name, Value: absolute(from.MX), Priority: 10,
				at: relay.Key("mailFrom").Key("mx"), mail: true,
			},
			Entry{
				Key: "txt-relay-spf", Type: "TXT", Name: name, Value: from.SPF,
				at: relay.Key("mailFrom").Key("spf"), mail: true,
			})
	}
	return entries
}

func keyEntries(at At, domain string, keys []DKIM) []Entry {
	var entries []Entry
	for i, dkim := range keys {
		e := Entry{
			Key: "dkim-" + label(dkim.Selector), Type: "TXT", Name: below(dkim.Selector+"._domainkey", domain),
			Value: dkim.Value, at: at.Index(i), mail: true,
		}
		if dkim.CNAME != "" {
			e.Type, e.Value = "CNAME", absolute(dkim.CNAME)
		}
		entries = append(entries, e)
	}
	return entries
}

func (r Record) entry(at At) Entry {
	e := Entry{
		Key: strings.ToLower(r.Type) + "-" + label(r.Name), Type: r.Type, Name: r.Name, Value: r.Value,
		Priority: r.Priority, at: at,
	}
	if slices.Contains([]string{"CNAME", "MX", "NS"}, r.Type) {
		e.Value = absolute(r.Value)
	}
	// A name has one CNAME, and a new one must take the place of the old. Of the others it may have many, which their
	// values tell apart.
	if r.Type != "CNAME" {
		sum := sha256.Sum256([]byte(e.Value))
		e.Key += "-" + hex.EncodeToString(sum[:4])
	}
	return e
}

// checkRecords reports records that exclude each other, that stand twice, or that would become one resource.
func (s *Settings) checkRecords(at At) {
	zone := s.DNS.Zone
	for i, record := range s.DNS.Records {
		name := at.Key("dns").Key("records").Index(i).Key("name")
		if zone != "" && (record.Name == string(zone) || zone.Contains(record.Name)) {
			name.Add(fmt.Sprintf("%q contains the zone", record.Name),
				fmt.Sprintf("write %q", zone.Relative(record.Name)))
		}
	}
	entries := append(s.docsEntries(at), s.entries(at)...)
	for i, e := range entries {
		if e.Name == "" || e.Type == "" || e.at.Bad() {
			continue
		}
		for _, earlier := range entries[:i] {
			if why := e.conflict(earlier); why != "" {
				remedy := "remove it, or give it another name"
				if e.host {
					remedy = "give it another name"
				}
				e.at.Add(why, remedy)
				break
			}
		}
	}
}

// conflict says why a record cannot stand beside an earlier one.
func (e Entry) conflict(earlier Entry) string {
	same := e.Name == earlier.Name && (!e.host || !earlier.host)
	switch {
	case same && (e.Type == "CNAME" || earlier.Type == "CNAME"):
		return fmt.Sprintf("%q already has the %s record of %s, and a name with a CNAME record can have no other",
			e.Name, earlier.Type, earlier.at)
	case same && earlier.host && slices.Contains([]string{"A", "AAAA", "NS"}, e.Type):
		return fmt.Sprintf("%s makes the address of %q", earlier.at, e.Name)
	case same && e.Type == earlier.Type && e.Value == earlier.Value:
		return fmt.Sprintf("the %s record of %q is that of %s again", e.Type, e.Name, earlier.at)
	case same && earlier.excludes(e):
		return fmt.Sprintf("%s makes the %s record of %q", earlier.at, earlier.Type, e.Name)
	case e.Key == earlier.Key && !earlier.site:
		return fmt.Sprintf("the record would be the same Pulumi resource (%s, where a dot is a dash) as that of %s",
			e.Key, earlier.at)
	default:
		return ""
	}
}

// excludes reports whether a record of dns.mail leaves no room for another one at its name: a policy or a key that is
// there twice is as if it were not there, and the servers are those of one list.
func (e Entry) excludes(other Entry) bool {
	switch {
	case !e.mail:
		return false
	case other.mail:
		return e.Key == other.Key
	case e.Key == "txt-dmarc":
		return true
	case e.Type == "TXT" && strings.HasPrefix(e.Value, "v=spf1"):
		return strings.HasPrefix(other.Value, "v=spf1")
	default:
		return e.Type == other.Type
	}
}

// below is the name of a record below another name of the zone.
func below(name, parent string) string {
	if parent == "@" {
		return name
	}
	return name + "." + parent
}

// absolute ends a host with the dot that the API wants of the values that are hosts, and that the provider adds when it
// reads one (resource_record.go).
func absolute(host string) string { return strings.TrimSuffix(host, ".") + "." }

// label is a record's name as part of the name of a Pulumi resource.
func label(name string) string {
	return strings.NewReplacer("@", "apex", "*", "wildcard", ".", "-").
		Replace(strings.ToLower(strings.TrimSuffix(name, ".")))
}
