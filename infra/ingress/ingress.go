// Package ingress makes the way into the cluster: the ingress controller behind the load balancer, and the certificates
// that it serves.
//
// Its two namespaces have no network policies. The control plane, which DigitalOcean runs, calls an admission webhook
// in each, from addresses that nobody states; a policy that does not let it through stops every change of an Ingress or
// a certificate. And whatever their pods connect to is what they are for: the first everybody's requests and the API
// server, the second the API server, Let's Encrypt, DigitalOcean's API and name servers.
package ingress

import (
	"fmt"
	"maps"
	"slices"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/internal/component"
	"github.com/vmstio/infrastructure/infra/internal/kube"
	"github.com/vmstio/infrastructure/infra/settings"
)

// Args are the arguments of an Ingress.
type Args struct {
	settings.Ingress
	// LoadBalancer is what the controller's Service adopts, and what the cloud controller sets up from it.
	LoadBalancer settings.LoadBalancer
	// LoadBalancerID is the UUID of the load balancer.
	LoadBalancerID pulumi.StringInput
	// LoadBalancerName is the name that it has; another name renames it.
	LoadBalancerName string
	// TrustedRange is the range, in CIDR notation, that the load balancer speaks proxy protocol from: the VPC's. Nobody
	// else is believed about the client's address.
	TrustedRange string
	// Domain is a host whose address is the load balancer's.
	Domain string
	// Zone is the DNS zone that certificates are made for.
	Zone settings.Zone
	// DNSToken is a DigitalOcean API token that may change the zone's records. It is kept secret.
	DNSToken pulumi.StringInput
	// Cluster is the Kubernetes cluster. What is deleted with it need not be deleted one by one.
	Cluster pulumi.Resource
	// Protect keeps the controller's release and its namespace: deleting its Service deletes the load balancer that it
	// adopted, and with it the address.
	Protect bool
}

// Ingress is the ingress controller and its certificate authority.
type Ingress struct {
	pulumi.ResourceState

	// Class is the class for Ingresses that the controller serves.
	Class string
	// Pods are the controller's: requests come from them. Only their namespace is said: what labels they have is for
	// the chart to say, and instead of the chart there may be a fork.
	Pods kube.Peer
	// Issuer is the ClusterIssuer that signs this environment's certificates.
	Issuer string
	// Metrics are where those of the controller and of cert-manager are.
	Metrics []kube.Metrics
	// Ready are the resources to depend on for whatever has an Ingress or a certificate.
	Ready []pulumi.Resource
}

// metrics are where the metrics are. The names of the ports are those of the charts.
func metrics() []kube.Metrics {
	return []kube.Metrics{
		{
			Job: controllerName, Namespace: controllerName, Name: controllerName, Instance: controllerName,
			Components: []string{"controller"}, Port: "metrics",
		},
		{
			Job: certManagerName, Namespace: certManagerName, Name: certManagerName, Instance: certManagerName,
			Components: []string{"controller"}, Port: "http-metrics", OwnLabels: true,
		},
	}
}

// New makes the ingress. It needs the cluster's Kubernetes provider among the options.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Ingress, error) {
	if err := component.Require("ingress", map[string]any{
		"LoadBalancerID": args.LoadBalancerID, "LoadBalancerName": args.LoadBalancerName, "Cluster": args.Cluster,
		"TrustedRange": args.TrustedRange, "Domain": args.Domain, "Zone": string(args.Zone), "DNSToken": args.DNSToken,
	}); err != nil {
		return nil, err
	}
	i := &Ingress{
		Class: className, Pods: kube.Peer{Namespace: controllerName}, Issuer: issuerName(args.ACME.Issuer),
		Metrics: metrics(),
	}
	if err := ctx.RegisterComponentResource("vmst:ingress:Ingress", name, i, opts...); err != nil {
		return nil, fmt.Errorf("registering ingress %q: %w", name, err)
	}
	if err := i.controller(ctx, name, args); err != nil {
		return nil, err
	}
	namespace, err := i.namespace(ctx, name+"-cert-manager-namespace", certManagerName, args)
	if err != nil {
		return nil, err
	}
	release, err := i.certManager(ctx, name, args, namespace)
	if err != nil {
		return nil, err
	}
	token, err := i.token(ctx, name, args, namespace)
	if err != nil {
		return nil, err
	}
	if err := i.issuers(ctx, name, args, []pulumi.Resource{release, token}); err != nil {
		return nil, err
	}
	return i, ctx.RegisterResourceOutputs(i, pulumi.Map{
		"class": pulumi.String(i.Class), "issuer": pulumi.String(i.Issuer),
	})
}

// inCluster are the options of whatever goes with the cluster.
func (i *Ingress) inCluster(args *Args) pulumi.ResourceOption {
	return pulumi.Composite(pulumi.Parent(i), pulumi.DeletedWith(args.Cluster))
}

// podSecurity are the labels of both namespaces. As the charts make them, their pods meet "restricted" (values and
// templates of ingress-nginx 4.15.1 and of cert-manager v1.21.1); what a later chart or a person's values ask for
// beyond it is a warning of whoever applies it, and not a controller that does not come up in the middle of an upgrade.
// What "baseline" forbids, such as privileges and the node's network, is refused.
var podSecurity = pulumi.StringMap{
	"pod-security.kubernetes.io/enforce": pulumi.String("baseline"),
	"pod-security.kubernetes.io/warn":    pulumi.String("restricted"),
	"pod-security.kubernetes.io/audit":   pulumi.String("restricted"),
}

// namespace makes a namespace and returns its name, which waits for it.
func (i *Ingress) namespace(
	ctx *pulumi.Context, name, called string, args *Args, opts ...pulumi.ResourceOption,
) (pulumi.StringOutput, error) {
	namespace, err := corev1.NewNamespace(ctx, name, &corev1.NamespaceArgs{
		Metadata: &metav1.ObjectMetaArgs{Name: pulumi.String(called), Labels: podSecurity},
	}, append(opts, i.inCluster(args))...)
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("creating namespace %q: %w", called, err)
	}
	return namespace.Metadata.Name().Elem(), nil
}

// controller installs ingress-nginx.
func (i *Ingress) controller(ctx *pulumi.Context, name string, args *Args) error {
	keep := component.Keep(args.Protect)
	namespace, err := i.namespace(ctx, name+"-namespace", controllerName, args, keep)
	if err != nil {
		return err
	}
	values, err := args.controllerValues()
	if err != nil {
		return fmt.Errorf("values of chart %s: %w", args.Chart.Name, err)
	}
	// A release and not a chart: hooks make the certificate of the admission webhook.
	//
	// It is not left to the cluster's deletion, because its Service has adopted the load balancer: as long as there is
	// the Service, the cloud controller makes another one when that is deleted, and nobody would delete the other
	// (digitalocean-cloud-controller-manager, loadbalancers.go, EnsureLoadBalancer).
	release, err := kube.NewRelease(ctx, name+"-controller", &kube.ReleaseArgs{
		Chart: args.Chart, Name: controllerName, Namespace: namespace, Values: values,
	}, pulumi.Parent(i), keep)
	if err != nil {
		return err
	}
	i.Ready = append(i.Ready, release)
	return nil
}

// certManager installs cert-manager.
func (i *Ingress) certManager(
	ctx *pulumi.Context, name string, args *Args, namespace pulumi.StringOutput,
) (pulumi.Resource, error) {
	values, err := args.certManagerValues()
	if err != nil {
		return nil, fmt.Errorf("values of chart %s: %w", args.CertManager.Name, err)
	}
	release, err := kube.NewRelease(ctx, name+"-cert-manager", &kube.ReleaseArgs{
		Chart: args.CertManager.Chart(), Name: certManagerName, Namespace: namespace, Values: values,
	}, i.inCluster(args))
	if err != nil {
		return nil, err
	}
	i.Ready = append(i.Ready, release)
	return release, nil
}

// token makes the Secret with the DNS token.
func (i *Ingress) token(
	ctx *pulumi.Context, name string, args *Args, namespace pulumi.StringOutput,
) (pulumi.Resource, error) {
	token, err := corev1.NewSecret(ctx, name+"-dns-token", &corev1.SecretArgs{
		Metadata:   &metav1.ObjectMetaArgs{Name: pulumi.String(tokenSecret), Namespace: namespace},
		StringData: pulumi.StringMap{tokenKey: pulumi.ToSecret(args.DNSToken).(pulumi.StringOutput)},
	}, i.inCluster(args))
	if err != nil {
		return nil, fmt.Errorf("creating Secret %q: %w", tokenSecret, err)
	}
	return token, nil
}

// issuers makes an issuer for each directory of Let's Encrypt, so that the setting can change without a pause.
func (i *Ingress) issuers(ctx *pulumi.Context, name string, args *Args, after []pulumi.Resource) error {
	for _, kind := range slices.Sorted(maps.Keys(directories)) {
		issuer, err := kube.NewObject(ctx, name+"-issuer-"+kind, &kube.ObjectArgs{
			APIVersion: "cert-manager.io/v1",
			Kind:       "ClusterIssuer",
			Metadata:   metav1.ObjectMetaArgs{Name: pulumi.String(issuerName(kind))},
			Spec:       args.issuerSpec(kind),
		}, i.inCluster(args), pulumi.DependsOn(after))
		if err != nil {
			return err
		}
		i.Ready = append(i.Ready, issuer)
	}
	return nil
}
