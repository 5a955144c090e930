package config

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

var variable = regexp.MustCompile(`^[A-Z_][A-Z0-9_]*$`)

// ownedVariables are the environment variables that the program sets from other
// settings, or whose prefix is theirs. A second value would contradict the first.
func ownedVariables() (names, prefixes []string) {
	names = []string{
		"CDN_HOST", "DATABASE_URL", "DEFAULT_LOCALE", "LOCAL_DOMAIN", "MAX_THREADS", "MIN_THREADS", "NODE_ENV",
		"NODE_EXTRA_CA_CERTS", "PORT", "PREPARED_STATEMENTS", "RAILS_ENV", "SECRET_KEY_BASE",
		"SIDEKIQ_CONCURRENCY", "SINGLE_USER_MODE", "SKIP_POST_DEPLOYMENT_MIGRATIONS",
		"STREAMING_API_BASE_URL", "TRUSTED_PROXY_IP", "WEB_CONCURRENCY", "WEB_DOMAIN",
	}
	prefixes = []string{
		"ACTIVE_RECORD_ENCRYPTION_", "AWS_", "CACHE_REDIS_", "DB_", "ES_", "REDIS_", "S3_", "SIDEKIQ_REDIS_", "SMTP_", "VAPID_",
	}
	return names, prefixes
}

// secretEndings are how the names of secret variables end.
func secretEndings() []string { return []string{"_KEY", "_SECRET", "_PASSWORD", "_TOKEN"} }

// checkEnvironment checks the names of further environment variables.
func (s *Settings) checkEnvironment(r *report) {
	path := settingsPath + ".mastodon.environment"
	for _, name := range slices.Sorted(maps.Keys(s.Mastodon.Environment)) {
		if !r.variable(path+"."+name, name) {
			continue
		}
		if slices.ContainsFunc(secretEndings(), func(end string) bool { return strings.HasSuffix(name, end) }) {
			r.add(path+"."+name, "the name is that of a secret, and this value can be read by everyone",
				"set it with `pulumi config set --secret --path '"+secretsPath+".environment."+name+"'`")
		}
	}
}

// variable reports a name that is not one of an environment variable, or that
// the program sets itself.
func (r *report) variable(path, name string) bool {
	if !r.match(path, name, variable, "the name of an environment variable", "use capital letters, digits and underscores") {
		return false
	}
	names, prefixes := ownedVariables()
	owned := slices.Contains(names, name) ||
		slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
	if owned {
		r.add(path, "the program sets this variable from other settings", "remove it and change the setting it comes from")
	}
	return !owned
}
