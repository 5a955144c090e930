package rules_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/common/promslog"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/infra/signals"
)

func both(e signals.Environment) map[string][]signals.Group {
	return map[string][]signals.Group{"inside": signals.Groups(e), "outside": signals.OutsideGroups(e)}
}

// Prometheus refuses a file of rules as a whole, so that one mistake would silence all.
func TestPrometheusTakesTheRules(t *testing.T) {
	t.Parallel()
	little := environment()
	little.Endpoints, little.Marks, little.Targets, little.Thresholds = nil, nil, nil, signals.Thresholds{}
	for _, e := range []signals.Environment{environment(), little} {
		for where, groups := range both(e) {
			text, err := os.ReadFile(file(t, groups))
			require.NoError(t, err)
			_, errs := rulefmt.Parse(text, false, model.UTF8Validation, promql(), promslog.NewNopLogger())
			require.Empty(t, errs, where)
		}
	}
}

// A name that nothing exposes gives an alert that never fires, and a panel without a line.
func TestExpressionsUseListedMetrics(t *testing.T) {
	t.Parallel()
	outside, used := map[string]bool{}, map[string]bool{}
	for _, m := range signals.Metrics() {
		_, twice := outside[m.Name]
		require.False(t, twice, "%s is listed twice", m.Name)
		require.NotEmpty(t, m.From, m.Name)
		require.NotEmpty(t, m.Source, m.Name)
		outside[m.Name] = m.Outside
	}
	e := environment()
	check := func(expr, where string, inside bool) {
		for _, name := range names(t, expr) {
			used[name] = true
			there, listed := outside[name]
			assert.True(t, listed, "%s: %s is not among signals.Metrics", where, name)
			assert.True(t, inside || there, "%s: %s is not to be had outside", where, name)
		}
	}
	for where, groups := range both(e) {
		for _, g := range groups {
			for _, r := range g.Rules {
				check(r.Expr, where+" "+r.Alert+r.Record, where == "inside")
				if r.Record != "" {
					used[r.Record] = true
					assert.Contains(t, outside, r.Record)
				}
			}
		}
	}
	for _, s := range signals.Table(e) {
		for _, q := range s.Panel.Queries {
			check(q.Expr, "panel of "+s.Name, s.Inside || s.Severity == signals.Heartbeat)
		}
	}
	for _, o := range signals.Objectives(e) {
		for _, q := range o.Panel.Queries {
			check(q.Expr, "panel of "+o.Name, o.Inside)
		}
	}
	for name := range outside {
		assert.True(t, used[name], "%s is listed and not used", name)
	}
}

func TestCases(t *testing.T) {
	t.Parallel()
	for _, c := range cases(t) {
		t.Run(c.String(), func(t *testing.T) {
			t.Parallel()
			groups := signals.Groups(environment())
			if c.Outside {
				groups = signals.OutsideGroups(environment())
			}
			groups = with(groups, c.Alert)
			length := c.Length
			if c.Fires != nil {
				length = *c.Fires
			}
			require.Positive(t, length, "for how long does the case run?")
			var last []labels.Labels
			run(t, groups, c.Series, length, func(after time.Duration, firing []labels.Labels) {
				last = firing
				if c.Fires == nil {
					require.Empty(t, firing, "after %s", after)
				}
			})
			if c.Fires == nil {
				return
			}
			require.Len(t, last, max(c.Times, 1), "%v", last)
			for _, l := range last {
				require.Equal(t, c.Alert, l.Get(labels.AlertName))
				require.Equal(t, "prod", l.Get("environment"))
			}
			for name, value := range c.Labels {
				require.Equal(t, value, last[0].Get(name), name)
			}
		})
	}
}

// Every alert has a case in which it fires, and one in which it does not, with series of names that exist.
func TestEveryAlertHasCases(t *testing.T) {
	t.Parallel()
	fires, silent := map[string]bool{}, map[string]bool{}
	var alerts []string
	for _, a := range signals.Alerts(environment()) {
		alerts = append(alerts, a.Name)
	}
	for _, groups := range both(environment()) {
		for _, g := range groups {
			for _, r := range g.Rules {
				require.True(t, r.Alert == "" || slices.Contains(alerts, r.Alert), r.Alert)
			}
		}
	}
	listed := map[string]bool{}
	for _, m := range signals.Metrics() {
		listed[m.Name] = true
	}
	for _, c := range cases(t) {
		require.Contains(t, alerts, c.Alert)
		if c.Fires == nil {
			silent[c.Alert] = true
		} else {
			fires[c.Alert] = true
		}
		for _, s := range c.Series {
			name, _, _ := strings.Cut(s, " ")
			name, _, _ = strings.Cut(name, "{")
			assert.True(t, listed[name], "%s: %s is not among signals.Metrics", c, name)
		}
	}
	for _, alert := range alerts {
		assert.True(t, fires[alert], "%s: no case in which it fires", alert)
		// What is sent all the time is never silent.
		assert.True(t, silent[alert] || alert == "Watchdog", "%s: no case in which it is silent", alert)
	}
}

// Of an instance that is well, nothing is heard but the heartbeat; and the test's instance is a whole one.
func TestAHealthyInstanceIsSilent(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/healthy.yaml")
	require.NoError(t, err)
	var series []string
	require.NoError(t, yaml.Unmarshal(text, &series))
	there := strings.Join(series, "\n")
	for _, m := range signals.Metrics() {
		if m.From != "the rules of this table" {
			assert.Contains(t, there, m.Name)
		}
	}
	for where, groups := range both(environment()) {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			run(t, groups, series, 4*time.Hour, func(after time.Duration, firing []labels.Labels) {
				require.Len(t, firing, 1, "after %s: %v", after, firing)
				require.Equal(t, "Watchdog", firing[0].Get(labels.AlertName))
			})
		})
	}
}
