package observability

import (
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/internal/kube"
	"github.com/vmstio/infrastructure/infra/internal/managed"
	"github.com/vmstio/infrastructure/infra/signals"
)

const (
	// plainText is what metrics are taken for where their type is missing or wrong, as it is of an object in a bucket:
	// Prometheus refuses them from version 3 on.
	plainText = "PrometheusText0.0.4"
	// seldom is how often is asked for what changes once a day. After five minutes Prometheus forgets a value.
	seldom = "2m"
)

// podMonitors ask the pods of the other rooms, and the room's own.
func (o *Observability) podMonitors(ctx *pulumi.Context, name string, args *Args) error {
	for _, pods := range args.Pods {
		if err := o.podMonitor(ctx, name, pods, pods.Selector()); err != nil {
			return err
		}
	}
	return o.podMonitor(ctx, name, kube.Metrics{Job: timelineName, Namespace: namespace, Port: metricsPort},
		pulumi.Map{"matchLabels": labels(timelineName)})
}

func (o *Observability) podMonitor(ctx *pulumi.Context, name string, pods kube.Metrics, selector pulumi.Map) error {
	return o.object(ctx, name+"-pods-"+pods.Job, "v1", "PodMonitor", pods.Job, pulumi.Map{
		"selector":          selector,
		"namespaceSelector": pulumi.Map{"matchNames": pulumi.ToStringArray([]string{pods.Namespace})},
		"podMetricsEndpoints": pulumi.Array{pulumi.Map{
			"port": pulumi.String(pods.Port), "honorLabels": pulumi.Bool(pods.OwnLabels),
			// Without it, the job is called after namespace and name of this object.
			"relabelings": pulumi.Array{pulumi.Map{
				"targetLabel": pulumi.String("job"), "replacement": pulumi.String(pods.Job),
			}},
		}},
		"fallbackScrapeProtocol": pulumi.String(plainText),
	})
}

// databases ask DigitalOcean's managed databases (docs.digitalocean.com, "How to Monitor Databases": metrics endpoint).
func (o *Observability) databases(ctx *pulumi.Context, name string, args *Args) error {
	certificates := pulumi.StringMap{}
	for role, database := range args.Databases {
		if database.CA != (pulumi.StringOutput{}) {
			certificates[certificate(role)] = database.CA
		}
	}
	var after []pulumi.Resource
	if len(certificates) > 0 {
		file, err := corev1.NewConfigMap(ctx, name+"-database-authorities", &corev1.ConfigMapArgs{
			Metadata: meta(authorities), Data: certificates,
		}, pulumi.Parent(o), pulumi.DependsOn(o.contents[:1]))
		if err != nil {
			return fmt.Errorf("creating ConfigMap %q: %w", authorities, err)
		}
		after = append(after, file)
	}
	for _, role := range sorted(args.Databases) {
		database := args.Databases[role]
		spec := pulumi.Map{
			"jobName": pulumi.String("database"), "scheme": pulumi.String("HTTPS"),
			"scrapeInterval": pulumi.String("60s"), "fallbackScrapeProtocol": pulumi.String(plainText),
			"staticConfigs": pulumi.Array{pulumi.Map{
				"targets": targets(database),
				"labels":  pulumi.Map{"database": pulumi.String(role)},
			}},
			"basicAuth": pulumi.Map{
				"username": pulumi.Map{"name": pulumi.String(databaseSecret), "key": pulumi.String(usernameKey)},
				"password": pulumi.Map{"name": pulumi.String(databaseSecret), "key": pulumi.String(passwordKey)},
			},
		}
		if _, own := certificates[certificate(role)]; own {
			spec["tlsConfig"] = database.CA.ApplyT(func(ca string) map[string]any {
				if ca == "" { // Prometheus refuses an empty file, and knows the public authorities by itself
					return map[string]any{}
				}
				return map[string]any{"ca": map[string]any{"configMap": map[string]any{
					"name": authorities, "key": certificate(role),
				}}}
			})
		}
		err := o.object(ctx, name+"-database-"+role, "v1alpha1", "ScrapeConfig", "database-"+role, spec, after...)
		if err != nil {
			return err
		}
	}
	return nil
}

func certificate(role string) string { return role + ".crt" }

// databasePort is that of the metrics (docs.digitalocean.com, "How to Monitor Databases").
const databasePort = "9273"

// targets are the hosts and ports of a database's metrics: the provider's documentation has URLs, the API has hosts and
// ports. Of a database that has none, it is the database's own host: without any target the object would be refused,
// and with it the whole run.
func targets(database *managed.Database) pulumi.StringArrayOutput {
	return pulumi.All(database.MetricsURLs, database.Host).ApplyT(func(all []any) []string {
		endpoints, _ := all[0].([]string)
		host, _ := all[1].(string)
		found := make([]string, 0, len(endpoints))
		for _, endpoint := range endpoints {
			if u, err := url.Parse(endpoint); err == nil && u.Host != "" {
				endpoint = u.Host
			}
			found = append(found, endpoint)
		}
		if len(found) == 0 {
			found = append(found, net.JoinHostPort(host, databasePort))
		}
		return found
	}).(pulumi.StringArrayOutput)
}

// marks read the objects that say when a task last went well, and how its last run ended. Of the latter only whether it
// went well may be kept: a run that failed has an end, too, and would pass for a good one.
func (o *Observability) marks(ctx *pulumi.Context, name string, args *Args) error {
	success := pulumi.Array{pulumi.Map{
		"sourceLabels": pulumi.ToStringArray([]string{"__name__"}), "action": pulumi.String("keep"),
		"regex": pulumi.String("mastodon_backup_success"),
	}}
	for _, task := range sorted(args.Watched.Marks) {
		mark := args.Watched.Marks[task]
		if err := o.mark(ctx, name, "backup-"+task, mark.URL, nil); err != nil {
			return err
		}
		if err := o.mark(ctx, name, "backup-run-"+task, mark.LastURL, success); err != nil {
			return err
		}
	}
	return nil
}

func (o *Observability) mark(ctx *pulumi.Context, name, job, address string, keep pulumi.Array) error {
	u, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("reading the address of %s: %w", job, err)
	}
	spec := pulumi.Map{
		"jobName": pulumi.String(job), "scheme": pulumi.String("HTTPS"), "metricsPath": pulumi.String(u.Path),
		"scrapeInterval": pulumi.String(seldom), "fallbackScrapeProtocol": pulumi.String(plainText),
		"staticConfigs": pulumi.Array{pulumi.Map{"targets": pulumi.ToStringArray([]string{u.Host})}},
	}
	if keep != nil {
		spec["metricRelabelings"] = keep
	}
	return o.object(ctx, name+"-"+job, "v1alpha1", "ScrapeConfig", job, spec)
}

// probes have the blackbox exporter ask for the public addresses. The label "instance" is the address.
func (o *Observability) probes(ctx *pulumi.Context, name string, args *Args) error {
	for _, endpoint := range sorted(args.Watched.Endpoints) {
		job := "probe-" + endpoint
		err := o.object(ctx, name+"-"+job, "v1", "Probe", job, pulumi.Map{
			"jobName": pulumi.String(job), "module": pulumi.String(module), "interval": pulumi.String(interval),
			"prober": pulumi.Map{
				"url": pulumi.String(fmt.Sprintf("%s.%s.svc:%d", blackbox, namespace, blackboxPort)),
			},
			"targets": pulumi.Map{"staticConfig": pulumi.Map{
				"static": pulumi.ToStringArray([]string{args.Watched.Endpoints[endpoint]}),
			}},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// rules are those of the table of signals.
func (o *Observability) rules(ctx *pulumi.Context, name string, args *Args) error {
	groups := pulumi.Array{}
	for _, group := range args.Rules {
		rules := pulumi.Array{}
		for _, rule := range group.Rules {
			rules = append(rules, ruleOf(rule))
		}
		groups = append(groups, pulumi.Map{"name": pulumi.String(group.Name), "rules": rules})
	}
	return o.object(ctx, name+"-rules", "v1", "PrometheusRule", "signals", pulumi.Map{"groups": groups})
}

func ruleOf(rule signals.Rule) pulumi.Map {
	r := pulumi.Map{"expr": pulumi.String(rule.Expr)}
	for key, text := range map[string]string{"alert": rule.Alert, "record": rule.Record} {
		if text != "" {
			r[key] = pulumi.String(text)
		}
	}
	if rule.For > 0 {
		r["for"] = pulumi.String(duration(rule.For))
	}
	for key, pairs := range map[string]map[string]string{"labels": rule.Labels, "annotations": rule.Annotations} {
		if len(pairs) > 0 {
			r[key] = pulumi.ToStringMap(pairs)
		}
	}
	return r
}

// duration is a time as Prometheus writes it, "1h30m".
func duration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
