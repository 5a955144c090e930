package kubernetes

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/vmstio/infrastructure/sandbox/cloud"
)

// Types of the DigitalOcean simulator's objects that a cluster consists of or touches.
const (
	clusterType      = "digitalocean:index/kubernetesCluster:KubernetesCluster"
	nodePoolType     = "digitalocean:index/kubernetesNodePool:KubernetesNodePool"
	loadBalancerType = "digitalocean:index/loadBalancer:LoadBalancer"
)

// credentials is what a kubeconfig says: where, and who.
type credentials struct {
	*rest.Config

	Namespace string
}

// parseKubeconfig reads the text of a kubeconfig, JSON or YAML. context and cluster override the ones it names; they
// may be empty. Paths are refused: the simulated cloud must not depend on, or reach, a real cluster of this machine.
func parseKubeconfig(text, context, cluster string) (*credentials, error) {
	file, err := clientcmd.Load([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("not the text of a kubeconfig with clusters, contexts and users: %w", err)
	}
	chosen := clientcmd.NewDefaultClientConfig(*file, &clientcmd.ConfigOverrides{
		CurrentContext: context, Context: api.Context{Cluster: cluster},
	})
	config, err := chosen.ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("the kubeconfig leads to no cluster and user: %w", err)
	}
	namespace, _, err := chosen.Namespace()
	return &credentials{config, namespace}, err
}

// cluster is a simulated cluster as seen through a connection.
type cluster struct {
	ID, Region, VPC string
	// Version is Kubernetes' version, "v1.35.1".
	Version string
	// Pods is the range of the pods' addresses; empty in a cluster that is not VPC-native.
	Pods string
	// Nodes counts the nodes of all pools.
	Nodes int
}

// unreachable is what every operation fails with when the API server cannot be used.
func unreachable(reason string, args ...any) error {
	return fmt.Errorf("configured Kubernetes cluster is unreachable: "+reason, args...)
}

// connect finds the cluster and checks the credentials.
func (c credentials) connect(tx *cloud.Tx) (cluster, error) {
	for _, o := range tx.List(clusterType) {
		if text(o.Outputs, "endpoint") != c.Host {
			continue
		}
		if err := c.authenticate(o.ID); err != nil {
			return cluster{}, err
		}
		version, _, _ := strings.Cut(strings.TrimPrefix(text(o.Outputs, "version"), "v"), "-")
		return cluster{
			ID: o.ID, Region: text(o.Outputs, "region"), VPC: text(o.Outputs, "vpcUuid"),
			Version: "v" + version, Pods: text(o.Outputs, "clusterSubnet"), Nodes: nodes(tx, o),
		}, nil
	}
	return cluster{}, unreachable("Get %q: dial tcp: no such host", c.Host+"/version")
}

// authenticate accepts doctl, which fetches credentials for a cluster every time
// (https://docs.digitalocean.com/reference/doctl/reference/kubernetes/cluster/kubeconfig/).
func (c credentials) authenticate(id string) error {
	if c.ExecProvider == nil || c.ExecProvider.Command != "doctl" {
		return unreachable("Unauthorized: the simulated cluster knows those only whom doctl logs in")
	}
	args := c.ExecProvider.Args
	other := slices.IndexFunc(args, func(arg string) bool { return uuid.Validate(arg) == nil })
	if other >= 0 && args[other] != id {
		return unreachable("Unauthorized: doctl fetches a token for cluster %s, the server is cluster %s",
			args[other], id)
	}
	return nil
}

// nodes counts the nodes of the default pool and of the pools that were added.
func nodes(tx *cloud.Tx, o cloud.Object) int {
	count, _ := at(o.Outputs, "nodePool", "actualNodeCount").(float64)
	for _, pool := range tx.List(nodePoolType) {
		if size, ok := pool.Outputs["actualNodeCount"].(float64); ok && text(pool.Outputs, "clusterId") == o.ID {
			count += size
		}
	}
	return int(count)
}
