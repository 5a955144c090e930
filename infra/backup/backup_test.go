package backup_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/backup"
	"github.com/vmstio/infrastructure/infra/internal/kube"
	"github.com/vmstio/infrastructure/infra/internal/managed"
	"github.com/vmstio/infrastructure/infra/internal/spaces"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/tests/mocks"
)

const (
	cronJobType = "kubernetes:batch/v1:CronJob"
	jobType     = "kubernetes:batch/v1:Job"
	secretType  = "kubernetes:core/v1:Secret"
	keyType     = "digitalocean:index/spacesKey:SpacesKey"
	policyType  = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
)

func output(text string) pulumi.StringOutput { return pulumi.String(text).ToStringOutput() }

func hidden(text string) pulumi.StringOutput {
	return pulumi.ToSecret(pulumi.String(text)).(pulumi.StringOutput)
}

func vaultArgs() backup.VaultArgs {
	image := func(name, tag string) settings.Image { return settings.Image{Repository: name, Tag: tag} }
	return backup.VaultArgs{
		Backup: settings.Backup{
			Enabled: true, Schedule: "17 2 * * *", KeepDaily: 7, KeepWeekly: 4, KeepMonthly: 6, AlarmDays: 2,
			DiskGiB:   20,
			Resources: settings.Resources{CPU: "250m", Memory: "512Mi", MemoryLimit: "2Gi"}, Pool: "background",
			Postgres: image("postgres", "17.10-bookworm"), Rclone: image("rclone", "1.71.2"),
			Media: settings.MediaBackup{
				Enabled: true, Schedule: "17 3 * * *", Bandwidth: "20M", MostDeletedPercent: 5,
			},
			Rehearsal: settings.Rehearsal{Enabled: true, Schedule: "17 5 * * SUN", Busy: true, DiskGiB: 60},
		},
		Domain: "social.example.org",
		Store: spaces.Bucket{
			Name: output("backups"), Region: "sfo3", AccessKey: hidden("store-id"), SecretKey: hidden("store-key"),
		},
		Uploads: spaces.Bucket{
			Name: output("media"), Region: "nyc3", AccessKey: hidden("media-id"), SecretKey: hidden("media-key"),
		},
		ReaderName: "reader",
		Database: managed.Endpoint{
			Host: output("db.internal"), Port: pulumi.Int(25060).ToIntOutput(), Name: output("mastodon"),
			Username: output("mastodon"), Password: hidden("of-mastodon"), CA: output("authority"),
			SSLMode: settings.VerifyCA,
		},
		Admin: managed.Endpoint{
			Host: output("db.internal"), Username: output("doadmin"), Password: hidden("of-administrator"),
		},
		Grants:  output("GRANT"),
		Protect: true,
	}
}

func run(t *testing.T, args backup.VaultArgs) *mocks.Recorder {
	t.Helper()
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(program(args)))
	return r
}

func program(args backup.VaultArgs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		if args.Domain != "" {
			cluster, err := digitalocean.NewKubernetesCluster(ctx, "cluster", &digitalocean.KubernetesClusterArgs{
				Region: pulumi.String("tor1"), Version: pulumi.String("1.35.1-do.0"),
				NodePool: digitalocean.KubernetesClusterNodePoolArgs{
					Name: pulumi.String("p"), Size: pulumi.String("s"),
				},
			})
			if err != nil {
				return err
			}
			args.Cluster = cluster
		}
		vault, err := backup.NewVault(ctx, "vault", &args)
		if err != nil {
			return err
		}
		_, err = backup.New(ctx, "backup", &backup.Args{
			Vault: vault, MayBeLost: 24 * time.Hour, PrimaryKey: hidden("primary"), Salt: hidden("salt"),
			Mastodon: settings.Image{Repository: "ghcr.io/mastodon/mastodon", Tag: "v4.7.3"},
		})
		return err
	}
}

// pod is the pod of a CronJob.
func pod(job mocks.Resource, path ...any) any {
	return job.Input(append([]any{"spec", "jobTemplate", "spec", "template", "spec"}, path...)...)
}

// variables are those of a container, and the Secrets that it has all the variables of.
func variables(spec func(path ...any) any, index int) (env map[string]any, secrets []string) {
	env = map[string]any{}
	for _, v := range spec("containers", index, "env").([]any) {
		variable := v.(map[string]any)
		env[variable["name"].(string)] = variable["value"]
	}
	for _, from := range spec("containers", index, "envFrom").([]any) {
		secrets = append(secrets, from.(map[string]any)["secretRef"].(map[string]any)["name"].(string))
	}
	return env, secrets
}

func TestTheCronJobs(t *testing.T) {
	t.Parallel()
	r := run(t, vaultArgs())
	require.Len(t, r.OfType(cronJobType), 3)
	for _, test := range []struct {
		task, schedule, disk, script string
		secrets                      []string
		env                          map[string]any
	}{
		{
			"dump", "17 2 * * *", "20Gi", "pg_dump --format=custom",
			[]string{"backup-store", "backup-database"},
			map[string]any{"KEEP_DAILY": "7", "KEEP_WEEKLY": "4", "KEEP_MONTHLY": "6"},
		},
		{
			"media", "17 3 * * *", "2Gi", "rclone copy",
			[]string{"backup-store", "backup-uploads"},
			map[string]any{"BANDWIDTH": "20M", "MOST_DELETED": "5"},
		},
		{
			"rehearsal", "17 5 * * SUN", "60Gi", "pg_restore",
			[]string{"backup-store"},
			map[string]any{"AGE_HOURS": "27", "COPIED": "true"},
		},
	} {
		job := r.One(t, cronJobType, "backup-"+test.task)
		spec := func(path ...any) any { return pod(job, path...) }
		assert.Equal(t, "backup", job.Input("metadata", "namespace"))
		assert.Equal(t, test.schedule, job.Input("spec", "schedule"))
		assert.Equal(t, "Etc/UTC", job.Input("spec", "timeZone"))
		assert.Equal(t, "Forbid", job.Input("spec", "concurrencyPolicy"))
		assert.Equal(t, "Never", spec("restartPolicy"))
		assert.Equal(t, false, spec("automountServiceAccountToken"))
		assert.Equal(t, map[string]any{settings.PoolLabel: "background"}, spec("nodeSelector"))
		assert.InDelta(t, 999, spec("securityContext", "runAsUser"), 0)
		assert.Equal(t, "postgres:17.10-bookworm", spec("containers", 0, "image"))
		assert.Equal(t, test.disk, spec("containers", 0, "resources", "limits", "ephemeral-storage"))
		assert.Equal(t, test.disk, spec("containers", 0, "resources", "requests", "ephemeral-storage"))
		assert.Equal(t, test.disk, spec("volumes", 0, "emptyDir", "sizeLimit"))
		assert.Equal(t, "rclone:1.71.2", spec("initContainers", 0, "image"))
		command := spec("containers", 0, "command").([]any)
		assert.Contains(t, command[2], test.script)
		assert.Contains(t, command[2], "set -Eeuo pipefail", "what all share comes first")
		env, secrets := variables(spec, 0)
		assert.Equal(t, test.secrets, secrets)
		assert.Subset(t, env, test.env)
		assert.Equal(t, test.task, env["TASK"])
	}
}

// The rehearsal could not touch the instance's database if it wanted to, and the keys are not where the dump is read.
func TestTheRehearsalKnowsOnlyWhatItNeeds(t *testing.T) {
	t.Parallel()
	r := run(t, vaultArgs())
	job := r.One(t, cronJobType, "backup-rehearsal")
	spec := func(path ...any) any { return pod(job, path...) }
	assert.Equal(t, "ghcr.io/mastodon/mastodon:v4.7.3", spec("containers", 1, "image"))
	assert.InDelta(t, 991, spec("containers", 1, "securityContext", "runAsUser"), 0)
	assert.Equal(t, []any{"bundle", "exec", "ruby", "-e"}, spec("containers", 1, "command").([]any)[:4])
	_, secrets := variables(spec, 1)
	assert.Equal(t, []string{"backup-keys"}, secrets)
	assert.Equal(t, map[string]any{
		"ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY": "primary", "ACTIVE_RECORD_ENCRYPTION_KEY_DERIVATION_SALT": "salt",
	}, r.One(t, secretType, "backup-keys").Input("stringData"))
}

func TestTheCredentials(t *testing.T) {
	t.Parallel()
	r := run(t, vaultArgs())
	for _, made := range r.OfType(secretType) {
		assert.True(t, made.Secret("stringData"), made.Name)
		assert.False(t, made.Protect, "%s is a copy, and goes with the setting that it is for", made.Name)
	}
	assert.Equal(t, map[string]any{
		"name": "reader", "grants": []any{map[string]any{"bucket": "media", "permission": "read"}},
	}, r.One(t, keyType, "vault-media-reader").Inputs.Mappable(), "who copies the uploads cannot change them")
	store := r.One(t, secretType, "vault-store").Input("stringData").(map[string]any)
	assert.Equal(t, "spaces:backups", store["STORE"])
	assert.Equal(t, "sfo3.digitaloceanspaces.com", store["RCLONE_CONFIG_SPACES_ENDPOINT"])
	assert.NotContains(t, store, "ELSEWHERE")
	assert.Equal(t, "verify-ca", r.One(t, secretType, "vault-database").Input("stringData", "PGSSLMODE"))
	assert.Equal(t, "authority",
		r.One(t, "kubernetes:core/v1:ConfigMap", "vault-authorities").Input("data", "database.crt"))
	assert.Equal(t, "restricted", r.One(t, "kubernetes:core/v1:Namespace", "vault-namespace").
		Input("metadata", "labels", "pod-security.kubernetes.io/enforce"))
	passphrase := r.One(t, "random:index/randomPassword:RandomPassword", "vault-passphrase")
	assert.True(t, passphrase.Protect)
	assert.True(t, passphrase.RetainOnDelete)
	assert.Contains(t, passphrase.IgnoreChanges, "length", "no change of the program makes another")
	assert.Empty(t, r.OfType(jobType), "nothing is restored that nobody asked for")
	for _, made := range r.OfType(secretType) {
		assert.NotContains(t, made.Name, "administrator")
		assert.NotContains(t, made.Name, "writer")
	}
}

// What is in the account does not go with the cluster: nobody would delete it.
func TestOnlyWhatIsInTheClusterGoesWithIt(t *testing.T) {
	t.Parallel()
	args := vaultArgs()
	args.Restore = &settings.Restore{From: "latest", Source: "backups"}
	args.Isolation = &kube.Isolation{VPC: "10.64.0.0/20"}
	r := run(t, args)
	for _, made := range r.All() {
		switch {
		case strings.HasPrefix(made.Type, "kubernetes:") && strings.HasPrefix(made.Name, "vault-"):
			assert.Contains(t, made.DeletedWith, "::cluster", made.Name)
		case made.Type == keyType || strings.HasPrefix(made.Type, "random:"):
			assert.Empty(t, made.DeletedWith, made.Name)
		}
	}
}

func TestAPassphraseThatLivesIsKept(t *testing.T) {
	t.Parallel()
	args := vaultArgs()
	args.Passphrase = hidden("of-old")
	r := run(t, args)
	assert.Empty(t, r.OfType("random:index/randomPassword:RandomPassword"))
	assert.Equal(t, map[string]any{"passphrase": "of-old"},
		r.One(t, secretType, "vault-encryption").Input("stringData"))
}

func TestElsewhere(t *testing.T) {
	t.Parallel()
	args := vaultArgs()
	args.Elsewhere = &settings.Elsewhere{Endpoint: "s3.example.net", Region: "eu-1", Bucket: "far"}
	args.ElsewhereAccessID, args.ElsewhereSecretKey = hidden("far-id"), hidden("far-key")
	store := run(t, args).One(t, secretType, "vault-store").Input("stringData").(map[string]any)
	assert.Subset(t, store, map[string]any{
		"ELSEWHERE": "elsewhere:far/social.example.org", "RCLONE_CONFIG_ELSEWHERE_ENDPOINT": "s3.example.net",
		"RCLONE_CONFIG_ELSEWHERE_ACCESS_KEY_ID": "far-id", "RCLONE_CONFIG_ELSEWHERE_SECRET_ACCESS_KEY": "far-key",
		"RCLONE_CONFIG_ELSEWHERE_PROVIDER": "Other", "RCLONE_CONFIG_ELSEWHERE_REGION": "eu-1",
	})
}

func TestRestore(t *testing.T) {
	t.Parallel()
	args := vaultArgs()
	args.Restore = &settings.Restore{From: "2026-11-24T02:17:00Z", Source: settings.FromElsewhere}
	args.Elsewhere = &settings.Elsewhere{Endpoint: "s3.example.net", Region: "eu-1", Bucket: "far"}
	args.ElsewhereAccessID, args.ElsewhereSecretKey = hidden("far-id"), hidden("far-key")
	r := run(t, args)
	job := r.One(t, jobType, "vault-restore")
	assert.Equal(t, "restore-elsewhere-2026-11-24t02-17-00z", job.Input("metadata", "name"))
	assert.InDelta(t, 0, job.Input("spec", "backoffLimit"), 0)
	spec := func(path ...any) any { return job.Input(append([]any{"spec", "template", "spec"}, path...)...) }
	env, secrets := variables(spec, 0)
	assert.Equal(t, []string{"backup-store", "backup-database", "backup-administrator"}, secrets)
	assert.Subset(t, env, map[string]any{"FROM": "2026-11-24T02:17:00Z", "SOURCE": "elsewhere", "TASK": "restore"})
	media := r.One(t, jobType, "vault-restore-media")
	assert.Equal(t, "true", media.Input("metadata", "annotations", "pulumi.com/skipAwait"), "nobody waits for it")
	_, secrets = variables(func(path ...any) any {
		return media.Input(append([]any{"spec", "template", "spec"}, path...)...)
	}, 0)
	assert.Equal(t, []string{"backup-store", "backup-uploads-writer"}, secrets)
	assert.Equal(t, map[string]any{
		"ADMIN_USER": "doadmin", "ADMIN_PASSWORD": "of-administrator", "GRANTS": "GRANT",
	}, r.One(t, secretType, "vault-administrator").Input("stringData"))
	waits := strings.Join(job.DependsOn, " ")
	for _, name := range []string{"vault-encryption", "vault-store", "vault-database", "vault-administrator"} {
		assert.Contains(t, waits, "::"+name)
	}
}

// The dump and the restoration reach the database, and no other task does.
func TestNetworkPolicies(t *testing.T) {
	t.Parallel()
	args := vaultArgs()
	assert.Empty(t, run(t, args).OfType(policyType))
	args.Isolation = &kube.Isolation{
		VPC: "10.64.0.0/20", Allow: []settings.Destination{{Range: "10.64.0.9/32", Port: 9000}},
	}
	args.Restore = &settings.Restore{From: "latest", Source: "backups"}
	r := run(t, args)
	require.Len(t, r.OfType(policyType), 4)
	spec := func(name string, path ...any) any {
		return r.One(t, policyType, "vault-policy-"+name).Input(append([]any{"spec"}, path...)...)
	}
	assert.Equal(t, map[string]any{
		"podSelector": map[string]any{}, "policyTypes": []any{"Ingress", "Egress"},
	}, spec("default-deny"))
	assert.Equal(t, []any{"dump", "restore"}, spec("database", "podSelector", "matchExpressions", 0, "values"))
	assert.Equal(t, []any{map[string]any{
		"to":    []any{map[string]any{"ipBlock": map[string]any{"cidr": "10.64.0.0/20"}}},
		"ports": []any{map[string]any{"protocol": "TCP", "port": 25060.0}},
	}}, spec("database", "egress"))
	assert.InDelta(t, 443, spec("buckets", "egress", 0, "ports", 0, "port"), 0, "not the databases' public addresses")
	assert.Equal(t, "10.64.0.9/32", spec("buckets", "egress", 1, "to", 0, "ipBlock", "cidr"))
	for _, made := range append(r.OfType(cronJobType), r.OfType(jobType)...) {
		for _, name := range []string{"default-deny", "dns", "buckets", "database"} {
			assert.Contains(t, strings.Join(made.DependsOn, " ")+" ", "::vault-policy-"+name+" ", made.Name)
		}
	}
}

func TestBackupReturnsFailures(t *testing.T) {
	t.Parallel()
	args := vaultArgs()
	args.Restore = &settings.Restore{From: "latest", Source: "backups"}
	args.Isolation = &kube.Isolation{VPC: "10.64.0.0/20"}
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, program(args))
}

func TestVaultWithoutArgumentsRegistersNothing(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	require.ErrorContains(t, r.Run(program(backup.VaultArgs{})),
		"vault arguments: Admin.Host, Cluster, Database.Host, Domain, Grants, ReaderName, Store.Name, Uploads.Name "+
			"missing")
	require.Empty(t, r.All())
}
