package backup

import (
	_ "embed"
	"maps"
	"slices"
	"strconv"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/internal/kube"
	"github.com/vmstio/infrastructure/infra/settings"
)

// The scripts of the pods; each says what it does. All but decrypt.rb begin with common.sh.
var (
	//go:embed scripts/common.sh
	common string
	//go:embed scripts/dump.sh
	dumpScript string
	//go:embed scripts/media.sh
	mediaScript string
	//go:embed scripts/rehearse.sh
	rehearseScript string
	//go:embed scripts/restore.sh
	restoreScript string
	//go:embed scripts/restore-media.sh
	restoreMediaScript string
	//go:embed scripts/decrypt.rb
	decryptScript string
)

const (
	// postgres is the user of PostgreSQL's images that are based on Debian (docker-library/postgres, Dockerfile).
	postgres = 999
	// work is where a dump is, and tools what PostgreSQL's image lacks: rclone, and a file of all authorities.
	work   = "/work"
	tools  = "/tools"
	bundle = tools + "/bundle.crt"
	// ownCAs has the file of the database's own authority, if it has one.
	ownCAs = "/authorities"
)

// fetchTools takes along from rclone's image, which is based on Alpine, the program, which is linked statically, and
// the public authorities (rclone/rclone, Dockerfile).
const fetchTools = "set -e; cp /usr/local/bin/rclone " + tools + "/rclone; " +
	"for file in /etc/ssl/certs/ca-certificates.crt " + ownCAs + "/*.crt; do " +
	"if [ -e \"$file\" ]; then cat \"$file\"; echo; fi; done > " + bundle

func labels(task string) pulumi.StringMap {
	return pulumi.StringMap{
		"app.kubernetes.io/part-of": pulumi.String(namespace), "app.kubernetes.io/component": pulumi.String(task),
	}
}

func mount(name, path string, readOnly bool) corev1.VolumeMountInput {
	return corev1.VolumeMountArgs{
		Name: pulumi.String(name), MountPath: pulumi.String(path), ReadOnly: pulumi.Bool(readOnly),
	}
}

// pod is the pod of a task: a script with so many GiB of disk, the variables of some Secrets, and some of its own.
func (a *VaultArgs) pod(task, script string, diskGiB int, secrets []string, own map[string]string) corev1.PodSpecArgs {
	env := corev1.EnvVarArray{
		variable("TASK", task), variable("WORK", work), variable("SSL_CERT_FILE", bundle),
		corev1.EnvVarArgs{Name: pulumi.String("PASSPHRASE"), ValueFrom: corev1.EnvVarSourceArgs{
			SecretKeyRef: corev1.SecretKeySelectorArgs{
				Name: pulumi.String(encryptionSecret), Key: pulumi.String(passphraseKey),
			},
		}},
	}
	for _, name := range slices.Sorted(maps.Keys(own)) {
		env = append(env, variable(name, own[name]))
	}
	var from corev1.EnvFromSourceArray
	for _, secret := range secrets {
		from = append(from, corev1.EnvFromSourceArgs{
			SecretRef: corev1.SecretEnvSourceArgs{Name: pulumi.String(secret)},
		})
	}
	disk := pulumi.String(strconv.Itoa(diskGiB) + "Gi")
	main := container(task, a.Postgres, a.Resources)
	// initdb and pg_ctl are only where the version has its own directory.
	main.Command = pulumi.ToStringArray([]string{
		"bash", "-c", "PATH=" + tools + ":/usr/lib/postgresql/$PG_MAJOR/bin:$PATH\n" + common + "\n" + script,
	})
	main.Env, main.EnvFrom = env, from
	main.VolumeMounts = corev1.VolumeMountArray{mount("work", work, false), mount("tools", tools, true)}
	limits := main.Resources.(corev1.ResourceRequirementsArgs)
	limits.Requests.(pulumi.StringMap)["ephemeral-storage"] = disk
	limits.Limits.(pulumi.StringMap)["ephemeral-storage"] = disk
	fetch := container("tools", a.Rclone, settings.Resources{CPU: "10m", Memory: "32Mi", MemoryLimit: "256Mi"})
	fetch.Command = pulumi.ToStringArray([]string{"sh", "-c", fetchTools})
	fetch.VolumeMounts = corev1.VolumeMountArray{mount("tools", tools, false), mount("authorities", ownCAs, true)}
	return corev1.PodSpecArgs{
		RestartPolicy:                pulumi.String("Never"),
		AutomountServiceAccountToken: pulumi.Bool(false),
		// Long enough to say how it ended.
		TerminationGracePeriodSeconds: pulumi.Int(60),
		SecurityContext:               kube.Restricted(postgres),
		NodeSelector:                  kube.OnPool(a.Pool),
		InitContainers:                corev1.ContainerArray{fetch},
		Containers:                    corev1.ContainerArray{main},
		Volumes: corev1.VolumeArray{
			corev1.VolumeArgs{Name: pulumi.String("work"), EmptyDir: corev1.EmptyDirVolumeSourceArgs{SizeLimit: disk}},
			corev1.VolumeArgs{
				Name:     pulumi.String("tools"),
				EmptyDir: corev1.EmptyDirVolumeSourceArgs{SizeLimit: pulumi.String("256Mi")},
			},
			corev1.VolumeArgs{
				Name:      pulumi.String("authorities"),
				ConfigMap: corev1.ConfigMapVolumeSourceArgs{Name: pulumi.String(authorities)},
			},
		},
	}
}

func variable(name, value string) corev1.EnvVarInput {
	return corev1.EnvVarArgs{Name: pulumi.String(name), Value: pulumi.String(value)}
}

func container(name string, image settings.Image, r settings.Resources) corev1.ContainerArgs {
	return corev1.ContainerArgs{
		Name: pulumi.String(name), Image: pulumi.String(image.String()), SecurityContext: kube.Confined(),
		Resources: kube.Requirements(r),
	}
}
