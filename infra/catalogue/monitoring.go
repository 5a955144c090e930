package catalogue

import (
	"slices"
	"strings"
)

// UptimeRegions returns the places that uptime checks can look from.
//
// Source: Terraform provider, docs/resources/uptime_check.md, 2026-08-06.
func UptimeRegions() []string { return []string{"us_east", "us_west", "eu_west", "se_asia"} }

// AlertMetrics returns what an alert can watch, of Droplets, load balancers and databases.
//
// Source: Terraform provider, digitalocean/monitoring/resource_monitor_alert.go, 2026-08-06.
func AlertMetrics() []string {
	var metrics []string
	for prefix, names := range map[string]string{
		"v1/insights/droplet/": "load_1 load_5 load_15 memory_utilization_percent disk_utilization_percent cpu " +
			"disk_read disk_write public_outbound_bandwidth public_inbound_bandwidth private_outbound_bandwidth " +
			"private_inbound_bandwidth",
		"v1/insights/lbaas/": "avg_cpu_utilization_percent connection_utilization_percent droplet_health " +
			"tls_connections_per_second_utilization_percent increase_in_http_error_rate_percentage_5xx " +
			"increase_in_http_error_rate_percentage_4xx increase_in_http_error_rate_count_5xx " +
			"increase_in_http_error_rate_count_4xx high_http_request_response_time " +
			"high_http_request_response_time_50p high_http_request_response_time_95p " +
			"high_http_request_response_time_99p",
		"v1/dbaas/alerts/": "load_15_alerts cpu_alerts memory_utilization_alerts disk_utilization_alerts",
	} {
		for name := range strings.FieldsSeq(names) {
			metrics = append(metrics, prefix+name)
		}
	}
	slices.Sort(metrics)
	return metrics
}
