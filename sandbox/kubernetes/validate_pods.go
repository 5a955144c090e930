package kubernetes

import (
	"fmt"
	"strings"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/api/validation"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/sets"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// validateTemplate checks the pods that an object makes. at is nil for a Pod itself.
func validateTemplate(template *core.PodTemplateSpec, at *field.Path) field.ErrorList {
	var errs field.ErrorList

	spec := field.NewPath("spec")
	if at != nil {
		spec = at.Child("spec")
		errs = append(errs, metavalidation.ValidateLabels(template.Labels, at.Child("metadata", "labels"))...)
		errs = append(errs, validation.ValidateAnnotations(template.Annotations,
			at.Child("metadata", "annotations"))...)
	}
	return append(errs, validatePods(template.Spec, spec)...)
}

func validatePods(pods core.PodSpec, at *field.Path) field.ErrorList {
	var errs field.ErrorList

	if len(pods.Containers) == 0 {
		errs = append(errs, field.Required(at.Child("containers"), "a pod needs a container"))
	}

	volumes, volumeErrs := validateVolumes(pods.Volumes, at.Child("volumes"))
	errs = append(errs, volumeErrs...)

	names := sets.New[string]()
	for i, container := range pods.InitContainers {
		errs = append(errs, validateContainer(container, names, volumes, at.Child("initContainers").Index(i))...)
	}

	for i, container := range pods.Containers {
		errs = append(errs, validateContainer(container, names, volumes, at.Child("containers").Index(i))...)
	}

	errs = append(errs, oneOf(at.Child("restartPolicy"), pods.RestartPolicy,
		core.RestartPolicyAlways, core.RestartPolicyOnFailure, core.RestartPolicyNever)...)
	errs = append(errs, oneOf(at.Child("dnsPolicy"), pods.DNSPolicy,
		core.DNSClusterFirst, core.DNSClusterFirstWithHostNet, core.DNSDefault, core.DNSNone)...)

	if pods.ServiceAccountName != "" {
		errs = append(errs, valid(at.Child("serviceAccountName"), pods.ServiceAccountName,
			validation.ValidateServiceAccountName(pods.ServiceAccountName, false))...)
	}

	if grace := pods.TerminationGracePeriodSeconds; grace != nil {
		errs = append(errs, validation.ValidateNonnegativeField(*grace, at.Child("terminationGracePeriodSeconds"))...)
	}

	errs = append(errs, metavalidation.ValidateLabels(pods.NodeSelector, at.Child("nodeSelector"))...)
	return append(errs, validatePlacement(pods, at)...)
}

// validatePlacement checks where pods may run.
func validatePlacement(pods core.PodSpec, at *field.Path) field.ErrorList {
	var errs field.ErrorList

	for i, spread := range pods.TopologySpreadConstraints {
		at := at.Child("topologySpreadConstraints").Index(i)
		if spread.MaxSkew < 1 {
			errs = append(errs, field.Invalid(at.Child("maxSkew"), spread.MaxSkew, "must be greater than zero"))
		}

		errs = append(errs, required(at.Child("topologyKey"), spread.TopologyKey)...)
		errs = append(errs, required(at.Child("whenUnsatisfiable"), string(spread.WhenUnsatisfiable))...)
		errs = append(errs, oneOf(at.Child("whenUnsatisfiable"), spread.WhenUnsatisfiable,
			core.DoNotSchedule, core.ScheduleAnyway)...)
		errs = append(errs, metavalidation.ValidateLabelSelector(spread.LabelSelector,
			metavalidation.LabelSelectorValidationOptions{}, at.Child("labelSelector"))...)
	}

	for i, toleration := range pods.Tolerations {
		at := at.Child("tolerations").Index(i)
		errs = append(errs, oneOf(at.Child("operator"), toleration.Operator,
			core.TolerationOpEqual, core.TolerationOpExists)...)
		errs = append(errs, oneOf(at.Child("effect"), toleration.Effect,
			core.TaintEffectNoSchedule, core.TaintEffectPreferNoSchedule, core.TaintEffectNoExecute)...)
	}

	if pods.Affinity == nil {
		return errs
	}

	affinity := at.Child("affinity")

	if a := pods.Affinity.PodAffinity; a != nil {
		errs = append(errs, validateTerms(a.RequiredDuringSchedulingIgnoredDuringExecution,
			a.PreferredDuringSchedulingIgnoredDuringExecution, affinity.Child("podAffinity"))...)
	}

	if a := pods.Affinity.PodAntiAffinity; a != nil {
		errs = append(errs, validateTerms(a.RequiredDuringSchedulingIgnoredDuringExecution,
			a.PreferredDuringSchedulingIgnoredDuringExecution, affinity.Child("podAntiAffinity"))...)
	}
	return errs
}

func validateTerms(strict []core.PodAffinityTerm, soft []core.WeightedPodAffinityTerm, at *field.Path) field.ErrorList {
	var errs field.ErrorList

	for i, term := range strict {
		at := at.Child("requiredDuringSchedulingIgnoredDuringExecution").Index(i)
		errs = append(errs, required(at.Child("topologyKey"), term.TopologyKey)...)
	}

	for i, term := range soft {
		at := at.Child("preferredDuringSchedulingIgnoredDuringExecution").Index(i)
		errs = append(errs, required(at.Child("podAffinityTerm", "topologyKey"), term.PodAffinityTerm.TopologyKey)...)

		if term.Weight < 1 || term.Weight > 100 {
			errs = append(errs, field.Invalid(at.Child("weight"), term.Weight, "must be in the range 1-100"))
		}
	}
	return errs
}

func validateContainer(c core.Container, names, volumes sets.Set[string], at *field.Path) field.ErrorList {
	errs := append(required(at.Child("name"), c.Name), required(at.Child("image"), c.Image)...)

	if c.Name != "" {
		errs = append(errs, valid(at.Child("name"), c.Name, utilvalidation.IsDNS1123Label(c.Name))...)
	}

	if names.Has(c.Name) {
		errs = append(errs, field.Duplicate(at.Child("name"), c.Name))
	}

	names.Insert(c.Name)

	if strings.TrimSpace(c.Image) != c.Image {
		errs = append(errs, field.Invalid(at.Child("image"), c.Image, "must not have leading or trailing whitespace"))
	}

	errs = append(errs, oneOf(at.Child("imagePullPolicy"), c.ImagePullPolicy,
		core.PullAlways, core.PullIfNotPresent, core.PullNever)...)
	errs = append(errs, validateEnv(c, at)...)
	errs = append(errs, validateContainerPorts(c.Ports, at.Child("ports"))...)
	errs = append(errs, validateMounts(c.VolumeMounts, volumes, at.Child("volumeMounts"))...)
	errs = append(errs, validateResources(c.Resources, at.Child("resources"))...)

	for name, probe := range map[string]*core.Probe{
		"livenessProbe": c.LivenessProbe, "readinessProbe": c.ReadinessProbe, "startupProbe": c.StartupProbe,
	} {
		if probe != nil {
			errs = append(errs, validateProbe(probe, at.Child(name))...)
		}
	}
	return errs
}

// validateEnv checks the environment. The API server takes a repeated name in a plain create, but server-side apply,
// which Pulumi uses, merges the list by name and refuses it.
func validateEnv(c core.Container, at *field.Path) field.ErrorList {
	var errs field.ErrorList

	names := sets.New[string]()

	for i, variable := range c.Env {
		at := at.Child("env").Index(i)
		errs = append(errs, valid(at.Child("name"), variable.Name,
			utilvalidation.IsRelaxedEnvVarName(variable.Name))...)

		if names.Has(variable.Name) {
			errs = append(errs, field.Duplicate(at.Child("name"), variable.Name))
		}

		names.Insert(variable.Name)

		if variable.ValueFrom == nil {
			continue
		}

		if variable.Value != "" {
			errs = append(errs, field.Invalid(at.Child("valueFrom"), "",
				"may not be specified when `value` is not empty"))
		}

		from := variable.ValueFrom
		errs = append(errs, exactlyOne(at.Child("valueFrom"), from.FieldRef != nil, from.ResourceFieldRef != nil,
			from.ConfigMapKeyRef != nil, from.SecretKeyRef != nil, from.FileKeyRef != nil)...)

		if ref := from.SecretKeyRef; ref != nil {
			errs = append(errs, required(at.Child("valueFrom", "secretKeyRef", "name"), ref.Name)...)
			errs = append(errs, required(at.Child("valueFrom", "secretKeyRef", "key"), ref.Key)...)
		}

		if ref := from.ConfigMapKeyRef; ref != nil {
			errs = append(errs, required(at.Child("valueFrom", "configMapKeyRef", "name"), ref.Name)...)
			errs = append(errs, required(at.Child("valueFrom", "configMapKeyRef", "key"), ref.Key)...)
		}
	}

	for i, from := range c.EnvFrom {
		at := at.Child("envFrom").Index(i)
		errs = append(errs, exactlyOne(at, from.ConfigMapRef != nil, from.SecretRef != nil)...)

		if from.SecretRef != nil {
			errs = append(errs, required(at.Child("secretRef", "name"), from.SecretRef.Name)...)
		}

		if from.ConfigMapRef != nil {
			errs = append(errs, required(at.Child("configMapRef", "name"), from.ConfigMapRef.Name)...)
		}
	}
	return errs
}

func validateContainerPorts(ports []core.ContainerPort, at *field.Path) field.ErrorList {
	var errs field.ErrorList

	names := sets.New[string]()

	for i, port := range ports {
		at := at.Index(i)
		errs = append(errs, validatePort(at.Child("containerPort"), int(port.ContainerPort))...)
		errs = append(errs, oneOf(at.Child("protocol"), port.Protocol,
			core.ProtocolTCP, core.ProtocolUDP, core.ProtocolSCTP)...)

		if port.Name == "" {
			continue
		}

		errs = append(errs, valid(at.Child("name"), port.Name, utilvalidation.IsValidPortName(port.Name))...)

		if names.Has(port.Name) {
			errs = append(errs, field.Duplicate(at.Child("name"), port.Name))
		}

		names.Insert(port.Name)
	}
	return errs
}

func validateMounts(mounts []core.VolumeMount, volumes sets.Set[string], at *field.Path) field.ErrorList {
	var errs field.ErrorList

	paths := sets.New[string]()

	for i, mount := range mounts {
		at := at.Index(i)
		errs = append(errs, required(at.Child("mountPath"), mount.MountPath)...)

		if mount.Name == "" || !volumes.Has(mount.Name) {
			errs = append(errs, field.NotFound(at.Child("name"), mount.Name))
		}

		if paths.Has(mount.MountPath) {
			errs = append(errs, field.Invalid(at.Child("mountPath"), mount.MountPath, "must be unique"))
		}

		paths.Insert(mount.MountPath)
	}
	return errs
}

func validateVolumes(volumes []core.Volume, at *field.Path) (sets.Set[string], field.ErrorList) {
	var errs field.ErrorList

	names := sets.New[string]()

	for i, volume := range volumes {
		errs = append(errs, valid(at.Index(i).Child("name"), volume.Name,
			utilvalidation.IsDNS1123Label(volume.Name))...)

		if names.Has(volume.Name) {
			errs = append(errs, field.Duplicate(at.Index(i).Child("name"), volume.Name))
		}

		names.Insert(volume.Name)

		if source := volume.Secret; source != nil {
			errs = append(errs, required(at.Index(i).Child("secret", "secretName"), source.SecretName)...)
		}

		if source := volume.ConfigMap; source != nil {
			errs = append(errs, required(at.Index(i).Child("configMap", "name"), source.Name)...)
		}
	}
	return names, errs
}

func validateResources(resources core.ResourceRequirements, at *field.Path) field.ErrorList {
	var errs field.ErrorList

	for name, request := range resources.Requests {
		limit, ok := resources.Limits[name]
		if ok && request.Cmp(limit) > 0 {
			errs = append(errs, field.Invalid(at.Child("requests"), request.String(),
				fmt.Sprintf("must be less than or equal to %s limit of %s", name, limit.String())))
		}
	}

	for list, quantities := range map[string]core.ResourceList{
		"requests": resources.Requests, "limits": resources.Limits,
	} {
		for name, quantity := range quantities {
			if quantity.Cmp(resource.Quantity{}) < 0 {
				errs = append(errs, field.Invalid(at.Child(list).Key(string(name)), quantity.String(),
					"must be greater than or equal to 0"))
			}
		}
	}
	return errs
}

func validateProbe(probe *core.Probe, at *field.Path) field.ErrorList {
	errs := exactlyOne(at, probe.Exec != nil, probe.HTTPGet != nil, probe.TCPSocket != nil, probe.GRPC != nil)

	if probe.HTTPGet != nil {
		errs = append(errs, validatePortRef(at.Child("httpGet", "port"), probe.HTTPGet.Port)...)
	}

	if probe.TCPSocket != nil {
		errs = append(errs, validatePortRef(at.Child("tcpSocket", "port"), probe.TCPSocket.Port)...)
	}
	return errs
}

// validatePortRef checks a port that is given by number or by name.
func validatePortRef(at *field.Path, port intstr.IntOrString) field.ErrorList {
	if port.Type == intstr.String {
		return valid(at, port.StrVal, utilvalidation.IsValidPortName(port.StrVal))
	}
	return validatePort(at, int(port.IntVal))
}

func validatePort(at *field.Path, port int) field.ErrorList {
	var errs field.ErrorList
	for _, message := range utilvalidation.IsValidPortNum(port) {
		errs = append(errs, field.Invalid(at, port, message))
	}
	return errs
}

func exactlyOne(at *field.Path, given ...bool) field.ErrorList {
	count := 0

	for _, one := range given {
		if one {
			count++
		}
	}

	switch count {
	case 0:
		return field.ErrorList{field.Required(at, "one of its alternatives must be given")}
	case 1:
		return nil
	default:
		return field.ErrorList{field.Forbidden(at, "may not have more than one of its alternatives")}
	}
}
