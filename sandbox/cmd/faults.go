package cmd

import (
	"fmt"
	"math/rand/v2"

	"github.com/spf13/cobra"

	"github.com/vmstio/infrastructure/sandbox/faults"
	"github.com/vmstio/infrastructure/sandbox/runner"
)

func faultsCommand(f *flags) *cobra.Command {
	var options faults.Options
	cmd := &cobra.Command{
		Use:   "faults",
		Short: "Break an up at every type of resource and by killing the engine, and see that the next one mends it",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			runner.DropCredentials()
			var err error
			if options.Sandbox, err = f.options(cmd); err != nil {
				return err
			}
			options.Log = cmd.ErrOrStderr()
			report, err := faults.Run(cmd.Context(), options)
			if err != nil {
				return err
			}
			if err := f.print(cmd.OutOrStdout(), report); err != nil {
				return err
			}
			if failed := report.Failed(); failed > 0 {
				return fmt.Errorf("%d of %d faults were not mended", failed, len(report.Trials))
			}
			return nil
		},
	}
	cmd.Flags().StringSliceVar(&options.Only, "only", nil, "parts of the names of the types that fail (default all)")
	cmd.Flags().IntVar(&options.Kills, "kills", 10, "how often the engine is killed")
	cmd.Flags().Uint64Var(&options.Seed, "seed", rand.Uint64N(1_000_000), //nolint:gosec // it is printed, not secret
		"chooses the moments at which the engine is killed")
	return cmd
}
