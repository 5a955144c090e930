package kubernetes

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vmstio/infrastructure/sandbox/kubernetes/apiserver"
)

// check finds what the API server would refuse in a new object: fields and types first, then the rules of its kind, and
// of the webhooks of cert-manager and DigitalOcean. Where unknown holds paths, the object is incomplete there and rules
// that could still be met are not applied.
func (k *kinds) check(kind kind, object map[string]any, unknown []string) []problem {
	if !kind.typed {
		errs, err := apiserver.ValidateMeta(object)
		if err != nil {
			return []problem{{Path: "metadata", Reason: err.Error()}}
		}
		return fromFieldErrors(errs, unknown)
	}
	if kind.is("", "Secret") {
		// The decoder would not say which key it is.
		if problems := checkBase64(object); len(problems) > 0 {
			return problems
		}
		if undecided("stringData", unknown) {
			unknown = append(unknown, "data")
		}
	}
	typed, problems := k.decode(kind, object)
	if len(problems) > 0 {
		return problems
	}
	errs := apiserver.Validate(kind.GroupVersionKind, asCreated(kind, object), nil, kind.namespaced)
	return fromFieldErrors(append(errs, webhooks(kind, typed)...), unknown)
}

// asCreated is a new object with what the API server gives it before it validates.
func asCreated(kind kind, object map[string]any) map[string]any {
	object = copyOf(object)
	if _, ok := object["metadata"].(map[string]any); ok {
		put(object, uuid.Nil.String(), "metadata", "uid")
	}
	if !kind.is("", "Service") {
		return object
	}
	complete, err := apiserver.Default(kind.GroupVersionKind, object)
	if err != nil {
		return object
	}
	allocate(complete, nil)
	return complete
}

func checkBase64(object map[string]any) []problem {
	var problems []problem
	data, _ := object["data"].(map[string]any)
	for _, key := range sortedKeys(data) {
		value, isText := data[key].(string)
		if _, err := base64.StdEncoding.DecodeString(value); isText && err != nil {
			problems = append(problems, problem{
				Path:   "data[" + key + "]",
				Reason: "the value is not base64; stringData takes plain text",
			})
		}
	}
	return problems
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
	if value == "" {
		return nil
	}
	for _, a := range allowed {
		if value == a {
			return nil
		}
	}
	return field.ErrorList{field.NotSupported(at, value, allowed)}
}
