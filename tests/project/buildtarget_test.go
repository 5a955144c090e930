// Package project_test checks what Pulumi.yaml promises.
package project_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

const root = "../.."

func buildTarget(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "Pulumi.yaml"))
	require.NoError(t, err)
	var project struct {
		Runtime struct {
			Options struct {
				BuildTarget string `yaml:"buildTarget"`
			} `yaml:"options"`
		} `yaml:"runtime"`
	}
	require.NoError(t, yaml.Unmarshal(text, &project))
	return project.Runtime.Options.BuildTarget
}

// Without a build target, the language host links the program anew at every preview.
func TestThePreviewDoesNotLinkAnew(t *testing.T) {
	t.Parallel()
	target := buildTarget(t)
	require.NotEmpty(t, target)
	require.True(t, filepath.IsLocal(target), "%s is outside the project", target)
	git := exec.Command("git", "check-ignore", "-q", target)
	git.Dir = root
	if _, err := os.Stat(filepath.Join(root, ".git")); err == nil {
		require.NoError(t, git.Run(), "%s must not be committed: it is ignored by git", target)
	}
}

// The language host runs `go build -o <build target>` before the program (sdk/go/pulumi-language-go/main.go,
// compileProgram). What lies there already is built over when it is a program, be it stale or somebody else's, and an
// error when it is not.
func TestABuildTargetIsNeverStaleOrForeign(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	target := filepath.Join(dir, buildTarget(t))
	write := func(file, text string) {
		path := filepath.Join(dir, file)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o755))
	}
	build := func() (string, error) {
		command := exec.Command("go", "build", "-o", target)
		command.Dir = dir
		out, err := command.CombinedOutput()
		return string(out), err
	}
	says := func() string {
		out, err := exec.Command(target).CombinedOutput()
		require.NoError(t, err)
		return string(out)
	}
	write("go.mod", "module example.org/program\n\ngo 1.26\n")
	write("main.go", "package main\n\nfunc main() { print(\"one\") }\n")
	_, err := build()
	require.NoError(t, err)
	require.Equal(t, "one", says())

	write("main.go", "package main\n\nfunc main() { print(\"two\") }\n")
	_, err = build()
	require.NoError(t, err)
	require.Equal(t, "two", says(), "a stale program would have run")

	foreign, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		foreign = []byte("\x7fELF")
	}
	require.NoError(t, os.WriteFile(target, foreign, 0o755))
	_, err = build()
	require.NoError(t, err)
	require.Equal(t, "two", says(), "somebody else's program would have run")

	require.NoError(t, os.WriteFile(target, []byte("#!/bin/sh\necho three\n"), 0o755))
	out, err := build()
	require.Error(t, err, "a script would have run")
	require.Contains(t, out, "not an object file")
}
