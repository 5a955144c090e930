package config

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

const docsPath = settingsPath + ".docs"

// gitBranch leaves out what no branch's name may hold (git-check-ref-format) and
// what has no place in a host name.
var gitBranch = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$`)

// checkDocs checks the documentation site, unless it is somebody else's.
func (s *Settings) checkDocs(r *report) {
	d := s.Docs
	if !d.Enabled {
		return
	}
	if s.Environment != "" && s.Environment != Production {
		r.add(docsPath+".enabled", fmt.Sprintf("true is for production, and this is %s: both would set the same site, each its own way", s.Environment),
			"set it to false: production's site serves the branches of the others, too")
	}
	if d.Team == "" {
		r.add(docsPath+".team", "the value is missing", "set it: docs.enabled is true")
	} else {
		r.match(docsPath+".team", d.Team, label, "the slug of a team", "write the last part of https://app.netlify.com/teams/<slug>")
	}
	if d.Site != "" {
		r.match(docsPath+".site", d.Site, label, "the name of a site", "write the part before .netlify.app")
	}
	s.checkBranchDomain(r)
	d.Build.check(r, docsPath+".build")
	d.checkVariables(r)
}

// checkBranchDomain checks that Netlify can answer for the domain of the branches.
func (s *Settings) checkBranchDomain(r *report) {
	at, domain, zone := docsPath+".branchDomain", s.Docs.BranchDomain, s.DNS.Zone
	if domain == "" || !r.domain(at, domain) || zone == "" {
		return
	}
	if !strings.HasSuffix(domain, "."+zone) {
		r.add(at, fmt.Sprintf("%q is not a name in the zone %s", domain, zone), "use a name that ends in ."+zone)
		return
	}
	name := relative(domain, zone)
	if !slices.ContainsFunc(s.DNS.Records, func(record Record) bool {
		return record.Type == "NS" && (record.Name == name || strings.HasSuffix(name, "."+record.Name))
	}) {
		r.add(at, fmt.Sprintf("nothing delegates %q to Netlify", domain),
			fmt.Sprintf("add the domain to Netlify DNS, and an NS record with the name %q to dns.records for each server that it shows", name))
	}
}

func (b DocsBuild) check(r *report, at string) {
	r.folder(at+".directory", b.Directory)
	r.folder(at+".publishDirectory", b.PublishDirectory)
	branches := unique{}
	r.branch(at+".productionBranch", b.ProductionBranch)
	branches.check(r, at+".productionBranch", b.ProductionBranch)
	for i, branch := range b.Branches {
		at := fmt.Sprintf("%s.branches[%d]", at, i)
		r.branch(at, branch)
		branches.check(r, at, branch)
	}
}

// folder reports a text that is not a relative path, or one that leads out.
func (r *report) folder(at, folder string) {
	clean := path.Clean(folder)
	if path.IsAbs(folder) || clean == ".." || strings.HasPrefix(clean, "../") {
		r.add(at, quote(folder)+" is not a folder of the repository", "write it without a slash at the beginning and without ..")
	}
}

func (r *report) branch(at, branch string) {
	if !gitBranch.MatchString(branch) || strings.Contains(branch, "..") || strings.Contains(branch, "//") {
		r.add(at, quote(branch)+" is not the name of a branch", "use letters, digits, dashes, dots and slashes")
	}
}

// contextsOfSecrets are those whose deploys are built from branches of the
// repository. A preview is built from what anybody proposed, and could send the
// secret away.
func contextsOfSecrets() []string { return []string{"production", "branch-deploy", "branch"} }

// docsVariable is what Netlify admits, in capital letters.
var docsVariable = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

func (d Docs) checkVariables(r *report) {
	places, secret := unique{}, map[string]bool{}
	for i, v := range d.Variables {
		path := at(docsPath+".variables", i)
		if v.Name == "" || v.Context == "" {
			continue
		}
		r.match(path+".name", v.Name, docsVariable, "the name of an environment variable",
			"use capital letters, digits and underscores, and begin with a letter")
		v.check(r, path)
		places.check(r, path, strings.TrimSpace(v.Name+" "+v.Context+" "+v.Branch))
		if was, seen := secret[v.Name]; seen && was != v.Secret {
			r.add(path+".secret", fmt.Sprintf("%q is secret in one context and not in another", v.Name), "make it secret in all contexts, or in none")
		}
		secret[v.Name] = v.Secret
	}
}

func (v DocsVariable) check(r *report, path string) {
	if (v.Context == "branch") != (v.Branch != "") {
		r.add(path+".branch", fmt.Sprintf("%s does not fit the context %q", quote(v.Branch), v.Context), "name a branch with the context branch, and only there")
	}
	switch {
	case !v.Secret && v.Value == "":
		r.add(path+".value", "the value is missing", "set it, or set secret to true")
	case !v.Secret && slices.ContainsFunc(secretEndings(), func(end string) bool { return strings.HasSuffix(v.Name, end) }):
		r.add(path+".value", "the name is that of a secret, and this value can be read by everyone",
			"remove it, set secret to true, and "+setSecret(v.secretPath()))
	case v.Secret && v.Value != "":
		r.add(path+".value", "a secret stands here in plain text", "remove it, renew it, and "+setSecret(v.secretPath()))
	case v.Secret && !slices.Contains(contextsOfSecrets(), v.Context):
		r.add(path+".context", fmt.Sprintf("%q would show the secret to others", v.Context), "use "+oneOf(contextsOfSecrets()))
	}
}

// docsVariables begins the paths of secret variables below vmst:secrets.
const docsVariables = "docsVariables."

func (v DocsVariable) secretName() string { return docsVariables + v.Name }

func (v DocsVariable) secretPath() string { return secretsPath + "." + v.secretName() }

// secretNames are the secrets that the site needs.
func (d Docs) secretNames() []string {
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

// checkDocsVariables reports secret values that no variable takes.
func (s *Secrets) checkDocsVariables(r *report, settings *Settings) {
	needed := settings.Docs.secretNames()
	for _, name := range slices.Sorted(maps.Keys(s.DocsVariables)) {
		if v := (DocsVariable{Name: name}); settings.Docs.Enabled && !slices.Contains(needed, v.secretName()) {
			r.add(v.secretPath(), "no variable takes the value", "remove it, or add the variable to docs.variables with secret set to true")
		}
	}
}
