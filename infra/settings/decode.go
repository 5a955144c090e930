package settings

import (
	"strings"

	"github.com/vmstio/infrastructure/infra/settings/internal/decode"
)

// Namespace, SettingsKey and SecretsKey name the two objects in a stack's configuration: vmst:settings and
// vmst:secrets. The namespace is the name of the Pulumi project.
const (
	Namespace   = "vmst"
	SettingsKey = "settings"
	SecretsKey  = "secrets"

	settingsPath = Namespace + ":" + SettingsKey
	secretsPath  = Namespace + ":" + SecretsKey
)

// At is a setting's place in the configuration, to report problems of it.
type At = decode.At

// Problem is one thing that is wrong with a stack's configuration: its path, what is wrong, and what to do.
type Problem = decode.Problem

// Problems are all the problems of a configuration, sorted by path. It is the error that [Decode] returns.
type Problems = decode.Problems

// Decode reads an environment's settings and secrets from the JSON that Pulumi hands to a program for the objects
// vmst:settings and vmst:secrets; an empty text is an object that the stack does not have.
//
// It returns both with their defaults filled in, or an error of type [Problems] with everything that is wrong with
// them.
func Decode(settingsJSON, secretsJSON string) (*Settings, *Secrets, error) {
	r := &decode.Report{Formats: formats(), Secrets: secretsPath}
	settings := decodeSettings(r, settingsJSON)
	secrets := &Secrets{}
	if strings.TrimSpace(secretsJSON) == "" {
		// Every secret is named that a person must set.
		secretsJSON = "{}"
	}
	if decode.Object(r, secretsPath, secretsJSON, "", secrets) {
		secrets.check(r.At(secretsPath), settings)
	}
	if problems := r.Problems(); len(problems) > 0 {
		return nil, nil, problems
	}
	return settings, secrets, nil
}

// DecodeSettings reads the settings alone, as [Decode] does, for what has no business with secrets.
func DecodeSettings(settingsJSON string) (*Settings, error) {
	r := &decode.Report{Formats: formats(), Secrets: secretsPath}
	settings := decodeSettings(r, settingsJSON)
	if problems := r.Problems(); len(problems) > 0 {
		return nil, problems
	}
	return settings, nil
}

// decodeSettings reports everything that is wrong with the settings.
func decodeSettings(r *decode.Report, text string) *Settings {
	settings := &Settings{}
	const hint = "; is it written as " + settingsPath + "?"
	ok := decode.Object(r, settingsPath, text, hint, settings)
	settings.complete()
	if ok {
		decode.Check(r.At(settingsPath), settings)
	}
	return settings
}
