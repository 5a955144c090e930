package settings

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// NetworkPolicies say what the pods of Mastodon, of the backups and of the observability may connect to, and who to
// them. Whatever no policy lets through is dropped (kubernetes.io/docs/concepts/services-networking/network-policies).
type NetworkPolicies struct {
	// Enabled makes the policies. Without them, every pod in the cluster reaches the logins of the databases, all other
	// pods, and what a Droplet says about itself at 169.254.169.254 (metadata).
	Enabled bool `json:"enabled" default:"true"`
	// Allow are further destinations of the pods of Mastodon, but for streaming, and of the backups: a mail relay or a
	// directory in the VPC, a LibreTranslate in the cluster. Public addresses are no matter of it: those may be
	// connected to anyway.
	Allow []Destination `json:"allow"`
}

// Destination is what pods may connect to over TCP: addresses outside the cluster, or pods in it.
type Destination struct {
	// Range is a private range. It has to be the address of no pod or Service: those are known by their namespace.
	Range string `json:"range" jsonschema:"format=ipv4-range" example:"10.64.0.9/32"`
	// Namespace has the pods.
	Namespace string `json:"namespace" jsonschema:"format=namespace" example:"libretranslate"`
	// Port that is connected to; of pods it is their own, which need not be the one of their Service.
	Port int `json:"port" jsonschema:"required,minimum=1,maximum=65535" example:"636"`
}

// LinkLocal has the address at which a Droplet is told about itself: its user data, and with them what a node of the
// cluster begins with (docs.digitalocean.com/products/droplets/how-to/access-metadata; RFC 3927).
const LinkLocal = "169.254.0.0/16"

// ClosedRanges are the ranges in which nothing is public. What pods may connect to there is said one by one.
// RFC 1918, RFC 6598, RFC 3927.
func ClosedRanges() []string {
	return []string{"10.0.0.0/8", "100.64.0.0/10", LinkLocal, "172.16.0.0/12", "192.168.0.0/16"}
}

// Check reports a destination that is none or two, and a range that no policy should or could let through.
func (d Destination) Check(at At) {
	const remedy = "write range for addresses outside the cluster, or namespace for pods in it"
	switch {
	case d.Range != "" && d.Namespace != "":
		at.Add("it has both a range and a namespace", remedy)
	case d.Range != "":
		checkClosed(at.Key("range"), d.Range)
	case d.Namespace == "":
		at.Add("it has neither a range nor a namespace", remedy)
	}
}

// checkClosed reports a range that is no part of the closed ones, or that has the metadata.
func checkClosed(at At, text string) {
	prefix, err := netip.ParsePrefix(text)
	inside := func(block string) bool {
		p := netip.MustParsePrefix(block)
		return p.Contains(prefix.Addr()) && prefix.Bits() >= p.Bits()
	}
	switch {
	case err != nil || at.Bad() || !masked(at, text, prefix):
	case netip.MustParsePrefix(LinkLocal).Overlaps(prefix):
		at.Add(quote(text)+" has what Droplets are told about themselves, which no pod may ask", "remove it")
	case !slices.ContainsFunc(ClosedRanges(), inside):
		at.Add(quote(text)+" is not private", "remove it if it is public: that is allowed anyway; else use a part of "+
			"10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10")
	}
}

// checkAllowed reports ranges that have pods or Services in them. A rule for addresses holds for nothing that Cilium
// knows by its labels, and Services are replaced by pods before any rule is looked at (docs.cilium.io, "Layer 3
// Policies": IP/CIDR based).
func (s *Settings) checkAllowed(at At) {
	cluster := at.Key("cluster")
	for i, d := range s.Cluster.NetworkPolicies.Allow {
		at := cluster.Key("networkPolicies").Key("allow").Index(i).Key("range")
		prefix, err := netip.ParsePrefix(d.Range)
		if err != nil || at.Bad() || netip.MustParsePrefix(LinkLocal).Overlaps(prefix) {
			continue
		}
		for _, own := range []struct{ key, text string }{
			{"podSubnet", s.Cluster.PodSubnet}, {"serviceSubnet", s.Cluster.ServiceSubnet},
		} {
			if other, err := netip.ParsePrefix(own.text); err == nil && other.Overlaps(prefix) {
				at.Add(fmt.Sprintf("%q overlaps %s (%s), and a range lets nothing through to pods", d.Range,
					cluster.Key(own.key), own.text), "write the namespace of the pods in its place, and their own port")
				break
			}
		}
	}
}

// warnOfNetworkPolicies says what is open, and what Mastodon is allowed that the policies do not let through.
func (s *Settings) warnOfNetworkPolicies(w warn) {
	policies := s.Cluster.NetworkPolicies
	if !policies.Enabled {
		w("cluster.networkPolicies.enabled",
			"false lets every pod in the cluster reach the databases, all other pods and the metadata of the Droplets",
			"set it to true; cluster.networkPolicies.allow lets single connections through")
		return
	}
	// Mastodon's own rule against requests to private addresses (app/lib/request.rb) comes before the cluster's.
	const variable = "ALLOWED_PRIVATE_ADDRESSES"
	for text := range strings.SplitSeq(s.Mastodon.Environment[variable], ",") {
		if text = strings.TrimSpace(text); text != "" && !policies.reach(text) {
			w("mastodon.environment."+variable, "no network policy lets anything through to "+quote(text),
				"add it to cluster.networkPolicies.allow with its port, or the namespace of its pods")
		}
	}
}

// reach reports whether any destination may be the address or the range. Whose pods have an address, nobody knows
// beforehand.
func (n NetworkPolicies) reach(text string) bool {
	wanted, err := netip.ParsePrefix(text)
	if err != nil {
		address, err := netip.ParseAddr(text)
		if err != nil {
			return true
		}
		wanted = netip.PrefixFrom(address, address.BitLen())
	}
	return slices.ContainsFunc(n.Allow, func(d Destination) bool {
		prefix, err := netip.ParsePrefix(d.Range)
		return d.Namespace != "" || err == nil && prefix.Overlaps(wanted)
	})
}
