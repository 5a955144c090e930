// Package mastodon runs the instance: its keys, its configuration as Kubernetes Secrets, the Jobs that migrate the
// database and publish the static files, and the official chart with web, streaming and Sidekiq.
//
// # Order
//
// The namespace and the Secrets come first, then a Job that looks whether everything outside is as it has to be. Two
// Jobs follow at once: the migrations that the new version needs, and the copy of its static files. Then the chart
// replaces the pods, a Job runs the migrations that the old version would not have survived, and two make and fill the
// search indexes. The Jobs are named after the image's tag, so an upgrade is a change of the tag, and runs each of them
// once; those that look at the database and migrate it, once for each database. When one fails, what follows does not
// happen, and the instance goes on with the old version.
//
// Last come the CronJobs of the housekeeping, which run one at a time, on the pool and with the memory of the Jobs
// unless they have their own. A CronJob that never runs by itself is the template of a person's shell.
//
// # Traffic
//
// PostgreSQL is reached through the connection pool, by the Jobs directly; always with TLS, and the certificate is
// verified against the given authority. Valkey and OpenSearch are reached with TLS as well. Network policies let
// through what is named here, requests from the ingress controller, and the internet; they are there before any pod.
package mastodon

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/internal/component"
	"github.com/vmstio/infrastructure/infra/internal/kube"
)

// Mastodon is a running instance.
type Mastodon struct {
	pulumi.ResourceState

	// Keys are those of the instance, whether they were given or made.
	Keys *Keys
	// Metrics are where those of web, streaming and Sidekiq are.
	Metrics []kube.Metrics
	// WebURL is the web server's own address in the cluster, without TLS, and Web are its pods.
	WebURL string
	Web    kube.Peer
	// Ready is the last migration, for what needs the whole schema.
	Ready []pulumi.Resource
}

// metrics are where the metrics are. The names of the ports are those of the chart (templates/deployment-*.yaml).
func (a *Args) metrics() []kube.Metrics {
	pods := func(job, port string, components ...string) kube.Metrics {
		return kube.Metrics{
			Job: job, Namespace: a.Namespace, Name: releaseName, Instance: releaseName, Components: components,
			Port: port,
		}
	}
	var workers []string
	for _, group := range a.Sidekiq {
		workers = append(workers, workerComponent(group))
	}
	return []kube.Metrics{
		pods("web", exporterPort, "web"), pods("streaming", "streaming", "streaming"),
		pods("sidekiq", exporterPort, workers...),
	}
}

// webURL is the Service of the web server, whose port the chart has by default (values.yaml: mastodon.web.port).
func (a *Args) webURL() string { return "http://" + releaseName + "-web." + a.Namespace + ".svc:3000" }

// New makes the instance. It needs Kubernetes, random and tls providers among the options.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Mastodon, error) {
	if err := component.Require("mastodon", args.required()); err != nil {
		return nil, err
	}
	m := &Mastodon{
		Metrics: args.metrics(), WebURL: args.webURL(),
		Web: kube.Peer{Namespace: args.Namespace, Labels: podLabels("web")},
	}
	if err := ctx.RegisterComponentResource("vmst:mastodon:Mastodon", name, m, opts...); err != nil {
		return nil, fmt.Errorf("registering Mastodon %q: %w", name, err)
	}
	keys, err := m.keys(ctx, name, args)
	if err != nil {
		return nil, err
	}
	m.Keys = keys
	namespace, contents, err := m.namespace(ctx, name, args)
	if err != nil {
		return nil, err
	}
	ofPods := args.podSecrets(keys)
	secrets, err := m.secrets(ctx, name, args, namespace, slices.Concat(ofPods, args.jobSecrets(keys)))
	if err != nil {
		return nil, err
	}
	contents = append(contents, secrets...)
	policies, err := m.isolate(ctx, name, args, contents[:1])
	if err != nil {
		return nil, err
	}
	contents = append(contents, policies...)
	ready := slices.Concat(contents, args.After)
	checked, err := m.preflight(ctx, name, args, ready)
	if err != nil {
		return nil, err
	}
	ready = append(ready, checked)
	migrated, err := m.migrateBefore(ctx, name, args, ready)
	if err != nil {
		return nil, err
	}
	published, err := m.assets(ctx, name, args, ready)
	if err != nil {
		return nil, err
	}
	sum := checksum(keys.SecretKeyBase, args.certificates(), ofPods)
	chart, err := m.chart(ctx, name, args, sum, append(ready, migrated, published))
	if err != nil {
		return nil, err
	}
	if err := m.budgets(ctx, name, args, contents); err != nil {
		return nil, err
	}
	if err := m.toolbox(ctx, name, args, contents); err != nil {
		return nil, err
	}
	finished, err := m.migrateAfter(ctx, name, args, chart)
	if err != nil {
		return nil, err
	}
	m.Ready = []pulumi.Resource{finished}
	if err := m.housekeeping(ctx, name, args, finished); err != nil {
		return nil, err
	}
	if args.Search != nil {
		if err := m.indexes(ctx, name, args, finished); err != nil {
			return nil, err
		}
	}
	return m, ctx.RegisterResourceOutputs(m, pulumi.Map{
		"webUrl": pulumi.String("https://" + args.Domain), "version": pulumi.String(args.Image.Tag),
	})
}
