package kubernetes_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"github.com/vmstio/infrastructure/sandbox/kubernetes"
	"github.com/vmstio/infrastructure/sandbox/kubernetes/helm"
)

// gateChart is a small ingress controller: what matters of a real one is in it.
var gateChart = map[string]string{
	"Chart.yaml": "apiVersion: v2\nname: gate\nversion: 1.2.3\nappVersion: \"9\"\nkubeVersion: '>=1.30.0-0'\n",
	"values.yaml": "annotations: {}\nimage: registry.test/gate:1\nsecret: admission\nmonitored: false\n" +
		"extra: true\n",
	"values.schema.json": `{"type": "object", "properties": {"extra": {"type": "boolean"}}}`,
	"templates/service.yaml": `apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}
  annotations: {{ toYaml .Values.annotations | nindent 4 }}
spec:
  type: LoadBalancer
  selector: {app: gate}
  ports: [{port: 443}]
`,
	"templates/deployment.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}, annotations: }
spec:
  replicas: 2
  selector: {matchLabels: {app: gate}}
  template:
    metadata: {labels: {app: gate}}
    spec:
      containers: [{name: gate, image: {{ .Values.image }}, volumeMounts: [{name: tls, mountPath: /tls}]}]
      volumes: [{name: tls, secret: {secretName: {{ .Values.secret }}}}]
`,
	"templates/class.yaml": `apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: gate}
spec: {controller: test/gate}
`,
	"templates/extra.yaml": `{{- if .Values.extra }}
apiVersion: v1
kind: ConfigMap
metadata: {name: extra}
data: {version: {{ .Capabilities.KubeVersion.Version | quote }}}
{{- end }}
{{- if .Values.monitored }}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: gate}
{{- end }}
`,
	"templates/hook.yaml": `apiVersion: batch/v1
kind: Job
metadata:
  name: make-certificate
  annotations: {helm.sh/hook: pre-install, helm.sh/hook-delete-policy: hook-succeeded}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: create, image: registry.test/certgen:1, args: [create, --secret-name=admission]}]
---
# Charts write a namespace into kinds that have none, and the API server takes it out.
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: make-certificate
  namespace: {{ .Release.Namespace }}
  annotations: {helm.sh/hook: pre-install}
rules: []
`,
	"templates/NOTES.txt": "Thank you.",
}

// withCharts writes charts into a directory and lets the provider use it.
func withCharts(t *testing.T, charts ...map[string]string) func(*kubernetes.Options) {
	t.Helper()
	dir := t.TempDir()
	for _, chart := range charts {
		_, rest, _ := strings.Cut(chart["Chart.yaml"], "name: ")
		name, _, _ := strings.Cut(rest, "\n")
		for file, text := range chart {
			path := filepath.Join(dir, name, file)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return func(o *kubernetes.Options) { o.Charts = helm.Source{{Path: dir}} }
}

func gate(values object) object {
	return object{
		"name": "gate", "namespace": "ingress", "chart": "gate", "version": "1.2.3", "createNamespace": true,
		"repositoryOpts": object{"repo": "https://charts.test"}, "values": values,
	}
}

var adopting = object{"annotations": object{annotationID: "lb-1", annotationPrefix + "type": "REGIONAL"}}

func TestLifeOfARelease(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withCharts(t, gateChart))
	w.put(balancer(nil))
	created := w.create(releaseToken, gate(adopting))
	if created.ID != "ingress/gate" {
		t.Errorf("the ID is %q, want ingress/gate", created.ID)
	}
	outputs := created.Properties.Mappable()
	wantValue(t, outputs,
		"map[appVersion:9 chart:gate name:gate namespace:ingress revision:1 status:deployed version:1.2.3]", "status")
	wantValue(t, w.stored(deploymentToken, "ingress/gate"), 2, "status", "availableReplicas")
	wantValue(t, w.stored(serviceToken, "ingress/gate"), "203.0.113.7", "status", "loadBalancer", "ingress", 0, "ip")
	wantValue(t, w.stored(configMapToken, "ingress/extra"), "v1.35.1", "data", "version")
	wantValue(t, w.stored(loadBalancerType, "lb-1"), 443, "forwardingRules", 0, "entryPort")
	w.stored(secretToken, "ingress/admission")
	w.gone(jobToken, "ingress/make-certificate")
	_, err := w.tryCreate(releaseToken, gate(nil))
	wantError(t, err, "cannot re-use a name")
	ingress := object{
		"metadata": object{"name": "web"},
		"spec": object{
			"ingressClassName": "gate",
			"defaultBackend":   object{"service": object{"name": "web", "port": object{"number": 80}}},
		},
	}
	wantValue(t, w.create(ingressToken, ingress).Properties.Mappable(), "203.0.113.7",
		"status", "loadBalancer", "ingress", 0, "ip")
	_, err = w.tryCreate(ingressToken,
		with(with(ingress, "other", "metadata", "name"), "nginx", "spec", "ingressClassName"))
	wantError(t, err, `no controller serves the ingress class "nginx"`)

	// What the chart no longer has goes away.
	updated := w.update(releaseToken, "ingress/gate", gate(adopting), gate(with(adopting, false, "extra")))
	wantValue(t, updated.Mappable(), 2, "status", "revision")
	w.gone(configMapToken, "ingress/extra")
	w.delete(releaseToken, "ingress/gate")
	w.gone(deploymentToken, "ingress/gate")
	w.gone(serviceToken, "ingress/gate")
	w.gone(loadBalancerType, "lb-1")
	w.gone(releaseToken, "ingress/gate")
}

func TestReleaseDrift(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withCharts(t, gateChart))
	inputs := w.checked(releaseToken, properties(gate(object{"extra": false})))
	w.create(releaseToken, inputs.Mappable())
	o, _ := w.cloud.Get(releaseToken, "ingress/gate")
	o.Outputs["values"] = object{"extra": true}
	w.put(o)
	read := w.read(releaseToken, "ingress/gate", inputs)
	diff, err := w.provider.Diff(context.Background(), plugin.DiffRequest{
		Type: releaseToken, OldInputs: read.Inputs, NewInputs: inputs,
	})
	paths := slices.Collect(maps.Keys(diff.DetailedDiff))
	if err != nil || !slices.Equal(paths, []string{"values.extra"}) {
		t.Errorf("diff %v, %v, want values.extra", paths, err)
	}
	w.delete(namespaceToken, "ingress")
	if gone := w.read(releaseToken, "ingress/gate", inputs); gone.ID != "" {
		t.Error("the release outlived the namespace that holds its record")
	}
}

func TestRefusedReleases(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		release object
		// property and reason are of a failed check; without property the creation fails.
		property, reason string
	}{
		"unknown property": {
			with(gate(nil), true, "wait"), "wait", "unknown property wait; known are allowNullValues,",
		},
		"wrong type": {with(gate(nil), "600", "timeout"), "timeout", `timeout = "600": must be a whole number`},
		"unknown repository": {
			with(gate(nil), "x", "repositoryOpts", "url"), "repositoryOpts", "unknown property repositoryOpts.url",
		},
		"files of values": {with(gate(nil), []any{"a"}, "valueYamlFiles"), "valueYamlFiles", "reads no files"},
		"name":            {with(gate(nil), "Gate", "name"), "name", "invalid release name"},
		"no repository":   {object{"chart": "tunnel"}, "chart", "no repository is given"},
		"bad version":     {with(gate(nil), "newest", "version"), "chart", "neither a version nor a range"},
		"no namespace":    {with(gate(nil), nil, "createNamespace"), "", `namespaces "ingress" not found`},
		"schema":          {gate(object{"extra": "yes"}), "", "got string, want boolean"},
		"object": {
			gate(object{"image": 5}),
			"", `Deployment "gate": spec.template.spec.containers[name="gate"].image: expected string`,
		},
		"custom resource": {gate(object{"monitored": true}), "", `no matches for kind "ServiceMonitor"`},
		"other's namespace": {
			with(gate(nil), "ship", "namespace"),
			"", `ConfigMap "extra" in namespace "ship" exists and cannot be imported`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, withCharts(t, gateChart))
			w.put(balancer(nil))
			w.create(namespaceToken, namespaceObject("ship"))
			w.create(configMapToken, object{"metadata": object{"name": "extra", "namespace": "ship"}})
			inputs, failures, err := w.check(releaseToken, properties(test.release))
			if err != nil {
				t.Fatal(err)
			}
			if test.property != "" {
				if len(failures) != 1 || string(failures[0].Property) != test.property ||
					!strings.Contains(failures[0].Reason, test.reason) {
					t.Errorf("failures %v, want one for %s that contains %q", failures, test.property, test.reason)
				}
				return
			}
			_, err = w.provider.Create(context.Background(), plugin.CreateRequest{
				URN: urn(releaseToken), Type: releaseToken, Properties: inputs,
			})
			wantError(t, err, test.reason)
			w.gone(releaseToken, "ingress/gate")
		})
	}
}

// TestReleaseThatIsNotReady holds that a release which was installed but does not become ready is kept, so that the
// next update can put it right.
func TestReleaseThatIsNotReady(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withCharts(t, gateChart))
	w.put(balancer(nil))
	wrong := gate(object{"annotations": object{annotationID: "lb-1"}})
	_, err := w.tryCreate(releaseToken, wrong)
	wantError(t, err, `"ingress/gate" failed to fully initialize`,
		`Service "ingress/gate": Service was not allocated an IP address`)
	w.update(releaseToken, "ingress/gate", wrong, gate(adopting))
	wantValue(t, w.stored(serviceToken, "ingress/gate"), "203.0.113.7", "status", "loadBalancer", "ingress", 0, "ip")
}

func TestReleasePreview(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withCharts(t, gateChart))
	preview := func(values resource.PropertyValue) (resource.PropertyMap, error) {
		inputs := properties(gate(nil))
		inputs["values"] = values
		response, err := w.provider.Create(context.Background(), plugin.CreateRequest{
			Type: releaseToken, Preview: true, Properties: w.checked(releaseToken, inputs),
		})
		return response.Properties, err
	}
	outputs, err := preview(resource.NewPropertyValue(object{}))
	if err != nil || !outputs["status"].IsComputed() {
		t.Errorf("outputs %v, %v, want an unknown status", outputs, err)
	}
	_, err = preview(resource.NewPropertyValue(object{"image": 5}))
	wantError(t, err, "image: expected string")
	if _, err := preview(resource.MakeComputed(resource.NewStringProperty(""))); err != nil {
		t.Errorf("unknown values are refused: %v", err)
	}
	if n := len(w.cloud.List(releaseToken)); n != 0 {
		t.Errorf("a preview installed %d releases", n)
	}
}

func TestReleaseWithoutItsChart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(balancer(nil))
	nginx := gate(object{"controller": object{
		"service":              with(adopting, "Local", "externalTrafficPolicy"),
		"ingressClassResource": object{"default": true},
	}})
	nginx["chart"], nginx["name"] = "ingress-nginx", "gate"
	w.create(releaseToken, nginx)
	w.update(releaseToken, "ingress/gate", nginx, nginx)
	wantValue(t, w.stored(serviceToken, "ingress/gate-ingress-nginx-controller"), "203.0.113.7",
		"status", "loadBalancer", "ingress", 0, "ip")
	wantValue(t, w.stored("kubernetes:networking.k8s.io/v1:IngressClass", "nginx"), "k8s.io/ingress-nginx",
		"spec", "controller")
	ingress := object{
		"spec": object{"defaultBackend": object{"service": object{"name": "web", "port": object{"number": 80}}}},
	}
	wantValue(t, w.create(ingressToken, ingress).Properties.Mappable(), "203.0.113.7",
		"status", "loadBalancer", "ingress", 0, "ip")
	w.delete(releaseToken, "ingress/gate")
	w.gone(loadBalancerType, "lb-1")
}

func TestCertManager(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	issuer := object{"metadata": object{"name": "le"}, "spec": object{"selfSigned": object{}}}
	release := with(with(gate(object{"crds": object{"enabled": false}}), "cert-manager", "chart"),
		"cert-manager", "name")
	w.create(releaseToken, release)
	_, err := w.tryCreate(issuerToken, issuer)
	wantError(t, err, `no matches for kind "ClusterIssuer"`)
	w.update(releaseToken, "ingress/cert-manager", release, with(release, true, "values", "crds", "enabled"))
	w.create(issuerToken, issuer)
	certificate := object{
		"metadata": object{"name": "web"},
		"spec": object{
			"secretName": "web-tls", "dnsNames": []any{"a.test"},
			"issuerRef": object{"name": "le", "kind": "ClusterIssuer"},
		},
	}
	wantValue(t, w.create(certificateToken, certificate).Properties.Mappable(), "True",
		"status", "conditions", 0, "status")
	wantValue(t, w.stored(secretToken, "default/web-tls"), "kubernetes.io/tls", "type")
	lost := with(with(certificate, "none", "spec", "issuerRef", "name"), "lost", "metadata", "name")
	wantValue(t, w.create(certificateToken, lost).Properties.Mappable(), "False", "status", "conditions", 0, "status")
}

func TestReleaseNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withCharts(t, gateChart))
	inputs := w.checked(releaseToken, properties(object{"chart": "gate"}))
	name := inputs["name"].StringValue()
	if !strings.HasPrefix(name, "archive-") {
		t.Errorf("the release was named %q, want archive-...", name)
	}
	wantValue(t, inputs.Mappable(), "1.2.3", "version")
	wantValue(t, inputs.Mappable(), "default", "namespace")
	again, err := w.provider.Check(context.Background(), plugin.CheckRequest{
		URN: urn(releaseToken), Type: tokens.Type(releaseToken), Olds: inputs,
		News: properties(object{"chart": "gate"}),
	})
	if err != nil || again.Properties["name"].StringValue() != name {
		t.Errorf("the name became %v, %v, want %s", again.Properties["name"], err, name)
	}
}

// TestUpgradesFollowTheirOptions holds what Helm does with values of the revision before, and with an upgrade that
// fails.
func TestUpgradesFollowTheirOptions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withCharts(t, gateChart))
	w.put(balancer(nil))
	w.create(releaseToken, gate(with(adopting, "registry.test/gate:2", "image")))
	reusing := with(gate(object{"extra": false}), true, "reuseValues")
	w.update(releaseToken, "ingress/gate", gate(adopting), reusing)
	wantValue(t, w.stored(deploymentToken, "ingress/gate"), "registry.test/gate:2",
		"spec", "template", "spec", "containers", 0, "image")

	// An atomic upgrade that does not become ready is rolled back; the release says so and keeps what was.
	broken := with(gate(with(adopting, "missing", "secret")), true, "atomic")
	_, err := w.tryUpdate(releaseToken, "ingress/gate", reusing, broken)
	wantError(t, err, "has been rolled back due to atomic being set", `secret "missing" not found`)
	wantValue(t, w.stored(deploymentToken, "ingress/gate"), "registry.test/gate:2",
		"spec", "template", "spec", "containers", 0, "image")
	wantValue(t, w.stored(deploymentToken, "ingress/gate"), "admission",
		"spec", "template", "spec", "volumes", 0, "secret", "secretName")
}
