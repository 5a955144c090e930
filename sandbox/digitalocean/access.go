package digitalocean

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

// Of PostgreSQL's connections a plan offers this many per GB of memory, less those that DigitalOcean keeps for itself
// (documentation of PostgreSQL, "how to manage connection pools").
const (
	connectionsPerGB    = 25
	reservedConnections = 3
)

// mostRules is how many trusted sources a database cluster takes.
const mostRules = 100

func isPostgres(cluster sim.State) bool {
	return cluster.String("engine") == "pg" || cluster.String("engine") == "advanced_pg"
}

// member refuses a second object of the name in the same cluster, and names that every cluster has already.
func member(call sim.Call, typ, what string, state sim.State, existing ...string) error {
	taken := slices.Contains(existing, state.String("name"))

	for _, other := range call.List(typ) {
		o := sim.State(other.Outputs)
		taken = taken ||
			(o.String("clusterId") == state.String("clusterId") && o.String("name") == state.String("name"))
	}

	if taken {
		return refuse(409, "%s %q already exists in the database cluster", what, state.String("name"))
	}
	return nil
}

func createUser(call sim.Call, state sim.State) (string, error) {
	cluster, err := find(call, typeDatabase, "database cluster", state.String("clusterId"))
	if err != nil {
		return "", err
	}

	if err := member(call, typeUser, "user", state, cluster.String("user")); err != nil {
		return "", err
	}

	if state["password"], err = databasePassword(); err != nil {
		return "", err
	}

	state["role"] = "normal"
	return state.String("clusterId") + "/user/" + state.String("name"), nil
}

func createDb(call sim.Call, state sim.State) (string, error) {
	cluster, err := find(call, typeDatabase, "database cluster", state.String("clusterId"))
	if err != nil {
		return "", err
	}

	if !isPostgres(cluster) {
		return "", refuse(422, "engine %s does not support databases", cluster.String("engine"))
	}

	if err := member(call, typeDb, "database", state, cluster.String("database")); err != nil {
		return "", err
	}
	return state.String("clusterId") + "/database/" + state.String("name"), nil
}

func createPool(call sim.Call, state sim.State) (string, error) {
	id := state.String("clusterId")

	cluster, err := find(call, typeDatabase, "database cluster", id)
	if err != nil {
		return "", err
	}

	if !isPostgres(cluster) {
		return "", refuse(422, "engine %s does not support connection pools", cluster.String("engine"))
	}

	err = errors.Join(member(call, typePool, "connection pool", state), connectionBudget(call, cluster, state))
	if err != nil {
		return "", err
	}

	if database := state.String("dbName"); database != cluster.String("database") {
		if _, err := find(call, typeDb, "database", id+"/database/"+database); err != nil {
			return "", err
		}
	}

	// A pool without a user takes the one that connects; its connection string names the administrator.
	user, password := state.String("user"), cluster.String("password")
	if user == "" {
		user = cluster.String("user")
	}

	if user != cluster.String("user") {
		account, err := find(call, typeUser, "user", id+"/user/"+user)
		if err != nil {
			return "", err
		}

		password = account.String("password")
	}

	state.Merge(sim.State{
		"host": cluster.String("host"), "privateHost": cluster.String("privateHost"), "port": pooledPort,
		"password": password,
		"uri": connection("postgresql", user, password,
			cluster.String("host"), pooledPort, state.String("name")),
		"privateUri": connection("postgresql", user, password,
			cluster.String("privateHost"), pooledPort, state.String("name")),
	})
	return id + "/pool/" + state.String("name"), nil
}

// connectionBudget refuses a pool that, with the others of the cluster, wants more connections than the plan has.
func connectionBudget(call sim.Call, cluster, pool sim.State) error {
	plan, _ := databasePlan(cluster.String("size"))
	left := connectionsPerGB*plan.memoryGB - reservedConnections

	for _, other := range call.List(typePool) {
		if o := sim.State(other.Outputs); o.String("clusterId") == pool.String("clusterId") {
			left -= o.Int("size")
		}
	}

	if pool.Int("size") > left {
		return refuse(422, "pool size %d exceeds the %d connections that size %s has left: "+
			"%d for each GB of memory, less %d and those of other pools",
			pool.Int("size"), max(left, 0), cluster.String("size"), connectionsPerGB, reservedConnections)
	}
	return nil
}

func fewRules(value any) error {
	if rules, _ := value.([]any); len(rules) > mostRules {
		return fmt.Errorf("must not have more than %d rules", mostRules)
	}
	return nil
}

func createFirewall(call sim.Call, state sim.State) (string, error) {
	if _, err := find(call, typeDatabase, "database cluster", state.String("clusterId")); err != nil {
		return "", err
	}

	id := state.String("clusterId") + "-" + newID()
	return id, setRules(call, id, state)
}

func updateFirewall(call sim.Call, id string, _, state sim.State) error {
	return setRules(call, id, state)
}

// setRules checks the rules and makes them those of the cluster. The API knows one list for each cluster and replaces
// it as a whole: a second DatabaseFirewall of the cluster takes over, which the first one sees as drift.
func setRules(call sim.Call, id string, state sim.State) error {
	for _, rule := range state.Objects("rules") {
		if err := admissible(call, rule); err != nil {
			return err
		}

		rule.SetDefault("uuid", newID())
		rule.SetDefault("createdAt", timestamp(call))
	}

	for _, other := range call.List(typeFirewall) {
		if other.ID == id || sim.State(other.Outputs).String("clusterId") != state.String("clusterId") {
			continue
		}

		other.Outputs["rules"] = state["rules"]
		if err := call.Put(other); err != nil {
			return err
		}
	}
	return nil
}

// admissible checks the source that a rule names.
func admissible(call sim.Call, rule sim.State) error {
	source := rule.String("value")
	switch rule.String("type") {
	case "k8s":
		cluster, err := find(call, typeCluster, "kubernetes cluster", source)
		if err != nil {
			return err
		}

		if nodesOf(call, source, cluster) == 0 {
			return refuse(422, "no VMs found for kubernetes cluster %q: it has no nodes yet", cluster.String("name"))
		}
	case "ip_addr":
		_, notIP := netip.ParseAddr(source)
		_, notNetwork := netip.ParsePrefix(source)

		if notIP != nil && notNetwork != nil {
			return refuse(422, "invalid IP address %q: must be an address or a network in CIDR notation", source)
		}
	}
	return nil
}
