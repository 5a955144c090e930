package kubernetes

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	certmanager "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	rbac "k8s.io/api/rbac/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/sets"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// maxDataSize is the most that the API server takes in a Secret or ConfigMap.
const maxDataSize = 1 << 20

// secretKeys are the keys that a type of Secret must have
// (https://kubernetes.io/docs/concepts/configuration/secret/#secret-types).
var secretKeys = map[core.SecretType][]string{
	core.SecretTypeTLS:              {core.TLSCertKey, core.TLSPrivateKeyKey},
	core.SecretTypeDockerConfigJson: {core.DockerConfigJsonKey},
	core.SecretTypeDockercfg:        {core.DockerConfigKey},
	core.SecretTypeSSHAuth:          {core.SSHAuthPrivateKey},
}

func validateSecret(o *core.Secret) field.ErrorList {
	data := map[string]string{}
	for key, value := range o.Data {
		data[key] = string(value)
	}

	for key, value := range o.StringData {
		data[key] = value
	}

	errs := validateData(field.NewPath("data"), data)

	for _, key := range secretKeys[o.Type] {
		if _, ok := data[key]; !ok {
			errs = append(errs, field.Required(field.NewPath("data").Key(key),
				fmt.Sprintf("a Secret of type %s has it", o.Type)))
		}
	}

	config := data[core.DockerConfigJsonKey]
	if o.Type == core.SecretTypeDockerConfigJson && !json.Valid([]byte(config)) {
		errs = append(errs, field.Invalid(field.NewPath("data").Key(core.DockerConfigJsonKey), "<secret>",
			"is not JSON"))
	}
	return errs
}

func validateConfigMap(o *core.ConfigMap) field.ErrorList {
	errs := validateData(field.NewPath("data"), o.Data)
	for key := range o.BinaryData {
		if _, ok := o.Data[key]; ok {
			errs = append(errs, field.Invalid(field.NewPath("binaryData").Key(key), key,
				"duplicate of key present in data"))
		}
	}
	return errs
}

func validateData(at *field.Path, data map[string]string) field.ErrorList {
	var errs field.ErrorList

	size := 0

	for _, key := range sortedKeys(data) {
		size += len(data[key])
		errs = append(errs, valid(at.Key(key), key, utilvalidation.IsConfigMapKey(key))...)
	}

	if size > maxDataSize {
		errs = append(errs, field.TooLong(at, "", maxDataSize))
	}
	return errs
}

func validateClaim(spec core.PersistentVolumeClaimSpec, at *field.Path) field.ErrorList {
	var errs field.ErrorList

	if len(spec.AccessModes) == 0 {
		errs = append(errs, field.Required(at.Child("accessModes"), "at least 1 access mode is required"))
	}

	if spec.Resources.Requests.Storage().IsZero() {
		errs = append(errs, field.Required(at.Child("resources", "requests").Key("storage"), ""))
	}
	return errs
}

func validateService(o *core.Service) field.ErrorList {
	at := field.NewPath("spec")
	errs := oneOf(at.Child("type"), o.Spec.Type,
		core.ServiceTypeClusterIP, core.ServiceTypeNodePort, core.ServiceTypeLoadBalancer, core.ServiceTypeExternalName)
	errs = append(errs, metavalidation.ValidateLabels(o.Spec.Selector, at.Child("selector"))...)
	errs = append(errs, oneOf(at.Child("externalTrafficPolicy"), o.Spec.ExternalTrafficPolicy,
		core.ServiceExternalTrafficPolicyCluster, core.ServiceExternalTrafficPolicyLocal)...)
	errs = append(errs, oneOf(at.Child("sessionAffinity"), o.Spec.SessionAffinity,
		core.ServiceAffinityClientIP, core.ServiceAffinityNone)...)

	outside := o.Spec.Type == core.ServiceTypeNodePort || o.Spec.Type == core.ServiceTypeLoadBalancer
	if o.Spec.ExternalTrafficPolicy != "" && !outside {
		errs = append(errs, field.Invalid(at.Child("externalTrafficPolicy"), o.Spec.ExternalTrafficPolicy,
			"may only be set for externally-accessible services"))
	}

	if o.Spec.Type == core.ServiceTypeExternalName {
		return append(errs, required(at.Child("externalName"), o.Spec.ExternalName)...)
	}

	if len(o.Spec.Ports) == 0 && o.Spec.ClusterIP != core.ClusterIPNone {
		errs = append(errs, field.Required(at.Child("ports"), ""))
	}
	return append(errs, validateServicePorts(o.Spec.Ports, at.Child("ports"))...)
}

func validateServicePorts(ports []core.ServicePort, at *field.Path) field.ErrorList {
	var errs field.ErrorList

	names, numbers := sets.New[string](), sets.New[string]()

	for i, port := range ports {
		at := at.Index(i)
		errs = append(errs, validatePort(at.Child("port"), int(port.Port))...)
		errs = append(errs, oneOf(at.Child("protocol"), port.Protocol,
			core.ProtocolTCP, core.ProtocolUDP, core.ProtocolSCTP)...)

		switch {
		case port.Name == "" && len(ports) > 1:
			errs = append(errs, field.Required(at.Child("name"), "a Service with several ports names them"))
		case port.Name != "":
			errs = append(errs, valid(at.Child("name"), port.Name, utilvalidation.IsDNS1123Label(port.Name))...)
		}

		if port.Name != "" && names.Has(port.Name) {
			errs = append(errs, field.Duplicate(at.Child("name"), port.Name))
		}

		protocol := port.Protocol
		if protocol == "" {
			protocol = core.ProtocolTCP
		}

		number := fmt.Sprintf("%d/%s", port.Port, protocol)
		if numbers.Has(number) {
			errs = append(errs, field.Duplicate(at, number))
		}

		names.Insert(port.Name)
		numbers.Insert(number)

		if target := port.TargetPort; target.IntVal != 0 || target.StrVal != "" {
			errs = append(errs, validatePortRef(at.Child("targetPort"), target)...)
		}
	}
	return errs
}

// validateLoadBalancerAnnotation checks the values that DigitalOcean's cloud controller manager parses
// (docs/controllers/services/annotations.md of digitalocean-cloud-controller-manager).
func validateLoadBalancerAnnotation(key, value string) field.ErrorList {
	at := field.NewPath("metadata", "annotations").Key(key)
	switch strings.TrimPrefix(key, loadBalancerPrefix) {
	case "type":
		return oneOf(at, value, "REGIONAL", "REGIONAL_NETWORK")
	case "network":
		return oneOf(at, value, "EXTERNAL", "INTERNAL")
	case "protocol":
		return oneOf(at, value, "tcp", "http", "https", "http2", "http3")
	case "enable-proxy-protocol", "enable-backend-keepalive", "redirect-http-to-https", "tls-passthrough",
		"disable-lets-encrypt-dns-records", "override-health-check":
		if _, err := strconv.ParseBool(value); err != nil {
			return field.ErrorList{field.Invalid(at, value, `want "true" or "false"`)}
		}
	case "size-unit", "http-idle-timeout-seconds", "healthcheck-port", "healthcheck-check-interval-seconds",
		"healthcheck-response-timeout-seconds", "healthcheck-unhealthy-threshold", "healthcheck-healthy-threshold":
		if n, err := strconv.Atoi(value); err != nil || n < 1 {
			return field.ErrorList{field.Invalid(at, value, "want a number above 0")}
		}
	}
	return nil
}

func validateIngress(o *networking.Ingress) field.ErrorList {
	at := field.NewPath("spec")

	var errs field.ErrorList

	if len(o.Spec.Rules) == 0 && o.Spec.DefaultBackend == nil {
		errs = append(errs, field.Invalid(at, "rules", "either `defaultBackend` or `rules` must be specified"))
	}

	if o.Spec.DefaultBackend != nil {
		errs = append(errs, validateBackend(*o.Spec.DefaultBackend, at.Child("defaultBackend"))...)
	}

	for i, tls := range o.Spec.TLS {
		for j, host := range tls.Hosts {
			errs = append(errs, validateHost(at.Child("tls").Index(i).Child("hosts").Index(j), host)...)
		}
	}

	for i, rule := range o.Spec.Rules {
		at := at.Child("rules").Index(i)
		if rule.Host != "" {
			errs = append(errs, validateHost(at.Child("host"), rule.Host)...)
		}

		if rule.HTTP == nil {
			continue
		}

		if len(rule.HTTP.Paths) == 0 {
			errs = append(errs, field.Required(at.Child("http", "paths"), ""))
		}

		for j, path := range rule.HTTP.Paths {
			errs = append(errs, validatePath(path, at.Child("http", "paths").Index(j))...)
		}
	}
	return errs
}

func validatePath(path networking.HTTPIngressPath, at *field.Path) field.ErrorList {
	var errs field.ErrorList

	if path.PathType == nil {
		errs = append(errs, field.Required(at.Child("pathType"), "pathType must be specified"))
	} else {
		errs = append(errs, oneOf(at.Child("pathType"), *path.PathType,
			networking.PathTypeExact, networking.PathTypePrefix, networking.PathTypeImplementationSpecific)...)
	}

	if path.Path != "" && !strings.HasPrefix(path.Path, "/") {
		errs = append(errs, field.Invalid(at.Child("path"), path.Path, "must be an absolute path"))
	}
	return append(errs, validateBackend(path.Backend, at.Child("backend"))...)
}

func validateHost(at *field.Path, host string) field.ErrorList {
	if strings.HasPrefix(host, "*.") {
		return valid(at, host, utilvalidation.IsWildcardDNS1123Subdomain(host))
	}
	return valid(at, host, utilvalidation.IsDNS1123Subdomain(host))
}

func validateBackend(backend networking.IngressBackend, at *field.Path) field.ErrorList {
	errs := exactlyOne(at, backend.Service != nil, backend.Resource != nil)
	if backend.Service == nil {
		return errs
	}

	port := backend.Service.Port
	errs = append(errs, required(at.Child("service", "name"), backend.Service.Name)...)
	return append(errs, exactlyOne(at.Child("service", "port"), port.Name != "", port.Number != 0)...)
}

func validateNetworkPolicy(o *networking.NetworkPolicy) field.ErrorList {
	at := field.NewPath("spec")
	errs := metavalidation.ValidateLabelSelector(&o.Spec.PodSelector, metavalidation.LabelSelectorValidationOptions{},
		at.Child("podSelector"))

	for i, kind := range o.Spec.PolicyTypes {
		errs = append(errs, oneOf(at.Child("policyTypes").Index(i), kind,
			networking.PolicyTypeIngress, networking.PolicyTypeEgress)...)
	}

	for i, rule := range o.Spec.Ingress {
		errs = append(errs, validatePeers(rule.From, at.Child("ingress").Index(i).Child("from"))...)
	}

	for i, rule := range o.Spec.Egress {
		errs = append(errs, validatePeers(rule.To, at.Child("egress").Index(i).Child("to"))...)
	}
	return errs
}

func validatePeers(peers []networking.NetworkPolicyPeer, at *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, peer := range peers {
		at := at.Index(i)
		errs = append(errs, exactlyOne(at, peer.IPBlock != nil,
			peer.PodSelector != nil || peer.NamespaceSelector != nil)...)

		if peer.IPBlock == nil {
			continue
		}

		for _, cidr := range append([]string{peer.IPBlock.CIDR}, peer.IPBlock.Except...) {
			if _, err := netip.ParsePrefix(cidr); err != nil {
				errs = append(errs, field.Invalid(at.Child("ipBlock"), cidr, "must be a valid CIDR value"))
			}
		}
	}
	return errs
}

func validateRules(rules []rbac.PolicyRule, cluster bool) field.ErrorList {
	var errs field.ErrorList
	for i, rule := range rules {
		at := field.NewPath("rules").Index(i)
		if len(rule.Verbs) == 0 {
			errs = append(errs, field.Required(at.Child("verbs"), "verbs must contain at least one value"))
		}

		if len(rule.NonResourceURLs) > 0 && !cluster {
			errs = append(errs, field.Invalid(at.Child("nonResourceURLs"), rule.NonResourceURLs,
				"namespaced rules cannot apply to non-resource URLs"))
		}

		if len(rule.NonResourceURLs) == 0 && len(rule.Resources) == 0 {
			errs = append(errs, field.Required(at.Child("resources"),
				"resource rules must supply at least one resource"))
		}
	}
	return errs
}

func validateBinding(ref rbac.RoleRef, subjects []rbac.Subject) field.ErrorList {
	at := field.NewPath("roleRef")
	errs := append(required(at.Child("name"), ref.Name), required(at.Child("kind"), ref.Kind)...)
	errs = append(errs, oneOf(at.Child("kind"), ref.Kind, "Role", "ClusterRole")...)

	for i, subject := range subjects {
		at := field.NewPath("subjects").Index(i)
		errs = append(errs, required(at.Child("name"), subject.Name)...)
		errs = append(errs, oneOf(at.Child("kind"), subject.Kind,
			rbac.ServiceAccountKind, rbac.UserKind, rbac.GroupKind)...)

		if subject.Kind == rbac.ServiceAccountKind {
			errs = append(errs, required(at.Child("namespace"), subject.Namespace)...)
		}
	}
	return errs
}

func validateCertificate(o *certmanager.Certificate) field.ErrorList {
	at := field.NewPath("spec")
	errs := append(required(at.Child("secretName"), o.Spec.SecretName),
		required(at.Child("issuerRef", "name"), o.Spec.IssuerRef.Name)...)

	if o.Spec.CommonName == "" && o.Spec.LiteralSubject == "" &&
		len(o.Spec.DNSNames)+len(o.Spec.URIs)+len(o.Spec.EmailAddresses)+
			len(o.Spec.IPAddresses)+len(o.Spec.OtherNames) == 0 {
		errs = append(errs, field.Invalid(at, "",
			"at least one of commonName, dnsNames, uriSANs, ipAddresses, emailSANs or otherNames must be set"))
	}
	return errs
}

func validateIssuer(spec certmanager.IssuerSpec) field.ErrorList {
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

		if solver.DNS01 == nil {
			continue
		}

		if do := solver.DNS01.DigitalOcean; do != nil {
			errs = append(errs, required(at.Child("dns01", "digitalocean", "tokenSecretRef", "name"), do.Token.Name)...)
			errs = append(errs, required(at.Child("dns01", "digitalocean", "tokenSecretRef", "key"), do.Token.Key)...)
		}
	}
	return errs
}
