package rooms_test

import (
	"encoding/json"
	"strings"
	"testing"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/mastodon"
	"github.com/vmstio/infrastructure/tests/mocks"
)

const (
	mastodonChart     = "kubernetes:helm.sh/v4:Chart"
	mastodonJob       = "kubernetes:batch/v1:Job"
	mastodonSecret    = "kubernetes:core/v1:Secret"
	mastodonConfigMap = "kubernetes:core/v1:ConfigMap"
	mastodonNamespace = "kubernetes:core/v1:Namespace"
	mastodonAccount   = "kubernetes:core/v1:ServiceAccount"
	mastodonBudget    = "kubernetes:policy/v1:PodDisruptionBudget"
)

// mastodonSecrets are the secrets that the arguments below bring along.
var mastodonSecrets = []string{
	"secret-database", "secret-admin", "secret/valkey", "secret%2Fvalkey", "secret-rails", "secret-search",
	"secret-media", "secret-assets", "secret-smtp-user", "secret-smtp-password", "secret-deepl",
}

func mastodonHidden(text string) pulumi.StringInput {
	return pulumi.ToSecret(pulumi.String(text)).(pulumi.StringOutput)
}

func mastodonArgs() mastodon.Args {
	bucket := func(name, host, secret string) mastodon.Bucket {
		return mastodon.Bucket{
			Name: pulumi.String(name), Region: pulumi.String("nyc3"), Endpoint: pulumi.String("nyc3.digitaloceanspaces.com"),
			Host: pulumi.String(host), AccessKey: pulumi.String("access-" + name), SecretKey: mastodonHidden(secret),
		}
	}
	resources := mastodon.Resources{CPU: "500m", Memory: "1Gi", MemoryLimit: "2Gi"}
	return mastodon.Args{
		Namespace:      "social",
		Chart:          mastodon.Chart{Repository: "https://charts.example.org", Name: "mastodon", Version: "1.0.2"},
		Image:          mastodon.Image{Repository: "ghcr.io/mastodon/mastodon", Tag: "v4.6.2"},
		StreamingImage: "ghcr.io/mastodon/mastodon-streaming",
		Domain:         "social.example.org", StreamingHost: "streaming.social.example.org", Locale: "en",
		Environment:       map[string]string{"MAX_SESSION_ACTIVATIONS": "20"},
		SecretEnvironment: map[string]pulumi.StringInput{"DEEPL_API_KEY": mastodonHidden("secret-deepl")},
		Web:               mastodon.Web{Replicas: 3, Processes: 2, Threads: 5, Resources: resources, Pool: "general"},
		Streaming:         mastodon.Streaming{Replicas: 2, DatabaseConnections: 10, Resources: resources},
		Sidekiq: []mastodon.Sidekiq{
			{Name: "default", Queues: []string{"default,8", "mailers", "fasp"}, Replicas: 2, Threads: 20, Pool: "background"},
			{Name: "federation", Queues: []string{"push,6", "ingress", "pull"}, Replicas: 3, Threads: 25, Resources: resources},
			{Name: "scheduler", Queues: []string{"scheduler"}, Replicas: 1, Threads: 5},
		},
		PoolLabel: "example.org/pool",
		Database: mastodon.Database{
			Host: pulumi.String("private-db.example.org"), Port: pulumi.Int(25060), Name: pulumi.String("mastodon"),
			PoolHost: pulumi.String("private-pool.example.org"), PoolPort: pulumi.Int(25061), PoolName: pulumi.String("mastodon-pool"),
			Username: pulumi.String("mastodon"), Password: mastodonHidden("secret-database"),
			CA: pulumi.String("the database's authority"),
			Admin: &mastodon.Admin{
				Username: pulumi.String("doadmin"), Password: mastodonHidden("secret-admin"), Statement: pulumi.String("GRANT something"),
			},
		},
		Cache: mastodon.Cache{
			Host: pulumi.String("private-cache.example.org"), Port: pulumi.Int(25061), Password: mastodonHidden("secret/valkey"),
		},
		RailsCache: &mastodon.Cache{
			Host: pulumi.String("private-rails.example.org"), Port: pulumi.Int(25071), Password: mastodonHidden("secret-rails"),
		},
		Search: &mastodon.Search{
			Host: pulumi.String("private-search.example.org"), Port: pulumi.Int(25060), IndexPreset: "small_cluster",
			Username: pulumi.String("finder"), Password: mastodonHidden("secret-search"), CA: pulumi.String("the search's authority"),
		},
		Media:  bucket("media", "cdn.example.org", "secret-media"),
		Assets: bucket("static", "assets.example.org", "secret-assets"),
		SMTP: mastodon.SMTP{
			Server: "smtp.example.org", Port: 2587, From: "Mastodon <no-reply@example.org>", AuthMethod: "plain",
			Username: mastodonHidden("secret-smtp-user"), Password: mastodonHidden("secret-smtp-password"),
		},
		IngressClass: pulumi.String("nginx"), IssuerName: pulumi.String("letsencrypt"),
		Protect: true,
	}
}

func mastodonProgram(args mastodon.Args) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := mastodon.New(ctx, "mastodon", &args)
		return err
	}
}

func runMastodon(t *testing.T, args mastodon.Args) *mocks.Recorder {
	t.Helper()
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(mastodonProgram(args)))
	return r
}

// mastodonWaits reports whether a resource waits for the one of that name.
func mastodonWaits(r mocks.Resource, name string) bool {
	for _, urn := range r.DependsOn {
		if strings.HasSuffix(urn, "::"+name) {
			return true
		}
	}
	return false
}

func mastodonJSON(t *testing.T, v any) string {
	t.Helper()
	encoded, err := json.Marshal(v)
	require.NoError(t, err)
	return string(encoded)
}

func TestMastodonFurnishesItsNamespace(t *testing.T) {
	r := runMastodon(t, mastodonArgs())

	namespace := r.One(t, mastodonNamespace, "mastodon-namespace")
	require.Equal(t, "social", namespace.Input("metadata", "name"))
	require.Equal(t, "baseline", namespace.Input("metadata", "labels", "pod-security.kubernetes.io/enforce"))
	require.Contains(t, namespace.Parent, "vmst:mastodon:Mastodon::mastodon")

	account := r.One(t, mastodonAccount, "mastodon-account")
	require.Equal(t, false, account.Input("automountServiceAccountToken"))
	require.Equal(t, "social", account.Input("metadata", "namespace"))

	authorities := r.One(t, mastodonConfigMap, "mastodon-authorities")
	require.Equal(t, map[string]any{
		"database.crt": "the database's authority", "search.crt": "the search's authority",
	}, authorities.Input("data"))

	for name, data := range map[string]map[string]any{
		"database":    {"username": "mastodon", "password": "secret-database"},
		"valkey":      {"password": "secret%2Fvalkey", "cache-password": "secret-rails"},
		"media":       {"access-key-id": "access-media", "secret-access-key": "secret-media"},
		"assets":      {"access-key-id": "access-static", "secret-access-key": "secret-assets"},
		"smtp":        {"username": "secret-smtp-user", "password": "secret-smtp-password"},
		"search":      {"username": "finder", "password": "secret-search"},
		"environment": {"DEEPL_API_KEY": "secret-deepl"},
		"database-admin": {
			"PGHOST": "private-db.example.org", "PGPORT": "25060", "PGDATABASE": "mastodon",
			"PGUSER": "doadmin", "PGPASSWORD": "secret-admin",
			"PGSSLMODE": "verify-full", "PGSSLROOTCERT": "/etc/mastodon/authorities/database.crt",
		},
	} {
		secret := r.One(t, mastodonSecret, "mastodon-"+name)
		require.Equal(t, "mastodon-"+name, secret.Input("metadata", "name"))
		require.Equal(t, "social", secret.Input("metadata", "namespace"))
		require.Equal(t, data, secret.Input("stringData"), name)
	}
	for _, secret := range r.OfType(mastodonSecret) {
		require.True(t, secret.Secret("stringData"), secret.Name)
	}
}

func TestMastodonJobsGoToTheDatabaseItself(t *testing.T) {
	r := runMastodon(t, mastodonArgs())
	env := r.One(t, mastodonSecret, "mastodon-jobs").Input("stringData").(map[string]any)
	for name, value := range map[string]string{
		"RAILS_ENV": "production", "LOCAL_DOMAIN": "social.example.org", "SECRET_KEY_BASE": "hex-of-mastodon-secret-key-base",
		"ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY": "result-of-mastodon-active-record-primary-key",
		"DB_HOST":                              "private-db.example.org", "DB_PORT": "25060", "DB_NAME": "mastodon",
		"DB_USER": "mastodon", "DB_PASS": "secret-database", "PREPARED_STATEMENTS": "true",
		"DB_SSLMODE": "verify-full", "PGSSLROOTCERT": "/etc/mastodon/authorities/database.crt",
		"REDIS_URL": "rediss://default:secret%2Fvalkey@private-cache.example.org:25061", "REDIS_DRIVER": "ruby",
		"CACHE_REDIS_URL": "rediss://default:secret-rails@private-rails.example.org:25071",
		"ES_ENABLED":      "true", "ES_HOST": "https://private-search.example.org", "ES_PORT": "25060",
		"ES_CA_FILE": "/etc/mastodon/authorities/search.crt", "ES_PASS": "secret-search",
		"S3_ENDPOINT": "https://nyc3.digitaloceanspaces.com", "S3_HOSTNAME": "nyc3.digitaloceanspaces.com",
		"S3_ALIAS_HOST": "cdn.example.org", "CDN_HOST": "https://assets.example.org", "AWS_SECRET_ACCESS_KEY": "secret-media",
		"MAX_SESSION_ACTIVATIONS": "20",
	} {
		require.Equal(t, value, env[name], name)
	}

	// What the component sets, people cannot set beside it.
	for name := range env {
		args := mastodonArgs()
		if _, theirs := args.Environment[name]; theirs {
			continue
		}
		if _, theirs := args.SecretEnvironment[name]; theirs {
			continue
		}
		args.Environment = map[string]string{name: "x"}
		require.ErrorContains(t, (&mocks.Recorder{}).Run(mastodonProgram(args)), "Environment: "+name+" is set by another argument")
	}
}

func TestMastodonJobs(t *testing.T) {
	r := runMastodon(t, mastodonArgs())
	jobs := r.OfType(mastodonJob)
	require.Len(t, jobs, 3)
	for _, job := range jobs {
		require.True(t, strings.HasSuffix(job.Input("metadata", "name").(string), "-v4-6-2"), job.Name)
		require.Equal(t, "social", job.Input("metadata", "namespace"))
		require.Equal(t, "true", job.Input("metadata", "annotations", "pulumi.com/replaceUnready"))
		spec := job.Input("spec").(map[string]any)
		require.NotContains(t, spec, "ttlSecondsAfterFinished", "a Job that vanishes would run again")
		require.Equal(t, 3.0, spec["backoffLimit"])
		require.Equal(t, 21600.0, spec["activeDeadlineSeconds"])
		pod := spec["template"].(map[string]any)["spec"].(map[string]any)
		require.Equal(t, "Never", pod["restartPolicy"])
		require.Equal(t, false, pod["automountServiceAccountToken"])
		require.Equal(t, map[string]any{
			"runAsNonRoot": true, "runAsUser": 991.0, "runAsGroup": 991.0, "fsGroup": 991.0,
			"seccompProfile": map[string]any{"type": "RuntimeDefault"},
		}, pod["securityContext"])
		containers := append([]any{}, pod["containers"].([]any)...)
		if first, ok := pod["initContainers"].([]any); ok {
			containers = append(containers, first...)
		}
		for _, c := range containers {
			c := c.(map[string]any)
			require.Equal(t, false, c["securityContext"].(map[string]any)["allowPrivilegeEscalation"])
			require.NotEmpty(t, c["resources"].(map[string]any)["limits"])
		}
	}

	container := func(task, kind string) map[string]any {
		return r.One(t, mastodonJob, "mastodon-"+task).Input("spec", "template", "spec", kind, 0).(map[string]any)
	}
	jobEnvironment := []any{map[string]any{"secretRef": map[string]any{"name": "mastodon-jobs"}}}

	before := container("migrate-before", "containers")
	script := mastodonJSON(t, before["command"])
	require.Contains(t, script, "db:prepare")
	require.Contains(t, script, "SKIP_POST_DEPLOYMENT_MIGRATIONS=true bundle exec rake db:migrate")
	require.Equal(t, jobEnvironment, before["envFrom"])
	require.Equal(t, "ghcr.io/mastodon/mastodon:v4.6.2", before["image"])
	grant := container("migrate-before", "initContainers")
	require.Contains(t, mastodonJSON(t, grant["command"]), "GRANT something")
	require.Equal(t, []any{map[string]any{"secretRef": map[string]any{"name": "mastodon-database-admin"}}}, grant["envFrom"])

	after := container("migrate-after", "containers")
	require.Equal(t, []any{"bundle", "exec", "rake", "db:migrate"}, after["command"])
	require.Equal(t, jobEnvironment, after["envFrom"])

	upload := container("assets", "containers")
	require.Equal(t, "rclone/rclone:1.71.2", upload["image"])
	command := upload["command"].([]any)
	require.Equal(t, []any{"rclone", "copy", "/assets/public", "remote:static"}, command[:4], "copy deletes nothing, sync would")
	require.Contains(t, mastodonJSON(t, upload["env"]), `{"name":"RCLONE_CONFIG_REMOTE_ENDPOINT","value":"nyc3.digitaloceanspaces.com"}`)
	require.Equal(t, "ghcr.io/mastodon/mastodon:v4.6.2", container("assets", "initContainers")["image"])
}

func TestMastodonOrder(t *testing.T) {
	args := mastodonArgs()
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(func(ctx *pulumi.Context) error {
		firewall, err := corev1.NewConfigMap(ctx, "firewall", nil)
		if err != nil {
			return err
		}
		args.After = []pulumi.Resource{firewall}
		_, err = mastodon.New(ctx, "mastodon", &args)
		return err
	}))
	chart := r.One(t, mastodonChart, "mastodon-chart")
	before := r.One(t, mastodonJob, "mastodon-migrate-before")
	assets := r.One(t, mastodonJob, "mastodon-assets")
	for _, waiting := range []mocks.Resource{before, assets, chart} {
		for _, name := range []string{
			"mastodon-namespace", "mastodon-account", "mastodon-authorities", "mastodon-keys", "mastodon-database", "mastodon-valkey",
			"mastodon-jobs", "mastodon-database-admin", "firewall",
		} {
			require.True(t, mastodonWaits(waiting, name), "%s does not wait for %s", waiting.Name, name)
		}
	}
	require.True(t, mastodonWaits(chart, "mastodon-migrate-before"))
	require.True(t, mastodonWaits(chart, "mastodon-assets"))
	require.True(t, mastodonWaits(r.One(t, mastodonJob, "mastodon-migrate-after"), "mastodon-chart"))
	require.False(t, mastodonWaits(before, "mastodon-chart"))
}

func TestMastodonJobNames(t *testing.T) {
	args := mastodonArgs()
	args.Image.Tag = "V4.7.0_beta.1+" + strings.Repeat("long", 20)
	names := map[any]bool{}
	for _, job := range runMastodon(t, args).OfType(mastodonJob) {
		name := job.Input("metadata", "name").(string)
		require.Regexp(t, `^mastodon-[a-z-]+-v4-7-0-beta-1-(long)+[a-z]*-[0-9a-f]{8}$`, name)
		require.LessOrEqual(t, len(name), 63)
		names[name] = true
	}
	require.Len(t, names, 3)
	args.Image.Tag += "er"
	for _, job := range runMastodon(t, args).OfType(mastodonJob) {
		require.False(t, names[job.Input("metadata", "name")], "another tag, another name")
	}
}

func TestMastodonKeepsWhatCannotBeMadeAgain(t *testing.T) {
	for _, protect := range []bool{true, false} {
		args := mastodonArgs()
		args.Protect = protect
		for _, res := range runMastodon(t, args).All() {
			kept := strings.HasPrefix(res.Type, "random:") || strings.HasPrefix(res.Type, "tls:") ||
				res.Type == mastodonSecret || res.Type == mastodonNamespace
			require.Equal(t, protect && kept, res.Protect, "%s %s", res.Type, res.Name)
			require.Equal(t, protect && kept, res.RetainOnDelete, "%s %s", res.Type, res.Name)
		}
	}
}

func TestMastodonPreview(t *testing.T) {
	r := &mocks.Recorder{Preview: true}
	require.NoError(t, r.Run(mastodonProgram(mastodonArgs())))
	require.Len(t, r.OfType(mastodonJob), 3)
	chart := r.One(t, mastodonChart, "mastodon-chart")
	require.Equal(t, "social.example.org", chart.Input("values", "mastodon", "localDomain"))
	require.Nil(t, chart.Input("values", "podAnnotations", "checksum/secrets"), "new keys are not known yet")

	// Nothing is unknown when the secrets are there, so that previews show every object.
	args := mastodonArgs()
	args.Existing = mastodonExisting()
	r = &mocks.Recorder{Preview: true}
	require.NoError(t, r.Run(mastodonProgram(args)))
	require.NotNil(t, r.One(t, mastodonChart, "mastodon-chart").Input("values", "podAnnotations", "checksum/secrets"))
}

func TestMastodonReturnsFailures(t *testing.T) {
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, mastodonProgram(mastodonArgs()))
}

func TestMastodonRefusesBadArguments(t *testing.T) {
	r := &mocks.Recorder{}
	err := r.Run(mastodonProgram(mastodon.Args{Existing: &mastodon.Keys{}, Search: &mastodon.Search{}}))
	for _, problem := range []string{
		"mastodon arguments: ", "Chart.Version is missing", "Image.Tag is missing", "Domain is missing",
		`Namespace "" is not a DNS label`, "SMTP.Port 0 is not a port", `SMTP.AuthMethod "" is not one of plain, login, cram_md5, none`,
		"Database.PoolHost is missing", "Database.CA is missing", "Cache.Password is missing", "Search.Host is missing",
		`Search.IndexPreset "" is not one of`, "Media.SecretKey is missing", "Assets.Host is missing", "IssuerName is missing",
		"Existing.VAPIDPrivateKey is missing", "Web.Replicas 0 is not positive", "Streaming.DatabaseConnections 0 is not positive",
		`Sidekiq: no group serves the queue "default"`, `Sidekiq: no group serves the queue "scheduler"`,
	} {
		require.ErrorContains(t, err, problem)
	}
	require.Len(t, r.All(), len(r.OfType("pulumi:pulumi:Stack")), "nothing is registered")

	for problem, change := range map[string]func(*mastodon.Args){
		`Sidekiq: 2 processes would serve the queue "scheduler", which must be exactly 1`: func(a *mastodon.Args) {
			a.Sidekiq[2].Replicas = 2
		},
		`Sidekiq: 3 processes would serve the queue "scheduler", which must be exactly 1`: func(a *mastodon.Args) {
			a.Sidekiq[0].Queues = append(a.Sidekiq[0].Queues, "scheduler,2")
		},
		`Sidekiq: no group serves the queue "fasp"`:               func(a *mastodon.Args) { a.Sidekiq[0].Queues = []string{"default", "mailers"} },
		"Sidekiq[default] is there twice":                         func(a *mastodon.Args) { a.Sidekiq[1].Name = "default" },
		"Sidekiq[Big One] is not a DNS label":                     func(a *mastodon.Args) { a.Sidekiq[1].Name = "Big One" },
		`Web.Pool "general" needs PoolLabel, which is missing`:    func(a *mastodon.Args) { a.PoolLabel = "" },
		`StreamingHost "social.example.org" is the Domain itself`: func(a *mastodon.Args) { a.StreamingHost = a.Domain },
		"SecretEnvironment: SMTP_PASSWORD is set by another argument": func(a *mastodon.Args) {
			a.SecretEnvironment["SMTP_PASSWORD"] = pulumi.String("x")
		},
		"SecretEnvironment: MAX_SESSION_ACTIVATIONS is in Environment as well": func(a *mastodon.Args) {
			a.SecretEnvironment["MAX_SESSION_ACTIVATIONS"] = pulumi.String("x")
		},
		"Environment: DATABASE_URL is set by another argument": func(a *mastodon.Args) { a.Environment["DATABASE_URL"] = "x" },
		`Environment: "NO SUCH" is not the name of a variable`: func(a *mastodon.Args) { a.Environment["NO SUCH"] = "x" },
		"SMTP.Password is missing":                             func(a *mastodon.Args) { a.SMTP.Password = nil },
		"Database.Admin.Statement is missing":                  func(a *mastodon.Args) { a.Database.Admin.Statement = nil },
		"RailsCache.Port is missing":                           func(a *mastodon.Args) { a.RailsCache.Port = nil },
	} {
		args := mastodonArgs()
		change(&args)
		r := &mocks.Recorder{}
		require.ErrorContains(t, r.Run(mastodonProgram(args)), problem)
		require.Empty(t, r.OfType("vmst:mastodon:Mastodon"))
	}
}
