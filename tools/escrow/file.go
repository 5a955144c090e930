package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/armor"
	"golang.org/x/crypto/scrypt"
)

// content is what is in a file, as JSON.
type content struct {
	Version int       `json:"version"`
	Time    time.Time `json:"time"`
	state
	// Passphrase is absent where the secrets are encrypted by something else.
	Passphrase *fingerprint `json:"passphrase,omitempty"`
}

// version is that of the content. A later program reads it, too.
const version = 1

// fingerprint tells whether a passphrase is the one that it is of, and does not give it away: it is its scrypt key.
type fingerprint struct {
	N    int    `json:"n"`
	R    int    `json:"r"`
	P    int    `json:"p"`
	Salt []byte `json:"salt"`
	Key  []byte `json:"key"`
}

// newFingerprint takes the fingerprint of a passphrase. It costs a guesser 128 MiB and a good half of a second a time
// (OWASP's Password Storage Cheat Sheet names these parameters).
func newFingerprint(passphrase string) (*fingerprint, error) {
	f := &fingerprint{N: 1 << 17, R: 8, P: 1, Salt: make([]byte, 16)}
	if _, err := rand.Read(f.Salt); err != nil {
		return nil, fmt.Errorf("making a salt: %w", err)
	}
	var err error
	f.Key, err = f.of(passphrase)
	return f, err
}

// of is the key that a passphrase has with this salt. Whoever knows a recipient can write a file, and must not be able
// to have this take all memory.
func (f *fingerprint) of(passphrase string) ([]byte, error) {
	if f.N > 1<<20 || f.R > 8 || f.P > 4 {
		return nil, errors.New("the fingerprint in the file costs more than it should: write a new file")
	}
	key, err := scrypt.Key([]byte(passphrase), f.Salt, f.N, f.R, f.P, 32)
	if err != nil {
		return nil, fmt.Errorf("taking the fingerprint of the passphrase: %w", err)
	}
	return key, nil
}

// passphrase is that of the stack, found where Pulumi finds it (pkg/secrets/passphrase/manager.go, readPassphrase).
func passphrase() (string, error) {
	text, set := os.LookupEnv("PULUMI_CONFIG_PASSPHRASE")
	if file := os.Getenv("PULUMI_CONFIG_PASSPHRASE_FILE"); !set && file != "" {
		content, err := os.ReadFile(file) //nolint:gosec // it is its user who names it
		if err != nil {
			return "", fmt.Errorf("reading PULUMI_CONFIG_PASSPHRASE_FILE: %w", err)
		}
		text = strings.TrimSpace(string(content))
	}
	if text == "" {
		return "", errors.New("the passphrase is empty: set PULUMI_CONFIG_PASSPHRASE or " +
			"PULUMI_CONFIG_PASSPHRASE_FILE to that of the stack; if it has none, " +
			"`pulumi stack change-secrets-provider passphrase` gives it one")
	}
	return text, nil
}

// write writes the file.
func (c command) write(ctx context.Context) error {
	stack, err := c.stackFile()
	if err != nil {
		return err
	}
	recipients, err := stack.escrow.Keys()
	if err != nil {
		return fmt.Errorf("reading the stack's file %s: %w", stack.name, err)
	}
	if len(recipients) == 0 {
		return fmt.Errorf("%s names nobody who could open the file: set vmst:settings.escrow.recipients to public "+
			"keys of age or SSH", stack.name)
	}
	s, err := c.state(ctx)
	if err != nil {
		return err
	}
	if missing := s.missing(); len(missing) > 0 {
		return fmt.Errorf("the stack %s has no %s: run `pulumi up`, which makes what is missing",
			c.stack, strings.Join(missing, ", "))
	}
	now := time.Now().UTC().Truncate(time.Second)
	all := content{Version: version, Time: now, state: s}
	if s.Provider == byPassphrase {
		text, err := passphrase()
		if err != nil {
			return err
		}
		if all.Passphrase, err = newFingerprint(text); err != nil {
			return err
		}
	}
	sealed, err := seal(all, recipients)
	if err != nil {
		return err
	}
	path := c.file
	if path == "" {
		path = "escrow-" + s.Stack + "-" + now.Format(time.DateOnly) + ".age"
	}
	if err := save(path, sealed); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s holds the keys of %s (%s). Private keys that open it: %d.\n",
		path, s.Domain, s.Stack, len(recipients))
	if !s.Backups {
		fmt.Fprintln(c.out, "The stack makes no backups, so there is no key of them, and the file says so.")
	}
	fmt.Fprintf(c.out, "Put it where neither this account nor Pulumi's state is, and try it where a private key is:\n"+
		"  make escrow-check STACK=%s FILE=%s IDENTITY=...\n", c.stack, path)
	return nil
}

// seal encrypts a content.
func seal(all content, recipients []age.Recipient) ([]byte, error) {
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return nil, errors.New("the keys cannot be written as JSON")
	}
	return encrypt(text, recipients)
}

// encrypt encrypts a text, to one that can be printed.
func encrypt(text []byte, recipients []age.Recipient) ([]byte, error) {
	var sealed bytes.Buffer
	outer := armor.NewWriter(&sealed)
	inner, err := age.Encrypt(outer, recipients...)
	if err == nil {
		_, err = inner.Write(text)
		err = errors.Join(err, inner.Close(), outer.Close())
	}
	if err != nil {
		return nil, fmt.Errorf("encrypting the keys: %w", err)
	}
	return sealed.Bytes(), nil
}

// save writes a file that only its owner may read, whole or not at all, and never over another.
func save(path string, text []byte) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s is there already, and nothing is written over it: name another with FILE=<path>", path)
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	defer os.Remove(temporary.Name())
	_, err = temporary.Write(text)
	if err = errors.Join(err, temporary.Sync(), temporary.Close()); err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// unseal opens the file with the identity. Errors of the parsers are left out: with the two files mixed up, they would
// quote a private key.
func (c command) unseal() (content, error) {
	identities, err := identities(c.identity)
	if err != nil {
		return content{}, err
	}
	sealed, err := os.ReadFile(c.file)
	if err != nil {
		return content{}, fmt.Errorf("reading the encrypted file: %w", err)
	}
	reader, err := age.Decrypt(armor.NewReader(bytes.NewReader(sealed)), identities...)
	var nobody *age.NoIdentityMatchError
	if errors.As(err, &nobody) {
		return content{}, fmt.Errorf("%s is not encrypted for %s: name the private key of one of its recipients with "+
			"IDENTITY=<path>", c.file, c.identity)
	}
	var text []byte
	if err == nil {
		text, err = io.ReadAll(reader)
	}
	var all content
	switch {
	case err != nil:
		return content{}, fmt.Errorf("%s is damaged, or not a file of `make escrow`: take another copy", c.file)
	case json.Unmarshal(text, &all) != nil:
		return content{}, fmt.Errorf("%s opens, and does not hold what `make escrow` writes: take another file", c.file)
	case all.Version != version:
		return content{}, fmt.Errorf("%s is of version %d, and this program reads version %d: take the program that "+
			"wrote it, or a later one", c.file, all.Version, version)
	}
	return all, nil
}

// identities are the private keys in a file.
func identities(path string) ([]age.Identity, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the private key: %w", err)
	}
	var found []age.Identity
	if bytes.Contains(text, []byte("PRIVATE KEY-----")) {
		found = make([]age.Identity, 1)
		found[0], err = agessh.ParseIdentity(text)
	} else {
		found, err = age.ParseIdentities(bytes.NewReader(text))
	}
	if err != nil {
		return nil, fmt.Errorf("%s is not an open private key of age, ssh-ed25519 or ssh-rsa: name one with "+
			"IDENTITY=<path>; for one of age that is encrypted, `age -d KEY | make ... IDENTITY=/dev/stdin`; for "+
			"one of SSH with a passphrase, a copy without (ssh-keygen -p)", path)
	}
	return found, nil
}
