// Package outputs is what the stack outputs promise to those who read them: monitoring, scripts and people. A reader
// needs [Decode] and what `pulumi stack output --json` prints.
package outputs

import "github.com/vmstio/infrastructure/infra/signals"

// Version is the version of the contract. It rises with every output that is new, changes its meaning or goes away,
// because [Decode] refuses what it does not know. Decode reads the older ones, too; the tag "since" says which outputs
// they lack.
const Version = 2

// Oldest is the oldest version of the contract that is read.
const Oldest = 1

// Outputs are the stack outputs; each field is one output. None is secret.
type Outputs struct {
	// ContractVersion is Version.
	ContractVersion int `json:"contractVersion"`
	// Environment is "production", "staging" or "development".
	Environment string `json:"environment"`
	// Domain is Mastodon's LOCAL_DOMAIN.
	Domain string `json:"domain"`
	// Endpoints are the public addresses by name: "web", "streaming", "media", "assets", and "docs" where the stack
	// manages it.
	Endpoints map[string]Endpoint `json:"endpoints"`
	// Cluster is the Kubernetes cluster.
	Cluster Cluster `json:"cluster"`
	// Databases are the managed databases by name: "database", "cache", and, when they exist, "rails-cache" and
	// "search".
	Databases map[string]Database `json:"databases"`
	// LoadBalancer holds the public address.
	LoadBalancer LoadBalancer `json:"loadBalancer"`
	// Buckets are the Spaces buckets by name: "media", "assets", "backups".
	Buckets map[string]Bucket `json:"buckets"`
	// Backup is what is promised of the backups; nil where there are none.
	Backup *Backup `json:"backup"`
	// Mastodon is the application.
	Mastodon Mastodon `json:"mastodon"`
	// Docs is the documentation site; nil where the stack does not manage it.
	Docs *Docs `json:"docs"`
	// UptimeChecks are the IDs of DigitalOcean's uptime checks by endpoint name.
	UptimeChecks map[string]string `json:"uptimeChecks"`
	// ProjectID is the DigitalOcean Project that groups the resources.
	ProjectID string `json:"projectId"`
	// MonthlyCost is what the environment costs.
	MonthlyCost MonthlyCost `json:"monthlyCost"`
	// Objectives are what is promised to people, as percentages of what has to go well in 30 days, by name:
	// "web-availability", "web-latency", "delivery", "streaming", "media", "search", "mail", "backups", "certificates".
	// 0 where nothing is promised. Of an older contract they are the defaults of
	// vmst:settings.observability.objectives.
	Objectives map[string]float64 `json:"objectives" since:"2" is:"percent"`
	// Thresholds are the values from which on somebody is told. Of an older contract they are the defaults of
	// vmst:settings.observability.thresholds.
	Thresholds signals.Thresholds `json:"thresholds" since:"2"`
}

// Endpoint is one public address.
type Endpoint struct {
	// URL of the service.
	URL string `json:"url" is:"url"`
	// HealthURL answers with status 200 while the service is up. Empty where the service has no such page.
	HealthURL string `json:"healthUrl" is:"url or nothing"`
}

// Cluster is the Kubernetes cluster.
type Cluster struct {
	// ID is the cluster's UUID: `doctl kubernetes cluster kubeconfig save <id>`.
	ID string `json:"id"`
	// Name of the cluster.
	Name string `json:"name"`
	// Region slug.
	Region string `json:"region"`
	// Version is the DOKS version slug, such as "1.35.1-do.0".
	Version string `json:"version"`
	// Endpoint is the URL of the Kubernetes API.
	Endpoint string `json:"endpoint" is:"url"`
	// NodeTag is the tag that every Droplet of the cluster carries.
	NodeTag string `json:"nodeTag"`
	// NodePools are the names of the autoscaled pools.
	NodePools []string `json:"nodePools"`
}

// Database is one managed database cluster.
type Database struct {
	// ID is the cluster's UUID.
	ID string `json:"id"`
	// Name of the cluster.
	Name string `json:"name"`
	// Engine is "pg", "advanced_pg", "valkey" or "opensearch".
	Engine string `json:"engine"`
	// Host is the name inside the VPC.
	Host string `json:"host"`
	// Port of direct connections.
	Port int `json:"port" is:"port"`
	// MetricsURLs are where DigitalOcean serves the metrics of the primary and the standbys, in Prometheus' text
	// format. They ask for the account's credentials for metrics, which are not in the outputs. The provider says them
	// as whole addresses, and so does the contract. Empty with an older contract.
	MetricsURLs []string `json:"metricsUrls" since:"2" is:"url"`
}

// LoadBalancer holds the public address.
type LoadBalancer struct {
	// ID is the load balancer's UUID.
	ID string `json:"id"`
	// Name of the load balancer.
	Name string `json:"name"`
	// IP is the public IPv4 address.
	IP string `json:"ip"`
}

// Bucket is one Spaces bucket.
type Bucket struct {
	// Name of the bucket.
	Name string `json:"name"`
	// Region slug.
	Region string `json:"region"`
}

// Backup is what is promised of the backups.
type Backup struct {
	// MayBeLostHours is the longest time between two dumps of the database (RPO).
	MayBeLostHours float64 `json:"mayBeLostHours"`
	// Proofs are the addresses of the marks by task, "dump", "media" and "rehearsal", in Prometheus' text format. One
	// that is missing is older than its AlarmDays. The rehearsal's has how long a restoration takes (RTO), as
	// mastodon_backup_restore_seconds.
	Proofs map[string]Proof `json:"proofs"`
	// Runs are the addresses of how the last runs ended, well or not, in the same format.
	Runs map[string]string `json:"runs" is:"url"`
}

// Proof is the mark of a task.
type Proof struct {
	// URL of the mark.
	URL string `json:"url" is:"url"`
	// Schedule of the task, as cron writes it, in UTC.
	Schedule string `json:"schedule"`
	// AlarmDays is when the bucket deletes the mark, in days after the last good run.
	AlarmDays int `json:"alarmDays"`
}

// Mastodon is the application.
type Mastodon struct {
	// Version is the image tag.
	Version string `json:"version"`
	// Namespace of its objects in the cluster.
	Namespace string `json:"namespace"`
}

// Docs is the documentation site.
type Docs struct {
	// SiteID is Netlify's ID of the site.
	SiteID string `json:"siteId"`
	// Site is Netlify's name of the site.
	Site string `json:"site"`
	// URL of the published documentation.
	URL string `json:"url" is:"url"`
	// BranchURLs are the addresses of the branches that are served beside it, by branch.
	BranchURLs map[string]string `json:"branchUrls" is:"url"`
}

// MonthlyCost is a range, because node pools scale.
type MonthlyCost struct {
	// Currency is "USD".
	Currency string `json:"currency"`
	// Minimum is the cost with every pool at its smallest.
	Minimum float64 `json:"minimum"`
	// Maximum is the cost with every pool at its largest.
	Maximum float64 `json:"maximum"`
	// Items are the parts of the sum.
	Items []CostItem `json:"items"`
}

// CostItem is one line of the cost.
type CostItem struct {
	// Name of the item.
	Name string `json:"name"`
	// Minimum in the currency of the whole.
	Minimum float64 `json:"minimum"`
	// Maximum in the currency of the whole.
	Maximum float64 `json:"maximum"`
	// Known is false where no source states the price: the item is not in the sum.
	Known bool `json:"known"`
}

// Signals is what the table of signals depends on, for the stack of this name. It is the same as that of the settings
// that the stack was brought up with.
func (o *Outputs) Signals(stack string) signals.Environment {
	env := signals.Environment{
		Name: stack, Domain: o.Domain, Targets: o.Objectives, Thresholds: o.Thresholds,
		Endpoints: map[string]string{}, Marks: map[string]signals.Mark{},
	}
	for name, endpoint := range o.Endpoints {
		if endpoint.HealthURL != "" {
			env.Endpoints[name] = endpoint.HealthURL
		}
	}
	if o.Backup != nil {
		for task, proof := range o.Backup.Proofs {
			env.Marks[task] = signals.Mark{URL: proof.URL, LastURL: o.Backup.Runs[task], AlarmDays: proof.AlarmDays}
		}
	}
	return env
}
