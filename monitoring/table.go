package main

import (
	"strings"
	"time"

	"github.com/vmstio/infrastructure/infra/signals"
	"github.com/vmstio/infrastructure/monitoring/internal/files"
)

// table is what the table of signals says to a Prometheus elsewhere: all of it if that Prometheus has the series of the
// cluster, too, and otherwise what can be seen from there.
func table(env signals.Environment, inside bool) files.Table {
	t := files.Table{Groups: signals.OutsideGroups(env)}
	if inside {
		t.Groups = signals.Groups(env)
	}
	after := map[string]time.Duration{}
	for _, objective := range signals.Objectives(env) {
		if inside || !objective.Inside {
			t.Objectives = append(t.Objectives, objective)
			t.Panels = append(t.Panels, files.Panel{Panel: objective.Panel, Means: objective.Means})
		}
	}
	for _, signal := range signals.Table(env) {
		after[signal.Name] = signal.For
		if inside || !signal.Inside {
			t.Panels = append(t.Panels, files.Panel{Panel: signal.Panel, Means: signal.Name + ": " + signal.Means})
		}
	}
	for _, alert := range signals.Alerts(env) {
		if inside || alert.Outside {
			t.Alerts = append(t.Alerts, files.Alert{
				Name: alert.Name, Means: alert.Means, Runbook: env.RunbookURL(alert.Name), Severities: alert.Severities,
				For: after[alert.Name],
			})
		}
	}
	for _, metric := range signals.Metrics() {
		// What has a colon is recorded by the rules, here as well as there.
		if !metric.Outside && !strings.Contains(metric.Name, ":") {
			t.Inside = append(t.Inside, metric.Name)
		}
	}
	return t
}
