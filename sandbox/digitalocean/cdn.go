package digitalocean

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

// acmeLifetime is how long a certificate by Let's Encrypt is valid.
const acmeLifetime = 90 * 24 * time.Hour

// cacheTimes are what a CDN endpoint can have as ttl, in seconds (API reference, cdn_create_endpoint).
var cacheTimes = []int{60, 600, 3600, 86400, 604800}

func cdnResources() map[string]sim.Resource {
	return map[string]sim.Resource{
		typeCdn: {
			Inputs: sim.Fields{
				"origin":          sim.String().Required().Replaces(),
				"ttl":             sim.Int().Computed().Check(cacheTime),
				"customDomain":    sim.String().Check(hostname),
				"certificateName": sim.String().Computed(),
				"certificateId":   sim.String().Computed(),
			},
			Outputs: []string{"createdAt", "endpoint"},
			Check:   checkCdn,
			Create:  createCdn,
			Update:  func(call sim.Call, id string, _, state sim.State) error { return customDomain(call, id, state) },
		},
		typeCertificate: {
			Inputs: sim.Fields{
				"name": sim.String().AutoNamed().Replaces().Check(matches(`[a-zA-Z0-9._-]+`,
					"letters, digits, dashes, periods and underscores")),
				"type":             sim.String().OneOf("custom", "lets_encrypt").Default("custom").Replaces(),
				"domains":          sim.List(sim.String().Check(certificateDomain)).Computed().Unordered().Replaces(),
				"privateKey":       sim.String().Secret().Replaces(),
				"leafCertificate":  sim.String().Replaces(),
				"certificateChain": sim.String().Replaces(),
			},
			Outputs: []string{"notAfter", "sha1Fingerprint", "state", "uuid"},
			Check:   checkCertificate,
			Create:  createCertificate,
			Delete:  deleteCertificate,
		},
	}
}

func cacheTime(value any) error {
	if n, _ := value.(float64); !slices.Contains(cacheTimes, int(n)) {
		return fmt.Errorf("must be one of %s seconds", numbers(cacheTimes))
	}
	return nil
}

var hostnamePattern = matches(`([a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z][a-zA-Z0-9-]*[a-zA-Z0-9]`, "")

func hostname(value any) error {
	if hostnamePattern(value) != nil {
		return errors.New("must be a host name such as cdn.example.com")
	}
	return nil
}

func certificateDomain(value any) error {
	text, _ := value.(string)
	return hostname(strings.TrimPrefix(text, "*."))
}

func checkCdn(s sim.State) []error {
	if s.Known("customDomain", "certificateName", "certificateId") && s.Has("customDomain") &&
		!s.Has("certificateName") && !s.Has("certificateId") {
		return []error{errors.New("customDomain needs certificateName: a certificate for it")}
	}
	return nil
}

func createCdn(call sim.Call, state sim.State) (string, error) {
	origin := state.String("origin")

	bucket := ""

	for _, object := range call.List(typeBucket) {
		if s := sim.State(object.Outputs); s.String("bucketDomainName") == origin {
			bucket = s.String("name")
		}
	}

	if bucket == "" {
		return "", refuse(422, "origin %q is not the domain name of a bucket of this account, such as "+
			"name.nyc3.digitaloceanspaces.com", origin)
	}

	for _, other := range call.List(typeCdn) {
		if sim.State(other.Outputs).String("origin") == origin {
			return "", refuse(409, "a CDN endpoint for origin %q already exists", origin)
		}
	}

	id := newID()
	state.SetDefault("ttl", 3600)
	state.Merge(sim.State{
		"createdAt": timestamp(call),
		"endpoint":  strings.TrimSuffix(origin, "digitaloceanspaces.com") + "cdn.digitaloceanspaces.com",
	})
	return id, customDomain(call, id, state)
}

// customDomain checks that the certificate of a CDN endpoint is for its domain, and that the domain is free.
func customDomain(call sim.Call, id string, state sim.State) error {
	domain := state.String("customDomain")
	if domain == "" {
		delete(state, "certificateName")
		delete(state, "certificateId")
		return nil
	}

	certificate, err := find(call, typeCertificate, "certificate", state.String("certificateName"))
	if err != nil {
		return err
	}

	if !covers(certificate.Strings("domains"), domain) && certificate.String("type") == "lets_encrypt" {
		return refuse(422, "certificate %q is for %s, not for custom domain %q", certificate.String("name"),
			strings.Join(certificate.Strings("domains"), ", "), domain)
	}

	for _, other := range call.List(typeCdn) {
		if other.ID != id && sim.State(other.Outputs).String("customDomain") == domain {
			return refuse(409, "custom domain %q is already in use by another CDN endpoint", domain)
		}
	}

	state["certificateId"] = certificate.String("uuid")
	return nil
}

// covers tells whether a certificate for these domains is one for the host.
func covers(domains []string, host string) bool {
	_, parent, _ := strings.Cut(host, ".")
	return slices.Contains(domains, host) || slices.Contains(domains, "*."+parent)
}

func checkCertificate(s sim.State) []error {
	if !s.Known("type", "domains", "privateKey", "leafCertificate", "certificateChain") {
		return nil
	}

	custom := s.Has("privateKey") || s.Has("leafCertificate") || s.Has("certificateChain")

	switch {
	case s.String("type") == "lets_encrypt" && custom:
		return []error{errors.New("privateKey, leafCertificate and certificateChain conflict with type lets_encrypt")}
	case s.String("type") == "lets_encrypt" && len(s.Strings("domains")) == 0:
		return []error{errors.New("domains is required when type is lets_encrypt")}
	case s.String("type") == "custom" && (!s.Has("privateKey") || !s.Has("leafCertificate")):
		return []error{errors.New("privateKey and leafCertificate are required when type is custom")}
	}
	return nil
}

func createCertificate(call sim.Call, state sim.State) (string, error) {
	if err := unique(call, typeCertificate, "certificate", "", state, 422); err != nil {
		return "", err
	}

	if state.String("type") == "lets_encrypt" {
		for _, domain := range state.Strings("domains") {
			if zone(call, strings.TrimPrefix(domain, "*.")) == "" {
				return "", refuse(422,
					"domain %q is not managed by DigitalOcean DNS: no zone of this account contains it", domain)
			}
		}
	}

	fingerprint := make([]byte, 20)
	if _, err := rand.Read(fingerprint); err != nil {
		return "", fmt.Errorf("making a certificate's fingerprint: %w", err)
	}

	state.SetDefault("domains", []any{})
	state.Merge(sim.State{
		"uuid": newID(), "state": "verified", "sha1Fingerprint": hex.EncodeToString(fingerprint),
		"notAfter": call.Now().Add(acmeLifetime).Format(time.RFC3339),
	})
	return state.String("name"), nil
}

// deleteCertificate refuses while a CDN endpoint or a load balancer presents the certificate.
func deleteCertificate(call sim.Call, id string, _ sim.State) error {
	for _, endpoint := range call.List(typeCdn) {
		if s := sim.State(endpoint.Outputs); s.String("certificateName") == id {
			return refuse(403, "certificate %q is in use by the CDN endpoint of %s", id, s.String("origin"))
		}
	}

	for _, balancer := range call.List(typeLoadBalancer) {
		for _, rule := range sim.State(balancer.Outputs).Objects("forwardingRules") {
			if rule.String("certificateName") == id {
				return refuse(403, "certificate %q is in use by load balancer %q",
					id, sim.State(balancer.Outputs).String("name"))
			}
		}
	}
	return nil
}
