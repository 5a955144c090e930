package cmd

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/vmstio/infrastructure/infra/outputs"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/sandbox/runner"
)

// sayUp prints what fits a screen: what was done, where it is, what it costs and what to do next.
func sayUp(w io.Writer, s *runner.Sandbox, result runner.Result) {
	fmt.Fprintf(w, "\nStack %s is up in the simulated cloud, after %.1fs: %s.\n\n", result.Stack,
		result.Seconds, counts(result.Changes, "%d created", "%d updated", "%d replaced", "%d deleted"))
	stack := read(result.Outputs)
	if stack.LoadBalancer.IP != "" {
		fmt.Fprintf(w, "  %-15s %s\n", "public address", stack.LoadBalancer.IP)
	}
	names := []string{"web", "streaming", "media", "assets", "docs"}
	for _, name := range slices.Sorted(maps.Keys(stack.Endpoints)) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if endpoint, ok := stack.Endpoints[name]; ok {
			fmt.Fprintf(w, "  %-15s %s\n", name, endpoint.URL)
		}
	}
	fmt.Fprintf(w, "  %-15s %s\n", "cloud file", cloudFile(s))
	bill := settings.Cost{Min: stack.MonthlyCost.Minimum, Max: stack.MonthlyCost.Maximum}
	for _, item := range stack.MonthlyCost.Items {
		bill.Lines = append(bill.Lines, settings.CostLine{
			Item: item.Name, Min: item.Minimum, Max: item.Maximum, Known: item.Known,
		})
	}
	if len(bill.Lines) > 0 {
		fmt.Fprintf(w, "\n%s", bill)
	}
	sayCost(w, result)
	fmt.Fprintf(w, `
Next: the verb outputs shows all outputs. Edit the cloud file, and refresh shows the drift.
For a real cloud, README.md, "Run it for real": there, pulumi up -s %s runs this same program.
`, result.Stack)
}

// sayPreview prints what would be done, and what it would cost.
func sayPreview(w io.Writer, _ *runner.Sandbox, result runner.Result) {
	fmt.Fprintf(w, "\nStack %s: %s.\n", result.Stack,
		counts(result.Changes, "%d to create", "%d to update", "%d to replace", "%d to delete"))
	sayCost(w, result)
}

// sayCost prints what a month costs before and after, and the difference. Before is what the last up that went through
// has left in the stack outputs.
func sayCost(w io.Writer, result runner.Result) {
	was, is := read(result.Before).MonthlyCost, read(result.Outputs).MonthlyCost
	if is.Items == nil {
		return
	}
	fmt.Fprintln(w)
	for _, line := range []struct {
		what, format string
		least, most  float64
	}{
		{"USD a month before", "%.2f", was.Minimum, was.Maximum},
		{"after", "%.2f", is.Minimum, is.Maximum},
		{"difference", "%+.2f", is.Minimum - was.Minimum, is.Maximum - was.Maximum},
	} {
		amount := fmt.Sprintf(line.format, line.least)
		if line.most != line.least {
			amount += " to " + fmt.Sprintf(line.format, line.most)
		}
		fmt.Fprintf(w, "%-46s %20s\n", line.what, amount)
	}
}

// read takes from stack outputs what a summary shows. Another program may have others, and a preview does not know all:
// what cannot be read is not shown.
func read(from map[string]any) outputs.Outputs {
	var stack outputs.Outputs
	for name, into := range map[string]any{
		"endpoints": &stack.Endpoints, "loadBalancer": &stack.LoadBalancer, "monthlyCost": &stack.MonthlyCost,
	} {
		if text, err := json.Marshal(from[name]); err == nil {
			_ = json.Unmarshal(text, into)
		}
	}
	return stack
}

// counts says how many resources were or would be created, updated, replaced and deleted, in these words.
func counts(changes map[string]int, created, updated, replaced, deleted string) string {
	var parts []string
	for _, part := range []struct{ change, format string }{
		{"create", created}, {"update", updated}, {"replace", replaced}, {"delete", deleted}, {"same", "%d unchanged"},
	} {
		if count := changes[part.change]; count > 0 {
			parts = append(parts, fmt.Sprintf(part.format, count))
		}
	}
	return strings.Join(parts, ", ")
}
