package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/tools/internal/stackfile"
)

// stack is what a stack file says, with its defaults filled in.
type stack struct {
	name string
	*settings.Settings
}

// readStacks reads the stack files of a directory.
func readStacks(dir string) ([]stack, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "Pulumi.*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("looking for stack files: %w", err)
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf(
			"there is no stack file Pulumi.<stack>.yaml in %s: name the project's directory with -dir", dir)
	}
	stacks := make([]stack, len(paths))
	for i, path := range paths {
		s, err := stackfile.Settings(path)
		if err != nil {
			return nil, err
		}
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "Pulumi."), ".yaml")
		stacks[i] = stack{name, s}
	}
	return stacks, nil
}

// pinned is what the stacks name, with the stacks that name it.
func pinned[T comparable](stacks []stack, of func(stack) []T) map[T]names {
	all := map[T]names{}
	for _, s := range stacks {
		for _, pin := range of(s) {
			if !slices.Contains(all[pin], s.name) {
				all[pin] = append(all[pin], s.name)
			}
		}
	}
	return all
}

// names are those of stacks or directories.
type names []string

func (n names) String() string { return "(" + strings.Join(n, ", ") + ")" }
