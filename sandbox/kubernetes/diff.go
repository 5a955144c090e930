package kubernetes

import (
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// immutable are the fields of a kind that the API server does not let change, as "group/Kind"; the provider replaces
// the object instead (pulumi-kubernetes, provider/pkg/provider/diff.go; the API reference of each kind).
var immutable = map[string][]string{
	"/Pod":                   {"spec"},
	"/PersistentVolumeClaim": {"spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"},
	"/Secret":                {"type"},
	"/Service":               {"spec.clusterIP"},
	"apps/DaemonSet":         {"spec.selector"},
	"apps/Deployment":        {"spec.selector"},
	"apps/StatefulSet": {
		"spec.podManagementPolicy", "spec.revisionHistoryLimit", "spec.selector", "spec.serviceName",
		"spec.volumeClaimTemplates",
	},
	"batch/Job": {"spec.completions", "spec.parallelism", "spec.selector", "spec.template"},
	"rbac.authorization.k8s.io/ClusterRoleBinding": {"roleRef"},
	"rbac.authorization.k8s.io/RoleBinding":        {"roleRef"},
	"storage.k8s.io/StorageClass":                  {"parameters", "provisioner"},
}

// replacing lists the paths whose change replaces the object. Like the real provider it replaces ConfigMaps and Secrets
// when their data changes, unless the provider is configured to mutate them (enableConfigMapMutable,
// enableSecretMutable) and they are not immutable themselves.
func (s settings) replacing(k kind, inputs resource.PropertyMap) []string {
	paths := append([]string{"metadata.name", "metadata.namespace"}, immutable[k.Group+"/"+k.Kind]...)
	locked := inputs["immutable"].IsBool() && inputs["immutable"].BoolValue()
	switch {
	case k.is("", "Secret") && (locked || !s.on("enableSecretMutable")):
		paths = append(paths, "data", "stringData")
	case k.is("", "ConfigMap") && (locked || !s.on("enableConfigMapMutable")):
		paths = append(paths, "data", "binaryData")
	}
	return paths
}

// diffInputs compares the inputs of two updates, property by property. Paths at or below those in replacing force a
// replacement.
func diffInputs(olds, news resource.PropertyMap, replacing []string) plugin.DiffResult {
	// Whether a value is secret is no property of the object.
	before := plainSecrets(olds)
	after := plainSecrets(news)
	detailed := plugin.NewDetailedDiffFromObjectDiff(before.DiffIncludeUnknowns(after), true)
	if len(detailed) == 0 {
		return plugin.DiffResult{Changes: plugin.DiffNone}
	}
	result := plugin.DiffResult{Changes: plugin.DiffSome, DetailedDiff: detailed}
	for path, change := range detailed {
		if top := resource.PropertyKey(firstKey(path)); !slices.Contains(result.ChangedKeys, top) {
			result.ChangedKeys = append(result.ChangedKeys, top)
		}
		for _, root := range replacing {
			// A change may lie at the immutable field, below it, or above it when a whole object came or went.
			if within(path, root) || within(root, path) && hasPath(before, after, root) {
				change.Kind = change.Kind.AsReplace()
				detailed[path] = change
				if top := resource.PropertyKey(firstKey(path)); !slices.Contains(result.ReplaceKeys, top) {
					result.ReplaceKeys = append(result.ReplaceKeys, top)
				}
			}
		}
	}
	slices.Sort(result.ChangedKeys)
	slices.Sort(result.ReplaceKeys)
	return result
}

// hasPath tells whether one of the objects has the field at the dotted path.
func hasPath(before, after resource.PropertyMap, path string) bool {
	keys := resource.PropertyPath{}
	for key := range strings.SplitSeq(path, ".") {
		keys = append(keys, key)
	}
	for _, object := range []resource.PropertyMap{before, after} {
		if _, ok := keys.Get(resource.NewObjectProperty(object)); ok {
			return true
		}
	}
	return false
}

var leadingKey = regexp.MustCompile(`^[^.\[]+`)

func firstKey(path string) string { return leadingKey.FindString(path) }

// plainSecrets copies the properties with secrets as plain values, nulls left out.
func plainSecrets(properties resource.PropertyMap) resource.PropertyMap {
	plain := resource.PropertyMap{}
	for key, value := range properties {
		if value = plainValue(value); !value.IsNull() {
			plain[key] = value
		}
	}
	return plain
}

func plainValue(v resource.PropertyValue) resource.PropertyValue {
	switch {
	case v.IsSecret():
		return plainValue(v.SecretValue().Element)
	case v.IsObject():
		return resource.NewObjectProperty(plainSecrets(v.ObjectValue()))
	case v.IsArray():
		elements := make([]resource.PropertyValue, len(v.ArrayValue()))
		for i, element := range v.ArrayValue() {
			elements[i] = plainValue(element)
		}
		return resource.NewArrayProperty(elements)
	default:
		return v
	}
}
