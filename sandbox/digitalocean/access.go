package digitalocean

import (
	"errors"
	"slices"

	"github.com/vmstio/infrastructure/infra/catalogue"
	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

// mostPools is how many connection pools a cluster can have (documentation of PostgreSQL, "Limits").
const mostPools = 21

// databaseOf finds the cluster that something is made in.
func databaseOf(call sim.Call, state sim.State) (sim.State, error) {
	return find(call, typeDatabase, "database cluster", state.String("clusterId"))
}

// postgresOf is databaseOf for what only PostgreSQL has.
func postgresOf(call sim.Call, state sim.State, what string) (sim.State, error) {
	cluster, err := databaseOf(call, state)
	engine := cluster.String("engine")
	if err == nil && engine != catalogue.Postgres && engine != catalogue.AdvancedPostgres {
		err = refuse(422, "engine %s does not support %s", engine, what)
	}
	return cluster, err
}

// member refuses a second object of the name in the same cluster, and names that every cluster has already.
func member(call sim.Call, typ, what string, state sim.State, existing ...string) error {
	taken := slices.Contains(existing, state.String("name"))
	for _, other := range having(call, typ, "clusterId", state.String("clusterId")) {
		taken = taken || other.String("name") == state.String("name")
	}
	if taken {
		return refuse(409, "%s %q already exists in the database cluster", what, state.String("name"))
	}
	return nil
}

func createUser(call sim.Call, state sim.State) (string, error) {
	cluster, err := databaseOf(call, state)
	if err != nil {
		return "", err
	}
	state.Merge(sim.State{"role": "normal", "password": databasePassword()})
	return state.String("clusterId") + "/user/" + state.String("name"),
		member(call, typeUser, "user", state, cluster.String("user"))
}

func createDb(call sim.Call, state sim.State) (string, error) {
	cluster, err := postgresOf(call, state, "databases")
	if err != nil {
		return "", err
	}
	id := state.String("clusterId") + "/database/" + state.String("name")
	return id, member(call, typeDb, "database", state, cluster.String("database"))
}

func createPool(call sim.Call, state sim.State) (string, error) {
	id := state.String("clusterId")
	cluster, err := postgresOf(call, state, "connection pools")
	if err != nil {
		return "", err
	}
	if err := errors.Join(
		member(call, typePool, "connection pool", state), connectionBudget(call, cluster, state),
	); err != nil {
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
	host, private := cluster.String("host"), cluster.String("privateHost")
	state.Merge(sim.State{
		"host": host, "privateHost": private, "port": pooledPort, "password": password,
		"uri":        connection("", user, password, host, pooledPort, state.String("name")),
		"privateUri": connection("", user, password, private, pooledPort, state.String("name")),
	})
	return id + "/pool/" + state.String("name"), nil
}

// connectionBudget refuses a pool that, with the others of the cluster, wants more connections than the plan has, and
// one pool too many.
func connectionBudget(call sim.Call, cluster, pool sim.State) error {
	_, plan, _ := planOf(cluster)
	left, others := plan.Connections(), having(call, typePool, "clusterId", pool.String("clusterId"))
	for _, other := range others {
		left -= other.Int("size")
	}
	if pool.Int("size") > left {
		return refuse(422, "pool size %d exceeds the %d connections that size %s has left: it has %d, less those of "+
			"other pools", pool.Int("size"), max(left, 0), plan.Slug, plan.Connections())
	}
	return atMost(mostPools, len(others), "connection pools in the cluster")
}

func createFirewall(call sim.Call, state sim.State) (string, error) {
	if _, err := databaseOf(call, state); err != nil {
		return "", err
	}
	id := state.String("clusterId") + "-" + newID()
	return id, setRules(call, id, state)
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
	value := rule.String("value")
	switch rule.String("type") {
	case "k8s":
		cluster, err := find(call, typeCluster, "kubernetes cluster", value)
		if err != nil {
			return err
		}
		if nodesOf(call, value, cluster) == 0 {
			return refuse(422, "no VMs found for kubernetes cluster %q: it has no nodes yet", cluster.String("name"))
		}
	case "ip_addr":
		if err := source(value); err != nil {
			return refuse(422, "invalid IP address %q: %v", value, err)
		}
	}
	return nil
}
