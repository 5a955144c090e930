// Package signals is one table of what can go wrong with an instance: what it means to people, when it is wrong, how
// urgent that is, where it is shown, and what to do. From the table come the rules of Prometheus, inside the cluster
// and outside, the dashboards, the index of the runbooks, and the tests of all of them.
//
// It knows nothing of Pulumi and nothing of settings: an [Environment] is all that a table depends on, and both the
// settings and the stack outputs say it.
package signals

import "time"

// Severity is how soon somebody has to look.
type Severity string

// The severities. A page wakes somebody; a ticket waits for the morning; a heartbeat is sent all the time, and whoever
// receives it says so when it stops.
const (
	Page      Severity = "page"
	Ticket    Severity = "ticket"
	Heartbeat Severity = "heartbeat"
)

// Signal is one thing that can go wrong.
type Signal struct {
	// Name is the alert's, in the words of the field: "SidekiqQueueSlow". Its runbook is
	// docs/content/4.runbooks/<Name>.md.
	Name string
	// Means says what people notice, in one sentence.
	Means string
	// Expr is true for as long as it is wrong, in PromQL.
	Expr string
	// For is how long it has to be wrong before somebody is told.
	For time.Duration
	// Severity is how soon somebody has to look.
	Severity Severity
	// Objective is the name of the objective that it endangers; empty for none.
	Objective string
	// Panel shows it on a dashboard.
	Panel Panel
	// Inside is whether only a Prometheus in the cluster has its metrics; otherwise one elsewhere has them, too.
	Inside bool
}

// Panel is a graph.
type Panel struct {
	// Dashboard is "overview", "web", "sidekiq", "streaming", "edge", "databases" or "backups".
	Dashboard string
	Title     string
	// Unit as Grafana names it: "s", "percentunit", "short", "reqps".
	Unit    string
	Queries []Query
}

// Query is a line, or a group of lines, of a panel.
type Query struct {
	// Expr is PromQL without thresholds.
	Expr string
	// Legend names the lines, with labels as {{label}}.
	Legend string
}

// Objective is what is promised to people, and measured as the share of what went well.
type Objective struct {
	// Name is that of the field: "web-availability", "web-latency", "delivery", "streaming", "media", "search", "mail",
	// "backups", "certificates".
	Name string
	// Means says what is promised, in one sentence.
	Means string
	// Broken says what people notice while it is not kept, in one sentence.
	Broken string
	// Percent of what has to go well in 30 days.
	Percent float64
	// Bad and Total are rates in PromQL, with "{{.window}}" for the time that they look back over, as sloth writes it.
	Bad, Total string
	// State is 1 while the promise is not kept and 0 while it is, for an objective that is a share of the time. It is
	// recorded, and Bad and Total are made of that record. Empty for one that is a share of requests.
	State string
	// Alert is the name of the alert when the 30 days' budget of what may go wrong is used up too fast; its runbook is
	// docs/content/4.runbooks/<Alert>.md. Empty where a signal of its own says at once that the promise is broken.
	Alert string
	// Panel shows it on a dashboard.
	Panel Panel
	// Inside is whether only a Prometheus in the cluster has its metrics.
	Inside bool
}

// Environment is what a table depends on.
type Environment struct {
	// Name tells environments apart: the stack's, "prod".
	Name string
	// Domain is Mastodon's LOCAL_DOMAIN.
	Domain string
	// Endpoints are the public addresses that answer with status 200 while the service is up, by its name: "web",
	// "streaming", "media", "assets", "docs".
	Endpoints map[string]string
	// Marks are the objects in the bucket of the backups that say when a task went well, by task.
	Marks map[string]Mark
	// Targets are the percentages of the objectives by name.
	Targets map[string]float64
	// Thresholds are the values from which on something is wrong.
	Thresholds Thresholds
	// Runbooks is the address that "/<Alert>.md" is appended to for a runbook's; empty for [Runbooks].
	Runbooks string
}

// Runbooks is where the pages are read: in the repository.
const Runbooks = "https://github.com/vmstio/infrastructure/blob/main/docs/content/4.runbooks"

// Mark is an object with the metrics of the last good run of a task.
type Mark struct {
	// URL is the object of the last good run. It is deleted when it gets too old.
	URL string
	// LastURL is the object of the last run, however it ended: the only one with mastodon_backup_success.
	LastURL string
	// AlarmDays is how old the last good run may be.
	AlarmDays int
}

// Thresholds are the values from which on somebody is told.
type Thresholds struct {
	// QueueSeconds is how long a job may wait, by Sidekiq's queue.
	QueueSeconds map[string]int `json:"queueSeconds"`
	// NewestPostMinutes is how old the newest public post may be: the timeline stands still.
	NewestPostMinutes int `json:"newestPostMinutes"`
	// CertificateDays is how long a certificate has to be good for.
	CertificateDays int `json:"certificateDays"`
}

// Rule is a rule of Prometheus: an alert, or a record.
type Rule struct {
	Alert, Record       string
	Expr                string
	For                 time.Duration
	Labels, Annotations map[string]string
}

// Group is a group of rules.
type Group struct {
	Name  string
	Rules []Rule
}
