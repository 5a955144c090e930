package kubernetes_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/status"

	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/kubernetes"
)

const (
	clusterType      = "digitalocean:index/kubernetesCluster:KubernetesCluster"
	loadBalancerType = "digitalocean:index/loadBalancer:LoadBalancer"
	clusterID        = "11111111-2222-3333-4444-555555555555"
	endpoint         = "https://11111111.k8s.test"

	namespaceToken  = "kubernetes:core/v1:Namespace"
	secretToken     = "kubernetes:core/v1:Secret"
	configMapToken  = "kubernetes:core/v1:ConfigMap"
	serviceToken    = "kubernetes:core/v1:Service"
	deploymentToken = "kubernetes:apps/v1:Deployment"
	jobToken        = "kubernetes:batch/v1:Job"
	releaseToken    = "kubernetes:helm.sh/v3:Release"
)

// start is the time in the simulated clouds of these tests.
var start = time.Date(2266, 9, 8, 12, 0, 0, 0, time.UTC)

// object is a Kubernetes object, or any other properties, as JSON values.
type object = map[string]any

// world is a cloud with one cluster, and a provider that is configured for it.
type world struct {
	t        *testing.T
	cloud    *cloud.Cloud
	provider plugin.GrpcProvider
}

func newWorld(t *testing.T, change ...func(*kubernetes.Options)) *world {
	t.Helper()
	c, err := cloud.Open(filepath.Join(t.TempDir(), "cloud.json"), cloud.WithClock(func() time.Time { return start }))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, cloud: c}
	w.putCluster(2)
	options := kubernetes.Options{Patience: 50 * time.Millisecond}
	for _, f := range change {
		f(&options)
	}
	w.provider = kubernetes.New(c, options)
	w.configure(object{"kubeconfig": kubeconfig(endpoint, object{"exec": doctl(clusterID)})})
	return w
}

func (w *world) putCluster(nodes int) {
	w.t.Helper()
	outputs := object{
		"name": "host", "endpoint": endpoint, "region": "tor1", "version": "1.35.1-do.0", "vpcUuid": "vpc-1",
		"nodePool": object{"nodeCount": nodes, "actualNodeCount": nodes},
	}
	w.put(cloud.Object{Type: "digitalocean:index/vpc:Vpc", ID: "vpc-1", Outputs: object{
		"name": "net", "region": "tor1",
	}})
	w.put(cloud.Object{Type: clusterType, ID: clusterID, Outputs: outputs})
}

func (w *world) put(o cloud.Object) {
	w.t.Helper()
	if err := w.cloud.Put(o); err != nil {
		w.t.Fatal(err)
	}
}

func doctl(id string) object {
	return object{
		"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "doctl",
		"args": []any{"kubernetes", "cluster", "kubeconfig", "exec-credential", "--version=v1beta1", id},
	}
}

func kubeconfig(server string, user object) string {
	text, _ := json.Marshal(object{
		"apiVersion": "v1", "kind": "Config", "current-context": "c",
		"clusters": []any{object{"name": "k", "cluster": object{"server": server}}},
		"contexts": []any{object{"name": "c", "context": object{"cluster": "k", "user": "u"}}},
		"users":    []any{object{"name": "u", "user": user}},
	})
	return string(text)
}

func (w *world) configure(inputs object) {
	w.t.Helper()
	_, err := w.provider.Configure(context.Background(), plugin.ConfigureRequest{Inputs: properties(inputs)})
	if err != nil {
		w.t.Fatal(err)
	}
}

func properties(o object) resource.PropertyMap { return resource.NewPropertyMapFromMap(o) }

func urn(token string) resource.URN {
	return resource.NewURN("test", "project", "", tokens.Type(token), "archive")
}

func (w *world) check(token string, news resource.PropertyMap) (resource.PropertyMap, []plugin.CheckFailure, error) {
	w.t.Helper()
	response, err := w.provider.Check(context.Background(), plugin.CheckRequest{
		URN: urn(token), Type: tokens.Type(token), News: news, RandomSeed: []byte("seed"),
	})
	return response.Properties, response.Failures, err
}

// checked returns the completed inputs of something that must be right.
func (w *world) checked(token string, news resource.PropertyMap) resource.PropertyMap {
	w.t.Helper()
	inputs, failures, err := w.check(token, news)
	if err != nil || len(failures) > 0 {
		w.t.Fatalf("checking %s: %v %v", token, failures, err)
	}
	return inputs
}

func (w *world) tryCreate(token string, news object) (plugin.CreateResponse, error) {
	w.t.Helper()
	return w.provider.Create(context.Background(), plugin.CreateRequest{
		URN: urn(token), Type: tokens.Type(token), Properties: w.checked(token, properties(news)),
	})
}

func (w *world) create(token string, news object) plugin.CreateResponse {
	w.t.Helper()
	response, err := w.tryCreate(token, news)
	if err != nil {
		w.t.Fatalf("creating %s: %s", token, explain(err))
	}
	return response
}

func (w *world) tryUpdate(token, id string, olds, news object) (resource.PropertyMap, error) {
	w.t.Helper()
	response, err := w.provider.Update(context.Background(), plugin.UpdateRequest{
		URN: urn(token), Type: tokens.Type(token), ID: resource.ID(id),
		OldInputs: w.checked(token, properties(olds)), NewInputs: w.checked(token, properties(news)),
	})
	return response.Properties, err
}

func (w *world) update(token, id string, olds, news object) resource.PropertyMap {
	w.t.Helper()
	outputs, err := w.tryUpdate(token, id, olds, news)
	if err != nil {
		w.t.Fatalf("updating %s %s: %s", token, id, explain(err))
	}
	return outputs
}

func (w *world) read(token, id string, inputs resource.PropertyMap) plugin.ReadResponse {
	w.t.Helper()
	response, err := w.provider.Read(context.Background(), plugin.ReadRequest{
		URN: urn(token), Type: tokens.Type(token), ID: resource.ID(id), Inputs: inputs,
	})
	if err != nil {
		w.t.Fatalf("reading %s %s: %v", token, id, err)
	}
	return response
}

func (w *world) delete(token, id string) {
	w.t.Helper()
	_, err := w.provider.Delete(context.Background(), plugin.DeleteRequest{
		URN: urn(token), Type: tokens.Type(token), ID: resource.ID(id),
	})
	if err != nil {
		w.t.Fatalf("deleting %s %s: %v", token, id, err)
	}
}

// stored returns an object of the cluster, or fails.
func (w *world) stored(token, id string) object {
	w.t.Helper()
	o, ok := w.cloud.Get(token, id)
	if !ok {
		w.t.Fatalf("%s %q is not in the cloud", token, id)
	}
	return o.Outputs
}

func (w *world) gone(token, id string) {
	w.t.Helper()
	if _, ok := w.cloud.Get(token, id); ok {
		w.t.Errorf("%s %q is still in the cloud", token, id)
	}
}

// explain returns an error's text with the reasons why an object did not become ready.
func explain(err error) string {
	if err == nil {
		return ""
	}
	text := err.Error()
	if s, ok := status.FromError(err); ok {
		for _, detail := range s.Details() {
			if failed, ok := detail.(*pulumirpc.ErrorResourceInitFailed); ok {
				text += ": " + strings.Join(failed.GetReasons(), "; ")
			}
		}
	}
	return text
}

// wantError fails unless the error says all of want.
func wantError(t *testing.T, err error, want ...string) {
	t.Helper()
	for _, part := range want {
		if !strings.Contains(explain(err), part) {
			t.Errorf("error %q, want it to contain %q", explain(err), part)
		}
	}
}

// get reads a nested value, with list positions as numbers.
func get(value any, path ...any) any {
	for _, key := range path {
		switch key := key.(type) {
		case string:
			fields, _ := value.(map[string]any)
			value = fields[key]
		case int:
			list, _ := value.([]any)
			if key >= len(list) {
				return nil
			}
			value = list[key]
		}
	}
	return value
}

// wantValue fails unless the nested value is the wanted one.
func wantValue(t *testing.T, o any, want any, path ...any) {
	t.Helper()
	if got := get(o, path...); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v is %v, want %v", path, got, want)
	}
}

func namespaceObject(name string) object {
	return object{"metadata": object{"name": name}}
}

func deployment(name string, pod object) object {
	labels := object{"app": name}
	return object{
		"metadata": object{"name": name, "namespace": "ship"},
		"spec": object{
			"replicas": 2,
			"selector": object{"matchLabels": labels},
			"template": object{"metadata": object{"labels": labels}, "spec": pod},
		},
	}
}

func pod(extra object) object {
	container := object{"name": "main", "image": "registry.test/main:1"}
	for key, value := range extra {
		container[key] = value
	}
	return object{"containers": []any{container}}
}
