package cmd

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vmstio/infrastructure/sandbox/bench"
	"github.com/vmstio/infrastructure/sandbox/runner"
)

func benchCommand(f *flags) *cobra.Command {
	var options bench.Options
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure building the program, previewing prod and bringing it up, against their goals",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			runner.DropCredentials()
			options.Sandbox = f.program
			options.Sandbox.ChartsDir, options.Sandbox.PulumiCommand = f.charts, f.pulumi
			options.Log = cmd.ErrOrStderr()
			report, err := bench.Run(cmd.Context(), options)
			if err != nil {
				return err
			}
			if err := f.print(cmd.OutOrStdout(), report); err != nil {
				return err
			}
			if missed := report.Missed(); len(missed) > 0 {
				return fmt.Errorf("the goal was missed: %s", strings.Join(missed, ", "))
			}
			return nil
		},
	}
	cmd.Flags().StringSliceVar(&options.Only, "only", nil, "the parts to measure: "+strings.Join(bench.Parts(), ", "))
	cmd.Flags().IntVar(&options.Runs, "runs", 5, "how many previews the median is of")
	return cmd
}
