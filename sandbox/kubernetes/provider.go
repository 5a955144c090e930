package kubernetes

import (
	"context"
	"sync"
	"time"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/kubernetes/helm"
)

// version is the one of the provider SDK that the program uses.
const version = "4.33.0"

// defaultPatience is how long an object may wait for others that are made in parallel, such as the Secret that a pod
// refers to. A real cluster waits for minutes; here everything that will come comes at once.
const defaultPatience = 20 * time.Second

// Options changes how the provider is simulated.
type Options struct {
	// Charts is where Helm charts are. One that is not there has a stand-in.
	Charts helm.Source
	// Patience is how long an object waits for what it refers to before it is reported as not ready; 0 means 20 s.
	Patience time.Duration
}

// Provider simulates the Kubernetes provider. It holds one configuration, so each provider resource of a program needs
// its own.
type Provider struct {
	plugin.UnimplementedProvider

	cloud   *cloud.Cloud
	options Options

	mu       sync.Mutex
	settings settings
	// engine is the engine's address for messages.
	engine string
}

var _ plugin.GrpcProvider = (*Provider)(nil)

// New makes a provider on the simulated cloud. The engine connects once for every provider resource and may use several
// at a time with different configurations; a server therefore serves each connection its own provider.
func New(c *cloud.Cloud, options Options) plugin.GrpcProvider {
	if options.Patience == 0 {
		options.Patience = defaultPatience
	}
	return &Provider{cloud: c, options: options}
}

// Handshake asks for secrets and references to resources as such.
func (p *Provider) Handshake(
	context.Context, plugin.ProviderHandshakeRequest,
) (*plugin.ProviderHandshakeResponse, error) {
	return &plugin.ProviderHandshakeResponse{AcceptSecrets: true, AcceptResources: true}, nil
}

// Attach takes the engine's address for messages.
func (p *Provider) Attach(address string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.engine = address
	return nil
}

// Close has nothing to close.
func (p *Provider) Close() error { return nil }

// SignalCancellation has nothing to cancel: no operation takes longer than [Options.Patience].
func (p *Provider) SignalCancellation(context.Context) error { return nil }

// GetPluginInfo returns the version of the provider that is simulated.
func (p *Provider) GetPluginInfo(context.Context) (plugin.PluginInfo, error) {
	v := semver.MustParse(version)
	return plugin.PluginInfo{Version: &v}, nil
}
