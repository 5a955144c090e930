package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"regexp"
	"strings"
)

// plan previews the stack on what is in the cloud, and writes what was found: the list of operations for whoever
// approves it, and a report for them to read.
func (c *command) plan(ctx context.Context) error {
	found, text, err := c.preview(ctx)
	if found == nil {
		return err
	}
	if writing := errors.Join(
		os.WriteFile(c.file(c.short()+".plan"), found.text(), 0o600),
		os.WriteFile(c.file(c.short()+".md"), []byte(text), 0o600),
		appendTo(c.forge.summary, text+"\n"),
		appendTo(c.forge.output, fmt.Sprintf("operations=%d\n", len(found.steps)+len(found.drift))),
	); writing != nil {
		return fmt.Errorf("writing the plan of stack %s: %w", c.stack, writing)
	}
	if err != nil {
		return err
	}
	if err := found.refused(); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "stack %s: %d operations, in %s\n", c.stack, len(found.steps), c.file(c.short()+".plan"))
	return nil
}

// deliver brings the stack up, if that is what was approved.
func (c *command) deliver(ctx context.Context) error {
	approved, err := os.ReadFile(c.file(c.short() + ".plan"))
	if err != nil {
		return fmt.Errorf("reading the approved plan of stack %s (`make plan STACK=%s` writes it): %w",
			c.stack, c.stack, err)
	}
	found, _, err := c.preview(ctx)
	if err != nil {
		return err
	}
	if err := found.refused(); err != nil {
		return err
	}
	if lines := found.differences(approved); len(lines) > 0 {
		return fmt.Errorf("stack %s is not what it was when the plan was approved, and nothing was done: plan it "+
			"again, and have that approved\n%s", c.stack, strings.Join(lines, "\n"))
	}
	if !found.changes() && len(found.drift) == 0 {
		fmt.Fprintf(c.out, "stack %s: nothing to do\n", c.stack)
		return nil
	}
	args := []string{"up", "--stack", c.stack}
	if c.sandbox == "" {
		// What was approved has just been previewed.
		args = append(args, "--yes", "--skip-preview", "--refresh", "--non-interactive")
	}
	return c.engine(ctx, c.guarded(args)...)
}

// preview asks the engine what an up would do, on what is in the cloud. Where it could not say, the plan holds what it
// said until then, and there is an error as well; where there was no preview at all the plan is nil.
func (c *command) preview(ctx context.Context, more ...string) (found *plan, text string, err error) {
	events := c.file(c.short() + ".events")
	if err := os.Remove(events); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, "", fmt.Errorf("forgetting the last preview of stack %s: %w", c.stack, err)
	}
	args := append([]string{"preview", "--stack", c.stack, "--refresh", "--event-log", events}, more...)
	if c.sandbox == "" {
		args = append(args, "--diff", "--non-interactive")
	}
	failed := c.engine(ctx, c.guarded(args)...)
	if _, err := os.Stat(events); err != nil && failed != nil {
		return nil, "", failed
	}
	found, err = readPlan(c.stack, events)
	if err != nil {
		return nil, "", errors.Join(failed, err)
	}
	found.judge(settingsOf(c.dir, c.stack))
	text, err = report("## What an `up` would do", []section{{stack: c.stack, plan: found}})
	return found, text, errors.Join(failed, err)
}

// short is the stack's name without the organisation.
func (c *command) short() string { return path.Base(c.stack) }

// refused is why the plan may not be done: the rules that it breaks, and that end it.
func (p *plan) refused() error {
	var lines []string
	for _, v := range p.violations {
		if v.stops {
			lines = append(lines, fmt.Sprintf("  %s: %s", v.rule, strings.ReplaceAll(v.message, "\n", " ")))
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return fmt.Errorf("stack %s: this plan may not be done:\n%s", p.stack, strings.Join(lines, "\n"))
}

// guarded adds the policy pack.
func (c *command) guarded(args []string) []string {
	if c.pack == "" {
		return args
	}
	return append(args, "--policy-pack", c.pack)
}

// locked is what the backends say of a stack that somebody works on: a bucket's (pkg/backend/diy/lock.go) and Pulumi
// Cloud's (409, "Another update is currently in progress").
var locked = regexp.MustCompile(`the stack is currently locked|(?i)another update is currently in progress`)

// engine runs the engine, real or simulated, and shows what it says.
func (c *command) engine(ctx context.Context, args ...string) error {
	program := "pulumi"
	if c.sandbox != "" {
		program = c.sandbox
	} else {
		if c.made == "" {
			var err error
			if c.made, err = c.project(ctx); err != nil {
				return err
			}
		}
		if c.made != "" {
			args = append(args, "--cwd", c.made)
		}
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Stdout = c.dir, c.out
	var problems bytes.Buffer
	cmd.Stderr = io.MultiWriter(c.err, &problems)
	// Killed half-way, it would leave a lock and resources that the state does not know.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	err := cmd.Run()
	if err == nil {
		return nil
	}
	err = fmt.Errorf("%s of stack %s: %w", args[0], c.stack, err)
	if locked.Match(problems.Bytes()) {
		return fmt.Errorf("%w\n\nThe stack is locked: somebody works on it, or a run was killed and could not unlock "+
			"it. See whether a run of the workflows, or a person, is at it, and wait for them. Only if nobody is: "+
			"`pulumi cancel --stack %s` by hand, then `pulumi refresh`, and read what it shows before the next up. "+
			"Nothing here breaks a lock", err, c.stack)
	}
	return err
}

// appendTo appends a text to a file that the forge reads after this run, where it runs one.
func appendTo(file, text string) error {
	if file == "" {
		return nil
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("telling the forge: %w", err)
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("telling the forge: %w", err)
	}
	return nil
}
