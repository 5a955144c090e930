package digitalocean

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	sdk "github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"

	"github.com/vmstio/infrastructure/sandbox/cloud"
	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

const (
	// acmeLifetime is how long a certificate by Let's Encrypt is valid; a third of it before the end it is renewed.
	acmeLifetime = 90 * 24 * time.Hour
	// issuing is how long the provider waits for a certificate to be verified (Terraform provider, certificate).
	issuing = 10 * time.Minute
	// givesUp is when DigitalOcean does: it tries three times, 20 minutes apart (documentation of load balancers,
	// "Limits"). The certificate stays, and is none.
	givesUp = time.Hour
)

func cdnResources(options Options) map[string]sim.Resource {
	return map[string]sim.Resource{
		typeCdn: sim.From(sdk.CdnArgs{}, sdk.Cdn{}, sim.Rules{
			Replaces: "origin", Computed: "ttl certificateName certificateId",
			Checks: map[string][]sim.Check{
				// API reference, cdn_create_endpoint.
				"ttl": {oneOfNumbers(" seconds", 60, 600, 3600, 86400, 604800)}, "customDomain": {hostname},
			},
		}, sim.Resource{
			Check: checkCdn, Create: createCdn,
			Update:  func(call sim.Call, id string, _, state sim.State) error { return customDomain(call, id, state) },
			Refresh: refreshCdn,
			// Terraform provider, resource cdn: it forgets the endpoint, and returns the error all the same.
			Gone: func(id string) error {
				return fmt.Errorf("Error reading CDN: "+ //nolint:staticcheck // quoted
					"GET https://api.digitalocean.com/v2/cdn/endpoints/%s: 404 cdn not found", id)
			},
		}),
		// Certificates that somebody brings along are not simulated.
		typeCertificate: sim.From(sdk.CertificateArgs{}, sdk.Certificate{}, sim.Rules{
			AutoNamed: "name", Required: "type domains", Replaces: "name type domains", Unordered: "domains",
			Checks: map[string][]sim.Check{
				"name": {matches(`[a-zA-Z0-9._-]+`, "letters, digits, dashes, periods and underscores")},
				"type": {sim.OneOf("lets_encrypt")},
				"domains[]": {passes(func(text string) bool { return isHostname(strings.TrimPrefix(text, "*.")) },
					"a host name such as cdn.example.com")},
			},
		}, sim.Resource{
			Waits: issuing, Keeps: true,
			Create: options.createCertificate, Refresh: options.refreshCertificate, Delete: deleteCertificate,
		}),
	}
}

// refreshCdn follows a certificate that was renewed. The provider asks for it by the ID that the endpoint has, and has
// no answer for one that is not there.
func refreshCdn(call sim.Call, _ string, state sim.State) error {
	if state.String("certificateId") == "" {
		return nil
	}
	certificate, ok := call.Get(typeCertificate, state.String("certificateName"))
	if !ok {
		return fmt.Errorf("GET https://api.digitalocean.com/v2/certificates/%s: 404 certificate not found",
			state.String("certificateId"))
	}
	state["certificateId"] = certificate.Outputs["uuid"]
	return nil
}

func checkCdn(s sim.State) []error {
	if s.Known("customDomain", "certificateName") && s.Has("customDomain") && !s.Has("certificateName") {
		return []error{errors.New("customDomain needs certificateName: a certificate for it")}
	}
	return nil
}

func createCdn(call sim.Call, state sim.State) (string, error) {
	origin := state.String("origin")
	if len(having(call, typeBucket, "bucketDomainName", origin)) == 0 {
		return "", refuse(422, "origin %q is not the domain name of a bucket of this account, such as "+
			"name.nyc3.digitaloceanspaces.com", origin)
	}
	if len(having(call, typeCdn, "origin", origin)) > 0 {
		return "", refuse(409, "a CDN endpoint for origin %q already exists", origin)
	}
	id := newID()
	state.SetDefault("ttl", 3600)
	state.Merge(sim.State{
		"createdAt": timestamp(call),
		"endpoint":  strings.TrimSuffix(origin, "digitaloceanspaces.com") + "cdn.digitaloceanspaces.com",
	})
	return id, customDomain(call, id, state)
}

// customDomain checks that the certificate of a CDN endpoint is for its domain, and that the domain is free. Where the
// zone is here and has no record of the name, DigitalOcean adds the CNAME (documentation, "How to customize the Spaces
// CDN endpoint"), and refuses the program's own when that comes later.
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
	if !covers(certificate.Strings("domains"), domain) {
		return refuse(422, "certificate %q is for %s, not for custom domain %q", certificate.String("name"),
			strings.Join(certificate.Strings("domains"), ", "), domain)
	}
	for other := range having(call, typeCdn, "customDomain", domain) {
		if other != id {
			return refuse(409, "custom domain %q is already in use by another CDN endpoint", domain)
		}
	}
	state["certificateId"] = certificate.String("uuid")
	within := zone(call, domain)
	if within == "" || len(having(call, typeRecord, "fqdn", domain)) > 0 {
		return nil
	}
	return call.Put(cloud.Object{Type: typeRecord, ID: newNumber(), Outputs: sim.State{
		"domain": within, "type": "CNAME", "name": strings.TrimSuffix(domain, "."+within), "fqdn": domain,
		"value": state.String("endpoint") + ".", "ttl": recordTTL,
	}})
}

// covers tells whether a certificate for these domains is one for the host.
func covers(domains []string, host string) bool {
	_, parent, _ := strings.Cut(host, ".")
	return slices.Contains(domains, host) || slices.Contains(domains, "*."+parent)
}

func (o Options) createCertificate(call sim.Call, state sim.State) (string, error) {
	if err := unique(call, typeCertificate, "certificate", "", state, 422); err != nil {
		return "", err
	}
	for _, domain := range state.Strings("domains") {
		switch within := zone(call, domain); {
		case within == "":
			return "", refuse(422, "domain %q is not managed by DigitalOcean DNS: no zone of this account contains it",
				domain)
		case !seen(call, within, o.Undelegated):
			return "", refuse(422, "no NS records found: the world does not see zone %q of domain %q yet",
				within, domain)
		}
	}
	state["state"] = o.issued(cmp.Or(call.Timeout, issuing))
	issue(call, state)
	return state.String("name"), nil
}

// issued is the state of a certificate after that time.
func (o Options) issued(after time.Duration) string {
	switch takes := o.Slow[typeCertificate]; {
	case takes <= after:
		return "verified"
	case after < givesUp:
		return "pending"
	}
	return "error"
}

// issue gives a certificate what it has anew after each renewal: an ID, too (documentation of DOKS, "Limits").
func issue(call sim.Call, state sim.State) {
	state.Merge(sim.State{
		"uuid": newID(), "sha1Fingerprint": hex.EncodeToString([]byte(rand.Text()[:20])),
		"notAfter": call.Now().Add(acmeLifetime).Format(time.RFC3339),
	})
}

// refreshCertificate verifies one that was pending, once that is no longer slow, and renews one in time.
func (o Options) refreshCertificate(call sim.Call, _ string, state sim.State) error {
	if state.String("state") == "pending" {
		state["state"] = o.issued(issuing)
	}
	end, err := time.Parse(time.RFC3339, state.String("notAfter"))
	if err != nil || !call.Now().Before(end.Add(-acmeLifetime/3)) {
		issue(call, state)
	}
	return nil
}

// deleteCertificate refuses while a CDN endpoint presents the certificate.
func deleteCertificate(call sim.Call, id string, _ sim.State) error {
	for _, endpoint := range having(call, typeCdn, "certificateName", id) {
		return refuse(403, "certificate %q is in use by the CDN endpoint of %s", id, endpoint.String("origin"))
	}
	return nil
}
