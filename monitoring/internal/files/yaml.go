package files

import (
	"bytes"
	"fmt"

	"gopkg.in/yaml.v3"
)

// pair is a key with its value.
type pair struct {
	key   string
	value any
}

// fields is a mapping of YAML whose keys stay in the order in which a person reads them.
type fields []pair

// MarshalYAML makes a mapping of the pairs.
func (f fields) MarshalYAML() (any, error) {
	node := &yaml.Node{Kind: yaml.MappingNode}
	for _, p := range f {
		var key, value yaml.Node
		key.SetString(p.key)
		if err := value.Encode(p.value); err != nil {
			return nil, fmt.Errorf("writing %s: %w", p.key, err)
		}
		node.Content = append(node.Content, &key, &value)
	}
	return node, nil
}

const heading = "# Written by `monitoring` from the outputs of stack %s. It is written anew each time: edit nothing.\n"

// document is a file of YAML.
func document(stack string, content any) ([]byte, error) {
	var text bytes.Buffer
	fmt.Fprintf(&text, heading, stack)
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	if err := encoder.Encode(content); err != nil {
		return nil, fmt.Errorf("writing YAML: %w", err)
	}
	return text.Bytes(), nil
}
