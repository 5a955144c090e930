package main

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/settings"
)

func TestChartsOfARepository(t *testing.T) {
	t.Parallel()
	const what = "chart web 1.2.3 (prod): "
	for name, test := range map[string]struct {
		version, index string
		want           []string
	}{
		"the newest": {"1.2.3", `{entries: {web: [{version: 1.2.2}, {version: 1.2.3}]}}`, nil},
		"with a v":   {"1.2.3", `{entries: {web: [{version: v1.2.3}]}}`, nil},
		"a newer one": {
			"1.2.3", `{entries: {web: [{version: 1.2.3}, {version: 1.10.0}, {version: 1.9.0}]}}`,
			[]string{"note: " + what + "1.10.0 is there"},
		},
		"not stable": {"1.2.3", `{entries: {web: [{version: 1.2.3}, {version: 2.0.0-rc.1}]}}`, nil},
		"as it writes": {
			"v1.2.3", `{entries: {web: [{version: v1.2.3}, {version: v1.3.0}]}}`,
			[]string{"note: chart web v1.2.3 (prod): v1.3.0 is there"},
		},
		"no version": {"1.2.3", `{entries: {web: [{version: 1.2.3}, {version: next}]}}`, nil},
		"withdrawn": {
			"1.2.3", `{entries: {web: [{version: 1.2.2}]}}`,
			[]string{"error: " + what + "https://charts.test/web/ does not have this version; name one that it has"},
		},
		"another chart": {
			"1.2.3", `{entries: {other: [{version: 1.2.3}]}}`,
			[]string{"error: " + what + "https://charts.test/web/ has no chart of this name"},
		},
		"no index": {
			"1.2.3", "entries: [",
			[]string{"not checked: " + what + "charts.test sent an index that cannot be read: " +
				"yaml: line 1: did not find expected node content"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := serveFunc(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/web/index.yaml" {
					_, _ = io.WriteString(w, test.index)
				}
			})
			s, r := asking(world{"charts.test": server}), newReport()
			chart := settings.Chart{Repository: "https://charts.test/web/", Name: "web", Version: test.version}
			s.chart(t.Context(), r, chart, names{"prod"})
			requireLines(t, r, test.want...)
		})
	}
}

func TestChartsOfARegistry(t *testing.T) {
	t.Parallel()
	url, host := serveImages(t, "charts/web:1.2.3", "charts/web:1.3.0", "charts/web:2.0.0-rc.1",
		"charts/web:1.3.1_build", "charts/web:sha256-0123.sig")
	local := world{host: url}
	for name, test := range map[string]struct {
		world         world
		name, version string
		want          string
	}{
		"behind":        {local, "web", "1.2.3", "note: chart web 1.2.3 (prod): 1.3.1+build is there"},
		"withdrawn":     {local, "web", "1.2.4", "does not have this version; name one that it has"},
		"another chart": {local, "api", "1.2.3", "has no chart of this name"},
		"offline":       {world{}, "web", "1.2.3", "did not answer: no such host"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newReport()
			chart := settings.Chart{Repository: "oci://" + host + "/charts", Name: test.name, Version: test.version}
			asking(test.world).chart(t.Context(), r, chart, names{"prod"})
			text, _ := said(r)
			first, _, _ := strings.Cut(text, "\n")
			require.True(t, strings.HasSuffix(first, test.want), text)
		})
	}
}

// What both stacks name is asked for once.
func TestChartsAreAskedForOnce(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 10)
	server := serveFunc(t, func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		_, _ = io.WriteString(w, pinnedCharts)
	})
	stacks, err := readStacks(project(t, pins))
	require.NoError(t, err)
	s := asking(world{
		"mastodon.test": server, "ingress.test": server, "jetstack.test": server, "prometheus.test": server,
	})
	r := newReport()
	s.charts(t.Context(), r, stacks)
	requireLines(t, r)
	require.Len(t, asked, 4)
}
