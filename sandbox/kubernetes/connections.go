package kubernetes

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	core "k8s.io/api/core/v1"
)

// Types of the DigitalOcean simulator's objects that pods connect to.
const (
	databaseType = "digitalocean:index/databaseCluster:DatabaseCluster"
	firewallType = "digitalocean:index/databaseFirewall:DatabaseFirewall"
)

// blocked says which database the containers of a Job are told to connect to and cannot reach: one with trusted
// sources that do not have the addresses of the pods. In a cluster in a VPC pods keep theirs on the way out of the node
// (docs.digitalocean.com/products/kubernetes/details/features, VPC-native clusters), so that a rule for the cluster,
// which stands for its nodes, is not enough. A database without any rule admits everybody.
func (v view) blocked(in string, pods core.PodSpec) error {
	told := strings.Join(v.told(in, pods), "\n")
	for _, database := range v.List(databaseType) {
		for _, property := range []string{"privateHost", "host"} {
			host := text(database.Outputs, property)
			if host == "" || !strings.Contains(told, host) {
				continue
			}
			if trusted, admitted := v.trusted(database.ID); len(trusted) > 0 && !admitted {
				return fmt.Errorf("a container failed: connection to %s timed out: the trusted sources of database "+
					"cluster %q (%s) have neither the pods' addresses %s nor a range around them",
					host, text(database.Outputs, "name"), strings.Join(trusted, ", "), v.cluster.Pods)
			}
		}
	}
	return nil
}

// trusted are the sources that the rules of a database cluster name; admitted says whether one of them has all pods.
func (v view) trusted(databaseID string) (sources []string, admitted bool) {
	pods, err := netip.ParsePrefix(v.cluster.Pods)
	admitted = err != nil // a cluster without a range of its own hides its pods behind the nodes
	for _, firewall := range v.List(firewallType) {
		rules, _ := firewall.Outputs["rules"].([]any)
		if text(firewall.Outputs, "clusterId") != databaseID {
			continue
		}
		for _, rule := range rules {
			r, _ := rule.(map[string]any)
			source, value := text(r, "type"), text(r, "value")
			sources = append(sources, source+" "+value)
			around, err := netip.ParsePrefix(value)
			admitted = admitted || source == "ip_addr" && err == nil &&
				around.Bits() <= pods.Bits() && around.Contains(pods.Addr())
		}
	}
	return sources, admitted
}

// told is what all containers are told: their variables, and the Secrets and ConfigMaps that they read.
func (v view) told(in string, pods core.PodSpec) []string {
	var values []string
	for _, container := range slices.Concat(pods.InitContainers, pods.Containers) {
		for _, variable := range container.Env {
			values = append(values, variable.Value)
		}
	}
	for _, ref := range references(pods) {
		object, _ := v.get(builtIn("", ref.kind), objectID(in, ref.name))
		values = append(values, contents(object.Live)...)
	}
	return values
}

// contents are the values of a Secret or ConfigMap, of a Secret as they are read.
func contents(object map[string]any) []string {
	var values []string
	data, _ := at(object, "data").(map[string]any)
	for _, value := range data {
		plain, _ := value.(string)
		if decoded, err := base64.StdEncoding.DecodeString(plain); err == nil {
			plain = string(decoded)
		}
		values = append(values, plain)
	}
	return values
}
