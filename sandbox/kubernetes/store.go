package kubernetes

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/kubernetes/apiserver"
)

// Private outputs of a stored object, beside the object itself.
const (
	clusterKey = "__cluster"
	releaseKey = "__release"
)

// record is one object of a cluster.
type record struct {
	Kind kind
	// Inputs is what the program or the chart wrote.
	Inputs map[string]any
	// Live is the object as the API server returns it.
	Live map[string]any
	// Release is the ID of the Helm release that owns the object, or empty.
	Release string
}

// id is the provider's identifier: "namespace/name", or "name" for kinds that stand beside namespaces.
func (r record) id() string { return objectID(namespace(r.Live), name(r.Live)) }

func objectID(namespace, name string) string {
	if namespace == "" {
		return name
	}
	return namespace + "/" + name
}

// view is one cluster within a transaction.
type view struct {
	*cloud.Tx
	cluster cluster
}

// key is the ID under which an object is stored: its own, unless an object of another cluster has taken that one.
func (v view) key(token, id string) string {
	qualified := id + "@" + v.cluster.ID
	if _, ok := v.Get(token, qualified); ok {
		return qualified
	}
	taken, ok := v.Get(token, id)
	if !ok || taken.Outputs[clusterKey] == v.cluster.ID {
		return id
	}

	// What a cluster held that is gone is in nobody's way.
	if _, exists := v.Get(clusterType, text(taken.Outputs, clusterKey)); !exists {
		return id
	}
	return qualified
}

func (v view) get(k kind, id string) (record, bool) {
	o, ok := v.Get(k.token(), v.key(k.token(), id))
	if !ok || o.Outputs[clusterKey] != v.cluster.ID {
		return record{}, false
	}
	return fromStored(k, o), true
}

// list returns the objects of a kind in a namespace, or everywhere when it is empty.
func (v view) list(k kind, in string) []record {
	var records []record
	for _, o := range v.List(k.token()) {
		if o.Outputs[clusterKey] == v.cluster.ID && (in == "" || namespace(o.Outputs) == in) {
			records = append(records, fromStored(k, o))
		}
	}
	return records
}

// all returns the objects of every kind that match. Releases are no objects of the cluster's API.
func (v view) all(match func(record) bool) []record {
	var records []record
	for _, token := range v.Types() {
		k, err := parseToken(token)
		if err != nil || token == releaseToken {
			continue
		}
		for _, r := range v.list(k, "") {
			if match(r) {
				records = append(records, r)
			}
		}
	}
	return records
}

// save writes the object as it is.
func (v view) save(r record) error {
	outputs := runtime.DeepCopyJSON(r.Live)
	outputs[clusterKey] = v.cluster.ID
	if r.Release != "" {
		outputs[releaseKey] = r.Release
	}
	inputs := runtime.DeepCopyJSON(r.Inputs)
	for _, object := range []map[string]any{inputs, outputs} {
		if err := eachVersion(object, pack); err != nil {
			return err
		}
	}
	token := r.Kind.token()
	return v.Put(cloud.Object{Type: token, ID: v.key(token, r.id()), Inputs: inputs, Outputs: outputs})
}

// remove deletes the object and what goes with it: a namespace's content, a Service's load balancer.
func (v view) remove(r record) error {
	switch {
	case r.Kind.is("", "Namespace"):
		for _, content := range v.all(func(c record) bool { return namespace(c.Live) == name(r.Live) }) {
			if err := v.remove(content); err != nil {
				return err
			}
		}
		if err := v.removeReleases(name(r.Live)); err != nil {
			return err
		}
	case r.Kind.is("", "Service"):
		if err := v.releaseLoadBalancer(r); err != nil {
			return err
		}
	case r.Kind.is("apiextensions.k8s.io", "CustomResourceDefinition"):
		for _, content := range v.all(func(c record) bool { return c.Kind.custom && definedBy(c.Kind, r.Live) }) {
			if err := v.remove(content); err != nil {
				return err
			}
		}
	}
	return v.Delete(r.Kind.token(), v.key(r.Kind.token(), r.id()))
}

// removeReleases forgets the releases whose records went away with their namespace: Helm keeps them there as Secrets.
func (v view) removeReleases(in string) error {
	for _, o := range v.List(releaseToken) {
		if o.Outputs[clusterKey] == v.cluster.ID && text(o.Outputs, "namespace") == in {
			if err := v.Delete(releaseToken, o.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

func fromStored(k kind, o cloud.Object) record {
	r := record{Kind: k, Inputs: o.Inputs, Live: o.Outputs}
	r.Release, _ = o.Outputs[releaseKey].(string)
	delete(r.Live, clusterKey)
	delete(r.Live, releaseKey)
	// A schema that somebody spoilt in the file is one that the definition does not have.
	_ = errors.Join(eachVersion(r.Live, unpack), eachVersion(r.Inputs, unpack))
	return r
}

// systemNamespaces exist in every cluster.
var systemNamespaces = []string{"default", "kube-system", "kube-public", "kube-node-lease"}

func (v view) hasNamespace(name string) bool {
	_, made := v.get(builtIn("", "Namespace"), name)
	return made || slices.Contains(systemNamespaces, name)
}

// definitions are the cluster's CustomResourceDefinitions.
func (v view) definitions() []map[string]any {
	var definitions []map[string]any
	for _, o := range v.List(crdToken) {
		if o.Outputs[clusterKey] == v.cluster.ID {
			definitions = append(definitions, o.Outputs)
		}
	}
	return definitions
}

// served lists the versions that a definition makes available.
func served(definition map[string]any) []string {
	var names []string
	for _, version := range versions(definition) {
		if version["served"] == true {
			names = append(names, text(version, "name"))
		}
	}
	return names
}

// definedBy tells whether a definition is the one of a custom kind.
func definedBy(k kind, definition map[string]any) bool {
	return text(definition, "spec", "group") == k.Group && text(definition, "spec", "names", "kind") == k.Kind
}

// resolve settles what a custom kind is in this cluster, as [view.find] finds it.
func (v view) resolve(k kind) (kind, error) {
	if !k.custom {
		return k, nil
	}
	definition, _, err := v.find(k)
	if err != nil {
		return kind{}, err
	}
	k.namespaced = text(definition, "spec", "scope") == "Namespaced"
	return k, nil
}

// find returns the cluster's definition of a custom kind and the version of it. The error is the API server's when it
// does not exist there.
func (v view) find(k kind) (definition, version map[string]any, err error) {
	for _, definition := range v.definitions() {
		for _, version := range versions(definition) {
			if definedBy(k, definition) && version["served"] == true && text(version, "name") == k.Version {
				return definition, version, nil
			}
		}
	}
	return nil, nil, fmt.Errorf("no matches for kind %q in version %q: its CustomResourceDefinition is not in the "+
		"cluster; install the chart that brings it first, with its definitions", k.Kind, k.apiVersion())
}

// parsed has the rules of every definition that was needed, which are costly to make, by the identity of what it was
// made of.
var parsed sync.Map

// definition is what the API server knows of a custom kind.
func (v view) definition(k kind) (apiserver.Rules, error) {
	definition, version, err := v.find(k)
	if err != nil {
		return apiserver.Rules{}, err
	}
	key := text(definition, "metadata", "uid") + "/" + text(definition, "metadata", "resourceVersion") + "/" + k.Version
	if known, ok := parsed.Load(key); ok {
		return known.(apiserver.Rules), nil
	}
	if err := unpack(version); err != nil {
		return apiserver.Rules{}, err
	}
	schema, _ := at(version, "schema", "openAPIV3Schema").(map[string]any)
	made, err := apiserver.RulesOfDefinition(k.GroupVersionKind, schema)
	if err == nil {
		parsed.Store(key, made)
	}
	return made, err
}
