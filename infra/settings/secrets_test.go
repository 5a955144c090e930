package settings_test

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/settings"
)

// set is how a secret is set.
func set(name string) string {
	return "set it with `pulumi config set --secret --path 'vmst:secrets." + name + "'`"
}

func missing(names ...string) []string {
	var lines []string
	for _, name := range names {
		lines = append(lines, "vmst:secrets."+name+": the value is missing; "+set(name))
	}
	return lines
}

func TestSecretNames(t *testing.T) {
	t.Parallel()
	always := []string{"digitalOceanToken", "spacesAccessId", "spacesSecretKey", "acmeDnsToken"}
	for change, more := range map[string][]string{
		``:                                       {"smtpUsername", "smtpPassword"},
		`{mastodon: {smtp: {authMethod: none}}}`: nil,
		`{mastodon: {smtp: {authMethod: none}}, monitoring: {slackChannel: "#ops"}}`: {"slackWebhook"},
	} {
		s, _, err := settings.Decode(base(t, change), secrets(t, `{slackWebhook: "https://hooks.example.org/x"}`))
		require.NoError(t, err)
		assert.Equal(t, append(always[:4:4], more...), settings.SecretNames(s))
	}
}

// What SecretNames lists is exactly what decoding misses.
func TestSecretNamesAreWhatIsMissing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{base(t, ""), production(t, "")} {
		for _, none := range []string{"", " ", "{}"} {
			assert.ElementsMatch(t, missing(settings.SecretNames(read(t, text))...), problems(t, text, none))
		}
	}
}

func vapid(t *testing.T) (private, public string) {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	require.NoError(t, err)
	encode := base64.RawURLEncoding.EncodeToString
	return encode(key.Bytes()), encode(key.PublicKey().Bytes())
}

func TestBadSecrets(t *testing.T) {
	t.Parallel()
	private, public := vapid(t)
	_, otherPublic := vapid(t)
	long := strings.Repeat("k", 64)
	instance := func(private, public string) string {
		return fmt.Sprintf(`{mastodon: {secretKeyBase: %s, vapidPrivateKey: %q, vapidPublicKey: %q,
			activeRecordPrimaryKey: %s, activeRecordDeterministicKey: %s, activeRecordKeyDerivationSalt: %s}}`,
			long, private, public, long, long, long)
	}
	const copied = "; copy the whole key of the living instance"
	for _, test := range []struct {
		name, change, secrets string
		want                  []string
	}{
		{"a living instance", "", instance(private, public), nil},
		{"with padding", "", instance(private+"=", public+"="), nil},
		{"some keys of a living instance", "", `{mastodon: {secretKeyBase: ` + long + `}}`, missing(
			"mastodon.activeRecordDeterministicKey", "mastodon.activeRecordKeyDerivationSalt",
			"mastodon.activeRecordPrimaryKey", "mastodon.vapidPrivateKey", "mastodon.vapidPublicKey")},
		{"short and wrong keys", "", `{mastodon: {secretKeyBase: hunter2, vapidPrivateKey: hunter2, vapidPublicKey: "?",
			activeRecordPrimaryKey: hunter2, activeRecordDeterministicKey: hunter2,
			activeRecordKeyDerivationSalt: hunter2hunter2}}`, under("vmst:secrets.mastodon.", []string{
			"activeRecordDeterministicKey: the value is shorter than 12 characters" + copied,
			"activeRecordKeyDerivationSalt: the value is shorter than 20 characters" + copied,
			"activeRecordPrimaryKey: the value is shorter than 12 characters" + copied,
			"secretKeyBase: the value is shorter than 64 characters" + copied,
			"vapidPrivateKey: the value is not a P-256 private key; copy VAPID_PRIVATE_KEY: 32 bytes in URL-safe " +
				"base64",
			"vapidPublicKey: the value is not a P-256 public key; copy VAPID_PUBLIC_KEY: 65 bytes in URL-safe base64",
		})},
		{"a key of backups", "", `{backupKey: ` + long[:32] + `}`, nil},
		{"a short key of backups", "", `{backupKey: hunter2hunter2hunter2hunter2hun}`, []string{
			"vmst:secrets.backupKey: the value is shorter than 32 characters" + copied,
		}},
		{"keys of two instances", "", instance(private, otherPublic), []string{
			"vmst:secrets.mastodon.vapidPublicKey: the value does not belong to vapidPrivateKey; copy both keys from " +
				"the same instance",
		}},
		{"a webhook that is missing", `{monitoring: {slackChannel: "#ops"}}`, ``, missing("slackWebhook")},
		{"a webhook that is none", ``, `{slackWebhook: hunter2}`, []string{
			"vmst:secrets.slackWebhook: the value is not the address of a webhook; copy the URL that Slack shows for " +
				"it; it starts with https://",
		}},
		{
			"a login that is missing", ``, `{smtpUsername: null, smtpPassword: ""}`,
			missing("smtpPassword", "smtpUsername"),
		},
		{"copied with a line break", ``, `{digitalOceanToken: "hunter2\n"}`, []string{
			"vmst:secrets.digitalOceanToken: the value contains a space or a line break; " + set("digitalOceanToken") +
				", without what was copied along with it",
		}},
		{"wrong types and unknown keys", ``, `{digitalOceanToken: 12345, smtpPasword: hunter2,
			acmeDnsToken: {secure: hunter2}, mastodon: hunter2, environment: [hunter2]}`, under("vmst:secrets.",
			[]string{
				"acmeDnsToken: the value is not text (a string); " + set("acmeDnsToken"),
				"digitalOceanToken: the value is not text (a string); " + set("digitalOceanToken"),
				"environment: the value is not a mapping; set it to a mapping, one `key: value` to a line",
				"mastodon: the value is not a mapping; set its keys secretKeyBase, vapidPrivateKey, vapidPublicKey, " +
					"activeRecordPrimaryKey, activeRecordDeterministicKey, activeRecordKeyDerivationSalt, each with " +
					"`pulumi config set --secret --path 'vmst:secrets.mastodon.<key>'`",
				`smtpPasword: the key is unknown; did you mean "smtpPassword"?`,
			})},
		{
			"secret variables", `{mastodon: {environment: {HCAPTCHA_SITE: x}}}`, `{environment: {DEEPL_API_KEY: hunter2,
			SMTP_PASSWORD: hunter2, with-dash: hunter2, HCAPTCHA_SITE: hunter2, EMPTY: null}}`,
			under("vmst:secrets.environment.", []string{
				"EMPTY: the value is not text (a string); " + set("environment.EMPTY"),
				"HCAPTCHA_SITE: the variable stands in vmst:settings.mastodon.environment as well; remove one of the " +
					"two",
				"SMTP_PASSWORD: the variable comes from vmst:secrets.smtpPassword; remove it; what it is to be is " +
					"decided there",
				`with-dash: "with-dash" is not the name of an environment variable; use letters, digits and ` +
					`underscores`,
			}),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := problems(t, base(t, test.change), secrets(t, test.secrets))
			assert.Equal(t, test.want, got)
			assert.NotContains(t, strings.Join(got, "\n"), "hunter2")
		})
	}
}

func TestBadSecretsObject(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`"hunter2"`, `hunter2`, `["hunter2"]`, `{"digitalOceanToken":"hunter2"`} {
		assert.Equal(t, []string{
			"vmst:secrets: the value is not a mapping; set its keys digitalOceanToken, spacesAccessId, " +
				"spacesSecretKey, acmeDnsToken, each with `pulumi config set --secret --path 'vmst:secrets.<key>'`",
		}, problems(t, base(t, ""), text))
	}
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	t.Parallel()
	const value = "hunter2"
	_, decoded, err := settings.Decode(base(t, ""),
		secrets(t, `{digitalOceanToken: hunter2, environment: {DEEPL_API_KEY: hunter2}}`))
	require.NoError(t, err)
	require.Equal(t, value, decoded.DigitalOceanToken.Reveal())
	require.Equal(t, value, decoded.Environment["DEEPL_API_KEY"].Reveal())

	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%b", "%p"} {
		for _, subject := range []any{
			decoded, *decoded, decoded.DigitalOceanToken, &decoded.DigitalOceanToken, decoded.Environment,
		} {
			text := fmt.Sprintf(verb, subject)
			assert.NotContains(t, text, value, verb)
			assert.NotContains(t, text, fmt.Sprintf("%x", value), verb)
		}
	}
	assert.Equal(t, "[secret]", fmt.Sprint(decoded.DigitalOceanToken))
	assert.Equal(t, "[secret]", decoded.DigitalOceanToken.String())
	text, err := json.Marshal(decoded)
	require.NoError(t, err)
	assert.NotContains(t, string(text), value)
	assert.Contains(t, string(text), `"digitalOceanToken":"[secret]"`)

	// Assertions dump what differs; they look into structs without asking.
	failed := &recorder{}
	assert.Equal(failed, settings.NewSecret(value), settings.NewSecret("other"))
	assert.NotEmpty(t, failed.text)
	assert.NotContains(t, failed.text, value)
}

// recorder takes an assertion's failure.
type recorder struct{ text string }

func (r *recorder) Errorf(format string, args ...any) { r.text += fmt.Sprintf(format, args...) }

func TestSecret(t *testing.T) {
	t.Parallel()
	assert.False(t, settings.NewSecret("").Set())
	assert.Empty(t, settings.Secret{}.Reveal())
	assert.True(t, settings.NewSecret("x").Set())
}
