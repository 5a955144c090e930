package signals

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The series that the rules record for others.
const (
	// Missed is 1 while an objective is not kept, for those that are a share of the time. Its label is objective.
	Missed = "mastodon:objective_missed:bool"
	// StreamingClients is how many clients are connected to all streaming pods.
	StreamingClients = "mastodon:streaming_clients:sum"
)

// indexing is the job that writes into the search indexes what is new (config/sidekiq.yml: every minute). While
// OpenSearch is away it fails; the search itself answers with nothing found, and no status of a request says so
// (app/services/search_service.rb).
const indexing = `sidekiq_failed_jobs_total{job_name="Scheduler::IndexingScheduler"}`

// Objectives are what is promised. One without a percentage among the targets, or that this environment has nothing to
// measure of, is left out.
func Objectives(e Environment) []Objective { return e.objectives("") }

// objectives are those of series with these further matchers. See [Environment.table].
func (e Environment) objectives(where string) []Objective {
	all := []Objective{
		e.webAvailability(), e.webLatency(), e.delivery(), e.streaming(), e.media(), e.search(), e.mail(),
		e.backups(where), e.certificates(),
	}
	var promised []Objective
	for _, o := range all {
		o.Percent = e.Targets[o.Name]
		if o.State != "" {
			record := fmt.Sprintf("%s{environment=%q,objective=%q}[{{.window}}]", Missed, e.Name, o.Name)
			o.Bad, o.Total = "sum(sum_over_time("+record+"))", "sum(count_over_time("+record+"))"
		}
		if o.Percent > 0 && o.Bad != "" {
			promised = append(promised, o)
		}
	}
	return promised
}

// web are the requests to Mastodon as people see them, so also those that no pod of it has answered. The chart's
// Ingress is named like its release. The labels namespace and service are the controller's own in most
// configurations, so none of them is used.
const web = `ingress="mastodon"`

func (e Environment) webAvailability() Objective {
	const requests = `sum(rate(nginx_ingress_controller_requests{` + web
	return Objective{
		Name:   "web-availability",
		Means:  "Pages, apps and other servers get an answer, and no error of the server.",
		Broken: "Pages and apps show errors, now and then or always.",
		// No series of a status is there before its first answer.
		Bad:   `(` + requests + `,status=~"5.."}[{{.window}}])) or vector(0))`,
		Total: requests + `}[{{.window}}]))`,
		Alert: "WebAvailabilityBudgetBurns", Inside: true,
		Panel: Panel{
			Dashboard: "web", Title: "Requests that failed", Unit: "percentunit", Queries: []Query{{
				Expr: requests + `,status=~"5.."}[5m])) / ` + requests + `}[5m]))`, Legend: "failed",
			}},
		},
	}
}

// webLatency leaves out what is sent, since a slow client's upload takes the time it takes. Prometheus 3 writes the
// label le as a number with a fraction, older ones as it comes (migration guide of Prometheus 3).
func (e Environment) webLatency() Objective {
	const duration, read = `nginx_ingress_controller_request_duration_seconds_`, web + `,method="GET"`
	const buckets = `sum by (le) (rate(` + duration + `bucket{` + read + `}[5m]))`
	return Objective{
		Name:   "web-latency",
		Means:  "Pages and timelines are there within a second.",
		Broken: "Pages and timelines load slowly.",
		Bad: `(sum(rate(` + duration + `count{` + read + `}[{{.window}}])) - sum(rate(` + duration + `bucket{` + read +
			`,le=~"1(\\.0)?"}[{{.window}}])))`,
		Total: `sum(rate(` + duration + `count{` + read + `}[{{.window}}]))`,
		Alert: "WebLatencyBudgetBurns", Inside: true,
		Panel: Panel{
			Dashboard: "web", Title: "Time of a request", Unit: "s", Queries: []Query{
				{Expr: `histogram_quantile(0.5, ` + buckets + `)`, Legend: "half"},
				{Expr: `histogram_quantile(0.95, ` + buckets + `)`, Legend: "95 %"},
			},
		},
	}
}

// late is 1 while the oldest job of a queue has waited for too long, and also while nobody works on the queue: then
// there is no series. A Prometheus that has looked for less than five minutes knows neither, and would wake somebody at
// the first up.
func (e Environment) late(queue string) string {
	seconds, ok := e.Thresholds.QueueSeconds[queue]
	if !ok {
		return ""
	}
	return fmt.Sprintf(`((max(sidekiq_queue_latency_seconds{queue=%q}) > bool %d) or vector(1)) `+
		`and on () (count(up offset 5m) > 0)`, queue, seconds)
}

func (e Environment) delivery() Objective {
	return Objective{
		Name:   "delivery",
		Means:  "Posts leave for other servers without waiting.",
		Broken: "Nobody elsewhere sees new posts, or much later.",
		State:  e.late("push"), Alert: "DeliveryBudgetBurns", Inside: true,
		Panel: Panel{
			Dashboard: "sidekiq", Title: "Wait of deliveries", Unit: "s", Queries: []Query{{
				Expr: `max(sidekiq_queue_latency_seconds{queue="push"})`, Legend: "push",
			}},
		},
	}
}

func (e Environment) mail() Objective {
	return Objective{
		Name:   "mail",
		Means:  "Mail leaves without waiting.",
		Broken: "Confirmations and password mails are late.",
		State:  e.late("mailers"), Inside: true,
		Panel: Panel{
			Dashboard: "sidekiq", Title: "Wait of mail", Unit: "s", Queries: []Query{{
				Expr: `max(sidekiq_queue_latency_seconds{queue="mailers"})`, Legend: "mailers",
			}},
		},
	}
}

// probed is an objective that is the share of probes that went well.
func (e Environment) probed(endpoint string, o Objective) Objective {
	series := e.probe("probe_success", endpoint)
	if series == "" {
		return o
	}
	o.Total = `sum(count_over_time(` + series + `[{{.window}}]))`
	o.Bad = `(` + o.Total + ` - sum(sum_over_time(` + series + `[{{.window}}])))`
	o.Panel.Unit = "percentunit"
	o.Panel.Queries = []Query{{Expr: `avg_over_time(` + series + `[5m])`, Legend: "answers"}}
	return o
}

// probe is a series of an endpoint's probe. blackbox_exporter's users name a target by its address: so do Probes of
// the Prometheus operator, and the configuration in the README of blackbox_exporter.
func (e Environment) probe(metric, endpoint string) string {
	at, ok := e.Endpoints[endpoint]
	if !ok {
		return ""
	}
	return fmt.Sprintf("%s{instance=%q}", metric, at)
}

func (e Environment) streaming() Objective {
	return e.probed("streaming", Objective{
		Name:   "streaming",
		Means:  "New posts and notifications appear by themselves.",
		Broken: "New posts and notifications appear only when people reload, now and then or always.",
		Alert:  "StreamingBudgetBurns", Panel: Panel{Dashboard: "streaming", Title: "Streaming answers"},
	})
}

func (e Environment) media() Objective {
	return e.probed("media", Objective{
		Name:   "media",
		Means:  "Pictures, videos and avatars are served.",
		Broken: "Pictures, videos and avatars are missing, now and then or always.",
		Alert:  "MediaBudgetBurns", Panel: Panel{Dashboard: "edge", Title: "Media host answers"},
	})
}

func (e Environment) search() Objective {
	return Objective{
		Name:   "search",
		Means:  "What is new can be found.",
		Broken: "The search does not find what is new.",
		State:  `(sum(increase(` + indexing + `[15m])) > bool 0) or vector(0)`, Inside: true,
		Panel: Panel{
			Dashboard: "databases", Title: "Indexing that failed, each hour", Unit: "short", Queries: []Query{{
				Expr: `sum(increase(` + indexing + `[1h]))`, Legend: "failed",
			}},
		},
	}
}

// backups are kept for as long as every task has ended well lately. A mark that is not there counts as old.
func (e Environment) backups(where string) Objective {
	o := Objective{
		Name:   "backups",
		Means:  "There is a fresh backup of everything, and a fresh proof that it can be restored.",
		Broken: "Nothing: what would be lost is more than was promised.",
		Panel: Panel{
			Dashboard: "backups", Title: "Age of what was proven", Unit: "s", Queries: []Query{{
				Expr: `time() - max by (task) (mastodon_backup_end_timestamp_seconds)`, Legend: "{{task}}",
			}},
		},
	}
	var old []string
	for _, task := range slices.Sorted(maps.Keys(e.Marks)) {
		old = append(old, fmt.Sprintf(
			"((time() - max(mastodon_backup_end_timestamp_seconds{task=%q%s}) > bool %d) or vector(1))",
			task, where, e.Marks[task].AlarmDays*day))
	}
	if len(old) > 0 {
		o.State = "clamp_max(" + strings.Join(old, " + ") + ", 1)"
	}
	return o
}

func (e Environment) certificates() Objective {
	o := Objective{
		Name:   "certificates",
		Means:  "Every address has a certificate that is good for long enough.",
		Broken: "Nothing yet: a certificate was not renewed in time.",
		Panel: Panel{
			Dashboard: "edge", Title: "Certificates are good for", Unit: "s", Queries: []Query{{
				Expr: `probe_ssl_earliest_cert_expiry - time()`, Legend: "{{instance}}",
			}},
		},
	}
	if list := e.probes("probe_ssl_earliest_cert_expiry"); list != "" && e.Thresholds.CertificateDays > 0 {
		o.State = fmt.Sprintf("(min(%s) - time() < bool %d) or vector(0)", list, e.Thresholds.CertificateDays*day)
	}
	return o
}

// probes are the series of all endpoints' probes.
func (e Environment) probes(metric string) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(e.Endpoints)) {
		all = append(all, e.probe(metric, name))
	}
	return strings.Join(all, " or ")
}

// day is that of 24 hours, in seconds.
const day = 24 * 60 * 60
