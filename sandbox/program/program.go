// Package program is what the sandbox runs, with what a person does by hand before the first run: setting the stack's
// secrets, and making the Netlify site that no provider can make.
package program

import (
	"context"
	"net"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra"
	"github.com/vmstio/infrastructure/infra/catalogue"
	"github.com/vmstio/infrastructure/infra/live"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/kubernetes/helm"
	"github.com/vmstio/infrastructure/sandbox/netlify"
	"github.com/vmstio/infrastructure/sandbox/runner"
)

// Run is the Pulumi program, in a world in which these zones are delegated to DigitalOcean, and in which DigitalOcean
// offers what the catalogue lists.
func Run(delegated func(zone string) bool) pulumi.RunFunc { return RunWith(nil)(delegated) }

// RunWith is the program where clusters can be upgraded to these versions, besides those that new ones can have.
func RunWith(upgrades []string) func(delegated func(zone string) bool) pulumi.RunFunc {
	return func(delegated func(zone string) bool) pulumi.RunFunc { return run(delegated, upgrades) }
}

func run(delegated func(zone string) bool, upgrades []string) pulumi.RunFunc {
	servers := func(_ context.Context, zone string) ([]*net.NS, error) {
		if delegated(zone) {
			return []*net.NS{{Host: "ns1.digitalocean.com."}}, nil
		}
		return nil, &net.DNSError{Err: "no such host", Name: zone, IsNotFound: true}
	}
	more := func(context.Context, string, string) ([]string, error) { return upgrades, nil }
	return infra.DeployIn(live.World{Offers: offers, Upgrades: more, Servers: servers})
}

func offers(context.Context, string) (live.Offers, error) {
	found := live.Offers{
		Regions:    catalogue.Slugs(func(r catalogue.Region) bool { return r.Kubernetes }),
		Kubernetes: catalogue.KubernetesMinors(), NodeSizes: catalogue.DropletSlugs(),
		Engines: map[string]live.Engine{},
	}
	for _, engine := range catalogue.Engines() {
		plans := map[int][]string{}
		for _, plan := range engine.Plans {
			for _, nodes := range plan.Nodes {
				plans[nodes] = append(plans[nodes], plan.Slug)
			}
		}
		found.Engines[engine.Name] = live.Engine{
			Regions:  catalogue.Slugs(func(r catalogue.Region) bool { return r.Databases }),
			Versions: engine.Versions, Plans: plans,
		}
	}
	return found, nil
}

// Setup checks the settings of a stack, given as JSON, and says what it needs before its first run.
func Setup(text string) (runner.Setup, error) {
	// All secrets are supplied: only settings can be wrong.
	s, err := settings.DecodeSettings(text)
	if err != nil {
		return runner.Setup{}, err
	}
	// Production is warned of the one that is optional, unless it has it.
	setup := runner.Setup{Secrets: settings.SecretNames(s), Optional: []string{"deadMansSwitch"}}
	for _, chart := range s.Charts() {
		setup.Charts = append(setup.Charts, helm.Reference{
			Chart: chart.Name, Repo: chart.Repository, Version: chart.Version,
		})
	}
	if s.Docs.Enabled {
		setup.Prepare = func(c *cloud.Cloud) error { return netlify.Seed(c, s.Docs.Site, s.Docs.Team) }
	}
	return setup, nil
}
