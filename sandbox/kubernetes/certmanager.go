package kubernetes

import (
	"encoding/base64"
	"time"

	acme "github.com/cert-manager/cert-manager/pkg/apis/acme/v1"
	certmanager "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// checkCertificates are the rules of cert-manager's webhook, whose code is internal to its module
// (internal/apis/certmanager/validation of cert-manager v1.21).
func checkCertificates(typed runtime.Object) field.ErrorList {
	switch o := typed.(type) {
	case *certmanager.Certificate:
		return checkCertificate(o.Spec)
	case *certmanager.Issuer:
		return checkIssuer(o.Spec)
	case *certmanager.ClusterIssuer:
		return checkIssuer(o.Spec)
	case *acme.Order, *acme.Challenge, *certmanager.CertificateRequest:
		return field.ErrorList{field.Forbidden(nil, "cert-manager makes these objects itself")}
	default:
		return nil
	}
}

func checkCertificate(spec certmanager.CertificateSpec) field.ErrorList {
	at := field.NewPath("spec")
	errs := append(required(at.Child("secretName"), spec.SecretName),
		required(at.Child("issuerRef", "name"), spec.IssuerRef.Name)...)
	if spec.CommonName == "" && spec.LiteralSubject == "" &&
		len(spec.DNSNames)+len(spec.URIs)+len(spec.EmailAddresses)+len(spec.IPAddresses)+len(spec.OtherNames) == 0 {
		errs = append(errs, field.Invalid(at, "",
			"at least one of commonName, dnsNames, uriSANs, ipAddresses, emailSANs or otherNames must be set"))
	}
	return errs
}

func checkIssuer(spec certmanager.IssuerSpec) field.ErrorList {
	at := field.NewPath("spec")
	errs := exactlyOne(at, spec.ACME != nil, spec.CA != nil, spec.Vault != nil, spec.SelfSigned != nil,
		spec.Venafi != nil)
	if spec.ACME == nil {
		return errs
	}
	at = at.Child("acme")
	errs = append(errs, required(at.Child("server"), spec.ACME.Server)...)
	errs = append(errs, required(at.Child("privateKeySecretRef", "name"), spec.ACME.PrivateKey.Name)...)
	for i, solver := range spec.ACME.Solvers {
		at := at.Child("solvers").Index(i)
		errs = append(errs, exactlyOne(at, solver.HTTP01 != nil, solver.DNS01 != nil)...)
		if solver.DNS01 == nil || solver.DNS01.DigitalOcean == nil {
			continue
		}
		token, at := solver.DNS01.DigitalOcean.Token, at.Child("dns01", "digitalocean", "tokenSecretRef")
		errs = append(errs, required(at.Child("name"), token.Name)...)
		errs = append(errs, required(at.Child("key"), token.Key)...)
	}
	return errs
}

func required(at *field.Path, value string) field.ErrorList {
	if value == "" {
		return field.ErrorList{field.Required(at, "")}
	}
	return nil
}

func exactlyOne(at *field.Path, given ...bool) field.ErrorList {
	count := 0
	for _, g := range given {
		if g {
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
	if _, ok := v.get(builtIn("cert-manager.io", issuerKind), issuer); !ok {
		return map[string]any{"conditions": []any{condition("Ready", false, now)}}, nil
	}
	placeholder := base64.StdEncoding.EncodeToString([]byte("no key: the simulated cert-manager issues none\n"))
	secret := record{Kind: builtIn("", "Secret"), Release: r.Release, Inputs: map[string]any{
		"metadata": map[string]any{"name": text(r.Live, "spec", "secretName"), "namespace": namespace(r.Live)},
		"type":     "kubernetes.io/tls",
		"data":     map[string]any{"tls.crt": placeholder, "tls.key": placeholder},
	}}
	if _, err := v.apply(secret, writer{name: "cert-manager", force: true}); err != nil {
		return nil, err
	}
	return map[string]any{
		"conditions": []any{condition("Ready", true, now)},
		"notAfter":   v.Now().Add(90 * 24 * time.Hour).Format(time.RFC3339),
	}, nil
}
