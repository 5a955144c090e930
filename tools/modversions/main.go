// Command modversions checks that several go.mod files name the same version of the modules that they share.
//
// What it compares are the modules that at least one of the files requires directly, in every file that names them: the
// modules of a repository that use each other are then built and tested with the same code. A module that one of the
// files replaces by a local directory has no version to compare.
//
// With -indirect, it compares all that the files name. Go compiles a package once for all modules that have the same
// versions of what it imports, and anew where a single one is another, which for the SDKs of the providers takes
// minutes.
//
// It prints each difference on a line of its own, with the commands that remove it, and exits with status 1 if there is
// any, or if a file cannot be read.
package main

import (
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("modversions: ")

	dir := flag.String("dir", ".", "directory that the paths of the go.mod files are relative to")
	indirect := flag.Bool("indirect", false, "compare modules that none of the files requires directly, too")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: modversions [-dir directory] [-indirect] go.mod...")
		flag.PrintDefaults()
	}
	flag.Parse()

	files, err := read(*dir, flag.Args())
	if err != nil {
		log.Fatal(err)
	}

	lines := differences(files, *indirect)
	for _, line := range lines {
		fmt.Println(line)
	}
	if len(lines) > 0 {
		os.Exit(1)
	}
}

// file is a go.mod file and the path that it is known by.
type file struct {
	path string
	mod  *modfile.File
}

// read parses the files at these paths, which are relative to dir. Fewer than two leave nothing to compare and are an
// error.
func read(dir string, paths []string) ([]file, error) {
	if len(paths) < 2 {
		return nil, fmt.Errorf("comparing go.mod files: %d given, want at least two", len(paths))
	}

	files := make([]file, len(paths))
	for i, path := range paths {
		path = filepath.Clean(path)
		text, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			return nil, fmt.Errorf("reading a go.mod file: %w", err)
		}
		mod, err := modfile.Parse(path, text, nil)
		if err != nil {
			return nil, fmt.Errorf("parsing a go.mod file: %w", err)
		}
		files[i] = file{path: path, mod: mod}
	}
	return files, nil
}

// requirement is a version of a module, and the file that names it.
type requirement struct{ version, path string }

// differences says of each module that the files disagree on which versions they name, and how to make them agree: on
// the highest, since a module cannot require less than what it depends on does. Modules that no file requires directly
// count only if that is asked for. The lines are sorted by module.
func differences(files []file, indirect bool) []string {
	named, direct, local := map[string][]requirement{}, map[string]bool{}, map[string]bool{}
	for _, f := range files {
		for _, r := range f.mod.Require {
			named[r.Mod.Path] = append(named[r.Mod.Path], requirement{r.Mod.Version, f.path})
			direct[r.Mod.Path] = direct[r.Mod.Path] || indirect || !r.Indirect
		}
		for _, r := range f.mod.Replace {
			local[r.Old.Path] = local[r.Old.Path] || r.New.Version == ""
		}
	}

	var lines []string
	for _, module := range slices.Sorted(maps.Keys(named)) {
		if !direct[module] || local[module] {
			continue
		}
		if line := difference(module, named[module]); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// difference is the line about one module, empty if all of the requirements have the same version.
func difference(module string, all []requirement) string {
	highest := slices.MaxFunc(all, func(a, b requirement) int { return semver.Compare(a.version, b.version) }).version

	var found, behind []string
	for _, r := range all {
		found = append(found, r.version+" in "+r.path)
		if r.version != highest {
			behind = append(behind, filepath.Dir(r.path))
		}
	}
	if len(behind) == 0 {
		return ""
	}
	return fmt.Sprintf("%s: %s: run `go get %s@%s` in %s",
		module, strings.Join(found, ", "), module, highest, strings.Join(behind, ", "))
}
