package kubernetes_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

const (
	ingressToken     = "kubernetes:networking.k8s.io/v1:Ingress"
	issuerToken      = "kubernetes:cert-manager.io/v1:ClusterIssuer"
	certificateToken = "kubernetes:cert-manager.io/v1:Certificate"
)

func TestRefusedObjects(t *testing.T) {
	t.Parallel()
	web := deployment("web", pod(nil))
	container := func(key string, value any) object {
		return with(web, value, "spec", "template", "spec", "containers", 0, key)
	}
	ports := func(ports ...any) object {
		return object{"metadata": object{"name": "web"}, "spec": object{"ports": ports}}
	}
	path := func(path object) object {
		return object{
			"metadata": object{"name": "web"},
			"spec":     object{"rules": []any{object{"host": "a.test", "http": object{"paths": []any{path}}}}},
		}
	}
	backend := object{"service": object{"name": "web", "port": object{"number": 80}}}
	for name, test := range map[string]struct {
		token  string
		object object
		// path and reason are of the only failure.
		path, reason string
	}{
		"unknown field": {
			deploymentToken, container("imagee", "x"), "spec.template.spec.containers[0].imagee", `no field "imagee"`,
		},
		"field in another case": {
			deploymentToken, with(web, 1, "spec", "Replicas"), "spec.Replicas", `no field "Replicas"`,
		},
		"wrong type": {
			deploymentToken, with(web, "two", "spec", "replicas"), "spec.replicas", "expected numeric",
		},
		"fraction": {
			deploymentToken, with(web, 1.5, "spec", "replicas"),
			"", "cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32",
		},
		"number for text": {
			configMapToken, object{"data": object{"port": 25060}}, "data.port", "expected string",
		},
		"number for an environment variable": {
			deploymentToken,
			container("env", []any{object{"name": "A", "value": "x"}, object{"name": "PORT", "value": 25060}}),
			`spec.template.spec.containers[name="main"].env[name="PORT"].value`, "expected string",
		},
		"other kind": {
			configMapToken, object{"kind": "Secret"}, "kind", `got "Secret", the resource's type says "ConfigMap"`,
		},
		"bad name": {
			configMapToken,
			object{"metadata": object{"name": "Mr_Spock"}},
			"metadata.name", "lowercase RFC 1123 subdomain",
		},
		"service name with a dot": {
			serviceToken, with(ports(object{"port": 80}), "a.b", "metadata", "name"),
			"metadata.name", "DNS-1035 label",
		},
		"long job name": {
			jobToken, with(job("a"), strings.Repeat("a", 64), "metadata", "name"),
			"spec.template.labels", "no more than 63",
		},
		"namespace for a namespace": {
			namespaceToken,
			object{"metadata": object{"name": "ship", "namespace": "x"}},
			"metadata.namespace", "not allowed on this type",
		},
		"label value": {
			configMapToken, object{"metadata": object{"labels": object{"a": "b c"}}}, "metadata.labels", "valid label",
		},
		"annotation key": {
			configMapToken,
			object{"metadata": object{"annotations": object{"a b": "c"}}},
			"metadata.annotations", "name part must consist",
		},
		"custom metadata": {
			"kubernetes:example.test/v1:Ship",
			object{"metadata": object{"name": "Main"}},
			"metadata.name", "lowercase RFC 1123 subdomain",
		},
		"selector misses the pods": {
			deploymentToken, with(web, "api", "spec", "selector", "matchLabels", "app"),
			"spec.template.metadata.labels", "does not match",
		},
		"no containers": {
			deploymentToken, with(web, []any{}, "spec", "template", "spec", "containers"),
			"spec.template.spec.containers", "Required value",
		},
		"no image": {
			deploymentToken, container("image", nil), "spec.template.spec.containers[0].image", "Required value",
		},
		"env with two sources": {
			deploymentToken,
			container("env", []any{
				object{"name": "A", "value": "x", "valueFrom": object{"secretKeyRef": object{"name": "s", "key": "k"}}},
			}),
			"spec.template.spec.containers[0].env[0].valueFrom", "may not be specified when `value` is not empty",
		},
		"mount without volume": {
			deploymentToken, container("volumeMounts", []any{object{"name": "v", "mountPath": "/v"}}),
			"spec.template.spec.containers[0].volumeMounts[0].name", "Not found",
		},
		"more requested than allowed": {
			deploymentToken,
			container("resources", object{"requests": object{"memory": "2Gi"}, "limits": object{"memory": "1Gi"}}),
			"spec.template.spec.containers[0].resources.requests", "memory limit of 1Gi",
		},
		"bad quantity": {
			deploymentToken, container("resources", object{"requests": object{"memory": "2 GB"}}),
			"", "quantities must match",
		},
		"probe without a check": {
			deploymentToken, container("livenessProbe", object{"periodSeconds": 5}),
			"spec.template.spec.containers[0].livenessProbe", "must specify a handler type",
		},
		"container port": {
			deploymentToken, container("ports", []any{object{"containerPort": 70000}}),
			"spec.template.spec.containers[0].ports[0].containerPort", "between 1 and 65535",
		},
		"two containers of one name": {
			deploymentToken,
			with(web, []any{object{"name": "main", "image": "a"}, object{"name": "main", "image": "b"}},
				"spec", "template", "spec", "containers"),
			"spec.template.spec.containers[1].name", "Duplicate value",
		},
		"recreate with rolling parameters": {
			deploymentToken,
			with(web, object{"type": "Recreate", "rollingUpdate": object{"maxSurge": 1}}, "spec", "strategy"),
			"spec.strategy.rollingUpdate", "Recreate",
		},
		"neither surge nor unavailable": {
			deploymentToken,
			with(web, object{"rollingUpdate": object{"maxSurge": 0, "maxUnavailable": "0%"}}, "spec", "strategy"),
			"spec.strategy.rollingUpdate.maxUnavailable", "may not be 0",
		},
		"spread without a key": {
			deploymentToken,
			with(web, []any{object{"maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}},
				"spec", "template", "spec", "topologySpreadConstraints"),
			"spec.template.spec.topologySpreadConstraints[0].topologyKey", "Required value",
		},
		"job that always restarts": {
			jobToken, with(job("a"), "Always", "spec", "template", "spec", "restartPolicy"),
			"spec.template.spec.restartPolicy", `"OnFailure", "Never"`,
		},
		"schedule": {
			"kubernetes:batch/v1:CronJob",
			object{
				"metadata": object{"name": "tidy"},
				"spec":     object{"schedule": "daily", "jobTemplate": object{"spec": job("a")["spec"]}},
			},
			"spec.schedule", "exactly 5 fields",
		},
		"two budgets": {
			"kubernetes:policy/v1:PodDisruptionBudget",
			object{"metadata": object{"name": "web"}, "spec": object{"minAvailable": 1, "maxUnavailable": "50%"}},
			"spec", "cannot be both set",
		},
		"autoscaler": {
			"kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
			object{
				"metadata": object{"name": "web"},
				"spec": object{
					"minReplicas": 3, "maxReplicas": 2,
					"scaleTargetRef": object{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
				},
			},
			"spec.maxReplicas", "`minReplicas`",
		},
		"data that is not base64": {
			secretToken, object{"data": object{"key": "not base64!"}}, "", "not a v1 Secret: illegal base64 data",
		},
		"key of a ConfigMap": {
			configMapToken, object{"data": object{"a/b": "c"}}, "data[a/b]", "a valid config key",
		},
		"TLS without a key": {
			secretToken,
			object{"type": "kubernetes.io/tls", "stringData": object{"tls.crt": "x"}},
			"data[tls.key]", "Required value",
		},
		"service without ports": {serviceToken, ports(), "spec.ports", "Required value"},
		"ports without names": {
			serviceToken, ports(object{"port": 80}, object{"port": 443, "name": "https"}),
			"spec.ports[0].name", "Required value",
		},
		"port twice": {
			serviceToken, ports(object{"port": 80, "name": "a"}, object{"port": 80, "name": "b"}),
			"spec.ports[1]", "Duplicate value",
		},
		"policy of an inside service": {
			serviceToken, with(ports(object{"port": 80}), "Local", "spec", "externalTrafficPolicy"),
			"spec.externalTrafficPolicy", "externally-accessible",
		},
		"annotation of the cloud": {
			serviceToken,
			with(ports(object{"port": 80}), "yes",
				"metadata", "annotations", "service.beta.kubernetes.io/do-loadbalancer-enable-proxy-protocol"),
			"metadata.annotations[service.beta.kubernetes.io/do-loadbalancer-enable-proxy-protocol]",
			`want "true" or "false"`,
		},
		"path without a type": {
			ingressToken, path(object{"path": "/", "backend": backend}),
			"spec.rules[0].http.paths[0].pathType", "Required value",
		},
		"relative path": {
			ingressToken, path(object{"path": "x", "pathType": "Prefix", "backend": backend}),
			"spec.rules[0].http.paths[0].path", "absolute",
		},
		"backend with two ports": {
			ingressToken,
			path(object{
				"path": "/", "pathType": "Prefix", "backend": with(backend, "http", "service", "port", "name"),
			}),
			"spec.rules[0].http.paths[0].backend", "cannot set both port name & port number",
		},
		"address range": {
			"kubernetes:networking.k8s.io/v1:NetworkPolicy",
			object{
				"metadata": object{"name": "web"},
				"spec": object{
					"podSelector": object{},
					"ingress":     []any{object{"from": []any{object{"ipBlock": object{"cidr": "10.0.0.0"}}}}},
				},
			},
			"spec.ingress[0].from[0].ipBlock.cidr", "must be a valid CIDR",
		},
		"role without verbs": {
			"kubernetes:rbac.authorization.k8s.io/v1:Role",
			object{"rules": []any{object{"resources": []any{"pods"}, "apiGroups": []any{""}}}},
			"rules[0].verbs", "Required value",
		},
		"webhook": {
			"kubernetes:admissionregistration.k8s.io/v1:ValidatingWebhookConfiguration",
			object{"metadata": object{"name": "guard"}, "webhooks": []any{object{
				"name": "guard.example.test", "clientConfig": object{"url": "https://guard.example.test"},
				"sideEffects": "None", "admissionReviewVersions": []any{"v1"}, "failurePolicy": "Perhaps",
			}}},
			"webhooks[0].failurePolicy", `supported values: "Fail", "Ignore"`,
		},
		"volume without a source": {
			"kubernetes:core/v1:PersistentVolume",
			object{
				"metadata": object{"name": "disk"},
				"spec":     object{"capacity": object{"storage": "1Gi"}, "accessModes": []any{"ReadWriteOnce"}},
			},
			"spec", "must specify a volume type",
		},
		"template without containers": {
			"kubernetes:core/v1:PodTemplate",
			object{"metadata": object{"name": "web"}, "template": object{"spec": object{"containers": []any{}}}},
			"template.spec.containers", "Required value",
		},
		"lease": {
			"kubernetes:coordination.k8s.io/v1:Lease",
			object{"metadata": object{"name": "web"}, "spec": object{"leaseDurationSeconds": -1}},
			"spec.leaseDurationSeconds", "must be greater than 0",
		},
		"endpoints": {
			"kubernetes:discovery.k8s.io/v1:EndpointSlice",
			object{"metadata": object{"name": "web"}, "addressType": "IPv4", "endpoints": []any{object{}}},
			"endpoints[0].addresses", "must contain at least 1 address",
		},
		"runtime": {
			"kubernetes:node.k8s.io/v1:RuntimeClass",
			object{"metadata": object{"name": "gvisor"}, "handler": "a_b"},
			"handler", "RFC 1123 label",
		},
		"claim for a namespace": {
			"kubernetes:resource.k8s.io/v1:DeviceClass",
			object{"metadata": object{"name": "gpu", "namespace": "ship"}},
			"metadata.namespace", "not allowed on this type",
		},
		"signing request in a namespace": {
			"kubernetes:certificates.k8s.io/v1:CertificateSigningRequest",
			object{"metadata": object{"name": "web", "namespace": "ship"}},
			"metadata.namespace", "not allowed on this type",
		},
		"certificate without names": {
			certificateToken,
			object{"spec": object{"secretName": "tls", "issuerRef": object{"name": "le"}}},
			"spec", "at least one of",
		},
		"issuer of two kinds": {
			issuerToken,
			object{"spec": object{"selfSigned": object{}, "ca": object{"secretName": "ca"}}},
			"spec", "more than one",
		},
		"misspelt solver": {
			issuerToken,
			object{"spec": object{"acme": object{
				"server": "https://acme.test", "privateKeySecretRef": object{"name": "k"},
				"solvers": []any{object{"dns01": object{"digitalOcean": object{}}}},
			}}},
			"spec.acme.solvers[0].dns01.digitalOcean", `no field "digitalOcean"`,
		},
		"solver without a token": {
			issuerToken,
			object{"spec": object{"acme": object{
				"server": "https://acme.test", "privateKeySecretRef": object{"name": "k"},
				"solvers": []any{
					object{"dns01": object{"digitalocean": object{"tokenSecretRef": object{"name": "t"}}}},
				},
			}}},
			"spec.acme.solvers[0].dns01.digitalocean.tokenSecretRef.key", "Required value",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, failures, err := newWorld(t).check(test.token, properties(test.object))
			if err != nil {
				t.Fatal(err)
			}
			if len(failures) != 1 || string(failures[0].Property) != test.path ||
				!strings.Contains(failures[0].Reason, test.reason) {
				t.Errorf("failures %v, want one at %q that contains %q", failures, test.path, test.reason)
			}
		})
	}
}

// TestUnknownValuesPass holds that a value which is not known yet is nothing to complain about, and that everything
// else still is.
func TestUnknownValuesPass(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	unknown := resource.MakeComputed(resource.NewStringProperty(""))
	inputs := properties(deployment("web", pod(object{"env": []any{object{"name": "A"}, object{"name": "B"}}})))
	spec := inputs["spec"].ObjectValue()
	template := spec["template"].ObjectValue()
	container := template["spec"].ObjectValue()["containers"].ArrayValue()[0].ObjectValue()
	container["image"] = unknown
	container["env"].ArrayValue()[0] = unknown
	spec["replicas"] = resource.MakeSecret(unknown)
	template["metadata"].ObjectValue()["labels"].ObjectValue()["app"] = unknown
	w.checked(deploymentToken, inputs)
	w.checked(secretToken, resource.PropertyMap{
		"stringData": unknown, "type": resource.NewStringProperty("kubernetes.io/tls"),
	})
	w.checked(configMapToken, resource.PropertyMap{"metadata": unknown})
	container["name"] = resource.NewStringProperty("NOT A NAME")
	_, failures, err := w.check(deploymentToken, inputs)
	if err != nil || len(failures) != 1 || failures[0].Property != "spec.template.spec.containers[0].name" {
		t.Errorf("failures %v, %v, want one for the container's name", failures, err)
	}
}

// TestGoodObjects has what the rules above must not refuse.
func TestGoodObjects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for token, good := range map[string]object{
		deploymentToken: deployment("web", object{
			"volumes": []any{object{"name": "tmp", "emptyDir": object{}}},
			"containers": []any{with(pod(nil)["containers"].([]any)[0].(object),
				[]any{object{"name": "tmp", "mountPath": "/tmp"}}, "volumeMounts")},
			"affinity": nil,
		}),
		serviceToken: {
			"metadata": object{"name": "db"}, "spec": object{"type": "ExternalName", "externalName": "db.test"},
		},
		ingressToken: {
			"metadata": object{"name": "web"},
			"spec": object{
				"defaultBackend": object{"service": object{"name": "web", "port": object{"name": "http"}}},
				"tls":            []any{object{"hosts": []any{"*.a.test"}}},
			},
		},
		"kubernetes:batch/v1:CronJob": {
			"metadata": object{"name": "tidy"},
			"spec":     object{"schedule": "17 3 * * MON-FRI", "jobTemplate": object{"spec": job("a")["spec"]}},
		},
		"kubernetes:policy/v1:PodDisruptionBudget": {
			"metadata": object{"name": "web"},
			"spec":     object{"maxUnavailable": "50%", "selector": object{"matchLabels": object{"app": "web"}}},
		},
		"kubernetes:core/v1:ServiceAccount": {"automountServiceAccountToken": false},
		"kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding": {
			"metadata": object{"name": "system:web"},
			"roleRef":  object{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
			"subjects": []any{object{"kind": "ServiceAccount", "name": "web", "namespace": "ship"}},
		},
		issuerToken: {"spec": object{"acme": object{
			"server": "https://acme.test", "privateKeySecretRef": object{"name": "k"},
			"solvers": []any{
				object{"dns01": object{"digitalocean": object{"tokenSecretRef": object{"name": "t", "key": "token"}}}},
			},
		}}},
	} {
		w.checked(token, properties(good))
	}
}
