// Package monitoring watches the environment from outside (uptime checks) and
// from inside (resource alerts), and tells people.
package monitoring

import (
	"fmt"
	"net/url"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/room"
)

// Args are the arguments of a Monitoring.
type Args struct {
	// Name is the beginning of the display name of every check and alert.
	Name string
	// Checks are the public addresses to watch.
	Checks []Check
	// Regions that the checks look from: us_east, us_west, eu_west, se_asia.
	Regions []string
	// LatencyMilliseconds is the latency that raises an alert when every request
	// of five minutes exceeds it.
	LatencyMilliseconds int
	// NodeTag is the tag that all Droplets of the cluster carry. DOKS gives them
	// "k8s:<cluster ID>".
	NodeTag pulumi.StringInput
	// Databases are the database clusters to watch.
	Databases []Database
	// LoadBalancerID is the load balancer to watch.
	LoadBalancerID pulumi.StringInput
	// CPUPercent, MemoryPercent and DiskPercent of nodes and databases raise an
	// alert when they stay exceeded for the window of ten minutes.
	CPUPercent, MemoryPercent, DiskPercent int
	// Notify says whom the alerts reach.
	Notify Notify
}

// Check is one public address.
type Check struct {
	// Name tells the checks apart: "web", "streaming".
	Name string
	// URL answers with status 200 while the service is up. It must be https.
	URL string
}

// Database is one database cluster.
type Database struct {
	// Name tells the clusters apart: "database", "cache".
	Name string
	// ID of the cluster.
	ID pulumi.StringInput
}

// Notify says whom an alert reaches. At least one way is needed.
type Notify struct {
	// Emails are verified addresses of the account's team.
	Emails []string
	// SlackChannel is a channel's name, with the webhook to reach it.
	SlackChannel string
	SlackWebhook pulumi.StringInput
}

// Monitoring is a set of checks and alerts.
type Monitoring struct {
	pulumi.ResourceState

	// CheckIDs are the IDs of the uptime checks by name.
	CheckIDs pulumi.StringMapOutput `pulumi:"checkIds"`
}

// certificateDays is how long before a certificate's end it raises an alert.
// cert-manager and the CDN renew 30 days before, so that renewal has failed for
// more than two weeks by then.
const certificateDays = 14

// New makes the checks and alerts. It needs a DigitalOcean provider among the
// options.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Monitoring, error) {
	if err := args.validate(); err != nil {
		return nil, err
	}
	m := &Monitoring{}
	if err := ctx.RegisterComponentResource("vmst:monitoring:Monitoring", name, m, opts...); err != nil {
		return nil, fmt.Errorf("registering monitoring %q: %w", name, err)
	}
	ids := pulumi.StringMap{}
	for _, check := range args.Checks {
		id, err := m.watch(ctx, name, args, check)
		if err != nil {
			return nil, err
		}
		ids[check.Name] = id
	}
	if err := m.alert(ctx, name, args); err != nil {
		return nil, err
	}
	m.CheckIDs = ids.ToStringMapOutput()
	return m, ctx.RegisterResourceOutputs(m, pulumi.Map{"checkIds": m.CheckIDs})
}

// watch makes one uptime check and its alerts: the service is down, slow, or
// about to lose its certificate.
func (m *Monitoring) watch(ctx *pulumi.Context, name string, args *Args, check Check) (pulumi.StringOutput, error) {
	uptime, err := digitalocean.NewUptimeCheck(ctx, name+"-"+check.Name, &digitalocean.UptimeCheckArgs{
		Name:    pulumi.String(args.Name + " " + check.Name),
		Target:  pulumi.String(check.URL),
		Type:    pulumi.String("https"),
		Regions: pulumi.ToStringArray(args.Regions),
		Enabled: pulumi.Bool(true),
	}, pulumi.Parent(m))
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("creating uptime check of %s: %w", check.URL, err)
	}
	// Allowed types, periods and comparisons: the API's uptime alert,
	// docs.digitalocean.com/products/uptime.
	for _, alert := range []struct {
		suffix, kind, comparison, period string
		threshold                        int
	}{
		{"down", "down_global", "less_than", "2m", 1},
		{"latency", "latency", "greater_than", "5m", args.LatencyMilliseconds},
		{"certificate", "ssl_expiry", "less_than", "2m", certificateDays},
	} {
		_, err := digitalocean.NewUptimeAlert(ctx, name+"-"+check.Name+"-"+alert.suffix, &digitalocean.UptimeAlertArgs{
			Name:          pulumi.String(args.Name + " " + check.Name + " " + alert.suffix),
			CheckId:       uptime.ID().ToStringOutput(),
			Type:          pulumi.String(alert.kind),
			Comparison:    pulumi.String(alert.comparison),
			Period:        pulumi.String(alert.period),
			Threshold:     pulumi.Int(alert.threshold),
			Notifications: digitalocean.UptimeAlertNotificationArray{args.Notify.uptime()},
		}, pulumi.Parent(m))
		if err != nil {
			return pulumi.StringOutput{}, fmt.Errorf("creating %s alert of %s: %w", alert.suffix, check.URL, err)
		}
	}
	return uptime.ID().ToStringOutput(), nil
}

func (n Notify) uptime() digitalocean.UptimeAlertNotificationInput {
	args := digitalocean.UptimeAlertNotificationArgs{Emails: pulumi.ToStringArray(n.Emails)}
	if n.SlackChannel != "" {
		args.Slacks = digitalocean.UptimeAlertNotificationSlackArray{digitalocean.UptimeAlertNotificationSlackArgs{
			Channel: pulumi.String(n.SlackChannel), Url: n.SlackWebhook,
		}}
	}
	return args
}

func (n Notify) monitor() digitalocean.MonitorAlertAlertsInput {
	args := digitalocean.MonitorAlertAlertsArgs{Emails: pulumi.ToStringArray(n.Emails)}
	if n.SlackChannel != "" {
		args.Slacks = digitalocean.MonitorAlertAlertsSlackArray{digitalocean.MonitorAlertAlertsSlackArgs{
			Channel: pulumi.String(n.SlackChannel), Url: n.SlackWebhook,
		}}
	}
	return args
}

func (a *Args) validate() error {
	check := room.NewCheck("monitoring")
	check.Text("Name", a.Name)
	names := map[string]bool{}
	for i, c := range a.Checks {
		check.Text(fmt.Sprintf("Checks[%d].Name", i), c.Name)
		check.That(!names[c.Name], "Checks[%d].Name %q is taken already", i, c.Name)
		names[c.Name] = true
		u, err := url.Parse(c.URL)
		check.That(err == nil && u.Scheme == "https" && u.Host != "", "Checks[%d].URL %q is not an https URL", i, c.URL)
	}
	names = map[string]bool{}
	for i, d := range a.Databases {
		check.Text(fmt.Sprintf("Databases[%d].Name", i), d.Name)
		check.That(!names[d.Name], "Databases[%d].Name %q is taken already", i, d.Name)
		names[d.Name] = true
		check.Input(fmt.Sprintf("Databases[%d].ID", i), d.ID)
	}
	check.That(len(a.Regions) > 0, "Regions is empty")
	check.That(a.LatencyMilliseconds > 0, "LatencyMilliseconds %d is not above 0", a.LatencyMilliseconds)
	for field, percent := range map[string]int{"CPUPercent": a.CPUPercent, "MemoryPercent": a.MemoryPercent, "DiskPercent": a.DiskPercent} {
		check.That(percent >= 1 && percent <= 100, "%s %d is not between 1 and 100", field, percent)
	}
	check.Input("NodeTag", a.NodeTag)
	check.Input("LoadBalancerID", a.LoadBalancerID)
	check.That(len(a.Notify.Emails) > 0 || a.Notify.SlackChannel != "", "Notify has neither Emails nor SlackChannel")
	check.That(a.Notify.SlackChannel == "" || a.Notify.SlackWebhook != nil, "Notify.SlackChannel needs SlackWebhook")
	return check.Err()
}
