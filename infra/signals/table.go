package signals

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Table is every signal of an environment, those of what it does not have left out. None is there that nobody can do
// anything about. What an objective's alert says is not said a second time: the share of requests that fail, and how
// long they take, and how long deliveries wait, alarm by their budget ([Objective.Alert]).
func Table(e Environment) []Signal { return e.table("") }

// table are the signals of series with further matchers, which is nothing, or begins with a comma. Outside, a
// Prometheus may watch several environments, whose marks are told apart by no label of their own.
func (e Environment) table(where string) []Signal {
	return slices.Concat(
		e.reachable(), webSignals(), e.queues(), sidekiqSignals(), e.searchSignals(), e.mailSignals(),
		streamingSignals(), databaseSignals(), e.edge(), e.backupSignals(where), e.timeline(),
		clusterSignals(), e.monitoring())
}

// reachable are the signals of the public addresses.
func (e Environment) reachable() []Signal {
	all := []struct {
		endpoint, alert, means, dashboard, objective string
		severity                                     Severity
	}{
		{
			"web", "WebUnreachable", "Nobody gets to the instance: no pages, no apps, no posts from other servers.",
			"web", "web-availability", Page,
		},
		{
			"streaming", "StreamingUnreachable", "New posts and notifications appear only when people reload.",
			"streaming", "streaming", Page,
		},
		{"media", "MediaUnreachable", "Pictures, videos and avatars are missing.", "edge", "media", Page},
		{"assets", "AssetsUnreachable", "Pages are blank or without style; apps still work.", "edge", "", Page},
		{"docs", "DocsUnreachable", "The documentation site does not answer.", "edge", "", Ticket},
	}
	var signals []Signal
	for _, a := range all {
		success := e.probe("probe_success", a.endpoint)
		if success == "" {
			continue
		}
		signals = append(signals, Signal{
			Name: a.alert, Means: a.means, Expr: `max by (instance) (` + success + `) == 0`, For: 3 * time.Minute,
			Severity: a.severity, Objective: a.objective,
			Panel: panel(a.dashboard, "Answer of "+a.endpoint, "s",
				Query{
					Expr: e.probe("probe_duration_seconds", a.endpoint), Legend: "{{instance}}",
				},
			),
		})
	}
	return signals
}

// panel is a graph of a dashboard.
func panel(dashboard, title, unit string, queries ...Query) Panel {
	return Panel{Dashboard: dashboard, Title: title, Unit: unit, Queries: queries}
}

// pods says how many pods of a Deployment work.
func pods(deployments string) string {
	return `kube_deployment_status_replicas_available{namespace="mastodon",deployment` + deployments + `}`
}

func webSignals() []Signal {
	const queued = `ruby_http_request_queue_duration_seconds_`
	return []Signal{
		{
			Name: "WebDown", Means: "No page is answered: no web pod works.",
			Expr: pods(`="mastodon-web"`) + ` == 0`, For: 2 * time.Minute,
			Severity: Page, Objective: "web-availability", Inside: true,
			Panel: panel("web", "Web pods that work", "short",
				Query{Expr: pods(`="mastodon-web"`), Legend: "work"},
			),
		},
		{
			Name: "WebBacklog", Means: "Pages are slow: requests wait until a thread of the web server is free.",
			Expr: `sum(ruby_puma_request_backlog) > 0`, For: 10 * time.Minute,
			Severity: Ticket, Objective: "web-latency", Inside: true,
			Panel: panel("web", "Requests that wait", "short",
				Query{Expr: `sum(ruby_puma_request_backlog)`, Legend: "waiting"},
				// Without the header X-Request-Start there is nothing to see here.
				Query{
					Expr:   `sum(rate(` + queued + `sum[5m])) / sum(rate(` + queued + `count[5m]))`,
					Legend: "seconds that one waits",
				},
			),
		},
		{
			Name: "WebThreadsBusy", Means: "Pages are about to get slow: almost every thread of the web server works.",
			Expr: `sum(ruby_puma_busy_threads) / sum(ruby_puma_max_threads) > 0.9`, For: 15 * time.Minute,
			Severity: Ticket, Objective: "web-latency", Inside: true,
			Panel: panel("web", "Web threads that work", "percentunit",
				Query{Expr: `sum(ruby_puma_busy_threads) / sum(ruby_puma_max_threads)`, Legend: "busy"},
			),
		},
	}
}

// slow is an expression that is there for every one of the queues whose oldest job has waited for too long.
func (e Environment) slow(queues func(string) bool) string {
	var slow []string
	for _, queue := range slices.Sorted(maps.Keys(e.Thresholds.QueueSeconds)) {
		if queues(queue) {
			slow = append(slow, fmt.Sprintf(`max by (queue) (sidekiq_queue_latency_seconds{queue=%q}) > %d`,
				queue, e.Thresholds.QueueSeconds[queue]))
		}
	}
	return strings.Join(slow, " or ")
}

// queues are the signals of how long jobs wait. Deliveries, in the queue push, are an objective, and mail has a signal
// of its own.
func (e Environment) queues() []Signal {
	people := []string{"default", "ingress"}
	others := append([]string{"push", "mailers"}, people...)
	wait := panel("sidekiq", "Wait of jobs", "s",
		Query{Expr: `max by (queue) (sidekiq_queue_latency_seconds)`, Legend: "{{queue}}"},
	)
	length := panel("sidekiq", "Jobs that wait", "short",
		Query{Expr: `max by (queue) (sidekiq_queue_backlog)`, Legend: "{{queue}}"},
	)
	var signals []Signal
	if expr := e.slow(func(queue string) bool { return slices.Contains(people, queue) }); expr != "" {
		signals = append(signals, Signal{
			Name: "SidekiqQueueSlow", Means: "Timelines and notifications are late, or posts of other servers.",
			Expr: expr, For: 10 * time.Minute, Severity: Page, Inside: true, Panel: wait,
		})
	}
	if expr := e.slow(func(queue string) bool { return !slices.Contains(others, queue) }); expr != "" {
		signals = append(signals, Signal{
			Name:  "SidekiqBackgroundSlow",
			Means: "Threads, profiles and previews of other servers are late, or scheduled posts are.",
			Expr:  expr, For: 15 * time.Minute, Severity: Ticket, Inside: true, Panel: length,
		})
	}
	return signals
}

func sidekiqSignals() []Signal {
	const sidekiq = `{namespace="mastodon",pod=~"mastodon-sidekiq-.*"`
	const restarts = `kube_pod_container_status_restarts_total` + sidekiq + `}`
	const killed = `kube_pod_container_status_last_terminated_reason` + sidekiq + `,reason="OOMKilled"}`
	return []Signal{
		{
			Name:  "SidekiqDown",
			Means: "Posts do not reach anybody, or mail does not: a group of Sidekiq has no pod that works.",
			Expr:  pods(`=~"mastodon-sidekiq-.*"`) + ` == 0`, For: 5 * time.Minute,
			Severity: Page, Objective: "delivery", Inside: true,
			Panel: panel("sidekiq", "Sidekiq pods that work", "short",
				Query{Expr: pods(`=~"mastodon-sidekiq-.*"`), Legend: "{{deployment}}"},
			),
		},
		{
			// The reason stays for as long as the pod does, so only a restart says that it is new.
			Name: "SidekiqOutOfMemory",
			Means: "Some deliveries, notifications or mails are lost: a Sidekiq pod was killed for its memory, with " +
				"the jobs that it worked on.",
			Expr: `max by (namespace, pod) (increase(` + restarts + `[30m])) > 0 and on (namespace, pod) ` + killed,
			For:  time.Minute, Severity: Ticket, Inside: true,
			Panel: panel("sidekiq", "Sidekiq pods that were killed for their memory", "short",
				Query{
					Expr: `sum by (namespace, pod) (increase(` + restarts + `[1h])) > 0 ` +
						`and on (namespace, pod) ` + killed,
					Legend: "{{pod}}",
				},
			),
		},
		{
			Name: "SidekiqSchedulerMissing",
			Means: "Scheduled posts do not appear, trends stand still, nothing is tidied up: nobody works on the " +
				"queue \"scheduler\".",
			Expr: `absent(sidekiq_process_concurrency{queues=~".*scheduler.*"})`, For: 15 * time.Minute,
			Severity: Ticket, Inside: true,
			Panel: panel("sidekiq", "Threads that work", "short",
				Query{Expr: `sum by (queues) (sidekiq_process_busy)`, Legend: "{{queues}} busy"},
				Query{Expr: `sum by (queues) (sidekiq_process_concurrency)`, Legend: "{{queues}} all"},
			),
		},
		{
			Name: "SidekiqDeadGrows", Means: "Something is lost bit by bit: jobs are given up after all their retries.",
			Expr: `max(delta(sidekiq_stats_dead_size[1h])) > 50`, For: 10 * time.Minute, Severity: Ticket, Inside: true,
			Panel: panel("sidekiq", "Jobs that were given up", "short",
				Query{Expr: `max(sidekiq_stats_dead_size)`, Legend: "dead"},
			),
		},
		{
			Name: "SidekiqRetriesGrow",
			Means: "Much of what should have been done is tried again and again: there are more than twice as many " +
				"retries as a day ago.",
			Expr: `max(sidekiq_stats_retry_size) > 2 * max(sidekiq_stats_retry_size offset 1d) ` +
				`and max(sidekiq_stats_retry_size) > 1000`,
			For: 30 * time.Minute, Severity: Ticket, Inside: true,
			Panel: panel("sidekiq", "Jobs to be tried again", "short",
				Query{Expr: `max(sidekiq_stats_retry_size)`, Legend: "retries"},
				Query{Expr: `max(rate(sidekiq_stats_processed[5m]))`, Legend: "done each second"},
			),
		},
	}
}

// searchSignals are those of an environment that promises a search.
func (e Environment) searchSignals() []Signal {
	if e.Targets["search"] <= 0 {
		return nil
	}
	return []Signal{{
		Name:  "SearchIndexingFails",
		Means: "What is new cannot be found, or nothing can: the search does not take it in.",
		Expr:  `sum(increase(` + indexing + `[30m])) > 5`, For: 10 * time.Minute,
		Severity: Ticket, Objective: "search", Inside: true,
		Panel: panel("databases", "Indexing that failed", "short",
			Query{Expr: `sum(increase(` + indexing + `[30m]))`, Legend: "failed"},
		),
	}}
}

func (e Environment) mailSignals() []Signal {
	const failed, all = `sidekiq_failed_jobs_total{queue="mailers"}`, `sidekiq_jobs_total{queue="mailers"}`
	signals := []Signal{{
		// Every address that does not exist is a failure, too, so it takes several, and a large share.
		Name: "MailFails", Means: "Confirmations and password mails do not arrive: the relay refuses them.",
		Expr: `sum(increase(` + failed + `[30m])) > 5 and sum(increase(` + failed + `[30m])) / sum(increase(` + all +
			`[30m])) > 0.3`,
		For: 10 * time.Minute, Severity: Ticket, Objective: "mail", Inside: true,
		Panel: panel("sidekiq", "Mail that failed", "short",
			Query{Expr: `sum(increase(` + failed + `[30m]))`, Legend: "failed"},
			Query{Expr: `sum(increase(` + all + `[30m]))`, Legend: "all"},
		),
	}}
	if expr := e.slow(func(queue string) bool { return queue == "mailers" }); expr != "" {
		signals = append(signals, Signal{
			Name: "MailSlow", Means: "Confirmations and password mails are late.",
			Expr: expr, For: 15 * time.Minute, Severity: Ticket, Objective: "mail", Inside: true,
			Panel: panel("sidekiq", "Mail that waits", "short",
				Query{Expr: `max(sidekiq_queue_backlog{queue="mailers"})`, Legend: "mailers"},
			),
		})
	}
	return signals
}

// Other programs have metrics of these names, too: the namespace tells them apart.
const streamingPods = `{namespace="mastodon"}`

func streamingSignals() []Signal {
	const before = `avg_over_time(` + StreamingClients + `[30m] offset 10m)`
	return []Signal{
		{
			Name: "StreamingDown", Means: "New posts appear only when people reload: no streaming pod works.",
			Expr: pods(`="mastodon-streaming"`) + ` == 0`, For: 2 * time.Minute,
			Severity: Page, Objective: "streaming", Inside: true,
			Panel: panel("streaming", "Streaming pods that work", "short",
				Query{Expr: pods(`="mastodon-streaming"`), Legend: "work"},
			),
		},
		{
			Name: "StreamingClientsDropped", Means: "For half of the people nothing moves any more: they were cut off.",
			Expr: StreamingClients + ` < 0.5 * ` + before + ` and ` + before + ` > 20`,
			For:  5 * time.Minute, Severity: Page, Objective: "streaming", Inside: true,
			Panel: panel("streaming", "Connected clients", "short",
				Query{Expr: StreamingClients, Legend: "connected"},
			),
		},
		{
			Name:  "StreamingEventLoopLag",
			Means: "New posts appear seconds late: the streaming server does not keep up.",
			Expr:  `max by (pod) (nodejs_eventloop_lag_p99_seconds` + streamingPods + `) > 0.1`, For: 10 * time.Minute,
			Severity: Ticket, Objective: "streaming", Inside: true,
			Panel: panel("streaming", "Lag of the streaming server", "s",
				Query{Expr: `max by (pod) (nodejs_eventloop_lag_p99_seconds` + streamingPods + `)`, Legend: "{{pod}}"},
			),
		},
		{
			Name:  "StreamingDatabaseWaits",
			Means: "Apps connect slowly: the streaming server waits for a connection to the database.",
			Expr:  `max by (pod) (pg_pool_waiting_queries` + streamingPods + `) > 0`, For: 10 * time.Minute,
			Severity: Ticket, Objective: "streaming", Inside: true,
			Panel: panel("databases", "Streaming waits for the database", "short",
				Query{
					Expr: `max by (pod) (pg_pool_waiting_queries` + streamingPods + `)`, Legend: "{{pod}}",
				},
			),
		},
	}
}

func databaseSignals() []Signal {
	const puma, sidekiq = `max by (pod) (ruby_active_record_connection_pool_waiting)`,
		`max by (pod) (active_record_connection_pool_waiting)`
	return []Signal{{
		Name: "DatabaseConnectionsWait", Means: "All is slow: threads wait for a connection to the database.",
		Expr: puma + ` > 0 or ` + sidekiq + ` > 0`, For: 10 * time.Minute,
		Severity: Ticket, Objective: "web-latency", Inside: true,
		Panel: panel("databases", "Threads that wait for the database", "short",
			Query{Expr: puma, Legend: "{{pod}}"},
			Query{Expr: sidekiq, Legend: "{{pod}}"},
		),
	}}
}

// urgentDays is how long before a certificate's end somebody is woken.
const urgentDays = 3

func (e Environment) edge() []Signal {
	left := panel("edge", "Certificates are good for", "s",
		Query{Expr: `probe_ssl_earliest_cert_expiry - time()`, Legend: "{{instance}}"},
	)
	signals := []Signal{
		{
			Name:  "CertificateNotReady",
			Means: "Nothing yet, or a new address shows a warning: a certificate cannot be had.",
			Expr:  `max by (name) (certmanager_certificate_ready_status{condition="True"}) == 0`, For: time.Hour,
			Severity: Ticket, Objective: "certificates", Inside: true,
			Panel: panel("edge", "Certificates in the cluster are good for", "s",
				Query{Expr: `certmanager_certificate_expiration_timestamp_seconds - time()`, Legend: "{{name}}"},
			),
		},
		{
			Name:  "IngressReloadFailed",
			Means: "Nothing yet: changes of addresses and certificates do not take effect.",
			Expr:  `min(nginx_ingress_controller_config_last_reload_successful) == 0`, For: 10 * time.Minute,
			Severity: Ticket, Objective: "web-availability", Inside: true,
			Panel: panel("edge", "Last reload of nginx went well", "short",
				Query{Expr: `min(nginx_ingress_controller_config_last_reload_successful)`, Legend: "all pods"},
			),
		},
	}
	all := e.probes("probe_ssl_earliest_cert_expiry")
	if all == "" {
		return signals
	}
	expires := func(days int) string {
		return fmt.Sprintf("min by (instance) (%s) - time() < %d", all, days*day)
	}
	if days := e.Thresholds.CertificateDays; days > 0 {
		signals = append(signals, Signal{
			Name: "CertificateExpiresSoon", Means: "Nothing yet: a certificate was not renewed in time.",
			Expr: expires(days), For: time.Hour, Severity: Ticket, Objective: "certificates", Panel: left,
		})
	}
	return append(signals, Signal{
		Name:  "CertificateExpires",
		Means: "In days, browsers and other servers refuse an address: its certificate ends.",
		Expr:  expires(urgentDays), For: 10 * time.Minute, Severity: Page, Objective: "certificates", Panel: left,
	})
}

func (e Environment) backupSignals(where string) []Signal {
	alerts := map[string][2]string{
		"dump":      {"BackupOld", "Nothing: if the database were lost now, so would be all since the last dump."},
		"media":     {"MediaCopyOld", "Nothing: if the bucket were lost now, so would be uploads since the last copy."},
		"rehearsal": {"RehearsalOld", "Nothing: nobody knows any more whether the backups can be restored."},
	}
	var signals []Signal
	for _, task := range slices.Sorted(maps.Keys(e.Marks)) {
		alert, ok := alerts[task]
		if !ok {
			alert = [2]string{"BackupOld", alerts["dump"][1]}
		}
		end := fmt.Sprintf("mastodon_backup_end_timestamp_seconds{task=%q%s}", task, where)
		signals = append(signals, Signal{
			Name: alert[0], Means: alert[1],
			// The bucket deletes a mark that is too old.
			Expr: fmt.Sprintf("time() - max by (task) (%s) > %d or absent(%s)", end, e.Marks[task].AlarmDays*day, end),
			For:  time.Hour, Severity: Ticket, Objective: "backups",
			Panel: panel("backups", "Age of the last good "+task, "s",
				Query{Expr: `time() - max by (task) (` + end + `)`, Legend: "{{task}}"},
			),
		})
	}
	if len(e.Marks) == 0 {
		return nil
	}
	return append(signals, Signal{
		Name: "BackupFailed", Means: "Nothing yet: the last run of a backup did not end well.",
		Expr: "min by (task) (mastodon_backup_success" + braces(where) + ") == 0", For: time.Minute, Severity: Ticket,
		Objective: "backups",
		Panel: panel("backups", "Time that backups take", "s",
			Query{Expr: "max by (task) (mastodon_backup_seconds" + braces(where) + ")", Legend: "{{task}}"},
		),
	})
}

// braces are those of matchers that begin with a comma.
func braces(where string) string {
	if where == "" {
		return ""
	}
	return "{" + strings.TrimPrefix(where, ",") + "}"
}

const newestPost = `time() - max(mastodon_timeline_newest_post_timestamp_seconds)`

func (e Environment) timeline() []Signal {
	if e.Thresholds.NewestPostMinutes <= 0 {
		return nil
	}
	// An instance that shows its timeline to its own people only is not one whose timeline is broken.
	const status = `max(mastodon_timeline_http_status)`
	const unreadable = `max(mastodon_timeline_probe_success) == 0 unless (` + status + ` == 401 or ` + status +
		` == 403 or ` + status + ` == 422)`
	return []Signal{{
		Name: "TimelineStands", Means: "The timeline stands still or cannot be read: no new public post appears.",
		Expr:     fmt.Sprintf("%s > %d or (%s)", newestPost, e.Thresholds.NewestPostMinutes*60, unreadable),
		For:      5 * time.Minute,
		Severity: Page, Objective: "web-availability", Inside: true,
		Panel: panel("overview", "Age of the newest public post", "s",
			Query{Expr: newestPost, Legend: "age"},
		),
	}}
}

func clusterSignals() []Signal {
	const wanted, work = `kube_deployment_spec_replicas`, `kube_deployment_status_replicas_available`
	const failed = `kube_job_failed{namespace=~"mastodon|backup",condition="true"}`
	const started = `kube_job_status_start_time`
	const ready = `kube_node_status_condition{condition="Ready",status="true"}`
	const free = `kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes`
	return []Signal{
		{
			Name: "PodsMissing", Means: "Nothing, or all is slower: fewer pods work than should.",
			Expr: work + ` < ` + wanted, For: 15 * time.Minute, Severity: Ticket, Inside: true,
			Panel: panel("overview", "Pods that are missing", "short",
				Query{
					Expr:   `sum by (namespace, deployment) (` + wanted + ` - ` + work + `) > 0`,
					Legend: "{{namespace}}/{{deployment}}",
				},
			),
		},
		{
			Name: "PodCrashLooping", Means: "Nothing, or errors now and then: a container ends and is started again.",
			Expr: `max by (namespace, pod, container) (increase(kube_pod_container_status_restarts_total[30m])) > 3`,
			For:  5 * time.Minute, Severity: Ticket, Inside: true,
			Panel: panel("overview", "Restarts each hour", "short",
				Query{
					Expr:   `sum by (namespace, pod) (increase(kube_pod_container_status_restarts_total[1h])) > 0`,
					Legend: "{{namespace}}/{{pod}}",
				},
			),
		},
		{
			Name:  "PodsDoNotFit",
			Means: "Nothing, or all is slower: there is no room for a pod, and its pool grows no more.",
			Expr:  `sum by (namespace, pod) (kube_pod_status_unschedulable) > 0`, For: 15 * time.Minute,
			Severity: Ticket, Inside: true,
			Panel: panel("overview", "Pods without room", "short",
				Query{Expr: `sum(kube_pod_status_unschedulable) or vector(0)`, Legend: "pods"},
			),
		},
		{
			Name: "NodeNotReady", Means: "Nothing, or all is slower: a node is away, and its pods move.",
			Expr: ready + ` == 0`, For: 10 * time.Minute, Severity: Ticket, Inside: true,
			Panel: panel("overview", "Nodes that work", "short",
				Query{Expr: `sum(` + ready + `)`, Legend: "ready"},
			),
		},
		{
			// A Job stays for a while after its end. One that failed yesterday says nothing any more.
			Name: "JobFailed", Means: "Nothing yet: housekeeping, a backup or a migration did not end well.",
			Expr: `max by (namespace, job_name) (` + failed + `) == 1 and on (namespace, job_name) time() - ` +
				`max by (namespace, job_name) (` + started + `) < 43200`,
			For: time.Minute, Severity: Ticket, Inside: true,
			Panel: panel("backups", "Jobs that failed", "short",
				Query{Expr: `sum by (namespace, job_name) (` + failed + `) > 0`, Legend: "{{namespace}}/{{job_name}}"},
			),
		},
		{
			Name: "VolumeFull", Means: "Nothing: soon nothing is measured any more, since a volume is full.",
			Expr: `min by (namespace, persistentvolumeclaim) (` + free + `) < 0.1`, For: 15 * time.Minute,
			Severity: Ticket, Inside: true,
			Panel: panel("overview", "Room on volumes", "percentunit",
				Query{Expr: free, Legend: "{{namespace}}/{{persistentvolumeclaim}}"},
			),
		},
	}
}

// monitoring are the signals of the monitoring itself: without them, silence looks like peace.
func (e Environment) monitoring() []Signal {
	// One of each kind of target, with what it is called when it is missing. The volumes' are none of them: where the
	// cluster has no volume, there are none.
	needed := []string{
		"ruby_puma_workers", "sidekiq_queue_latency_seconds", `connected_clients` + streamingPods,
		"nginx_ingress_controller_requests", "certmanager_certificate_ready_status", "kube_deployment_spec_replicas",
		"mastodon_timeline_probe_success",
	}
	var missing []string
	for _, series := range needed {
		name, _, _ := strings.Cut(series, "{")
		missing = append(missing, fmt.Sprintf(`label_replace(absent(%s), "metric", %q, "", "")`, series, name))
	}
	signals := []Signal{
		{
			Name: "TargetDown", Means: "Nothing: a part of the instance is not watched.",
			// What has no namespace is outside, and has signals of its own.
			Expr: `up{namespace!=""} == 0`, For: 15 * time.Minute, Severity: Ticket, Inside: true,
			Panel: panel("overview", "Targets that do not answer", "short",
				Query{Expr: `sum by (job) (up == bool 0)`, Legend: "{{job}}"},
			),
		},
		{
			Name: "MetricsMissing", Means: "Nothing: alerts cannot fire, because what they are made of is not there.",
			Expr: strings.Join(missing, " or "), For: 30 * time.Minute, Severity: Ticket, Inside: true,
			Panel: panel("overview", "Targets that answer", "short",
				Query{Expr: `sum by (job) (up)`, Legend: "{{job}}"},
			),
		},
		{
			Name: "Watchdog", Means: "Nothing: this is sent all the time, and its silence is the alarm.",
			Expr: `vector(1)`, Severity: Heartbeat,
			Panel: panel("overview", "Watched", "short",
				Query{Expr: `sum(up)`, Legend: "targets"},
			),
		},
	}
	var unasked []string
	for _, name := range slices.Sorted(maps.Keys(e.Endpoints)) {
		unasked = append(unasked, "absent("+e.probe("probe_success", name)+")")
	}
	if len(unasked) > 0 {
		signals = append(signals, Signal{
			Name: "ProbeMissing", Means: "Nothing: nobody looks whether an address answers.",
			Expr: strings.Join(unasked, " or "), For: 15 * time.Minute, Severity: Ticket,
			Panel: panel("overview", "Addresses that answer", "short",
				Query{Expr: `probe_success`, Legend: "{{instance}}"},
			),
		})
	}
	return signals
}
