package digitalocean

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"

	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

// reservedRanges cannot be used by VPCs: DigitalOcean's own networks and the defaults of Kubernetes clusters
// (documentation of VPC, "Plan your network").
var reservedRanges = []netip.Prefix{
	netip.MustParsePrefix("10.229.0.0/16"),
	netip.MustParsePrefix("10.244.0.0/16"),
	netip.MustParsePrefix("10.245.0.0/16"),
	netip.MustParsePrefix("10.246.0.0/24"),
}

var privateRanges = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"),
}

// publicRange is where load balancers and reserved IPs get addresses from: a range that RFC 5737 sets aside for
// documentation, so that no simulated address belongs to anybody.
var publicRange = netip.MustParsePrefix("203.0.113.0/24")

func networkResources() map[string]sim.Resource {
	return map[string]sim.Resource{
		typeVpc: {
			Inputs: sim.Fields{
				"name": sim.String().AutoNamed().Check(matches(`[a-zA-Z0-9.-]+`,
					"letters, digits, dashes and periods")),
				"region":      inRegion(regions).Required().Replaces(),
				"description": sim.String().Check(longest(255)),
				"ipRange":     sim.String().Computed().Replaces().Check(vpcRange),
			},
			Outputs: []string{"createdAt", "default", "vpcUrn"},
			Create:  createVpc,
			Update:  renamed(typeVpc, "VPC", 422),
			Delete:  deleteVpc,
		},
		typeReservedIP: {
			Inputs: sim.Fields{
				"region": inRegion(regions).Required().Replaces(), "ipAddress": sim.String().Computed(),
				"dropletId": sim.Int(),
			},
			Outputs: []string{"reservedIpUrn"},
			Create: func(call sim.Call, state sim.State) (string, error) {
				ip, err := publicAddress(call)
				state["ipAddress"], state["reservedIpUrn"] = ip, "do:reservedip:"+ip
				return ip, err
			},
		},
	}
}

func createVpc(call sim.Call, state sim.State) (string, error) {
	if err := unique(call, typeVpc, "VPC", "", state, 422); err != nil {
		return "", err
	}

	id := newID()

	if !state.Has("ipRange") {
		free, err := freeRange(call)
		if err != nil {
			return "", err
		}

		state["ipRange"] = free.String()
	} else if taken := overlapping(call, netip.MustParsePrefix(state.String("ipRange"))); taken != "" {
		return "", refuse(422, "this range/size overlaps with another VPC network in your account: %s and %s",
			state.String("ipRange"), taken)
	}

	state.Merge(sim.State{"createdAt": timestamp(call), "default": false, "vpcUrn": "do:vpc:" + id})
	return id, nil
}

// overlapping describes the VPC of the account that uses a part of the range, if any.
func overlapping(call sim.Call, wanted netip.Prefix) string {
	for _, other := range call.List(typeVpc) {
		used, err := netip.ParsePrefix(sim.State(other.Outputs).String("ipRange"))
		if err == nil && used.Overlaps(wanted) {
			return fmt.Sprintf("%s of VPC %q", used, sim.State(other.Outputs).String("name"))
		}
	}
	return ""
}

// freeRange is the first /20 from 10.100.0.0 on that nobody uses.
func freeRange(call sim.Call) (netip.Prefix, error) {
	for second := range 128 {
		for third := 0; third < 256; third += 16 {
			candidate := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(100 + second), byte(third), 0}), 20)
			if vpcRange(candidate.String()) == nil && overlapping(call, candidate) == "" {
				return candidate, nil
			}
		}
	}
	return netip.Prefix{}, refuse(422, "no private address range is left in your account")
}

func vpcRange(value any) error {
	text, _ := value.(string)

	prefix, err := netip.ParsePrefix(text)
	if err != nil || !prefix.Addr().Is4() || prefix.Masked() != prefix {
		return errors.New("must be an IPv4 network in CIDR notation with no host bits set, such as 10.10.0.0/20")
	}

	private := false
	for _, r := range privateRanges {
		private = private || (r.Overlaps(prefix) && prefix.Bits() >= r.Bits())
	}

	// The API takes /16 to /28 (documentation of VPC); Terraform's documentation still says /24.
	if !private || prefix.Bits() < 16 || prefix.Bits() > 28 {
		return errors.New("must be a private network (10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16) of size /16 to /28")
	}

	for _, reserved := range reservedRanges {
		if reserved.Overlaps(prefix) {
			return fmt.Errorf("must not overlap %s, which DigitalOcean reserves", reserved)
		}
	}
	return nil
}

// deleteVpc refuses while something lives in the VPC.
func deleteVpc(call sim.Call, id string, _ sim.State) error {
	var members []string

	for typ, property := range map[string]string{
		typeCluster: "vpcUuid", typeLoadBalancer: "vpcUuid", typeDatabase: "privateNetworkUuid",
	} {
		for _, object := range call.List(typ) {
			if state := sim.State(object.Outputs); state.String(property) == id {
				members = append(members, state.String("name"))
			}
		}
	}

	slices.Sort(members)

	if len(members) > 0 {
		return refuse(409, "can not delete VPC with members: %s", strings.Join(members, ", "))
	}
	return nil
}

// placeInVpc checks the VPC that state names in property, or sets the region's default VPC.
func placeInVpc(call sim.Call, state sim.State, property string) error {
	id := state.String(property)
	if id == "" {
		state[property] = defaultVpc(state.String("region"))
		return nil
	}

	vpc, err := find(call, typeVpc, "VPC", id)
	if err != nil {
		if id == defaultVpc(state.String("region")) {
			return nil
		}
		return err
	}

	if vpc.String("region") != state.String("region") {
		return refuse(422, "VPC %q is in region %s, not in %s",
			vpc.String("name"), vpc.String("region"), state.String("region"))
	}
	return nil
}

// defaultVpc is the ID of the VPC that every account has in a region. It is not an object of the cloud: nobody manages
// it, and its range is not compared with others.
func defaultVpc(region string) string {
	return uuid.NewSHA1(uuid.NameSpaceDNS, []byte("default-"+region)).String()
}

// publicAddress is the lowest public address that is free.
func publicAddress(call sim.Call) (string, error) {
	used := map[string]bool{}

	for typ, property := range map[string]string{typeLoadBalancer: "ip", typeReservedIP: "ipAddress"} {
		for _, object := range call.List(typ) {
			used[sim.State(object.Outputs).String(property)] = true
		}
	}

	for address := publicRange.Addr().Next(); publicRange.Contains(address.Next()); address = address.Next() {
		if !used[address.String()] {
			return address.String(), nil
		}
	}
	return "", refuse(422, "the simulated cloud has no public address left in %s", publicRange)
}

// matches checks that a text consists of what the pattern says.
func matches(pattern, what string) sim.Check {
	whole := regexp.MustCompile(`^(?:` + pattern + `)$`)
	return func(value any) error {
		if text, _ := value.(string); !whole.MatchString(text) {
			return errors.New("must consist of " + what)
		}
		return nil
	}
}

// longest checks that a text has no more than n characters.
func longest(n int) sim.Check {
	return func(value any) error {
		if text, _ := value.(string); len(text) > n {
			return fmt.Errorf("must not be longer than %d characters", n)
		}
		return nil
	}
}
