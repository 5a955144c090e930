package main

import (
	"bytes"
	"context"
	"flag"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden directories again")

// variants are ways to call the command, each with a golden directory.
var variants = map[string][]string{
	"outside": {"-outputs", "../infra/outputs/testdata/outputs-2.json", "-webhook", "/etc/monitoring/webhook"},
	"older":   {"-outputs", "../infra/outputs/testdata/outputs-1.json"},
	"all": {
		"-outputs", "../infra/outputs/testdata/outputs-2.json", "-inside", "http://localhost:9090",
		"-databases", "/etc/monitoring/databases", "-webhook", "/etc/monitoring/webhook", "-heartbeat",
		"/etc/monitoring/heartbeat", "-email", "ops@example.org", "-from", "monitoring@example.org", "-smarthost",
		"smtp.example.org:2525", "-smtp-user", "ops", "-smtp-password-file", "/etc/monitoring/smtp",
	},
}

func written(t *testing.T, args ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "out")
	args = append([]string{"-stack", "prod", "-out", dir}, args...)
	require.NoError(t, run(t.Context(), args, io.Discard, io.Discard))
	return dir
}

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	require.NoError(t, fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, path))
		found[path] = string(text)
		return err
	}))
	return found
}

// What is written is a part of what is reviewed. Go's order of a map must not be seen in it.
func TestGolden(t *testing.T) {
	for name, args := range variants {
		golden := filepath.Join("testdata", name)
		if *update {
			require.NoError(t, os.RemoveAll(golden))
			require.NoError(t, os.CopyFS(golden, os.DirFS(written(t, args...))))
		}
		want := contents(t, golden)
		for range 3 {
			is := contents(t, written(t, args...))
			require.Equal(t, slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(is)), name)
			for path := range want {
				require.Equal(t, want[path], is[path], "%s/%s: go test . -run TestGolden -update", name, path)
			}
		}
	}
}

// A credential is named by its file, and what an older contract does not know is not made up.
func TestWhatIsNotWritten(t *testing.T) {
	t.Parallel()
	for path, text := range contents(t, "testdata/all") {
		require.NotRegexp(t, `(?m)^\s*(auth_)?(password|username): .*secret`, text, path)
	}
	require.NotContains(t, contents(t, "testdata/older"), "targets/database-cache.json")
	require.Contains(t, contents(t, "testdata/all"), "targets/database-cache.json")
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	t.Parallel()
	const good, old = "../infra/outputs/testdata/outputs-2.json", "../infra/outputs/testdata/outputs-1.json"
	foreign := filepath.Join(t.TempDir(), "foreign.json")
	require.NoError(t, os.WriteFile(foreign, []byte(`{"bucketName": "x"}`), 0o600))
	for says, line := range map[string]string{
		`-stack is "", expected the name of a stack`:         "-outputs " + good,
		`-stack is "../x", expected the name of a stack`:     "-stack ../x -outputs " + good,
		`"prod" is no flag`:                                  "-stack prod prod",
		`flag provided but not defined: -color`:              "-color",
		`-hurry is 0, expected 1 or more`:                    "-stack prod -hurry 0",
		`-email needs -from and -smarthost, too`:             "-stack prod -email a@example.org -outputs " + good,
		`-smtp-user and -smtp-password-file need each other`: "-stack prod -smtp-user a",
		`no such file`: "-stack prod -outputs nowhere.json",
		`stack prod: reading stack outputs: contractVersion`: "-stack prod -outputs " + foreign,
		`databases.cache.metricsUrls is empty`:               "-stack prod -databases /x -outputs " + old,
		`-inside is "prom:9090", expected an address such`:   "-stack prod -inside prom:9090 -outputs " + good,
	} {
		args := append([]string{"-out", filepath.Join(t.TempDir(), "out")}, strings.Fields(line)...)
		err := run(t.Context(), args, io.Discard, io.Discard)
		require.ErrorContains(t, err, says)
	}
}

// Without a file, the pulumi command is asked. One that says no is quoted.
func TestPulumiIsAsked(t *testing.T) {
	bin := t.TempDir()
	outputs, err := filepath.Abs("../infra/outputs/testdata/outputs-2.json")
	require.NoError(t, err)
	script := "#!/bin/sh\n" +
		"[ \"$*\" = 'stack output --json --stack prod' ] || { echo \"no stack named $5\" >&2; exit 255; }\n" +
		"exec cat '" + outputs + "'\n"
	program := filepath.Join(bin, "pulumi")
	require.NoError(t, os.WriteFile(program, []byte(script), 0o700))
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	dir := filepath.Join(t.TempDir(), "out")
	var said bytes.Buffer
	require.NoError(t, run(context.Background(), []string{"-stack", "prod", "-out", dir}, &said, io.Discard))
	require.Contains(t, said.String(), "files in "+dir)
	err = run(context.Background(), []string{"-stack", "other", "-out", dir}, io.Discard, io.Discard)
	require.ErrorContains(t, err, "asking pulumi for the outputs of stack other")
	require.ErrorContains(t, err, "no stack named other")
}
