package settings

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/vmstio/infrastructure/infra/catalogue"
)

// Request is what a workload asks of the nodes for as long as the instance runs. Jobs come and go, and find room or
// wait.
type Request struct {
	// What asks: "web", "sidekiq default", "observability".
	What string
	// Pool is the role of the node pool that it runs on, empty if any will do.
	Pool string
	// CPU is in cores, Memory in GiB, of all its pods together.
	CPU, Memory float64
	// largest is what the largest of its pods asks of its node, in GiB.
	largest float64
}

// Requests are what all workloads ask of the nodes whose requests stand in the settings. They are no item of the bill,
// which the pools are on, but what a part takes of it.
func (s *Settings) Requests() []Request {
	of := func(what, pool string, pods int, each Resources) Request {
		// That they are quantities has been checked.
		cpu, _ := parseQuantity(each.CPU)
		memory, _ := parseQuantity(each.Memory)
		memory /= gibibyte
		return Request{what, pool, float64(pods) * cpu, float64(pods) * memory, memory}
	}
	all := []Request{
		of("ingress", s.Ingress.Pool, s.Ingress.Replicas, s.Ingress.Resources),
		of("web", s.Mastodon.Web.Pool, s.Mastodon.Web.Replicas, s.Mastodon.Web.Resources),
		of("streaming", s.Mastodon.Streaming.Pool, s.Mastodon.Streaming.Replicas, s.Mastodon.Streaming.Resources),
	}
	for _, group := range s.Mastodon.Sidekiq {
		all = append(all, of("sidekiq "+group.Name, group.Pool, group.Replicas, group.Resources))
	}
	if s.Observability.On() {
		watch := Request{What: "observability", Pool: s.Observability.Pool}
		for _, part := range s.Observability.Parts() {
			each := of("", "", part.Count, part.Resources)
			watch.CPU, watch.Memory = watch.CPU+each.CPU, watch.Memory+each.Memory
			watch.largest = max(watch.largest, each.largest)
		}
		all = append(all, watch)
	}
	return all
}

// checkCapacity reports pools that cannot hold what is to run on them even at their most nodes. A node's own share, and
// that of the system's pods, is not counted: what is reported has no room, whatever a node keeps for itself.
func (s *Settings) checkCapacity(at At) {
	pools := at.Key("cluster").Key("nodePools")
	if at.Bad() {
		return
	}
	var cpu, memory, largest float64
	known := true
	add := func(size string, nodes int) (float64, float64) {
		droplet, ok := catalogue.LookupDropletSize(size)
		known = known && ok
		c, m := float64(nodes*droplet.VCPUs), float64(nodes*droplet.MemoryGiB)
		cpu, memory, largest = cpu+c, memory+m, max(largest, float64(droplet.MemoryGiB))
		return c, m
	}
	all := s.Requests()
	add(s.Cluster.DefaultPool.Size, s.Cluster.DefaultPool.Nodes)
	for i, pool := range s.Cluster.NodePools {
		c, m := add(pool.Size, pool.MaxNodes)
		if _, ok := catalogue.LookupDropletSize(pool.Size); !ok {
			continue
		}
		var here []Request
		for _, a := range all {
			if a.Pool == pool.Role {
				here = append(here, a)
			}
		}
		if total := sum(here); total.exceeds(c, m) {
			pools.Index(i).Key("maxNodes").Add(fmt.Sprintf(
				"there are %s on %d x %s, and what is to run there asks for %s (%s)",
				amount(c, m), pool.MaxNodes, pool.Size, amount(total.CPU, total.Memory), list(here)),
				"raise it, use larger nodes, or lower the requests")
			known = false // The sum of all pools would say it again.
		}
	}
	// What fits on no node at all is reported where it stands.
	alone := slices.ContainsFunc(all, func(a Request) bool { return a.largest >= largest })
	if total := sum(all); known && !alone && total.exceeds(cpu, memory) {
		pools.Add(fmt.Sprintf("there are %s on all pools at the most, and what is to run asks for %s (%s)",
			amount(cpu, memory), amount(total.CPU, total.Memory), list(all)),
			"raise maxNodes, use larger nodes, or lower the requests")
	}
}

func sum(all []Request) (total Request) {
	for _, a := range all {
		total.CPU, total.Memory = total.CPU+a.CPU, total.Memory+a.Memory
	}
	return total
}

// exceeds reports whether there is not as much. Sums of thousandths are not exact.
func (r Request) exceeds(cpu, memory float64) bool {
	const inexact = 1e-6
	return r.CPU > cpu+inexact || r.Memory > memory
}

func amount(cpu, memory float64) string {
	number := func(n float64) string { return strconv.FormatFloat(math.Round(n*100)/100, 'f', -1, 64) }
	return number(cpu) + " CPU and " + number(memory) + " GiB"
}

func list(all []Request) string {
	var parts []string
	for _, a := range all {
		parts = append(parts, a.What+" "+amount(a.CPU, a.Memory))
	}
	return strings.Join(parts, ", ")
}
