package catalogue

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// The database engines that the program uses, as the API names them.
const (
	Postgres         = "pg"
	AdvancedPostgres = "advanced_pg"
	Valkey           = "valkey"
	OpenSearch       = "opensearch"
)

// Engine is a managed database engine.
type Engine struct {
	// Name of the engine in the API.
	Name string
	// Versions that a new cluster can have.
	Versions []string
	// Plans are its node sizes, smallest first.
	Plans []Plan
}

// Plan is the size of a database node.
type Plan struct {
	// Slug names the plan, such as "db-s-1vcpu-2gb".
	Slug string
	// VCPUs is the number of virtual processors.
	VCPUs int
	// MemoryGiB is the memory in GiB.
	MemoryGiB int
	// StorageGiB is the least storage that comes with the plan; 0 where no source gives it.
	StorageGiB int
	// Nodes are the cluster sizes that the plan allows.
	Nodes []int
	// Price of one node per month. It is the zero Price where no source gives one.
	Price Price
}

// Plan returns the engine's plan with a slug, and whether there is one.
func (e Engine) Plan(slug string) (Plan, bool) {
	i := slices.IndexFunc(e.Plans, func(p Plan) bool { return p.Slug == slug })
	if i < 0 {
		return Plan{}, false
	}
	return e.Plans[i], true
}

// Slugs are the engine's plans by name.
func (e Engine) Slugs() []string {
	slugs := make([]string, len(e.Plans))
	for i, plan := range e.Plans {
		slugs[i] = plan.Slug
	}
	return slugs
}

// Connections is how many connections PostgreSQL accepts on the plan: 25 for each GiB of memory and 1,000 at most, less
// 3 that DigitalOcean keeps for maintenance.
//
// Source: docs.digitalocean.com/products/databases/postgresql/details/limits, 2025-12.
func (p Plan) Connections() int { return min(25*p.MemoryGiB, 1000) - 3 }

// Ends is the first day on which no new cluster of the engine has the plan and the number of nodes any more; the zero
// time where none is announced. What runs stays as it is.
//
// Source: DigitalOcean's announcement for 2026-11-30; from then on one of Standard PostgreSQL has one node and at most
// 4 GiB.
func (e Engine) Ends(plan Plan, nodes int) time.Time {
	if e.Name != Postgres || nodes == 1 && plan.MemoryGiB <= 4 {
		return time.Time{}
	}
	return time.Date(2026, time.November, 30, 0, 0, 0, 0, time.UTC)
}

// Creatable reports whether a new cluster of the engine can have the plan and the number of nodes on a day.
func (e Engine) Creatable(plan Plan, nodes int, day time.Time) bool {
	ends := e.Ends(plan, nodes)
	return ends.IsZero() || day.Before(ends)
}

// Engines returns the engines.
//
// Source: the options of the public API specification (github.com/digitalocean/openapi,
// databases/responses/options.yml, 2026-08-07) with the versions that came later: PostgreSQL 18 (2025-11-05),
// OpenSearch 2.19, 3.3 and 3.6 (DigitalOcean's release notes to 2026-09).
func Engines() []Engine {
	return []Engine{
		{
			Name:     Postgres,
			Versions: []string{"15", "16", "17", "18"},
			Plans: slices.Concat(
				nodes("db-s-1vcpu-1gb db-amd-1vcpu-1gb db-intel-1vcpu-1gb", 1),
				standby("db-s-1vcpu-2gb db-amd-1vcpu-2gb db-intel-1vcpu-2gb db-s-2vcpu-4gb db-amd-2vcpu-4gb "+
					"db-intel-2vcpu-4gb db-amd-2vcpu-8gb db-intel-2vcpu-8gb db-s-4vcpu-8gb db-amd-4vcpu-8gb "+
					"db-intel-4vcpu-8gb gd-2vcpu-8gb db-s-6vcpu-16gb db-amd-4vcpu-16gb db-intel-4vcpu-16gb "+
					"gd-4vcpu-16gb so1_5-2vcpu-16gb db-amd-8vcpu-32gb db-intel-8vcpu-32gb gd-8vcpu-32gb "+
					"so1_5-4vcpu-32gb db-amd-16vcpu-64gb db-intel-16vcpu-64gb gd-16vcpu-64gb so1_5-8vcpu-64gb "+
					"gd-32vcpu-128gb so1_5-16vcpu-128gb gd-40vcpu-160gb so1_5-24vcpu-192gb so1_5-32vcpu-256gb"),
			).priced(map[string]Price{
				"db-s-1vcpu-1gb": exactly(15.15), "db-s-1vcpu-2gb": exactly(30.45),
				"db-s-2vcpu-4gb": between(60, 61), "db-s-4vcpu-8gb": between(120, 122),
			}),
		},
		{
			Name:     AdvancedPostgres,
			Versions: []string{"16", "17", "18"},
			Plans: slices.Concat(
				standby("gd-2vcpu-8gb gd-2vcpu-8gb-intel so1_5-2vcpu-16gb so1_5-2vcpu-16gb-intel gd-4vcpu-16gb " +
					"gd-4vcpu-16gb-intel so1_5-4vcpu-32gb so1_5-4vcpu-32gb-intel gd-8vcpu-32gb gd-8vcpu-32gb-intel " +
					"so1_5-8vcpu-64gb so1_5-8vcpu-64gb-intel gd-16vcpu-64gb gd-16vcpu-64gb-intel " +
					"so1_5-16vcpu-128gb so1_5-16vcpu-128gb-intel gd-32vcpu-128gb gd-32vcpu-128gb-intel " +
					"gd-40vcpu-160gb so1_5-24vcpu-192gb so1_5-24vcpu-192gb-intel gd-48vcpu-192gb-intel " +
					"so1_5-32vcpu-256gb so1_5-32vcpu-256gb-intel so1_5-48vcpu-384gb-intel"),
			).priced(map[string]Price{
				// The documentation says "from 130 a node"; this is the smallest plan.
				"gd-2vcpu-8gb": exactly(130),
			}),
		},
		{
			Name:     Valkey,
			Versions: []string{"8"},
			Plans: slices.Concat(
				nodes("db-s-1vcpu-1gb", 1),
				standby("db-s-1vcpu-2gb db-s-2vcpu-4gb db-s-4vcpu-8gb db-s-6vcpu-16gb m-2vcpu-16gb "+
					"db-s-8vcpu-32gb m-4vcpu-32gb db-s-16vcpu-64gb m-8vcpu-64gb m-16vcpu-128gb "+
					"m-24vcpu-192gb m-32vcpu-256gb"),
			).priced(map[string]Price{"db-s-1vcpu-1gb": exactly(15), "db-s-1vcpu-2gb": exactly(30)}),
		},
		{
			Name:     OpenSearch,
			Versions: []string{"2", "2.19", "3.3", "3.6"},
			Plans: slices.Concat(
				nodes("db-s-1vcpu-2gb", 1),
				nodes("db-s-2vcpu-4gb db-s-4vcpu-8gb", 1, 3),
				nodes("gd-2vcpu-8gb m3-2vcpu-16gb gd-4vcpu-16gb m3-4vcpu-32gb m3-8vcpu-64gb", 1, 3, 6, 9, 15),
			).priced(map[string]Price{
				"db-s-1vcpu-2gb": between(19, 20), "db-s-2vcpu-4gb": between(39, 60),
			}),
		},
	}
}

// LookupEngine returns the engine with a name, and whether there is one.
func LookupEngine(name string) (Engine, bool) {
	engines := Engines()
	i := slices.IndexFunc(engines, func(e Engine) bool { return e.Name == name })
	if i < 0 {
		return Engine{}, false
	}
	return engines[i], true
}

// storage is the least that comes with a plan, in GiB.
//
// Source: digitalocean.com/pricing/managed-databases, 2026-11; that of the dedicated plans is approximate.
func storage(slug string) int {
	known := map[string]int{
		"db-s-1vcpu-1gb": 10, "db-s-1vcpu-2gb": 30, "db-s-2vcpu-4gb": 60, "db-s-4vcpu-8gb": 140,
		"db-s-6vcpu-16gb": 290, "db-s-8vcpu-32gb": 600, "db-s-16vcpu-64gb": 1120, "db-2vcpu-8gb": 100,
		"db-4vcpu-16gb": 220, "db-8vcpu-32gb": 450, "db-16vcpu-64gb": 900, "gd-2vcpu-8gb": 30, "gd-4vcpu-16gb": 60,
		"gd-8vcpu-32gb": 140, "gd-16vcpu-64gb": 290, "gd-32vcpu-128gb": 600, "gd-40vcpu-160gb": 720,
		"gd-48vcpu-192gb": 860, "so1_5-2vcpu-16gb": 400, "so1_5-4vcpu-32gb": 770, "so1_5-8vcpu-64gb": 1530,
		"so1_5-16vcpu-128gb": 3050, "so1_5-24vcpu-192gb": 4570, "so1_5-32vcpu-256gb": 6100,
		"so1_5-48vcpu-384gb": 9150, "m3-2vcpu-16gb": 130, "m3-4vcpu-32gb": 290, "m3-8vcpu-64gb": 600,
	}
	// The plans of a make of processor have what the plan without it has, or the regular one of the size.
	plan := strings.NewReplacer("-intel", "", "-amd", "").Replace(slug)
	return cmp.Or(known[plan], known[strings.Replace(plan, "db-", "db-s-", 1)])
}

type planList []Plan

// nodes are plans that allow the given cluster sizes.
func nodes(slugs string, counts ...int) planList {
	var list planList
	for slug := range strings.FieldsSeq(slugs) {
		vcpus, memory := sizeOf(slug)
		list = append(list, Plan{
			Slug: slug, VCPUs: vcpus, MemoryGiB: memory, StorageGiB: storage(slug), Nodes: counts,
		})
	}
	return list
}

// standby are plans for a primary and up to two standbys.
func standby(slugs string) planList { return nodes(slugs, 1, 2, 3) }

func (l planList) priced(prices map[string]Price) planList {
	for i := range l {
		l[i].Price = prices[l[i].Slug]
	}
	return l
}
