package files

import (
	"encoding/json"
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

// titles are what the dashboards are called, in the order in which somebody looks at them at night.
var titles = []struct{ name, title string }{
	{"overview", "Overview"},
	{"web", "Web"},
	{"sidekiq", "Sidekiq"},
	{"streaming", "Streaming"},
	{"edge", "Edge"},
	{"databases", "Databases"},
	{"backups", "Backups"},
}

const (
	// columns is how wide Grafana's grid is; two panels are beside each other.
	columns = 24
	height  = 8
	// source is the variable that names the Prometheus, so that a dashboard fits every Grafana.
	source = "${datasource}"
)

// dashboards are those of the table that have a panel.
func (m *maker) dashboards() error {
	panels := map[string][]Panel{}
	for _, panel := range m.table.Panels {
		panels[panel.Dashboard] = append(panels[panel.Dashboard], panel)
	}
	for _, d := range titles {
		if len(panels[d.name]) == 0 {
			continue
		}
		built, err := m.dashboard(d.name, d.title, panels[d.name])
		if err != nil {
			return fmt.Errorf("dashboard %s: %w", d.name, err)
		}
		text, err := json.MarshalIndent(built, "", "  ")
		if err != nil {
			return fmt.Errorf("dashboard %s: %w", d.name, err)
		}
		m.files["dashboards/"+d.name+".json"] = append(text, '\n')
		delete(panels, d.name)
	}
	for name := range panels {
		return fmt.Errorf("a panel is on dashboard %q, which nobody knows", name)
	}
	return nil
}

// The format is the one that every Grafana in use imports; the SDK calls it deprecated since its successor is there,
// which only the newest ones know.
//
//nolint:staticcheck // see above
func (m *maker) dashboard(name, title string, panels []Panel) (dashboard.Dashboard, error) {
	builder := dashboard.NewDashboardBuilder(m.outputs.Domain+": "+title).
		// It is what a dashboard is known by: the same one is replaced when it is imported again.
		Uid("mastodon-"+m.stack+"-"+name).
		Tags([]string{"mastodon", m.stack}).
		Time("now-6h", "now").Refresh("1m").Timezone("browser").Readonly().
		Tooltip(dashboard.DashboardCursorSyncCrosshair).
		WithVariable(dashboard.NewDatasourceVariableBuilder("datasource").Label("Prometheus").Type("prometheus")).
		Link(dashboard.NewDashboardLinkBuilder("All of " + m.outputs.Domain).Tags([]string{m.stack}).
			Type(dashboard.DashboardLinkTypeDashboards).AsDropdown(true).KeepTime(true))
	for i, panel := range panels {
		builder.WithPanel(graph(uint32(i), panel))
	}
	built, err := builder.Build()
	if err != nil {
		return dashboard.Dashboard{}, fmt.Errorf("building it: %w", err)
	}
	return built, nil
}

func graph(i uint32, panel Panel) *timeseries.PanelBuilder {
	from := common.DataSourceRef{Type: cog.ToPtr("prometheus"), Uid: cog.ToPtr(source)}
	const width = columns / 2
	g := timeseries.NewPanelBuilder().
		Title(panel.Title).Description(panel.Means).Unit(panel.Unit).Datasource(from).
		GridPos(dashboard.GridPos{H: height, W: width, X: i % 2 * width, Y: i / 2 * height}).
		Legend(common.NewVizLegendOptionsBuilder().
			ShowLegend(true).DisplayMode(common.LegendDisplayModeList).Placement(common.LegendPlacementBottom)).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeMulti).
			// What stands out is read first.
			Sort(common.SortOrderDescending)).
		FillOpacity(10).SpanNulls(common.BoolOrFloat64{Bool: cog.ToPtr(false)})
	for q, query := range panel.Queries {
		g.WithTarget(prometheus.NewDataqueryBuilder().
			RefId(string(rune('A' + q))).Expr(query.Expr).LegendFormat(query.Legend).Datasource(from).Range())
	}
	return g
}
