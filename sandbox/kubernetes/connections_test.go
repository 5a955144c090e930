package kubernetes_test

import (
	"encoding/base64"
	"testing"

	"github.com/vmstio/infrastructure/sandbox/cloud"
)

// A database sees the addresses of the pods, not those of their nodes, so that the cluster alone among its trusted
// sources keeps them out.
func TestTrustedSources(t *testing.T) {
	t.Parallel()
	const host = "private-kirk.db.ondigitalocean.com"
	rule := func(kind, value string) object { return object{"type": kind, "value": value} }
	const pods = "10.65.0.0/16"
	onlyNodes, plain := []any{rule("k8s", clusterID)}, []any{object{"name": "DB_HOST", "value": host}}
	for name, test := range map[string]struct {
		pods      string
		rules     []any
		container object
		failed    bool
	}{
		"the cluster alone":       {pods, onlyNodes, object{"env": plain}, true},
		"the pods too":            {pods, []any{onlyNodes[0], rule("ip_addr", pods)}, object{"env": plain}, false},
		"a range around the pods": {pods, []any{rule("ip_addr", "10.0.0.0/8")}, object{"env": plain}, false},
		"a part of the pods":      {pods, []any{rule("ip_addr", "10.65.0.0/20")}, object{"env": plain}, true},
		"one address":             {pods, []any{rule("ip_addr", "10.65.0.1")}, object{"env": plain}, true},
		"others":                  {pods, []any{rule("ip_addr", "10.66.0.0/16")}, object{"env": plain}, true},
		"no rules":                {pods, []any{}, object{"env": plain}, false},
		"pods behind their nodes": {"", onlyNodes, object{"env": plain}, false},
		"another host": {
			pods, onlyNodes, object{"env": []any{object{"name": "A", "value": "b"}}}, false,
		},
		"a URL in a Secret": {
			pods, onlyNodes,
			object{"envFrom": []any{object{"secretRef": object{"name": "database"}}}},
			true,
		},
		"a key of a Secret": {
			pods, onlyNodes,
			object{"env": []any{object{"name": "A", "valueFrom": object{
				"secretKeyRef": object{"name": "database", "key": "DATABASE_URL"},
			}}}},
			true,
		},
		"a ConfigMap": {
			pods, onlyNodes,
			object{"envFrom": []any{object{"configMapRef": object{"name": "database"}}}},
			true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			cluster, _ := w.cloud.Get(clusterType, clusterID)
			cluster.Outputs["clusterSubnet"] = test.pods
			w.put(cluster)
			w.put(cloud.Object{Type: "digitalocean:index/databaseCluster:DatabaseCluster", ID: "db", Outputs: object{
				"name": "kirk", "privateHost": host, "host": "kirk.db.ondigitalocean.com",
			}})
			w.put(cloud.Object{Type: "digitalocean:index/databaseFirewall:DatabaseFirewall", ID: "fw", Outputs: object{
				"clusterId": "db", "rules": test.rules,
			}})
			w.put(cloud.Object{Type: "digitalocean:index/databaseFirewall:DatabaseFirewall", ID: "o", Outputs: object{
				"clusterId": "another", "rules": []any{rule("ip_addr", "10.65.0.0/16")},
			}})
			url := "postgres://" + host + ":25060/mastodon"
			w.create(secretToken, object{"metadata": object{"name": "database", "namespace": "default"}, "data": object{
				"DATABASE_URL": base64.StdEncoding.EncodeToString([]byte(url)),
			}})
			w.create(configMapToken, object{
				"metadata": object{"name": "database", "namespace": "default"}, "data": object{"DATABASE_URL": url},
			})
			_, err := w.tryCreate(jobToken, object{
				"metadata": object{"name": "migrate", "namespace": "default"},
				"spec": object{"template": object{"spec": object{
					"restartPolicy": "Never",
					"containers":    []any{merged(object{"name": "m", "image": "i"}, test.container)},
				}}},
			})
			if !test.failed {
				if err != nil {
					t.Fatal(explain(err))
				}
				return
			}
			wantError(t, err, "connection to "+host+" timed out", `database cluster "kirk"`, "10.65.0.0/16")
		})
	}
}

func merged(under, over object) object {
	for key, value := range over {
		under[key] = value
	}
	return under
}
