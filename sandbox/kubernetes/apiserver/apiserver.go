// Package apiserver is what decides in a Kubernetes API server about an object: defaults, validation, field managers,
// custom resources and pod security, by the API server's own code (k8s.io/kubernetes and its staging modules).
//
// It is the only package that knows those modules' internals, which change from one minor version to the next. It
// stores nothing.
package apiserver

import (
	"encoding/json"
	"fmt"
	"reflect"
	"sync"

	acme "github.com/cert-manager/cert-manager/pkg/apis/acme/v1"
	certmanager "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/install"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/util/feature"
	"k8s.io/client-go/kubernetes"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	admissionregistration "k8s.io/kubernetes/pkg/apis/admissionregistration/install"
	apps "k8s.io/kubernetes/pkg/apis/apps/install"
	autoscaling "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	batch "k8s.io/kubernetes/pkg/apis/batch/install"
	certificates "k8s.io/kubernetes/pkg/apis/certificates/install"
	coordination "k8s.io/kubernetes/pkg/apis/coordination/install"
	core "k8s.io/kubernetes/pkg/apis/core/install"
	discovery "k8s.io/kubernetes/pkg/apis/discovery/install"
	events "k8s.io/kubernetes/pkg/apis/events/install"
	flowcontrol "k8s.io/kubernetes/pkg/apis/flowcontrol/install"
	networking "k8s.io/kubernetes/pkg/apis/networking/install"
	node "k8s.io/kubernetes/pkg/apis/node/install"
	policy "k8s.io/kubernetes/pkg/apis/policy/install"
	rbac "k8s.io/kubernetes/pkg/apis/rbac/install"
	resource "k8s.io/kubernetes/pkg/apis/resource/install"
	scheduling "k8s.io/kubernetes/pkg/apis/scheduling/install"
	storage "k8s.io/kubernetes/pkg/apis/storage/install"
	strictjson "sigs.k8s.io/json"
)

// Scheme has every kind that is known by its Go type: those of the API server, of API extensions, and cert-manager's.
// The install packages of the API server register themselves in the one of legacyscheme.
var Scheme = newScheme()

// Emulated is the minor version whose rules hold: the stacks' ("cluster.version" in the stack files). The code is that
// of the next one, which Helm and cert-manager are built with; an API server of 1.36 can do this, too
// (--emulated-version).
const Emulated = "1.35"

func newScheme() *runtime.Scheme {
	if err := feature.DefaultMutableFeatureGate.SetEmulationVersion(version.MustParse(Emulated)); err != nil {
		panic(err) // a version that the code does not know: a broken build
	}
	scheme := legacyscheme.Scheme
	for _, install := range []func(*runtime.Scheme){
		admissionregistration.Install, apps.Install, autoscaling.Install, batch.Install, certificates.Install,
		coordination.Install, core.Install, discovery.Install, events.Install, flowcontrol.Install, networking.Install,
		node.Install, policy.Install, rbac.Install, resource.Install, scheduling.Install, storage.Install,
		apiextensions.Install,
	} {
		install(scheme)
	}
	for _, add := range []func(*runtime.Scheme) error{certmanager.AddToScheme, acme.AddToScheme} {
		if err := add(scheme); err != nil {
			panic(err) // two types of one name: a broken build
		}
	}
	return scheme
}

// Object is an object of the API as JSON values.
type Object = map[string]any

// Decode reads an object into the Go type of its kind. Fields that the type does not have are in unknown; err is that
// of a value of a wrong type. The typed object holds what could be read.
func Decode(gvk schema.GroupVersionKind, object Object) (typed runtime.Object, unknown []error, err error) {
	if typed, err = Scheme.New(gvk); err != nil {
		return nil, nil, err
	}
	text, err := json.Marshal(object)
	if err != nil {
		return nil, nil, err
	}
	unknown, err = strictjson.UnmarshalStrict(text, typed)
	return typed, unknown, err
}

// versioned is an object in the API server's own type as JSON values of the version that is stored.
func versioned(gvk schema.GroupVersionKind, object runtime.Object) (Object, error) {
	if _, ok := internal(gvk); ok {
		var err error
		if object, err = Scheme.ConvertToVersion(object, gvk.GroupVersion()); err != nil {
			return nil, err
		}
	}
	object.GetObjectKind().SetGroupVersionKind(gvk)
	return plain(object)
}

// plain is an object as JSON values.
func plain(typed any) (Object, error) {
	text, err := json.Marshal(typed)
	if err != nil {
		return nil, err
	}
	var object Object
	if err := json.Unmarshal(text, &object); err != nil {
		return nil, err
	}
	// Go's zero time is written as null.
	if metadata, ok := object["metadata"].(Object); ok && metadata["creationTimestamp"] == nil {
		delete(metadata, "creationTimestamp")
	}
	return object, nil
}

// internal is the version in which the API server validates a kind.
func internal(gvk schema.GroupVersionKind) (schema.GroupVersion, bool) {
	hub := schema.GroupVersion{Group: gvk.Group, Version: runtime.APIVersionInternal}
	return hub, Scheme.Recognizes(hub.WithKind(gvk.Kind))
}

// ValidateMeta says what the API server refuses about an object of a kind of which nothing but its metadata is known. A
// kind whose scope is not known either is taken for what the object says.
func ValidateMeta(object Object) (field.ErrorList, error) {
	typed := &metav1.PartialObjectMetadata{}
	known := Object{"metadata": object["metadata"]}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(known, typed, true); err != nil {
		return nil, err
	}
	return validation.ValidateObjectMeta(&typed.ObjectMeta, typed.Namespace != "", validation.NameIsDNSSubdomain,
		field.NewPath("metadata")), nil
}

// hubOf is the object in the type that the API server validates it in, defaults filled in.
func hubOf(gvk schema.GroupVersionKind, object Object) (runtime.Object, error) {
	typed, _, err := Decode(gvk, object)
	if err != nil {
		return nil, err
	}
	Scheme.Default(typed)
	hub, ok := internal(gvk)
	if !ok {
		return typed, nil
	}
	inner, err := Scheme.ConvertToVersion(typed, hub)
	if err != nil {
		return nil, fmt.Errorf("converting %s: %w", gvk.Kind, err)
	}
	return inner, nil
}

// clusterScoped are the kinds that stand beside namespaces: those whose clients ask for none.
var clusterScoped = sync.OnceValue(func() map[schema.GroupKind]bool {
	kinds := map[schema.GroupKind]bool{
		{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}: true,
		{Group: "cert-manager.io", Kind: "ClusterIssuer"}:                 true,
	}
	for version := range reflect.TypeFor[kubernetes.Interface]().Methods() {
		for client := range version.Type.Out(0).Methods() {
			create, ok := client.Type.Out(0).MethodByName("Create")
			if !ok || client.Type.NumIn() > 0 {
				continue
			}
			object := reflect.New(create.Type.In(1).Elem()).Interface().(runtime.Object)
			if known, _, err := Scheme.ObjectKinds(object); err == nil {
				kinds[known[0].GroupKind()] = true
			}
		}
	}
	return kinds
})

// Namespaced tells whether the objects of a kind live in namespaces; one that is not known is taken for such.
func Namespaced(kind schema.GroupKind) bool { return !clusterScoped()[kind] }
