package settings

import (
	"github.com/vmstio/infrastructure/infra/settings/internal/decode"
	"github.com/vmstio/infrastructure/infra/signals"
)

// Observability is what is measured, what is promised of it, and from which values on somebody is told.
type Observability struct {
	// Objectives are what is promised to people, as percentages of what has to go well in 30 days.
	Objectives Objectives `json:"objectives"`
	// Thresholds are the values from which on somebody is told.
	Thresholds Thresholds `json:"thresholds"`
}

// Objectives are percentages of what has to go well in 30 days. Those of Web to Media have an alert when what may go
// wrong is used up too fast: it wakes somebody when 2 % of it went in an hour, or 5 % in six. Of a low percentage, no hour
// can use up that much, so below 93.1 the first of these cannot come, and below 83.4 neither.
type Objectives struct {
	// Web is the share of requests to the web that do not fail.
	Web float64 `json:"web" jsonschema:"minimum=90,maximum=99.99" default:"99.9"`
	// WebLatency is the share of requests that are answered within a second.
	WebLatency float64 `json:"webLatency" jsonschema:"minimum=50,maximum=99.99" default:"95"`
	// Delivery is the share of the time in which posts leave for other servers without waiting.
	Delivery float64 `json:"delivery" jsonschema:"minimum=50,maximum=99.99" default:"99"`
	// Streaming is the share of the time in which new posts appear by themselves.
	Streaming float64 `json:"streaming" jsonschema:"minimum=90,maximum=99.99" default:"99.5"`
	// Media is the share of the time in which pictures are served.
	Media float64 `json:"media" jsonschema:"minimum=90,maximum=99.99" default:"99.9"`
	// Search is the share of the time in which what is new can be found.
	Search float64 `json:"search" jsonschema:"minimum=50,maximum=99.99" default:"99"`
	// Mail is the share of the time in which mail leaves without waiting.
	Mail float64 `json:"mail" jsonschema:"minimum=50,maximum=99.99" default:"99"`
	// Backups is the share of the time in which the last good run of every task of the backups is younger than its
	// alarmDays, the rehearsal among them.
	Backups float64 `json:"backups" jsonschema:"minimum=50,maximum=99.99" default:"99"`
	// Certificates is the share of the time in which every certificate is good for thresholds.certificateDays.
	Certificates float64 `json:"certificates" jsonschema:"minimum=50,maximum=99.99" default:"99.9"`
}

// Thresholds are values from which on somebody is told.
type Thresholds struct {
	// NewestPostMinutes is how old the newest public post may be: an older one says that the timeline stands still.
	NewestPostMinutes int `json:"newestPostMinutes" jsonschema:"minimum=1,maximum=10080" default:"30"`
	// CertificateDays is how long a certificate has to be good for. They are renewed 30 days before their end.
	CertificateDays int `json:"certificateDays" jsonschema:"minimum=1,maximum=29" default:"14"`
}

// DefaultObservability is that of a stack that says nothing of it.
func DefaultObservability() Observability {
	var o Observability
	decode.Object(&decode.Report{}, "observability", "{}", "", &o)
	return o
}

// queueSeconds is how long a job of Mastodon may wait in its queue before somebody is told. People wait for what is in
// "default" and "mailers"; "pull" and "fasp" may take their time (config/sidekiq.yml; the presets for scaling that
// toot.community publishes say half an hour at the most for "pull").
func queueSeconds() map[string]int {
	return map[string]int{
		"default": 60, "push": 300, "ingress": 300, "mailers": 300, "pull": 1800, "fasp": 1800, "scheduler": 600,
	}
}

// Signals is what the table of signals depends on, for the stack of this name.
func (s *Settings) Signals(stack string) signals.Environment {
	endpoints := map[string]signals.Endpoint{}
	for _, endpoint := range s.Endpoints() {
		endpoints[endpoint.Name] = signals.Endpoint{URL: endpoint.HealthURL()}
	}
	marks := map[string]signals.Mark{}
	if s.Backup.Enabled {
		for i, task := range s.Backup.Tasks() {
			proof := s.Proofs()[i]
			last := Endpoint{Host: proof.Host, HealthPath: "/" + RunKey(task.Name)}
			marks[task.Name] = signals.Mark{
				URL: proof.HealthURL(), LastURL: last.HealthURL(), AlarmDays: task.AlarmDays,
			}
		}
	}
	o := s.Observability.Objectives
	search := o.Search
	if !s.Search.Enabled {
		search = 0 // Nothing is promised of what is not there.
	}
	return signals.Environment{
		Name: stack, Domain: s.Domain, Endpoints: endpoints, Marks: marks,
		Targets: map[string]float64{
			"web-availability": o.Web, "web-latency": o.WebLatency, "delivery": o.Delivery, "streaming": o.Streaming,
			"media": o.Media, "search": search, "mail": o.Mail, "backups": o.Backups, "certificates": o.Certificates,
		},
		Thresholds: signals.Thresholds{
			QueueSeconds:      queueSeconds(),
			NewestPostMinutes: s.Observability.Thresholds.NewestPostMinutes,
			CertificateDays:   s.Observability.Thresholds.CertificateDays,
		},
	}
}
