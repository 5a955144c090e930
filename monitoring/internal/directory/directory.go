// Package directory writes files into a directory that holds nothing else.
package directory

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// list is a file with the paths of those that were written, one a line. It is how a directory is known again.
const list = ".written-by-monitoring"

// Write makes the directory hold these files, by path with slashes, and takes away what was written before and is not
// among them. A directory with something in it that was not written by it is refused and left as it is.
func Write(dir string, files map[string][]byte) error {
	before, err := written(dir)
	if err != nil {
		return err
	}
	paths := slices.Sorted(maps.Keys(files))
	for _, path := range paths {
		_, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(path)))
		if err == nil && !slices.Contains(before, path) {
			return fmt.Errorf("there is %s, which was not written by this command: take another directory", path)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("looking for %s: %w", path, err)
		}
	}
	// First the list, of the old and the new: a run that breaks off leaves nothing that the next one does not know.
	all := slices.Compact(slices.Sorted(slices.Values(slices.Concat(before, paths))))
	if err := put(dir, list, []byte(strings.Join(all, "\n")+"\n")); err != nil {
		return err
	}
	for _, path := range paths {
		if err := put(dir, path, files[path]); err != nil {
			return err
		}
	}
	for _, path := range before {
		if _, ok := files[path]; ok {
			continue
		}
		err := os.Remove(filepath.Join(dir, filepath.FromSlash(path)))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing %s, which is not needed any more: %w", path, err)
		}
	}
	return put(dir, list, []byte(strings.Join(paths, "\n")+"\n"))
}

// written are the paths of what was written before; none for a directory that is not there or empty.
func written(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking into it: %w", err)
	}
	text, err := os.ReadFile(filepath.Join(dir, list))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("it holds something else (%s): take another directory", entries[0].Name())
	}
	if err != nil {
		return nil, fmt.Errorf("reading what was written before: %w", err)
	}
	var paths []string
	for path := range strings.Lines(string(text)) {
		path = strings.TrimSuffix(path, "\n")
		if !filepath.IsLocal(filepath.FromSlash(path)) {
			return nil, fmt.Errorf("%s names %q, which is not in the directory", list, path)
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// put writes a file whole or not at all: Prometheus reads its targets while they change.
func put(dir, path string, content []byte) error {
	whole := filepath.Join(dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(whole), 0o755); err != nil { //nolint:gosec // Prometheus runs as another user
		return fmt.Errorf("making the directory of %s: %w", path, err)
	}
	if old, err := os.ReadFile(whole); err == nil && string(old) == string(content) {
		return nil
	}
	half := whole + ".new"
	if err := os.WriteFile(half, content, 0o644); err != nil { //nolint:gosec // nothing in them is secret
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := os.Rename(half, whole); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}
