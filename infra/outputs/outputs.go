// Package outputs is what the stack outputs promise to those who read them: monitoring, scripts and people. A reader
// needs [Decode] and what `pulumi stack output --json` prints.
package outputs

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Version is the version of the contract. It rises when an output changes its meaning or goes away; new outputs do not
// change it.
const Version = 1

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
}

// Endpoint is one public address.
type Endpoint struct {
	// URL of the service.
	URL string `json:"url"`
	// HealthURL answers with status 200 while the service is up. Empty where the service has no such page.
	HealthURL string `json:"healthUrl"`
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
	Endpoint string `json:"endpoint"`
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
	Port int `json:"port"`
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
	Runs map[string]string `json:"runs"`
}

// Proof is the mark of a task.
type Proof struct {
	// URL of the mark.
	URL string `json:"url"`
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
	URL string `json:"url"`
	// BranchURLs are the addresses of the branches that are served beside it, by branch.
	BranchURLs map[string]string `json:"branchUrls"`
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
	// Minimum and Maximum in the currency of the whole.
	Minimum float64 `json:"minimum"`
	Maximum float64 `json:"maximum"`
	// Known is false where no source states the price: the item is not in the sum.
	Known bool `json:"known"`
}

// Decode reads what `pulumi stack output --json` prints. An output that is not in the contract, or of another type, is
// an error.
func Decode(data []byte) (*Outputs, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	outputs := &Outputs{}
	if err := decoder.Decode(outputs); err != nil {
		return nil, fmt.Errorf("reading stack outputs: %w", err)
	}
	if outputs.ContractVersion != Version {
		return nil, fmt.Errorf("reading stack outputs: contractVersion is %d, this program reads %d: run it "+
			"from the commit that the stack was brought up with", outputs.ContractVersion, Version)
	}
	return outputs, nil
}
