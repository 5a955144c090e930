package settings

import (
	"crypto/ecdh"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/vmstio/infrastructure/infra/settings/internal/decode"
)

// Secret is a value that must not be seen. It prints as [secret] wherever it is formatted, marshalled or dumped, so
// that no log line or test failure can show it: the value is kept behind a function because printers that look into
// structs, such as those of test assertions, do not call one.
type Secret struct{ reveal func() string }

const hidden = "[secret]"

// NewSecret hides a value.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{func() string { return value }}
}

// Reveal returns the value, to be handed to pulumi.ToSecret and nowhere else.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// IsSecret marks the type for the decoder, which then quotes no value of it.
func (Secret) IsSecret() {}

// Set reports whether there is a value.
func (s Secret) Set() bool { return s.reveal != nil }

// String implements fmt.Stringer.
func (Secret) String() string { return hidden }

// Format implements fmt.Formatter, for every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// MarshalText implements encoding.TextMarshaler.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}

// Secrets are the credentials of one environment, from the object `vmst:secrets`, every leaf of which is encrypted:
//
//	pulumi config set --secret --path 'vmst:secrets.smtpPassword'
type Secrets struct {
	// DigitalOceanToken is the API token that the program works with.
	DigitalOceanToken Secret `json:"digitalOceanToken" jsonschema:"required"`
	// SpacesAccessID is the ID of a full-access key pair for Spaces: buckets cannot be made with the API token.
	SpacesAccessID Secret `json:"spacesAccessId" jsonschema:"required"`
	// SpacesSecretKey is the secret of that pair.
	SpacesSecretKey Secret `json:"spacesSecretKey" jsonschema:"required"`
	// ACMEDNSToken is the token that cert-manager answers DNS-01 challenges with. It lives in the cluster, so it should
	// be limited to domains.
	ACMEDNSToken Secret `json:"acmeDnsToken" jsonschema:"required"`
	// SMTPUsername logs in to the mail relay. It is needed unless mastodon.smtp.authMethod is "none".
	SMTPUsername Secret `json:"smtpUsername"`
	// SMTPPassword goes with it.
	SMTPPassword Secret `json:"smtpPassword"`
	// SlackWebhook is the URL that takes the alerts for monitoring.slackChannel. It is needed when that is set.
	SlackWebhook Secret `json:"slackWebhook"`
	// ElsewhereAccessID is the ID of a key pair that may read and write backup.elsewhere. It is needed when that is
	// set.
	ElsewhereAccessID Secret `json:"elsewhereAccessId"`
	// ElsewhereSecretKey is the secret of that pair.
	ElsewhereSecretKey Secret `json:"elsewhereSecretKey"`
	// DeadMansSwitch is the URL of a service that raises an alarm when it has not been called for a while, such as a
	// check of healthchecks.io. Alertmanager calls it every minute or two for as long as alerts can be sent.
	DeadMansSwitch Secret `json:"deadMansSwitch"`
	// RemoteWriteUsername logs in to observability.remoteWrite. It is needed when that is set.
	RemoteWriteUsername Secret `json:"remoteWriteUsername"`
	// RemoteWritePassword goes with it.
	RemoteWritePassword Secret `json:"remoteWritePassword"`
	// NetlifyToken is a personal access token of a member of the site's team. It is needed when docs.enabled is true.
	NetlifyToken Secret `json:"netlifyToken"`
	// DocsVariables are the values of the secret variables of docs.variables, by name.
	DocsVariables map[string]Secret `json:"docsVariables"`
	// Mastodon are the keys of an instance that already lives. All of them or none: without them, new ones are
	// generated once and kept.
	Mastodon *MastodonSecrets `json:"mastodon"`
	// BackupKey is the passphrase that the backups of an instance that already lives are encrypted with, at least 32
	// characters. Without it, one is generated once and kept.
	BackupKey Secret `json:"backupKey"`
	// Environment are further environment variables of every process that are secret, such as DEEPL_API_KEY.
	Environment map[string]Secret `json:"environment"`
}

// MastodonSecrets are the keys that a Mastodon instance can never change.
type MastodonSecrets struct {
	// SecretKeyBase is SECRET_KEY_BASE, at least 64 characters.
	SecretKeyBase Secret `json:"secretKeyBase" jsonschema:"required"`
	// VAPIDPrivateKey is VAPID_PRIVATE_KEY, half of the Web Push pair: a P-256 key, 32 bytes in URL-safe base64.
	VAPIDPrivateKey Secret `json:"vapidPrivateKey" jsonschema:"required"`
	// VAPIDPublicKey is VAPID_PUBLIC_KEY: the point, 65 bytes in URL-safe base64.
	VAPIDPublicKey Secret `json:"vapidPublicKey" jsonschema:"required"`
	// ActiveRecordPrimaryKey is ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY.
	ActiveRecordPrimaryKey Secret `json:"activeRecordPrimaryKey" jsonschema:"required"`
	// ActiveRecordDeterministicKey is ACTIVE_RECORD_ENCRYPTION_DETERMINISTIC_KEY.
	ActiveRecordDeterministicKey Secret `json:"activeRecordDeterministicKey" jsonschema:"required"`
	// ActiveRecordKeyDerivationSalt is ACTIVE_RECORD_ENCRYPTION_KEY_DERIVATION_SALT.
	ActiveRecordKeyDerivationSalt Secret `json:"activeRecordKeyDerivationSalt" jsonschema:"required"`
}

// SecretNames returns the paths below vmst:secrets that a person must set for an environment with these settings, such
// as "smtpPassword", in a fixed order.
func SecretNames(s *Settings) []string {
	names := []string{"digitalOceanToken", "spacesAccessId", "spacesSecretKey", "acmeDnsToken"}
	if s.Mastodon.SMTP.AuthMethod != AuthNone {
		names = append(names, "smtpUsername", "smtpPassword")
	}
	if s.Monitoring.SlackChannel != "" {
		names = append(names, "slackWebhook")
	}
	if s.Backup.Enabled && s.Backup.Elsewhere != nil {
		names = append(names, "elsewhereAccessId", "elsewhereSecretKey")
	}
	if s.Observability.On() && s.Observability.RemoteWrite != nil {
		names = append(names, "remoteWriteUsername", "remoteWritePassword")
	}
	return append(names, s.Docs.secretNames()...)
}

// check reports secrets that are missing for the given settings or cannot be right. No problem quotes a value.
func (s *Secrets) check(at At, settings *Settings) {
	needed := SecretNames(settings)
	for _, named := range s.named(settings) {
		place := at.Key(named.name)
		if !named.secret.Set() && slices.Contains(needed, named.name) {
			place.Add("the value is missing", decode.SetSecret(place.String()))
		}
		if strings.ContainsFunc(named.secret.Reveal(), unicode.IsSpace) {
			place.Add("the value contains a space or a line break",
				decode.SetSecret(place.String())+", without what was copied along with it")
		}
	}
	if s.SlackWebhook.Set() && !isHTTPS(s.SlackWebhook.Reveal()) {
		at.Key("slackWebhook").Add("the value is not the address of a webhook",
			"copy the URL that Slack shows for it; it starts with https://")
	}
	if s.DeadMansSwitch.Set() && !isHTTPS(s.DeadMansSwitch.Reveal()) {
		at.Key("deadMansSwitch").Add("the value is not the address of a check",
			"copy the URL that the service shows for it; it starts with https://")
	}
	s.checkVariables(at, settings)
	longEnough(at.Key("backupKey"), s.BackupKey, minBackupKey)
	if s.Mastodon != nil {
		s.Mastodon.check(at.Key("mastodon"))
	}
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
		{"deadMansSwitch", s.DeadMansSwitch},
		{"remoteWriteUsername", s.RemoteWriteUsername},
		{"remoteWritePassword", s.RemoteWritePassword},
		{"netlifyToken", s.NetlifyToken},
		{"elsewhereAccessId", s.ElsewhereAccessID},
		{"elsewhereSecretKey", s.ElsewhereSecretKey},
	}
	for _, name := range settings.Docs.secretNames() {
		if variable, ok := strings.CutPrefix(name, docsVariables); ok {
			named = append(named, namedSecret{name, s.DocsVariables[variable]})
		}
	}
	return named
}

// checkVariables reports secret variables that stand in the settings as well, that the program sets itself, or that
// nothing takes.
func (s *Secrets) checkVariables(at At, settings *Settings) {
	for _, name := range slices.Sorted(maps.Keys(s.Environment)) {
		place := at.Key("environment").Key(name)
		_, both := settings.Mastodon.Environment[name]
		if checkVariable(place, name) && both {
			place.Add("the variable stands in "+settingsPath+".mastodon.environment as well", "remove one of the two")
		}
		if name == "NODE_OPTIONS" && settings.Database.TLS == VerifyCA {
			place.Add("the program adds to the variable where database.tls is "+VerifyCA+", and cannot add to a secret",
				"write it into "+settingsPath+".mastodon.environment")
		}
	}
	needed := settings.Docs.secretNames()
	for _, name := range slices.Sorted(maps.Keys(s.DocsVariables)) {
		v := DocsVariable{Name: name}
		if settings.Docs.Enabled && !slices.Contains(needed, v.secretName()) {
			at.Key(v.secretName()).Add("no variable takes the value",
				"remove it, or add the variable to docs.variables with secret set to true")
		}
	}
}

// The shortest keys that Rails takes for the encryption of records.
//
// Source: guides.rubyonrails.org/active_record_encryption.html, section 2.1.
const (
	minEncryptionKey  = 12
	minEncryptionSalt = 20
)

// minSecretKeyBase is far below the 128 characters that Mastodon generates and far above what could be guessed.
const minSecretKeyBase = 64

// minBackupKey is what nobody finds out by trial, even of letters and digits alone and with the backup at hand.
const minBackupKey = 32

func (m *MastodonSecrets) check(at At) {
	longEnough(at.Key("secretKeyBase"), m.SecretKeyBase, minSecretKeyBase)
	longEnough(at.Key("activeRecordPrimaryKey"), m.ActiveRecordPrimaryKey, minEncryptionKey)
	longEnough(at.Key("activeRecordDeterministicKey"), m.ActiveRecordDeterministicKey, minEncryptionKey)
	longEnough(at.Key("activeRecordKeyDerivationSalt"), m.ActiveRecordKeyDerivationSalt, minEncryptionSalt)
	private, err := ecdh.P256().NewPrivateKey(decodeKey(m.VAPIDPrivateKey))
	if err != nil {
		at.Key("vapidPrivateKey").Add("the value is not a P-256 private key",
			"copy VAPID_PRIVATE_KEY: 32 bytes in URL-safe base64")
	}
	public, err2 := ecdh.P256().NewPublicKey(decodeKey(m.VAPIDPublicKey))
	if err2 != nil {
		at.Key("vapidPublicKey").Add("the value is not a P-256 public key",
			"copy VAPID_PUBLIC_KEY: 65 bytes in URL-safe base64")
	}
	if err == nil && err2 == nil && !private.PublicKey().Equal(public) {
		at.Key("vapidPublicKey").Add("the value does not belong to vapidPrivateKey",
			"copy both keys from the same instance")
	}
}

func longEnough(at At, secret Secret, least int) {
	if secret.Set() && len(secret.Reveal()) < least {
		at.Add(fmt.Sprintf("the value is shorter than %d characters", least),
			"copy the whole key of the living instance")
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
