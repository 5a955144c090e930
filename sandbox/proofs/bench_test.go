// Package bench measures what a person waits for: building the program, starting it, bringing an environment up,
// previewing it.
//
// Everything is measured in one run on one machine and compared with a floor measured beside it, since the times
// themselves say as much about the machine as about the program.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/sandbox/runner"
)

// Parts are the names of all parts, in the order in which they run.
func Parts() []string { return []string{"build", "start", "up", "preview"} }

// The goals, of the times' ratios to their floors and of the time to bring prod up on 2 cores.
const (
	buildGoal = 1.4
	startGoal = 0.6
	upGoal    = 30 * time.Second
)

// Options say what to measure.
type Options struct {
	// Sandbox is how the stack is run. Stack, StateDir and Quiet are set by the run: prod, in a temporary directory.
	Sandbox runner.Options
	// Only are the parts to measure; none means all.
	Only []string
	// Runs is the number of starts and previews that a median is of, 1 or more.
	Runs int
	// Log says what is being measured, for it takes minutes.
	Log io.Writer
}

// Measurement is one line of the report. Times are in seconds.
type Measurement struct {
	Part    string  `json:"part"`
	What    string  `json:"what"`
	Seconds float64 `json:"seconds"`
	// Against is what it is compared with, Floor how long that took, and Ratio Seconds by Floor.
	Against string  `json:"against,omitempty"`
	Floor   float64 `json:"floor,omitempty"`
	Ratio   float64 `json:"ratio,omitempty"`
	// CPURatio is the ratio of processor times, which other work on the machine hardly changes. If it is far from
	// Ratio, the machine was busy and the run should be repeated.
	CPURatio float64 `json:"cpuRatio,omitempty"`
	// Goal is the bound in words, if there is one, and Met whether it was kept.
	Goal string `json:"goal,omitempty"`
	Met  bool   `json:"met"`
}

// against compares the measurement with a floor. The goal bounds the ratio; 0 is none.
func (m Measurement) against(what string, floor, goal float64) Measurement {
	m.Against, m.Floor, m.Ratio = what, floor, m.Seconds/floor
	if goal > 0 {
		m.Goal, m.Met = fmt.Sprintf("<= %.1f x", goal), m.Ratio <= goal
	}
	return m
}

// Report is what a run measured, and on what.
type Report struct {
	Cores        int           `json:"cores"`
	Go           string        `json:"go"`
	Platform     string        `json:"platform"`
	Measurements []Measurement `json:"measurements"`
}

// Missed lists the parts whose goal was missed.
func (r Report) Missed() []string {
	var missed []string
	for _, m := range r.Measurements {
		if m.Goal != "" && !m.Met {
			missed = append(missed, m.Part)
		}
	}
	return missed
}

// Print writes the report as a table.
func (r Report) Print(w io.Writer) error {
	fmt.Fprintf(w, "\nOn %d cores, %s, %s:\n\n", r.Cores, r.Go, r.Platform)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "part\twhat\ttime\tagainst\tits time\tratio\tprocessor\tgoal")
	for _, m := range r.Measurements {
		against, floor, ratio, cpu, goal := "-", "-", "-", "-", "-"
		if m.Against != "" {
			against, floor, ratio = m.Against, fmt.Sprintf("%.1f s", m.Floor), fmt.Sprintf("%.2f x", m.Ratio)
		}
		if m.CPURatio > 0 {
			cpu = fmt.Sprintf("%.2f x", m.CPURatio)
		}
		if m.Goal != "" {
			goal = m.Goal + map[bool]string{true: ": met", false: ": missed"}[m.Met]
		}
		fmt.Fprintf(table, "%s\t%s\t%.1f s\t%s\t%s\t%s\t%s\t%s\n",
			m.Part, m.What, m.Seconds, against, floor, ratio, cpu, goal)
	}
	return table.Flush()
}

// bench is a run at work.
type bench struct {
	Options

	// root is the repository, scratch a directory that is removed afterwards.
	root, scratch string
	// prod is up once upSeconds have been measured.
	prod      *runner.Sandbox
	upSeconds float64
}

// Run measures. It leaves nothing behind.
func Run(ctx context.Context, options Options) (Report, error) {
	report := Report{
		Cores: runtime.NumCPU(), Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
	}
	for _, part := range options.Only {
		if !slices.Contains(Parts(), part) {
			return report, fmt.Errorf("part %q: choose from %s", part, strings.Join(Parts(), ", "))
		}
	}
	if options.Runs < 1 {
		return report, fmt.Errorf("runs %d: at least 1 is needed", options.Runs)
	}
	root, err := runner.FindRoot(".")
	if err != nil {
		return report, err
	}
	scratch, err := os.MkdirTemp("", "vmst-bench-")
	if err != nil {
		return report, fmt.Errorf("making a directory to measure in: %w", err)
	}
	defer os.RemoveAll(scratch)
	b := &bench{Options: options, root: root, scratch: scratch}
	b.Sandbox.Stack, b.Sandbox.StateDir, b.Sandbox.Quiet = "prod", filepath.Join(scratch, "prod"), true
	defer func() {
		if b.prod != nil {
			b.prod.Close()
		}
	}()
	measure := map[string]func(context.Context) (Measurement, error){
		"build": b.build, "start": b.start, "up": b.up, "preview": b.preview,
	}
	for _, part := range Parts() {
		if len(options.Only) > 0 && !slices.Contains(options.Only, part) {
			continue
		}
		m, err := measure[part](ctx)
		if err != nil {
			return report, fmt.Errorf("measuring %s: %w", part, err)
		}
		m.Part = part
		report.Measurements = append(report.Measurements, m)
	}
	return report, nil
}

// up brings prod up, once.
func (b *bench) up(ctx context.Context) (Measurement, error) {
	if b.prod == nil {
		fmt.Fprintln(b.Log, "Bringing prod up in the simulated cloud.")
		started := time.Now()
		prod, err := runner.Open(ctx, b.Sandbox)
		if err != nil {
			return Measurement{}, err
		}
		b.prod = prod
		if _, err := prod.Up(ctx); err != nil {
			return Measurement{}, err
		}
		b.upSeconds = time.Since(started).Seconds()
	}
	return Measurement{
		What: "prod from nothing, without simulated delays", Seconds: b.upSeconds,
		Goal: fmt.Sprintf("<= %.0f s", upGoal.Seconds()), Met: b.upSeconds <= upGoal.Seconds(),
	}, nil
}

// preview takes turns in previewing prod and an empty program, so that both see the same load of the machine.
func (b *bench) preview(ctx context.Context) (Measurement, error) {
	if _, err := b.up(ctx); err != nil {
		return Measurement{}, err
	}
	options := b.Sandbox
	options.Program, options.Setup = func(*pulumi.Context) error { return nil }, nil
	options.ProjectDir, options.StateDir = filepath.Join(b.scratch, "empty"), filepath.Join(b.scratch, "nothing")
	if err := os.MkdirAll(options.ProjectDir, 0o700); err != nil {
		return Measurement{}, fmt.Errorf("making the empty project: %w", err)
	}
	for file, text := range map[string]string{"Pulumi.yaml": "name: empty\nruntime: go\n", "Pulumi.prod.yaml": "{}\n"} {
		if err := os.WriteFile(filepath.Join(options.ProjectDir, file), []byte(text), 0o600); err != nil {
			return Measurement{}, fmt.Errorf("writing the empty project: %w", err)
		}
	}
	if options.PulumiCommand == "" {
		var err error
		if options.PulumiCommand, err = runner.FindPulumi(ctx, b.root); err != nil {
			return Measurement{}, err
		}
	}
	empty, err := runner.Open(ctx, options)
	if err != nil {
		return Measurement{}, err
	}
	defer empty.Close()
	if _, err := empty.Up(ctx); err != nil {
		return Measurement{}, err
	}
	fmt.Fprintf(b.Log, "Previewing prod and an empty program, %d times each.\n", b.Runs)
	var times, floors []float64
	for range b.Runs {
		prod, err := b.prod.ExpectNoChanges(ctx)
		floor, err2 := empty.Preview(ctx)
		if err := errors.Join(err, err2); err != nil {
			return Measurement{}, err
		}
		times, floors = append(times, prod.Seconds), append(floors, floor.Seconds)
	}
	m := Measurement{What: fmt.Sprintf("prod with nothing to change, median of %d", b.Runs), Seconds: median(times)}
	return m.against("an empty program", median(floors), 0), nil
}

// median of one or more numbers: of an even number of them, the upper one.
func median(numbers []float64) float64 {
	return slices.Sorted(slices.Values(numbers))[len(numbers)/2]
}
