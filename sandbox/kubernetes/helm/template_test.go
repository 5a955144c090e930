package helm_test

import (
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/vmstio/infrastructure/sandbox/kubernetes/helm"
)

func newChart(change ...func(*chart.Chart)) *chart.Chart {
	c := &chart.Chart{
		Metadata: &chart.Metadata{APIVersion: "v2", Name: "ship", Version: "1.0.0"},
		Values:   map[string]any{"crew": 430.0, "hook": "pre-install"},
	}
	template(c, "templates/deployment.yaml",
		"kind: Deployment\napiVersion: apps/v1\nmetadata: {name: '{{ .Release.Name }}'}\n")
	template(c, "templates/maps.yaml", `# a comment
kind: ConfigMap
apiVersion: v1
metadata: {name: a, namespace: '{{ .Release.Namespace }}'}
data: {crew: '{{ .Values.crew }}', install: '{{ .Release.IsInstall }}', kube: '{{ .Capabilities.KubeVersion }}'}
--- # another
kind: ConfigMap
apiVersion: v1
metadata: {name: b}
data: {ships: '{{ .Capabilities.APIVersions.Has "test/v1/Ship" }}', `+
		`apps: '{{ .Capabilities.APIVersions.Has "apps/v1" }}'}
---
`)
	template(c, "templates/hook.yaml",
		"kind: Job\napiVersion: batch/v1\nmetadata: {name: job, annotations: {helm.sh/hook: '{{ .Values.hook }}'}}\n")
	template(c, "templates/NOTES.txt", "live long")
	c.Files = []*chart.File{{
		Name: "crds/ships.yaml",
		Data: []byte("kind: CustomResourceDefinition\napiVersion: apiextensions.k8s.io/v1\nmetadata: {name: ships}\n"),
	}}
	c.Raw = c.Files
	for _, f := range change {
		f(c)
	}
	return c
}

func template(c *chart.Chart, name, text string) {
	c.Templates = append(c.Templates, &chart.File{Name: name, Data: []byte(text)})
}

func request(change ...func(*helm.Request)) helm.Request {
	r := helm.Request{Release: "enterprise", Namespace: "sector", KubeVersion: "v1.35.1"}
	for _, f := range change {
		f(&r)
	}
	return r
}

// render returns the objects as "Kind/name", hooks in parentheses, and the objects themselves by that name.
func render(t *testing.T, c *chart.Chart, r helm.Request) (string, map[string]map[string]any) {
	t.Helper()
	objects, err := helm.Template(t.Context(), c, r)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	byName := map[string]map[string]any{}
	for _, o := range objects {
		name := o.Manifest["kind"].(string) + "/" + o.Manifest["metadata"].(map[string]any)["name"].(string)
		byName[name] = o.Manifest
		if o.Hook {
			name = "(" + name + ")"
		}
		names = append(names, name)
	}
	return strings.Join(names, " "), byName
}

func TestRender(t *testing.T) {
	t.Parallel()
	names, objects := render(t, newChart(), request())
	if want := "CustomResourceDefinition/ships ConfigMap/a ConfigMap/b Deployment/enterprise (Job/job)"; names != want {
		t.Errorf("rendered %s, want %s", names, want)
	}
	for key, want := range map[string]string{"crew": "430", "install": "true", "kube": "v1.35.1"} {
		if got := objects["ConfigMap/a"]["data"].(map[string]any)[key]; got != want {
			t.Errorf("%s is %v, want %s", key, got, want)
		}
	}
	without, objects := render(t, newChart(), request(func(r *helm.Request) {
		r.SkipCRDs = true
		r.Values = map[string]any{"crew": 1.0, "hook": "test"}
	}))
	if want := "ConfigMap/a ConfigMap/b Deployment/enterprise"; without != want {
		t.Errorf("rendered %s, want %s: no definitions, no tests", without, want)
	}
	if data := objects["ConfigMap/b"]["data"].(map[string]any); data["apps"] != "true" {
		t.Errorf("the capabilities are %v", data)
	}
}

func TestChartsThatDoNotRender(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		chart   func(*chart.Chart)
		request func(*helm.Request)
		want    string
	}{
		"old cluster": {
			func(c *chart.Chart) { c.Metadata.KubeVersion = ">=1.36" }, nil,
			"requires kubeVersion: >=1.36 which is incompatible with Kubernetes v1.35.1",
		},
		"schema": {func(c *chart.Chart) { c.Schema = []byte(`{"required": ["captain"]}`) }, nil, "captain"},
		"template": {
			func(c *chart.Chart) { template(c, "templates/x.yaml", `{{ required "a captain" .Values.captain }}`) },
			nil, "a captain",
		},
		"YAML": {
			func(c *chart.Chart) { template(c, "templates/x.yaml", "a: b: c") }, nil, "templates/x.yaml",
		},
		"cluster version": {nil, func(r *helm.Request) { r.KubeVersion = "?" }, `the cluster's version "?"`},
	} {
		t.Run(name, func(t *testing.T) {
			c, r := newChart(), request()
			if test.chart != nil {
				test.chart(c)
			}
			if test.request != nil {
				test.request(&r)
			}
			if _, err := helm.Template(t.Context(), c, r); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want it to contain %q", err, test.want)
			}
		})
	}
}
