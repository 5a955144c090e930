package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
	"github.com/stretchr/testify/require"
)

// Grafana itself cannot be had as a module. Its schema can, of dashboards and of the panels and queries that are used
// here: it knows every field that is written, and has all that it needs.
func TestDashboardsKeepToGrafanasSchema(t *testing.T) {
	cog.NewRuntime().RegisterPanelcfgVariant(timeseries.VariantConfig())
	cog.NewRuntime().RegisterDataqueryVariant(prometheus.VariantConfig())
	read := func(text string) error {
		var d dashboard.Dashboard //nolint:staticcheck // every Grafana in use imports this format
		// The SDK returns its list of what is wrong even when it is empty.
		var wrong cog.BuildErrors
		if err := d.UnmarshalJSONStrict([]byte(text)); !errors.As(err, &wrong) || len(wrong) > 0 {
			return err
		}
		return d.Validate()
	}
	files := contents(t, "testdata/all")
	overview := files["dashboards/overview.json"]
	for path, text := range files {
		if strings.HasPrefix(path, "dashboards/") {
			require.NoError(t, read(text), path)
		}
	}
	for says, fault := range map[string][2]string{
		"unexpected field 'boards'":     {`"panels": [`, `"boards": [`},
		"unexpected field 'z'":          {`"gridPos": {`, `"gridPos": {"z": 1,`},
		"unexpected field 'expression'": {`"expr": `, `"expression": `},
	} {
		broken := strings.Replace(overview, fault[0], fault[1], 1)
		require.NotEqual(t, overview, broken)
		require.ErrorContains(t, read(broken), says)
	}
}
