// Package backup writes what an instance knows into a bucket of another region, proves every week that it comes back,
// and brings it back.
//
// # What is where
//
// A [Vault] is a namespace with the credentials, and the passphrase of the dumps. It is there before Mastodon is,
// because an empty database is filled from it before the first migration. A [Backup] are the CronJobs: the dump of the
// database, the copy of the uploads, and the rehearsal, which restores the newest dump into a PostgreSQL in its own
// pod. Their pods run the files in scripts, with PostgreSQL's own programs and rclone.
//
// # Who learns of it
//
// Each run that ended well writes an object that everybody may read; a rule of the bucket deletes it after some days
// (settings.ProvenKey, package storage), and an uptime check asks for it (settings.Proofs). So the alarm needs nothing
// in the cluster, and rings, too, when nothing runs at all. A run that failed leaves a failed Job, its log, and a word
// in runs/<task>.prom.
package backup

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/internal/component"
	"github.com/vmstio/infrastructure/infra/internal/kube"
	"github.com/vmstio/infrastructure/infra/settings"
)

// Args are the arguments of a Backup.
type Args struct {
	// Vault is where it writes to.
	Vault *Vault
	// MayBeLost is the longest time between two dumps (settings.Settings.MayBeLost).
	MayBeLost time.Duration
	// Mastodon is the image of the instance, whose Ruby tries the keys.
	Mastodon settings.Image
	// PrimaryKey and Salt are ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY and _KEY_DERIVATION_SALT.
	PrimaryKey, Salt pulumi.StringInput
	// After is what must be there before anything is worth a backup.
	After []pulumi.Resource
}

// Backup is the CronJobs.
type Backup struct {
	pulumi.ResourceState
}

const (
	// deadline is when a task is given up.
	deadline = 20 * time.Hour
	// runTime is what dump and rehearsal may take, beyond the time between two dumps, until a status is too old.
	runTime = 3 * time.Hour
)

// New makes the CronJobs. It needs a Kubernetes provider among the options.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Backup, error) {
	if err := component.Require("backup", map[string]any{
		"Vault": args.Vault, "Mastodon": args.Mastodon.Repository, "PrimaryKey": args.PrimaryKey, "Salt": args.Salt,
	}); err != nil {
		return nil, err
	}
	b := &Backup{}
	if err := ctx.RegisterComponentResource("vmst:backup:Backup", name, b, opts...); err != nil {
		return nil, fmt.Errorf("registering backup %q: %w", name, err)
	}
	for _, task := range args.Vault.args.Tasks() {
		after, pod := args.Vault.contents, corev1.PodSpecArgs{}
		switch task.Name {
		case settings.DumpTask:
			pod = args.dump()
		case settings.MediaTask:
			pod = args.media()
		case settings.RehearsalTask:
			keys, err := args.Vault.secret(ctx, b, name, keysSecret, pulumi.StringMap{
				"ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY":         args.PrimaryKey,
				"ACTIVE_RECORD_ENCRYPTION_KEY_DERIVATION_SALT": args.Salt,
			})
			if err != nil {
				return nil, err
			}
			after, pod = slices.Concat(after, []pulumi.Resource{keys}), args.rehearsal()
		}
		if err := b.cronJob(ctx, name, task, pod, slices.Concat(after, args.After)); err != nil {
			return nil, err
		}
	}
	return b, ctx.RegisterResourceOutputs(b, pulumi.Map{})
}

func (a *Args) dump() corev1.PodSpecArgs {
	v := a.Vault.args
	return v.pod(settings.DumpTask, dumpScript, v.DiskGiB, []string{storeSecret, databaseSecret}, map[string]string{
		"KEEP_DAILY": strconv.Itoa(v.KeepDaily), "KEEP_WEEKLY": strconv.Itoa(v.KeepWeekly),
		"KEEP_MONTHLY": strconv.Itoa(v.KeepMonthly),
	})
}

func (a *Args) media() corev1.PodSpecArgs {
	v := a.Vault.args
	// Lists of names, and nothing else.
	const diskGiB = 2
	return v.pod(settings.MediaTask, mediaScript, diskGiB, []string{storeSecret, uploadsSecret}, map[string]string{
		"BANDWIDTH": v.Media.Bandwidth, "MOST_DELETED": strconv.Itoa(v.Media.MostDeletedPercent),
	})
}

// rehearsal has no credentials of the instance's database: it could not touch it if it wanted to.
func (a *Args) rehearsal() corev1.PodSpecArgs {
	v := a.Vault.args
	hours := 0
	if v.Rehearsal.Busy {
		hours = int(math.Ceil((a.MayBeLost + runTime).Hours()))
	}
	pod := v.pod(settings.RehearsalTask, rehearseScript, v.Rehearsal.DiskGiB, []string{storeSecret}, map[string]string{
		"AGE_HOURS": strconv.Itoa(hours), "COPIED": strconv.FormatBool(v.Media.Enabled),
	})
	beside := container("keys", a.Mastodon, settings.Resources{CPU: "10m", Memory: "64Mi", MemoryLimit: "512Mi"})
	beside.Command = pulumi.ToStringArray([]string{"bundle", "exec", "ruby", "-e", decryptScript})
	beside.Env = corev1.EnvVarArray{variable("WORK", work)}
	beside.EnvFrom = corev1.EnvFromSourceArray{corev1.EnvFromSourceArgs{
		SecretRef: corev1.SecretEnvSourceArgs{Name: pulumi.String(keysSecret)},
	}}
	beside.VolumeMounts = corev1.VolumeMountArray{mount("work", work, false)}
	user := kube.Confined()
	user.RunAsUser, user.RunAsGroup = pulumi.Int(kube.MastodonUser), pulumi.Int(kube.MastodonUser)
	beside.SecurityContext = user
	pod.Containers = append(pod.Containers.(corev1.ContainerArray), beside)
	return pod
}

// cronJob makes the CronJob of a task.
func (b *Backup) cronJob(
	ctx *pulumi.Context, name string, task settings.BackupTask, pod corev1.PodSpecArgs, after []pulumi.Resource,
) error {
	_, err := kube.NewCronJob(ctx, name+"-"+task.Name, &kube.CronJobArgs{
		Name: task.Name, Namespace: namespace, Labels: labels(task.Name), Pod: pod,
		// Once more after a hiccup.
		Spec: kube.Repeated(task.Schedule), Job: kube.Attempted(deadline, 1),
	}, pulumi.Parent(b), pulumi.DependsOn(after))
	return err
}
