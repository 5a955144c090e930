package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/signals"
)

const file = "../../infra/signals/burnrates.json"

func TestFileIsCurrent(t *testing.T) {
	t.Parallel()
	want, err := templates(t.Context())
	require.NoError(t, err)
	have, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), string(have), "run: make generate")
}

func environment(percent float64) signals.Environment {
	e := signals.Environment{
		Name: "prod", Domain: "example.org",
		Endpoints: map[string]string{}, Targets: map[string]float64{},
		Marks: map[string]signals.Mark{"dump": {AlarmDays: 2}, "media": {AlarmDays: 3}, "rehearsal": {AlarmDays: 9}},
		Thresholds: signals.Thresholds{
			QueueSeconds: map[string]int{"push": 300, "mailers": 300}, NewestPostMinutes: 30, CertificateDays: 14,
		},
	}
	for _, name := range []string{"web", "streaming", "media", "assets", "docs"} {
		e.Endpoints[name] = "https://" + name + ".example.org/health"
	}
	for _, name := range []string{
		"web-availability", "web-latency", "delivery", "streaming", "media", "search", "mail", "backups",
		"certificates",
	} {
		e.Targets[name] = percent
	}
	return e
}

// The program makes of every objective what sloth itself would, whatever the percentage, inside and outside.
func TestRulesAreSloths(t *testing.T) {
	t.Parallel()
	for _, percent := range []float64{50, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 97.3} {
		e := environment(percent)
		objectives := signals.Objectives(e)
		require.Len(t, objectives, len(e.Targets))
		groups := map[string][]signals.Rule{}
		for _, g := range signals.Groups(e) {
			groups[strings.TrimPrefix(g.Name, "mastodon-objective-")] = g.Rules
		}
		outside := 0
		for _, g := range signals.OutsideGroups(e) {
			if name, ok := strings.CutPrefix(g.Name, "mastodon-objective-"); ok {
				require.Equal(t, groups[name], g.Rules)
				outside++
			}
		}
		require.Equal(t, 4, outside)
		for _, o := range objectives {
			want, err := rules(t.Context(), e.Name, o)
			require.NoError(t, err)
			have := groups[o.Name]
			require.Len(t, have, len(want), o.Name)
			for i := range want {
				require.Equal(t, want[i].Record, have[i].Record)
				require.Equal(t, want[i].Alert, have[i].Alert)
				require.Equal(t, want[i].Expr, have[i].Expr, "%s at %v", o.Name, percent)
				labels := have[i].Labels
				if have[i].Alert != "" {
					// What the alert has more is for Alertmanager.
					require.Equal(t, labels["sloth_severity"], labels["severity"])
					require.Equal(t, o.Name, labels["objective"])
					require.Equal(t, e.Name, labels["environment"])
					delete(labels, "severity")
					delete(labels, "objective")
					delete(labels, "environment")
				}
				require.Equal(t, want[i].Labels, labels, "%s %s", o.Name, want[i].Record)
			}
		}
	}
}
