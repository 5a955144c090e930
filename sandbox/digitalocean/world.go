package digitalocean

import (
	"context"
	"net"

	"github.com/vmstio/infrastructure/infra/live"
	"github.com/vmstio/infrastructure/sandbox/cloud"
	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

// World answers what the program asks before it registers anything: the name servers know which zones are delegated
// ([Options]), DigitalOcean offers what the catalogue lists, and in the account is what the cloud has.
func World(c *cloud.Cloud, options Options) live.World {
	return live.World{
		Now: c.Now,
		Servers: func(_ context.Context, zone string) ([]*net.NS, error) {
			delegated, err := read(c, func(call sim.Call) bool { return seen(call, zone, options.Undelegated) })
			if err != nil || !delegated {
				return nil, &net.DNSError{Err: "no such host", Name: zone, IsNotFound: true}
			}
			return []*net.NS{{Host: "ns1.digitalocean.com."}}, nil
		},
		Offers:  func(context.Context, string) (live.Offers, error) { return live.Catalogued(), nil },
		Running: func(context.Context, string) (live.Running, error) { return read(c, runningIn) },
		Droplets: func(context.Context, string) (live.Droplets, error) {
			have, err := read(c, dropletsOf)
			return live.Droplets{Have: have, Limit: options.limit(droplets)}, err
		},
		Upgrades: func(context.Context, string, string) ([]string, error) { return options.Upgrades, nil },
	}
}

// read looks into the cloud as it is at one moment.
func read[T any](c *cloud.Cloud, what func(sim.Call) T) (found T, err error) {
	err = c.Update(func(tx *cloud.Tx) error {
		found = what(sim.Call{Tx: tx})
		return nil
	})
	return found, err
}

func runningIn(call sim.Call) live.Running {
	running := live.Running{Clusters: map[string]live.Cluster{}, Databases: map[string]live.Database{}}
	for _, object := range call.List(typeCluster) {
		state := sim.State(object.Outputs)
		cluster := live.Cluster{
			ID: object.ID, Region: state.String("region"), Version: state.String("version"),
			NodeSizes: []string{state.Object("nodePool").String("size")}, Nodes: nodesOf(call, object.ID, state),
		}
		for _, pool := range having(call, typeNodePool, "clusterId", object.ID) {
			cluster.NodeSizes = append(cluster.NodeSizes, pool.String("size"))
		}
		running.Clusters[state.String("name")] = cluster
	}
	for _, object := range call.List(typeDatabase) {
		state := sim.State(object.Outputs)
		running.Databases[state.String("name")] = live.Database{
			Engine: state.String("engine"), Version: state.String("version"), Size: state.String("size"),
			Nodes: state.Int("nodeCount"),
		}
	}
	return running
}
