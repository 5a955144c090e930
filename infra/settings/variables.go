package settings

import (
	"maps"
	"slices"
	"strings"

	"github.com/vmstio/infrastructure/infra/settings/internal/decode"
)

// Variable is an environment variable that the program decides: either by a setting, or for good.
type Variable struct {
	// Setting is what it comes from, as a path below vmst:settings, or from the beginning where it is none of these.
	Setting string
	// Why is the reason that no setting changes it.
	Why string
}

// Variables are the environment variables that the program decides, by their names. A second value would contradict the
// first. DATABASE_URL and its like are among them because they would win over what it sets, and those that the chart
// sets for one of its containers because Kubernetes refuses a variable that is there twice.
func Variables() map[string]Variable {
	from := map[string]Variable{}
	put := func(variable Variable, names string) {
		for _, name := range strings.Fields(names) {
			from[name] = variable
		}
	}
	setting := func(path, names string) { put(Variable{Setting: path}, names) }
	fixed := func(why, names string) { put(Variable{Why: why}, names) }
	const secrets = secretsPath
	setting("domain", "LOCAL_DOMAIN WEB_DOMAIN")
	setting("mastodon.locale", "DEFAULT_LOCALE")
	setting("mastodon.singleUser", "SINGLE_USER_MODE")
	setting("mastodon.streamingHost", "STREAMING_API_BASE_URL")
	setting("mastodon.web.processes", "WEB_CONCURRENCY")
	setting("mastodon.web.threads", "MAX_THREADS MIN_THREADS")
	setting("mastodon.sidekiq", "SIDEKIQ_CONCURRENCY")
	setting("mastodon.streaming.databaseConnections", "DB_POOL")
	setting("database", "DATABASE_URL DB_HOST DB_NAME DB_PASS DB_PORT DB_USER")
	setting("database.poolSize", "PREPARED_STATEMENTS")
	setting("database.tls", "DB_SSLMODE PGSSLMODE")
	setting("database.authority", "PGSSLROOTCERT")
	fixed("it would win over REPLICA_DB_HOST and its like, which may be set", "REPLICA_DATABASE_URL")
	// Each of the three can be told where Valkey is by many names (lib/mastodon/redis_configuration.rb).
	for prefix, path := range map[string]string{"": "cache", "SIDEKIQ_": "cache", "CACHE_": "cache.rails"} {
		prefix += "REDIS_"
		setting(path, prefix+"HOST "+prefix+"PASSWORD "+prefix+"PORT "+prefix+"URL "+prefix+"USER")
		fixed("it is a part of an address, and the program has the whole one (REDIS_URL, CACHE_REDIS_URL)",
			prefix+"DB "+prefix+"SENTINELS "+prefix+"SENTINEL_MASTER "+prefix+"SENTINEL_PASSWORD "+
				prefix+"SENTINEL_PORT "+prefix+"SENTINEL_USERNAME")
		fixed("of Mastodon's drivers, only ruby speaks TLS, and DigitalOcean's Valkey nothing else", prefix+"DRIVER")
		fixed("Mastodon has no namespaces in Valkey any more, and with REDIS_NAMESPACE it does not start",
			prefix+"NAMESPACE")
	}
	setting("search", "ES_ENABLED ES_HOST ES_PASS ES_PORT ES_PRESET ES_USER")
	setting("storage", "AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY CDN_HOST S3_ALIAS_HOST S3_BUCKET S3_ENABLED "+
		"S3_ENDPOINT S3_HOSTNAME S3_PROTOCOL S3_REGION")
	setting("mastodon.smtp", "SMTP_AUTH_METHOD SMTP_FROM_ADDRESS SMTP_PORT SMTP_SERVER")
	setting("mastodon.smtp.tls", "SMTP_ENABLE_STARTTLS SMTP_TLS")
	fixed("the relay's certificate is always checked: it gets the login, and the links of password mails",
		"SMTP_OPENSSL_VERIFY_MODE")
	setting(secrets+".smtpUsername", "SMTP_LOGIN")
	setting(secrets+".smtpPassword", "SMTP_PASSWORD")
	setting(secrets+".mastodon", "ACTIVE_RECORD_ENCRYPTION_DETERMINISTIC_KEY "+
		"ACTIVE_RECORD_ENCRYPTION_KEY_DERIVATION_SALT ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY SECRET_KEY_BASE "+
		"VAPID_PRIVATE_KEY VAPID_PUBLIC_KEY")
	setting("mastodon.values (mastodon.web.persistentTimeout)", "PERSISTENT_TIMEOUT")
	setting("mastodon.values (mastodon.metrics.prometheus)", "MASTODON_PROMETHEUS_EXPORTER_ENABLED "+
		"MASTODON_PROMETHEUS_EXPORTER_HOST MASTODON_PROMETHEUS_EXPORTER_LOCAL MASTODON_PROMETHEUS_EXPORTER_PORT "+
		"MASTODON_PROMETHEUS_EXPORTER_SIDEKIQ_DETAILED_METRICS MASTODON_PROMETHEUS_EXPORTER_WEB_DETAILED_METRICS "+
		"PROMETHEUS_EXPORTER_HOST PROMETHEUS_EXPORTER_PORT")
	fixed("it is the file of all authorities that a database's certificate may be of", "NODE_EXTRA_CA_CERTS "+
		"SSL_CERT_FILE")
	fixed("the authority of the search is in SSL_CERT_FILE; with this, each request opens another connection",
		"ES_CA_FILE")
	fixed("every process is one of production", "NODE_ENV RAILS_ENV")
	fixed("Kubernetes asks for each process at the chart's port", "PORT")
	fixed("the one Job that needs it sets it; for all of them, a version would never be finished",
		"SKIP_POST_DEPLOYMENT_MIGRATIONS")
	fixed("a wrong one lets anybody forge the address of a client", "TRUSTED_PROXY_IP")
	return from
}

// Names of the variables that Mastodon 4.7 reads besides those of [Variables], and that what it is built on reads: the
// S3 client, Ruby, Node. Those that begin with OTEL_ are OpenTelemetry's.
//
// Source: github.com/mastodon/mastodon, lib/mastodon/configuration/annotations.yml at 7bfd95a, and its release notes of
// 4.7.0 (ES_QUERY_TIMEOUT); docs.aws.amazon.com/sdkref, "Data Integrity Protections for Amazon S3".
const (
	readVariables = `
ALLOWED_PRIVATE_ADDRESSES ALLOW_ACCESS_TO_HIDDEN_SERVICE ALLOW_UNSAFE_AUTH_PROVIDER_REATTACH ALTERNATE_DOMAINS
AUTHORIZED_FETCH AWS_REQUEST_CHECKSUM_CALCULATION AWS_RESPONSE_CHECKSUM_VALIDATION AZURE_ALIAS_HOST AZURE_CONTAINER_NAME
AZURE_ENABLED AZURE_STORAGE_ACCOUNT BACKTRACE BIND BULK_SMTP_AUTH_METHOD BULK_SMTP_CA_FILE BULK_SMTP_DOMAIN
BULK_SMTP_ENABLE_STARTTLS BULK_SMTP_ENABLE_STARTTLS_AUTO BULK_SMTP_LOGIN BULK_SMTP_OPENSSL_VERIFY_MODE BULK_SMTP_PORT
BULK_SMTP_SERVER BULK_SMTP_SSL BULK_SMTP_TLS BUNDLE_GEMFILE CACHE_BUSTER_ENABLED CACHE_BUSTER_HTTP_METHOD
CACHE_BUSTER_SECRET_HEADER CAS_CALLBACK_URL CAS_CA_PATH CAS_DISABLE_SSL_VERIFICATION CAS_DISPLAY_NAME CAS_EMAIL_KEY
CAS_ENABLED CAS_FIRST_NAME_KEY CAS_HOST CAS_IMAGE_KEY CAS_LAST_NAME_KEY CAS_LOCATION_KEY CAS_LOGIN_URL CAS_LOGOUT_URL
CAS_NAME_KEY CAS_NICKNAME_KEY CAS_PHONE_KEY CAS_PORT CAS_SECURITY_ASSUME_EMAIL_IS_VERIFIED CAS_SSL CAS_UID_FIELD
CAS_UID_KEY CAS_URL CAS_VALIDATE_URL DEEPL_PLAN DISABLE_AUTOMATIC_SWITCHING_TO_APPROVED_REGISTRATIONS
DISABLE_EMAIL_SUBSCRIPTIONS DISABLE_FOLLOWERS_SYNCHRONIZATION DISALLOW_UNAUTHENTICATED_API_ACCESS
DONATION_CAMPAIGNS_ENVIRONMENT DONATION_CAMPAIGNS_URL EMAIL_DOMAIN_ALLOWLIST EMAIL_DOMAIN_DENYLIST
EMAIL_DOMAIN_LISTS_APPLY_AFTER_CONFIRMATION ES_PREFIX ES_QUERY_TIMEOUT EXPERIMENTAL_FEATURES EXTRA_MEDIA_HOSTS
FFMPEG_BINARY FFPROBE_BINARY FORCE_DEFAULT_LOCALE GITHUB_REPOSITORY HCAPTCHA_SITE_KEY IP_RETENTION_PERIOD LDAP_BASE
LDAP_BIND_DN LDAP_ENABLED LDAP_HOST LDAP_MAIL LDAP_METHOD LDAP_PORT LDAP_SEARCH_FILTER LDAP_TLS_NO_VERIFY LDAP_UID
LDAP_UID_CONVERSION_ENABLED LDAP_UID_CONVERSION_REPLACE LDAP_UID_CONVERSION_SEARCH LD_PRELOAD LIBRE_TRANSLATE_ENDPOINT
LIMITED_FEDERATION_MODE LOCAL_HTTPS LOG_LEVEL MALLOC_ARENA_MAX MALLOC_CONF MASTODON_SIDEKIQ_READY_FILENAME
MASTODON_USE_LIBVIPS MASTODON_VERSION_METADATA MASTODON_VERSION_PRERELEASE MAX_FOLLOWS_RATIO MAX_FOLLOWS_THRESHOLD
MAX_REQUEST_POOL_SIZE MAX_SESSION_ACTIVATIONS NODE_OPTIONS OIDC_AUTH_ENDPOINT OIDC_CLIENT_AUTH_METHOD OIDC_CLIENT_ID
OIDC_DISCOVERY OIDC_DISPLAY OIDC_DISPLAY_NAME OIDC_ENABLED OIDC_END_SESSION_ENDPOINT OIDC_HOST OIDC_HTTP_SCHEME
OIDC_IDP_LOGOUT_REDIRECT_URI OIDC_ISSUER OIDC_JWKS_URI OIDC_PORT OIDC_PROMPT OIDC_REDIRECT_URI OIDC_RESPONSE_MODE
OIDC_RESPONSE_TYPE OIDC_SCOPE OIDC_SECURITY_ASSUME_EMAIL_IS_VERIFIED OIDC_SEND_NONCE OIDC_SEND_SCOPE_TO_TOKEN_ENDPOINT
OIDC_TOKEN_ENDPOINT OIDC_UID_FIELD OIDC_USER_INFO_ENDPOINT OIDC_USE_PKCE OMNIAUTH_ONLY ONE_CLICK_SSO_LOGIN
PAM_CONTROLLED_SERVICE PAM_DEFAULT_SERVICE PAM_EMAIL_DOMAIN PAM_ENABLED PAPERCLIP_ROOT_PATH PAPERCLIP_ROOT_URL PATH
PROXY_PROTO_V1 QUERY_LOG_TAGS_ENABLED RAILS_LOG_LEVEL RAILS_SERVE_STATIC_FILES REPLICA_DB_HOST REPLICA_DB_NAME
REPLICA_DB_PORT REPLICA_DB_TASKS REPLICA_DB_USER REPLICA_PREPARED_STATEMENTS RUBYOPT RUBY_YJIT_ENABLE
S3_BATCH_DELETE_LIMIT S3_BATCH_DELETE_RETRY S3_CLOUDFRONT_HOST S3_ENABLE_CHECKSUM_MODE S3_FORCE_SINGLE_REQUEST
S3_KEY_PREFIX S3_MULTIPART_THRESHOLD S3_OPEN_TIMEOUT S3_OVERRIDE_PATH_STYLE S3_PERMISSION S3_READ_TIMEOUT S3_RETRY_LIMIT
S3_SIGNATURE_VERSION S3_STORAGE_CLASS SAML_ACS_URL SAML_ALLOWED_CLOCK_DRIFT SAML_ATTRIBUTES_STATEMENTS_EMAIL
SAML_ATTRIBUTES_STATEMENTS_FIRST_NAME SAML_ATTRIBUTES_STATEMENTS_FULL_NAME SAML_ATTRIBUTES_STATEMENTS_LAST_NAME
SAML_ATTRIBUTES_STATEMENTS_UID SAML_ATTRIBUTES_STATEMENTS_VERIFIED SAML_ATTRIBUTES_STATEMENTS_VERIFIED_EMAIL SAML_CERT
SAML_DISPLAY_NAME SAML_ENABLED SAML_IDP_CERT SAML_IDP_CERT_FINGERPRINT SAML_IDP_CERT_FINGERPRINT_VALIDATOR
SAML_IDP_SSO_TARGET_PARAMS SAML_IDP_SSO_TARGET_URL SAML_ISSUER SAML_NAME_IDENTIFIER_FORMAT
SAML_SECURITY_ASSUME_EMAIL_IS_VERIFIED SAML_SECURITY_WANT_ASSERTION_ENCRYPTED SAML_SECURITY_WANT_ASSERTION_SIGNED
SAML_UID_ATTRIBUTE SELF_DESTRUCT SENDFILE_HEADER SESSION_RETENTION_PERIOD SMTP_CA_FILE SMTP_DELIVERY_METHOD SMTP_DOMAIN
SMTP_ENABLE_STARTTLS_AUTO SMTP_REPLY_TO SMTP_RETURN_PATH SMTP_SSL SOCKET SOURCE_BASE_URL SOURCE_COMMIT SOURCE_TAG
SSO_ACCOUNT_SETTINGS SSO_ACCOUNT_SIGN_UP SWIFT_AUTH_URL SWIFT_CACHE_TTL SWIFT_CONTAINER SWIFT_DOMAIN_NAME SWIFT_ENABLED
SWIFT_OBJECT_URL SWIFT_PROJECT_ID SWIFT_REGION SWIFT_TENANT SWIFT_USERNAME TZ UPDATE_CHECK_URL USER_ACTIVE_DAYS
VIPS_BLOCK_UNTRUSTED http_hidden_proxy http_proxy`
	secretVariables = `
AZURE_STORAGE_ACCESS_KEY BULK_SMTP_PASSWORD CACHE_BUSTER_SECRET DEEPL_API_KEY GITHUB_API_TOKEN HCAPTCHA_SECRET_KEY
LDAP_PASSWORD LIBRE_TRANSLATE_API_KEY OIDC_CLIENT_SECRET OTP_SECRET REPLICA_DB_PASS SAML_PRIVATE_KEY SWIFT_PASSWORD
SWIFT_TEMP_URL_KEY`
	// removedVariables did something in an earlier version.
	removedVariables = `
EMAIL_DOMAIN_BLACKLIST EMAIL_DOMAIN_WHITELIST FETCH_REPLIES_COOLDOWN_MINUTES FETCH_REPLIES_ENABLED
FETCH_REPLIES_INITIAL_WAIT_MINUTES FETCH_REPLIES_MAX_GLOBAL FETCH_REPLIES_MAX_PAGES FETCH_REPLIES_MAX_SINGLE STATSD_ADDR
STATSD_NAMESPACE STATSD_SIDEKIQ STREAMING_CLUSTER_NUM WHITELIST_MODE`
)

var (
	known = slices.Concat(strings.Fields(readVariables), strings.Fields(secretVariables),
		slices.Sorted(maps.Keys(Variables())))
	secretNames  = strings.Fields(secretVariables)
	removedNames = strings.Fields(removedVariables)
)

// checkVariable reports a name that is not one of an environment variable, or that the program sets itself.
func checkVariable(at At, name string) bool {
	if !at.Is(name, "variable") {
		return false
	}
	variable, owned := Variables()[name]
	switch {
	case variable.Setting != "":
		at.Add("the variable comes from "+variable.Setting, "remove it; what it is to be is decided there")
	case owned:
		at.Add("no setting changes the variable: "+variable.Why, "remove it")
	}
	return !owned
}

// isSecretVariable reports whether the value of a variable of Mastodon is secret: what Mastodon says, or, of one that
// it does not know, what the name says.
func isSecretVariable(name string) bool {
	return slices.Contains(secretNames, name) || !slices.Contains(known, name) && namesSecret(name)
}

// namesSecret reports whether a variable's name is that of a secret.
func namesSecret(name string) bool {
	return slices.ContainsFunc([]string{"_KEY", "_SECRET", "_PASSWORD", "_TOKEN"}, func(end string) bool {
		return strings.HasSuffix(name, end)
	})
}

// warnOfVariables names variables that Mastodon does not read. A fork may: nothing forbids them.
func warnOfVariables[T any](w warn, path string, variables map[string]T) {
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		switch near := decode.Nearest(name, known); {
		case slices.Contains(known, name) || strings.HasPrefix(name, "OTEL_"):
		case slices.Contains(removedNames, name):
			w(path+"."+name, "Mastodon does not read it any more", "remove it")
		case near != "":
			w(path+"."+name, "Mastodon reads no such variable", "did you mean "+near+"?")
		default:
			w(path+"."+name, "Mastodon reads no such variable", "remove it, unless your image does")
		}
	}
}
