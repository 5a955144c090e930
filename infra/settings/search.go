package settings

import (
	"fmt"

	"github.com/vmstio/infrastructure/infra/catalogue"
)

// The index presets that Mastodon knows (ES_PRESET; docs.joinmastodon.org, "Configuring full-text search").
const (
	PresetSingleNode   = "single_node_cluster"
	PresetSmallCluster = "small_cluster"
	PresetLargeCluster = "large_cluster"
)

// Search is the managed OpenSearch cluster behind full-text search.
type Search struct {
	// Enabled switches full-text search on.
	Enabled bool `json:"enabled" default:"false"`
	// Version is the version of OpenSearch. Changing it makes a new, empty cluster; the Jobs of the search make its
	// indexes and fill them. Where DigitalOcean calls the running one by its major version alone, as 2 for 2.19,
	// another version within that changes nothing: switch search off and on for it.
	Version string `json:"version" default:"2.19"`
	// Size is the slug of the plan of every node. Required when search is enabled.
	Size string `json:"size" example:"db-s-2vcpu-4gb"`
	// Nodes is the number of nodes: 1, 3, and for larger plans 6, 9 or 15. Required when search is enabled.
	Nodes int `json:"nodes" jsonschema:"minimum=0,maximum=15"`
	// IndexPreset is Mastodon's ES_PRESET: how many shards and replicas an index has. Left out, it is
	// single_node_cluster for one node, which could place no replica, and small_cluster for more.
	IndexPreset string `json:"indexPreset" jsonschema:"enum=single_node_cluster,enum=small_cluster,enum=large_cluster"`
	// Maintenance is the window of updates.
	Maintenance Window `json:"maintenance" default:"{day: thursday, time: '06:00'}"`
}

func (s *Search) complete() {
	if !s.Enabled || s.IndexPreset != "" {
		return
	}
	s.IndexPreset = PresetSmallCluster
	if s.Nodes == 1 {
		s.IndexPreset = PresetSingleNode
	}
}

// Check reports what is missing or not offered, if search is on.
func (s Search) Check(at At) {
	if !s.Enabled {
		return
	}
	if s.Size == "" {
		at.Key("size").Add("the value is missing", "set it: search.enabled is true")
	}
	if s.Nodes == 0 {
		at.Key("nodes").Add("the value is missing", "set it: search.enabled is true")
	}
	engine, _ := catalogue.LookupEngine(catalogue.OpenSearch)
	checkVersion(at, engine, s.Version)
	if s.Size == "" || s.Nodes == 0 {
		return
	}
	checkPlan(at, engine, s.Size, s.Nodes)
	single := s.IndexPreset == PresetSingleNode
	if single && s.Nodes > 1 {
		at.Key("indexPreset").Add(fmt.Sprintf("%q keeps no replicas on %d nodes", s.IndexPreset, s.Nodes),
			"use "+PresetSmallCluster+" or "+PresetLargeCluster)
	}
	if !single && s.Nodes < 3 {
		at.Key("indexPreset").Add(fmt.Sprintf("%q needs 3 nodes for its replicas", s.IndexPreset),
			"use "+PresetSingleNode+", or 3 nodes")
	}
}

func (s Search) cost(bill *Cost) {
	if s.Enabled {
		bill.database("OpenSearch", catalogue.OpenSearch, s.Size, s.Nodes)
	}
}
