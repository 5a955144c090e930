// Command edits makes what an admin may make of the stack files, one edit at a time, in a scratch copy of the project,
// and runs `make golden` and `make test` there, and `make test-engine` if asked. The tests belong to whoever runs an
// instance: with any allowed edit they are green.
//
//	go run ./tests/edits [-run REGEXP] [-engine]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/vmstio/infrastructure/tests/scratch"
)

// edit is something that an admin changes: texts of the stack files, each of which must be there.
type edit struct {
	name string
	// prod and staging are pairs of an old text and a new one.
	prod, staging []string
}

func edits() []edit {
	domain := []string{"vmst.io", "social.example.com"}
	return []edit{
		{name: "another domain", prod: domain, staging: domain},
		{name: "another Netlify team", prod: []string{"team: vmstio", "team: somebody-else"}},
		{
			name: "PostgreSQL with one node",
			prod: []string{
				"size: gd-2vcpu-8gb\n      # A primary and a standby that takes over.\n      nodes: 2",
				"size: gd-2vcpu-8gb\n      nodes: 1",
			},
		},
		{
			// As `pulumi config set --secret --path` writes them.
			name: "encrypted secrets",
			prod: []string{"config:\n  vmst:settings:", "encryptionsalt: v1:c2FsdA==:v1:bm9uY2U=:Y2hlY2s=\nconfig:\n" +
				"  vmst:secrets:\n    digitalOceanToken:\n      secure: v1:bm9uY2U=:Y2lwaGVy\n    spacesAccessId:\n" +
				"      secure: v1:bm9uY2U=:Y2lwaGVy\n    spacesSecretKey:\n      secure: v1:bm9uY2U=:Y2lwaGVy\n" +
				"    acmeDnsToken:\n      secure: v1:bm9uY2U=:Y2lwaGVy\n" +
				"    smtpUsername:\n      secure: v1:bm9uY2U=:Y2lwaGVy\n" +
				"    smtpPassword:\n      secure: v1:bm9uY2U=:Y2lwaGVy\n" +
				"    netlifyToken:\n      secure: v1:bm9uY2U=:Y2lwaGVy\n" +
				"  vmst:settings:"},
		},
		{name: "no documentation site", prod: []string{
			"      enabled: true\n      # The site itself",
			"      enabled: false\n      # The site itself",
		}},
		{name: "no search", prod: []string{"    search:\n      enabled: true", "    search:\n      enabled: false"}},
		{
			name: "another region",
			prod: []string{"region: tor1", "region: fra1"}, staging: []string{"region: tor1", "region: fra1"},
		},
	}
}

var engine = flag.Bool("engine", false, "bring the stacks up after each edit, too")

func main() { scratch.Main("edits", run) }

func run(ctx context.Context, dir string, wanted *regexp.Regexp) error {
	// One copy for all, so that what an edit does not touch is tested once. The tools are those that are built already.
	tools, err := filepath.Abs(".tools")
	if err != nil {
		return fmt.Errorf("finding the tools: %w", err)
	}
	if err := os.Symlink(tools, filepath.Join(dir, ".tools")); err != nil {
		return fmt.Errorf("taking the tools along: %w", err)
	}
	red := 0
	for _, e := range edits() {
		if !wanted.MatchString(e.name) {
			continue
		}
		started := time.Now()
		err := e.try(ctx, dir)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		verdict := "green"
		if err != nil {
			verdict = "RED"
			red++
		}
		fmt.Printf("%-28s %-6s %.0f s\n", e.name, verdict, time.Since(started).Seconds())
		if err != nil {
			fmt.Println(err)
		}
	}
	if red > 0 {
		return fmt.Errorf("%d edits turn a test red", red)
	}
	return nil
}

// try makes the edit in a fresh copy, writes its golden files, and runs every test.
func (e edit) try(ctx context.Context, dir string) error {
	if err := scratch.Copy(ctx, dir); err != nil {
		return err
	}
	if err := e.apply(dir); err != nil {
		return err
	}
	targets := []string{"golden", "test"}
	if *engine {
		targets = append(targets, "test-engine")
	}
	for _, target := range targets {
		if out, err := scratch.Run(ctx, dir, "make", target); err != nil {
			return fmt.Errorf("make %s: %w\n%s", target, err, failures(out))
		}
	}
	return nil
}

func (e edit) apply(dir string) error {
	for file, change := range map[string][]string{"Pulumi.prod.yaml": e.prod, "Pulumi.staging.yaml": e.staging} {
		path := filepath.Join(dir, file)
		text, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("editing %s: %w", file, err)
		}
		for i := 0; i+1 < len(change); i += 2 {
			if !strings.Contains(string(text), change[i]) {
				return fmt.Errorf("editing %s: %q does not stand there: carry the edit over", file, change[i])
			}
			text = []byte(strings.ReplaceAll(string(text), change[i], change[i+1]))
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return fmt.Errorf("editing %s: %w", file, err)
		}
	}
	return nil
}

// failures are the lines about tests that failed, and what came of them.
func failures(out string) string {
	var lines []string
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "ok ") && !strings.Contains(line, "[no test files]") {
			lines = append(lines, line)
		}
	}
	const most = 60
	if len(lines) > most {
		lines = lines[:most]
	}
	return strings.Join(lines, "")
}
