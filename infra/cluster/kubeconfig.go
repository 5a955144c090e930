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
		encoded, err := json.Marshal(config{
			APIVersion:     "v1",
			Kind:           "Config",
			Clusters:       []entry{{Name: name, Cluster: &server{URL: endpoint, CA: ca}}},
			Users:          []entry{{Name: name, User: &user{Exec: doctl(string(id), token)}}},
			Contexts:       []entry{{Name: name, Context: &context{Cluster: name, User: name}}},
			CurrentContext: name,
		})
		if err != nil {
			return "", fmt.Errorf("encoding the kubeconfig: %w", err)
		}
		return string(encoded), nil
	}).(pulumi.StringOutput)
	return pulumi.ToSecret(text).(pulumi.StringOutput)
}

// doctl obtains credentials, as doctl writes it itself (doctl, commands/kubernetes.go, mergeKubeconfig). Of all its
// contexts only "default" takes the token from the environment.
func doctl(id, token string) command {
	return command{
		APIVersion: "client.authentication.k8s.io/v1beta1",
		Command:    "doctl",
		Args: []string{
			"kubernetes", "cluster", "kubeconfig", "exec-credential", "--version=v1beta1", "--context=default", id,
		},
		Env: []variable{{Name: "DIGITALOCEAN_ACCESS_TOKEN", Value: token}},
		InstallHint: "doctl is needed to log in to the cluster: " +
			"https://docs.digitalocean.com/reference/doctl/how-to/install/",
		InteractiveMode: "Never",
	}
}

// The shape of a kubeconfig, as far as it is used here.
// https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
type (
	config struct {
		APIVersion     string  `json:"apiVersion"`
		Kind           string  `json:"kind"`
		Clusters       []entry `json:"clusters"`
		Users          []entry `json:"users"`
		Contexts       []entry `json:"contexts"`
		CurrentContext string  `json:"current-context"`
	}
	// entry of one of the lists: a name, and one of the others.
	entry struct {
		Name    string   `json:"name"`
		Cluster *server  `json:"cluster,omitempty"`
		User    *user    `json:"user,omitempty"`
		Context *context `json:"context,omitempty"`
	}
	server struct {
		URL string `json:"server"`
		// CA is the PEM of the certificate authority in base64.
		CA string `json:"certificate-authority-data"`
	}
	user struct {
		Exec command `json:"exec"`
	}
	context struct {
		Cluster string `json:"cluster"`
		User    string `json:"user"`
	}
	command struct {
		APIVersion      string     `json:"apiVersion"`
		Command         string     `json:"command"`
		Args            []string   `json:"args"`
		Env             []variable `json:"env"`
		InstallHint     string     `json:"installHint"`
		InteractiveMode string     `json:"interactiveMode"`
	}
	variable struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
)
