// Command objectives writes the rules that sloth makes of an objective, as templates, into infra/signals: the program
// then needs sloth no more, and a setting can change the percentage.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/slok/sloth/pkg/lib"
	prometheusv1 "github.com/slok/sloth/pkg/prometheus/api/v1"

	"github.com/vmstio/infrastructure/infra/signals"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("objectives: ")
	out := flag.String("o", "", "the file to write")
	flag.Parse()
	text, err := templates(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(*out, text, 0o644); err != nil { //nolint:gosec // it is a part of the source code
		log.Fatal(err)
	}
}

// rule is one of sloth's.
type rule struct {
	Record, Alert, Expr string
	Labels              map[string]string
}

// rules are those that sloth makes of an objective, in the order in which it writes them.
func rules(ctx context.Context, service string, o signals.Objective) ([]rule, error) {
	generator, err := lib.NewPrometheusSLOGenerator(lib.PrometheusSLOGeneratorConfig{})
	if err != nil {
		return nil, fmt.Errorf("preparing sloth: %w", err)
	}
	result, err := generator.GenerateFromSlothV1(ctx, prometheusv1.Spec{
		Service: service,
		SLOs: []prometheusv1.SLO{{
			Name: o.Name, Objective: o.Percent,
			SLI: prometheusv1.SLI{Events: &prometheusv1.SLIEvents{ErrorQuery: o.Bad, TotalQuery: o.Total}},
			Alerting: prometheusv1.Alerting{
				Name: o.Alert, PageAlert: prometheusv1.Alert{Disable: o.Alert == ""},
				TicketAlert: prometheusv1.Alert{Disable: o.Alert == ""},
			},
		}},
	})
	if err != nil {
		return nil, fmt.Errorf("making the rules of %s: %w", o.Name, err)
	}
	made := result.SLOResults[0].PrometheusRules
	var all []rule
	for _, r := range made.SLIErrorRecRules.Rules {
		all = append(all, rule{Record: r.Record, Expr: r.Expr, Labels: r.Labels})
	}
	for _, r := range made.MetadataRecRules.Rules {
		all = append(all, rule{Record: r.Record, Expr: r.Expr, Labels: r.Labels})
	}
	for _, r := range made.AlertRules.Rules {
		all = append(all, rule{Alert: r.Alert, Expr: r.Expr, Labels: r.Labels})
	}
	return all, nil
}

// example is an objective of which nothing looks like anything else in sloth's rules. In its own words are the window
// and the query, so that they are found again.
func example() (service string, o signals.Objective) {
	return "exampleservice", signals.Objective{
		Name: "examplename", Percent: 87.654321, Alert: "Example",
		Bad: `example_bad[{{.window}}]`, Total: `example_total[{{.window}}]`,
	}
}

var queries = regexp.MustCompile(`example_(bad|total)\[(\w+)\]`)

// templates are the rules of the example, in which every value of it is a field: see signals.BurnRate.
func templates(ctx context.Context) ([]byte, error) {
	service, o := example()
	made, err := rules(ctx, service, o)
	if err != nil {
		return nil, err
	}
	replace := strings.NewReplacer(
		service+"-"+o.Name, "{{.ID}}", service, "{{.Service}}", o.Name, "{{.Name}}",
		fmt.Sprint((100-o.Percent)/100), "{{.Budget}}", fmt.Sprintf("%g", o.Percent/100), "{{.Ratio}}",
		strconv.FormatFloat(o.Percent, 'f', -1, 64), "{{.Percent}}",
	)
	fill := func(text string) string {
		return queries.ReplaceAllStringFunc(replace.Replace(text), func(query string) string {
			parts := queries.FindStringSubmatch(query)
			method := map[string]string{"bad": "Bad", "total": "Total"}[parts[1]]
			return fmt.Sprintf("{{.%s `%s`}}", method, parts[2])
		})
	}
	var all []signals.BurnRate
	for _, r := range made {
		labels := map[string]string{}
		for key, value := range r.Labels {
			labels[key] = fill(value)
		}
		all = append(all, signals.BurnRate{Record: r.Record, Alert: r.Alert != "", Expr: fill(r.Expr), Labels: labels})
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(all); err != nil {
		return nil, fmt.Errorf("encoding the rules: %w", err)
	}
	return text.Bytes(), nil
}
