package apiserver

import (
	"context"
	"maps"
	"reflect"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsvalidation "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	podutil "k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/apps"
	appsvalidation "k8s.io/kubernetes/pkg/apis/apps/validation"
	"k8s.io/kubernetes/pkg/apis/autoscaling"
	autoscalingvalidation "k8s.io/kubernetes/pkg/apis/autoscaling/validation"
	"k8s.io/kubernetes/pkg/apis/batch"
	batchvalidation "k8s.io/kubernetes/pkg/apis/batch/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/apis/networking"
	networkingvalidation "k8s.io/kubernetes/pkg/apis/networking/validation"
	"k8s.io/kubernetes/pkg/apis/policy"
	policyvalidation "k8s.io/kubernetes/pkg/apis/policy/validation"
	"k8s.io/kubernetes/pkg/apis/rbac"
	rbacvalidation "k8s.io/kubernetes/pkg/apis/rbac/validation"
	"k8s.io/kubernetes/pkg/apis/scheduling"
	schedulingvalidation "k8s.io/kubernetes/pkg/apis/scheduling/validation"
	"k8s.io/kubernetes/pkg/apis/storage"
	storagevalidation "k8s.io/kubernetes/pkg/apis/storage/validation"
)

// rule is how the API server validates one kind.
type rule struct {
	create func(object runtime.Object) field.ErrorList
	update func(object, before runtime.Object) field.ErrorList
}

// of makes a rule of a kind's functions. A kind without one for updates is validated as if it were new.
func of[T runtime.Object](create func(T) field.ErrorList, update func(object, before T) field.ErrorList) rule {
	r := rule{create: func(object runtime.Object) field.ErrorList { return create(object.(T)) }}
	r.update = func(object, _ runtime.Object) field.ErrorList { return r.create(object) }
	if update != nil {
		r.update = func(object, before runtime.Object) field.ErrorList { return update(object.(T), before.(T)) }
	}
	return r
}

// withPods is a rule of a kind that has a template for pods, whose options say what of it is allowed because it was so
// before.
func withPods[T runtime.Object](
	template func(T) *core.PodTemplateSpec, create func(T, corevalidation.PodValidationOptions) field.ErrorList,
	update func(object, before T, options corevalidation.PodValidationOptions) field.ErrorList,
) rule {
	return of(
		func(object T) field.ErrorList {
			return create(object, podutil.GetValidationOptionsFromPodTemplate(template(object), nil))
		},
		func(object, before T) field.ErrorList {
			return update(object, before,
				podutil.GetValidationOptionsFromPodTemplate(template(object), template(before)))
		})
}

// rules has the API server's validation by the type that it validates: what the strategies of pkg/registry call, which
// cannot be linked in without a storage for objects. A kind that stands here not is validated by its metadata.
var rules = map[reflect.Type]rule{
	typeOf[*core.Pod](): of(
		func(pod *core.Pod) field.ErrorList {
			return corevalidation.ValidatePodCreate(pod, podOptions(pod, &core.Pod{}))
		},
		func(pod, before *core.Pod) field.ErrorList {
			return corevalidation.ValidatePodUpdate(pod, before, podOptions(pod, before))
		}),
	typeOf[*core.ReplicationController](): withPods(
		func(o *core.ReplicationController) *core.PodTemplateSpec { return o.Spec.Template },
		corevalidation.ValidateReplicationController, corevalidation.ValidateReplicationControllerUpdate),
	typeOf[*apps.Deployment](): withPods(
		func(o *apps.Deployment) *core.PodTemplateSpec { return &o.Spec.Template },
		appsvalidation.ValidateDeployment, appsvalidation.ValidateDeploymentUpdate),
	typeOf[*apps.StatefulSet](): withPods(
		func(o *apps.StatefulSet) *core.PodTemplateSpec { return &o.Spec.Template },
		appsvalidation.ValidateStatefulSet, appsvalidation.ValidateStatefulSetUpdate),
	typeOf[*apps.DaemonSet](): withPods(
		func(o *apps.DaemonSet) *core.PodTemplateSpec { return &o.Spec.Template },
		appsvalidation.ValidateDaemonSet, appsvalidation.ValidateDaemonSetUpdate),
	typeOf[*apps.ReplicaSet](): withPods(
		func(o *apps.ReplicaSet) *core.PodTemplateSpec { return &o.Spec.Template },
		appsvalidation.ValidateReplicaSet, appsvalidation.ValidateReplicaSetUpdate),
	typeOf[*batch.CronJob](): withPods(
		func(o *batch.CronJob) *core.PodTemplateSpec { return &o.Spec.JobTemplate.Spec.Template },
		batchvalidation.ValidateCronJobCreate, batchvalidation.ValidateCronJobUpdate),
	typeOf[*batch.Job](): of(
		func(job *batch.Job) field.ErrorList {
			selectPods(job)
			return batchvalidation.ValidateJob(job, jobOptions(job, nil))
		},
		func(job, before *batch.Job) field.ErrorList {
			options := jobOptions(job, &before.Spec.Template)
			return append(batchvalidation.ValidateJob(job, options),
				batchvalidation.ValidateJobUpdate(job, before, options)...)
		}),

	typeOf[*core.Service](): of(corevalidation.ValidateServiceCreate, corevalidation.ValidateServiceUpdate),
	typeOf[*core.ServiceAccount](): of(
		corevalidation.ValidateServiceAccount, corevalidation.ValidateServiceAccountUpdate),
	typeOf[*core.Secret]():    of(corevalidation.ValidateSecret, corevalidation.ValidateSecretUpdate),
	typeOf[*core.ConfigMap](): of(corevalidation.ValidateConfigMap, corevalidation.ValidateConfigMapUpdate),
	typeOf[*core.Namespace](): of(corevalidation.ValidateNamespace, corevalidation.ValidateNamespaceUpdate),
	typeOf[*core.Endpoints](): of(corevalidation.ValidateEndpointsCreate, corevalidation.ValidateEndpointsUpdate),
	typeOf[*core.ResourceQuota](): of(
		corevalidation.ValidateResourceQuota, corevalidation.ValidateResourceQuotaUpdate),
	typeOf[*core.LimitRange](): of(corevalidation.ValidateLimitRange, nil),
	typeOf[*core.PersistentVolumeClaim](): of(
		func(claim *core.PersistentVolumeClaim) field.ErrorList {
			return corevalidation.ValidatePersistentVolumeClaim(claim,
				corevalidation.ValidationOptionsForPersistentVolumeClaim(claim, nil))
		},
		func(claim, before *core.PersistentVolumeClaim) field.ErrorList {
			return corevalidation.ValidatePersistentVolumeClaimUpdate(claim, before,
				corevalidation.ValidationOptionsForPersistentVolumeClaim(claim, before))
		}),

	typeOf[*networking.Ingress](): of(
		networkingvalidation.ValidateIngressCreate, networkingvalidation.ValidateIngressUpdate),
	typeOf[*networking.IngressClass](): of(
		networkingvalidation.ValidateIngressClass, networkingvalidation.ValidateIngressClassUpdate),
	typeOf[*networking.NetworkPolicy](): of(
		func(policy *networking.NetworkPolicy) field.ErrorList {
			return networkingvalidation.ValidateNetworkPolicy(policy,
				networkingvalidation.ValidationOptionsForNetworking(policy, nil))
		},
		func(policy, before *networking.NetworkPolicy) field.ErrorList {
			return networkingvalidation.ValidateNetworkPolicyUpdate(policy, before,
				networkingvalidation.ValidationOptionsForNetworking(policy, before))
		}),

	typeOf[*policy.PodDisruptionBudget](): of(func(budget *policy.PodDisruptionBudget) field.ErrorList {
		return policyvalidation.ValidatePodDisruptionBudget(budget,
			policyvalidation.PodDisruptionBudgetValidationOptions{})
	}, nil),
	typeOf[*autoscaling.HorizontalPodAutoscaler](): of(
		func(scaler *autoscaling.HorizontalPodAutoscaler) field.ErrorList {
			return autoscalingvalidation.ValidateHorizontalPodAutoscaler(scaler, scalerOptions)
		},
		func(scaler, before *autoscaling.HorizontalPodAutoscaler) field.ErrorList {
			return autoscalingvalidation.ValidateHorizontalPodAutoscalerUpdate(scaler, before, scalerOptions)
		}),
	typeOf[*scheduling.PriorityClass](): of(
		schedulingvalidation.ValidatePriorityClass, schedulingvalidation.ValidatePriorityClassUpdate),
	typeOf[*storage.StorageClass](): of(
		storagevalidation.ValidateStorageClass, storagevalidation.ValidateStorageClassUpdate),

	typeOf[*rbac.Role](): of(rbacvalidation.ValidateRole, rbacvalidation.ValidateRoleUpdate),
	typeOf[*rbac.ClusterRole](): of(
		func(role *rbac.ClusterRole) field.ErrorList {
			return rbacvalidation.ValidateClusterRole(role, rbacvalidation.ClusterRoleValidationOptions{})
		},
		func(role, before *rbac.ClusterRole) field.ErrorList {
			return rbacvalidation.ValidateClusterRoleUpdate(role, before, rbacvalidation.ClusterRoleValidationOptions{})
		}),
	typeOf[*rbac.RoleBinding](): of(rbacvalidation.ValidateRoleBinding, rbacvalidation.ValidateRoleBindingUpdate),
	typeOf[*rbac.ClusterRoleBinding](): of(
		rbacvalidation.ValidateClusterRoleBinding, rbacvalidation.ValidateClusterRoleBindingUpdate),

	typeOf[*apiextensions.CustomResourceDefinition](): of(
		func(definition *apiextensions.CustomResourceDefinition) field.ErrorList {
			return apiextensionsvalidation.ValidateCustomResourceDefinition(context.Background(), definition)
		},
		func(definition, before *apiextensions.CustomResourceDefinition) field.ErrorList {
			return apiextensionsvalidation.ValidateCustomResourceDefinitionUpdate(
				context.Background(), definition, before)
		}),
}

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

func podOptions(pod, before *core.Pod) corevalidation.PodValidationOptions {
	options := podutil.GetValidationOptionsFromPodSpecAndMeta(
		&pod.Spec, &before.Spec, &pod.ObjectMeta, &before.ObjectMeta)
	options.ResourceIsPod = true
	return options
}

func jobOptions(job *batch.Job, before *core.PodTemplateSpec) batchvalidation.JobValidationOptions {
	return batchvalidation.JobValidationOptions{
		PodValidationOptions:  podutil.GetValidationOptionsFromPodTemplate(&job.Spec.Template, before),
		RequirePrefixedLabels: true,
	}
}

// scalerOptions: without the feature HPAScaleToZero, which is off by default, one replica stays.
var scalerOptions = autoscalingvalidation.HorizontalPodAutoscalerSpecValidationOptions{MinReplicasLowerBound: 1}

// prepare does what the strategies of pkg/registry do before they validate, where it can be seen afterwards.
func prepare(object runtime.Object) {
	if job, ok := object.(*batch.Job); ok && job.UID != "" {
		selectPods(job)
	}
}

// selectPods gives a Job that does not select its pods itself the labels that make them its own.
func selectPods(job *batch.Job) {
	if job.Spec.ManualSelector != nil && *job.Spec.ManualSelector {
		return
	}
	own := map[string]string{
		batch.LegacyJobNameLabel: job.Name, batch.JobNameLabel: job.Name,
		batch.LegacyControllerUidLabel: string(job.UID), batch.ControllerUidLabel: string(job.UID),
	}
	maps.Copy(own, job.Spec.Template.Labels)
	job.Spec.Template.Labels = own
	if job.Spec.Selector == nil {
		job.Spec.Selector = &metav1.LabelSelector{}
	}
	selected := map[string]string{batch.ControllerUidLabel: string(job.UID)}
	maps.Copy(selected, job.Spec.Selector.MatchLabels)
	job.Spec.Selector.MatchLabels = selected
}
