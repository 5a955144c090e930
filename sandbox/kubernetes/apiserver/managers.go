package apiserver

import (
	"errors"
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/client-go/applyconfigurations"
	"sigs.k8s.io/structured-merge-diff/v6/typed"
)

// Rules are what the API server does with the objects of one kind. It merges what writers say about an object, and
// remembers in metadata.managedFields who says what: server-side apply
// (https://kubernetes.io/docs/reference/using-api/server-side-apply/).
type Rules struct {
	kind   schema.GroupVersionKind
	fields *managedfields.FieldManager
	// Admit fills in defaults and says what is refused about an object; before is the object as it is, or nil for a new
	// one.
	Admit func(object, before Object) (Object, field.ErrorList)
}

// converter knows how the lists and maps of the kinds in [Scheme] merge.
var converter = sync.OnceValue(func() managedfields.TypeConverter {
	return applyconfigurations.NewTypeConverter(Scheme)
})

// Mistyped says what of an object of the API server's own kinds is not as their schema says, such as values of a wrong
// type.
func Mistyped(object Object) (mistakes typed.ValidationErrors) {
	_, err := converter().ObjectToTyped(&unstructured.Unstructured{Object: object})
	errors.As(err, &mistakes)
	return mistakes
}

// known has the rules of the kinds in [Scheme], which are costly to make.
var known sync.Map

// RulesOf are those of a kind in [Scheme].
func RulesOf(gvk schema.GroupVersionKind) (Rules, error) {
	if found, ok := known.Load(gvk); ok {
		return found.(Rules), nil
	}
	make, types := managedfields.NewDefaultFieldManager, converter()
	example, _ := asItIs{}.New(gvk)
	if _, err := types.ObjectToTyped(example); err != nil {
		// Definitions of custom resources, of which client-go does not know how they merge: lists as a whole.
		make, types = managedfields.NewDefaultCRDFieldManager, managedfields.NewDeducedTypeConverter()
	}
	fields, err := make(types, asItIs{}, asItIs{}, asItIs{}, gvk, gvk.GroupVersion(), "", nil)
	if err != nil {
		return Rules{}, fmt.Errorf("managing the fields of %s: %w", gvk.Kind, err)
	}
	rules := Rules{gvk, fields, func(object, before Object) (Object, field.ErrorList) {
		return Admit(gvk, object, before)
	}}
	known.Store(gvk, rules)
	return rules, nil
}

// Apply merges what manager says about an object into live, which is nil for a new object. With force it takes over
// what others say, without it that is a conflict, which is the error.
func (r Rules) Apply(live, said Object, manager string, force bool) (Object, error) {
	merged, err := r.fields.Apply(r.object(live), r.object(said), manager, force)
	return contentOf(merged), err
}

// Update notes that manager wrote an object that was live before as it is in object.
func (r Rules) Update(live, object Object, manager string) (Object, error) {
	merged, err := r.fields.Update(r.object(live), r.object(object), manager)
	return contentOf(merged), err
}

// object is one of the kind with this content; without any it is a new one.
func (r Rules) object(content Object) *unstructured.Unstructured {
	if content == nil {
		object, _ := asItIs{}.New(r.kind)
		return object.(*unstructured.Unstructured)
	}
	// Of an Ingress the API knows no ipMode, which earlier versions of the sandbox wrote into its status.
	if addresses, ok, _ := unstructured.NestedSlice(content, "status", "loadBalancer", "ingress"); ok &&
		r.kind.Kind == "Ingress" {
		for _, address := range addresses {
			if address, ok := address.(map[string]any); ok {
				delete(address, "ipMode")
			}
		}
		content = runtime.DeepCopyJSON(content)
		_ = unstructured.SetNestedSlice(content, addresses, "status", "loadBalancer", "ingress")
	}
	return &unstructured.Unstructured{Object: content}
}

func contentOf(object runtime.Object) Object {
	if object, ok := object.(*unstructured.Unstructured); ok {
		return object.Object
	}
	return nil
}

// asItIs takes the place of conversion, defaults and creation: objects are JSON values of the version that is stored.
type asItIs struct{}

func (asItIs) Default(runtime.Object) {}

func (asItIs) New(gvk schema.GroupVersionKind) (runtime.Object, error) {
	object := &unstructured.Unstructured{Object: Object{}}
	object.SetGroupVersionKind(gvk)
	return object, nil
}

func (asItIs) Convert(_, _, _ any) error { return nil }

func (asItIs) ConvertToVersion(object runtime.Object, _ runtime.GroupVersioner) (runtime.Object, error) {
	return object, nil
}

func (asItIs) ConvertFieldLabel(_ schema.GroupVersionKind, label, value string) (string, string, error) {
	return label, value, nil
}
