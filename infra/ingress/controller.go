package ingress

import (
	"strconv"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/internal/kube"
	"github.com/vmstio/infrastructure/infra/settings"
)

const (
	// controllerName is the name of the controller's namespace, of its release, and with that, by the chart's rules, of
	// its objects.
	controllerName = "ingress-nginx"
	// className is the IngressClass of the controller.
	className = "nginx"
)

// The values of the chart ingress-nginx that differ from its defaults, or that must not change with them. Every field
// was looked up in the values and templates of chart 4.15.1. What is well as it is there: snippet annotations are
// forbidden, Ingresses without a class are ignored, the path types are strict, worker processes drain for 240 of the
// 300 seconds that a pod has to stop.
type (
	controller struct {
		Image          *controllerImage  `json:"image,omitempty"`
		ReplicaCount   int               `json:"replicaCount"`
		MaxUnavailable int               `json:"maxUnavailable"`
		Resources      kube.Resources    `json:"resources"`
		NodeSelector   map[string]string `json:"nodeSelector,omitempty"`
		// ExtraArgs are arguments of the controller itself.
		ExtraArgs map[string]string `json:"extraArgs"`
		// ProxySetHeaders are headers of every request to a backend.
		ProxySetHeaders           map[string]string `json:"proxySetHeaders"`
		TopologySpreadConstraints []kube.Spread     `json:"topologySpreadConstraints"`
		IngressClassResource      ingressClass      `json:"ingressClassResource"`
		IngressClass              string            `json:"ingressClass"`
		// Config is a ConfigMap, so that all its values are text.
		Config            map[string]string `json:"config"`
		Service           service           `json:"service"`
		AdmissionWebhooks webhooks          `json:"admissionWebhooks"`
		Metrics           toggle            `json:"metrics"`
	}
	// controllerImage is what the settings have of the image. A field that is left out stays the chart's, but for the
	// digest: that of the chart belongs to the chart's own image.
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
)

// controllerValues are all the values of the chart.
func (a *Args) controllerValues() (pulumi.Map, error) {
	var nodes map[string]string
	if a.Pool != "" {
		// The chart's own selector is merged with it.
		nodes = map[string]string{settings.PoolLabel: a.Pool}
	}
	values, err := kube.Values(map[string]controller{"controller": {
		Image:        (*controllerImage)(a.Image),
		ReplicaCount: a.Replicas,
		// The chart makes the budget from two replicas on.
		MaxUnavailable: 1,
		Resources:      kube.ResourcesOf(a.Resources),
		NodeSelector:   nodes,
		// The load balancer notices after three checks of three seconds that a node has no pod any more
		// (digitalocean-cloud-controller-manager, loadbalancers.go). Until then the old pod has to answer.
		ExtraArgs: map[string]string{"shutdown-grace-period": "30"},
		// When the request came in, from which Puma's metrics tell how long it waited for a thread.
		ProxySetHeaders: map[string]string{"X-Request-Start": "t=${msec}"},
		TopologySpreadConstraints: kube.SpreadOverNodes(
			kube.Labels(controllerName, controllerName, "controller"), kube.DoNotSchedule),
		IngressClassResource: ingressClass{Name: className},
		IngressClass:         className,
		Config:               a.nginxConfig(),
		Service: service{
			Annotations: a.annotations(),
			// Only nodes with a controller pod answer the load balancer's health check, and none of them forwards a
			// connection to another node: that keeps the client's address where there is no proxy protocol, and saves a
			// hop.
			ExternalTrafficPolicy: "Local",
		},
		// DigitalOcean upgrades no cluster with a webhook that may take 30 seconds.
		AdmissionWebhooks: webhooks{TimeoutSeconds: 10},
		Metrics:           toggle{true},
	}})
	if err != nil {
		return nil, err
	}
	kube.Set(values, a.LoadBalancerID, "controller", "service", "annotations", idAnnotation)
	return values, kube.Merge(values, a.Values)
}

// The annotations of the Service. All values are strings.
// digitalocean-cloud-controller-manager, docs/controllers/services/annotations.md
const (
	// idAnnotation adopts the load balancer with that ID.
	idAnnotation       = "kubernetes.digitalocean.com/load-balancer-id"
	balancerAnnotation = "service.beta.kubernetes.io/do-loadbalancer-"
)

// annotations are those of the Service but for the load balancer's ID, which is only known when the program runs.
func (a *Args) annotations() map[string]string {
	return map[string]string{
		// With a host instead of the address in the Service's status, the cluster's own requests to it leave the
		// cluster and come back through the load balancer. Else they would arrive without proxy protocol, and be
		// refused.
		balancerAnnotation + "hostname": a.Domain,
		// The name, or the controller renames it to one of its own.
		balancerAnnotation + "name": a.LoadBalancerName,
		// Always written: DOKS makes REGIONAL_NETWORK the default from 1.33 on, which ignores proxy protocol without an
		// error.
		balancerAnnotation + "type":                  string(a.LoadBalancer.Type),
		balancerAnnotation + "network":               "EXTERNAL",
		balancerAnnotation + "network-stack":         string(a.LoadBalancer.NetworkStack),
		balancerAnnotation + "size-unit":             strconv.Itoa(a.LoadBalancer.Nodes),
		balancerAnnotation + "enable-proxy-protocol": strconv.FormatBool(a.LoadBalancer.ProxyProtocol),
	}
}
