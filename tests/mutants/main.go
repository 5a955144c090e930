// Command mutants makes plausible mistakes in the program, one at a time, in a scratch copy, and runs the tests against
// each. A mistake that no test notices is a survivor, and an error.
//
//	go run ./tests/mutants [-run REGEXP]
//
// The golden files notice most of them, so they are asked first, then the tests beside the mistake, then all.
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/tabwriter"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/tests/scratch"
)

//go:embed mutants.yaml
var list []byte

// mutant is a mistake: in a file, a text that stands there once becomes another.
type mutant struct {
	Name string `yaml:"name"`
	File string `yaml:"file"`
	Old  string `yaml:"old"`
	New  string `yaml:"new"`
}

func read() ([]mutant, error) {
	var mutants []mutant
	if err := yaml.Unmarshal(list, &mutants); err != nil {
		return nil, fmt.Errorf("reading mutants.yaml: %w", err)
	}
	return mutants, nil
}

// apply returns the text of the file with the mistake.
func (m mutant) apply(text string) (string, error) {
	if n := strings.Count(text, m.Old); n != 1 {
		return "", fmt.Errorf("mutant %q: the text to change stands %d times in %s: carry it over to where its line "+
			"went", m.Name, n, m.File)
	}
	return strings.Replace(text, m.Old, m.New, 1), nil
}

func main() { scratch.Main("mutants", run) }

func run(ctx context.Context, dir string, wanted *regexp.Regexp) error {
	mutants, err := read()
	if err != nil {
		return err
	}
	if err := scratch.Copy(ctx, dir); err != nil {
		return err
	}
	if out, err := test(ctx, dir, "./infra/...", "./tests/..."); err != nil {
		return fmt.Errorf("the tests fail without any mistake: %w\n%s", err, out)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	survivors := 0
	for _, m := range mutants {
		if !wanted.MatchString(m.Name) {
			continue
		}
		started := time.Now()
		killer, err := m.try(ctx, dir)
		if err != nil {
			return err
		}
		verdict := "killed by " + killer
		if killer == "" {
			verdict, survivors = "SURVIVED, or does not compile", survivors+1
		}
		fmt.Fprintf(table, "%s\t%s\t%.0f s\n", m.Name, verdict, time.Since(started).Seconds())
		if err := table.Flush(); err != nil {
			return fmt.Errorf("writing the table: %w", err)
		}
	}
	if survivors > 0 {
		return fmt.Errorf("%d survived: a test is missing for each", survivors)
	}
	return nil
}

// try makes the mistake, runs the tests and takes it back. It returns the test that noticed, "" if none did.
func (m mutant) try(ctx context.Context, dir string) (killer string, err error) {
	path := filepath.Join(dir, m.File)
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("mutant %q: %w", m.Name, err)
	}
	changed, err := m.apply(string(text))
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
		return "", fmt.Errorf("mutant %q: %w", m.Name, err)
	}
	defer func() { err = errors.Join(err, os.WriteFile(path, text, 0o600)) }()
	own := "./" + filepath.ToSlash(filepath.Dir(m.File))
	golden, all := []string{"./tests/stacks", "-run", "^TestGolden$"}, []string{"./infra/...", "./tests/..."}
	for _, packages := range [][]string{golden, {own}, all} {
		out, err := test(ctx, dir, packages...)
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if err != nil {
			return noticed(out), nil
		}
	}
	return "", nil
}

var failed = regexp.MustCompile(`--- FAIL: (\S+)`)

// noticed is the first test that failed, "" for a mistake that does not compile and so proves nothing.
func noticed(out string) string {
	if strings.Contains(out, "[build failed]") || strings.Contains(out, "[setup failed]") {
		fmt.Fprintln(os.Stderr, out)
		return ""
	}
	if m := failed.FindStringSubmatch(out); m != nil {
		return m[1]
	}
	return "a crash"
}

// test runs tests of the scratch copy. Those of the mutants themselves would refuse the mistake for what it is.
func test(ctx context.Context, dir string, args ...string) (string, error) {
	arguments := append([]string{"test", "-short", "-skip", "^TestEveryMutantApplies$"}, args...)
	return scratch.Run(ctx, dir, "go", arguments...)
}
