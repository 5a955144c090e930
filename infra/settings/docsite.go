package settings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vmstio/infrastructure/infra/crew"
	"github.com/vmstio/infrastructure/infra/settings/internal/decode"
)

// DocSite is the documentation site on Netlify.
//
// One site serves every environment: its production branch is the published documentation, its other branches are
// served beside it. Its settings exist once, so only a production stack may manage them.
type DocSite struct {
	// Enabled makes this stack manage the site. Only production may.
	Enabled bool `json:"enabled" default:"false"`
	// Team is the slug of the Netlify team that the site belongs to, the last part of
	// https://app.netlify.com/teams/<slug>.
	Team string `json:"team" jsonschema:"format=netlify-team"`
	// Site is the name of the site, which a person makes once: it is served at https://<name>.netlify.app. Left out, it
	// has its name from the crew.
	Site string `json:"site" jsonschema:"format=netlify-site"`
	// Host is the site's own host name. Left out, it is docs in the zone.
	Host string `json:"host" jsonschema:"format=hostname" example:"docs.example.org"`
	// Aliases are further host names of the site, in the zone as well.
	Aliases []string `json:"aliases" jsonschema:"format=hostname"`
	// BranchDomain is the domain below which branches are served, as <branch>.<domain>. Netlify must be its name server
	// (docs.netlify.com/manage/domains/manage-domains/automatic-deploy-subdomains): NS records in dns.records delegate
	// it. Left out, branches are at <branch>--<site>.netlify.app. The provider does not take it away again: that is
	// done at Netlify.
	BranchDomain string `json:"branchDomain" jsonschema:"format=hostname"`
	// Build says how Netlify builds the site.
	Build DocsBuild `json:"build"`
	// Variables are environment variables of the build.
	Variables []DocsVariable `json:"variables"`
}

// DocsBuild says how Netlify builds the documentation site on every push. The settings are those of
// docs.netlify.com/build/configure-builds/overview. There is no netlify.toml, which would win over them; what belongs
// to the pages is with them: headers and redirects in docs/public, the version of Node.js in docs/.nvmrc.
type DocsBuild struct {
	// Directory is the folder of the repository that the build runs in.
	Directory string `json:"directory" jsonschema:"format=folder" default:"docs"`
	// Command builds the site.
	Command string `json:"command" default:"npm run generate"`
	// PublishDirectory is the folder below Directory that the build leaves the site in.
	PublishDirectory string `json:"publishDirectory" jsonschema:"format=folder" default:"dist"`
	// ProductionBranch is published.
	ProductionBranch string `json:"productionBranch" jsonschema:"format=git-branch" default:"main"`
	// Branches are served beside it, each at an address of its own. Contributions are merged into staging first.
	Branches []string `json:"branches" jsonschema:"format=git-branch" default:"[staging]"`
}

// DocsVariable is an environment variable of the documentation site's build, in one context. A variable with several
// contexts is written once for each.
type DocsVariable struct {
	// Name of the variable.
	Name string `json:"name" jsonschema:"required,format=netlify-variable"`
	// Context is the kind of deploys that see the value: all, production, deploy-preview (of pull requests),
	// branch-deploy, branch, dev or dev-server. A secret can be in production, branch-deploy and branch only: Netlify
	// wants secrets in explicit contexts, and a preview runs what anybody proposed.
	Context string `json:"context" jsonschema:"required,enum=all,enum=production,enum=deploy-preview,enum=branch-deploy,enum=branch,enum=dev,enum=dev-server"` //nolint:lll // a tag cannot be broken
	// Branch is the branch of the context branch.
	Branch string `json:"branch" jsonschema:"format=git-branch"`
	// Value of the variable, unless it is secret.
	Value string `json:"value"`
	// Secret takes the value from vmst:secrets.docsVariables, under the variable's name.
	Secret bool `json:"secret" default:"false"`
}

func (d *DocSite) complete(domain string, zone Zone) {
	if d.Site == "" {
		d.Site = crew.Name(crew.Docs, domain)
	}
	if d.Host == "" && zone != "" {
		d.Host = "docs." + string(zone)
	}
}

// BranchURLs are the addresses of the branches that are served beside the published site, by branch.
func (d DocSite) BranchURLs() map[string]string {
	urls := map[string]string{}
	for _, branch := range d.Build.Branches {
		urls[branch] = "https://" + d.branchHost(branch)
	}
	return urls
}

func (d DocSite) branchHost(branch string) string {
	if d.BranchDomain != "" {
		return crew.Slug(branch) + "." + d.BranchDomain
	}
	return crew.Slug(branch) + "--" + d.Site + ".netlify.app"
}

// DocsEntries are the records of the documentation site.
func (s *Settings) DocsEntries() []Entry { return s.docsEntries(At{}) }

func (s *Settings) docsEntries(at At) []Entry {
	if !s.Docs.Enabled {
		return nil
	}
	var entries []Entry
	for _, h := range s.hosts(at)[4:] {
		name := s.DNS.Zone.Relative(h.name)
		entries = append(entries, Entry{
			Key: name, Type: "CNAME", Name: name, Value: s.Docs.Site + ".netlify.app.", at: h.at,
			host: true, site: true,
		})
	}
	return entries
}

// checkDocs checks what the site needs of the environment.
func (s *Settings) checkDocs(at At) {
	d, docs := s.Docs, at.Key("docs")
	if !d.Enabled {
		return
	}
	if s.Environment != "" && s.Environment != Production {
		docs.Key("enabled").Add(
			fmt.Sprintf("true is for production, and this is %s: both would set the same site, each its own way",
				s.Environment),
			"set it to false: production's site serves the branches of the others, too")
	}
	domain, zone, place := d.BranchDomain, s.DNS.Zone, docs.Key("branchDomain")
	switch {
	case domain == "" || zone == "":
	case !zone.Contains(domain):
		place.Add(fmt.Sprintf("%q is not a name in the zone %s", domain, zone),
			"use a name that ends in ."+string(zone))
	case !s.DNS.delegates(zone.Relative(domain)):
		place.Add(fmt.Sprintf("nothing delegates %q to Netlify", domain),
			fmt.Sprintf("add the domain to Netlify DNS, and an NS record with the name %q to dns.records for each "+
				"server that it shows", zone.Relative(domain)))
	}
}

// delegates reports whether the zone hands a name, or one above it, to other name servers.
func (d DNS) delegates(name string) bool {
	return slices.ContainsFunc(d.Records, func(r Record) bool {
		return r.Type == "NS" && (r.Name == name || strings.HasSuffix(name, "."+r.Name))
	})
}

// Check reports what is missing, branches that would share an address, and variables that contradict each other, if
// the stack manages the site.
func (d DocSite) Check(at At) {
	if !d.Enabled {
		return
	}
	if d.Team == "" {
		at.Key("team").Add("the value is missing", "set it: docs.enabled is true")
	}
	branches, addresses := decode.Unique{}, map[string]string{}
	branches.Add(at.Key("build").Key("productionBranch"), d.Build.ProductionBranch)
	for i, branch := range d.Build.Branches {
		place := at.Key("build").Key("branches").Index(i)
		branches.Add(place, branch)
		address := d.branchHost(branch)
		if other, taken := addresses[address]; taken && other != branch {
			place.Add(fmt.Sprintf("%q and %q would both be served at %s", branch, other, address),
				"rename one of the two")
		}
		addresses[address] = branch
		if label, _, _ := strings.Cut(address, "."); len(label) > 63 {
			place.Add(fmt.Sprintf("%q makes the host name %s, whose first part is longer than 63 characters",
				branch, address), "use a shorter name")
		}
	}
	places, secret := decode.Unique{}, map[string]bool{}
	for i, v := range d.Variables {
		place := at.Key("variables").Index(i)
		if v.Name == "" || v.Context == "" {
			continue
		}
		places.Add(place, strings.TrimSpace(v.Name+" "+v.Context+" "+v.Branch))
		if was, seen := secret[v.Name]; seen && was != v.Secret {
			place.Key("secret").Add(fmt.Sprintf("%q is secret in one context and not in another", v.Name),
				"make it secret in all contexts, or in none")
		}
		secret[v.Name] = v.Secret
	}
}

// contextsOfSecrets are those whose deploys are built from branches of the repository. A preview is built from what
// anybody proposed, and could send the secret away.
func contextsOfSecrets() []string { return []string{"production", "branch-deploy", "branch"} }

// Check reports a value in the wrong place, above all a secret that everybody could read.
func (v DocsVariable) Check(at At) {
	if (v.Context == "branch") != (v.Branch != "") {
		at.Key("branch").Add(fmt.Sprintf("%s does not fit the context %q", quote(v.Branch), v.Context),
			"name a branch with the context branch, and only there")
	}
	switch {
	case !v.Secret && v.Value == "":
		at.Key("value").Add("the value is missing", "set it, or set secret to true")
	case !v.Secret && namesSecret(v.Name):
		at.Key("value").Add("the name is that of a secret, and this value can be read by everyone",
			"remove it, set secret to true, and "+decode.SetSecret(secretsPath+"."+v.secretName()))
	case v.Secret && v.Value != "":
		at.Key("value").Add("a secret stands here in plain text",
			"remove it, renew it, and "+decode.SetSecret(secretsPath+"."+v.secretName()))
	case v.Secret && !slices.Contains(contextsOfSecrets(), v.Context):
		at.Key("context").Add(fmt.Sprintf("%q would show the secret to others", v.Context),
			"use "+decode.OneOf(contextsOfSecrets()))
	}
}

// docsVariables begins the paths of secret variables below vmst:secrets.
const docsVariables = "docsVariables."

func (v DocsVariable) secretName() string { return docsVariables + v.Name }

// secretNames are the secrets that the site needs.
func (d DocSite) secretNames() []string {
	if !d.Enabled {
		return nil
	}
	names := []string{"netlifyToken"}
	for _, v := range d.Variables {
		if name := v.secretName(); v.Secret && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
