package mastodon

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/internal/kube"
)

// isolate makes the network policies. The names of the ports are those of the chart (templates/deployment-*.yaml).
//
// Streaming has its events from the databases and answers browsers; it asks nobody else. All others ask other servers:
// Jobs and CronJobs run the same code, and a person's toolbox does whatever tootctl can.
func (m *Mastodon) isolate(
	ctx *pulumi.Context, name string, args *Args, namespace []pulumi.Resource,
) ([]pulumi.Resource, error) {
	i := args.Isolation
	if i == nil {
		return nil, nil
	}
	readers := []kube.Peer{args.Proxy}
	if args.Reader != nil {
		readers = append(readers, *args.Reader)
	}
	of := func(component string) pulumi.Map {
		return pulumi.Map{"matchLabels": pulumi.ToStringMap(podLabels(component))}
	}
	openings := []kube.Opening{
		{Name: "dns", To: pulumi.MapArray{kube.ToDNS()}},
		{Name: "databases", To: pulumi.MapArray{i.ToDatabases(args.ports()...)}},
		{
			Name: "internet", Pods: kube.Component(kube.NotIn, "streaming"),
			To: slices.Concat(pulumi.MapArray{kube.ToInternet()}, i.ToAllowed()),
		},
		{Name: "web", Pods: of("web"), From: pulumi.MapArray{kube.From("http", readers...)}},
		{Name: "streaming", Pods: of("streaming"), From: pulumi.MapArray{kube.From("streaming", args.Proxy)}},
	}
	if args.Scraper != nil {
		for _, pods := range args.metrics() {
			openings = append(openings, kube.Opening{
				Name: "metrics-" + pods.Job, Pods: pods.Selector(),
				From: pulumi.MapArray{kube.From(pods.Port, *args.Scraper)},
			})
		}
	}
	return i.Isolate(ctx, name, args.Namespace, []string{kube.Ingress, kube.Egress}, openings,
		pulumi.Parent(m), pulumi.DependsOn(namespace))
}

// ports are those of all databases.
func (a *Args) ports() []pulumi.IntInput {
	ports := []pulumi.IntInput{a.Database.Port, a.Admin.Port, a.Cache.Port}
	if a.Pool != nil {
		ports = append(ports, a.Pool.Port)
	}
	if a.RailsCache != nil {
		ports = append(ports, a.RailsCache.Port)
	}
	if a.Search != nil {
		ports = append(ports, a.Search.Port)
	}
	return ports
}
