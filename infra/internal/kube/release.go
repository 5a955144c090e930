package kube

import (
	"fmt"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/utilities"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/internal/component"
	"github.com/vmstio/infrastructure/infra/settings"
)

// ReleaseType is the type token of a Release. It is registered without the package kubernetes/helm/v3 of the SDK, which
// would compile all 69 API packages of Kubernetes into the program.
const ReleaseType = "kubernetes:helm.sh/v3:Release"

// releaseTimeout is how long Helm waits for any single operation, in seconds. The provider's own default of 300 is too
// short for a cluster that has to start nodes and pull images first.
const releaseTimeout = 900

// ReleaseArgs are the arguments of a Release.
//
// The switches disableCRDHooks and disableWebhooks of the provider are left out on purpose: it exchanges the two
// between create and update, so that either one would silently turn off all hooks of one of them (pulumi-kubernetes,
// provider/pkg/provider/helm_release.go).
type ReleaseArgs struct {
	// Chart to install.
	Chart settings.Chart
	// Name of the release in Helm. Changing it replaces the release.
	Name string
	// Namespace to install into, which must exist. Changing it replaces the release.
	Namespace pulumi.StringInput
	// Values of the chart. They are visible in previews, in the state and in the cluster: secrets do not belong here.
	Values pulumi.Map
}

// Release is a Helm release. It is complete when everything it installs is ready.
type Release struct {
	pulumi.CustomResourceState
}

// NewRelease installs a chart. It needs a Kubernetes provider among the options.
func NewRelease(ctx *pulumi.Context, name string, args *ReleaseArgs, opts ...pulumi.ResourceOption) (*Release, error) {
	if err := component.Require("release", map[string]any{
		"Chart.Repository": args.Chart.Repository, "Chart.Name": args.Chart.Name, "Chart.Version": args.Chart.Version,
		"Name": args.Name, "Namespace": args.Namespace,
	}); err != nil {
		return nil, err
	}
	located, repository := args.Chart.Located()
	inputs := pulumi.Map{
		"chart":     pulumi.String(located),
		"version":   pulumi.String(args.Chart.Version),
		"name":      pulumi.String(args.Name),
		"namespace": args.Namespace,
		"values":    args.Values,
		"timeout":   pulumi.Int(releaseTimeout),
		// A constant of the provider's schema: the SDK sends it with every release.
		"compat": pulumi.String("true"),
	}
	if repository != "" {
		inputs["repositoryOpts"] = pulumi.Map{"repo": pulumi.String(repository)}
	}
	r := &Release{}
	err := ctx.RegisterResource(ReleaseType, name, inputs, r, utilities.PkgResourceDefaultOpts(opts)...)
	if err != nil {
		return nil, fmt.Errorf("installing chart %s %s as %q: %w", args.Chart.Name, args.Chart.Version, args.Name, err)
	}
	return r, nil
}
