package runner

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
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
func sameNames(object map[string]any, names []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(leaves(object, ""))), slices.Sorted(slices.Values(names)))
}

func leaves(object map[string]any, path string) []string {
	var names []string
	for key, value := range object {
		at := strings.TrimPrefix(path+"."+key, ".")
		if inner, ok := value.(map[string]any); ok && !isEncrypted(inner) {
			names = append(names, leaves(inner, at)...)
		} else {
			names = append(names, at)
		}
	}
	return names
}
