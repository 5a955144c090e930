package catalogue

import "slices"

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

// dropletPrices are the sizes that have a known price.
//
// Source: the Droplet price table of 2022-07-01, of which 84, 126 and 48 were still current on
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

// DropletSizes returns the sizes that a node may have: Basic, General Purpose and Memory-Optimized ones with 2 GiB of
// memory and more.
//
// Source: the slugs of the Pulumi DigitalOcean provider 4.76.0 (DropletSlug).
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
	return []string{
		"s-1vcpu-2gb", "s-2vcpu-2gb", "s-2vcpu-4gb", "s-4vcpu-8gb", "s-8vcpu-16gb",
		"s-1vcpu-2gb-amd", "s-2vcpu-2gb-amd", "s-2vcpu-4gb-amd", "s-4vcpu-8gb-amd", "s-8vcpu-16gb-amd",
		"s-1vcpu-2gb-intel", "s-2vcpu-2gb-intel", "s-2vcpu-4gb-intel", "s-4vcpu-8gb-intel", "s-8vcpu-16gb-intel",
		"s-2vcpu-8gb-amd", "s-4vcpu-16gb-amd", "s-8vcpu-32gb-amd",
		"s-2vcpu-8gb-160gb-intel", "s-4vcpu-16gb-320gb-intel", "s-8vcpu-32gb-640gb-intel",
		"c2-2vcpu-4gb", "c2-4vcpu-8gb", "c2-8vcpu-16gb", "c2-16vcpu-32gb",
		"g-2vcpu-8gb", "g-4vcpu-16gb", "g-8vcpu-32gb", "g-16vcpu-64gb",
		"g-2vcpu-8gb-intel", "g-4vcpu-16gb-intel", "g-8vcpu-32gb-intel", "g-16vcpu-64gb-intel",
		"gd-2vcpu-8gb", "gd-4vcpu-16gb", "gd-8vcpu-32gb", "gd-16vcpu-64gb",
		"gd-2vcpu-8gb-intel", "gd-4vcpu-16gb-intel", "gd-8vcpu-32gb-intel", "gd-16vcpu-64gb-intel",
		"m-2vcpu-16gb", "m-4vcpu-32gb", "m-8vcpu-64gb",
		"m3-2vcpu-16gb", "m3-4vcpu-32gb", "m3-8vcpu-64gb",
	}
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
