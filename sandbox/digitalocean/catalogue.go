package digitalocean

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

// regions are open to new resources (API reference, regions_list). ams2 and sfo1 exist but are closed.
var regions = []string{
	"ams3", "atl1", "blr1", "fra1", "lon1", "nyc1", "nyc2", "nyc3", "sfo2", "sfo3", "sgp1", "syd1", "tor1",
}

// managedRegions offer Kubernetes and managed databases (API reference, databases_list_options and
// kubernetes_list_options; nyc2 offers neither).
var managedRegions = slices.DeleteFunc(slices.Clone(regions), func(r string) bool { return r == "nyc2" })

// spacesRegions offer object storage (Terraform provider, resource spaces_bucket).
var spacesRegions = []string{
	"ams3", "atl1", "blr1", "fra1", "lon1", "nyc3", "sfo2", "sfo3", "sgp1", "syd1", "tor1",
}

// kubernetesVersions are offered to new clusters and upgrades, newest first (API reference, kubernetes_list_options):
// the latest patches of the four minor versions that DOKS keeps.
var kubernetesVersions = []string{
	"1.36.1-do.0", "1.35.4-do.1", "1.35.4-do.0", "1.34.8-do.0", "1.33.11-do.1",
}

// dropletSizes are sizes that a Kubernetes node can have: all Droplet plans with 2 GB of memory and more (API
// reference, sizes_list). The suffixes -intel and -amd exist for most; see [nodeSize].
var dropletSizes = strings.Fields(`
	s-1vcpu-2gb s-1vcpu-2gb-70gb s-2vcpu-2gb s-2vcpu-2gb-90gb s-2vcpu-4gb s-2vcpu-4gb-120gb s-2vcpu-8gb
	s-2vcpu-8gb-160gb s-4vcpu-8gb s-4vcpu-8gb-240gb s-4vcpu-16gb s-4vcpu-16gb-320gb s-8vcpu-16gb s-8vcpu-16gb-480gb
	s-8vcpu-32gb s-8vcpu-32gb-640gb
	c-2 c-4 c-8 c-16 c-32 c-48 c-60 c2-2vcpu-4gb c2-4vcpu-8gb c2-8vcpu-16gb c2-16vcpu-32gb c2-32vcpu-64gb
	c2-48vcpu-96gb c2-60vcpu-120gb
	g-2vcpu-8gb g-4vcpu-16gb g-8vcpu-32gb g-16vcpu-64gb g-32vcpu-128gb g-40vcpu-160gb g-48vcpu-192gb g-60vcpu-240gb
	gd-2vcpu-8gb gd-4vcpu-16gb gd-8vcpu-32gb gd-16vcpu-64gb gd-32vcpu-128gb gd-40vcpu-160gb gd-48vcpu-192gb
	gd-60vcpu-240gb
	m-2vcpu-16gb m-4vcpu-32gb m-8vcpu-64gb m-16vcpu-128gb m-24vcpu-192gb m-32vcpu-256gb m-48vcpu-384gb
	m3-2vcpu-16gb m3-4vcpu-32gb m3-8vcpu-64gb m3-16vcpu-128gb m3-24vcpu-192gb m3-32vcpu-256gb m3-48vcpu-384gb
	m6-2vcpu-16gb m6-4vcpu-32gb m6-8vcpu-64gb m6-16vcpu-128gb m6-24vcpu-192gb m6-32vcpu-256gb
	so-2vcpu-16gb so-4vcpu-32gb so-8vcpu-64gb so-16vcpu-128gb so-24vcpu-192gb so-32vcpu-256gb so-48vcpu-384gb
	so1_5-2vcpu-16gb so1_5-4vcpu-32gb so1_5-8vcpu-64gb so1_5-16vcpu-128gb so1_5-24vcpu-192gb so1_5-32vcpu-256gb
`)

// onlyWithSuffix are plans of which only the variants exist that are named.
var onlyWithSuffix = map[string][]string{
	"s-1vcpu-2gb-70gb": {"-intel"}, "s-2vcpu-2gb-90gb": {"-intel"}, "s-2vcpu-4gb-120gb": {"-intel"},
	"s-2vcpu-8gb": {"-amd"}, "s-2vcpu-8gb-160gb": {"-intel"}, "s-4vcpu-8gb-240gb": {"-intel"}, "s-4vcpu-16gb": {"-amd"},
	"s-4vcpu-16gb-320gb": {"-intel"}, "s-8vcpu-16gb-480gb": {"-intel"}, "s-8vcpu-32gb-640gb": {"-intel"},
	"c-60": {"-intel"}, "c2-60vcpu-120gb": {"-intel"}, "g-48vcpu-192gb": {"-intel"}, "g-60vcpu-240gb": {"-intel"},
	"gd-48vcpu-192gb": {"-intel"}, "gd-60vcpu-240gb": {"-intel"}, "m-48vcpu-384gb": {"-intel"},
	"m3-48vcpu-384gb": {"-intel"}, "so-48vcpu-384gb": {"-intel"},
	"s-8vcpu-32gb": {"-amd", ""},
}

// nodeSize checks the size slug of a Kubernetes node. AMD variants exist of the shared (s-) plans only.
func nodeSize(value any) error {
	slug, _ := value.(string)
	plan, suffix := slug, ""

	for _, known := range []string{"-intel", "-amd"} {
		if cut, ok := strings.CutSuffix(slug, known); ok {
			plan, suffix = cut, known
		}
	}

	suffixes, limited := onlyWithSuffix[plan]
	if !limited {
		suffixes = []string{"", "-intel"}
		if strings.HasPrefix(plan, "s-") {
			suffixes = append(suffixes, "-amd")
		}
	}

	if slices.Contains(dropletSizes, plan) && slices.Contains(suffixes, suffix) {
		return nil
	}
	return errors.New("is not a droplet size that a kubernetes node can have, " +
		"such as s-2vcpu-4gb, s-4vcpu-8gb, s-4vcpu-16gb-amd or g-4vcpu-16gb (2 GB of memory and more)")
}

// plan is a size of managed databases.
type plan struct {
	memoryGB   int
	storageGiB int
}

// databasePlans by slug. Storage is the least that comes with the plan (pricing page of managed databases; that of the
// dedicated plans is approximate). The plans of -intel and -amd are added by [databasePlan].
var databasePlans = map[string]plan{
	"db-s-1vcpu-1gb": {1, 10}, "db-s-1vcpu-2gb": {2, 30}, "db-s-2vcpu-4gb": {4, 60}, "db-s-4vcpu-8gb": {8, 140},
	"db-s-6vcpu-16gb": {16, 290}, "db-s-8vcpu-32gb": {32, 600}, "db-s-16vcpu-64gb": {64, 1120},
	"gd-2vcpu-8gb": {8, 30}, "gd-4vcpu-16gb": {16, 60}, "gd-8vcpu-32gb": {32, 140}, "gd-16vcpu-64gb": {64, 290},
	"gd-32vcpu-128gb": {128, 600}, "gd-40vcpu-160gb": {160, 720},
	"so1_5-2vcpu-16gb": {16, 400}, "so1_5-4vcpu-32gb": {32, 770}, "so1_5-8vcpu-64gb": {64, 1530},
	"so1_5-16vcpu-128gb": {128, 3050}, "so1_5-24vcpu-192gb": {192, 4570}, "so1_5-32vcpu-256gb": {256, 6100},
	"m-2vcpu-16gb": {16, 0}, "m-4vcpu-32gb": {32, 0}, "m-8vcpu-64gb": {64, 0}, "m-16vcpu-128gb": {128, 0},
	"m-24vcpu-192gb": {192, 0}, "m-32vcpu-256gb": {256, 0},
	"m3-2vcpu-16gb": {16, 130}, "m3-4vcpu-32gb": {32, 290}, "m3-8vcpu-64gb": {64, 600},
}

// sharedPlans are the current CPU generations of shared plans, as "db-intel-…" and "db-amd-…".
var sharedPlans = map[string]plan{
	"1vcpu-1gb": {1, 10}, "1vcpu-2gb": {2, 30}, "2vcpu-4gb": {4, 60}, "2vcpu-8gb": {8, 100}, "4vcpu-8gb": {8, 140},
	"4vcpu-16gb": {16, 220}, "8vcpu-32gb": {32, 450}, "16vcpu-64gb": {64, 900},
}

func databasePlan(slug string) (plan, bool) {
	for _, prefix := range []string{"db-intel-", "db-amd-"} {
		if rest, ok := strings.CutPrefix(slug, prefix); ok {
			p, ok := sharedPlans[rest]
			return p, ok
		}
	}

	p, ok := databasePlans[slug]
	return p, ok
}

// engine is what one kind of managed database allows (API reference, databases_list_options).
type engine struct {
	versions []string
	nodes    []int
	families []string // how the slugs of its plans begin
	largest  int      // memory in GB of the largest plan that begins with db-s-, 0 for no limit
	minimum  map[int]int
	why      string
}

// engines that are simulated. minimum says from which memory in GB on a number of nodes is offered.
var engines = map[string]engine{
	"pg": {
		versions: []string{"14", "15", "16", "17", "18"}, nodes: []int{1, 2, 3},
		families: []string{"db-s-", "db-intel-", "db-amd-", "gd-", "so1_5-"}, largest: 16,
		minimum: map[int]int{2: 2, 3: 2}, why: "a standby node needs a plan with 2 GB of memory or more",
	},
	"advanced_pg": {
		versions: []string{"16", "17", "18"}, nodes: []int{1, 2, 3}, families: []string{"gd-", "so1_5-"},
	},
	"valkey": {
		versions: []string{"8"}, nodes: []int{1, 2, 3}, families: []string{"db-s-", "m-"},
		minimum: map[int]int{2: 2, 3: 2}, why: "a standby node needs a plan with 2 GB of memory or more",
	},
	"opensearch": {
		versions: []string{"2", "2.19"}, nodes: []int{1, 3, 6, 9, 15},
		families: []string{
			"db-s-1vcpu-2gb", "db-s-2vcpu-4gb", "db-s-4vcpu-8gb", "gd-2vcpu-8gb", "gd-4vcpu-16gb", "m3-",
		},
		minimum: map[int]int{1: 2, 3: 4, 6: 8, 9: 8, 15: 8},
		why:     "opensearch needs 2 GB of memory, with 3 nodes 4 GB, with more 8 GB",
	},
}

// check refuses a combination of size, version and number of nodes.
func (e engine) check(name, size, version string, nodes int) []error {
	var errs []error

	plan, known := databasePlan(size)
	offered := slices.ContainsFunc(e.families, func(family string) bool { return strings.HasPrefix(size, family) })
	tooLarge := e.largest > 0 && strings.HasPrefix(size, "db-s-") && plan.memoryGB > e.largest
	if !known || !offered || tooLarge {
		errs = append(errs, fmt.Errorf("size = %q: is not offered for engine %s, which has %s", size, name,
			strings.Join(e.sizes(), ", ")))
	}

	if !slices.Contains(e.versions, version) {
		errs = append(errs, fmt.Errorf("version = %q: must be one of %s for engine %s", version,
			strings.Join(e.versions, ", "), name))
	}

	if !slices.Contains(e.nodes, nodes) {
		errs = append(errs, fmt.Errorf("nodeCount = %d: must be one of %s for engine %s",
			nodes, numbers(e.nodes), name))
	} else if known && plan.memoryGB < e.minimum[nodes] {
		errs = append(errs, fmt.Errorf("nodeCount = %d: not with size %s: %s", nodes, size, e.why))
	}
	return errs
}

func (e engine) sizes() []string {
	var slugs []string

	for slug, plan := range databasePlans {
		for _, family := range e.families {
			if strings.HasPrefix(slug, family) &&
				(e.largest == 0 || !strings.HasPrefix(slug, "db-s-") || plan.memoryGB <= e.largest) {
				slugs = append(slugs, slug)
			}
		}
	}

	slices.Sort(slugs)
	return slugs
}

func numbers(all []int) string {
	texts := make([]string, len(all))
	for i, n := range all {
		texts[i] = strconv.Itoa(n)
	}
	return strings.Join(texts, ", ")
}

// inRegion is a property that names one of these regions.
func inRegion(allowed []string) sim.Property { return sim.String().OneOf(allowed...) }
