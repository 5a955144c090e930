package kubernetes

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	sdk "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"github.com/vmstio/infrastructure/sandbox/cloud"
	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

// configFields are the settings of the real provider, without those that make it talk to no cluster at all, and those
// that let it go on where it would stop: what they would hide is what the sandbox is there to show.
var configFields = func() sim.Fields {
	fields := sim.FieldsOf(sdk.ProviderArgs{}, sim.Rules{}).
		With(sim.Fields{"version": sim.String(), "pluginDownloadURL": sim.String()})
	for _, name := range []string{
		"renderYamlToDirectory", "alwaysRender", "deleteUnreachable", "skipUpdateUnreachable", "upsertExistingObjects",
		"enablePatchForce", "enableServerSideApply",
	} {
		delete(fields, name)
	}
	return fields
}()

// settings is the provider's configuration.
type settings struct {
	// credentials are nil as long as the kubeconfig is unknown.
	credentials *credentials
	values      map[string]any
}

// on tells whether a boolean setting is true.
func (s settings) on(key string) bool { return s.values[key] == true }

// defaultNamespace is the namespace of objects that name none: the provider's, the kubeconfig context's, "default".
func (s settings) defaultNamespace() string {
	if ns := text(s.values, "namespace"); ns != "" || s.credentials == nil {
		return cmp.Or(ns, "default")
	}
	return s.credentials.Namespace
}

// newSettings reads a configuration; the failures name its keys.
func newSettings(inputs resource.PropertyMap) (settings, []plugin.CheckFailure) {
	inputs = configFields.Decode(inputs)
	failures := configFields.Check("pulumi:providers:kubernetes", inputs)
	if len(failures) > 0 {
		return settings{}, failures
	}
	values, unknown, err := toPlain(inputs)
	fail := func(key resource.PropertyKey, format string, args ...any) {
		failures = append(failures, plugin.CheckFailure{Property: key, Reason: fmt.Sprintf(format, args...)})
	}
	if err != nil {
		fail("", "%v", err)
	}
	s := settings{values: values}
	switch config, given := values["kubeconfig"].(string); {
	case slices.Contains(unknown, "kubeconfig"):
	case !given:
		fail("kubeconfig", "required: the simulated cloud does not fall back to a kubeconfig of this machine")
	default:
		credentials, err := parseKubeconfig(config, text(values, "context"), text(values, "cluster"))
		if err != nil {
			fail("kubeconfig", "%v", err)
		} else {
			s.credentials = credentials
		}
	}
	return s, failures
}

// CheckConfig refuses unknown settings and kubeconfigs that cannot be read.
func (p *Provider) CheckConfig(_ context.Context, req plugin.CheckConfigRequest) (plugin.CheckConfigResponse, error) {
	_, failures := newSettings(req.News)
	return plugin.CheckConfigResponse{Properties: req.News, Failures: failures}, nil
}

// DiffConfig replaces the provider, and so everything made with it, when it leads to another cluster: when
// clusterIdentifier changes if there is one, else when the server of the kubeconfig changes. Other changes, such as a
// new token, are updates.
func (p *Provider) DiffConfig(_ context.Context, req plugin.DiffConfigRequest) (plugin.DiffConfigResponse, error) {
	var replacing []string
	if _, identified := req.NewInputs["clusterIdentifier"]; identified {
		replacing = []string{"clusterIdentifier"}
	} else {
		olds, _ := newSettings(req.OldInputs)
		news, _ := newSettings(req.NewInputs)
		if olds.credentials != nil && news.credentials != nil && olds.credentials.Host != news.credentials.Host {
			replacing = []string{"kubeconfig", "context", "cluster"}
		}
	}
	return diffInputs(req.OldInputs, req.NewInputs, replacing), nil
}

// Configure takes the configuration into use.
func (p *Provider) Configure(_ context.Context, req plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	s, failures := newSettings(req.Inputs)
	if len(failures) > 0 {
		return plugin.ConfigureResponse{}, fmt.Errorf("configuring the Kubernetes provider: %s: %s",
			failures[0].Property, failures[0].Reason)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settings = s
	return plugin.ConfigureResponse{}, nil
}

func (p *Provider) configured() settings {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.settings
}

// inCluster runs a change in the configured cluster.
func (p *Provider) inCluster(change func(v view) error) error {
	s := p.configured()
	if s.credentials == nil {
		return unreachable("the kubeconfig is not known yet")
	}
	return p.cloud.Update(func(tx *cloud.Tx) error {
		connected, err := s.credentials.connect(tx)
		if err != nil {
			return err
		}
		return change(view{Tx: tx, cluster: connected})
	})
}
