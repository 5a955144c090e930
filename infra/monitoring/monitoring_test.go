package monitoring_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/catalogue"
	"github.com/vmstio/infrastructure/infra/internal/managed"
	"github.com/vmstio/infrastructure/infra/monitoring"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/tests/mocks"
)

const (
	roomType         = "vmst:monitoring:Monitoring"
	uptimeCheckType  = "digitalocean:index/uptimeCheck:UptimeCheck"
	uptimeAlertType  = "digitalocean:index/uptimeAlert:UptimeAlert"
	monitorAlertType = "digitalocean:index/monitorAlert:MonitorAlert"
)

func monitoringArgs() monitoring.Args {
	return monitoring.Args{
		Monitoring: settings.Monitoring{
			Emails: []string{"night@example.social"}, SlackChannel: "#ops",
			Regions: []string{"us_east", "eu_west"}, LatencyMilliseconds: 1500,
			CPUPercent: 80, MemoryPercent: 85, DiskPercent: 90,
		},
		Name: "example.social",
		Endpoints: []settings.Endpoint{
			{Name: "web", Host: "example.social", HealthPath: "/health"},
			{Name: "streaming", Host: "streaming.example.social", HealthPath: "/api/v1/streaming/health"},
		},
		CertificateDays: 14, NodeTag: pulumi.String("k8s:cluster"),
		Databases: map[string]*managed.Database{
			"database": {ID: pulumi.String("pg").ToStringOutput()},
			"cache":    {ID: pulumi.String("valkey").ToStringOutput()},
		},
		LoadBalancerID: pulumi.String("lb"),
		SlackWebhook:   pulumi.ToSecret(pulumi.String("https://hooks.slack.example/x")).(pulumi.StringOutput),
	}
}

// program makes the monitoring, and stores it in made.
func program(args monitoring.Args, made **monitoring.Monitoring) pulumi.RunFunc {
	return func(ctx *pulumi.Context) (err error) {
		*made, err = monitoring.New(ctx, "monitoring", &args)
		return err
	}
}

// run runs the program to its end.
func run(t *testing.T, r *mocks.Recorder, args monitoring.Args) (made *monitoring.Monitoring) {
	t.Helper()
	require.NoError(t, r.Run(program(args, &made)))
	return made
}

func TestFromOutside(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	made := run(t, r, monitoringArgs())

	web := r.One(t, uptimeCheckType, "monitoring-web")
	require.Contains(t, web.Parent, roomType+"::monitoring")
	require.Equal(t, map[string]any{
		"name": "example.social web", "target": "https://example.social/health", "type": "https",
		"regions": []any{"us_east", "eu_west"}, "enabled": true,
	}, web.Inputs.Mappable())
	require.Len(t, r.OfType(uptimeCheckType), 2)
	require.Equal(t, map[string]string{"web": "monitoring-web-id", "streaming": "monitoring-streaming-id"},
		mocks.Value[map[string]string](t, made.CheckIDs))

	for name, want := range map[string]struct {
		kind                  string
		comparison, threshold any
	}{
		// The API drops both of this one, which would be a change in every preview.
		"down":        {"down_global", nil, nil},
		"latency":     {"latency", "greater_than", 1500.0},
		"certificate": {"ssl_expiry", "less_than", 14.0},
	} {
		alert := r.One(t, uptimeAlertType, "monitoring-web-"+name)
		require.Equal(t, "monitoring-web-id", alert.Input("checkId"))
		require.Equal(t, want.kind, alert.Input("type"))
		require.Equal(t, want.comparison, alert.Input("comparison"))
		require.Equal(t, want.threshold, alert.Input("threshold"))
		require.Equal(t, []string{"checkId"}, alert.ReplaceOnChanges)
		require.Equal(t, "night@example.social", alert.Input("notifications", 0, "emails", 0))
		require.Equal(t, "#ops", alert.Input("notifications", 0, "slacks", 0, "channel"))
		require.True(t, alert.Secret("notifications"), "the webhook is a secret")
	}
}

func TestFromInside(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	run(t, r, monitoringArgs())

	nodes := r.One(t, monitorAlertType, "monitoring-nodes-memory")
	require.Equal(t, "v1/insights/droplet/memory_utilization_percent", nodes.Input("type"))
	require.Equal(t, []any{"k8s:cluster"}, nodes.Input("tags"))
	require.Nil(t, nodes.Input("entities"))
	require.Equal(t, 85.0, nodes.Input("value"))
	require.Equal(t, "GreaterThan", nodes.Input("compare"))
	require.True(t, nodes.Secret("alerts"), "the webhook is a secret")

	disk := r.One(t, monitorAlertType, "monitoring-database-disk")
	require.Equal(t, "v1/dbaas/alerts/disk_utilization_alerts", disk.Input("type"))
	require.Equal(t, []any{"pg"}, disk.Input("entities"))
	require.Nil(t, disk.Input("tags"))
	require.Equal(t, 90.0, disk.Input("value"))

	balancer := r.One(t, monitorAlertType, "monitoring-load-balancer-cpu")
	require.Equal(t, "v1/insights/lbaas/avg_cpu_utilization_percent", balancer.Input("type"))
	require.Equal(t, []any{"lb"}, balancer.Input("entities"))
	require.Len(t, r.OfType(monitorAlertType), 3+2*3+2)
	for _, alert := range r.OfType(monitorAlertType) {
		require.Contains(t, catalogue.AlertMetrics(), alert.Input("type"))
	}
}

func TestWithoutSlack(t *testing.T) {
	t.Parallel()
	args := monitoringArgs()
	args.SlackChannel, args.SlackWebhook = "", nil
	r := &mocks.Recorder{}
	run(t, r, args)
	require.Equal(t, []any{map[string]any{"emails": []any{"night@example.social"}}},
		r.One(t, uptimeAlertType, "monitoring-web-down").Input("notifications"))
	require.Equal(t, map[string]any{"emails": []any{"night@example.social"}},
		r.One(t, monitorAlertType, "monitoring-nodes-cpu").Input("alerts"))
}

func TestPreview(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{Preview: true}
	run(t, r, monitoringArgs())
	require.Len(t, r.OfType(uptimeAlertType), 6)
}

func TestFailures(t *testing.T) {
	t.Parallel()
	var made *monitoring.Monitoring
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, program(monitoringArgs(), &made))
}

func TestMissingArgumentsRegisterNothing(t *testing.T) {
	t.Parallel()
	var made *monitoring.Monitoring
	r := &mocks.Recorder{}
	require.ErrorContains(t, r.Run(program(monitoring.Args{
		Monitoring: settings.Monitoring{SlackChannel: "#ops"}, Databases: map[string]*managed.Database{"database": {}},
	}, &made)), "monitoring arguments: Databases[database].ID, LoadBalancerID, Name, NodeTag, SlackWebhook missing")
	require.Empty(t, r.OfType(roomType))
	require.Empty(t, r.OfType(uptimeCheckType))
}
