// Package provider is the common base of the simulated resource providers: a package of resources and functions is
// declared as tables ([Package]), and [New] makes of it a provider that the Pulumi engine can use.
//
// What the base does, as the real (bridged Terraform) providers do it:
//
//   - Check refuses types and properties that the package does not have, missing and wrongly typed values, and what a
//     property's own checks refuse; each failure names type, property path, value (unless secret) and what is allowed.
//     Values that are not known in a preview pass. Defaults and automatic names are filled in, and listed in the
//     internal property __defaults.
//   - Diff compares the inputs per property with what the cloud answered, and says which change replaces the resource.
//     A resource whose name was given by the program and stays the same is deleted before it is replaced, because two
//     cannot have one name.
//   - Create, Update, Read and Delete work on the objects of a [cloud.Cloud], inside one transaction each, so that a
//     refused call changes nothing. In a preview nothing is called and computed outputs are unknown.
//   - Read compares with the cloud's state on disk: what was edited there comes back as changed inputs (drift), what
//     was removed as gone.
//   - Secret outputs are marked, and an output that echoes a secret input stays secret.
//
// A provider holds one configuration: the last one that the engine gave it. Serve two providers when a program needs
// two configurations of one package.
package provider

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"

	"github.com/vmstio/infrastructure/sandbox/cloud"
)

// New makes a provider of a package whose objects live in the given cloud. The result is meant for
// [plugin.NewProviderServer]; besides [plugin.Provider] it has the method Attach, which the engine calls on a provider
// that it did not start itself.
func New(pkg Package, c *cloud.Cloud) plugin.GrpcProvider {
	p := &simulated{pkg: pkg, cloud: c}
	p.config.Store(&State{})
	return p
}

type simulated struct {
	plugin.UnimplementedProvider

	pkg    Package
	cloud  *cloud.Cloud
	config atomic.Pointer[State]
}

func (p *simulated) Attach(string) error { return nil }

func (p *simulated) Close() error { return nil }

func (p *simulated) SignalCancellation(context.Context) error { return nil }

func (p *simulated) Handshake(
	context.Context, plugin.ProviderHandshakeRequest,
) (*plugin.ProviderHandshakeResponse, error) {
	return &plugin.ProviderHandshakeResponse{AcceptSecrets: true}, nil
}

func (p *simulated) GetPluginInfo(context.Context) (plugin.PluginInfo, error) {
	version := semver.MustParse(p.pkg.Version)
	return plugin.PluginInfo{Version: &version}, nil
}

// configResource lets the provider's configuration be checked and compared as a resource's inputs are.
func (p *simulated) configResource() Resource {
	return Resource{Inputs: p.pkg.Config.With(Fields{"version": String(), "pluginDownloadURL": String()})}
}

func (p *simulated) CheckConfig(
	_ context.Context, request plugin.CheckConfigRequest,
) (plugin.CheckConfigResponse, error) {
	checked := p.configResource().check(plugin.CheckRequest{
		URN: request.URN, Type: tokens.Type("pulumi:providers:" + p.pkg.Name), News: p.pkg.Config.Decode(request.News),
	})
	return plugin.CheckConfigResponse{Properties: request.News, Failures: checked.Failures}, nil
}

// Decode reads the JSON texts in which SDKs pass configuration values that are not texts.
func (f Fields) Decode(config resource.PropertyMap) resource.PropertyMap {
	decoded := config.Copy()
	for key, value := range config {
		field, ok := f[string(key)]
		value = reveal(value)
		if !ok || field.kind == stringKind || !value.IsString() {
			continue
		}
		var read any
		if err := json.Unmarshal([]byte(value.StringValue()), &read); err == nil {
			decoded[key] = property(read)
		}
	}
	return decoded
}

func (p *simulated) DiffConfig(_ context.Context, request plugin.DiffConfigRequest) (plugin.DiffConfigResponse, error) {
	return p.configResource().diff(plugin.DiffRequest{
		OldInputs: p.pkg.Config.Decode(request.OldInputs), NewInputs: p.pkg.Config.Decode(request.NewInputs),
		IgnoreChanges: request.IgnoreChanges,
	}), nil
}

func (p *simulated) Configure(_ context.Context, request plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	config := plainMap(p.pkg.Config.Decode(request.Inputs))
	p.config.Store(&config)
	return plugin.ConfigureResponse{}, nil
}

// inCloud runs one change of the cloud, on behalf of a resource type or a function: all of it happens, or nothing.
func (p *simulated) inCloud(token string, change func(call Call) error) error {
	if p.pkg.Authorize != nil {
		if err := p.pkg.Authorize(*p.config.Load(), token); err != nil {
			return err
		}
	}
	return p.cloud.Update(func(tx *cloud.Tx) error { return change(Call{Tx: tx}) })
}

func (p *simulated) resource(token string) (Resource, error) {
	declared, ok := p.pkg.Resources[token]
	if !ok {
		return Resource{}, fmt.Errorf("%s: unknown resource type; the simulated provider %s has %s",
			token, p.pkg.Name, strings.Join(slices.Sorted(maps.Keys(p.pkg.Resources)), ", "))
	}
	return declared, nil
}

func (p *simulated) Check(_ context.Context, request plugin.CheckRequest) (plugin.CheckResponse, error) {
	declared, err := p.resource(string(request.Type))
	if err != nil {
		//nolint:nilerr // what is wrong with a resource is a failure of the check, not of the call
		return plugin.CheckResponse{Failures: []plugin.CheckFailure{{Reason: err.Error()}}}, nil
	}
	return declared.check(request), nil
}

func (p *simulated) Diff(_ context.Context, request plugin.DiffRequest) (plugin.DiffResponse, error) {
	declared, err := p.resource(string(request.Type))
	if err != nil {
		return plugin.DiffResponse{}, err
	}
	return declared.diff(request), nil
}

func (p *simulated) Create(_ context.Context, request plugin.CreateRequest) (plugin.CreateResponse, error) {
	token := string(request.Type)
	declared, err := p.resource(token)
	if err != nil {
		return plugin.CreateResponse{}, err
	}
	if request.Preview {
		state := plainMap(request.Properties)
		unknown(declared.Inputs, state)
		for _, name := range declared.computed() {
			state.SetDefault(name, Unknown{})
		}
		return plugin.CreateResponse{Properties: declared.outputs(state, request.Properties)}, nil
	}
	var response plugin.CreateResponse
	err = p.inCloud(token, func(call Call) error {
		call.Timeout = seconds(request.Timeout)
		state := plainMap(request.Properties)
		id, err := declared.Create(call, state)
		if err != nil {
			return err
		}
		if state, err = state.clone(); err != nil {
			return err
		}
		response = plugin.CreateResponse{ID: resource.ID(id), Properties: declared.outputs(state, request.Properties)}
		if p.pkg.Local {
			return nil
		}
		return call.Put(cloud.Object{Type: token, ID: id, Outputs: state})
	})
	if err != nil {
		return response, err
	}
	return p.late(declared, request, response)
}

// late is the answer to a creation, or the error of a provider that has stopped waiting for it.
func (p *simulated) late(
	declared Resource, request plugin.CreateRequest, response plugin.CreateResponse,
) (plugin.CreateResponse, error) {
	waits, takes := cmp.Or(seconds(request.Timeout), declared.Waits), p.pkg.Slow[string(request.Type)]
	if waits == 0 || takes <= waits {
		return response, nil
	}
	err := rpcerror.New(codes.Unknown, fmt.Sprintf("%s %q: timeout while waiting for its creation, which takes %s: "+
		"the provider waits %s", request.Type, request.Name, takes, waits))
	if !declared.Keeps {
		return plugin.CreateResponse{Status: resource.StatusUnknown}, err
	}
	properties, unsaid := plugin.MarshalProperties(response.Properties, plugin.MarshalOptions{KeepSecrets: true})
	if unsaid != nil {
		return response, fmt.Errorf("recording %s %q: %w", request.Type, response.ID, unsaid)
	}
	response.Status = resource.StatusPartialFailure
	return response, rpcerror.WithDetails(err, &pulumirpc.ErrorResourceInitFailed{
		Id: string(response.ID), Properties: properties, Reasons: []string{err.Error()},
	})
}

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

// unknown marks in state everything that the cloud chooses because the program did not.
func unknown(fields Fields, state State) {
	for name, field := range fields {
		if field.computed {
			state.SetDefault(name, Unknown{})
		}
		if object := state.Object(name); field.kind == objectKind && object != nil {
			unknown(field.fields, object)
		}
	}
}

func (p *simulated) Read(_ context.Context, request plugin.ReadRequest) (plugin.ReadResponse, error) {
	token, id := string(request.Type), string(request.ID)
	declared, err := p.resource(token)
	if err != nil {
		return plugin.ReadResponse{}, err
	}
	if p.pkg.Local {
		if request.State == nil {
			return plugin.ReadResponse{}, nil // an import of what only a state could know
		}
		return plugin.ReadResponse{ReadResult: plugin.ReadResult{
			ID: request.ID, Inputs: request.Inputs, Outputs: request.State,
		}}, nil
	}
	var response plugin.ReadResponse
	err = p.inCloud(token, func(call Call) error {
		object, ok := call.Get(token, id)
		if !ok && declared.Gone != nil {
			return declared.Gone(id)
		}
		if !ok {
			return nil // an empty ID tells the engine that the object is gone
		}
		state := State(object.Outputs)
		if declared.Refresh != nil {
			if err := declared.Refresh(call, id, state); err != nil {
				return err
			}
			if state, err = state.clone(); err != nil {
				return err
			}
			object.Outputs = state
			if err := call.Put(object); err != nil {
				return err
			}
		}
		inputs := properties(readInputs(declared.Inputs, plainMap(request.Inputs), state))
		if list, ok := request.Inputs[defaultsKey]; ok {
			inputs[defaultsKey] = list
		}
		response.ReadResult = plugin.ReadResult{
			ID: request.ID, Inputs: KeepSecrets(inputs, request.Inputs),
			Outputs: KeepSecrets(declared.outputs(state, request.State), request.Inputs),
		}
		return nil
	})
	return response, err
}

func (p *simulated) Update(_ context.Context, request plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	token, id := string(request.Type), string(request.ID)
	declared, err := p.resource(token)
	if err != nil {
		return plugin.UpdateResponse{}, err
	}
	if request.Preview {
		state := declared.overlay(plainMap(request.OldOutputs), plainMap(request.NewInputs))
		return plugin.UpdateResponse{Properties: declared.outputs(state, request.NewInputs)}, nil
	}
	var response plugin.UpdateResponse
	err = p.inCloud(token, func(call Call) error {
		object, ok := call.Get(token, id)
		if !ok {
			return fmt.Errorf("updating %s %q: it is not in the cloud any more: run a refresh, which forgets it",
				token, id)
		}
		before := State(object.Outputs)
		current, err := before.clone()
		if err != nil {
			return err
		}
		inputs := plainMap(request.NewInputs)
		for _, name := range request.IgnoreChanges {
			// Bridged providers plan with what there is, whatever the inputs of the state say.
			if _, ok := inputs[name]; ok {
				inputs[name] = current[name]
			}
		}
		state := declared.overlay(current, inputs)
		if declared.Update != nil {
			if err := declared.Update(call, id, before, state); err != nil {
				return err
			}
		}
		if state, err = state.clone(); err != nil {
			return err
		}
		object.Outputs = state
		response.Properties = declared.outputs(state, request.NewInputs)
		return call.Put(object)
	})
	return response, err
}

func (p *simulated) Delete(_ context.Context, request plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	token, id := string(request.Type), string(request.ID)
	declared, err := p.resource(token)
	if err != nil {
		return plugin.DeleteResponse{}, err
	}
	return plugin.DeleteResponse{}, p.inCloud(token, func(call Call) error {
		object, ok := call.Get(token, id)
		if !ok {
			return nil // somebody else deleted it, which is what was wanted
		}
		if declared.Delete != nil {
			call.Timeout = seconds(request.Timeout)
			if err := declared.Delete(call, id, object.Outputs); err != nil {
				return err
			}
		}
		return call.Delete(token, id)
	})
}

func (p *simulated) Invoke(_ context.Context, request plugin.InvokeRequest) (plugin.InvokeResponse, error) {
	token := string(request.Tok)
	declared, ok := p.pkg.Functions[token]
	if !ok {
		return plugin.InvokeResponse{}, fmt.Errorf("%s: unknown function; the simulated provider %s has %s",
			token, p.pkg.Name, strings.Join(slices.Sorted(maps.Keys(p.pkg.Functions)), ", "))
	}
	c := &checker{token: token}
	args, _ := c.object(nil, declared.Inputs, request.Args)
	if len(c.failures) > 0 {
		return plugin.InvokeResponse{Failures: c.failures}, nil
	}
	if args.ContainsUnknowns() {
		return plugin.InvokeResponse{}, errors.New(token + ": an argument is not known yet")
	}
	var response plugin.InvokeResponse
	err := p.inCloud(token, func(call Call) error {
		result, err := declared.Call(call, plainMap(args))
		if err == nil {
			result, err = result.clone()
		}
		response.Properties = properties(result)
		return err
	})
	return response, err
}
