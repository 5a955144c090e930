package signals

// Metric is one that the expressions may use.
type Metric struct {
	// Name of the series, with the suffix of a histogram's or summary's.
	Name string
	// From is what exposes it.
	From string
	// Source is where the name is written down.
	Source string
	// Outside is whether a Prometheus outside the cluster can have it, too.
	Outside bool
}

// What exposes metrics.
//
// The prefix "ruby_" is the doing of the exporter's own program, which runs beside each web server; Sidekiq exposes the
// same metrics from within, without it (gem prometheus_exporter 2.3.1, lib/prometheus_exporter/server/runner.rb;
// Mastodon 4.6, config/initializers/prometheus_exporter.rb). What Mastodon's documentation calls
// mastodon_streaming_* has no prefix either (streaming/metrics.js).
const (
	fromWeb       = "the container prometheus-exporter of the web pods"
	fromSidekiq   = "the Sidekiq pods"
	fromJobs      = "the Sidekiq pods, with the chart's value mastodon.metrics.prometheus.sidekiq.detailed"
	fromStreaming = "the streaming pods"
	fromIngress   = "the controller's pods of ingress-nginx"
	fromCerts     = "cert-manager"
	fromState     = "kube-state-metrics"
	fromKubelet   = "the kubelets"
	fromProbe     = "blackbox_exporter"
	fromMarks     = "the marks of the backups, in the bucket"
	fromTimeline  = "this project's probe of the timeline"
	fromScrape    = "Prometheus, for everything that it asks"
	fromRules     = "the rules of this table"
)

const (
	gem       = "gem prometheus_exporter 2.3.1, lib/prometheus_exporter/server/"
	summary   = gem + "web_collector.rb; a summary"
	streaming = "mastodon 4.6, streaming/metrics.js; the collectors of nodejs are prom-client's"
	requests  = "ingress-nginx 1.15, internal/ingress/metric/collectors/socket.go"
	reloads   = "ingress-nginx 1.15, internal/ingress/metric/collectors/controller.go"
	handler   = "blackbox_exporter 0.28, prober/handler.go"
	certs     = "cert-manager 1.21, pkg/metrics"
	state     = "kube-state-metrics 2.20.0, internal/store/"
	volumes   = "Kubernetes, pkg/kubelet/metrics/metrics.go and collectors/volume_stats.go"
	sloth     = "sloth 0.16.0, pkg/common/conventions"
)

// Metrics are all that the expressions of the table use, with where each name comes from. Those of DigitalOcean's
// databases are not among them: they are not documented, so nothing may depend on them until somebody has seen them.
// DigitalOcean's own alerts on processors, memory and disk (infra/monitoring) watch the databases instead.
func Metrics() []Metric {
	return []Metric{
		{Name: "ruby_puma_workers", From: fromWeb, Source: gem + "puma_collector.rb"},
		{Name: "ruby_puma_request_backlog", From: fromWeb, Source: gem + "puma_collector.rb"},
		{Name: "ruby_puma_busy_threads", From: fromWeb, Source: gem + "puma_collector.rb, from Puma 6.6 on"},
		{Name: "ruby_puma_max_threads", From: fromWeb, Source: gem + "puma_collector.rb"},
		{Name: "ruby_active_record_connection_pool_waiting", From: fromWeb, Source: gem + "active_record_collector.rb"},
		{Name: "ruby_http_request_queue_duration_seconds_sum", From: fromWeb, Source: summary},
		{Name: "ruby_http_request_queue_duration_seconds_count", From: fromWeb, Source: summary},

		{Name: "active_record_connection_pool_waiting", From: fromSidekiq, Source: gem + "active_record_collector.rb"},
		{Name: "sidekiq_process_busy", From: fromSidekiq, Source: gem + "sidekiq_process_collector.rb"},
		{Name: "sidekiq_process_concurrency", From: fromSidekiq, Source: gem + "sidekiq_process_collector.rb"},
		// Every process reports its own queues, and all of them the same number: the maximum is true, a sum is not.
		{Name: "sidekiq_queue_latency_seconds", From: fromSidekiq, Source: gem + "sidekiq_queue_collector.rb"},
		{Name: "sidekiq_queue_backlog", From: fromSidekiq, Source: gem + "sidekiq_queue_collector.rb"},
		// Every process reports these of the whole of Sidekiq.
		{Name: "sidekiq_stats_dead_size", From: fromSidekiq, Source: gem + "sidekiq_stats_collector.rb"},
		{Name: "sidekiq_stats_retry_size", From: fromSidekiq, Source: gem + "sidekiq_stats_collector.rb"},
		{Name: "sidekiq_stats_processed", From: fromSidekiq, Source: gem + "sidekiq_stats_collector.rb"},
		{Name: "sidekiq_jobs_total", From: fromJobs, Source: gem + "sidekiq_collector.rb"},
		{Name: "sidekiq_failed_jobs_total", From: fromJobs, Source: gem + "sidekiq_collector.rb"},

		{Name: "connected_clients", From: fromStreaming, Source: streaming},
		{Name: "pg_pool_waiting_queries", From: fromStreaming, Source: streaming},
		{Name: "nodejs_eventloop_lag_p99_seconds", From: fromStreaming, Source: streaming},

		{Name: "nginx_ingress_controller_requests", From: fromIngress, Source: requests},
		{Name: "nginx_ingress_controller_request_duration_seconds_bucket", From: fromIngress, Source: requests},
		{Name: "nginx_ingress_controller_request_duration_seconds_count", From: fromIngress, Source: requests},
		{Name: "nginx_ingress_controller_config_last_reload_successful", From: fromIngress, Source: reloads},

		{Name: "certmanager_certificate_expiration_timestamp_seconds", From: fromCerts, Source: certs},
		{Name: "certmanager_certificate_ready_status", From: fromCerts, Source: certs},

		{Name: "kube_deployment_spec_replicas", From: fromState, Source: state + "deployment.go"},
		{Name: "kube_deployment_status_replicas_available", From: fromState, Source: state + "deployment.go"},
		// There only once a Job has failed: then with 1 for condition="true", and 0 for the others.
		{Name: "kube_job_failed", From: fromState, Source: state + "job.go"},
		{Name: "kube_job_status_start_time", From: fromState, Source: state + "job.go"},
		{Name: "kube_node_status_condition", From: fromState, Source: state + "node.go"},
		// There, and 1, only once a container has ended, for as long as its pod is there.
		{Name: "kube_pod_container_status_last_terminated_reason", From: fromState, Source: state + "pod.go"},
		{Name: "kube_pod_container_status_restarts_total", From: fromState, Source: state + "pod.go"},
		// There, and 1, only while a pod has no place.
		{Name: "kube_pod_status_unschedulable", From: fromState, Source: state + "pod.go"},
		{Name: "kubelet_volume_stats_available_bytes", From: fromKubelet, Source: volumes},
		{Name: "kubelet_volume_stats_capacity_bytes", From: fromKubelet, Source: volumes},

		{Name: "probe_success", From: fromProbe, Source: handler, Outside: true},
		{Name: "probe_duration_seconds", From: fromProbe, Source: handler, Outside: true},
		{
			Name: "probe_ssl_earliest_cert_expiry", From: fromProbe, Source: "blackbox_exporter 0.28, prober/http.go",
			Outside: true,
		},

		// The label is task. What the last run has left, good or bad, has an end, too: of that object, only success may
		// be kept, or a run that failed would pass for a backup.
		{
			Name: "mastodon_backup_end_timestamp_seconds", From: fromMarks, Source: "infra/backup/scripts/common.sh",
			Outside: true,
		},
		{Name: "mastodon_backup_success", From: fromMarks, Source: "infra/backup/scripts/common.sh", Outside: true},
		{Name: "mastodon_backup_seconds", From: fromMarks, Source: "infra/backup/scripts/common.sh", Outside: true},
		// When the newest post of the public timeline was written, in seconds since 1970; whether the timeline could be
		// read, and the status of the answer, 0 for none. Where it could not, the first is missing.
		{Name: "mastodon_timeline_newest_post_timestamp_seconds", From: fromTimeline, Source: "ours"},
		{Name: "mastodon_timeline_probe_success", From: fromTimeline, Source: "ours"},
		{Name: "mastodon_timeline_http_status", From: fromTimeline, Source: "ours"},

		{Name: "up", From: fromScrape, Source: "Prometheus, documentation, jobs and instances", Outside: true},

		{Name: StreamingClients, From: fromRules, Source: "ours"},
		{Name: Missed, From: fromRules, Source: "ours", Outside: true},
		{Name: "slo:sli_error:ratio_rate5m", From: fromRules, Source: sloth, Outside: true},
		{Name: "slo:sli_error:ratio_rate30m", From: fromRules, Source: sloth, Outside: true},
		{Name: "slo:sli_error:ratio_rate1h", From: fromRules, Source: sloth, Outside: true},
		{Name: "slo:sli_error:ratio_rate2h", From: fromRules, Source: sloth, Outside: true},
		{Name: "slo:sli_error:ratio_rate6h", From: fromRules, Source: sloth, Outside: true},
		{Name: "slo:sli_error:ratio_rate1d", From: fromRules, Source: sloth, Outside: true},
		{Name: "slo:sli_error:ratio_rate3d", From: fromRules, Source: sloth, Outside: true},
		{Name: "slo:sli_error:ratio_rate30d", From: fromRules, Source: sloth, Outside: true},
		{Name: "slo:objective:ratio", From: fromRules, Source: sloth, Outside: true},
		{Name: "slo:error_budget:ratio", From: fromRules, Source: sloth, Outside: true},
		{Name: "slo:time_period:days", From: fromRules, Source: sloth, Outside: true},
		{Name: "slo:current_burn_rate:ratio", From: fromRules, Source: sloth, Outside: true},
		{Name: "slo:period_burn_rate:ratio", From: fromRules, Source: sloth, Outside: true},
		{Name: "slo:period_error_budget_remaining:ratio", From: fromRules, Source: sloth, Outside: true},
		{Name: "sloth_slo_info", From: fromRules, Source: sloth, Outside: true},
	}
}
