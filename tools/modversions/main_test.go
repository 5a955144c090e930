package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestDifferences(t *testing.T) {
	const (
		root    = "go.mod"
		sandbox = "sandbox/go.mod"
		tools   = "tools/go.mod"
	)

	for name, test := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"same version": {
			map[string]string{root: "require a.test/a v1.0.0", sandbox: "require a.test/a v1.0.0 // indirect"},
			nil,
		},
		"other modules": {
			map[string]string{root: "require a.test/a v1.0.0", sandbox: "require a.test/b v1.1.0"},
			nil,
		},
		"direct in both": {
			map[string]string{root: "require a.test/a v1.9.0", sandbox: "require a.test/a v1.10.0"},
			[]string{"a.test/a: v1.9.0 in go.mod, v1.10.0 in sandbox/go.mod: run `go get a.test/a@v1.10.0` in ."},
		},
		"direct in one": {
			map[string]string{root: "require a.test/a v1.1.0", sandbox: "require a.test/a v1.0.0 // indirect"},
			[]string{"a.test/a: v1.1.0 in go.mod, v1.0.0 in sandbox/go.mod: run `go get a.test/a@v1.1.0` in sandbox"},
		},
		"direct in none": {
			map[string]string{
				root:    "require a.test/a v1.0.0 // indirect",
				sandbox: "require a.test/a v1.1.0 // indirect",
			},
			nil,
		},
		"several behind": {
			map[string]string{
				root:    "require a.test/a v1.0.0 // indirect",
				sandbox: "require a.test/a v0.0.0-20260101000000-0123456789ab // indirect",
				tools:   "require a.test/a v1.1.0",
			},
			[]string{"a.test/a: v1.0.0 in go.mod, v0.0.0-20260101000000-0123456789ab in sandbox/go.mod, " +
				"v1.1.0 in tools/go.mod: run `go get a.test/a@v1.1.0` in ., sandbox"},
		},
		"several modules": {
			map[string]string{
				root:    "require (\n\tb.test/b v1.0.0\n\ta.test/a/v2 v2.0.0\n)",
				sandbox: "require (\n\tb.test/b v1.1.0\n\ta.test/a/v2 v2.1.0\n)",
			},
			[]string{
				"a.test/a/v2: v2.0.0 in go.mod, v2.1.0 in sandbox/go.mod: run `go get a.test/a/v2@v2.1.0` in .",
				"b.test/b: v1.0.0 in go.mod, v1.1.0 in sandbox/go.mod: run `go get b.test/b@v1.1.0` in .",
			},
		},
		"local replacement": {
			map[string]string{
				root:    "require a.test/a v0.0.0\nreplace a.test/a => ./a",
				sandbox: "require a.test/a v1.0.0",
			},
			nil,
		},
		"replacement by a version": {
			map[string]string{
				root:    "require a.test/a v1.0.0\nreplace a.test/a => b.test/b v1.2.0",
				sandbox: "require a.test/a v1.1.0",
			},
			[]string{"a.test/a: v1.0.0 in go.mod, v1.1.0 in sandbox/go.mod: run `go get a.test/a@v1.1.0` in ."},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			paths := []string{"./" + root, sandbox}
			if _, ok := test.files[tools]; ok {
				paths = append(paths, tools)
			}
			for path, text := range test.files {
				put(t, filepath.Join(dir, path), "module a.test\n\ngo 1.26.0\n\n"+text+"\n")
			}
			files, err := read(dir, paths)
			if err != nil {
				t.Fatal(err)
			}
			if got := differences(files, false); !slices.Equal(got, test.want) {
				t.Errorf("the differences are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

func TestIndirectDifferences(t *testing.T) {
	dir := t.TempDir()
	for name, version := range map[string]string{"a.mod": "v1.0.0", "b.mod": "v1.1.0"} {
		text := "module x.test\nrequire a.test/a " + version + " // indirect\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, err := read(dir, []string{"a.mod", "b.mod"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"a.test/a: v1.0.0 in a.mod, v1.1.0 in b.mod: run `go get a.test/a@v1.1.0` in ."}
	if got := differences(files, true); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFilesThatAreRefused(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "go.mod"), "module a.test\n")
	put(t, filepath.Join(dir, "broken", "go.mod"), "module b.test\n\nrequire a.test\n")

	for name, test := range map[string]struct {
		paths []string
		want  string
	}{
		"none":    {nil, "0 given, want at least two"},
		"one":     {[]string{"go.mod"}, "1 given, want at least two"},
		"missing": {[]string{"go.mod", "none/go.mod"}, "reading a go.mod file"},
		"broken":  {[]string{"go.mod", "broken/go.mod"}, "broken/go.mod:3"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := read(dir, test.paths); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("read = %v, want an error with %q", err, test.want)
			}
		})
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
