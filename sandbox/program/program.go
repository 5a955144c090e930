// Package program is what the sandbox runs, with what a person does by hand before the first run: setting the stack's
// secrets, and making the Netlify site that no provider can make.
package program

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra"
	"github.com/vmstio/infrastructure/infra/crew"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/netlify"
)

// Run is the Pulumi program.
func Run(ctx *pulumi.Context) error { return infra.Deploy(ctx) }

// Secrets names the secrets that a stack with these settings needs, see runner.Options.
func Secrets(text string) []string {
	s := decode(text)
	return settings.SecretNames(&s)
}

// Prepare makes the site of a stack with these settings, see runner.Options.
func Prepare(c *cloud.Cloud, text string) error {
	s := decode(text)
	// A site without a team cannot have been made; the program says that the setting is missing.
	if !s.Docs.Enabled || s.Docs.Team == "" {
		return nil
	}
	if s.Docs.Site == "" {
		s.Docs.Site = crew.Name(crew.Docs, s.Domain)
	}
	if err := netlify.Seed(c, s.Docs.Site, s.Docs.Team); err != nil {
		return fmt.Errorf("preparing the documentation site: %w", err)
	}
	return nil
}

// decode reads settings as far as they can be read. What cannot is reported by the program, together with everything
// else that is wrong.
func decode(text string) settings.Settings {
	var s settings.Settings
	_ = json.Unmarshal([]byte(text), &s)
	return s
}
