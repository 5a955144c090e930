package kubernetes_test

import (
	"context"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"github.com/vmstio/infrastructure/sandbox/cloud"
)

func TestCheckConfig(t *testing.T) {
	t.Parallel()
	good := kubeconfig(endpoint, object{"exec": doctl(clusterID)})
	for name, test := range map[string]struct {
		inputs   object
		property string
		reason   string
	}{
		"doctl": {object{"kubeconfig": good}, "", ""},
		"all of its kinds": {
			object{
				"kubeconfig": good, "namespace": "ship", "enableSecretMutable": "true",
				"suppressDeprecationWarnings": false,
				"kubeClientSettings":          `{"qps":5}`,
			},
			"", "",
		},
		"unknown key": {
			object{"kubeconfig": good, "kubeConfig": "x"},
			"kubeConfig", "unknown property kubeConfig; known are cluster,",
		},
		"rendering": {
			object{"kubeconfig": good, "renderYamlToDirectory": "x"}, "renderYamlToDirectory", "unknown property",
		},
		"going on without the cluster": {
			object{"kubeconfig": good, "deleteUnreachable": true}, "deleteUnreachable", "unknown property",
		},
		"wrong type": {
			object{"kubeconfig": good, "enableSecretMutable": "yes"}, "enableSecretMutable", "must be a boolean",
		},
		"none":          {object{}, "kubeconfig", "does not fall back"},
		"a path":        {object{"kubeconfig": "~/.kube/config"}, "kubeconfig", "not the text of a kubeconfig"},
		"other context": {object{"kubeconfig": good, "context": "x"}, "kubeconfig", `context "x" does not exist`},
	} {
		t.Run(name, func(t *testing.T) {
			response, err := newWorld(t).provider.CheckConfig(context.Background(), plugin.CheckConfigRequest{
				News: properties(test.inputs),
			})
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case test.property == "" && len(response.Failures) > 0:
				t.Errorf("refused: %v", response.Failures)
			case test.property == "":
			case len(response.Failures) != 1 || string(response.Failures[0].Property) != test.property ||
				!strings.Contains(response.Failures[0].Reason, test.reason):
				t.Errorf("failures %v, want one for %s that contains %q", response.Failures, test.property, test.reason)
			}
		})
	}
}

func TestDiffConfig(t *testing.T) {
	t.Parallel()
	config := func(server, token string) object {
		return object{"kubeconfig": kubeconfig(server, object{"token": token})}
	}
	identified := func(id, server string) object {
		return object{"clusterIdentifier": id, "kubeconfig": kubeconfig(server, object{"token": "t"})}
	}
	for name, test := range map[string]struct {
		before, after object
		change        plugin.DiffChanges
		replace       bool
	}{
		"nothing":       {config(endpoint, "a"), config(endpoint, "a"), plugin.DiffNone, false},
		"new token":     {config(endpoint, "a"), config(endpoint, "b"), plugin.DiffSome, false},
		"other cluster": {config(endpoint, "a"), config("https://other.test", "a"), plugin.DiffSome, true},
		"other cluster, same name": {
			identified("a", endpoint), identified("a", "https://other.test"), plugin.DiffSome, false,
		},
		"other name, same cluster": {identified("a", endpoint), identified("b", endpoint), plugin.DiffSome, true},
		"setting beside the cluster": {
			config(endpoint, "a"), with(config(endpoint, "a"), "ship", "namespace"), plugin.DiffSome, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			diff, err := newWorld(t).provider.DiffConfig(context.Background(), plugin.DiffConfigRequest{
				OldInputs: properties(test.before), NewInputs: properties(test.after),
			})
			if err != nil || diff.Changes != test.change || (len(diff.ReplaceKeys) > 0) != test.replace {
				t.Errorf("diff %+v, %v, want changes %v, replacement %t", diff, err, test.change, test.replace)
			}
		})
	}
}

func TestConnections(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		server string
		user   object
		want   string
	}{
		"doctl": {endpoint, object{"exec": doctl(clusterID)}, ""},
		"token": {endpoint, object{"token": "guess"}, "Unauthorized: the simulated cluster knows those only"},
		"doctl for another": {
			endpoint,
			object{"exec": doctl("99999999-2222-3333-4444-555555555555")},
			"Unauthorized: doctl fetches a token for cluster 99999999",
		},
		"no credentials": {endpoint, object{}, "Unauthorized: the simulated cluster knows those only"},
		"another tool": {
			endpoint, object{"exec": with(doctl(clusterID), "aws", "command")}, "Unauthorized: the simulated cluster",
		},
		"no such API server": {
			"https://gone.test",
			object{"exec": doctl(clusterID)},
			`"https://gone.test/version": dial tcp: no such host`,
		},
		"server without name": {"gone", object{"token": "fresh"}, "no such host"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.configure(object{"kubeconfig": kubeconfig(test.server, test.user)})
			_, err := w.tryCreate(configMapToken, object{"metadata": object{"name": "log"}})
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantError(t, err, "configured Kubernetes cluster is unreachable: ", test.want)
			_, err = w.provider.Read(context.Background(), plugin.ReadRequest{Type: configMapToken, ID: "default/log"})
			wantError(t, err, "configured Kubernetes cluster is unreachable: ")
		})
	}
}

func TestUnreachableClusters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.configure(object{"kubeconfig": kubeconfig("https://gone.test", object{"exec": doctl(clusterID)})})
	_, err := w.provider.Delete(context.Background(), plugin.DeleteRequest{Type: configMapToken, ID: "default/log"})
	wantError(t, err, "unreachable")

	// In a preview the kubeconfig may be unknown.
	_, err = w.provider.Configure(context.Background(), plugin.ConfigureRequest{Inputs: resource.PropertyMap{
		"kubeconfig": resource.MakeSecret(resource.MakeComputed(resource.NewStringProperty(""))),
	}})
	if err != nil {
		t.Fatal(err)
	}
	w.checked(configMapToken, properties(object{}))
}

func TestClustersWithoutNodes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.putCluster(0)
	w.create(namespaceToken, namespaceObject("ship"))
	_, err := w.tryCreate(deploymentToken, deployment("web", pod(nil)))
	wantError(t, err, `"ship/web" failed to fully initialize`, "the cluster has no nodes")
	wantValue(t, w.stored(deploymentToken, "ship/web"), 0, "status", "availableReplicas")
	w.create(deploymentToken, with(deployment("off", pod(nil)), 0, "spec", "replicas"))
	w.put(cloud.Object{
		Type: "digitalocean:index/kubernetesNodePool:KubernetesNodePool", ID: "1",
		Outputs: object{"clusterId": "other", "actualNodeCount": 3},
	})
	_, err = w.tryCreate(jobToken, job("a"))
	wantError(t, err, "the cluster has no nodes")
	w.put(cloud.Object{
		Type: "digitalocean:index/kubernetesNodePool:KubernetesNodePool", ID: "2",
		Outputs: object{"clusterId": clusterID, "actualNodeCount": 3},
	})
	w.update(deploymentToken, "ship/web", deployment("web", pod(nil)), deployment("web", pod(nil)))
	wantValue(t, w.stored(deploymentToken, "ship/web"), 2, "status", "availableReplicas")
}
