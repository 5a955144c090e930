package digitalocean

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	sdk "github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"

	"github.com/vmstio/infrastructure/infra/catalogue"
	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

// Ports of managed databases (documentation of each engine, "how to connect").
const (
	directPort = 25060 // PostgreSQL itself, and OpenSearch
	pooledPort = 25061 // PgBouncer, and Valkey
	uiPort     = 443   // OpenSearch dashboards
)

// planOf is the plan of a database cluster, and its engine.
func planOf(cluster sim.State) (catalogue.Engine, catalogue.Plan, bool) {
	engine, _ := catalogue.LookupEngine(cluster.String("engine"))
	plan, offered := engine.Plan(cluster.String("size"))
	return engine, plan, offered
}

func engines() []string {
	var names []string
	for _, engine := range catalogue.Engines() {
		names = append(names, engine.Name)
	}
	return names
}

func databaseResources(options Options) map[string]sim.Resource {
	name := []sim.Check{matches(`[a-zA-Z_][a-zA-Z0-9_-]*`,
		"letters, digits, dashes and underscores, and begin with a letter"), longest(63)}
	return map[string]sim.Resource{
		typeDatabase: sim.From(sdk.DatabaseClusterArgs{}, sdk.DatabaseCluster{}, sim.Rules{
			// The API has no version of its own choice, whatever the schema says.
			AutoNamed: "name", Required: "version", Replaces: "name engine privateNetworkUuid projectId",
			Computed: "storageSizeMib privateNetworkUuid projectId", Unordered: "tags",
			Secret: "password privateUri uiPassword uiUri uri",
			Checks: map[string][]sim.Check{
				"name":           {matches(`[a-z0-9][a-z0-9-]{2,62}`, "3 to 63 lower-case letters, digits and dashes")},
				"engine":         {sim.OneOf(engines()...)},
				"region":         inRegion(func(r catalogue.Region) bool { return r.Databases }),
				"storageSizeMib": {matches(`[1-9][0-9]*`, "digits: a number of MiB")},
				// API reference, databases_update_evictionPolicy.
				"evictionPolicy": {sim.OneOf("noeviction", "allkeys_lru", "allkeys_random",
					"volatile_lru", "volatile_random", "volatile_ttl")},
				"maintenanceWindows.day": {sim.OneOf(weekdays...)}, "maintenanceWindows.hour": {timeOfDay},
			},
		}, sim.Resource{
			Waits: provisioning,
			Check: checkDatabase, Update: updateDatabase, Delete: deleteDatabase,
			Create: options.limited(typeDatabase, "database clusters", options.createDatabase),
		}),
		typeUser: sim.From(sdk.DatabaseUserArgs{}, sdk.DatabaseUser{}, sim.Rules{
			AutoNamed: "name", Replaces: "clusterId name", Secret: "accessCert accessKey password",
			Checks: map[string][]sim.Check{"name": name},
		}, sim.Resource{Create: createUser}),
		typeDb: sim.From(sdk.DatabaseDbArgs{}, sdk.DatabaseDb{}, sim.Rules{
			AutoNamed: "name", Replaces: "clusterId name", Checks: map[string][]sim.Check{"name": name},
		}, sim.Resource{Create: createDb}),
		typePool: sim.From(sdk.DatabaseConnectionPoolArgs{}, sdk.DatabaseConnectionPool{}, sim.Rules{
			AutoNamed: "name", Replaces: "clusterId name dbName user mode size", Secret: "password privateUri uri",
			Checks: map[string][]sim.Check{
				"name": {matches(`[a-zA-Z_][a-zA-Z0-9_-]{2,62}`, "3 to 63 letters, digits, dashes and underscores")},
				"mode": {sim.OneOf("session", "transaction", "statement")}, "size": {sim.Between(1, 5000)},
			},
		}, sim.Resource{Create: createPool}),
		typeFirewall: sim.From(sdk.DatabaseFirewallArgs{}, sdk.DatabaseFirewall{}, sim.Rules{
			Required: "rules", Replaces: "clusterId", Computed: "rules.uuid rules.createdAt", Unordered: "rules",
			Checks: map[string][]sim.Check{"rules.type": {sim.OneOf("ip_addr", "droplet", "k8s", "tag", "app")}},
		}, sim.Resource{
			Create: createFirewall,
			Update: func(call sim.Call, id string, _, state sim.State) error { return setRules(call, id, state) },
		}),
	}
}

func checkDatabase(s sim.State) []error {
	if !s.Known("engine", "size", "version", "nodeCount") {
		return nil
	}
	var errs []error
	engine, plan, offered := planOf(s)
	if size, nodes := s.String("size"), s.Int("nodeCount"); !offered {
		errs = append(errs, fmt.Errorf("size = %q: is not offered for engine %s, which has %s", size, engine.Name,
			strings.Join(engine.Slugs(), ", ")))
	} else if !slices.Contains(plan.Nodes, nodes) {
		errs = append(errs, fmt.Errorf("nodeCount = %d: must be one of %s for engine %s with size %s",
			nodes, numbers(plan.Nodes), engine.Name, size))
	}
	if version := s.String("version"); !slices.Contains(engine.Versions, version) {
		errs = append(errs, fmt.Errorf("version = %q: must be one of %s for engine %s", version,
			strings.Join(engine.Versions, ", "), engine.Name))
	}
	if s.Has("evictionPolicy") && engine.Name != catalogue.Valkey {
		errs = append(errs, fmt.Errorf("evictionPolicy: only valkey has one, engine %s has not", engine.Name))
	}
	if s.Has("storageSizeMib") && s.Known("storageSizeMib") {
		mib := s.String("storageSizeMib")
		switch n, err := strconv.Atoi(mib); {
		case engine.Name == catalogue.Valkey: // documentation of Valkey, "Limits"
			errs = append(errs, fmt.Errorf("storageSizeMib = %q: the storage of valkey cannot be chosen", mib))
		case err != nil || n < leastStorage(plan):
			errs = append(errs, fmt.Errorf("storageSizeMib = %q: must be at least %d for size %s", mib,
				leastStorage(plan), s.String("size")))
		}
	}
	return errs
}

// leastStorage is what comes with a plan, in MiB.
func leastStorage(plan catalogue.Plan) int { return plan.StorageGiB * 1024 }

func (o Options) createDatabase(call sim.Call, state sim.State) (string, error) {
	if err := errors.Join(
		unique(call, typeDatabase, "database cluster", "", state, 422),
		placeInVpc(call, state, "privateNetworkUuid"),
	); err != nil {
		return "", err
	}
	engine, plan, _ := planOf(state)
	if !engine.Creatable(plan, state.Int("nodeCount"), call.Now()) {
		return "", refuse(422, "engine pg with size %s and %d nodes is not offered to new clusters any more: they "+
			"have one node and 4 GiB of memory at most; engine advanced_pg has standbys",
			plan.Slug, state.Int("nodeCount"))
	}
	for _, gone := range []string{state.String("size"), state.String("version")} {
		if slices.Contains(o.Retired, gone) {
			return "", refuse(422, "%s is not offered to new clusters of engine %s any more", gone, engine.Name)
		}
	}
	id := newID()
	host := fmt.Sprintf("%s-do-user-1000000-0.%s.db.ondigitalocean.com", state.String("name"), id[:1])
	password := databasePassword()
	state.SetDefault("storageSizeMib", strconv.Itoa(leastStorage(plan)))
	state.SetDefault("projectId", defaultProject)
	state.Merge(sim.State{
		"clusterUrn": "do:dbaas:" + id, "host": host, "privateHost": "private-" + host, "password": password,
		"user": "doadmin", "database": "defaultdb", "port": directPort,
	})
	switch engine.Name {
	case catalogue.Valkey:
		state.Merge(sim.State{"user": "default", "database": "", "port": pooledPort})
	case catalogue.OpenSearch:
		// The API's specification knows its versions by the first number alone (databases/responses/options.yml,
		// 2026-08), and nothing says that it answers with more: this is the answer that surprises.
		state["version"], _, _ = strings.Cut(state.String("version"), ".")
		state.Merge(sim.State{
			"uiHost": host, "uiPort": uiPort, "uiDatabase": "", "uiUser": "doadmin", "uiPassword": password,
			"uiUri": connection("https", "doadmin", password, host, uiPort, ""),
		})
	}
	// Valkey and Advanced PostgreSQL present certificates of a public authority; the others have one for each cluster.
	own := []string{catalogue.Postgres, catalogue.OpenSearch}
	if slices.Contains(own, engine.Name) && !slices.Contains(o.Public, engine.Name) {
		var err error
		if state["__ca"], err = newAuthority(id+" Project CA", call.Now()); err != nil {
			return "", err
		}
	}
	setMetrics(state)
	scheme := map[string]string{catalogue.Valkey: "rediss", catalogue.OpenSearch: "https"}[engine.Name]
	for uri, host := range map[string]string{"uri": "host", "privateUri": "privateHost"} {
		state[uri] = connection(scheme, state.String("user"), password, state.String(host), state.Int("port"),
			state.String("database"))
	}
	return id, nil
}

// setMetrics sets where the metrics are: of the primary, and of the standbys where there are any (documentation, "How
// to monitor databases").
func setMetrics(state sim.State) {
	endpoints := []any{"https://" + state.String("host") + ":9273/metrics"}
	if state.Int("nodeCount") > 1 {
		endpoints = append(endpoints, "https://replica-"+state.String("host")+":9273/metrics")
	}
	state["metricsEndpoints"] = endpoints
}

// connection is a connection string: of PostgreSQL, unless another scheme is named.
func connection(scheme, user, password, host string, port int, database string) string {
	uri := url.URL{
		Scheme: scheme, User: url.UserPassword(user, password), Host: net.JoinHostPort(host, strconv.Itoa(port)),
	}
	if scheme == "" {
		uri.Scheme, uri.Path, uri.RawQuery = "postgresql", "/"+database, "sslmode=require"
	}
	return uri.String()
}

// databasePassword looks like those that DigitalOcean makes.
func databasePassword() string { return "AVNS_" + rand.Text()[:19] }

// updateDatabase resizes, migrates and upgrades. Memory and version never go down; storage does, as far as the plan and
// what is in it allow.
func updateDatabase(_ sim.Call, _ string, before, state sim.State) error {
	_, old, _ := planOf(before)
	engine, plan, _ := planOf(state)
	if plan.MemoryGiB < old.MemoryGiB {
		return refuse(422, "cannot resize database cluster %q from %s to %s: a cluster cannot shrink",
			state.String("name"), old.Slug, plan.Slug)
	}
	switch from, to := before.String("version"), state.String("version"); {
	case from == to:
	case engine.Name == catalogue.OpenSearch: // documentation of OpenSearch, "How to create clusters"
		return refuse(422, "cannot change database cluster %q from version %s to %s: an OpenSearch cluster keeps its "+
			"version", state.String("name"), from, to)
	case slices.Index(engine.Versions, to) < slices.Index(engine.Versions, from):
		return refuse(422, "cannot change database cluster %q from version %s to %s: a cluster cannot be downgraded",
			state.String("name"), from, to)
	}
	// A larger plan brings its storage along, unless the program asks for more.
	wanted, _ := strconv.Atoi(state.String("storageSizeMib"))
	state["storageSizeMib"] = strconv.Itoa(max(wanted, leastStorage(plan)))
	setMetrics(state)
	return nil
}

// deleteDatabase deletes what lives in the cluster with it.
func deleteDatabase(call sim.Call, id string, _ sim.State) error {
	var errs []error
	for _, typ := range []string{typeUser, typeDb, typePool, typeFirewall} {
		errs = append(errs, deleteAll(call, typ, "clusterId", id))
	}
	return errors.Join(errs...)
}
