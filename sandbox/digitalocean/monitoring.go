package digitalocean

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	sdk "github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"

	"github.com/vmstio/infrastructure/infra/catalogue"
	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

// metrics that a MonitorAlert can watch, by the beginning of their names (Terraform provider, resource monitor_alert).
var metrics = map[string][]string{
	"v1/insights/droplet/": strings.Fields(
		`load_1 load_5 load_15 memory_utilization_percent disk_utilization_percent cpu
		disk_read disk_write public_outbound_bandwidth public_inbound_bandwidth private_outbound_bandwidth
		private_inbound_bandwidth`),
	"v1/insights/lbaas/": strings.Fields(`avg_cpu_utilization_percent connection_utilization_percent droplet_health
		tls_connections_per_second_utilization_percent increase_in_http_error_rate_percentage_5xx
		increase_in_http_error_rate_percentage_4xx increase_in_http_error_rate_count_5xx
		increase_in_http_error_rate_count_4xx high_http_request_response_time high_http_request_response_time_50p
		high_http_request_response_time_95p high_http_request_response_time_99p`),
	"v1/dbaas/alerts/": strings.Fields("load_15_alerts cpu_alerts memory_utilization_alerts disk_utilization_alerts"),
}

// Limits of uptime checks and alerts (documentation of uptime, "Limits").
const (
	mostAlerts = 5
	mostEmails = 9
)

func monitoringResources() map[string]sim.Resource {
	emails := []sim.Check{fewEmails}
	return map[string]sim.Resource{
		typeCheck: sim.From(sdk.UptimeCheckArgs{}, sdk.UptimeCheck{}, sim.Rules{
			AutoNamed: "name", Unordered: "regions", Defaults: map[string]any{"type": "https", "enabled": true},
			Checks: map[string][]sim.Check{
				"type": {sim.OneOf("ping", "http", "https")}, "regions[]": {sim.OneOf(catalogue.UptimeRegions()...)},
			},
		}, sim.Resource{
			Check:  checkTarget,
			Create: func(sim.Call, sim.State) (string, error) { return newID(), nil },
			Delete: func(call sim.Call, id string, _ sim.State) error {
				return deleteAll(call, typeAlert, "checkId", id)
			},
		}),
		typeAlert: sim.From(sdk.UptimeAlertArgs{}, sdk.UptimeAlert{}, sim.Rules{
			AutoNamed: "name", Required: "notifications",
			Checks: map[string][]sim.Check{
				"type":                 {sim.OneOf("latency", "down", "down_global", "ssl_expiry")},
				"comparison":           {sim.OneOf("greater_than", "less_than")},
				"period":               {sim.OneOf("2m", "3m", "5m", "10m", "15m", "30m", "1h")},
				"notifications.emails": emails, "notifications.emails[]": {email},
			},
		}, sim.Resource{
			Check: checkAlert,
			Create: func(call sim.Call, state sim.State) (string, error) {
				have := len(having(call, typeAlert, "checkId", state.String("checkId")))
				return newID(), errors.Join(alertedCheck(call, state), atMost(mostAlerts, have, "alerts of the check"))
			},
			Update: func(call sim.Call, _ string, _, state sim.State) error { return alertedCheck(call, state) },
		}),
		"digitalocean:index/monitorAlert:MonitorAlert": sim.From(sdk.MonitorAlertArgs{}, sdk.MonitorAlert{}, sim.Rules{
			Unordered: "entities tags", Defaults: map[string]any{"enabled": true},
			Checks: map[string][]sim.Check{
				"type": {metric}, "compare": {sim.OneOf("GreaterThan", "LessThan")}, "value": {notNegative},
				"window": {sim.OneOf("5m", "10m", "30m", "1h")}, "alerts.emails": emails, "alerts.emails[]": {email},
			},
		}, sim.Resource{
			Check: checkMonitor,
			Create: func(call sim.Call, state sim.State) (string, error) {
				id := newID()
				state["uuid"] = id
				return id, watched(call, state)
			},
			Update: func(call sim.Call, _ string, _, state sim.State) error { return watched(call, state) },
		}),
	}
}

func notNegative(value any) error {
	if n, _ := value.(float64); n < 0 {
		return errors.New("must not be negative")
	}
	return nil
}

func fewEmails(value any) error {
	if all, _ := value.([]any); len(all) > mostEmails {
		return fmt.Errorf("must not have more than %d addresses", mostEmails)
	}
	return nil
}

func checkTarget(s sim.State) []error {
	if !s.Known("type", "target") {
		return nil
	}
	target := s.String("target")
	parsed, err := url.Parse(target)
	switch {
	case s.String("type") == "ping" && !isHostname(target) && !isSource(target):
		return []error{fmt.Errorf("target = %q: must be a host name or an address when type is ping", target)}
	case s.String("type") != "ping" && (err != nil || parsed.Scheme != s.String("type") || parsed.Host == ""):
		return []error{fmt.Errorf("target = %q: must be a URL that begins with %s:// when type is %s",
			target, s.String("type"), s.String("type"))}
	}
	return nil
}

func checkAlert(s sim.State) []error {
	if !s.Known("type", "threshold", "comparison", "period", "notifications") {
		return nil
	}
	var errs []error
	needs := map[string][]string{
		"latency": {"threshold", "comparison", "period"}, "ssl_expiry": {"threshold", "comparison", "period"},
		"down": {"period"}, "down_global": {"period"},
	}
	for _, property := range needs[s.String("type")] {
		if !s.Has(property) {
			errs = append(errs, fmt.Errorf("%s is required when type is %s", property, s.String("type")))
		}
	}
	for i, notification := range s.Objects("notifications") {
		if len(notification.Strings("emails")) == 0 && len(notification.Objects("slacks")) == 0 {
			errs = append(errs, fmt.Errorf("notifications[%d]: must have emails or slacks", i))
		}
	}
	return errs
}

func alertedCheck(call sim.Call, state sim.State) error {
	_, err := find(call, typeCheck, "uptime check", state.String("checkId"))
	return err
}

func metric(value any) error {
	text, _ := value.(string)
	var known []string
	for prefix, names := range metrics {
		if name, ok := strings.CutPrefix(text, prefix); ok && slices.Contains(names, name) {
			return nil
		}
		for _, name := range names {
			known = append(known, prefix+name)
		}
	}
	slices.Sort(known)
	return fmt.Errorf("must be one of %s", strings.Join(known, ", "))
}

func checkMonitor(s sim.State) []error {
	alerts := s.Object("alerts")
	if s.Known("alerts") && len(alerts.Strings("emails")) == 0 && len(alerts.Objects("slacks")) == 0 {
		return []error{errors.New("alerts: must have emails or slacks")}
	}
	return nil
}

// watched refuses entities that do not exist, or are of another kind than the metric.
func watched(call sim.Call, state sim.State) error {
	for _, id := range state.Strings("entities") {
		var err error
		switch metric := state.String("type"); {
		case strings.HasPrefix(metric, "v1/insights/lbaas/"):
			_, err = find(call, typeLoadBalancer, "load balancer", id)
		case strings.HasPrefix(metric, "v1/dbaas/"):
			_, err = find(call, typeDatabase, "database cluster", id)
		case !droplet(call, id):
			err = refuse(404, "droplet %q does not exist: entities of %s are the numbers of droplets", id, metric)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// droplet tells whether a node of a Kubernetes cluster has this number; there are no other droplets.
func droplet(call sim.Call, id string) bool {
	var nodes []sim.State
	for _, cluster := range call.List(typeCluster) {
		nodes = append(nodes, sim.State(cluster.Outputs).Object("nodePool").Objects("nodes")...)
	}
	for _, pool := range call.List(typeNodePool) {
		nodes = append(nodes, sim.State(pool.Outputs).Objects("nodes")...)
	}
	return slices.ContainsFunc(nodes, func(node sim.State) bool { return node.String("dropletId") == id })
}
