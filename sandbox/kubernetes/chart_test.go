package kubernetes_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/vmstio/infrastructure/sandbox/kubernetes"
)

const chartToken = "kubernetes:helm.sh/v4:Chart"

// monitor is the engine's side of a construction: it records what is registered.
type monitor struct {
	pulumirpc.UnimplementedResourceMonitorServer

	mu         sync.Mutex
	registered []*pulumirpc.RegisterResourceRequest
	outputs    *pulumirpc.RegisterResourceOutputsRequest
	engine     engine
	// fail is the name of a resource that cannot be registered.
	fail string
}

func (m *monitor) RegisterResource(
	_ context.Context, req *pulumirpc.RegisterResourceRequest,
) (*pulumirpc.RegisterResourceResponse, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if req.GetName() == m.fail {
		return nil, errors.New("refused")
	}
	m.registered = append(m.registered, req)
	return &pulumirpc.RegisterResourceResponse{
		Urn: "urn:" + req.GetName(), Id: "id of " + req.GetName(), Object: req.GetObject(),
	}, nil
}

func (m *monitor) RegisterResourceOutputs(
	_ context.Context, req *pulumirpc.RegisterResourceOutputsRequest,
) (*emptypb.Empty, error) {
	m.outputs = req
	return &emptypb.Empty{}, nil
}

// engine takes the engine's messages.
type engine struct {
	pulumirpc.UnimplementedEngineServer

	messages []string
}

func (e *engine) Log(_ context.Context, req *pulumirpc.LogRequest) (*emptypb.Empty, error) {
	e.messages = append(e.messages, req.GetSeverity().String()+": "+req.GetMessage())
	return &emptypb.Empty{}, nil
}

// names lists the registered children by type and name.
func (m *monitor) names() []string {
	names := []string{}
	for _, r := range m.registered[1:] {
		names = append(names, r.GetType()+" "+r.GetName())
	}
	slices.Sort(names)
	return names
}

func (m *monitor) child(t *testing.T, name string) *pulumirpc.RegisterResourceRequest {
	t.Helper()
	for _, r := range m.registered {
		if r.GetName() == name {
			return r
		}
	}
	t.Fatalf("%q is not registered", name)
	return nil
}

// construct makes a Chart named "trek".
func (w *world) construct(m *monitor, inputs resource.PropertyMap) (plugin.ConstructResponse, error) {
	w.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	server := grpc.NewServer()
	pulumirpc.RegisterResourceMonitorServer(server, m)
	pulumirpc.RegisterEngineServer(server, &m.engine)
	if err := w.provider.Attach(listener.Addr().String()); err != nil {
		w.t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	defer server.Stop()
	protect := true
	return w.provider.Construct(context.Background(), plugin.ConstructRequest{
		Type: chartToken, Name: "trek", Parent: "urn:parent", Inputs: inputs,
		Info: plugin.ConstructInfo{MonitorAddress: listener.Addr().String()},
		Options: plugin.ConstructOptions{
			Protect: &protect, Providers: map[string]string{"kubernetes": "urn:provider::id"},
			Dependencies: []resource.URN{"urn:namespace"}, Aliases: []resource.Alias{{Name: "old"}},
		},
	})
}

// crewChart has every kind of object that a Chart treats in its own way.
var crewChart = map[string]string{
	"Chart.yaml": "apiVersion: v2\nname: crew\nversion: 0.1.0\n",
	"templates/all.yaml": `apiVersion: v1
kind: Namespace
metadata: {name: quarters}
---
apiVersion: v1
kind: Secret
metadata: {name: key, namespace: quarters, annotations: {helm.sh/resource-policy: keep}}
stringData: {password: {{ .Values.password }}}
---
apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: roster}, data: {captain: main}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: hook, annotations: {helm.sh/hook: pre-install}}
`,
	"values.yaml": "password: host\n",
}

func crewInputs(values object) resource.PropertyMap {
	return properties(object{
		"chart": "crew", "namespace": "ship", "repositoryOpts": object{"repo": "https://charts.test"}, "values": values,
	})
}

func TestChart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withCharts(t, crewChart))
	m := &monitor{}
	response, err := w.construct(m, crewInputs(nil))
	if err != nil {
		t.Fatal(err)
	}
	if response.URN != "urn:trek" || m.outputs.GetUrn() != "urn:trek" {
		t.Errorf("the component is %q, its outputs are of %q, want urn:trek", response.URN, m.outputs.GetUrn())
	}
	component := m.registered[0]
	if component.GetType() != chartToken || component.GetCustom() || component.GetParent() != "urn:parent" ||
		!component.GetProtect() ||
		component.GetProviders()["kubernetes"] == "" || component.GetAliases()[0].GetSpec().GetName() != "old" ||
		!slices.Equal(component.GetDependencies(), []string{"urn:namespace"}) {
		t.Errorf("the component is registered as %v", component)
	}
	want := []string{
		"kubernetes:core/v1:ConfigMap trek:ship/roster",
		"kubernetes:core/v1:Namespace trek:quarters",
		"kubernetes:core/v1:Secret trek:quarters/key",
	}
	if names := m.names(); !slices.Equal(names, want) {
		t.Errorf("registered %v, want %v", names, want)
	}
	secret := m.child(t, "trek:quarters/key")
	if !secret.GetRetainOnDelete() || secret.GetParent() != "urn:trek" || secret.GetProvider() != "urn:provider::id" ||
		!slices.Equal(secret.GetDependencies(), []string{"urn:trek:quarters"}) {
		t.Errorf("the Secret is registered as %v", secret)
	}
	if !strings.Contains(secret.GetObject().GetFields()["stringData"].String(), resource.SecretSig) {
		t.Error("the Secret's stringData is registered in plain text")
	}
	resources := response.Outputs["resources"].ArrayValue()
	if len(resources) != 3 || resources[0].ResourceReferenceValue().URN != "urn:trek:quarters" {
		t.Errorf("the output resources is %v, want the three in the chart's order", resources)
	}
}

func TestChartOptions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withCharts(t, crewChart))
	m, inputs := &monitor{}, crewInputs(nil)
	inputs["resourcePrefix"], inputs["skipAwait"] = resource.NewStringProperty("next"), resource.NewBoolProperty(true)
	if _, err := w.construct(m, inputs); err != nil {
		t.Fatal(err)
	}
	roster := m.child(t, "next:ship/roster").GetObject().AsMap()
	wantValue(t, roster, "true", "metadata", "annotations", "pulumi.com/skipAwait")
}

func TestChartsWithoutChildren(t *testing.T) {
	t.Parallel()
	unknown := crewInputs(nil)
	unknown["values"] = resource.NewObjectProperty(resource.PropertyMap{
		"password": resource.MakeComputed(resource.NewStringProperty("")),
	})
	for name, test := range map[string]struct {
		world  *world
		inputs resource.PropertyMap
		want   string
	}{
		"unknown values": {newWorld(t, withCharts(t, crewChart)), unknown, "WARNING: Input properties have unknown"},
		"no chart":       {newWorld(t), crewInputs(nil), ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := &monitor{}
			response, err := test.world.construct(m, test.inputs)
			if err != nil || len(m.registered) != 1 || len(response.Outputs["resources"].ArrayValue()) != 0 {
				t.Errorf("registered %v, %v, want the component alone", m.registered, err)
			}
			messages := strings.Join(m.engine.messages, "\n")
			if (messages == "") != (test.want == "") || !strings.Contains(messages, test.want) {
				t.Errorf("messages %q, want one that contains %q", messages, test.want)
			}
		})
	}
}

func TestRefusedCharts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		inputs resource.PropertyMap
		fail   string
		want   string
	}{
		"unknown property": {
			properties(object{"chart": "crew", "createNamespace": true}),
			"", "unknown property createNamespace; known are chart,",
		},
		"wrong type": {
			properties(object{"chart": "crew", "version": 1}), "", "version = 1: must be a string",
		},
		"object": {
			crewInputs(object{"password": 1701}),
			"", `Secret "key": stringData.password: expected string`,
		},
		"engine": {crewInputs(nil), "trek:quarters", `registering Namespace "quarters"`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, withCharts(t, crewChart))
			m := &monitor{fail: test.fail}
			_, err := w.construct(m, test.inputs)
			if err == nil || len(m.registered) > 1 {
				t.Errorf("error %v after %v", err, m.registered)
			}
			wantError(t, err, test.want)
		})
	}
}

// TestProviders holds that providers of one cloud have their own configuration.
func TestProviders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := &world{t: t, cloud: w.cloud, provider: kubernetes.New(w.cloud, kubernetes.Options{})}
	second := &world{t: t, cloud: w.cloud, provider: kubernetes.New(w.cloud, kubernetes.Options{})}
	first.configure(object{"kubeconfig": kubeconfig(endpoint, object{"exec": doctl(clusterID)})})
	second.configure(object{"kubeconfig": kubeconfig("https://gone.test", object{"exec": doctl(clusterID)})})
	first.create(configMapToken, object{"metadata": object{"name": "log"}})
	_, err := second.tryCreate(configMapToken, object{"metadata": object{"name": "log"}})
	wantError(t, err, "unreachable")
}
