package cluster

import (
	"net/netip"
	"regexp"
	"slices"

	"github.com/vmstio/infrastructure/infra/room"
)

var (
	minorVersion = regexp.MustCompile(`^1\.[0-9]+$`)
	timeOfDay    = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)
	labelValue   = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)
	days         = []string{"any", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
	effects      = []string{"NoSchedule", "PreferNoSchedule", "NoExecute"}
)

func (a *Args) validate() error {
	check := room.NewCheck("cluster")
	check.Text("Name", a.Name)
	check.Text("Region", a.Region)
	check.That(minorVersion.MatchString(a.VersionPrefix),
		"VersionPrefix %q is not a minor version such as \"1.35\"", a.VersionPrefix)
	check.Input("VPCID", a.VPCID)
	check.Input("Token", a.Token)
	check.That(slices.Contains(days, a.MaintenanceDay), "MaintenanceDay %q is not one of %v", a.MaintenanceDay, days)
	check.That(timeOfDay.MatchString(a.MaintenanceTime),
		"MaintenanceTime %q is not a time of day such as \"06:00\"", a.MaintenanceTime)

	pods, perr := netip.ParsePrefix(a.PodSubnet)
	check.That(perr == nil, "PodSubnet %q is not a range in CIDR notation", a.PodSubnet)
	services, serr := netip.ParsePrefix(a.ServiceSubnet)
	check.That(serr == nil, "ServiceSubnet %q is not a range in CIDR notation", a.ServiceSubnet)
	check.That(perr != nil || serr != nil || !pods.Overlaps(services),
		"PodSubnet %s overlaps ServiceSubnet %s", a.PodSubnet, a.ServiceSubnet)
	for i, address := range a.AllowedAddresses {
		_, aerr := netip.ParseAddr(address)
		_, rerr := netip.ParsePrefix(address)
		check.That(aerr == nil || rerr == nil, "AllowedAddresses[%d] %q is neither an address nor a range in CIDR notation", i, address)
	}

	check.Text("DefaultPool.Name", a.DefaultPool.Name)
	check.Text("DefaultPool.Size", a.DefaultPool.Size)
	check.That(a.DefaultPool.Nodes >= 1, "DefaultPool.Nodes %d is less than 1", a.DefaultPool.Nodes)
	a.validatePools(check)
	return check.Err()
}

func (a *Args) validatePools(check *room.Check) {
	names := map[string]bool{a.DefaultPool.Name: true}
	roles := map[string]bool{DefaultRole: true}
	for i, pool := range a.NodePools {
		check.That(pool.Name != "", "NodePools[%d].Name is missing", i)
		check.That(pool.Size != "", "NodePools[%d].Size is missing", i)
		check.That(labelValue.MatchString(pool.Role),
			"NodePools[%d].Role %q is not made of lower-case letters, digits and hyphens", i, pool.Role)
		check.That(!names[pool.Name], "NodePools[%d].Name %q is taken", i, pool.Name)
		check.That(!roles[pool.Role], "NodePools[%d].Role %q is taken", i, pool.Role)
		names[pool.Name], roles[pool.Role] = true, true
		check.That(pool.MinNodes >= 1, "NodePools[%d].MinNodes %d is less than 1", i, pool.MinNodes)
		check.That(pool.MaxNodes >= pool.MinNodes,
			"NodePools[%d].MaxNodes %d is less than MinNodes %d", i, pool.MaxNodes, pool.MinNodes)
		_, reserved := pool.Labels[PoolLabel]
		check.That(!reserved, "NodePools[%d].Labels sets %s, which is the role's", i, PoolLabel)
		for j, taint := range pool.Taints {
			check.That(taint.Key != "", "NodePools[%d].Taints[%d].Key is missing", i, j)
			check.That(slices.Contains(effects, taint.Effect),
				"NodePools[%d].Taints[%d].Effect %q is not one of %v", i, j, taint.Effect, effects)
		}
	}
}
