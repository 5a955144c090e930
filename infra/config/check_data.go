package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vmstio/infrastructure/infra/catalogue"
)

// migrationConnections are kept free beside the connection pool: migrations, a
// dump and a person go to the database directly.
const migrationConnections = 5

func (s *Settings) checkDatabase(r *report) {
	path := settingsPath + ".database"
	d := s.Database
	r.window(path+".maintenance", d.Maintenance)
	engine, ok := catalogue.LookupEngine(d.Engine)
	if !ok || d.Engine != catalogue.Postgres && d.Engine != catalogue.AdvancedPostgres {
		return
	}
	r.choice(path+".version", d.Version, "a version of "+d.Engine, engine.Versions)
	plan, ok := r.plan(path, engine, d.Size, d.Nodes)
	if most := plan.Connections() - migrationConnections; ok && d.PoolSize > most {
		r.add(path+".poolSize", fmt.Sprintf("%d is more than %s can serve", d.PoolSize, d.Size),
			fmt.Sprintf("use at most %d: of its %d connections, %d are kept for migrations",
				most, plan.Connections(), migrationConnections))
	}
}

// plan checks that an engine has a plan and that the plan allows the number of
// nodes. It returns the plan if there is one.
func (r *report) plan(path string, engine catalogue.Engine, size string, nodes int) (catalogue.Plan, bool) {
	plan, ok := engine.Plan(size)
	if !ok {
		var all []string
		for _, p := range engine.Plans {
			all = append(all, p.Slug)
		}
		r.choice(path+".size", size, "a plan of "+engine.Name, all)
		return plan, false
	}
	if slices.Contains(plan.Nodes, nodes) || nodes == 0 {
		return plan, true
	}
	wrong, remedy := fmt.Sprintf("%d is not a cluster size of %s", nodes, size), "use "+counts(plan.Nodes)
	if len(plan.Nodes) == 1 {
		wrong = fmt.Sprintf("%d nodes need more than %s offers", nodes, size)
		remedy = "set nodes to 1, or use the next larger plan"
	}
	r.add(path+".nodes", wrong, remedy)
	return plan, true
}

func counts(numbers []int) string {
	texts := make([]string, len(numbers))
	for i, n := range numbers {
		texts[i] = strconv.Itoa(n)
	}
	return oneOf(texts)
}

func (s *Settings) checkCache(r *report) {
	path := settingsPath + ".cache"
	engine, _ := catalogue.LookupEngine(catalogue.Valkey)
	r.window(path+".maintenance", s.Cache.Maintenance)
	r.choice(path+".version", s.Cache.Version, "a version of valkey", engine.Versions)
	r.plan(path, engine, s.Cache.Size, s.Cache.Nodes)
	if rails := s.Cache.Rails; rails != nil {
		r.plan(path+".rails", engine, rails.Size, rails.Nodes)
	}
}

func (s *Settings) checkSearch(r *report) {
	path := settingsPath + ".search"
	search := s.Search
	r.window(path+".maintenance", search.Maintenance)
	if !search.Enabled {
		return
	}
	if search.Size == "" {
		r.add(path+".size", "the value is missing", "set it: search.enabled is true")
	}
	if search.Nodes == 0 {
		r.add(path+".nodes", "the value is missing", "set it: search.enabled is true")
	}
	engine, _ := catalogue.LookupEngine(catalogue.OpenSearch)
	r.choice(path+".version", search.Version, "a version of opensearch", engine.Versions)
	if search.Size == "" || search.Nodes == 0 {
		return
	}
	r.plan(path, engine, search.Size, search.Nodes)
	single := search.IndexPreset == PresetSingleNode
	if single && search.Nodes > 1 {
		r.add(path+".indexPreset", fmt.Sprintf("%q keeps no replicas on %d nodes", search.IndexPreset, search.Nodes),
			"use "+PresetSmallCluster+" or "+PresetLargeCluster)
	}
	if !single && search.Nodes < 3 {
		r.add(path+".indexPreset", fmt.Sprintf("%q needs 3 nodes for its replicas", search.IndexPreset),
			"use "+PresetSingleNode+", or 3 nodes")
	}
}

func (s *Settings) checkStorage(r *report) {
	path := settingsPath + ".storage"
	regions := catalogue.SpacesRegions()
	if s.Storage.Region != "" {
		r.choice(path+".region", s.Storage.Region, "a region with Spaces", regions)
	}
	backup := s.Storage.BackupRegion
	if backup == "" || !r.choice(path+".backupRegion", backup, "a region with Spaces", regions) {
		return
	}
	var taken []string
	if backup == s.Storage.Region {
		taken = append(taken, "the media")
	}
	if backup == s.Region {
		taken = append(taken, "the databases")
	}
	if len(taken) > 0 {
		r.add(path+".backupRegion", quote(backup)+" is also the region of "+strings.Join(taken, " and "),
			"use a third region, so that no single one takes both")
	}
}
