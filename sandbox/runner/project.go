package runner

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// FindRoot returns the nearest directory, from dir upwards, that holds a Pulumi.yaml.
func FindRoot(dir string) (string, error) {
	start, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("finding %s: %w", dir, err)
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "Pulumi.yaml")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no Pulumi.yaml in %s or above it: run this inside the repository", start)
		}
	}
}

// project is the copy of the project's files that Pulumi works with.
type project struct {
	// name of the Pulumi project.
	name string
	// setup is what the stack needs.
	setup Setup
	// replaced are the paths of encrypted values that were in the stack's file, for which this process has no key.
	replaced []string
	// missing are the secrets that the copy of the stack's file does not have yet.
	missing []string

	stackFile       string
	project, config map[string]any
}

// readProject reads root's Pulumi.yaml and Pulumi.<stack>.yaml and makes them fit for a simulation. Nothing is written.
//
// Left out of Pulumi.yaml is what says where the real program, its plugins and its state are. In the stack's file,
// encrypted values are replaced by fake ones, since they are another environment's secrets.
func readProject(root, stack string, setup func(settings string) (Setup, error)) (*project, error) {
	p := &project{stackFile: "Pulumi." + stack + ".yaml"}
	var err error
	if p.project, err = readYAML(filepath.Join(root, "Pulumi.yaml")); err != nil {
		return nil, err
	}
	if p.name, _ = p.project["name"].(string); p.name == "" {
		return nil, fmt.Errorf("%s: the project has no name", filepath.Join(root, "Pulumi.yaml"))
	}
	for _, key := range []string{"backend", "main", "packages", "plugins", "template", "stackConfigDir"} {
		delete(p.project, key)
	}
	p.config, err = readYAML(filepath.Join(root, p.stackFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("stack %q: there is no %s: the stacks are %s", stack, p.stackFile, stacks(root))
	}
	if err != nil {
		return nil, err
	}
	for _, key := range []string{"encryptionsalt", "encryptedkey", "secretsprovider", "environment"} {
		delete(p.config, key)
	}
	values := below(p.config, "config")
	// A person's own secrets are not needed: all that the program asks for are supplied.
	own := below(values, secretsKey)
	delete(values, secretsKey)
	p.config["config"] = p.withoutEncrypted(values, "")
	settings := ""
	if given, ok := values[settingsKey]; ok {
		text, err := json.Marshal(given)
		if err != nil {
			return nil, fmt.Errorf("%s: reading %s: %w", filepath.Join(root, p.stackFile), settingsKey, err)
		}
		settings = string(text)
	}
	if setup != nil {
		if p.setup, err = setup(settings); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(root, p.stackFile), err)
		}
	}
	for _, name := range p.setup.Optional {
		if own[name] != nil {
			p.setup.Secrets = append(p.setup.Secrets, name)
		}
	}
	return p, nil
}

// write writes the copies into dir. The encryption salt and the fake secrets of the previous copy are kept.
func (p *project) write(dir string) error {
	previous, err := readYAML(filepath.Join(dir, p.stackFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	p.missing = p.setup.Secrets
	if salt := previous["encryptionsalt"]; salt != nil {
		p.config["encryptionsalt"] = salt
		if kept := below(below(previous, "config"), secretsKey); len(kept) > 0 && sameNames(kept, p.setup.Secrets) {
			below(p.config, "config")[secretsKey] = kept
			p.missing = nil
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the working directory: %w", err)
	}
	return errors.Join(
		writeYAML(filepath.Join(dir, "Pulumi.yaml"), p.project), writeYAML(filepath.Join(dir, p.stackFile), p.config))
}

// withoutEncrypted is a value with a fake one in the place of every encrypted one ({secure: ciphertext}) in it. It
// notes their paths.
func (p *project) withoutEncrypted(value any, path string) any {
	switch value := value.(type) {
	case map[string]any:
		if isEncrypted(value) {
			p.replaced = append(p.replaced, path)
			return FakeSecret(path)
		}
		for _, key := range slices.Sorted(maps.Keys(value)) {
			value[key] = p.withoutEncrypted(value[key], strings.TrimPrefix(path+"."+key, "."))
		}
	case []any:
		for i := range value {
			value[i] = p.withoutEncrypted(value[i], fmt.Sprintf("%s[%d]", path, i))
		}
	}
	return value
}

func isEncrypted(value map[string]any) bool { return len(value) == 1 && value["secure"] != nil }

// stacks lists the stacks that root has files for, for an error message.
func stacks(root string) string {
	files, err := filepath.Glob(filepath.Join(root, "Pulumi.*.yaml"))
	if err != nil || len(files) == 0 {
		return "none yet"
	}
	for i, file := range files {
		files[i] = strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "Pulumi."), ".yaml")
	}
	return strings.Join(files, ", ")
}

// readYAML returns the mapping that a YAML file holds.
func readYAML(path string) (map[string]any, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the project: %w", err)
	}
	content := map[string]any{}
	if err := yaml.Unmarshal(text, &content); err != nil {
		return nil, fmt.Errorf("reading %s: it is not a mapping of keys to values: %w", path, err)
	}
	return content, nil
}

func writeYAML(path string, content map[string]any) error {
	text, err := yaml.Marshal(content)
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return fmt.Errorf("writing the working copy: %w", err)
	}
	return nil
}

// below is the mapping at a key of another, empty if there is none.
func below(mapping map[string]any, key string) map[string]any {
	if found, ok := mapping[key].(map[string]any); ok {
		return found
	}
	return map[string]any{}
}
