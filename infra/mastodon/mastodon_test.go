package mastodon_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/internal/managed"
	"github.com/vmstio/infrastructure/infra/internal/spaces"
	"github.com/vmstio/infrastructure/infra/mastodon"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/tests/mocks"
)

const (
	chartType     = "kubernetes:helm.sh/v4:Chart"
	jobType       = "kubernetes:batch/v1:Job"
	secretType    = "kubernetes:core/v1:Secret"
	configMapType = "kubernetes:core/v1:ConfigMap"
	namespaceType = "kubernetes:core/v1:Namespace"
	accountType   = "kubernetes:core/v1:ServiceAccount"
	budgetType    = "kubernetes:policy/v1:PodDisruptionBudget"
)

// hiddenTexts are the secrets that the arguments below bring along.
var hiddenTexts = []string{
	"secret-database", "secret-admin", "secret/valkey", "secret%2Fvalkey", "secret-rails", "secret-search",
	"secret-media", "secret-assets", "secret-smtp-user", "secret-smtp-password", "secret-deepl",
}

func text(text string) pulumi.StringOutput { return pulumi.String(text).ToStringOutput() }

func hidden(text string) pulumi.StringOutput {
	return pulumi.ToSecret(pulumi.String(text)).(pulumi.StringOutput)
}

// endpoint is one in the domain example.org. What the engine has no use for is empty.
func endpoint(host string, port int, name, user, password, ca string) managed.Endpoint {
	made := managed.Endpoint{
		Host: text(host + ".example.org"), Port: pulumi.Int(port).ToIntOutput(), Name: text(name),
		Username: text(user), Password: hidden(password), CA: text(ca),
	}
	if name != "" {
		made.SSLMode = settings.VerifyFull
	}
	return made
}

func arguments() mastodon.Args {
	bucket := func(name, host, secret string) spaces.Bucket {
		return spaces.Bucket{
			Name: text(name), Region: "nyc3", Host: host, AccessKey: text("access-" + name), SecretKey: hidden(secret),
		}
	}
	const ca = "the database's authority"
	pool := endpoint("private-pool", 25061, "mastodon-pool", "mastodon", "secret-database", ca)
	resources := settings.Resources{CPU: "500m", Memory: "1Gi", MemoryLimit: "2Gi"}
	return mastodon.Args{
		Mastodon: settings.Mastodon{
			Chart: settings.Chart{
				Repository: "https://charts.example.org", Name: "mastodon", Version: "1.0.2",
			},
			Image:          settings.Image{Repository: "ghcr.io/mastodon/mastodon", Tag: "v4.7.3"},
			StreamingImage: "ghcr.io/mastodon/mastodon-streaming",
			Rclone:         settings.Image{Repository: "docker.io/rclone/rclone", Tag: "1.71.2"},
			StreamingHost:  "streaming.social.example.org",
			Locale:         "en",
			Web:            settings.Web{Replicas: 3, Processes: 2, Threads: 5, Resources: resources, Pool: "general"},
			Streaming:      settings.Streaming{Replicas: 2, DatabaseConnections: 10, Resources: resources},
			Sidekiq: []settings.Sidekiq{
				{
					Name: "default", Queues: []string{"default,8", "mailers", "fasp"}, Replicas: 2, Threads: 20,
					Resources: resources, Pool: "background",
				},
				{
					Name: "federation", Queues: []string{"push,6", "ingress", "pull"}, Replicas: 3, Threads: 25,
					Resources: resources,
				},
				{Name: "scheduler", Queues: []string{"scheduler"}, Replicas: 1, Threads: 5, Resources: resources},
			},
			SMTP: settings.SMTP{
				Server: "smtp.example.org", Port: 2587, TLS: "starttls", From: "Mastodon <no-reply@example.org>",
				AuthMethod: "plain",
			},
			Jobs: settings.Jobs{
				Resources: settings.Resources{CPU: "100m", Memory: "768Mi", MemoryLimit: "2Gi"}, Pool: "background",
			},
			Environment: map[string]string{"MAX_SESSION_ACTIVATIONS": "20", "S3_RETRY_LIMIT": "7"},
		},
		Namespace: "social", Domain: "social.example.org", MaxBodySize: "300m",
		SecretVariables: map[string]pulumi.StringInput{"DEEPL_API_KEY": hidden("secret-deepl")},
		Database:        endpoint("private-db", 25060, "mastodon", "mastodon", "secret-database", ca),
		DatabaseID:      pulumi.String("uuid-of-the-database"),
		Pool:            &pool,
		Admin:           endpoint("private-db", 25060, "mastodon", "doadmin", "secret-admin", ca),
		Grants:          pulumi.String("GRANT something"),
		Cache:           endpoint("private-cache", 25061, "", "default", "secret/valkey", ""),
		RailsCache: &managed.Database{
			Endpoint: endpoint("private-rails", 25071, "", "default", "secret-rails", ""),
		},
		Search: &managed.Database{
			Endpoint: endpoint("private-search", 25060, "", "finder", "secret-search", "the search's authority"),
			ID:       text("search-1"),
		},
		IndexPreset:  "small_cluster",
		Media:        bucket("media", "cdn.example.org", "secret-media"),
		Assets:       bucket("static", "assets.example.org", "secret-assets"),
		SMTPUsername: hidden("secret-smtp-user"), SMTPPassword: hidden("secret-smtp-password"),
		IngressClass: "nginx", IssuerName: "letsencrypt", Delegated: true,
		Protect: true,
	}
}

func program(args mastodon.Args) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := mastodon.New(ctx, "mastodon", &args)
		return err
	}
}

func run(t *testing.T, args mastodon.Args) *mocks.Recorder {
	t.Helper()
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(program(args)))
	return r
}

// waits reports whether a resource waits for the one of that name.
func waits(r mocks.Resource, name string) bool {
	for _, urn := range r.DependsOn {
		if strings.HasSuffix(urn, "::"+name) {
			return true
		}
	}
	return false
}

func encode(t *testing.T, v any) string {
	t.Helper()
	encoded, err := json.Marshal(v)
	require.NoError(t, err)
	return string(encoded)
}

func TestNamespaceAndSecrets(t *testing.T) {
	t.Parallel()
	r := run(t, arguments())

	namespace := r.One(t, namespaceType, "mastodon-namespace")
	require.Equal(t, "social", namespace.Input("metadata", "name"))
	require.Equal(t, "restricted", namespace.Input("metadata", "labels", "pod-security.kubernetes.io/enforce"))
	require.Contains(t, namespace.Parent, "vmst:mastodon:Mastodon::mastodon")

	account := r.One(t, accountType, "mastodon-account")
	require.Equal(t, false, account.Input("automountServiceAccountToken"))
	require.Equal(t, "social", account.Input("metadata", "namespace"))

	authorities := r.One(t, configMapType, "mastodon-authorities")
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
			"PGSSLMODE": "verify-full", "PGSSLROOTCERT": "/etc/mastodon/authorities/bundle.crt",
		},
	} {
		secret := r.One(t, secretType, "mastodon-"+name)
		require.Equal(t, "mastodon-"+name, secret.Input("metadata", "name"))
		require.Equal(t, "social", secret.Input("metadata", "namespace"))
		require.Equal(t, data, secret.Input("stringData"), name)
	}
	for _, secret := range r.OfType(secretType) {
		require.True(t, secret.Secret("stringData"), secret.Name)
	}
}

// Where no database has an authority of its own the public ones count, which the image has.
func TestDatabasesWithPublicCertificates(t *testing.T) {
	t.Parallel()
	args := arguments()
	for _, endpoint := range []*managed.Endpoint{&args.Database, args.Pool, &args.Admin, &args.Search.Endpoint} {
		endpoint.CA = pulumi.StringOutput{}
	}
	r := run(t, args)
	require.Empty(t, r.One(t, configMapType, "mastodon-authorities").Input("data"))
	for _, job := range r.OfType(jobType) {
		require.NotContains(t, encode(t, job.Input("spec")), "/etc/mastodon/authorities", job.Name)
	}
	for _, secret := range []string{"mastodon-jobs", "mastodon-database-admin"} {
		env := r.One(t, secretType, secret).Input("stringData").(map[string]any)
		require.Equal(t, "/etc/ssl/certs/ca-certificates.crt", env["PGSSLROOTCERT"], secret)
	}
	for _, process := range []string{"web", "sidekiq", "streaming"} {
		env := r.One(t, chartType, "mastodon-chart").Input("values", "mastodon", process, "extraEnvVars")
		require.Equal(t, "verify-full", env.(map[string]any)["DB_SSLMODE"], process)
		for _, name := range []string{"PGSSLROOTCERT", "NODE_EXTRA_CA_CERTS"} {
			require.Equal(t, "/etc/ssl/certs/ca-certificates.crt", env.(map[string]any)[name], process)
		}
	}
}

func TestJobsGoToTheDatabaseItself(t *testing.T) {
	t.Parallel()
	r := run(t, arguments())
	env := r.One(t, secretType, "mastodon-jobs").Input("stringData").(map[string]any)
	for name, value := range map[string]string{
		"RAILS_ENV": "production", "LOCAL_DOMAIN": "social.example.org",
		"SECRET_KEY_BASE":                      "hex-of-mastodon-secret-key-base",
		"ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY": "result-of-mastodon-active-record-primary-key",
		"DB_HOST":                              "private-db.example.org", "DB_PORT": "25060", "DB_NAME": "mastodon",
		"DB_USER": "mastodon", "DB_PASS": "secret-database", "PREPARED_STATEMENTS": "true",
		"DB_SSLMODE": "verify-full", "PGSSLROOTCERT": "/etc/mastodon/authorities/bundle.crt",
		"S3_RETRY_LIMIT": "7", "S3_READ_TIMEOUT": "60", "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
		"REDIS_URL": "rediss://default:secret%2Fvalkey@private-cache.example.org:25061", "REDIS_DRIVER": "ruby",
		"CACHE_REDIS_URL": "rediss://default:secret-rails@private-rails.example.org:25071",
		"ES_ENABLED":      "true", "ES_HOST": "https://private-search.example.org", "ES_PORT": "25060",
		"SSL_CERT_FILE": "/etc/mastodon/authorities/bundle.crt", "ES_PASS": "secret-search",
		"S3_ENDPOINT": "https://nyc3.digitaloceanspaces.com", "S3_HOSTNAME": "nyc3.digitaloceanspaces.com",
		"S3_ALIAS_HOST": "cdn.example.org", "CDN_HOST": "https://assets.example.org",
		"AWS_SECRET_ACCESS_KEY": "secret-media", "MAX_SESSION_ACTIVATIONS": "20", "DEEPL_API_KEY": "secret-deepl",
	} {
		require.Equal(t, value, env[name], name)
	}

	// What the component sets, people cannot set beside it, but for what is only a default.
	args, reserved := arguments(), settings.Variables()
	free := []string{
		"S3_OPEN_TIMEOUT", "S3_READ_TIMEOUT", "AWS_REQUEST_CHECKSUM_CALCULATION",
		"AWS_RESPONSE_CHECKSUM_VALIDATION",
	}
	for name := range env {
		_, plain := args.Environment[name]
		_, secret := args.SecretVariables[name]
		_, decided := reserved[name]
		require.Equal(t, !plain && !secret && !slices.Contains(free, name), decided, name)
	}
}

func TestJobs(t *testing.T) {
	t.Parallel()
	r := run(t, arguments())
	jobs := r.OfType(jobType)
	require.Len(t, jobs, 6)
	for _, job := range jobs {
		background := job.Name == "mastodon-search-contents"
		require.True(t, strings.HasSuffix(job.Input("metadata", "name").(string), "-v4-7-3"), job.Name)
		require.Equal(t, "social", job.Input("metadata", "namespace"))
		annotations, deadline := map[string]any{"pulumi.com/replaceUnready": "true"}, 21600.0
		if background {
			annotations, deadline = map[string]any{
				"pulumi.com/skipAwait": "true", "pulumi.com/deletionPropagationPolicy": "background",
			}, 1209600.0
		}
		require.Equal(t, annotations, job.Input("metadata", "annotations"))
		var cluster any
		switch {
		case strings.Contains(job.Name, "-search-"):
			cluster = map[string]any{"mastodon-search-cluster": "search-1"}
		case job.Name != "mastodon-assets":
			cluster = map[string]any{"mastodon-database": "uuid-of-the-database"}
		}
		require.Equal(t, cluster, job.Input("spec", "template", "metadata", "annotations"),
			"another cluster of the search or of PostgreSQL has other Jobs")
		require.Equal(t, map[string]any{settings.PoolLabel: "background"},
			job.Input("spec", "template", "spec", "nodeSelector"))
		spec := job.Input("spec").(map[string]any)
		require.NotContains(t, spec, "ttlSecondsAfterFinished", "a Job that vanishes would run again")
		require.Equal(t, 3.0, spec["backoffLimit"])
		require.Equal(t, deadline, spec["activeDeadlineSeconds"])
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
		return r.One(t, jobType, "mastodon-"+task).Input("spec", "template", "spec", kind, 0).(map[string]any)
	}
	jobEnvironment := []any{map[string]any{"secretRef": map[string]any{"name": "mastodon-jobs"}}}

	before := container("migrate-before", "containers")
	script := encode(t, before["command"])
	require.Contains(t, script, "db:prepare")
	require.Contains(t, script, "export SKIP_POST_DEPLOYMENT_MIGRATIONS=true")
	require.Equal(t, jobEnvironment, before["envFrom"])
	require.Equal(t, "ghcr.io/mastodon/mastodon:v4.7.3", before["image"])
	grant := r.One(t, jobType, "mastodon-migrate-before").
		Input("spec", "template", "spec", "initContainers", 1).(map[string]any)
	require.Contains(t, encode(t, grant["command"]), "GRANT something")
	require.Equal(t, []any{
		map[string]any{"secretRef": map[string]any{"name": "mastodon-database-admin"}},
	}, grant["envFrom"])

	after := container("migrate-after", "containers")
	require.Equal(t, []any{"bundle", "exec", "rake", "db:migrate"}, after["command"])
	require.Equal(t, jobEnvironment, after["envFrom"])

	for _, task := range []string{"preflight", "migrate-before", "migrate-after", "search-mapping", "search-contents"} {
		require.Equal(t, "authorities", container(task, "initContainers")["name"], task)
		require.Equal(t, jobEnvironment, container(task, "containers")["envFrom"], task)
	}
	require.Equal(t, []any{
		map[string]any{"name": "CDN_READY", "value": "true"},
		map[string]any{"name": "POOL_HOST", "value": "private-pool.example.org"},
		map[string]any{"name": "POOL_PORT", "value": "25061"},
		map[string]any{"name": "POOL_NAME", "value": "mastodon-pool"},
	}, container("preflight", "containers")["env"])
	upload := container("assets", "containers")
	require.Equal(t, "docker.io/rclone/rclone:1.71.2", upload["image"])
	command := upload["command"].([]any)
	require.Equal(t, []any{"rclone", "copy", "/assets/public", "remote:static"}, command[:4],
		"copy deletes nothing, sync would")
	require.Equal(t, []any{"--exclude", "/system/**", "--exclude", "/packs/**.{br,gz}"}, command[4:8],
		"what is compressed elsewhere is asked for as it is")
	unpack := container("assets", "initContainers")["command"].([]any)
	require.Contains(t, unpack[len(unpack)-1], "font/woff2 woff2\n")
	require.Contains(t, upload["volumeMounts"], map[string]any{
		"name": "assets", "mountPath": "/etc/mime.types", "subPath": "mime.types", "readOnly": true,
	})
	require.Contains(t, encode(t, upload["env"]),
		`{"name":"RCLONE_CONFIG_REMOTE_ENDPOINT","value":"nyc3.digitaloceanspaces.com"}`)
	require.Equal(t, "ghcr.io/mastodon/mastodon:v4.7.3", container("assets", "initContainers")["image"])
}

func TestOrder(t *testing.T) {
	t.Parallel()
	args := arguments()
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
	chart := r.One(t, chartType, "mastodon-chart")
	preflight := r.One(t, jobType, "mastodon-preflight")
	before := r.One(t, jobType, "mastodon-migrate-before")
	assets := r.One(t, jobType, "mastodon-assets")
	require.True(t, waits(before, "mastodon-preflight"))
	require.True(t, waits(assets, "mastodon-preflight"))
	require.True(t, waits(r.One(t, jobType, "mastodon-search-mapping"), "mastodon-migrate-after"))
	require.True(t, waits(r.One(t, jobType, "mastodon-search-contents"), "mastodon-search-mapping"))
	for _, waiting := range []mocks.Resource{preflight, before, assets, chart} {
		for _, name := range []string{
			"mastodon-namespace", "mastodon-account", "mastodon-authorities", "mastodon-keys", "mastodon-database",
			"mastodon-valkey", "mastodon-jobs", "mastodon-database-admin", "firewall",
		} {
			require.True(t, waits(waiting, name), "%s does not wait for %s", waiting.Name, name)
		}
	}
	require.True(t, waits(chart, "mastodon-migrate-before"))
	require.True(t, waits(chart, "mastodon-assets"))
	require.True(t, waits(r.One(t, jobType, "mastodon-migrate-after"), "mastodon-chart"))
	require.False(t, waits(before, "mastodon-chart"))
}

// Another database has to be migrated, too, whatever the version was when its predecessor was.
func TestJobsOfAnotherDatabase(t *testing.T) {
	t.Parallel()
	r := run(t, arguments())
	for _, task := range []string{"preflight", "migrate-before", "migrate-after"} {
		require.Equal(t, map[string]any{"mastodon-database": "uuid-of-the-database"},
			r.One(t, jobType, "mastodon-"+task).Input("spec", "template", "metadata", "annotations"), task)
	}
	for _, task := range []string{"assets", "search-mapping", "search-contents"} {
		require.NotContains(t, r.One(t, jobType, "mastodon-"+task).Input("spec", "template", "metadata"),
			"mastodon-database", task)
	}
}

func TestJobNames(t *testing.T) {
	t.Parallel()
	args := arguments()
	args.Image.Tag = "V4.7.0_beta.1+" + strings.Repeat("long", 20)
	names := map[any]bool{}
	for _, job := range run(t, args).OfType(jobType) {
		name := job.Input("metadata", "name").(string)
		require.Regexp(t, `^mastodon-[a-z-]+-v4-7-0-beta-1-(long)+[a-z]*-[0-9a-f]{8}$`, name)
		require.LessOrEqual(t, len(name), 63)
		names[name] = true
	}
	require.Len(t, names, 6)
	args.Image.Tag += "er"
	for _, job := range run(t, args).OfType(jobType) {
		require.False(t, names[job.Input("metadata", "name")], "another tag, another name")
	}
}

func TestKeepsWhatCannotBeMadeAgain(t *testing.T) {
	t.Parallel()
	for _, protect := range []bool{true, false} {
		args := arguments()
		args.Protect = protect
		for _, res := range run(t, args).All() {
			kept := strings.HasPrefix(res.Type, "random:") || strings.HasPrefix(res.Type, "tls:") ||
				res.Type == secretType || res.Type == namespaceType
			// They are copies, and go when a setting takes away what they are for.
			if slices.Contains([]string{"mastodon-search", "mastodon-environment"}, res.Name) {
				kept = false
			}
			require.Equal(t, protect && kept, res.Protect, "%s %s", res.Type, res.Name)
			require.Equal(t, protect && kept, res.RetainOnDelete, "%s %s", res.Type, res.Name)
		}
	}
}

func TestPreview(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{Preview: true}
	require.NoError(t, r.Run(program(arguments())))
	require.Len(t, r.OfType(jobType), 6)
	chart := r.One(t, chartType, "mastodon-chart")
	require.Equal(t, "social.example.org", chart.Input("values", "mastodon", "localDomain"))
	require.Nil(t, chart.Input("values", "podAnnotations", "checksum/secrets"), "new keys are not known yet")

	// Nothing is unknown when the secrets are there, so that previews show every object.
	args := arguments()
	args.Existing = existingKeys()
	r = &mocks.Recorder{Preview: true}
	require.NoError(t, r.Run(program(args)))
	require.NotNil(t, r.One(t, chartType, "mastodon-chart").Input("values", "podAnnotations", "checksum/secrets"))
}

func TestReturnsFailures(t *testing.T) {
	t.Parallel()
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, program(arguments()))
}

func TestMissingArgumentsRegisterNothing(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	require.ErrorContains(t, r.Run(program(mastodon.Args{
		Existing: &mastodon.Keys{}, Search: &managed.Database{}, RailsCache: &managed.Database{},
	})), "mastodon arguments: Admin, Assets, Cache, Database, DatabaseID, Domain, "+
		"Existing.ActiveRecordDeterministicKey, Existing.ActiveRecordKeyDerivationSalt, "+
		"Existing.ActiveRecordPrimaryKey, Existing.SecretKeyBase, Existing.VAPIDPrivateKey, Existing.VAPIDPublicKey, "+
		"Grants, IndexPreset, IngressClass, IssuerName, MaxBodySize, Media, Namespace, RailsCache, "+
		"SMTPPassword, SMTPUsername, Search, Search.ID missing")
	require.Len(t, r.All(), len(r.OfType("pulumi:pulumi:Stack")), "nothing is registered")
}

// Every Job goes to the pool of the Jobs, and where there is none, to that of nobody else.
func TestPoolOfTheJobs(t *testing.T) {
	t.Parallel()
	for pool, want := range map[string]any{"": nil, "web": map[string]any{settings.PoolLabel: "web"}} {
		args := arguments()
		args.Jobs.Pool = pool
		jobs := run(t, args).OfType(jobType)
		require.Len(t, jobs, 6)
		for _, job := range jobs {
			require.Equal(t, want, job.Input("spec", "template", "spec", "nodeSelector"), job.Name)
		}
	}
}

// The pods and the Jobs speak to the relay alike. Mastodon refuses STARTTLS over TLS, and "auto" would send the login
// in the clear to whoever strips the offer.
func TestEncryptionOfMail(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		tls, upgrade string
		begins       bool
	}{{"starttls", "always", false}, {"implicit", "never", true}} {
		args := arguments()
		args.SMTP.TLS, args.SMTP.Port = test.tls, 2465
		r := run(t, args)
		smtp := r.One(t, chartType, "mastodon-chart").Input("values", "mastodon", "smtp").(map[string]any)
		require.Equal(t, []any{test.begins, test.upgrade, "peer", 2465.0},
			[]any{smtp["tls"], smtp["enableStartTls"], smtp["opensslVerifyMode"], smtp["port"]}, test.tls)
		env := r.One(t, secretType, "mastodon-jobs").Input("stringData").(map[string]any)
		require.Equal(t, []any{strconv.FormatBool(test.begins), test.upgrade, "peer", "2465"}, []any{
			env["SMTP_TLS"], env["SMTP_ENABLE_STARTTLS"], env["SMTP_OPENSSL_VERIFY_MODE"], env["SMTP_PORT"],
		}, test.tls)
	}
}

// The preflight asks the CDN only where there is one.
func TestPreflightBeforeTheZoneIsDelegated(t *testing.T) {
	t.Parallel()
	for _, delegated := range []bool{true, false} {
		args := arguments()
		args.Delegated = delegated
		require.Equal(t, map[string]any{"name": "CDN_READY", "value": strconv.FormatBool(delegated)},
			run(t, args).One(t, jobType, "mastodon-preflight").
				Input("spec", "template", "spec", "containers", 0, "env", 0))
	}
}
