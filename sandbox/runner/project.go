package runner

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
	// Name of the Pulumi project.
	Name string
	// Dir holds the copies.
	Dir string
	// settings are vmst:settings of the stack as JSON, "" if it has none.
	settings string
	// replaced are the paths of encrypted values that were in the stack's file, for which this process has no key.
	replaced []string
	// missing are the secrets that Dir's copy of the stack's file does not have yet.
	missing []string
}

// copyProject writes copies of root's Pulumi.yaml and Pulumi.<stack>.yaml into dir, fit for a simulation, and reports
// which of the secrets that the stack needs are still to be set in them.
//
// Left out of Pulumi.yaml is what says where the real program, its plugins and its state are. In the stack's file,
// encrypted values are replaced by fake ones, since they are another environment's secrets; the encryption salt and
// the fake secrets of the previous copy are kept.
func copyProject(root, dir, stack string, secrets func(settings string) []string) (project, error) {
	file := "Pulumi." + stack + ".yaml"

	settings, err := readYAML(filepath.Join(root, "Pulumi.yaml"))
	if err != nil {
		return project{}, err
	}

	var name string
	if node := lookup(settings, "name"); node != nil {
		name = node.Value
	}

	if name == "" {
		return project{}, fmt.Errorf("%s: the project has no name", filepath.Join(root, "Pulumi.yaml"))
	}

	for _, key := range []string{"backend", "main", "packages", "plugins", "template", "stackConfigDir"} {
		remove(settings, key)
	}

	config, err := readYAML(filepath.Join(root, file))
	if errors.Is(err, fs.ErrNotExist) {
		return project{}, fmt.Errorf("stack %q: there is no %s: the stacks are %s", stack, file, stacks(root))
	}

	if err != nil {
		return project{}, err
	}

	previous, err := readYAML(filepath.Join(dir, file))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return project{}, err
	}

	p := project{Name: name, Dir: dir}

	p.settings, err = settingsOf(lookup(config, "config"))
	if err != nil {
		return project{}, fmt.Errorf("%s: %w", filepath.Join(root, file), err)
	}

	var names []string
	if secrets != nil {
		names = secrets(p.settings)
	}

	p.adapt(config, previous, names)

	if err := os.MkdirAll(dir, 0o700); err != nil {
		return project{}, fmt.Errorf("making the working directory: %w", err)
	}

	for path, node := range map[string]*yaml.Node{"Pulumi.yaml": settings, file: config} {
		if err := writeYAML(filepath.Join(dir, path), node); err != nil {
			return project{}, err
		}
	}
	return p, nil
}

// adapt makes a stack's configuration fit for the simulation.
func (p *project) adapt(config, previous *yaml.Node, secrets []string) {
	for _, key := range []string{"encryptionsalt", "encryptedkey", "secretsprovider", "environment"} {
		remove(config, key)
	}

	values := lookup(config, "config")
	if values == nil || values.Kind != yaml.MappingNode {
		values = &yaml.Node{Kind: yaml.MappingNode}
		set(config, "config", values)
	}

	// A person's own secrets are not needed: all that the program asks for are supplied.
	remove(values, secretsKey)

	p.replaced = replaceEncrypted(values, "")
	p.missing = secrets

	salt := lookup(previous, "encryptionsalt")
	if salt == nil {
		return
	}

	set(config, "encryptionsalt", salt)

	kept := lookup(lookup(previous, "config"), secretsKey)
	if kept != nil && sameNames(kept, secrets) {
		set(values, secretsKey, kept)

		p.missing = nil
	}
}

// replaceEncrypted replaces every encrypted value ({secure: ciphertext}) below node by a fake one and returns their
// paths.
func replaceEncrypted(node *yaml.Node, path string) []string {
	var replaced []string
	switch node.Kind { //nolint:exhaustive // the others hold no keys
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			key, value := node.Content[i].Value, node.Content[i+1]

			child := key
			if path != "" {
				child = path + "." + key
			}

			if isEncrypted(value) {
				*value = yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: FakeSecret(child)}
				replaced = append(replaced, child)
			} else {
				replaced = append(replaced, replaceEncrypted(value, child)...)
			}
		}
	case yaml.SequenceNode:
		for i, value := range node.Content {
			child := fmt.Sprintf("%s[%d]", path, i)
			if isEncrypted(value) {
				*value = yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: FakeSecret(child)}
				replaced = append(replaced, child)
			} else {
				replaced = append(replaced, replaceEncrypted(value, child)...)
			}
		}
	}
	return replaced
}

func isEncrypted(node *yaml.Node) bool {
	return node.Kind == yaml.MappingNode && len(node.Content) == 2 && node.Content[0].Value == "secure"
}

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
func readYAML(path string) (*yaml.Node, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the project: %w", err)
	}

	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}

	if len(document.Content) == 0 {
		return &yaml.Node{Kind: yaml.MappingNode}, nil
	}

	if document.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("reading %s: it is not a mapping of keys to values", path)
	}
	return document.Content[0], nil
}

func writeYAML(path string, node *yaml.Node) error {
	text, err := yaml.Marshal(node)
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}

	if err := os.WriteFile(path, text, 0o600); err != nil {
		return fmt.Errorf("writing the working copy: %w", err)
	}
	return nil
}

// lookup returns the value of a mapping's key, or nil.
func lookup(mapping *yaml.Node, key string) *yaml.Node {
	if mapping == nil || mapping.Kind != yaml.MappingNode {
		return nil
	}

	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}

func remove(mapping *yaml.Node, key string) {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			mapping.Content = append(mapping.Content[:i], mapping.Content[i+2:]...)
			return
		}
	}
}

func set(mapping *yaml.Node, key string, value *yaml.Node) {
	remove(mapping, key)

	mapping.Content = append(mapping.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key}, value)
}
