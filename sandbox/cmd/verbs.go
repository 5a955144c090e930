package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/spf13/cobra"

	"github.com/vmstio/infrastructure/sandbox/runner"
)

func previewCommand(f *flags) *cobra.Command {
	var expectNoChanges bool
	cmd := f.operation("preview", "Show what up would change, and change nothing",
		func(s *runner.Sandbox, ctx context.Context) (runner.Result, error) {
			if expectNoChanges {
				return s.ExpectNoChanges(ctx)
			}
			return s.Preview(ctx)
		}, sayPreview)
	cmd.Flags().BoolVar(&f.run.Refresh, "refresh", false,
		"look at the simulated cloud first, for what was changed there")
	cmd.Flags().BoolVar(&expectNoChanges, "expect-no-changes", false, "fail if there is anything to change")
	return cmd
}

func sayDrift(w io.Writer, s *runner.Sandbox, result runner.Result) {
	if len(result.Drift) == 0 {
		fmt.Fprintln(w, "\nNo drift: the cloud is as the last up left it.")
		return
	}
	fmt.Fprintf(w, "\nDrift: %d resource(s) were changed outside Pulumi, in %s:\n", len(result.Drift), cloudFile(s))
	for _, drift := range result.Drift {
		what := "is gone"
		if !drift.Deleted {
			what = "differs in " + strings.Join(drift.Properties, ", ")
		}
		fmt.Fprintf(w, "  %s %s\n", describe(drift.URN), what)
	}
	fmt.Fprintln(w, "The state now says what the cloud is; up makes the cloud again what the program says.")
}

func sayKept(w io.Writer, _ *runner.Sandbox, result runner.Result) {
	byReason := map[string][]string{}
	for _, kept := range result.Kept {
		byReason[kept.Reason] = append(byReason[kept.Reason], describe(kept.URN))
	}
	if len(byReason) == 0 {
		fmt.Fprintf(w, "\nNothing is left of stack %s.\n", result.Stack)
		return
	}
	for _, section := range []struct{ reason, title string }{
		{runner.ReasonProtected, "Kept, because they are protected: they hold data or identity"},
		{runner.ReasonNeeded, "Kept, because something protected needs them"},
		{runner.ReasonRetained, "Left in the cloud and no longer managed, because they are retained"},
	} {
		if names := byReason[section.reason]; len(names) > 0 {
			fmt.Fprintf(w, "\n%s:\n  %s\n", section.title, strings.Join(names, "\n  "))
		}
	}
	if len(byReason[runner.ReasonProtected]) > 0 {
		fmt.Fprintf(w, "\nTo release what is protected: set every \"protect\" in Pulumi.%s.yaml to false, run up, "+
			"then destroy again.\n", result.Stack)
	}
}

func outputsCommand(f *flags) *cobra.Command {
	var showSecrets bool
	cmd := &cobra.Command{
		Use:   "outputs",
		Short: "Print the stack's outputs",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.with(cmd, func(ctx context.Context, s *runner.Sandbox) error {
				outputs, err := s.Outputs(ctx, showSecrets)
				if err != nil {
					return err
				}
				if f.run.Quiet {
					return printJSON(cmd.OutOrStdout(), outputs)
				}
				return printOutputs(cmd.OutOrStdout(), f.run.Stack, outputs)
			})
		},
	}
	cmd.Flags().BoolVar(&showSecrets, "show-secrets", false,
		"print secret values, all of them made up, instead of [secret]")
	return cmd
}

func printOutputs(w io.Writer, stack string, outputs map[string]any) error {
	if len(outputs) == 0 {
		fmt.Fprintf(w, "Stack %s has no outputs yet: bring it up first.\n", stack)
		return nil
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, name := range slices.Sorted(maps.Keys(outputs)) {
		value, ok := outputs[name].(string)
		if !ok {
			text, err := json.Marshal(outputs[name])
			if err != nil {
				return fmt.Errorf("printing output %q: %w", name, err)
			}
			value = string(text)
		}
		fmt.Fprintf(table, "%s\t%s\n", name, strings.ReplaceAll(strings.TrimSpace(value), "\n", "\n\t"))
	}
	return table.Flush()
}

func printJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Errorf("printing the result: %w", err)
	}
	return nil
}

// describe names a resource by its type, without the package, and its name: "Vpc mastodon-vpc".
func describe(urn string) string {
	u := resource.URN(urn)
	if strings.HasPrefix(string(u.Type()), "pulumi:providers:") {
		return "Provider " + u.Name()
	}
	return string(u.Type().Name()) + " " + u.Name()
}
