package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAdoptRefuses(t *testing.T) {
	own, identity := ageKey(t)
	encrypted := object{"secure": "v1:x"}
	for name, test := range map[string]struct {
		secrets any
		file    func(file *content)
		want    string
	}{
		"keys of Mastodon": {
			object{"mastodon": object{"vapidPublicKey": encrypted}},
			nil,
			"Pulumi.new.yaml has vmst:secrets.mastodon already, and nothing is written over it; if a run broke off, " +
				"`pulumi config rm --stack new --path 'vmst:secrets.mastodon'` removes what it left",
		},
		"a key of backups": {
			object{"backupKey": encrypted}, nil, "Pulumi.new.yaml has vmst:secrets.backupKey already",
		},
		"secrets that are no mapping": {
			"v1:x", nil, "vmst:secrets is not a mapping; set its keys one by one",
		},
		"secrets that are encrypted as a whole": {
			encrypted, nil, "vmst:secrets is not a mapping; set its keys one by one",
		},
		"a file of another domain": {
			nil, func(file *content) { file.Domain = "example.com" },
			"sealed.age is of example.com, and vmst:settings.domain in Pulumi.new.yaml is example.org",
		},
		"a file that lacks a key": {
			nil, func(file *content) { delete(file.Secrets, "mastodon.vapidPublicKey") },
			"sealed.age has no mastodon.vapidPublicKey: name another file with FILE=<path>",
		},
		"a file that lacks the key of backups": {
			nil, func(file *content) { delete(file.Secrets, backupKey) }, "sealed.age has no backupKey",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			file := kept(t)
			if test.file != nil {
				test.file(&file)
			}
			w.stackFile("new", nil, test.secrets)
			said, status := w.opens("adopt", "new", w.sealed(file, own.Recipient()), identity)
			require.Equal(t, 1, status)
			require.Contains(t, said, test.want)
			require.Empty(t, w.read("args"), "nothing is set")
		})
	}
}

// A Pulumi that fails may say what it was told. That is not passed on.
func TestAdoptThatBreaksOff(t *testing.T) {
	own, identity := ageKey(t)
	w := newWorld(t)
	require.NoError(t, os.WriteFile(filepath.Join(w.fake, "fails"), []byte(" is not wanted"), 0o600))
	said, status := w.opens("adopt", "prod", w.sealed(kept(t), own.Recipient()), identity)
	require.Equal(t, 1, status)
	require.Equal(t, "escrow: setting vmst:secrets.mastodon.secretKeyBase: running `pulumi config set --secret --raw "+
		"--path vmst:secrets.mastodon.secretKeyBase` for the stack prod: exit status 7\n[secret] is not wanted\n", said)
}
