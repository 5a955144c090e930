package monitoring

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// The alert types of the monitoring API that are used here, from the property "type" of the provider's MonitorAlert.
const (
	nodeCPU    = "v1/insights/droplet/cpu"
	nodeMemory = "v1/insights/droplet/memory_utilization_percent"
	nodeDisk   = "v1/insights/droplet/disk_utilization_percent"

	databaseCPU    = "v1/dbaas/alerts/cpu_alerts"
	databaseMemory = "v1/dbaas/alerts/memory_utilization_alerts"
	databaseDisk   = "v1/dbaas/alerts/disk_utilization_alerts"

	balancerConnections = "v1/insights/lbaas/connection_utilization_percent"
	balancerCPU         = "v1/insights/lbaas/avg_cpu_utilization_percent"
)

// alert is one alert on what is known by its ID or by a tag, for a value that is exceeded.
type alert struct {
	suffix, kind   string
	value          int
	what           string
	entities, tags pulumi.StringArrayInput
}

// alerts makes the alerts on the nodes, the databases and the load balancer.
func (m *Monitoring) alerts(ctx *pulumi.Context, name string, args *Args) error {
	notification := digitalocean.MonitorAlertAlertsArgs{Emails: pulumi.ToStringArray(args.Emails)}
	if args.SlackChannel != "" {
		notification.Slacks = digitalocean.MonitorAlertAlertsSlackArray{digitalocean.MonitorAlertAlertsSlackArgs{
			Channel: pulumi.String(args.SlackChannel), Url: args.SlackWebhook,
		}}
	}
	for _, a := range args.alerts() {
		_, err := digitalocean.NewMonitorAlert(ctx, name+"-"+a.suffix, &digitalocean.MonitorAlertArgs{
			Description: pulumi.String(args.Name + " " + a.what),
			Type:        pulumi.String(a.kind),
			Compare:     pulumi.String("GreaterThan"),
			Value:       pulumi.Float64(a.value),
			Window:      pulumi.String("10m"),
			Entities:    a.entities,
			Tags:        a.tags,
			Enabled:     pulumi.Bool(true),
			Alerts:      notification,
		}, pulumi.Parent(m))
		if err != nil {
			return fmt.Errorf("creating alert %q: %w", a.what, err)
		}
	}
	return nil
}

func (a *Args) alerts() []alert {
	alerts := a.utilization("nodes", nodeCPU, nodeMemory, nodeDisk, nil, pulumi.StringArray{a.NodeTag})
	for _, key := range slices.Sorted(maps.Keys(a.Databases)) {
		id := pulumi.StringArray{a.Databases[key].ID}
		alerts = append(alerts, a.utilization(key, databaseCPU, databaseMemory, databaseDisk, id, nil)...)
	}
	balancer := pulumi.StringArray{a.LoadBalancerID}
	// None on the share of nodes that answer its health check: those without a controller pod never do.
	return append(alerts,
		alert{
			"load-balancer-connections", balancerConnections, 80, "load balancer: share of its connections in use",
			balancer, nil,
		},
		alert{"load-balancer-cpu", balancerCPU, 80, "load balancer: CPU", balancer, nil},
	)
}

// utilization are the alerts on what has processors, memory and a disk.
func (a *Args) utilization(what, cpu, memory, disk string, entities, tags pulumi.StringArrayInput) []alert {
	return []alert{
		{what + "-cpu", cpu, a.CPUPercent, what + ": CPU", entities, tags},
		{what + "-memory", memory, a.MemoryPercent, what + ": memory", entities, tags},
		{what + "-disk", disk, a.DiskPercent, what + ": disk", entities, tags},
	}
}
