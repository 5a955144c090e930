package config

import (
	"fmt"
	"io"
)

// Secret is a value that must not be seen. It prints as [secret] wherever it is
// formatted, marshalled or dumped, so that no log line or test failure can show
// it: the value is kept behind a function because printers that look into
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

// Secrets are the credentials of one environment, from the object
// `vmst:secrets`, every leaf of which is encrypted:
//
//	pulumi config set --secret --path 'vmst:secrets.smtpPassword'
type Secrets struct {
	// DigitalOceanToken is the API token that the program works with.
	DigitalOceanToken Secret `json:"digitalOceanToken" jsonschema:"required"`
	// SpacesAccessID is the ID of a full-access key pair for Spaces: buckets cannot
	// be made with the API token.
	SpacesAccessID Secret `json:"spacesAccessId" jsonschema:"required"`
	// SpacesSecretKey is the secret of that pair.
	SpacesSecretKey Secret `json:"spacesSecretKey" jsonschema:"required"`
	// ACMEDNSToken is the token that cert-manager answers DNS-01 challenges with.
	// It lives in the cluster, so it should be limited to domains.
	ACMEDNSToken Secret `json:"acmeDnsToken" jsonschema:"required"`
	// SMTPUsername logs in to the mail relay. It is needed unless
	// mastodon.smtp.authMethod is "none".
	SMTPUsername Secret `json:"smtpUsername"`
	// SMTPPassword goes with it.
	SMTPPassword Secret `json:"smtpPassword"`
	// SlackWebhook is the URL that takes the alerts for monitoring.slackChannel. It
	// is needed when that is set.
	SlackWebhook Secret `json:"slackWebhook"`
	// NetlifyToken is a personal access token of a member of the site's team. It is
	// needed when docs.enabled is true.
	NetlifyToken Secret `json:"netlifyToken"`
	// DocsVariables are the values of the secret variables of docs.variables, by
	// name.
	DocsVariables map[string]Secret `json:"docsVariables"`
	// Mastodon are the keys of an instance that already lives. All of them or
	// none: without them, new ones are generated once and kept.
	Mastodon *MastodonSecrets `json:"mastodon"`
	// Environment are further environment variables of web, Sidekiq and the jobs
	// that are secret, such as DEEPL_API_KEY.
	Environment map[string]Secret `json:"environment"`
}

// MastodonSecrets are the keys that a Mastodon instance can never change.
type MastodonSecrets struct {
	// SecretKeyBase is SECRET_KEY_BASE, at least 64 characters.
	SecretKeyBase Secret `json:"secretKeyBase" jsonschema:"required"`
	// VAPIDPrivateKey is VAPID_PRIVATE_KEY, half of the Web Push pair: a P-256 key,
	// 32 bytes in URL-safe base64.
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
