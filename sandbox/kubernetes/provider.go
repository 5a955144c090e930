package kubernetes

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/kubernetes/helm"
)

// version is the one of the provider SDK that the program uses.
const version = "4.33.0"

// defaultPatience is how long an object may wait for others that are made in parallel, such as the Secret that a pod
// refers to. A real cluster waits for minutes; here everything that will come comes at once.
const defaultPatience = 5 * time.Second

// Options changes how the provider is simulated.
type Options struct {
	// Charts is where Helm charts are. One that is not there has a stand-in.
	Charts helm.Source
	// Patience is how long an object waits for what it refers to before it is reported as not ready; 0 means 5 s.
	Patience time.Duration
	// Log takes messages for the person who runs the program; nil sends them to the engine.
	Log func(severity diag.Severity, urn resource.URN, message string)
}

// Provider simulates the Kubernetes provider. It holds one configuration, so each provider resource of a program needs
// its own.
type Provider struct {
	plugin.UnimplementedProvider

	cloud   *cloud.Cloud
	kinds   *kinds
	options Options

	mu       sync.Mutex
	settings settings
	engine   *grpc.ClientConn
}

var _ plugin.GrpcProvider = (*Provider)(nil)

// New makes a provider on the simulated cloud.
func New(c *cloud.Cloud, options Options) plugin.Provider { return NewFactory(c, options)() }

// NewFactory returns a function that makes providers. The engine connects once for every provider resource and may use
// several at a time with different configurations; a server therefore serves each connection its own provider.
func NewFactory(c *cloud.Cloud, options Options) func() plugin.Provider {
	if options.Patience == 0 {
		options.Patience = defaultPatience
	}
	catalogue := newKinds()
	return func() plugin.Provider { return &Provider{cloud: c, kinds: catalogue, options: options} }
}

// Handshake takes the engine's address for messages and asks for secrets as such.
func (p *Provider) Handshake(
	_ context.Context, req plugin.ProviderHandshakeRequest,
) (*plugin.ProviderHandshakeResponse, error) {
	if err := p.Attach(req.EngineAddress); err != nil {
		return nil, err
	}
	return &plugin.ProviderHandshakeResponse{AcceptSecrets: true, AcceptResources: true}, nil
}

// Attach takes the engine's address for messages. An empty address is ignored.
func (p *Provider) Attach(address string) error {
	if address == "" {
		return nil
	}
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return fmt.Errorf("connecting to the engine at %s: %w", address, err)
	}
	p.mu.Lock()
	before := p.engine
	p.engine = conn
	p.mu.Unlock()
	if before != nil {
		_ = before.Close() // an earlier engine is gone, or it is the same one
	}
	return nil
}

// Close ends the connection to the engine.
func (p *Provider) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.engine == nil {
		return nil
	}
	conn := p.engine
	p.engine = nil
	return conn.Close()
}

// SignalCancellation has nothing to cancel: no operation takes longer than [Options.Patience].
func (p *Provider) SignalCancellation(context.Context) error { return nil }

// GetPluginInfo returns the version of the provider that is simulated.
func (p *Provider) GetPluginInfo(context.Context) (plugin.PluginInfo, error) {
	v := semver.MustParse(version)
	return plugin.PluginInfo{Version: &v}, nil
}

// GetSchema has no schema: programs bring their SDK.
func (p *Provider) GetSchema(context.Context, plugin.GetSchemaRequest) (plugin.GetSchemaResponse, error) {
	return plugin.GetSchemaResponse{Schema: []byte(`{"name": "kubernetes", "version": "` + version + `"}`)}, nil
}

// Invoke refuses every function: the simulated provider has none.
func (p *Provider) Invoke(_ context.Context, req plugin.InvokeRequest) (plugin.InvokeResponse, error) {
	return plugin.InvokeResponse{}, fmt.Errorf(
		"unknown function %q: the simulated Kubernetes provider has no functions", req.Tok)
}

// log tells the person who runs the program something.
func (p *Provider) log(ctx context.Context, severity diag.Severity, urn resource.URN, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	if p.options.Log != nil {
		p.options.Log(severity, urn, message)
		return
	}
	p.mu.Lock()
	engine := p.engine
	p.mu.Unlock()
	if engine == nil {
		return
	}
	severities := map[diag.Severity]pulumirpc.LogSeverity{
		diag.Info: pulumirpc.LogSeverity_INFO, diag.Warning: pulumirpc.LogSeverity_WARNING,
		diag.Error: pulumirpc.LogSeverity_ERROR,
	}

	// A message that does not arrive is no reason to fail the operation it is about.
	_, _ = pulumirpc.NewEngineClient(engine).Log(ctx, &pulumirpc.LogRequest{
		Severity: severities[severity], Urn: string(urn), Message: message,
	})
}
