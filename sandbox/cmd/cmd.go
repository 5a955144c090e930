// Package cmd is the command line of the sandbox.
package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/vmstio/infrastructure/sandbox/behaviour"
	"github.com/vmstio/infrastructure/sandbox/runner"
)

// flags are those that every verb has.
type flags struct {
	// run is what the verbs run, and those flags that need no reading.
	run runner.Options

	date                   string
	delays, failures, slow []string
}

// New returns the command line for a program, which the options name; the flags say the rest.
func New(program runner.Options) *cobra.Command { return newRoot(&flags{run: program}) }

func newRoot(f *flags) *cobra.Command {
	root := &cobra.Command{
		Use:   "sandbox",
		Short: "Run the environments through the real Pulumi engine in a simulated cloud",
		Long: "Run the environments through the real Pulumi engine in a simulated cloud.\n\n" +
			"It reads the committed Pulumi.<stack>.yaml, needs no account and no credential, and keeps everything " +
			"it makes\nin .sandbox. What is simulated, and what is not, is in sandbox/README.md.",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
	}
	set := root.PersistentFlags()
	set.StringVar(&f.run.Stack, "stack", "prod", "the stack: prod or staging")
	set.BoolVar(&f.run.Quiet, "json", false, "print one JSON document instead of progress")
	set.StringVar(&f.run.ChartsDir, "charts", "",
		"a directory of Helm charts that come before those that the verb charts has fetched")
	set.StringVar(&f.run.StateDir, "state", "",
		"the directory for all that a run leaves behind (default .sandbox of the repository)")
	set.StringVar(&f.run.PulumiCommand, "pulumi", "",
		"the Pulumi CLI (default one on PATH that fits, else the one that make pulumi builds)")
	set.StringArrayVar(&f.delays, "delay", nil,
		"`type=duration`: every change of a resource of this type (or *) takes so long; may be repeated")
	set.StringArrayVar(&f.failures, "fail", nil,
		"`type[:n]=message`: the n-th change of a resource of this type (or *) fails, or every one; may be repeated")
	set.StringArrayVar(&f.slow, "slow", nil,
		"`type=duration`: a creation of this type takes so long that a provider may stop waiting; may be repeated")
	set.StringArrayVar(&f.run.DigitalOcean.Undelegated, "undelegated", nil,
		"`domain` whose registrar does not point at DigitalOcean yet; may be repeated")
	set.StringArrayVar(&f.run.DigitalOcean.Unverified, "unverified", nil,
		"email `address` that no member of the team has verified; may be repeated")
	set.BoolVar(&f.run.DigitalOcean.NewAccount, "new-account", false,
		"an account without a VPC that may have 10 Droplets, databases and load balancers, as a new one")
	set.StringVar(&f.date, "date", "", "`YYYY-MM-DD`: the day on which everything happens (default today)")
	set.StringArrayVar(&f.run.PolicyPacks, "policy-pack", nil,
		"`path` of a policy pack that preview and up have to pass; may be repeated")
	set.StringVar(&f.run.EventLog, "event-log", "",
		"`file` for the engine's events, a line of JSON each, as pulumi --event-log writes them")
	root.AddCommand(
		previewCommand(f),
		f.operation("up", "Bring the stack up, or to where the program says it should be", (*runner.Sandbox).Up, sayUp),
		f.operation("refresh", "Compare the simulated cloud with the state, show the drift, and take it into the state",
			(*runner.Sandbox).Refresh, sayDrift),
		f.operation("destroy", "Delete everything that is not protected", (*runner.Sandbox).Destroy, sayKept),
		outputsCommand(f), chartsCommand(f),
	)
	return root
}

// Execute runs the command line and returns the exit code: 0, or 1 after an error, which is then on stderr.
func Execute(ctx context.Context, root *cobra.Command) int {
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintln(root.ErrOrStderr(), "error:", err)
	return 1
}

// options are the runner's, as the flags say.
func (f *flags) options(cmd *cobra.Command) (runner.Options, error) {
	options := f.run
	options.Stdout, options.Stderr = cmd.OutOrStdout(), cmd.ErrOrStderr()
	var problems []error
	for _, text := range f.delays {
		delay, err := behaviour.ParseDelay(text)
		problems = append(problems, err)
		options.Behaviour.Delays = append(options.Behaviour.Delays, delay)
	}
	for _, text := range f.failures {
		failure, err := behaviour.ParseFailure(text)
		problems = append(problems, err)
		options.Behaviour.Failures = append(options.Behaviour.Failures, failure)
	}
	options.DigitalOcean.Slow = map[string]time.Duration{}
	for _, text := range f.slow {
		delay, err := behaviour.ParseDelay(text)
		problems = append(problems, err)
		options.DigitalOcean.Slow[delay.Type] = delay.Duration
	}
	if f.date != "" {
		date, err := time.Parse(time.DateOnly, f.date)
		if err != nil {
			err = fmt.Errorf("date %q: write a day as YYYY-MM-DD, such as 2026-11-30", f.date)
		}
		problems = append(problems, err)
		options.Date = date
	}
	return options, errors.Join(problems...)
}

// with opens the sandbox for what a verb does, after saying what this is.
func (f *flags) with(cmd *cobra.Command, do func(context.Context, *runner.Sandbox) error) error {
	options, err := f.options(cmd)
	if err != nil {
		return err
	}
	announcement := cmd.OutOrStdout()
	if f.run.Quiet {
		announcement = cmd.ErrOrStderr()
	}
	fmt.Fprintln(announcement,
		"This is a simulation: no account, no credential, and nothing is made outside this machine.")
	runner.DropCredentials()
	s, err := runner.Open(cmd.Context(), options)
	if err != nil {
		return err
	}
	defer s.Close()
	return do(cmd.Context(), s)
}

// operation is a verb that changes or compares the stack, followed by what is to be said to a person about its result.
func (f *flags) operation(
	verb, short string, do func(*runner.Sandbox, context.Context) (runner.Result, error),
	say func(w io.Writer, s *runner.Sandbox, result runner.Result),
) *cobra.Command {
	run := func(cmd *cobra.Command, _ []string) error {
		return f.with(cmd, func(ctx context.Context, s *runner.Sandbox) error {
			result, err := do(s, ctx)
			if f.run.Quiet {
				return errors.Join(err, printJSON(cmd.OutOrStdout(), result))
			}
			if err == nil {
				say(cmd.OutOrStdout(), s, result)
			}
			return err
		})
	}
	return &cobra.Command{Use: verb, Short: short, Args: cobra.NoArgs, RunE: run}
}

// cloudFile is the path of the cloud's file as a person would type it.
func cloudFile(s *runner.Sandbox) string {
	path := s.CloudFile()
	if working, err := filepath.Abs("."); err == nil {
		if relative, err := filepath.Rel(working, path); err == nil && len(relative) < len(path) {
			return relative
		}
	}
	return path
}
