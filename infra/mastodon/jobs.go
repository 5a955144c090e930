package mastodon

import (
	_ "embed"
	"slices"
	"strconv"
	"time"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/crew"
	"github.com/vmstio/infrastructure/infra/internal/kube"
	"github.com/vmstio/infrastructure/infra/settings"
)

// The chart's own hooks for all of this are of no use: helm/v4.Chart drops hooks, and their environment has no TLS for
// Valkey and none of the chart's extra variables.

const (
	// attempts is how often a Job is tried again.
	attempts = 3
	// deadline is when a Job is given up. Migrations of a big instance take hours.
	deadline = 6 * time.Hour
	// backgroundDeadline is when one is that nobody waits for.
	backgroundDeadline = 14 * 24 * time.Hour
)

var (
	// background are the Jobs that nobody waits for.
	background = []string{"search-contents"}
	// ofDatabase are those that another database needs as well, whatever version it has been brought to.
	ofDatabase = []string{"preflight", "migrate-before", "migrate-after"}
)

// databaseAnnotation is the cluster of PostgreSQL that a Job has worked on. It is one of the pods, which cannot change,
// so that another cluster makes another Job.
const databaseAnnotation = "mastodon-database"

// indexing are the Jobs that run once more for another cluster of the search, which has no indexes yet.
var indexing = []string{"search-mapping", "search-contents"}

// searchCluster is the annotation of their pods with the cluster's ID. The template of a Job cannot change, so that
// another ID is another Job.
const searchCluster = "mastodon-search-cluster"

// The scripts of the Jobs; each says what it does.
var (
	//go:embed scripts/preflight.rb
	preflight string
	//go:embed scripts/migrate-before.sh
	migrateBefore string
	//go:embed scripts/search-mapping.sh
	searchMapping string
	//go:embed scripts/search-contents.sh
	searchContents string
)

// staticTypes are types of static files that rclone does not know: its image has no list (its Dockerfile), and Go's own
// has no fonts (mime/type.go) and, in older versions, less. Without a type, a file is served as bytes of any kind,
// where nginx says these (conf/mime.types; of maps and manifests, developer.mozilla.org says them). Go reads such a
// list in staticTypesPath.
const (
	staticTypes = "font/woff2 woff2\nfont/woff woff\nfont/ttf ttf\nfont/otf otf\nimage/x-icon ico\ntext/plain txt\n" +
		"application/json map\napplication/manifest+json webmanifest\n"
	staticTypesPath, staticTypesFile = "/etc/mime.types", "mime.types"
)

// unpackStatic copies the image's static files into a directory, and writes the list of types beside them.
const unpackStatic = `cp -R /opt/mastodon/public "$0" && printf %s "$1" > "$0/` + staticTypesFile + `"`

// grant runs the administrator's statement. Mastodon's image has no psql, but the library that Rails uses.
const grant = `PG.connect.exec(ARGV.fetch(0))`

// preflight makes the Job that looks whether everything that an instance needs is as it has to be, before anything is
// migrated.
func (m *Mastodon) preflight(
	ctx *pulumi.Context, name string, args *Args, after []pulumi.Resource,
) (*kube.Object, error) {
	look := args.rails("look", "bundle", "exec", "ruby", "-e", preflight)
	variable := func(name string, value pulumi.StringInput) corev1.EnvVarInput {
		return corev1.EnvVarArgs{Name: pulumi.String(name), Value: value}
	}
	env := corev1.EnvVarArray{variable("CDN_READY", pulumi.String(strconv.FormatBool(args.Delegated)))}
	if p := args.Pool; p != nil {
		env = append(env, variable("POOL_HOST", p.Host), variable("POOL_PORT", pulumi.Sprintf("%d", p.Port)),
			variable("POOL_NAME", p.Name))
	}
	look.Env = env
	return m.job(ctx, name, args, "preflight", args.jobPod(look), after)
}

// migrateBefore makes the Job that brings the database to where the new version can run beside the old one.
func (m *Mastodon) migrateBefore(
	ctx *pulumi.Context, name string, args *Args, after []pulumi.Resource,
) (*kube.Object, error) {
	first := args.rails("grant")
	first.Command = append(
		pulumi.ToStringArray([]string{"bundle", "exec", "ruby", "-r", "pg", "-e", grant}), args.Grants)
	first.EnvFrom = environmentOf(adminSecret)
	first.Resources = kube.Requirements(little("256Mi", "512Mi"))
	spec := args.jobPod(args.rails("migrate", "bash", "-c", migrateBefore))
	spec.InitContainers = append(spec.InitContainers.(corev1.ContainerArray), first)
	return m.job(ctx, name, args, "migrate-before", spec, after)
}

// migrateAfter makes the Job that finishes the migrations once nothing runs the old version any more.
func (m *Mastodon) migrateAfter(
	ctx *pulumi.Context, name string, args *Args, chart pulumi.Resource,
) (*kube.Object, error) {
	spec := args.jobPod(args.rails("migrate", "bundle", "exec", "rake", "db:migrate"))
	return m.job(ctx, name, args, "migrate-after", spec, []pulumi.Resource{chart})
}

// indexes makes the Jobs of the search indexes: one for what they map, which is waited for, and one for their contents,
// which may take days and is not. Where nothing changed for a version, both have nothing to do; of another cluster,
// they find that all of it is missing.
func (m *Mastodon) indexes(ctx *pulumi.Context, name string, args *Args, migrated pulumi.Resource) error {
	mapping := args.jobPod(args.rails("map", "bash", "-c", searchMapping))
	mapped, err := m.job(ctx, name, args, "search-mapping", mapping, []pulumi.Resource{migrated})
	if err != nil {
		return err
	}
	contents := args.jobPod(args.rails("fill", "bash", "-c", searchContents))
	_, err = m.job(ctx, name, args, "search-contents", contents, []pulumi.Resource{mapped})
	return err
}

// assets makes the Job that copies the new version's static files to the bucket that CDN_HOST serves, before any page
// refers to them. It deletes nothing: while pods are replaced, and in browsers long after, pages of the old version ask
// for its files.
//
// Everything in public goes, not only packs: emoji, sounds and default avatars are fetched from CDN_HOST too. The
// exceptions are system, where uploads would be, and what the build has compressed in packs beside each file
// (vite.config.mts: compress): a bucket chooses nothing by what a browser accepts, so that nobody asks for it there.
// Elsewhere such a file is one of its own: text recognition fetches ocr/lang-data/eng.traineddata.gz (tesseract.js).
//
// Files whose content is there already are left alone, with the type that they have.
func (m *Mastodon) assets(
	ctx *pulumi.Context, name string, args *Args, after []pulumi.Resource,
) (*kube.Object, error) {
	const directory = "/assets"
	volume := corev1.VolumeMountArray{corev1.VolumeMountArgs{
		Name: pulumi.String("assets"), MountPath: pulumi.String(directory),
	}}
	unpack := jobContainer("unpack", args.Image, little("64Mi", "256Mi"))
	unpack.Command = pulumi.ToStringArray([]string{"sh", "-c", unpackStatic, directory, staticTypes})
	unpack.VolumeMounts = volume
	upload := jobContainer("upload", args.Rclone, little("128Mi", "512Mi"))
	upload.Command = pulumi.StringArray{
		pulumi.String("rclone"), pulumi.String("copy"), pulumi.String(directory + "/public"),
		pulumi.Sprintf("remote:%s", args.Assets.Name),
		pulumi.String("--exclude"), pulumi.String("/system/**"),
		pulumi.String("--exclude"), pulumi.String("/packs/**.{br,gz}"),
		pulumi.String("--checksum"), pulumi.String("--fast-list"), pulumi.String("--transfers"), pulumi.String("16"),
		// As Mastodon's dist/nginx.conf has it.
		pulumi.String("--header-upload"), pulumi.String("Cache-Control: public, max-age=2419200, must-revalidate"),
	}
	const variable = "RCLONE_CONFIG_REMOTE_"
	option := func(name, value string) corev1.EnvVarInput {
		return corev1.EnvVarArgs{Name: pulumi.String(variable + name), Value: pulumi.String(value)}
	}
	credential := func(name, key string) corev1.EnvVarInput {
		return corev1.EnvVarArgs{Name: pulumi.String(variable + name), ValueFrom: corev1.EnvVarSourceArgs{
			SecretKeyRef: corev1.SecretKeySelectorArgs{Name: pulumi.String(assetsSecret), Key: pulumi.String(key)},
		}}
	}
	upload.Env = corev1.EnvVarArray{
		option("TYPE", "s3"),
		option("PROVIDER", "DigitalOcean"),
		option("REGION", args.Assets.Region),
		option("ENDPOINT", args.Assets.Hostname()),
		option("ACL", "public-read"),
		// The key pair may not look at buckets, only into this one.
		option("NO_CHECK_BUCKET", "true"),
		credential("ACCESS_KEY_ID", "access-key-id"),
		credential("SECRET_ACCESS_KEY", "secret-access-key"),
	}
	upload.VolumeMounts = append(slices.Clone(volume), corev1.VolumeMountArgs{
		Name: pulumi.String("assets"), MountPath: pulumi.String(staticTypesPath),
		SubPath: pulumi.String(staticTypesFile), ReadOnly: pulumi.Bool(true),
	})
	spec := args.jobPod(upload)
	spec.InitContainers = corev1.ContainerArray{unpack}
	spec.Volumes = corev1.VolumeArray{corev1.VolumeArgs{
		Name: pulumi.String("assets"), EmptyDir: corev1.EmptyDirVolumeSourceArgs{SizeLimit: pulumi.String("2Gi")},
	}}
	return m.job(ctx, name, args, "assets", spec, after)
}

// job makes a Job whose name carries the version, so that another version makes another Job, which has to complete
// before the old one goes. What brings a database to a version runs again for another one: the environment that the
// pods read it from is a Secret, whose change no Job would notice. Pulumi waits for a Job, unless it is in the
// background: such a one may still run when another of its name has to take its place, and goes at once, its pods after
// it (pulumi.com/deletionPropagationPolicy; kubernetes.io, "Cascading deletion").
//
// There is no ttlSecondsAfterFinished: Kubernetes would delete the Job, the next refresh would miss it, and the next
// update would run it again. A Job that failed stays as it is; replaceUnready has the next update replace it.
func (m *Mastodon) job(
	ctx *pulumi.Context, name string, args *Args, task string, spec corev1.PodSpecArgs, after []pulumi.Resource,
) (*kube.Object, error) {
	labels := jobLabels(task)
	annotations := pulumi.StringMap{"pulumi.com/replaceUnready": pulumi.String("true")}
	template := &metav1.ObjectMetaArgs{Labels: labels}
	if slices.Contains(ofDatabase, task) {
		template.Annotations = pulumi.StringMap{databaseAnnotation: args.DatabaseID}
	}
	if slices.Contains(indexing, task) {
		template.Annotations = pulumi.StringMap{searchCluster: args.Search.ID}
	}
	limit := deadline
	if slices.Contains(background, task) {
		annotations = pulumi.StringMap{
			"pulumi.com/skipAwait":                 pulumi.String("true"),
			"pulumi.com/deletionPropagationPolicy": pulumi.String("background"),
		}
		limit = backgroundDeadline
	}
	return kube.NewObject(ctx, name+"-"+task, &kube.ObjectArgs{
		APIVersion: "batch/v1",
		Kind:       "Job",
		Metadata: metav1.ObjectMetaArgs{
			Name: pulumi.String(jobName(task, args.Image.Tag)), Namespace: pulumi.String(args.Namespace),
			Labels: labels, Annotations: annotations,
		},
		Spec: pulumi.Map{
			"backoffLimit":          pulumi.Int(attempts),
			"activeDeadlineSeconds": pulumi.Int(int(limit.Seconds())),
			"template": corev1.PodTemplateSpecArgs{
				Metadata: template,
				Spec:     spec,
			},
		},
	}, pulumi.Parent(m), pulumi.DependsOn(after), pulumi.Timeouts(&pulumi.CustomTimeouts{
		// A little longer, so that the Job's own verdict is what is reported.
		Create: (deadline + 10*time.Minute).String(), Update: (deadline + 10*time.Minute).String(),
	}))
}

// jobLabels tell the pods of a Job from the chart's, whose selectors they must not meet.
func jobLabels(task string) pulumi.StringMap {
	return pulumi.StringMap{
		"app.kubernetes.io/part-of": pulumi.String(releaseName), "app.kubernetes.io/component": pulumi.String(task),
	}
}

// jobName is a DNS label.
func jobName(task, tag string) string {
	const longest = 63
	return crew.Fit(crew.Slug(releaseName+"-"+task+"-"+tag), longest, tag)
}

// jobPod is the pod of a Job with one container, with the bundle of certificate authorities if that mounts it.
func (a *Args) jobPod(container corev1.ContainerArgs) corev1.PodSpecArgs {
	pod := corev1.PodSpecArgs{
		// A failed pod stays, with its log; the Job makes another.
		RestartPolicy:                pulumi.String("Never"),
		ServiceAccountName:           pulumi.String(serviceAccount),
		AutomountServiceAccountToken: pulumi.Bool(false),
		SecurityContext:              kube.Restricted(kube.MastodonUser),
		Containers:                   corev1.ContainerArray{container},
		InitContainers:               corev1.ContainerArray{},
		NodeSelector:                 kube.OnPool(a.Jobs.Pool),
	}
	if container.VolumeMounts != nil && a.trusted() == bundle {
		write := jobContainer("authorities", a.Image, little("16Mi", "64Mi"))
		write.Command = pulumi.ToStringArray([]string{"sh", "-c", bundleCAs})
		write.VolumeMounts = corev1.VolumeMountArray{
			corev1.VolumeMountArgs{Name: pulumi.String(bundleVolume), MountPath: pulumi.String(bundlePath)},
			corev1.VolumeMountArgs{
				Name: pulumi.String(authorities), MountPath: pulumi.String(clusterCAs), ReadOnly: pulumi.Bool(true),
			},
		}
		pod.InitContainers = corev1.ContainerArray{write}
		pod.Volumes = corev1.VolumeArray{
			corev1.VolumeArgs{
				Name:      pulumi.String(authorities),
				ConfigMap: corev1.ConfigMapVolumeSourceArgs{Name: pulumi.String(authorities)},
			},
			corev1.VolumeArgs{
				Name:     pulumi.String(bundleVolume),
				EmptyDir: corev1.EmptyDirVolumeSourceArgs{SizeLimit: pulumi.String("8Mi")},
			},
		}
	}
	return pod
}

// jobContainer is a container of a Job that may nothing but compute.
func jobContainer(name string, image settings.Image, resources settings.Resources) corev1.ContainerArgs {
	return corev1.ContainerArgs{
		Name:            pulumi.String(name),
		Image:           pulumi.String(image.String()),
		SecurityContext: kube.Confined(),
		Resources:       kube.Requirements(resources),
	}
}

// little is what a container asks for that runs nothing of Mastodon's.
func little(memory, limit string) settings.Resources {
	return settings.Resources{CPU: "100m", Memory: memory, MemoryLimit: limit}
}

// rails is a container that runs a command of Mastodon with its whole environment.
func (a *Args) rails(name string, command ...string) corev1.ContainerArgs {
	c := jobContainer(name, a.Image, a.Jobs.Resources)
	c.Command = pulumi.ToStringArray(command)
	c.EnvFrom = environmentOf(jobsSecret)
	if a.trusted() == bundle {
		c.VolumeMounts = corev1.VolumeMountArray{corev1.VolumeMountArgs{
			Name: pulumi.String(bundleVolume), MountPath: pulumi.String(bundlePath), ReadOnly: pulumi.Bool(true),
		}}
	}
	return c
}

func environmentOf(secret string) corev1.EnvFromSourceArray {
	return corev1.EnvFromSourceArray{corev1.EnvFromSourceArgs{
		SecretRef: corev1.SecretEnvSourceArgs{Name: pulumi.String(secret)},
	}}
}
