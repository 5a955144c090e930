package digitalocean

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	sdk "github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"

	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

// recordTTL is what records have when the program says nothing, and zones always, in seconds.
const recordTTL = 1800

const longestTXT = 512

func dnsResources() map[string]sim.Resource {
	return map[string]sim.Resource{
		typeDomain: sim.From(sdk.DomainArgs{}, sdk.Domain{}, sim.Rules{
			Replaces: "name ipAddress", Checks: map[string][]sim.Check{"name": {hostname}},
		}, sim.Resource{Create: createDomain, Delete: deleteDomain}),
		typeRecord: sim.From(sdk.DnsRecordArgs{}, sdk.DnsRecord{}, sim.Rules{
			AutoNamed: "name", Replaces: "domain type", Computed: "ttl",
			Checks: map[string][]sim.Check{
				"type": {sim.OneOf("A", "AAAA", "CAA", "CNAME", "MX", "NS", "TXT")},
				"name": {recordName}, "ttl": {sim.Between(30, 1<<31)}, // documentation of DNS, "Limits"
				"priority": {sim.Between(0, 65535)}, "flags": {sim.Between(0, 255)},
				"tag": {sim.OneOf("issue", "issuewild", "iodef")},
			},
		}, sim.Resource{Check: checkRecord, Create: createRecord, Update: setRecord}),
	}
}

// recordName checks a name within a zone: a wildcard's and a final dot are allowed.
var recordName = passes(
	regexp.MustCompile(`^(@|\*|(\*\.)?\w([\w-]*\w)?(\.\w([\w-]*\w)?)*\.?)$`).MatchString,
	"@ for the domain itself, or a name within it such as www or _dmarc")

// checkRecord checks what each type of record needs (Terraform provider, resource record; API reference,
// domains_create_record).
func checkRecord(s sim.State) []error {
	if !s.Known("type", "priority", "flags", "tag") {
		return nil
	}
	var errs []error
	needs := map[string][]string{"MX": {"priority"}, "CAA": {"flags", "tag"}}
	for _, property := range needs[s.String("type")] {
		if !s.Has(property) {
			errs = append(errs, fmt.Errorf("%s is required when type is %s", property, s.String("type")))
		}
	}
	if s.Known("value") {
		if err := recordValue(s.String("type"), s.String("tag"), s.String("value")); err != nil {
			errs = append(errs, fmt.Errorf("value = %q: %w", s.String("value"), err))
		}
	}
	if s.String("type") == "CNAME" && s.String("name") == "@" {
		errs = append(errs,
			errors.New("name = \"@\": the domain itself cannot be a CNAME, since it has NS and SOA records"))
	}
	return errs
}

func recordValue(typ, tag, value string) error {
	switch {
	case value == "":
		return errors.New("must not be empty")
	case typ == "A":
		return ipv4(value)
	case typ == "TXT":
		// As a zone file has it, in strings of 255 (dnscontrol, providers/digitalocean/auditrecords.go).
		if n := len(value) + 2 + 3*((len(value)-1)/255); n > longestTXT {
			return fmt.Errorf("must not be longer than %d characters with its quotes, and has %d", longestTXT, n)
		}
	case typ == "CAA" && value == ";":
		return errors.New("is not supported: name an authority") // documentation of DNS, "Limits"
	case typ == "AAAA":
		if address, err := netip.ParseAddr(value); err != nil || !address.Is6() {
			return errors.New("must be an IPv6 address")
		}
	case typ == "CNAME", typ == "MX", typ == "NS", typ == "CAA" && tag != "iodef":
		if value != "@" && !strings.HasSuffix(value, ".") {
			return errors.New("data needs to end with a dot (.)")
		}
	}
	return nil
}

func createDomain(call sim.Call, state sim.State) (string, error) {
	name := state.String("name")
	if err := unique(call, typeDomain, "domain", "", state, 422); err != nil {
		return "", err
	}
	state["ttl"], state["domainUrn"] = recordTTL, "do:domain:"+name
	return name, nil
}

// zone is the name of the domain of the account that contains the host, or empty.
func zone(call sim.Call, host string) string {
	for host = strings.TrimPrefix(host, "*."); host != ""; _, host, _ = strings.Cut(host, ".") {
		if _, ok := call.Get(typeDomain, host); ok {
			return host
		}
	}
	return ""
}

// seen tells whether the world sees a zone of the account: the registrar points here or, for a zone below another one
// of the account, that one has NS records for it.
func seen(call sim.Call, zoneName string, undelegated []string) bool {
	_, above, _ := strings.Cut(zoneName, ".")
	if above = zone(call, above); above == "" {
		return !slices.Contains(undelegated, zoneName)
	}
	for _, record := range having(call, typeRecord, "fqdn", zoneName) {
		if record.String("type") == "NS" && record.String("domain") == above {
			return seen(call, above, undelegated)
		}
	}
	return false
}

func createRecord(call sim.Call, state sim.State) (string, error) {
	if _, err := find(call, typeDomain, "domain", state.String("domain")); err != nil {
		return "", err
	}
	id := newNumber()
	return id, setRecord(call, id, nil, state)
}

// newNumber is an ID of what has numbers for them.
func newNumber() string { return strconv.FormatUint(uint64(uuid.New().ID()), 10) }

// deleteDomain deletes the records of a zone, which must not serve a Let's Encrypt certificate any more (documentation,
// "I can't delete my domain because of an associated Let's Encrypt certificate").
func deleteDomain(call sim.Call, id string, _ sim.State) error {
	for name, certificate := range having(call, typeCertificate, "type", "lets_encrypt") {
		for _, domain := range certificate.Strings("domains") {
			if zone(call, domain) == id {
				return refuse(422, "domain %q cannot be deleted: certificate %q of Let's Encrypt is for %s",
					id, name, domain)
			}
		}
	}
	return deleteAll(call, typeRecord, "domain", id)
}

func setRecord(call sim.Call, id string, _, state sim.State) error {
	name, domain := strings.ToLower(state.String("name")), state.String("domain")
	switch full, absolute := strings.CutSuffix(name, "."); {
	case name == "@":
		name = domain
	case absolute && full != domain && !strings.HasSuffix(full, "."+domain):
		return refuse(422, "name %q is not within domain %q", state.String("name"), domain)
	case absolute:
		name = full
	default:
		name += "." + domain
	}
	state["fqdn"] = name
	state.SetDefault("ttl", recordTTL)
	for _, other := range call.List(typeRecord) {
		o := sim.State(other.Outputs)
		if other.ID != id && o.String("fqdn") == name &&
			(o.String("type") == "CNAME" || state.String("type") == "CNAME") {
			return refuse(422, "CNAME records cannot share a name with other records: %s has a %s record",
				name, o.String("type"))
		}
	}
	return nil
}
