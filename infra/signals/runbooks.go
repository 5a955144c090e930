package signals

import (
	"fmt"
	"strings"
)

// Headings are those of a runbook, in this order.
func Headings() []string {
	return []string{
		"What people notice", "First three commands", "Diagnosis", "Mitigation", "How to see that it is over",
	}
}

// Index is the page that lists the runbooks of an environment's alerts, and its objectives.
func Index(e Environment) string {
	soon := map[Severity]string{Page: "now", Ticket: "in the morning", Heartbeat: "when it stops"}
	var page strings.Builder
	page.WriteString(`---
title: Runbooks
description: What to do about each alert.
---

# Runbooks

Every alert has a page here, and its annotation ` + "`runbook_url`" + ` leads to it. This page is made of the table of signals
(` + "`infra/signals`" + `) by ` + "`make generate`" + `.

## Before anything

The commands of the pages are for the stack ` + "`prod`" + `, and for a shell that has been prepared like this:

` + "```sh" + `
doctl kubernetes cluster kubeconfig save "$(pulumi stack output cluster -s prod --json | jq -r .id)"
prom() {
  kubectl -n observability exec -c prometheus \
    "$(kubectl -n observability get pod -l app.kubernetes.io/name=prometheus -o name | head -n 1)" -- \
    promtool query instant http://localhost:9090 "$1"
}
` + "```" + `

` + "`prom`" + ` asks the Prometheus in the cluster. What stands in ` + "`<angle brackets>`" + ` is yours to put in: a domain, or a label of the
alert, such as ` + "`<namespace>` and `<pod>`" + `. What is changed with ` + "`kubectl`" + ` lasts until the next ` + "`pulumi up`" + `: what is
to stay belongs into the stack's file.

Several alerts at once are mostly one fault. Begin with the one that is furthest up in the table.

## Alerts

| alert | what people notice | look at it | dashboard | promise |
| --- | --- | --- | --- | --- |
`)
	for _, a := range Alerts(e) {
		var when []string
		for _, s := range a.Severities {
			when = append(when, soon[s])
		}
		fmt.Fprintf(&page, "| [%s](%s.md) | %s | %s | %s | %s |\n", a.Name, a.Name, a.Means, strings.Join(when, ", or "),
			a.Dashboard, a.Objective)
	}
	page.WriteString(`
## Promises

The percentages are settings (` + "`observability.objectives`" + `), of 30 days. What may go wrong is a budget; a promise with an alert
says so when the budget is used up too fast, at once or in the morning, by how fast. The others have an alert of their own
that says at once that they are broken.

| promise | what it says | alert |
| --- | --- | --- |
`)
	for _, o := range Objectives(e) {
		alert := ""
		if o.Alert != "" {
			alert = fmt.Sprintf("[%s](%s.md)", o.Alert, o.Alert)
		}
		fmt.Fprintf(&page, "| %s | %s | %s |\n", o.Name, o.Means, alert)
	}
	return page.String()
}
