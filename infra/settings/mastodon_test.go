package settings_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/settings"
)

func TestBadMastodon(t *testing.T) {
	t.Parallel()
	refused(t, []bad{
		{"latest", `{mastodon: {image: {tag: latest}}}`, []string{
			`mastodon.image.tag: "latest" is not the tag of a version; name a version, such as v4.7.3, without the ` +
				`image's name or digest; latest would change without a change here`,
		}},
		{"a tag that moves", `{mastodon: {image: {tag: v4.7}}}`, []string{
			`mastodon.image.tag: "v4.7" names another version after each release; name one version, such as v4.7.3`,
		}},
		{"too old", `{mastodon: {image: {tag: v4.3.9}}}`, []string{
			`mastodon.image.tag: "v4.3.9" is older than the chart supports; use v4.4.0 or later`,
		}},
		{"no version", `{mastodon: {image: {tag: ""}}}`, []string{
			"mastodon.image.tag: the value is missing; set it to Mastodon's version, such as v4.7.3",
		}},
		{"digest of one of two images", `{mastodon: {image: {tag: "sha256:abc", repository: mastodon},
			streamingImage: "ghcr.io/mastodon/mastodon-streaming:v4"}}`, []string{
			`mastodon.image.repository: "mastodon" is not an image repository; write it with its registry and ` +
				`without a tag, such as ghcr.io/mastodon/mastodon`,
			`mastodon.image.tag: "sha256:abc" is not the tag of a version; name a version, such as v4.7.3, without ` +
				`the image's name or digest; latest would change without a change here`,
			`mastodon.streamingImage: "ghcr.io/mastodon/mastodon-streaming:v4" is not an image repository; write it ` +
				`with its registry and without a tag, such as ghcr.io/mastodon/mastodon`,
		}},
		{"language", `{mastodon: {locale: English}}`, []string{
			`mastodon.locale: "English" is not a language; write its code, such as en or pt-BR`,
		}},
		{"resources", `{mastodon: {web: {resources: {cpu: 500mi, memory: "512", memoryLimit: 2GB}},
			streaming: {resources: {memory: 1Gi, memoryLimit: 512Mi}}}}`, []string{
			`mastodon.streaming.resources.memoryLimit: "512Mi" is less than the request (1Gi); raise the limit or ` +
				`lower the request`,
			`mastodon.web.resources.cpu: "500mi" is not an amount of CPU; write cores or thousandths of one, such as ` +
				`"1" or 250m`,
			`mastodon.web.resources.memory: "512" is not an amount of memory; write it with its unit, such as 512Mi ` +
				`or 1.5Gi`,
			`mastodon.web.resources.memoryLimit: "2GB" is not an amount of memory; write it with its unit, such as ` +
				`512Mi or 1.5Gi`,
		}},
		{"mail", `{mastodon: {smtp: {server: smtp, port: 25, from: Mastodon, authMethod: ntlm}}}`, []string{
			`mastodon.smtp.authMethod: "ntlm" is not allowed; set it to plain, login, cram_md5 or none`,
			"mastodon.smtp.from: \"Mastodon\" is not a sender; write it as name@example.org or `Name " +
				"<name@example.org>`",
			"mastodon.smtp.port: DigitalOcean blocks 25 on all Droplets; use another port that the relay offers, " +
				"such as 2525 or 2587",
			`mastodon.smtp.server: "smtp" is not a host name; write a full name in lower case, without a scheme or a ` +
				`final dot, such as social.example.org`,
		}},
		{"no encryption", `{mastodon: {smtp: {tls: none}}}`, []string{
			`mastodon.smtp.tls: "none" is not allowed; set it to starttls or implicit`,
		}},
		{"encryption as a switch", `{mastodon: {smtp: {tls: true}}}`, []string{
			`mastodon.smtp.tls: true is not text (a string); set it to starttls or implicit`,
		}},
		{"ports that there are not", `{mastodon: {smtp: {port: 65536}}}`, []string{
			"mastodon.smtp.port: 65536 is out of range; set it to a whole number from 1 to 65535",
		}},
	})
}

func TestBadSidekiq(t *testing.T) {
	t.Parallel()
	refused(t, []bad{
		{"two schedulers", `{mastodon: {sidekiq: [{name: a, queues: [default, push, ingress, mailers, pull, scheduler,
			fasp], replicas: 1, threads: 5}, {name: b, queues: [scheduler], replicas: 1, threads: 5}]}}`, []string{
			"mastodon.sidekiq[1].queues: the queue scheduler is already in vmst:settings.mastodon.sidekiq[0]; leave " +
				"it in one group only",
		}},
		{"a scheduler with two replicas", `{mastodon: {sidekiq: [{name: a, queues: [default, push, ingress, mailers,
			pull, scheduler, fasp], replicas: 2, threads: 5}]}}`, []string{
			"mastodon.sidekiq[0].replicas: 2 replicas would run every periodic job 2 times; set it to 1, or move the " +
				"queue scheduler to a group of its own",
		}},
		{"queues that nobody works on", `{mastodon: {sidekiq: [{name: a, queues: ["default,8", "push,6", ingress, pull],
			replicas: 2, threads: 5}]}}`, []string{
			"mastodon.sidekiq: no group works on the queue mailers; add it to a group's queues",
			"mastodon.sidekiq: no group works on the queue scheduler; add it to a group's queues",
			"mastodon.sidekiq: no group works on the queue fasp; add it to a group's queues",
		}},
		{"no group", `{mastodon: {sidekiq: []}}`, []string{
			"mastodon.sidekiq: no group works on the queue default; add it to a group's queues",
			"mastodon.sidekiq: no group works on the queue push; add it to a group's queues",
			"mastodon.sidekiq: no group works on the queue ingress; add it to a group's queues",
			"mastodon.sidekiq: no group works on the queue mailers; add it to a group's queues",
			"mastodon.sidekiq: no group works on the queue pull; add it to a group's queues",
			"mastodon.sidekiq: no group works on the queue scheduler; add it to a group's queues",
			"mastodon.sidekiq: no group works on the queue fasp; add it to a group's queues",
		}},
		{"queue entries", `{mastodon: {sidekiq: [{name: a, queues: [default, push, ingress, mailers, pull, scheduler,
			fasp], replicas: 1, threads: 5}, {name: b, queues: [defaults, "push,0", "pull,1,2", mailers, "mailers,2"],
			replicas: 1, threads: 5}, {name: c, queues: [], replicas: 1, threads: 5}]}}`, []string{
			`mastodon.sidekiq[1].queues[0]: "defaults" is not a queue of Mastodon; did you mean "default"? Allowed: ` +
				`default, push, ingress, mailers, pull, scheduler, fasp`,
			`mastodon.sidekiq[1].queues[1]: "push,0" is not a queue with a weight; write it as default or ` +
				`"default,8", the weight from 1 to 99`,
			`mastodon.sidekiq[1].queues[2]: "pull,1,2" is not a queue with a weight; write it as default or ` +
				`"default,8", the weight from 1 to 99`,
			`mastodon.sidekiq[1].queues[4]: "mailers" is already used by ` +
				`vmst:settings.mastodon.sidekiq[1].queues[3]; use each value once`,
			"mastodon.sidekiq[2].queues: the list is empty; name at least one of default, push, ingress, mailers, " +
				"pull, scheduler, fasp",
		}},
		{"group names", `{mastodon: {sidekiq: [{name: all, queues: [default, push, ingress, mailers, pull, scheduler,
			fasp], replicas: 1, threads: 5}, {name: all, queues: [default], replicas: 1, threads: 5}, {name: Big One,
			queues: [default], replicas: 1, threads: 500}]}}`, []string{
			`mastodon.sidekiq[1].name: "all" is already used by vmst:settings.mastodon.sidekiq[0].name; use each ` +
				`value once`,
			`mastodon.sidekiq[2].name: "Big One" is not a group name; use at most 42 lower-case letters, digits and ` +
				`dashes`,
			"mastodon.sidekiq[2].threads: 500 is out of range; set it to a whole number from 1 to 100",
		}},
	})
}

func TestBadEnvironment(t *testing.T) {
	t.Parallel()
	refused(t, []bad{
		{"names", `{mastodon: {environment: {max-chars: "1", 1UP: "1"}}}`, []string{
			`mastodon.environment.1UP: "1UP" is not the name of an environment variable; use letters, digits and ` +
				`underscores`,
			`mastodon.environment.max-chars: "max-chars" is not the name of an environment variable; use letters, ` +
				`digits and underscores`,
		}},
		{"variables of the program", `{mastodon: {environment: {LOCAL_DOMAIN: x, DB_HOST: x, SECRET_KEY_BASE: x,
			PORT: x, SMTP_LOGIN: x}}}`, []string{
			"mastodon.environment.DB_HOST: the variable comes from database; remove it; what it is to be is decided " +
				"there",
			"mastodon.environment.LOCAL_DOMAIN: the variable comes from domain; remove it; what it is to be is " +
				"decided there",
			"mastodon.environment.PORT: no setting changes the variable: Kubernetes asks for each process at the " +
				"chart's port; remove it",
			"mastodon.environment.SECRET_KEY_BASE: the variable comes from vmst:secrets.mastodon; remove it; what it " +
				"is to be is decided there",
			"mastodon.environment.SMTP_LOGIN: the variable comes from vmst:secrets.smtpUsername; remove it; what it " +
				"is to be is decided there",
		}},
		{"other names of a server", `{mastodon: {environment: {REDIS_SENTINELS: x, CACHE_REDIS_HOST: x}}}`, []string{
			"mastodon.environment.CACHE_REDIS_HOST: the variable comes from cache.rails; remove it; what it is to be " +
				"is decided there",
			"mastodon.environment.REDIS_SENTINELS: no setting changes the variable: it is a part of an address, and " +
				"the program has the whole one (REDIS_URL, CACHE_REDIS_URL); remove it",
		}},
		{"names of secrets that nobody knows", `{mastodon: {environment: {FORK_KEY: x, FORK_SECRET: x,
			FORK_PASSWORD: x}}}`, []string{
			"mastodon.environment.FORK_KEY: the name is that of a secret, and this value can be read by everyone; " +
				"remove it, and set it with `pulumi config set --secret --path 'vmst:secrets.environment.FORK_KEY'`",
			"mastodon.environment.FORK_PASSWORD: the name is that of a secret, and this value can be read by " +
				"everyone; remove it, and set it with `pulumi config set --secret --path " +
				"'vmst:secrets.environment.FORK_PASSWORD'`",
			"mastodon.environment.FORK_SECRET: the name is that of a secret, and this value can be read by everyone; " +
				"remove it, and set it with `pulumi config set --secret --path 'vmst:secrets.environment.FORK_SECRET'`",
		}},
		{"variables of the chart's containers", `{mastodon: {environment: {PERSISTENT_TIMEOUT: "9"}}}`, []string{
			"mastodon.environment.PERSISTENT_TIMEOUT: the variable comes from mastodon.values " +
				"(mastodon.web.persistentTimeout); remove it; what it is to be is decided there",
		}},
		{"secrets in clear text", `{mastodon: {environment: {DEEPL_API_KEY: x, OTP_SECRET: x,
			FORK_TOKEN: x}}}`, []string{
			"mastodon.environment.DEEPL_API_KEY: the name is that of a secret, and this value can be read by " +
				"everyone; remove it, and set it with `pulumi config set --secret --path " +
				"'vmst:secrets.environment.DEEPL_API_KEY'`",
			"mastodon.environment.FORK_TOKEN: the name is that of a secret, and this value can be read by everyone; " +
				"remove it, and set it with `pulumi config set --secret --path 'vmst:secrets.environment.FORK_TOKEN'`",
			"mastodon.environment.OTP_SECRET: the name is that of a secret, and this value can be read by everyone; " +
				"remove it, and set it with `pulumi config set --secret --path 'vmst:secrets.environment.OTP_SECRET'`",
		}},
	})
}

func TestGoodMastodon(t *testing.T) {
	t.Parallel()
	accepted(t, map[string]string{
		"own build":          `{mastodon: {image: {repository: docker.io/vmstan/mastodon, tag: main-2026.11.01}}}`,
		"a later version":    `{mastodon: {image: {tag: v4.10.0-rc.1}}}`,
		"sender with a name": `{mastodon: {smtp: {from: "Социальная сеть <no-reply@example.org>", authMethod: none}}}`,
		"a language":         `{mastodon: {locale: zh-TW}}`,
		"upgraded TLS":       `{mastodon: {smtp: {tls: starttls, port: 2587}}}`,
		"TLS from the start": `{mastodon: {smtp: {tls: implicit, port: 2465}}}`,
		"variables": `{mastodon: {environment: {HCAPTCHA_SITE: x, MAX_TOOT_CHARS: "5000", _X: "",
			http_proxy: "http://127.0.0.1:8118",
			S3_RETRY_LIMIT: "5", AWS_REQUEST_CHECKSUM_CALCULATION: when_supported, SMTP_RETURN_PATH: a@example.org,
			HCAPTCHA_SITE_KEY: x, CAS_UID_KEY: uid, FORK_FLAG: x, FORK_KEYS: x, OTEL_EXPORTER_OTLP_ENDPOINT: x}}}`,
		"weights": `{mastodon: {sidekiq: [{name: a, queues: ["default,99", "push,1", ingress, mailers, pull],
			replicas: 3, threads: 100}, {name: b, queues: [scheduler, fasp], replicas: 1, threads: 1}]}}`,
		"the longest name of a group": `{mastodon: {sidekiq: [{name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,
			queues: [default, push, ingress, mailers, pull, scheduler, fasp], replicas: 1, threads: 1}]}}`,
	})
}

// Each variable that the program sets is refused, in both places, under the setting that it comes from.
func TestVariablesOfTheProgramAreRefused(t *testing.T) {
	t.Parallel()
	names := settings.Variables()
	require.Subset(t, slices.Collect(maps.Keys(names)), []string{
		"LOCAL_DOMAIN", "DB_HOST", "DATABASE_URL", "PGSSLROOTCERT", "REDIS_URL", "ES_HOST", "S3_BUCKET", "SMTP_SERVER",
		"SECRET_KEY_BASE", "TRUSTED_PROXY_IP",
	})
	environment := map[string]any{}
	var want []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		environment[name] = "x"
		path, why := names[name].Setting, names[name].Why
		require.NotEqual(t, path == "", why == "", "%s is decided by a setting or for good", name)
		said := "no setting changes the variable: " + why + "; remove it"
		if path != "" {
			said = "the variable comes from " + path + "; remove it; what it is to be is decided there"
		}
		want = append(want, "environment."+name+": "+said)
	}
	written := toJSON(t, map[string]any{"environment": environment})
	assert.Equal(t, under("vmst:settings.mastodon.", want),
		problems(t, base(t, `{mastodon: `+written+`}`), secrets(t, "")))
	assert.Equal(t, under("vmst:secrets.", want), problems(t, base(t, ""), secrets(t, written)))
}

// What is refused for good has a reason, and not a setting that has no such key.
func TestVariablesThatNoSettingChanges(t *testing.T) {
	t.Parallel()
	for name, why := range map[string]string{
		"SMTP_OPENSSL_VERIFY_MODE": "the relay's certificate is always checked",
		"REDIS_NAMESPACE":          "Mastodon has no namespaces in Valkey any more",
		"CACHE_REDIS_SENTINELS":    "it is a part of an address",
		"REDIS_DRIVER":             "only ruby speaks TLS",
		"ES_CA_FILE":               "each request opens another connection",
		"TRUSTED_PROXY_IP":         "lets anybody forge the address of a client",
	} {
		variable := settings.Variables()[name]
		assert.Empty(t, variable.Setting, name)
		assert.Contains(t, variable.Why, why, name)
	}
	for name, setting := range map[string]string{
		"DB_SSLMODE": "database.tls", "PGSSLROOTCERT": "database.authority", "SMTP_TLS": "mastodon.smtp.tls",
		"CACHE_REDIS_URL": "cache.rails", "SIDEKIQ_REDIS_HOST": "cache", "PREPARED_STATEMENTS": "database.poolSize",
	} {
		assert.Equal(t, settings.Variable{Setting: setting}, settings.Variables()[name], name)
	}
}

// DigitalOcean blocks all three ports of the mail standards (RFC 5321, RFC 6409, RFC 8314).
func TestBlockedPorts(t *testing.T) {
	t.Parallel()
	for _, port := range []string{"25", "465", "587"} {
		assert.Equal(t, under("vmst:settings.", []string{
			"mastodon.smtp.port: DigitalOcean blocks " + port + " on all Droplets; use another port that the relay " +
				"offers, such as 2525 or 2587",
		}), problems(t, base(t, `{mastodon: {smtp: {port: `+port+`}}}`), secrets(t, "")))
	}
}

func TestWarningsOfVariables(t *testing.T) {
	t.Parallel()
	s, hidden, err := settings.Decode(base(t, `{mastodon: {environment: {S3_RETRY_LIMT: "3", STATSD_ADDR: x,
		MAX_TOOT_CHARS: x, S3_RETRY_LIMIT: "3", OTEL_EXPORTER_OTLP_ENDPOINT: x, http_proxy: x, DEEPL_PLAN: x}}}`),
		secrets(t, `{environment: {DEEPL_APIKEY: hush, DEEPL_API_KEY: hush}}`))
	require.NoError(t, err)
	var got []string
	for _, warning := range append(s.Warnings(), hidden.Warnings(s)...) {
		if strings.Contains(warning.Path, "environment.") {
			got = append(got, warning.String())
		}
	}
	assert.Equal(t, []string{
		"vmst:settings.mastodon.environment.MAX_TOOT_CHARS: Mastodon reads no such variable; remove it, unless your " +
			"image does",
		"vmst:settings.mastodon.environment.S3_RETRY_LIMT: Mastodon reads no such variable; did you mean " +
			"S3_RETRY_LIMIT?",
		"vmst:settings.mastodon.environment.STATSD_ADDR: Mastodon does not read it any more; remove it",
		"vmst:secrets.environment.DEEPL_APIKEY: Mastodon reads no such variable; did you mean DEEPL_API_KEY?",
	}, got)
}
