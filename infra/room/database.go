package room

import (
	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Window is a weekly window for the maintenance of a managed database, in UTC.
type Window struct {
	// Day is the lower-case English name of the day.
	Day string
	// Time is the start of the window, "HH:MM".
	Time string
}

// Inputs are the window as the provider takes it.
func (w Window) Inputs() digitalocean.DatabaseClusterMaintenanceWindowArray {
	return digitalocean.DatabaseClusterMaintenanceWindowArray{
		digitalocean.DatabaseClusterMaintenanceWindowArgs{Day: pulumi.String(w.Day), Hour: pulumi.String(w.Time)},
	}
}

// Window records what is missing of a window.
func (c *Check) Window(field string, w Window) {
	c.Text(field+".Day", w.Day)
	c.Text(field+".Time", w.Time)
}

// AdmitCluster makes the firewall of a managed database that admits the nodes of
// one Kubernetes cluster and nobody else. DigitalOcean refuses it while the
// cluster has no nodes, so it waits for the pools. A database has one firewall.
func AdmitCluster(ctx *pulumi.Context, name string, databaseID, clusterID pulumi.StringInput, pools []pulumi.Resource, opts ...pulumi.ResourceOption) (pulumi.Resource, error) {
	return digitalocean.NewDatabaseFirewall(ctx, name, &digitalocean.DatabaseFirewallArgs{
		ClusterId: databaseID.ToStringOutput(),
		Rules: digitalocean.DatabaseFirewallRuleArray{
			digitalocean.DatabaseFirewallRuleArgs{Type: pulumi.String("k8s"), Value: clusterID.ToStringOutput()},
		},
	}, append(opts, pulumi.DependsOn(pools))...)
}
