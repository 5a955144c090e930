package settings

import "github.com/vmstio/infrastructure/infra/catalogue"

// Cache is the managed Valkey cluster that holds Mastodon's job queues and feeds.
type Cache struct {
	// Version is the major version.
	Version string `json:"version" default:"8"`
	// Size is the slug of the plan of every node.
	Size string `json:"size" jsonschema:"required" example:"db-s-1vcpu-2gb"`
	// Nodes is 1, or 2 to 3 with standbys.
	Nodes int `json:"nodes" jsonschema:"required,minimum=1,maximum=3"`
	// Maintenance is the window of updates.
	Maintenance Window `json:"maintenance" default:"{day: wednesday, time: '06:00'}"`
	// Rails is an optional second cluster for the Rails cache, which may be evicted. Without it the first one serves
	// both.
	Rails *RailsCache `json:"rails"`
}

// RailsCache is the Valkey cluster that holds only what can be computed again.
type RailsCache struct {
	// Size is the slug of the plan of every node.
	Size string `json:"size" jsonschema:"required" example:"db-s-1vcpu-1gb"`
	// Nodes is 1, or 2 to 3 with standbys.
	Nodes int `json:"nodes" jsonschema:"required,minimum=1,maximum=3"`
}

// Check reports what DigitalOcean does not offer.
func (c Cache) Check(at At) {
	engine, _ := catalogue.LookupEngine(catalogue.Valkey)
	checkVersion(at, engine, c.Version)
	checkPlan(at, engine, c.Size, c.Nodes)
	if c.Rails != nil {
		checkPlan(at.Key("rails"), engine, c.Rails.Size, c.Rails.Nodes)
	}
}

func (c Cache) cost(bill *Cost) {
	bill.database("Valkey", catalogue.Valkey, c.Size, c.Nodes)
	if c.Rails != nil {
		bill.database("Valkey for the Rails cache", catalogue.Valkey, c.Rails.Size, c.Rails.Nodes)
	}
}
