package monitoring

import (
	"fmt"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// The alert types of the monitoring API that are used here, from the property
// "type" of the provider's MonitorAlert.
const (
	nodeCPU    = "v1/insights/droplet/cpu"
	nodeMemory = "v1/insights/droplet/memory_utilization_percent"
	nodeDisk   = "v1/insights/droplet/disk_utilization_percent"

	databaseCPU    = "v1/dbaas/alerts/cpu_alerts"
	databaseMemory = "v1/dbaas/alerts/memory_utilization_alerts"
	databaseDisk   = "v1/dbaas/alerts/disk_utilization_alerts"

	balancerConnections = "v1/insights/lbaas/connection_utilization_percent"
	balancerCPU         = "v1/insights/lbaas/avg_cpu_utilization_percent"
	balancerHealth      = "v1/insights/lbaas/droplet_health"
)

const window = "10m"

// threshold is one alert on one kind of resource.
type threshold struct {
	suffix, kind, compare string
	value                 float64
	what                  string
}

// alert makes the alerts on the nodes, the databases and the load balancer.
func (m *Monitoring) alert(ctx *pulumi.Context, name string, args *Args) error {
	for _, t := range args.utilization("nodes", nodeCPU, nodeMemory, nodeDisk) {
		if err := m.monitor(ctx, name, args, t, nil, pulumi.StringArray{args.NodeTag}); err != nil {
			return err
		}
	}
	for _, db := range args.Databases {
		for _, t := range args.utilization(db.Name, databaseCPU, databaseMemory, databaseDisk) {
			if err := m.monitor(ctx, name, args, t, pulumi.StringArray{db.ID}, nil); err != nil {
				return err
			}
		}
	}
	for _, t := range []threshold{
		{"load-balancer-connections", balancerConnections, "GreaterThan", 80, "load balancer: share of its connections in use"},
		{"load-balancer-cpu", balancerCPU, "GreaterThan", 80, "load balancer: CPU"},
		{"load-balancer-health", balancerHealth, "LessThan", 1, "load balancer: share of nodes that answer its health check"},
	} {
		if err := m.monitor(ctx, name, args, t, pulumi.StringArray{args.LoadBalancerID}, nil); err != nil {
			return err
		}
	}
	return nil
}

func (a *Args) utilization(what, cpu, memory, disk string) []threshold {
	return []threshold{
		{what + "-cpu", cpu, "GreaterThan", float64(a.CPUPercent), what + ": CPU"},
		{what + "-memory", memory, "GreaterThan", float64(a.MemoryPercent), what + ": memory"},
		{what + "-disk", disk, "GreaterThan", float64(a.DiskPercent), what + ": disk"},
	}
}

func (m *Monitoring) monitor(ctx *pulumi.Context, name string, args *Args, t threshold, entities, tags pulumi.StringArrayInput) error {
	_, err := digitalocean.NewMonitorAlert(ctx, name+"-"+t.suffix, &digitalocean.MonitorAlertArgs{
		Description: pulumi.String(args.Name + " " + t.what),
		Type:        pulumi.String(t.kind),
		Compare:     pulumi.String(t.compare),
		Value:       pulumi.Float64(t.value),
		Window:      pulumi.String(window),
		Entities:    entities,
		Tags:        tags,
		Enabled:     pulumi.Bool(true),
		Alerts:      args.Notify.monitor(),
	}, pulumi.Parent(m))
	if err != nil {
		return fmt.Errorf("creating alert %q: %w", t.what, err)
	}
	return nil
}
