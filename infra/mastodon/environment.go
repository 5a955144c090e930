package mastodon

import (
	"maps"
	"net/url"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/internal/managed"
	"github.com/vmstio/infrastructure/infra/settings"
)

// The names of environment variables are those of docs.joinmastodon.org, "Configuring your environment"; the chart's
// templates/_env.tpl sets most of them for the pods, and this file all of them for the Jobs.

// patience are variables that a person may set otherwise. Mastodon waits 5 seconds for object storage and never tries
// again (config/initializers/paperclip.rb), while the buckets are in another region than the pods: these are the
// defaults of the S3 client itself (aws-sdk-core). The checksums that newer ones add to each request are left to those
// operations that need one, since stores that are not Amazon's have refused uploads because of them
// (github.com/mastodon/mastodon/issues/33624).
var patience = map[string]string{
	"S3_OPEN_TIMEOUT": "15", "S3_READ_TIMEOUT": "60", "S3_RETRY_LIMIT": "3",
	"AWS_REQUEST_CHECKSUM_CALCULATION": "when_required", "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
}

// common are the variables of every process that the chart has no value for.
func (a *Args) common() map[string]string {
	env := map[string]string{
		// Rails hands both to libpq. The streaming server reads any mode but "disable" and "no-verify" as verify-full
		// (streaming/database.js); see withoutName.
		"DB_SSLMODE":    a.Database.SSLMode,
		"PGSSLROOTCERT": a.trusted(),
		// Node trusts its own list and this file.
		"NODE_EXTRA_CA_CERTS": a.trusted(),
		// The default driver, hiredis, does not speak TLS.
		"REDIS_DRIVER": "ruby",
	}
	maps.Copy(env, patience)
	// What Ruby trusts, for the search, instead of ES_CA_FILE. A file of the client's own is read anew for each
	// request, into a store that then counts as another one, so that every request opens another connection
	// (faraday-httpclient 2.0.2, configure_ssl; httpclient 2.9.0, SSLConfig#add_trust_ca: change_notify). With the
	// bundle, 200 requests took 42 ms each and 200 connections; by its default, which OpenSSL reads here, 1.3 ms and
	// the one that was open.
	//
	// It counts for all else in Ruby that names no file, such as what is fetched from other servers (http.rb,
	// Connection#start_tls): all public authorities are in the bundle, and those of DigitalOcean's databases are
	// trusted there, too. PostgreSQL's library does not read it.
	if a.Search != nil {
		env["SSL_CERT_FILE"] = a.trusted()
	}
	maps.Copy(env, a.Environment)
	// In the pods these come from a Secret, over which every variable here would win.
	for name := range a.SecretVariables {
		delete(env, name)
	}
	return env
}

// withoutName has Node not compare the name in the certificate of the database, and of nothing else: that it is of a
// trusted authority is checked all the same. Nothing in Mastodon's configuration does: the streaming server tells
// node-postgres no more than whether to check (streaming/database.js), which then leaves all of it to Node, with
// DB_HOST as the name (brianc/node-postgres, packages/pg/lib/connection.js).
//
// --import is there from Node 18.18 on (nodejs.org/api/cli.html), and takes the whole module as an address.
const withoutName = `import tls from 'node:tls';const check=tls.checkServerIdentity;` +
	`tls.checkServerIdentity=(host,cert)=>host===process.env.DB_HOST?undefined:check(host,cert)`

// streaming are the variables of the streaming server that the chart has no value for.
func (a *Args) streaming() map[string]string {
	env := a.common()
	env["DB_POOL"] = strconv.Itoa(a.Streaming.DatabaseConnections)
	if a.Database.SSLMode == settings.VerifyCA {
		// Node reads options that are separated by spaces.
		env["NODE_OPTIONS"] = strings.TrimSpace(
			env["NODE_OPTIONS"] + " --import=data:text/javascript," + url.PathEscape(withoutName))
	}
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
		"DB_PORT":             pulumi.Sprintf("%d", a.Database.Port),
		"DB_NAME":             a.Database.Name,
		"DB_USER":             a.Database.Username,
		"DB_PASS":             a.Database.Password,
		"PREPARED_STATEMENTS": pulumi.String("true"),

		"REDIS_URL": urlOf(a.Cache),

		"S3_ENABLED":            pulumi.String("true"),
		"S3_PROTOCOL":           pulumi.String("https"),
		"S3_BUCKET":             a.Media.Name,
		"S3_REGION":             pulumi.String(a.Media.Region),
		"S3_ENDPOINT":           https(a.Media.Hostname()),
		"S3_HOSTNAME":           pulumi.String(a.Media.Hostname()),
		"S3_ALIAS_HOST":         pulumi.String(a.Media.Host),
		"AWS_ACCESS_KEY_ID":     a.Media.AccessKey,
		"AWS_SECRET_ACCESS_KEY": a.Media.SecretKey,
		"CDN_HOST":              https(a.Assets.Host),

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
		env["CACHE_REDIS_URL"] = urlOf(a.RailsCache.Endpoint)
	}
	if s := a.Search; s != nil {
		env["ES_HOST"] = pulumi.Sprintf("https://%s", s.Host)
		env["ES_PORT"] = pulumi.Sprintf("%d", s.Port)
		env["ES_USER"], env["ES_PASS"] = s.Username, s.Password
		env["ES_PRESET"] = pulumi.String(a.IndexPreset)
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
func (a *Args) smtpTLS() bool { return a.SMTP.TLS == settings.ImplicitTLS }

// smtpStartTLS is when to upgrade the connection. Mastodon refuses to combine an upgrade with TLS from the start, and
// "auto" would send the login in the clear to whoever strips the offer.
func (a *Args) smtpStartTLS() string {
	if a.smtpTLS() {
		return "never"
	}
	return "always"
}

// https is the URL of a host.
func https(host string) pulumi.String { return pulumi.String("https://" + host) }

// urlOf is the URL of a Valkey with the password in it.
func urlOf(valkey managed.Endpoint) pulumi.StringOutput {
	return urlWith(valkey, escapedPassword(valkey))
}

// urlWith is the URL with something else in the place of the password.
func urlWith(valkey managed.Endpoint, password pulumi.StringInput) pulumi.StringOutput {
	return pulumi.Sprintf("rediss://default:%s@%s:%d", password, valkey.Host, valkey.Port)
}

// escapedPassword is the password as it stands in a URL.
func escapedPassword(valkey managed.Endpoint) pulumi.StringOutput {
	return valkey.Password.ApplyT(func(password string) string {
		return strings.ReplaceAll(url.QueryEscape(password), "+", "%20")
	}).(pulumi.StringOutput)
}
