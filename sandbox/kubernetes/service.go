package kubernetes

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/digitalocean"
)

// Annotations of a Service that DigitalOcean's cloud controller manager acts on
// (docs/controllers/services/annotations.md of digitalocean-cloud-controller-manager).
const (
	loadBalancerPrefix = "service.beta.kubernetes.io/do-loadbalancer-"
	loadBalancerID     = "kubernetes.digitalocean.com/load-balancer-id"
	disown             = "service.kubernetes.io/do-loadbalancer-disown"
)

// defaultLoadBalancerType is so from DOKS 1.33 on (digitalocean-cloud-controller-manager v0.1.61).
const defaultLoadBalancerType = "REGIONAL_NETWORK"

// settleService gives a Service of type LoadBalancer its load balancer, and waits for pods behind a selector.
func (v view) settleService(r record, service *core.Service) (map[string]any, []notYet, error) {
	status, _ := r.Live["status"].(map[string]any)
	if status == nil {
		status = map[string]any{"loadBalancer": map[string]any{}}
	}
	switch balanced := service.Spec.Type == core.ServiceTypeLoadBalancer; {
	case service.Annotations[disown] == "true":
		// The controller leaves the load balancer and the Service's status alone.
	case balanced:
		address, err := v.adoptLoadBalancer(r, service)
		if err != nil {
			missing := []notYet{{reason: "Service was not allocated an IP address: " + err.Error(), final: true}}
			//nolint:nilerr // the Service exists; what it waits for is no failure to write it
			return status, missing, nil
		}
		front := map[string]any{"ip": address, "ipMode": "VIP"}
		if host := service.Annotations[loadBalancerPrefix+"hostname"]; host != "" {
			front = map[string]any{"hostname": host}
		}
		status = map[string]any{"loadBalancer": map[string]any{"ingress": []any{front}}}
	case at(status, "loadBalancer", "ingress") != nil:
		// It was of type LoadBalancer before.
		if balancer, ok := v.loadBalancerOf(service); ok {
			if err := v.Delete(loadBalancerType, balancer.ID); err != nil {
				return nil, nil, err
			}
		}
		status = map[string]any{"loadBalancer": map[string]any{}}
	}
	if service.Spec.Type == core.ServiceTypeExternalName || service.Spec.ClusterIP == core.ClusterIPNone ||
		len(service.Spec.Selector) == 0 {
		return status, nil, nil
	}
	if !v.hasPods(service.Namespace, service.Spec.Selector) {
		return status, []notYet{{
			reason: "Service does not target any Pods. Selected Pods may not be ready, or field '.spec.selector' " +
				"may not match labels on any Pods",
			pulumi: true,
		}}, nil
	}
	return status, nil, nil
}

// adoptLoadBalancer finds the load balancer that the Service names, or makes one, and configures it as the Service
// says. It returns its address.
func (v view) adoptLoadBalancer(r record, service *core.Service) (string, error) {
	wantedType := cmp.Or(service.Annotations[loadBalancerPrefix+"type"], defaultLoadBalancerType)
	balancer, ok := v.loadBalancerOf(service)
	if !ok {
		var err error
		if balancer, err = digitalocean.OrderLoadBalancer(v.Tx, map[string]any{
			"name": loadBalancerName(service), "region": v.cluster.Region, "type": wantedType,
			"vpcUuid": v.cluster.VPC, "network": "EXTERNAL", clusterKey: v.cluster.ID,
		}); err != nil {
			return "", err
		}
	}
	haveType := text(balancer.Outputs, "type")
	if haveType != "" && haveType != wantedType {
		return "", fmt.Errorf("load balancer %s is of type %s, the Service asks for %s (annotation %stype, "+
			"by default %s): the type of a load balancer cannot be changed",
			balancer.ID, haveType, wantedType, loadBalancerPrefix, defaultLoadBalancerType)
	}
	if vpc := text(balancer.Outputs, "vpcUuid"); vpc != "" && v.cluster.VPC != "" && vpc != v.cluster.VPC {
		return "", fmt.Errorf("load balancer %s is in VPC %s, the cluster in %s", balancer.ID, vpc, v.cluster.VPC)
	}
	proxy, _ := strconv.ParseBool(service.Annotations[loadBalancerPrefix+"enable-proxy-protocol"])

	// A network load balancer passes packets on and ignores the annotation without a word.
	balancer.Outputs["enableProxyProtocol"] = proxy && haveType != "REGIONAL_NETWORK"
	balancer.Outputs["forwardingRules"] = forwardingRules(service)
	balancer.Outputs["healthcheck"] = healthcheck(service)
	if name := service.Annotations[loadBalancerPrefix+"name"]; name != "" {
		balancer.Outputs["name"] = name
	}

	// The controller writes the ID back, so that it finds the load balancer again.
	before := runtime.DeepCopyJSON(r.Live)
	put(r.Live, balancer.ID, "metadata", "annotations", loadBalancerID)
	if service.Annotations[loadBalancerID] != balancer.ID {
		if _, err := v.update(r, before, "digitalocean-cloud-controller-manager"); err != nil {
			return "", err
		}
	}
	return text(balancer.Outputs, "ip"), v.Put(balancer)
}

// loadBalancerOf finds the load balancer of a Service: by the ID that is written there, else by the name that the
// controller gives to those it makes.
func (v view) loadBalancerOf(service *core.Service) (cloud.Object, bool) {
	if balancer, ok := v.Get(loadBalancerType, service.Annotations[loadBalancerID]); ok {
		return balancer, true
	}
	for _, balancer := range v.List(loadBalancerType) {
		if text(balancer.Inputs, "name") == loadBalancerName(service) {
			return balancer, true
		}
	}
	return cloud.Object{}, false
}

// loadBalancerName is "a" and the Service's UID without dashes, cut to 32 characters.
func loadBalancerName(service *core.Service) string {
	name := "a" + strings.ReplaceAll(string(service.UID), "-", "")
	return name[:min(len(name), 32)]
}

// forwardingRules are one per port: the controller forwards to the port's node port. TLS ends at the Ingress.
func forwardingRules(service *core.Service) []any {
	var rules []any
	for _, port := range service.Spec.Ports {
		protocol := strings.ToLower(string(port.Protocol))
		rules = append(rules, map[string]any{
			"entryPort": float64(port.Port), "targetPort": float64(port.NodePort), "tlsPassthrough": false,
			"entryProtocol": protocol, "targetProtocol": protocol,
		})
	}
	return rules
}

// healthcheck asks the node's health port with externalTrafficPolicy Local and kube-proxy's otherwise.
func healthcheck(service *core.Service) map[string]any {
	port := 10256.0
	if service.Spec.ExternalTrafficPolicy == core.ServiceExternalTrafficPolicyLocal {
		port = float64(service.Spec.HealthCheckNodePort)
	}
	return map[string]any{
		"checkIntervalSeconds": 3.0, "responseTimeoutSeconds": 5.0, "unhealthyThreshold": 3.0, "healthyThreshold": 5.0,
		"protocol": "http", "port": port, "path": "/healthz",
	}
}

// releaseLoadBalancer deletes the load balancer of a Service that is deleted, unless the Service disowned it.
func (v view) releaseLoadBalancer(r record) error {
	typed, _ := decode(r.Kind, r.Live)
	service, ok := typed.(*core.Service)
	if !ok || service.Spec.Type != core.ServiceTypeLoadBalancer || service.Annotations[disown] == "true" {
		return nil
	}
	if balancer, ok := v.loadBalancerOf(service); ok {
		return v.Delete(loadBalancerType, balancer.ID)
	}
	return nil
}
