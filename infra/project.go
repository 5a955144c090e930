package infra

import (
	"fmt"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/crew"
	"github.com/vmstio/infrastructure/infra/settings"
)

// projectEnvironments are DigitalOcean's words for the kinds of environments.
var projectEnvironments = map[settings.Environment]string{
	settings.Production: "Production", settings.Staging: "Staging", settings.Development: "Development",
}

// newProject puts everything that costs money or holds data into one DigitalOcean Project, where a person looks for it
// and bills are split.
func newProject(
	ctx *pulumi.Context, s *settings.Settings, urns pulumi.StringArray, cloud pulumi.ResourceOption,
) (*digitalocean.Project, error) {
	name := crew.Name(crew.Project, s.Domain)
	project, err := digitalocean.NewProject(ctx, "project", &digitalocean.ProjectArgs{
		Name:        pulumi.String(name),
		Description: pulumi.String("Mastodon at " + s.Domain),
		Purpose:     pulumi.String("Web Application"),
		Environment: pulumi.String(projectEnvironments[s.Environment]),
	}, cloud)
	if err != nil {
		return nil, fmt.Errorf("creating project %q: %w", name, err)
	}
	// Apart from the project, which takes away what people have added to it if it has a list of its own: this one knows
	// only of what it names (terraform-provider-digitalocean, project/resource_project_resources.go).
	_, err = digitalocean.NewProjectResources(ctx, "project-resources", &digitalocean.ProjectResourcesArgs{
		Project: project.ID(), Resources: urns,
	}, cloud)
	if err != nil {
		return nil, fmt.Errorf("putting the environment into project %q: %w", name, err)
	}
	return project, nil
}
