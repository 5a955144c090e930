package catalogue

import (
	"net/netip"
	"strings"
)

// Region is a DigitalOcean datacenter region.
type Region struct {
	// Slug names the region, such as "tor1".
	Slug string
	// Place is where it is.
	Place string
	// Databases is whether PostgreSQL, Valkey and OpenSearch can all run there.
	Databases bool
	// Kubernetes is whether DOKS clusters can.
	Kubernetes bool
	// Spaces is whether buckets can be made there.
	Spaces bool
	// Taken is the address range that DigitalOcean keeps for itself in this region alone; empty where it is unknown.
	Taken string
}

// Compute reports whether a whole environment can run in the region: cluster, databases and load balancer, which every
// region with DOKS has.
func (r Region) Compute() bool { return r.Kubernetes && r.Databases }

// Regions returns the regions in alphabetical order.
//
// Sources: databases from the options of the public API specification (github.com/digitalocean/openapi,
// databases/responses/options.yml, 2026-08-07; nyc2 lacks Valkey); Spaces from the Terraform provider
// (digitalocean/spaces/spaces_entities.go, 2026-08-06); DOKS from docs.digitalocean.com/products/kubernetes (every
// region but the oldest datacenters: not nyc2, ams2 and sfo1). For ric1 no source states DOKS.
func Regions() []Region {
	return []Region{
		{Slug: "ams3", Place: "Amsterdam", Databases: true, Kubernetes: true, Spaces: true, Taken: "10.18.0.0/16"},
		{Slug: "atl1", Place: "Atlanta", Databases: true, Kubernetes: true, Spaces: true, Taken: "10.50.0.0/16"},
		{Slug: "blr1", Place: "Bangalore", Databases: true, Kubernetes: true, Spaces: true, Taken: "10.47.0.0/16"},
		{Slug: "fra1", Place: "Frankfurt", Databases: true, Kubernetes: true, Spaces: true, Taken: "10.19.0.0/16"},
		{Slug: "lon1", Place: "London", Databases: true, Kubernetes: true, Spaces: true, Taken: "10.16.0.0/16"},
		{Slug: "nyc1", Place: "New York", Databases: true, Kubernetes: true, Taken: "10.10.0.0/16"},
		{Slug: "nyc2", Place: "New York"},
		{Slug: "nyc3", Place: "New York", Databases: true, Kubernetes: true, Spaces: true, Taken: "10.17.0.0/16"},
		{Slug: "ric1", Place: "Richmond", Databases: true},
		{Slug: "sfo2", Place: "San Francisco", Databases: true, Kubernetes: true, Spaces: true, Taken: "10.46.0.0/16"},
		{Slug: "sfo3", Place: "San Francisco", Databases: true, Kubernetes: true, Spaces: true, Taken: "10.48.0.0/16"},
		{Slug: "sgp1", Place: "Singapore", Databases: true, Kubernetes: true, Spaces: true, Taken: "10.15.0.0/16"},
		{Slug: "syd1", Place: "Sydney", Databases: true, Kubernetes: true, Spaces: true, Taken: "10.49.0.0/16"},
		{Slug: "tor1", Place: "Toronto", Databases: true, Kubernetes: true, Spaces: true, Taken: "10.29.0.0/16"},
	}
}

// Places returns the regions' slugs by other words for them: the city, in lower case. Of several in one city, the
// newest.
func Places() map[string]string {
	places := map[string]string{}
	for _, region := range Regions() {
		if region.Compute() {
			places[strings.ToLower(region.Place)] = region.Slug
		}
	}
	return places
}

// Slugs returns the slugs of the regions that are wanted, such as those with [Region.Compute].
func Slugs(wanted func(Region) bool) []string {
	var found []string
	for _, region := range Regions() {
		if wanted(region) {
			found = append(found, region.Slug)
		}
	}
	return found
}

// ReservedRanges returns the address ranges that DigitalOcean keeps for itself: no VPC in the region may overlap them.
//
// Sources: docs.digitalocean.com/products/networking/vpc/details/limits, 2025-12, and the release note of 2025-03-07
// for 10.229.0.0/16.
func ReservedRanges(region string) []netip.Prefix {
	var reserved []netip.Prefix
	for _, text := range []string{"10.229.0.0/16", "10.244.0.0/16", "10.245.0.0/16", "10.246.0.0/24"} {
		reserved = append(reserved, netip.MustParsePrefix(text))
	}
	for _, r := range Regions() {
		if r.Slug == region && r.Taken != "" {
			reserved = append(reserved, netip.MustParsePrefix(r.Taken))
		}
	}
	return reserved
}

// SpacesHost is the host name of a region's S3 API. A bucket's own address begins with its name.
//
// Source: docs.digitalocean.com/products/spaces/reference/s3-compatibility.
func SpacesHost(region string) string { return region + ".digitaloceanspaces.com" }
