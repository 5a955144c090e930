package kubernetes

import (
	"encoding/base64"
	"fmt"
	"time"
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

	for _, service := range v.list(v.kind("", "Service"), "") {
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
	for _, class := range v.list(v.kind("networking.k8s.io", "IngressClass"), "") {
		if name(class.Live) == wanted || wanted == "" && annotation(class.Live, defaultClass) == "true" {
			return class, true
		}
	}
	return record{}, false
}

// settleCertificates is cert-manager: issuers are ready, and a certificate is as soon as its issuer exists; its Secret
// then holds a placeholder instead of a key pair.
func (v view) settleCertificates(r record) (map[string]any, error) {
	now := v.Now().Format(time.RFC3339)
	if r.Kind.Kind != "Certificate" {
		return map[string]any{"conditions": []any{condition("Ready", true, now)}}, nil
	}

	issuerKind := text(r.Live, "spec", "issuerRef", "kind")
	issuer := objectID(namespace(r.Live), text(r.Live, "spec", "issuerRef", "name"))

	if issuerKind == "ClusterIssuer" {
		issuer = text(r.Live, "spec", "issuerRef", "name")
	} else {
		issuerKind = "Issuer"
	}

	if _, ok := v.get(v.kind("cert-manager.io", issuerKind), issuer); !ok {
		return map[string]any{"conditions": []any{condition("Ready", false, now)}}, nil
	}

	placeholder := base64.StdEncoding.EncodeToString([]byte("no key: the simulated cert-manager issues none\n"))
	secret := record{Kind: v.kind("", "Secret"), Release: r.Release, Inputs: map[string]any{
		"metadata": map[string]any{"name": text(r.Live, "spec", "secretName"), "namespace": namespace(r.Live)},
		"type":     "kubernetes.io/tls",
		"data":     map[string]any{"tls.crt": placeholder, "tls.key": placeholder},
	}}

	if _, err := v.apply(secret); err != nil {
		return nil, err
	}
	return map[string]any{
		"conditions": []any{condition("Ready", true, now)},
		"notAfter":   v.Now().Add(90 * 24 * time.Hour).Format(time.RFC3339),
	}, nil
}
