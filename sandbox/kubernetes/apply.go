package kubernetes

import (
	"errors"
	"fmt"
	"hash/fnv"
	"reflect"
	"strconv"
	"time"

	"github.com/google/uuid"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vmstio/infrastructure/sandbox/kubernetes/apiserver"
)

// writer is who writes an object.
type writer struct {
	// name is the field manager's.
	name string
	// force takes over fields that another manager has set to something else; without it that is a conflict.
	force bool
}

// apply writes an object as the API server does on a server-side apply: the namespace must exist, what the writer says
// is merged with what others say, defaults are filled in and the result is validated.
func (v view) apply(r record, by writer) (record, error) {
	if ns := namespace(r.Inputs); r.Kind.namespaced && !v.hasNamespace(ns) {
		return record{}, fmt.Errorf("creating %s %q: namespaces %q not found", r.Kind.Kind, name(r.Inputs), ns)
	}
	var before map[string]any
	if existing, ok := v.get(r.Kind, objectID(namespace(r.Inputs), name(r.Inputs))); ok {
		before = existing.Live
	}
	rules, err := v.rulesOf(r.Kind)
	if err != nil {
		return record{}, err
	}
	said := copyOf(merged(r))
	said["apiVersion"], said["kind"] = r.Kind.apiVersion(), r.Kind.Kind
	delete(said, "status") // it is the controllers'
	live, err := rules.managers.Apply(r.Kind.GroupVersionKind, before, said, by.name, by.force)
	if err != nil {
		return record{}, fmt.Errorf("writing %s %q: %w", r.Kind.Kind, name(said), err)
	}
	v.identify(live, before)
	if live, err = rules.complete(live); err != nil {
		return record{}, fmt.Errorf("writing %s %q: %w", r.Kind.Kind, name(said), err)
	}
	if status, ok := before["status"]; ok {
		live["status"] = status
	} else {
		delete(live, "status")
	}
	if r.Kind.is("", "Service") {
		allocate(live, before)
	}
	if err := invalid(r.Kind, name(said), rules.validate(live, before)); err != nil {
		return record{}, err
	}
	r.Live = live
	return r, v.save(r)
}

// update writes an object that a controller has changed, and notes it as the controller's.
func (v view) update(r record, before map[string]any, manager string) (record, error) {
	rules, err := v.rulesOf(r.Kind)
	if err != nil {
		return record{}, err
	}
	if r.Live, err = rules.managers.Update(r.Kind.GroupVersionKind, before, r.Live, manager); err != nil {
		return record{}, err
	}
	v.identify(r.Live, before)
	return r, v.save(r)
}

// rules are what the API server does with objects of one kind.
type rules struct {
	managers apiserver.Managers
	complete func(object map[string]any) (map[string]any, error)
	validate func(object, before map[string]any) field.ErrorList
}

// rulesOf finds the rules of a kind: its definition's if the cluster has one, else those of its Go type.
func (v view) rulesOf(k kind) (rules, error) {
	if k.custom {
		definition, err := v.definition(k)
		if err != nil {
			return rules{}, err
		}
		return rules{
			managers: definition.Managers(), complete: definition.Default, validate: definition.Validate,
		}, nil
	}
	managers, err := apiserver.ManagersOf(k.GroupVersionKind)
	return rules{
		managers: managers,
		complete: func(object map[string]any) (map[string]any, error) {
			return apiserver.Default(k.GroupVersionKind, object)
		},
		validate: func(object, before map[string]any) field.ErrorList {
			return apiserver.Validate(k.GroupVersionKind, object, before, k.namespaced)
		},
	}, err
}

// invalid is the error of the API server for an object that it refuses.
func invalid(k kind, name string, errs field.ErrorList) error {
	var all []error
	for _, err := range errs {
		all = append(all, fmt.Errorf("%s %q is invalid: %w", k.Kind, name, err))
	}
	return errors.Join(all...)
}

// identify gives an object what the API server gives: identity and versions.
func (v view) identify(live, before map[string]any) {
	meta := map[string]any{
		"uid": uuid.NewString(), "creationTimestamp": v.Now().Format(time.RFC3339), "generation": 1.0,
	}
	for key := range meta {
		if value := at(before, "metadata", key); value != nil {
			meta[key] = value
		}
	}
	// The specification's, which most kinds have and none else counts.
	if generation, ok := meta["generation"].(float64); ok && before != nil &&
		!reflect.DeepEqual(before["spec"], live["spec"]) {
		meta["generation"] = generation + 1
	}
	version, _ := strconv.Atoi(text(before, "metadata", "resourceVersion"))
	meta["resourceVersion"] = strconv.Itoa(version + 1)
	for key, value := range meta {
		put(live, value, "metadata", key)
	}
}

func copyOf(object map[string]any) map[string]any {
	copied := make(map[string]any, len(object))
	for key, value := range object {
		copied[key] = copyValue(value)
	}
	return copied
}

func copyValue(value any) any {
	switch value := value.(type) {
	case map[string]any:
		return copyOf(value)
	case []any:
		copied := make([]any, len(value))
		for i, element := range value {
			copied[i] = copyValue(element)
		}
		return copied
	default:
		return value
	}
}

// allocate gives a Service its addresses and node ports, and takes from one of another type than before what only that
// has. They are derived from the name, so that they stay the same.
func allocate(service, before map[string]any) {
	kind := text(service, "spec", "type")
	if kind == "ExternalName" {
		return
	}
	seed := hash(objectID(namespace(service), name(service)))
	setDefault(service, fmt.Sprintf("10.245.%d.%d", seed>>8&0xff, seed&0xff), "spec", "clusterIP")
	setDefault(service, []any{text(service, "spec", "clusterIP")}, "spec", "clusterIPs")
	setDefault(service, []any{"IPv4"}, "spec", "ipFamilies")
	setDefault(service, "SingleStack", "spec", "ipFamilyPolicy")
	spec, _ := service["spec"].(map[string]any)
	outside := kind == "LoadBalancer" || kind == "NodePort"
	fell := !outside && before != nil && text(before, "spec", "type") != kind
	if kind == "LoadBalancer" && text(spec, "externalTrafficPolicy") == "Local" {
		setDefault(spec, float64(31000+seed%1000), "healthCheckNodePort")
	}
	if fell {
		for _, key := range []string{
			"externalTrafficPolicy", "healthCheckNodePort", "allocateLoadBalancerNodePorts", "loadBalancerClass",
		} {
			delete(spec, key)
		}
	}
	ports, _ := spec["ports"].([]any)
	for i, port := range ports {
		port, ok := port.(map[string]any)
		switch {
		case ok && outside:
			setDefault(port, float64(30000+(int(seed)+i*97)%1000), "nodePort")
		case ok && fell:
			delete(port, "nodePort")
		}
	}
}

func setDefault(object map[string]any, value any, path ...string) {
	if at(object, path...) == nil {
		put(object, value, path...)
	}
}

func hash(s string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(s)) // a hash never fails to write
	return h.Sum32()
}
