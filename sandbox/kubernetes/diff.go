package kubernetes

import (
	"maps"
	"regexp"
	"slices"

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
	before, after := withoutNulls(olds, false), withoutNulls(news, false)
	detailed := plugin.NewDetailedDiffFromObjectDiff(before.DiffIncludeUnknowns(after), true)
	if len(detailed) == 0 {
		return plugin.DiffResult{Changes: plugin.DiffNone}
	}
	changed, replaced := map[resource.PropertyKey]bool{}, map[resource.PropertyKey]bool{}
	for path, change := range detailed {
		top := resource.PropertyKey(leadingKey.FindString(path))
		changed[top] = true
		if slices.ContainsFunc(replacing, func(root string) bool {
			// A change may lie at the immutable field, below it, or above it when a whole object came or went.
			return within(path, root) || within(root, path) && (has(before, root) || has(after, root))
		}) {
			change.Kind = change.Kind.AsReplace()
			detailed[path] = change
			replaced[top] = true
		}
	}
	return plugin.DiffResult{
		Changes: plugin.DiffSome, DetailedDiff: detailed, ChangedKeys: slices.Sorted(maps.Keys(changed)),
		ReplaceKeys: slices.Sorted(maps.Keys(replaced)),
	}
}

var leadingKey = regexp.MustCompile(`^[^.\[]+`)

// has tells whether an object has the field at the dotted path.
func has(object resource.PropertyMap, path string) bool {
	keys, err := resource.ParsePropertyPath(path)
	_, ok := keys.Get(resource.NewObjectProperty(object))
	return err == nil && ok
}
