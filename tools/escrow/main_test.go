package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// keptFine is what a check says of a file that fits.
const keptFine = `ok     stack
ok     domain
ok     mastodon.secretKeyBase
ok     mastodon.vapidPrivateKey
ok     mastodon.vapidPublicKey
ok     mastodon.activeRecordPrimaryKey
ok     mastodon.activeRecordDeterministicKey
ok     mastodon.activeRecordKeyDerivationSalt
ok     backupKey
ok     passphrase
ok     Spaces key riley
`

// From a running instance to another account: each recipient can open the file, it fits, and its keys are those that a
// new stack is told.
func TestTheWholeRoad(t *testing.T) {
	own, ageFile := ageKey(t)
	public, sshFile := sshKey(t, "")
	w := newWorld(t, own.Recipient().String(), public)

	said, status := w.run("-stack", "prod", "write")
	require.Equal(t, 0, status, said)
	path := "escrow-prod-" + time.Now().UTC().Format(time.DateOnly) + ".age"
	require.Contains(t, said, path+" holds the keys of example.org (prod). Private keys that open it: 2.\n")
	require.Equal(t, "stack export --show-secrets --stack prod --non-interactive\n", w.read("args"))
	information, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), information.Mode())
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(text), "-----BEGIN AGE ENCRYPTED FILE-----\n"), "it can be printed")
	files, err := filepath.Glob(filepath.Join(w.dir, "*"))
	require.NoError(t, err)
	require.Len(t, files, 2, "nothing else is left: %v", files)

	for _, identity := range []string{ageFile, sshFile} {
		said, status = w.opens("check", "prod", path, identity)
		require.Equal(t, keptFine, said)
		require.Equal(t, 0, status)
	}

	require.NoError(t, os.Remove(filepath.Join(w.fake, "args")))
	w.stackFile("new", nil, object{"smtpPassword": object{"secure": "v1:x"}})
	said, status = w.opens("adopt", "me/vmst/new", path, sshFile)
	require.Equal(t, 0, status, said)
	require.Contains(t, said, "set    vmst:secrets.backupKey\nPulumi.new.yaml has the keys of example.org as of ")
	var args, told strings.Builder
	for name, value := range kept(t).each() {
		args.WriteString("config set --secret --raw --path vmst:secrets." + name +
			" --stack me/vmst/new --non-interactive\n")
		told.WriteString(value + "|")
	}
	require.Equal(t, args.String(), w.read("args"))
	require.Equal(t, told.String(), w.read("told"))
}

// each are the keys, in the order in which they are adopted.
func (c content) each() func(yield func(name, value string) bool) {
	return func(yield func(name, value string) bool) {
		for _, k := range keys {
			if value, has := c.Secrets[k.name]; has && !yield(k.name, value) {
				return
			}
		}
	}
}

func TestAPassphraseFromAFile(t *testing.T) {
	own, identity := ageKey(t)
	w := newWorld(t)
	file := w.sealed(kept(t), own.Recipient())
	require.NoError(t, os.Unsetenv("PULUMI_CONFIG_PASSPHRASE"))
	t.Setenv("PULUMI_CONFIG_PASSPHRASE_FILE", w.put("passphrase", secretMark+"passphrase\n"))
	said, status := w.opens("check", "prod", file, identity)
	require.Equal(t, keptFine, said)
	require.Equal(t, 0, status)
	require.NoError(t, os.Remove("passphrase"))
	said, status = w.opens("check", "prod", file, identity)
	require.Contains(t, said, "reading PULUMI_CONFIG_PASSPHRASE_FILE: open passphrase: ")
	require.Equal(t, 1, status)
}

// A stack without backups, and one whose secrets a service encrypts: the file says so.
func TestWhatAStackDoesNotHave(t *testing.T) {
	own, identity := ageKey(t)
	w := newWorld(t, own.Recipient().String())
	w.runs(func(state object) {
		resources(state)[3] = spacesKey(t, "mudd", "DO2")
		state["deployment"].(object)["secrets_providers"] = object{
			"type": "cloud", "state": object{"url": "awskms://alias/x", "encryptedkey": secretMark + "key"},
		}
	})
	t.Setenv("PULUMI_CONFIG_PASSPHRASE", "")
	said, status := w.run("-stack", "prod", "-file", "one.age", "write")
	require.Equal(t, 0, status, said)
	require.Contains(t, said, "makes no backups")
	file, err := command{file: "one.age", identity: identity}.unseal()
	require.NoError(t, err)
	require.False(t, file.Backups)
	require.NotContains(t, file.Secrets, backupKey)
	require.Nil(t, file.Passphrase)
	require.Equal(t, "cloud awskms://alias/x", file.Provider)
	require.Equal(t, map[string]string{"riley": "DO1", "mudd": "DO2"}, file.SpacesKeys)
	said, status = w.opens("check", "prod", "one.age", identity)
	require.Equal(t, 0, status, said)
	require.Contains(t, said, "note   the stack makes no backups, and the file has no key of them\n")
	w.stackFile("new", nil, nil)
	said, status = w.opens("adopt", "new", "one.age", identity)
	require.Equal(t, 0, status, said)
	require.Contains(t, said, "note   the file has no vmst:secrets.backupKey: the stack prod made no backups\n")
}

func TestWriteRefuses(t *testing.T) {
	own, _ := ageKey(t)
	recipient := own.Recipient().String()
	for name, test := range map[string]struct {
		spoil func(w world)
		want  string
	}{
		"no recipients": {
			func(w world) { w.stackFile("prod", nil, nil) },
			"Pulumi.prod.yaml names nobody who could open the file: set vmst:settings.escrow.recipients",
		},
		"a bad recipient": {
			func(w world) { w.stackFile("prod", []string{recipient, recipient[:40]}, nil) },
			"vmst:settings.escrow.recipients[1]: \"" + recipient[:40] + "\" is not a public key of age or SSH",
		},
		"a private key": {
			func(w world) { w.stackFile("prod", []string{own.String()}, nil) },
			"vmst:settings.escrow.recipients[0]: a private key stands here in plain text",
		},
		"no stack file": {
			func(w world) { require.NoError(w.t, os.Remove("Pulumi.prod.yaml")) }, "reading the stack's file: open ",
		},
		"a stack file without settings": {
			func(w world) { w.put("Pulumi.prod.yaml", "config: {}") }, "vmst:settings.domain is missing",
		},
		"a stack file that is no YAML": {
			func(w world) { w.put("Pulumi.prod.yaml", "config: [") },
			"reading the stack's file Pulumi.prod.yaml: yaml: ",
		},
		"a key that the stack does not have": {
			func(w world) {
				w.runs(func(state object) {
					resources(state)[1] = secret(w.t, "mastodon-keys", object{"secret-key-base": secretMark + "base"})
				})
			},
			"the stack prod has no mastodon.vapidPrivateKey, mastodon.vapidPublicKey, " +
				"mastodon.activeRecordPrimaryKey, mastodon.activeRecordDeterministicKey, " +
				"mastodon.activeRecordKeyDerivationSalt: run `pulumi up`",
		},
		"backups without a key": {
			func(w world) {
				w.runs(func(state object) { resources(state)[3] = secret(w.t, "backup-encryption", object{}) })
			},
			"the stack prod has no backupKey: run `pulumi up`",
		},
		"encrypted secrets": {
			func(w world) {
				w.runs(func(state object) {
					resources(state)[1].(object)["inputs"].(object)["stringData"] = object{
						"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:x",
					}
				})
			},
			"Secret::mastodon-keys: its secrets are encrypted; export the state with --show-secrets",
		},
		"a secret that is no JSON": {
			func(w world) {
				w.runs(func(state object) {
					resources(state)[1].(object)["inputs"].(object)["stringData"].(object)["plaintext"] = secretMark
				})
			},
			"a secret of it is not JSON",
		},
		"a Secret of another form": {
			func(w world) {
				w.runs(func(state object) {
					resources(state)[1] = secret(w.t, "mastodon-keys", object{"secret-key-base": []any{secretMark}})
				})
			},
			"its properties are not what the program sets",
		},
		"a stack that is not up": {
			func(w world) {
				w.runs(func(state object) { state["deployment"] = object{} })
			},
			"reading the state of the stack prod: nothing is running; bring it up with `pulumi up`",
		},
		"a later form of states": {
			func(w world) { w.runs(func(state object) { state["version"] = 99 }) }, "its form is version 99",
		},
		"what is no state": {
			func(w world) {
				require.NoError(w.t, os.WriteFile(filepath.Join(w.fake, "state"), []byte(secretMark), 0o600))
			},
			"it is not what `pulumi stack export` writes",
		},
		"an empty passphrase": {
			func(w world) { w.t.Setenv("PULUMI_CONFIG_PASSPHRASE", "") }, "the passphrase is empty: set ",
		},
		"a Pulumi that fails": {
			func(w world) {
				require.NoError(w.t, os.WriteFile(filepath.Join(w.fake, "fails"), []byte("error: no stack"), 0o600))
			},
			"running `pulumi stack export --show-secrets` for the stack prod: exit status 7\nerror: no stack",
		},
		"a file that is there": {
			func(w world) { w.put("out.age", "other") }, "out.age is there already, and nothing is written over it",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, recipient)
			test.spoil(w)
			before, _ := os.ReadFile("out.age")
			said, status := w.run("-stack", "prod", "-file", "out.age", "write")
			require.Equal(t, 1, status)
			require.Contains(t, said, test.want)
			after, _ := os.ReadFile("out.age")
			require.Equal(t, before, after)
			left, err := filepath.Glob("out.age.*")
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}

func TestAFolderThatIsNotThere(t *testing.T) {
	own, _ := ageKey(t)
	w := newWorld(t, own.Recipient().String())
	said, status := w.run("-stack", "prod", "-file", "none/out.age", "write")
	require.Equal(t, 1, status)
	require.Contains(t, said, "escrow: writing none/out.age: ")
}

func TestUsage(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"no verb":      {[]string{"-stack", "prod"}, "usage: escrow "},
		"another verb": {[]string{"-stack", "prod", "print"}, "usage: escrow "},
		"two verbs":    {[]string{"-stack", "prod", "write", "check"}, "usage: escrow "},
		"a flag":       {[]string{"-secret", "prod", "write"}, "usage: escrow "},
		"no stack":     {[]string{"write"}, "name one with STACK=<name>"},
		"no file":      {[]string{"-stack", "prod", "-identity", "x", "check"}, "FILE=<path>"},
		"no identity":  {[]string{"-stack", "prod", "-file", "x", "adopt"}, "IDENTITY=<path>"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			said, status := w.run(test.args...)
			require.Equal(t, 2, status)
			require.Contains(t, said, test.want)
			require.Empty(t, w.read("args"), "Pulumi is asked nothing")
		})
	}
}
