// Package mocks runs Pulumi programs without an engine and records what they
// register.
package mocks

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
)

// Resource is one registration as the engine would receive it.
type Resource struct {
	Type, Name string
	// Custom is false for components.
	Custom bool
	// Inputs as they came, secrets marked. In a preview, without what is unknown.
	Inputs resource.PropertyMap
	// Whole are the inputs of a preview, with what is unknown.
	Whole resource.PropertyMap
	// Parent is the parent's URN.
	Parent string
	// Provider is "<urn>::<id>" of the explicit provider; empty means the default one.
	Provider       string
	Protect        bool
	RetainOnDelete bool
	// DeleteBeforeReplace is true where the old one must go first.
	DeleteBeforeReplace bool
	IgnoreChanges       []string
	ReplaceOnChanges    []string
	// Aliases are what it was called before: URNs, or the types and names that differ.
	Aliases []string
	// Import is the ID of what is adopted instead of made.
	Import string
	// Transforms is the number of functions that change what is below it.
	Transforms int
	// Timeouts are those of create, update and delete that are not the provider's.
	Timeouts map[string]string
	// DependsOn are the URNs of the explicit and implicit dependencies.
	DependsOn []string
	// DeletedWith is the URN of the resource whose deletion takes this one along.
	DeletedWith string
}

// Input returns the plain value at a path of keys and indexes; nil where there
// is nothing. Secrets and outputs are looked through.
func (r Resource) Input(path ...any) any {
	v := resource.NewProperty(r.Inputs)
	for _, step := range path {
		v = plain(v)
		switch s := step.(type) {
		case string:
			if !v.IsObject() {
				return nil
			}
			v = v.ObjectValue()[resource.PropertyKey(s)]
		case int:
			if !v.IsArray() || s >= len(v.ArrayValue()) {
				return nil
			}
			v = v.ArrayValue()[s]
		default:
			panic(fmt.Sprintf("path step %v is neither a key nor an index", step))
		}
	}
	v = plain(v)
	return v.MapRepl(nil, func(v resource.PropertyValue) (any, bool) {
		if v.IsSecret() || v.IsOutput() {
			return plain(v).Mappable(), true
		}
		return nil, false
	})
}

// Secret reports whether the top-level input is a secret, or holds one.
func (r Resource) Secret(key string) bool {
	return r.Inputs[resource.PropertyKey(key)].ContainsSecrets()
}

func plain(v resource.PropertyValue) resource.PropertyValue {
	for {
		switch {
		case v.IsSecret():
			v = v.SecretValue().Element
		case v.IsOutput():
			v = v.OutputValue().Element
		default:
			return v
		}
	}
}

// Recorder stands in for the engine and the providers.
type Recorder struct {
	// Preview leaves everything unknown that only a provider can know.
	Preview bool
	// Config is the stack's configuration, by full key.
	Config map[string]string
	// SecretKeys are the keys of Config that are secret.
	SecretKeys []string
	// Project and Stack default to "vmst" and "test".
	Project, Stack string
	// Answers to functions, by token, that come before the ones known here.
	Answers map[string]Answer
	// Computed are outputs of resources, by type token, that come before the ones known here.
	Computed map[string]resource.PropertyMap

	mu        sync.Mutex
	resources []Resource
	calls     []Call
	logs      []Log
	failures  map[string]error
	exports   map[string]pulumi.Input
}

// Fail makes the registration of the resource with that type token and name
// fail; an empty name means every one of the type.
func (r *Recorder) Fail(typ, name string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failures == nil {
		r.failures = map[string]error{}
	}
	r.failures[typ+"|"+name] = err
}

// Run runs the program to its end, with every apply.
func (r *Recorder) Run(program pulumi.RunFunc) error {
	project, stack := r.Project, r.Stack
	if project == "" {
		project = "vmst"
	}
	if stack == "" {
		stack = "test"
	}
	against := pulumi.WithMocks(project, stack, r)
	if r.Preview {
		preview, stop, err := r.preview(project, stack)
		if err != nil {
			return err
		}
		defer stop()
		against = preview
	}
	return pulumi.RunErr(func(ctx *pulumi.Context) error {
		err := program(ctx)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.exports = ctx.GetCurrentExportMap()
		return err
	}, against, func(info *pulumi.RunInfo) {
		info.Config = r.Config
		info.ConfigSecretKeys = r.SecretKeys
	})
}

// NewResource implements pulumi.MockResourceMonitor.
func (r *Recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	res := Resource{
		Type: args.TypeToken, Name: args.Name, Custom: args.Custom, Inputs: args.Inputs, Provider: args.Provider,
	}
	if rpc := args.RegisterRPC; rpc != nil {
		res.Parent = rpc.GetParent()
		res.Protect = rpc.GetProtect()
		res.RetainOnDelete = rpc.GetRetainOnDelete()
		res.DependsOn = rpc.GetDependencies()
		res.DeletedWith = rpc.GetDeletedWith()
		if res.Provider == "" {
			res.Provider = rpc.GetProvider()
		}
		if err := res.options(rpc); err != nil {
			return "", nil, err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, key := range []string{args.TypeToken + "|" + args.Name, args.TypeToken + "|"} {
		if err, ok := r.failures[key]; ok {
			return "", nil, err
		}
	}
	r.resources = append(r.resources, res)
	if r.Preview {
		return "", args.Inputs, nil
	}
	outputs := maps.Clone(args.Inputs)
	if outputs == nil {
		outputs = resource.PropertyMap{}
	}
	maps.Copy(outputs, computed(args.TypeToken, args.Name, args.Inputs))
	maps.Copy(outputs, r.Computed[args.TypeToken])
	return args.Name + "-id", outputs, nil
}

// options records the rarer options of a registration.
func (r *Resource) options(rpc *pulumirpc.RegisterResourceRequest) error {
	r.DeleteBeforeReplace = rpc.GetDeleteBeforeReplace()
	r.IgnoreChanges = rpc.GetIgnoreChanges()
	r.ReplaceOnChanges = rpc.GetReplaceOnChanges()
	r.Import = rpc.GetImportId()
	r.Transforms = len(rpc.GetTransforms())
	for _, alias := range rpc.GetAliases() {
		spec := alias.GetSpec()
		r.Aliases = append(r.Aliases, strings.TrimSpace(alias.GetUrn()+" "+spec.GetType()+" "+spec.GetName()))
	}
	if t := rpc.GetCustomTimeouts(); t != nil {
		r.Timeouts = map[string]string{"create": t.GetCreate(), "update": t.GetUpdate(), "delete": t.GetDelete()}
		maps.DeleteFunc(r.Timeouts, func(_, v string) bool { return v == "" })
	}
	whole, err := plugin.UnmarshalProperties(rpc.GetObject(), marshalOptions())
	r.Whole = whole
	return err
}

// Call is one call of a function.
type Call struct {
	Token string
	Args  resource.PropertyMap
	// Provider is "<urn>::<id>" of the explicit provider; empty means the default one.
	Provider string
}

// Calls are the calls of functions, in order.
func (r *Recorder) Calls() []Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.calls)
}

// Log is a message of the program.
type Log struct {
	// Severity is DEBUG, INFO, WARNING or ERROR.
	Severity string
	Message  string
}

// Logs are the messages of a preview, in order.
func (r *Recorder) Logs() []Log {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.logs)
}

// Value waits for an output and returns its value. The program must have run.
func Value[T any](t testing.TB, output pulumi.Output) T {
	t.Helper()
	found := make(chan any, 1)
	output.ApplyT(func(v any) any { found <- v; return v })
	select {
	case v := <-found:
		value, ok := v.(T)
		require.True(t, ok, "the output is a %T", v)
		return value
	case <-time.After(10 * time.Second):
		t.Fatal("the output has no value")
		panic("unreachable")
	}
}

// Call implements pulumi.MockResourceMonitor. An invoke that is not known here
// is an error, so that a new look-up is noticed.
func (r *Recorder) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	r.mu.Lock()
	r.calls = append(r.calls, Call{args.Token, args.Args, args.Provider})
	r.mu.Unlock()
	answer, ok := r.Answers[args.Token]
	if !ok {
		answer, ok = answers[args.Token]
	}
	if !ok {
		return nil, fmt.Errorf("the mocks have no answer for the function %q", args.Token)
	}
	return answer(args.Args)
}

// All returns everything that was registered, in order.
func (r *Recorder) All() []Resource {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.resources)
}

// OfType returns what was registered with that type token.
func (r *Recorder) OfType(typ string) []Resource {
	return slices.DeleteFunc(r.All(), func(res Resource) bool { return res.Type != typ })
}

// Exports are the stack outputs by name.
func (r *Recorder) Exports() map[string]pulumi.Input { return r.exports }

// One returns the only resource with that type and name.
func (r *Recorder) One(t testing.TB, typ, name string) Resource {
	t.Helper()
	found := slices.DeleteFunc(r.OfType(typ), func(res Resource) bool { return res.Name != name })
	names := []string{}
	for _, res := range r.OfType(typ) {
		names = append(names, res.Name)
	}
	require.Len(t, found, 1, "resources of type %s are named %v", typ, names)
	return found[0]
}

// RequireFailure runs the program once for every resource that it registers, and
// requires each time that the failure of that resource comes back as the
// program's error. Only registrations under one of the given type tokens are
// tried; none means all custom resources.
func RequireFailure(t *testing.T, newRecorder func() *Recorder, program pulumi.RunFunc) {
	t.Helper()
	whole := newRecorder()
	require.NoError(t, whole.Run(program))
	require.NotEmpty(t, whole.All())
	for _, res := range whole.All() {
		if res.Type == "pulumi:pulumi:Stack" {
			continue
		}
		t.Run(res.Type+" "+res.Name, func(t *testing.T) {
			boom := errors.New("the cloud says no to " + res.Name)
			failing := newRecorder()
			failing.Fail(res.Type, res.Name, boom)
			require.ErrorContains(t, failing.Run(program), boom.Error())
		})
	}
}
