// Package endtoend_test runs the generated files with the programs that they are for. It is a module of its own, so
// that the dependencies of Prometheus decide nothing about those of the program, the command and the other tools.
package endtoend_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	alertmanager "github.com/prometheus/alertmanager/config"
	blackbox "github.com/prometheus/blackbox_exporter/config"
	client "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	prometheus "github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery/file"
	"github.com/prometheus/prometheus/discovery/targetgroup"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"
)

func eachDirectory(t *testing.T, test func(t *testing.T, dir string)) {
	t.Helper()
	for _, name := range []string{"outside", "older", "all"} {
		t.Run(name, func(t *testing.T) { t.Parallel(); test(t, filepath.Join("..", "testdata", name)) })
	}
}

// quiet keeps what the programs' code would say.
var quiet = slog.New(slog.DiscardHandler)

// Each file is read by the code of the program that it is for.
func TestPrometheusReadsItsFiles(t *testing.T) {
	t.Parallel()
	eachDirectory(t, func(t *testing.T, dir string) {
		config, err := prometheus.LoadFile(filepath.Join(dir, "prometheus.yml"), false, quiet)
		require.NoError(t, err)
		jobs, err := config.GetScrapeConfigs()
		require.NoError(t, err)
		var names []string
		for _, job := range jobs {
			names = append(names, job.JobName)
			for _, discovery := range job.ServiceDiscoveryConfigs {
				if files, ok := discovery.(*file.SDConfig); ok {
					for _, path := range files.Files {
						groups := targetsOf(t, path)
						require.NotEmpty(t, groups, path)
						for _, group := range groups {
							require.Equal(t, model.LabelValue("prod"), group.Labels["environment"], path)
						}
					}
				}
			}
		}
		require.Subset(t, names, []string{"probe", "backup", "backup-run"})
		rules, err := filepath.Glob(config.RuleFiles[0])
		require.NoError(t, err)
		require.NotEmpty(t, rules)
		alerts := 0
		for _, path := range rules {
			groups, errs := rulesOf(path)
			require.Empty(t, errs, path)
			for _, group := range groups.Groups {
				for _, rule := range group.Rules {
					if rule.Alert != "" {
						alerts++
						require.Contains(t, rule.Labels, "severity", rule.Alert)
						require.Equal(t, "prod", rule.Labels["environment"], rule.Alert)
						require.NotEmpty(t, rule.Annotations["runbook_url"], rule.Alert)
					}
				}
			}
		}
		require.Greater(t, alerts, 10)
	})
}

func rulesOf(path string) (*rulefmt.RuleGroups, []error) {
	return rulefmt.ParseFile(path, false, model.UTF8Validation, parser.NewParser(parser.Options{}), quiet)
}

func targetsOf(t *testing.T, path string) []*targetgroup.Group {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var groups []*targetgroup.Group
	require.NoError(t, json.Unmarshal(text, &groups))
	return groups
}

func TestAlertmanagerReadsItsFile(t *testing.T) {
	t.Parallel()
	eachDirectory(t, func(t *testing.T, dir string) {
		config, err := alertmanager.LoadFile(filepath.Join(dir, "alertmanager.yml"))
		require.NoError(t, err)
		require.Len(t, config.Receivers, 3)
		require.Len(t, config.Route.Routes, 3)
	})
}

func TestBlackboxExporterReadsItsFile(t *testing.T) {
	t.Parallel()
	eachDirectory(t, func(t *testing.T, dir string) {
		config := blackbox.NewSafeConfig(client.NewRegistry())
		require.NoError(t, config.ReloadConfig(filepath.Join(dir, "blackbox.yml"), quiet))
		require.Contains(t, config.C.Modules, "http_2xx")
	})
}

// Every query of a panel is PromQL, and no panel lies on another.
func TestDashboards(t *testing.T) {
	t.Parallel()
	eachDirectory(t, func(t *testing.T, dir string) {
		paths, err := filepath.Glob(filepath.Join(dir, "dashboards", "*.json"))
		require.NoError(t, err)
		require.NotEmpty(t, paths)
		uids := map[string]bool{}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			var dashboard struct {
				UID    string
				Panels []struct {
					Title   string
					GridPos struct{ X, Y, H, W int }
					Targets []struct{ Expr string }
				}
			}
			require.NoError(t, json.Unmarshal(text, &dashboard))
			require.LessOrEqual(t, len(dashboard.UID), 40, "Grafana's limit")
			require.False(t, uids[dashboard.UID], dashboard.UID)
			uids[dashboard.UID] = true
			taken := map[string]bool{}
			for _, panel := range dashboard.Panels {
				at := fmt.Sprint(panel.GridPos)
				require.False(t, taken[at], "%s: %s", path, panel.Title)
				taken[at] = true
				require.NotEmpty(t, panel.Targets, panel.Title)
				for _, target := range panel.Targets {
					_, err := parser.NewParser(parser.Options{}).ParseExpr(target.Expr)
					require.NoError(t, err, panel.Title)
				}
			}
		}
	})
}
