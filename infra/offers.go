package infra

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"golang.org/x/mod/semver"

	"github.com/vmstio/infrastructure/infra/catalogue"
	"github.com/vmstio/infrastructure/infra/internal/managed"
	"github.com/vmstio/infrastructure/infra/live"
	"github.com/vmstio/infrastructure/infra/settings"
)

// offered asks DigitalOcean whether it offers what the settings name. What it does not offer is a problem like any
// other of the settings, unless it runs already: DigitalOcean keeps that, and so does the program, with a warning.
// Where nobody can be asked, the catalogue is believed, and a person is told of what it does not list.
func offered(ctx *pulumi.Context, world live.World, s *settings.Settings, token settings.Secret) error {
	offers, broken := world.Offered(ctx.Context(), token.Reveal())
	var gone []settings.Wanted
	var warnings []settings.Warning
	for _, w := range s.Wanted() {
		names, listed := list(s, offers, w)
		switch {
		case w.Ended(world.Today()):
			gone = append(gone, w)
		case broken == nil && listed:
			if !slices.Contains(names, w.Value) {
				gone = append(gone, w)
			}
		case w.Listed:
		case broken != nil:
			warnings = append(warnings, w.Doubtful(fmt.Sprintf("DigitalOcean could not be asked (%v)", broken)))
		default:
			warnings = append(warnings, w.Doubtful("DigitalOcean has no list to ask for"))
		}
	}
	problems := settings.Problems{}
	if len(gone) > 0 {
		running, unseen := world.Runs(ctx.Context(), token.Reveal())
		for _, w := range gone {
			names, _ := list(s, offers, w)
			within, unseen := false, unseen
			if unseen == nil {
				within, unseen = reachable(ctx, world, token, running, w)
			}
			switch {
			case runs(running, w):
				warnings = append(warnings, w.Gone("but runs"))
			case within:
			case unseen != nil && w.Listed:
				warnings = append(warnings, w.Gone(fmt.Sprintf("and what runs could not be seen (%v)", unseen)))
			case w.Ended(world.Today()):
				problems = append(problems, w.Over())
			default:
				problems = append(problems, w.Refused(names))
			}
		}
	}
	for _, warning := range warnings {
		if err := ctx.Log.Warn(warning.String(), nil); err != nil {
			return fmt.Errorf("warning of %s: %w", warning.Path, err)
		}
	}
	if len(problems) > 0 {
		return problems
	}
	return nil
}

// reachable reports whether the cluster has left a version of Kubernetes behind, or can still be upgraded to it:
// package cluster says which it gets.
func reachable(
	ctx *pulumi.Context, world live.World, token settings.Secret, running live.Running, w settings.Wanted,
) (bool, error) {
	cluster, there := running.Clusters[w.Of]
	if w.Kind != settings.KindKubernetes || !there {
		return false, nil
	}
	if semver.Compare("v"+catalogue.KubernetesMinor(cluster.Version), "v"+w.Value) > 0 {
		return true, nil
	}
	upgrades, err := world.UpgradesOf(ctx.Context(), token.Reveal(), w.Of)
	return slices.ContainsFunc(upgrades, func(slug string) bool {
		return catalogue.KubernetesMinor(slug) == w.Value
	}), err
}

// list is DigitalOcean's list that must have something, and whether there is one: an answer without any plan or version
// of an engine says nothing about them.
func list(s *settings.Settings, offers live.Offers, w settings.Wanted) ([]string, bool) {
	engine := offers.Engines[w.Engine]
	switch w.Kind {
	case settings.KindRegion:
		names := slices.Clone(offers.Regions)
		engines := []string{s.Database.Engine, catalogue.Valkey}
		if s.Search.Enabled {
			engines = append(engines, catalogue.OpenSearch)
		}
		for _, name := range engines {
			of := offers.Engines[name].Regions
			names = slices.DeleteFunc(names, func(region string) bool {
				return len(of) > 0 && !slices.Contains(of, region)
			})
		}
		return names, true
	case settings.KindKubernetes:
		return offers.Kubernetes, len(offers.Kubernetes) > 0
	case settings.KindNodeSize:
		return offers.NodeSizes, true
	case settings.KindPlan:
		return engine.Plans[w.Nodes], len(engine.Plans) > 0
	case settings.KindVersion:
		return engine.Versions, len(engine.Versions) > 0
	case settings.KindSpacesRegion:
	}
	return nil, false
}

// runs reports whether something is what the cluster has that it is of.
func runs(running live.Running, w settings.Wanted) bool {
	cluster, there := running.Clusters[w.Of]
	database := running.Databases[w.Of]
	switch w.Kind {
	case settings.KindRegion:
		return there && cluster.Region == w.Value
	case settings.KindKubernetes:
		return there && catalogue.KubernetesMinor(cluster.Version) == w.Value
	case settings.KindNodeSize:
		return slices.Contains(cluster.NodeSizes, w.Value)
	case settings.KindPlan:
		return database.Engine == w.Engine && database.Size == w.Value && database.Nodes == w.Nodes
	case settings.KindVersion:
		return database.Engine == w.Engine && managed.SameVersion(database.Version, w.Value)
	case settings.KindSpacesRegion:
	}
	return false
}
