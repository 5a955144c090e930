package cmd

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/vmstio/infrastructure/sandbox/kubernetes/helm"
	"github.com/vmstio/infrastructure/sandbox/runner"
)

func chartsCommand(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "charts",
		Short: "Fetch the Helm charts of both stacks, and pin those that are not pinned yet in charts.lock",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			root, err := runner.FindRoot(".")
			if err != nil {
				return err
			}
			var (
				wanted []helm.Reference
				errs   []error
			)
			for _, stack := range []string{"prod", "staging"} {
				options := f.run
				options.Stack = stack
				refs, err := runner.Charts(options)
				errs = append(errs, err)
				for _, ref := range refs {
					if !slices.Contains(wanted, ref) {
						wanted = append(wanted, ref)
					}
				}
			}
			errs = append(errs, runner.ChartCache(root).Fetch(wanted, func(line string) {
				fmt.Fprintln(cmd.OutOrStdout(), line)
			}))
			return errors.Join(errs...)
		},
	}
}
