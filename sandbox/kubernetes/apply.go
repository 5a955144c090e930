package kubernetes

import (
	"fmt"
	"hash/fnv"
	"reflect"
	"strings"
)

// apply writes an object as the API server does: the namespace must exist, fields that the writer had set before and
// sets no longer go away, immutable fields stay, and some defaults are filled in.
func (v view) apply(r record) (record, error) {
	if ns := namespace(r.Inputs); r.Kind.namespaced && !v.hasNamespace(ns) {
		return record{}, fmt.Errorf("creating %s %q: namespaces %q not found", r.Kind.Kind, name(r.Inputs), ns)
	}

	wanted := merged(r)

	r.Live = copyOf(wanted)
	if existing, ok := v.get(r.Kind, objectID(namespace(r.Inputs), name(r.Inputs))); ok {
		if err := checkImmutable(r.Kind, existing.Live, wanted); err != nil {
			return record{}, err
		}

		r.Live = copyOf(existing.Live)
		mergeInto(r.Live, merged(existing), wanted)
	}

	setDefaults(r)
	return v.store(r)
}

func checkImmutable(k kind, live, wanted map[string]any) error {
	for _, path := range immutable[k.Group+"/"+k.Kind] {
		keys := strings.Split(path, ".")

		want := at(wanted, keys...)
		if want == nil {
			continue
		}

		have := at(live, keys...)
		if haveObject, ok := have.(map[string]any); ok {
			if wantObject, ok := want.(map[string]any); ok {
				have = prune(haveObject, wantObject)
			}
		}

		if !reflect.DeepEqual(have, want) {
			return fmt.Errorf("%s %q is invalid: %s: Invalid value: field is immutable", k.Kind, name(wanted), path)
		}
	}
	return nil
}

// mergeInto changes live from what a writer wanted before to what it wants now, leaving what others wrote. Lists are
// taken whole.
func mergeInto(live, before, after map[string]any) {
	for key, old := range before {
		if _, kept := after[key]; kept {
			continue
		}

		oldObject, isObject := old.(map[string]any)
		if liveObject, ok := live[key].(map[string]any); ok && isObject {
			mergeInto(liveObject, oldObject, nil)

			if len(liveObject) > 0 {
				continue
			}
		}

		delete(live, key)
	}

	for key, value := range after {
		object, isObject := value.(map[string]any)
		if liveObject, ok := live[key].(map[string]any); ok && isObject {
			old, _ := before[key].(map[string]any)
			mergeInto(liveObject, old, object)
			continue
		}

		live[key] = copyValue(value)
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

// setDefaults fills in what the API server does and a program or a controller may read.
func setDefaults(r record) {
	r.Live["apiVersion"], r.Live["kind"] = r.Kind.apiVersion(), r.Kind.Kind

	switch {
	case r.Kind.is("", "Service"):
		setServiceDefaults(r.Live)
	case r.Kind.is("", "Secret"):
		setDefault(r.Live, "Opaque", "type")
	case r.Kind.is("apps", "Deployment"), r.Kind.is("apps", "StatefulSet"):
		setDefault(r.Live, 1.0, "spec", "replicas")
	case r.Kind.is("batch", "Job"):
		setDefault(r.Live, 1.0, "spec", "completions")
		setDefault(r.Live, 1.0, "spec", "parallelism")
	case r.Kind.is("", "Namespace"):
		setDefault(r.Live, name(r.Live), "metadata", "labels", "kubernetes.io/metadata.name")
	}
}

func setDefault(object map[string]any, value any, path ...string) {
	if at(object, path...) == nil {
		put(object, value, path...)
	}
}

func setServiceDefaults(service map[string]any) {
	setDefault(service, "ClusterIP", "spec", "type")

	kind := text(service, "spec", "type")
	if kind == "ExternalName" {
		return
	}

	// Addresses and node ports are derived from the name, so that they stay the same.
	seed := hash(objectID(namespace(service), name(service)))
	setDefault(service, fmt.Sprintf("10.245.%d.%d", seed>>8&0xff, seed&0xff), "spec", "clusterIP")
	setDefault(service, []any{text(service, "spec", "clusterIP")}, "spec", "clusterIPs")
	setDefault(service, "None", "spec", "sessionAffinity")

	outside := kind == "LoadBalancer" || kind == "NodePort"
	if outside {
		setDefault(service, "Cluster", "spec", "externalTrafficPolicy")
	}

	ports, _ := at(service, "spec", "ports").([]any)
	for i, port := range ports {
		port, ok := port.(map[string]any)
		if !ok {
			continue
		}

		setDefault(port, "TCP", "protocol")
		setDefault(port, port["port"], "targetPort")

		if outside {
			setDefault(port, float64(30000+(int(seed)+i*97)%2768), "nodePort")
		}
	}
}

func hash(s string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(s)) // a hash never fails to write
	return h.Sum32()
}
