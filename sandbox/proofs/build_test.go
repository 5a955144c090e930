package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"
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
func (b *bench) build(ctx context.Context) (Measurement, error) {
	source, overlay := filepath.Join(b.scratch, "floor.go"), filepath.Join(b.scratch, "overlay.json")
	replace, err := json.Marshal(map[string]map[string]string{
		"Replace": {filepath.Join(b.root, filepath.FromSlash(floorPackage), "main.go"): source},
	})
	if err != nil {
		return Measurement{}, fmt.Errorf("describing the floor program: %w", err)
	}
	err = errors.Join(os.WriteFile(source, []byte(floor), 0o600), os.WriteFile(overlay, replace, 0o600))
	if err != nil {
		return Measurement{}, fmt.Errorf("writing the floor program: %w", err)
	}
	// Modules are downloaded before anything is timed.
	_, _, err = b.run(ctx, b.scratch, "list", "-deps", "-overlay", overlay, ".", "./"+floorPackage)
	if err != nil {
		return Measurement{}, err
	}
	var took, cpu []float64
	for _, pkg := range []string{"./" + floorPackage, "."} {
		fmt.Fprintf(b.Log, "Building %s with an empty build cache: this takes minutes.\n", pkg)
		cache := filepath.Join(b.scratch, "cache")
		seconds, processor, err := b.run(ctx, cache, "build", "-overlay", overlay,
			"-o", filepath.Join(b.scratch, "program"), pkg)
		if err := errors.Join(err, os.RemoveAll(cache)); err != nil {
			return Measurement{}, err
		}
		took, cpu = append(took, seconds), append(cpu, processor)
	}
	m := Measurement{What: "the program with an empty build cache", Seconds: took[1], CPURatio: cpu[1] / cpu[0]}
	return m.against("an empty program with the Pulumi and DigitalOcean SDKs", took[0], buildGoal), nil
}

// start measures what a preview waits for before it shows anything: from the language host's `go build`
// (sdk/go/pulumi-language-go/main.go, compileProgram) until the program calls the engine. With a build target
// (Pulumi.yaml) the program of the last run is still there; without one, every run links it anew, to a place that is
// thrown away. Both take turns.
func (b *bench) start(ctx context.Context) (Measurement, error) {
	kept := filepath.Join(b.scratch, "kept")
	if _, _, err := b.run(ctx, "", "build", "-o", kept); err != nil {
		return Measurement{}, err
	}
	fmt.Fprintf(b.Log, "Starting the program, kept and linked anew, %d times each.\n", b.Runs)
	var times, floors []float64
	for i := range b.Runs {
		anew := filepath.Join(b.scratch, fmt.Sprintf("anew-%d", i))
		for target, into := range map[string]*[]float64{kept: &times, anew: &floors} {
			started := time.Now()
			if _, _, err := b.run(ctx, "", "build", "-o", target); err != nil {
				return Measurement{}, err
			}
			if err := firstCall(ctx, target); err != nil {
				return Measurement{}, err
			}
			*into = append(*into, time.Since(started).Seconds())
		}
		os.Remove(anew)
	}
	m := Measurement{
		What:    fmt.Sprintf("from go build to the first call of the engine, median of %d", b.Runs),
		Seconds: median(times),
	}
	return m.against("the same without a build target", median(floors), startGoal), nil
}

// firstCall starts the program, waits until it calls the engine, and stops it.
func firstCall(ctx context.Context, program string) error {
	engine, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listening for the program: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var complaints bytes.Buffer
	cmd := exec.CommandContext(ctx, program)
	cmd.Env = append(os.Environ(), "PULUMI_PROJECT=vmst", "PULUMI_STACK=prod",
		"PULUMI_MONITOR="+engine.Addr().String(), "PULUMI_ENGINE="+engine.Addr().String())
	cmd.Stderr = &complaints
	ended := make(chan error, 1)
	go func() {
		ended <- cmd.Run()
		engine.Close() //nolint:errcheck // it only ends the wait below
	}()
	conn, err := engine.Accept()
	if err != nil {
		err = errors.Join(errors.New("the program ended before it called the engine"), <-ended)
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(complaints.Bytes()))
	}
	stop()
	<-ended //nolint:errcheck // it was stopped
	return conn.Close()
}

// run runs the go command in the program's module, with another build cache if one is given, and returns the seconds
// that passed and those that it and the compilers that it started have used of the processors.
func (b *bench) run(ctx context.Context, cache string, args ...string) (took, cpu float64, err error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env = b.root, append(os.Environ(), "GOWORK=off")
	if cache != "" {
		cmd.Env = append(cmd.Env, "GOCACHE="+cache)
	}
	started := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, 0, fmt.Errorf("go %s: %w: %s", args[0], err, bytes.TrimSpace(out))
	}
	state := cmd.ProcessState
	return time.Since(started).Seconds(), (state.UserTime() + state.SystemTime()).Seconds(), nil
}
