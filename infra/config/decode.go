package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// Namespace, SettingsKey and SecretsKey name the two objects in a stack's
// configuration: vmst:settings and vmst:secrets. The namespace is the name of
// the Pulumi project.
const (
	Namespace   = "vmst"
	SettingsKey = "settings"
	SecretsKey  = "secrets"
)

const (
	settingsPath = Namespace + ":" + SettingsKey
	secretsPath  = Namespace + ":" + SecretsKey
)

// Decode reads an environment's settings and secrets from the JSON that Pulumi
// hands to a program for the objects vmst:settings and vmst:secrets; an empty
// string is an object that the stack does not have.
//
// It returns both with their defaults filled in, or an error of type [Problems]
// with everything that is wrong with them.
func Decode(settingsJSON, secretsJSON string) (*Settings, *Secrets, error) {
	var r report
	settings, secrets := defaults(), Secrets{}
	readSettings := read(&r, settingsPath, settingsJSON, &settings)
	readSecrets := read(&r, secretsPath, secretsJSON, &secrets)
	settings.complete()
	if readSettings {
		settings.check(&r)
	}
	if readSecrets {
		secrets.check(&r, &settings)
	}
	if problems := r.sorted(); len(problems) > 0 {
		return nil, nil, problems
	}
	return &settings, &secrets, nil
}

// read decodes one object into target and reports whether there was one. What
// is wrong with it stays unset.
func read(r *report, path, text string, target any) bool {
	t := reflect.TypeOf(target).Elem()
	if strings.TrimSpace(text) == "" && path == secretsPath {
		// Without the object, every secret is named that a person must set.
		text = "{}"
	}
	if strings.TrimSpace(text) == "" {
		r.damage(path, "the value is missing", expected(t, rule{}, path))
		return false
	}
	var object map[string]any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&object); err != nil || object == nil || trailing(decoder) {
		r.damage(path, "the value is not a group of keys and values", expected(t, rule{}, path))
		return false
	}
	// The shape has been checked, so neither step can fail. If one did all the
	// same, the reason might quote a secret.
	clean, err := json.Marshal(r.object(path, object, t))
	if err == nil {
		err = json.Unmarshal(clean, target)
	}
	if err != nil {
		r.damage(path, fmt.Sprintf("the value cannot be read (%T)", err), "report this as a bug")
		return false
	}
	return true
}

func trailing(decoder *json.Decoder) bool {
	_, err := decoder.Token()
	return !errors.Is(err, io.EOF)
}

// SecretNames returns the paths below vmst:secrets that a person must set for an
// environment with these settings, such as "smtpPassword", in a fixed order.
func SecretNames(s *Settings) []string {
	names := []string{"digitalOceanToken", "spacesAccessId", "spacesSecretKey", "acmeDnsToken"}
	if s.Mastodon.SMTP.AuthMethod != AuthNone {
		names = append(names, "smtpUsername", "smtpPassword")
	}
	if s.Monitoring.SlackChannel != "" {
		names = append(names, "slackWebhook")
	}
	return append(names, s.Docs.secretNames()...)
}
