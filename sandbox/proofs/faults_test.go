package proofs

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/sandbox/behaviour"
	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/runner"
)

var (
	kills = flag.Int("kills", 10, "how often the engine is killed")
	seed  = flag.Uint64("seed", rand.Uint64N(1_000_000),
		"chooses the moments at which the engine is killed")
)

// An up that breaks is mended by the next one: when the creation of a resource fails, of each type once, and when the
// engine is killed.
func TestFaults(t *testing.T) {
	sound := sandbox(t, "faults")
	sound.StateDir = t.TempDir()
	started := time.Now()
	result, _, err := up(t.Context(), sound)
	require.NoError(t, err)
	whole, took := objects(t, sound.StateDir), time.Since(started)
	counts := map[string]int{}
	for _, r := range result.Resources {
		if r.Custom && !strings.HasPrefix(r.Type, "pulumi:") {
			counts[r.Type]++
		}
	}
	for _, typ := range slices.Sorted(maps.Keys(counts)) {
		if !wanted(typ) {
			continue
		}
		// In the middle: the first of one, the second of two or three.
		call, broken := counts[typ]/2+1, sound
		broken.Behaviour.Failures = []behaviour.Failure{{
			Type: typ, Call: call, Message: "503 service unavailable",
		}}
		t.Run(fmt.Sprintf("%s, %d of %d", typ, call, counts[typ]),
			func(t *testing.T) { mends(t, broken, sound, whole) })
	}
	random := rand.New(rand.NewPCG(*seed, 0))
	t.Logf("seed %d", *seed)
	for range *kills {
		after, broken := time.Duration(random.Float64()*float64(took)), sound
		broken.Started = func(engine *os.Process) {
			time.AfterFunc(after, func() { _ = engine.Kill() }) // it may have ended before
		}
		t.Run(fmt.Sprintf("engine killed after %.1f s of %.1f s", after.Seconds(), took.Seconds()),
			func(t *testing.T) { mends(t, broken, sound, whole) })
	}
}

// mends breaks an up in an empty cloud and looks at what the next two make of it: the first finishes the work, the
// other has nothing to do, and nothing is there twice.
func mends(t *testing.T, broken, sound runner.Options, whole map[string]int) {
	t.Helper()
	broken.StateDir = t.TempDir()
	sound.StateDir = broken.StateDir
	_, _, err := up(t.Context(), broken)
	// An engine that was about to end may outrun its killer; anything else that goes through was not broken.
	if broken.Started == nil {
		require.Error(t, err, "it went through")
	}
	made := 0
	for _, count := range objects(t, sound.StateDir) {
		made += count
	}
	_, recovered, err := up(t.Context(), sound)
	require.NoError(t, err, "the next up")
	t.Logf("%d objects were made before it broke, and %d of them taken over", made, recovered)
	again, _, err := up(t.Context(), sound)
	require.NoError(t, err, "one more up")
	assert.False(t, again.Changed(), "one more up changes %v", again.Changes)
	assert.Equal(t, whole, objects(t, sound.StateDir), "how often something is there, by type and name")
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

// objects counts what is in the cloud of a state directory, by type and name.
func objects(t *testing.T, dir string) map[string]int {
	t.Helper()
	counts := map[string]int{}
	c, err := cloud.Open(filepath.Join(dir, "cloud.json"))
	require.NoError(t, err)
	require.NoError(t, c.Update(func(tx *cloud.Tx) error {
		for _, typ := range tx.Types() {
			for _, object := range tx.List(typ) {
				counts[typ+" "+name(object)]++
			}
		}
		return nil
	}))
	return counts
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

func TestObjectsOfOneKindAndNameAreCounted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c, err := cloud.Open(filepath.Join(dir, "cloud.json"))
	require.NoError(t, err)
	for id, outputs := range map[string]map[string]any{
		"1": {"name": "a"}, "2": {"name": "a"}, "3": {"description": "b"}, "4": {},
		"5": {"name": "c", "metadata": map[string]any{"namespace": "n", "name": "d"}},
	} {
		require.NoError(t, c.Put(cloud.Object{Type: "x:y:Z", ID: id, Outputs: outputs}))
	}
	assert.Equal(t, map[string]int{"x:y:Z a": 2, "x:y:Z b": 1, "x:y:Z ": 1, "x:y:Z n/d": 1}, objects(t, dir))
}
