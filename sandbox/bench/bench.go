// Package bench measures what a person waits for: building the program, previewing an environment, bringing one up.
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
	"time"

	"github.com/vmstio/infrastructure/sandbox/runner"
)

// The parts of a run.
const (
	Build   = "build"
	Start   = "start"
	Preview = "preview"
	Up      = "up"
)

// Parts are all parts, in the order in which they run.
func Parts() []string { return []string{Build, Start, Preview, Up} }

// The goals. A part without one is for information.
const (
	// buildGoal bounds the program's build time in multiples of the floor's.
	buildGoal = 1.4
	// upGoal bounds the time to bring prod up, on 2 cores.
	upGoal = 30 * time.Second
)

// Options say what to measure.
type Options struct {
	// Sandbox is how the stack is run. Stack, StateDir and Quiet are set by the run: prod, in a temporary directory.
	Sandbox runner.Options
	// Only are the parts to measure; none means all.
	Only []string
	// Runs is the number of previews that the median is of, 1 or more.
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

	wanted := func(part string) bool { return len(options.Only) == 0 || slices.Contains(options.Only, part) }

	if wanted(Build) {
		measurement, err := measureBuild(ctx, root, scratch, options.Log)
		if err != nil {
			return report, err
		}

		report.Measurements = append(report.Measurements, measurement)
	}

	if wanted(Start) {
		measurement, err := measureStart(ctx, options, root, scratch)
		if err != nil {
			return report, err
		}
		report.Measurements = append(report.Measurements, measurement)
	}

	if !wanted(Preview) && !wanted(Up) {
		return report, nil
	}

	measurements, err := measureStack(ctx, options, root, scratch, wanted(Preview))
	if err != nil {
		return report, err
	}

	for _, measurement := range measurements {
		if wanted(measurement.Part) {
			report.Measurements = append(report.Measurements, measurement)
		}
	}
	return report, nil
}

// measureStack brings prod up and, if wanted, previews it against an empty program.
func measureStack(
	ctx context.Context, options Options, root, scratch string, previews bool,
) ([]Measurement, error) {
	sandbox := options.Sandbox
	sandbox.Stack, sandbox.StateDir, sandbox.Quiet = "prod", filepath.Join(scratch, "prod"), true

	if sandbox.PulumiCommand == "" {
		var err error

		sandbox.PulumiCommand, err = runner.FindPulumi(ctx, root, filepath.Join(root, ".sandbox", "bin"), options.Log)
		if err != nil {
			return nil, err
		}
	}

	fmt.Fprintln(options.Log, "Bringing prod up in the simulated cloud.")

	started := time.Now()

	prod, err := runner.Open(ctx, sandbox)
	if err != nil {
		return nil, err
	}
	defer prod.Close()

	if _, err := prod.Up(ctx); err != nil {
		return nil, err
	}

	took := time.Since(started)
	measurements := []Measurement{{
		Part: Up, What: "prod from nothing, without simulated delays", Seconds: took.Seconds(),
		Goal: fmt.Sprintf("<= %.0f s", upGoal.Seconds()), Met: took <= upGoal,
	}}

	if !previews {
		return measurements, nil
	}

	preview, err := measurePreview(ctx, options, sandbox, prod, filepath.Join(scratch, "empty"))
	if err != nil {
		return nil, err
	}
	return append([]Measurement{preview}, measurements...), nil
}

// errChanges says that a preview that should have been of no changes was not, so its time means something else.
var errChanges = errors.New("the preview after an up has changes")

// measurePreview takes turns in previewing prod and an empty program, so that both see the same load of the machine.
func measurePreview(
	ctx context.Context, options Options, sandbox runner.Options, prod *runner.Sandbox, dir string,
) (Measurement, error) {
	sandbox.Program, sandbox.Secrets, sandbox.Prepare = emptyProgram, nil, nil
	sandbox.ProjectDir, sandbox.StateDir = dir, filepath.Join(dir, ".sandbox")

	if err := writeEmptyProject(dir); err != nil {
		return Measurement{}, err
	}

	empty, err := runner.Open(ctx, sandbox)
	if err != nil {
		return Measurement{}, err
	}
	defer empty.Close()

	if _, err := empty.Up(ctx); err != nil {
		return Measurement{}, err
	}

	fmt.Fprintf(options.Log, "Previewing prod and an empty program, %d times each.\n", options.Runs)

	var times, floors []float64

	for range options.Runs {
		result, err := prod.Preview(ctx)
		if err != nil {
			return Measurement{}, err
		}

		if result.Changed() {
			return Measurement{}, errChanges
		}

		times = append(times, result.Seconds)

		result, err = empty.Preview(ctx)
		if err != nil {
			return Measurement{}, err
		}

		floors = append(floors, result.Seconds)
	}

	m := Measurement{
		Part: Preview, What: fmt.Sprintf("prod with nothing to change, median of %d", options.Runs),
		Seconds: median(times), Against: "an empty program", Floor: median(floors),
	}
	m.Ratio = m.Seconds / m.Floor
	return m, nil
}

// median of one or more numbers.
func median(numbers []float64) float64 {
	sorted := slices.Sorted(slices.Values(numbers))
	middle := len(sorted) / 2

	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}
