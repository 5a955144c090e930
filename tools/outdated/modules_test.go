package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/module"
)

// proxy is a directory that the go command takes for a module proxy (go.dev/ref/mod, "GOPROXY protocol").
func proxy(t *testing.T, modules map[string][]string) string {
	t.Helper()
	dir := t.TempDir()
	for path, versions := range modules {
		files := filepath.Join(dir, filepath.FromSlash(path), "@v")
		require.NoError(t, os.MkdirAll(files, 0o750))
		list := ""
		for _, version := range versions {
			list += version + "\n"
			put(t, filepath.Join(files, version+".info"), fmt.Sprintf(`{"Version": %q}`, version))
			put(t, filepath.Join(files, version+".mod"), "module "+path+"\n")
		}
		put(t, filepath.Join(files, "list"), list)
	}
	return "file://" + filepath.ToSlash(dir)
}

// listing is sources whose go command asks this proxy, and knows nothing from before.
func listing(t *testing.T, proxy string) sources {
	t.Helper()
	s := asking(world{})
	s.goEnvironment = []string{
		"GOPROXY=" + proxy, "GOSUMDB=off", "GOPRIVATE=", "GONOPROXY=",
		"GOFLAGS=-modcacherw", "GOMODCACHE=" + t.TempDir(),
	}
	return s
}

func TestModules(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, filepath.Join(dir, "go.mod"), `module a.test

require (
	behind.test/a v1.0.0
	current.test/b/v2 v2.1.0
	early.test/c v1.0.0
	fork.test/d v1.0.0
	here.test/e v0.0.0
	pinned.test/f v1.0.0
	indirect.test/g v1.0.0 // indirect
)

replace fork.test/d => ours.test/d v1.1.0

replace here.test/e => ./e

replace pinned.test/f v1.0.0 => pinned.test/f v1.2.0
`)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "tools"), 0o750))
	put(t, filepath.Join(dir, "tools", "go.mod"), "module b.test\n\nrequire behind.test/a v1.0.0\n")
	all, err := readModules(dir, []string{"go.mod", "tools/go.mod"})
	require.NoError(t, err)
	require.Equal(t, map[module.Version]names{
		{Path: "behind.test/a", Version: "v1.0.0"}:     {".", "tools"},
		{Path: "current.test/b/v2", Version: "v2.1.0"}: {"."},
		{Path: "early.test/c", Version: "v1.0.0"}:      {"."},
		{Path: "ours.test/d", Version: "v1.1.0"}:       {"."},
		{Path: "pinned.test/f", Version: "v1.2.0"}:     {"."},
	}, all)
	s := listing(t, proxy(t, map[string][]string{
		"behind.test/a":     {"v1.0.0", "v1.9.0", "v1.10.0"},
		"current.test/b/v2": {"v2.0.0", "v2.1.0"},
		"early.test/c":      {"v1.0.0", "v1.1.0-rc.1"},
		"fork.test/d":       {"v1.0.0", "v9.0.0"},
		"here.test/e":       {"v9.0.0"},
		"ours.test/d":       {"v1.1.0", "v1.2.0"},
		"pinned.test/f":     {"v1.0.0", "v1.2.0"},
		"indirect.test/g":   {"v1.0.0", "v9.0.0"},
	}))
	r := newReport()
	s.modules(t.Context(), r, all)
	requireLines(t, r,
		"note: module behind.test/a v1.0.0 (., tools): v1.10.0 is there",
		"note: module ours.test/d v1.1.0 (.): v1.2.0 is there")
}

func TestModulesThatAreNotAnsweredFor(t *testing.T) {
	t.Parallel()
	both := map[module.Version]names{
		{Path: "a.test/a", Version: "v1.0.0"}: {"."}, {Path: "b.test/b", Version: "v1.0.0"}: {"."},
	}
	for name, test := range map[string]struct {
		proxy   string
		timeout time.Duration
		want    []string
	}{
		"offline": {
			"off", time.Minute,
			[]string{"not checked: all modules: the go command says: module lookup disabled by GOPROXY=off"},
		},
		"one of two": {
			proxy(t, map[string][]string{"a.test/a": {"v1.0.0", "v1.1.0"}}), time.Minute,
			[]string{
				"note: module a.test/a v1.0.0 (.): v1.1.0 is there",
				"not checked: module b.test/b: the go command says: reading file://",
			},
		},
		"silence": {"off", 0, []string{"not checked: all modules: `go list -m -u` did not end within 0s"}},
		"a proxy that is none": {
			"nonsense://", time.Minute,
			[]string{"not checked: all modules: the go command says: "},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, r := listing(t, test.proxy), newReport()
			s.timeout = test.timeout
			s.modules(t.Context(), r, both)
			text, _ := said(r)
			for _, line := range test.want {
				require.Contains(t, text, line)
			}
		})
	}
}

// A go command that cannot be started is said, too.
func TestTheGoCommandIsMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	r := newReport()
	asking(world{}).modules(t.Context(), r, map[module.Version]names{{Path: "a.test/a", Version: "v1.0.0"}: {"."}})
	text, status := said(r)
	require.Equal(t, 2, status)
	require.Contains(t, text, "not checked: all modules: `go list -m -u` failed: exec: ")
}
