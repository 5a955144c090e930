package kubernetes

import (
	"regexp"
	"strings"

	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	policy "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// validateWorkload checks what Deployments, StatefulSets, ReplicaSets and DaemonSets share.
func validateWorkload(selector *metav1.LabelSelector, template core.PodTemplateSpec, replicas *int32) field.ErrorList {
	spec := field.NewPath("spec")
	errs := validateSelector(selector, template.Labels, spec)

	if policy := template.Spec.RestartPolicy; policy != "" && policy != core.RestartPolicyAlways {
		errs = append(errs, field.NotSupported(spec.Child("template", "spec", "restartPolicy"), policy,
			[]core.RestartPolicy{core.RestartPolicyAlways}))
	}

	if replicas != nil {
		errs = append(errs, validation.ValidateNonnegativeField(int64(*replicas), spec.Child("replicas"))...)
	}
	return errs
}

func validateSelector(selector *metav1.LabelSelector, podLabels map[string]string, spec *field.Path) field.ErrorList {
	at := spec.Child("selector")
	if selector == nil || len(selector.MatchLabels)+len(selector.MatchExpressions) == 0 {
		return field.ErrorList{field.Required(at, "a workload selects its pods")}
	}

	errs := metavalidation.ValidateLabelSelector(selector, metavalidation.LabelSelectorValidationOptions{}, at)

	if matches, err := metav1.LabelSelectorAsSelector(selector); err == nil && !matches.Matches(labels.Set(podLabels)) {
		errs = append(errs, field.Invalid(spec.Child("template", "metadata", "labels"), podLabels,
			"`selector` does not match template `labels`"))
	}
	return errs
}

func validateDeployment(o *apps.Deployment) field.ErrorList {
	errs := validateWorkload(o.Spec.Selector, o.Spec.Template, o.Spec.Replicas)
	at := field.NewPath("spec", "strategy")
	errs = append(errs, oneOf(at.Child("type"), o.Spec.Strategy.Type,
		apps.RecreateDeploymentStrategyType, apps.RollingUpdateDeploymentStrategyType)...)

	rolling := o.Spec.Strategy.RollingUpdate
	if rolling == nil {
		return errs
	}

	if o.Spec.Strategy.Type == apps.RecreateDeploymentStrategyType {
		errs = append(errs, field.Forbidden(at.Child("rollingUpdate"),
			"may not be specified when strategy `type` is 'Recreate'"))
	}

	if isZero(rolling.MaxUnavailable) && isZero(rolling.MaxSurge) {
		errs = append(errs, field.Invalid(at.Child("rollingUpdate", "maxUnavailable"), rolling.MaxUnavailable.String(),
			"may not be 0 when `maxSurge` is 0"))
	}
	return errs
}

func isZero(v *intstr.IntOrString) bool {
	return v != nil &&
		(v.Type == intstr.Int && v.IntVal == 0 || v.Type == intstr.String && strings.TrimLeft(v.StrVal, "0") == "%")
}

func validateJob(spec batch.JobSpec, at *field.Path) field.ErrorList {
	var errs field.ErrorList

	pods := spec.Template.Spec
	if policy := pods.RestartPolicy; policy != core.RestartPolicyNever && policy != core.RestartPolicyOnFailure {
		errs = append(errs, field.Required(at.Child("template", "spec", "restartPolicy"),
			`valid values: "OnFailure", "Never"`))
	}

	if spec.Selector != nil && (spec.ManualSelector == nil || !*spec.ManualSelector) {
		errs = append(errs, field.Invalid(at.Child("selector"), spec.Selector, "`selector` not auto-generated"))
	}

	for name, value := range map[string]*int32{
		"parallelism": spec.Parallelism, "completions": spec.Completions,
		"backoffLimit": spec.BackoffLimit, "ttlSecondsAfterFinished": spec.TTLSecondsAfterFinished,
	} {
		if value != nil {
			errs = append(errs, validation.ValidateNonnegativeField(int64(*value), at.Child(name))...)
		}
	}
	return errs
}

// schedules have five fields or one of the named ones; the characters of a field are those of the cron format
// (https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax).
var schedules = regexp.MustCompile(`^(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|@every [0-9a-zµ.]+|` +
	`([0-9A-Za-z*/,?-]+ +){4}[0-9A-Za-z*/,?-]+)$`)

func validateCronJob(o *batch.CronJob) field.ErrorList {
	at := field.NewPath("spec")
	errs := required(at.Child("schedule"), o.Spec.Schedule)

	if schedule := strings.TrimSpace(o.Spec.Schedule); schedule != "" && !schedules.MatchString(schedule) {
		errs = append(errs, field.Invalid(at.Child("schedule"), schedule,
			"want five fields (minute hour day month weekday), or @hourly and the like"))
	}

	errs = append(errs, oneOf(at.Child("concurrencyPolicy"), o.Spec.ConcurrencyPolicy,
		batch.AllowConcurrent, batch.ForbidConcurrent, batch.ReplaceConcurrent)...)
	return append(errs, validateJob(o.Spec.JobTemplate.Spec, at.Child("jobTemplate", "spec"))...)
}

func validateDisruptionBudget(o *policy.PodDisruptionBudget) field.ErrorList {
	at := field.NewPath("spec")
	errs := metavalidation.ValidateLabelSelector(o.Spec.Selector, metavalidation.LabelSelectorValidationOptions{},
		at.Child("selector"))

	if o.Spec.MinAvailable != nil && o.Spec.MaxUnavailable != nil {
		errs = append(errs, field.Invalid(at, "minAvailable and maxUnavailable",
			"minAvailable and maxUnavailable cannot be both set"))
	}
	return errs
}

func validateAutoscaler(o *autoscaling.HorizontalPodAutoscaler) field.ErrorList {
	at := field.NewPath("spec")
	errs := append(required(at.Child("scaleTargetRef", "kind"), o.Spec.ScaleTargetRef.Kind),
		required(at.Child("scaleTargetRef", "name"), o.Spec.ScaleTargetRef.Name)...)

	if o.Spec.MaxReplicas < 1 {
		errs = append(errs, field.Invalid(at.Child("maxReplicas"), o.Spec.MaxReplicas, "must be greater than 0"))
	}

	if least := o.Spec.MinReplicas; least != nil && *least > o.Spec.MaxReplicas {
		errs = append(errs, field.Invalid(at.Child("maxReplicas"), o.Spec.MaxReplicas,
			"must be greater than or equal to `minReplicas`"))
	}
	return errs
}
