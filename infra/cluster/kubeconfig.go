package cluster

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// kubeconfig is the configuration of the Kubernetes provider, a secret.
//
// It is put together here instead of taken from the cluster's outputs, because the
// kubeconfig in those carries a token that lives for seven days, and is only
// fetched anew when the cluster is read, as in a refresh. An update a week later
// would find the cluster unreachable.
//
// In this one nothing expires. It names the endpoint and the certificate authority,
// and for credentials it has the Kubernetes client run doctl, as the kubeconfig
// does that doctl itself writes. doctl exchanges the API token for credentials of
// the cluster whenever the client has none that are valid. It must be on the PATH
// of whoever runs the program.
func kubeconfig(name string, cluster *digitalocean.KubernetesCluster, token pulumi.StringInput) pulumi.StringOutput {
	ca := cluster.KubeConfigs.Index(pulumi.Int(0)).ClusterCaCertificate().Elem()
	text := pulumi.All(cluster.ID(), cluster.Endpoint, ca, token).ApplyT(func(values []any) (string, error) {
		encoded, err := json.Marshal(config(connection{
			name: name, id: string(values[0].(pulumi.ID)), endpoint: values[1].(string),
			ca: values[2].(string), token: values[3].(string),
		}))
		if err != nil {
			return "", fmt.Errorf("encoding the kubeconfig: %w", err)
		}
		return string(encoded), nil
	}).(pulumi.StringOutput)
	return pulumi.ToSecret(text).(pulumi.StringOutput)
}

// connection is what it takes to reach a cluster.
type connection struct {
	name, id, endpoint, token string
	// ca is the PEM of the certificate authority in base64.
	ca string
}

// The shape of a kubeconfig, as far as it is used here.
// https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
type (
	kubeConfig struct {
		APIVersion     string         `json:"apiVersion"`
		Kind           string         `json:"kind"`
		Clusters       []namedCluster `json:"clusters"`
		Users          []namedUser    `json:"users"`
		Contexts       []namedContext `json:"contexts"`
		CurrentContext string         `json:"current-context"`
	}
	namedCluster struct {
		Name    string      `json:"name"`
		Cluster kubeCluster `json:"cluster"`
	}
	kubeCluster struct {
		Server string `json:"server"`
		CA     string `json:"certificate-authority-data"`
	}
	namedUser struct {
		Name string   `json:"name"`
		User kubeUser `json:"user"`
	}
	kubeUser struct {
		Exec execConfig `json:"exec"`
	}
	execConfig struct {
		APIVersion      string   `json:"apiVersion"`
		Command         string   `json:"command"`
		Args            []string `json:"args"`
		Env             []envVar `json:"env"`
		InstallHint     string   `json:"installHint"`
		InteractiveMode string   `json:"interactiveMode"`
	}
	envVar struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	namedContext struct {
		Name    string      `json:"name"`
		Context kubeContext `json:"context"`
	}
	kubeContext struct {
		Cluster string `json:"cluster"`
		User    string `json:"user"`
	}
)

func config(c connection) kubeConfig {
	return kubeConfig{
		APIVersion: "v1",
		Kind:       "Config",
		Clusters:   []namedCluster{{Name: c.name, Cluster: kubeCluster{Server: c.endpoint, CA: c.ca}}},
		Users: []namedUser{{Name: c.name, User: kubeUser{Exec: execConfig{
			// As doctl writes it (doctl, commands/kubernetes.go, mergeKubeconfig). Of all
			// its contexts only "default" takes the token from the environment.
			APIVersion: "client.authentication.k8s.io/v1beta1",
			Command:    "doctl",
			Args: []string{
				"kubernetes", "cluster", "kubeconfig", "exec-credential", "--version=v1beta1", "--context=default", c.id,
			},
			Env:             []envVar{{Name: "DIGITALOCEAN_ACCESS_TOKEN", Value: c.token}},
			InstallHint:     "doctl is needed to log in to the cluster: https://docs.digitalocean.com/reference/doctl/how-to/install/",
			InteractiveMode: "Never",
		}}}},
		Contexts:       []namedContext{{Name: c.name, Context: kubeContext{Cluster: c.name, User: c.name}}},
		CurrentContext: c.name,
	}
}
