package settings

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/vmstio/infrastructure/infra/catalogue"
)

// Network is the private network of the environment.
type Network struct {
	// IPRange is the VPC's range in CIDR notation, /16 to /28, from the private blocks. No other VPC of the account may
	// overlap it. Changing it replaces the VPC and everything in it.
	IPRange string `json:"ipRange" jsonschema:"required,format=ipv4-range" example:"10.64.0.0/20"`
}

// checkRanges checks the address ranges: each on its own, against what DigitalOcean reserves, and against each other.
func (s *Settings) checkRanges(at At) {
	cluster := at.Key("cluster")
	ranges := []addressRange{
		{at.Key("network").Key("ipRange"), s.Network.IPRange, 16, 28, "a VPC"},
		{cluster.Key("podSubnet"), s.Cluster.PodSubnet, 8, 25, "the pods"},
		{cluster.Key("serviceSubnet"), s.Cluster.ServiceSubnet, 8, 24, "the Services"},
	}
	seen := map[string]netip.Prefix{}
	for _, a := range ranges {
		prefix, ok := a.check(s.Region)
		if !ok {
			continue
		}
		for _, other := range ranges {
			if earlier, ok := seen[other.at.String()]; ok && earlier.Overlaps(prefix) {
				a.at.Add(fmt.Sprintf("%q overlaps %s (%s)", a.text, other.at, other.text),
					"give each of the three a range of its own")
			}
		}
		seen[a.at.String()] = prefix
	}
	if pods, ok := seen[cluster.Key("podSubnet").String()]; ok {
		s.Cluster.checkPodCapacity(cluster.Key("podSubnet"), pods)
	}
}

// masked reports whether a range has no address bits beyond its length, and says how it is written where it has.
func masked(at At, text string, prefix netip.Prefix) bool {
	if prefix.Masked() == prefix {
		return true
	}
	at.Add(quote(text)+" has address bits beyond its length", "write it as "+prefix.Masked().String())
	return false
}

// addressRange is a setting that holds a private range.
type addressRange struct {
	at   At
	text string
	// minBits and maxBits bound the prefix length.
	minBits, maxBits int
	what             string
}

func (a addressRange) check(region string) (netip.Prefix, bool) {
	prefix, err := netip.ParsePrefix(a.text)
	if a.at.Bad() || err != nil {
		return prefix, false
	}
	if !masked(a.at, a.text, prefix) {
		return prefix, false
	}
	if !private(prefix) {
		a.at.Add(quote(a.text)+" is not private", "use a part of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16")
		return prefix, false
	}
	if prefix.Bits() < a.minBits || prefix.Bits() > a.maxBits {
		a.at.Add(fmt.Sprintf("/%d is not a size for %s", prefix.Bits(), a.what),
			fmt.Sprintf("use a length from /%d to /%d", a.minBits, a.maxBits))
	}
	for _, reserved := range catalogue.ReservedRanges(region) {
		if reserved.Overlaps(prefix) {
			a.at.Add(fmt.Sprintf("%q overlaps %s, which DigitalOcean reserves", a.text, reserved), "use another range")
		}
	}
	return prefix, true
}

func private(prefix netip.Prefix) bool {
	return slices.ContainsFunc([]string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"}, func(block string) bool {
		p := netip.MustParsePrefix(block)
		return p.Contains(prefix.Addr()) && prefix.Bits() >= p.Bits()
	})
}
