package kubernetes

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"k8s.io/client-go/tools/clientcmd"

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
	Server    string
	Namespace string
	Token     string
	// Exec is the command that fetches a token, and its arguments.
	Exec []string
}

// parseKubeconfig reads the text of a kubeconfig, JSON or YAML. context and cluster override the ones it names; they
// may be empty. Paths are refused: the simulated cloud must not depend on, or reach, a real cluster of this machine.
func parseKubeconfig(text, context, cluster string) (credentials, error) {
	config, err := clientcmd.Load([]byte(text))
	if err == nil && len(config.Clusters) == 0 {
		err = errors.New("no clusters")
	}
	if err != nil {
		return credentials{}, fmt.Errorf("not the text of a kubeconfig with clusters, contexts and users: %w", err)
	}
	context = cmp.Or(context, config.CurrentContext)
	var found credentials
	if chosen := config.Contexts[context]; chosen != nil {
		found.Namespace = chosen.Namespace
		cluster = cmp.Or(cluster, chosen.Cluster)
		if user := config.AuthInfos[chosen.AuthInfo]; user != nil {
			found.Token = user.Token
			if user.Exec != nil {
				found.Exec = append([]string{user.Exec.Command}, user.Exec.Args...)
			}
		}
	}
	if c := config.Clusters[cluster]; c != nil {
		found.Server = c.Server
	}
	switch {
	case found.Server == "":
		return credentials{}, fmt.Errorf("context %q of the kubeconfig leads to no cluster with a server", context)
	case found.Token == "" && len(found.Exec) == 0:
		return credentials{}, fmt.Errorf(
			"context %q of the kubeconfig leads to no user with a token or an exec command", context)
	default:
		return found, nil
	}
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

// unreachableError is what every operation fails with when the API server cannot be used.
type unreachableError struct{ reason string }

func (e *unreachableError) Error() string {
	return "configured Kubernetes cluster is unreachable: " + e.reason
}

// connect finds the cluster and checks the credentials. The error is an [unreachableError].
func (c credentials) connect(tx *cloud.Tx) (cluster, error) {
	for _, o := range tx.List(clusterType) {
		if text(o.Outputs, "endpoint") != c.Server {
			continue
		}
		if err := c.authenticate(o, tx.Now()); err != nil {
			return cluster{}, err
		}
		version, _, _ := strings.Cut(strings.TrimPrefix(text(o.Outputs, "version"), "v"), "-")
		return cluster{
			ID: o.ID, Region: text(o.Outputs, "region"), VPC: text(o.Outputs, "vpcUuid"),
			Version: "v" + version, Pods: text(o.Outputs, "clusterSubnet"), Nodes: nodes(tx, o),
		}, nil
	}
	host := c.Server
	if parsed, err := url.Parse(c.Server); err == nil && parsed.Host != "" {
		host = parsed.Hostname()
	}
	return cluster{}, &unreachableError{fmt.Sprintf("Get %q: dial tcp: lookup %s: no such host",
		c.Server+"/version", host)}
}

// authenticate accepts a token that the cluster issued and that has not expired, and doctl, which fetches a new one
// every time (https://docs.digitalocean.com/reference/doctl/reference/kubernetes/cluster/kubeconfig/).
func (c credentials) authenticate(o cloud.Object, now time.Time) error {
	if len(c.Exec) > 0 {
		if c.Exec[0] != "doctl" {
			return &unreachableError{fmt.Sprintf(
				"getting credentials: exec: %q: the simulated cluster knows doctl only", c.Exec[0])}
		}
		if other := slices.IndexFunc(c.Exec, isUUID); other >= 0 && c.Exec[other] != o.ID {
			return &unreachableError{fmt.Sprintf(
				"Unauthorized: doctl fetches a token for cluster %s, the server is cluster %s", c.Exec[other], o.ID)}
		}
		return nil
	}
	configs, _ := o.Outputs["kubeConfigs"].([]any)
	for _, config := range configs {
		issued, _ := config.(map[string]any)
		if text(issued, "token") != c.Token {
			continue
		}
		expires, err := time.Parse(time.RFC3339, text(issued, "expiresAt"))
		if err == nil && now.After(expires) {
			return &unreachableError{
				"Unauthorized: the token of the kubeconfig expired at " + text(issued, "expiresAt"),
			}
		}
		return nil
	}
	return &unreachableError{"Unauthorized: the cluster does not know the token of the kubeconfig"}
}

func isUUID(s string) bool { return len(s) == 36 && strings.Count(s, "-") == 4 }

// nodes counts the nodes of the default pool and of the pools that were added.
func nodes(tx *cloud.Tx, o cloud.Object) int {
	pool, _ := o.Outputs["nodePool"].(map[string]any)
	count := poolSize(pool)
	for _, added := range tx.List(nodePoolType) {
		if text(added.Outputs, "clusterId") == o.ID {
			count += poolSize(added.Outputs)
		}
	}
	return count
}

func poolSize(pool map[string]any) int {
	for _, key := range []string{"actualNodeCount", "nodeCount", "minNodes"} {
		if n, ok := pool[key].(float64); ok && n > 0 {
			return int(n)
		}
	}
	return 0
}
