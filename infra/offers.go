package infra

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/catalogue"
	"github.com/vmstio/infrastructure/infra/live"
	"github.com/vmstio/infrastructure/infra/settings"
)

// offered asks DigitalOcean for what its catalogue here does not list. What it does not offer is a problem like any
// other of the settings; where nobody can be asked, a person is told.
func offered(ctx *pulumi.Context, world live.World, s *settings.Settings, token settings.Secret) error {
	unlisted := s.Unlisted()
	if len(unlisted) == 0 {
		return nil
	}
	offers, broken := world.Offered(ctx.Context(), token.Reveal())
	var problems settings.Problems
	for _, u := range unlisted {
		why := "DigitalOcean has no list to ask for"
		names, listed := list(s, offers, u)
		if broken != nil {
			why = fmt.Sprintf("DigitalOcean could not be asked (%v)", broken)
		}
		switch {
		case broken != nil || !listed:
			warning := u.Doubtful(why)
			if err := ctx.Log.Warn(warning.String(), nil); err != nil {
				return fmt.Errorf("warning of %s: %w", warning.Path, err)
			}
		case !slices.Contains(names, u.Value):
			problems = append(problems, u.Refused(names))
		}
	}
	if len(problems) > 0 {
		return problems
	}
	return nil
}

// list is DigitalOcean's list that must have something, and whether there is one.
func list(s *settings.Settings, offers live.Offers, u settings.Unlisted) ([]string, bool) {
	engine := offers.Engines[u.Engine]
	switch u.Kind {
	case settings.KindRegion:
		names := slices.Clone(offers.Regions)
		engines := []string{s.Database.Engine, catalogue.Valkey}
		if s.Search.Enabled {
			engines = append(engines, catalogue.OpenSearch)
		}
		for _, name := range engines {
			names = slices.DeleteFunc(names, func(region string) bool {
				return !slices.Contains(offers.Engines[name].Regions, region)
			})
		}
		return names, true
	case settings.KindNodeSize:
		return offers.NodeSizes, true
	case settings.KindPlan:
		return engine.Plans[u.Nodes], true
	case settings.KindVersion:
		return engine.Versions, true
	case settings.KindSpacesRegion:
	}
	return nil, false
}
