package digitalocean_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	sdk "github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"

	"github.com/vmstio/infrastructure/sandbox/provider/providertest"
)

// The tables of this package have the inputs, of the same types, and the outputs that the SDK has which the program is
// compiled with: no more, and no fewer.
func TestTablesMatchTheSDK(t *testing.T) {
	w := newWorld(t)

	for token, types := range map[string]struct{ args, state any }{
		vpc:          {sdk.VpcArgs{}, sdk.Vpc{}},
		cluster:      {sdk.KubernetesClusterArgs{}, sdk.KubernetesCluster{}},
		nodePool:     {sdk.KubernetesNodePoolArgs{}, sdk.KubernetesNodePool{}},
		database:     {sdk.DatabaseClusterArgs{}, sdk.DatabaseCluster{}},
		user:         {sdk.DatabaseUserArgs{}, sdk.DatabaseUser{}},
		db:           {sdk.DatabaseDbArgs{}, sdk.DatabaseDb{}},
		pool:         {sdk.DatabaseConnectionPoolArgs{}, sdk.DatabaseConnectionPool{}},
		firewall:     {sdk.DatabaseFirewallArgs{}, sdk.DatabaseFirewall{}},
		bucket:       {sdk.SpacesBucketArgs{}, sdk.SpacesBucket{}},
		bucketObject: {sdk.SpacesBucketObjectArgs{}, sdk.SpacesBucketObject{}},
		cors:         {sdk.SpacesBucketCorsConfigurationArgs{}, sdk.SpacesBucketCorsConfiguration{}},
		spacesKey:    {sdk.SpacesKeyArgs{}, sdk.SpacesKey{}},
		cdn:          {sdk.CdnArgs{}, sdk.Cdn{}},
		certificate:  {sdk.CertificateArgs{}, sdk.Certificate{}},
		loadBalancer: {sdk.LoadBalancerArgs{}, sdk.LoadBalancer{}},
		reservedIP:   {sdk.ReservedIpArgs{}, sdk.ReservedIp{}},
		domain:       {sdk.DomainArgs{}, sdk.Domain{}},
		record:       {sdk.DnsRecordArgs{}, sdk.DnsRecord{}},
		uptimeCheck:  {sdk.UptimeCheckArgs{}, sdk.UptimeCheck{}},
		uptimeAlert:  {sdk.UptimeAlertArgs{}, sdk.UptimeAlert{}},
		monitorAlert: {sdk.MonitorAlertArgs{}, sdk.MonitorAlert{}},
		project:      {sdk.ProjectArgs{}, sdk.Project{}},
		members:      {sdk.ProjectResourcesArgs{}, sdk.ProjectResources{}},
		valkeyConfig: {sdk.DatabaseValkeyConfigArgs{}, sdk.DatabaseValkeyConfig{}},
		pgConfig:     {sdk.DatabasePostgresqlConfigArgs{}, sdk.DatabasePostgresqlConfig{}},
		searchConfig: {sdk.DatabaseOpensearchConfigArgs{}, sdk.DatabaseOpensearchConfig{}},
	} {
		t.Run(token, func(t *testing.T) {
			w := w.In(t)
			args := types.args.(interface{ ElementType() reflect.Type }).ElementType()
			compareInputs(w, token, args)
			compareOutputs(w, token, properties(args), properties(reflect.TypeOf(types.state)))
		})
	}
}

// properties are the Pulumi names of a struct's fields with their types.
func properties(typ reflect.Type) map[string]reflect.Type {
	all := map[string]reflect.Type{}
	for i := range typ.NumField() {
		if name := typ.Field(i).Tag.Get("pulumi"); name != "" {
			all[name] = typ.Field(i).Type
		}
	}
	return all
}

// compareInputs gives the provider a property that does not exist at the place, so that it lists those that do, and
// each property in a wrong type, so that it says the right one.
func compareInputs(w *providertest.World, token string, typ reflect.Type, names ...string) {
	wanted := properties(typ)

	known := strings.Join(slices.Sorted(maps.Keys(wanted)), ", ")
	if err := wrong(w, token, names, "nope", true); !strings.Contains(err.Error()+"\n", "nope; known are "+known+"\n") {
		w.Errorf("%s %v: the SDK has %s\n%v", token, names, known, err)
	}

	for name, typ := range wanted {
		for typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}

		kind := map[reflect.Kind]string{
			reflect.String: "a string", reflect.Int: "a whole number", reflect.Float64: "a number",
			reflect.Bool: "a boolean", reflect.Slice: "a list", reflect.Map: "a map", reflect.Struct: "an object",
		}[typ.Kind()]

		// A number is wrong for texts, switches and compounds, a text for numbers.
		var value any = 1
		if strings.HasSuffix(kind, "number") {
			value = "x"
		}

		if err := wrong(w, token, names, name, value); !strings.Contains(err.Error(), name+" = ") ||
			!strings.Contains(err.Error(), "must be "+kind) {
			w.Errorf("%s %v.%s: the SDK has %s\n%v", token, names, name, kind, err)
		}

		if typ.Kind() == reflect.Slice && typ.Elem().Kind() == reflect.Struct {
			compareInputs(w, token, typ.Elem(), append(slices.Clone(names), name+"[]")...)
		} else if typ.Kind() == reflect.Struct {
			compareInputs(w, token, typ, append(slices.Clone(names), name)...)
		}
	}
}

// wrong checks inputs with a wrong property at a place and returns why they are refused.
func wrong(w *providertest.World, token string, names []string, name string, value any) error {
	inner := map[string]any{name: value}

	for _, outer := range slices.Backward(names) {
		if list, ok := strings.CutSuffix(outer, "[]"); ok {
			inner = map[string]any{list: []any{inner}}
		} else {
			inner = map[string]any{outer: inner}
		}
	}

	if _, err := w.Check(token, "x", nil, inner); err != nil {
		return err
	}
	return fmt.Errorf("accepted %v", inner)
}

// compareOutputs looks at a preview of inputs of which nothing is known: what it has beyond them are the outputs.
func compareOutputs(w *providertest.World, token string, args, state map[string]reflect.Type) {
	unknown := inputs{}
	for name := range args {
		unknown[name] = providertest.Unknown()
	}

	var got, want []string

	for name := range w.Preview(token, "x", unknown) {
		if _, input := args[string(name)]; !input {
			got = append(got, string(name))
		}
	}

	for name := range state {
		if _, input := args[name]; !input {
			want = append(want, name)
		}
	}

	slices.Sort(got)
	slices.Sort(want)

	if !slices.Equal(got, want) {
		w.Errorf("%s has outputs %v, the SDK has %v", token, got, want)
	}
}
