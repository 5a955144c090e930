package apiserver

import (
	"context"

	"k8s.io/apiextensions-apiserver/pkg/registry/customresourcedefinition"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/kubernetes/pkg/registry/admissionregistration/mutatingwebhookconfiguration"
	"k8s.io/kubernetes/pkg/registry/admissionregistration/validatingwebhookconfiguration"
	"k8s.io/kubernetes/pkg/registry/apps/daemonset"
	"k8s.io/kubernetes/pkg/registry/apps/deployment"
	"k8s.io/kubernetes/pkg/registry/apps/replicaset"
	"k8s.io/kubernetes/pkg/registry/apps/statefulset"
	"k8s.io/kubernetes/pkg/registry/autoscaling/horizontalpodautoscaler"
	"k8s.io/kubernetes/pkg/registry/batch/cronjob"
	"k8s.io/kubernetes/pkg/registry/batch/job"
	"k8s.io/kubernetes/pkg/registry/coordination/lease"
	"k8s.io/kubernetes/pkg/registry/core/configmap"
	"k8s.io/kubernetes/pkg/registry/core/endpoint"
	"k8s.io/kubernetes/pkg/registry/core/limitrange"
	"k8s.io/kubernetes/pkg/registry/core/namespace"
	"k8s.io/kubernetes/pkg/registry/core/persistentvolume"
	"k8s.io/kubernetes/pkg/registry/core/persistentvolumeclaim"
	"k8s.io/kubernetes/pkg/registry/core/pod"
	"k8s.io/kubernetes/pkg/registry/core/podtemplate"
	"k8s.io/kubernetes/pkg/registry/core/replicationcontroller"
	"k8s.io/kubernetes/pkg/registry/core/resourcequota"
	"k8s.io/kubernetes/pkg/registry/core/secret"
	"k8s.io/kubernetes/pkg/registry/core/service"
	"k8s.io/kubernetes/pkg/registry/core/serviceaccount"
	"k8s.io/kubernetes/pkg/registry/discovery/endpointslice"
	"k8s.io/kubernetes/pkg/registry/networking/ingress"
	"k8s.io/kubernetes/pkg/registry/networking/ingressclass"
	"k8s.io/kubernetes/pkg/registry/networking/networkpolicy"
	"k8s.io/kubernetes/pkg/registry/node/runtimeclass"
	"k8s.io/kubernetes/pkg/registry/policy/poddisruptionbudget"
	"k8s.io/kubernetes/pkg/registry/rbac/clusterrole"
	"k8s.io/kubernetes/pkg/registry/rbac/clusterrolebinding"
	"k8s.io/kubernetes/pkg/registry/rbac/role"
	"k8s.io/kubernetes/pkg/registry/rbac/rolebinding"
	"k8s.io/kubernetes/pkg/registry/scheduling/priorityclass"
	"k8s.io/kubernetes/pkg/registry/storage/csidriver"
	"k8s.io/kubernetes/pkg/registry/storage/storageclass"
)

// strategy is what the API server does with the objects of one kind before it stores them.
type strategy interface {
	rest.RESTCreateStrategy
	rest.RESTUpdateStrategy
}

// strategies are the API server's own, by group and kind. A kind that stands here not is validated by its metadata.
var strategies = map[string]map[string]strategy{
	"": {
		"ConfigMap": configmap.Strategy, "Endpoints": endpoint.Strategy, "LimitRange": limitrange.Strategy,
		"Namespace": namespace.Strategy, "PersistentVolume": persistentvolume.Strategy,
		"PersistentVolumeClaim": persistentvolumeclaim.Strategy, "Pod": pod.Strategy,
		"PodTemplate": podtemplate.Strategy, "ReplicationController": replicationcontroller.Strategy,
		"ResourceQuota": resourcequota.Strategy, "Secret": secret.Strategy, "Service": service.Strategy,
		"ServiceAccount": serviceaccount.Strategy,
	},
	"admissionregistration.k8s.io": {
		"MutatingWebhookConfiguration":   mutatingwebhookconfiguration.Strategy,
		"ValidatingWebhookConfiguration": validatingwebhookconfiguration.Strategy,
	},
	"apiextensions.k8s.io": {"CustomResourceDefinition": customresourcedefinition.NewStrategy(Scheme)},
	"apps": {
		"DaemonSet": daemonset.Strategy, "Deployment": deployment.Strategy, "ReplicaSet": replicaset.Strategy,
		"StatefulSet": statefulset.Strategy,
	},
	"autoscaling":         {"HorizontalPodAutoscaler": horizontalpodautoscaler.Strategy},
	"batch":               {"CronJob": cronjob.Strategy, "Job": job.Strategy},
	"coordination.k8s.io": {"Lease": lease.Strategy},
	"discovery.k8s.io":    {"EndpointSlice": endpointslice.Strategy},
	"networking.k8s.io": {
		"Ingress": ingress.Strategy, "IngressClass": ingressclass.Strategy, "NetworkPolicy": networkpolicy.Strategy,
	},
	"node.k8s.io": {"RuntimeClass": runtimeclass.Strategy},
	"policy":      {"PodDisruptionBudget": poddisruptionbudget.Strategy},
	"rbac.authorization.k8s.io": {
		"ClusterRole": clusterrole.Strategy, "ClusterRoleBinding": clusterrolebinding.Strategy,
		"Role": role.Strategy, "RoleBinding": rolebinding.Strategy,
	},
	"scheduling.k8s.io": {"PriorityClass": priorityclass.Strategy},
	"storage.k8s.io":    {"CSIDriver": csidriver.Strategy, "StorageClass": storageclass.Strategy},
}

// Admit does what the API server does with an object of a kind in [Scheme] before it stores it: it fills in defaults,
// completes the object, and says what it refuses. before is the object as it is, or nil for a new one.
func Admit(gvk schema.GroupVersionKind, object, before Object) (Object, field.ErrorList) {
	now, err := hubOf(gvk, object)
	if err != nil {
		return nil, field.ErrorList{field.InternalError(nil, err)}
	}
	metadata, err := meta.Accessor(now)
	if err != nil {
		return nil, field.ErrorList{field.InternalError(nil, err)}
	}
	if !metav1.HasObjectMetaSystemFieldValues(metadata) {
		rest.FillObjectMetaSystemFields(metadata)
	}
	var errs field.ErrorList
	if rules, ok := strategies[gvk.Group][gvk.Kind]; ok {
		// What somebody wrote past the API server cannot be read, and is replaced.
		old, unreadable := hubOf(gvk, before)
		if ctx := asked(gvk); before == nil || unreadable != nil {
			rules.PrepareForCreate(ctx, now)
			errs = rules.Validate(ctx, now)
		} else {
			rules.PrepareForUpdate(ctx, now, old)
			errs = rules.ValidateUpdate(ctx, now, old)
		}
	}
	if len(errs) == 0 {
		// These rules hold for every kind; most have narrower ones for names.
		segment := func(name string, _ bool) []string { return content.IsPathSegmentName(name) }
		errs = validation.ValidateObjectMetaAccessor(metadata, Namespaced(gvk.GroupKind()), segment,
			field.NewPath("metadata"))
	}
	admitted, err := versioned(gvk, now)
	if err != nil {
		errs = append(errs, field.InternalError(nil, err))
	}
	return admitted, errs
}

// asked is the context of a request about an object of the kind, which some of the rules ask for its version.
func asked(gvk schema.GroupVersionKind) context.Context {
	return request.WithRequestInfo(context.Background(), &request.RequestInfo{
		IsResourceRequest: true, APIGroup: gvk.Group, APIVersion: gvk.Version,
	})
}
