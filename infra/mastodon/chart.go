package mastodon

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	helmv4 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/helm/v4"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/internal/kube"
	"github.com/vmstio/infrastructure/infra/settings"
)

// chart makes web, streaming, Sidekiq and the ingresses. It is complete when all pods are ready.
func (m *Mastodon) chart(
	ctx *pulumi.Context, name string, args *Args, checksum pulumi.StringInput, after []pulumi.Resource,
) (pulumi.Resource, error) {
	values, err := args.values(checksum)
	if err != nil {
		return nil, fmt.Errorf("values of chart %s: %w", args.Chart.Name, err)
	}
	located, repository := args.Chart.Located()
	of := &helmv4.ChartArgs{
		Chart: pulumi.String(located), Version: pulumi.String(args.Chart.Version), Name: pulumi.String(releaseName),
		Namespace: pulumi.String(args.Namespace), Values: values,
	}
	if repository != "" {
		of.RepositoryOpts = &helmv4.RepositoryOptsArgs{Repo: pulumi.String(repository)}
	}
	chart, err := helmv4.NewChart(ctx, name+"-chart", of, pulumi.Parent(m), pulumi.DependsOn(after),
		pulumi.Transforms([]pulumi.ResourceTransform{args.equip}))
	if err != nil {
		return nil, fmt.Errorf("creating chart %q: %w", args.Chart.Name, err)
	}
	return chart, nil
}

// patchForce has Pulumi take back what somebody else has set, such as replicas by `kubectl scale` at night: without it,
// the next update of that object is a conflict and fails
// (www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply).
const patchForce = "pulumi.com/patchForce"

// equip gives the Deployments of the chart what the chart itself cannot. One that it does not understand is an error of
// its registration: pods that lack any of this would start and fail.
func (a *Args) equip(_ context.Context, args *pulumi.ResourceTransformArgs) *pulumi.ResourceTransformResult {
	if args.Type != "kubernetes:apps/v1:Deployment" {
		return nil
	}
	metadata, _ := args.Props["metadata"].(pulumi.Map)
	name, _ := metadata["name"].(pulumi.String)
	props, err := within(args.Props, func(pod pulumi.Map) (pulumi.Map, error) { return a.equipPod(string(name), pod) },
		"spec", "template", "spec")
	if err == nil {
		props, err = within(props, insistent, "metadata")
	}
	if err != nil {
		err = fmt.Errorf("the chart's Deployment %q cannot be given its authorities and variables: %w", name, err)
		props = with(args.Props, "spec", pulumi.String("").ToStringOutput().ApplyT(func(string) (string, error) {
			return "", err
		}))
	}
	return &pulumi.ResourceTransformResult{Props: props, Opts: args.Opts}
}

// insistent adds patchForce to the metadata of an object.
func insistent(metadata pulumi.Map) (pulumi.Map, error) {
	annotations, ok := metadata["annotations"].(pulumi.Map)
	if !ok && metadata["annotations"] != nil {
		return nil, errors.New("its annotations are not known")
	}
	return with(metadata, "annotations", with(annotations, patchForce, pulumi.String("true"))), nil
}

// equipPod adds to the pod of a Deployment: the bundle of certificate authorities, which an init container writes, and
// which is mounted in every container, since with the chart's value volumeMounts web and Sidekiq come out with
// volumeMounts inside volumeMounts, which Kubernetes refuses; the Secret of further environment variables, if there is
// one, since the chart's values take them in plain text alone; the rights of containers that the chart leaves open; and
// probes (templates/_deployment.tpl, deployment-web.yaml and deployment-sidekiq.yaml of 1.0.2 and 1.2.6); and the
// digests of images, since a tag with a digest would come out in a label (templates/_helpers.tpl), which takes none.
func (a *Args) equipPod(deployment string, pod pulumi.Map) (pulumi.Map, error) {
	containers, ok := pod["containers"].(pulumi.Array)
	if !ok || len(containers) == 0 {
		return nil, errors.New("it has no list of containers")
	}
	variables := pulumi.Map{"secretRef": pulumi.Map{
		"name": pulumi.String(variablesSecret), "optional": pulumi.Bool(true),
	}}
	equipped := slices.Clone(containers)
	for i, c := range containers {
		c, ok := c.(pulumi.Map)
		if !ok {
			return nil, fmt.Errorf("its container %d is not known", i)
		}
		// Of two sources with a variable the last one counts, as it does for the Jobs.
		c = with(c, "envFrom", list(c["envFrom"], variables))
		if a.trusted() == bundle {
			c = with(c, "volumeMounts", list(c["volumeMounts"], bundleMount(true)))
		}
		if c["securityContext"] == nil {
			c = with(c, "securityContext", pulumi.Map{
				"allowPrivilegeEscalation": pulumi.Bool(false),
				"capabilities":             pulumi.Map{"drop": pulumi.ToStringArray([]string{"ALL"})},
			})
		}
		if image, ok := c["image"].(pulumi.String); ok {
			c = with(c, "image", pulumi.String(a.pinned(string(image))))
		}
		if i == 0 {
			c = probed(deployment, c)
		}
		equipped[i] = c
	}
	pod = with(pod, "containers", equipped)
	if a.trusted() == bundle {
		pod = with(pod, "initContainers", list(pod["initContainers"], a.bundleContainer()))
		pod = with(pod, "volumes", list(pod["volumes"], bundleVolumes...))
	}
	return pod, nil
}

// pinned is an image of the chart with the digest that the settings have for it.
func (a *Args) pinned(image string) string {
	streaming := settings.Image{Repository: a.StreamingImage, Tag: a.Image.Tag, Digest: a.StreamingDigest}
	for _, known := range []settings.Image{a.Image, streaming} {
		if image == known.Tagged() {
			return known.String()
		}
	}
	return image
}

// list is a list with more at its end. The chart leaves empty lists null.
func list(old pulumi.Input, more ...pulumi.Input) pulumi.Array {
	elements, _ := old.(pulumi.Array)
	return append(slices.Clone(elements), more...)
}

// probed is the main container of a Deployment with what its probes lack.
//
// Every request to the web server, its health page included, first asks the Rails cache for blocked addresses
// (Rack::Attack). When a Valkey node is away, that takes five seconds (lib/mastodon/redis_configuration.rb), which the
// probe's one second would take for a dead pod, of all pods at once. A Sidekiq that hangs answers its exporter no more.
func probed(deployment string, container pulumi.Map) pulumi.Map {
	ready, asked := container["readinessProbe"].(pulumi.Map)
	switch {
	case deployment == releaseName+"-web" && asked:
		ready = with(with(ready, "timeoutSeconds", pulumi.Int(15)), "failureThreshold", pulumi.Int(6))
		return with(container, "readinessProbe", ready)
	case strings.HasPrefix(deployment, releaseName+"-sidekiq-") && hasPort(container, exporterPort):
		return with(container, "livenessProbe", pulumi.Map{
			"httpGet":             pulumi.Map{"path": pulumi.String("/metrics"), "port": pulumi.String(exporterPort)},
			"initialDelaySeconds": pulumi.Int(120), "periodSeconds": pulumi.Int(30),
			"timeoutSeconds": pulumi.Int(15), "failureThreshold": pulumi.Int(10),
		})
	default:
		return container
	}
}

// exporterPort is the port of Sidekiq's metrics, which a person may have switched off.
const exporterPort = "prometheus"

func hasPort(container pulumi.Map, name string) bool {
	ports, _ := container["ports"].(pulumi.Array)
	return slices.ContainsFunc(ports, func(port pulumi.Input) bool {
		p, _ := port.(pulumi.Map)
		return p["name"] == pulumi.String(name)
	})
}

// within replaces the map at a path of maps, in a copy.
func within(m pulumi.Map, change func(pulumi.Map) (pulumi.Map, error), path ...string) (pulumi.Map, error) {
	if len(path) == 0 {
		return change(m)
	}
	inner, ok := m[path[0]].(pulumi.Map)
	if !ok {
		return nil, fmt.Errorf("its %s is not known", path[0])
	}
	changed, err := within(inner, change, path[1:]...)
	if err != nil {
		return nil, err
	}
	return with(m, path[0], changed), nil
}

// with is a copy of the map in which one key is set.
func with(m pulumi.Map, key string, value pulumi.Input) pulumi.Map {
	c := pulumi.Map{}
	maps.Copy(c, m)
	c[key] = value
	return c
}

// budgets keep the drain of a node from taking more than one pod of a component at a time. The chart has values for
// that, but no template. A single pod needs none: it has to move anyway.
func (m *Mastodon) budgets(ctx *pulumi.Context, name string, args *Args, after []pulumi.Resource) error {
	replicas := map[string]int{"web": args.Web.Replicas, "streaming": args.Streaming.Replicas}
	for _, group := range args.Sidekiq {
		replicas[workerComponent(group)] = group.Replicas
	}
	for _, of := range slices.Sorted(maps.Keys(replicas)) {
		if replicas[of] < 2 {
			continue
		}
		_, err := kube.NewObject(ctx, name+"-"+of, &kube.ObjectArgs{
			APIVersion: "policy/v1",
			Kind:       "PodDisruptionBudget",
			Metadata: metav1.ObjectMetaArgs{
				Name: pulumi.String(releaseName + "-" + of), Namespace: pulumi.String(args.Namespace),
			},
			Spec: pulumi.Map{
				"maxUnavailable": pulumi.Int(1),
				"selector":       metav1.LabelSelectorArgs{MatchLabels: pulumi.ToStringMap(podLabels(of))},
			},
		}, pulumi.Parent(m), pulumi.DependsOn(after))
		if err != nil {
			return err
		}
	}
	return nil
}
