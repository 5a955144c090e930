package ingress

import (
	"strconv"
)

// controllerName is the name of the controller's release, and with it, by the
// chart's rules, of its objects.
const controllerName = "ingress-nginx"

// className is the IngressClass of the controller.
const className = "nginx"

// The values of the chart ingress-nginx that differ from its defaults, or that
// must not change with them. Every field was looked up in the values and templates
// of chart 4.15.1. What is well as it is there: snippet annotations are forbidden,
// Ingresses without a class are ignored, the path types are strict, worker
// processes drain for 240 of the 300 seconds that a pod has to stop.
type (
	controllerValues struct {
		Controller controller `json:"controller"`
	}
	controller struct {
		Image                     *controllerImage  `json:"image,omitempty"`
		ReplicaCount              int               `json:"replicaCount"`
		MaxUnavailable            int               `json:"maxUnavailable"`
		Resources                 resources         `json:"resources"`
		NodeSelector              map[string]string `json:"nodeSelector,omitempty"`
		TopologySpreadConstraints []spread          `json:"topologySpreadConstraints"`
		IngressClassResource      ingressClass      `json:"ingressClassResource"`
		IngressClass              string            `json:"ingressClass"`
		Config                    nginxConfig       `json:"config"`
		Service                   service           `json:"service"`
		AdmissionWebhooks         webhooks          `json:"admissionWebhooks"`
		Metrics                   metrics           `json:"metrics"`
	}
	controllerImage struct {
		Registry string `json:"registry,omitempty"`
		Image    string `json:"image,omitempty"`
		Tag      string `json:"tag,omitempty"`
		Digest   string `json:"digest"`
	}
	ingressClass struct {
		Name    string `json:"name"`
		Default bool   `json:"default"`
	}
	service struct {
		Annotations           map[string]string `json:"annotations"`
		ExternalTrafficPolicy string            `json:"externalTrafficPolicy"`
	}
	webhooks struct {
		TimeoutSeconds int `json:"timeoutSeconds"`
	}
	metrics struct {
		Enabled bool `json:"enabled"`
	}
)

// The annotations of the Service. All values are strings.
// digitalocean-cloud-controller-manager, docs/controllers/services/annotations.md
const (
	// idAnnotation adopts the load balancer with that ID.
	idAnnotation = "kubernetes.digitalocean.com/load-balancer-id"
	prefix       = "service.beta.kubernetes.io/do-loadbalancer-"
)

func (a *Args) controllerValues() controllerValues {
	values := controllerValues{Controller: controller{
		ReplicaCount: a.Replicas,
		// The chart makes the budget from two replicas on.
		MaxUnavailable:            1,
		Resources:                 a.Resources.values(),
		NodeSelector:              a.NodeSelector,
		TopologySpreadConstraints: spreadOverNodes(controllerName, controllerName, "controller"),
		IngressClassResource:      ingressClass{Name: className},
		IngressClass:              className,
		Config:                    a.nginxConfig(),
		Service: service{
			Annotations: a.LoadBalancer.annotations(),
			// Only nodes with a controller pod answer the load balancer's health check, and
			// none of them forwards a connection to another node: that keeps the client's
			// address where there is no proxy protocol, and saves a hop.
			ExternalTrafficPolicy: "Local",
		},
		// DigitalOcean upgrades no cluster with a webhook that may take 30 seconds.
		AdmissionWebhooks: webhooks{TimeoutSeconds: 10},
		Metrics:           metrics{Enabled: true},
	}}
	if image := a.Image; image != nil {
		values.Controller.Image = &controllerImage{
			Registry: image.Registry, Image: image.Image, Tag: image.Tag, Digest: image.Digest,
		}
	}
	return values
}

// annotations are those of the Service but for the load balancer's ID, which is
// only known when the program runs.
func (l *LoadBalancer) annotations() map[string]string {
	return map[string]string{
		// The name, or the controller renames it to one of its own.
		prefix + "name": l.Name,
		// Always written: DOKS makes REGIONAL_NETWORK the default from 1.33 on, which
		// ignores proxy protocol without an error.
		prefix + "type":                  l.Type,
		prefix + "network":               "EXTERNAL",
		prefix + "network-stack":         "IPV4",
		prefix + "size-unit":             strconv.Itoa(l.Nodes),
		prefix + "enable-proxy-protocol": strconv.FormatBool(l.ProxyProtocol),
	}
}
