package kube

import (
	"maps"
	"slices"

	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/settings"
)

// Isolation keeps the pods of a namespace from whatever they have no business with, by the API's own NetworkPolicy,
// which Cilium enforces in a DOKS cluster.
//
// What a policy says is added to what others say: one that denies all of a namespace, and beside it what is let through
// for some of its pods. What Kubernetes does itself needs none: probes, `kubectl exec` and port-forward are the
// kubelet's, on the pod's own node, from which everything is let in (the API's NetworkPolicySpec, field ingress).
//
// A rule with a range holds for nothing in the cluster: pods are known by their labels, and nodes not at all
// (docs.cilium.io, "Layer 3 Policies": CIDR rules do not apply where both sides are managed by Cilium or are nodes). A
// Service is replaced by one of its pods before any rule is looked at, so that ports are always the pods'.
type Isolation struct {
	// VPC is the range that the managed databases have their addresses from.
	VPC string
	// Allow are the further destinations that a person lets through.
	Allow []settings.Destination
}

// Peer are pods as others see them.
type Peer struct {
	// Namespace of the pods.
	Namespace string
	// Labels that they have; without any it is all pods of the namespace.
	Labels map[string]string
}

// peer is a Peer as the API has it.
func (p Peer) peer() pulumi.Map {
	peer := pulumi.Map{"namespaceSelector": pulumi.Map{
		"matchLabels": pulumi.Map{"kubernetes.io/metadata.name": pulumi.String(p.Namespace)},
	}}
	if len(p.Labels) > 0 {
		peer["podSelector"] = pulumi.Map{"matchLabels": pulumi.ToStringMap(p.Labels)}
	}
	return peer
}

// Opening is a policy that lets something through.
type Opening struct {
	// Name of the policy.
	Name string
	// Pods selects those that it is for; nil selects all of the namespace.
	Pods pulumi.Map
	// From are the rules about who may connect to them, To those about what they may connect to. Where there is one,
	// whatever no rule of that kind lets through is denied to these pods.
	From, To pulumi.MapArray
}

// Component selects the pods of components by the label that charts and the program give to theirs.
func Component(operator string, components ...string) pulumi.Map {
	return pulumi.Map{"matchExpressions": pulumi.Array{pulumi.Map{
		"key": pulumi.String("app.kubernetes.io/component"), "operator": pulumi.String(operator),
		"values": pulumi.ToStringArray(components),
	}}}
}

// The operators of a selector.
const (
	// In is one of the values.
	In = "In"
	// NotIn is none of the values, or no such label.
	NotIn = "NotIn"
)

// From lets pods connect to a port, by the name that it has in the container; without a name, to all ports.
func From(port string, peers ...Peer) pulumi.Map {
	from := pulumi.Array{}
	for _, p := range peers {
		from = append(from, p.peer())
	}
	rule := pulumi.Map{"from": from}
	if port != "" {
		rule["ports"] = pulumi.Array{tcp(pulumi.String(port))}
	}
	return rule
}

// FromWithin lets the pods of a namespace connect to each other.
func FromWithin() pulumi.Map {
	return pulumi.Map{"from": pulumi.Array{pulumi.Map{"podSelector": pulumi.Map{}}}}
}

// To lets pods connect to others on all ports: on which they answer, the policy of those says.
func To(peer Peer) pulumi.Map { return pulumi.Map{"to": pulumi.Array{peer.peer()}} }

// ToDNS lets pods ask the cluster's DNS, whose pods have this label in every cluster (kubernetes.io/docs/tasks/
// administer-cluster/dns-debugging-resolution). On which port of theirs they answer, DigitalOcean says nowhere.
func ToDNS() pulumi.Map {
	return To(Peer{Namespace: "kube-system", Labels: map[string]string{"k8s-app": "kube-dns"}})
}

// HTTPS is the port of all that the program's own pods ask the internet for. A managed database has a public address,
// too, and its firewall admits the nodes: where all ports are open, that is a way around a rule about the VPC.
const HTTPS = 443

// ToInternet lets pods connect to every public address, on these ports or on all: other servers of the Fediverse,
// which choose their port, the buckets, the CDN, the relay, and the instance's own name. The Service of the ingress
// controller has a host in its status and no address, so that requests to it leave the cluster like any other's. Pods
// have no IPv6.
func ToInternet(ports ...int) pulumi.Map {
	rule := pulumi.Map{"to": pulumi.Array{pulumi.Map{"ipBlock": pulumi.Map{
		"cidr": pulumi.String("0.0.0.0/0"), "except": pulumi.ToStringArray(settings.ClosedRanges()),
	}}}}
	if len(ports) > 0 {
		list := pulumi.Array{}
		for _, port := range ports {
			list = append(list, tcp(pulumi.Int(port)))
		}
		rule["ports"] = list
	}
	return rule
}

// tcp is a port as the API has it.
func tcp(port pulumi.Input) pulumi.Map {
	return pulumi.Map{"protocol": pulumi.String("TCP"), "port": port}
}

// ToDatabases lets pods connect to the managed databases. Of those only the ports are named: the address is another one
// after a failover.
func (i *Isolation) ToDatabases(ports ...pulumi.IntInput) pulumi.Map {
	inputs := make([]any, len(ports))
	for n, port := range ports {
		inputs[n] = port
	}
	return pulumi.Map{
		"to": pulumi.Array{pulumi.Map{"ipBlock": pulumi.Map{"cidr": pulumi.String(i.VPC)}}},
		// Several databases listen on the same port.
		"ports": pulumi.All(inputs...).ApplyT(func(known []any) []map[string]any {
			numbers := make([]int, len(known))
			for n, port := range known {
				numbers[n], _ = port.(int)
			}
			slices.Sort(numbers)
			var list []map[string]any
			for _, port := range slices.Compact(numbers) {
				list = append(list, map[string]any{"protocol": "TCP", "port": port})
			}
			return list
		}),
	}
}

// ToAllowed lets pods connect to the destinations that a person has named.
func (i *Isolation) ToAllowed() pulumi.MapArray {
	var rules pulumi.MapArray
	for _, d := range i.Allow {
		to := Peer{Namespace: d.Namespace}.peer()
		if d.Range != "" {
			to = pulumi.Map{"ipBlock": pulumi.Map{"cidr": pulumi.String(d.Range)}}
		}
		rules = append(rules, pulumi.Map{
			"to": pulumi.Array{to}, "ports": pulumi.Array{tcp(pulumi.Int(d.Port))},
		})
	}
	return rules
}

// The directions of connections, as the API calls them.
const (
	Ingress = "Ingress"
	Egress  = "Egress"
)

// Isolate denies all pods of a namespace the connections of these directions, but for what the openings let through.
// What it returns belongs before the pods, so that none of them ever runs without. A nil Isolation makes nothing. It
// needs a Kubernetes provider among the options.
func (i *Isolation) Isolate(
	ctx *pulumi.Context, name, namespace string, denied []string, openings []Opening, opts ...pulumi.ResourceOption,
) ([]pulumi.Resource, error) {
	if i == nil {
		return nil, nil
	}
	var made []pulumi.Resource
	policy := func(called string, pods pulumi.Map, types []string, rules pulumi.Map) error {
		spec := pulumi.Map{"podSelector": pods, "policyTypes": pulumi.ToStringArray(types)}
		maps.Copy(spec, rules)
		object, err := NewObject(ctx, name+"-policy-"+called, &ObjectArgs{
			APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy",
			Metadata: metav1.ObjectMetaArgs{Name: pulumi.String(called), Namespace: pulumi.String(namespace)},
			Spec:     spec,
		}, opts...)
		made = append(made, object)
		return err
	}
	if err := policy("default-deny", pulumi.Map{}, denied, nil); err != nil {
		return nil, err
	}
	for _, o := range openings {
		var types []string
		rules, pods := pulumi.Map{}, o.Pods
		if pods == nil {
			pods = pulumi.Map{}
		}
		if len(o.From) > 0 {
			types, rules["ingress"] = append(types, Ingress), o.From
		}
		if len(o.To) > 0 {
			types, rules["egress"] = append(types, Egress), o.To
		}
		if err := policy(o.Name, pods, types, rules); err != nil {
			return nil, err
		}
	}
	return made, nil
}
