package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// readModules reads what go.mod files require directly, with the directories of the files. What a file replaces by
// another module is that one; what it replaces by a directory has no newer version.
func readModules(dir string, paths []string) (map[module.Version]names, error) {
	if len(paths) == 0 {
		return nil, errors.New("no go.mod file is given: name those of the project, as `make outdated` does")
	}
	all := map[module.Version]names{}
	for _, path := range paths {
		text, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			return nil, fmt.Errorf("reading a go.mod file: %w", err)
		}
		file, err := modfile.Parse(path, text, nil)
		if err != nil {
			return nil, fmt.Errorf("parsing a go.mod file: %w", err)
		}
		for _, required := range file.Require {
			used := replaced(file, required.Mod)
			if !required.Indirect && used.Version != "" {
				all[used] = append(all[used], filepath.Dir(path))
			}
		}
	}
	return all, nil
}

// replaced is what a go.mod file has instead of a module.
func replaced(file *modfile.File, m module.Version) module.Version {
	for _, r := range file.Replace {
		if r.Old.Path == m.Path && (r.Old.Version == "" || r.Old.Version == m.Version) {
			return r.New
		}
	}
	return m
}

// listed is a module as `go list -m -u -json` says it (go help list).
type listed struct {
	Path, Version string
	Update        *struct{ Version string }
	Error         *struct{ Err string }
}

// modules asks for newer versions of modules.
func (s sources) modules(ctx context.Context, r *report, all map[module.Version]names) {
	if len(all) == 0 {
		return
	}
	found, err := s.listModules(ctx, all)
	if err != nil {
		r.skip("all modules", err.Error())
		return
	}
	var failed []listed
	for _, m := range found {
		if m.Update != nil {
			dirs := all[module.Version{Path: m.Path, Version: m.Version}]
			r.note("module %s %s %s: %s is there", m.Path, m.Version, dirs, m.Update.Version)
		}
		if m.Error != nil {
			failed = append(failed, m)
		}
	}
	if len(failed) > 0 {
		first := failed[0]
		said := strings.TrimPrefix(firstLine(first.Error.Err), first.Path+"@"+first.Version+": ")
		r.skip(describe(failed, len(all)), "the go command says: "+said)
	}
}

// describe says which modules were not answered for: the same proxy answers for most of them, so that one line does.
func describe(failed []listed, all int) string {
	if len(failed) == all {
		return "all modules"
	}
	var paths []string
	for _, m := range failed {
		paths = append(paths, "module "+m.Path)
	}
	return strings.Join(paths, ", ")
}

// listModules asks the go command. Outside of any module, it goes neither by what the project replaces nor by what
// go.sum lacks.
func (s sources) listModules(ctx context.Context, all map[module.Version]names) ([]listed, error) {
	dir, err := os.MkdirTemp("", "outdated-")
	if err != nil {
		return nil, fmt.Errorf("making a directory for the go command: %w", err)
	}
	defer os.RemoveAll(dir)
	var wanted []string
	for m := range all {
		wanted = append(wanted, m.String())
	}
	slices.Sort(wanted)
	// One command asks for each of them.
	limit := time.Duration(len(all)) * s.timeout
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	command := exec.CommandContext(ctx, "go",
		append([]string{"list", "-m", "-u", "-e", "-json=Path,Version,Update,Error"}, wanted...)...)
	command.Dir = dir
	command.Env = append(append(os.Environ(), "GOWORK=off"), s.goEnvironment...)
	command.WaitDelay = time.Second
	var out, problems bytes.Buffer
	command.Stdout, command.Stderr = &out, &problems
	err = command.Run()
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("`go list -m -u` did not end within %s", limit)
	case err != nil:
		return nil, fmt.Errorf("`go list -m -u` failed: %s", firstLine(problems.String()+err.Error()))
	}
	var found []listed
	for decoder := json.NewDecoder(&out); ; {
		var m listed
		if err := decoder.Decode(&m); errors.Is(err, io.EOF) {
			return found, nil
		} else if err != nil {
			return nil, fmt.Errorf("`go list -m -u` said what cannot be read: %w", err)
		}
		found = append(found, m)
	}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}
