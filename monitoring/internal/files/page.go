package files

import (
	_ "embed" // the page's text
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"
)

//go:embed page.md
var pageText string

// page is what a person reads: what the environment is, what is promised and watched, and how to run it.
func (m *maker) page() error {
	text, err := template.New("page").Funcs(template.FuncMap{
		"cell": cell, "spoken": spoken, "percent": percent,
	}).Parse(pageText)
	if err != nil {
		return fmt.Errorf("reading its template: %w", err)
	}
	var out strings.Builder
	if err := text.Execute(&out, map[string]any{
		"Stack": m.stack, "Outputs": m.outputs, "Table": m.table, "Options": m.options, "Files": m.named(),
		"Queues": slices.Sorted(maps.Keys(m.outputs.Thresholds.QueueSeconds)),
	}); err != nil {
		return fmt.Errorf("filling in its template: %w", err)
	}
	m.files["README.md"] = []byte(out.String())
	return nil
}

// named are the other files.
func (m *maker) named() []string { return slices.Sorted(maps.Keys(m.files)) }

// cell is a text that ends no column and no row of a table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(strings.TrimSpace(text))
}

// spoken is a delay in words: "at once", "5m".
func spoken(d time.Duration) string {
	if d == 0 {
		return "at once"
	}
	return duration(d)
}

func percent(share float64) string { return strconv.FormatFloat(share, 'f', -1, 64) + " %" }
