package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/policyx"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// server speaks the analyzer's protocol for a policy pack, as policyx.Main does. That one decodes every resource once
// for each policy, and once more for remediations, of which there are none here: at twenty rules and two hundred
// resources it takes half as long again as the preview itself (sdk v3.259.0, go/pulumi/policyx/server.go).
type server struct {
	pulumirpc.UnimplementedAnalyzerServer

	// concerns is whether a policy looks at resources of a type; the others are not decoded.
	concerns func(typ string) bool
	make     func(*pulumi.Context) (policyx.PolicyPack, error)

	engine, root string
	pack         policyx.PolicyPack
	levels       map[string]policyx.EnforcementLevel
}

// serve serves the pack until the engine is done with it. It writes the port that it listens on, as the engine expects.
func serve(
	out io.Writer, concerns func(typ string) bool, pack func(*pulumi.Context) (policyx.PolicyPack, error),
) error {
	// It runs for seconds, holds little, and is asked about one resource after the other: with one processor, and
	// collecting rarely, it takes least from the engine beside it.
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(800)
	s := &server{concerns: concerns, make: pack}
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{Init: func(srv *grpc.Server) error {
		pulumirpc.RegisterAnalyzerServer(srv, s)
		return nil
	}})
	if err != nil {
		return fmt.Errorf("serving the policy pack: %w", err)
	}
	if _, err := fmt.Fprintf(out, "%d\n", handle.Port); err != nil {
		return fmt.Errorf("telling the engine the port: %w", err)
	}
	if err := <-handle.Done; err != nil {
		return fmt.Errorf("serving the policy pack: %w", err)
	}
	return nil
}

// Handshake takes the engine's address.
func (s *server) Handshake(
	_ context.Context, req *pulumirpc.AnalyzerHandshakeRequest,
) (*pulumirpc.AnalyzerHandshakeResponse, error) {
	s.engine, s.root = req.GetEngineAddress(), req.GetRootDirectory()
	return &pulumirpc.AnalyzerHandshakeResponse{}, nil
}

// ConfigureStack makes the pack for a stack. The engine calls it before anything that needs one.
func (s *server) ConfigureStack(
	_ context.Context, req *pulumirpc.AnalyzerStackConfigureRequest,
) (*pulumirpc.AnalyzerStackConfigureResponse, error) {
	ctx, err := pulumi.NewContext(context.Background(), pulumi.RunInfo{
		Stack: req.GetStack(), Project: req.GetProject(), Organization: req.GetOrganization(), RootDirectory: s.root,
		EngineAddr: s.engine, Config: req.GetConfig(), ConfigSecretKeys: req.GetConfigSecretKeys(),
		DryRun: req.GetDryRun(), Parallel: 1,
	})
	if err != nil {
		return nil, fmt.Errorf("making a context: %w", err)
	}
	if s.pack, err = s.make(ctx); err != nil {
		return nil, fmt.Errorf("making the policy pack: %w", err)
	}
	return &pulumirpc.AnalyzerStackConfigureResponse{}, nil
}

// Configure takes the levels that a person chose with --policy-pack-config.
func (s *server) Configure(_ context.Context, req *pulumirpc.ConfigureAnalyzerRequest) (*emptypb.Empty, error) {
	s.levels = map[string]policyx.EnforcementLevel{}
	for name, config := range req.GetPolicyConfig() {
		s.levels[name] = policyx.EnforcementLevel(config.GetEnforcementLevel())
	}
	return &emptypb.Empty{}, nil
}

// errUnconfigured is what `pulumi policy publish` gets, which has no stack.
var errUnconfigured = errors.New("the policy pack is of a stack, and there is none yet")

// GetPluginInfo returns the version.
func (s *server) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	if s.pack == nil {
		return nil, errUnconfigured
	}
	return &pulumirpc.PluginInfo{Version: s.pack.Version().String()}, nil
}

// GetAnalyzerInfo describes the policies.
func (s *server) GetAnalyzerInfo(context.Context, *emptypb.Empty) (*pulumirpc.AnalyzerInfo, error) {
	if s.pack == nil {
		return nil, errUnconfigured
	}
	info := &pulumirpc.AnalyzerInfo{
		Name: s.pack.Name(), Version: s.pack.Version().String(), SupportsConfig: true,
	}
	for _, p := range s.pack.Policies() {
		typ := pulumirpc.PolicyType_POLICY_TYPE_RESOURCE
		if _, ok := p.(policyx.StackValidationPolicy); ok {
			typ = pulumirpc.PolicyType_POLICY_TYPE_STACK
		}
		info.Policies = append(info.Policies, &pulumirpc.PolicyInfo{
			Name: p.Name(), Description: p.Description(), PolicyType: typ,
			EnforcementLevel: pulumirpc.EnforcementLevel(p.EnforcementLevel()),
		})
	}
	return info, nil
}

// Remediate changes nothing.
func (s *server) Remediate(context.Context, *pulumirpc.AnalyzeRequest) (*pulumirpc.RemediateResponse, error) {
	return &pulumirpc.RemediateResponse{}, nil
}

// Cancel has nothing to cancel.
func (s *server) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// report collects what a policy reports.
type report struct {
	server   *server
	policy   policyx.Policy
	urn      string
	response *pulumirpc.AnalyzeResponse
}

// ReportViolation implements policyx.PolicyManager.
func (r report) ReportViolation(message, urn string) {
	if urn == "" {
		urn = r.urn
	}
	r.response.Diagnostics = append(r.response.Diagnostics, &pulumirpc.AnalyzeDiagnostic{
		PolicyName: r.policy.Name(), PolicyPackName: r.server.pack.Name(),
		PolicyPackVersion: r.server.pack.Version().String(), Description: r.policy.Description(),
		Message: r.policy.Description() + "\n" + message, Urn: urn,
		EnforcementLevel: pulumirpc.EnforcementLevel(r.server.level(r.policy)),
	})
}

func (s *server) level(p policyx.Policy) policyx.EnforcementLevel {
	if level, ok := s.levels[p.Name()]; ok {
		return level
	}
	return p.EnforcementLevel()
}

func decode(urn string, properties *structpb.Struct) (resource.PropertyMap, error) {
	decoded, err := plugin.UnmarshalProperties(properties, plugin.MarshalOptions{
		KeepUnknowns: true, KeepSecrets: true, KeepResources: true, KeepOutputValues: true,
	})
	if err != nil {
		return nil, fmt.Errorf("decoding the properties of %s: %w", urn, err)
	}
	return decoded, nil
}

// Analyze asks the policies about one resource.
func (s *server) Analyze(ctx context.Context, req *pulumirpc.AnalyzeRequest) (*pulumirpc.AnalyzeResponse, error) {
	response := &pulumirpc.AnalyzeResponse{}
	if !s.concerns(req.GetType()) {
		return response, nil
	}
	properties, err := decode(req.GetUrn(), req.GetProperties())
	if err != nil {
		return nil, err
	}
	args := policyx.ResourceValidationArgs{Resource: policyx.AnalyzerResource{
		URN: req.GetUrn(), Type: req.GetType(), Name: req.GetName(), Parent: req.GetOptions().GetParent(),
		Properties: resource.FromResourcePropertyMap(properties),
		Options:    pulumi.ResourceOptions{Protect: req.GetOptions().GetProtect()},
	}}
	for _, p := range s.pack.Policies() {
		p, ok := p.(policyx.ResourceValidationPolicy)
		if !ok || s.level(p) == policyx.EnforcementLevelDisabled {
			continue
		}
		args.Manager = report{s, p, req.GetUrn(), response}
		if err := p.Validate(ctx, args); err != nil {
			return nil, fmt.Errorf("asking %s about %s: %w", p.Name(), req.GetUrn(), err)
		}
	}
	return response, nil
}

// AnalyzeStack asks the policies about all resources.
func (s *server) AnalyzeStack(
	ctx context.Context, req *pulumirpc.AnalyzeStackRequest,
) (*pulumirpc.AnalyzeResponse, error) {
	args := policyx.StackValidationArgs{}
	for _, r := range req.GetResources() {
		if !s.concerns(r.GetType()) {
			continue
		}
		properties, err := decode(r.GetUrn(), r.GetProperties())
		if err != nil {
			return nil, err
		}
		args.Resources = append(args.Resources, policyx.AnalyzerResource{
			URN: r.GetUrn(), Type: r.GetType(), Name: r.GetName(), Parent: r.GetParent(),
			Properties:   resource.FromResourcePropertyMap(properties),
			Options:      pulumi.ResourceOptions{Protect: r.GetOptions().GetProtect()},
			Dependencies: r.GetDependencies(),
		})
	}
	response := &pulumirpc.AnalyzeResponse{}
	for _, p := range s.pack.Policies() {
		p, ok := p.(policyx.StackValidationPolicy)
		if !ok || s.level(p) == policyx.EnforcementLevelDisabled {
			continue
		}
		args.Manager = report{s, p, "", response}
		if err := p.Validate(ctx, args); err != nil {
			return nil, fmt.Errorf("asking %s about the stack: %w", p.Name(), err)
		}
	}
	return response, nil
}
