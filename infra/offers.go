package infra

import (
	"fmt"
	"slices"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"golang.org/x/mod/semver"

	"github.com/vmstio/infrastructure/infra/catalogue"
	"github.com/vmstio/infrastructure/infra/crew"
	"github.com/vmstio/infrastructure/infra/internal/managed"
	"github.com/vmstio/infrastructure/infra/live"
	"github.com/vmstio/infrastructure/infra/settings"
)

// available asks DigitalOcean whether what the settings name can be had: whether it is offered, and whether the account
// may have it. What cannot is a problem like any other of the settings, and all of them are told at once.
func available(ctx *pulumi.Context, world live.World, s *settings.Settings, token settings.Secret) error {
	// Both may have to know, and it is asked once at the most.
	running := sync.OnceValues(func() (live.Running, error) { return world.Runs(ctx.Context(), token.Reveal()) })
	problems, warnings := offered(ctx, world, s, token, running)
	crowded, doubts := room(ctx, world, s, token, running)
	for _, warning := range append(warnings, doubts...) {
		if err := ctx.Log.Warn(warning.String(), nil); err != nil {
			return fmt.Errorf("warning of %s: %w", warning.Path, err)
		}
	}
	if problems = append(problems, crowded...); len(problems) > 0 {
		return problems
	}
	return nil
}

// room asks whether the account may have as many Droplets as the cluster may get nodes: DigitalOcean refuses a pool
// that may grow beyond (github.com/digitalocean/doctl/issues/1619), when all before it is made. Pools that are there
// stay, and do not grow so far.
func room(
	ctx *pulumi.Context, world live.World, s *settings.Settings, token settings.Secret,
	look func() (live.Running, error),
) (problems settings.Problems, warnings []settings.Warning) {
	most := s.Cluster.MostNodes()
	droplets, err := world.DropletsOf(ctx.Context(), token.Reveal())
	switch {
	case err != nil:
		return nil, []settings.Warning{s.Uncounted(err)}
	case most <= droplets.Limit-droplets.Have:
		return nil, nil
	}
	running, unseen := look()
	cluster, there := running.Clusters[crew.Name(crew.Cluster, s.Domain)]
	others := droplets.Have - cluster.Nodes
	switch {
	case most <= droplets.Limit-others:
	case there || unseen != nil:
		warnings = append(warnings, s.Crowded(others, droplets.Limit))
	default:
		problems = append(problems, s.Crowded(others, droplets.Limit))
	}
	return problems, warnings
}

// offered asks whether DigitalOcean offers what the settings name. What it does not offer is a problem, unless it runs
// already: DigitalOcean keeps that, and so does the program, with a warning. Where nobody can be asked, the catalogue
// is believed, and a person is told of what it does not list.
func offered(
	ctx *pulumi.Context, world live.World, s *settings.Settings, token settings.Secret,
	look func() (live.Running, error),
) (problems settings.Problems, warnings []settings.Warning) {
	offers, broken := world.Offered(ctx.Context(), token.Reveal())
	var gone []settings.Wanted
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
	if len(gone) == 0 {
		return nil, warnings
	}
	running, unseen := look()
	for _, w := range gone {
		names, _ := list(s, offers, w)
		reached, unseen := false, unseen
		if unseen == nil {
			reached, unseen = reachable(ctx, world, token, running, w)
		}
		switch {
		case runs(running, w):
			warnings = append(warnings, w.Gone("but runs"))
		case reached:
		case unseen != nil && w.Listed:
			warnings = append(warnings, w.Gone(fmt.Sprintf("and what runs could not be seen (%v)", unseen)))
		case w.Ended(world.Today()):
			problems = append(problems, w.Over())
		default:
			problems = append(problems, w.Refused(names))
		}
	}
	return problems, warnings
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
