package kube

import (
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/settings"
)

// MastodonUser is the user and group of Mastodon's images (their Dockerfile).
const MastodonUser = 991

// Restricted is what the pod-security standard "restricted" asks of a pod, which runs as a user and the group of the
// same number.
func Restricted(user int) corev1.PodSecurityContextArgs {
	return corev1.PodSecurityContextArgs{
		RunAsNonRoot: pulumi.Bool(true),
		RunAsUser:    pulumi.Int(user), RunAsGroup: pulumi.Int(user), FsGroup: pulumi.Int(user),
		SeccompProfile: corev1.SeccompProfileArgs{Type: pulumi.String("RuntimeDefault")},
	}
}

// Confined is what it asks of a container, which may then nothing but compute.
func Confined() corev1.SecurityContextArgs {
	return corev1.SecurityContextArgs{
		AllowPrivilegeEscalation: pulumi.Bool(false),
		Capabilities:             corev1.CapabilitiesArgs{Drop: pulumi.ToStringArray([]string{"ALL"})},
	}
}

// OnPool selects the nodes of a pool by its role; an empty one selects none.
func OnPool(role string) pulumi.StringMapInput {
	if role == "" {
		return nil
	}
	return pulumi.StringMap{settings.PoolLabel: pulumi.String(role)}
}

// Resources are the compute resources of a container, as charts and the Kubernetes API name them.
type Resources struct {
	Requests map[string]string `json:"requests,omitempty"`
	Limits   map[string]string `json:"limits,omitempty"`
}

// ResourcesOf turns resources from the settings into those of a container.
func ResourcesOf(r settings.Resources) Resources {
	return Resources{
		Requests: map[string]string{"cpu": r.CPU, "memory": r.Memory},
		Limits:   map[string]string{"memory": r.MemoryLimit},
	}
}

// Requirements are the resources of a container that the program makes itself.
func Requirements(r settings.Resources) corev1.ResourceRequirementsArgs {
	return corev1.ResourceRequirementsArgs{
		Requests: pulumi.StringMap{"cpu": pulumi.String(r.CPU), "memory": pulumi.String(r.Memory)},
		Limits:   pulumi.StringMap{"memory": pulumi.String(r.MemoryLimit)},
	}
}

// What a Spread does when the pods cannot be spread.
const (
	// DoNotSchedule lets a pod wait for a node.
	DoNotSchedule = "DoNotSchedule"
	// ScheduleAnyway lets pods share a node.
	ScheduleAnyway = "ScheduleAnyway"
)

// Spread is a topology spread constraint of a pod.
type Spread struct {
	MaxSkew           int           `json:"maxSkew"`
	TopologyKey       string        `json:"topologyKey"`
	WhenUnsatisfiable string        `json:"whenUnsatisfiable"`
	NodeTaintsPolicy  string        `json:"nodeTaintsPolicy"`
	LabelSelector     labelSelector `json:"labelSelector"`
	MatchLabelKeys    []string      `json:"matchLabelKeys"`
}

type labelSelector struct {
	MatchLabels map[string]string `json:"matchLabels"`
}

// Labels are those that a chart gives to the pods of one of its components.
func Labels(name, release, component string) map[string]string {
	return map[string]string{
		"app.kubernetes.io/name": name, "app.kubernetes.io/instance": release, "app.kubernetes.io/component": component,
	}
}

// SpreadOverNodes puts the pods with those labels on as many nodes as there are. Only pods of one version count, so
// that a new version is not placed by where the old one is; and no node that fails or is being drained, which is
// tainted, so that its pods find a place on the others.
func SpreadOverNodes(labels map[string]string, otherwise string) []Spread {
	return []Spread{{
		MaxSkew: 1, TopologyKey: "kubernetes.io/hostname", WhenUnsatisfiable: otherwise, NodeTaintsPolicy: "Honor",
		LabelSelector: labelSelector{labels}, MatchLabelKeys: []string{"pod-template-hash"},
	}}
}
