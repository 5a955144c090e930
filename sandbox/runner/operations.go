package runner

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrefresh"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
)

// stream receives the engine's events. The engine's side closes it.
type stream = chan<- events.EngineEvent

// Preview says what Up would change, and changes nothing.
func (s *Sandbox) Preview(ctx context.Context) (Result, error) {
	return s.preview(ctx)
}

// ExpectNoChanges is [Sandbox.Preview], and fails if there is anything to change.
func (s *Sandbox) ExpectNoChanges(ctx context.Context) (Result, error) {
	return s.preview(ctx, optpreview.ExpectNoChanges())
}

// PreviewImports is [Sandbox.Preview], and writes what is to be created into a file that `pulumi import` can be given
// once it has IDs.
func (s *Sandbox) PreviewImports(ctx context.Context, file string) (Result, error) {
	return s.preview(ctx, optpreview.ImportFile(file))
}

func (s *Sandbox) preview(ctx context.Context, more ...optpreview.Option) (Result, error) {
	return s.run(ctx, "preview", func(out, complaints []io.Writer, events stream) error {
		if s.options.Refresh {
			more = append(more, optpreview.Refresh())
		}
		_, err := s.stack.Preview(ctx, append(more, optpreview.ProgressStreams(out...),
			optpreview.ErrorProgressStreams(complaints...), optpreview.EventStreams(events),
			optpreview.PolicyPacks(s.options.PolicyPacks...), optpreview.Color(s.options.Color),
			optpreview.SuppressOutputs())...)
		return err
	})
}

// Up creates and changes resources until the cloud is as the program says. The outputs are in the result only.
func (s *Sandbox) Up(ctx context.Context) (Result, error) {
	return s.run(ctx, "up", func(out, complaints []io.Writer, events stream) error {
		_, err := s.stack.Up(ctx, optup.ProgressStreams(out...), optup.ErrorProgressStreams(complaints...),
			optup.EventStreams(events), optup.PolicyPacks(s.options.PolicyPacks...), optup.Color(s.options.Color),
			optup.SuppressOutputs())
		return err
	})
}

// Refresh reads every resource from the cloud and takes what it finds into Pulumi's state. What differed is in the
// result's Drift.
func (s *Sandbox) Refresh(ctx context.Context) (Result, error) {
	return s.run(ctx, "refresh", func(out, complaints []io.Writer, events stream) error {
		_, err := s.stack.Refresh(ctx, optrefresh.ProgressStreams(out...),
			optrefresh.ErrorProgressStreams(complaints...), optrefresh.EventStreams(events),
			optrefresh.Color(s.options.Color), optrefresh.SuppressOutputs())
		return err
	})
}

// Destroy deletes everything that is not protected. What stays is in the result's Kept.
func (s *Sandbox) Destroy(ctx context.Context) (Result, error) {
	result, err := s.run(ctx, "destroy", func(out, complaints []io.Writer, events stream) error {
		_, err := s.stack.Destroy(ctx, optdestroy.ProgressStreams(out...),
			optdestroy.ErrorProgressStreams(complaints...), optdestroy.EventStreams(events),
			optdestroy.Color(s.options.Color), optdestroy.SuppressOutputs())
		return err
	})
	if err != nil {
		return result, err
	}
	state, err := s.State(ctx)
	if err != nil {
		return result, err
	}
	result.Kept = append(result.Kept, state.kept()...)
	return result, nil
}

// Outputs returns the stack's outputs. Secret values are "[secret]" unless they are asked for.
func (s *Sandbox) Outputs(ctx context.Context, showSecrets bool) (map[string]any, error) {
	args := []string{"stack", "output", "--json"}
	if showSecrets {
		args = append(args, "--show-secrets")
	}
	out, err := s.Pulumi(ctx, nil, args...)
	if err != nil {
		return nil, fmt.Errorf("reading the outputs of stack %q: %w", s.options.Stack, err)
	}
	var outputs map[string]any
	if err := json.Unmarshal([]byte(out), &outputs); err != nil {
		return nil, fmt.Errorf("reading the outputs of stack %q: %w", s.options.Stack, err)
	}
	return outputs, nil
}

// Pulumi runs a command that runs no program on the stack, with more variables ("NAME=value") than it has anyway, and
// returns what it wrote.
func (s *Sandbox) Pulumi(ctx context.Context, environment []string, args ...string) (string, error) {
	args = append(args, "--stack", s.options.Stack)
	out, complaints, _, err := s.command.Run(ctx, s.stack.Workspace().WorkDir(), nil, nil, nil, environment, args...)
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, strings.TrimSpace(complaints))
	}
	return out, nil
}

// run does one operation and collects what the engine reports about it.
func (s *Sandbox) run(
	ctx context.Context, operation string, do func(out, complaints []io.Writer, events stream) error,
) (Result, error) {
	var out, complaints []io.Writer
	if !s.options.Quiet {
		out, complaints = []io.Writer{s.options.Stdout}, []io.Writer{s.options.Stderr}
	}
	var log io.Writer
	if s.options.EventLog != "" {
		file, err := os.Create(s.options.EventLog)
		if err != nil {
			return Result{}, fmt.Errorf("logging the engine's events: %w", err)
		}
		defer func() { _ = file.Close() }() // an event that was not written is an error of its own
		log = file
	}
	c := newCollector(log)
	started := time.Now()
	err := do(out, complaints, c.events)
	result := c.finish()
	if c.logError != nil {
		return result, fmt.Errorf("logging the engine's events: %w", c.logError)
	}
	result.Stack, result.Operation = s.options.Stack, operation
	result.Seconds = time.Since(started).Seconds()
	if err == nil {
		return result, nil
	}
	if result.Error == "" {
		result.Error = brief(err).Error()
	}
	reason := result.Error
	switch {
	case ctx.Err() != nil:
		result.Error, reason = "interrupted", "interrupted"
	case !s.options.Quiet:
		// Among the engine's diagnostics.
		reason = "the reason is above"
	}
	return result, fmt.Errorf("%s of stack %q failed: %s", operation, s.options.Stack, reason)
}
