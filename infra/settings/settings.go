// Package settings is what a person may write into a stack's file: one file for each part of an environment, with the
// name of the package that makes it.
//
// A person writes two objects into Pulumi.<stack>.yaml, vmst:settings and vmst:secrets. [Decode] turns them into
// [Settings] and [Secrets], fills in defaults, and checks everything that can be known before a cloud is asked. It
// reports all that is wrong at once, so that no resource is registered from a file that would fail half-way: what
// Decode accepts, the program brings up.
//
// A setting is one field. Its tags say what it admits, what it is when it is left out, and how it looks; they are
// enforced here and published to editors in stack.schema.json, which is generated from the same types. A rule that a
// tag cannot state is the method Check of the type; what values must be to each other is [Settings.Check]. What is
// allowed but should be known is in [Settings.Warnings]. Nothing here imports Pulumi.
package settings

// Settings is everything a person decides about one environment, from the object `vmst:settings` of the stack's file.
//
// One object instead of many top-level keys, because Pulumi cannot list the top-level keys of a stack: a misspelt one
// would be ignored in silence.
type Settings struct {
	// Environment is the kind of environment: it becomes the environment of the DigitalOcean Project.
	Environment Environment `json:"environment" jsonschema:"required,enum=production,enum=staging,enum=development"`
	// Domain is Mastodon's LOCAL_DOMAIN: the part after the @ in every account's handle and the web host. It can never
	// change once the instance has federated.
	Domain string `json:"domain" jsonschema:"required,format=hostname" example:"social.example.org"`
	// Region is the DigitalOcean region of everything that computes: VPC, cluster, databases and load balancer.
	Region string `json:"region" jsonschema:"required,format=compute-region" example:"tor1"`
	// Protect makes Pulumi refuse to delete whatever holds data or identity, and keep it in the cloud if it is ever
	// taken out of the program.
	Protect bool `json:"protect" jsonschema:"required"`

	// Network is the private network of the environment.
	Network Network `json:"network" jsonschema:"required"`
	// Cluster is the managed Kubernetes cluster.
	Cluster Cluster `json:"cluster" jsonschema:"required"`
	// Database is the managed PostgreSQL cluster.
	Database Database `json:"database" jsonschema:"required"`
	// Cache is the managed Valkey cluster that holds Mastodon's job queues and feeds.
	Cache Cache `json:"cache" jsonschema:"required"`
	// Search is the managed OpenSearch cluster behind full-text search.
	Search Search `json:"search"`
	// Storage is the object storage (Spaces) and the CDN in front of it.
	Storage Storage `json:"storage" jsonschema:"required"`
	// Backup is what is written into the bucket of the backups, and how it is proven.
	Backup Backup `json:"backup"`
	// LoadBalancer is the load balancer that holds the public address.
	LoadBalancer LoadBalancer `json:"loadBalancer" jsonschema:"required"`
	// Ingress is the reverse proxy and the certificates it serves.
	Ingress Ingress `json:"ingress" jsonschema:"required"`
	// DNS is the zone of the environment and what stands in it.
	DNS DNS `json:"dns" jsonschema:"required"`
	// Mastodon is the application.
	Mastodon Mastodon `json:"mastodon" jsonschema:"required"`
	// Monitoring are the checks, and whom they tell.
	Monitoring Monitoring `json:"monitoring" jsonschema:"required"`
	// Observability is what is measured, what is promised, and from when on somebody is told.
	Observability Observability `json:"observability"`
	// Docs is the documentation site on Netlify.
	Docs DocSite `json:"docs"`
	// Escrow is who can open the file with the keys without which a backup is worthless.
	Escrow Escrow `json:"escrow"`
	// Budget is what the environment may cost.
	Budget Budget `json:"budget"`
	// Policy are the decisions about the rules that every plan has to pass.
	Policy Policy `json:"policy"`
}

// Environment is the kind of an environment.
type Environment string

// The environments that a DigitalOcean Project knows.
const (
	Production  Environment = "production"
	Staging     Environment = "staging"
	Development Environment = "development"
)

// Charts are the Helm charts that the environment installs.
func (s *Settings) Charts() []Chart {
	charts := []Chart{s.Ingress.Chart, s.Ingress.CertManager.Chart(), s.Mastodon.Chart}
	if s.Observability.On() {
		charts = append(charts, s.Observability.Chart)
	}
	return charts
}

// Check reports values that contradict each other.
func (s *Settings) Check(at At) {
	s.checkRanges(at)
	s.checkAllowed(at)
	s.checkTrusted(at)
	s.checkPlacements(at)
	s.checkRegions(at)
	s.checkHosts(at)
	s.checkDocs(at)
	s.checkRecords(at)
	s.checkConnections(at)
	s.checkBackup(at)
	s.checkObservability(at)
	s.checkAlignment(at)
	s.checkCapacity(at)
}

// complete fills in what depends on other values.
func (s *Settings) complete() {
	s.Database.complete()
	s.Search.complete()
	s.Mastodon.complete()
	s.Backup.complete(s.Database.Version)
	s.Observability.complete()
	s.Docs.complete(s.Domain, s.DNS.Zone)
}
