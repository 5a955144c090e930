package rooms_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/monitoring"
	"github.com/vmstio/infrastructure/tests/mocks"
)

const (
	uptimeCheckType  = "digitalocean:index/uptimeCheck:UptimeCheck"
	uptimeAlertType  = "digitalocean:index/uptimeAlert:UptimeAlert"
	monitorAlertType = "digitalocean:index/monitorAlert:MonitorAlert"
)

func monitoringProgram(args monitoring.Args) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := monitoring.New(ctx, "monitoring", &args)
		return err
	}
}

func monitoringArgs() monitoring.Args {
	return monitoring.Args{
		Name: "example.social",
		Checks: []monitoring.Check{
			{Name: "web", URL: "https://example.social/health"},
			{Name: "streaming", URL: "https://streaming.example.social/api/v1/streaming/health"},
		},
		Regions: []string{"us_east", "eu_west"}, LatencyMilliseconds: 1500,
		NodeTag: pulumi.String("k8s:cluster"),
		Databases: []monitoring.Database{
			{Name: "database", ID: pulumi.String("pg")}, {Name: "cache", ID: pulumi.String("valkey")},
		},
		LoadBalancerID: pulumi.String("lb"),
		CPUPercent:     80, MemoryPercent: 85, DiskPercent: 90,
		Notify: monitoring.Notify{
			Emails:       []string{"night@example.social"},
			SlackChannel: "#ops", SlackWebhook: pulumi.ToSecret(pulumi.String("https://hooks.slack.example/x")).(pulumi.StringOutput),
		},
	}
}

func TestMonitoringWatchesFromOutside(t *testing.T) {
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(monitoringProgram(monitoringArgs())))

	web := r.One(t, uptimeCheckType, "monitoring-web")
	require.Equal(t, "https://example.social/health", web.Input("target"))
	require.Equal(t, "https", web.Input("type"))
	require.Equal(t, []any{"us_east", "eu_west"}, web.Input("regions"))
	require.Equal(t, true, web.Input("enabled"))
	require.Len(t, r.OfType(uptimeCheckType), 2)

	for name, want := range map[string]struct {
		kind, comparison string
		threshold        float64
	}{
		"down":        {"down_global", "less_than", 1},
		"latency":     {"latency", "greater_than", 1500},
		"certificate": {"ssl_expiry", "less_than", 14},
	} {
		alert := r.One(t, uptimeAlertType, "monitoring-web-"+name)
		require.Equal(t, "monitoring-web-id", alert.Input("checkId"))
		require.Equal(t, want.kind, alert.Input("type"))
		require.Equal(t, want.comparison, alert.Input("comparison"))
		require.Equal(t, want.threshold, alert.Input("threshold"))
		require.Equal(t, "night@example.social", alert.Input("notifications", 0, "emails", 0))
		require.Equal(t, "#ops", alert.Input("notifications", 0, "slacks", 0, "channel"))
		require.True(t, alert.Secret("notifications"), "the webhook is a secret")
	}
}

func TestMonitoringWatchesFromInside(t *testing.T) {
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(monitoringProgram(monitoringArgs())))

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
	require.Equal(t, 90.0, disk.Input("value"))

	health := r.One(t, monitorAlertType, "monitoring-load-balancer-health")
	require.Equal(t, "v1/insights/lbaas/droplet_health", health.Input("type"))
	require.Equal(t, "LessThan", health.Input("compare"))
	require.Equal(t, []any{"lb"}, health.Input("entities"))
	require.Len(t, r.OfType(monitorAlertType), 3+2*3+3)
}

func TestMonitoringInPreview(t *testing.T) {
	r := &mocks.Recorder{Preview: true}
	require.NoError(t, r.Run(monitoringProgram(monitoringArgs())))
	require.Len(t, r.OfType(uptimeAlertType), 6)
}

func TestMonitoringReturnsFailures(t *testing.T) {
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, monitoringProgram(monitoringArgs()))
}

func TestMonitoringRefusesBadArguments(t *testing.T) {
	r := &mocks.Recorder{}
	err := r.Run(monitoringProgram(monitoring.Args{
		Checks:     []monitoring.Check{{Name: "web", URL: "http://plain.example"}, {Name: "web", URL: "https://ok.example"}},
		Databases:  []monitoring.Database{{Name: "database"}},
		CPUPercent: 101, Notify: monitoring.Notify{SlackChannel: "#ops"},
	}))
	for _, want := range []string{
		"Name is missing",
		`Checks[0].URL "http://plain.example" is not an https URL`,
		`Checks[1].Name "web" is taken already`,
		"Databases[0].ID is missing",
		"Regions is empty",
		"LatencyMilliseconds 0 is not above 0",
		"CPUPercent 101 is not between 1 and 100",
		"DiskPercent 0 is not between 1 and 100",
		"NodeTag is missing",
		"LoadBalancerID is missing",
		"Notify.SlackChannel needs SlackWebhook",
	} {
		require.ErrorContains(t, err, want)
	}
	require.Empty(t, r.OfType("vmst:monitoring:Monitoring"))
	require.Empty(t, r.OfType(uptimeCheckType))
}
