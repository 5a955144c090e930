// Package program is what the sandbox runs, with what a person does by hand before the first run: setting the stack's
// secrets, and making the Netlify site that no provider can make.
package program

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra"
	"github.com/vmstio/infrastructure/infra/config"
	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/netlify"
)

// Run is the Pulumi program.
func Run(ctx *pulumi.Context) error { return infra.Deploy(ctx) }

// Secrets names the secrets that a stack with these settings needs, see runner.Options.
func Secrets(text string) []string {
	settings := decode(text)

	return config.SecretNames(&settings)
}

// Prepare makes the site of a stack with these settings, see runner.Options.
func Prepare(c *cloud.Cloud, text string) error {
	settings := decode(text)
	if !settings.Docs.Enabled {
		return nil
	}

	if err := netlify.Seed(c, settings.DocsSite(), settings.Docs.Team); err != nil {
		return fmt.Errorf("preparing the documentation site: %w", err)
	}

	return nil
}

// decode reads settings as far as they can be read. What cannot is reported by the program, together with everything
// else that is wrong.
func decode(text string) config.Settings {
	var settings config.Settings

	_ = json.Unmarshal([]byte(text), &settings)

	return settings
}
