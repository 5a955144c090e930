package digitalocean

import (
	"errors"
	"fmt"
	"hash/fnv"
	"net/netip"
	"strconv"
	"strings"

	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

// recordTTL is what records have when the program says nothing, and zones always, in seconds.
const recordTTL = 1800

func dnsResources() map[string]sim.Resource {
	return map[string]sim.Resource{
		typeDomain: {
			Inputs: sim.Fields{
				"name":      sim.String().Required().Replaces().Check(hostname),
				"ipAddress": sim.String().Replaces().Check(ipv4),
			},
			Outputs: []string{"domainUrn", "ttl"},
			Create:  createDomain,
			Delete: func(call sim.Call, id string, _ sim.State) error {
				return deleteAll(call, typeRecord, "domain", id)
			},
		},
		typeRecord: {
			Inputs: sim.Fields{
				"domain": sim.String().Required().Replaces(),
				"type": sim.String().Required().Replaces().OneOf(
					"A", "AAAA", "CAA", "CNAME", "MX", "NS", "TXT", "SRV", "SOA"),
				"name":     sim.String().AutoNamed().Check(recordName),
				"value":    sim.String().Required(),
				"ttl":      sim.Int().Computed().Between(1, 1<<31),
				"priority": sim.Int().Between(0, 65535),
				"weight":   sim.Int().Between(0, 65535),
				"port":     sim.Int().Between(0, 65535),
				"flags":    sim.Int().Between(0, 255),
				"tag":      sim.String().OneOf("issue", "issuewild", "iodef"),
			},
			Outputs: []string{"fqdn"},
			Check:   checkRecord,
			Create:  createRecord,
			Update:  setRecord,
		},
	}
}

func ipv4(value any) error {
	text, _ := value.(string)
	if address, err := netip.ParseAddr(text); err != nil || !address.Is4() {
		return errors.New("must be an IPv4 address")
	}
	return nil
}

var labels = matches(`@|\*|(\*\.)?[a-zA-Z0-9_]([a-zA-Z0-9_.-]*[a-zA-Z0-9_])?\.?`, "")

func recordName(value any) error {
	if text, _ := value.(string); labels(value) != nil || strings.Contains(text, "..") {
		return errors.New("must be @ for the domain itself, or a name within it such as www or _dmarc")
	}
	return nil
}

// checkRecord checks what each type of record needs (Terraform provider, resource record; API reference,
// domains_create_record).
func checkRecord(s sim.State) []error {
	if !s.Known("type", "priority", "weight", "port", "flags", "tag") {
		return nil
	}

	var errs []error

	needs := map[string][]string{"MX": {"priority"}, "SRV": {"priority", "weight", "port"}, "CAA": {"flags", "tag"}}
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
	case typ == "AAAA":
		if address, err := netip.ParseAddr(value); err != nil || !address.Is6() {
			return errors.New("must be an IPv6 address")
		}
	case typ == "CNAME", typ == "MX", typ == "NS", typ == "SRV", typ == "CAA" && tag != "iodef":
		if value != "@" && value != ";" && !strings.HasSuffix(value, ".") {
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
	for ; host != ""; _, host, _ = strings.Cut(host, ".") {
		if _, ok := call.Get(typeDomain, host); ok {
			return host
		}
	}
	return ""
}

func createRecord(call sim.Call, state sim.State) (string, error) {
	if _, err := find(call, typeDomain, "domain", state.String("domain")); err != nil {
		return "", err
	}

	// Records have numbers for IDs.
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(newID())) // a hash never fails to write
	id := strconv.FormatUint(uint64(hash.Sum32()), 10)
	return id, setRecord(call, id, nil, state)
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
