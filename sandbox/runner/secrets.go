package runner

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"gopkg.in/yaml.v3"
)

// settingsKey and secretsKey are the configuration keys of the objects that hold a person's settings and secrets.
const (
	settingsKey = "vmst:settings"
	secretsKey  = "vmst:secrets"
)

// passphrase encrypts the secrets of the simulated state. It is no secret itself: what it protects is made up.
const passphrase = "simulated"

// FakeSecret returns the value that the simulation gives to the secret of that name. It is the same on every run, so
// that a second run changes nothing, and nobody can take it for a real one. What is called is a URL, as it has to be.
func FakeSecret(name string) string {
	value := "fake-" + name + "-for-the-sandbox"
	if strings.HasSuffix(name, "Webhook") || strings.HasSuffix(name, "Switch") {
		return "https://sandbox.invalid/" + value
	}
	return value
}

// FakeSecrets is the object vmst:secrets that holds the named secrets.
func FakeSecrets(names []string) map[string]any {
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
		at[parts[len(parts)-1]] = FakeSecret(name)
	}
	return object
}

// settingsOf returns vmst:settings of a configuration as JSON, "" if it has none.
func settingsOf(config *yaml.Node) (string, error) {
	node := lookup(config, settingsKey)
	if node == nil {
		return "", nil
	}
	var settings any
	if err := node.Decode(&settings); err != nil {
		return "", fmt.Errorf("reading %s: %w", settingsKey, err)
	}
	text, err := json.Marshal(settings)
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", settingsKey, err)
	}
	return string(text), nil
}

// setSecrets encrypts the fake secrets into the working copy of the stack's file.
func setSecrets(ctx context.Context, stack auto.Stack, names []string) error {
	if len(names) == 0 {
		return nil
	}
	values := make(auto.ConfigMap, len(names))
	for _, name := range names {
		values[secretsKey+"."+name] = auto.ConfigValue{Value: FakeSecret(name), Secret: true}
	}
	if err := stack.SetAllConfigWithOptions(ctx, values, &auto.ConfigOptions{Path: true}); err != nil {
		return fmt.Errorf("setting the simulated secrets: %w", brief(err))
	}
	return nil
}

// sameNames reports whether the leaves of an object of encrypted values are the named secrets, and nothing else.
func sameNames(object *yaml.Node, names []string) bool {
	have := leaves(object, "")
	want := slices.Clone(names)
	slices.Sort(have)
	slices.Sort(want)
	return slices.Equal(have, want)
}

func leaves(node *yaml.Node, path string) []string {
	if node.Kind != yaml.MappingNode || isEncrypted(node) {
		return []string{path}
	}
	var names []string
	for i := 0; i+1 < len(node.Content); i += 2 {
		names = append(names, leaves(node.Content[i+1], strings.TrimPrefix(path+"."+node.Content[i].Value, "."))...)
	}
	return names
}
