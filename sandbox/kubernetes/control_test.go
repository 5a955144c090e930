package kubernetes_test

import (
	"testing"
	"time"

	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/kubernetes"
)

const (
	annotationID     = "kubernetes.digitalocean.com/load-balancer-id"
	annotationPrefix = "service.beta.kubernetes.io/do-loadbalancer-"
)

func TestWorkloadsBecomeReady(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(namespaceToken, namespaceObject("ship"))
	created := w.create(deploymentToken, deployment("web", pod(nil))).Properties.Mappable()
	wantValue(t, created, 2, "status", "availableReplicas")
	wantValue(t, w.create(jobToken, job("a")).Properties.Mappable(), 1, "status", "succeeded")
	suspended := w.create(jobToken, with(with(job("a"), "later", "metadata", "name"), true, "spec", "suspend"))
	wantValue(t, suspended.Properties.Mappable(), "Suspended", "status", "conditions", 0, "type")
	set := w.create("kubernetes:apps/v1:DaemonSet", with(deployment("agent", pod(nil)), nil, "spec", "replicas"))
	wantValue(t, set.Properties.Mappable(), 2, "status", "numberReady")
}

func TestPodsNeedWhatTheyReferTo(t *testing.T) {
	t.Parallel()
	ref := func(extra object) object { return deployment("web", pod(extra)) }
	env := func(source string, ref object) object {
		return pod(object{"env": []any{object{"name": "A", "valueFrom": object{source: ref}}}})
	}
	volume := func(source object) object {
		return with(deployment("web", pod(nil)), []any{with(source, "v", "name")},
			"spec", "template", "spec", "volumes")
	}
	for name, test := range map[string]struct {
		object object
		want   string
	}{
		"secret": {
			ref(object{"envFrom": []any{object{"secretRef": object{"name": "s"}}}}), `secret "s" not found`,
		},
		"optional secret": {
			ref(object{"envFrom": []any{object{"secretRef": object{"name": "s", "optional": true}}}}), "",
		},
		"config map": {
			ref(object{"envFrom": []any{object{"configMapRef": object{"name": "c"}}}}), `configmap "c" not found`,
		},
		"key": {
			deployment("web", env("secretKeyRef", object{"name": "key", "key": "b"})),
			"couldn't find key b in Secret ship/key",
		},
		"key that exists": {deployment("web", env("secretKeyRef", object{"name": "key", "key": "a"})), ""},
		"volume":          {volume(object{"secret": object{"secretName": "s"}}), `secret "s" not found`},
		"claim": {
			volume(object{"persistentVolumeClaim": object{"claimName": "p"}}), `persistentvolumeclaim "p" not found`,
		},
		"account": {
			with(deployment("web", pod(nil)), "bot", "spec", "template", "spec", "serviceAccountName"),
			`serviceaccount "bot" not found`,
		},
		"default account": {
			with(deployment("web", pod(nil)), "default", "spec", "template", "spec", "serviceAccountName"), "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.create(namespaceToken, namespaceObject("ship"))
			w.create(secretToken, secret("Opaque"))
			_, err := w.tryCreate(deploymentToken, test.object)
			if test.want == "" {
				if err != nil {
					t.Error(explain(err))
				}
				return
			}
			wantError(t, err, "its pods cannot start: "+test.want)

			// Who does not wait does not mind.
			w.delete(deploymentToken, "ship/web")
			w.create(deploymentToken, with(test.object, "true", "metadata", "annotations", "pulumi.com/skipAwait"))
		})
	}
}

// TestObjectsWaitForEachOther holds that objects of one update, which the engine makes in parallel, find each other.
func TestObjectsWaitForEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *kubernetes.Options) { o.Patience = time.Minute })
	w.create(namespaceToken, namespaceObject("ship"))
	done := make(chan error)
	go func() {
		_, err := w.tryCreate(deploymentToken, deployment("web", pod(object{
			"envFrom": []any{object{"secretRef": object{"name": "key"}}},
		})))
		done <- err
	}()
	w.create(secretToken, secret("Opaque"))
	if err := <-done; err != nil {
		t.Error(explain(err))
	}
}

func balancer(change object) cloud.Object {
	outputs := object{"name": "public", "ip": "203.0.113.7", "type": "REGIONAL", "vpcUuid": "vpc-1", "region": "tor1"}
	for key, value := range change {
		outputs[key] = value
	}
	return cloud.Object{Type: loadBalancerType, ID: "lb-1", Inputs: object{"name": "public"}, Outputs: outputs}
}

func balanced(annotations object) object {
	return object{
		"metadata": object{"name": "gate", "namespace": "default", "annotations": annotations},
		"spec": object{
			"type": "LoadBalancer", "externalTrafficPolicy": "Local",
			"ports": []any{object{"name": "http", "port": 80}, object{"name": "https", "port": 443}},
		},
	}
}

func TestServiceAdoptsLoadBalancer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(balancer(nil))
	annotations := object{
		annotationID: "lb-1", annotationPrefix + "type": "REGIONAL",
		annotationPrefix + "enable-proxy-protocol": "true", annotationPrefix + "name": "gate.test",
	}
	created := w.create(serviceToken, balanced(annotations)).Properties.Mappable()
	wantValue(t, created, "203.0.113.7", "status", "loadBalancer", "ingress", 0, "ip")
	adopted := w.stored(loadBalancerType, "lb-1")
	wantValue(t, adopted, true, "enableProxyProtocol")
	wantValue(t, adopted, "gate.test", "name")
	wantValue(t, adopted, 443, "forwardingRules", 1, "entryPort")
	wantValue(t, adopted, "tcp", "forwardingRules", 1, "entryProtocol")
	wantValue(t, adopted, get(created, "spec", "ports", 1, "nodePort"), "forwardingRules", 1, "targetPort")
	wantValue(t, adopted, "/healthz", "healthcheck", "path")
	if o, _ := w.cloud.Get(loadBalancerType, "lb-1"); get(o.Inputs, "name") != "public" {
		t.Errorf("the inputs of the load balancer were changed to %v", o.Inputs)
	}
	w.delete(serviceToken, "default/gate")
	w.gone(loadBalancerType, "lb-1")
}

func TestDisownedLoadBalancerStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(balancer(nil))
	before := balanced(object{annotationID: "lb-1", annotationPrefix + "type": "REGIONAL"})
	after := with(before, "true", "metadata", "annotations", "service.kubernetes.io/do-loadbalancer-disown")
	w.create(serviceToken, before)
	w.update(serviceToken, "default/gate", before, after)
	w.delete(serviceToken, "default/gate")
	wantValue(t, w.stored(loadBalancerType, "lb-1"), "203.0.113.7", "ip")
}

func TestServiceGetsNewLoadBalancer(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		annotations object
		want        string
		proxy       bool
	}{
		"none named": {nil, "REGIONAL_NETWORK", false},
		"unknown ID": {object{annotationID: "lb-9", annotationPrefix + "type": "REGIONAL"}, "REGIONAL", false},
		"proxy protocol": {
			object{annotationPrefix + "type": "REGIONAL", annotationPrefix + "enable-proxy-protocol": "true"},
			"REGIONAL", true,
		},
		// A network load balancer ignores it without a word, which breaks every connection.
		"ignored proxy protocol": {
			object{annotationPrefix + "enable-proxy-protocol": "true"}, "REGIONAL_NETWORK", false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.create(serviceToken, balanced(test.annotations))
			all := w.cloud.List(loadBalancerType)
			if len(all) != 1 {
				t.Fatalf("there are %d load balancers, want 1", len(all))
			}
			wantValue(t, all[0].Outputs, test.want, "type")
			wantValue(t, all[0].Outputs, test.proxy, "enableProxyProtocol")
			wantValue(t, all[0].Outputs, "vpc-1", "vpcUuid")
			service := w.stored(serviceToken, "default/gate")
			wantValue(t, service, get(all[0].Outputs, "ip"), "status", "loadBalancer", "ingress", 0, "ip")
			wantValue(t, service, all[0].ID, "metadata", "annotations", annotationID)

			// Another type of Service has no use for it.
			w.update(serviceToken, "default/gate", balanced(test.annotations), object{
				"metadata": object{"name": "gate", "namespace": "default"},
				"spec":     object{"ports": []any{object{"name": "http", "port": 80}}},
			})
			w.gone(loadBalancerType, all[0].ID)
		})
	}
}

func TestLoadBalancersThatDoNotFit(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		balancer    object
		annotations object
		want        string
	}{
		"type": {
			nil,
			object{annotationPrefix + "type": "REGIONAL_NETWORK"},
			"is of type REGIONAL, the Service asks for REGIONAL_NETWORK",
		},
		"default type": {nil, object{}, "by default REGIONAL_NETWORK"},
		"network": {
			object{"vpcUuid": "vpc-2"},
			object{annotationPrefix + "type": "REGIONAL"},
			"is in VPC vpc-2, the cluster in vpc-1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.put(balancer(test.balancer))
			_, err := w.tryCreate(serviceToken, balanced(with(test.annotations, "lb-1", annotationID)))
			wantError(t, err, test.want)
		})
	}
}

func TestServicesNeedPods(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(namespaceToken, namespaceObject("ship"))
	w.create(deploymentToken, deployment("web", pod(nil)))
	to := func(app string) object {
		return object{
			"metadata": object{"name": app, "namespace": "ship"},
			"spec":     object{"selector": object{"app": app}, "ports": []any{object{"port": 80}}},
		}
	}
	wantValue(t, w.create(serviceToken, to("web")).Properties.Mappable(), "ClusterIP", "spec", "type")
	_, err := w.tryCreate(serviceToken, to("api"))
	wantError(t, err, "Service does not target any Pods")
	w.create(serviceToken, with(with(to("api"), "None", "spec", "clusterIP"), "headless", "metadata", "name"))
}
