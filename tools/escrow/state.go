package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/sig"
)

// keys are those that are kept: the name below vmst:secrets that a person sets each with, and the Kubernetes Secret and
// the key in it that it is in (infra/mastodon/secrets.go, infra/backup).
var keys = []struct{ name, secret, key string }{
	{"mastodon.secretKeyBase", "mastodon-keys", "secret-key-base"},
	{"mastodon.vapidPrivateKey", "mastodon-keys", "vapid-private-key"},
	{"mastodon.vapidPublicKey", "mastodon-keys", "vapid-public-key"},
	{"mastodon.activeRecordPrimaryKey", "mastodon-keys", "are-primary-key"},
	{"mastodon.activeRecordDeterministicKey", "mastodon-keys", "are-deterministic-key"},
	{"mastodon.activeRecordKeyDerivationSalt", "mastodon-keys", "are-derivation-salt"},
	{backupKey, backupSecret, "passphrase"},
}

// What a stack only has if it makes backups.
const (
	backupKey    = "backupKey"
	backupSecret = "backup-encryption"
)

// state is what of a stack is kept.
type state struct {
	// Domain is Mastodon's, and Stack is the name.
	Domain string `json:"domain"`
	Stack  string `json:"stack"`
	// Secrets are the keys, by their name below vmst:secrets.
	Secrets map[string]string `json:"secrets"`
	// Backups says whether the stack makes backups. If not, there is no backupKey.
	Backups bool `json:"backups"`
	// SpacesKeys are the IDs of the keys to the buckets, by their names. The keys themselves can be made again.
	SpacesKeys map[string]string `json:"spacesKeys"`
	// Provider encrypts the stack's secrets: the passphrase, or a service and its address.
	Provider string `json:"secretsProvider"`
}

// byPassphrase is the provider that knows nothing but a passphrase.
const byPassphrase = "passphrase"

// state asks Pulumi for what the running stack has.
func (c command) state(ctx context.Context) (state, error) {
	text, err := c.pulumi(ctx, "", "stack", "export", "--show-secrets")
	if err != nil {
		return state{}, err
	}
	s, err := readState(text)
	if err != nil {
		return state{}, fmt.Errorf("reading the state of the stack %s: %w", c.stack, err)
	}
	return s, nil
}

// readState reads what `pulumi stack export --show-secrets` writes. Errors of the parsers are left out: they may quote
// what they stumble over.
func readState(text []byte) (state, error) {
	var exported apitype.UntypedDeployment
	var deployment apitype.DeploymentV3
	if json.Unmarshal(text, &exported) != nil || json.Unmarshal(exported.Deployment, &deployment) != nil {
		return state{}, errors.New("it is not what `pulumi stack export` writes")
	}
	if v := exported.Version; v < apitype.DeploymentSchemaVersionCurrent || v > apitype.DeploymentSchemaVersionLatest {
		return state{}, fmt.Errorf("its form is version %d, which this program does not know: build it with the SDK "+
			"of your Pulumi", v)
	}
	s := state{Secrets: map[string]string{}, SpacesKeys: map[string]string{}}
	if p := deployment.SecretsProviders; p != nil {
		// The rest of what a provider keeps here is its own.
		var at struct {
			URL string `json:"url"`
		}
		_ = json.Unmarshal(p.State, &at)
		s.Provider = strings.TrimSpace(p.Type + " " + at.URL)
	}
	for _, r := range deployment.Resources {
		if r.Delete { // its replacement is there, too
			continue
		}
		if err := s.add(r); err != nil {
			return state{}, fmt.Errorf("%s: %w", r.URN, err)
		}
	}
	if s.Stack == "" || s.Domain == "" {
		return state{}, errors.New("nothing is running; bring it up with `pulumi up`")
	}
	return s, nil
}

func (s *state) add(r apitype.ResourceV3) error {
	switch r.Type {
	case resource.RootStackType:
		var outputs struct {
			Domain string `json:"domain"`
		}
		err := reveal(r.Outputs, &outputs)
		s.Stack, s.Domain = r.URN.Stack().String(), outputs.Domain
		return err
	case "digitalocean:index/spacesKey:SpacesKey":
		var key struct {
			Name      string `json:"name"`
			AccessKey string `json:"accessKey"`
		}
		err := reveal(r.Outputs, &key)
		s.SpacesKeys[key.Name] = key.AccessKey
		return err
	case "kubernetes:core/v1:Secret":
		var object struct {
			Metadata struct {
				Name string `json:"name"`
			} `json:"metadata"`
			StringData map[string]string `json:"stringData"`
		}
		if err := reveal(r.Inputs, &object); err != nil {
			return err
		}
		s.Backups = s.Backups || object.Metadata.Name == backupSecret
		for _, k := range keys {
			if value := object.StringData[k.key]; k.secret == object.Metadata.Name && value != "" {
				s.Secrets[k.name] = value
			}
		}
	}
	return nil
}

// missing are the keys that a stack should have and does not.
func (s *state) missing() []string {
	var names []string
	for _, k := range keys {
		if s.Secrets[k.name] == "" && (k.name != backupKey || s.Backups) {
			names = append(names, k.name)
		}
	}
	return names
}

// reveal decodes a part of a state, with what is secret in it.
func reveal(from map[string]any, to any) error {
	value, err := open(from)
	if err != nil {
		return err
	}
	text, err := json.Marshal(value)
	if err != nil || json.Unmarshal(text, to) != nil {
		return errors.New("its properties are not what the program sets")
	}
	return nil
}

// open takes what is secret out of its envelopes: mappings with a mark, and the JSON of the value.
func open(value any) (any, error) {
	var err error
	switch value := value.(type) {
	case []any:
		for i := range value {
			if value[i], err = open(value[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		if value[sig.Key] == sig.Secret {
			text, ok := value["plaintext"].(string)
			if !ok {
				return nil, errors.New("its secrets are encrypted; export the state with --show-secrets")
			}
			var inner any
			if json.Unmarshal([]byte(text), &inner) != nil {
				return nil, errors.New("a secret of it is not JSON")
			}
			return open(inner)
		}
		for key := range value {
			if value[key], err = open(value[key]); err != nil {
				return nil, err
			}
		}
	}
	return value, nil
}
