package kubernetes

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"time"

	"github.com/google/uuid"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"

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
	said := runtime.DeepCopyJSON(merged(r))
	said["apiVersion"], said["kind"] = r.Kind.apiVersion(), r.Kind.Kind
	delete(said, "status") // it is the controllers'
	live, err := rules.Apply(before, said, by.name, by.force)
	if err != nil {
		return record{}, fmt.Errorf("writing %s %q: %w", r.Kind.Kind, name(said), err)
	}
	v.identify(live)
	if r.Kind.is("", "Service") {
		allocate(live)
	}
	live, errs := rules.Admit(live, before)
	if len(errs) > 0 {
		return record{}, apierrors.NewInvalid(r.Kind.GroupKind(), name(said), errs)
	}
	if status, ok := before["status"]; ok {
		live["status"] = status
	} else {
		delete(live, "status")
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
	if r.Live, err = rules.Update(before, r.Live, manager); err != nil {
		return record{}, err
	}
	v.identify(r.Live)
	return r, v.save(r)
}

// rulesOf finds the rules of a kind: its definition's if the cluster has one, else those of its Go type.
func (v view) rulesOf(k kind) (apiserver.Rules, error) {
	if k.custom {
		return v.definition(k)
	}
	return apiserver.RulesOf(k.GroupVersionKind)
}

// identify gives an object what the API server gives: identity, and another version with each change.
func (v view) identify(live map[string]any) {
	setDefault(live, uuid.NewString(), "metadata", "uid")
	setDefault(live, v.Now().Format(time.RFC3339), "metadata", "creationTimestamp")
	version, _ := strconv.Atoi(text(live, "metadata", "resourceVersion"))
	put(live, strconv.Itoa(version+1), "metadata", "resourceVersion")
}

// allocate gives a Service its addresses and node ports. They are derived from the name, so that they stay the same.
func allocate(service map[string]any) {
	kind := text(service, "spec", "type")
	if kind == "ExternalName" {
		return
	}
	seed := hash(objectID(namespace(service), name(service)))
	setDefault(service, fmt.Sprintf("10.245.%d.%d", seed>>8&0xff, seed&0xff), "spec", "clusterIP")
	setDefault(service, []any{text(service, "spec", "clusterIP")}, "spec", "clusterIPs")
	setDefault(service, []any{"IPv4"}, "spec", "ipFamilies")
	setDefault(service, "SingleStack", "spec", "ipFamilyPolicy")
	if kind != "LoadBalancer" && kind != "NodePort" {
		return
	}
	if kind == "LoadBalancer" && text(service, "spec", "externalTrafficPolicy") == "Local" {
		setDefault(service, float64(31000+seed%1000), "spec", "healthCheckNodePort")
	}
	ports, _ := at(service, "spec", "ports").([]any)
	for i, port := range ports {
		if port, ok := port.(map[string]any); ok {
			setDefault(port, float64(30000+(int(seed)+i*97)%1000), "nodePort")
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
