package policytest_test

import (
	"context"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// credulous is a provider that takes whatever it is given. What breaks a rule would be refused by the simulators before
// the engine shows it to a policy pack.
type credulous struct{ plugin.UnimplementedProvider }

var _ plugin.GrpcProvider = (*credulous)(nil)

func (*credulous) Attach(string) error { return nil }

func (*credulous) Close() error { return nil }

func (*credulous) SignalCancellation(context.Context) error { return nil }

func (*credulous) Handshake(
	context.Context, plugin.ProviderHandshakeRequest,
) (*plugin.ProviderHandshakeResponse, error) {
	return &plugin.ProviderHandshakeResponse{AcceptSecrets: true, AcceptResources: true}, nil
}

func (*credulous) GetPluginInfo(context.Context) (plugin.PluginInfo, error) {
	return plugin.PluginInfo{Version: &semver.Version{Major: 1}}, nil
}

func (*credulous) CheckConfig(_ context.Context, req plugin.CheckConfigRequest) (plugin.CheckConfigResponse, error) {
	return plugin.CheckConfigResponse{Properties: req.News}, nil
}

func (*credulous) Configure(context.Context, plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	return plugin.ConfigureResponse{}, nil
}

func (*credulous) Check(_ context.Context, req plugin.CheckRequest) (plugin.CheckResponse, error) {
	return plugin.CheckResponse{Properties: req.News}, nil
}

// DiffConfig finds that nothing is another.
func (*credulous) DiffConfig(context.Context, plugin.DiffConfigRequest) (plugin.DiffConfigResponse, error) {
	return plugin.DiffResult{Changes: plugin.DiffNone}, nil
}

// Diff has every change of an object replace it.
func (*credulous) Diff(_ context.Context, req plugin.DiffRequest) (plugin.DiffResponse, error) {
	changes := req.OldInputs.Diff(req.NewInputs)
	if changes == nil {
		return plugin.DiffResult{Changes: plugin.DiffNone}, nil
	}
	return plugin.DiffResult{Changes: plugin.DiffSome, ReplaceKeys: changes.ChangedKeys()}, nil
}

func (*credulous) Create(_ context.Context, req plugin.CreateRequest) (plugin.CreateResponse, error) {
	return plugin.CreateResponse{ID: resource.ID("id-of-" + req.Name), Properties: req.Properties}, nil
}
