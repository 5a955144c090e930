package reference_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/infra/signals"
)

// watched is an environment with all that can be watched, and the defaults of what is promised.
func watched(t *testing.T) signals.Environment {
	t.Helper()
	_, text := decoded(t, sizeFile("10000"))
	var object map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &object))
	object["docs"] = map[string]any{"enabled": true, "team": "example"}
	encoded, err := json.Marshal(object)
	require.NoError(t, err)
	s, err := settings.DecodeSettings(string(encoded))
	require.NoError(t, err)
	return s.Signals("prod")
}

func folded(b *strings.Builder, what, expr string) {
	fmt.Fprintf(b, "\n<details>\n<summary>%s</summary>\n\n```text\n%s\n```\n\n</details>\n", what, expr)
}

func TestAlertsPageIsCurrent(t *testing.T) {
	t.Parallel()
	e := watched(t)
	objectives, table := signals.Objectives(e), signals.Table(e)
	require.Greater(t, len(table), 30, "the test sees no signals")
	b := page("Alerts and promises",
		"Every alert with its expression and what it waits for, and every promise.", "infra/signals")
	b.WriteString(`What people notice, and what to do, is in [the runbooks](../4.runbooks/index.md); here is when an
alert comes. The expressions are PromQL, for an instance at ` + "`" + e.Domain + "`" + ` with the default
[promises](settings/observability.md#observabilityobjectives) and
[thresholds](settings/observability.md#observabilitythresholds).

- A *page* wakes somebody, a *ticket* waits for the morning, a *heartbeat* is sent all the time.
- *Inside* is measured in the cluster alone; everything else
  [from outside](../3.run/10.monitoring.md) as well.

## Promises

Of 30 days. What may go wrong is a budget. It is used up too fast, for a page, when 2 % of it go in an hour or 5 % in
six, and for a ticket when 10 % go in a day or in three: each is asked of a long window and of a short one.

| promise | % | says |
| --- | ---: | --- |
`)
	for _, o := range objectives {
		fmt.Fprintf(b, "| [%s](#%s) | %g | %s |\n", o.Name, o.Name, o.Percent, cell(prose(o.Means)))
	}
	rules := map[string][]signals.Rule{}
	for _, group := range signals.Groups(e) {
		for _, rule := range group.Rules {
			if rule.Alert != "" {
				rules[rule.Alert] = append(rules[rule.Alert], rule)
			}
		}
	}
	for _, o := range objectives {
		fmt.Fprintf(b, "\n### %s\n\n%s While it is not kept: %s\n", o.Name, prose(o.Means), lower(prose(o.Broken)))
		var alerts []string
		if o.Alert != "" {
			alerts = append(alerts, runbook(o.Alert))
		}
		for _, s := range table {
			if s.Objective == o.Name {
				alerts = append(alerts, runbook(s.Name))
			}
		}
		require.NotEmpty(t, alerts, o.Name)
		fmt.Fprintf(b, "\nAlerts: %s\n", strings.Join(alerts, ", "))
		if o.State != "" {
			folded(b, "1 while it is not kept, and 0 while it is", o.State)
			continue
		}
		window := strings.NewReplacer("{{.window}}", "5m")
		folded(b, "what goes wrong, and of what, in five minutes", window.Replace(o.Bad)+"\n\n"+window.Replace(o.Total))
	}
	b.WriteString("\n## Alerts\n")
	for _, alert := range signals.Alerts(e) {
		fmt.Fprintf(b, "\n### %s\n\n%s\n\n", alert.Name, prose(alert.Means))
		require.NotEmpty(t, rules[alert.Name], alert.Name)
		first := rules[alert.Name][0]
		var severities []string
		for _, s := range alert.Severities {
			severities = append(severities, string(s))
		}
		fmt.Fprintf(b, "- %s", strings.Join(severities, " or "))
		if first.For > 0 {
			fmt.Fprintf(b, ", after %g minutes", first.For.Minutes())
		}
		if !alert.Outside {
			b.WriteString("; inside")
		}
		if alert.Objective != "" {
			fmt.Fprintf(b, "\n- promise: [%s](#%s)", alert.Objective, alert.Objective)
		}
		fmt.Fprintf(b, "\n- dashboard: %s\n- [runbook](../4.runbooks/%s.md)\n", alert.Dashboard, alert.Name)
		for _, rule := range rules[alert.Name] {
			what := "expression"
			if len(rules[alert.Name]) > 1 {
				what += " of the " + rule.Labels["severity"]
			}
			folded(b, what, rule.Expr)
		}
	}
	current(t, "alerts.md", b.String())
}

func runbook(alert string) string { return fmt.Sprintf("[%s](../4.runbooks/%s.md)", alert, alert) }

func lower(text string) string { return strings.ToLower(text[:1]) + text[1:] }
