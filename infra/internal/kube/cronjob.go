package kube

import (
	"time"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// CronJobArgs are the arguments of a CronJob.
type CronJobArgs struct {
	// Name and Namespace of the CronJob.
	Name, Namespace string
	// Labels of the CronJob, of its Jobs and of their pods.
	Labels pulumi.StringMap
	// Spec of the CronJob without its jobTemplate, and Job, the spec of its Jobs without their template, with the field
	// names of the Kubernetes API.
	Spec, Job pulumi.Map
	// Pod is the pod of the Jobs.
	Pod corev1.PodSpecArgs
}

// NewCronJob makes a CronJob. It needs a Kubernetes provider among the options.
func NewCronJob(ctx *pulumi.Context, name string, args *CronJobArgs, opts ...pulumi.ResourceOption) (*Object, error) {
	args.Job["template"] = corev1.PodTemplateSpecArgs{
		Metadata: &metav1.ObjectMetaArgs{Labels: args.Labels}, Spec: args.Pod,
	}
	args.Spec["jobTemplate"] = pulumi.Map{
		"metadata": metav1.ObjectMetaArgs{Labels: args.Labels}, "spec": args.Job,
	}
	return NewObject(ctx, name, &ObjectArgs{
		APIVersion: "batch/v1",
		Kind:       "CronJob",
		Metadata: metav1.ObjectMetaArgs{
			Name: pulumi.String(args.Name), Namespace: pulumi.String(args.Namespace), Labels: args.Labels,
		},
		Spec: args.Spec,
	}, opts...)
}

// late is how long after its time a task may start: when the control plane was away, or the last run of it was long.
const late = 6 * time.Hour

// Repeated is the spec of a CronJob whose task runs at the times of a schedule in UTC, and never twice at once.
func Repeated(schedule string) pulumi.Map {
	return pulumi.Map{
		"schedule": pulumi.String(schedule), "timeZone": pulumi.String("Etc/UTC"),
		"concurrencyPolicy":          pulumi.String("Forbid"),
		"startingDeadlineSeconds":    pulumi.Int(int(late.Seconds())),
		"successfulJobsHistoryLimit": pulumi.Int(1), "failedJobsHistoryLimit": pulumi.Int(3),
	}
}

// Attempted is the spec of a Job that is given up after a time, and tried again so many times when it fails. A pod that
// a node was drained of did not fail: it is made again elsewhere.
func Attempted(deadline time.Duration, again int) pulumi.Map {
	return pulumi.Map{
		"activeDeadlineSeconds": pulumi.Int(int(deadline.Seconds())), "backoffLimit": pulumi.Int(again),
		"podFailurePolicy": pulumi.Map{"rules": pulumi.Array{pulumi.Map{
			"action":          pulumi.String("Ignore"),
			"onPodConditions": pulumi.Array{pulumi.Map{"type": pulumi.String("DisruptionTarget")}},
		}}},
	}
}
