package digitalocean_test

import (
	"slices"
	"strings"
	"testing"
)

func TestDNS(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.Create(domain, "d", inputs{"name": "example.com"})
	if d.ID != "example.com" || d.Text("domainUrn") != "do:domain:example.com" || d.Get("ttl") != 1800.0 {
		t.Errorf("domain %v", d.Outputs)
	}
	_, err := w.Try(domain, "again", inputs{"name": "example.com"})
	w.Refused(err, "already in use by another domain")
	good := inputs{"domain": "example.com", "type": "A", "name": "www", "value": "203.0.113.1"}
	r := w.Create(record, "r", good)
	if r.Get("ttl") != 1800.0 || r.Text("fqdn") != "www.example.com" || strings.Trim(r.ID, "0123456789") != "" {
		t.Errorf("record %v", r)
	}
	fqdns := map[string]string{
		"@": "example.com", "_dmarc": "_dmarc.example.com", "Key._domainkey": "key._domainkey.example.com",
		"deep.example.com.": "deep.example.com",
	}
	for name, fqdn := range fqdns {
		r := w.Create(record, name, with(good, inputs{"type": "TXT", "name": name, "value": "v=1"}))
		if r.Text("fqdn") != fqdn {
			t.Errorf("name %q became %q, want %q", name, r.Text("fqdn"), fqdn)
		}
	}
	w.Create(record, "mx", inputs{
		"domain": "example.com", "type": "MX", "name": "@", "value": "mx.example.net.", "priority": 10,
	})
	w.Create(record, "caa", inputs{
		"domain": "example.com", "type": "CAA", "name": "@", "value": "letsencrypt.org.", "flags": 0, "tag": "issue",
	})
	w.Create(record, "iodef", inputs{
		"domain": "example.com", "type": "CAA", "name": "@", "value": "mailto:a@example.com", "flags": 0,
		"tag": "iodef",
	})
	alias := w.Create(record, "cname", inputs{
		"domain": "example.com", "type": "CNAME", "name": "cdn", "value": "x.example.net.",
	})
	steady(w, d, r, alias)
	diffs(t, w, r, good, map[string]inputs{
		"value update": {"value": "203.0.113.2"}, "name update": {"name": "web"}, "ttl add": {"ttl": 60},
		"type update-replace, value update": {"type": "AAAA", "value": "2001:db8::1"},
		"domain update-replace":             {"domain": "example.org"},
	})
	refuses(t, w, record, with(good, inputs{"name": "other"}), map[string]refusal{
		"no zone": {inputs{"domain": "example.org"}, `404: domain "example.org" does not exist`},
		"outside": {
			inputs{"name": "www.example.org."}, `name "www.example.org." is not within domain "example.com"`,
		},
		"empty label": {inputs{"name": "a..b"}, "a name within it"},
		"type":        {inputs{"type": "ALIAS"}, "must be one of A, AAAA, CAA"},
		"A":           {inputs{"value": "x.example.com."}, "must be an IPv4 address"},
		"AAAA":        {inputs{"type": "AAAA"}, "must be an IPv6 address"},
		"MX priority": {inputs{"type": "MX", "value": "mx.example.net."}, "priority is required when type is MX"},
		"CAA flags":   {inputs{"type": "CAA", "value": "letsencrypt.org."}, "flags is required when type is CAA"},
		"CAA tag": {
			inputs{"type": "CAA", "value": "letsencrypt.org.", "flags": 0}, "tag is required when type is CAA",
		},
		"dot": {inputs{"type": "CNAME", "value": "x.example.net"}, "data needs to end with a dot (.)"},
		"CNAME at the top": {
			inputs{"type": "CNAME", "name": "@", "value": "x."}, "the domain itself cannot be a CNAME",
		},
		"CNAME beside A": {
			inputs{"type": "CNAME", "name": "WWW", "value": "x."},
			"CNAME records cannot share a name with other records: www.example.com has a A record",
		},
		"A beside CNAME": {inputs{"name": "cdn"}, "CNAME records cannot share a name"},
		"ttl":            {inputs{"ttl": 29}, "must be between 30 and 2147483648"},
	})
	zone, err := w.Invoke("digitalocean:index/getDomain:getDomain", inputs{"name": "example.com"})
	if err != nil || zone.Text("name") != "example.com" || zone.Text("domainUrn") != d.Text("domainUrn") {
		t.Errorf("getDomain: %v, %v", err, zone.Outputs)
	}
	_, err = w.Invoke("digitalocean:index/getDomain:getDomain", inputs{"name": "example.org"})
	w.Refused(err, "does not exist")
	if err := w.Delete(d); err != nil || len(w.Cloud.List(record)) > 0 {
		t.Errorf("deleting the zone: %v, %d records left", err, len(w.Cloud.List(record)))
	}
}

func TestUptime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := inputs{"name": "web", "target": "https://example.com/health", "regions": []any{"us_east", "eu_west"}}
	c := w.Create(uptimeCheck, "c", good)
	if c.Text("type") != "https" || c.Get("enabled") != true {
		t.Errorf("check %v", c.Outputs)
	}
	refuses(t, w, uptimeCheck, good, map[string]refusal{
		"region": {inputs{"regions": []any{"usEast"}}, "must be one of us_east, us_west, eu_west, se_asia"},
		"scheme": {inputs{"target": "http://example.com"}, "must be a URL that begins with https://"},
		"type":   {inputs{"type": "tcp"}, "must be one of http, https"},
	})
	goodAlert := inputs{
		"name": "down", "checkId": c.ID, "type": "down", "period": "2m",
		"notifications": []any{map[string]any{"emails": []any{"archive@example.com"}}},
	}
	a := w.Create(uptimeAlert, "a", goodAlert)
	steady(w, c, a)
	diffs(t, w, a, goodAlert, map[string]inputs{"period update": {"period": "5m"}, "checkId update": {"checkId": "x"}})
	refuses(t, w, uptimeAlert, goodAlert, map[string]refusal{
		"check":  {inputs{"checkId": "none"}, `uptime check "none" does not exist`},
		"type":   {inputs{"type": "downGlobal"}, "must be one of latency, down, down_global, ssl_expiry"},
		"period": {inputs{"period": "1hr"}, "must be one of 2m"},
		"threshold": {
			inputs{"type": "ssl_expiry", "comparison": "less_than"}, "threshold is required when type is ssl_expiry",
		},
		"nobody": {inputs{"notifications": []any{map[string]any{}}}, "notifications[0]: must have emails or slacks"},
		"email": {
			inputs{"notifications": []any{map[string]any{"emails": []any{"archive"}}}}, "must be an email address",
		},
	})
	if err := w.Delete(c); err != nil || len(w.Cloud.List(uptimeAlert)) > 0 {
		t.Errorf("the alerts of a deleted check are left: %v", err)
	}
}

func TestMonitorAlert(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := w.Create(loadBalancer, "l", goodBalancer)
	d := w.Create(database, "d", goodDatabase)
	good := inputs{
		"type": "v1/insights/droplet/cpu", "compare": "GreaterThan", "value": 90, "window": "5m", "description": "hot",
		"tags": []any{"k8s:x"}, "alerts": map[string]any{"emails": []any{"workers@example.com"}},
	}
	a := w.Create(monitorAlert, "a", good)
	if a.Text("uuid") != a.ID || a.Get("enabled") != true {
		t.Errorf("alert %v", a.Outputs)
	}
	steady(w, a)
	w.Create(monitorAlert, "l", with(good, inputs{"type": "v1/insights/lbaas/droplet_health", "entities": []any{l.ID}}))
	w.Create(monitorAlert, "d", with(good, inputs{
		"type": "v1/dbaas/alerts/disk_utilization_alerts", "entities": []any{d.ID},
	}))
	refuses(t, w, monitorAlert, good, map[string]refusal{
		"type": {inputs{"type": "v1/insights/droplet/heat"}, "must be one of v1/dbaas/alerts/cpu_alerts"},
		"balancer": {
			inputs{"type": "v1/insights/lbaas/droplet_health", "entities": []any{d.ID}}, "load balancer",
		},
		"database": {inputs{"type": "v1/dbaas/alerts/cpu_alerts", "entities": []any{l.ID}}, "database cluster"},
		"compare":  {inputs{"compare": "greater_than"}, "must be one of GreaterThan, LessThan"},
		"window":   {inputs{"window": "15m"}, "must be one of 5m, 10m, 30m, 1h"},
		"value":    {inputs{"value": -1}, "must be between 0 and"},
		"nobody":   {inputs{"alerts": map[string]any{}}, "alerts: must have emails or slacks"},
	})
}

func TestProject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := inputs{"name": "mastodon-prod", "environment": "Production"}
	p := w.Create(project, "p", good)
	if p.Text("purpose") != "Web Application" || p.Text("description") != "" || p.Get("isDefault") != false {
		t.Errorf("project %v", p.Outputs)
	}
	refuses(t, w, project, with(good, inputs{"name": "other"}), map[string]refusal{
		"name":        {inputs{"name": "mastodon-prod"}, "409: name \"mastodon-prod\" is already in use"},
		"environment": {inputs{"environment": "prod"}, "must be one of Development, Staging, Production"},
		"length":      {inputs{"name": strings.Repeat("x", 176)}, "must not be longer than 175"},
	})
	c, d := w.Create(cluster, "c", goodCluster), w.Create(database, "d", goodDatabase)
	b, l := w.Create(bucket, "b", goodBucket), w.Create(loadBalancer, "l", goodBalancer)
	z := w.Create(domain, "z", inputs{"name": "example.com"})
	all := []any{
		c.Text("clusterUrn"), d.Text("clusterUrn"), b.Text("bucketUrn"), l.Text("loadBalancerUrn"), z.Text("domainUrn"),
	}
	full := w.Create(project, "full", inputs{"name": "full", "resources": all})
	steady(w, p, full)
	refuses(t, w, project, inputs{"name": "third"}, map[string]refusal{
		"missing": {inputs{"resources": []any{"do:dbaas:none"}}, `404: resource "do:dbaas:none" does not exist`},
		"VPC": {
			inputs{"resources": []any{"do:vpc:x"}}, `resources[0] = "do:vpc:x": must be the URN of a kubernetes`,
		},
		"no URN": {inputs{"resources": []any{"media"}}, "must be the URN"},
	})

	// A resource is in one project: the second that names it takes it from the first.
	if _, err := w.Update(p, with(good, inputs{"resources": all[:1]})); err != nil {
		t.Fatal(err)
	}
	if _, drift, _ := w.Refresh(full); drift == "" {
		t.Error("a resource that has moved to another project is no drift in the old one")
	}
}

// A project lists all that is in it, whoever has put it there; what puts things there sees only these.
func TestProjectResources(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.Create(project, "p", inputs{"name": "mastodon-prod"})
	d := w.Create(database, "d", goodDatabase)
	made := w.Create(loadBalancer, "l", with(goodBalancer, inputs{"projectId": p.ID}))
	b, z := w.Create(bucket, "b", goodBucket), w.Create(domain, "z", inputs{"name": "example.com"})
	const members = "digitalocean:index/projectResources:ProjectResources"
	named := inputs{"project": p.ID, "resources": []any{
		d.Text("clusterUrn"), b.Text("bucketUrn"), z.Text("domainUrn"),
	}}
	refuses(t, w, members, named, map[string]refusal{
		"project": {inputs{"project": "none"}, `project "none" does not exist`},
		"member":  {inputs{"resources": []any{"do:dbaas:none"}}, `404: resource "do:dbaas:none" does not exist`},
	})
	m := w.Create(members, "m", named)
	steady(w, m)
	listed := func(want ...string) {
		t.Helper()
		read, drift, _ := w.Refresh(p)
		got, _ := read.Get("resources").([]any)
		if len(got) != len(want) || drift != "" {
			t.Errorf("the project lists %v, want %v, drift %q", got, want, drift)
		}
		for _, urn := range want {
			if !slices.Contains(got, any(urn)) {
				t.Errorf("the project lists %v without %s", got, urn)
			}
		}
	}
	listed(d.Text("clusterUrn"), b.Text("bucketUrn"), z.Text("domainUrn"), made.Text("loadBalancerUrn"))

	// A person takes the database out; the program then no longer names the bucket.
	w.Edit(p, func(outputs map[string]any) {
		outputs["resources"] = []any{b.Text("bucketUrn"), z.Text("domainUrn")}
	})
	if _, drift, _ := w.Refresh(m); drift == "" {
		t.Error("what a person has taken out is no drift")
	}
	m, err := w.Update(m, with(named, inputs{"resources": []any{z.Text("domainUrn")}}))
	if err != nil {
		t.Fatal(err)
	}
	listed(z.Text("domainUrn"), made.Text("loadBalancerUrn"))
	if err := w.Delete(m); err != nil {
		t.Fatal(err)
	}
	listed(made.Text("loadBalancerUrn"))
	if err := w.Delete(made); err != nil {
		t.Fatal(err)
	}
	listed()
}

func TestKubernetesFunctions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const versions = "digitalocean:index/getKubernetesVersions:getKubernetesVersions"
	for prefix, want := range map[string]string{"1.35.": "1.35.7-do.5", "": "1.36.3-do.5", "1.30": ""} {
		found, err := w.Invoke(versions, inputs{"versionPrefix": prefix})
		if err != nil || found.Text("latestVersion") != want {
			t.Errorf("prefix %q: latest %q, %v", prefix, found.Text("latestVersion"), err)
		}
		for _, version := range found.Get("validVersions").([]any) {
			if !strings.HasPrefix(version.(string), prefix) {
				t.Errorf("prefix %q: %v", prefix, version)
			}
		}
	}
	c := w.Create(cluster, "c", goodCluster)
	w.Create(nodePool, "p", inputs{"clusterId": c.ID, "name": "p", "size": "s-2vcpu-4gb", "nodeCount": 1})
	found, err := w.Invoke("digitalocean:index/getKubernetesCluster:getKubernetesCluster", inputs{"name": "yorktown"})
	if err != nil || found.Text("id") != c.ID || len(found.Get("nodePools").([]any)) != 2 ||
		found.Outputs.ContainsSecrets() {
		t.Errorf("getKubernetesCluster: %v", err)
	}
	_, err = w.Invoke("digitalocean:index/getKubernetesCluster:getKubernetesCluster", inputs{"name": "none"})
	w.Refused(err, "unable to find cluster with name: none")
}
