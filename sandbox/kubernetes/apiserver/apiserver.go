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
	"slices"

	acme "github.com/cert-manager/cert-manager/pkg/apis/acme/v1"
	certmanager "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/install"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/util/feature"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	admissionregistration "k8s.io/kubernetes/pkg/apis/admissionregistration/install"
	apps "k8s.io/kubernetes/pkg/apis/apps/install"
	autoscaling "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	batch "k8s.io/kubernetes/pkg/apis/batch/install"
	core "k8s.io/kubernetes/pkg/apis/core/install"
	networking "k8s.io/kubernetes/pkg/apis/networking/install"
	policy "k8s.io/kubernetes/pkg/apis/policy/install"
	rbac "k8s.io/kubernetes/pkg/apis/rbac/install"
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
		admissionregistration.Install, apps.Install, autoscaling.Install, batch.Install, core.Install,
		networking.Install, policy.Install, rbac.Install, scheduling.Install, storage.Install, apiextensions.Install,
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

// Default fills in what the API server writes into an object of the kind.
func Default(gvk schema.GroupVersionKind, object Object) (Object, error) {
	// Conversion to the API server's own type and back is part of it: that is what makes data of a Secret's stringData.
	typed, err := hubOf(gvk, object)
	if err != nil {
		return nil, err
	}
	prepare(typed)
	if _, ok := internal(gvk); ok {
		if typed, err = Scheme.ConvertToVersion(typed, gvk.GroupVersion()); err != nil {
			return nil, err
		}
	}
	typed.GetObjectKind().SetGroupVersionKind(gvk)
	return plain(typed)
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

// Validate says what the API server refuses about an object of a kind that is in [Scheme]; before is the object as it
// is, or nil for a new one. namespaced is the kind's scope.
func Validate(gvk schema.GroupVersionKind, object, before Object, namespaced bool) field.ErrorList {
	now, err := hubOf(gvk, object)
	if err != nil {
		return field.ErrorList{field.InternalError(nil, err)}
	}
	accessor, err := meta.Accessor(now)
	if err != nil {
		return field.ErrorList{field.InternalError(nil, err)}
	}
	errs := validateMeta(accessor, namespaced)
	rule, known := rules[reflect.TypeOf(now)]
	if !known {
		return errs
	}
	if before != nil {
		// What somebody wrote past the API server cannot be read, and is replaced.
		if old, err := hubOf(gvk, before); err == nil {
			return unique(append(errs, rule.update(now, old)...))
		}
	}
	return unique(append(errs, rule.create(now)...))
}

// ValidateMeta is Validate for a kind of which nothing but its metadata is known. A kind whose scope is not known
// either is taken for what the object says.
func ValidateMeta(object Object) (field.ErrorList, error) {
	typed := &metav1.PartialObjectMetadata{}
	known := Object{"metadata": object["metadata"]}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(known, typed, true); err != nil {
		return nil, err
	}
	return validation.ValidateObjectMeta(&typed.ObjectMeta, typed.Namespace != "", validation.NameIsDNSSubdomain,
		field.NewPath("metadata")), nil
}

// validateMeta are the rules that hold for every kind; most kinds have narrower ones for names.
func validateMeta(object metav1.Object, namespaced bool) field.ErrorList {
	segment := func(name string, _ bool) []string { return content.IsPathSegmentName(name) }
	return validation.ValidateObjectMetaAccessor(object, namespaced, segment,
		field.NewPath("metadata"))
}

func unique(errs field.ErrorList) field.ErrorList {
	seen := map[string]bool{}
	return slices.DeleteFunc(errs, func(err *field.Error) bool {
		known := seen[err.Error()]
		seen[err.Error()] = true
		return known
	})
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
