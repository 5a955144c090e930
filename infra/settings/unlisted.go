package settings

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/vmstio/infrastructure/infra/catalogue"
	"github.com/vmstio/infrastructure/infra/settings/internal/decode"
)

// Unlisted is something of DigitalOcean's that package catalogue does not list: it came later, or it is mistyped. Only
// DigitalOcean knows.
type Unlisted struct {
	// Path of the setting.
	Path string
	// Value is its slug or version.
	Value string
	// Kind says which of DigitalOcean's lists must have it.
	Kind Kind
	// Engine is the database engine of a plan or a version.
	Engine string
	// Nodes is the number of nodes that a plan must allow.
	Nodes int
	// Lists is a command that lists what there is; empty where none does.
	Lists string
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
)

const (
	listsSizes    = "doctl kubernetes options sizes"
	listsRegions  = "doctl kubernetes options regions"
	listsPlans    = "doctl databases options slugs --engine "
	listsVersions = "doctl databases options versions --engine "
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
func (u Unlisted) String() string {
	switch u.Kind {
	case KindPlan:
		return fmt.Sprintf("a plan of %s for %d nodes", u.Engine, u.Nodes)
	case KindVersion:
		return "a version of " + u.Engine
	case KindRegion, KindSpacesRegion, KindNodeSize:
	}
	return string(u.Kind)
}

// Refused is the problem of something that DigitalOcean does not offer either, but these.
func (u Unlisted) Refused(offered []string) Problem {
	remedy := "DigitalOcean offers none now, choose something else"
	if len(offered) > 0 {
		remedy = decode.Instead(u.Value, offered, u.Lists)
	}
	return Problem{Path: u.Path, Wrong: quote(u.Value) + " is not " + u.String(), Remedy: remedy}
}

// Doubtful is the warning of something that nobody could be asked about.
func (u Unlisted) Doubtful(why string) Warning {
	remedy := "see for yourself that there is " + u.String() + " of this name"
	if u.Lists != "" {
		remedy = "see that `" + u.Lists + "` has it"
	}
	return Warning{
		Path: u.Path, Remedy: remedy,
		Wrong: fmt.Sprintf("%s is not in this program's catalogue of %s, and %s", quote(u.Value), catalogue.Date, why),
	}
}

// Unlisted returns what the settings name and the catalogue does not list, in the order of the settings.
func (s *Settings) Unlisted() []Unlisted {
	var found []Unlisted
	add := func(listed bool, u Unlisted) {
		if u.Path = settingsPath + "." + u.Path; !listed {
			found = append(found, u)
		}
	}
	region := func(path, slug string, kind Kind, offers func(catalogue.Region) bool, lists string) {
		add(slices.Contains(catalogue.Slugs(offers), slug), Unlisted{Path: path, Value: slug, Kind: kind, Lists: lists})
	}
	node := func(path, slug string) {
		_, listed := catalogue.LookupDropletSize(slug)
		add(listed, Unlisted{Path: path + ".size", Value: slug, Kind: KindNodeSize, Lists: listsSizes})
	}
	plan := func(path, name, size string, nodes int) {
		engine, _ := catalogue.LookupEngine(name)
		_, listed := engine.Plan(size)
		add(listed, Unlisted{
			Path: path + ".size", Value: size, Kind: KindPlan, Engine: name, Nodes: nodes, Lists: listsPlans + name,
		})
	}
	version := func(path, name, version string) {
		engine, _ := catalogue.LookupEngine(name)
		add(slices.Contains(engine.Versions, version), Unlisted{
			Path: path + ".version", Value: version, Kind: KindVersion, Engine: name, Lists: listsVersions + name,
		})
	}
	region("region", s.Region, KindRegion, catalogue.Region.Compute, listsRegions)
	node("cluster.defaultPool", s.Cluster.DefaultPool.Size)
	for i, pool := range s.Cluster.NodePools {
		node(fmt.Sprintf("cluster.nodePools[%d]", i), pool.Size)
	}
	version("database", s.Database.Engine, s.Database.Version)
	plan("database", s.Database.Engine, s.Database.Size, s.Database.Nodes)
	version("cache", catalogue.Valkey, s.Cache.Version)
	plan("cache", catalogue.Valkey, s.Cache.Size, s.Cache.Nodes)
	if rails := s.Cache.Rails; rails != nil {
		plan("cache.rails", catalogue.Valkey, rails.Size, rails.Nodes)
	}
	if s.Search.Enabled {
		version("search", catalogue.OpenSearch, s.Search.Version)
		plan("search", catalogue.OpenSearch, s.Search.Size, s.Search.Nodes)
	}
	region("storage.region", s.Storage.Region, KindSpacesRegion, spaces, "")
	region("storage.backupRegion", s.Storage.BackupRegion, KindSpacesRegion, spaces, "")
	return found
}
