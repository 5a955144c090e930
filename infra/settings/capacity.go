package settings

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/vmstio/infrastructure/infra/catalogue"
)

// asking is what the pods of a workload ask of the nodes for as long as the instance runs. Jobs come and go, and find
// room or wait.
type asking struct {
	what, pool  string
	cpu, memory float64
	// largest is what the largest of the pods asks of its node.
	largest float64
}

// asking are all the workloads whose requests stand in the settings.
func (s *Settings) asking() []asking {
	of := func(what, pool string, pods int, each Resources) asking {
		cpu, _ := parseQuantity(each.CPU)
		memory, _ := parseQuantity(each.Memory)
		return asking{what, pool, float64(pods) * cpu, float64(pods) * memory, memory}
	}
	all := []asking{
		of("ingress", s.Ingress.Pool, s.Ingress.Replicas, s.Ingress.Resources),
		of("web", s.Mastodon.Web.Pool, s.Mastodon.Web.Replicas, s.Mastodon.Web.Resources),
		of("streaming", s.Mastodon.Streaming.Pool, s.Mastodon.Streaming.Replicas, s.Mastodon.Streaming.Resources),
	}
	for _, group := range s.Mastodon.Sidekiq {
		all = append(all, of("sidekiq "+group.Name, group.Pool, group.Replicas, group.Resources))
	}
	if s.Observability.On() {
		watch := asking{what: "observability", pool: s.Observability.Pool}
		for _, part := range s.Observability.Parts() {
			each := of("", "", part.Count, part.Resources)
			watch.cpu, watch.memory = watch.cpu+each.cpu, watch.memory+each.memory
			watch.largest = max(watch.largest, each.largest)
		}
		all = append(all, watch)
	}
	return all
}

// Request is what a workload asks of the nodes for as long as the instance runs.
type Request struct {
	// What asks: "web", "sidekiq default", "observability".
	What string
	// Pool is the role of the node pool that it runs on, empty if any will do.
	Pool string
	// CPU is in cores, Memory in GiB, of all its pods together.
	CPU, Memory float64
}

// Requests are what all workloads ask of the nodes whose requests stand in the settings. They are no item of the bill,
// which the pools are on, but what a part takes of it.
func (s *Settings) Requests() []Request {
	var all []Request
	for _, a := range s.asking() {
		all = append(all, Request{a.what, a.pool, a.cpu, a.memory / gibibyte})
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
		c, m := float64(nodes*droplet.VCPUs), float64(nodes*droplet.MemoryGiB)*gibibyte
		cpu, memory, largest = cpu+c, memory+m, max(largest, float64(droplet.MemoryGiB)*gibibyte)
		return c, m
	}
	all := s.asking()
	add(s.Cluster.DefaultPool.Size, s.Cluster.DefaultPool.Nodes)
	for i, pool := range s.Cluster.NodePools {
		c, m := add(pool.Size, pool.MaxNodes)
		if _, ok := catalogue.LookupDropletSize(pool.Size); !ok {
			continue
		}
		var here []asking
		for _, a := range all {
			if a.pool == pool.Role {
				here = append(here, a)
			}
		}
		if total := sum(here); total.exceeds(c, m) {
			pools.Index(i).Key("maxNodes").Add(fmt.Sprintf(
				"there are %s on %d x %s, and what is to run there asks for %s (%s)",
				amount(c, m), pool.MaxNodes, pool.Size, amount(total.cpu, total.memory), list(here)),
				"raise it, use larger nodes, or lower the requests")
			known = false // The sum of all pools would say it again.
		}
	}
	// What fits on no node at all is reported where it stands.
	alone := slices.ContainsFunc(all, func(a asking) bool { return a.largest >= largest })
	if total := sum(all); known && !alone && total.exceeds(cpu, memory) {
		pools.Add(fmt.Sprintf("there are %s on all pools at the most, and what is to run asks for %s (%s)",
			amount(cpu, memory), amount(total.cpu, total.memory), list(all)),
			"raise maxNodes, use larger nodes, or lower the requests")
	}
}

func sum(all []asking) (total asking) {
	for _, a := range all {
		total.cpu, total.memory = total.cpu+a.cpu, total.memory+a.memory
	}
	return total
}

// exceeds reports whether there is not as much. Sums of thousandths are not exact.
func (a asking) exceeds(cpu, memory float64) bool {
	const inexact = 1e-6
	return a.cpu > cpu+inexact || a.memory > memory
}

func amount(cpu, memory float64) string {
	number := func(n float64) string { return strconv.FormatFloat(math.Round(n*100)/100, 'f', -1, 64) }
	return number(cpu) + " CPU and " + number(memory/gibibyte) + " GiB"
}

func list(all []asking) string {
	var parts []string
	for _, a := range all {
		parts = append(parts, a.what+" "+amount(a.cpu, a.memory))
	}
	return strings.Join(parts, ", ")
}
