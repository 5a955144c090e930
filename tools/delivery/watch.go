package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/vmstio/infrastructure/infra/outputs"
)

// findDrift looks whether the cloud is as the program says, and keeps an issue for as long as it is not.
func (c *command) findDrift(ctx context.Context) error {
	found, text, err := c.preview(ctx, "--expect-no-changes")
	if found == nil {
		return err
	}
	differs := found.changes() || len(found.drift) > 0
	// The command fails because there is something to change, which no event says. Where an event says why, or there is
	// no end, it could not look: that is for the run to tell, and no news about the stack.
	if err != nil && (!found.finished || len(found.failures) > 0) {
		return err
	}
	if err := appendTo(c.forge.summary, text+"\n"); err != nil {
		return err
	}
	r, err := c.forge.open()
	if err != nil {
		return err
	}
	title := fmt.Sprintf("Stack %s is not as the program says", c.stack)
	if !differs {
		fmt.Fprintf(c.out, "stack %s is as the program says\n", c.stack)
		text = ""
	} else if c.forge.run != "" {
		text += fmt.Sprintf("\nFound by [this run](%s). Somebody changed something by hand, or a change was merged "+
			"and not brought up. `pulumi preview --refresh --diff -s %s` shows it, and `pulumi up` makes it what the "+
			"program says; what was meant belongs into the program.\n", c.forge.run, c.stack)
	}
	return r.keepIssue(ctx, "<!-- vmst: drift of "+c.stack+" -->", title, text)
}

// reportOutdated reads on its input what `make outdated` says, and keeps an issue for as long as something is behind.
func (c *command) reportOutdated(ctx context.Context) error {
	said, err := io.ReadAll(c.in)
	if err != nil {
		return fmt.Errorf("reading what is behind: %w", err)
	}
	var urgent, notes, skipped []string
	for line := range strings.Lines(string(said)) {
		line = strings.TrimSpace(line)
		for heading, lines := range map[string]*[]string{
			"error: ": &urgent, "note: ": &notes, "not checked: ": &skipped,
		} {
			if rest, ok := strings.CutPrefix(line, heading); ok {
				*lines = append(*lines, rest)
			}
		}
	}
	if len(bytes.TrimSpace(said)) == 0 {
		return errors.New("reading what is behind: nothing was said, not even that all is current")
	}
	if err := appendTo(c.forge.summary, fenced("", string(said))); err != nil {
		return err
	}
	r, err := c.forge.open()
	if err != nil {
		return err
	}
	if len(urgent)+len(notes) == 0 && len(skipped) > 0 {
		fmt.Fprintf(c.out, "%d things were not checked: the issue stays as it is\n", len(skipped))
		return nil
	}
	var b strings.Builder
	list(&b, "**Needs somebody now**", urgent)
	list(&b, "**Newer, or soon ends**", notes)
	if b.Len() > 0 {
		list(&b, "Not checked", skipped)
	}
	title := fmt.Sprintf("%d things are behind", len(urgent)+len(notes))
	if len(urgent) > 0 {
		title = "Something is behind that needs somebody now"
	}
	return r.keepIssue(ctx, "<!-- vmst: outdated -->", title, b.String())
}

// health asks the endpoints in the stack's outputs until all of them answer.
func (c *command) health(ctx context.Context) error {
	program, args := "pulumi", []string{"stack", "output", "--json", "--stack", c.stack}
	if c.sandbox != "" {
		program, args = c.sandbox, []string{"outputs", "--json", "--stack", c.stack}
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Stderr = c.dir, c.err
	text, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("reading the outputs of stack %s: %w", c.stack, err)
	}
	stack, err := outputs.Decode(text)
	if err != nil {
		return fmt.Errorf("reading the outputs of stack %s: %w", c.stack, err)
	}
	return c.ask(ctx, http.DefaultClient, stack.Endpoints)
}

// ask asks every endpoint that says how it is, again and again until all have answered, or the patience is over.
func (c *command) ask(ctx context.Context, client *http.Client, endpoints map[string]outputs.Endpoint) error {
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	ill := map[string]error{}
	for name, endpoint := range endpoints {
		if endpoint.HealthURL == "" {
			fmt.Fprintf(c.out, "%-12s has no page that says how it is\n", name)
			continue
		}
		ill[name] = errors.New("not asked yet")
	}
	if len(ill) == 0 {
		return fmt.Errorf("stack %s has no endpoint that says how it is", c.stack)
	}
	for wait := time.Second; ; wait = min(2*wait, 20*time.Second) {
		for _, name := range slices.Sorted(maps.Keys(ill)) {
			url := endpoints[name].HealthURL
			if err := answers(ctx, client, url); err != nil {
				// What is said when there is no more time is why it was ill before.
				if ctx.Err() == nil {
					ill[name] = fmt.Errorf("%s: %w", url, err)
				}
				continue
			}
			fmt.Fprintf(c.out, "%-12s answers: %s\n", name, url)
			delete(ill, name)
		}
		if len(ill) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			var problems []error
			for _, name := range slices.Sorted(maps.Keys(ill)) {
				problems = append(problems, fmt.Errorf("%s does not answer: %w", name, ill[name]))
			}
			return fmt.Errorf("after %s:\n%w", c.patience, errors.Join(problems...))
		case <-time.After(wait):
		}
	}
}

// answers asks a page, and is content with status 200.
func answers(ctx context.Context, client *http.Client, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("asking: %w", err)
	}
	answer, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("asking: %w", err)
	}
	defer func() { _ = answer.Body.Close() }() // nothing of it was read
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("it answers with status %s", answer.Status)
	}
	return nil
}
