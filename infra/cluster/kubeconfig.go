package cluster

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// kubeconfig is the configuration of the Kubernetes provider, a secret.
//
// It is put together here instead of taken from the cluster's outputs, because the kubeconfig in those carries a token
// that lives for seven days, and is only fetched anew when the cluster is read, as in a refresh. An update a week later
// would find the cluster unreachable.
//
// In this one nothing expires. It names the endpoint and the certificate authority, and for credentials it has the
// Kubernetes client run doctl, as the kubeconfig does that doctl itself writes. doctl exchanges the API token for
// credentials of the cluster whenever the client has none that are valid. It must be on the PATH of whoever runs the
// program.
func kubeconfig(name string, cluster *digitalocean.KubernetesCluster, token pulumi.StringInput) pulumi.StringOutput {
	ca := cluster.KubeConfigs.Index(pulumi.Int(0)).ClusterCaCertificate().Elem()
	text := pulumi.All(cluster.ID(), cluster.Endpoint, ca, token).ApplyT(func(values []any) (string, error) {
		id, endpoint, ca, token := values[0].(pulumi.ID), values[1].(string), values[2].(string), values[3].(string)
		server := object{"server": endpoint, "certificate-authority-data": ca}
		encoded, err := json.Marshal(object{
			"apiVersion": "v1", "kind": "Config", "current-context": name,
			"clusters": []object{{"name": name, "cluster": server}},
			"users":    []object{{"name": name, "user": object{"exec": doctl(string(id), token)}}},
			"contexts": []object{{"name": name, "context": object{"cluster": name, "user": name}}},
		})
		if err != nil {
			return "", fmt.Errorf("encoding the kubeconfig: %w", err)
		}
		return string(encoded), nil
	}).(pulumi.StringOutput)
	return pulumi.ToSecret(text).(pulumi.StringOutput)
}

// object is a part of a kubeconfig (https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/).
type object map[string]any

// doctl obtains credentials, as doctl writes it itself (doctl, commands/kubernetes.go, mergeKubeconfig). Of all its
// contexts only "default" takes the token from the environment.
func doctl(id, token string) object {
	return object{
		"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "doctl", "interactiveMode": "Never",
		"args": []string{
			"kubernetes", "cluster", "kubeconfig", "exec-credential", "--version=v1beta1", "--context=default", id,
		},
		"env": []object{{"name": "DIGITALOCEAN_ACCESS_TOKEN", "value": token}},
		"installHint": "doctl is needed to log in to the cluster: " +
			"https://docs.digitalocean.com/reference/doctl/how-to/install/",
	}
}
