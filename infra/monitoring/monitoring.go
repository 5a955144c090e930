// Package monitoring watches the environment from outside (uptime checks) and from inside (resource alerts), and tells
// people.
package monitoring

import (
	"fmt"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/internal/component"
	"github.com/vmstio/infrastructure/infra/internal/managed"
	"github.com/vmstio/infrastructure/infra/settings"
)

// Args are the arguments of a Monitoring.
type Args struct {
	settings.Monitoring
	// Name is the beginning of the display name of every check and alert.
	Name string
	// Endpoints are the public addresses to watch. Each has a health page.
	Endpoints []settings.Endpoint
	// CertificateDays is how long before a certificate's end it raises an alert.
	CertificateDays int
	// NodeTag is the tag that all Droplets of the cluster carry.
	NodeTag pulumi.StringInput
	// Databases are the database clusters to watch, by the names that tell them apart: "database", "cache".
	Databases map[string]*managed.Database
	// LoadBalancerID is the load balancer to watch.
	LoadBalancerID pulumi.StringInput
	// SlackWebhook reaches SlackChannel. It may be nil where there is none.
	SlackWebhook pulumi.StringInput
}

// Monitoring is a set of checks and alerts.
type Monitoring struct {
	pulumi.ResourceState

	// CheckIDs are the IDs of the uptime checks by name.
	CheckIDs pulumi.StringMapOutput
}

// New makes the checks and alerts. It needs a DigitalOcean provider among the options.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Monitoring, error) {
	required := map[string]any{"Name": args.Name, "NodeTag": args.NodeTag, "LoadBalancerID": args.LoadBalancerID}
	for key, db := range args.Databases {
		required["Databases["+key+"].ID"] = db.ID
	}
	if args.SlackChannel != "" {
		required["SlackWebhook"] = args.SlackWebhook
	}
	if err := component.Require("monitoring", required); err != nil {
		return nil, err
	}
	m := &Monitoring{}
	if err := ctx.RegisterComponentResource("vmst:monitoring:Monitoring", name, m, opts...); err != nil {
		return nil, fmt.Errorf("registering monitoring %q: %w", name, err)
	}
	if err := m.checks(ctx, name, args); err != nil {
		return nil, err
	}
	if err := m.alerts(ctx, name, args); err != nil {
		return nil, err
	}
	return m, ctx.RegisterResourceOutputs(m, pulumi.Map{"checkIds": m.CheckIDs})
}

// checks makes an uptime check of every endpoint, with its alerts.
func (m *Monitoring) checks(ctx *pulumi.Context, name string, args *Args) error {
	ids := pulumi.StringMap{}
	for _, endpoint := range args.Endpoints {
		check, err := digitalocean.NewUptimeCheck(ctx, name+"-"+endpoint.Name, &digitalocean.UptimeCheckArgs{
			Name:    pulumi.String(args.Name + " " + endpoint.Name),
			Target:  pulumi.String(endpoint.HealthURL()),
			Type:    pulumi.String("https"),
			Regions: pulumi.ToStringArray(args.Regions),
			Enabled: pulumi.Bool(true),
		}, pulumi.Parent(m))
		if err != nil {
			return fmt.Errorf("creating uptime check of %s: %w", endpoint.HealthURL(), err)
		}
		id := check.ID().ToStringOutput()
		if err := m.uptimeAlerts(ctx, name, args, endpoint, id); err != nil {
			return err
		}
		ids[endpoint.Name] = id
	}
	m.CheckIDs = ids.ToStringMapOutput()
	return nil
}

// uptimeAlerts makes the alerts of one check: the service is down, slow, or about to lose its certificate.
func (m *Monitoring) uptimeAlerts(
	ctx *pulumi.Context, name string, args *Args, endpoint settings.Endpoint, checkID pulumi.StringOutput,
) error {
	notification := digitalocean.UptimeAlertNotificationArgs{Emails: pulumi.ToStringArray(args.Emails)}
	if args.SlackChannel != "" {
		notification.Slacks = digitalocean.UptimeAlertNotificationSlackArray{
			digitalocean.UptimeAlertNotificationSlackArgs{
				Channel: pulumi.String(args.SlackChannel), Url: args.SlackWebhook,
			},
		}
	}
	// Allowed types, periods and comparisons: the API's uptime alert, docs.digitalocean.com/products/uptime.
	for _, alert := range []struct {
		suffix, kind, comparison, period string
		threshold                        int
	}{
		// The API wants neither comparison nor threshold of this one, and drops them.
		{"down", "down_global", "", "2m", 0},
		{"latency", "latency", "greater_than", "5m", args.LatencyMilliseconds},
		{"certificate", "ssl_expiry", "less_than", "2m", args.CertificateDays},
	} {
		if endpoint.Mark && alert.kind != "down_global" {
			continue
		}
		child := name + "-" + endpoint.Name + "-" + alert.suffix
		made := &digitalocean.UptimeAlertArgs{
			Name:          pulumi.String(args.Name + " " + endpoint.Name + " " + alert.suffix),
			CheckId:       checkID,
			Type:          pulumi.String(alert.kind),
			Period:        pulumi.String(alert.period),
			Notifications: digitalocean.UptimeAlertNotificationArray{notification},
		}
		if alert.comparison != "" {
			made.Comparison, made.Threshold = pulumi.String(alert.comparison), pulumi.Int(alert.threshold)
		}
		// The provider would look for the alerts of a check that was replaced under the new one
		// (terraform-provider-digitalocean, uptime/resource_uptime_alert.go).
		_, err := digitalocean.NewUptimeAlert(ctx, child, made,
			pulumi.Parent(m), pulumi.ReplaceOnChanges([]string{"checkId"}))
		if err != nil {
			return fmt.Errorf("creating %s alert of %s: %w", alert.suffix, endpoint.HealthURL(), err)
		}
	}
	return nil
}
