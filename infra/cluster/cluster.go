// Package cluster makes the managed Kubernetes cluster, its node pools, and the
// Kubernetes provider that everything inside the cluster is made with.
package cluster

import (
	"fmt"
	"maps"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// PoolLabel is the label that every node carries, with the role of its pool as
// the value ("default" for the default pool), for node selectors and affinities.
const PoolLabel = "vmst.io/pool"

// DefaultRole is the value of PoolLabel on the nodes of the default pool.
const DefaultRole = "default"

// Args are the arguments of a Cluster.
type Args struct {
	// Name of the cluster, unique in the account.
	Name string
	// Region is a DigitalOcean region slug. Changing it replaces the cluster.
	Region string
	// VersionPrefix is the minor version of Kubernetes, such as "1.35".
	VersionPrefix string
	// VPCID is the UUID of the VPC. Changing it replaces the cluster.
	VPCID pulumi.StringInput
	// PodSubnet is the range of the pods' addresses in CIDR notation, which makes
	// the cluster VPC-native. Changing it replaces the cluster.
	PodSubnet string
	// ServiceSubnet is the range of the Services' addresses in CIDR notation.
	// Changing it replaces the cluster.
	ServiceSubnet string
	// HighlyAvailable replicates the control plane. It cannot be switched off again.
	HighlyAvailable bool
	// AutoUpgrade lets DigitalOcean install patch releases in the maintenance
	// window. Without it, an update of the program installs them.
	AutoUpgrade bool
	// MaintenanceDay is "monday" to "sunday", or "any".
	MaintenanceDay string
	// MaintenanceTime is the start of the window in UTC, "HH:MM".
	MaintenanceTime string
	// AllowedAddresses are the addresses (IP or CIDR) that may reach the control
	// plane. None writes no firewall, which admits every address on a new cluster
	// and changes nothing on an old one: to open a closed one again, allow
	// "0.0.0.0/0".
	AllowedAddresses []string
	// DefaultPool is the pool that is part of the cluster.
	DefaultPool DefaultPool
	// NodePools carry the load.
	NodePools []NodePool
	// Token is the DigitalOcean API token that the Kubernetes provider obtains its
	// credentials with. It is kept secret.
	Token pulumi.StringInput
	// Protect makes Pulumi refuse to delete or replace the cluster. The cluster is
	// not retained when its protection is lifted, as what holds data is: it would
	// run on, and cost, without doing anything.
	Protect bool
	// DestroyAssociated deletes the load balancers, volumes and snapshots that the
	// cluster made, together with it. Off where any of that must survive.
	DestroyAssociated bool
}

// DefaultPool is a small pool of fixed size.
type DefaultPool struct {
	// Name of the pool; it begins the names of the nodes.
	Name string
	// Size is a Droplet size slug. Changing it replaces the whole cluster (provider
	// documentation, kubernetes_cluster, node_pool.size), which is why the load runs
	// on pools of its own.
	Size string
	// Nodes is the number of nodes.
	Nodes int
}

// NodePool is an autoscaled pool.
type NodePool struct {
	// Name of the pool; it begins the names of the nodes.
	Name string
	// Role is what the pool is for, unique in the cluster: the value of PoolLabel.
	Role string
	// Size is a Droplet size slug. Changing it replaces the pool.
	Size string
	// MinNodes and MaxNodes bound the autoscaler.
	MinNodes, MaxNodes int
	// Labels are further node labels.
	Labels map[string]string
	// Taints keep pods away that do not tolerate them.
	Taints []Taint
}

// Taint is a Kubernetes node taint.
type Taint struct {
	// Key and Value of the taint.
	Key, Value string
	// Effect is "NoSchedule", "PreferNoSchedule" or "NoExecute".
	Effect string
}

// Cluster is a DigitalOcean Kubernetes cluster.
type Cluster struct {
	pulumi.ResourceState

	// ID is the UUID of the cluster.
	ID pulumi.StringOutput `pulumi:"id"`
	// ClusterURN is DigitalOcean's name of the cluster, "do:kubernetes:<id>".
	ClusterURN pulumi.StringOutput `pulumi:"clusterUrn"`
	// Version is the version of Kubernetes that the cluster runs.
	Version pulumi.StringOutput `pulumi:"version"`
	// Endpoint is the URL of the Kubernetes API.
	Endpoint pulumi.StringOutput `pulumi:"endpoint"`
	// NodesReady are the resources to depend on for whatever needs nodes, such as
	// the firewall of a database that admits the cluster.
	NodesReady []pulumi.Resource
	// Provider makes resources in the cluster, once the nodes are there.
	Provider *kubernetes.Provider
	// Resource is the cluster itself, for pulumi.DeletedWith: what is inside the
	// cluster need not be deleted one by one when the cluster goes.
	Resource pulumi.Resource
}

// New makes the cluster. It needs a DigitalOcean provider among the options.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Cluster, error) {
	if err := args.validate(); err != nil {
		return nil, err
	}
	c := &Cluster{}
	if err := ctx.RegisterComponentResource("vmst:cluster:Cluster", name, c, opts...); err != nil {
		return nil, fmt.Errorf("registering cluster %q: %w", name, err)
	}

	choice, err := chooseVersion(ctx, args, c)
	if err != nil {
		return nil, err
	}
	cluster, err := digitalocean.NewKubernetesCluster(ctx, name+"-cluster", &digitalocean.KubernetesClusterArgs{
		Name:          pulumi.String(args.Name),
		Region:        pulumi.String(args.Region),
		Version:       pulumi.String(choice.version),
		VpcUuid:       args.VPCID.ToStringOutput().ToStringPtrOutput(),
		ClusterSubnet: pulumi.String(args.PodSubnet),
		ServiceSubnet: pulumi.String(args.ServiceSubnet),
		// Always written: from 1.36 on it is true by default, costs money and cannot be
		// switched off.
		Ha:           pulumi.Bool(args.HighlyAvailable),
		AutoUpgrade:  pulumi.Bool(args.AutoUpgrade),
		SurgeUpgrade: pulumi.Bool(true),
		MaintenancePolicy: &digitalocean.KubernetesClusterMaintenancePolicyArgs{
			Day:       pulumi.String(args.MaintenanceDay),
			StartTime: pulumi.String(args.MaintenanceTime),
		},
		ControlPlaneFirewall:          firewall(args.AllowedAddresses),
		DestroyAllAssociatedResources: pulumi.Bool(args.DestroyAssociated),
		NodePool: &digitalocean.KubernetesClusterNodePoolArgs{
			Name:      pulumi.String(args.DefaultPool.Name),
			Size:      pulumi.String(args.DefaultPool.Size),
			NodeCount: pulumi.Int(args.DefaultPool.Nodes),
			Labels:    pulumi.StringMap{PoolLabel: pulumi.String(DefaultRole)},
		},
	}, pulumi.Parent(c), pulumi.Protect(args.Protect), pulumi.IgnoreChanges(choice.ignore))
	if err != nil {
		return nil, fmt.Errorf("creating cluster %q: %w", args.Name, err)
	}

	c.Resource = cluster
	c.NodesReady = []pulumi.Resource{cluster}
	for _, pool := range args.NodePools {
		created, err := newPool(ctx, name, pool, cluster, c)
		if err != nil {
			return nil, err
		}
		c.NodesReady = append(c.NodesReady, created)
	}

	// The provider waits for every pool, and so does all that is made with it: no
	// chart is installed before there are nodes for its pods.
	c.Provider, err = kubernetes.NewProvider(ctx, name+"-kubernetes", &kubernetes.ProviderArgs{
		Kubeconfig: kubeconfig(args.Name, cluster, args.Token).ToStringPtrOutput(),
		// Which cluster this is. Without it, the provider takes a kubeconfig that a
		// preview cannot know yet, as when the cluster is about to be updated, for that
		// of another cluster, and would replace all there is in this one
		// (pulumi-kubernetes, provider/pkg/provider/provider.go, DiffConfig).
		ClusterIdentifier: cluster.ID().ToStringOutput().ToStringPtrOutput(),
		// A changed credential is an update. The provider's default is to replace the
		// Secret, which protection would refuse.
		EnableSecretMutable:    pulumi.Bool(true),
		EnableConfigMapMutable: pulumi.Bool(true),
	}, pulumi.Parent(c), pulumi.DependsOn(c.NodesReady))
	if err != nil {
		return nil, fmt.Errorf("creating the Kubernetes provider of cluster %q: %w", args.Name, err)
	}

	c.ID = cluster.ID().ToStringOutput()
	c.ClusterURN = cluster.ClusterUrn
	c.Version = cluster.Version
	c.Endpoint = cluster.Endpoint
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{
		"id": c.ID, "clusterUrn": c.ClusterURN, "version": c.Version, "endpoint": c.Endpoint,
	})
}

// firewall admits the addresses to the control plane; nil without any.
func firewall(addresses []string) digitalocean.KubernetesClusterControlPlaneFirewallPtrInput {
	if len(addresses) == 0 {
		return nil
	}
	return &digitalocean.KubernetesClusterControlPlaneFirewallArgs{
		Enabled:          pulumi.Bool(true),
		AllowedAddresses: pulumi.ToStringArray(addresses),
	}
}

func newPool(
	ctx *pulumi.Context, name string, pool NodePool, cluster *digitalocean.KubernetesCluster, parent pulumi.Resource,
) (pulumi.Resource, error) {
	labels := maps.Clone(pool.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	labels[PoolLabel] = pool.Role
	taints := digitalocean.KubernetesNodePoolTaintArray{}
	for _, taint := range pool.Taints {
		taints = append(taints, &digitalocean.KubernetesNodePoolTaintArgs{
			Key: pulumi.String(taint.Key), Value: pulumi.String(taint.Value), Effect: pulumi.String(taint.Effect),
		})
	}
	created, err := digitalocean.NewKubernetesNodePool(ctx, name+"-pool-"+pool.Role, &digitalocean.KubernetesNodePoolArgs{
		ClusterId: cluster.ID(),
		Name:      pulumi.String(pool.Name),
		Size:      pulumi.String(pool.Size),
		// The number of nodes is the autoscaler's.
		AutoScale: pulumi.Bool(true),
		MinNodes:  pulumi.Int(pool.MinNodes),
		MaxNodes:  pulumi.Int(pool.MaxNodes),
		Labels:    pulumi.ToStringMap(labels),
		Taints:    taints,
	}, pulumi.Parent(parent))
	if err != nil {
		return nil, fmt.Errorf("creating node pool %q: %w", pool.Name, err)
	}
	return created, nil
}
