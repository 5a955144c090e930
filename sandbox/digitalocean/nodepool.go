package digitalocean

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

// kubeconfigLifetime is how long credentials are valid when kubeconfigExpireSeconds does not say otherwise.
const kubeconfigLifetime = 7 * 24 * time.Hour

// scale makes the pool's nodes as many as it wants: nodeCount, or what the autoscaler has left within its limits.
func scale(call sim.Call, pool sim.State) {
	nodes, _ := pool["nodes"].([]any)
	wanted := pool.Int("nodeCount")
	if pool.Bool("autoScale") {
		if !pool.Has("nodeCount") {
			wanted = len(nodes)
		}
		if wanted < pool.Int("minNodes") || wanted > pool.Int("maxNodes") {
			wanted = pool.Int("minNodes")
		}
	}
	for len(nodes) < wanted {
		id := newID()
		nodes = append(nodes, map[string]any{
			"id": id, "name": pool.String("name") + "-" + id[:5], "status": "running", "dropletId": numberOf(id),
			"createdAt": timestamp(call), "updatedAt": timestamp(call),
		})
	}
	pool["nodes"] = nodes[:wanted]
	pool["actualNodeCount"] = wanted
}

func createNodePool(call sim.Call, state sim.State) (string, error) {
	cluster, err := find(call, typeCluster, "kubernetes cluster", state.String("clusterId"))
	if err != nil {
		return "", err
	}
	if err := uniquePool(call, cluster, "", state); err != nil {
		return "", err
	}
	scale(call, state)
	return newID(), nil
}

func updateNodePool(call sim.Call, id string, _, state sim.State) error {
	cluster, err := find(call, typeCluster, "kubernetes cluster", state.String("clusterId"))
	if err != nil {
		return err
	}
	scale(call, state)
	return uniquePool(call, cluster, id, state)
}

// uniquePool refuses a second pool of the same name in a cluster.
func uniquePool(call sim.Call, cluster sim.State, id string, pool sim.State) error {
	taken := cluster.Object("nodePool").String("name") == pool.String("name")
	for _, other := range call.List(typeNodePool) {
		state := sim.State(other.Outputs)
		taken = taken || (other.ID != id && state.String("clusterId") == pool.String("clusterId") &&
			state.String("name") == pool.String("name"))
	}
	if taken {
		return refuse(422, "a node pool with name %q already exists in cluster %q",
			pool.String("name"), cluster.String("name"))
	}
	return nil
}

// nodesOf counts the nodes of all pools of a cluster.
func nodesOf(call sim.Call, id string, cluster sim.State) int {
	count := cluster.Object("nodePool").Int("actualNodeCount")
	for _, pool := range call.List(typeNodePool) {
		if state := sim.State(pool.Outputs); state.String("clusterId") == id {
			count += state.Int("actualNodeCount")
		}
	}
	return count
}

// validKubeconfig tells whether the cluster's credentials have not expired.
func validKubeconfig(call sim.Call, cluster sim.State) bool {
	return slices.ContainsFunc(cluster.Objects("kubeConfigs"), func(config sim.State) bool {
		expires, err := time.Parse(time.RFC3339, config.String("expiresAt"))
		return err == nil && call.Now().Before(expires)
	})
}

// issueKubeconfig gives the cluster new credentials. The old ones are not known to it any more, which is stricter than
// reality, where they stay valid until they expire; it happens only after that.
func issueKubeconfig(call sim.Call, cluster sim.State) error {
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return fmt.Errorf("making a kubernetes token: %w", err)
	}
	lifetime := kubeconfigLifetime
	if seconds := cluster.Int("kubeconfigExpireSeconds"); seconds > 0 {
		lifetime = time.Duration(seconds) * time.Second
	}
	token := "dop_v1_" + hex.EncodeToString(secret)
	authority := base64.StdEncoding.EncodeToString([]byte(cluster.String("__ca")))
	cluster["kubeConfigs"] = []any{map[string]any{
		"host": cluster.String("endpoint"), "token": token, "clusterCaCertificate": authority,
		"expiresAt": call.Now().Add(lifetime).Format(time.RFC3339), "clientKey": "", "clientCertificate": "",
		"rawConfig": rawConfig(cluster, authority, token),
	}}
	return nil
}

// rawConfig is the kubeconfig as a file.
func rawConfig(cluster sim.State, authority, token string) string {
	name := "do-" + cluster.String("region") + "-" + cluster.String("name")
	server := cluster.String("endpoint")
	return strings.NewReplacer("<name>", name, "<ca>", authority, "<server>", server, "<token>", token).
		Replace(`apiVersion: v1
kind: Config
clusters:
- name: <name>
  cluster:
    certificate-authority-data: <ca>
    server: <server>
contexts:
- name: <name>
  context:
    cluster: <name>
    user: <name>-admin
current-context: <name>
users:
- name: <name>-admin
  user:
    token: <token>
`)
}
