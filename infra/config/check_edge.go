package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/vmstio/infrastructure/infra/catalogue"
)

// The types of a regional load balancer.
const (
	BalancerRegional        = "REGIONAL"
	BalancerRegionalNetwork = "REGIONAL_NETWORK"
)

// checkLoadBalancer checks that the client's address survives: a network load
// balancer keeps it and ignores proxy protocol, so that nginx would wait for a
// header that never comes; the other type needs the header.
func (s *Settings) checkLoadBalancer(r *report) {
	path := settingsPath + ".loadBalancer.proxyProtocol"
	switch {
	case s.LoadBalancer.Type == BalancerRegionalNetwork && s.LoadBalancer.ProxyProtocol:
		r.add(path, "true contradicts the type REGIONAL_NETWORK, which ignores proxy protocol and breaks every connection",
			"set it to false, or the type to REGIONAL")
	case s.LoadBalancer.Type == BalancerRegional && !s.LoadBalancer.ProxyProtocol:
		r.add(path, "false loses every client's address with the type REGIONAL",
			"set it to true, or the type to REGIONAL_NETWORK")
	}
}

var (
	bodySize = regexp.MustCompile(`^[1-9][0-9]*[kmg]?$`)
	imageTag = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`)
	digest   = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
	// A registry host with an optional port.
	registry = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]+)?$`)
	// One or more lower-case path components.
	imagePath = regexp.MustCompile(`^[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*$`)
)

func (s *Settings) checkIngress(r *report) {
	path := settingsPath + ".ingress"
	in := s.Ingress
	r.chart(path+".chart", in.Chart)
	r.chart(path+".certManager", in.CertManager)
	r.resources(path+".resources", in.Resources)
	s.checkPlacement(r, path, "", in.Resources)
	r.match(path+".maxBodySize", in.MaxBodySize, bodySize, "a size for nginx", "write it as 99m")
	r.email(path+".acme.email", in.ACME.Email)
	if in.Image == nil {
		return
	}
	path += ".image"
	if in.Image.Registry != "" {
		r.match(path+".registry", in.Image.Registry, registry, "a registry host", "write it as registry.k8s.io")
	}
	if in.Image.Image != "" {
		r.match(path+".image", in.Image.Image, imagePath, "an image path", "write it as ingress-nginx/controller, without registry and tag")
	}
	if in.Image.Tag != "" {
		r.tag(path+".tag", in.Image.Tag)
	}
	if in.Image.Digest != "" {
		r.match(path+".digest", in.Image.Digest, digest, "an image digest", "write it as sha256: and 64 hexadecimal digits")
	}
}

func (r *report) tag(path, tag string) bool {
	if tag == "latest" {
		r.add(path, `"latest" is not a version: it changes without a change here`, "name a version, such as v4.6.2")
		return false
	}
	return r.match(path, tag, imageTag, "an image tag", "name a version, such as v4.6.2, without the image's name or digest")
}

// repository checks an image's name: a registry host and a path.
func (r *report) repository(path, name string) {
	host, rest, ok := strings.Cut(name, "/")
	if !ok || !strings.Contains(host, ".") || !registry.MatchString(host) || !imagePath.MatchString(rest) {
		r.add(path, quote(name)+" is not an image repository",
			"write it with its registry and without a tag, such as ghcr.io/mastodon/mastodon")
	}
}

func (s *Settings) checkMonitoring(r *report) {
	path := settingsPath + ".monitoring"
	if len(s.Monitoring.Emails) == 0 {
		r.add(path+".emails", "the list is empty", "name at least one address, or nobody learns of an alert")
	}
	emails := unique{}
	for i, address := range s.Monitoring.Emails {
		r.email(at(path+".emails", i), address)
		emails.check(r, at(path+".emails", i), address)
	}
	if len(s.Monitoring.Regions) == 0 {
		r.add(path+".regions", "the list is empty", "use "+oneOf(catalogue.UptimeRegions()))
	}
	regions := unique{}
	for i, region := range s.Monitoring.Regions {
		r.choice(at(path+".regions", i), region, "a place that uptime checks look from", catalogue.UptimeRegions())
		regions.check(r, at(path+".regions", i), region)
	}
}

// host is a public name of the environment and the setting that gives it.
type host struct{ path, name string }

// hosts returns the public names, the web host first.
func (s *Settings) hosts() []host {
	hosts := []host{
		{settingsPath + ".domain", s.Domain},
		{settingsPath + ".mastodon.streamingHost", s.Mastodon.StreamingHost},
		{settingsPath + ".storage.mediaHost", s.Storage.MediaHost},
		{settingsPath + ".storage.assetsHost", s.Storage.AssetsHost},
	}
	if s.Docs.Enabled {
		hosts = append(hosts, host{docsPath + ".host", s.Docs.Host})
		for i, alias := range s.Docs.Aliases {
			hosts = append(hosts, host{at(docsPath+".aliases", i), alias})
		}
	}
	return hosts
}

// checkHosts checks that the public names are valid, distinct, and in the zone.
// Only the web host may be the zone itself: the CDN's names are CNAME records,
// which cannot stand there.
func (s *Settings) checkHosts(r *report) {
	zonePath, zone := settingsPath+".dns.zone", s.DNS.Zone
	zoneOK := zone != "" && r.domain(zonePath, zone)
	seen := unique{}
	for i, h := range s.hosts() {
		if h.name == "" || !r.domain(h.path, h.name) {
			continue
		}
		seen.check(r, h.path, h.name)
		inside := strings.HasSuffix(h.name, "."+zone) || i == 0 && h.name == zone
		if zoneOK && !inside {
			r.add(h.path, fmt.Sprintf("%q is not a name in the zone %s", h.name, zone), "use a name that ends in ."+zone)
		}
	}
}

// ownedNames are the record names, relative to the zone, that the program makes.
func (s *Settings) ownedNames() []string {
	var names []string
	for _, h := range s.hosts() {
		if h.name != "" {
			names = append(names, relative(h.name, s.DNS.Zone))
		}
	}
	return slices.Compact(names)
}

func relative(name, zone string) string {
	if name == zone {
		return "@"
	}
	return strings.TrimSuffix(name, "."+zone)
}
