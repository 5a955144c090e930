package mastodon

import (
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
	// user is the user and group of Mastodon's images (their Dockerfile).
	user = 991
	// attempts is how often a Job is tried again.
	attempts = 3
	// deadline is when a Job is given up. Migrations of a big instance take hours.
	deadline = 6 * time.Hour
)

// migrate prepares an empty database with the whole schema and its first rows, and a used one with the migrations that
// have to come before the new version. The others must not be skipped on an empty database: the schema contains them,
// and Rails would take note only of those that it can see.
const migrate = `set -eu
version="$(bundle exec rake db:version)"
if printf '%s\n' "$version" | grep -qx 'Current version: 0'; then
  exec bundle exec rake db:prepare
fi
exec env SKIP_POST_DEPLOYMENT_MIGRATIONS=true bundle exec rake db:migrate
`

// grant runs the administrator's statement. Mastodon's image has no psql, but the library that Rails uses.
const grant = `PG.connect.exec(ARGV.fetch(0))`

// migrateBefore makes the Job that brings the database to where the new version can run beside the old one.
func (m *Mastodon) migrateBefore(
	ctx *pulumi.Context, name string, args *Args, after []pulumi.Resource,
) (*kube.Object, error) {
	first := jobContainer("grant", args.Image, "256Mi", "512Mi")
	first.Command = append(
		pulumi.ToStringArray([]string{"bundle", "exec", "ruby", "-r", "pg", "-e", grant}), args.Grants)
	first.EnvFrom = environmentOf(adminSecret)
	spec := jobPod(args.rails("migrate", "bash", "-c", migrate))
	spec.InitContainers = corev1.ContainerArray{first}
	return m.job(ctx, name, args, "migrate-before", spec, after)
}

// migrateAfter makes the Job that finishes the migrations once nothing runs the old version any more.
func (m *Mastodon) migrateAfter(ctx *pulumi.Context, name string, args *Args, chart pulumi.Resource) error {
	spec := jobPod(args.rails("migrate", "bundle", "exec", "rake", "db:migrate"))
	_, err := m.job(ctx, name, args, "migrate-after", spec, []pulumi.Resource{chart})
	return err
}

// assets makes the Job that copies the new version's static files to the bucket that CDN_HOST serves, before any page
// refers to them. It deletes nothing: while pods are replaced, and in browsers long after, pages of the old version ask
// for its files.
//
// Everything in public goes, not only packs: emoji, sounds and default avatars are fetched from CDN_HOST too. The
// exception is system, where uploads would be. Files whose content is there already are left alone.
func (m *Mastodon) assets(
	ctx *pulumi.Context, name string, args *Args, after []pulumi.Resource,
) (*kube.Object, error) {
	const directory = "/assets"
	volume := corev1.VolumeMountArray{corev1.VolumeMountArgs{
		Name: pulumi.String("assets"), MountPath: pulumi.String(directory),
	}}
	unpack := jobContainer("unpack", args.Image, "64Mi", "256Mi")
	unpack.Command = pulumi.ToStringArray([]string{"cp", "-R", "/opt/mastodon/public", directory})
	unpack.VolumeMounts = volume
	upload := jobContainer("upload", args.Rclone, "128Mi", "512Mi")
	upload.Command = pulumi.StringArray{
		pulumi.String("rclone"), pulumi.String("copy"), pulumi.String(directory + "/public"),
		pulumi.Sprintf("remote:%s", args.Assets.Name),
		pulumi.String("--exclude"), pulumi.String("/system/**"),
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
	upload.VolumeMounts = volume
	spec := jobPod(upload)
	spec.InitContainers = corev1.ContainerArray{unpack}
	spec.Volumes = corev1.VolumeArray{corev1.VolumeArgs{
		Name: pulumi.String("assets"), EmptyDir: corev1.EmptyDirVolumeSourceArgs{SizeLimit: pulumi.String("2Gi")},
	}}
	return m.job(ctx, name, args, "assets", spec, after)
}

// job makes a Job whose name carries the version, so that another version makes another Job, which has to complete
// before the old one goes. Pulumi waits for it.
//
// There is no ttlSecondsAfterFinished: Kubernetes would delete the Job, the next refresh would miss it, and the next
// update would run it again. A Job that failed stays as it is; replaceUnready has the next update replace it.
func (m *Mastodon) job(
	ctx *pulumi.Context, name string, args *Args, task string, spec corev1.PodSpecArgs, after []pulumi.Resource,
) (*kube.Object, error) {
	// The labels tell these pods from the chart's, whose selectors they must not meet.
	labels := pulumi.StringMap{
		"app.kubernetes.io/part-of": pulumi.String(releaseName), "app.kubernetes.io/component": pulumi.String(task),
	}
	return kube.NewObject(ctx, name+"-"+task, &kube.ObjectArgs{
		APIVersion: "batch/v1",
		Kind:       "Job",
		Metadata: metav1.ObjectMetaArgs{
			Name: pulumi.String(jobName(task, args.Image.Tag)), Namespace: pulumi.String(args.Namespace),
			Labels:      labels,
			Annotations: pulumi.StringMap{"pulumi.com/replaceUnready": pulumi.String("true")},
		},
		Spec: pulumi.Map{
			"backoffLimit":          pulumi.Int(attempts),
			"activeDeadlineSeconds": pulumi.Int(int(deadline.Seconds())),
			"template": corev1.PodTemplateSpecArgs{
				Metadata: &metav1.ObjectMetaArgs{Labels: labels},
				Spec:     spec,
			},
		},
	}, pulumi.Parent(m), pulumi.DependsOn(after), pulumi.Timeouts(&pulumi.CustomTimeouts{
		// A little longer, so that the Job's own verdict is what is reported.
		Create: (deadline + 10*time.Minute).String(), Update: (deadline + 10*time.Minute).String(),
	}))
}

// jobName is a DNS label.
func jobName(task, tag string) string {
	const longest = 63
	return crew.Fit(crew.Slug(releaseName+"-"+task+"-"+tag), longest, tag)
}

// jobPod is the pod of a Job with one container.
func jobPod(container corev1.ContainerArgs) corev1.PodSpecArgs {
	return corev1.PodSpecArgs{
		// A failed pod stays, with its log; the Job makes another.
		RestartPolicy:                pulumi.String("Never"),
		ServiceAccountName:           pulumi.String(serviceAccount),
		AutomountServiceAccountToken: pulumi.Bool(false),
		SecurityContext: corev1.PodSecurityContextArgs{
			RunAsNonRoot: pulumi.Bool(true),
			RunAsUser:    pulumi.Int(user), RunAsGroup: pulumi.Int(user), FsGroup: pulumi.Int(user),
			SeccompProfile: corev1.SeccompProfileArgs{Type: pulumi.String("RuntimeDefault")},
		},
		Containers: corev1.ContainerArray{container},
		Volumes: corev1.VolumeArray{corev1.VolumeArgs{
			Name:      pulumi.String(authorities),
			ConfigMap: corev1.ConfigMapVolumeSourceArgs{Name: pulumi.String(authorities)},
		}},
	}
}

// jobContainer is a container of a Job that may nothing but compute.
func jobContainer(name string, image settings.Image, memory, limit string) corev1.ContainerArgs {
	return corev1.ContainerArgs{
		Name:  pulumi.String(name),
		Image: pulumi.String(image.String()),
		SecurityContext: corev1.SecurityContextArgs{
			AllowPrivilegeEscalation: pulumi.Bool(false),
			Capabilities:             corev1.CapabilitiesArgs{Drop: pulumi.ToStringArray([]string{"ALL"})},
		},
		Resources: corev1.ResourceRequirementsArgs{
			Requests: pulumi.StringMap{"cpu": pulumi.String("100m"), "memory": pulumi.String(memory)},
			Limits:   pulumi.StringMap{"memory": pulumi.String(limit)},
		},
		VolumeMounts: corev1.VolumeMountArray{corev1.VolumeMountArgs{
			Name: pulumi.String(authorities), MountPath: pulumi.String(authoritiesPath), ReadOnly: pulumi.Bool(true),
		}},
	}
}

// rails is a container that runs a command of Mastodon with its whole environment.
func (a *Args) rails(name string, command ...string) corev1.ContainerArgs {
	c := jobContainer(name, a.Image, "768Mi", "2Gi")
	c.Command = pulumi.ToStringArray(command)
	c.EnvFrom = environmentOf(jobsSecret)
	return c
}

func environmentOf(secret string) corev1.EnvFromSourceArray {
	return corev1.EnvFromSourceArray{corev1.EnvFromSourceArgs{
		SecretRef: corev1.SecretEnvSourceArgs{Name: pulumi.String(secret)},
	}}
}
