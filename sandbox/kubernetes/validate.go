package kubernetes

import (
	"encoding/base64"
	"strings"

	acme "github.com/cert-manager/cert-manager/pkg/apis/acme/v1"
	certmanager "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	rbac "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// check finds what the API server would refuse in an object: fields and types first, then the rules of its kind. Where
// unknown holds paths, the object is incomplete there and rules that could still be met are not applied.
func (k *kinds) check(kind kind, object map[string]any, unknown []string) []problem {
	if !kind.typed {
		return checkUntyped(kind, object, unknown)
	}

	if kind.is("", "Secret") {
		// The decoder would not say which key it is.
		if problems := checkBase64(object); len(problems) > 0 {
			return problems
		}

		if undecided("stringData", unknown) {
			unknown = append(unknown, "data")
		}
	}

	typed, problems := k.decode(kind, object)
	if len(problems) > 0 {
		return problems
	}
	return fromFieldErrors(validate(kind, typed), unknown)
}

func checkBase64(object map[string]any) []problem {
	var problems []problem

	data, _ := object["data"].(map[string]any)
	for _, key := range sortedKeys(data) {
		value, isText := data[key].(string)
		if _, err := base64.StdEncoding.DecodeString(value); isText && err != nil {
			problems = append(problems, problem{
				Path:   "data[" + key + "]",
				Reason: "the value is not base64; stringData takes plain text",
			})
		}
	}
	return problems
}

// checkUntyped looks at the metadata, which all objects share.
func checkUntyped(kind kind, object map[string]any, unknown []string) []problem {
	typed := &metav1.PartialObjectMetadata{}

	known := map[string]any{"metadata": object["metadata"]}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(known, typed, true); err != nil {
		return []problem{{Path: "metadata", Reason: err.Error()}}
	}

	// Whether the kind is namespaced is not known before its definition is.
	meta := typed.ObjectMeta
	kind.namespaced = meta.Namespace != ""
	return fromFieldErrors(validateMeta(kind, &meta), unknown)
}

func validate(kind kind, typed runtime.Object) field.ErrorList {
	accessor, err := meta.Accessor(typed)
	if err != nil {
		return field.ErrorList{field.InternalError(nil, err)}
	}

	errs := validateMeta(kind, accessor)
	spec := field.NewPath("spec")

	if template, at := podTemplate(typed); template != nil {
		errs = append(errs, validateTemplate(template, at)...)
	}

	switch o := typed.(type) {
	case *core.Pod, *core.ReplicationController:
	case *core.Secret:
		errs = append(errs, validateSecret(o)...)
	case *core.ConfigMap:
		errs = append(errs, validateConfigMap(o)...)
	case *core.Service:
		errs = append(errs, validateService(o)...)
	case *core.PersistentVolumeClaim:
		errs = append(errs, validateClaim(o.Spec, spec)...)
	case *apps.Deployment:
		errs = append(errs, validateDeployment(o)...)
	case *apps.StatefulSet:
		errs = append(errs, validateWorkload(o.Spec.Selector, o.Spec.Template, o.Spec.Replicas)...)
	case *apps.ReplicaSet:
		errs = append(errs, validateWorkload(o.Spec.Selector, o.Spec.Template, o.Spec.Replicas)...)
	case *apps.DaemonSet:
		errs = append(errs, validateWorkload(o.Spec.Selector, o.Spec.Template, nil)...)
	case *batch.Job:
		errs = append(errs, validateJob(o.Spec, spec)...)
	case *batch.CronJob:
		errs = append(errs, validateCronJob(o)...)
	case *networking.Ingress:
		errs = append(errs, validateIngress(o)...)
	case *networking.NetworkPolicy:
		errs = append(errs, validateNetworkPolicy(o)...)
	case *networking.IngressClass:
		errs = append(errs, required(spec.Child("controller"), o.Spec.Controller)...)
	case *policy.PodDisruptionBudget:
		errs = append(errs, validateDisruptionBudget(o)...)
	case *autoscaling.HorizontalPodAutoscaler:
		errs = append(errs, validateAutoscaler(o)...)
	case *rbac.Role:
		errs = append(errs, validateRules(o.Rules, false)...)
	case *rbac.ClusterRole:
		errs = append(errs, validateRules(o.Rules, true)...)
	case *rbac.RoleBinding:
		errs = append(errs, validateBinding(o.RoleRef, o.Subjects)...)
	case *rbac.ClusterRoleBinding:
		errs = append(errs, validateBinding(o.RoleRef, o.Subjects)...)
	case *certmanager.Certificate:
		errs = append(errs, validateCertificate(o)...)
	case *certmanager.Issuer:
		errs = append(errs, validateIssuer(o.Spec)...)
	case *certmanager.ClusterIssuer:
		errs = append(errs, validateIssuer(o.Spec)...)
	case *acme.Order, *acme.Challenge, *certmanager.CertificateRequest:
		errs = append(errs, field.Forbidden(nil, "cert-manager makes these objects itself"))
	}
	return errs
}

// validateMeta checks what all objects have: names, labels, annotations. An object without a name is left to the
// caller, which may give it one.
func validateMeta(kind kind, object metav1.Object) field.ErrorList {
	errs := validation.ValidateObjectMetaAccessor(object, kind.namespaced, nameRule(kind), field.NewPath("metadata"))
	for key, value := range object.GetAnnotations() {
		if kind.is("", "Service") && strings.HasPrefix(key, loadBalancerPrefix) {
			errs = append(errs, validateLoadBalancerAnnotation(key, value)...)
		}
	}
	return errs
}

// nameRule is the rule for names of a kind (https://kubernetes.io/docs/concepts/overview/working-with-objects/names/).
func nameRule(kind kind) validation.ValidateNameFunc {
	switch {
	case kind.Group == "rbac.authorization.k8s.io":
		return pathSegment
	case kind.is("", "Namespace"):
		return validation.NameIsDNSLabel
	case kind.is("", "Service"):
		return validation.NameIsDNS1035Label
	case kind.is("batch", "CronJob"):
		return atMost(52, validation.NameIsDNSSubdomain)
	case kind.is("batch", "Job"), kind.is("apps", "StatefulSet"):
		return atMost(63, validation.NameIsDNSSubdomain)
	default:
		return validation.NameIsDNSSubdomain
	}
}

// pathSegment is the rule for names of permissions, which may be almost anything, "system:node" for one.
func pathSegment(name string, prefix bool) []string {
	if prefix {
		return content.IsPathSegmentPrefix(name)
	}
	return content.IsPathSegmentName(name)
}

// atMost limits names that end up in a label of the pods (63 characters), some of them after a suffix was added.
func atMost(length int, rule validation.ValidateNameFunc) validation.ValidateNameFunc {
	return func(name string, prefix bool) []string {
		errs := rule(name, prefix)
		if len(name) > length {
			errs = append(errs, utilvalidation.MaxLenError(length))
		}
		return errs
	}
}

// podTemplate finds the pods that an object makes, and where their template stands in it.
func podTemplate(typed runtime.Object) (*core.PodTemplateSpec, *field.Path) {
	template := field.NewPath("spec", "template")

	switch o := typed.(type) {
	case *core.Pod:
		return &core.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: o.Labels}, Spec: o.Spec}, nil
	case *core.ReplicationController:
		return o.Spec.Template, template
	case *apps.Deployment:
		return &o.Spec.Template, template
	case *apps.StatefulSet:
		return &o.Spec.Template, template
	case *apps.ReplicaSet:
		return &o.Spec.Template, template
	case *apps.DaemonSet:
		return &o.Spec.Template, template
	case *batch.Job:
		return &o.Spec.Template, template
	case *batch.CronJob:
		return &o.Spec.JobTemplate.Spec.Template, field.NewPath("spec", "jobTemplate", "spec", "template")
	default:
		return nil, nil
	}
}

func required(path *field.Path, value string) field.ErrorList {
	if value == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	return nil
}

// oneOf checks an enumeration; empty values are for the caller.
func oneOf[T ~string](path *field.Path, value T, allowed ...T) field.ErrorList {
	if value == "" {
		return nil
	}

	for _, a := range allowed {
		if value == a {
			return nil
		}
	}
	return field.ErrorList{field.NotSupported(path, value, allowed)}
}

// valid makes errors of the messages of apimachinery's string checks.
func valid(path *field.Path, value string, messages []string) field.ErrorList {
	var errs field.ErrorList
	for _, message := range messages {
		errs = append(errs, field.Invalid(path, value, message))
	}
	return errs
}
