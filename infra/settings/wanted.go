package settings

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/vmstio/infrastructure/infra/catalogue"
	"github.com/vmstio/infrastructure/infra/crew"
	"github.com/vmstio/infrastructure/infra/settings/internal/decode"
)

// Wanted is something of DigitalOcean's that the settings name. What package catalogue lists may have gone since, what
// it does not list may have come, or is mistyped: only DigitalOcean knows.
type Wanted struct {
	// Listed is whether the catalogue has it.
	Listed bool
	// Path of the setting.
	Path string
	// Value is its slug or version.
	Value string
	// Of is the name of the cluster that has it, or will.
	Of string
	// Kind says which of DigitalOcean's lists must have it.
	Kind Kind
	// Engine is the database engine of a plan or a version.
	Engine string
	// Nodes is the number of nodes that a plan must allow.
	Nodes int
	// Lists is a command that lists what there is; empty where none does.
	Lists string
	// Ends is the first day on which DigitalOcean makes none anew; the zero time where none is announced.
	Ends time.Time
}

// Kind is a kind of offer.
type Kind string

// The kinds of offers.
const (
	KindRegion       Kind = "a region with Kubernetes and databases"
	KindSpacesRegion Kind = "a region with Spaces"
	KindNodeSize     Kind = "a Droplet size for nodes"
	KindPlan         Kind = "a plan"
	KindVersion      Kind = "a version"
	KindKubernetes   Kind = "a minor version of Kubernetes"
)

const (
	listsSizes    = "doctl kubernetes options sizes"
	listsRegions  = "doctl kubernetes options regions"
	listsPlans    = "doctl databases options slugs --engine "
	listsVersions = "doctl databases options versions --engine "
	listsClusters = "doctl kubernetes options versions"
)

var (
	regionSlug = regexp.MustCompile(`^[a-z]{3}[0-9]{1,2}$`)
	// Such as "s-4vcpu-16gb-amd", "c-4" and "db-s-1vcpu-2gb".
	sizeSlug = regexp.MustCompile(
		`^[a-z]+[0-9]*(_[0-9]+)?(-[a-z]+)?-[0-9]+(vcpu-[0-9]+gb)?(-[0-9]+gb)?(-[a-z0-9]+)?$`)
	versionSlug = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
)

func spaces(r catalogue.Region) bool { return r.Spaces }

// newRegion reports whether the catalogue has never heard of a region. Of the others it knows what they lack.
func newRegion(slug string) bool {
	return !slices.ContainsFunc(catalogue.Regions(), func(r catalogue.Region) bool { return r.Slug == slug })
}

// String is what the setting should be, such as "a version of valkey".
func (w Wanted) String() string {
	switch w.Kind {
	case KindPlan:
		return fmt.Sprintf("a plan of %s for %d nodes", w.Engine, w.Nodes)
	case KindVersion:
		return "a version of " + w.Engine
	case KindRegion, KindSpacesRegion, KindNodeSize, KindKubernetes:
	}
	return string(w.Kind)
}

// Ended reports whether DigitalOcean makes none anew on a day.
func (w Wanted) Ended(day time.Time) bool { return !w.Ends.IsZero() && !day.Before(w.Ends) }

// Over is the problem of a database that DigitalOcean makes none of any more ([Wanted.Ended]).
func (w Wanted) Over() Problem {
	return Problem{
		Path: w.Path,
		Wrong: fmt.Sprintf("DigitalOcean makes no new %s with %s and %d nodes since %s", w.Engine, quote(w.Value),
			w.Nodes, w.Ends.Format(time.DateOnly)),
		Remedy: "set vmst:settings.database.engine to " + catalogue.AdvancedPostgres + ", or nodes to 1 and size to " +
			"a plan of 4 GiB or less",
	}
}

// Refused is the problem of something that DigitalOcean does not offer, but these.
func (w Wanted) Refused(offered []string) Problem {
	remedy := "DigitalOcean offers none now, choose something else"
	if len(offered) > 0 {
		remedy = decode.Instead(w.Value, offered, w.Lists)
	}
	return Problem{Path: w.Path, Wrong: quote(w.Value) + " is not " + w.String(), Remedy: remedy}
}

// Doubtful is the warning of something that nobody could be asked about.
func (w Wanted) Doubtful(why string) Warning {
	remedy := "see for yourself that there is " + w.String() + " of this name"
	if w.Lists != "" {
		remedy = "see that `" + w.Lists + "` has it"
	}
	return Warning{
		Path: w.Path, Remedy: remedy,
		Wrong: fmt.Sprintf("%s is not in this program's catalogue of %s, and %s", quote(w.Value), catalogue.Date, why),
	}
}

// Gone is the warning of something that DigitalOcean does not offer any more, but that may stay.
func (w Wanted) Gone(why string) Warning {
	return Warning{
		Path: w.Path, Wrong: fmt.Sprintf("%s is not %s any more, %s", quote(w.Value), w, why),
		Remedy: "leave what runs as it is; what is made anew, as after a loss, needs something else",
	}
}

// Wanted returns what of DigitalOcean's the settings name, in the order of the settings.
func (s *Settings) Wanted() []Wanted {
	var all []Wanted
	add := func(of string, w Wanted) {
		w.Path, w.Of = settingsPath+"."+w.Path, of
		all = append(all, w)
	}
	name := func(role crew.Role) string { return crew.Name(role, s.Domain) }
	region := func(path, slug string, kind Kind, offers func(catalogue.Region) bool, lists string) {
		add(name(crew.Cluster), Wanted{
			Path: path, Value: slug, Kind: kind, Lists: lists, Listed: slices.Contains(catalogue.Slugs(offers), slug),
		})
	}
	node := func(path, slug string) {
		_, listed := catalogue.LookupDropletSize(slug)
		add(name(crew.Cluster), Wanted{
			Path: path + ".size", Value: slug, Kind: KindNodeSize, Lists: listsSizes, Listed: listed,
		})
	}
	plan := func(of, path, name, size string, nodes int) {
		engine, _ := catalogue.LookupEngine(name)
		found, listed := engine.Plan(size)
		add(of, Wanted{
			Path: path + ".size", Value: size, Kind: KindPlan, Engine: name, Nodes: nodes, Lists: listsPlans + name,
			Listed: listed, Ends: engine.Ends(found, nodes),
		})
	}
	version := func(of, path, name, version string) {
		engine, _ := catalogue.LookupEngine(name)
		add(of, Wanted{
			Path: path + ".version", Value: version, Kind: KindVersion, Engine: name, Lists: listsVersions + name,
			Listed: slices.Contains(engine.Versions, version),
		})
	}
	region("region", s.Region, KindRegion, catalogue.Region.Compute, listsRegions)
	add(name(crew.Cluster), Wanted{
		Path: "cluster.version", Value: s.Cluster.Version, Kind: KindKubernetes, Lists: listsClusters,
		Listed: slices.Contains(catalogue.KubernetesMinors(), s.Cluster.Version),
	})
	node("cluster.defaultPool", s.Cluster.DefaultPool.Size)
	for i, pool := range s.Cluster.NodePools {
		node(fmt.Sprintf("cluster.nodePools[%d]", i), pool.Size)
	}
	database := crew.Suffixed(crew.Database, s.Domain, s.Database.Suffix)
	version(database, "database", s.Database.Engine, s.Database.Version)
	plan(database, "database", s.Database.Engine, s.Database.Size, s.Database.Nodes)
	version(name(crew.Cache), "cache", catalogue.Valkey, s.Cache.Version)
	plan(name(crew.Cache), "cache", catalogue.Valkey, s.Cache.Size, s.Cache.Nodes)
	if rails := s.Cache.Rails; rails != nil {
		plan(name(crew.RailsCache), "cache.rails", catalogue.Valkey, rails.Size, rails.Nodes)
	}
	if s.Search.Enabled {
		version(name(crew.SearchEngine), "search", catalogue.OpenSearch, s.Search.Version)
		plan(name(crew.SearchEngine), "search", catalogue.OpenSearch, s.Search.Size, s.Search.Nodes)
	}
	region("storage.region", s.Storage.Region, KindSpacesRegion, spaces, "")
	region("storage.backupRegion", s.Storage.BackupRegion, KindSpacesRegion, spaces, "")
	return all
}
