package endtoend_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/stretchr/testify/require"
)

var pictures = flag.String("pictures", "", "draw the dashboards into this directory")

// watched is how long the history of a picture is, and every how often it was written down.
const (
	watched = 6 * time.Hour
	every   = 30 * time.Second
)

// What the dashboards show of six hours in which a queue backed up and requests failed. The history is written into the
// storage of Prometheus as if it had asked for it, with what the rules record; the rest is real: the Prometheus, the
// queries, and the browser.
func TestPictures(t *testing.T) {
	needsPrograms(t)
	if *pictures == "" {
		t.Skip("make pictures runs this")
	}
	require.NoError(t, os.MkdirAll(*pictures, 0o755))
	dir := generate(t, contract(t), "-inside", "http://localhost:9090")
	storage, end := t.TempDir(), time.Now().Truncate(time.Minute)
	history(t, storage, dir, end)

	prometheus := free(t)
	nothing := filepath.Join(t.TempDir(), "prometheus.yml")
	require.NoError(t, os.WriteFile(nothing, []byte("global: {}\n"), 0o600))
	start(t, "http://"+prometheus+"/-/ready", nil, tool(t, "prometheus"), "--config.file="+nothing,
		"--storage.tsdb.path="+storage, "--web.listen-address="+prometheus)

	drawn := make(chan []string, 1)
	mux := http.NewServeMux()
	mux.Handle("/api/", httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: prometheus}))
	mux.Handle("/dashboards/", http.FileServer(http.Dir(dir)))
	mux.Handle("/", http.FileServer(http.Dir("testdata")))
	mux.HandleFunc("POST /drawn", func(_ http.ResponseWriter, request *http.Request) {
		var empty []string
		if err := json.NewDecoder(request.Body).Decode(&empty); err != nil {
			empty = []string{err.Error()}
		}
		select {
		case drawn <- empty:
		default:
		}
	})
	page := httptest.NewServer(mux)
	t.Cleanup(page.Close)

	paths, err := filepath.Glob(filepath.Join(dir, "dashboards", "*.json"))
	require.NoError(t, err)
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		picture := filepath.Join(*pictures, "dashboard-"+name+".png")
		address := fmt.Sprintf("%s/panels.html?dashboard=%s&end=%d", page.URL, name, end.Unix())
		ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
		said, err := exec.CommandContext(ctx, "chromium", "--headless", "--no-sandbox", "--disable-gpu",
			"--hide-scrollbars", "--user-data-dir="+t.TempDir(), "--virtual-time-budget=30000",
			fmt.Sprintf("--window-size=1232,%d", 72+rows(t, path)*26), "--screenshot="+picture,
			address).CombinedOutput()
		stop()
		require.NoError(t, err, "%s", said)
		select {
		case empty := <-drawn:
			t.Logf("%s: panels without data: %q", name, empty)
		case <-time.After(time.Second):
			t.Fatalf("%s was not drawn: %s", name, said)
		}
		size, err := os.Stat(picture)
		require.NoError(t, err)
		require.Less(t, size.Size(), int64(200_000), picture)
	}
}

// rows is how high a dashboard is, in Grafana's grid.
func rows(t *testing.T, path string) int {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var dashboard struct {
		Panels []struct{ GridPos struct{ Y, H int } }
	}
	require.NoError(t, json.Unmarshal(text, &dashboard))
	high := 0
	for _, panel := range dashboard.Panels {
		high = max(high, panel.GridPos.Y+panel.GridPos.H)
	}
	return high
}

// history writes six hours into a storage: what would have been asked for, and what the rules of a directory make of
// it.
func history(t *testing.T, storage, dir string, end time.Time) {
	t.Helper()
	db, write := book(t, storage)
	engine := promql.NewEngine(promql.EngineOpts{
		MaxSamples: 5_000_000, Timeout: time.Minute, LookbackDelta: 5 * time.Minute, EnableAtModifier: true,
		Parser: parser.NewParser(parser.Options{}),
	})
	records := recorded(t, dir)
	began := end.Add(-watched)
	now := moment{rush: 1, late: 2}
	for i, at := 0, began; !at.After(end); i, at = i+1, at.Add(every) {
		now.pass(at, at.Sub(began))
		write(at, append(now.series(), outside(at, at.Sub(began))...))
		if i%2 == 1 {
			continue
		}
		for _, record := range records {
			query, err := engine.NewInstantQuery(t.Context(), db, nil, record.Expr, at)
			require.NoError(t, err, record.Expr)
			result := query.Exec(t.Context())
			require.NoError(t, result.Err, record.Expr)
			vector, err := vectorOf(result.Value, at)
			require.NoError(t, err, record.Expr)
			appender := db.Appender(t.Context())
			for _, s := range vector {
				builder := labels.NewBuilder(s.Metric)
				builder.Set(model.MetricNameLabel, record.Record)
				for name, value := range record.Labels {
					builder.Set(name, value)
				}
				_, err := appender.Append(0, builder.Labels(), at.UnixMilli(), s.F)
				require.NoError(t, err, record.Record)
			}
			require.NoError(t, appender.Commit())
			query.Close()
		}
	}
	require.NoError(t, db.Close())
}

// book opens a storage, and returns it with what writes samples into it.
func book(t *testing.T, storage string) (*tsdb.DB, func(time.Time, []sample)) {
	t.Helper()
	options := tsdb.DefaultOptions()
	options.RetentionDuration = (30 * 24 * time.Hour).Milliseconds()
	db, err := tsdb.Open(storage, quiet, nil, options, nil)
	require.NoError(t, err)
	metrics := map[string]labels.Labels{}
	return db, func(at time.Time, samples []sample) {
		appender := db.Appender(t.Context())
		for _, s := range samples {
			if _, ok := metrics[s.name]; !ok {
				metric, err := parser.NewParser(parser.Options{}).ParseMetric(s.name)
				require.NoError(t, err, s.name)
				metrics[s.name] = metric
			}
			_, err := appender.Append(0, metrics[s.name], at.UnixMilli(), s.value)
			require.NoError(t, err, s.name)
		}
		require.NoError(t, appender.Commit())
	}
}

func vectorOf(value parser.Value, at time.Time) (promql.Vector, error) {
	switch value := value.(type) {
	case promql.Vector:
		return value, nil
	case promql.Scalar:
		return promql.Vector{{T: at.UnixMilli(), F: value.V}}, nil
	default:
		return nil, fmt.Errorf("%s is no vector", value.Type())
	}
}

// recorded are the rules of a directory that record something, in their order.
func recorded(t *testing.T, dir string) []rulefmt.Rule {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "rules", "*.yml"))
	require.NoError(t, err)
	var first, records []rulefmt.Rule
	for _, path := range paths {
		groups, errs := rulesOf(path)
		require.Empty(t, errs)
		for _, group := range groups.Groups {
			for _, rule := range group.Rules {
				switch {
				case rule.Record == "":
				case group.Name == "mastodon-records": // the others are made of these
					first = append(first, rule)
				default:
					records = append(records, rule)
				}
			}
		}
	}
	return append(first, records...)
}

// pass lets time pass in the cluster: people come and go, and after three hours and a half a queue backs up for an
// hour, while 2 % of the requests fail for half of one.
func (m *moment) pass(at time.Time, since time.Duration) {
	hour := since.Hours()
	m.at, m.load = at, 1+0.35*math.Sin(hour*1.1)+0.04*math.Sin(hour*37)+0.03*math.Cos(hour*91)
	m.since += time.Duration(float64(every) * m.load)
	m.wait = 2 + math.Abs(3*math.Sin(hour*23))
	if hour > 3.5 && hour < 4.5 {
		m.wait += 900 * math.Sin((hour-3.5)*math.Pi)
	}
	if hour > 3.6 && hour < 4.1 {
		m.failing += time.Duration(float64(every) * m.load)
		m.since -= time.Duration(float64(every) * m.load)
	}
}

// outside are the series that Prometheus has of what everybody can see.
func outside(at time.Time, since time.Duration) []sample {
	hour := since.Hours()
	var samples []sample
	for i, address := range []string{
		"https://vmst.io/health", "https://streaming.vmst.io/api/v1/streaming/health", "https://cdn.vmst.io/health.txt",
		"https://assets.vmst.io/health.txt", "https://docs.vmst.io/",
	} {
		of := fmt.Sprintf(`{job="probe",environment="prod",instance=%q}`, address)
		took := 0.05 + 0.02*float64(i) + 0.01*math.Abs(math.Sin(hour*(17+float64(i))))
		if i == 0 && hour > 3.6 && hour < 4.1 {
			took += 0.4
		}
		ends := at.Add(-since).AddDate(0, 0, 35+7*i).Add(time.Duration(i) * time.Hour)
		samples = append(samples, sample{"probe_success" + of, 1}, sample{"probe_duration_seconds" + of, took},
			sample{"probe_ssl_earliest_cert_expiry" + of, float64(ends.Unix())},
			sample{"up" + of, 1})
	}
	for task, age := range map[string]time.Duration{
		"dump": 20 * time.Hour, "media": 19 * time.Hour, "rehearsal": 70 * time.Hour,
	} {
		of := fmt.Sprintf(`{job="backup",environment="prod",task=%q}`, task)
		ended := at.Add(-since - age)
		if task == "dump" && hour > 4 {
			ended = at.Add(-since).Add(4 * time.Hour)
		}
		samples = append(samples, sample{"mastodon_backup_end_timestamp_seconds" + of, float64(ended.Unix())},
			sample{"mastodon_backup_seconds" + of, age.Minutes() / 4}, sample{"mastodon_backup_success" + of, 1})
	}
	return samples
}
