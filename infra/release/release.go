// Package release installs a Helm chart as a Helm release.
//
// It is the resource kubernetes:helm.sh/v3:Release, registered without the
// package kubernetes/helm/v3 of the SDK, which would compile all 69 API packages
// of Kubernetes into the program. Token and property names are those of that
// package.
package release

import (
	"fmt"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/utilities"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/room"
)

// Type is the resource's type token.
const Type = "kubernetes:helm.sh/v3:Release"

// defaultTimeout is how long Helm waits for any single operation, in seconds. The
// provider's own default of 300 is too short for a cluster that has to start
// nodes and pull images first.
const defaultTimeout = 900

// Chart names a Helm chart.
type Chart struct {
	// Repository is the URL of the chart repository.
	Repository string
	// Name of the chart in the repository.
	Name string
	// Version of the chart, exactly.
	Version string
}

// Args are the arguments of a Release.
//
// The switches disableCRDHooks and disableWebhooks of the provider are left out on
// purpose: it exchanges the two between create and update, so that either one
// would silently turn off all hooks of one of them
// (pulumi-kubernetes, provider/pkg/provider/helm_release.go).
type Args struct {
	// Chart to install.
	Chart Chart
	// ReleaseName is the name of the release in Helm. Changing it replaces the
	// release.
	ReleaseName string
	// Namespace to install into, which must exist. Changing it replaces the
	// release.
	Namespace pulumi.StringInput
	// Values of the chart. They are visible in previews, in the state and in the
	// cluster: secrets do not belong here.
	Values pulumi.Map
	// Timeout of a single operation of Helm in seconds; 900 if zero.
	Timeout int
}

// Release is a Helm release. It is complete when everything it installs is ready.
type Release struct {
	pulumi.CustomResourceState
}

// New installs the chart. It needs a Kubernetes provider among the options.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Release, error) {
	if err := args.validate(); err != nil {
		return nil, err
	}
	timeout := args.Timeout
	if timeout == 0 {
		timeout = defaultTimeout
	}
	props := pulumi.Map{
		"chart":          pulumi.String(args.Chart.Name),
		"version":        pulumi.String(args.Chart.Version),
		"repositoryOpts": pulumi.Map{"repo": pulumi.String(args.Chart.Repository)},
		"name":           pulumi.String(args.ReleaseName),
		"namespace":      args.Namespace,
		"values":         args.Values,
		"timeout":        pulumi.Int(timeout),
		// A constant of the provider's schema: the SDK sends it with every release.
		"compat": pulumi.String("true"),
	}
	r := &Release{}
	err := ctx.RegisterResource(Type, name, props, r, utilities.PkgResourceDefaultOpts(opts)...)
	if err != nil {
		return nil, fmt.Errorf("installing chart %s %s as %q: %w", args.Chart.Name, args.Chart.Version, args.ReleaseName, err)
	}
	return r, nil
}

func (a *Args) validate() error {
	check := room.NewCheck("release")
	check.Text("Chart.Repository", a.Chart.Repository)
	check.Text("Chart.Name", a.Chart.Name)
	check.Text("Chart.Version", a.Chart.Version)
	check.Text("ReleaseName", a.ReleaseName)
	check.Input("Namespace", a.Namespace)
	check.That(a.Timeout >= 0, "Timeout %d is negative", a.Timeout)
	return check.Err()
}
