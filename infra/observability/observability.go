// Package observability measures an instance from within its cluster, and tells people what is wrong: Prometheus and
// Alertmanager by the chart kube-prometheus-stack, what they measure, and the rules of package signals.
//
// # What is left out
//
// DigitalOcean runs the control plane, so nothing of it can be measured, and DigitalOcean measures the nodes
// (package monitoring); node-exporter would need the namespaces of the host, which the pod security of the namespace
// forbids. The operator's admission webhooks are off: the rules are the program's own and tested, and DigitalOcean
// upgrades no cluster with a webhook that hangs. Dashboards are drawn elsewhere, from package signals.
//
// # Who learns of it
//
// Alertmanager mails through the instance's own relay, and writes to Slack. As long as it can do so, it calls a URL
// outside every minute or two, if there is one: whoever answers there raises the alarm when the calls stop.
//
// Nothing of it is reachable from outside the cluster, nor from other pods in it.
package observability

import (
	"fmt"
	"slices"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/internal/component"
	"github.com/vmstio/infrastructure/infra/internal/kube"
	"github.com/vmstio/infrastructure/infra/internal/managed"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/infra/signals"
)

// The names in the cluster.
const (
	namespace = "observability"
	// releaseName is that of the chart, so that its objects have it once and not twice in their names.
	releaseName        = "kube-prometheus-stack"
	alertmanagerSecret = "alertmanager-configuration"
	remoteWriteSecret  = "remote-write-login"
	databaseSecret     = "database-metrics-login"
	authorities        = "database-authorities"
	usernameKey        = "username"
	passwordKey        = "password"
)

// Args are the arguments of an Observability.
type Args struct {
	settings.Observability
	// Watched are the addresses and the marks; its name is a label of whatever leaves the environment.
	Watched signals.Environment
	// Rules are those of the table of signals.
	Rules []signals.Group
	// Pods are where the metrics of the other rooms are.
	Pods []kube.Metrics
	// Untrusted is whether the certificates of the endpoints are those of an authority that nobody trusts.
	Untrusted bool
	// Databases are measured, by their roles.
	Databases map[string]*managed.Database
	// DatabaseUsername and DatabasePassword are the login at their metrics, the latter secret.
	DatabaseUsername, DatabasePassword pulumi.StringInput
	// DatabaseLoginHidden is whether this preview may not see that login: its Secret is taken for unchanged.
	DatabaseLoginHidden bool
	// WebURL is where the instance's web server answers in the cluster, and Mastodon the image whose Ruby asks it.
	WebURL   string
	Mastodon settings.Image
	// Isolation closes the namespace but for what is needed; nil leaves it open. Web are the pods behind WebURL.
	Isolation *kube.Isolation
	Web       kube.Peer
	// Busybox is an image with sh and bzcat, which the chart unpacks the definitions of its kinds with.
	Busybox settings.Image
	// SMTP is the relay for mail, and SMTPUsername and SMTPPassword the login; nil without one.
	SMTP                       settings.SMTP
	SMTPUsername, SMTPPassword pulumi.StringInput
	// Emails are told, and SlackChannel by SlackWebhook; nil without one.
	Emails       []string
	SlackChannel string
	SlackWebhook pulumi.StringInput
	// DeadMansSwitch is called for as long as alerts can be sent; nil for none.
	DeadMansSwitch pulumi.StringInput
	// RemoteWriteUsername and RemoteWritePassword are the login at settings.RemoteWrite; nil without one.
	RemoteWriteUsername, RemoteWritePassword pulumi.StringInput
}

// Observability is Prometheus, and what it measures.
type Observability struct {
	pulumi.ResourceState

	// contents are what the pods need, with the namespace first.
	contents []pulumi.Resource
	// policies are the network policies.
	policies []pulumi.Resource
	// definitions is what the custom resources wait for.
	definitions []pulumi.Resource
}

// New makes the observability. It needs a Kubernetes provider among the options.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Observability, error) {
	if err := component.Require("observability", args.required()); err != nil {
		return nil, err
	}
	o := &Observability{}
	if err := ctx.RegisterComponentResource("vmst:observability:Observability", name, o, opts...); err != nil {
		return nil, fmt.Errorf("registering observability %q: %w", name, err)
	}
	for _, step := range []func(*pulumi.Context, string, *Args) error{
		o.namespace, o.isolate, o.secrets, o.release, o.blackboxExporter, o.timeline,
		o.podMonitors, o.databases, o.marks, o.probes, o.rules,
	} {
		if err := step(ctx, name, args); err != nil {
			return nil, err
		}
	}
	return o, ctx.RegisterResourceOutputs(o, pulumi.Map{})
}

// required are the arguments that cannot be left out.
func (a *Args) required() map[string]any {
	args := map[string]any{
		"Watched.Name": a.Watched.Name, "Watched.Domain": a.Watched.Domain, "WebURL": a.WebURL,
		"Mastodon": a.Mastodon.Repository, "Busybox": a.Busybox.Repository, "SMTP.Server": a.SMTP.Server,
	}
	if len(a.Databases) > 0 {
		args["DatabaseUsername"], args["DatabasePassword"] = a.DatabaseUsername, a.DatabasePassword
	}
	if a.SMTP.AuthMethod != settings.AuthNone {
		args["SMTPUsername"], args["SMTPPassword"] = a.SMTPUsername, a.SMTPPassword
	}
	if a.SlackChannel != "" {
		args["SlackWebhook"] = a.SlackWebhook
	}
	if a.Isolation != nil {
		args["Web.Namespace"] = a.Web.Namespace
	}
	if a.RemoteWrite != nil {
		args["RemoteWriteUsername"], args["RemoteWritePassword"] = a.RemoteWriteUsername, a.RemoteWritePassword
	}
	return args
}

func (o *Observability) namespace(ctx *pulumi.Context, name string, _ *Args) error {
	made, err := corev1.NewNamespace(ctx, name+"-namespace", &corev1.NamespaceArgs{
		Metadata: &metav1.ObjectMetaArgs{
			Name:   pulumi.String(namespace),
			Labels: pulumi.StringMap{"pod-security.kubernetes.io/enforce": pulumi.String("restricted")},
		},
	}, pulumi.Parent(o))
	if err != nil {
		return fmt.Errorf("creating namespace %q: %w", namespace, err)
	}
	o.contents = append(o.contents, made)
	return nil
}

// Prometheus are the pods that ask for metrics, by the label that the operator gives them (prometheus-operator,
// pkg/prometheus/server/statefulset.go).
func Prometheus() *kube.Peer {
	return &kube.Peer{Namespace: namespace, Labels: map[string]string{"app.kubernetes.io/name": "prometheus"}}
}

// Timeline is the pod that reads the public timeline.
func Timeline() *kube.Peer {
	return &kube.Peer{Namespace: namespace, Labels: plainLabels(timelineName)}
}

// isolate makes the network policies: nobody outside the namespace connects to its pods, whose metrics and alerts go
// from one to the other. The program's own pods connect to what they ask and to nothing else.
//
// What the chart makes may connect to everything. Prometheus asks the kubelets, and no rule that the API has holds for
// a node (see [kube.Isolation]); the operator and kube-state-metrics ask the API server, at an address that
// DigitalOcean chooses; and Alertmanager must not be what a forgotten rule silences.
func (o *Observability) isolate(ctx *pulumi.Context, name string, args *Args) error {
	of := func(called string) pulumi.Map { return pulumi.Map{"matchLabels": labels(called)} }
	policies, err := args.Isolation.Isolate(ctx, name, namespace, []string{kube.Ingress}, []kube.Opening{
		{Name: "within", From: pulumi.MapArray{kube.FromWithin()}},
		{Name: blackbox, Pods: of(blackbox), To: pulumi.MapArray{kube.ToDNS(), kube.ToInternet(kube.HTTPS)}},
		{Name: timelineName, Pods: of(timelineName), To: pulumi.MapArray{kube.ToDNS(), kube.To(args.Web)}},
	}, pulumi.Parent(o), pulumi.DependsOn(o.contents[:1]))
	o.policies = policies
	return err
}

// secrets makes the Secrets: how people are told, and the logins.
func (o *Observability) secrets(ctx *pulumi.Context, name string, args *Args) error {
	data := map[string]pulumi.StringMap{alertmanagerSecret: {"alertmanager.yaml": args.alertmanager()}}
	if args.RemoteWrite != nil {
		data[remoteWriteSecret] = login(args.RemoteWriteUsername, args.RemoteWritePassword)
	}
	if len(args.Databases) > 0 {
		data[databaseSecret] = login(args.DatabaseUsername, args.DatabasePassword)
	}
	for _, secret := range sorted(data) {
		opts := []pulumi.ResourceOption{pulumi.Parent(o), pulumi.DependsOn(o.contents[:1])}
		if secret == databaseSecret && args.DatabaseLoginHidden {
			opts = append(opts, pulumi.IgnoreChanges([]string{"stringData"}))
		}
		made, err := corev1.NewSecret(ctx, name+"-"+secret, &corev1.SecretArgs{
			Metadata:   meta(secret),
			StringData: data[secret],
		}, opts...)
		if err != nil {
			return fmt.Errorf("creating Secret %q: %w", secret, err)
		}
		o.contents = append(o.contents, made)
	}
	return nil
}

func login(username, password pulumi.StringInput) pulumi.StringMap {
	return pulumi.StringMap{usernameKey: username, passwordKey: password}
}

// release installs the chart.
func (o *Observability) release(ctx *pulumi.Context, name string, args *Args) error {
	values, err := args.values()
	if err != nil {
		return fmt.Errorf("values of chart %s: %w", args.Chart.Name, err)
	}
	release, err := kube.NewRelease(ctx, name+"-release", &kube.ReleaseArgs{
		Chart: args.Chart, Name: releaseName, Namespace: pulumi.String(namespace), Values: values,
	}, pulumi.Parent(o), pulumi.DependsOn(slices.Concat(o.contents, o.policies)))
	if err != nil {
		return err
	}
	o.definitions = []pulumi.Resource{release}
	return nil
}

// object makes a custom resource of Prometheus' operator, for which the chart brings the definitions.
func (o *Observability) object(
	ctx *pulumi.Context, name, version, kind, called string, spec pulumi.Map, after ...pulumi.Resource,
) error {
	_, err := kube.NewObject(ctx, name, &kube.ObjectArgs{
		APIVersion: "monitoring.coreos.com/" + version, Kind: kind, Metadata: meta(called), Spec: spec,
	}, pulumi.Parent(o), pulumi.DependsOn(slices.Concat(o.definitions, after)))
	return err
}

func meta(name string) metav1.ObjectMetaArgs {
	return metav1.ObjectMetaArgs{Name: pulumi.String(name), Namespace: pulumi.String(namespace), Labels: labels(name)}
}

func labels(name string) pulumi.StringMap { return pulumi.ToStringMap(plainLabels(name)) }

func plainLabels(name string) map[string]string {
	return map[string]string{"app.kubernetes.io/part-of": namespace, "app.kubernetes.io/component": name}
}
