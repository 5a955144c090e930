package proofs

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// floor is the least that a program for Pulumi and DigitalOcean consists of.
const floor = `package main

import (
	_ "github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() { pulumi.Run(func(*pulumi.Context) error { return nil }) }
`

// floorPackage is where the floor appears to be in the program's module, so that it is built with the same versions.
// The go command reads it through an overlay: nothing is written there.
const floorPackage = "internal/benchfloor"

// build builds the program and the floor, each with an empty build cache.
func (b *bench) build(t *testing.T) {
	source, overlay := filepath.Join(b.scratch, "floor.go"), filepath.Join(b.scratch, "overlay.json")
	replace, err := json.Marshal(map[string]map[string]string{
		"Replace": {filepath.Join(b.root, filepath.FromSlash(floorPackage), "main.go"): source},
	})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(source, []byte(floor), 0o600))
	require.NoError(t, os.WriteFile(overlay, replace, 0o600))
	// Modules are downloaded before anything is timed.
	b.run(t, b.scratch, "list", "-deps", "-overlay", overlay, ".", "./"+floorPackage)
	var took, cpu []float64
	for _, pkg := range []string{"./" + floorPackage, "."} {
		cache := filepath.Join(b.scratch, "cache")
		binary := filepath.Join(b.scratch, "program")
		seconds, processor := b.run(t, cache, "build", "-overlay", overlay, "-o", binary, pkg)
		require.NoError(t, os.RemoveAll(cache))
		took, cpu = append(took, seconds), append(cpu, processor)
	}
	compare(t, "the program with an empty build cache", "an empty program with the Pulumi and DigitalOcean SDKs",
		took[1], took[0], buildGoal)
	// Other work on the machine hardly changes it: if it is far from the other ratio, repeat the run.
	t.Logf("ratio of processor times %.2f", cpu[1]/cpu[0])
}

// start measures what a preview waits for before it shows anything: from the language host's `go build`
// (sdk/go/pulumi-language-go/main.go, compileProgram) until the program calls the engine. With a build target
// (Pulumi.yaml) the program of the last run is still there; without one, every run links it anew, to a place that is
// thrown away. Both take turns.
func (b *bench) start(t *testing.T) {
	kept := filepath.Join(b.scratch, "kept")
	b.run(t, "", "build", "-o", kept)
	var times, floors []float64
	for i := range *runs {
		anew := filepath.Join(b.scratch, fmt.Sprintf("anew-%d", i))
		for target, into := range map[string]*[]float64{kept: &times, anew: &floors} {
			started := time.Now()
			b.run(t, "", "build", "-o", target)
			firstCall(t, target)
			*into = append(*into, time.Since(started).Seconds())
		}
		require.NoError(t, os.Remove(anew))
	}
	compare(t, fmt.Sprintf("from go build to the first call of the engine, median of %d", *runs),
		"the same without a build target", median(times), median(floors), startGoal)
}

// firstCall starts the program, waits until it calls the engine, and stops it.
func firstCall(t *testing.T, program string) {
	t.Helper()
	engine, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var complaints bytes.Buffer
	cmd := exec.CommandContext(ctx, program)
	cmd.Env = append(os.Environ(), "PULUMI_PROJECT=vmst", "PULUMI_STACK=prod",
		"PULUMI_MONITOR="+engine.Addr().String(), "PULUMI_ENGINE="+engine.Addr().String())
	cmd.Stderr = &complaints
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		cmd.Run()      //nolint:errcheck // it is stopped; if it ends by itself, that is said below
		engine.Close() //nolint:errcheck // it only ends the wait below
	}()
	conn, err := engine.Accept()
	stop()
	<-ended
	require.NoError(t, err, "the program ended before it called the engine: %s", complaints.String())
	require.NoError(t, conn.Close())
}

// run runs the go command in the program's module, with another build cache if one is given, and returns the seconds
// that passed and those that it and the compilers that it started have used of the processors.
func (b *bench) run(t *testing.T, cache string, args ...string) (took, cpu float64) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir, cmd.Env = b.root, append(os.Environ(), "GOWORK=off")
	if cache != "" {
		cmd.Env = append(cmd.Env, "GOCACHE="+cache)
	}
	started := time.Now()
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "go %s: %s", args[0], out)
	state := cmd.ProcessState
	return time.Since(started).Seconds(), (state.UserTime() + state.SystemTime()).Seconds()
}
