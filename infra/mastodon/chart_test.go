package mastodon_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/internal/managed"
	"github.com/vmstio/infrastructure/infra/mastodon"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/tests/mocks"
)

func chartValues(t *testing.T, args mastodon.Args) (mocks.Resource, func(path ...any) any) {
	t.Helper()
	chart := run(t, args).One(t, chartType, "mastodon-chart")
	return chart, func(path ...any) any { return chart.Input(append([]any{"values"}, path...)...) }
}

// A chart in a registry has an address, and no repository.
func TestChartFromARegistry(t *testing.T) {
	t.Parallel()
	args := arguments()
	args.Chart.Repository = "oci://ghcr.io/charts"
	chart, _ := chartValues(t, args)
	require.Equal(t, "oci://ghcr.io/charts/mastodon", chart.Input("chart"))
	require.Nil(t, chart.Input("repositoryOpts"))
}

func TestChart(t *testing.T) {
	t.Parallel()
	chart, value := chartValues(t, arguments())
	require.Equal(t, "mastodon", chart.Input("chart"))
	require.Equal(t, "1.0.2", chart.Input("version"))
	require.Equal(t, "https://charts.example.org", chart.Input("repositoryOpts", "repo"))
	require.Equal(t, "mastodon", chart.Input("name"))
	require.Equal(t, "social", chart.Input("namespace"))

	require.Equal(t, map[string]any{"repository": "ghcr.io/mastodon/mastodon", "tag": "v4.7.3"}, value("image"))
	require.Equal(t, "ghcr.io/mastodon/mastodon-streaming", value("mastodon", "streaming", "image", "repository"))
	require.Equal(t, "social.example.org", value("mastodon", "localDomain"))
	require.Equal(t, "wss://streaming.social.example.org", value("mastodon", "streaming", "baseUrl"))
	for _, hook := range []string{"dbPrepare", "dbMigrate", "deploySearch", "s3Upload"} {
		require.Equal(t, false, value("mastodon", "hooks", hook, "enabled"), hook)
	}
	require.Equal(t, map[string]any{"create": false, "name": "mastodon"}, value("serviceAccount"))
	require.Equal(t, true, value("podSecurityContext", "runAsNonRoot"))
	require.Equal(t, false, value("securityContext", "allowPrivilegeEscalation"))
	require.Equal(t, false, value("revisionPodAnnotation"))
}

func TestChartReadsSecretsByName(t *testing.T) {
	t.Parallel()
	_, value := chartValues(t, arguments())
	for name, path := range map[string][]any{
		"mastodon-keys": {"mastodon", "secrets"}, "mastodon-media": {"mastodon", "s3"},
		"mastodon-smtp": {"mastodon", "smtp"}, "mastodon-search": {"elasticsearch"},
		"mastodon-database": {"postgresql"}, "mastodon-valkey": {"redis"},
	} {
		require.Equal(t, name, value(append(path, "existingSecret")...))
	}
	require.Equal(t, "mastodon-valkey", value("redis", "cache", "existingSecret"))
	require.Equal(t, "cache-password", value("redis", "cache", "existingSecretKeys", "password"))
}

// Values of a chart are shown in previews and kept in the cluster by Helm, and so
// are ConfigMaps, the specs of Jobs and whatever a component puts out.
func TestKeepsSecretsInSecrets(t *testing.T) {
	t.Parallel()
	r := run(t, arguments())
	secrets := append([]string{}, hiddenTexts...)
	for _, value := range r.One(t, secretType, "mastodon-keys").Input("stringData").(map[string]any) {
		secrets = append(secrets, value.(string))
	}
	require.Len(t, secrets, len(hiddenTexts)+6)
	for _, res := range r.All() {
		if res.Type == secretType {
			continue
		}
		text := encode(t, res.Input())
		for i, secret := range secrets {
			// The secret itself stays out of the failure.
			require.False(t, len(secret) == 0 || strings.Contains(text, secret),
				"%s %s contains secret number %d", res.Type, res.Name, i)
		}
	}
	require.False(t, r.One(t, chartType, "mastodon-chart").Secret("values"),
		"the checksum is not a secret, so that the rest is not one")
}

func TestTraffic(t *testing.T) {
	t.Parallel()
	_, value := chartValues(t, arguments())

	require.Equal(t, "private-pool.example.org", value("postgresql", "hostname"))
	require.Equal(t, 25061.0, value("postgresql", "port"))
	require.Equal(t, "mastodon-pool", value("postgresql", "database"))
	require.Equal(t, false, value("postgresql", "preparedStatements"))
	require.Equal(t, map[string]any{
		"hostname": "private-db.example.org", "port": 25060.0, "database": "mastodon",
	}, value("postgresql", "direct"))

	for _, process := range []string{"web", "sidekiq", "streaming"} {
		env := value("mastodon", process, "extraEnvVars").(map[string]any)
		require.Equal(t, "rediss://default:$(REDIS_PASSWORD)@private-cache.example.org:25061",
			env["REDIS_URL"], process)
		require.Equal(t, "verify-full", env["DB_SSLMODE"], process)
		require.Equal(t, "/etc/mastodon/authorities/bundle.crt", env["PGSSLROOTCERT"], process)
		require.Equal(t, "/etc/mastodon/authorities/bundle.crt", env["NODE_EXTRA_CA_CERTS"], process)
		require.Equal(t, "20", env["MAX_SESSION_ACTIVATIONS"], process)
		if process == "streaming" {
			require.Equal(t, "10", env["DB_POOL"])
			continue
		}
		require.Equal(t, "ruby", env["REDIS_DRIVER"], process)
		require.Equal(t, "rediss://default:$(CACHE_REDIS_PASSWORD)@private-rails.example.org:25071",
			env["CACHE_REDIS_URL"], process)
		require.Equal(t, "https://assets.example.org", env["CDN_HOST"], process)
		require.Equal(t, "/etc/mastodon/authorities/bundle.crt", env["SSL_CERT_FILE"], process)
		require.NotContains(t, env, "ES_CA_FILE", "each request would open a connection")
	}
	require.Equal(t, true, value("elasticsearch", "enabled"))
	require.Equal(t, true, value("elasticsearch", "tls"))
	require.Equal(t, "private-search.example.org", value("elasticsearch", "hostname"))
	require.Equal(t, "small_cluster", value("elasticsearch", "preset"))
	require.Equal(t, "https://nyc3.digitaloceanspaces.com", value("mastodon", "s3", "endpoint"))
	require.Equal(t, "cdn.example.org", value("mastodon", "s3", "aliasHost"))
	require.Equal(t, "always", value("mastodon", "smtp", "enableStartTls"))
	require.Equal(t, false, value("mastodon", "smtp", "tls"))
}

// Everything that connects to PostgreSQL checks its certificate in the way that is set.
func TestCertificateWithoutTheName(t *testing.T) {
	t.Parallel()
	args := arguments()
	for _, endpoint := range []*managed.Endpoint{&args.Database, args.Pool, &args.Admin} {
		endpoint.SSLMode = settings.VerifyCA
	}
	args.Environment["NODE_OPTIONS"] = "--max-old-space-size=300"
	r := run(t, args)
	require.Equal(t, "verify-ca", r.One(t, secretType, "mastodon-jobs").Input("stringData", "DB_SSLMODE"))
	require.Equal(t, "verify-ca", r.One(t, secretType, "mastodon-database-admin").Input("stringData", "PGSSLMODE"))
	variable := func(process, name string) any {
		return r.One(t, chartType, "mastodon-chart").Input("values", "mastodon", process, "extraEnvVars", name)
	}
	for _, process := range []string{"web", "sidekiq", "streaming"} {
		require.Equal(t, "verify-ca", variable(process, "DB_SSLMODE"), process)
	}
	require.Equal(t, "--max-old-space-size=300", variable("web", "NODE_OPTIONS"), "it has no Node")
	own, program, both := strings.Cut(variable("streaming", "NODE_OPTIONS").(string), " ")
	require.True(t, both)
	require.Equal(t, "--max-old-space-size=300", own)
	require.NotContains(t, program, " ", "Node takes it for the next option")

	delete(args.Environment, "NODE_OPTIONS")
	r = run(t, args)
	require.Equal(t, program, variable("streaming", "NODE_OPTIONS"))

	r = run(t, arguments())
	require.Nil(t, variable("streaming", "NODE_OPTIONS"), "Node checks all of it")
}

// Without a pool everything goes to the database, where prepared statements are safe.
func TestWithoutAPool(t *testing.T) {
	t.Parallel()
	args := arguments()
	args.Pool = nil
	_, value := chartValues(t, args)
	require.Equal(t, "private-db.example.org", value("postgresql", "hostname"))
	require.Equal(t, 25060.0, value("postgresql", "port"))
	require.Equal(t, "mastodon", value("postgresql", "database"))
	require.Equal(t, true, value("postgresql", "preparedStatements"))
	env := run(t, args).One(t, jobType, "mastodon-preflight").
		Input("spec", "template", "spec", "containers", 0, "env")
	require.Equal(t, []any{map[string]any{"name": "CDN_READY", "value": "true"}}, env)
}

// What a secret says wins wherever it is read: over the program's defaults as well, which pods have as plain values.
func TestSecretVariablesWin(t *testing.T) {
	t.Parallel()
	args := arguments()
	args.SecretVariables["S3_READ_TIMEOUT"] = hidden("11")
	r := run(t, args)
	require.Equal(t, "11", r.One(t, secretType, "mastodon-jobs").Input("stringData", "S3_READ_TIMEOUT"))
	for _, process := range []string{"web", "sidekiq", "streaming"} {
		env := r.One(t, chartType, "mastodon-chart").Input("values", "mastodon", process, "extraEnvVars")
		require.NotContains(t, env, "S3_READ_TIMEOUT", process)
		require.Equal(t, "7", env.(map[string]any)["S3_RETRY_LIMIT"], process)
	}
}

func TestWithoutTheOptionalParts(t *testing.T) {
	t.Parallel()
	args := arguments()
	args.RailsCache, args.Search = nil, nil
	args.SMTP.TLS, args.SMTP.AuthMethod, args.SMTPUsername, args.SMTPPassword = "implicit", "none", nil, nil
	r := run(t, args)
	chart := r.One(t, chartType, "mastodon-chart")
	require.Equal(t, false, chart.Input("values", "redis", "cache", "enabled"))
	require.Equal(t, false, chart.Input("values", "elasticsearch", "enabled"))
	require.Equal(t, true, chart.Input("values", "mastodon", "smtp", "tls"))
	require.Equal(t, "never", chart.Input("values", "mastodon", "smtp", "enableStartTls"),
		"Mastodon refuses STARTTLS over TLS")
	require.Nil(t, chart.Input("values", "mastodon", "web", "extraEnvVars", "CACHE_REDIS_URL"))
	require.Nil(t, chart.Input("values", "mastodon", "web", "extraEnvVars", "SSL_CERT_FILE"))
	require.Equal(t, map[string]any{"username": "", "password": ""},
		r.One(t, secretType, "mastodon-smtp").Input("stringData"))
	env := r.One(t, secretType, "mastodon-jobs").Input("stringData").(map[string]any)
	require.Equal(t, "false", env["ES_ENABLED"])
	require.NotContains(t, env, "SMTP_LOGIN")
}

func TestOwnValuesComeLast(t *testing.T) {
	t.Parallel()
	args := arguments()
	args.Values = settings.Values{"mastodon": map[string]any{
		"web": map[string]any{"persistentTimeout": "30"}, "logLevel": map[string]any{"rails": "warn"},
		"metrics": map[string]any{
			"prometheus": map[string]any{"enabled": false, "web": map[string]any{"detailed": true}},
		},
	}}
	_, value := chartValues(t, args)
	require.Equal(t, "30", value("mastodon", "web", "persistentTimeout"))
	require.Equal(t, 3.0, value("mastodon", "web", "replicas"), "what is beside it stays")
	require.Equal(t, "warn", value("mastodon", "logLevel", "rails"))
	require.Equal(t, map[string]any{
		"enabled": false, "web": map[string]any{"detailed": true}, "sidekiq": map[string]any{"detailed": true},
	}, value("mastodon", "metrics", "prometheus"))
}

func TestProcesses(t *testing.T) {
	t.Parallel()
	_, value := chartValues(t, arguments())
	require.Equal(t, 3.0, value("mastodon", "web", "replicas"))
	require.Equal(t, "2", value("mastodon", "web", "workers"))
	require.Equal(t, "5", value("mastodon", "web", "maxThreads"))
	require.Equal(t, map[string]any{
		"requests": map[string]any{"cpu": "500m", "memory": "1Gi"}, "limits": map[string]any{"memory": "2Gi"},
	}, value("mastodon", "web", "resources"))
	require.Equal(t, map[string]any{settings.PoolLabel: "general"}, value("mastodon", "web", "nodeSelector"))
	require.Nil(t, value("mastodon", "streaming", "nodeSelector"))
	for _, process := range []string{"web", "streaming"} {
		require.Equal(t, map[string]any{"maxSurge": 1.0, "maxUnavailable": 0.0},
			value("mastodon", process, "updateStrategy", "rollingUpdate"))
		spread := value("mastodon", process, "topologySpreadConstraints", 0).(map[string]any)
		require.Equal(t, "DoNotSchedule", spread["whenUnsatisfiable"])
		require.Equal(t, "kubernetes.io/hostname", spread["topologyKey"])
	}

	require.Equal(t, "Recreate", value("mastodon", "sidekiq", "updateStrategy", "type"),
		"two schedulers at once otherwise")
	require.Equal(t, true, value("mastodon", "sidekiq", "readinessProbe", "enabled"))
	workers := value("mastodon", "sidekiq", "workers").([]any)
	require.Len(t, workers, 3)
	schedulers := 0.0
	for i := range workers {
		for _, queue := range value("mastodon", "sidekiq", "workers", i, "queues").([]any) {
			if queue == "scheduler" {
				schedulers += value("mastodon", "sidekiq", "workers", i, "replicas").(float64)
			}
		}
	}
	require.Equal(t, 1.0, schedulers)
	require.Equal(t, 25.0, value("mastodon", "sidekiq", "workers", 1, "concurrency"))
	require.Equal(t, []any{"push,6", "ingress", "pull"}, value("mastodon", "sidekiq", "workers", 1, "queues"))
	require.Equal(t, map[string]any{settings.PoolLabel: "background"},
		value("mastodon", "sidekiq", "workers", 0, "nodeSelector"))
	require.Equal(t, "ScheduleAnyway",
		value("mastodon", "sidekiq", "workers", 0, "topologySpreadConstraints", 0, "whenUnsatisfiable"))
}

func TestIngress(t *testing.T) {
	t.Parallel()
	_, value := chartValues(t, arguments())
	require.Equal(t, false, value("httproute", "enabled"))
	for host, path := range map[string][]any{
		"social.example.org": {"ingress"}, "streaming.social.example.org": {"ingress", "streaming"},
	} {
		at := func(more ...any) any { return value(append(append([]any{}, path...), more...)...) }
		require.Equal(t, true, at("enabled"))
		require.Equal(t, "nginx", at("className"))
		require.Equal(t, "letsencrypt", at("annotations", "cert-manager.io/cluster-issuer"))
		require.Equal(t, []any{map[string]any{
			"host": host, "paths": []any{map[string]any{"path": "/", "pathType": "Prefix"}},
		}}, at("hosts"))
		require.Equal(t, []any{host}, at("tls", 0, "hosts"))
	}
	require.NotEqual(t, value("ingress", "tls", 0, "secretName"), value("ingress", "streaming", "tls", 0, "secretName"))
	const nginx = "nginx.ingress.kubernetes.io/"
	require.Equal(t, "300m", value("ingress", "annotations", nginx+"proxy-body-size"), "the ingress controller's")
	require.Equal(t, "3600", value("ingress", "streaming", "annotations", nginx+"proxy-read-timeout"))
	require.Equal(t, "off", value("ingress", "streaming", "annotations", nginx+"proxy-buffering"))
	require.Equal(t, "120", value("ingress", "annotations", nginx+"proxy-read-timeout"))
	require.Equal(t, "on", value("ingress", "annotations", nginx+"proxy-buffering"))

	args := arguments()
	args.Delegated = false
	_, value = chartValues(t, args)
	for _, annotations := range []any{value("ingress", "annotations"), value("ingress", "streaming", "annotations")} {
		require.NotContains(t, annotations, "cert-manager.io/cluster-issuer", "no certificate can be had yet")
	}
}

func TestRollsPodsWhenWhatTheyReadChanges(t *testing.T) {
	t.Parallel()
	sum := func(change func(*mastodon.Args)) any {
		args := arguments()
		change(&args)
		_, value := chartValues(t, args)
		checksum := value("podAnnotations", "checksum/secrets")
		require.Regexp(t, "^[0-9a-f]{64}$", checksum)
		return checksum
	}
	same := sum(func(*mastodon.Args) {})
	require.Equal(t, same, sum(func(*mastodon.Args) {}))
	require.Equal(t, same, sum(func(a *mastodon.Args) { a.Admin.Password = hidden("other") }),
		"no pod reads it")
	for what, change := range map[string]func(*mastodon.Args){
		"mail password":     func(a *mastodon.Args) { a.SMTPPassword = hidden("other") },
		"database password": func(a *mastodon.Args) { a.Database.Password = hidden("other") },
		"Valkey password":   func(a *mastodon.Args) { a.Cache.Password = hidden("other") },
		"media key":         func(a *mastodon.Args) { a.Media.SecretKey = hidden("other") },
		"authority":         func(a *mastodon.Args) { a.Database.CA = text("other") },
	} {
		require.NotEqual(t, same, sum(change), what)
	}
}

func TestBudgets(t *testing.T) {
	t.Parallel()
	r := run(t, arguments())
	found := map[string]any{}
	for _, budget := range r.OfType(budgetType) {
		require.Equal(t, "social", budget.Input("metadata", "namespace"))
		require.Equal(t, 1.0, budget.Input("spec", "maxUnavailable"))
		labels := budget.Input("spec", "selector", "matchLabels").(map[string]any)
		require.Equal(t, "mastodon", labels["app.kubernetes.io/name"])
		require.Equal(t, "mastodon", labels["app.kubernetes.io/instance"])
		found[budget.Name] = labels["app.kubernetes.io/component"]
	}
	require.Equal(t, map[string]any{
		"mastodon-web": "web", "mastodon-streaming": "streaming",
		"mastodon-sidekiq-default": "sidekiq-default", "mastodon-sidekiq-federation": "sidekiq-federation",
	}, found, "a component of one pod needs none")
}
