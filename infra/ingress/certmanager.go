package ingress

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/internal/kube"
	"github.com/vmstio/infrastructure/infra/settings"
)

// certManagerName is the name of cert-manager's release and of its namespace.
const certManagerName = "cert-manager"

// The values of the chart cert-manager that differ from its defaults. Every field was looked up in the values, schema
// and templates of chart v1.21.2.
type (
	certManager struct {
		CRDs crds `json:"crds"`
		certManagerPart
		// Prometheus annotates the pods for it and adds a port.
		Prometheus toggle          `json:"prometheus"`
		Webhook    webhookPart     `json:"webhook"`
		CAInjector certManagerPart `json:"cainjector"`
	}
	crds struct {
		Enabled bool `json:"enabled"`
		// Keep leaves the definitions, and with them every certificate, when the release goes.
		Keep bool `json:"keep"`
	}
	certManagerPart struct {
		ReplicaCount int `json:"replicaCount"`
		// PodDisruptionBudget keeps one pod.
		PodDisruptionBudget       toggle         `json:"podDisruptionBudget"`
		Resources                 kube.Resources `json:"resources"`
		TopologySpreadConstraints []kube.Spread  `json:"topologySpreadConstraints"`
	}
	webhookPart struct {
		certManagerPart
		TimeoutSeconds int `json:"timeoutSeconds"`
	}
	toggle struct {
		Enabled bool `json:"enabled"`
	}
)

// certManagerValues are all the values of the chart.
func (a *Args) certManagerValues() (pulumi.Map, error) {
	part := func(component, name, cpu, memory string) certManagerPart {
		p := certManagerPart{
			ReplicaCount: 1,
			Resources:    kube.Resources{Requests: map[string]string{"cpu": cpu, "memory": memory}},
			TopologySpreadConstraints: kube.SpreadOverNodes(
				kube.Labels(name, certManagerName, component), kube.DoNotSchedule),
		}
		// With a single pod, a budget that keeps one would block every node upgrade.
		if a.Replicas > 1 {
			p.ReplicaCount = 2
			p.PodDisruptionBudget.Enabled = true
		}
		return p
	}
	values, err := kube.Values(certManager{
		CRDs:            crds{Enabled: true, Keep: true},
		certManagerPart: part("controller", certManagerName, "20m", "96Mi"),
		Prometheus:      toggle{true},
		Webhook: webhookPart{
			certManagerPart: part("webhook", "webhook", "10m", "48Mi"),
			// The chart's 30 is too long for DigitalOcean to upgrade the cluster.
			TimeoutSeconds: 10,
		},
		CAInjector: part("cainjector", "cainjector", "10m", "96Mi"),
	})
	if err != nil {
		return nil, err
	}
	return values, kube.Merge(values, a.CertManager.Values)
}

// directories are those of Let's Encrypt, by the value of ACME.Issuer
// (letsencrypt.org/docs/acme-protocol-updates, letsencrypt.org/docs/staging-environment).
var directories = map[string]string{
	settings.IssuerProduction: "https://acme-v02.api.letsencrypt.org/directory",
	settings.IssuerStaging:    "https://acme-staging-v02.api.letsencrypt.org/directory",
}

// issuerName is the name of a ClusterIssuer.
func issuerName(kind string) string { return "letsencrypt-" + kind }

// The Secret with the DNS token, in cert-manager's namespace: cluster issuers look for their Secrets there.
const (
	tokenSecret = "digitalocean-dns"
	tokenKey    = "access-token"
)

// issuerSpec proves the possession of names by DNS records. The proof by HTTP would have cert-manager call itself
// through the load balancer first, which fails from inside the cluster when there is proxy protocol.
// https://cert-manager.io/docs/configuration/acme/dns01/digitalocean/
func (a *Args) issuerSpec(kind string) pulumi.Map {
	return pulumi.Map{"acme": pulumi.Map{
		"server":              pulumi.String(directories[kind]),
		"email":               pulumi.String(a.ACME.Email),
		"privateKeySecretRef": pulumi.Map{"name": pulumi.String(issuerName(kind) + "-account")},
		"solvers": pulumi.Array{pulumi.Map{
			"selector": pulumi.Map{"dnsZones": pulumi.ToStringArray([]string{string(a.Zone)})},
			"dns01": pulumi.Map{"digitalocean": pulumi.Map{
				"tokenSecretRef": pulumi.Map{"name": pulumi.String(tokenSecret), "key": pulumi.String(tokenKey)},
			}},
		}},
	}}
}
