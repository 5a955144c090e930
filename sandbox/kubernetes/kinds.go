package kubernetes

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/vmstio/infrastructure/sandbox/kubernetes/apiserver"
)

// Type tokens that this package acts on itself.
const (
	releaseToken = "kubernetes:helm.sh/v3:Release"
	chartToken   = "kubernetes:helm.sh/v4:Chart"
	crdToken     = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"

	tokenPrefix = "kubernetes:"
)

// certManagerGroups are the API groups that a cert-manager installation with its definitions serves.
var certManagerGroups = []string{"cert-manager.io", "acme.cert-manager.io"}

// kind is one kind of object.
type kind struct {
	schema.GroupVersionKind

	// namespaced is false for kinds that stand beside namespaces. For custom kinds without a known type it is true
	// until the definition says otherwise.
	namespaced bool
	// custom kinds exist in a cluster only after their CustomResourceDefinition.
	custom bool
	// typed kinds have a Go type to decode into.
	typed bool
}

// kindOf describes a kind by group, version and name.
func kindOf(gvk schema.GroupVersionKind) kind {
	k := kind{
		GroupVersionKind: gvk, namespaced: apiserver.Namespaced(gvk.GroupKind()),
		custom: !apiserver.Scheme.IsGroupRegistered(gvk.Group) || slices.Contains(certManagerGroups, gvk.Group),
	}
	if object, err := apiserver.Scheme.New(gvk); err == nil {
		// Lists, options and the like are in the scheme, and nothing to create.
		_, err = meta.Accessor(object)
		k.typed = err == nil
	}
	return k
}

// builtIn is a kind that every cluster has, in version v1.
func builtIn(group, name string) kind {
	return kindOf(schema.GroupVersionKind{Group: group, Version: "v1", Kind: name})
}

// token is the Pulumi type token, "kubernetes:core/v1:Service".
func (k kind) token() string {
	group := k.Group
	if group == "" {
		group = "core"
	}
	return tokenPrefix + group + "/" + k.Version + ":" + k.Kind
}

// apiVersion is what stands in an object: "v1", "apps/v1".
func (k kind) apiVersion() string { return k.GroupVersion().String() }

// is tells whether this is the given kind, whatever its version.
func (k kind) is(group, name string) bool { return k.Group == group && k.Kind == name }

// parseToken reads a type token. A kind of a group that is not Kubernetes' own is taken for a custom resource.
func parseToken(token string) (kind, error) {
	groupVersion, name, ok := strings.Cut(strings.TrimPrefix(token, tokenPrefix), ":")
	if !ok || !strings.HasPrefix(token, tokenPrefix) {
		return kind{}, fmt.Errorf("unknown resource type %q: want kubernetes:<group>/<version>:<Kind>", token)
	}
	group, version, ok := strings.Cut(groupVersion, "/")
	if !ok {
		// CustomResource takes the API version as it stands in an object, and core's is "v1".
		group, version = "core", groupVersion
	}
	if group == "core" {
		group = ""
	}
	found := kindOf(schema.GroupVersionKind{Group: group, Version: version, Kind: name})
	if found.typed || strings.Contains(group, ".") && name != "" && !apiserver.Scheme.IsGroupRegistered(group) {
		return found, nil
	}
	return kind{}, fmt.Errorf("unknown resource type %q: the Kubernetes API has no kind %s in %s: "+
		"https://kubernetes.io/docs/reference/kubernetes-api/ lists what it has", token, name, found.apiVersion())
}

// kindOfObject reads the kind of an object from its apiVersion and kind.
func kindOfObject(object map[string]any) (kind, error) {
	apiVersion, name := text(object, "apiVersion"), text(object, "kind")
	if apiVersion == "" || name == "" {
		return kind{}, fmt.Errorf("an object has apiVersion %q and kind %q: both are required", apiVersion, name)
	}
	return parseToken(tokenPrefix + apiVersion + ":" + name)
}

// sortedKeys makes messages and orders of work the same in every run.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
