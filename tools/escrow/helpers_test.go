package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/sig"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
	"gopkg.in/yaml.v3"
)

// secretMark begins every secret of these tests, and is in nothing else.
const secretMark = "sshh-"

// fake is a Pulumi CLI that keeps what it is asked and told, and exports the state that it is given. If it is to fail,
// it says all that it was told.
const fake = `#!/bin/sh
printf '%s\n' "$*" >> "$FAKE/args"
if [ -e "$FAKE/fails" ]; then cat - "$FAKE/fails" >&2; exit 7; fi
case "$1" in
stack) cat "$FAKE/state" ;;
config) cat >> "$FAKE/told"; printf '|' >> "$FAKE/told" ;;
esac
`

// world is a person's machine: the project's directory, where the command runs, and a fake Pulumi.
type world struct {
	t *testing.T
	// dir is the project's, and fake is where the fake Pulumi reads and writes.
	dir, fake string
}

// newWorld has a stack prod that runs, and whose file names these recipients.
func newWorld(t *testing.T, recipients ...string) world {
	t.Helper()
	w := world{t: t, dir: t.TempDir(), fake: t.TempDir()}
	t.Setenv("PATH", w.fake+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("FAKE", w.fake)
	t.Setenv("PULUMI_CONFIG_PASSPHRASE", secretMark+"passphrase")
	t.Setenv("PULUMI_CONFIG_PASSPHRASE_FILE", "")
	t.Chdir(w.dir)
	require.NoError(t, os.WriteFile(filepath.Join(w.fake, "pulumi"), []byte(fake), 0o755))
	w.runs(func(object) {})
	w.stackFile("prod", recipients, nil)
	return w
}

// put writes a file below the project's directory.
func (w world) put(name string, content string) string {
	w.t.Helper()
	require.NoError(w.t, os.WriteFile(name, []byte(content), 0o600))
	return name
}

func (w world) stackFile(stack string, recipients []string, secrets any) {
	w.t.Helper()
	config := object{"vmst:settings": object{"domain": "example.org", "escrow": object{"recipients": recipients}}}
	if secrets != nil {
		config["vmst:secrets"] = secrets
	}
	text, err := yaml.Marshal(object{"config": config})
	require.NoError(w.t, err)
	w.put("Pulumi."+stack+".yaml", string(text))
}

type object = map[string]any

// runs makes the stack's state, changed.
func (w world) runs(change func(state object)) {
	w.t.Helper()
	state := running(w.t)
	change(state)
	text, err := json.Marshal(state)
	require.NoError(w.t, err)
	require.NoError(w.t, os.WriteFile(filepath.Join(w.fake, "state"), text, 0o600))
}

// running is what `pulumi stack export --show-secrets` writes of a stack.
func running(t *testing.T) object {
	t.Helper()
	return object{"version": 3, "deployment": object{
		"secrets_providers": object{"type": "passphrase", "state": object{"salt": "v1:salt"}},
		"resources": []any{
			object{
				"type": "pulumi:pulumi:Stack", "urn": "urn:pulumi:prod::vmst::pulumi:pulumi:Stack::vmst-prod",
				"outputs": object{"domain": "example.org"},
			},
			secret(t, "mastodon-keys", object{
				"secret-key-base": secretMark + "base", "vapid-private-key": secretMark + "private",
				"vapid-public-key": secretMark + "public", "are-primary-key": secretMark + "primary",
				"are-deterministic-key": secretMark + "deterministic", "are-derivation-salt": secretMark + "salt",
			}),
			secret(t, "mastodon-smtp", object{"password": secretMark + "smtp"}),
			secret(t, "backup-encryption", object{"passphrase": secretMark + `<&> "backup"\` + "\n"}),
			// What is about to be deleted has been replaced.
			with(secret(t, "mastodon-keys", object{"secret-key-base": secretMark + "old"}), "delete", true),
			spacesKey(t, "riley", "DO1"),
			secret(t, "mastodon-media", object{"secret-access-key": secretMark + "media"}),
		},
	}}
}

// resources are those of a state. The first is the stack, the second has Mastodon's keys, the fourth that of the
// backups.
func resources(state object) []any { return state["deployment"].(object)["resources"].([]any) }

func with(o object, key string, value any) object {
	o[key] = value
	return o
}

func envelope(t *testing.T, value any) object {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return object{sig.Key: sig.Secret, "plaintext": string(text)}
}

func secret(t *testing.T, name string, data object) object {
	t.Helper()
	return object{
		"type": "kubernetes:core/v1:Secret", "custom": true, "id": "x/" + name,
		"urn":    "urn:pulumi:prod::vmst::kubernetes:core/v1:Secret::" + name,
		"inputs": object{"metadata": object{"name": name}, "stringData": envelope(t, data)},
	}
}

func spacesKey(t *testing.T, name, id string) object {
	t.Helper()
	return object{
		"type": "digitalocean:index/spacesKey:SpacesKey", "custom": true, "id": id,
		"urn": "urn:pulumi:prod::vmst::digitalocean:index/spacesKey:SpacesKey::" + name,
		"outputs": object{
			"name": name, "accessKey": id, "secretKey": envelope(t, secretMark+"spaces"),
			"grants": []any{object{"bucket": name}},
		},
	}
}

// kept is what a file of that stack holds. Its fingerprint costs little.
func kept(t *testing.T) content {
	t.Helper()
	f := &fingerprint{N: 2, R: 1, P: 1, Salt: []byte("salt")}
	var err error
	f.Key, err = f.of(secretMark + "passphrase")
	require.NoError(t, err)
	return content{
		Version: version, Time: time.Date(2026, 12, 1, 12, 30, 0, 0, time.UTC), Passphrase: f,
		state: state{
			Domain: "example.org", Stack: "prod", Backups: true, Provider: "passphrase",
			SpacesKeys: map[string]string{"riley": "DO1"},
			Secrets: map[string]string{
				"mastodon.secretKeyBase":                 secretMark + "base",
				"mastodon.vapidPrivateKey":               secretMark + "private",
				"mastodon.vapidPublicKey":                secretMark + "public",
				"mastodon.activeRecordPrimaryKey":        secretMark + "primary",
				"mastodon.activeRecordDeterministicKey":  secretMark + "deterministic",
				"mastodon.activeRecordKeyDerivationSalt": secretMark + "salt",
				"backupKey":                              secretMark + `<&> "backup"\` + "\n",
			},
		},
	}
}

// sealed writes a file with a content, and returns its path.
func (w world) sealed(all content, recipient age.Recipient) string {
	w.t.Helper()
	text, err := seal(all, []age.Recipient{recipient})
	require.NoError(w.t, err)
	return w.put("sealed.age", string(text))
}

// run runs the command, and sees that it tells no secret.
func (w world) run(args ...string) (said string, status int) {
	w.t.Helper()
	var out, problems bytes.Buffer
	status = run(w.t.Context(), args, &out, &problems)
	for _, text := range []string{out.String(), problems.String(), w.read("args")} {
		require.NotContains(w.t, text, secretMark)
		require.NotContains(w.t, strings.ToUpper(text), "SECRET-KEY")
	}
	return out.String() + problems.String(), status
}

// opens runs the command with a file and a private key.
func (w world) opens(verb, stack, file, identity string) (said string, status int) {
	w.t.Helper()
	return w.run("-stack", stack, "-file", file, "-identity", identity, verb)
}

// read returns what the fake Pulumi has kept.
func (w world) read(name string) string {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(w.fake, name))
	if os.IsNotExist(err) {
		return ""
	}
	require.NoError(w.t, err)
	return string(text)
}

// ageKey is a new pair, and the path of a file with the private one.
func ageKey(t *testing.T) (*age.X25519Identity, string) {
	t.Helper()
	identity, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "key.txt")
	text := fmt.Sprintf("# public key: %s\n%s\n", identity.Recipient(), identity)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return identity, path
}

// sshKey is the public half of a new pair, as a .pub file has it, and the path of the private one, which a passphrase
// encrypts unless it is empty.
func sshKey(t *testing.T, passphrase string) (public, path string) {
	t.Helper()
	publicKey, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	authorized, err := ssh.NewPublicKey(publicKey)
	require.NoError(t, err)
	var block *pem.Block
	if passphrase == "" {
		block, err = ssh.MarshalPrivateKey(private, "")
	} else {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(private, "", []byte(passphrase))
	}
	require.NoError(t, err)
	path = filepath.Join(t.TempDir(), "id_ed25519")
	require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(block), 0o600))
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(authorized))) + " ops@example.org", path
}
