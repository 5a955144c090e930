// Package catalogue lists what DigitalOcean offers, as far as this program uses it: regions, Droplet sizes, database
// plans, reserved address ranges, and prices.
//
// It is data, so that a slug can be checked before anything is asked of the cloud, and a monthly bill be added up
// without an account. Every table names its source and date. A price that no source gives is not in it: lookups then
// say so. DigitalOcean offers more every month: what looks like a slug and is not listed is no mistake for that, and
// DigitalOcean itself is asked.
package catalogue

import (
	"regexp"
	"strconv"
)

// Date is the month of the tables.
const Date = "2026-11"

var (
	sizeInSlug = regexp.MustCompile(`-(\d+)vcpu-(\d+)gb`)
	// CPU-Optimized Droplets are named by their vCPUs, and have 2 GiB for each (digitalocean.com/pricing/droplets).
	cpuOptimized = regexp.MustCompile(`^c-(\d+)`)
)

// sizeOf reads the vCPUs and the GiB of memory from a slug such as "gd-2vcpu-8gb-intel" or "c-4".
func sizeOf(slug string) (vcpus, memoryGiB int) {
	// The expressions admit nothing but digits.
	if m := cpuOptimized.FindStringSubmatch(slug); m != nil {
		vcpus, _ = strconv.Atoi(m[1])
		return vcpus, 2 * vcpus
	}
	m := sizeInSlug.FindStringSubmatch(slug)
	if m == nil {
		return 0, 0
	}
	vcpus, _ = strconv.Atoi(m[1])
	memoryGiB, _ = strconv.Atoi(m[2])
	return vcpus, memoryGiB
}
