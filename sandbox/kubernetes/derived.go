package kubernetes

import (
	"strings"

	"github.com/vmstio/infrastructure/sandbox/kubernetes/helm"
)

// derivedObjects is what the values of a chart that cannot be had tell for sure. There is one such case: the chart
// ingress-nginx, or one with its values, makes a Service of type LoadBalancer and an IngressClass. The Service decides
// over the load balancer and the public address, so a release without it would be a poor double.
//
// Names, ports and the names of the values are those of the chart's templates (kubernetes/ingress-nginx, chart 4.15.1:
// templates/_helpers.tpl, controller-service.yaml, controller-ingressclass.yaml).
func derivedObjects(inputs chartInputs) []helm.Object {
	controller, _ := inputs.Values["controller"].(map[string]any)
	if inputs.Reference.Chart != "ingress-nginx" && !asksForLoadBalancer(controller) {
		return nil
	}

	var objects []helm.Object

	add := func(template string, manifest map[string]any) {
		objects = append(objects, helm.Object{Template: template + " (derived from the values)", Manifest: manifest})
	}

	if isOn(controller, "service", "enabled") {
		add("controller-service.yaml", derivedService(inputs, controller))
	}

	if isOn(controller, "ingressClassResource", "enabled") {
		add("controller-ingressclass.yaml", derivedClass(controller))
	}
	return objects
}

func asksForLoadBalancer(controller map[string]any) bool {
	annotations, _ := at(controller, "service", "annotations").(map[string]any)
	for key := range annotations {
		if key == loadBalancerID || strings.HasPrefix(key, loadBalancerPrefix) {
			return true
		}
	}
	return false
}

// isOn reads a switch that is on by default.
func isOn(values map[string]any, path ...string) bool {
	off, given := at(values, path...).(bool)
	return !given || off
}

func derivedService(inputs chartInputs, controller map[string]any) map[string]any {
	chart := inputs.Reference.Chart
	if override := text(inputs.Values, "nameOverride"); override != "" {
		chart = override
	}

	fullname := inputs.Name + "-" + chart

	switch override := text(inputs.Values, "fullnameOverride"); {
	case override != "":
		fullname = override
	case strings.Contains(inputs.Name, chart):
		fullname = inputs.Name
	}

	metadata := map[string]any{"name": fullname + "-controller", "namespace": inputs.Namespace}
	if annotations, ok := at(controller, "service", "annotations").(map[string]any); ok {
		metadata["annotations"] = copyOf(annotations)
	}

	spec := map[string]any{"type": "LoadBalancer"}
	for _, key := range []string{"type", "externalTrafficPolicy"} {
		if value := text(controller, "service", key); value != "" {
			spec[key] = value
		}
	}

	var ports []any

	for _, port := range []struct {
		name, enable string
		number       float64
	}{{"http", "enableHttp", 80}, {"https", "enableHttps", 443}} {
		if !isOn(controller, "service", port.enable) {
			continue
		}

		number, ok := at(controller, "service", "ports", port.name).(float64)
		if !ok {
			number = port.number
		}

		ports = append(ports, map[string]any{
			"name": port.name, "port": number, "protocol": "TCP", "targetPort": port.name,
		})
	}

	spec["ports"] = ports
	return map[string]any{"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}
}

func derivedClass(controller map[string]any) map[string]any {
	class := text(controller, "ingressClassResource", "name")
	if class == "" {
		class = "nginx"
	}

	value := text(controller, "ingressClassResource", "controllerValue")
	if value == "" {
		value = "k8s.io/ingress-nginx"
	}

	metadata := map[string]any{"name": class}
	if isDefault, _ := at(controller, "ingressClassResource", "default").(bool); isDefault {
		metadata["annotations"] = map[string]any{defaultClass: "true"}
	}
	return map[string]any{
		"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass",
		"metadata": metadata, "spec": map[string]any{"controller": value},
	}
}

// recordedCertManager tells whether a release of cert-manager is recorded whose values bring the definitions.
func (v view) recordedCertManager() bool {
	for _, o := range v.List(releaseToken) {
		chart := text(o.Outputs, "chart")
		if o.Outputs[clusterKey] != v.cluster.ID || o.Outputs[recordedKey] != true ||
			chart[strings.LastIndex(chart, "/")+1:] != "cert-manager" {
			continue
		}

		if at(o.Outputs, "values", "crds", "enabled") == true || at(o.Outputs, "values", "installCRDs") == true {
			return true
		}
	}
	return false
}
