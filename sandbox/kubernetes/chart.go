package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/vmstio/infrastructure/sandbox/kubernetes/helm"
)

// Construct makes the remote component helm/v4.Chart: the chart is rendered, its hooks are dropped, and every other
// object becomes a resource under the component. Without all of its inputs, as in a preview before there is a cluster,
// or without the chart, the component has no children.
func (p *Provider) Construct(ctx context.Context, req plugin.ConstructRequest) (plugin.ConstructResponse, error) {
	if req.Type != chartToken {
		return plugin.ConstructResponse{}, fmt.Errorf("unknown component type %q: the simulated provider has %s",
			req.Type, chartToken)
	}
	if err := checkChart(req.Inputs); err != nil {
		return plugin.ConstructResponse{}, fmt.Errorf("chart %q: %w", req.Name, err)
	}
	conn, err := dial(req.Info.MonitorAddress)
	if err != nil {
		return plugin.ConstructResponse{}, err
	}
	defer func() { _ = conn.Close() }()
	c := &component{provider: p, monitor: pulumirpc.NewResourceMonitorClient(conn), request: req}
	if err := c.register(ctx); err != nil {
		return plugin.ConstructResponse{}, err
	}
	objects, err := c.objects(ctx)
	if err != nil {
		return plugin.ConstructResponse{}, fmt.Errorf("chart %q: %w", req.Name, err)
	}
	children, err := c.registerChildren(ctx, objects)
	if err != nil {
		return plugin.ConstructResponse{}, err
	}
	return c.finish(ctx, children)
}

// dial connects to the engine.
func dial(address string) (*grpc.ClientConn, error) {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, fmt.Errorf("connecting to the engine at %s: %w", address, err)
	}
	return conn, nil
}

func checkChart(inputs resource.PropertyMap) error {
	var errs []error
	for _, failure := range checkHelm(chartToken, chartFields, inputs) {
		errs = append(errs, fmt.Errorf("invalid input: %s", failure.Reason))
	}
	return errors.Join(errs...)
}

// component is one construction of a Chart.
type component struct {
	provider *Provider
	monitor  pulumirpc.ResourceMonitorClient
	request  plugin.ConstructRequest
	urn      string
}

// register registers the component itself. What its children inherit (protection, retention, providers) the engine
// hands down.
func (c *component) register(ctx context.Context) error {
	req, options := c.request, c.request.Options
	dependencies := make([]string, len(options.Dependencies))
	for i, urn := range options.Dependencies {
		dependencies[i] = string(urn)
	}
	aliases := make([]*pulumirpc.Alias, 0, len(options.Aliases))
	for _, alias := range options.Aliases {
		aliases = append(aliases, toRPCAlias(alias))
	}

	// The real provider registers no inputs. Here they keep the values of a chart that cannot be had in the state.
	object, err := plugin.MarshalProperties(req.Inputs, plugin.MarshalOptions{
		KeepSecrets: true, KeepUnknowns: true, KeepResources: true,
	})
	if err != nil {
		return fmt.Errorf("registering chart %q: %w", req.Name, err)
	}
	response, err := c.monitor.RegisterResource(ctx, &pulumirpc.RegisterResourceRequest{
		Object: object, Type: string(req.Type), Name: req.Name, Parent: string(req.Parent), Dependencies: dependencies,
		Protect: options.Protect, RetainOnDelete: options.RetainOnDelete, DeletedWith: string(options.DeletedWith),
		Providers: options.Providers, Aliases: aliases, AliasSpecs: true, AcceptSecrets: true, AcceptResources: true,
	})
	if err != nil {
		return fmt.Errorf("registering chart %q: %w", req.Name, err)
	}
	c.urn = response.GetUrn()
	return nil
}

func toRPCAlias(alias resource.Alias) *pulumirpc.Alias {
	if alias.URN != "" {
		return &pulumirpc.Alias{Alias: &pulumirpc.Alias_Urn{Urn: string(alias.URN)}}
	}
	spec := &pulumirpc.Alias_Spec{Name: alias.Name, Type: alias.Type, Project: alias.Project, Stack: alias.Stack}
	if alias.NoParent {
		spec.Parent = &pulumirpc.Alias_Spec_NoParent{NoParent: true}
	} else if alias.Parent != "" {
		spec.Parent = &pulumirpc.Alias_Spec_ParentUrn{ParentUrn: string(alias.Parent)}
	}
	return &pulumirpc.Alias{Alias: &pulumirpc.Alias_Spec_{Spec: spec}}
}

// objects renders the chart and checks what comes out.
func (c *component) objects(ctx context.Context) ([]helm.Object, error) {
	p := c.provider
	inputs, err := parseChartInputs(c.request.Inputs)
	if err != nil {
		return nil, err
	}
	if len(inputs.Unknown) > 0 {
		return nil, c.warn(ctx, "Input properties have unknown values. Preview is incomplete.")
	}
	if inputs.Name == "" {
		inputs.Name = c.request.Name
	}
	if inputs.Namespace == "" {
		inputs.Namespace = p.configured().defaultNamespace()
	}
	i := installation{inputs: inputs, properties: c.request.Inputs}
	if i.chart, err = p.locate(inputs.Reference); err != nil {
		return nil, err
	}
	objects, err := p.template(ctx, i)
	if err != nil {
		return nil, err
	}
	objects = slices.DeleteFunc(objects, func(o helm.Object) bool { return o.Hook })
	for _, o := range objects {
		if inputs.on("skipAwait") {
			put(o.Manifest, "true", "metadata", "annotations", skipAwait)
		}
	}
	return objects, nil
}

// warn shows a warning about the component to the person who runs the program.
func (c *component) warn(ctx context.Context, message string) error {
	c.provider.mu.Lock()
	address := c.provider.engine
	c.provider.mu.Unlock()
	conn, err := dial(address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	_, err = pulumirpc.NewEngineClient(conn).Log(ctx, &pulumirpc.LogRequest{
		Severity: pulumirpc.LogSeverity_WARNING, Urn: c.urn, Message: message,
	})
	return err
}

// wave is the order in which a chart's objects are registered: what others live in, what pods refer to, the pods, and
// what leads to them. The real provider registers all but the first at once and lets each wait; here that would occupy
// the engine's workers with objects that wait for others in its queue.
func wave(kind string) int {
	switch kind {
	case "Namespace", "CustomResourceDefinition":
		return 0
	case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod", "Job":
		return 2
	case "Service", "Ingress":
		return 3
	default:
		return 1
	}
}

// registerChildren registers the objects, wave by wave, and returns references to them in the chart's order. Objects
// depend on the chart's namespaces and definitions.
func (c *component) registerChildren(ctx context.Context, objects []helm.Object) ([]resource.PropertyValue, error) {
	responses := make([]*pulumirpc.RegisterResourceResponse, len(objects))
	errs := make([]error, len(objects))
	var dependencies []string
	for current := range 4 {
		var registrations sync.WaitGroup
		for i, o := range objects {
			if wave(text(o.Manifest, "kind")) != current {
				continue
			}
			registrations.Go(func() { responses[i], errs[i] = c.registerChild(ctx, o, dependencies) })
		}
		registrations.Wait()

		// The engine has reported each failure where it happened; one is enough to end here.
		for i, err := range errs {
			if err != nil {
				return nil, fmt.Errorf("chart %q: registering %s %q: %w",
					c.request.Name, text(objects[i].Manifest, "kind"), name(objects[i].Manifest), err)
			}
			if current == 0 && responses[i] != nil {
				dependencies = append(dependencies, responses[i].GetUrn())
			}
		}
	}
	children := make([]resource.PropertyValue, len(objects))
	for i, response := range responses {
		children[i] = resource.MakeCustomResourceReference(resource.URN(response.GetUrn()),
			resource.ID(response.GetId()), version)
	}
	return children, nil
}

func (c *component) registerChild(
	ctx context.Context, o helm.Object, dependencies []string,
) (*pulumirpc.RegisterResourceResponse, error) {
	k, err := kindOfObject(o.Manifest)
	if err != nil {
		return nil, err
	}
	prefix := c.request.Name
	if given := c.request.Inputs["resourcePrefix"]; given.IsString() {
		prefix = given.StringValue()
	}
	resourceName := objectID(namespace(o.Manifest), name(o.Manifest))
	if prefix != "" {
		resourceName = prefix + ":" + resourceName
	}
	properties := fromPlain(o.Manifest)
	if k.is("", "Secret") {
		for _, key := range []resource.PropertyKey{"data", "stringData"} {
			if value, ok := properties[key]; ok {
				properties[key] = resource.MakeSecret(value)
			}
		}
	}
	object, err := plugin.MarshalProperties(properties, plugin.MarshalOptions{KeepSecrets: true, KeepUnknowns: true})
	if err != nil {
		return nil, err
	}
	var retain *bool // the component's, unless the chart says something
	if keep := annotation(o.Manifest, policyAnnotation) == keptPolicy; keep {
		retain = &keep
	}
	return c.monitor.RegisterResource(ctx, &pulumirpc.RegisterResourceRequest{
		Type: k.token(), Name: resourceName, Parent: c.urn, Custom: true, Object: object,
		Provider: c.request.Options.Providers["kubernetes"], Dependencies: slices.Clone(dependencies),
		RetainOnDelete: retain, AcceptSecrets: true, AcceptResources: true,
	})
}

// finish registers the component's outputs and answers the engine.
func (c *component) finish(ctx context.Context, children []resource.PropertyValue) (plugin.ConstructResponse, error) {
	outputs := resource.PropertyMap{"resources": resource.NewArrayProperty(children)}
	object, err := plugin.MarshalProperties(outputs, plugin.MarshalOptions{
		KeepSecrets: true, KeepUnknowns: true, KeepResources: true,
	})
	if err != nil {
		return plugin.ConstructResponse{}, fmt.Errorf("chart %q: %w", c.request.Name, err)
	}
	_, err = c.monitor.RegisterResourceOutputs(ctx, &pulumirpc.RegisterResourceOutputsRequest{
		Urn: c.urn, Outputs: object,
	})
	if err != nil {
		return plugin.ConstructResponse{}, fmt.Errorf("registering the outputs of chart %q: %w", c.request.Name, err)
	}
	return plugin.ConstructResponse{URN: resource.URN(c.urn), Outputs: outputs}, nil
}
