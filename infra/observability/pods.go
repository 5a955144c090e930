package observability

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"slices"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/infra/internal/kube"
	"github.com/vmstio/infrastructure/infra/settings"
)

// timelineScript says how old the newest public post is; it says how.
//
//go:embed scripts/timeline.rb
var timelineScript string

const (
	blackbox     = "blackbox-exporter"
	blackboxPort = 9115
	// module is what the exporter does.
	module       = "http"
	timelineName = "timeline"
	timelinePort = 9394
	// metricsPort is the name of the ports.
	metricsPort = "metrics"
	// stranger is a user that owns nothing.
	stranger = 65534
	// configDir is where the exporter finds its configuration.
	configDir, configFile = "/etc/blackbox", "config.yaml"
)

// blackboxConfig is the configuration of the exporter (github.com/prometheus/blackbox_exporter, CONFIGURATION.md).
type blackboxConfig struct {
	Modules map[string]blackboxModule `yaml:"modules"`
}

type blackboxModule struct {
	Prober  string       `yaml:"prober"`
	Timeout string       `yaml:"timeout"`
	HTTP    blackboxHTTP `yaml:"http"`
}

type blackboxHTTP struct {
	FailIfNotSSL bool  `yaml:"fail_if_not_ssl"`
	ValidStatus  []int `yaml:"valid_status_codes"`
	// IPProtocol and Fallback ask over IPv4: pods have no IPv6.
	IPProtocol string      `yaml:"preferred_ip_protocol"`
	Fallback   bool        `yaml:"ip_protocol_fallback"`
	TLS        blackboxTLS `yaml:"tls_config,omitempty"`
}

type blackboxTLS struct {
	InsecureSkipVerify bool `yaml:"insecure_skip_verify,omitempty"`
}

// blackboxExporter makes the pod that asks the public addresses, and its Service. It is no chart: for one container,
// there would be another version to follow.
func (o *Observability) blackboxExporter(ctx *pulumi.Context, name string, args *Args) error {
	config, err := yaml.Marshal(blackboxConfig{map[string]blackboxModule{module: {
		Prober: "http", Timeout: "10s", HTTP: blackboxHTTP{
			FailIfNotSSL: true, ValidStatus: []int{200}, IPProtocol: "ip4",
			TLS: blackboxTLS{InsecureSkipVerify: args.Untrusted},
		},
	}}})
	if err != nil {
		return fmt.Errorf("encoding the configuration of the blackbox exporter: %w", err)
	}
	file, err := corev1.NewConfigMap(ctx, name+"-blackbox-config", &corev1.ConfigMapArgs{
		Metadata: meta(blackbox), Data: pulumi.StringMap{configFile: pulumi.String(string(config))},
	}, pulumi.Parent(o), pulumi.DependsOn(o.contents[:1]))
	if err != nil {
		return fmt.Errorf("creating ConfigMap %q: %w", blackbox, err)
	}
	sum := sha256.Sum256(config)
	container := corev1.ContainerArgs{
		Image: pulumi.String(args.BlackboxExporter.String()),
		Args:  pulumi.ToStringArray([]string{"--config.file=" + configDir + "/" + configFile}),
		VolumeMounts: corev1.VolumeMountArray{corev1.VolumeMountArgs{
			Name: pulumi.String("config"), MountPath: pulumi.String(configDir), ReadOnly: pulumi.Bool(true),
		}},
		Resources: kube.Requirements(args.Asks(settings.PartBlackboxExporter)),
	}
	err = o.deployment(ctx, name+"-blackbox", blackbox, args.Pool, stranger, blackboxPort, container,
		// The exporter reads its configuration once.
		pulumi.StringMap{"checksum/config": pulumi.String(hex.EncodeToString(sum[:]))},
		corev1.VolumeArray{corev1.VolumeArgs{
			Name:      pulumi.String("config"),
			ConfigMap: corev1.ConfigMapVolumeSourceArgs{Name: pulumi.String(blackbox)},
		}}, file)
	if err != nil {
		return err
	}
	_, err = corev1.NewService(ctx, name+"-blackbox-service", &corev1.ServiceArgs{
		Metadata: meta(blackbox),
		Spec: corev1.ServiceSpecArgs{
			Type: pulumi.String("ClusterIP"), Selector: labels(blackbox),
			Ports: corev1.ServicePortArray{corev1.ServicePortArgs{
				Name: pulumi.String(metricsPort), Port: pulumi.Int(blackboxPort),
				TargetPort: pulumi.String(metricsPort),
			}},
		},
	}, pulumi.Parent(o), pulumi.DependsOn(o.contents[:1]))
	if err != nil {
		return fmt.Errorf("creating Service %q: %w", blackbox, err)
	}
	return nil
}

// timeline makes the pod that says how old the newest public post is.
func (o *Observability) timeline(ctx *pulumi.Context, name string, args *Args) error {
	variable := func(name, value string) corev1.EnvVarInput {
		return corev1.EnvVarArgs{Name: pulumi.String(name), Value: pulumi.String(value)}
	}
	container := corev1.ContainerArgs{
		Image:   pulumi.String(args.Mastodon.String()),
		Command: pulumi.ToStringArray([]string{"ruby", "-e", timelineScript}),
		Env: corev1.EnvVarArray{
			variable("INSTANCE_URL", args.WebURL), variable("INSTANCE_HOST", args.Watched.Domain),
			variable("PORT", fmt.Sprint(timelinePort)),
		},
		Resources: kube.Requirements(args.Asks(settings.PartTimeline)),
	}
	return o.deployment(ctx, name+"-timeline", timelineName, args.Pool, kube.MastodonUser, timelinePort, container, nil,
		nil)
}

// deployment makes a pod of one container that answers on a port.
func (o *Observability) deployment(
	ctx *pulumi.Context, name, called, pool string, user, port int, container corev1.ContainerArgs,
	annotations pulumi.StringMap, volumes corev1.VolumeArray, after ...pulumi.Resource,
) error {
	container.Name = pulumi.String(called)
	confined := kube.Confined()
	confined.ReadOnlyRootFilesystem = pulumi.Bool(true)
	container.SecurityContext = confined
	container.Ports = corev1.ContainerPortArray{corev1.ContainerPortArgs{
		Name: pulumi.String(metricsPort), ContainerPort: pulumi.Int(port),
	}}
	answers := corev1.ProbeArgs{TcpSocket: corev1.TCPSocketActionArgs{Port: pulumi.String(metricsPort)}}
	container.ReadinessProbe, container.LivenessProbe = answers, answers
	_, err := kube.NewObject(ctx, name, &kube.ObjectArgs{
		APIVersion: "apps/v1", Kind: "Deployment", Metadata: meta(called),
		Spec: pulumi.Map{
			"replicas": pulumi.Int(1),
			"selector": pulumi.Map{"matchLabels": labels(called)},
			"template": corev1.PodTemplateSpecArgs{
				Metadata: &metav1.ObjectMetaArgs{Labels: labels(called), Annotations: annotations},
				Spec: corev1.PodSpecArgs{
					AutomountServiceAccountToken: pulumi.Bool(false),
					SecurityContext:              kube.Restricted(user),
					NodeSelector:                 kube.OnPool(pool),
					Containers:                   corev1.ContainerArray{container},
					Volumes:                      volumes,
				},
			},
		},
	}, pulumi.Parent(o), pulumi.DependsOn(slices.Concat(after, o.contents[:1], o.policies)))
	return err
}
