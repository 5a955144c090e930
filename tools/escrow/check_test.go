package main

import (
	"os"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
)

func TestCheckFinds(t *testing.T) {
	own, identity := ageKey(t)
	const renew = ": write a new file with `make escrow STACK=prod`"
	const keep = renew + ", and keep this one as long as there are backups of its time"
	for name, test := range map[string]struct {
		file   func(file *content)
		state  func(state object)
		phrase string
		// want are lines in the place of those that say ok of the same.
		want   []string
		status int
	}{
		"another key": {
			file: func(file *content) { file.Secrets["mastodon.vapidPublicKey"] += "x" },
			want: []string{"WRONG  mastodon.vapidPublicKey: the stack has another" + keep}, status: 1,
		},
		"a key that the file does not have": {
			file: func(file *content) { delete(file.Secrets, "mastodon.secretKeyBase") },
			want: []string{"WRONG  mastodon.secretKeyBase: the file has none" + renew}, status: 1,
		},
		"a key that the stack does not have": {
			state: func(state object) {
				resources(state)[1] = secret(t, "mastodon-keys", object{
					"secret-key-base": secretMark + "base", "vapid-private-key": secretMark + "private",
					"vapid-public-key": secretMark + "public", "are-primary-key": secretMark + "primary",
					"are-deterministic-key": secretMark + "deterministic",
				})
			},
			want: []string{
				"WRONG  mastodon.activeRecordKeyDerivationSalt: the stack has none: run `pulumi up`",
			}, status: 1,
		},
		"backups since then": {
			file: func(file *content) { file.Backups = false; delete(file.Secrets, backupKey) },
			want: []string{"WRONG  backupKey: the file has none" + renew}, status: 1,
		},
		"no backups any more": {
			state: func(state object) { resources(state)[3] = spacesKey(t, "riley", "DO1") },
			want:  []string{"note   the stack makes no backups any more; the file opens those of before"},
		},
		"a Spaces key made again, and a new one": {
			state: func(state object) {
				resources(state)[5] = spacesKey(t, "riley", "DO3")
				resources(state)[2] = spacesKey(t, "sarek", "DO4")
			},
			want: []string{
				"note   Spaces key riley (DO3) is not in the file", "note   Spaces key sarek (DO4) is not in the file",
			},
		},
		"another passphrase": {
			phrase: secretMark + "other",
			want:   []string{"WRONG  passphrase: the stack has another" + renew}, status: 1,
		},
		"a passphrase without a fingerprint": {
			file: func(file *content) { file.Passphrase = nil },
			want: []string{"WRONG  passphrase: the file has no fingerprint of it" + renew}, status: 1,
		},
		"another provider": {
			file: func(file *content) { file.Provider = "service https://api.pulumi.com" },
			want: []string{
				`WRONG  passphrase: the stack's secrets are encrypted by "passphrase", and in the file by ` +
					`"service https://api.pulumi.com"` + renew,
			}, status: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			file := kept(t)
			if test.file != nil {
				test.file(&file)
			}
			if test.state != nil {
				w.runs(test.state)
			}
			if test.phrase != "" {
				t.Setenv("PULUMI_CONFIG_PASSPHRASE", test.phrase)
			}
			said, status := w.opens("check", "prod", w.sealed(file, own.Recipient()), identity)
			require.Equal(t, test.status, status)
			var other []string
			for line := range strings.Lines(said) {
				if !strings.Contains(keptFine, line) {
					other = append(other, strings.TrimSuffix(line, "\n"))
				}
			}
			require.Equal(t, test.want, other)
			require.GreaterOrEqual(t, strings.Count(said, "\n"), strings.Count(keptFine, "\n"), "all else is said")
		})
	}
}

// Of a file of something else, nothing more is said than that.
func TestCheckFindsAFileOfSomethingElse(t *testing.T) {
	own, identity := ageKey(t)
	for name, test := range map[string]struct {
		file func(file *content)
		want string
	}{
		"another stack": {
			func(file *content) { file.Stack = "staging" },
			"WRONG  stack: the file is of staging: name one of this stack with FILE=<path>\nok     domain\n",
		},
		"another domain": {
			func(file *content) { file.Domain = "example.com" },
			"ok     stack\nWRONG  domain: the file is of example.com: name one of this stack with FILE=<path>\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			file := kept(t)
			test.file(&file)
			said, status := w.opens("check", "prod", w.sealed(file, own.Recipient()), identity)
			require.Equal(t, test.want, said)
			require.Equal(t, 1, status)
		})
	}
}

func TestFilesThatDoNotOpen(t *testing.T) {
	own, identity := ageKey(t)
	_, strange := ageKey(t)
	_, locked := sshKey(t, secretMark+"ssh")
	const damaged = "sealed.age is damaged, or not a file of `make escrow`: take another copy"
	changed := func(at float64) func(w world) {
		return func(w world) {
			text, err := os.ReadFile("sealed.age")
			require.NoError(w.t, err)
			i := int(at * float64(len(text)))
			if text[i] == '\n' {
				i++
			}
			text[i] ^= 1
			w.put("sealed.age", string(text))
		}
	}
	nothing := func(world) {}
	for name, test := range map[string]struct {
		spoil          func(w world)
		file, identity string
		want           string
	}{
		"another's private key": {
			nothing, "sealed.age", strange, "sealed.age is not encrypted for " + strange + ": name the private key of",
		},
		"a private key with a passphrase": {nothing, "sealed.age", locked, locked + " is not an open private key"},
		"no private key":                  {nothing, "sealed.age", "sealed.age", "sealed.age is not an open"},
		"a private key that is not there": {nothing, "sealed.age", "none", "reading the private key: open none: "},
		"a cut private key": {
			func(w world) { w.put("cut", own.String()[:60]) }, "sealed.age", "cut", "cut is not an open private key of",
		},
		"the two mixed up":           {nothing, identity, "sealed.age", "sealed.age is not an open private key of age"},
		"a private key for the file": {nothing, identity, identity, identity + " is damaged, or not a file of"},
		"a file that is not there":   {nothing, "none.age", identity, "reading the encrypted file: open none.age: "},
		"a changed byte at the end":  {changed(0.9), "sealed.age", identity, damaged},
		"in the middle":              {changed(0.5), "sealed.age", identity, damaged},
		"at the beginning":           {changed(0.01), "sealed.age", identity, damaged},
		"a file that is cut off": {
			func(w world) { require.NoError(w.t, os.Truncate("sealed.age", 700)) }, "sealed.age", identity, damaged,
		},
		"a later version": {
			func(w world) { w.sealed(content{Version: 2}, own.Recipient()) }, "sealed.age", identity,
			"sealed.age is of version 2, and this program reads version 1",
		},
		"something else": {
			func(w world) {
				w.sealed(content{}, own.Recipient())
			}, "sealed.age", identity, "sealed.age is of version 0",
		},
		"a fingerprint that costs too much": {
			func(w world) {
				file := kept(w.t)
				file.Passphrase.N = 1 << 30
				w.sealed(file, own.Recipient())
			}, "sealed.age", identity, "the fingerprint in the file costs more than it should",
		},
		"a fingerprint that is none": {
			func(w world) {
				file := kept(w.t)
				file.Passphrase.N = 3
				w.sealed(file, own.Recipient())
			}, "sealed.age", identity, "taking the fingerprint of the passphrase: ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.sealed(kept(t), own.Recipient())
			test.spoil(w)
			said, status := w.opens("check", "prod", test.file, test.identity)
			require.Contains(t, said, test.want)
			require.Equal(t, 1, status)
		})
	}
}

// The fingerprint is of one passphrase, and nobody sees from two of them that they are of the same.
func TestFingerprint(t *testing.T) {
	t.Parallel()
	one, err := newFingerprint("one")
	require.NoError(t, err)
	again, err := newFingerprint("one")
	require.NoError(t, err)
	require.NotEqual(t, one.Key, again.Key)
	key, err := one.of("one")
	require.NoError(t, err)
	require.Equal(t, one.Key, key)
	key, err = one.of("two")
	require.NoError(t, err)
	require.NotEqual(t, one.Key, key)
	require.GreaterOrEqual(t, one.N*one.R*128, 128<<20, "bytes that a guess costs")
}

func TestAFileThatHoldsSomethingElse(t *testing.T) {
	own, identity := ageKey(t)
	w := newWorld(t)
	text, err := encrypt([]byte("["+secretMark), []age.Recipient{own.Recipient()})
	require.NoError(t, err)
	file := w.put("sealed.age", string(text))
	said, status := w.opens("check", "prod", file, identity)
	require.Contains(t, said, "opens, and does not hold what `make escrow` writes")
	require.Equal(t, 1, status)
}
