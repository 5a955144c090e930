package config

// LoadBalancer is the DigitalOcean load balancer that holds the public address.
type LoadBalancer struct {
	// Type is REGIONAL (HTTP and TCP, needs proxy protocol to hand on the client's
	// address) or REGIONAL_NETWORK (layer 4, keeps the address by itself and
	// ignores proxy protocol). Changing it changes the public address.
	Type string `json:"type" jsonschema:"required,enum=REGIONAL,enum=REGIONAL_NETWORK"`
	// Nodes is the number of load balancer nodes (size unit). Each carries 10,000
	// connections.
	Nodes int `json:"nodes" jsonschema:"required,minimum=1,maximum=200"`
	// ProxyProtocol hands the client's address to nginx. It is set at both ends: true
	// for REGIONAL, false for REGIONAL_NETWORK.
	ProxyProtocol bool `json:"proxyProtocol" jsonschema:"required"`
}

// Ingress is the reverse proxy and the certificates it serves.
type Ingress struct {
	// Chart of the ingress-nginx controller. Defaults to ingress-nginx 4.15.1 from
	// https://kubernetes.github.io/ingress-nginx, the last release of the project,
	// which is declared for Kubernetes up to 1.35.
	Chart Chart `json:"chart"`
	// Image replaces the controller image of the chart, for a maintained fork. The
	// fields that are left out stay the chart's.
	Image *ControllerImage `json:"image"`
	// Replicas of the controller.
	Replicas int `json:"replicas" jsonschema:"required,minimum=1"`
	// Resources of a controller pod. Default to 200m CPU, 256Mi memory and a limit
	// of 512Mi.
	Resources Resources `json:"resources"`
	// MaxBodySize is the largest upload, as nginx writes it. Defaults to 99m, as in
	// Mastodon's own nginx configuration.
	MaxBodySize string `json:"maxBodySize" jsonschema:"pattern=^[1-9][0-9]*[kmg]?$"`
	// HSTSMaxAge is how long browsers insist on HTTPS, in seconds. Defaults to
	// 63072000, two years; 0 makes them forget it.
	HSTSMaxAge int `json:"hstsMaxAge" jsonschema:"minimum=0"`
	// CertManager is the chart that obtains the certificates. Defaults to
	// cert-manager v1.21.2 from https://charts.jetstack.io.
	CertManager Chart `json:"certManager"`
	// ACME is the certificate authority's account.
	ACME ACME `json:"acme" jsonschema:"required"`
}

// ControllerImage is a container image of the ingress controller.
type ControllerImage struct {
	// Registry, such as "registry.k8s.io".
	Registry string `json:"registry"`
	// Image is the path below the registry.
	Image string `json:"image"`
	// Tag of the image.
	Tag string `json:"tag"`
	// Digest of the image, "sha256:...". An empty one drops the chart's digest,
	// which belongs to the chart's own image.
	Digest string `json:"digest"`
}

// ACME is the account with Let's Encrypt.
type ACME struct {
	// Issuer signs the certificates: "production", or "staging", whose
	// certificates no browser trusts and whose limits are generous.
	Issuer string `json:"issuer" jsonschema:"required,enum=production,enum=staging"`
	// Email receives warnings about certificates that expire.
	Email string `json:"email" jsonschema:"required,format=email"`
}

// DNS is the zone of the environment and what stands in it.
type DNS struct {
	// Zone is the domain that DigitalOcean's name servers answer for. Every host
	// of the environment lies in it.
	Zone string `json:"zone" jsonschema:"required,format=hostname"`
	// ManageZone creates the zone. Without it the zone must exist in the account,
	// and only records are made in it.
	ManageZone bool `json:"manageZone" jsonschema:"required"`
	// TTL of the records, in seconds. Defaults to 1800.
	TTL int `json:"ttl" jsonschema:"minimum=30"`
	// Mail are the records for mail of the domain.
	Mail Mail `json:"mail"`
	// Records are further records.
	Records []Record `json:"records"`
}

// Mail are the DNS records that let the domain send and receive mail.
type Mail struct {
	// MX are the servers that receive mail for the domain.
	MX []MX `json:"mx"`
	// SPF is the policy record, "v=spf1 ...".
	SPF string `json:"spf"`
	// DMARC is the policy record, "v=DMARC1; ...".
	DMARC string `json:"dmarc"`
	// DKIM are the keys that sign outgoing mail.
	DKIM []DKIM `json:"dkim"`
}

// MX is a mail exchanger.
type MX struct {
	// Host that receives the mail.
	Host string `json:"host" jsonschema:"required,format=hostname"`
	// Priority, lowest first.
	Priority int `json:"priority" jsonschema:"required,minimum=0,maximum=65535"`
}

// DKIM is a signing key, published at <selector>._domainkey.<domain>.
type DKIM struct {
	// Selector names the key.
	Selector string `json:"selector" jsonschema:"required"`
	// CNAME points to a record that the mail provider keeps. Either it or Value.
	CNAME string `json:"cname"`
	// Value is the key itself, "v=DKIM1; k=rsa; p=...".
	Value string `json:"value"`
}

// Record is any other DNS record.
type Record struct {
	// Name relative to the zone, "@" for the zone itself.
	Name string `json:"name" jsonschema:"required"`
	// Type of the record.
	Type string `json:"type" jsonschema:"required,enum=A,enum=AAAA,enum=CNAME,enum=MX,enum=NS,enum=TXT"`
	// Value of the record.
	Value string `json:"value" jsonschema:"required"`
	// Priority of an MX record.
	Priority int `json:"priority" jsonschema:"minimum=0,maximum=65535"`
}
