package ingress

// certManagerName is the name of cert-manager's release and of its namespace.
const certManagerName = "cert-manager"

// The values of the chart cert-manager that differ from its defaults. Every field
// was looked up in the values, schema and templates of chart v1.21.2.
type (
	certManagerValues struct {
		CRDs crds `json:"crds"`
		certManagerPart
		Prometheus prometheus      `json:"prometheus"`
		Webhook    webhookPart     `json:"webhook"`
		CAInjector certManagerPart `json:"cainjector"`
	}
	crds struct {
		Enabled bool `json:"enabled"`
		// Keep leaves the definitions, and with them every certificate, when the release
		// goes.
		Keep bool `json:"keep"`
	}
	certManagerPart struct {
		ReplicaCount              int              `json:"replicaCount"`
		PodDisruptionBudget       disruptionBudget `json:"podDisruptionBudget"`
		Resources                 resources        `json:"resources"`
		TopologySpreadConstraints []spread         `json:"topologySpreadConstraints"`
	}
	webhookPart struct {
		certManagerPart
		TimeoutSeconds int `json:"timeoutSeconds"`
	}
	disruptionBudget struct {
		// Enabled makes a budget that keeps one pod.
		Enabled bool `json:"enabled"`
	}
	prometheus struct {
		// Enabled annotates the pods for Prometheus and adds a port for it.
		Enabled bool `json:"enabled"`
	}
)

func (a *Args) certManagerValues() certManagerValues {
	part := func(component, name, cpu, memory string) certManagerPart {
		p := certManagerPart{
			ReplicaCount:              1,
			Resources:                 resources{Requests: quantities{CPU: cpu, Memory: memory}},
			TopologySpreadConstraints: spreadOverNodes(name, certManagerName, component),
		}
		// With a single pod, a budget that keeps one would block every node upgrade.
		if a.Replicas > 1 {
			p.ReplicaCount = 2
			p.PodDisruptionBudget.Enabled = true
		}
		return p
	}
	return certManagerValues{
		CRDs:            crds{Enabled: true, Keep: true},
		certManagerPart: part("controller", certManagerName, "20m", "96Mi"),
		Prometheus:      prometheus{Enabled: true},
		Webhook: webhookPart{
			certManagerPart: part("webhook", "webhook", "10m", "48Mi"),
			// The chart's 30 is too long for DigitalOcean to upgrade the cluster.
			TimeoutSeconds: 10,
		},
		CAInjector: part("cainjector", "cainjector", "10m", "96Mi"),
	}
}

// issuers are the directories of Let's Encrypt, by the value of ACME.Issuer
// (letsencrypt.org/docs/acme-protocol-updates, letsencrypt.org/docs/staging-environment).
func issuers() []issuer {
	return []issuer{
		{Production, "https://acme-v02.api.letsencrypt.org/directory"},
		{Staging, "https://acme-staging-v02.api.letsencrypt.org/directory"},
	}
}

type issuer struct{ kind, server string }

// name is the name of the ClusterIssuer.
func (i issuer) name() string { return "letsencrypt-" + i.kind }

// The Secret with the DNS token, in cert-manager's namespace: cluster issuers look
// for their Secrets there.
const (
	tokenSecret = "digitalocean-dns"
	tokenKey    = "access-token"
)

// The spec of a ClusterIssuer, as far as it is used here.
// https://cert-manager.io/docs/configuration/acme/dns01/digitalocean/
type (
	issuerSpec struct {
		ACME acmeSpec `json:"acme"`
	}
	acmeSpec struct {
		Server              string   `json:"server"`
		Email               string   `json:"email"`
		PrivateKeySecretRef named    `json:"privateKeySecretRef"`
		Solvers             []solver `json:"solvers"`
	}
	named struct {
		Name string `json:"name"`
	}
	solver struct {
		Selector dnsZones `json:"selector"`
		DNS01    dns01    `json:"dns01"`
	}
	dnsZones struct {
		DNSZones []string `json:"dnsZones"`
	}
	dns01 struct {
		DigitalOcean digitalOcean `json:"digitalocean"`
	}
	digitalOcean struct {
		TokenSecretRef keyOf `json:"tokenSecretRef"`
	}
	keyOf struct {
		Name string `json:"name"`
		Key  string `json:"key"`
	}
)

// spec proves the possession of names by DNS records. The proof by HTTP would have
// cert-manager call itself through the load balancer first, which fails from
// inside the cluster when there is proxy protocol.
func (i issuer) spec(a *Args) issuerSpec {
	return issuerSpec{ACME: acmeSpec{
		Server:              i.server,
		Email:               a.ACME.Email,
		PrivateKeySecretRef: named{i.name() + "-account"},
		Solvers: []solver{{
			Selector: dnsZones{[]string{a.Zone}},
			DNS01:    dns01{digitalOcean{keyOf{Name: tokenSecret, Key: tokenKey}}},
		}},
	}}
}
