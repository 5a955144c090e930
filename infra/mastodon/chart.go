package mastodon

import (
	"context"
	"fmt"
	"maps"
	"slices"

	helmv4 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/helm/v4"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/internal/kube"
)

// chart makes web, streaming, Sidekiq and the ingresses. It is complete when all pods are ready.
func (m *Mastodon) chart(
	ctx *pulumi.Context, name string, args *Args, checksum pulumi.StringInput, after []pulumi.Resource,
) (pulumi.Resource, error) {
	values, err := args.values(checksum)
	if err != nil {
		return nil, fmt.Errorf("values of chart %s: %w", args.Chart.Name, err)
	}
	chart, err := helmv4.NewChart(ctx, name+"-chart", &helmv4.ChartArgs{
		Chart:          pulumi.String(args.Chart.Name),
		Version:        pulumi.String(args.Chart.Version),
		RepositoryOpts: &helmv4.RepositoryOptsArgs{Repo: pulumi.String(args.Chart.Repository)},
		Name:           pulumi.String(releaseName),
		Namespace:      pulumi.String(args.Namespace),
		Values:         values,
	}, pulumi.Parent(m), pulumi.DependsOn(after),
		pulumi.Transforms([]pulumi.ResourceTransform{addAuthoritiesAndVariables}))
	if err != nil {
		return nil, fmt.Errorf("creating chart %q: %w", args.Chart.Name, err)
	}
	return chart, nil
}

// addAuthoritiesAndVariables gives every Deployment of the chart what the chart itself cannot: the ConfigMap of
// certificate authorities, in every container at authoritiesPath, since with the chart's value volumeMounts web and
// Sidekiq come out with volumeMounts inside volumeMounts, which Kubernetes refuses; and the Secret of further
// environment variables, if there is one, since the chart's values take them in plain text alone
// (templates/_deployment.tpl of 1.0.2).
func addAuthoritiesAndVariables(
	_ context.Context, args *pulumi.ResourceTransformArgs,
) *pulumi.ResourceTransformResult {
	if args.Type != "kubernetes:apps/v1:Deployment" {
		return nil
	}
	volume := pulumi.Map{
		"name": pulumi.String(authorities), "configMap": pulumi.Map{"name": pulumi.String(authorities)},
	}
	mount := pulumi.Map{
		"name": pulumi.String(authorities), "mountPath": pulumi.String(authoritiesPath), "readOnly": pulumi.Bool(true),
	}
	variables := pulumi.Map{"secretRef": pulumi.Map{
		"name": pulumi.String(variablesSecret), "optional": pulumi.Bool(true),
	}}
	// The chart leaves empty lists null.
	add := func(list pulumi.Input, element pulumi.Map) pulumi.Array {
		old, _ := list.(pulumi.Array)
		return append(pulumi.Array{element}, old...)
	}
	props := within(args.Props, func(pod pulumi.Map) pulumi.Map {
		containers, _ := pod["containers"].(pulumi.Array)
		mounted := slices.Clone(containers)
		for i, c := range containers {
			if c, ok := c.(pulumi.Map); ok {
				c = with(c, "volumeMounts", add(c["volumeMounts"], mount))
				mounted[i] = with(c, "envFrom", add(c["envFrom"], variables))
			}
		}
		return with(with(pod, "containers", mounted), "volumes", add(pod["volumes"], volume))
	}, "spec", "template", "spec")
	return &pulumi.ResourceTransformResult{Props: props, Opts: args.Opts}
}

// within replaces the map at a path of maps, in a copy.
func within(m pulumi.Map, change func(pulumi.Map) pulumi.Map, path ...string) pulumi.Map {
	if len(path) == 0 {
		return change(m)
	}
	inner, ok := m[path[0]].(pulumi.Map)
	if !ok {
		return m
	}
	return with(m, path[0], within(inner, change, path[1:]...))
}

// with is a copy of the map in which one key is set.
func with(m pulumi.Map, key string, value pulumi.Input) pulumi.Map {
	c := maps.Clone(m)
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
