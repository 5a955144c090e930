package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// marker is in every comment of this command on a pull request, so that the next one finds it.
const marker = "<!-- vmst: what a pull request changes -->"

// tree is a commit in a directory of its own, with the sandbox of that commit.
type tree struct {
	commit, dir, sandbox string
}

// prComment writes what the pull request from base to head changes, as a comment. It asks the simulated cloud, so that
// it needs no secret, and so can be asked for what anybody sends.
func (c *command) prComment(ctx context.Context) error {
	base, err := c.checkOut(ctx, "base", c.base)
	if err != nil {
		return err
	}
	defer c.forget(base)
	head, err := c.checkOut(ctx, "head", c.head)
	if err != nil {
		return err
	}
	defer c.forget(head)
	pack, err := c.packOf(ctx, head)
	if err != nil {
		return err
	}
	was, is := stackFiles(base.dir), stackFiles(head.dir)
	all := slices.Compact(slices.Sorted(slices.Values(slices.Concat(was, is))))
	var sections []section
	for _, stack := range all {
		s := section{stack: stack}
		if slices.Contains(is, stack) {
			s, err = c.simulate(ctx, stack, base, head, pack, slices.Contains(was, stack))
		} else {
			s.why = "There is no file of this stack any more. What it has made stays where it is."
		}
		if err != nil {
			return err
		}
		sections = append(sections, s)
	}
	title := fmt.Sprintf("%s\n## What this changes\n\nFrom %s to %s, in the simulated cloud: each stack was brought "+
		"up as it was, and then previewed.", marker, code(base.commit[:7]), code(head.commit[:7]))
	text, err := report(title, sections)
	if err != nil {
		return err
	}
	path := c.file("comment.md")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return fmt.Errorf("writing the comment: %w", err)
	}
	if err := appendTo(c.forge.summary, text+"\n"); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "wrote %s, %d characters\n", path, len(text))
	return nil
}

// simulate brings a stack up as it was, and previews what it would be.
func (c *command) simulate(ctx context.Context, stack string, base, head tree, pack string, was bool) (section, error) {
	s := section{stack: stack}
	state, err := os.MkdirTemp("", "delivery-")
	if err != nil {
		return s, fmt.Errorf("making a simulated cloud: %w", err)
	}
	defer os.RemoveAll(state)
	if was {
		if said, err := c.inSandbox(ctx, base, state, "up", "--stack", stack); err != nil {
			s.why = "The base does not come up, so that there is nothing to compare with:\n\n" + said
			return s, ctx.Err()
		}
	}
	events := filepath.Join(state, "events")
	args := []string{"preview", "--stack", stack, "--event-log", events}
	if pack != "" {
		args = append(args, "--policy-pack", pack)
	}
	said, failed := c.inSandbox(ctx, head, state, args...)
	if _, err := os.Stat(events); err != nil && failed != nil {
		s.why = said
		return s, ctx.Err()
	}
	if s.plan, err = readPlan(stack, events); err != nil {
		return s, err
	}
	if failed != nil && len(s.plan.failures) == 0 && len(s.plan.violations) == 0 {
		s.plan.failures = []string{said}
	}
	s.plan.judge(settingsOf(head.dir, stack))
	return s, nil
}

// checkOut puts a commit into a directory of its own, and builds its sandbox there.
func (c *command) checkOut(ctx context.Context, name, commit string) (tree, error) {
	t := tree{dir: c.file(name)}
	hash, err := c.git(ctx, "rev-parse", "--verify", "--end-of-options", commit+"^{commit}")
	if err != nil {
		return t, fmt.Errorf("finding commit %q (has it been fetched?): %w", commit, err)
	}
	t.commit = hash
	c.forget(t)
	if _, err := c.git(ctx, "worktree", "add", "--quiet", "--force", "--detach", t.dir, hash); err != nil {
		return t, fmt.Errorf("checking out %s: %w", commit, err)
	}
	t.sandbox = filepath.Join(t.dir, ".sandbox", "bin", "sandbox")
	fmt.Fprintf(c.out, "building the sandbox of %s\n", hash[:7])
	if err := build(ctx, filepath.Join(t.dir, "sandbox"), t.sandbox); err != nil {
		return t, fmt.Errorf("commit %s: %w", hash[:7], err)
	}
	// What cannot be had has a stand-in, in both trees.
	_, _ = c.inSandbox(ctx, t, "", "charts")
	return t, nil
}

// packOf builds the policy pack of a commit; there is none in older ones.
func (c *command) packOf(ctx context.Context, t tree) (string, error) {
	source := filepath.Join(t.dir, "policy")
	if _, err := os.Stat(filepath.Join(source, "go.mod")); err != nil {
		return "", nil //nolint:nilerr // it has none
	}
	pack := filepath.Join(t.dir, ".sandbox", "bin", "policy")
	return pack, build(ctx, source, pack)
}

func build(ctx context.Context, source, into string) error {
	// Nobody debugs it, and it is linked in half the time.
	cmd := exec.CommandContext(ctx, "go", "build", "-ldflags", "-s -w", "-o", into, ".")
	cmd.Dir = source
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s: %w\n%s", filepath.Base(source), err, out)
	}
	return nil
}

// forget removes a tree, if it is there.
func (c *command) forget(t tree) {
	// Also after an interruption.
	_, _ = c.git(context.WithoutCancel(context.Background()), "worktree", "remove", "--force", t.dir)
	_ = os.RemoveAll(t.dir)
}

func (c *command) git(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = c.dir
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(problems.String()))
	}
	return strings.TrimSpace(string(out)), nil
}

// inSandbox runs the sandbox of a tree and returns its complaints, if it fails.
func (c *command) inSandbox(ctx context.Context, t tree, state string, args ...string) (complaints string, err error) {
	if state != "" {
		args = append(args, "--state", state, "--json")
	}
	if pulumi := filepath.Join(c.dir, ".tools", "pulumi"); state != "" && exists(pulumi) {
		args = append(args, "--pulumi", pulumi)
	}
	cmd := exec.CommandContext(ctx, t.sandbox, args...)
	cmd.Dir = t.dir
	var problems bytes.Buffer
	cmd.Stderr = &problems
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	if err := cmd.Run(); err != nil {
		return told(problems.String(), t.dir), fmt.Errorf("running the sandbox: %w", err)
	}
	return "", nil
}

// told is why a sandbox failed, without what it says every time and without this machine's paths.
func told(complaints, dir string) string {
	if _, after, found := strings.Cut(complaints, "\nerror: "); found {
		complaints = after
	}
	complaints = strings.TrimPrefix(complaints, "error: ")
	return strings.TrimSpace(strings.ReplaceAll(complaints, dir+string(filepath.Separator), ""))
}

// stackFile is the file of a stack.
var stackFile = regexp.MustCompile(`^Pulumi\.([A-Za-z0-9_-]+)\.yaml$`)

// stackFiles are the names of the stacks of a project.
func stackFiles(dir string) []string {
	var stacks []string
	files, _ := filepath.Glob(filepath.Join(dir, "Pulumi.*.yaml"))
	for _, file := range files {
		if match := stackFile.FindStringSubmatch(filepath.Base(file)); match != nil {
			stacks = append(stacks, match[1])
		}
	}
	return stacks
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, os.ErrNotExist)
}
