package config

// Settings is everything a person decides about one environment. It is read
// from the object `vmst:settings` of the stack's file.
//
// One object instead of many top-level keys, because Pulumi cannot list the
// top-level keys of a stack: a misspelt one would be ignored in silence.
type Settings struct {
	// Environment is the kind of environment: it becomes the environment of the
	// DigitalOcean Project.
	Environment Environment `json:"environment" jsonschema:"required,enum=production,enum=staging,enum=development"`
	// Domain is Mastodon's LOCAL_DOMAIN: the part after the @ in every account's
	// handle and the web host. It can never change once the instance has federated.
	Domain string `json:"domain" jsonschema:"required,format=hostname"`
	// Region is the DigitalOcean region of everything that computes: VPC, cluster,
	// databases and load balancer.
	Region string `json:"region" jsonschema:"required"`
	// Protect makes Pulumi refuse to delete whatever holds data or identity, and
	// keep it in the cloud if it is ever taken out of the program.
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
	// Docs is the documentation site on Netlify.
	Docs Docs `json:"docs"`
}

// Environment is the kind of an environment.
type Environment string

// The environments that a DigitalOcean Project knows.
const (
	Production  Environment = "production"
	Staging     Environment = "staging"
	Development Environment = "development"
)

// Network is the private network of the environment.
type Network struct {
	// IPRange is the VPC's range in CIDR notation, /16 to /28, from the private
	// blocks. No other VPC of the account may overlap it. Changing it replaces the
	// VPC and everything in it.
	IPRange string `json:"ipRange" jsonschema:"required,format=cidr"`
}

// Chart names a Helm chart.
type Chart struct {
	// Repository is the https URL of the chart repository.
	Repository string `json:"repository" jsonschema:"format=uri"`
	// Name is the chart's name in the repository.
	Name string `json:"name"`
	// Version is the exact chart version.
	Version string `json:"version"`
}

// Resources are the compute resources of one container, as Kubernetes
// quantities ("250m", "1.5Gi").
//
// There is a limit for memory only: a CPU limit throttles a process that
// could use an idle core.
type Resources struct {
	// CPU is the request for CPU.
	CPU string `json:"cpu"`
	// Memory is the request for memory.
	Memory string `json:"memory"`
	// MemoryLimit is the limit for memory.
	MemoryLimit string `json:"memoryLimit"`
}

// Window is a weekly maintenance window in UTC.
type Window struct {
	// Day is the lower-case English name of the day.
	Day string `json:"day" jsonschema:"enum=monday,enum=tuesday,enum=wednesday,enum=thursday,enum=friday,enum=saturday,enum=sunday"`
	// Time is the start of the window, "HH:MM".
	Time string `json:"time" jsonschema:"pattern=^([01][0-9]|2[0-3]):[0-5][0-9]$"`
}
