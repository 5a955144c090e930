package digitalocean

import (
	"maps"

	"github.com/vmstio/infrastructure/sandbox/cloud"
	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

// OrderLoadBalancer is what a cluster's cloud controller manager orders for a Service that has none. The load balancer
// is yet to be stored.
func OrderLoadBalancer(tx *cloud.Tx, wanted map[string]any) (cloud.Object, error) {
	state := sim.State(maps.Clone(wanted))
	id, err := createLoadBalancer(sim.Call{Tx: tx}, state)
	return cloud.Object{Type: typeLoadBalancer, ID: id, Inputs: wanted, Outputs: state}, err
}
