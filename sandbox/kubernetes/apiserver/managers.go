package apiserver

import (
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/client-go/applyconfigurations"
)

// Managers merges what writers say about objects of one kind, and remembers in metadata.managedFields who says what:
// server-side apply (https://kubernetes.io/docs/reference/using-api/server-side-apply/).
type Managers struct{ fields *managedfields.FieldManager }

// converter knows how the lists and maps of the kinds in [Scheme] merge.
var converter = sync.OnceValue(func() managedfields.TypeConverter {
	return applyconfigurations.NewTypeConverter(Scheme)
})

// known has the Managers of the kinds in [Scheme], which are costly to make.
var known sync.Map

// ManagersOf are those of a kind that the API server itself has.
func ManagersOf(gvk schema.GroupVersionKind) (Managers, error) {
	if found, ok := known.Load(gvk); ok {
		return found.(Managers), nil
	}
	make, types := managedfields.NewDefaultFieldManager, converter()
	example, _ := asItIs{}.New(gvk)
	if _, err := types.ObjectToTyped(example); err != nil {
		// Definitions of custom resources, of which client-go does not know how they merge: lists as a whole.
		make, types = managedfields.NewDefaultCRDFieldManager, managedfields.NewDeducedTypeConverter()
	}
	fields, err := make(types, asItIs{}, asItIs{}, asItIs{}, gvk, gvk.GroupVersion(), "", nil)
	if err != nil {
		return Managers{}, fmt.Errorf("managing the fields of %s: %w", gvk.Kind, err)
	}
	known.Store(gvk, Managers{fields})
	return Managers{fields}, nil
}

// Apply merges what manager says about an object into live, which is nil for a new object. With force it takes over
// what others say, without it that is a conflict, which is the error.
func (m Managers) Apply(gvk schema.GroupVersionKind, live, said Object, manager string, force bool) (Object, error) {
	return m.merge(gvk, live, func(live *unstructured.Unstructured) (runtime.Object, error) {
		return m.fields.Apply(live, &unstructured.Unstructured{Object: said}, manager, force)
	})
}

// Update notes that manager wrote an object that was live before as it is in object.
func (m Managers) Update(gvk schema.GroupVersionKind, live, object Object, manager string) (Object, error) {
	return m.merge(gvk, live, func(live *unstructured.Unstructured) (runtime.Object, error) {
		return m.fields.Update(live, &unstructured.Unstructured{Object: object}, manager)
	})
}

func (m Managers) merge(
	gvk schema.GroupVersionKind, live Object, merge func(*unstructured.Unstructured) (runtime.Object, error),
) (Object, error) {
	before, _ := asItIs{}.New(gvk)
	if live != nil {
		before = &unstructured.Unstructured{Object: live}
	}
	merged, err := merge(before.(*unstructured.Unstructured))
	if err != nil {
		return nil, err
	}
	return merged.(*unstructured.Unstructured).Object, nil
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
