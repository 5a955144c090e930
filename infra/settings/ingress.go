package settings

import (
	"fmt"
	"net/netip"

	"github.com/vmstio/infrastructure/infra/settings/internal/decode"
)

// Ingress is the reverse proxy and the certificates it serves.
type Ingress struct {
	// Chart of the ingress-nginx controller. The default is the last release of the project, which is declared for
	// Kubernetes up to 1.35.
	Chart Chart `json:"chart" default:"{repository: 'https://kubernetes.github.io/ingress-nginx', name: ingress-nginx, version: 4.15.1}"` //nolint:lll // a tag cannot be broken
	// Image replaces the controller image of the chart, for a maintained fork. The fields that are left out stay the
	// chart's.
	Image *ControllerImage `json:"image"`
	// Replicas of the controller. From two on, everything about the ingress is highly available: the pods spread over
	// nodes and have disruption budgets, and so do those of cert-manager.
	Replicas int `json:"replicas" jsonschema:"required,minimum=1"`
	// Pool is the role of the node pool that the controller runs on; empty lets the scheduler choose.
	Pool string `json:"pool"`
	// Resources of a controller pod.
	Resources Resources `json:"resources" default:"{cpu: 200m, memory: 256Mi, memoryLimit: 512Mi}"`
	// MaxBodySize is the largest upload, as nginx writes it. The default is that of Mastodon's own nginx configuration.
	MaxBodySize string `json:"maxBodySize" jsonschema:"format=nginx-size" default:"99m"`
	// TrustedRanges are IPv4 ranges besides network.ipRange from which the load balancer may name the address of a
	// client (proxy protocol). The load balancer speaks from within the VPC; name another range only when the
	// controller's log shows that it does not: whoever is in it can pretend to be anybody.
	TrustedRanges []string `json:"trustedRanges" jsonschema:"format=ipv4-range" example:"10.118.0.0/24"`
	// HSTSMaxAge is how long browsers insist on HTTPS, in seconds; 0 makes them forget it. The default is two years.
	HSTSMaxAge int `json:"hstsMaxAge" jsonschema:"minimum=0" default:"63072000"`
	// Values are further values of the chart, merged last, at your own risk.
	Values Values `json:"values"`
	// CertManager is the chart that obtains the certificates.
	CertManager CertManager `json:"certManager" default:"{repository: 'https://charts.jetstack.io', name: cert-manager, version: v1.21.2}"` //nolint:lll // a tag cannot be broken
	// ACME is the certificate authority's account.
	ACME ACME `json:"acme" jsonschema:"required"`
}

// CertManager names the Helm chart of cert-manager.
type CertManager struct {
	// Repository is the https URL of the chart repository, or the folder of a registry that has the chart, as
	// oci://registry.example.org/charts.
	Repository string `json:"repository" jsonschema:"format=chart-repository"`
	// Name is the chart's name in the repository.
	Name string `json:"name" jsonschema:"format=chart-name"`
	// Version is the exact chart version.
	Version string `json:"version" jsonschema:"format=version"`
	// Values are further values of the chart, merged last, at your own risk.
	Values Values `json:"values"`
}

// Chart is the chart without its values.
func (c CertManager) Chart() Chart {
	return Chart{Repository: c.Repository, Name: c.Name, Version: c.Version}
}

// ControllerImage is a container image of the ingress controller.
type ControllerImage struct {
	// Registry, such as "registry.k8s.io".
	Registry string `json:"registry" jsonschema:"format=image-registry"`
	// Image is the path below the registry.
	Image string `json:"image" jsonschema:"format=image-path"`
	// Tag of the image.
	Tag string `json:"tag" jsonschema:"format=image-tag"`
	// Digest of the image, "sha256:...". An empty one drops the chart's digest, which belongs to the chart's own image.
	Digest string `json:"digest" jsonschema:"format=image-digest"`
}

// The values of ACME.Issuer, and of the issuers that the cluster has.
const (
	IssuerProduction = "production"
	IssuerStaging    = "staging"
)

// ACME is the account with Let's Encrypt.
type ACME struct {
	// Issuer signs the certificates: "production", or "staging", whose certificates no browser trusts and whose limits
	// are generous.
	Issuer string `json:"issuer" jsonschema:"required,enum=production,enum=staging"`
	// Email receives warnings about certificates that expire.
	Email string `json:"email" jsonschema:"required,format=email" example:"hostmaster@example.org"`
}

// Check reports values of the chart that would cut the instance off or let strangers in. The names are those of the
// values and templates of chart 4.15.1.
func (i Ingress) Check(at At) {
	const annotation, balancer = "annotations.", "annotations.service.beta.kubernetes.io/do-loadbalancer-"
	r := reasons{}
	const adopts = "the Service must adopt the program's load balancer; see loadBalancer"
	r.add(adopts, "controller.service.", annotation+"kubernetes.digitalocean.com/load-balancer-id", balancer+"name",
		balancer+"type", balancer+"size-unit", balancer+"enable-proxy-protocol", balancer+"disown", balancer+"network",
		balancer+"network-stack", "enabled", "external.enabled", "type", "loadBalancerClass")
	r.add("the load balancer's health check finds the pods by it", "controller.service.", "externalTrafficPolicy")
	r.add("the runbooks know the objects by their names", "",
		"controller.name", "nameOverride", "fullnameOverride", "namespaceOverride")
	r.add("a wrong one lets anybody forge the address of a client", "controller.config.", "use-proxy-protocol",
		"use-forwarded-headers", "enable-real-ip", "forwarded-for-header")
	r.add("it is ingress.trustedRanges", "controller.config.", "proxy-real-ip-cidr")
	r.add("an Ingress could write into the configuration of nginx", "controller.", "config.annotations-risk-level",
		"config.allow-snippet-annotations", "allowSnippetAnnotations", "enableAnnotationValidations")
	r.add("Mastodon's Ingresses name the class", "controller.ingressClass", "", "Resource.name", "Resource.enabled",
		"Resource.controllerValue")
	r.add(ownNetwork, "controller.", "hostNetwork", "hostPort")
	r.add(upgrades, "controller.", "admissionWebhooks.timeoutSeconds")
	r.add("it is ingress.replicas", "controller.", "replicaCount", "autoscaling", "keda")
	r.add("it is ingress.image", "controller.", "image")
	r.add("it is ingress.hstsMaxAge", "controller.config.", "hsts", "hsts-max-age")
	r.add("it is ingress.maxBodySize, which the instance has, too", "controller.config.", "proxy-body-size")
	i.Values.refuse(at.Key("values"), r)
}

// checkTrusted reports ranges that nobody would name clients from, and those from which a pod could make them up.
func (s *Settings) checkTrusted(at At) {
	cluster, seen := at.Key("cluster"), decode.Unique{}
	for i, text := range s.Ingress.TrustedRanges {
		at := at.Key("ingress").Key("trustedRanges").Index(i)
		seen.Add(at, text)
		prefix, err := netip.ParsePrefix(text)
		if err != nil || at.Bad() || !masked(at, text, prefix) {
			continue
		}
		if pods, err := netip.ParsePrefix(s.Cluster.PodSubnet); err == nil && pods.Overlaps(prefix) {
			at.Add(
				fmt.Sprintf("%q overlaps %s (%s), so that every pod could pretend to be anybody", text,
					cluster.Key("podSubnet"), s.Cluster.PodSubnet),
				"name what the log shows, and no more, such as 10.118.0.7/32",
			)
		}
	}
	if len(s.Ingress.TrustedRanges) > 0 && !s.LoadBalancer.ProxyProtocol {
		at.Key("ingress").Key("trustedRanges").Add("nobody names addresses of clients without proxy protocol",
			"set loadBalancer.proxyProtocol to true, or remove them")
	}
}

// ownNetwork is what the pod-security standard "baseline" says, which the namespaces enforce.
const ownNetwork = "Kubernetes refuses pods with the network or a port of their node in this namespace"

const upgrades = "DigitalOcean upgrades no cluster with a webhook that may take 30 seconds"

// Check reports values of the chart that would lose certificates or block upgrades of the cluster. The names are those
// of the values of chart v1.21.2.
func (c CertManager) Check(at At) {
	r := reasons{}
	r.add("every certificate is deleted with the definitions", "", "crds.enabled", "crds.keep", "installCRDs")
	r.add("the issuers look for their Secrets in cert-manager's namespace", "",
		"namespace", "clusterResourceNamespace")
	r.add("the pods are spread by their labels", "", "nameOverride")
	r.add(ownNetwork, "webhook.", "hostNetwork")
	r.add(upgrades, "webhook.", "timeoutSeconds")
	c.Values.refuse(at.Key("values"), r)
}
