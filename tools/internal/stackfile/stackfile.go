// Package stackfile reads of a stack's file, Pulumi.<stack>.yaml, what needs no passphrase.
package stackfile

import (
	"encoding/json"
	"fmt"
	"os"

	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/infra/settings"
)

// Settings are those of the file, with defaults. What is wrong with them is a settings.Problems.
func Settings(path string) (*settings.Settings, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the stack file: %w", err)
	}
	var file struct {
		Config map[string]any `yaml:"config"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("reading the stack file %s: %w", path, err)
	}
	object, err := json.Marshal(file.Config[settings.Namespace+":"+settings.SettingsKey])
	if err != nil {
		return nil, fmt.Errorf("reading the stack file %s: %w", path, err)
	}
	s, err := settings.DecodeSettings(string(object))
	if err != nil {
		return nil, fmt.Errorf("reading the stack file %s: %w", path, err)
	}
	return s, nil
}
