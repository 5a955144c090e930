package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
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

// measureBuild builds the program and the floor, each with an empty build cache.
func measureBuild(ctx context.Context, root, scratch string, log io.Writer) (Measurement, error) {
	source, overlay := filepath.Join(scratch, "floor.go"), filepath.Join(scratch, "overlay.json")

	replace, err := json.Marshal(map[string]map[string]string{
		"Replace": {filepath.Join(root, filepath.FromSlash(floorPackage), "main.go"): source},
	})
	if err != nil {
		return Measurement{}, fmt.Errorf("describing the floor program: %w", err)
	}

	for path, text := range map[string][]byte{source: []byte(floor), overlay: replace} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return Measurement{}, fmt.Errorf("writing the floor program: %w", err)
		}
	}

	// Modules are downloaded before anything is timed.
	_, err = goCommand(ctx, root, scratch, "list", "-deps", "-overlay", overlay, ".", "./"+floorPackage)
	if err != nil {
		return Measurement{}, err
	}

	build := func(name, pkg string) (took, cpu time.Duration, err error) {
		fmt.Fprintf(log, "Building %s with an empty build cache: this takes minutes.\n", name)

		cache, err := os.MkdirTemp(scratch, "cache-")
		if err != nil {
			return 0, 0, fmt.Errorf("making a build cache: %w", err)
		}
		defer os.RemoveAll(cache)

		started := time.Now()
		cpu, err = goCommand(ctx, root, cache,
			"build", "-overlay", overlay, "-o", filepath.Join(scratch, "program"), pkg)
		return time.Since(started), cpu, err
	}

	floorTook, floorCPU, err := build("the empty program", "./"+floorPackage)
	if err != nil {
		return Measurement{}, err
	}

	took, cpu, err := build("the program", ".")
	if err != nil {
		return Measurement{}, err
	}

	ratio := took.Seconds() / floorTook.Seconds()
	return Measurement{
		Part: Build, What: "the program with an empty build cache", Seconds: took.Seconds(),
		Against: "an empty program with the Pulumi and DigitalOcean SDKs", Floor: floorTook.Seconds(),
		Ratio: ratio, CPURatio: cpu.Seconds() / floorCPU.Seconds(),
		Goal: fmt.Sprintf("<= %.1f x", buildGoal), Met: ratio <= buildGoal,
	}, nil
}

// goCommand runs the go command in the program's module with a build cache, and returns the processor time that it and
// the compilers that it started have used.
func goCommand(ctx context.Context, root, cache string, args ...string) (time.Duration, error) {
	var complaints bytes.Buffer

	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOCACHE="+cache, "GOWORK=off")
	cmd.Stderr = &complaints
	cmd.WaitDelay = 5 * time.Second

	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("go %s: %w: %s", args[0], err, bytes.TrimSpace(complaints.Bytes()))
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}

func emptyProgram(*pulumi.Context) error { return nil }

// writeEmptyProject writes the files of a project with nothing in it.
func writeEmptyProject(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the empty project: %w", err)
	}

	for file, text := range map[string]string{"Pulumi.yaml": "name: empty\nruntime: go\n", "Pulumi.prod.yaml": "{}\n"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			return fmt.Errorf("writing the empty project: %w", err)
		}
	}
	return nil
}
