package backup

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi-random/sdk/v4/go/random"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/crew"
	"github.com/vmstio/infrastructure/infra/internal/component"
	"github.com/vmstio/infrastructure/infra/internal/kube"
	"github.com/vmstio/infrastructure/infra/internal/managed"
	"github.com/vmstio/infrastructure/infra/internal/spaces"
	"github.com/vmstio/infrastructure/infra/settings"
)

// The names of what the pods share, in their namespace.
const (
	namespace           = "backup"
	authorities         = "backup-authorities"
	storeSecret         = "backup-store"
	uploadsSecret       = "backup-uploads"
	databaseSecret      = "backup-database"
	administratorSecret = "backup-administrator"
	// writerSecret has what uploadsSecret has, with a key that may write, while something is to be restored.
	writerSecret = "backup-uploads-writer"
	keysSecret   = "backup-keys"
	// encryptionSecret has the passphrase of the dumps. tools/escrow looks for it by this name.
	encryptionSecret = "backup-encryption"
	passphraseKey    = "passphrase"
	// restoreTask is the task that fills the database.
	restoreTask = "restore"
)

// VaultArgs are the arguments of a Vault.
type VaultArgs struct {
	settings.Backup
	// Restore fills the database, if it is to be filled.
	Restore *settings.Restore
	// Domain is the instance's; what is kept elsewhere is below it.
	Domain string
	// Store is the bucket of the backups, Uploads that of the uploads.
	Store, Uploads spaces.Bucket
	// ReaderName is the name of the key that reads the uploads.
	ReaderName string
	// Database is the primary as Mastodon's user, Admin as the administrator, who runs Grants.
	Database, Admin managed.Endpoint
	Grants          pulumi.StringInput
	// Passphrase encrypts the dumps; nil makes one.
	Passphrase pulumi.StringInput
	// ElsewhereAccessID and ElsewhereSecretKey open settings.Elsewhere. They may be nil where there is none.
	ElsewhereAccessID, ElsewhereSecretKey pulumi.StringInput
	// Isolation closes the namespace but for what is needed; nil leaves it open.
	Isolation *kube.Isolation
	// Cluster has the namespace, and takes it along when it goes.
	Cluster pulumi.Resource
	// After is what must be there before anything connects.
	After []pulumi.Resource
	// Protect keeps the passphrase and what holds it.
	Protect bool
}

// Vault is what backups are written to and read from: the passphrase, and the credentials of the pods in a namespace of
// their own.
type Vault struct {
	pulumi.ResourceState

	// Ready is what the first migration waits for: the restoration, if there is one.
	Ready []pulumi.Resource
	args  *VaultArgs
	// contents are the objects of the namespace that pods need.
	contents []pulumi.Resource
}

// NewVault makes the vault, and restores from it if it is to. It needs DigitalOcean, Kubernetes and random providers
// among the options.
func NewVault(ctx *pulumi.Context, name string, args *VaultArgs, opts ...pulumi.ResourceOption) (*Vault, error) {
	if err := component.Require("vault", map[string]any{
		"Domain": args.Domain, "ReaderName": args.ReaderName, "Store.Name": args.Store.Name,
		"Uploads.Name": args.Uploads.Name, "Database.Host": args.Database.Host, "Admin.Host": args.Admin.Host,
		"Grants": args.Grants, "Cluster": args.Cluster,
	}); err != nil {
		return nil, err
	}
	v := &Vault{args: args}
	if err := ctx.RegisterComponentResource("vmst:backup:Vault", name, v, opts...); err != nil {
		return nil, fmt.Errorf("registering vault %q: %w", name, err)
	}
	passphrase, err := v.passphrase(ctx, name, args)
	if err != nil {
		return nil, err
	}
	reader, err := digitalocean.NewSpacesKey(ctx, name+"-media-reader", &digitalocean.SpacesKeyArgs{
		Name: pulumi.String(args.ReaderName),
		Grants: digitalocean.SpacesKeyGrantArray{
			digitalocean.SpacesKeyGrantArgs{Bucket: args.Uploads.Name, Permission: pulumi.String("read")},
		},
	}, pulumi.Parent(v))
	if err != nil {
		return nil, fmt.Errorf("creating the key that reads the uploads: %w", err)
	}
	if err := v.objects(ctx, name, args, passphrase, reader); err != nil {
		return nil, err
	}
	if args.Restore != nil {
		if err := v.restore(ctx, name, args); err != nil {
			return nil, err
		}
	}
	return v, ctx.RegisterResourceOutputs(v, pulumi.Map{})
}

// passphrase makes what the dumps are encrypted with, once. Without it none of them opens.
func (v *Vault) passphrase(ctx *pulumi.Context, name string, args *VaultArgs) (pulumi.StringInput, error) {
	if args.Passphrase != nil {
		return args.Passphrase, nil
	}
	made, err := random.NewRandomPassword(ctx, name+"-passphrase", &random.RandomPasswordArgs{
		Length: pulumi.Int(64), Special: pulumi.Bool(false),
	}, pulumi.Parent(v), component.KeepPassword(args.Protect))
	if err != nil {
		return nil, fmt.Errorf("creating the passphrase of the backups: %w", err)
	}
	return made.Result, nil
}

// objects makes the namespace and what is in it. Nothing of it is protected: the backups are not there.
func (v *Vault) objects(
	ctx *pulumi.Context, name string, args *VaultArgs, passphrase pulumi.StringInput, reader *digitalocean.SpacesKey,
) error {
	made, err := corev1.NewNamespace(ctx, name+"-namespace", &corev1.NamespaceArgs{
		Metadata: &metav1.ObjectMetaArgs{
			Name:   pulumi.String(namespace),
			Labels: pulumi.StringMap{"pod-security.kubernetes.io/enforce": pulumi.String("restricted")},
		},
	}, pulumi.Parent(v), pulumi.DeletedWith(args.Cluster))
	if err != nil {
		return fmt.Errorf("creating namespace %q: %w", namespace, err)
	}
	v.contents = append(v.contents, made)
	if err := v.isolate(ctx, name, args); err != nil {
		return err
	}
	certificates := pulumi.StringMap{}
	if args.Database.CA != (pulumi.StringOutput{}) {
		certificates["database.crt"] = args.Database.CA
	}
	file, err := corev1.NewConfigMap(ctx, name+"-authorities", &corev1.ConfigMapArgs{
		Metadata: &metav1.ObjectMetaArgs{Name: pulumi.String(authorities), Namespace: made.Metadata.Name()},
		Data:     certificates,
	}, pulumi.Parent(v), pulumi.DeletedWith(args.Cluster))
	if err != nil {
		return fmt.Errorf("creating ConfigMap %q: %w", authorities, err)
	}
	v.contents = append(v.contents, file)
	store := remote("SPACES", args.Store.Region, args.Store.Hostname(), "DigitalOcean",
		args.Store.AccessKey, args.Store.SecretKey)
	store["STORE"] = pulumi.Sprintf("spaces:%s", args.Store.Name)
	if e := args.Elsewhere; e != nil {
		maps.Copy(store, remote("ELSEWHERE", e.Region, e.Endpoint, "Other",
			args.ElsewhereAccessID, args.ElsewhereSecretKey))
		store["ELSEWHERE"] = pulumi.String("elsewhere:" + e.Bucket + "/" + args.Domain)
	}
	uploads := remote("UPLOADS", args.Uploads.Region, args.Uploads.Hostname(), "DigitalOcean",
		reader.AccessKey, reader.SecretKey)
	uploads["MEDIA"] = pulumi.Sprintf("uploads:%s", args.Uploads.Name)
	writer := remote("UPLOADS", args.Uploads.Region, args.Uploads.Hostname(), "DigitalOcean",
		args.Uploads.AccessKey, args.Uploads.SecretKey)
	writer["MEDIA"] = uploads["MEDIA"]
	for _, s := range []struct {
		name string
		data pulumi.StringMap
	}{
		{encryptionSecret, pulumi.StringMap{passphraseKey: passphrase}},
		{storeSecret, store},
		{uploadsSecret, uploads},
		// The names are those of libpq.
		{databaseSecret, pulumi.StringMap{
			"PGHOST": args.Database.Host, "PGPORT": pulumi.Sprintf("%d", args.Database.Port),
			"PGDATABASE": args.Database.Name, "PGUSER": args.Database.Username, "PGPASSWORD": args.Database.Password,
			"PGSSLMODE": pulumi.String(args.Database.SSLMode), "PGSSLROOTCERT": pulumi.String(bundle),
		}},
		{administratorSecret, pulumi.StringMap{
			"ADMIN_USER": args.Admin.Username, "ADMIN_PASSWORD": args.Admin.Password, "GRANTS": args.Grants,
		}},
		{writerSecret, writer},
	} {
		if (s.name == administratorSecret || s.name == writerSecret) && args.Restore == nil {
			continue
		}
		object, err := v.secret(ctx, v, name, s.name, s.data)
		if err != nil {
			return err
		}
		v.contents = append(v.contents, object)
	}
	return nil
}

// isolate makes the network policies: nobody connects to the pods, and they connect to buckets, which are public
// addresses, and to what a person has named. Those that need it reach the database, which excludes the rehearsal.
func (v *Vault) isolate(ctx *pulumi.Context, name string, args *VaultArgs) error {
	i := args.Isolation
	if i == nil {
		return nil
	}
	policies, err := i.Isolate(ctx, name, namespace, []string{kube.Ingress, kube.Egress}, []kube.Opening{
		{Name: "dns", To: pulumi.MapArray{kube.ToDNS()}},
		{Name: "buckets", To: slices.Concat(pulumi.MapArray{kube.ToInternet(kube.HTTPS)}, i.ToAllowed())},
		{
			Name: "database", Pods: kube.Component(kube.In, settings.DumpTask, restoreTask),
			To: pulumi.MapArray{i.ToDatabases(args.Database.Port)},
		},
	}, pulumi.Parent(v), pulumi.DependsOn(v.contents), pulumi.DeletedWith(args.Cluster))
	v.contents = append(v.contents, policies...)
	return err
}

// secret makes a Secret in the namespace. All of them are copies of what is kept elsewhere, the passphrase too.
func (v *Vault) secret(
	ctx *pulumi.Context, parent pulumi.Resource, name, secret string, data pulumi.StringMap,
) (pulumi.Resource, error) {
	object, err := corev1.NewSecret(ctx, name+strings.TrimPrefix(secret, namespace), &corev1.SecretArgs{
		Metadata:   &metav1.ObjectMetaArgs{Name: pulumi.String(secret), Namespace: pulumi.String(namespace)},
		StringData: data,
	}, pulumi.Parent(parent), pulumi.DependsOn(v.contents[:1]), pulumi.DeletedWith(v.args.Cluster))
	if err != nil {
		return nil, fmt.Errorf("creating Secret %q: %w", secret, err)
	}
	return object, nil
}

// remote are the variables that tell rclone of a bucket's provider.
func remote(name, region, endpoint, provider string, id, key pulumi.StringInput) pulumi.StringMap {
	variables := pulumi.StringMap{}
	for option, value := range map[string]pulumi.StringInput{
		"TYPE": pulumi.String("s3"), "PROVIDER": pulumi.String(provider), "REGION": pulumi.String(region),
		"ENDPOINT": pulumi.String(endpoint), "ACCESS_KEY_ID": id, "SECRET_ACCESS_KEY": key,
		// The key pairs may not look at buckets, only into these.
		"NO_CHECK_BUCKET": pulumi.String("true"),
	} {
		variables["RCLONE_CONFIG_"+name+"_"+option] = value
	}
	return variables
}

// restoreDeadline is when a restoration is given up: indexes of a big instance take hours.
const restoreDeadline = 12 * time.Hour

// mediaDeadline is when the uploads are given up.
const mediaDeadline = 14 * 24 * time.Hour

// restore makes the Job that fills the database while it is empty. Its name says from when, so that another time is
// another Job, which then finds a database that is not empty.
func (v *Vault) restore(ctx *pulumi.Context, name string, args *VaultArgs) error {
	source := "store"
	if args.Restore.Source == settings.FromElsewhere {
		source = "elsewhere"
	}
	pod := args.pod(restoreTask, restoreScript, args.Rehearsal.DiskGiB,
		[]string{storeSecret, databaseSecret, administratorSecret},
		map[string]string{"FROM": args.Restore.From, "SOURCE": source})
	restored, err := v.job(ctx, name, restoreTask, source, pod,
		pulumi.StringMap{"pulumi.com/replaceUnready": pulumi.String("true")}, restoreDeadline)
	if err != nil {
		return err
	}
	v.Ready = append(v.Ready, restored)
	if !args.Media.Enabled {
		return nil
	}
	// Nobody waits for the uploads, which may take days: until they are there, their pictures are missing.
	pod = args.pod("restore-media", restoreMediaScript, 1, []string{storeSecret, writerSecret},
		map[string]string{"SOURCE": source})
	_, err = v.job(ctx, name, "restore-media", source, pod,
		pulumi.StringMap{"pulumi.com/skipAwait": pulumi.String("true")}, mediaDeadline)
	return err
}

// job makes a Job of the restoration.
func (v *Vault) job(
	ctx *pulumi.Context, name, task, source string, pod corev1.PodSpecArgs, annotations pulumi.StringMap,
	limit time.Duration,
) (pulumi.Resource, error) {
	const longest = 63
	from := v.args.Restore.From
	patience := (restoreDeadline + 10*time.Minute).String()
	return kube.NewObject(ctx, name+"-"+task, &kube.ObjectArgs{
		APIVersion: "batch/v1",
		Kind:       "Job",
		Metadata: metav1.ObjectMetaArgs{
			Name:      pulumi.String(crew.Fit(crew.Slug(task+"-"+source+"-"+strings.ToLower(from)), longest, from)),
			Namespace: pulumi.String(namespace), Labels: labels(task), Annotations: annotations,
		},
		Spec: pulumi.Map{
			// What did not work once needs a person, and nothing has been changed.
			"backoffLimit": pulumi.Int(0), "activeDeadlineSeconds": pulumi.Int(int(limit.Seconds())),
			"template": corev1.PodTemplateSpecArgs{Metadata: &metav1.ObjectMetaArgs{Labels: labels(task)}, Spec: pod},
		},
	}, pulumi.Parent(v), pulumi.DependsOn(slices.Concat(v.contents, v.args.After)), pulumi.DeletedWith(v.args.Cluster),
		pulumi.Timeouts(&pulumi.CustomTimeouts{Create: patience, Update: patience}))
}
