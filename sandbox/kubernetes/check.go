package kubernetes

import (
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vmstio/infrastructure/sandbox/kubernetes/apiserver"
)

// check finds what the API server would refuse in a new object: fields and types first, then the rules of its kind, and
// of the webhooks of cert-manager and DigitalOcean. Where unknown holds paths, the object is incomplete there and rules
// that could still be met are not applied.
func check(kind kind, object map[string]any, unknown []string) []problem {
	if !kind.typed {
		errs, err := apiserver.ValidateMeta(object)
		if err != nil {
			return []problem{{Path: "metadata", Reason: err.Error()}}
		}
		return fromFieldErrors(errs, unknown)
	}
	if kind.is("", "Secret") && undecided("stringData", unknown) {
		unknown = append(unknown, "data")
	}
	typed, problems := decode(kind, object)
	if len(problems) > 0 {
		return problems
	}
	wanted := runtime.DeepCopyJSON(object)
	if kind.is("", "Service") {
		allocate(wanted)
	}
	_, errs := apiserver.Admit(kind.GroupVersionKind, wanted, nil)
	return fromFieldErrors(append(errs, webhooks(kind, typed)...), unknown)
}

// webhooks are what cert-manager and DigitalOcean's cloud controller manager refuse when they are asked.
func webhooks(kind kind, typed runtime.Object) field.ErrorList {
	errs := checkCertificates(typed)
	accessor, err := meta.Accessor(typed)
	if err != nil || !kind.is("", "Service") {
		return errs
	}
	return append(errs, checkLoadBalancer(accessor)...)
}

// checkLoadBalancer checks the values of a Service's annotations that DigitalOcean's cloud controller manager parses
// (docs/controllers/services/annotations.md of digitalocean-cloud-controller-manager).
func checkLoadBalancer(service metav1.Object) field.ErrorList {
	var errs field.ErrorList
	annotations := service.GetAnnotations()
	for _, key := range sortedKeys(annotations) {
		setting, ours := strings.CutPrefix(key, loadBalancerPrefix)
		if !ours {
			continue
		}
		at, value := field.NewPath("metadata", "annotations").Key(key), annotations[key]
		switch setting {
		case "type":
			errs = append(errs, oneOf(at, value, "REGIONAL", "REGIONAL_NETWORK")...)
		case "network":
			errs = append(errs, oneOf(at, value, "EXTERNAL", "INTERNAL")...)
		case "protocol":
			errs = append(errs, oneOf(at, value, "tcp", "http", "https", "http2", "http3")...)
		case "enable-proxy-protocol", "enable-backend-keepalive", "redirect-http-to-https", "tls-passthrough",
			"disable-lets-encrypt-dns-records", "override-health-check":
			if _, err := strconv.ParseBool(value); err != nil {
				errs = append(errs, field.Invalid(at, value, `want "true" or "false"`))
			}
		case "size-unit", "http-idle-timeout-seconds", "healthcheck-port", "healthcheck-check-interval-seconds",
			"healthcheck-response-timeout-seconds", "healthcheck-unhealthy-threshold",
			"healthcheck-healthy-threshold":
			if n, err := strconv.Atoi(value); err != nil || n < 1 {
				errs = append(errs, field.Invalid(at, value, "want a number above 0"))
			}
		}
	}
	return errs
}

// oneOf checks an enumeration; an empty value leaves the choice to the controller.
func oneOf(at *field.Path, value string, allowed ...string) field.ErrorList {
	if value == "" || slices.Contains(allowed, value) {
		return nil
	}
	return field.ErrorList{field.NotSupported(at, value, allowed)}
}
