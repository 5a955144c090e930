// Package kube makes Kubernetes objects and Helm releases, and shapes the values of charts.
//
// Each API package of the SDK takes between seven and fifty seconds of the program's build on two cores, so only
// core/v1 and meta/v1, which nearly every object needs, are imported. Objects of other kinds and releases are
// registered by their tokens; tokens and property names are those of the SDK, and the provider checks the fields like
// any other object's.
package kube

import (
	"fmt"

	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/utilities"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/internal/component"
)

// ObjectArgs are the arguments of an Object.
type ObjectArgs struct {
	// APIVersion is the group and version, such as "batch/v1".
	APIVersion string
	// Kind of the object, such as "Job".
	Kind string
	// Metadata with the object's name.
	Metadata metav1.ObjectMetaArgs
	// Spec of the object, with the field names of the Kubernetes API.
	Spec pulumi.Map
}

// Object is a Kubernetes object. It is complete when the provider finds it ready.
type Object struct {
	pulumi.CustomResourceState
}

// NewObject makes an object. It needs a Kubernetes provider among the options.
func NewObject(ctx *pulumi.Context, name string, args *ObjectArgs, opts ...pulumi.ResourceOption) (*Object, error) {
	if err := component.Require("object", map[string]any{
		"APIVersion": args.APIVersion, "Kind": args.Kind, "Metadata.Name": args.Metadata.Name,
	}); err != nil {
		return nil, err
	}
	o := &Object{}
	err := ctx.RegisterResource("kubernetes:"+args.APIVersion+":"+args.Kind, name, pulumi.Map{
		"apiVersion": pulumi.String(args.APIVersion),
		"kind":       pulumi.String(args.Kind),
		"metadata":   args.Metadata,
		"spec":       args.Spec,
	}, o, utilities.PkgResourceDefaultOpts(opts)...)
	if err != nil {
		return nil, fmt.Errorf("creating %s %q: %w", args.Kind, name, err)
	}
	return o, nil
}
