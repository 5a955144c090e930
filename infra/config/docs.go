package config

import "github.com/vmstio/infrastructure/infra/crew"

// Docs is the documentation site on Netlify.
//
// One site serves every environment: its production branch is the published
// documentation, its other branches are served beside it. Its settings exist
// once, so only a production stack may manage them.
type Docs struct {
	// Enabled makes this stack manage the site. Only production may.
	Enabled bool `json:"enabled"`
	// Team is the slug of the Netlify team that the site belongs to, the last part
	// of https://app.netlify.com/teams/<slug>.
	Team string `json:"team"`
	// Site is the name of the site, which a person makes once: it is served at
	// https://<name>.netlify.app. Left out, it has its name from the crew.
	Site string `json:"site"`
	// Host is the site's own host name. Left out, it is docs in the zone.
	Host string `json:"host" jsonschema:"format=hostname"`
	// Aliases are further host names of the site, in the zone as well.
	Aliases []string `json:"aliases"`
	// BranchDomain is the domain below which branches are served, as
	// <branch>.<domain>. Netlify must be its name server: NS records in dns.records
	// delegate it. Left out, branches are at <branch>--<site>.netlify.app.
	BranchDomain string `json:"branchDomain" jsonschema:"format=hostname"`
	// Build says how Netlify builds the site.
	Build DocsBuild `json:"build"`
	// Variables are environment variables of the build.
	Variables []DocsVariable `json:"variables"`
}

// DocsBuild says how Netlify builds the documentation site on every push.
type DocsBuild struct {
	// Directory is the folder of the repository that the build runs in.
	Directory string `json:"directory"`
	// Command builds the site.
	Command string `json:"command"`
	// PublishDirectory is the folder below Directory that the build leaves the site
	// in.
	PublishDirectory string `json:"publishDirectory"`
	// ProductionBranch is published.
	ProductionBranch string `json:"productionBranch"`
	// Branches are served beside it, each at an address of its own. Contributions
	// are merged into staging first.
	Branches []string `json:"branches"`
}

// DocsVariable is an environment variable of the documentation site's build, in
// one context. A variable with several contexts is written once for each.
type DocsVariable struct {
	// Name of the variable.
	Name string `json:"name" jsonschema:"required"`
	// Context is the kind of deploys that see the value: all, production,
	// deploy-preview (of pull requests), branch-deploy, branch, dev or dev-server.
	// A secret can be in production, branch-deploy and branch only.
	Context string `json:"context" jsonschema:"required,enum=all,enum=production,enum=deploy-preview,enum=branch-deploy,enum=branch,enum=dev,enum=dev-server"`
	// Branch is the branch of the context branch.
	Branch string `json:"branch"`
	// Value of the variable, unless it is secret.
	Value string `json:"value"`
	// Secret takes the value from vmst:secrets.docsVariables, under the variable's
	// name.
	Secret bool `json:"secret"`
}

// DocsSite is the name of the documentation site.
func (s *Settings) DocsSite() string {
	if s.Docs.Site != "" {
		return s.Docs.Site
	}
	return crew.Name(crew.Docs, s.Domain)
}
