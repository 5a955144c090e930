package proofs

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/live"
	"github.com/vmstio/infrastructure/sandbox/runner"
)

var runs = flag.Int("runs", 5, "how many starts and previews a median is of")

// The goals, of the times' ratios to their floors and of the time to bring prod up on 2 cores.
const (
	buildGoal = 1.4
	startGoal = 0.6
	upGoal    = 15 * time.Second
	// previewGoal is of a preview in which nothing changes, in seconds.
	previewGoal = 2.0
	// rulesGoal is of a preview with the rules about plans, to one without.
	rulesGoal = 1.3
)

// TestSpeed measures what a person waits for: building the program, starting it, bringing an environment up, previewing
// it. Everything is measured in one run on one machine and compared with a floor measured beside it, since the times
// themselves say as much about the machine as about the program.
func TestSpeed(t *testing.T) {
	b := &bench{options: sandbox(t, "bench"), scratch: t.TempDir()}
	b.root = b.options.ProjectDir
	t.Logf("%d cores, %s, %s/%s", runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	for _, part := range []struct {
		name    string
		measure func(*testing.T)
	}{{"build", b.build}, {"start", b.start}, {"up and preview", b.upAndPreview}, {"rules", b.rules}} {
		if wanted(part.name) {
			t.Run(part.name, part.measure)
		}
	}
}

// bench is a run at work.
type bench struct {
	options runner.Options
	// root is the repository, scratch a directory for what is built and brought up.
	root, scratch string
}

// compare holds a time against that of a floor, and the ratio against a goal, if there is one.
func compare(t *testing.T, what, floor string, took, least, goal float64) {
	t.Helper()
	t.Logf("%s: %.1f s, %s: %.1f s, ratio %.2f", what, took, floor, least, took/least)
	if goal > 0 {
		assert.LessOrEqual(t, took/least, goal)
	}
}

// upAndPreview brings prod up from nothing, and then takes turns in previewing it and an empty program, so that both
// see the same load of the machine.
func (b *bench) upAndPreview(t *testing.T) {
	started, options := time.Now(), b.options
	options.StateDir = filepath.Join(b.scratch, "prod")
	prod, err := runner.Open(t.Context(), options)
	require.NoError(t, err)
	defer prod.Close()
	_, err = prod.Up(t.Context())
	require.NoError(t, err)
	took := time.Since(started)
	t.Logf("%s from nothing, without simulated delays: %.1f s", options.Stack, took.Seconds())
	assert.LessOrEqual(t, took, upGoal)

	options.Setup = nil
	options.Program = func(live.World) pulumi.RunFunc { return func(*pulumi.Context) error { return nil } }
	options.ProjectDir, options.StateDir = filepath.Join(b.scratch, "empty"), filepath.Join(b.scratch, "nothing")
	require.NoError(t, os.MkdirAll(options.ProjectDir, 0o700))
	for file, text := range map[string]string{
		"Pulumi.yaml": "name: empty\nruntime: go\n", "Pulumi." + options.Stack + ".yaml": "{}\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(options.ProjectDir, file), []byte(text), 0o600))
	}
	empty, err := runner.Open(t.Context(), options)
	require.NoError(t, err)
	defer empty.Close()
	_, err = empty.Up(t.Context())
	require.NoError(t, err)
	var times, floors []float64
	for range *runs {
		prod, err := prod.ExpectNoChanges(t.Context())
		floor, err2 := empty.Preview(t.Context())
		require.NoError(t, errors.Join(err, err2))
		times, floors = append(times, prod.Seconds), append(floors, floor.Seconds)
	}
	compare(t, fmt.Sprintf("preview with nothing to change, median of %d", *runs), "of an empty program",
		median(times), median(floors), 0)
	assert.LessOrEqual(t, median(times), previewGoal)
}

// rules takes turns in previewing a stack that is up with the rules about plans and without them: the whole of it, as a
// person waits for it, from opening the simulated cloud until the plan is there.
func (b *bench) rules(t *testing.T) {
	pack := filepath.Join(b.scratch, "policy")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", pack, ".")
	build.Dir = filepath.Join(b.root, "policy")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	options := b.options
	options.StateDir = filepath.Join(b.scratch, "ruled")
	run := func(operation func(*runner.Sandbox) (runner.Result, error)) float64 {
		started := time.Now()
		s, err := runner.Open(t.Context(), options)
		require.NoError(t, err)
		defer s.Close()
		result, err := operation(s)
		require.NoError(t, err, result.Error)
		return time.Since(started).Seconds()
	}
	run(func(s *runner.Sandbox) (runner.Result, error) { return s.Up(t.Context()) })
	preview := func(s *runner.Sandbox) (runner.Result, error) { return s.Preview(t.Context()) }
	var times, floors []float64
	for range *runs {
		options.PolicyPacks = nil
		floors = append(floors, run(preview))
		options.PolicyPacks = []string{pack}
		times = append(times, run(preview))
	}
	compare(t, fmt.Sprintf("preview with the rules, median of %d", *runs), "without them", median(times),
		median(floors), rulesGoal)
}

// median of one or more numbers: of an even number of them, the upper one.
func median(numbers []float64) float64 {
	return slices.Sorted(slices.Values(numbers))[len(numbers)/2]
}

func TestMedian(t *testing.T) {
	t.Parallel()
	assert.InDelta(t, 2.0, median([]float64{3, 1, 2}), 0)
	assert.InDelta(t, 3.0, median([]float64{4, 1, 3, 2}), 0)
	assert.InDelta(t, 7.0, median([]float64{7}), 0)
}
