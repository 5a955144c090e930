package kube

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// Metrics are pods that answer with metrics, as a room says where its own are.
type Metrics struct {
	// Job is the label "job" of what comes from them, and the name of what asks for it.
	Job string
	// Namespace of the pods.
	Namespace string
	// Name and Instance are the labels app.kubernetes.io/name and app.kubernetes.io/instance of the pods.
	Name, Instance string
	// Components are the values of app.kubernetes.io/component that they have.
	Components []string
	// Port is the name of the container's port. The path is /metrics.
	Port string
	// OwnLabels keeps labels that the metrics have themselves where they collide with those of the pod, such as the
	// namespace of a certificate. The others then get the prefix "exported_".
	OwnLabels bool
}

// Selector selects the pods.
func (m Metrics) Selector() pulumi.Map {
	selector := Component(In, m.Components...)
	selector["matchLabels"] = pulumi.Map{
		"app.kubernetes.io/name": pulumi.String(m.Name), "app.kubernetes.io/instance": pulumi.String(m.Instance),
	}
	return selector
}
