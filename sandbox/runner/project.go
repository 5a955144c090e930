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
	// name of the Pulumi project.
	name string
	// setup is what the stack needs.
	setup Setup
	// replaced are the paths of encrypted values that were in the stack's file, for which this process has no key.
	replaced []string
	// missing are the secrets that the copy of the stack's file does not have yet.
	missing []string

	stackFile       string
	project, config *yaml.Node
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
	if node := lookup(p.project, "name"); node != nil {
		p.name = node.Value
	}
	if p.name == "" {
		return nil, fmt.Errorf("%s: the project has no name", filepath.Join(root, "Pulumi.yaml"))
	}
	for _, key := range []string{"backend", "main", "packages", "plugins", "template", "stackConfigDir"} {
		remove(p.project, key)
	}
	p.config, err = readYAML(filepath.Join(root, p.stackFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("stack %q: there is no %s: the stacks are %s", stack, p.stackFile, stacks(root))
	}
	if err != nil {
		return nil, err
	}
	for _, key := range []string{"encryptionsalt", "encryptedkey", "secretsprovider", "environment"} {
		remove(p.config, key)
	}
	values := lookup(p.config, "config")
	if values == nil || values.Kind != yaml.MappingNode {
		values = &yaml.Node{Kind: yaml.MappingNode}
		set(p.config, "config", values)
	}
	// A person's own secrets are not needed: all that the program asks for are supplied.
	own := lookup(values, secretsKey)
	remove(values, secretsKey)
	p.replaced = replaceEncrypted(values, "")
	settings, err := settingsOf(values)
	if err == nil && setup != nil {
		p.setup, err = setup(settings)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(root, p.stackFile), err)
	}
	for _, name := range p.setup.Optional {
		if lookup(own, name) != nil {
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
	if salt := lookup(previous, "encryptionsalt"); salt != nil {
		set(p.config, "encryptionsalt", salt)
		kept := lookup(lookup(previous, "config"), secretsKey)
		if kept != nil && sameNames(kept, p.setup.Secrets) {
			set(lookup(p.config, "config"), secretsKey, kept)
			p.missing = nil
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the working directory: %w", err)
	}
	return errors.Join(
		writeYAML(filepath.Join(dir, "Pulumi.yaml"), p.project), writeYAML(filepath.Join(dir, p.stackFile), p.config))
}

// replaceEncrypted replaces every encrypted value ({secure: ciphertext}) below node by a fake one and returns their
// paths.
func replaceEncrypted(node *yaml.Node, path string) []string {
	if isEncrypted(node) {
		*node = yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: FakeSecret(path)}
		return []string{path}
	}
	var replaced []string
	switch node.Kind { //nolint:exhaustive // the others hold no values
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			child := strings.TrimPrefix(path+"."+node.Content[i].Value, ".")
			replaced = append(replaced, replaceEncrypted(node.Content[i+1], child)...)
		}
	case yaml.SequenceNode:
		for i, value := range node.Content {
			replaced = append(replaced, replaceEncrypted(value, fmt.Sprintf("%s[%d]", path, i))...)
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
