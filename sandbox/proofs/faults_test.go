// Package faults shows that an `up` that breaks is mended by the next one: when the creation of a resource fails, and
// when the engine is killed.
package faults

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/vmstio/infrastructure/sandbox/behaviour"
	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/runner"
)

// Options say what to break.
type Options struct {
	// Sandbox is how the stack is run. Each trial sets StateDir, Behaviour and Quiet: it has a cloud of its own.
	Sandbox runner.Options
	// Only are parts of the names of the types whose creation fails; none means every type.
	Only []string
	// Kills is how often the engine is killed.
	Kills int
	// Seed chooses the moments at which it is.
	Seed uint64
	// Log receives a line for each trial, since all of them take long.
	Log io.Writer
}

// Trial is one fault and what came of it.
type Trial struct {
	// Fault is what was broken.
	Fault string `json:"fault"`
	// Made is how many objects there were in the cloud when it broke, and Recovered how many were taken over that the
	// engine had asked for without learning what became of them.
	Made      int `json:"made"`
	Recovered int `json:"recovered"`
	// Problems are what was not as it should be afterwards.
	Problems []string `json:"problems,omitempty"`
}

// Report is all trials, and how long they took.
type Report struct {
	Stack   string  `json:"stack"`
	Seed    uint64  `json:"seed"`
	Seconds float64 `json:"seconds"`
	Trials  []Trial `json:"trials"`
}

// Failed counts the trials after which something was not as it should be.
func (r Report) Failed() int {
	failed := 0
	for _, trial := range r.Trials {
		failed += min(len(trial.Problems), 1)
	}
	return failed
}

// Print writes the report as a table.
func (r Report) Print(w io.Writer) error {
	fmt.Fprintf(w, "\nStack %s, %d faults in %.0f s, seed %d:\n\n", r.Stack, len(r.Trials), r.Seconds, r.Seed)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "fault\tmade\ttaken over\tthe next up finishes, one more changes nothing, nothing is doubled")
	for _, trial := range r.Trials {
		verdict := "yes"
		if len(trial.Problems) > 0 {
			verdict = "NO: " + strings.Join(trial.Problems, "; ")
		}
		fmt.Fprintf(table, "%s\t%d\t%d\t%s\n", trial.Fault, trial.Made, trial.Recovered, verdict)
	}
	return table.Flush()
}

// clean is an up without a fault, which the others are compared with.
type clean struct {
	seconds float64
	// types counts the resources that providers made, by type.
	types map[string]int
	// objects counts what was in the cloud afterwards, by type and name.
	objects map[string]int
}

// Run breaks one thing after the other.
func Run(ctx context.Context, options Options) (Report, error) {
	report := Report{Stack: options.Sandbox.Stack, Seed: options.Seed}
	options.Sandbox.Quiet = true
	started := time.Now()
	fmt.Fprintln(options.Log, "Bringing the stack up without a fault, to compare with.")
	whole, err := bringUp(ctx, options.Sandbox)
	if err != nil {
		return report, err
	}
	for _, fault := range faults(options, whole) {
		trial, err := try(ctx, fault, options.Sandbox, whole)
		if err != nil {
			return report, err
		}
		report.Trials, report.Seconds = append(report.Trials, trial), time.Since(started).Seconds()
		fmt.Fprintf(options.Log, "%4.0f s  %s: %d problem(s)\n", report.Seconds, trial.Fault, len(trial.Problems))
	}
	return report, nil
}

// fault is something that breaks, and how the stack is run for that.
type fault struct {
	what   string
	broken runner.Options
}

// faults are all that are wanted.
func faults(options Options, whole clean) []fault {
	var list []fault
	for _, typ := range slices.Sorted(maps.Keys(whole.types)) {
		wanted := func(part string) bool { return strings.Contains(typ, part) }
		if len(options.Only) > 0 && !slices.ContainsFunc(options.Only, wanted) {
			continue
		}
		// In the middle: the first of one, the second of two or three.
		call := whole.types[typ]/2 + 1
		broken := options.Sandbox
		broken.Behaviour.Failures = []behaviour.Failure{{
			Match: behaviour.Match{Type: typ}, Call: call, Message: "503 service unavailable",
		}}
		list = append(list, fault{fmt.Sprintf("%s, %d of %d", typ, call, whole.types[typ]), broken})
	}
	random := rand.New(rand.NewPCG(options.Seed, 0)) //nolint:gosec // the same moments for the same seed
	for range options.Kills {
		after := time.Duration(random.Float64() * whole.seconds * float64(time.Second))
		broken := options.Sandbox
		broken.Started = func(engine *os.Process) {
			time.AfterFunc(after, func() { _ = engine.Kill() }) // it may have ended before
		}
		list = append(list, fault{
			fmt.Sprintf("engine killed after %.1f s of %.1f s", after.Seconds(), whole.seconds), broken,
		})
	}
	return list
}

// bringUp brings the stack up in an empty cloud.
func bringUp(ctx context.Context, options runner.Options) (clean, error) {
	dir, err := os.MkdirTemp("", "vmst-faults-")
	if err != nil {
		return clean{}, fmt.Errorf("making a cloud to break things in: %w", err)
	}
	defer os.RemoveAll(dir)
	options.StateDir = dir
	result, _, err := up(ctx, options)
	if err != nil {
		return clean{}, err
	}
	whole := clean{seconds: result.Seconds, types: map[string]int{}}
	whole.objects, err = objects(dir)
	for _, r := range result.Resources {
		if r.Custom && !strings.HasPrefix(r.Type, "pulumi:") {
			whole.types[r.Type]++
		}
	}
	return whole, err
}

// up opens the sandbox as another run would, and brings the stack up.
func up(ctx context.Context, options runner.Options) (result runner.Result, recovered int, err error) {
	s, err := runner.Open(ctx, options)
	if err != nil {
		return runner.Result{}, 0, err
	}
	defer s.Close()
	result, err = s.Up(ctx)
	return result, s.Recovered, err
}

// try breaks an up in an empty cloud and looks at what the next two make of it.
func try(ctx context.Context, fault fault, sound runner.Options, whole clean) (Trial, error) {
	trial, broken := Trial{Fault: fault.what}, fault.broken
	dir, err := os.MkdirTemp("", "vmst-faults-")
	if err != nil {
		return trial, fmt.Errorf("making a cloud to break things in: %w", err)
	}
	defer os.RemoveAll(dir)
	broken.StateDir, sound.StateDir = dir, dir
	problem := func(format string, args ...any) {
		trial.Problems = append(trial.Problems, strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", " "))
	}
	_, _, err = up(ctx, broken)
	if ctx.Err() != nil {
		return trial, ctx.Err()
	}
	// An engine that was about to end may outrun its killer; anything else that goes through was not broken.
	if err == nil && broken.Started == nil {
		problem("the up went through")
	}
	have, err := objects(dir)
	if err != nil {
		return trial, err
	}
	for _, count := range have {
		trial.Made += count
	}
	_, recovered, err := up(ctx, sound)
	if err != nil {
		problem("the next up: %v", err)
	}
	trial.Recovered = recovered
	again, _, err := up(ctx, sound)
	if err != nil || again.Changed() {
		problem("one more up: %v, changes %v", err, again.Changes)
	}
	if have, err = objects(dir); err != nil {
		return trial, err
	}
	all := maps.Clone(have)
	maps.Copy(all, whole.objects)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if have[name] != whole.objects[name] {
			problem("%s is there %d times instead of %d", name, have[name], whole.objects[name])
		}
	}
	return trial, ctx.Err()
}

// objects counts what is in the cloud of a state directory, by type and name.
func objects(dir string) (map[string]int, error) {
	counts := map[string]int{}
	c, err := cloud.Open(filepath.Join(dir, "cloud.json"))
	if err != nil {
		return nil, err
	}
	err = c.Update(func(tx *cloud.Tx) error {
		for _, typ := range tx.Types() {
			for _, object := range tx.List(typ) {
				counts[typ+" "+name(object)]++
			}
		}
		return nil
	})
	return counts, err
}

// name is what a person tells an object by, "" if it has no name.
func name(object cloud.Object) string {
	of := object.Outputs
	if metadata, ok := of["metadata"].(map[string]any); ok {
		return fmt.Sprint(metadata["namespace"], "/", metadata["name"])
	}
	for _, key := range []string{"name", "key", "description", "origin"} {
		if text, ok := of[key].(string); ok {
			return text
		}
	}
	return ""
}
