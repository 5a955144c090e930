package mastodon

import (
	"maps"
	"net/url"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/settings"
)

// The names of environment variables are those of docs.joinmastodon.org, "Configuring your environment"; the chart's
// templates/_env.tpl sets most of them for the pods, and this file all of them for the Jobs.

// implicitTLS is the port of SMTP over TLS (RFC 8314).
const implicitTLS = 465

// common are the variables of every process that the chart has no value for.
func (a *Args) common() map[string]string {
	env := map[string]string{
		// Rails hands both to libpq, which then checks the certificate's name as well; the streaming server reads any
		// mode but "disable" and "no-verify" as that.
		"DB_SSLMODE":    "verify-full",
		"PGSSLROOTCERT": databaseCA,
		// Node trusts its own list and this file.
		"NODE_EXTRA_CA_CERTS": databaseCA,
		// The default driver, hiredis, does not speak TLS.
		"REDIS_DRIVER": "ruby",
	}
	if a.Search != nil && a.Search.CA != nil {
		env["ES_CA_FILE"] = searchCA
	}
	maps.Copy(env, a.Environment)
	return env
}

// environment is the whole configuration of a process outside the chart, secrets included. It goes to the database
// itself and not through the pool, where migrations fail: they need session state and prepared statements.
func (a *Args) environment(keys *Keys) pulumi.StringMap {
	env := pulumi.StringMap{
		"RAILS_ENV":              pulumi.String("production"),
		"LOCAL_DOMAIN":           pulumi.String(a.Domain),
		"DEFAULT_LOCALE":         pulumi.String(a.Locale),
		"SINGLE_USER_MODE":       pulumi.String(strconv.FormatBool(a.SingleUser)),
		"STREAMING_API_BASE_URL": pulumi.String(a.streamingURL()),

		"SECRET_KEY_BASE":                              keys.SecretKeyBase,
		"VAPID_PRIVATE_KEY":                            keys.VAPIDPrivateKey,
		"VAPID_PUBLIC_KEY":                             keys.VAPIDPublicKey,
		"ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY":         keys.ActiveRecordPrimaryKey,
		"ACTIVE_RECORD_ENCRYPTION_DETERMINISTIC_KEY":   keys.ActiveRecordDeterministicKey,
		"ACTIVE_RECORD_ENCRYPTION_KEY_DERIVATION_SALT": keys.ActiveRecordKeyDerivationSalt,

		"DB_HOST":             a.Database.Host,
		"DB_PORT":             text(a.Database.Port),
		"DB_NAME":             a.Database.Name,
		"DB_USER":             a.Database.Username,
		"DB_PASS":             a.Database.Password,
		"PREPARED_STATEMENTS": pulumi.String("true"),

		"REDIS_URL": a.Cache.url(),

		"S3_ENABLED":            pulumi.String("true"),
		"S3_PROTOCOL":           pulumi.String("https"),
		"S3_BUCKET":             a.Media.Name,
		"S3_REGION":             a.Media.Region,
		"S3_ENDPOINT":           a.Media.endpoint(),
		"S3_HOSTNAME":           a.Media.Endpoint,
		"S3_ALIAS_HOST":         a.Media.Host,
		"AWS_ACCESS_KEY_ID":     a.Media.AccessKey,
		"AWS_SECRET_ACCESS_KEY": a.Media.SecretKey,
		"CDN_HOST":              a.Assets.site(),

		"SMTP_SERVER":              pulumi.String(a.SMTP.Server),
		"SMTP_PORT":                pulumi.String(strconv.Itoa(a.SMTP.Port)),
		"SMTP_FROM_ADDRESS":        pulumi.String(a.SMTP.From),
		"SMTP_AUTH_METHOD":         pulumi.String(a.SMTP.AuthMethod),
		"SMTP_TLS":                 pulumi.String(strconv.FormatBool(a.smtpTLS())),
		"SMTP_ENABLE_STARTTLS":     pulumi.String(a.smtpStartTLS()),
		"SMTP_OPENSSL_VERIFY_MODE": pulumi.String("peer"),

		"ES_ENABLED": pulumi.String(strconv.FormatBool(a.Search != nil)),
	}
	if a.RailsCache != nil {
		env["CACHE_REDIS_URL"] = a.RailsCache.url()
	}
	if s := a.Search; s != nil {
		env["ES_HOST"] = pulumi.Sprintf("https://%s", s.Host)
		env["ES_PORT"] = text(s.Port)
		env["ES_USER"], env["ES_PASS"] = s.Username, s.Password
		env["ES_PRESET"] = pulumi.String(s.IndexPreset)
	}
	if a.SMTP.AuthMethod != settings.AuthNone {
		env["SMTP_LOGIN"], env["SMTP_PASSWORD"] = a.SMTPUsername, a.SMTPPassword
	}
	for name, value := range a.common() {
		env[name] = pulumi.String(value)
	}
	maps.Copy(env, a.SecretVariables)
	return env
}

func (a *Args) streamingURL() string { return "wss://" + a.StreamingHost }

// smtpTLS reports whether TLS comes before SMTP.
func (a *Args) smtpTLS() bool { return a.SMTP.Port == implicitTLS }

// smtpStartTLS is when to upgrade the connection. Mastodon refuses to combine an upgrade with TLS from the start, and
// "auto" would send the login in the clear to whoever strips the offer.
func (a *Args) smtpStartTLS() string {
	if a.smtpTLS() {
		return "never"
	}
	return "always"
}

// endpoint is the URL of the region's S3 API.
func (b Bucket) endpoint() pulumi.StringOutput { return pulumi.Sprintf("https://%s", b.Endpoint) }

// site is the URL that serves the bucket's files.
func (b Bucket) site() pulumi.StringOutput { return pulumi.Sprintf("https://%s", b.Host) }

// url is the URL with the password in it.
func (c Cache) url() pulumi.StringOutput { return c.urlWith(c.escapedPassword()) }

// urlWith is the URL with something else in the place of the password.
func (c Cache) urlWith(password pulumi.StringInput) pulumi.StringOutput {
	return pulumi.Sprintf("rediss://default:%s@%s:%d", password, c.Host, c.Port)
}

// escapedPassword is the password as it stands in a URL.
func (c Cache) escapedPassword() pulumi.StringOutput {
	return c.Password.ToStringOutput().ApplyT(func(password string) string {
		return strings.ReplaceAll(url.QueryEscape(password), "+", "%20")
	}).(pulumi.StringOutput)
}

func text(number pulumi.IntInput) pulumi.StringOutput {
	return number.ToIntOutput().ApplyT(strconv.Itoa).(pulumi.StringOutput)
}
