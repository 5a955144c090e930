// Package program is what a person does by hand before the first run: setting the stack's
// secrets, and making the Netlify site that no provider can make.
package program

import (
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/kubernetes/helm"
	"github.com/vmstio/infrastructure/sandbox/netlify"
	"github.com/vmstio/infrastructure/sandbox/runner"
)

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
		located, repository := chart.Located()
		setup.Charts = append(setup.Charts, helm.Reference{Chart: located, Repo: repository, Version: chart.Version})
	}
	if s.Docs.Enabled {
		setup.Prepare = func(c *cloud.Cloud) error { return netlify.Seed(c, s.Docs.Site, s.Docs.Team) }
	}
	return setup, nil
}
