package main

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/vmstio/infrastructure/infra/signals"
	"github.com/vmstio/infrastructure/monitoring/internal/files"
)

// table is what the table of signals says to a Prometheus elsewhere: all of it if that Prometheus has the series of the
// cluster, too, and otherwise what can be seen from there.
func table(env signals.Environment, inside bool) files.Table {
	t := files.Table{Groups: signals.OutsideGroups(env), Panels: []files.Panel{budget(env)}}
	if inside {
		t.Groups = signals.Groups(env)
	}
	after := map[string]time.Duration{}
	for _, objective := range signals.Objectives(env) {
		t.Objectives = append(t.Objectives, objective)
		if inside || !objective.Inside {
			show(&t, objective.Panel, objective.Means)
		}
	}
	for _, signal := range signals.Table(env) {
		after[signal.Name] = signal.For
		if inside || !signal.Inside {
			show(&t, signal.Panel, signal.Name+": "+signal.Means)
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

// show adds a panel, or what it is there for if it is there already: a certificate that ends soon is two alerts, and
// one graph.
func show(t *files.Table, panel signals.Panel, means string) {
	for i, shown := range t.Panels {
		if reflect.DeepEqual(shown.Panel, panel) {
			t.Panels[i].Means += "\n\n" + means
			return
		}
	}
	t.Panels = append(t.Panels, files.Panel{Panel: panel, Means: means})
}

// budget comes first: how much of what may go wrong in 30 days is left, by objective. It is negative when a promise is
// broken.
func budget(env signals.Environment) files.Panel {
	return files.Panel{
		Means: "How much of what may go wrong in 30 days is left. Below zero, a promise is broken.",
		Panel: signals.Panel{
			Dashboard: "overview", Title: "Budget that is left", Unit: "percentunit", Queries: []signals.Query{{
				Expr:   fmt.Sprintf("slo:period_error_budget_remaining:ratio{sloth_service=%q}", env.Name),
				Legend: "{{sloth_slo}}",
			}},
		},
	}
}
