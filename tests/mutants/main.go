// Command mutants makes plausible mistakes in the program, one at a time, in a scratch copy, and runs the tests against
// each. A mistake that no test notices is a survivor, and an error.
//
//	go run ./tests/mutants [-run REGEXP]
//
// The golden files notice most of them, so they are asked first, then the tests beside the mistake, then all. In
// another module than the program's, the tests beside the mistake have to notice it.
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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
	// Tests are the names of those that are asked, as a regular expression, where others beside the mistake take too
	// long: they build the sandbox. Empty for all of them.
	Tests string `yaml:"tests"`
}

// program is the module of the program.
const program = "."

// module is the folder of the module that the mistake is in.
func (m mutant) module(dir string) string {
	at := filepath.Dir(m.File)
	for ; at != program; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(dir, at, "go.mod")); err == nil {
			break
		}
	}
	return at
}

// beside are the arguments that run the tests beside the mistake, in its module. A script is tested by the package that
// it is a part of.
func (m mutant) beside(module string) ([]string, error) {
	folder := filepath.Dir(m.File)
	if filepath.Base(folder) == "scripts" {
		folder = filepath.Dir(folder)
	}
	own, err := filepath.Rel(module, folder)
	if err != nil {
		return nil, fmt.Errorf("mutant %q: %w", m.Name, err)
	}
	arguments := []string{"./" + filepath.ToSlash(own)}
	if module != program {
		// What a command's package makes is tested by the command.
		arguments = []string{"./..."}
		if m.Tests != "" {
			arguments = []string{"./" + filepath.ToSlash(own), "-run", m.Tests}
		}
	}
	return arguments, nil
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
	mutants = slices.DeleteFunc(mutants, func(m mutant) bool { return !wanted.MatchString(m.Name) })
	if err := unharmed(ctx, dir, mutants); err != nil {
		return err
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	survivors := 0
	for _, m := range mutants {
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

// unharmed runs the tests that are to notice the mistakes without any.
func unharmed(ctx context.Context, dir string, mutants []mutant) error {
	done := map[string]bool{}
	for _, m := range mutants {
		module := m.module(dir)
		arguments := []string{"./infra/...", "./tests/..."}
		if module != program {
			var err error
			if arguments, err = m.beside(module); err != nil {
				return err
			}
		}
		if key := module + " " + strings.Join(arguments, " "); !done[key] {
			done[key] = true
			if out, err := test(ctx, dir, module, arguments...); err != nil {
				return fmt.Errorf("the tests of %s fail without any mistake: %w\n%s", key, err, out)
			}
		}
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
	module := m.module(dir)
	own, err := m.beside(module)
	if err != nil {
		return "", err
	}
	if filepath.Ext(path) != ".go" {
		own = append(own, "-count=1") // Go's cache of results does not see what a test has another program read
	}
	runs := [][]string{own}
	if module == program {
		runs = [][]string{{"./tests/stacks", "-run", "^TestGolden$"}, own, {"./infra/...", "./tests/..."}}
	}
	for _, packages := range runs {
		out, err := test(ctx, dir, module, packages...)
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

// test runs tests of a module of the scratch copy. Those of the mutants themselves would refuse the mistake for what it
// is.
func test(ctx context.Context, dir, module string, args ...string) (string, error) {
	command := []string{"test", "-short", "-skip", "^TestEveryMutantApplies$"}
	return scratch.Run(ctx, filepath.Join(dir, module), "go", append(command, args...)...)
}
