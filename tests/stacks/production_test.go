package stacks_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/outputs"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/tests/mocks"
)

const (
	poolType     = "digitalocean:index/kubernetesNodePool:KubernetesNodePool"
	clusterType  = "digitalocean:index/kubernetesCluster:KubernetesCluster"
	databaseType = "digitalocean:index/databaseCluster:DatabaseCluster"
	firewallType = "digitalocean:index/databaseFirewall:DatabaseFirewall"
	bucketType   = "digitalocean:index/spacesBucket:SpacesBucket"
	releaseType  = "kubernetes:helm.sh/v3:Release"
	chartType    = "kubernetes:helm.sh/v4:Chart"
)

// kept says, for every type of resource that the program has, whether it holds
// data or identity. A new type fails the test until somebody has decided.
var kept = map[string]bool{
	"digitalocean:index/vpc:Vpc":                             true, // a new one would replace every database
	"digitalocean:index/kubernetesCluster:KubernetesCluster": false,
	poolType:                                       false,
	"digitalocean:index/domain:Domain":             true,
	"digitalocean:index/dnsRecord:DnsRecord":       false,
	"digitalocean:index/loadBalancer:LoadBalancer": true, // the public address
	databaseType:                                   true,
	firewallType:                                   true, // a database without one is open
	"digitalocean:index/databaseDb:DatabaseDb":     true,
	"digitalocean:index/databaseUser:DatabaseUser": true,
	"digitalocean:index/databaseConnectionPool:DatabaseConnectionPool": false,
	bucketType: true,
	"digitalocean:index/spacesBucketObject:SpacesBucketObject":                       false,
	"digitalocean:index/spacesBucketCorsConfiguration:SpacesBucketCorsConfiguration": false,
	"digitalocean:index/spacesKey:SpacesKey":                                         false,
	"digitalocean:index/certificate:Certificate":                                     false,
	"digitalocean:index/cdn:Cdn":                                                     false,
	"digitalocean:index/uptimeCheck:UptimeCheck":                                     false,
	"digitalocean:index/uptimeAlert:UptimeAlert":                                     false,
	"digitalocean:index/monitorAlert:MonitorAlert":                                   false,
	"digitalocean:index/project:Project":                                             false,
	"digitalocean:index/projectResources:ProjectResources":                           false,
	"random:index/randomBytes:RandomBytes":                                           true,
	"random:index/randomPassword:RandomPassword":                                     true,
	"tls:index/privateKey:PrivateKey":                                                true,
	"kubernetes:core/v1:Namespace":                                                   true, // with what is inside
	"kubernetes:core/v1:Secret":                                                      true,
	"kubernetes:core/v1:ServiceAccount":                                              false,
	"kubernetes:core/v1:ConfigMap":                                                   false,
	"kubernetes:batch/v1:Job":                                                        false,
	"kubernetes:batch/v1:CronJob":                                                    false,
	"kubernetes:policy/v1:PodDisruptionBudget":                                       false,
	"kubernetes:networking.k8s.io/v1:NetworkPolicy":                                  false,
	"kubernetes:cert-manager.io/v1:ClusterIssuer":                                    false,
	"kubernetes:core/v1:Service":                                                     false,
	"kubernetes:apps/v1:Deployment":                                                  false,
	"kubernetes:monitoring.coreos.com/v1:PodMonitor":                                 false,
	"kubernetes:monitoring.coreos.com/v1:Probe":                                      false,
	"kubernetes:monitoring.coreos.com/v1:PrometheusRule":                             false,
	"kubernetes:monitoring.coreos.com/v1alpha1:ScrapeConfig":                         false,
	releaseType: false,
	chartType:   false,
	// The site itself is not ours; its settings stay when they are no longer managed.
	"netlify:index/siteBuildSettings:SiteBuildSettings":                 false,
	"netlify:index/siteCollaborationSettings:SiteCollaborationSettings": false,
	"netlify:index/siteDomainSettings:SiteDomainSettings":               false,
	"netlify:index/environmentVariable:EnvironmentVariable":             false,
}

// exceptions are resources that are kept, or not, against the rule for their type.
var exceptions = map[string]bool{
	"ingress-controller":             true,  // its Service has adopted the load balancer
	"cluster-cluster":                true,  // by its own switch, which is on in production
	"cache-rails-cluster":            false, // can be computed again
	"cache-rails-firewall":           false,
	"search-cluster":                 false, // can be indexed again
	"search-firewall":                false,
	"ingress-cert-manager-namespace": false, // certificates can be issued again
	"ingress-dns-token":              false, // a copy of what the configuration holds
	// Copies, which go with what they are for.
	"mastodon-search":             false,
	"mastodon-environment":        false,
	"backup-keys":                 false,
	"backup-vault-namespace":      false,
	"backup-vault-encryption":     false,
	"backup-vault-store":          false,
	"backup-vault-uploads":        false,
	"backup-vault-uploads-writer": false,
	"backup-vault-database":       false,
	"backup-vault-administrator":  false,
	// What has been measured is missed by nobody after a while, and the rest are copies.
	"observability-namespace":                  false,
	"observability-alertmanager-configuration": false,
	"observability-database-metrics-login":     false,
	"observability-remote-write-login":         false,
}

func TestWhatHoldsDataOrIdentityIsKept(t *testing.T) {
	for _, stack := range append(slices.Clone(stacks), everything) {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			r := up(t, stack)
			s := settingsOf(t, r)
			for _, res := range r.All() {
				if !res.Custom || strings.HasPrefix(res.Type, "pulumi:") {
					continue
				}
				want, known := kept[res.Type]
				assert.True(t, known, "decide whether %s is kept", res.Type)
				if exception, ok := exceptions[res.Name]; ok {
					want = exception
				}
				want = want && s.Protect
				if res.Name == "cluster-cluster" {
					// By its own switch, and never retained: it would run on, and cost, without doing anything.
					assert.Equal(t, s.Cluster.Protect, res.Protect)
					assert.False(t, res.RetainOnDelete)
					continue
				}
				assert.Equal(t, want, res.Protect, "protection of %s %s", res.Type, res.Name)
				assert.Equal(t, want, res.RetainOnDelete, "retention of %s %s", res.Type, res.Name)
			}
		})
	}
}

// critical are the numbers of what must not be there once, each by the setting that it comes from.
func critical(t *testing.T, r *mocks.Recorder) map[string]any {
	t.Helper()
	found := map[string]any{}
	cluster := r.OfType("digitalocean:index/kubernetesCluster:KubernetesCluster")[0]
	found["cluster.defaultPool.nodes"] = cluster.Input("nodePool", "nodeCount")
	for i, pool := range settingsOf(t, r).Cluster.NodePools {
		path := fmt.Sprintf("cluster.nodePools[%d].minNodes", i)
		found[path] = r.One(t, poolType, "cluster-pool-"+pool.Role).Input("minNodes")
	}
	for _, db := range r.OfType(databaseType) {
		part := strings.TrimSuffix(db.Name, "-cluster")
		if part != "cache-rails" { // without it requests wait for a while, and nothing is lost
			found[part+".nodes"] = db.Input("nodeCount")
		}
	}
	found["loadBalancer.nodes"] = r.OfType("digitalocean:index/loadBalancer:LoadBalancer")[0].Input("sizeUnit")
	controller := r.One(t, releaseType, "ingress-controller")
	found["ingress.replicas"] = controller.Input("values", "controller", "replicaCount")
	for _, release := range r.OfType(releaseType) {
		if release.Name == "observability-release" {
			found["observability.size"] = release.Input("values", "alertmanager", "alertmanagerSpec", "replicas")
		}
	}
	chart := r.OfType(chartType)[0]
	found["mastodon.web.replicas"] = chart.Input("values", "mastodon", "web", "replicas")
	found["mastodon.streaming.replicas"] = chart.Input("values", "mastodon", "streaming", "replicas")
	workers, ok := chart.Input("values", "mastodon", "sidekiq", "workers").([]any)
	require.True(t, ok)
	for i := range workers {
		at := func(key string) any { return chart.Input("values", "mastodon", "sidekiq", "workers", i, key) }
		if queues, ok := at("queues").([]any); ok && len(queues) > 0 {
			found[fmt.Sprintf("mastodon.sidekiq[%d].replicas", i)] = at("replicas")
			if strings.HasPrefix(queues[0].(string), "scheduler") {
				require.Equal(t, 1.0, at("replicas"), "two schedulers do everything twice")
				delete(found, fmt.Sprintf("mastodon.sidekiq[%d].replicas", i))
			}
		}
	}
	return found
}

// A production that has one of something is told so; as committed, and in the stack that uses everything, there are
// two.
func TestProductionHasTwoOfEverythingCritical(t *testing.T) {
	for _, stack := range append(slices.Clone(stacks), everything) {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			r := up(t, stack)
			s := settingsOf(t, r)
			if s.Environment != settings.Production {
				t.Skipf("%s is no production", stack)
			}
			warned := map[string]bool{}
			for _, w := range s.Warnings() {
				warned[strings.TrimPrefix(w.Path, "vmst:settings.")] = true
			}
			ha := r.OfType("digitalocean:index/kubernetesCluster:KubernetesCluster")[0].Input("ha")
			assert.NotEqual(t, ha, warned["cluster.highlyAvailable"])
			for path, number := range critical(t, r) {
				n, ok := number.(float64)
				require.True(t, ok, "there is no number for %s", path)
				assert.Equal(t, n < 2, warned[path], "%s is %v", path, n)
				if stack == everything {
					assert.GreaterOrEqual(t, n, 2.0, path)
				}
			}
			for _, release := range r.OfType(releaseType) {
				assert.Contains(t, []string{"ingress-controller", "ingress-cert-manager", "observability-release"},
					release.Name, "decide whether the release is critical")
			}
		})
	}
}

func TestNothingElseIsReachableFromTheInternet(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, stack string) {
		r := up(t, stack)
		firewalls := map[any]mocks.Resource{}
		for _, firewall := range r.OfType(firewallType) {
			firewalls[firewall.Input("clusterId")] = firewall
		}
		for _, db := range r.OfType(databaseType) {
			firewall, ok := firewalls[db.Name+"-id"]
			require.True(t, ok, "%s has no firewall", db.Name)
			pods := r.One(t, clusterType, "cluster-cluster").Input("clusterSubnet")
			require.Equal(t, []any{
				map[string]any{"type": "k8s", "value": "cluster-cluster-id"},
				map[string]any{"type": "ip_addr", "value": pods},
			}, firewall.Input("rules"))
			require.Equal(t, "network-vpc-id", db.Input("privateNetworkUuid"))
		}
		for _, bucket := range r.OfType(bucketType) {
			require.Equal(t, "private", bucket.Input("acl"), bucket.Name)
		}
		for _, service := range r.OfType("kubernetes:core/v1:Service") {
			require.Equal(t, "ClusterIP", service.Input("spec", "type"),
				"the only Service with an address is the ingress controller's")
		}
		require.Len(t, r.OfType("digitalocean:index/loadBalancer:LoadBalancer"), 1)

		controller := r.One(t, releaseType, "ingress-controller")
		id := controller.Input("values", "controller", "service", "annotations",
			"kubernetes.digitalocean.com/load-balancer-id")
		require.Equal(t, "load-balancer-loadbalancer-id", id)
	})
}

func TestTheChartWaitsForWhatItNeeds(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, stack string) {
		waits := strings.Join(up(t, stack).One(t, chartType, "mastodon-chart").DependsOn, "\n")
		for _, name := range []string{
			"database-firewall", "cache-firewall", "mastodon-migrate-before", "mastodon-assets",
			"ingress-controller", "ingress-issuer-production", "ingress-issuer-staging",
		} {
			require.Contains(t, waits, "::"+name)
		}
	})
}

func TestSecretsAreNeverPlain(t *testing.T) {
	t.Parallel()
	marks := []string{
		secretMark, "password-of-", "secret-of-", "hex-of-", "base64-of-", "result-of-", "uri-of-", "kube-token",
	}
	each(t, func(t *testing.T, stack string) {
		r := up(t, stack)
		found := map[string]bool{}
		for _, res := range r.All() {
			walk(resource.NewProperty(res.Inputs), false, func(text string, secret bool) {
				for _, mark := range marks {
					if strings.Contains(text, mark) {
						found[mark] = true
						require.True(t, secret, "%s %s has a secret (%s...) in a plain input", res.Type, res.Name, mark)
					}
				}
			})
		}
		require.True(t, found[secretMark], "the test sees no secrets at all")
		require.True(t, found["password-of-"], "the test sees no passwords at all")
		text := string(printed(t, stack))
		for _, mark := range marks {
			require.NotContains(t, text, mark)
		}
	})
}

// walk shows every text below a value, and whether it is inside a secret.
func walk(v resource.PropertyValue, secret bool, see func(string, bool)) {
	switch {
	case v.IsSecret():
		walk(v.SecretValue().Element, true, see)
	case v.IsOutput():
		walk(v.OutputValue().Element, secret || v.OutputValue().Secret, see)
	case v.IsArray():
		for _, element := range v.ArrayValue() {
			walk(element, secret, see)
		}
	case v.IsObject():
		for _, element := range v.ObjectValue() {
			walk(element, secret, see)
		}
	case v.IsString():
		see(v.StringValue(), secret)
	}
}

func TestOutputsKeepTheContract(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, stack string) {
		read, err := outputs.Decode(printed(t, stack))
		require.NoError(t, err)
		require.Equal(t, outputs.Version, read.ContractVersion)
		require.Equal(t, "203.0.113.10", read.LoadBalancer.IP)
		require.Equal(t, "k8s:"+read.Cluster.ID, read.Cluster.NodeTag)
		require.NotEmpty(t, read.Cluster.NodePools)
		require.Contains(t, read.Databases["database"].Host, "private-")
		require.Equal(t, 25060, read.Databases["database"].Port)
		require.Len(t, read.Buckets, 3)
		require.Equal(t, read.Endpoints["web"].URL, "https://"+read.Domain)
		for _, name := range []string{"web", "streaming", "media"} {
			require.NotEmpty(t, read.UptimeChecks[name])
			require.NotEmpty(t, read.Endpoints[name].HealthURL)
		}
		require.Positive(t, read.MonthlyCost.Minimum)
		require.GreaterOrEqual(t, read.MonthlyCost.Maximum, read.MonthlyCost.Minimum)
		require.NotEmpty(t, read.Mastodon.Version)
		for name, database := range read.Databases {
			require.NotEmpty(t, database.MetricsURLs, name)
		}
	})
}

// What is measured outside, from the outputs, is what is measured in the cluster, from the settings.
func TestOutputsAndSettingsSayTheSameSignals(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, stack string) {
		read, err := outputs.Decode(printed(t, stack))
		require.NoError(t, err)
		require.Equal(t, settingsOf(t, up(t, stack)).Signals(stack), read.Signals(stack))
	})
}
