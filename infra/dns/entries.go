package dns

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// The keys of the records that the outputs need.
const (
	webKey       = "a-web"
	streamingKey = "a-streaming"
)

// entry is a record on its way to the provider.
type entry struct {
	// key ends the name of the Pulumi resource. It tells records apart by what they
	// are for, so that a changed value updates the record in place, and further
	// records that may occur more than once by their value.
	key string
	// kind is the type of the record.
	kind string
	// name is relative to the zone.
	name  string
	value pulumi.StringInput
	// priority belongs to MX, flags and tag belong to CAA.
	priority, flags pulumi.IntPtrInput
	tag             pulumi.StringPtrInput
}

// entries are all the records.
func (a *RecordsArgs) entries() []entry {
	domain := a.relative(a.Domain)
	entries := []entry{
		{key: webKey, kind: "A", name: domain, value: a.WebIP},
		{key: streamingKey, kind: "A", name: a.relative(a.StreamingHost), value: a.WebIP},
		// The names below the domain inherit it; without an entry of its own for them,
		// it also covers wildcard certificates (RFC 8659, 4.3).
		{
			key: "caa-issue", kind: "CAA", name: domain, value: pulumi.String(absolute(authority)),
			flags: pulumi.Int(0), tag: pulumi.String("issue"),
		},
	}
	for _, cdn := range a.CDN {
		name := a.relative(cdn.Host)
		target := cdn.Target.ToStringOutput().ApplyT(absolute).(pulumi.StringOutput)
		entries = append(entries, entry{key: "cname-" + label(name), kind: "CNAME", name: name, value: target})
	}
	entries = append(entries, a.mail(domain)...)
	for _, record := range a.Records {
		entries = append(entries, further(record))
	}
	return entries
}

func (a *RecordsArgs) mail(domain string) []entry {
	var entries []entry
	for _, mx := range a.Mail.MX {
		entries = append(entries, entry{
			key: "mx-" + label(mx.Host), kind: "MX", name: domain,
			value: pulumi.String(absolute(mx.Host)), priority: pulumi.Int(mx.Priority),
		})
	}
	if a.Mail.SPF != "" {
		entries = append(entries, entry{key: "txt-spf", kind: "TXT", name: domain, value: pulumi.String(a.Mail.SPF)})
	}
	if a.Mail.DMARC != "" {
		entries = append(entries, entry{
			key: "txt-dmarc", kind: "TXT", name: below("_dmarc", domain), value: pulumi.String(a.Mail.DMARC),
		})
	}
	for _, dkim := range a.Mail.DKIM {
		e := entry{key: "dkim-" + label(dkim.Selector), name: below(dkim.Selector+"._domainkey", domain)}
		if dkim.CNAME != "" {
			e.kind, e.value = "CNAME", pulumi.String(absolute(dkim.CNAME))
		} else {
			e.kind, e.value = "TXT", pulumi.String(dkim.Value)
		}
		entries = append(entries, e)
	}
	return entries
}

// further is the entry of a record from the settings.
func further(record Record) entry {
	value := record.Value
	switch record.Type {
	case "CNAME", "MX", "NS":
		value = absolute(value)
	}
	e := entry{
		key: strings.ToLower(record.Type) + "-" + label(record.Name), kind: record.Type, name: record.Name,
		value: pulumi.String(value),
	}
	// A name has one CNAME, and a new one must take the place of the old. Of the
	// others it may have many, which their values tell apart.
	if record.Type != "CNAME" {
		sum := sha256.Sum256([]byte(value))
		e.key += "-" + hex.EncodeToString(sum[:4])
	}
	if record.Type == "MX" {
		e.priority = pulumi.Int(record.Priority)
	}
	return e
}

// relative is a host's name in the zone: "@" for the zone itself.
func (a *RecordsArgs) relative(host string) string {
	if host == a.Zone {
		return "@"
	}
	return strings.TrimSuffix(host, "."+a.Zone)
}

// below is the name of a record below another name of the zone.
func below(name, parent string) string {
	if parent == "@" {
		return name
	}
	return name + "." + parent
}

// absolute ends a host with the dot that the API wants of the values that are
// hosts, and that the provider adds when it reads one (resource_record.go).
func absolute(host string) string {
	if strings.HasSuffix(host, ".") {
		return host
	}
	return host + "."
}

// label is a record's name as part of the name of a Pulumi resource.
func label(name string) string {
	return strings.NewReplacer("@", "apex", "*", "wildcard", ".", "-").Replace(strings.ToLower(strings.TrimSuffix(name, ".")))
}
