package settings

import (
	"fmt"
	"slices"
	"strconv"

	"golang.org/x/mod/semver"

	"github.com/vmstio/infrastructure/infra/catalogue"
	"github.com/vmstio/infrastructure/infra/settings/internal/decode"
)

// How the certificate of the database is checked, as libpq names it.
const (
	VerifyFull = "verify-full"
	VerifyCA   = "verify-ca"
)

// Whose certificate the database has.
const (
	AuthorityCluster = "cluster"
	AuthorityPublic  = "public"
)

// Database is the managed PostgreSQL cluster.
type Database struct {
	// Engine is "pg" (Standard) or "advanced_pg" (Advanced). From 2026-11-30 on DigitalOcean creates Standard clusters
	// of one node and at most 4 GiB only, so a standby needs Advanced: more is refused before anything is made, unless
	// it runs, because clusters that exist by then keep what they have. Changing the engine replaces the cluster.
	Engine string `json:"engine" jsonschema:"required,enum=pg,enum=advanced_pg"`
	// Version is the major version: 15 to 18 for pg, 16 to 18 for advanced_pg. Raising it upgrades the cluster in
	// place; it cannot be lowered.
	Version string `json:"version" jsonschema:"required" example:"17"`
	// Size is the slug of the plan of every node. A node cannot become smaller.
	Size string `json:"size" jsonschema:"required" example:"gd-2vcpu-8gb"`
	// Nodes is 1 for a primary alone, 2 or 3 with standbys, for which a plan needs 2 GiB.
	Nodes int `json:"nodes" jsonschema:"required,minimum=1,maximum=3"`
	// PoolSize is the number of server connections that the transaction-mode connection pool may open: at most 25 for
	// each GiB of memory and 1,000 in all, less 3 that DigitalOcean keeps for maintenance and 5 that are kept for
	// migrations. Changing it replaces the pool, which cuts its connections for a moment. 0 makes no pool: everything
	// then goes to the primary, with prepared statements, and the plan must have a connection for every thread.
	PoolSize int `json:"poolSize" jsonschema:"required,minimum=0"`
	// TLS is how the certificate of the database is checked by whatever connects to it, pods and Jobs alike, as libpq
	// names it (sslmode): "verify-full" compares the host name in it with the one that is asked for, "verify-ca" does
	// not, for a certificate without the private host name. The streaming server then has NODE_OPTIONS of the program.
	TLS string `json:"tls" jsonschema:"enum=verify-full,enum=verify-ca" default:"verify-full"`
	// Authority is whose certificate the database has: "cluster" asks DigitalOcean for the authority of the cluster and
	// trusts it beside the public ones, "public" trusts these alone and asks for none. Left out, it is cluster for pg
	// and public for advanced_pg.
	Authority string `json:"authority" jsonschema:"enum=cluster,enum=public"`
	// Maintenance is the window of updates.
	Maintenance Window `json:"maintenance" default:"{day: tuesday, time: '06:00'}"`
	// Restore fills the database from a backup while it is empty. Left out, the first run makes an empty instance.
	Restore *Restore `json:"restore"`
	// Suffix ends the name of the cluster. A fork that takes its place has another name; without that, changing it
	// replaces the cluster.
	Suffix string `json:"suffix" jsonschema:"format=name-suffix" example:"2"`
	// Growth adds storage when it runs out, at the price of storage. Left out, the database stops on a full disk.
	Growth *Growth `json:"growth"`
}

// Growth is storage that is added by itself (DigitalOcean: storage autoscaling).
type Growth struct {
	// ThresholdPercent is how full the storage is when some is added.
	ThresholdPercent int `json:"thresholdPercent" jsonschema:"minimum=15,maximum=95" default:"80"`
	// IncrementGiB is how much is added.
	IncrementGiB int `json:"incrementGiB" jsonschema:"minimum=10,maximum=500" default:"10"`
}

// migrationConnections are kept free beside the pool or the pods: migrations, a dump, a task of the housekeeping and a
// person go to the database directly.
const migrationConnections = 5

// complete fills in what depends on other values.
func (d *Database) complete() {
	if d.Authority != "" {
		return
	}
	// Advanced Edition presents a certificate of a public authority, and the API has none of the cluster.
	d.Authority = AuthorityPublic
	if d.Engine == catalogue.Postgres {
		d.Authority = AuthorityCluster
	}
}

// Check reports what DigitalOcean does not offer, and a pool that the plan cannot serve.
func (d Database) Check(at At) {
	engine, ok := catalogue.LookupEngine(d.Engine)
	if !ok || d.Engine != catalogue.Postgres && d.Engine != catalogue.AdvancedPostgres {
		return
	}
	checkVersion(at, engine, d.Version)
	plan, ok := checkPlan(at, engine, d.Size, d.Nodes)
	if most := plan.Connections() - migrationConnections; ok && d.PoolSize > most {
		at.Key("poolSize").Add(fmt.Sprintf("%d is more than %s can serve", d.PoolSize, d.Size),
			fmt.Sprintf("use at most %d: of its %d connections, %d are kept for migrations",
				most, plan.Connections(), migrationConnections))
	}
}

// checkConnections reports pods that may open more connections than the plan has, where there is no pool between them,
// and tasks that may open more than are left. A pool has clients wait for a connection; the database refuses them.
func (s *Settings) checkConnections(at At) {
	engine, _ := catalogue.LookupEngine(s.Database.Engine)
	plan, ok := engine.Plan(s.Database.Size)
	if !ok || at.Key("database").Bad() || at.Key("mastodon").Bad() {
		return
	}
	taken, most := s.Database.PoolSize, plan.Connections()-migrationConnections
	if taken == 0 {
		taken = s.podConnections()
	}
	switch {
	case taken <= most:
		s.Mastodon.Housekeeping.checkConnections(
			at.Key("mastodon").Key("housekeeping"), s.Database.Size, plan.Connections()-taken)
	case s.Database.PoolSize == 0:
		at.Key("database").Key("poolSize").Add(
			fmt.Sprintf("0 makes no pool, and the pods may open %d connections of the %d that %s has for them",
				taken, most, s.Database.Size),
			"make a pool, use a larger plan, or lower mastodon.web, mastodon.streaming and mastodon.sidekiq")
	}
}

// podConnections are those that the pods may open, one for every thread.
func (s *Settings) podConnections() int {
	web, streaming := s.Mastodon.Web, s.Mastodon.Streaming
	// A new version brings one pod more of these two while it replaces the old one.
	need := (web.Replicas+1)*web.Processes*web.Threads + (streaming.Replicas+1)*streaming.DatabaseConnections
	for _, group := range s.Mastodon.Sidekiq {
		need += group.Replicas * group.Threads
	}
	return need
}

func (d Database) cost(bill *Cost) { bill.database("PostgreSQL", d.Engine, d.Size, d.Nodes) }

// checkVersion checks that an engine has a version, or may have it by now: a later one than the oldest that it has.
func checkVersion(at At, engine catalogue.Engine, version string) {
	oldest := engine.Versions[0]
	if !versionSlug.MatchString(version) || semver.Compare("v"+version, "v"+oldest) < 0 {
		at.Key("version").Choice(version, "a version of "+engine.Name, engine.Versions, "")
	}
}

// checkPlan checks that an engine has a plan, or may have it by now, and that the plan allows the number of nodes, both
// of them below a place. It returns the plan if it is known.
func checkPlan(at At, engine catalogue.Engine, size string, nodes int) (catalogue.Plan, bool) {
	plan, ok := engine.Plan(size)
	if !ok && sizeSlug.MatchString(size) {
		return plan, false
	}
	if !ok {
		at.Key("size").Choice(size, "a plan of "+engine.Name, engine.Slugs(), listsPlans+engine.Name)
		return plan, false
	}
	if slices.Contains(plan.Nodes, nodes) || nodes == 0 {
		return plan, true
	}
	wrong, remedy := fmt.Sprintf("%d is not a cluster size of %s", nodes, size), "use "+counts(plan.Nodes)
	if len(plan.Nodes) == 1 {
		wrong = fmt.Sprintf("%d nodes need more than %s offers", nodes, size)
		remedy = "set nodes to 1, or use the next larger plan"
	}
	at.Key("nodes").Add(wrong, remedy)
	return plan, true
}

func counts(numbers []int) string {
	texts := make([]string, len(numbers))
	for i, n := range numbers {
		texts[i] = strconv.Itoa(n)
	}
	return decode.OneOf(texts)
}
