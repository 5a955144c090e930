// Package ingress makes the way into the cluster: the ingress controller behind
// the load balancer, and the certificates that it serves.
package ingress

import (
	"fmt"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/object"
	"github.com/vmstio/infrastructure/infra/release"
	"github.com/vmstio/infrastructure/infra/room"
)

// Ingress is the ingress controller and its certificate authority.
type Ingress struct {
	pulumi.ResourceState

	// IngressClass is the class for Ingresses that the controller serves.
	IngressClass pulumi.StringOutput `pulumi:"ingressClass"`
	// IssuerName is the ClusterIssuer that signs this environment's certificates.
	IssuerName pulumi.StringOutput `pulumi:"issuerName"`
	// Ready are the resources to depend on for whatever has an Ingress or a
	// certificate.
	Ready []pulumi.Resource
}

// New makes the ingress. It needs the cluster's Kubernetes provider among the
// options.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Ingress, error) {
	if err := args.validate(); err != nil {
		return nil, err
	}
	i := &Ingress{}
	if err := ctx.RegisterComponentResource("vmst:ingress:Ingress", name, i, opts...); err != nil {
		return nil, fmt.Errorf("registering ingress %q: %w", name, err)
	}
	if err := i.controller(ctx, name, args); err != nil {
		return nil, err
	}
	if err := i.certificates(ctx, name, args); err != nil {
		return nil, err
	}
	i.IngressClass = pulumi.String(className).ToStringOutput()
	i.IssuerName = pulumi.String(issuer{kind: args.ACME.Issuer}.name()).ToStringOutput()
	return i, ctx.RegisterResourceOutputs(i, pulumi.Map{"ingressClass": i.IngressClass, "issuerName": i.IssuerName})
}

// controller installs ingress-nginx.
func (i *Ingress) controller(ctx *pulumi.Context, name string, args *Args) error {
	namespace, err := i.namespace(ctx, name+"-namespace", args.Namespace, room.Keep(args.Protect))
	if err != nil {
		return err
	}
	values, err := release.Values(args.controllerValues())
	if err != nil {
		return fmt.Errorf("values of chart %s: %w", args.Chart.Name, err)
	}
	release.Set(values, args.LoadBalancer.ID, "controller", "service", "annotations", idAnnotation)
	// A release and not a chart: hooks make the certificate of the admission webhook.
	controller, err := release.New(ctx, name+"-controller", &release.Args{
		Chart:       args.Chart,
		ReleaseName: controllerName,
		Namespace:   namespace,
		Values:      values,
	}, pulumi.Parent(i), room.Keep(args.Protect))
	if err != nil {
		return err
	}
	i.Ready = append(i.Ready, controller)
	return nil
}

// certificates installs cert-manager and the issuers.
func (i *Ingress) certificates(ctx *pulumi.Context, name string, args *Args) error {
	namespace, err := i.namespace(ctx, name+"-cert-manager-namespace", certManagerName)
	if err != nil {
		return err
	}
	values, err := release.Values(args.certManagerValues())
	if err != nil {
		return fmt.Errorf("values of chart %s: %w", args.CertManager.Name, err)
	}
	certManager, err := release.New(ctx, name+"-cert-manager", &release.Args{
		Chart:       args.CertManager,
		ReleaseName: certManagerName,
		Namespace:   namespace,
		Values:      values,
	}, pulumi.Parent(i))
	if err != nil {
		return err
	}
	token, err := corev1.NewSecret(ctx, name+"-dns-token", &corev1.SecretArgs{
		Metadata:   &metav1.ObjectMetaArgs{Name: pulumi.String(tokenSecret), Namespace: namespace},
		StringData: pulumi.StringMap{tokenKey: pulumi.ToSecret(args.ACME.DNSToken).(pulumi.StringOutput)},
	}, pulumi.Parent(i))
	if err != nil {
		return fmt.Errorf("creating secret %q: %w", tokenSecret, err)
	}
	i.Ready = append(i.Ready, certManager)
	for _, authority := range issuers() {
		spec, err := release.Values(authority.spec(args))
		if err != nil {
			return fmt.Errorf("cluster issuer %q: %w", authority.name(), err)
		}
		created, err := object.New(ctx, name+"-issuer-"+authority.kind, &object.Args{
			APIVersion: "cert-manager.io/v1",
			Kind:       "ClusterIssuer",
			Metadata:   metav1.ObjectMetaArgs{Name: pulumi.String(authority.name())},
			Spec:       spec,
		}, pulumi.Parent(i), pulumi.DependsOn([]pulumi.Resource{certManager, token}))
		if err != nil {
			return fmt.Errorf("creating cluster issuer %q: %w", authority.name(), err)
		}
		i.Ready = append(i.Ready, created)
	}
	return nil
}

// namespace makes a namespace and returns its name, which waits for it.
func (i *Ingress) namespace(ctx *pulumi.Context, name, called string, opts ...pulumi.ResourceOption) (pulumi.StringOutput, error) {
	created, err := corev1.NewNamespace(ctx, name, &corev1.NamespaceArgs{
		Metadata: &metav1.ObjectMetaArgs{Name: pulumi.String(called)},
	}, append(opts, pulumi.Parent(i))...)
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("creating namespace %q: %w", called, err)
	}
	return created.Metadata.Name().Elem(), nil
}
