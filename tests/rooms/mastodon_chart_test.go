package rooms_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/mastodon"
	"github.com/vmstio/infrastructure/tests/mocks"
)

func mastodonValues(t *testing.T, args mastodon.Args) (mocks.Resource, func(path ...any) any) {
	t.Helper()
	chart := runMastodon(t, args).One(t, mastodonChart, "mastodon-chart")
	return chart, func(path ...any) any { return chart.Input(append([]any{"values"}, path...)...) }
}

func TestMastodonChart(t *testing.T) {
	chart, value := mastodonValues(t, mastodonArgs())
	require.Equal(t, "mastodon", chart.Input("chart"))
	require.Equal(t, "1.0.2", chart.Input("version"))
	require.Equal(t, "https://charts.example.org", chart.Input("repositoryOpts", "repo"))
	require.Equal(t, "mastodon", chart.Input("name"))
	require.Equal(t, "social", chart.Input("namespace"))

	require.Equal(t, map[string]any{"repository": "ghcr.io/mastodon/mastodon", "tag": "v4.6.2"}, value("image"))
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

func TestMastodonChartReadsSecretsByName(t *testing.T) {
	_, value := mastodonValues(t, mastodonArgs())
	for name, path := range map[string][]any{
		"mastodon-keys": {"mastodon", "secrets"}, "mastodon-media": {"mastodon", "s3"}, "mastodon-smtp": {"mastodon", "smtp"},
		"mastodon-database": {"postgresql"}, "mastodon-valkey": {"redis"}, "mastodon-search": {"elasticsearch"},
	} {
		require.Equal(t, name, value(append(path, "existingSecret")...))
	}
	require.Equal(t, "mastodon-valkey", value("redis", "cache", "existingSecret"))
	require.Equal(t, "cache-password", value("redis", "cache", "existingSecretKeys", "password"))
}

// Values of a chart are shown in previews and kept in the cluster by Helm, and so
// are ConfigMaps, the specs of Jobs and whatever a component puts out.
func TestMastodonKeepsSecretsInSecrets(t *testing.T) {
	r := runMastodon(t, mastodonArgs())
	secrets := append([]string{}, mastodonSecrets...)
	for _, value := range r.One(t, mastodonSecret, "mastodon-keys").Input("stringData").(map[string]any) {
		secrets = append(secrets, value.(string))
	}
	require.Len(t, secrets, len(mastodonSecrets)+6)
	for _, res := range r.All() {
		if res.Type == mastodonSecret {
			continue
		}
		text := mastodonJSON(t, res.Input())
		for i, secret := range secrets {
			// The secret itself stays out of the failure.
			require.False(t, len(secret) == 0 || strings.Contains(text, secret), "%s %s contains secret number %d", res.Type, res.Name, i)
		}
	}
	require.False(t, r.One(t, mastodonChart, "mastodon-chart").Secret("values"), "the checksum is not a secret, so that the rest is not one")
}

func TestMastodonTraffic(t *testing.T) {
	_, value := mastodonValues(t, mastodonArgs())

	require.Equal(t, "private-pool.example.org", value("postgresql", "hostname"))
	require.Equal(t, 25061.0, value("postgresql", "port"))
	require.Equal(t, "mastodon-pool", value("postgresql", "database"))
	require.Equal(t, false, value("postgresql", "preparedStatements"))
	require.Equal(t, map[string]any{"hostname": "private-db.example.org", "port": 25060.0, "database": "mastodon"}, value("postgresql", "direct"))

	for _, process := range []string{"web", "sidekiq", "streaming"} {
		env := value("mastodon", process, "extraEnvVars").(map[string]any)
		require.Equal(t, "rediss://default:$(REDIS_PASSWORD)@private-cache.example.org:25061", env["REDIS_URL"], process)
		require.Equal(t, "verify-full", env["DB_SSLMODE"], process)
		require.Equal(t, "/etc/mastodon/authorities/database.crt", env["PGSSLROOTCERT"], process)
		require.Equal(t, "/etc/mastodon/authorities/database.crt", env["NODE_EXTRA_CA_CERTS"], process)
		require.Equal(t, "20", env["MAX_SESSION_ACTIVATIONS"], process)
		if process == "streaming" {
			require.Equal(t, "10", env["DB_POOL"])
			continue
		}
		require.Equal(t, "ruby", env["REDIS_DRIVER"], process)
		require.Equal(t, "rediss://default:$(CACHE_REDIS_PASSWORD)@private-rails.example.org:25071", env["CACHE_REDIS_URL"], process)
		require.Equal(t, "https://assets.example.org", env["CDN_HOST"], process)
		require.Equal(t, "/etc/mastodon/authorities/search.crt", env["ES_CA_FILE"], process)
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

func TestMastodonWithoutTheOptionalParts(t *testing.T) {
	args := mastodonArgs()
	args.RailsCache, args.Search, args.Database.Admin = nil, nil, nil
	args.SMTP.Port, args.SMTP.AuthMethod, args.SMTP.Username, args.SMTP.Password = 465, "none", nil, nil
	r := runMastodon(t, args)
	chart := r.One(t, mastodonChart, "mastodon-chart")
	require.Equal(t, false, chart.Input("values", "redis", "cache", "enabled"))
	require.Equal(t, false, chart.Input("values", "elasticsearch", "enabled"))
	require.Equal(t, true, chart.Input("values", "mastodon", "smtp", "tls"))
	require.Equal(t, "never", chart.Input("values", "mastodon", "smtp", "enableStartTls"), "Mastodon refuses STARTTLS over TLS")
	require.Nil(t, chart.Input("values", "mastodon", "web", "extraEnvVars", "CACHE_REDIS_URL"))
	require.Nil(t, chart.Input("values", "mastodon", "web", "extraEnvVars", "ES_CA_FILE"))
	require.Nil(t, r.One(t, mastodonJob, "mastodon-migrate-before").Input("spec", "template", "spec", "initContainers"))
	require.Equal(t, map[string]any{"username": "", "password": ""}, r.One(t, mastodonSecret, "mastodon-smtp").Input("stringData"))
	env := r.One(t, mastodonSecret, "mastodon-jobs").Input("stringData").(map[string]any)
	require.Equal(t, "false", env["ES_ENABLED"])
	require.NotContains(t, env, "SMTP_LOGIN")
}

func TestMastodonProcesses(t *testing.T) {
	_, value := mastodonValues(t, mastodonArgs())
	require.Equal(t, 3.0, value("mastodon", "web", "replicas"))
	require.Equal(t, "2", value("mastodon", "web", "workers"))
	require.Equal(t, "5", value("mastodon", "web", "maxThreads"))
	require.Equal(t, map[string]any{
		"requests": map[string]any{"cpu": "500m", "memory": "1Gi"}, "limits": map[string]any{"memory": "2Gi"},
	}, value("mastodon", "web", "resources"))
	require.Equal(t, map[string]any{"example.org/pool": "general"}, value("mastodon", "web", "nodeSelector"))
	require.Nil(t, value("mastodon", "streaming", "nodeSelector"))
	for _, process := range []string{"web", "streaming"} {
		require.Equal(t, map[string]any{"maxSurge": 1.0, "maxUnavailable": 0.0}, value("mastodon", process, "updateStrategy", "rollingUpdate"))
		require.Equal(t, "DoNotSchedule", value("mastodon", process, "topologySpreadConstraints", 0, "whenUnsatisfiable"))
		require.Equal(t, "kubernetes.io/hostname", value("mastodon", process, "topologySpreadConstraints", 0, "topologyKey"))
	}

	require.Equal(t, "Recreate", value("mastodon", "sidekiq", "updateStrategy", "type"), "two schedulers at once otherwise")
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
	require.Equal(t, map[string]any{"example.org/pool": "background"}, value("mastodon", "sidekiq", "workers", 0, "nodeSelector"))
}

func TestMastodonIngress(t *testing.T) {
	_, value := mastodonValues(t, mastodonArgs())
	require.Equal(t, false, value("httproute", "enabled"))
	for host, path := range map[string][]any{"social.example.org": {"ingress"}, "streaming.social.example.org": {"ingress", "streaming"}} {
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
	require.Equal(t, "99m", value("ingress", "annotations", "nginx.ingress.kubernetes.io/proxy-body-size"))
	require.Equal(t, "3600", value("ingress", "streaming", "annotations", "nginx.ingress.kubernetes.io/proxy-read-timeout"))
}

func TestMastodonRollsPodsWhenWhatTheyReadChanges(t *testing.T) {
	sum := func(change func(*mastodon.Args)) any {
		args := mastodonArgs()
		// The mocks make another VAPID key in every test binary, but one only.
		change(&args)
		_, value := mastodonValues(t, args)
		checksum := value("podAnnotations", "checksum/secrets")
		require.Regexp(t, "^[0-9a-f]{64}$", checksum)
		return checksum
	}
	same := sum(func(*mastodon.Args) {})
	require.Equal(t, same, sum(func(*mastodon.Args) {}))
	require.Equal(t, same, sum(func(a *mastodon.Args) { a.Database.Admin.Password = mastodonHidden("other") }), "no pod reads it")
	for what, change := range map[string]func(*mastodon.Args){
		"mail password":     func(a *mastodon.Args) { a.SMTP.Password = mastodonHidden("other") },
		"database password": func(a *mastodon.Args) { a.Database.Password = mastodonHidden("other") },
		"Valkey password":   func(a *mastodon.Args) { a.Cache.Password = mastodonHidden("other") },
		"media key":         func(a *mastodon.Args) { a.Media.SecretKey = mastodonHidden("other") },
		"authority":         func(a *mastodon.Args) { a.Database.CA = pulumi.String("other") },
	} {
		require.NotEqual(t, same, sum(change), what)
	}
}

func TestMastodonBudgets(t *testing.T) {
	r := runMastodon(t, mastodonArgs())
	found := map[string]any{}
	for _, budget := range r.OfType(mastodonBudget) {
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

func TestEquip(t *testing.T) {
	container := func(name string) pulumi.Map {
		return pulumi.Map{"name": pulumi.String(name), "volumeMounts": nil}
	}
	deployment := pulumi.Map{"kind": pulumi.String("Deployment"), "spec": pulumi.Map{
		"replicas": pulumi.Int(2),
		"template": pulumi.Map{"spec": pulumi.Map{
			"containers": pulumi.Array{container("web"), pulumi.Map{
				"name":         pulumi.String("exporter"),
				"volumeMounts": pulumi.Array{pulumi.Map{"name": pulumi.String("own")}},
			}},
			"volumes": pulumi.Array{pulumi.Map{"name": pulumi.String("own")}},
		}},
	}}
	before := mastodonJSON(t, deployment)
	mounted := mastodon.Equip(deployment)
	require.Equal(t, before, mastodonJSON(t, deployment), "the argument is left alone")

	volume := pulumi.Map{
		"name": pulumi.String("mastodon-authorities"), "configMap": pulumi.Map{"name": pulumi.String("mastodon-authorities")},
	}
	mount := pulumi.Map{
		"name": pulumi.String("mastodon-authorities"), "mountPath": pulumi.String("/etc/mastodon/authorities"), "readOnly": pulumi.Bool(true),
	}
	own := pulumi.Map{"name": pulumi.String("own")}
	variables := pulumi.Array{pulumi.Map{"secretRef": pulumi.Map{
		"name": pulumi.String("mastodon-environment"), "optional": pulumi.Bool(true),
	}}}
	require.Equal(t, pulumi.Map{"kind": pulumi.String("Deployment"), "spec": pulumi.Map{
		"replicas": pulumi.Int(2),
		"template": pulumi.Map{"spec": pulumi.Map{
			"containers": pulumi.Array{
				pulumi.Map{"name": pulumi.String("web"), "volumeMounts": pulumi.Array{mount}, "envFrom": variables},
				pulumi.Map{"name": pulumi.String("exporter"), "volumeMounts": pulumi.Array{mount, own}, "envFrom": variables},
			},
			"volumes": pulumi.Array{volume, own},
		}},
	}}, mounted)
}
