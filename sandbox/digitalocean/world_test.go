package digitalocean_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/digitalocean"
	"github.com/vmstio/infrastructure/sandbox/provider/providertest"
)

type (
	inputs   = providertest.Inputs
	resource = providertest.Resource
)

// Type tokens.
const (
	vpc          = "digitalocean:index/vpc:Vpc"
	cluster      = "digitalocean:index/kubernetesCluster:KubernetesCluster"
	nodePool     = "digitalocean:index/kubernetesNodePool:KubernetesNodePool"
	database     = "digitalocean:index/databaseCluster:DatabaseCluster"
	user         = "digitalocean:index/databaseUser:DatabaseUser"
	db           = "digitalocean:index/databaseDb:DatabaseDb"
	pool         = "digitalocean:index/databaseConnectionPool:DatabaseConnectionPool"
	firewall     = "digitalocean:index/databaseFirewall:DatabaseFirewall"
	bucket       = "digitalocean:index/spacesBucket:SpacesBucket"
	bucketObject = "digitalocean:index/spacesBucketObject:SpacesBucketObject"
	cors         = "digitalocean:index/spacesBucketCorsConfiguration:SpacesBucketCorsConfiguration"
	spacesKey    = "digitalocean:index/spacesKey:SpacesKey"
	cdn          = "digitalocean:index/cdn:Cdn"
	certificate  = "digitalocean:index/certificate:Certificate"
	loadBalancer = "digitalocean:index/loadBalancer:LoadBalancer"
	domain       = "digitalocean:index/domain:Domain"
	record       = "digitalocean:index/dnsRecord:DnsRecord"
	uptimeCheck  = "digitalocean:index/uptimeCheck:UptimeCheck"
	uptimeAlert  = "digitalocean:index/uptimeAlert:UptimeAlert"
	monitorAlert = "digitalocean:index/monitorAlert:MonitorAlert"
	project      = "digitalocean:index/project:Project"
)

var credentials = inputs{"token": "dop_v1_x", "spacesAccessId": "DO00X", "spacesSecretKey": "x"}

// Inputs that are good, to be made bad by tests.
var (
	goodVpc     = inputs{"name": "yorktown", "region": "tor1", "ipRange": "10.10.0.0/20"}
	goodCluster = inputs{
		"name": "yorktown", "region": "tor1", "version": "1.35.7-do.5", "ha": true,
		"nodePool": map[string]any{"name": "default", "size": "s-2vcpu-4gb", "nodeCount": 2},
	}
	goodDatabase = inputs{
		"name": "majel", "engine": "advanced_pg", "version": "17", "size": "gd-2vcpu-8gb", "region": "tor1",
		"nodeCount": 2,
	}
	// standardDatabase is one that new clusters can be until the end of November 2026.
	standardDatabase = with(goodDatabase, inputs{"engine": "pg", "size": "db-s-4vcpu-8gb"})
	lastStandardDay  = time.Date(2026, time.November, 29, 23, 59, 0, 0, time.UTC)
	goodBucket       = inputs{"name": "media", "region": "nyc3"}
	goodBalancer     = inputs{
		"name": "public", "region": "tor1", "type": "REGIONAL",
		"forwardingRules": []any{map[string]any{
			"entryProtocol": "tcp", "entryPort": 443, "targetProtocol": "tcp", "targetPort": 30443,
		}},
	}
)

func newWorld(t *testing.T) *providertest.World {
	t.Helper()
	return newWorldWith(t, digitalocean.Options{})
}

func newWorldWith(t *testing.T, options digitalocean.Options) *providertest.World {
	t.Helper()
	provider := func(c *cloud.Cloud) plugin.Provider { return digitalocean.New(c, options) }
	return providertest.New(t, provider, credentials)
}

var with = providertest.With

// refusal is a table row: what a change of good inputs is refused with.
type refusal struct {
	change inputs
	want   string
}

func refuses(t *testing.T, w *providertest.World, typ string, good inputs, table map[string]refusal) {
	t.Helper()
	for name, row := range table {
		t.Run(name, func(t *testing.T) {
			in := w.In(t)
			_, err := in.Try(typ, "under-test", with(good, row.change))
			in.Refused(err, row.want)
		})
	}
}

// diffs is a table of changes of good inputs, and the paths and kinds of the differences.
func diffs(t *testing.T, w *providertest.World, r resource, good inputs, table map[string]inputs) {
	t.Helper()
	if diff := w.Diff(r, good); len(diff.DetailedDiff) > 0 {
		t.Errorf("the same inputs differ: %s", providertest.Changes(diff))
	}
	for want, change := range table {
		t.Run(want, func(t *testing.T) {
			diff := w.In(t).Diff(r, with(good, change))
			if got := providertest.Changes(diff); got != want {
				t.Errorf("diff is %q, want %q", got, want)
			}
			if diff.Replace() != strings.Contains(want, "replace") {
				t.Errorf("replace = %t", diff.Replace())
			}
		})
	}
}

// steady fails the test when a refresh of what was just made shows drift, or anything else than before.
func steady(w *providertest.World, resources ...resource) {
	w.Helper()
	for _, r := range resources {
		read, drift, found := w.Refresh(r)
		if !found || drift != "" {
			w.Errorf("%s %q: found %t, drift %q", r.Type, r.Name, found, drift)
		}
		if !read.Inputs.DeepEquals(r.Inputs) || !read.Outputs.DeepEquals(r.Outputs) {
			w.Errorf("%s %q: a refresh without a change made\n%v\n%v\nof\n%v\n%v", r.Type, r.Name,
				read.Inputs, read.Outputs, r.Inputs, r.Outputs)
		}
	}
}

// secrets fails the test unless exactly these outputs are secret.
func secrets(w *providertest.World, r resource, want ...string) {
	w.Helper()
	secret := map[string]bool{}
	for _, name := range want {
		secret[name] = true
	}
	for key, value := range r.Outputs {
		if value.IsSecret() != secret[string(key)] {
			w.Errorf("%s.%s: secret is %t", r.Type, key, value.IsSecret())
		}
		delete(secret, string(key))
	}
	for name := range secret {
		w.Errorf("%s has no output %s", r.Type, name)
	}
}
