package config

import (
	"crypto/ecdh"
	"encoding/base64"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// check reports secrets that are missing for the given settings or cannot be
// right. No problem quotes a value.
func (s *Secrets) check(r *report, settings *Settings) {
	for _, named := range s.named(settings) {
		path := secretsPath + "." + named.name
		if !named.secret.Set() && slices.Contains(SecretNames(settings), named.name) {
			r.add(path, "the value is missing", setSecret(path))
		}
		if strings.ContainsFunc(named.secret.Reveal(), unicode.IsSpace) {
			r.add(path, "the value contains a space or a line break", setSecret(path)+", without what was copied along with it")
		}
	}
	s.checkWebhook(r)
	s.checkDocsVariables(r, settings)
	for _, name := range slices.Sorted(maps.Keys(s.Environment)) {
		r.variable(secretsPath+".environment."+name, name)
	}
	if s.Mastodon != nil {
		s.Mastodon.check(r)
	}
}

func setSecret(path string) string {
	return "set it with `pulumi config set --secret --path '" + path + "'`"
}

type namedSecret struct {
	name   string
	secret Secret
}

func (s *Secrets) named(settings *Settings) []namedSecret {
	named := []namedSecret{
		{"digitalOceanToken", s.DigitalOceanToken},
		{"spacesAccessId", s.SpacesAccessID},
		{"spacesSecretKey", s.SpacesSecretKey},
		{"acmeDnsToken", s.ACMEDNSToken},
		{"smtpUsername", s.SMTPUsername},
		{"smtpPassword", s.SMTPPassword},
		{"slackWebhook", s.SlackWebhook},
		{"netlifyToken", s.NetlifyToken},
	}
	for _, name := range settings.Docs.secretNames() {
		if variable, ok := strings.CutPrefix(name, docsVariables); ok {
			named = append(named, namedSecret{name, s.DocsVariables[variable]})
		}
	}
	return named
}

func (s *Secrets) checkWebhook(r *report) {
	if !s.SlackWebhook.Set() {
		return
	}
	u, err := url.Parse(s.SlackWebhook.Reveal())
	if err != nil || u.Scheme != "https" || u.Host == "" {
		r.add(secretsPath+".slackWebhook", "the value is not the address of a webhook",
			"copy the URL that Slack shows for it; it starts with https://")
	}
}

// The shortest keys that Rails takes for the encryption of records.
//
// Source: guides.rubyonrails.org/active_record_encryption.html, section 2.1.
const (
	minEncryptionKey  = 12
	minEncryptionSalt = 20
)

// minSecretKeyBase is far below the 128 characters that Mastodon generates and
// far above what could be guessed.
const minSecretKeyBase = 64

func (m *MastodonSecrets) check(r *report) {
	path := secretsPath + ".mastodon."
	r.longEnough(path+"secretKeyBase", m.SecretKeyBase, minSecretKeyBase)
	r.longEnough(path+"activeRecordPrimaryKey", m.ActiveRecordPrimaryKey, minEncryptionKey)
	r.longEnough(path+"activeRecordDeterministicKey", m.ActiveRecordDeterministicKey, minEncryptionKey)
	r.longEnough(path+"activeRecordKeyDerivationSalt", m.ActiveRecordKeyDerivationSalt, minEncryptionSalt)
	private, err := ecdh.P256().NewPrivateKey(decodeKey(m.VAPIDPrivateKey))
	if err != nil {
		r.add(path+"vapidPrivateKey", "the value is not a P-256 private key", "copy VAPID_PRIVATE_KEY: 32 bytes in URL-safe base64")
	}
	public, err2 := ecdh.P256().NewPublicKey(decodeKey(m.VAPIDPublicKey))
	if err2 != nil {
		r.add(path+"vapidPublicKey", "the value is not a P-256 public key", "copy VAPID_PUBLIC_KEY: 65 bytes in URL-safe base64")
	}
	if err == nil && err2 == nil && !private.PublicKey().Equal(public) {
		r.add(path+"vapidPublicKey", "the value does not belong to vapidPrivateKey", "copy both keys from the same instance")
	}
}

func (r *report) longEnough(path string, secret Secret, least int) {
	if secret.Set() && len(secret.Reveal()) < least {
		r.add(path, fmt.Sprintf("the value is shorter than %d characters", least), "copy the whole key of the living instance")
	}
}

// decodeKey decodes URL-safe base64 with or without padding; nil if it is not.
func decodeKey(secret Secret) []byte {
	key, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(secret.Reveal(), "="))
	if err != nil {
		return nil
	}
	return key
}
