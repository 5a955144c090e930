package kubernetes_test

import (
	"context"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"github.com/vmstio/infrastructure/sandbox/cloud"
)

func TestCheckCompletesInputs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	inputs := w.checked(configMapToken, properties(object{"data": object{"a": "b"}})).Mappable()
	wantValue(t, inputs, "v1", "apiVersion")
	wantValue(t, inputs, "ConfigMap", "kind")
	wantValue(t, inputs, "default", "metadata", "namespace")
	wantValue(t, inputs, "true", "metadata", "annotations", "pulumi.com/autonamed")
	name, _ := get(inputs, "metadata", "name").(string)
	if !strings.HasPrefix(name, "archive-") || len(name) != len("archive-")+8 {
		t.Errorf("the object was named %q, want archive- and eight characters", name)
	}

	// The name stays when the object is checked again.
	again, err := w.provider.Check(context.Background(), plugin.CheckRequest{
		URN: urn(configMapToken), Type: configMapToken, Olds: properties(inputs),
		News: properties(object{"data": object{"a": "c"}}),
	})
	if err != nil {
		t.Fatal(err)
	}
	wantValue(t, again.Properties.Mappable(), name, "metadata", "name")
	cluster := w.checked(namespaceToken, properties(namespaceObject("ship"))).Mappable()
	wantValue(t, cluster, nil, "metadata", "namespace")
}

func TestUnknownTypes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for token, want := range map[string]string{
		"kubernetes:apps/v1:Deploymnet":       "the Kubernetes API has no kind Deploymnet in apps/v1",
		"kubernetes:apps/v1beta9:Deployment":  "no kind Deployment in apps/v1beta9",
		"kubernetes:core/v1:ConfigMapList":    "no kind ConfigMapList in v1",
		"kubernetes:core/v1:SecretPatch":      "no kind SecretPatch in v1",
		"kubernetes:cert-manager.io/v1:Issue": "no kind Issue in cert-manager.io/v1",
		"kubernetes:yaml/v2:ConfigFile":       "no kind ConfigFile in yaml/v2",
		"digitalocean:index/vpc:Vpc":          "want kubernetes:<group>/<version>:<Kind>",
	} {
		_, _, err := w.check(token, resource.PropertyMap{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want it to contain %q", token, err, want)
		}
	}
}

func TestLifeOfAnObject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(namespaceToken, namespaceObject("ship"))
	first := object{
		"metadata":  object{"name": "log", "namespace": "ship", "labels": object{"a": "1", "b": "2"}},
		"immutable": false,
	}
	created := w.create(configMapToken, first)
	if created.ID != "ship/log" {
		t.Errorf("the ID is %q, want ship/log", created.ID)
	}
	outputs := created.Properties.Mappable()
	for _, key := range []string{"uid", "creationTimestamp", "resourceVersion"} {
		if get(outputs, "metadata", key) == nil {
			t.Errorf("metadata.%s is missing", key)
		}
	}

	// A label that the program drops goes, one that another wrote stays.
	o, _ := w.cloud.Get(configMapToken, "ship/log")
	o.Outputs["metadata"].(object)["labels"].(object)["other"] = "3"
	w.put(o)
	second := object{
		"metadata": object{"name": "log", "namespace": "ship", "labels": object{"a": "1"}}, "immutable": false,
	}
	updated := w.update(configMapToken, "ship/log", first, second).Mappable()
	wantValue(t, updated, "map[a:1 other:3]", "metadata", "labels")
	wantValue(t, updated, get(outputs, "metadata", "uid"), "metadata", "uid")
	wantValue(t, updated, "2", "metadata", "resourceVersion")
	w.delete(configMapToken, "ship/log")
	w.gone(configMapToken, "ship/log")
	w.delete(configMapToken, "ship/log") // what is gone already is no error
	if gone := w.read(configMapToken, "ship/log", nil); gone.ID != "" {
		t.Errorf("a deleted object is still read as %q", gone.ID)
	}
}

func TestDriftShows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	inputs := w.checked(configMapToken, properties(object{
		"metadata": object{"name": "log"}, "data": object{"captain": "main"},
	}))
	w.create(configMapToken, inputs.Mappable())
	o, _ := w.cloud.Get(configMapToken, "default/log")
	o.Outputs["data"] = object{"captain": "pike", "new": "x"}
	w.put(o)
	read := w.read(configMapToken, "default/log", inputs)
	wantValue(t, read.Inputs.Mappable(), "map[captain:pike]", "data")
	wantValue(t, read.Outputs.Mappable(), "map[captain:pike new:x]", "data")
	if private, ok := read.Outputs["__cluster"]; ok {
		t.Errorf("outputs show the private %v", private)
	}
	diff, err := w.provider.Diff(context.Background(), plugin.DiffRequest{
		Type: configMapToken, OldInputs: read.Inputs, NewInputs: inputs,
	})
	if err != nil || len(diff.DetailedDiff) != 1 || diff.DetailedDiff["data.captain"].Kind != plugin.DiffUpdateReplace {
		t.Errorf("diff %v, %v, want a replacement for data.captain", diff.DetailedDiff, err)
	}
}

// TestOtherWordsAreNoDrift holds that the API server's way to write a quantity, or nothing, is no change.
func TestOtherWordsAreNoDrift(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(namespaceToken, namespaceObject("ship"))
	limits := func(cpu string) object {
		return deployment("web", pod(object{
			"resources": object{"limits": object{"cpu": cpu, "memory": "1024Mi"}}, "stdin": false, "env": []any{},
		}))
	}
	inputs := w.checked(deploymentToken, properties(limits("0.1")))
	w.create(deploymentToken, limits("0.1"))
	wantValue(t, w.stored(deploymentToken, "ship/web"), "100m",
		"spec", "template", "spec", "containers", 0, "resources", "limits", "cpu")
	if read := w.read(deploymentToken, "ship/web", inputs); !read.Inputs.DeepEquals(inputs) {
		t.Errorf("read %v, want %v", read.Inputs, inputs)
	}
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	inputs := properties(object{"metadata": object{"name": "key"}, "data": object{"old": "b2xk"}})
	inputs["stringData"] = resource.MakeSecret(resource.NewPropertyValue(object{"new": "neu"}))
	response, err := w.provider.Create(context.Background(), plugin.CreateRequest{
		Type: secretToken, Properties: w.checked(secretToken, inputs),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []resource.PropertyKey{"data", "stringData"} {
		if !response.Properties[key].IsSecret() {
			t.Errorf("output %s is not secret: %v", key, response.Properties[key])
		}
	}
	wantValue(t, w.stored(secretToken, "default/key"), "map[new:bmV1 old:b2xk]", "data")
	wantValue(t, w.stored(secretToken, "default/key"), nil, "stringData")
	o, _ := w.cloud.Get(secretToken, "default/key")
	o.Outputs["data"] = object{"old": "b2xk", "new": "YWx0"}
	w.put(o)
	read := w.read(secretToken, "default/key", w.checked(secretToken, inputs))
	drifted := read.Inputs["stringData"]
	if !drifted.IsSecret() || drifted.SecretValue().Element.ObjectValue()["new"].StringValue() != "alt" {
		t.Errorf("stringData is %v after drift, want the secret new value", drifted)
	}
}

func TestCreateOfAnExistingObject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(configMapToken, object{"metadata": object{"name": "log"}, "data": object{"a": "b"}})
	w.create(configMapToken, object{"metadata": object{"name": "log"}, "data": object{"a": "b"}})
	_, err := w.tryCreate(configMapToken, object{"metadata": object{"name": "log"}, "data": object{"a": "c"}})
	wantError(t, err, `ConfigMap "log" already exists`)
}

func TestNamespaces(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.tryCreate(configMapToken, object{"metadata": object{"name": "log", "namespace": "ship"}})
	wantError(t, err, `namespaces "ship" not found`)
	w.create(namespaceToken, namespaceObject("ship"))
	w.create(configMapToken, object{"metadata": object{"name": "log", "namespace": "ship"}})
	w.create(configMapToken, object{"metadata": object{"name": "log", "namespace": "kube-system"}})
	w.delete(namespaceToken, "ship")
	w.gone(configMapToken, "ship/log")
	w.stored(configMapToken, "kube-system/log")
}

func TestCustomResourcesNeedTheirDefinition(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	monitor := object{"metadata": object{"name": "web"}, "spec": object{"x": 1}}
	token := "kubernetes:monitoring.coreos.com/v1:ServiceMonitor"
	_, err := w.tryCreate(token, monitor)
	wantError(t, err, `no matches for kind "ServiceMonitor" in version "monitoring.coreos.com/v1"`)
	_, err = w.tryCreate("kubernetes:cert-manager.io/v1:ClusterIssuer", object{
		"metadata": object{"name": "le"}, "spec": object{"selfSigned": object{}},
	})
	wantError(t, err, `no matches for kind "ClusterIssuer"`, "install the chart that brings it first")
	w.create("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", object{
		"metadata": object{"name": "servicemonitors.monitoring.coreos.com"},
		"spec": object{
			"group": "monitoring.coreos.com", "scope": "Namespaced",
			"names": object{"kind": "ServiceMonitor", "plural": "servicemonitors"},
			"versions": []any{object{"name": "v1", "served": true, "storage": true, "schema": object{
				"openAPIV3Schema": object{"type": "object", "properties": object{"spec": object{
					"type": "object", "required": []any{"x"},
					"properties": object{
						"x":    object{"type": "integer", "maximum": 5},
						"size": object{"type": "string", "default": "small"},
					},
					"x-kubernetes-validations": []any{
						object{"rule": "self.x != 3", "message": "x must not be 3"},
					},
				}}},
			}}},
		},
	})
	for value, want := range map[any]string{
		"1": ".spec.x: expected numeric (int or float), got string", 9: "should be less than or equal to 5",
		3: "x must not be 3",
	} {
		_, err = w.tryCreate(token, with(monitor, value, "spec", "x"))
		wantError(t, err, want)
	}
	_, err = w.tryCreate(token, with(monitor, 1, "spec", "y"))
	wantError(t, err, ".spec.y: field not declared in schema")
	created := w.create(token, monitor)
	wantValue(t, created.Properties.Mappable(), "small", "spec", "size")
	if created.ID != "default/web" {
		t.Errorf("the ID is %q, want default/web", created.ID)
	}
	w.delete("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", "servicemonitors.monitoring.coreos.com")
	w.gone(token, "default/web")
}

func TestTwoClustersDoNotMix(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(configMapToken, object{"metadata": object{"name": "log"}, "data": object{"ship": "host"}})
	w.put(cloud.Object{Type: clusterType, ID: "other", Outputs: object{
		"endpoint": "https://other.test", "version": "1.35.1-do.0", "nodePool": object{"actualNodeCount": 1},
	}})
	w.configure(object{"kubeconfig": kubeconfig("https://other.test", object{"exec": doctl("other")})})
	if read := w.read(configMapToken, "default/log", nil); read.ID != "" {
		t.Error("an object of another cluster is read")
	}
	w.create(configMapToken, object{"metadata": object{"name": "log"}, "data": object{"ship": "reliant"}})
	wantValue(t, w.read(configMapToken, "default/log", nil).Outputs.Mappable(), "reliant", "data", "ship")
	w.delete(configMapToken, "default/log")
	wantValue(t, w.stored(configMapToken, "default/log"), "host", "data", "ship")
}

func TestPreview(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	unknown := resource.MakeComputed(resource.NewStringProperty(""))
	inputs := properties(deployment("web", pod(object{"env": []any{object{"name": "A", "value": "x"}}})))
	spec := inputs["spec"].ObjectValue()["template"].ObjectValue()["spec"].ObjectValue()
	spec["containers"].ArrayValue()[0].ObjectValue()["image"] = unknown
	inputs["metadata"].ObjectValue()["namespace"] = unknown
	for name, preview := range map[string]func(resource.PropertyMap) (resource.PropertyMap, error){
		"create": func(news resource.PropertyMap) (resource.PropertyMap, error) {
			response, err := w.provider.Create(context.Background(), plugin.CreateRequest{
				Type: deploymentToken, Properties: news, Preview: true,
			})
			return response.Properties, err
		},
		"update": func(news resource.PropertyMap) (resource.PropertyMap, error) {
			response, err := w.provider.Update(context.Background(), plugin.UpdateRequest{
				Type: deploymentToken, NewInputs: news, Preview: true,
				OldOutputs: properties(object{"metadata": object{"uid": "1"}}),
			})
			return response.Properties, err
		},
	} {
		outputs, err := preview(w.checked(deploymentToken, inputs))
		if err != nil {
			t.Fatal(err)
		}
		metadata := outputs["metadata"].ObjectValue()
		if !outputs["status"].IsComputed() || !metadata["namespace"].IsComputed() {
			t.Errorf("%s: unknown outputs are missing: %v", name, outputs)
		}
		if metadata["name"].StringValue() != "web" {
			t.Errorf("%s: the metadata is %v", name, metadata)
		}
	}
	if n := len(w.cloud.List(deploymentToken)); n != 0 {
		t.Errorf("a preview made %d objects", n)
	}
}

func TestReplacement(t *testing.T) {
	t.Parallel()
	base := deployment("web", pod(nil))
	for name, test := range map[string]struct {
		token        tokens.Type
		before       object
		after        object
		path         string
		replace, dbr bool
	}{
		"replicas": {deploymentToken, base, with(base, 3, "spec", "replicas"), "spec.replicas", false, false},
		"a label": {
			deploymentToken, base, with(base, "x", "metadata", "labels", "a"), "metadata.labels", false, false,
		},
		"selector": {
			deploymentToken, base, with(base, "x", "spec", "selector", "matchLabels", "app"),
			"spec.selector.matchLabels.app", true, true,
		},
		"name": {
			deploymentToken, base, with(base, "api", "metadata", "name"), "metadata.name", true, false,
		},
		"namespace": {
			deploymentToken, base, with(base, "moon", "metadata", "namespace"), "metadata.namespace", true, false,
		},
		"autonamed object": {
			deploymentToken, auto(base), with(auto(base), "x", "spec", "selector", "matchLabels", "app"),
			"spec.selector.matchLabels.app", true, false,
		},
		"job template": {jobToken, job("a:1"), job("a:2"), `spec.template.spec.containers[0].image`, true, true},
		"secret type":  {secretToken, secret("Opaque"), secret("x/y"), "type", true, true},
		"secret data": {
			secretToken, secret("Opaque"), with(secret("Opaque"), "bmV1", "data", "a"), "data.a", true, true,
		},
		"cluster IP": {serviceToken, service("10.0.0.1"), service("10.0.0.2"), "spec.clusterIP", true, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			diff, err := w.provider.Diff(context.Background(), plugin.DiffRequest{
				Type: test.token, OldInputs: properties(test.before), NewInputs: properties(test.after),
			})
			if err != nil {
				t.Fatal(err)
			}
			change, ok := diff.DetailedDiff[test.path]
			if !ok || change.Kind.IsReplace() != test.replace || diff.DeleteBeforeReplace != test.dbr {
				t.Errorf("diff %v, delete before replace %t, want %s to replace: %t, delete before replace %t",
					diff.DetailedDiff, diff.DeleteBeforeReplace, test.path, test.replace, test.dbr)
			}
		})
	}
	w := newWorld(t)
	same, err := w.provider.Diff(context.Background(), plugin.DiffRequest{
		Type: secretToken, OldInputs: properties(secret("Opaque")), NewInputs: resource.PropertyMap{
			"metadata": resource.NewPropertyValue(secret("")["metadata"]), "type": resource.NewStringProperty("Opaque"),
			"data": resource.MakeSecret(resource.NewPropertyValue(object{"a": "YWx0"})),
		},
	})
	if err != nil || same.Changes != plugin.DiffNone {
		t.Errorf("making a value secret is a change: %v %v", same.DetailedDiff, err)
	}
	w.configure(object{
		"kubeconfig": kubeconfig(endpoint, object{"exec": doctl(clusterID)}), "enableSecretMutable": "true",
	})
	mutable, err := w.provider.Diff(context.Background(), plugin.DiffRequest{
		Type: secretToken, OldInputs: properties(secret("Opaque")),
		NewInputs: properties(with(secret("Opaque"), "bmV1", "data", "a")),
	})
	if err != nil || mutable.DetailedDiff["data.a"].Kind != plugin.DiffUpdate {
		t.Errorf("with enableSecretMutable the diff is %v, %v, want an update", mutable.DetailedDiff, err)
	}
}

func secret(kind string) object {
	return object{"metadata": object{"name": "key", "namespace": "ship"}, "type": kind, "data": object{"a": "YWx0"}}
}

func service(ip string) object {
	return object{"metadata": object{"name": "web", "namespace": "ship"}, "spec": object{"clusterIP": ip}}
}

func job(image string) object {
	return object{
		"metadata": object{"name": "migrate", "namespace": "ship"},
		"spec": object{"template": object{
			"spec": object{"restartPolicy": "Never", "containers": []any{object{"name": "main", "image": image}}},
		}},
	}
}

func auto(o object) object {
	return with(o, "true", "metadata", "annotations", "pulumi.com/autonamed")
}

// with copies an object and sets a nested value; a nil value removes it.
func with(o object, value any, path ...any) object {
	copied := properties(o).Mappable()
	var at any = copied
	for i, key := range path {
		last := i == len(path)-1
		switch key := key.(type) {
		case int:
			list := at.([]any)
			if last {
				list[key] = value
			}
			at = list[key]
		case string:
			fields := at.(object)
			switch {
			case last && value == nil:
				delete(fields, key)
			case last:
				fields[key] = value
			case fields[key] == nil:
				fields[key] = object{}
			}
			at = fields[key]
		}
	}
	return copied
}

// TestObjectsOfFormerClusters holds that a new cluster does not find what a former one held, and that it is not in the
// new one's way.
func TestObjectsOfFormerClusters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(cloud.Object{Type: configMapToken, ID: "default/log", Outputs: object{
		"metadata": object{"name": "log", "namespace": "default"}, "data": object{"a": "old"}, "__cluster": "gone",
	}})
	if read := w.read(configMapToken, "default/log", nil); read.ID != "" {
		t.Error("an object of a former cluster is read")
	}
	w.create(configMapToken, object{"metadata": object{"name": "log"}, "data": object{"a": "new"}})
	wantValue(t, w.stored(configMapToken, "default/log"), "new", "data", "a")
}
