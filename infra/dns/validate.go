package dns

import (
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/vmstio/infrastructure/infra/room"
)

// minTTL is DigitalOcean's minimum, in seconds.
const minTTL = 30

var (
	recordTypes = []string{"A", "AAAA", "CNAME", "MX", "NS", "TXT"}
	// recordName is relative to the zone.
	recordName = regexp.MustCompile(`^(@|(\*|[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)*)$`)
)

func (a *RecordsArgs) validate() error {
	check := room.NewCheck("dns records")
	check.That(hostname.MatchString(a.Zone), "Zone %q is not a domain name", a.Zone)
	check.Input("ZoneName", a.ZoneName)
	check.Input("WebIP", a.WebIP)
	check.That(a.TTL >= minTTL, "TTL %d is less than %d seconds", a.TTL, minTTL)
	a.inZone(check, "Domain", a.Domain)
	a.inZone(check, "StreamingHost", a.StreamingHost)
	check.That(a.StreamingHost != a.Domain, "StreamingHost %q is the Domain", a.StreamingHost)
	for i, cdn := range a.CDN {
		a.inZone(check, at("CDN", i)+".Host", cdn.Host)
		check.Input(at("CDN", i)+".Target", cdn.Target)
	}
	a.Mail.validate(check)
	for i, record := range a.Records {
		record.validate(check, at("Records", i))
	}
	if err := check.Err(); err != nil {
		return err
	}
	a.noConflicts(check)
	return check.Err()
}

func at(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }

func (a *RecordsArgs) inZone(check *room.Check, field, host string) {
	check.That(hostname.MatchString(host), "%s %q is not a domain name", field, host)
	check.That(host == a.Zone || strings.HasSuffix(host, "."+a.Zone), "%s %q is not in zone %q", field, host, a.Zone)
}

func (m *Mail) validate(check *room.Check) {
	for i, mx := range m.MX {
		check.That(hostname.MatchString(strings.TrimSuffix(mx.Host, ".")), "Mail.MX[%d].Host %q is not a domain name", i, mx.Host)
		check.That(mx.Priority >= 0 && mx.Priority <= 65535, "Mail.MX[%d].Priority %d is not between 0 and 65535", i, mx.Priority)
	}
	check.That(m.SPF == "" || strings.HasPrefix(m.SPF, "v=spf1"), "Mail.SPF %q does not begin with \"v=spf1\"", m.SPF)
	check.That(m.DMARC == "" || strings.HasPrefix(m.DMARC, "v=DMARC1"), "Mail.DMARC %q does not begin with \"v=DMARC1\"", m.DMARC)
	for i, dkim := range m.DKIM {
		check.That(recordName.MatchString(dkim.Selector), "Mail.DKIM[%d].Selector %q is not a record name", i, dkim.Selector)
		check.That((dkim.CNAME == "") != (dkim.Value == ""), "Mail.DKIM[%d] needs either a CNAME or a Value", i)
	}
}

func (r *Record) validate(check *room.Check, field string) {
	check.That(recordName.MatchString(r.Name), "%s.Name %q is not a record name", field, r.Name)
	check.That(slices.Contains(recordTypes, r.Type), "%s.Type %q is not one of %v", field, r.Type, recordTypes)
	check.That(r.Type != "CNAME" || r.Name != "@", "%s is a CNAME record of the zone itself, which has other records", field)
	check.That(r.Value != "", "%s.Value is missing", field)
	check.That(r.Priority >= 0 && r.Priority <= 65535, "%s.Priority %d is not between 0 and 65535", field, r.Priority)
	ip, err := netip.ParseAddr(r.Value)
	check.That(r.Type != "A" || err == nil && ip.Is4(), "%s.Value %q is not an IPv4 address", field, r.Value)
	check.That(r.Type != "AAAA" || err == nil && ip.Is6(), "%s.Value %q is not an IPv6 address", field, r.Value)
	names := slices.Contains([]string{"CNAME", "MX", "NS"}, r.Type)
	check.That(!names || hostname.MatchString(strings.TrimSuffix(r.Value, ".")), "%s.Value %q is not a domain name", field, r.Value)
}

// noConflicts finds records that exclude each other: a name with a CNAME has no
// other record (RFC 1034, 3.6.2), and none is there twice.
func (a *RecordsArgs) noConflicts(check *room.Check) {
	keys := map[string]bool{}
	kinds := map[string][]string{}
	for _, e := range a.entries() {
		check.That(!keys[e.key], "the %s record %q is there twice", e.kind, e.name)
		keys[e.key] = true
		kinds[e.name] = append(kinds[e.name], e.kind)
	}
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		check.That(len(kinds[name]) == 1 || !slices.Contains(kinds[name], "CNAME"),
			"%q has a CNAME record, and so no other record, but there are %v", name, kinds[name])
	}
}
