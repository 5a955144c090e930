package mocks

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// previewMonitor is the engine's side of a preview.
//
// The SDK's own mocks cannot do it: they refuse a secret that is not known yet,
// which every password is before there is a database.
type previewMonitor struct {
	pulumirpc.UnimplementedResourceMonitorServer
	pulumirpc.UnimplementedEngineServer

	recorder       *Recorder
	project, stack string
}

// preview makes a run a preview against the recorder, until stop is called.
func (r *Recorder) preview(project, stack string) (option pulumi.RunOption, stop func(), err error) {
	monitor := &previewMonitor{recorder: r, project: project, stack: stack}
	cancel := make(chan bool)
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterResourceMonitorServer(server, monitor)
			pulumirpc.RegisterEngineServer(server, monitor)
			return nil
		},
	})
	if err != nil {
		return nil, nil, fmt.Errorf("serving a preview: %w", err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", handle.Port)
	return func(info *pulumi.RunInfo) {
			info.Project, info.Stack = project, stack
			info.MonitorAddr, info.EngineAddr = address, address
			info.DryRun = true
		}, func() {
			close(cancel)
			if err := <-handle.Done; err != nil {
				panic(fmt.Sprintf("stopping the preview's monitor: %v", err))
			}
		}, nil
}

// SupportsFeature says what the SDK may send: all but outputs as such, so that
// inputs are recorded as the SDK's mocks have them.
func (m *previewMonitor) SupportsFeature(
	_ context.Context, in *pulumirpc.SupportsFeatureRequest,
) (*pulumirpc.SupportsFeatureResponse, error) {
	return &pulumirpc.SupportsFeatureResponse{HasSupport: in.GetId() != "outputValues"}, nil
}

// RegisterResource records a resource; what a provider would compute stays unknown.
func (m *previewMonitor) RegisterResource(
	_ context.Context, in *pulumirpc.RegisterResourceRequest,
) (*pulumirpc.RegisterResourceResponse, error) {
	var parent tokens.Type
	if urn := resource.URN(in.GetParent()); urn != "" && urn.QualifiedType() != resource.RootStackType {
		parent = urn.QualifiedType()
	}
	urn := string(resource.NewURN(
		tokens.QName(m.stack), tokens.PackageName(m.project), parent, tokens.Type(in.GetType()), in.GetName()))
	if in.GetType() == string(resource.RootStackType) {
		return &pulumirpc.RegisterResourceResponse{Urn: urn}, nil
	}
	inputs, err := plugin.UnmarshalProperties(in.GetObject(), marshalOptions())
	if err != nil {
		return nil, err
	}
	id, state, err := m.recorder.NewResource(pulumi.MockResourceArgs{
		TypeToken: in.GetType(), Name: in.GetName(), Inputs: known(inputs), Provider: in.GetProvider(),
		ID: in.GetImportId(), Custom: in.GetCustom(), RegisterRPC: in,
	})
	if err != nil {
		return nil, err
	}
	object, err := plugin.MarshalProperties(state, marshalOptions())
	if err != nil {
		return nil, err
	}
	return &pulumirpc.RegisterResourceResponse{Urn: urn, Id: id, Object: object}, nil
}

// RegisterResourceOutputs has nothing to do.
func (m *previewMonitor) RegisterResourceOutputs(
	context.Context, *pulumirpc.RegisterResourceOutputsRequest,
) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// Invoke answers a function.
func (m *previewMonitor) Invoke(
	_ context.Context, in *pulumirpc.ResourceInvokeRequest,
) (*pulumirpc.ResourceInvokeResponse, error) {
	args, err := plugin.UnmarshalProperties(in.GetArgs(), marshalOptions())
	if err != nil {
		return nil, err
	}
	answer, err := m.recorder.Call(pulumi.MockCallArgs{Token: in.GetTok(), Args: args, Provider: in.GetProvider()})
	if err != nil {
		return nil, err
	}
	result, err := plugin.MarshalProperties(answer, marshalOptions())
	if err != nil {
		return nil, err
	}
	return &pulumirpc.ResourceInvokeResponse{Return: result}, nil
}

// RegisterPackage names a parameterised package.
func (m *previewMonitor) RegisterPackage(
	context.Context, *pulumirpc.RegisterPackageRequest,
) (*pulumirpc.RegisterPackageResponse, error) {
	return &pulumirpc.RegisterPackageResponse{Ref: "mock-uuid"}, nil
}

// SignalAndWaitForShutdown has nothing to wait for.
func (m *previewMonitor) SignalAndWaitForShutdown(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// Log records the program's messages.
func (m *previewMonitor) Log(_ context.Context, in *pulumirpc.LogRequest) (*emptypb.Empty, error) {
	m.recorder.mu.Lock()
	defer m.recorder.mu.Unlock()
	m.recorder.logs = append(m.recorder.logs, Log{in.GetSeverity().String(), in.GetMessage()})
	return &emptypb.Empty{}, nil
}

func marshalOptions() plugin.MarshalOptions {
	return plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, KeepResources: true}
}

// known leaves out what is not known.
func known(properties resource.PropertyMap) resource.PropertyMap {
	kept := resource.PropertyMap{}
	for key, value := range properties {
		if v, ok := knownValue(value); ok {
			kept[key] = v
		}
	}
	return kept
}

func knownValue(v resource.PropertyValue) (resource.PropertyValue, bool) {
	switch {
	case v.IsComputed():
		return v, false
	case v.IsSecret():
		inner, ok := knownValue(v.SecretValue().Element)
		return resource.MakeSecret(inner), ok
	case v.IsObject():
		return resource.NewProperty(known(v.ObjectValue())), true
	case v.IsArray():
		list := []resource.PropertyValue{}
		for _, element := range v.ArrayValue() {
			if inner, ok := knownValue(element); ok {
				list = append(list, inner)
			}
		}
		return resource.NewProperty(list), true
	default:
		return v, true
	}
}
