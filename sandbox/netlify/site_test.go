package netlify_test

import (
	"reflect"
	"testing"

	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/netlify"
)

func TestSeed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := netlify.Seed(w.Cloud, "log", "fleet"); err != nil {
		t.Errorf("a second Seed = %v", err)
	}
	if again := w.siteID("log", "fleet"); again != w.site || again == "" {
		t.Errorf("after a second Seed the ID is %q, was %q", again, w.site)
	}
	w.Refused(netlify.Seed(w.Cloud, "log", "klingons"), `the team "fleet" has one of this name`)
}

func TestGetSite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	found := siteOf(w.World, "log", "fleet")
	if found.Text("name") != "log" || found.Text("teamSlug") != "fleet" || found.Text("customDomain") != "" {
		t.Errorf("getSite = %v", found.Outputs)
	}
	for name, test := range map[string]struct {
		args inputs
		want string
	}{
		"unknown name": {
			inputs{"name": "nothing", "teamSlug": "fleet"},
			`Could not find Netlify site with name "nothing" in team "fleet"`,
		},
		"wrong team": {
			inputs{"name": "log", "teamSlug": "klingons"},
			`Could not find Netlify site with name "log" in team "klingons"`,
		},
		"unknown team": {
			inputs{"name": "log", "teamSlug": "borg"}, `Could not list Netlify sites in team "borg": "404 Not Found"`,
		},
		"no team": {inputs{"name": "log"}, "missing required property teamSlug"},
		"no name": {inputs{"teamSlug": "fleet"}, "missing required property name"},
	} {
		t.Run(name, func(t *testing.T) {
			w.T = t
			_, err := w.Invoke(getSite, test.args)
			w.Refused(err, test.want)
		})
	}
}

func TestGetTeam(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	team, err := w.Invoke(getTeam, inputs{"slug": "fleet"})
	if err != nil || team.Text("slug") != "fleet" || team.Text("name") != "fleet" || team.Text("id") == "" {
		t.Errorf("getTeam = %v, %v", team.Outputs, err)
	}
	_, err = w.Invoke(getTeam, inputs{"slug": "borg"})
	w.Refused(err, `Could not find Netlify team with slug "borg"`)
	_, err = w.Invoke(getTeam, inputs{})
	w.Refused(err, "missing required property slug")
}

func TestADomainBelongsToOneSite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.siteID("manual", "fleet")
	made := w.Create(domains, "x", inputs{
		"siteId": w.site, "customDomain": "log.fleet.org", "domainAliases": []any{"diary.fleet.org"},
	})
	site := siteOf(w.World, "log", "fleet")
	if site.Text("customDomain") != "log.fleet.org" ||
		!reflect.DeepEqual(site.Get("domainAliases"), []any{"diary.fleet.org"}) {
		t.Errorf("getSite has %v", site.Outputs)
	}
	for name, taken := range map[string]inputs{
		"as the domain": {"siteId": other, "customDomain": "diary.fleet.org"},
		"as an alias":   {"siteId": other, "domainAliases": []any{"log.fleet.org"}},
	} {
		_, err := w.Try(domains, name, taken)
		w.Refused(err, "is used by another site")
	}

	// The site keeps its domains when the settings go.
	if err := w.Delete(made); err != nil {
		t.Fatal(err)
	}
	if site := siteOf(w.World, "log", "fleet"); site.Text("customDomain") != "log.fleet.org" {
		t.Errorf("after the deletion getSite has %v", site.Outputs)
	}
	_, err := w.Try(domains, "y", inputs{"siteId": other, "customDomain": "log.fleet.org"})
	w.Refused(err, "the domain log.fleet.org is used by another site")

	// Until a person takes them away there.
	object, _ := w.Cloud.Get("netlify:index/site:Site", w.site)
	object.Outputs["customDomain"] = ""
	if err := w.Cloud.Put(object); err != nil {
		t.Fatal(err)
	}
	w.Create(domains, "y", inputs{"siteId": other, "customDomain": "log.fleet.org"})
}

func TestADomainThatIsNoLongerGivenStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.Create(domains, "x", inputs{
		"siteId": w.site, "customDomain": "log.fleet.org", "domainAliases": []any{"a.fleet.org"},
	})
	changed, err := w.Update(made, inputs{"siteId": w.site})
	if err != nil {
		t.Fatal(err)
	}
	if _, drift, _ := w.Refresh(changed); drift != "customDomain add" {
		t.Errorf("the drift is %q, want the domain that is still there", drift)
	}
}

func TestBranchDomainsNeedNetlifyDNS(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	given := inputs{"siteId": w.site, "branchDeployCustomDomain": "preview.fleet.org"}
	_, err := w.Try(domains, "x", given)
	w.Refused(err, "the domain preview.fleet.org is not managed by Netlify DNS")
	zone := cloud.Object{Type: "netlify:index/dnsZone:DnsZone", ID: "z", Outputs: map[string]any{"name": "fleet.org"}}
	if err := w.Cloud.Put(zone); err != nil {
		t.Fatal(err)
	}
	w.Create(domains, "x", given)
}
