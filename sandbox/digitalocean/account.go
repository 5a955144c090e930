package digitalocean

import sim "github.com/vmstio/infrastructure/sandbox/provider"

// droplets are what no resource is: the nodes of clusters.
const droplets = "Droplet"

// limits are how much an account may have until its owner asks DigitalOcean's support for more (documentation of load
// balancers and of databases, "Limits"). That of Droplets differs from account to account; 10 has been seen.
var limits = map[string]int{droplets: 10, typeDatabase: 10, typeLoadBalancer: 10}

// limit is how much the account may have; after its owner has asked for more, as much as anybody needs.
func (o Options) limit(of string) int {
	if o.NewAccount {
		return limits[of]
	}
	return 1000
}

type creation = func(sim.Call, sim.State) (string, error)

// limited refuses to create one more than the account may have.
func (o Options) limited(typ, what string, create creation) creation {
	return func(call sim.Call, state sim.State) (string, error) {
		if err := atMost(o.limit(typ), len(call.List(typ)), what); err != nil {
			return "", err
		}
		return create(call, state)
	}
}

// dropletsOf counts those of the account, all nodes of clusters.
func dropletsOf(call sim.Call) int {
	count := 0
	for _, cluster := range call.List(typeCluster) {
		count += nodesOf(call, cluster.ID, cluster.Outputs)
	}
	return count
}
