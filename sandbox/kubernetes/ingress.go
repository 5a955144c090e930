package kubernetes

import (
	"fmt"
)

// defaultClass marks the IngressClass of Ingresses that name none.
const defaultClass = "ingressclass.kubernetes.io/is-default-class"

// settleIngress gives an Ingress the address of its class's controller: of the Service of type LoadBalancer that the
// same Helm release brought as the class.
func (v view) settleIngress(r record) (map[string]any, []notYet) {
	class, ok := v.ingressClass(text(r.Live, "spec", "ingressClassName"))
	if !ok {
		return nil, noAddress("no controller serves the ingress class %q", text(r.Live, "spec", "ingressClassName"))
	}
	for _, service := range v.list(builtIn("", "Service"), "") {
		ingress, _ := at(service.Live, "status", "loadBalancer", "ingress").([]any)
		if service.Release != class.Release || len(ingress) == 0 {
			continue
		}
		return map[string]any{"loadBalancer": map[string]any{"ingress": ingress}}, nil
	}
	return nil, noAddress("the controller of ingress class %q has none", name(class.Live))
}

func noAddress(format, class string) []notYet {
	return []notYet{{
		reason: "Ingress .status.loadBalancer field was not updated with a hostname/IP address: " +
			fmt.Sprintf(format, class),
		pulumi: true,
	}}
}

func (v view) ingressClass(wanted string) (record, bool) {
	for _, class := range v.list(builtIn("networking.k8s.io", "IngressClass"), "") {
		if name(class.Live) == wanted || wanted == "" && annotation(class.Live, defaultClass) == "true" {
			return class, true
		}
	}
	return record{}, false
}
