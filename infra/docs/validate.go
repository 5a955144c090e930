package docs

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/vmstio/infrastructure/infra/room"
)

var (
	// siteName is a label of a host name, since the site is served at
	// <name>.netlify.app.
	siteName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	// variableKey is what docs.netlify.com/build/environment-variables/overview
	// admits.
	variableKey = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)
)

var (
	contexts       = []string{"all", "production", "deploy-preview", "branch-deploy", "branch", "dev", "dev-server"}
	secretContexts = []string{"production", "branch-deploy", "branch"}
)

func (a *Args) validate() error {
	check := room.NewCheck("docs")
	check.That(siteName.MatchString(a.Site), "Site %q is not 1 to 63 lower-case letters, digits and inner hyphens", a.Site)
	check.Text("Team", a.Team)
	check.Text("Build.Command", a.Build.Command)
	check.Text("Build.PublishDirectory", a.Build.PublishDirectory)
	check.Text("Build.ProductionBranch", a.Build.ProductionBranch)
	check.That(inside(a.Build.Directory), "Build.Directory %q is not a folder of the repository", a.Build.Directory)
	check.That(inside(a.Build.PublishDirectory), "Build.PublishDirectory %q is not a folder below Build.Directory", a.Build.PublishDirectory)
	for i, branch := range a.Build.Branches {
		check.That(slug(branch) != "", "Build.Branches[%d] %q is not the name of a branch", i, branch)
		check.That(branch != a.Build.ProductionBranch, "Build.Branches[%d] %q is the production branch", i, branch)
		check.That(!slices.Contains(a.Build.Branches[:i], branch), "Build.Branches[%d] %q is there already", i, branch)
	}
	check.Text("Zone", a.Zone)
	check.Input("ZoneName", a.ZoneName)
	check.That(below(a.Domain, a.Zone), "Domain %q is not a host below the zone %q", a.Domain, a.Zone)
	for i, alias := range a.Aliases {
		check.That(below(alias, a.Zone), "Aliases[%d] %q is not a host below the zone %q", i, alias, a.Zone)
		check.That(!slices.Contains(a.hosts()[:i+1], alias), "Aliases[%d] %q is there already", i, alias)
	}
	check.That(a.TTL >= 30, "TTL %d is less than 30 seconds", a.TTL)
	for i, variable := range a.Variables {
		taken := slices.ContainsFunc(a.Variables[:i], func(other Variable) bool { return other.Key == variable.Key })
		check.That(!taken, "Variables[%d].Key %q is there already", i, variable.Key)
		variable.validate(check, fmt.Sprintf("Variables[%d]", i))
	}
	return check.Err()
}

func (v Variable) validate(check *room.Check, path string) {
	check.That(variableKey.MatchString(v.Key), "%s.Key %q is not letters, digits and underscores, beginning with a letter", path, v.Key)
	check.That(len(v.Values) > 0, "%s.Values is empty", path)
	allowed := contexts
	if v.Secret {
		allowed = secretContexts
	}
	for i, value := range v.Values {
		at := fmt.Sprintf("%s.Values[%d]", path, i)
		check.That(slices.Contains(allowed, value.Context), "%s.Context %q is not one of %s", at, value.Context, strings.Join(allowed, ", "))
		check.That((value.Context == "branch") == (value.Branch != ""), "%s.Branch %q does not fit the context %q: only the context branch has one",
			at, value.Branch, value.Context)
		check.Input(at+".Value", value.Value)
		taken := slices.ContainsFunc(v.Values[:i], func(other Value) bool {
			return other.Context == value.Context && other.Branch == value.Branch
		})
		check.That(!taken, "%s.Context %q is there already", at, strings.TrimSpace(value.Context+" "+value.Branch))
	}
}

// inside reports whether a folder is relative and stays below what it is relative
// to. An empty one does.
func inside(folder string) bool {
	clean := path.Clean(folder)
	return !path.IsAbs(folder) && clean != ".." && !strings.HasPrefix(clean, "../")
}

// below reports whether a host lies below the zone. The zone itself cannot be a
// CNAME.
func below(host, zone string) bool {
	name, ok := strings.CutSuffix(host, "."+zone)
	return ok && name != "" && !strings.HasPrefix(name, ".")
}
