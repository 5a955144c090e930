package ingress

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/release"
	"github.com/vmstio/infrastructure/infra/room"
)

// Args are the arguments of an Ingress.
type Args struct {
	// Namespace of the ingress controller, which is made here. The project's own
	// documentation uses "ingress-nginx".
	Namespace string
	// Chart of the ingress-nginx controller.
	Chart release.Chart
	// Image replaces the chart's controller image, for a maintained fork; nil keeps
	// it.
	Image *Image
	// Replicas of the controller. From two on, all of the room is highly available:
	// the pods spread over nodes and have disruption budgets, and so do those of
	// cert-manager.
	Replicas int
	// Resources of a controller pod.
	Resources Resources
	// NodeSelector restricts the controller to nodes with these labels; nil for any
	// Linux node.
	NodeSelector map[string]string
	// LoadBalancer is what the controller's Service adopts.
	LoadBalancer LoadBalancer
	// TrustedRange is the range, in CIDR notation, that the load balancer speaks
	// proxy protocol from: the VPC's. Nobody else is believed about the client's
	// address. Needed with proxy protocol only.
	TrustedRange string
	// MaxBodySize is the largest request, as nginx writes it ("99m", which is what
	// Mastodon's own nginx configuration has).
	MaxBodySize string
	// HSTSMaxAge is how long browsers insist on HTTPS, in seconds; 0 sends no header.
	HSTSMaxAge int
	// CertManager is the chart of cert-manager.
	CertManager release.Chart
	// ACME is the account that signs certificates.
	ACME ACME
	// Zone is the DNS zone that certificates are made for.
	Zone string
	// Protect keeps the controller's release and its namespace: deleting its Service
	// deletes the load balancer that it adopted, and with it the address.
	Protect bool
}

// Image is a container image of the controller. What is empty stays the chart's,
// but for the digest: that of the chart belongs to the chart's own image.
type Image struct {
	// Registry, Image (the path below it) and Tag.
	Registry, Image, Tag string
	// Digest, "sha256:..."; empty for none.
	Digest string
}

// Resources of a container, as Kubernetes quantities. There is no limit for CPU:
// it throttles a process that could use an idle core.
type Resources struct {
	// CPU and Memory are requests, MemoryLimit is a limit.
	CPU, Memory, MemoryLimit string
}

// LoadBalancer is the load balancer to adopt. The cloud controller writes all of
// this onto it.
type LoadBalancer struct {
	// ID is its UUID.
	ID pulumi.StringInput
	// Name it has; another name renames it.
	Name string
	// Type is REGIONAL or REGIONAL_NETWORK. It must be the one it has.
	Type string
	// Nodes is its size, 1 to 200.
	Nodes int
	// ProxyProtocol hands the client's address to nginx; switched at both ends. Only
	// with REGIONAL.
	ProxyProtocol bool
}

// The values of ACME.Issuer.
const (
	Production = "production"
	Staging    = "staging"
)

// ACME is the account with Let's Encrypt.
type ACME struct {
	// Issuer is Production, or Staging, whose certificates no browser trusts and
	// whose limits are generous. Both issuers are made.
	Issuer string
	// Email receives warnings.
	Email string
	// DNSToken is a DigitalOcean API token that may change the zone's records. It is
	// kept secret.
	DNSToken pulumi.StringInput
}

var bodySize = regexp.MustCompile(`^[0-9]+[kmg]?$`)

func (a *Args) validate() error {
	check := room.NewCheck("ingress")
	check.Text("Namespace", a.Namespace)
	check.That(a.Namespace != certManagerName, "Namespace %q is cert-manager's", a.Namespace)
	chart(check, "Chart", a.Chart)
	check.That(a.Replicas >= 1, "Replicas %d is less than 1", a.Replicas)
	check.Text("Resources.CPU", a.Resources.CPU)
	check.Text("Resources.Memory", a.Resources.Memory)
	check.Text("Resources.MemoryLimit", a.Resources.MemoryLimit)
	a.LoadBalancer.validate(check)
	if a.LoadBalancer.ProxyProtocol {
		_, err := netip.ParsePrefix(a.TrustedRange)
		check.That(err == nil, "TrustedRange %q is not a range in CIDR notation", a.TrustedRange)
	}
	check.That(bodySize.MatchString(a.MaxBodySize), "MaxBodySize %q is not a size such as \"99m\"", a.MaxBodySize)
	check.That(a.HSTSMaxAge >= 0, "HSTSMaxAge %d is negative", a.HSTSMaxAge)
	chart(check, "CertManager", a.CertManager)
	issuers := []string{Production, Staging}
	check.That(slices.Contains(issuers, a.ACME.Issuer), "ACME.Issuer %q is not one of %v", a.ACME.Issuer, issuers)
	check.Text("ACME.Email", a.ACME.Email)
	check.Input("ACME.DNSToken", a.ACME.DNSToken)
	check.Text("Zone", a.Zone)
	return check.Err()
}

func (l *LoadBalancer) validate(check *room.Check) {
	check.Input("LoadBalancer.ID", l.ID)
	check.Text("LoadBalancer.Name", l.Name)
	types := []string{"REGIONAL", "REGIONAL_NETWORK"}
	check.That(slices.Contains(types, l.Type), "LoadBalancer.Type %q is not one of %v", l.Type, types)
	check.That(l.Nodes >= 1 && l.Nodes <= 200, "LoadBalancer.Nodes %d is not between 1 and 200", l.Nodes)
	check.That(!l.ProxyProtocol || l.Type == "REGIONAL",
		"LoadBalancer.ProxyProtocol needs Type REGIONAL: %s ignores it, and nginx would refuse every connection", l.Type)
}

func chart(check *room.Check, field string, c release.Chart) {
	for _, part := range []struct{ name, value string }{
		{"Repository", c.Repository}, {"Name", c.Name}, {"Version", c.Version},
	} {
		check.Text(fmt.Sprintf("%s.%s", field, part.name), part.value)
	}
}
