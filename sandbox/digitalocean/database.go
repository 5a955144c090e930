package digitalocean

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

// Ports of managed databases (documentation of each engine, "how to connect").
const (
	directPort = 25060 // PostgreSQL itself, and OpenSearch
	pooledPort = 25061 // PgBouncer, and Valkey
	uiPort     = 443   // OpenSearch dashboards
)

// evictionPolicies that Valkey can have (API reference, databases_update_evictionPolicy).
var evictionPolicies = []string{
	"noeviction", "allkeys_lru", "allkeys_random", "volatile_lru", "volatile_random", "volatile_ttl",
}

func databaseResources() map[string]sim.Resource {
	clusterID := sim.String().Required().Replaces()
	name := sim.String().AutoNamed().Replaces().Check(matches(`[a-zA-Z_][a-zA-Z0-9_-]*`,
		"letters, digits, dashes and underscores, and begin with a letter"), longest(63))
	return map[string]sim.Resource{
		typeDatabase: {
			Inputs: sim.Fields{
				"name": sim.String().AutoNamed().Replaces().Check(
					matches(`[a-z0-9][a-z0-9-]{2,62}`, "3 to 63 lower-case letters, digits and dashes")),
				"engine":             sim.String().Required().Replaces().OneOf(slices.Sorted(maps.Keys(engines))...),
				"version":            sim.String(),
				"size":               sim.String().Required(),
				"region":             inRegion(managedRegions).Required(),
				"nodeCount":          sim.Int().Required(),
				"storageSizeMib":     sim.String().Computed().Check(matches(`[1-9][0-9]*`, "digits: a number of MiB")),
				"privateNetworkUuid": sim.String().Computed().Replaces(),
				"projectId":          sim.String().Computed().Replaces(),
				"evictionPolicy":     sim.String().OneOf(evictionPolicies...),
				"sqlMode":            sim.String(),
				"tags":               sim.List(sim.String()).Unordered(),
				"maintenanceWindows": sim.List(sim.Object(sim.Fields{
					"day": sim.String().Required().OneOf(
						"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
					"hour": sim.String().Required().Check(
						matches(`([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?`, "hours and minutes, such as 04:00")),
				})),
				"backupRestore": sim.Object(sim.Fields{
					"databaseName": sim.String().Required(), "backupCreatedAt": sim.String(),
				}),
			},
			Outputs: []string{
				"clusterUrn", "database", "host", "metricsEndpoints", "port", "privateHost", "uiDatabase", "uiHost",
				"uiPort", "uiUser", "user",
			},
			Secrets: []string{"password", "privateUri", "uiPassword", "uiUri", "uri"},
			Check:   checkDatabase,
			Create:  createDatabase,
			Update:  updateDatabase,
			Delete:  deleteDatabase,
		},
		typeUser: {
			Inputs: sim.Fields{
				"clusterId":       clusterID,
				"name":            name,
				"mysqlAuthPlugin": sim.String().OneOf("mysql_native_password", "caching_sha2_password"),
				"settings": sim.List(sim.Object(sim.Fields{
					"acls": sim.List(sim.Object(sim.Fields{
						"id": sim.String().Computed(), "topic": sim.String().Required(),
						"permission": sim.String().Required().OneOf("admin", "consume", "produce", "produceconsume"),
					})),
					"opensearchAcls": sim.List(sim.Object(sim.Fields{
						"index":      sim.String().Required(),
						"permission": sim.String().Required().OneOf("deny", "admin", "read", "write", "readwrite"),
					})),
				})),
			},
			Outputs: []string{"role"},
			Secrets: []string{"accessCert", "accessKey", "password"},
			Create:  createUser,
		},
		typeDb: {
			Inputs: sim.Fields{"clusterId": clusterID, "name": name},
			Create: createDb,
		},
		typePool: {
			Inputs: sim.Fields{
				"clusterId": clusterID,
				"name": sim.String().AutoNamed().Replaces().Check(
					matches(`[a-zA-Z_][a-zA-Z0-9_-]{2,62}`, "3 to 63 letters, digits, dashes and underscores")),
				"dbName": sim.String().Required().Replaces(),
				"user":   sim.String().Replaces(),
				"mode":   sim.String().Required().Replaces().OneOf("session", "transaction", "statement"),
				"size":   sim.Int().Required().Replaces().Between(1, 5000),
			},
			Outputs: []string{"host", "port", "privateHost"},
			Secrets: []string{"password", "privateUri", "uri"},
			Create:  createPool,
		},
		typeFirewall: {
			Inputs: sim.Fields{
				"clusterId": clusterID,
				"rules": sim.List(sim.Object(sim.Fields{
					"type":      sim.String().Required().OneOf("ip_addr", "droplet", "k8s", "tag", "app"),
					"value":     sim.String().Required(),
					"uuid":      sim.String().Computed(),
					"createdAt": sim.String().Computed(),
				})).Required().Unordered().Check(fewRules),
			},
			Create: createFirewall,
			Update: updateFirewall,
		},
	}
}

func checkDatabase(s sim.State) []error {
	if !s.Known("engine", "size", "version", "nodeCount") {
		return nil
	}

	if !s.Has("version") {
		return []error{fmt.Errorf("missing required property version, although the schema calls it optional")}
	}

	name := s.String("engine")
	errs := engines[name].check(name, s.String("size"), s.String("version"), s.Int("nodeCount"))

	if s.Has("evictionPolicy") && name != "valkey" {
		errs = append(errs, fmt.Errorf("evictionPolicy: only valkey has one, engine %s has not", name))
	}

	if s.Has("sqlMode") {
		errs = append(errs, fmt.Errorf("sqlMode: only mysql has one, engine %s has not", name))
	}

	if plan, ok := databasePlan(s.String("size")); ok && s.Has("storageSizeMib") && s.Known("storageSizeMib") {
		if mib, err := strconv.Atoi(s.String("storageSizeMib")); err != nil || mib < plan.storageGiB*1024 {
			errs = append(errs, fmt.Errorf("storageSizeMib = %q: must be at least %d for size %s",
				s.String("storageSizeMib"), plan.storageGiB*1024, s.String("size")))
		}
	}
	return errs
}

func createDatabase(call sim.Call, state sim.State) (string, error) {
	if err := errors.Join(
		unique(call, typeDatabase, "database cluster", "", state, 422),
		placeInVpc(call, state, "privateNetworkUuid"),
	); err != nil {
		return "", err
	}

	id := newID()
	host := fmt.Sprintf("%s-do-user-1000000-0.%s.db.ondigitalocean.com", state.String("name"), id[:1])
	plan, _ := databasePlan(state.String("size"))

	password, err := databasePassword()
	if err != nil {
		return "", err
	}

	state.SetDefault("storageSizeMib", strconv.Itoa(plan.storageGiB*1024))
	state.SetDefault("projectId", defaultProject)
	state.Merge(sim.State{
		"clusterUrn": "do:dbaas:" + id, "host": host, "privateHost": "private-" + host, "password": password,
		"user": "doadmin", "database": "defaultdb", "port": directPort,
		"metricsEndpoints": []any{"https://" + host + ":9273/metrics"},
	})

	switch state.String("engine") {
	case "valkey":
		state.Merge(sim.State{"user": "default", "database": "", "port": pooledPort})
	case "opensearch":
		state.Merge(sim.State{
			"uiHost": host, "uiPort": uiPort, "uiDatabase": "", "uiUser": "doadmin", "uiPassword": password,
			"uiUri": connection("https", "doadmin", password, host, uiPort, ""),
		})
	}

	// Valkey presents certificates of a public authority; the others have one for each cluster.
	if state.String("engine") != "valkey" {
		if state["__ca"], err = newAuthority(id+" Project CA", call.Now()); err != nil {
			return "", err
		}
	}

	setURIs(state)
	return id, nil
}

// setURIs sets the connection strings of a cluster.
func setURIs(state sim.State) {
	scheme, database := "postgresql", state.String("database")

	switch state.String("engine") {
	case "valkey":
		scheme = "rediss"
	case "opensearch":
		scheme = "https"
	}

	for uri, host := range map[string]string{"uri": "host", "privateUri": "privateHost"} {
		state[uri] = connection(scheme, state.String("user"), state.String("password"), state.String(host),
			state.Int("port"), database)
	}
}

func connection(scheme, user, password, host string, port int, database string) string {
	uri := url.URL{
		Scheme: scheme, User: url.UserPassword(user, password), Host: net.JoinHostPort(host, strconv.Itoa(port)),
	}

	if scheme == "postgresql" {
		uri.Path, uri.RawQuery = "/"+database, "sslmode=require"
	}
	return uri.String()
}

// databasePassword looks like those that DigitalOcean makes.
func databasePassword() (string, error) {
	secret := make([]byte, 14)
	if _, err := rand.Read(secret); err != nil {
		return "", fmt.Errorf("making a database password: %w", err)
	}
	return "AVNS_" + base64.RawURLEncoding.EncodeToString(secret), nil
}

// updateDatabase resizes, migrates and upgrades, of which the API refuses whatever goes down.
func updateDatabase(_ sim.Call, _ string, before, state sim.State) error {
	old, _ := databasePlan(before.String("size"))
	plan, _ := databasePlan(state.String("size"))
	if plan.memoryGB < old.memoryGB {
		return refuse(422, "cannot resize database cluster %q from %s to %s: a cluster cannot shrink",
			state.String("name"), before.String("size"), state.String("size"))
	}

	// A larger plan brings its storage along, unless the program asks for more.
	had, _ := strconv.Atoi(before.String("storageSizeMib"))
	wanted, _ := strconv.Atoi(state.String("storageSizeMib"))
	if wanted < had {
		return refuse(422, "cannot resize the storage of database cluster %q from %d MiB to %d MiB: it cannot shrink",
			state.String("name"), had, wanted)
	}

	state["storageSizeMib"] = strconv.Itoa(max(wanted, plan.storageGiB*1024))

	if versionNumber(state.String("version")) < versionNumber(before.String("version")) {
		return refuse(422, "cannot change database cluster %q from version %s to %s: a cluster cannot be downgraded",
			state.String("name"), before.String("version"), state.String("version"))
	}
	return nil
}

func versionNumber(version string) float64 {
	major, _, _ := strings.Cut(version, ".")
	n, _ := strconv.ParseFloat(major, 64)
	return n
}

// deleteDatabase deletes what lives in the cluster with it.
func deleteDatabase(call sim.Call, id string, _ sim.State) error {
	var errs []error
	configs := slices.Sorted(maps.Keys(databaseConfigs()))
	for _, typ := range append([]string{typeUser, typeDb, typePool, typeFirewall}, configs...) {
		errs = append(errs, deleteAll(call, typ, "clusterId", id))
	}
	return errors.Join(errs...)
}
