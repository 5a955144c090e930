package config

// Cluster is the managed Kubernetes cluster.
type Cluster struct {
	// Version is a version prefix, such as "1.35". The newest patch release that
	// DigitalOcean offers under it is taken.
	Version string `json:"version" jsonschema:"required,pattern=^1\\.[0-9]+$"`
	// HighlyAvailable replicates the control plane. It cannot be switched off
	// again.
	HighlyAvailable bool `json:"highlyAvailable" jsonschema:"required"`
	// Protect makes Pulumi refuse to delete the cluster. It is a switch of its own
	// because a cluster holds no data and can be replaced.
	Protect bool `json:"protect" jsonschema:"required"`
	// AutoUpgrade installs patch releases in the maintenance window. Defaults to
	// true.
	AutoUpgrade bool `json:"autoUpgrade"`
	// Maintenance is the window of automatic upgrades. Defaults to Sunday 06:00.
	Maintenance Window `json:"maintenance"`
	// PodSubnet is the range of the pods' addresses (DOKS: cluster subnet). Every
	// node takes a /25 of it. Changing it replaces the cluster.
	PodSubnet string `json:"podSubnet" jsonschema:"required,format=cidr"`
	// ServiceSubnet is the range of the Services' addresses, /24 or larger. Changing
	// it replaces the cluster.
	ServiceSubnet string `json:"serviceSubnet" jsonschema:"required,format=cidr"`
	// ControlPlaneAllowedAddresses are the addresses (IP or CIDR) that may reach
	// the Kubernetes API. Empty writes no firewall, so that a new cluster admits
	// every address; to open one that was closed, write 0.0.0.0/0. Defaults to none.
	ControlPlaneAllowedAddresses []string `json:"controlPlaneAllowedAddresses"`
	// DefaultPool is the small fixed pool that comes with the cluster.
	DefaultPool DefaultPool `json:"defaultPool" jsonschema:"required"`
	// NodePools are the pools that carry the load.
	NodePools []NodePool `json:"nodePools" jsonschema:"required"`
}

// DefaultPool is the pool that is part of the cluster itself.
type DefaultPool struct {
	// Size is the Droplet size. Changing it replaces the whole cluster.
	Size string `json:"size" jsonschema:"required"`
	// Nodes is the fixed number of nodes.
	Nodes int `json:"nodes" jsonschema:"required,minimum=1"`
}

// NodePool is an autoscaled pool of worker nodes.
type NodePool struct {
	// Role says what the pool is for, and so what it is called. Each role can be
	// used once.
	Role string `json:"role" jsonschema:"required,enum=general,enum=web,enum=background,enum=search"`
	// Size is the Droplet size of every node. Changing it replaces the pool.
	Size string `json:"size" jsonschema:"required"`
	// MinNodes is the number of nodes that always run.
	MinNodes int `json:"minNodes" jsonschema:"required,minimum=1"`
	// MaxNodes is the number that the autoscaler may reach.
	MaxNodes int `json:"maxNodes" jsonschema:"required,minimum=1"`
	// Labels are further node labels.
	Labels map[string]string `json:"labels"`
	// Taints keep pods away that do not tolerate them.
	Taints []Taint `json:"taints"`
}

// Taint is a Kubernetes node taint.
type Taint struct {
	// Key of the taint.
	Key string `json:"key" jsonschema:"required"`
	// Value of the taint.
	Value string `json:"value" jsonschema:"required"`
	// Effect on pods that do not tolerate it.
	Effect string `json:"effect" jsonschema:"required,enum=NoSchedule,enum=PreferNoSchedule,enum=NoExecute"`
}
