package enginetest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mattfenwick/cyclonus/pkg/matcher"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"

	"github.com/vmstio/infrastructure/sandbox/cloud"
)

// party is somebody who connects or is connected to.
type party struct {
	peer *matcher.TrafficPeer
	// ports by their names; those of a pod are the containers'.
	ports    map[string]int
	protocol core.Protocol
}

// outside is an address outside the cluster.
func outside(ip string, port int) party {
	return party{&matcher.TrafficPeer{IP: ip}, map[string]int{"": port}, core.ProtocolTCP}
}

// pods are those of a template in a namespace.
func pods(namespace string, template core.PodTemplateSpec) party {
	p := party{&matcher.TrafficPeer{
		// Of the pods' own range: a rule for addresses must not let anything through to a pod.
		IP: "10.73.0.9", Internal: &matcher.InternalPeer{
			Namespace: namespace, NamespaceLabels: map[string]string{"kubernetes.io/metadata.name": namespace},
			PodLabels: template.Labels,
		},
	}, map[string]int{}, core.ProtocolTCP}
	for _, c := range template.Spec.Containers {
		for _, port := range c.Ports {
			p.ports[port.Name] = int(port.ContainerPort)
		}
	}
	return p
}

// labelled is a pod that another program than this one makes: the operator, a chart, or somebody.
func labelled(namespace string, ports map[string]int, labels map[string]string) party {
	template := core.PodTemplateSpec{}
	template.Labels = labels
	p := pods(namespace, template)
	p.ports = ports
	return p
}

// objectsOf are all of a kind in the simulated cluster.
func objectsOf[T any](t *testing.T, c *cloud.Cloud, typ string) []T {
	t.Helper()
	var list []T
	for _, object := range c.List("kubernetes:" + typ) {
		text, err := json.Marshal(object.Outputs)
		require.NoError(t, err)
		var decoded T
		require.NoError(t, json.Unmarshal(text, &decoded))
		list = append(list, decoded)
	}
	require.NotEmpty(t, list, typ)
	return list
}

// everything is an account with the stack that uses each optional setting, as "dev".
func everything(t *testing.T, change func(settings map[string]any)) *account {
	t.Helper()
	a := newAccount(t)
	text, err := os.ReadFile(filepath.Join(a.project, "tests", "stacks", "testdata", "everything.yaml"))
	require.NoError(t, err)
	var file struct {
		Config map[string]map[string]any `yaml:"config"`
	}
	require.NoError(t, yaml.Unmarshal(text, &file))
	delete(file.Config, "vmst:secrets")
	settings := file.Config["vmst:settings"]
	settings["policy"], group(settings, "dns")["manageZone"] = nil, true
	// A Standard cluster with standbys is one that exists already (catalogue.Engine.Creatable).
	group(settings, "database")["engine"], group(settings, "database")["size"] = "advanced_pg", "gd-2vcpu-8gb"
	// A branch domain is no domain that the simulated Netlify knows.
	group(settings, "docs")["enabled"] = false
	// Of these there are stand-ins.
	delete(group(settings, "ingress"), "chart")
	delete(group(settings, "ingress"), "certManager")
	delete(group(settings, "mastodon"), "chart")
	change(settings)
	text, err = yaml.Marshal(file)
	require.NoError(t, err)
	project, err := os.ReadFile(filepath.Join(a.project, "Pulumi.yaml"))
	require.NoError(t, err)
	a.project = t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(a.project, "Pulumi.yaml"), project, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(a.project, "Pulumi.dev.yaml"), text, 0o600))
	return a
}

// Who may connect to whom, by an implementation of network policies that other implementations are tested with
// (github.com/mattfenwick/cyclonus), from the objects that are in the cluster in the end: policies as the API server
// has them, and the pods of every Deployment, Job and CronJob.
func TestWhoMayConnectToWhom(t *testing.T) {
	t.Parallel()
	a := everything(t, func(settings map[string]any) {
		group(settings, "cluster")["networkPolicies"] = map[string]any{"allow": []any{
			map[string]any{"range": "10.72.0.9/32", "port": 636},
			map[string]any{"namespace": "translate", "port": 5000},
		}}
	})
	s := a.open(t, "dev")
	result, err := s.Up(t.Context())
	must(t, result, err)
	c, err := cloud.Open(s.CloudFile())
	require.NoError(t, err)

	var policies []*networking.NetworkPolicy
	for _, policy := range objectsOf[networking.NetworkPolicy](t, c, "networking.k8s.io/v1:NetworkPolicy") {
		policies = append(policies, &policy)
	}
	rules := matcher.BuildNetworkPolicies(true, policies)
	inCluster, ours := map[string]party{}, map[string]string{}
	own := func(namespace string, template core.PodTemplateSpec) {
		name := namespace + "/" + template.Labels["app.kubernetes.io/component"]
		inCluster[name] = pods(namespace, template)
		ours[name] = namespace
	}
	for _, d := range objectsOf[apps.Deployment](t, c, "apps/v1:Deployment") {
		own(d.Namespace, d.Spec.Template)
	}
	for _, j := range objectsOf[batch.Job](t, c, "batch/v1:Job") {
		own(j.Namespace, j.Spec.Template)
	}
	for _, j := range objectsOf[batch.CronJob](t, c, "batch/v1:CronJob") {
		own(j.Namespace, j.Spec.JobTemplate.Spec.Template)
	}
	operated := func(name string, port int) party {
		return labelled("observability", map[string]int{"web": port}, map[string]string{
			"app.kubernetes.io/name": name, "app.kubernetes.io/managed-by": "prometheus-operator",
		})
	}
	inCluster["observability/prometheus"] = operated("prometheus", 9090)
	inCluster["observability/alertmanager"] = operated("alertmanager", 9093)
	inCluster["ingress-nginx/controller"] = labelled("ingress-nginx", map[string]int{"https": 443}, nil)
	inCluster["translate/server"] = labelled("translate", map[string]int{"api": 5000, "admin": 5001}, nil)
	inCluster["stranger/pod"] = labelled("stranger", map[string]int{"http": 80}, map[string]string{
		"app.kubernetes.io/name": "prometheus", "app.kubernetes.io/component": "web", "k8s-app": "kube-dns",
	})
	dns := labelled("kube-system", map[string]int{"": 53}, map[string]string{"k8s-app": "kube-dns"})
	dns.protocol = core.ProtocolUDP
	others := map[string]party{
		"dns": dns, "internet": outside("198.51.100.7", 443), "instances on odd ports": outside("198.51.100.7", 8443),
		"metadata": outside("169.254.169.254", 80), "directory": outside("10.72.0.9", 636),
		"directory's shell": outside("10.72.0.9", 22), "other VPC": outside("10.99.0.1", 25060),
		// The nodes, behind whose addresses pods are there, may sign in.
		"database's public address": outside("198.51.100.8", 25060),
	}
	for _, port := range []int{25060, 25061} {
		others[fmt.Sprintf("databases:%d", port)] = outside("10.72.3.4", port)
	}

	// What everybody reaches whom no policy holds for.
	anything := slices.Collect(maps.Keys(others))
	federates := []string{
		"database's public address", "databases:25060", "databases:25061", "directory", "dns",
		"instances on odd ports", "internet", "translate/server:api",
	}
	stores := []string{"directory", "dns", "internet", "translate/server:api"}
	open := append(slices.Clone(anything), "ingress-nginx/controller:https", "stranger/pod:http",
		"translate/server:api", "translate/server:admin")
	want := map[string][]string{
		"mastodon/streaming":       {"databases:25060", "databases:25061", "dns"},
		"backup/dump":              append([]string{"databases:25060"}, stores...),
		"backup/restore":           append([]string{"databases:25060"}, stores...),
		"backup/media":             stores,
		"backup/restore-media":     stores,
		"backup/rehearsal":         stores,
		"observability/timeline":   {"dns", "mastodon/web:http"},
		"ingress-nginx/controller": append([]string{"mastodon/web:http", "mastodon/streaming:streaming"}, open...),
		"translate/server":         open,
		"stranger/pod":             open,
		"observability/alertmanager": append([]string{
			"observability/prometheus:web", "observability/alertmanager:web",
			"observability/blackbox-exporter:metrics", "observability/timeline:metrics",
		}, open...),
		"observability/blackbox-exporter": {"dns", "internet"},
	}
	prometheus := append([]string{"mastodon/web:prometheus", "mastodon/streaming:streaming"},
		want["observability/alertmanager"]...)
	for name, namespace := range ours {
		if namespace == "mastodon" && name != "mastodon/streaming" {
			want[name] = federates
		}
		if strings.HasPrefix(name, "mastodon/sidekiq-") {
			prometheus = append(prometheus, name+":prometheus")
		}
	}
	want["observability/prometheus"] = prometheus
	require.Greater(t, len(ours), 20, "%v", ours)
	for _, name := range []string{"mastodon/web", "mastodon/migrate-before", "mastodon/toolbox", "backup/restore"} {
		require.Contains(t, ours, name)
	}
	for _, from := range slices.Sorted(maps.Keys(inCluster)) {
		var reached []string
		for _, list := range []map[string]party{inCluster, others} {
			for to, p := range list {
				for name, port := range p.ports {
					if rules.IsTrafficAllowed(&matcher.Traffic{
						Source: inCluster[from].peer, Destination: p.peer, ResolvedPort: port, ResolvedPortName: name,
						Protocol: p.protocol,
					}).IsAllowed() {
						reached = append(reached, strings.TrimSuffix(to+":"+name, ":"))
					}
				}
			}
		}
		slices.Sort(reached)
		slices.Sort(want[from])
		assert.Equal(t, want[from], reached, from)
	}
	// Nobody connects from outside, and the load balancer only to the ingress controller.
	for name, p := range inCluster {
		namespace, _, _ := strings.Cut(name, "/")
		closed := slices.Contains([]string{"mastodon", "backup", "observability"}, namespace)
		for port, number := range p.ports {
			allowed := rules.IsTrafficAllowed(&matcher.Traffic{
				Source: outside("198.51.100.7", 0).peer, Destination: p.peer, ResolvedPort: number,
				ResolvedPortName: port, Protocol: core.ProtocolTCP,
			}).IsAllowed()
			assert.Equal(t, !closed, allowed, "%s:%s", name, port)
		}
	}
}

// Where nobody wants any, there is none, and everybody reaches everything as before.
func TestNoNetworkPolicies(t *testing.T) {
	t.Parallel()
	a := everything(t, func(settings map[string]any) {
		group(settings, "cluster")["networkPolicies"] = map[string]any{"enabled": false}
	})
	s := a.open(t, "dev")
	result, err := s.Preview(t.Context())
	must(t, result, err)
	for _, r := range result.Resources {
		assert.NotContains(t, r.URN, "NetworkPolicy")
	}
	assert.NotEmpty(t, warned(result, "false lets every pod in the cluster reach the databases"))
}
