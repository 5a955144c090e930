package catalogue

import (
	"slices"
	"strings"
)

// DropletSize is a size of a virtual machine, and so of a cluster's node.
type DropletSize struct {
	// Slug names the size, such as "s-4vcpu-16gb-amd".
	Slug string
	// VCPUs is the number of virtual processors.
	VCPUs int
	// MemoryGiB is the memory in GiB.
	MemoryGiB int
	// Price per month. It is the zero Price where no source gives one.
	Price Price
}

// DropletPricesDate is the day of the table of Droplets' prices, which is older than [Date]: nothing newer that is
// public has all of them.
const DropletPricesDate = "2022-07-01"

// dropletPrices are the sizes that have a known price.
//
// Source: the Droplet price table of [DropletPricesDate], of which 84, 126 and 48 were still current on
// digitalocean.com/pricing/droplets in 2026-11.
func dropletPrices() map[string]float64 {
	return map[string]float64{
		"s-1vcpu-2gb": 12, "s-2vcpu-2gb": 18, "s-2vcpu-4gb": 24, "s-4vcpu-8gb": 48, "s-8vcpu-16gb": 96,
		"s-1vcpu-2gb-amd": 14, "s-2vcpu-2gb-amd": 21, "s-2vcpu-4gb-amd": 28, "s-4vcpu-8gb-amd": 56,
		"s-8vcpu-16gb-amd": 112,
		"s-4vcpu-16gb-amd": 84,
		"g-4vcpu-16gb":     126,
	}
}

// DropletSizes returns the sizes that a node may have: those with 2 GiB of memory and more, but for GPUs and what is
// not sold any more.
//
// Source: the slugs of the Pulumi DigitalOcean provider 4.77.0 (DropletSlug).
func DropletSizes() []DropletSize {
	prices := dropletPrices()
	var sizes []DropletSize
	for _, slug := range DropletSlugs() {
		vcpus, memory := sizeOf(slug)
		sizes = append(sizes, DropletSize{slug, vcpus, memory, exactly(prices[slug])})
	}
	return sizes
}

// DropletSlugs returns the slugs of those sizes.
func DropletSlugs() []string {
	return strings.Fields("s-1vcpu-2gb s-2vcpu-2gb s-2vcpu-4gb s-4vcpu-8gb s-8vcpu-16gb s-1vcpu-2gb-amd " +
		"s-2vcpu-2gb-amd " +
		"s-2vcpu-4gb-amd s-2vcpu-8gb-amd s-4vcpu-8gb-amd s-4vcpu-16gb-amd s-8vcpu-16gb-amd s-8vcpu-32gb-amd " +
		"s-1vcpu-2gb-intel s-2vcpu-2gb-intel s-2vcpu-4gb-intel s-4vcpu-8gb-intel s-8vcpu-16gb-intel " +
		"s-1vcpu-2gb-70gb-intel s-2vcpu-2gb-90gb-intel s-2vcpu-4gb-120gb-intel s-2vcpu-8gb-160gb-intel " +
		"s-4vcpu-8gb-240gb-intel s-4vcpu-16gb-320gb-intel s-8vcpu-16gb-480gb-intel s-8vcpu-32gb-640gb-intel " +
		"c-2 c-4 c-8 c-16 c-32 c-48 c-4-intel c-8-intel c-16-intel c-32-intel c-48-intel c-60-intel " +
		"c2-2vcpu-4gb c2-4vcpu-8gb c2-8vcpu-16gb c2-16vcpu-32gb c2-32vcpu-64gb c2-48vcpu-96gb " +
		"c2-4vcpu-8gb-intel c2-8vcpu-16gb-intel c2-16vcpu-32gb-intel c2-32vcpu-64gb-intel " +
		"c2-48vcpu-96gb-intel c2-60vcpu-120gb-intel g-2vcpu-8gb g-4vcpu-16gb g-8vcpu-32gb g-16vcpu-64gb " +
		"g-32vcpu-128gb g-40vcpu-160gb g-2vcpu-8gb-intel g-4vcpu-16gb-intel g-8vcpu-32gb-intel " +
		"g-16vcpu-64gb-intel g-32vcpu-128gb-intel g-48vcpu-192gb-intel g-60vcpu-240gb-intel gd-2vcpu-8gb " +
		"gd-4vcpu-16gb gd-8vcpu-32gb gd-16vcpu-64gb gd-32vcpu-128gb gd-40vcpu-160gb gd-2vcpu-8gb-intel " +
		"gd-4vcpu-16gb-intel gd-8vcpu-32gb-intel gd-16vcpu-64gb-intel gd-32vcpu-128gb-intel " +
		"gd-48vcpu-192gb-intel gd-60vcpu-240gb-intel m-2vcpu-16gb m-4vcpu-32gb m-8vcpu-64gb m-16vcpu-128gb " +
		"m-24vcpu-192gb m-32vcpu-256gb m-2vcpu-16gb-intel m-4vcpu-32gb-intel m-8vcpu-64gb-intel " +
		"m-16vcpu-128gb-intel m-24vcpu-192gb-intel m-32vcpu-256gb-intel m-48vcpu-384gb-intel m3-2vcpu-16gb " +
		"m3-4vcpu-32gb m3-8vcpu-64gb m3-16vcpu-128gb m3-24vcpu-192gb m3-32vcpu-256gb m3-2vcpu-16gb-intel " +
		"m3-4vcpu-32gb-intel m3-8vcpu-64gb-intel m3-16vcpu-128gb-intel m3-24vcpu-192gb-intel " +
		"m3-32vcpu-256gb-intel m3-48vcpu-384gb-intel m6-2vcpu-16gb m6-4vcpu-32gb m6-8vcpu-64gb " +
		"m6-16vcpu-128gb m6-24vcpu-192gb m6-32vcpu-256gb so-2vcpu-16gb so-4vcpu-32gb so-8vcpu-64gb " +
		"so-16vcpu-128gb so-24vcpu-192gb so-32vcpu-256gb so-2vcpu-16gb-intel so-4vcpu-32gb-intel " +
		"so-8vcpu-64gb-intel so-16vcpu-128gb-intel so-24vcpu-192gb-intel so-32vcpu-256gb-intel " +
		"so-48vcpu-384gb-intel so1_5-2vcpu-16gb so1_5-4vcpu-32gb so1_5-8vcpu-64gb so1_5-16vcpu-128gb " +
		"so1_5-24vcpu-192gb so1_5-32vcpu-256gb so1_5-2vcpu-16gb-intel so1_5-4vcpu-32gb-intel " +
		"so1_5-8vcpu-64gb-intel so1_5-16vcpu-128gb-intel so1_5-24vcpu-192gb-intel so1_5-32vcpu-256gb-intel")
}

// LookupDropletSize returns the size with a slug, and whether there is one.
func LookupDropletSize(slug string) (DropletSize, bool) {
	sizes := DropletSizes()
	i := slices.IndexFunc(sizes, func(s DropletSize) bool { return s.Slug == slug })
	if i < 0 {
		return DropletSize{}, false
	}
	return sizes[i], true
}
