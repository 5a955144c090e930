package digitalocean_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"google.golang.org/grpc/status"

	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/digitalocean"
	"github.com/vmstio/infrastructure/sandbox/provider/providertest"
)

// The situations in which an account surprises whoever has only read the schema.

func letsEncrypt(name, host string) inputs {
	return inputs{"name": name, "type": "lets_encrypt", "domains": []any{host}}
}

// Let's Encrypt asks the world, which does not see a zone before the registrar points at DigitalOcean.
func TestCertificateOfAZoneThatTheWorldDoesNotSee(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, digitalocean.Options{Undelegated: []string{"example.org"}})
	w.Create(domain, "seen", inputs{"name": "example.com"})
	w.Create(domain, "unseen", inputs{"name": "example.org"})
	w.Create(certificate, "seen", letsEncrypt("seen", "cdn.example.com"))
	_, err := w.Try(certificate, "unseen", letsEncrypt("unseen", "*.example.org"))
	w.Refused(err, `422: no NS records found: the world does not see zone "example.org"`)
}

// A zone below another one of the account is seen when that one, which must be seen itself, has NS records for it.
func TestCertificateOfAZoneBelowAnother(t *testing.T) {
	t.Parallel()
	for _, undelegated := range []bool{false, true} {
		options := digitalocean.Options{}
		if undelegated {
			options.Undelegated = []string{"example.com"}
		}
		w := newWorldWith(t, options)
		w.Create(domain, "below", inputs{"name": "staging.example.com"})
		w.Create(certificate, "alone", letsEncrypt("alone", "cdn.staging.example.com"))
		w.Create(domain, "above", inputs{"name": "example.com"})
		_, err := w.Try(certificate, "c", letsEncrypt("c", "cdn.staging.example.com"))
		w.Refused(err, "no NS records found")
		w.Create(record, "ns", inputs{
			"domain": "example.com", "type": "NS", "name": "staging", "value": "ns1.digitalocean.com.",
		})
		if _, err := w.Try(certificate, "c", letsEncrypt("c", "cdn.staging.example.com")); (err == nil) == undelegated {
			t.Errorf("above undelegated %t: %v", undelegated, err)
		}
	}
}

// DigitalOcean takes up to an hour to get a certificate, and the provider waits ten minutes unless it is told to wait
// longer. It has the ID by then.
func TestPendingCertificate(t *testing.T) {
	t.Parallel()
	slow := digitalocean.Options{Slow: map[string]time.Duration{certificate: 25 * time.Minute}}
	w := newWorldWith(t, slow)
	w.Create(domain, "d", inputs{"name": "example.com"})
	_, err := w.Try(certificate, "c", letsEncrypt("c", "cdn.example.com"))
	w.Refused(err, "takes 25m0s: the provider waits 10m0s")
	if len(status.Convert(err).Details()) != 1 {
		t.Errorf("the certificate is not kept as one that failed: %v", err)
	}
	c := resource{Type: certificate, Name: "c", ID: "c"}
	if read, _, _ := w.Refresh(c); read.Text("state") != "pending" {
		t.Errorf("the certificate is %q while it is slow", read.Text("state"))
	}
	w.Provider = digitalocean.New(w.Cloud, digitalocean.Options{})
	w.Configure(credentials)
	if read, _, _ := w.Refresh(c); read.Text("state") != "verified" {
		t.Errorf("the certificate is %q in the end", read.Text("state"))
	}
	_, err = w.Try(certificate, "again", letsEncrypt("c", "cdn.example.com"))
	w.Refused(err, "already in use")
}

// A certificate that is waited for is there after 25 minutes; one that no try gets ends in error, and is in the way
// until somebody deletes it.
func TestCertificateThatIsWaitedFor(t *testing.T) {
	t.Parallel()
	for takes, want := range map[time.Duration]string{25 * time.Minute: "verified", 80 * time.Minute: "error"} {
		w := newWorldWith(t, digitalocean.Options{Slow: map[string]time.Duration{certificate: takes}})
		w.Create(domain, "d", inputs{"name": "example.com"})
		wanted, err := w.Check(certificate, "c", nil, letsEncrypt("c", "cdn.example.com"))
		if err != nil {
			t.Fatal(err)
		}
		response, err := w.Provider.Create(t.Context(), plugin.CreateRequest{
			Name: "c", Type: tokens.Type(certificate), Properties: wanted, Timeout: (70 * time.Minute).Seconds(),
		})
		if (err == nil) != (want == "verified") || response.ID != "c" {
			t.Errorf("a certificate that takes %s: %q, %v", takes, response.ID, err)
		}
		c := resource{Type: certificate, Name: "c", ID: "c"}
		w.Provider = digitalocean.New(w.Cloud, digitalocean.Options{})
		w.Configure(credentials)
		if read, _, _ := w.Refresh(c); read.Text("state") != want {
			t.Errorf("a certificate that takes %s is %q in the end, want %q", takes, read.Text("state"), want)
		}
		if _, err = w.Try(certificate, "c", letsEncrypt("c", "cdn.example.com")); err == nil {
			t.Error("the name is free")
		}
		if err := w.Delete(c); err != nil {
			t.Fatal(err)
		}
		if made := w.Create(certificate, "c", letsEncrypt("c", "cdn.example.com")); made.Text("state") != "verified" {
			t.Errorf("the next one is %q", made.Text("state"))
		}
	}
}

// DigitalOcean renews a certificate with a new ID; the name stays, and is what others should refer to.
func TestRenewedCertificateHasANewID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Create(domain, "d", inputs{"name": "example.com"})
	b := w.Create(bucket, "b", goodBucket)
	cert := w.Create(certificate, "c", letsEncrypt("c", "cdn.example.com"))
	endpoint := w.Create(cdn, "e", inputs{
		"origin": b.Text("bucketDomainName"), "customDomain": "cdn.example.com", "certificateName": "c",
	})
	w.Now = w.Now.AddDate(0, 0, 61)
	renewed, drift, _ := w.Refresh(cert)
	if renewed.Text("uuid") == cert.Text("uuid") || renewed.Text("notAfter") == cert.Text("notAfter") || drift != "" {
		t.Errorf("after 61 days the certificate is %v, drift %q", renewed.Outputs, drift)
	}
	follows, drift, _ := w.Refresh(endpoint)
	if follows.Text("certificateId") != renewed.Text("uuid") || drift != "" {
		t.Errorf("the CDN has certificate %q, drift %q", follows.Text("certificateId"), drift)
	}
}

// Neither an endpoint that somebody deleted nor one whose certificate is gone can be read: every refresh fails until a
// person has been at it.
func TestCdnThatCannotBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Create(domain, "d", inputs{"name": "example.com"})
	b := w.Create(bucket, "b", goodBucket)
	w.Create(certificate, "c", letsEncrypt("c", "cdn.example.com"))
	good := inputs{"origin": b.Text("bucketDomainName"), "customDomain": "cdn.example.com", "certificateName": "c"}
	e := w.Create(cdn, "e", good)
	read := func() error {
		_, err := w.Provider.Read(t.Context(), plugin.ReadRequest{
			ID: sdk.ID(e.ID), Type: tokens.Type(cdn), Inputs: e.Inputs, State: e.Outputs,
		})
		return err
	}
	if err := w.Cloud.Delete(certificate, "c"); err != nil {
		t.Fatal(err)
	}
	w.Refused(read(), "/v2/certificates/"+e.Text("certificateId")+": 404 certificate not found")
	w.Create(certificate, "c", letsEncrypt("c", "cdn.example.com"))
	if err := read(); err != nil {
		t.Errorf("with another certificate: %v", err)
	}
	if err := w.Cloud.Delete(cdn, e.ID); err != nil {
		t.Fatal(err)
	}
	w.Refused(read(), "Error reading CDN: GET https://api.digitalocean.com/v2/cdn/endpoints/"+e.ID+": 404")
}

// DigitalOcean adds the CNAME of a CDN host to a zone that has none, and the program's own is refused then.
func TestCdnBeforeItsCNAME(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Create(domain, "d", inputs{"name": "example.com"})
	b := w.Create(bucket, "b", goodBucket)
	w.Create(certificate, "c", letsEncrypt("c", "cdn.example.com"))
	w.Create(cdn, "e", inputs{
		"origin": b.Text("bucketDomainName"), "customDomain": "cdn.example.com", "certificateName": "c",
	})
	_, err := w.Try(record, "cdn", inputs{
		"domain": "example.com", "type": "CNAME", "name": "cdn", "value": "media.nyc3.cdn.digitaloceanspaces.com.",
	})
	w.Refused(err, "CNAME records cannot share a name with other records: cdn.example.com has a CNAME record")
}

func TestZoneOfALiveCertificateStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.Create(domain, "d", inputs{"name": "example.com"})
	c := w.Create(certificate, "c", letsEncrypt("c", "cdn.example.com"))
	w.Refused(w.Delete(d),
		`domain "example.com" cannot be deleted: certificate "c" of Let's Encrypt is for cdn.example.com`)
	for _, r := range []resource{c, d} {
		if err := w.Delete(r); err != nil {
			t.Error(err)
		}
	}
}

// A minor upgrade is offered once the patches are in.
func TestMinorUpgradeAfterThePatches(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.Create(cluster, "c", goodCluster)
	w.Edit(c, func(outputs map[string]any) { outputs["version"] = "1.35.4-do.1" })
	_, err := w.Update(c, with(goodCluster, inputs{"version": "1.36.3-do.5"}))
	w.Refused(err, "cannot upgrade from 1.35.4-do.1 to 1.36.3-do.5: upgrade to patch 1.35.7-do.5 first")
	for _, version := range []string{"1.35.7-do.5", "1.36.3-do.5"} {
		if c, err = w.Update(c, with(goodCluster, inputs{"version": version})); err != nil {
			t.Error(err)
		}
	}
}

// A cluster whose minor version left the list of new ones still has its patches before it, and cannot leave them out.
func TestPatchesThatOnlyUpgradesHave(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, digitalocean.Options{
		Kubernetes: []string{"1.37.1-do.0", "1.36.3-do.5"}, Upgrades: []string{"1.35.9-do.0"},
	})
	_, err := w.Try(cluster, "c", with(goodCluster, inputs{"version": "1.35.9-do.0"}))
	w.Refused(err, `invalid version slug "1.35.9-do.0": must be one of 1.37.1-do.0, 1.36.3-do.5`)
	c := w.Create(cluster, "c", with(goodCluster, inputs{"version": "1.36.3-do.5"}))
	w.Edit(c, func(outputs map[string]any) { outputs["version"] = "1.35.7-do.5" })
	_, err = w.Update(c, with(goodCluster, inputs{"version": "1.36.3-do.5"}))
	w.Refused(err, "cannot upgrade from 1.35.7-do.5 to 1.36.3-do.5: upgrade to patch 1.35.9-do.0 first")
	for _, version := range []string{"1.35.9-do.0", "1.36.3-do.5"} {
		if c, err = w.Update(c, with(goodCluster, inputs{"version": version})); err != nil {
			t.Error(err)
		}
	}
}

// What DigitalOcean has withdrawn stays where it runs.
func TestPlanThatIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.Create(database, "d", goodDatabase)
	w.Provider = digitalocean.New(w.Cloud, digitalocean.Options{Retired: []string{"gd-2vcpu-8gb"}})
	w.Configure(credentials)
	steady(w, d)
	_, err := w.Try(database, "e", with(goodDatabase, inputs{"name": "new"}))
	w.Refused(err, "422: gd-2vcpu-8gb is not offered to new clusters of engine advanced_pg any more")
}

// What takes longer than the provider waits is there, and costs, but Pulumi does not know it; the program's Timeouts
// make the provider wait longer.
func TestSlowClusterIsForgotten(t *testing.T) {
	t.Parallel()
	for typ, good := range map[string]inputs{database: goodDatabase, cluster: goodCluster} {
		w := newWorldWith(t, digitalocean.Options{Slow: map[string]time.Duration{typ: 45 * time.Minute}})
		_, err := w.Try(typ, "c", good)
		w.Refused(err, "takes 45m0s: the provider waits 30m0s")
		if len(status.Convert(err).Details()) > 0 || len(w.Cloud.List(typ)) != 1 {
			t.Errorf("%s: %d are in the cloud, %v", typ, len(w.Cloud.List(typ)), err)
		}
		_, err = w.Try(typ, "c", good)
		w.Refused(err, "already in use")
		patient, err := w.Check(typ, "p", nil, with(good, inputs{"name": "patient"}))
		if err != nil {
			t.Fatal(err)
		}
		response, err := w.Provider.Create(t.Context(), plugin.CreateRequest{
			Name: "p", Type: tokens.Type(typ), Properties: patient, Timeout: (90 * time.Minute).Seconds(),
		})
		if err != nil || response.ID == "" {
			t.Errorf("%s with 90 minutes: %v", typ, err)
		}
	}
}

// Every region has a range of its own that DigitalOcean keeps.
func TestVpcInTheRangeOfItsRegion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.Try(vpc, "v", with(goodVpc, inputs{"ipRange": "10.29.0.0/20"}))
	w.Refused(err, `ipRange = "10.29.0.0/20": must not overlap 10.29.0.0/16, which DigitalOcean reserves in tor1`)
	w.Create(vpc, "v", with(goodVpc, inputs{"ipRange": "10.29.0.0/20", "region": "ams3"}))
}

// No plan has more than 997 connections, and no cluster more than 21 pools.
func TestLimitsOfPools(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.Create(database, "d", with(goodDatabase, inputs{"size": "so1_5-8vcpu-64gb"}))
	good := inputs{"clusterId": d.ID, "name": "pool", "dbName": "defaultdb", "mode": "transaction", "size": 998}
	_, err := w.Try(pool, "p", good)
	w.Refused(err, "pool size 998 exceeds the 997 connections that size so1_5-8vcpu-64gb has left")
	for i := range 21 {
		w.Create(pool, "p", with(good, inputs{"name": fmt.Sprintf("pool-%d", i), "size": 1}))
	}
	_, err = w.Try(pool, "p", with(good, inputs{"size": 1}))
	w.Refused(err, "there are 21 connection pools in the cluster already, which is the limit")
}

// From 2026-11-30 on a new Standard cluster has one node and 4 GiB at most. Those that exist stay as they are.
func TestTheEndOfNewStandardStandbys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Now = lastStandardDay
	old := w.Create(database, "d", standardDatabase)
	w.Now = w.Now.Add(time.Minute)
	steady(w, old)
	for name, test := range map[string]struct {
		change inputs
		want   string
	}{
		"standby": {inputs{"size": "db-s-2vcpu-4gb"}, "engine pg with size db-s-2vcpu-4gb and 2 nodes is not offered"},
		"8 GiB":   {inputs{"nodeCount": 1}, "engine pg with size db-s-4vcpu-8gb and 1 nodes is not offered"},
	} {
		_, err := w.Try(database, name, with(standardDatabase, with(inputs{"name": "new"}, test.change)))
		w.Refused(err, test.want)
	}
	w.Create(database, "small", with(standardDatabase, inputs{
		"name": "small", "size": "db-s-2vcpu-4gb", "nodeCount": 1,
	}))
}

func TestDatabasesThatTheSchemaDoesNotTell(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	search := with(goodDatabase, inputs{
		"name": "khan", "engine": "opensearch", "version": "2", "size": "db-s-2vcpu-4gb", "nodeCount": 3,
	})
	_, err := w.Update(w.Create(database, "s", search), with(search, inputs{"version": "2.19"}))
	w.Refused(err, "from version 2 to 2.19: an OpenSearch cluster keeps its version")
	_, err = w.Try(database, "v", with(goodDatabase, inputs{
		"name": "crusher", "engine": "valkey", "version": "8", "size": "db-s-2vcpu-4gb", "storageSizeMib": "102400",
	}))
	w.Refused(err, `storageSizeMib = "102400": the storage of valkey cannot be chosen`)
	d := w.Create(database, "d", with(goodDatabase, inputs{"region": "ric1"}))
	if endpoints := d.Get("metricsEndpoints").([]any); len(endpoints) != 2 {
		t.Errorf("primary and standby have metrics at %v", endpoints)
	}
	alone, err := w.Update(d, with(goodDatabase, inputs{"region": "ric1", "nodeCount": 1}))
	if endpoints := alone.Get("metricsEndpoints").([]any); err != nil || len(endpoints) != 1 {
		t.Errorf("a primary alone has metrics at %v, %v", endpoints, err)
	}

	// The limit is one of addresses, and far beyond 100.
	rules := slices.Repeat([]any{map[string]any{"type": "ip_addr", "value": "192.0.2.1"}}, 101)
	w.Create(firewall, "f", inputs{"clusterId": d.ID, "rules": rules})
}

// A version of OpenSearch comes back as its first number, which is a change in every preview unless it is ignored; then
// the rest can be updated.
func TestVersionOfOpenSearchComesBackShort(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const lookUp = "digitalocean:index/getDatabaseCluster:getDatabaseCluster"
	_, err := w.Invoke(lookUp, inputs{"name": "khan"})
	w.Refused(err, "Unable to find any database clusters")
	search := with(goodDatabase, inputs{
		"name": "khan", "engine": "opensearch", "version": "2.19", "size": "db-s-2vcpu-4gb", "nodeCount": 3,
	})
	s := w.Create(database, "s", search)
	if diff := providertest.Changes(w.Diff(s, search)); diff != "version update" {
		t.Errorf("the same inputs differ in %q", diff)
	}
	for name, want := range map[string]string{"khan": "2", "kirk": ""} {
		if found, err := w.Invoke(lookUp, inputs{"name": name}); err != nil || found.Text("version") != want {
			t.Errorf("the version of %s is %q, %v", name, found.Text("version"), err)
		}
	}
	smaller, err := w.Check(database, "s", s.Inputs, with(search, inputs{"nodeCount": 1}))
	if err != nil {
		t.Fatal(err)
	}
	request := plugin.UpdateRequest{
		ID: sdk.ID(s.ID), Type: tokens.Type(database), OldInputs: s.Inputs, OldOutputs: s.Outputs,
		NewInputs: smaller, IgnoreChanges: []string{"version"},
	}
	updated, err := w.Provider.Update(t.Context(), request)
	if err != nil || updated.Properties["version"].StringValue() != "2" ||
		updated.Properties["nodeCount"].NumberValue() != 1 {
		t.Errorf("updated to %v, %v", updated.Properties, err)
	}
}

// Whoever has a key that may write, writes; then the bucket does not go without force.
func TestBucketThatSomebodyElseHasWrittenTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	grant := func(bucket, permission string) inputs {
		return inputs{"name": bucket, "grants": []any{map[string]any{"bucket": bucket, "permission": permission}}}
	}
	read := w.Create(bucket, "read", inputs{"name": "only-read"})
	w.Create(spacesKey, "reader", grant("only-read", "read"))
	if err := w.Delete(read); err != nil {
		t.Errorf("a key that only reads fills no bucket: %v", err)
	}
	b := w.Create(bucket, "b", goodBucket)
	k := w.Create(spacesKey, "k", grant("media", "readwrite"))
	if err := w.Delete(k); err != nil {
		t.Fatal(err)
	}
	w.Refused(w.Delete(b), `409: BucketNotEmpty: bucket "media" holds what was written with a key to it`)
	steady(w, b)
	b, err := w.Update(b, with(goodBucket, inputs{"forceDestroy": true}))
	if err == nil {
		err = w.Delete(b)
	}
	if err != nil {
		t.Errorf("by force: %v", err)
	}
}

// The name of a deleted bucket comes back after weeks, also to who had it.
func TestNameOfADeletedBucketIsBlocked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.Delete(w.Create(bucket, "b", goodBucket)); err != nil {
		t.Fatal(err)
	}
	w.Now = w.Now.AddDate(0, 0, 13)
	_, err := w.Try(bucket, "b", goodBucket)
	w.Refused(err, `409: BucketAlreadyExists: name "media" is that of a deleted bucket and blocked until 2266-09-22`)
	w.Create(bucket, "other", inputs{"name": "media-2"})
	w.Now = w.Now.AddDate(0, 0, 1)
	w.Create(bucket, "b", goodBucket)
}

// Spaces answers with the rules in the order of their IDs: another order is a change in every preview.
func TestLifecycleRulesComeBackSorted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rule := func(id string) map[string]any {
		return map[string]any{"id": id, "enabled": true, "expiration": map[string]any{"days": 30}}
	}
	first, second := rule("expiry"), rule("housekeeping")
	sorted := with(goodBucket, inputs{"lifecycleRules": []any{first, second}})
	b := w.Create(bucket, "b", sorted)
	steady(w, b)
	if diff := providertest.Changes(w.Diff(b, sorted)); diff != "" {
		t.Errorf("sorted rules differ: %s", diff)
	}
	unsorted := inputs{"name": "other", "lifecycleRules": []any{second, first}}
	if diff := providertest.Changes(w.Diff(w.Create(bucket, "o", unsorted), unsorted)); diff !=
		"lifecycleRules[0].id update, lifecycleRules[1].id update" {
		t.Errorf("unsorted rules differ in %q", diff)
	}
}

func TestWhatTheAPIWantsOfAlertsAndRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.Create(uptimeCheck, "c", inputs{"name": "web", "target": "https://example.com"})
	_, err := w.Try(uptimeAlert, "a", inputs{
		"checkId": c.ID, "name": "tls", "type": "ssl_expiry", "threshold": 14, "comparison": "less_than",
		"notifications": []any{inputs{"emails": []any{"a@example.com"}}},
	})
	w.Refused(err, "period is required when type is ssl_expiry")
	w.Create(domain, "d", inputs{"name": "example.com"})
	_, err = w.Try(record, "caa", inputs{
		"domain": "example.com", "type": "CAA", "name": "@", "value": ";", "flags": 0, "tag": "issue",
	})
	w.Refused(err, `value = ";": is not supported`)
	text := func(n int) inputs {
		return inputs{"domain": "example.com", "type": "TXT", "name": "long", "value": strings.Repeat("x", n)}
	}
	_, err = w.Try(record, "long", text(508))
	w.Refused(err, "must not be longer than 512 characters with its quotes, and has 513")
	w.Create(record, "long", text(507))
}

// The controller of a living cluster makes another load balancer for a Service that has lost its own, with another
// address.
func TestLoadBalancerOfAServiceIsMadeAnew(t *testing.T) {
	t.Parallel()
	for name, alive := range map[string]bool{"living cluster": true, "dead cluster": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			lost, in := w.Create(loadBalancer, "public", goodBalancer), "gone"
			if alive {
				in = w.Create(cluster, "yorktown", goodCluster).ID
			}
			const service = "kubernetes:core/v1:Service"
			err := w.Cloud.Put(cloud.Object{Type: service, ID: "ingress/nginx", Outputs: map[string]any{
				"__cluster": in,
				"metadata": map[string]any{
					"uid":         "1-2",
					"annotations": map[string]any{"kubernetes.digitalocean.com/load-balancer-id": lost.ID},
				},
			}})
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Delete(lost); err != nil {
				t.Fatal(err)
			}
			made := w.Cloud.List(loadBalancer)
			if !alive {
				if len(made) != 0 {
					t.Errorf("made %v", made)
				}
				return
			}
			if len(made) != 1 || made[0].ID == lost.ID || made[0].Outputs["ip"] == lost.Text("ip") {
				t.Fatalf("made %v, want one with another address", made)
			}
			after, _ := w.Cloud.Get(service, "ingress/nginx")
			annotations := after.Outputs["metadata"].(map[string]any)["annotations"].(map[string]any)
			if annotations["kubernetes.digitalocean.com/load-balancer-id"] != made[0].ID {
				t.Errorf("the Service names %v, want %s", annotations, made[0].ID)
			}
		})
	}
}
