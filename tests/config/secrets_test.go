package config_test

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

	"github.com/vmstio/infrastructure/infra/config"
)

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
	for _, test := range []struct {
		snippet string
		want    []string
	}{
		{``, append(always[:4:4], "smtpUsername", "smtpPassword")},
		{`{mastodon: {smtp: {authMethod: none}}}`, always},
		{`{mastodon: {smtp: {authMethod: none}}, monitoring: {slackChannel: "#ops"}}`, append(always[:4:4], "slackWebhook")},
	} {
		settings, _, err := config.Decode(base(t, test.snippet), secrets(t, `{slackWebhook: "https://hooks.example.org/x"}`))
		require.NoError(t, err)
		assert.Equal(t, test.want, config.SecretNames(settings))
	}
}

// What SecretNames lists is exactly what decoding misses.
func TestSecretNamesAreWhatIsMissing(t *testing.T) {
	t.Parallel()
	for _, stack := range stacks() {
		settings := toJSON(t, stackConfig(t, stack)["vmst:settings"])
		for _, none := range []string{"", "{}"} {
			assert.ElementsMatch(t, missing(config.SecretNames(stackSettings(t, stack))...), problems(t, settings, none))
		}
	}
}

func TestBadSecrets(t *testing.T) {
	t.Parallel()
	private, public := vapid(t)
	_, otherPublic := vapid(t)
	long := strings.Repeat("k", 64)
	group := func(private, public string) string {
		return fmt.Sprintf(`{mastodon: {secretKeyBase: %s, vapidPrivateKey: %q, vapidPublicKey: %q,
			activeRecordPrimaryKey: %s, activeRecordDeterministicKey: %s, activeRecordKeyDerivationSalt: %s}}`,
			long, private, public, long, long, long)
	}
	tests := []struct {
		name, settings, secrets string
		want                    []string
	}{
		{"a living instance", "", group(private, public), nil},
		{"with padding", "", group(private+"=", public+"="), nil},
		{"some keys of a living instance", "", `{mastodon: {secretKeyBase: ` + long + `}}`, missing("mastodon.activeRecordDeterministicKey",
			"mastodon.activeRecordKeyDerivationSalt", "mastodon.activeRecordPrimaryKey", "mastodon.vapidPrivateKey", "mastodon.vapidPublicKey")},
		{"short and wrong keys", "", `{mastodon: {secretKeyBase: hunter2, vapidPrivateKey: hunter2, vapidPublicKey: "?", activeRecordPrimaryKey: hunter2,
			activeRecordDeterministicKey: hunter2, activeRecordKeyDerivationSalt: hunter2hunter2}}`, []string{
			"vmst:secrets.mastodon.activeRecordDeterministicKey: the value is shorter than 12 characters; copy the whole key of the living instance",
			"vmst:secrets.mastodon.activeRecordKeyDerivationSalt: the value is shorter than 20 characters; copy the whole key of the living instance",
			"vmst:secrets.mastodon.activeRecordPrimaryKey: the value is shorter than 12 characters; copy the whole key of the living instance",
			"vmst:secrets.mastodon.secretKeyBase: the value is shorter than 64 characters; copy the whole key of the living instance",
			"vmst:secrets.mastodon.vapidPrivateKey: the value is not a P-256 private key; copy VAPID_PRIVATE_KEY: 32 bytes in URL-safe base64",
			"vmst:secrets.mastodon.vapidPublicKey: the value is not a P-256 public key; copy VAPID_PUBLIC_KEY: 65 bytes in URL-safe base64",
		}},
		{"keys of two instances", "", group(private, otherPublic), []string{
			"vmst:secrets.mastodon.vapidPublicKey: the value does not belong to vapidPrivateKey; copy both keys from the same instance",
		}},
		{"a webhook that is missing", `{monitoring: {slackChannel: "#ops"}}`, ``, missing("slackWebhook")},
		{"a webhook that is none", ``, `{slackWebhook: hunter2}`, []string{
			"vmst:secrets.slackWebhook: the value is not the address of a webhook; copy the URL that Slack shows for it; it starts with https://",
		}},
		{"a login that is missing", ``, `{smtpUsername: null, smtpPassword: ""}`, []string{
			"vmst:secrets.smtpPassword: the value is missing; " + set("smtpPassword"),
			"vmst:secrets.smtpUsername: the value is missing; " + set("smtpUsername"),
		}},
		{"copied with a line break", ``, `{digitalOceanToken: "hunter2\n"}`, []string{
			"vmst:secrets.digitalOceanToken: the value contains a space or a line break; " + set("digitalOceanToken") + ", without what was copied along with it",
		}},
		{"wrong types and unknown keys", ``, `{digitalOceanToken: 12345, smtpPasword: hunter2, acmeDnsToken: {secure: hunter2}, mastodon: hunter2}`, []string{
			"vmst:secrets.acmeDnsToken: the value is not a text; " + set("acmeDnsToken"),
			"vmst:secrets.digitalOceanToken: the value is not a text; " + set("digitalOceanToken"),
			"vmst:secrets.mastodon: the value is not a group of keys and values; add it with its keys secretKeyBase, vapidPrivateKey, " +
				"vapidPublicKey, activeRecordPrimaryKey, activeRecordDeterministicKey, activeRecordKeyDerivationSalt",
			`vmst:secrets.smtpPasword: the key is unknown; did you mean "smtpPassword"?`,
		}},
		{"secret variables", ``, `{environment: {DEEPL_API_KEY: hunter2, SMTP_PASSWORD: hunter2, lower: hunter2}}`, []string{
			"vmst:secrets.environment.SMTP_PASSWORD: the program sets this variable from other settings; remove it and change the setting it comes from",
			`vmst:secrets.environment.lower: "lower" is not the name of an environment variable; use capital letters, digits and underscores`,
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := problems(t, base(t, test.settings), secrets(t, test.secrets))
			assert.Equal(t, test.want, got)
			assert.NotContains(t, strings.Join(got, "\n"), "hunter2")
		})
	}
}

func TestBadSecretsObject(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`"hunter2"`, `hunter2`, `["hunter2"]`, `{"digitalOceanToken":"hunter2"`} {
		assert.Equal(t, []string{"vmst:secrets: the value is not a group of keys and values; add it with its keys " +
			"digitalOceanToken, spacesAccessId, spacesSecretKey, acmeDnsToken"}, problems(t, base(t, ""), text))
	}
}

func vapid(t *testing.T) (private, public string) {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	require.NoError(t, err)
	return base64.RawURLEncoding.EncodeToString(key.Bytes()), base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes())
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	t.Parallel()
	const value = "hunter2"
	_, decoded, err := config.Decode(base(t, ""), secrets(t, `{digitalOceanToken: hunter2, environment: {DEEPL_API_KEY: hunter2}}`))
	require.NoError(t, err)
	require.Equal(t, value, decoded.DigitalOceanToken.Reveal())
	require.Equal(t, value, decoded.Environment["DEEPL_API_KEY"].Reveal())

	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%b", "%p"} {
		for _, subject := range []any{decoded, *decoded, decoded.DigitalOceanToken, &decoded.DigitalOceanToken, decoded.Environment} {
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
	assert.Equal(failed, config.NewSecret(value), config.NewSecret("other"))
	assert.NotEmpty(t, failed.text)
	assert.NotContains(t, failed.text, value)
}

// recorder takes an assertion's failure.
type recorder struct{ text string }

func (r *recorder) Errorf(format string, args ...any) { r.text += fmt.Sprintf(format, args...) }

func TestSecret(t *testing.T) {
	t.Parallel()
	assert.False(t, config.NewSecret("").Set())
	assert.Empty(t, config.Secret{}.Reveal())
	assert.True(t, config.NewSecret("x").Set())
}
