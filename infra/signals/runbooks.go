package signals

import (
	_ "embed"
	"strings"
	"text/template"
)

// Headings are those of a runbook, in this order.
func Headings() []string {
	return []string{
		"What people notice", "First three commands", "Diagnosis", "Mitigation", "How to see that it is over",
	}
}

//go:embed runbooks.md.tmpl
var index string

// Index is the page that lists the runbooks of an environment's alerts, and its objectives.
func Index(e Environment) string {
	soon := map[Severity]string{Page: "now", Ticket: "in the morning", Heartbeat: "when it stops"}
	page := template.Must(template.New("index").Funcs(template.FuncMap{
		"soon": func(s Severity) string { return soon[s] },
	}).Parse(index))
	var text strings.Builder
	err := page.Execute(&text, struct {
		Alerts     []Alert
		Objectives []Objective
	}{Alerts(e), Objectives(e)})
	if err != nil {
		panic(err) // the template is a part of the program
	}
	return text.String()
}
