package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/vmstio/infrastructure/infra/catalogue"
)

var (
	minorVersion = regexp.MustCompile(`^1\.[0-9]+$`)
	// Kubernetes: a name of at most 63 characters after an optional DNS prefix.
	labelKey   = regexp.MustCompile(`^([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$`)
	labelValue = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$`)
)

const labelRemedy = "use at most 63 letters, digits, dashes, underscores and dots, a letter or digit at both ends"

func (s *Settings) checkCluster(r *report) {
	path := settingsPath + ".cluster"
	c := s.Cluster
	r.match(path+".version", c.Version, minorVersion, "a Kubernetes version prefix",
		`write the first two numbers in quotes, such as "1.35"; the patch release is chosen for you`)
	r.window(path+".maintenance", c.Maintenance)
	r.dropletSize(path+".defaultPool.size", c.DefaultPool.Size)
	roles := unique{}
	for i, pool := range c.NodePools {
		path := at(path+".nodePools", i)
		if pool.Role != "" {
			roles.check(r, path+".role", pool.Role)
		}
		r.dropletSize(path+".size", pool.Size)
		if pool.MinNodes > pool.MaxNodes && pool.MaxNodes > 0 {
			r.add(path+".minNodes", fmt.Sprintf("%d is more than maxNodes (%d)", pool.MinNodes, pool.MaxNodes),
				"lower minNodes or raise maxNodes")
		}
		for _, key := range slices.Sorted(maps.Keys(pool.Labels)) {
			r.nodeLabel(path+".labels."+key, key, pool.Labels[key])
		}
		r.taints(path+".taints", pool.Taints)
	}
}

func (r *report) dropletSize(path, slug string) {
	if _, ok := catalogue.LookupDropletSize(slug); ok {
		return
	}
	var all []string
	for _, size := range catalogue.DropletSizes() {
		all = append(all, size.Slug)
	}
	remedy := "use a slug such as s-4vcpu-16gb-amd (`doctl kubernetes options sizes` lists them)"
	if near := nearest(slug, all); near != "" {
		remedy = fmt.Sprintf("did you mean %q? `doctl kubernetes options sizes` lists them", near)
	}
	r.add(path, quote(slug)+" is not a Droplet size for nodes", remedy)
}

func (r *report) nodeLabel(path, key, value string) {
	if !r.match(path, key, labelKey, "a label key", labelRemedy+", after an optional DNS prefix and a slash") {
		return
	}
	if prefix, _, ok := strings.Cut(key, "/"); ok && reservedPrefix(prefix) {
		r.add(path, quote(key)+" belongs to Kubernetes or DigitalOcean", "use a prefix of your own domain")
	}
	r.match(path, value, labelValue, "a label value", labelRemedy)
}

func reservedPrefix(prefix string) bool {
	for _, owner := range []string{"kubernetes.io", "k8s.io", "digitalocean.com"} {
		if prefix == owner || strings.HasSuffix(prefix, "."+owner) {
			return true
		}
	}
	return false
}

func (r *report) taints(path string, taints []Taint) {
	seen := unique{}
	for i, taint := range taints {
		path := at(path, i)
		r.match(path+".key", taint.Key, labelKey, "a taint key", labelRemedy)
		r.match(path+".value", taint.Value, labelValue, "a taint value", labelRemedy)
		seen.check(r, path, taint.Key+":"+taint.Effect)
	}
}

// pool checks that a workload's pool exists and that one of its nodes can hold
// the workload's memory request.
func (s *Settings) checkPlacement(r *report, path, role string, res Resources) {
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
		r.add(path+".pool", quote(role)+" is not the role of a node pool",
			"use "+oneOf(roles)+", or leave it out to let the scheduler choose")
		return
	}
	request, ok := parseQuantity(res.Memory)
	largest := 0
	for _, slug := range sizes {
		size, known := catalogue.LookupDropletSize(slug)
		if !known {
			return
		}
		largest = max(largest, size.MemoryGiB)
	}
	if ok && request >= float64(largest)*gibibyte {
		r.add(path+".resources.memory", fmt.Sprintf("%q does not fit on a node of %d GiB", res.Memory, largest),
			"lower the request or use larger nodes")
	}
}

// repels reports whether a taint keeps pods away from the pool.
func (p NodePool) repels() bool {
	return slices.ContainsFunc(p.Taints, func(t Taint) bool { return t.Effect != "PreferNoSchedule" })
}
