package signals_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/signals"
)

var update = flag.Bool("update", false, "write the index of the runbooks again")

const runbooks = "../../docs/content/4.runbooks"

func whole() signals.Environment {
	e := signals.Environment{
		Name: "prod", Domain: "example.org", Endpoints: map[string]string{},
		Marks:   map[string]signals.Mark{"dump": {AlarmDays: 2}, "media": {AlarmDays: 3}, "rehearsal": {AlarmDays: 9}},
		Targets: map[string]float64{},
		Thresholds: signals.Thresholds{
			QueueSeconds:      map[string]int{"default": 60, "push": 300, "mailers": 300, "pull": 1800},
			NewestPostMinutes: 30, CertificateDays: 14,
		},
	}
	for _, name := range []string{"web", "streaming", "media", "assets", "docs"} {
		e.Endpoints[name] = "https://" + name + ".example.org/health"
	}
	for _, name := range promises {
		e.Targets[name] = 99
	}
	return e
}

var promises = []string{
	"web-availability", "web-latency", "delivery", "streaming", "media", "search", "mail", "backups", "certificates",
}

func TestSignalsAreWhole(t *testing.T) {
	t.Parallel()
	dashboards := []string{"overview", "web", "sidekiq", "streaming", "edge", "databases", "backups"}
	names := map[string]bool{}
	check := func(name, means string, panel signals.Panel) {
		require.Regexp(t, `^[A-Z][A-Za-z]+$`, name)
		require.False(t, names[name], "%s is there twice", name)
		names[name] = true
		require.Regexp(t, `\.$`, means, name)
		require.Contains(t, dashboards, panel.Dashboard, name)
		require.NotEmpty(t, panel.Title, name)
		require.Contains(t, []string{"s", "percentunit", "short", "reqps"}, panel.Unit, name)
		require.NotEmpty(t, panel.Queries, name)
		for _, q := range panel.Queries {
			require.NotEmpty(t, q.Expr, name)
			require.NotEmpty(t, q.Legend, name)
		}
	}
	for _, s := range signals.Table(whole()) {
		check(s.Name, s.Means, s.Panel)
		require.NotEmpty(t, s.Expr, s.Name)
		require.Contains(t, []signals.Severity{signals.Page, signals.Ticket, signals.Heartbeat}, s.Severity)
		require.True(t, s.Objective == "" || slices.Contains(promises, s.Objective), s.Name)
		// Nobody is woken by what is over when they are at the screen.
		require.True(t, s.For > 0 || s.Severity == signals.Heartbeat, s.Name)
	}
	var promised []string
	for _, o := range signals.Objectives(whole()) {
		promised = append(promised, o.Name)
		check(strings.ToUpper(o.Name[:1])+strings.ReplaceAll(o.Name[1:], "-", ""), o.Means, o.Panel)
		require.Regexp(t, `\.$`, o.Broken, o.Name)
		require.Contains(t, o.Bad, "{{.window}}")
		require.Contains(t, o.Total, "{{.window}}")
	}
	require.Equal(t, promises, promised)
}

// Every promise has an alert: by its budget, or a signal that names it.
func TestEveryPromiseIsWatched(t *testing.T) {
	t.Parallel()
	watched := map[string]bool{}
	for _, s := range signals.Table(whole()) {
		watched[s.Objective] = true
	}
	for _, o := range signals.Objectives(whole()) {
		require.True(t, o.Alert != "" || watched[o.Name], o.Name)
	}
}

func TestWhatIsNotThereHasNoSignal(t *testing.T) {
	t.Parallel()
	e := whole()
	delete(e.Endpoints, "docs")
	delete(e.Targets, "media")
	e.Marks = nil
	for _, a := range signals.Alerts(e) {
		require.NotContains(t, []string{"DocsUnreachable", "MediaBudgetBurns", "BackupOld", "BackupFailed"}, a.Name)
	}
	for _, o := range signals.Objectives(e) {
		require.NotContains(t, []string{"media", "backups"}, o.Name)
	}
	for _, g := range signals.Groups(signals.Environment{Name: "empty"}) {
		for _, r := range g.Rules {
			require.NotEmpty(t, r.Expr, r.Alert+r.Record)
		}
	}
}

func TestAlertsSayWhereAndWhatToDo(t *testing.T) {
	t.Parallel()
	e := whole()
	e.Runbooks = "https://docs.example.org/runbooks/"
	seen := map[string]bool{}
	for _, groups := range [][]signals.Group{signals.Groups(e), signals.OutsideGroups(e)} {
		for _, g := range groups {
			for _, r := range g.Rules {
				if r.Alert == "" {
					continue
				}
				seen[r.Alert] = true
				require.Equal(t, "https://docs.example.org/runbooks/"+r.Alert+".md", r.Annotations["runbook_url"])
				require.Contains(t, r.Annotations["summary"], "example.org: ")
				require.Contains(t, []string{"page", "ticket", "heartbeat"}, r.Labels["severity"], r.Alert)
				require.Equal(t, "prod", r.Labels["environment"])
			}
		}
	}
	for _, a := range signals.Alerts(e) {
		require.True(t, seen[a.Name], "%s has no rule", a.Name)
	}
	require.Equal(t, signals.Runbooks+"/WebDown.md", signals.Environment{}.RunbookURL("WebDown"))
}

// Outside, there are the addresses and the marks; the watchdog is everywhere.
func TestOutside(t *testing.T) {
	t.Parallel()
	var there []string
	for _, g := range signals.OutsideGroups(whole()) {
		for _, r := range g.Rules {
			if r.Alert != "" && !slices.Contains(there, r.Alert) {
				there = append(there, r.Alert)
			}
		}
	}
	require.ElementsMatch(t, []string{
		"WebUnreachable", "StreamingUnreachable", "MediaUnreachable", "AssetsUnreachable", "DocsUnreachable",
		"StreamingBudgetBurns", "MediaBudgetBurns", "CertificateExpires", "CertificateExpiresSoon",
		"BackupOld", "MediaCopyOld", "RehearsalOld", "BackupFailed", "ProbeMissing", "Watchdog",
	}, there)
	for _, a := range signals.Alerts(whole()) {
		require.Equal(t, slices.Contains(there, a.Name), a.Outside, a.Name)
	}
}

var (
	heading  = regexp.MustCompile(`(?m)^## (.*)$`)
	commands = regexp.MustCompile("(?s)## First three commands\n\n```sh\n(.*?)```\n\n## ")
)

// Whoever is woken finds a page, and no page is about what nothing says.
func TestEveryAlertHasARunbook(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(runbooks, "*.md"))
	require.NoError(t, err)
	var pages []string
	for _, file := range files {
		if name := strings.TrimSuffix(filepath.Base(file), ".md"); name != "index" {
			pages = append(pages, name)
		}
	}
	var alerts []string
	for _, a := range signals.Alerts(whole()) {
		alerts = append(alerts, a.Name)
	}
	require.ElementsMatch(t, alerts, pages)
	for _, name := range pages {
		text, err := os.ReadFile(filepath.Join(runbooks, name+".md"))
		require.NoError(t, err)
		page := string(text)
		assert.Regexp(t, `^---\ntitle: `+name+`\ndescription: [^\n]*\.\n---\n\n# `+name+"\n\n## ", page, name)
		var found []string
		parts := heading.Split(page, -1)[1:]
		for i, match := range heading.FindAllStringSubmatch(page, -1) {
			found = append(found, match[1])
			assert.NotEmpty(t, strings.TrimSpace(parts[i]), "%s: nothing under %q", name, match[1])
		}
		assert.Equal(t, signals.Headings(), found, name)
		if match := commands.FindStringSubmatch(page); assert.NotNil(t, match, "%s: no block of commands", name) {
			assert.Len(t, strings.Split(strings.TrimSpace(match[1]), "\n"), 3, name)
		}
	}
}

// make generate
func TestRunbookIndexIsCurrent(t *testing.T) {
	t.Parallel()
	file := filepath.Join(runbooks, "index.md")
	want := signals.Index(whole())
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(want), 0o644))
	}
	have, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, want, string(have), "run: make generate")
}
