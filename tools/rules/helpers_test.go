package rules_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/common/promslog"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/rules"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/infra/signals"
)

// start is when every case begins: 2027-01-15T08:00:00Z, a number that is easy to count from.
const start = 1_800_000_000

func environment() signals.Environment {
	e := signals.Environment{
		Name: "prod", Domain: "example.org",
		Endpoints: map[string]string{
			"web":       "https://example.org/health",
			"streaming": "https://streaming.example.org/api/v1/streaming/health",
			"media":     "https://media.example.org/health",
			"assets":    "https://assets.example.org/health",
			"docs":      "https://docs.example.org/",
		},
		Marks: map[string]signals.Mark{"dump": {AlarmDays: 2}, "media": {AlarmDays: 3}, "rehearsal": {AlarmDays: 9}},
		Targets: map[string]float64{
			"web-availability": 99.9, "web-latency": 95, "delivery": 99, "streaming": 99.5, "media": 99.9, "search": 99,
			"mail": 99, "backups": 99, "certificates": 99.9,
		},
		Thresholds: signals.Thresholds{
			QueueSeconds: map[string]int{
				"default": 60, "push": 300, "ingress": 300, "mailers": 300, "pull": 1800, "fasp": 1800,
				"scheduler": 600,
			},
			NewestPostMinutes: 30, CertificateDays: 14,
		},
	}
	return e
}

// promql parses as Prometheus does when no optional syntax is switched on.
func promql() parser.Parser { return parser.NewParser(parser.Options{}) }

// file writes groups as Prometheus reads them.
func file(t *testing.T, groups []signals.Group) string {
	t.Helper()
	var all rulefmtGroups
	for _, g := range groups {
		group := rulefmt.RuleGroup{Name: g.Name}
		for _, r := range g.Rules {
			group.Rules = append(group.Rules, rulefmt.Rule{
				Record: r.Record, Alert: r.Alert, Expr: r.Expr, For: model.Duration(r.For), Labels: r.Labels,
				Annotations: r.Annotations,
			})
		}
		all.Groups = append(all.Groups, group)
	}
	text, err := yaml.Marshal(all)
	require.NoError(t, err)
	name := filepath.Join(t.TempDir(), "rules.yaml")
	require.NoError(t, os.WriteFile(name, text, 0o600))
	return name
}

type rulefmtGroups struct {
	Groups []rulefmt.RuleGroup `yaml:"groups"`
}

// run evaluates groups each minute, over series that begin at start, and calls see with the alerts that fire.
func run(t *testing.T, groups []signals.Group, series []string, length time.Duration, see func(
	after time.Duration, firing []labels.Labels,
),
) {
	t.Helper()
	begin := time.Unix(start, 0).UTC()
	suite, err := promqltest.NewLazyLoader("load 1m\n  "+strings.Join(series, "\n  ")+"\n", promqltest.LazyLoaderOpts{
		EnableAtModifier: true, EnableNegativeOffset: true, StartTime: begin, Parser: promql(),
	})
	require.NoError(t, err)
	defer func() { require.NoError(t, suite.Close()) }()
	suite.SubqueryInterval = time.Minute
	manager := rules.NewManager(&rules.ManagerOptions{
		QueryFunc:    rules.EngineQueryFunc(suite.QueryEngine(), suite.Storage()),
		AppendableV2: suite.Storage(), Context: context.Background(),
		NotifyFunc: func(context.Context, string, ...*rules.Alert) {},
		Logger:     promslog.NewNopLogger(), Parser: promql(),
	})
	loaded, errs := manager.LoadGroups(time.Minute, labels.EmptyLabels(), "", nil, false, file(t, groups))
	require.Empty(t, errs)
	// In the order of the table: what is recorded comes first.
	var ordered []*rules.Group
	for _, g := range groups {
		for _, l := range loaded {
			if l.Name() == g.Name {
				ordered = append(ordered, l)
			}
		}
	}
	require.Len(t, ordered, len(groups))
	alerts := []*rules.AlertingRule{}
	for _, g := range ordered {
		for _, r := range g.Rules() {
			if a, ok := r.(*rules.AlertingRule); ok {
				a.SetRestored(true)
				alerts = append(alerts, a)
			}
		}
	}
	for after := time.Duration(0); after <= length; after += time.Minute {
		suite.WithSamplesTill(begin.Add(after), func(err error) {
			require.NoError(t, err)
			for _, g := range ordered {
				g.Eval(suite.Context(), begin.Add(after))
				for _, r := range g.Rules() {
					require.NoError(t, r.LastError(), r.Name())
				}
			}
		})
		var firing []labels.Labels
		for _, a := range alerts {
			for _, active := range a.ActiveAlerts() {
				if active.State == rules.StateFiring {
					firing = append(firing, active.Labels.Copy())
				}
			}
		}
		see(after, firing)
	}
}

// with are the groups that an alert needs: its own rule, and what is recorded.
func with(groups []signals.Group, alert string) []signals.Group {
	var some []signals.Group
	for _, g := range groups {
		own := slices.DeleteFunc(slices.Clone(g.Rules), func(r signals.Rule) bool {
			return r.Alert != "" && r.Alert != alert
		})
		alerts := slices.ContainsFunc(own, func(r signals.Rule) bool { return r.Alert != "" })
		if g.Name == "mastodon-records" || alerts {
			some = append(some, signals.Group{Name: g.Name, Rules: own})
		}
	}
	return some
}

// names are the metrics that an expression uses.
func names(t *testing.T, expr string) []string {
	t.Helper()
	parsed, err := promql().ParseExpr(expr)
	require.NoError(t, err, expr)
	var all []string
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok {
			name := selector.Name
			require.NotEmpty(t, name, "a selector without a name in %s", expr)
			all = append(all, name)
		}
		return nil
	})
	return all
}

// cases are those of testdata/cases.yaml.
type testCase struct {
	Alert string
	// Why says what the case is about, if that is not obvious.
	Why string
	// Outside is whether the rules are those of a Prometheus outside the cluster.
	Outside bool
	Series  []string
	// Fires is after how long the alert fires; without it, it never does.
	Fires *time.Duration
	// Length is how long a silent case runs.
	Length time.Duration
	// Labels are some of those of the alert.
	Labels map[string]string
	// Times is how many alerts of that name fire; one, if it is left out.
	Times int
}

func cases(t *testing.T) []testCase {
	t.Helper()
	text, err := os.Open("testdata/cases.yaml")
	require.NoError(t, err)
	defer func() { require.NoError(t, text.Close()) }()
	decoder := yaml.NewDecoder(text)
	decoder.KnownFields(true)
	var all []testCase
	require.NoError(t, decoder.Decode(&all))
	return all
}

func (c testCase) String() string {
	what := "silent"
	if c.Fires != nil {
		what = "fires"
	}
	return fmt.Sprintf("%s/%s/%s", c.Alert, what, c.Why)
}
