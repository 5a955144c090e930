package digitalocean

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	sdk "github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"

	"github.com/vmstio/infrastructure/infra/catalogue"
	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

// publicRange is where load balancers get addresses from: a range that RFC 5737 sets aside for documentation, so that
// no simulated address belongs to anybody.
var publicRange = netip.MustParsePrefix("203.0.113.0/24")

const (
	// occupied is until when the nodes of a deleted cluster are in a VPC.
	occupied = "__occupied"
	// emptying is how long the provider waits for a VPC to be empty (Terraform provider, vpc).
	emptying = 2 * time.Minute
)

// inRegion checks a region for what it must offer.
func inRegion(offers func(catalogue.Region) bool) []sim.Check {
	return []sim.Check{sim.OneOf(catalogue.Slugs(offers)...)}
}

func anything(catalogue.Region) bool { return true }

func networkResources(options Options) map[string]sim.Resource {
	return map[string]sim.Resource{typeVpc: sim.From(sdk.VpcArgs{}, sdk.Vpc{}, sim.Rules{
		// The API chooses a range when there is none, which is not simulated.
		AutoNamed: "name", Required: "ipRange", Replaces: "region ipRange",
		Checks: map[string][]sim.Check{
			"name": {dashed}, "region": inRegion(anything), "description": {longest(255)},
			"ipRange": {network, vpcRange},
		},
	}, sim.Resource{
		Check: func(s sim.State) []error {
			if !s.Known("region", "ipRange") {
				return nil
			}
			return unreserved(s.String("region"), netip.MustParsePrefix(s.String("ipRange")))
		},
		Create: options.createVpc, Update: renamed(typeVpc, "VPC", 422), Delete: deleteVpc,
	})}
}

// vpcRange checks a range's size: the API takes /16 to /28 (documentation of VPC); Terraform's still says /24.
func vpcRange(value any) error {
	text, _ := value.(string)
	prefix := netip.MustParsePrefix(text)
	if !prefix.Addr().IsPrivate() || prefix.Bits() < 16 || prefix.Bits() > 28 {
		return errors.New("must be a private network (10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16) of size /16 to /28")
	}
	return nil
}

// unreserved refuses a range of which DigitalOcean keeps a part for itself in the region.
func unreserved(region string, prefix netip.Prefix) []error {
	var errs []error
	for _, reserved := range catalogue.ReservedRanges(region) {
		if reserved.Overlaps(prefix) {
			errs = append(errs, fmt.Errorf("ipRange = %q: must not overlap %s, which DigitalOcean reserves in %s",
				prefix, reserved, region))
		}
	}
	return errs
}

func (o Options) createVpc(call sim.Call, state sim.State) (string, error) {
	if err := unique(call, typeVpc, "VPC", "", state, 422); err != nil {
		return "", err
	}
	id := newID()
	if taken := overlapping(call, netip.MustParsePrefix(state.String("ipRange"))); taken != "" {
		return "", refuse(422, "this range/size overlaps with another VPC network in your account: %s and %s",
			state.String("ipRange"), taken)
	}
	state.Merge(sim.State{
		"createdAt": timestamp(call), "vpcUrn": "do:vpc:" + id,
		"default": o.NewAccount && len(having(call, typeVpc, "region", state.String("region"))) == 0,
	})
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

// deleteVpc refuses while something lives in the VPC, and if it is its region's default.
func deleteVpc(call sim.Call, id string, vpc sim.State) error {
	if vpc.Bool("default") {
		return refuse(403, "Can not delete default VPCs")
	}
	var members []string
	for typ, property := range map[string]string{
		typeCluster: "vpcUuid", typeLoadBalancer: "vpcUuid", typeDatabase: "privateNetworkUuid",
	} {
		for _, state := range having(call, typ, property, id) {
			members = append(members, state.String("name"))
		}
	}
	if slices.Sort(members); len(members) > 0 {
		return refuse(409, "can not delete VPC with members: %s", strings.Join(members, ", "))
	}
	waits := cmp.Or(call.Timeout, emptying)
	until, err := time.Parse(time.RFC3339, vpc.String(occupied))
	if err == nil && until.After(call.Now().Add(waits)) {
		return refuse(409, "can not delete VPC with members: the nodes of a deleted cluster are there until %s, and "+
			"the provider waits %s", vpc.String(occupied), waits)
	}
	return nil
}

// placeInVpc checks the VPC that state names in property, or sets the region's default VPC.
func placeInVpc(call sim.Call, state sim.State, property string) error {
	region := state.String("region")
	// It is not an object of the cloud: nobody manages it, and its range is not compared with others.
	byDefault := uuid.NewSHA1(uuid.NameSpaceDNS, []byte("default-"+region)).String()
	state.SetDefault(property, byDefault)
	if state.String(property) == byDefault {
		return nil
	}
	vpc, err := find(call, typeVpc, "VPC", state.String(property))
	if err == nil && vpc.String("region") != region {
		err = refuse(422, "VPC %q is in region %s, not in %s", vpc.String("name"), vpc.String("region"), region)
	}
	return err
}
