package signals

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"
	"text/template"
)

// burnRates are sloth's rules for any objective, as templates. tools/objectives makes the file with sloth's library,
// and its tests hold that what [Groups] makes of it is what sloth makes of each objective.
//
//go:embed burnrates.json
var burnRates []byte

// templates are those of the file, read once. Nobody may change them.
var templates = sync.OnceValue(func() (rules []BurnRate) {
	if err := json.Unmarshal(burnRates, &rules); err != nil {
		panic(err) // the file is a part of the program
	}
	return rules
})

// BurnRate is a rule of sloth's as a template of Go.
//
// Its fields: {{.Service}}, {{.Name}} and {{.ID}} are the objective's names; {{.Budget}} is the share that may go
// wrong; {{.Ratio}} the one that has to go well, and {{.Percent}} the same in percent; {{.Bad}} and {{.Total}} are
// called with a window.
type BurnRate struct {
	Record string            `json:"record,omitempty"`
	Alert  bool              `json:"alert,omitempty"`
	Expr   string            `json:"expr"`
	Labels map[string]string `json:"labels"`
}

// Groups are all the rules of a Prometheus in the cluster.
func Groups(e Environment) []Group { return e.groups(Table(e), Objectives(e)) }

// OutsideGroups are the rules of a Prometheus elsewhere: those whose metrics exist there. The marks of the backups
// carry a label environment there with the environment's name, which their scrape configuration has to set.
func OutsideGroups(e Environment) []Group {
	where := fmt.Sprintf(",environment=%q", e.Name)
	var table []Signal
	for _, s := range e.table(where) {
		if !s.Inside {
			table = append(table, s)
		}
	}
	var objectives []Objective
	for _, o := range e.objectives(where) {
		if !o.Inside {
			objectives = append(objectives, o)
		}
	}
	return e.groups(table, objectives)
}

func (e Environment) groups(table []Signal, objectives []Objective) []Group {
	records := Group{Name: "mastodon-records"}
	signals := Group{Name: "mastodon-signals"}
	for _, s := range table {
		signals.Rules = append(signals.Rules, e.alert(s))
		if s.Name == "StreamingClientsDropped" {
			records.Rules = append(records.Rules, Rule{
				Record: StreamingClients, Expr: "sum(connected_clients" + streamingPods + ")",
			})
		}
	}
	for _, o := range objectives {
		if o.State != "" {
			records.Rules = append(records.Rules, Rule{
				Record: Missed, Expr: o.State, Labels: map[string]string{"environment": e.Name, "objective": o.Name},
			})
		}
	}
	groups := []Group{records, signals}
	for _, o := range objectives {
		groups = append(groups, Group{Name: "mastodon-objective-" + o.Name, Rules: e.burns(o)})
	}
	return groups
}

// alert is a signal's rule.
func (e Environment) alert(s Signal) Rule {
	labels := map[string]string{"severity": string(s.Severity), "environment": e.Name}
	if s.Objective != "" {
		labels["objective"] = s.Objective
	}
	return Rule{
		Alert: s.Name, Expr: s.Expr, For: s.For, Labels: labels, Annotations: e.annotations(s.Name, s.Means),
	}
}

func (e Environment) annotations(alert, means string) map[string]string {
	return map[string]string{
		"summary":     fmt.Sprintf("%s: %s", e.Domain, means),
		"runbook_url": e.RunbookURL(alert),
	}
}

// RunbookURL is where the page of an alert is.
func (e Environment) RunbookURL(alert string) string {
	base := e.Runbooks
	if base == "" {
		base = Runbooks
	}
	return strings.TrimSuffix(base, "/") + "/" + alert + ".md"
}

// burns are an objective's rules: sloth's.
func (e Environment) burns(o Objective) []Rule {
	values := burnValues{o: o, Service: e.Name, Name: o.Name}
	var rules []Rule
	for _, t := range templates() {
		if t.Alert && o.Alert == "" {
			continue
		}
		rule := Rule{Record: t.Record, Expr: values.fill(t.Expr), Labels: map[string]string{}}
		for key, value := range t.Labels {
			rule.Labels[key] = values.fill(value)
		}
		if t.Alert {
			rule.Alert = o.Alert
			maps.Copy(rule.Labels, map[string]string{
				"severity": rule.Labels["sloth_severity"], "environment": e.Name, "objective": o.Name,
			})
			rule.Annotations = e.annotations(o.Alert, fmt.Sprintf(
				"%s Too much goes wrong to keep the promise of %s %% in 30 days.", o.Broken, values.Percent()))
		}
		rules = append(rules, rule)
	}
	return rules
}

// burnValues are what a rule of sloth's is filled with.
type burnValues struct {
	o             Objective
	Service, Name string
}

// ID is what sloth tells objectives apart by.
func (v burnValues) ID() string { return v.Service + "-" + v.Name }

// Budget is the share that may go wrong, computed as sloth does, down to the last digit.
func (v burnValues) Budget() float64 { return (100 - v.o.Percent) / 100 }

// Ratio is the share that has to go well, as sloth writes it.
func (v burnValues) Ratio() string { return fmt.Sprintf("%g", v.o.Percent/100) }

// Percent is what has to go well.
func (v burnValues) Percent() string { return strconv.FormatFloat(v.o.Percent, 'f', -1, 64) }

// Bad and Total are the objective's expressions over a window.
func (v burnValues) Bad(window string) string { return over(v.o.Bad, window) }

// Total is the expression of all.
func (v burnValues) Total(window string) string { return over(v.o.Total, window) }

func over(expr, window string) string { return strings.ReplaceAll(expr, "{{.window}}", window) }

func (v burnValues) fill(text string) string {
	var filled strings.Builder
	if err := template.Must(template.New("").Parse(text)).Execute(&filled, v); err != nil {
		panic(err) // the file is a part of the program
	}
	return filled.String()
}

// Alert is one with a page of its own: a signal's, or an objective's.
type Alert struct {
	Name, Means, Objective string
	Severities             []Severity
	Dashboard              string
	Outside                bool
}

// Alerts are those of the table and of the objectives, each once, in the table's order.
func Alerts(e Environment) []Alert {
	var alerts []Alert
	for _, o := range Objectives(e) {
		if o.Alert != "" {
			alerts = append(alerts, Alert{
				o.Alert, o.Broken, o.Name, []Severity{Page, Ticket}, o.Panel.Dashboard, !o.Inside,
			})
		}
	}
	for _, s := range Table(e) {
		alerts = append(alerts, Alert{
			s.Name, s.Means, s.Objective, []Severity{s.Severity}, s.Panel.Dashboard, !s.Inside,
		})
	}
	return alerts
}
