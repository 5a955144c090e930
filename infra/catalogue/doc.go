// Package catalogue lists what DigitalOcean offers, as far as this program uses it: regions, Droplet sizes, database
// plans, reserved address ranges, and prices.
//
// It is data, so that a slug can be checked before anything is asked of the cloud, and a monthly bill be added up
// without an account. Every table names its source and date. A price that no source gives is not in it: lookups then
// say so.
package catalogue

import (
	"regexp"
	"strconv"
)

var sizeInSlug = regexp.MustCompile(`-(\d+)vcpu-(\d+)gb`)

// sizeOf reads the vCPUs and the GiB of memory from a slug such as "gd-2vcpu-8gb-intel".
func sizeOf(slug string) (vcpus, memoryGiB int) {
	m := sizeInSlug.FindStringSubmatch(slug)
	if m == nil {
		return 0, 0
	}
	// The expression admits nothing but digits.
	vcpus, _ = strconv.Atoi(m[1])
	memoryGiB, _ = strconv.Atoi(m[2])
	return vcpus, memoryGiB
}
