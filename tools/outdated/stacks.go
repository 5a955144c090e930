package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/infra/settings"
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
		s, err := readSettings(path)
		if err != nil {
			return nil, fmt.Errorf("reading the stack file %s: %w", path, err)
		}
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "Pulumi."), ".yaml")
		stacks[i] = stack{name, s}
	}
	return stacks, nil
}

func readSettings(path string) (*settings.Settings, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file struct {
		Config map[string]any `yaml:"config"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	object, err := json.Marshal(file.Config[settings.Namespace+":"+settings.SettingsKey])
	if err != nil {
		return nil, err
	}
	// Which secrets are needed depends on the settings. They are encrypted, and nothing here needs them, so that others
	// take their places; what cannot be read here is reported below.
	var readable settings.Settings
	_ = json.Unmarshal(object, &readable)
	secrets, err := json.Marshal(placeholders(settings.SecretNames(&readable)))
	if err != nil {
		return nil, err
	}
	s, _, err := settings.Decode(string(object), string(secrets))
	return s, err
}

// placeholders is an object vmst:secrets that is accepted: it has a value at each of these paths.
func placeholders(names []string) map[string]any {
	object := map[string]any{}
	for _, name := range names {
		parts, at := strings.Split(name, "."), object
		for _, part := range parts[:len(parts)-1] {
			below, ok := at[part].(map[string]any)
			if !ok {
				below = map[string]any{}
				at[part] = below
			}
			at = below
		}
		// One of them has to be the address of a webhook.
		at[parts[len(parts)-1]] = "https://outdated.invalid/" + name
	}
	return object
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
