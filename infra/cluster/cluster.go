// Package cluster makes the managed Kubernetes cluster, its node pools, and the Kubernetes provider that everything
// inside the cluster is made with.
package cluster

import (
	"fmt"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/crew"
	"github.com/vmstio/infrastructure/infra/internal/component"
	"github.com/vmstio/infrastructure/infra/settings"
)

// DefaultRole is the role of the default pool.
const DefaultRole = string(crew.DefaultPool)

// Args are the arguments of a Cluster.
type Args struct {
	settings.Cluster
	// Name of the cluster, unique in the account.
	Name string
	// Region is a DigitalOcean region slug. Changing it replaces the cluster.
	Region string
	// VPCID is the UUID of the VPC. Changing it replaces the cluster.
	VPCID pulumi.StringInput
	// PoolNames are the names of the pools, by role. They begin the names of the nodes. One says the size of its pool:
	// the pool of another size is then made before the old one goes.
	PoolNames map[string]string
	// Token is the DigitalOcean API token that the Kubernetes provider obtains its credentials with. It is kept secret.
	Token pulumi.StringInput
	// Upgrades asks for the versions that the running cluster can be upgraded to, which may be more than new clusters
	// can have. Nil asks for none.
	Upgrades func() ([]string, error)
	// After is what must outlive the cluster.
	After []pulumi.Resource
	// DestroyAssociated deletes the load balancers, volumes and snapshots that the cluster made, together with it. Off
	// where any of that must survive.
	DestroyAssociated bool
}

// Cluster is a DigitalOcean Kubernetes cluster.
type Cluster struct {
	pulumi.ResourceState

	// ID is the UUID of the cluster.
	ID pulumi.StringOutput
	// ClusterURN is DigitalOcean's name of the cluster, "do:kubernetes:<id>".
	ClusterURN pulumi.StringOutput
	// Version is the version of Kubernetes that the cluster runs.
	Version pulumi.StringOutput
	// Endpoint is the URL of the Kubernetes API.
	Endpoint pulumi.StringOutput
	// NodesReady are the resources to depend on for whatever needs nodes, such as the firewall of a database that
	// admits the cluster.
	NodesReady []pulumi.Resource
	// Provider makes resources in the cluster, once the nodes are there.
	Provider *kubernetes.Provider
	// Resource is the cluster itself, for pulumi.DeletedWith: what is inside the cluster need not be deleted one by one
	// when the cluster goes.
	Resource pulumi.Resource
}

// New makes the cluster. It needs a DigitalOcean provider among the options.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Cluster, error) {
	required := map[string]any{
		"Name": args.Name, "Region": args.Region, "VPCID": args.VPCID, "Token": args.Token,
		"PoolNames." + DefaultRole: args.PoolNames[DefaultRole],
	}
	for _, pool := range args.NodePools {
		required["PoolNames."+pool.Role] = args.PoolNames[pool.Role]
	}
	if err := component.Require("cluster", required); err != nil {
		return nil, err
	}
	c := &Cluster{}
	if err := ctx.RegisterComponentResource("vmst:cluster:Cluster", name, c, opts...); err != nil {
		return nil, fmt.Errorf("registering cluster %q: %w", name, err)
	}
	cluster, err := c.cluster(ctx, name, args)
	if err != nil {
		return nil, err
	}
	if err := c.pools(ctx, name, args, cluster); err != nil {
		return nil, err
	}
	if err := c.provider(ctx, name, args, cluster); err != nil {
		return nil, err
	}
	c.Resource, c.ID, c.ClusterURN = cluster, cluster.ID().ToStringOutput(), cluster.ClusterUrn
	c.Version, c.Endpoint = cluster.Version, cluster.Endpoint
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"id": c.ID, "version": c.Version, "endpoint": c.Endpoint})
}

// cluster makes the cluster itself, with the default pool.
func (c *Cluster) cluster(ctx *pulumi.Context, name string, args *Args) (*digitalocean.KubernetesCluster, error) {
	picked, err := chooseVersion(ctx, args, c)
	if err != nil {
		return nil, err
	}
	// It is not retained when its protection is lifted, as what holds data is: it would run on, and cost, without doing
	// anything.
	cluster, err := digitalocean.NewKubernetesCluster(ctx, name+"-cluster", &digitalocean.KubernetesClusterArgs{
		Name:          pulumi.String(args.Name),
		Region:        pulumi.String(args.Region),
		Version:       pulumi.String(picked.version.String()),
		VpcUuid:       args.VPCID.ToStringOutput().ToStringPtrOutput(),
		ClusterSubnet: pulumi.String(args.PodSubnet),
		ServiceSubnet: pulumi.String(args.ServiceSubnet),
		// Always written: from 1.36 on it is true by default, costs money and cannot be switched off.
		Ha:           pulumi.Bool(args.HighlyAvailable),
		AutoUpgrade:  pulumi.Bool(args.AutoUpgrade),
		SurgeUpgrade: pulumi.Bool(true),
		MaintenancePolicy: &digitalocean.KubernetesClusterMaintenancePolicyArgs{
			Day:       pulumi.String(args.Maintenance.Day),
			StartTime: pulumi.String(args.Maintenance.Time),
		},
		ControlPlaneFirewall:          firewall(args.ControlPlaneAllowedAddresses),
		DestroyAllAssociatedResources: pulumi.Bool(args.DestroyAssociated),
		NodePool: &digitalocean.KubernetesClusterNodePoolArgs{
			Name:      pulumi.String(args.PoolNames[DefaultRole]),
			Size:      pulumi.String(args.DefaultPool.Size),
			NodeCount: pulumi.Int(args.DefaultPool.Nodes),
			Labels:    pulumi.StringMap{settings.PoolLabel: pulumi.String(DefaultRole)},
		},
	}, pulumi.Parent(c), pulumi.Protect(args.Protect), pulumi.IgnoreChanges(picked.ignore), component.Patient(),
		pulumi.DependsOn(args.After))
	if err != nil {
		return nil, fmt.Errorf("creating cluster %q: %w", args.Name, err)
	}
	return cluster, nil
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

// pools makes the pools that carry the load.
func (c *Cluster) pools(ctx *pulumi.Context, name string, args *Args, cluster *digitalocean.KubernetesCluster) error {
	c.NodesReady = []pulumi.Resource{cluster}
	for _, pool := range args.NodePools {
		labels := pulumi.ToStringMap(pool.Labels)
		labels[settings.PoolLabel] = pulumi.String(pool.Role)
		taints := digitalocean.KubernetesNodePoolTaintArray{}
		for _, taint := range pool.Taints {
			taints = append(taints, &digitalocean.KubernetesNodePoolTaintArgs{
				Key: pulumi.String(taint.Key), Value: pulumi.String(taint.Value), Effect: pulumi.String(taint.Effect),
			})
		}
		poolName := args.PoolNames[pool.Role]
		child := name + "-pool-" + pool.Role
		made, err := digitalocean.NewKubernetesNodePool(ctx, child, &digitalocean.KubernetesNodePoolArgs{
			ClusterId: cluster.ID(),
			Name:      pulumi.String(poolName),
			Size:      pulumi.String(pool.Size),
			// The number of nodes is the autoscaler's.
			AutoScale: pulumi.Bool(true),
			MinNodes:  pulumi.Int(pool.MinNodes),
			MaxNodes:  pulumi.Int(pool.MaxNodes),
			Labels:    labels,
			Taints:    taints,
		}, pulumi.Parent(c), component.Patient())
		if err != nil {
			return fmt.Errorf("creating node pool %q: %w", poolName, err)
		}
		c.NodesReady = append(c.NodesReady, made)
	}
	return nil
}

// provider makes the Kubernetes provider. It waits for every pool, and so does all that is made with it: no chart is
// installed before there are nodes for its pods.
func (c *Cluster) provider(
	ctx *pulumi.Context, name string, args *Args, cluster *digitalocean.KubernetesCluster,
) error {
	provider, err := kubernetes.NewProvider(ctx, name+"-kubernetes", &kubernetes.ProviderArgs{
		Kubeconfig: kubeconfig(args.Name, cluster, args.Token).ToStringPtrOutput(),
		// Which cluster this is. Without it, the provider takes a kubeconfig that a preview cannot know yet, as when
		// the cluster is about to be updated, for that of another cluster, and would replace all there is in this one
		// (pulumi-kubernetes, provider/pkg/provider/provider.go, DiffConfig).
		ClusterIdentifier: cluster.ID().ToStringOutput().ToStringPtrOutput(),
		// A changed credential is an update. The provider's default is to replace the Secret, which protection would
		// refuse.
		EnableSecretMutable:    pulumi.Bool(true),
		EnableConfigMapMutable: pulumi.Bool(true),
	}, pulumi.Parent(c), pulumi.DependsOn(c.NodesReady))
	if err != nil {
		return fmt.Errorf("creating the Kubernetes provider of cluster %q: %w", args.Name, err)
	}
	c.Provider = provider
	return nil
}
