package settings

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/vmstio/infrastructure/infra/catalogue"
	"github.com/vmstio/infrastructure/infra/settings/internal/decode"
)

// PoolLabel is the label that every node carries, with the role of its pool as the value ("default" for the default
// pool), for node selectors and affinities.
const PoolLabel = "mastodon-pool"

// Cluster is the managed Kubernetes cluster.
type Cluster struct {
	// Version is a version prefix, such as "1.35". The newest patch release that DigitalOcean offers under it is taken.
	Version string `json:"version" jsonschema:"required,format=kubernetes-minor" example:"1.35"`
	// HighlyAvailable replicates the control plane. It cannot be switched off again.
	HighlyAvailable bool `json:"highlyAvailable" jsonschema:"required"`
	// Protect makes Pulumi refuse to delete the cluster. It is a switch of its own because a cluster holds no data and
	// can be replaced.
	Protect bool `json:"protect" jsonschema:"required"`
	// AutoUpgrade installs patch releases in the maintenance window.
	AutoUpgrade bool `json:"autoUpgrade" default:"true"`
	// Maintenance is the window of automatic upgrades.
	Maintenance Window `json:"maintenance" default:"{day: sunday, time: '06:00'}"`
	// PodSubnet is the range of the pods' addresses (DOKS: cluster subnet). Every node takes a /25 of it. Changing it
	// replaces the cluster, so choose one that the databases take as a trusted source as well: how large a range that
	// may be, no document of DigitalOcean's says.
	PodSubnet string `json:"podSubnet" jsonschema:"required,format=ipv4-range" example:"10.65.0.0/16"`
	// TrustPodSubnet admits the pods' range to the databases beside the cluster itself (DigitalOcean: trusted sources).
	// In a cluster with a pod subnet of its own, what is in the VPC sees the addresses of pods and not of nodes, and no
	// document says that a rule for the cluster covers them. Set it to false if DigitalOcean refuses the range: the
	// preflight then says whether the rule for the cluster is enough.
	TrustPodSubnet bool `json:"trustPodSubnet" default:"true"`
	// ServiceSubnet is the range of the Services' addresses, /24 or larger. Changing it replaces the cluster.
	ServiceSubnet string `json:"serviceSubnet" jsonschema:"required,format=ipv4-range" example:"10.66.0.0/19"`
	// ControlPlaneAllowedAddresses are the addresses (IP or CIDR) that may reach the Kubernetes API. Empty writes no
	// firewall, so that a new cluster admits every address; to open one that was closed, write 0.0.0.0/0.
	ControlPlaneAllowedAddresses []string `json:"controlPlaneAllowedAddresses" example:"203.0.113.7"`
	// NetworkPolicies are who may connect to whom in the cluster.
	NetworkPolicies NetworkPolicies `json:"networkPolicies"`
	// DefaultPool is the small fixed pool that comes with the cluster.
	DefaultPool DefaultPool `json:"defaultPool" jsonschema:"required"`
	// NodePools are the pools that carry the load.
	NodePools []NodePool `json:"nodePools" jsonschema:"required"`
}

// DefaultPool is the pool that is part of the cluster itself.
type DefaultPool struct {
	// Size is the Droplet size. Changing it replaces the whole cluster.
	Size string `json:"size" jsonschema:"required,format=droplet-size" example:"s-2vcpu-4gb"`
	// Nodes is the fixed number of nodes.
	Nodes int `json:"nodes" jsonschema:"required,minimum=1,maximum=512"`
}

// NodePool is an autoscaled pool of worker nodes.
type NodePool struct {
	// Role says what the pool is for, and so what it is called. Each role can be used once.
	Role string `json:"role" jsonschema:"required,enum=general,enum=web,enum=background,enum=search"`
	// Size is the Droplet size of every node. Changing it replaces the pool.
	Size string `json:"size" jsonschema:"required,format=droplet-size" example:"s-4vcpu-16gb-amd"`
	// MinNodes is the number of nodes that always run.
	MinNodes int `json:"minNodes" jsonschema:"required,minimum=1,maximum=512"`
	// MaxNodes is the number that the autoscaler may reach. A cluster may have 512 nodes.
	MaxNodes int `json:"maxNodes" jsonschema:"required,minimum=1,maximum=512"`
	// Labels are further node labels.
	Labels map[string]string `json:"labels"`
	// Taints keep pods away that do not tolerate them.
	Taints []Taint `json:"taints"`
}

// Taint is a Kubernetes node taint.
type Taint struct {
	// Key of the taint.
	Key string `json:"key" jsonschema:"required,format=label-key"`
	// Value of the taint.
	Value string `json:"value" jsonschema:"required,format=label-value"`
	// Effect on pods that do not tolerate it.
	Effect string `json:"effect" jsonschema:"required,enum=NoSchedule,enum=PreferNoSchedule,enum=NoExecute"`
}

// Check reports roles that stand twice, and addresses that cannot be admitted.
func (c Cluster) Check(at At) {
	roles := decode.Unique{}
	for i, pool := range c.NodePools {
		if pool.Role != "" {
			roles.Add(at.Key("nodePools").Index(i).Key("role"), pool.Role)
		}
	}
	allowed := decode.Unique{}
	for i, text := range c.ControlPlaneAllowedAddresses {
		at := at.Key("controlPlaneAllowedAddresses").Index(i)
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			addr, err := netip.ParseAddr(text)
			if err != nil || addr.Zone() != "" {
				at.Add(quote(text)+" is not an address or a range", "write it as 203.0.113.7 or 203.0.113.0/24")
				continue
			}
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		masked(at, text, prefix)
		allowed.Add(at, text)
	}
}

// Check reports bounds that contradict each other, and labels and taints that Kubernetes or the program does not take.
func (p NodePool) Check(at At) {
	if p.MinNodes > p.MaxNodes && p.MaxNodes > 0 {
		at.Key("minNodes").Add(fmt.Sprintf("%d is more than maxNodes (%d)", p.MinNodes, p.MaxNodes),
			"lower minNodes or raise maxNodes")
	}
	for _, key := range slices.Sorted(maps.Keys(p.Labels)) {
		checkLabel(at.Key("labels").Key(key), key, p.Labels[key])
	}
	seen := decode.Unique{}
	for i, taint := range p.Taints {
		seen.Add(at.Key("taints").Index(i), taint.Key+":"+taint.Effect)
	}
}

func checkLabel(at At, key, value string) {
	prefix, _, _ := strings.Cut(key, "/")
	switch {
	case !at.Is(key, "label-key"):
	case key == PoolLabel:
		at.Add(quote(key)+" is the program's own label for the role of the pool", "use another key")
	case strings.Contains(key, "/") && reservedPrefix(prefix):
		at.Add(quote(key)+" belongs to Kubernetes or DigitalOcean", "use a prefix of your own domain")
	default:
		at.Is(value, "label-value")
	}
}

func reservedPrefix(prefix string) bool {
	return slices.ContainsFunc([]string{"kubernetes.io", "k8s.io", "digitalocean.com"}, func(owner string) bool {
		return prefix == owner || strings.HasSuffix(prefix, "."+owner)
	})
}

// MostNodes is how many nodes the cluster may grow to.
func (c Cluster) MostNodes() int {
	nodes := c.DefaultPool.Nodes
	for _, pool := range c.NodePools {
		nodes += pool.MaxNodes
	}
	return nodes
}

// poolsPath is the setting that says how many nodes there may be.
const poolsPath = settingsPath + ".cluster.nodePools"

// Crowded is the problem of a cluster that may get more nodes than the account may have Droplets, of which so many are
// others.
func (s *Settings) Crowded(others, limit int) Problem {
	most := s.Cluster.MostNodes()
	wrong := fmt.Sprintf("the cluster may grow to %d nodes, and the account may have %d Droplets", most, limit)
	if others > 0 {
		wrong += fmt.Sprintf(", of which %d are others", others)
	}
	return Problem{
		Path: poolsPath, Wrong: wrong,
		Remedy: fmt.Sprintf("ask DigitalOcean's support for a limit of %d, which `doctl account get` shows, or lower "+
			"maxNodes", others+most),
	}
}

// Uncounted is the warning of a cluster for which nobody could say whether the account may have its nodes.
func (s *Settings) Uncounted(why error) Warning {
	return Warning{
		Path: poolsPath,
		Wrong: fmt.Sprintf("the cluster may grow to %d nodes, and whether the account may have as many Droplets could "+
			"not be asked (%v)", s.Cluster.MostNodes(), why),
		Remedy: "give the token the scopes account:read and droplet:read, or compare it with `doctl account get`",
	}
}

// nodePodBits is the length of the part of the pod subnet that each node takes: a /16 serves the 512 nodes that a
// DOKS cluster may have.
const nodePodBits = 25

func (c Cluster) checkPodCapacity(at At, pods netip.Prefix) {
	if pods.Bits() > nodePodBits {
		return
	}
	if fits, nodes := 1<<(nodePodBits-pods.Bits()), c.MostNodes(); nodes > fits {
		at.Add(fmt.Sprintf("%q has addresses for %d nodes, and the pools may grow to %d", c.PodSubnet, fits, nodes),
			"use a larger range, of which every node takes a /25, or lower maxNodes")
	}
}

// repels reports whether a taint keeps pods away from the pool.
func (p NodePool) repels() bool {
	return slices.ContainsFunc(p.Taints, func(t Taint) bool { return t.Effect != "PreferNoSchedule" })
}

// checkPlacements checks that the pool of each workload exists and that one of its nodes can hold the workload's
// memory request.
func (s *Settings) checkPlacements(at At) {
	if at.Key("cluster").Key("nodePools").Bad() {
		return
	}
	s.checkPlacement(at.Key("ingress"), s.Ingress.Pool, s.Ingress.Resources)
	mastodon := at.Key("mastodon")
	s.checkPlacement(mastodon.Key("web"), s.Mastodon.Web.Pool, s.Mastodon.Web.Resources)
	s.checkPlacement(mastodon.Key("streaming"), s.Mastodon.Streaming.Pool, s.Mastodon.Streaming.Resources)
	jobs, tasks := s.Mastodon.Jobs, s.Mastodon.Housekeeping
	right := s.checkJobs(mastodon.Key("jobs"), jobs.Pool, jobs.Resources)
	// What is wrong with a pool that both have is said once.
	if right || tasks.Pool != jobs.Pool {
		s.checkJobs(mastodon.Key("housekeeping"), tasks.Pool, tasks.Resources)
	}
	for i, group := range s.Mastodon.Sidekiq {
		s.checkPlacement(mastodon.Key("sidekiq").Index(i), group.Pool, group.Resources)
	}
}

// checkJobs checks the place of Jobs, and returns whether its pool is right.
func (s *Settings) checkJobs(at At, role string, res Resources) bool {
	return s.checkOwn(at, role, res, "the Jobs")
}

// checkOwn checks the place of what is the program's own, and returns whether its pool is right. Charts have values for
// tolerations; the program's own pods tolerate nothing.
func (s *Settings) checkOwn(at At, role string, res Resources, what string) bool {
	right := s.checkPlacement(at, role, res)
	for _, pool := range s.Cluster.NodePools {
		if pool.Role == role && pool.repels() {
			at.Key("pool").Add("the taints of "+quote(pool.Role)+" keep "+what+" away",
				"choose a pool without taints, or use PreferNoSchedule there")
			right = false
		}
	}
	return right
}

// checkPlacement checks that a workload's pool exists and has room for it, and returns whether it exists.
func (s *Settings) checkPlacement(at At, role string, res Resources) bool {
	sizes := []string{s.Cluster.DefaultPool.Size}
	if role != "" {
		sizes = nil
	}
	var roles []string
	for _, pool := range s.Cluster.NodePools {
		roles = append(roles, pool.Role)
		if role == pool.Role || role == "" && !pool.repels() {
			sizes = append(sizes, pool.Size)
		}
	}
	if role != "" && !slices.Contains(roles, role) {
		remedy := "leave it out to let the scheduler choose"
		if len(roles) > 0 {
			remedy = "use " + decode.OneOf(roles) + ", or " + remedy
		}
		at.Key("pool").Add(quote(role)+" is not the role of a node pool", remedy)
		return false
	}
	request, ok := parseQuantity(res.Memory)
	largest := 0
	for _, slug := range sizes {
		size, known := catalogue.LookupDropletSize(slug)
		if !known {
			return true
		}
		largest = max(largest, size.MemoryGiB)
	}
	if ok && request >= float64(largest)*gibibyte {
		at.Key("resources").Key("memory").Add(fmt.Sprintf("%q does not fit on a node of %d GiB", res.Memory, largest),
			"lower the request or use larger nodes")
	}
	return true
}

func (c Cluster) cost(bill *Cost) {
	if c.HighlyAvailable {
		bill.add("highly available control plane", 1, 1, catalogue.HighlyAvailableControlPlane(),
			catalogue.ClusterPricing)
	}
	bill.nodes("default pool", c.DefaultPool.Size, c.DefaultPool.Nodes, c.DefaultPool.Nodes)
	for _, pool := range c.NodePools {
		bill.nodes("pool "+pool.Role, pool.Size, pool.MinNodes, pool.MaxNodes)
	}
}
