// Package files makes the files of a Prometheus that runs elsewhere: its configuration, targets and rules, those of
// Alertmanager and blackbox exporter, dashboards of Grafana, and a page for people. The same input makes the same
// bytes.
package files

import (
	"fmt"
	"time"

	"github.com/vmstio/infrastructure/infra/outputs"
	"github.com/vmstio/infrastructure/infra/signals"
)

// Table is what the table of signals says for one environment.
type Table struct {
	// Alerts are what the rules tell of, for the page.
	Alerts []Alert
	// Objectives are what is promised.
	Objectives []signals.Objective
	// Panels are what the dashboards show.
	Panels []Panel
	// Groups are the rules.
	Groups []signals.Group
	// Inside are the names of the series that only the cluster has, and that are fetched from its Prometheus.
	Inside []string
}

// Alert is a line of the page.
type Alert struct {
	Name, Means, Runbook string
	Severities           []signals.Severity
	// For is how long it has to be wrong.
	For time.Duration
}

// Panel is a graph with what it is there for.
type Panel struct {
	signals.Panel
	// Means is the text behind the panel's "i".
	Means string
}

// Options are where the programs run, whom they tell, and how fast.
type Options struct {
	// Alertmanager and Blackbox are where Prometheus reaches them, as host:port.
	Alertmanager, Blackbox string
	// Inside is the address of a Prometheus in the cluster, whose series are fetched; empty for none.
	Inside string
	// Databases is a directory with the files username, password and <database>.pem, with which the metrics of the
	// databases are fetched; empty for not.
	Databases string
	// Webhook and Heartbeat are files that hold an address which receives alerts, and the heartbeat.
	Webhook, Heartbeat string
	// Email tells people; nil for not.
	Email *Email
	// Hurry divides intervals and delays, to try the files out.
	Hurry int
}

// Email is how mail is sent.
type Email struct {
	// To and From are addresses; Smarthost is host:port.
	To, From, Smarthost string
	// Username and PasswordFile sign in; empty for not.
	Username, PasswordFile string
}

// Files are contents by path, relative and with slashes.
type Files map[string][]byte

// The jobs, which have a file of targets each.
const (
	// jobProbe asks the endpoints through blackbox exporter. Their label instance is the address, as everywhere where
	// blackbox exporter is used.
	jobProbe = "probe"
	// jobMark reads when the backups last went well, and jobRun whether the last runs did.
	jobMark = "backup"
	jobRun  = "backup-run"
	// jobInside fetches from the Prometheus in the cluster. The series keep the labels that they have there.
	jobInside = "inside"
)

// Make makes the files of a stack.
func Make(stack string, o *outputs.Outputs, table Table, options Options) (Files, error) {
	if options.Hurry < 1 {
		options.Hurry = 1
	}
	m := &maker{stack: stack, outputs: o, table: table, options: options, files: Files{}}
	for _, part := range []struct {
		what string
		make func() error
	}{
		{"the targets", m.targets},
		{"Prometheus' configuration", m.prometheus},
		{"the rules", m.rules},
		{"the configuration of blackbox exporter", m.blackbox},
		{"Alertmanager's configuration", m.alertmanager},
		{"the dashboards", m.dashboards},
		{"the page", m.page},
	} {
		if err := part.make(); err != nil {
			return nil, fmt.Errorf("making %s of stack %s: %w", part.what, stack, err)
		}
	}
	return m.files, nil
}

type maker struct {
	stack   string
	outputs *outputs.Outputs
	table   Table
	options Options
	files   Files
}

// yaml adds a file of YAML.
func (m *maker) yaml(path string, content any) error {
	text, err := document(m.stack, content)
	m.files[path] = text
	return err
}

// after is a delay as Prometheus and Alertmanager write it, shortened if somebody is in a hurry. Neither knows less
// than a millisecond.
func (m *maker) after(d time.Duration) string {
	return duration(max(d/time.Duration(m.options.Hurry), time.Millisecond))
}

// every is an interval, shortened likewise, but not to less than a second: who answers needs the time to.
func (m *maker) every(d time.Duration) string {
	return duration(max(d/time.Duration(m.options.Hurry), time.Second))
}

// duration is without fractions, which Prometheus does not read: "1h30m", "500ms".
func duration(d time.Duration) string {
	if d == 0 {
		return "0s"
	}
	text := ""
	for _, unit := range []struct {
		name string
		of   time.Duration
	}{
		{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond},
	} {
		if count := d / unit.of; count > 0 {
			text += fmt.Sprintf("%d%s", count, unit.name)
			d -= count * unit.of
		}
	}
	return text
}
