package kubernetes

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
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

// kinds is the catalogue of kinds. It does not change after it is made.
type kinds struct {
	scheme *runtime.Scheme
	tokens []string
}

// newKinds reads the catalogue from the types that the API server, the API extensions and cert-manager have.
func newKinds() *kinds {
	k := &kinds{scheme: apiserver.Scheme}
	for gvk := range k.scheme.AllKnownTypes() {
		if k.isObject(gvk) {
			k.tokens = append(k.tokens, k.of(gvk).token())
		}
	}
	slices.Sort(k.tokens)
	return k
}

// isObject is false for lists, options and the like, which are in the scheme but are nothing to create.
func (k *kinds) isObject(gvk schema.GroupVersionKind) bool {
	if gvk.Version == runtime.APIVersionInternal || !k.scheme.Recognizes(gvk) {
		return false
	}
	object, err := k.scheme.New(gvk)
	if err != nil {
		return false
	}
	_, err = meta.Accessor(object)
	return err == nil
}

// of describes a kind by group, version and name.
func (k *kinds) of(gvk schema.GroupVersionKind) kind {
	return kind{
		GroupVersionKind: gvk,
		namespaced:       !clusterScoped[gvk.Group+"/"+gvk.Kind],
		custom:           !k.builtIn(gvk.Group),
		typed:            k.isObject(gvk),
	}
}

// parse reads a type token. Kinds that the Kubernetes API does not have are an error that names those that it has; a
// kind of a group that is not Kubernetes' own is taken for a custom resource.
func (k *kinds) parse(token string) (kind, error) {
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
	found := k.of(schema.GroupVersionKind{Group: group, Version: version, Kind: name})
	if found.typed || found.custom && found.Kind != "" && strings.Contains(group, ".") && !k.knows(group) {
		return found, nil
	}
	return kind{}, fmt.Errorf("unknown resource type %q: the Kubernetes API has %s", token, k.similar(group, name))
}

// fromObject reads the kind of an object from its apiVersion and kind.
func (k *kinds) fromObject(object map[string]any) (kind, error) {
	apiVersion, _ := object["apiVersion"].(string)
	name, _ := object["kind"].(string)
	if apiVersion == "" || name == "" {
		return kind{}, fmt.Errorf("an object has apiVersion %q and kind %q: both are required", apiVersion, name)
	}
	return k.parse(tokenPrefix + apiVersion + ":" + name)
}

// knows tells whether there are Go types for the group.
func (k *kinds) knows(group string) bool { return k.scheme.IsGroupRegistered(group) }

// builtIn tells whether the group is served by every cluster.
func (k *kinds) builtIn(group string) bool {
	return k.knows(group) && !slices.Contains(certManagerGroups, group)
}

// similar lists what the caller may have meant: the kinds of the same name, or those of the same group.
func (k *kinds) similar(group, name string) string {
	var sameName, sameGroup []string
	for _, token := range k.tokens {
		groupVersion, tokenName, _ := strings.Cut(strings.TrimPrefix(token, tokenPrefix), ":")
		tokenGroup, _, _ := strings.Cut(groupVersion, "/")
		switch {
		case tokenName == name:
			sameName = append(sameName, token)
		case tokenGroup == group, tokenGroup == "core" && group == "":
			sameGroup = append(sameGroup, token)
		}
	}
	switch {
	case len(sameName) > 0:
		return strings.Join(sameName, ", ")
	case len(sameGroup) > 0:
		return "in this group " + strings.Join(sameGroup, ", ")
	default:
		return "no such group"
	}
}

// certManagerGroups are the API groups that a cert-manager installation with its definitions serves.
var certManagerGroups = []string{"cert-manager.io", "acme.cert-manager.io"}

// clusterScoped are the kinds that stand beside namespaces, as "group/Kind". The API's Go types do not tell; the source
// is `kubectl api-resources --namespaced=false`.
var clusterScoped = set(
	"/Namespace", "/Node", "/PersistentVolume", "/ComponentStatus",
	"admissionregistration.k8s.io/MutatingAdmissionPolicy",
	"admissionregistration.k8s.io/MutatingAdmissionPolicyBinding",
	"admissionregistration.k8s.io/MutatingWebhookConfiguration",
	"admissionregistration.k8s.io/ValidatingAdmissionPolicy",
	"admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding",
	"admissionregistration.k8s.io/ValidatingWebhookConfiguration",
	"apiextensions.k8s.io/CustomResourceDefinition",
	"authentication.k8s.io/SelfSubjectReview", "authentication.k8s.io/TokenReview",
	"authorization.k8s.io/SelfSubjectAccessReview", "authorization.k8s.io/SelfSubjectRulesReview",
	"authorization.k8s.io/SubjectAccessReview",
	"cert-manager.io/ClusterIssuer",
	"certificates.k8s.io/CertificateSigningRequest", "certificates.k8s.io/ClusterTrustBundle",
	"flowcontrol.apiserver.k8s.io/FlowSchema", "flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration",
	"internal.apiserver.k8s.io/StorageVersion",
	"networking.k8s.io/IPAddress", "networking.k8s.io/IngressClass", "networking.k8s.io/ServiceCIDR",
	"node.k8s.io/RuntimeClass",
	"rbac.authorization.k8s.io/ClusterRole", "rbac.authorization.k8s.io/ClusterRoleBinding",
	"resource.k8s.io/DeviceClass", "resource.k8s.io/DeviceTaintRule", "resource.k8s.io/ResourceSlice",
	"scheduling.k8s.io/PriorityClass",
	"storage.k8s.io/CSIDriver", "storage.k8s.io/CSINode", "storage.k8s.io/StorageClass",
	"storage.k8s.io/VolumeAttachment", "storage.k8s.io/VolumeAttributesClass",
	"storagemigration.k8s.io/StorageVersionMigration",
)

func set(names ...string) map[string]bool {
	all := make(map[string]bool, len(names))
	for _, name := range names {
		all[name] = true
	}
	return all
}

// sortedKeys makes messages and orders of work the same in every run.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
