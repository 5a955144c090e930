package config

import (
	"fmt"
	"net/netip"

	"github.com/vmstio/infrastructure/infra/catalogue"
)

// checkNetwork checks the region and the address ranges: each on its own, against
// what DigitalOcean reserves, and against each other.
func (s *Settings) checkNetwork(r *report) {
	if s.Region != "" {
		r.choice(settingsPath+".region", s.Region, "a region with Kubernetes and databases", catalogue.ComputeRegions())
	}
	ranges := []addressRange{
		{settingsPath + ".network.ipRange", s.Network.IPRange, 16, 28, "a VPC"},
		{settingsPath + ".cluster.podSubnet", s.Cluster.PodSubnet, 8, 25, "the pods"},
		{settingsPath + ".cluster.serviceSubnet", s.Cluster.ServiceSubnet, 8, 24, "the Services"},
	}
	seen := map[string]netip.Prefix{}
	for _, a := range ranges {
		prefix, ok := a.check(r, s.Region)
		if !ok {
			continue
		}
		for _, other := range ranges {
			if earlier, ok := seen[other.path]; ok && earlier.Overlaps(prefix) {
				r.add(a.path, fmt.Sprintf("%q overlaps %s (%s)", a.text, other.path, other.text),
					"give each of the three a range of its own")
			}
		}
		seen[a.path] = prefix
	}
	if pods, ok := seen[settingsPath+".cluster.podSubnet"]; ok {
		s.checkPodCapacity(r, pods)
	}
	s.checkAllowedAddresses(r)
}

// addressRange is a setting that holds a private range.
type addressRange struct {
	path, text string
	// minBits and maxBits bound the prefix length.
	minBits, maxBits int
	what             string
}

func (a addressRange) check(r *report, region string) (netip.Prefix, bool) {
	prefix, err := netip.ParsePrefix(a.text)
	if err != nil || !prefix.Addr().Is4() {
		r.add(a.path, quote(a.text)+" is not an IPv4 range", "write it as 10.64.0.0/20")
		return prefix, false
	}
	if prefix.Masked() != prefix {
		r.add(a.path, quote(a.text)+" has address bits beyond its length", "write it as "+prefix.Masked().String())
		return prefix, false
	}
	if !private(prefix) {
		r.add(a.path, quote(a.text)+" is not private", "use a part of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16")
		return prefix, false
	}
	if prefix.Bits() < a.minBits || prefix.Bits() > a.maxBits {
		r.add(a.path, fmt.Sprintf("/%d is not a size for %s", prefix.Bits(), a.what),
			fmt.Sprintf("use a length from /%d to /%d", a.minBits, a.maxBits))
	}
	for _, reserved := range catalogue.ReservedRanges(region) {
		if reserved.Overlaps(prefix) {
			r.add(a.path, fmt.Sprintf("%q overlaps %s, which DigitalOcean reserves", a.text, reserved),
				"use another range")
		}
	}
	return prefix, true
}

func private(prefix netip.Prefix) bool {
	for _, block := range []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"} {
		p := netip.MustParsePrefix(block)
		if p.Contains(prefix.Addr()) && prefix.Bits() >= p.Bits() {
			return true
		}
	}
	return false
}

// nodePodBits is the length of the part of the pod subnet that each node takes:
// a /16 serves the 512 nodes that a DOKS cluster may have.
const nodePodBits = 25

func (s *Settings) checkPodCapacity(r *report, pods netip.Prefix) {
	if pods.Bits() > nodePodBits {
		return
	}
	room, nodes := 1<<(nodePodBits-pods.Bits()), s.Cluster.DefaultPool.Nodes
	for _, pool := range s.Cluster.NodePools {
		nodes += pool.MaxNodes
	}
	if nodes > room {
		r.add(settingsPath+".cluster.podSubnet",
			fmt.Sprintf("%q has room for %d nodes, and the pools may grow to %d", s.Cluster.PodSubnet, room, nodes),
			"use a larger range: every node takes a /25 of it")
	}
}

func (s *Settings) checkAllowedAddresses(r *report) {
	seen := unique{}
	for i, text := range s.Cluster.ControlPlaneAllowedAddresses {
		path := at(settingsPath+".cluster.controlPlaneAllowedAddresses", i)
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			addr, err := netip.ParseAddr(text)
			if err != nil || addr.Zone() != "" {
				r.add(path, quote(text)+" is not an address or a range", "write it as 203.0.113.7 or 203.0.113.0/24")
				continue
			}
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		if prefix.Bits() == 0 {
			r.add(path, quote(text)+" admits every address", "leave the list empty to admit every address")
		}
		if prefix.Masked() != prefix {
			r.add(path, quote(text)+" has address bits beyond its length", "write it as "+prefix.Masked().String())
		}
		seen.check(r, path, text)
	}
}
