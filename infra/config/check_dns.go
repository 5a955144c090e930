package config

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// checkMail checks the records for mail. Long keys are split into strings of 255
// characters where the record is made.
func (s *Settings) checkMail(r *report) {
	path := settingsPath + ".dns.mail"
	mail := s.DNS.Mail
	servers := unique{}
	for i, mx := range mail.MX {
		path := at(path+".mx", i) + ".host"
		if mx.Host != "" && r.domain(path, mx.Host) {
			servers.check(r, path, mx.Host)
		}
	}
	if mail.SPF != "" {
		r.spf(path+".spf", mail.SPF)
	}
	if mail.DMARC != "" {
		r.dmarc(path+".dmarc", mail.DMARC)
	}
	selectors := unique{}
	for i, key := range mail.DKIM {
		path := at(path+".dkim", i)
		if key.Selector != "" && r.match(path+".selector", key.Selector, selector, "a selector",
			"write the part before ._domainkey, in lower-case letters, digits and dashes") {
			selectors.check(r, path+".selector", key.Selector)
		}
		r.dkim(path, key)
	}
}

var (
	selector = regexp.MustCompile(`^[a-z0-9_]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)
	// RFC 7208: a mechanism or modifier of an SPF record.
	spfTerm = regexp.MustCompile(`^([-+~?]?(all|(a|mx|ptr)(:[^\s/]+)?(/[0-9]+)?|(include|exists):\S+|ip[46]:[0-9a-fA-F.:]+(/[0-9]+)?)|(redirect|exp)=\S+)$`)
	// The terms that make a receiver look something up; RFC 7208 allows 10.
	spfLookup = regexp.MustCompile(`^[-+~?]?((a|mx|ptr)([:/].*)?|(include|exists):.*|redirect=.*)$`)
	dmarcTag  = regexp.MustCompile(`^(p|sp|adkim|aspf|fo|pct|rf|ri|rua|ruf)=(\S.*)$`)
)

func (r *report) spf(path, text string) {
	const shape = `write it as "v=spf1 include:spf.example.org -all"`
	terms := strings.Fields(text)
	if len(terms) < 2 || terms[0] != "v=spf1" {
		r.add(path, quote(text)+" is not an SPF policy", shape)
		return
	}
	lookups := 0
	for _, term := range terms[1:] {
		if !spfTerm.MatchString(term) {
			r.add(path, quote(term)+" is not a term of an SPF policy", shape)
		}
		if spfLookup.MatchString(term) {
			lookups++
		}
	}
	last := terms[len(terms)-1]
	if !strings.HasSuffix(last, "all") && !strings.HasPrefix(last, "redirect=") {
		r.add(path, quote(text)+" does not say what to do with other senders", "end it with -all or ~all")
	}
	if lookups > 10 {
		r.add(path, fmt.Sprintf("the policy makes %d lookups", lookups), "receivers stop at 10: merge or remove terms")
	}
}

func (r *report) dmarc(path, text string) {
	const shape = `write it as "v=DMARC1; p=quarantine; rua=mailto:dmarc@example.org"`
	tags := strings.Split(strings.TrimSuffix(strings.TrimSpace(text), ";"), ";")
	policy := ""
	for i, tag := range tags {
		tag = strings.TrimSpace(tag)
		m := dmarcTag.FindStringSubmatch(tag)
		switch {
		case i == 0 && tag != "v=DMARC1", i > 0 && m == nil:
			r.add(path, quote(tag)+" is not a part of a DMARC policy at this place", shape)
		case i > 0 && m[1] == "p":
			policy = m[2]
		case i > 0 && (m[1] == "rua" || m[1] == "ruf") && !strings.HasPrefix(m[2], "mailto:"):
			r.add(path, quote(tag)+" is not an address for reports", "write it as "+m[1]+"=mailto:dmarc@example.org")
		}
	}
	if !slices.Contains([]string{"none", "quarantine", "reject"}, policy) {
		r.add(path, quote(policy)+" is not a policy", "set p to none, quarantine or reject")
	}
}

// dkim checks that a key is published in exactly one way.
func (r *report) dkim(path string, key DKIM) {
	switch {
	case (key.CNAME == "") == (key.Value == ""):
		r.add(path, "it must have a cname or a value, and not both",
			"set cname if the mail provider keeps the key, else value")
	case key.CNAME != "":
		r.recordTarget(path+".cname", key.CNAME)
	case !publishesKey(key.Value):
		r.add(path+".value", quote(key.Value)+" is not a DKIM key", `write it as "v=DKIM1; k=rsa; p=..." with the key in base64`)
	}
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

// recordTarget reports a text that is no name for a record to point to. Unlike a
// host it may contain underscores, and it may end in a dot.
func (r *report) recordTarget(path, name string) {
	if !isDomain(strings.ReplaceAll(strings.TrimSuffix(name, "."), "_", "x")) {
		r.add(path, quote(name)+" is not a host name", "write a full name in lower case, such as mail.example.org")
	}
}

var recordName = regexp.MustCompile(`^(@|(\*|[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)*)$`)

// checkRecords checks the further records: each on its own, and that none stands
// where another one, of the program or of the list, leaves no room.
func (s *Settings) checkRecords(r *report) {
	seen, aliases := unique{}, map[string]bool{}
	for _, record := range s.DNS.Records {
		aliases[record.Name] = aliases[record.Name] || record.Type == "CNAME"
	}
	names := map[string]int{}
	for i, record := range s.DNS.Records {
		path := at(settingsPath+".dns.records", i)
		if record.Name == "" || record.Type == "" || record.Value == "" {
			continue
		}
		names[record.Name]++
		if aliases[record.Name] && names[record.Name] > 1 {
			r.add(path, fmt.Sprintf("%q has a CNAME record and another one", record.Name),
				"a name with a CNAME record can have no other record")
		}
		s.checkRecord(r, path, record)
		seen.check(r, path, record.Name+" "+record.Type+" "+record.Value)
	}
}

func (s *Settings) checkRecord(r *report, path string, record Record) {
	if zone := s.DNS.Zone; zone != "" && (record.Name == zone || strings.HasSuffix(record.Name, "."+zone)) {
		r.add(path+".name", fmt.Sprintf("%q contains the zone", record.Name), fmt.Sprintf("write %q", relative(record.Name, zone)))
		return
	}
	r.match(path+".name", record.Name, recordName, "a record name", "write it in lower case and relative to the zone, or @ for the zone itself")
	if wrong := s.taken(record); wrong != "" {
		r.add(path, wrong, "remove the record")
	}
	r.recordValue(path+".value", record)
	if record.Priority != 0 && record.Type != "MX" {
		r.add(path+".priority", fmt.Sprintf("%d belongs to no %s record", record.Priority, record.Type), "remove it: only MX records have a priority")
	}
}

// taken says why a record cannot stand beside those that the program makes.
func (s *Settings) taken(record Record) string {
	mail := s.DNS.Mail
	address := slices.Contains([]string{"A", "AAAA", "CNAME", "NS"}, record.Type)
	switch {
	case address && slices.Contains(s.ownedNames(), record.Name):
		return fmt.Sprintf("the program makes the records of %q itself", record.Name)
	case record.Name == "@" && (record.Type == "NS" || record.Type == "CNAME"):
		return fmt.Sprintf("the zone itself cannot have this %s record", record.Type)
	case record.Name == "_dmarc" && mail.DMARC != "":
		return "dns.mail.dmarc makes this record"
	case record.Name == "@" && record.Type == "MX" && len(mail.MX) > 0:
		return "dns.mail.mx makes these records"
	case record.Name == "@" && mail.SPF != "" && strings.HasPrefix(record.Value, "v=spf1"):
		return "dns.mail.spf makes this record"
	default:
		return ""
	}
}

func (r *report) recordValue(path string, record Record) {
	addr, err := netip.ParseAddr(record.Value)
	switch record.Type {
	case "A":
		if err != nil || !addr.Is4() {
			r.add(path, quote(record.Value)+" is not an IPv4 address", "write it as 203.0.113.7")
		}
	case "AAAA":
		if err != nil || !addr.Is6() || addr.Zone() != "" {
			r.add(path, quote(record.Value)+" is not an IPv6 address", "write it as 2001:db8::7")
		}
	case "CNAME", "MX", "NS":
		r.recordTarget(path, record.Value)
	}
}
