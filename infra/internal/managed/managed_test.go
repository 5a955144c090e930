package managed_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/internal/managed"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/tests/mocks"
)

func managedArgs() managed.Args {
	return managed.Args{
		Place: managed.Place{Region: "tor1", VPCID: pulumi.String("vpc-uuid"), ClusterID: pulumi.String("doks-uuid")},
		Name:  "store", Engine: "valkey", Version: "8", Size: "db-s-1vcpu-2gb", Nodes: 2,
		Maintenance: settings.Window{Day: "monday", Time: "08:00"},
		Eviction:    pulumi.String("noeviction"), Protect: true,
	}
}

// program makes the database below a component, after a node pool, and stores it in made.
func program(args managed.Args, made **managed.Database) pulumi.RunFunc {
	return mocks.AfterNodes(func(ctx *pulumi.Context, nodes []pulumi.Resource) (err error) {
		args.NodesReady = nodes
		parent := &pulumi.ResourceState{}
		if err := ctx.RegisterComponentResource("test:index:Room", "room", parent); err != nil {
			return err
		}
		*made, err = managed.New(ctx, "room", &args, parent)
		return err
	})
}

// run runs the program to its end.
func run(t *testing.T, r *mocks.Recorder, args managed.Args) (made *managed.Database) {
	t.Helper()
	require.NoError(t, r.Run(program(args, &made)))
	return made
}

func TestClusterAndFirewall(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	made := run(t, r, managedArgs())

	cluster := r.One(t, mocks.ClusterType, "room-cluster")
	require.Contains(t, cluster.Parent, "test:index:Room::room")
	require.Equal(t, map[string]any{
		"name": "store", "engine": "valkey", "version": "8", "size": "db-s-1vcpu-2gb", "nodeCount": 2.0,
		"region": "tor1", "privateNetworkUuid": "vpc-uuid", "evictionPolicy": "noeviction",
		"maintenanceWindows": []any{map[string]any{"day": "monday", "hour": "08:00"}},
	}, cluster.Inputs.Mappable())

	require.Len(t, r.OfType(mocks.FirewallType), 1)
	require.Contains(t, r.One(t, mocks.FirewallType, "room-firewall").Parent, "test:index:Room::room")
	require.Len(t, made.Ready, 1)
	r.RequireFirewall(t, "room", made.Ready[0])

	require.Equal(t, "room-cluster-id", mocks.Value[string](t, made.ID))
	require.Equal(t, "private-room-cluster.db.ondigitalocean.com", mocks.Value[string](t, made.Host))
}

// A cluster that takes longer than the provider's own half hour would be forgotten.
func TestPatience(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	run(t, r, managedArgs())
	require.Equal(t, map[string]string{"create": "90m"}, r.One(t, mocks.ClusterType, "room-cluster").Timeouts)
}

// The firewall of a VPC-native cluster may see pods instead of nodes.
func TestPodSubnetIsTrusted(t *testing.T) {
	t.Parallel()
	args := managedArgs()
	args.PodSubnet = "10.101.0.0/16"
	r := &mocks.Recorder{}
	run(t, r, args)
	require.Equal(t, []any{
		map[string]any{"type": "k8s", "value": "doks-uuid"},
		map[string]any{"type": "ip_addr", "value": "10.101.0.0/16"},
	}, r.One(t, mocks.FirewallType, "room-firewall").Input("rules"))
}

func TestStorageGrows(t *testing.T) {
	t.Parallel()
	args := managedArgs()
	args.Growth = &settings.Growth{ThresholdPercent: 70, IncrementGiB: 20}
	r := &mocks.Recorder{}
	run(t, r, args)
	require.Equal(t, map[string]any{"enabled": true, "thresholdPercent": 70.0, "incrementGib": 20.0},
		r.One(t, mocks.ClusterType, "room-cluster").Input("storageAutoscale"))
}

func TestVersionThatIsForEver(t *testing.T) {
	t.Parallel()
	for _, fixed := range []bool{true, false} {
		args := managedArgs()
		args.Fixed = fixed
		r := &mocks.Recorder{}
		run(t, r, args)
		require.Equal(t, fixed, len(r.One(t, mocks.ClusterType, "room-cluster").ReplaceOnChanges) == 1)
		require.Equal(t, fixed, len(r.Calls()) == 1, "nobody else is asked what runs")
	}
}

// lookUp is the function that finds a database by its name.
const lookUp = "digitalocean:index/getDatabaseCluster:getDatabaseCluster"

// What the API answers need not be what was asked for, and must not make a cluster that keeps its version anew.
func TestVersionAsTheAPIAnswers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		wanted, running, version string
		ignored, said            bool
	}{
		{wanted: "2.19", running: "", version: "2.19", ignored: true},
		{wanted: "2.19", running: "2.19", version: "2.19", ignored: true},
		{wanted: "2.19", running: "2", version: "2", ignored: true, said: true},
		{wanted: "2", running: "2.19", version: "2.19", ignored: true, said: true},
		{wanted: "2.19", running: "2.1", version: "2.19"},
		{wanted: "3.3", running: "2", version: "3.3"},
		{wanted: "3.3", running: "3.6", version: "3.3"},
	} {
		t.Run(test.wanted+" where "+test.running+" runs", func(t *testing.T) {
			t.Parallel()
			args := managedArgs()
			args.Fixed, args.Version = true, test.wanted
			r := &mocks.Recorder{Preview: true, Answers: map[string]mocks.Answer{
				lookUp: func(asked resource.PropertyMap) (resource.PropertyMap, error) {
					require.Equal(t, "store", asked["name"].StringValue())
					return resource.PropertyMap{"version": resource.NewProperty(test.running)}, nil
				},
			}}
			run(t, r, args)
			made := r.One(t, mocks.ClusterType, "room-cluster")
			require.Equal(t, test.version, made.Input("version"))
			require.Equal(t, test.ignored, slices.Equal(made.IgnoreChanges, []string{"version"}))
			require.Equal(t, []string{"version"}, made.ReplaceOnChanges)
			require.Equal(t, test.said, len(r.Logs()) == 1)
		})
	}
}

func TestVersionThatCannotBeLookedUp(t *testing.T) {
	t.Parallel()
	args := managedArgs()
	args.Fixed = true
	r := &mocks.Recorder{Answers: map[string]mocks.Answer{
		lookUp: func(resource.PropertyMap) (resource.PropertyMap, error) { return nil, errors.New("503") },
	}}
	var made *managed.Database
	require.ErrorContains(t, r.Run(program(args, &made)), `looking up the version of database cluster "store": `)
	require.Empty(t, r.OfType(mocks.ClusterType))
}

func TestNoEvictionPolicyIsNone(t *testing.T) {
	t.Parallel()
	args := managedArgs()
	args.Engine, args.Eviction = "pg", nil
	r := &mocks.Recorder{}
	run(t, r, args)
	require.NotContains(t, r.One(t, mocks.ClusterType, "room-cluster").Inputs, "evictionPolicy")
}

func TestProtectionCoversTheFirewall(t *testing.T) {
	t.Parallel()
	for _, protect := range []bool{true, false} {
		args := managedArgs()
		args.Protect = protect
		r := &mocks.Recorder{}
		run(t, r, args)
		for typ, part := range map[string]string{mocks.ClusterType: "cluster", mocks.FirewallType: "firewall"} {
			require.Equal(t, protect, r.One(t, typ, "room-"+part).Protect, part)
			require.Equal(t, protect, r.One(t, typ, "room-"+part).RetainOnDelete, part)
		}
	}
}

// listener notes what a program warns of.
type listener struct {
	pulumi.Log
	warnings []string
}

func (l *listener) Warn(message string, _ *pulumi.LogArgs) error {
	l.warnings = append(l.warnings, message)
	return nil
}

// Where DigitalOcean has no authority of a cluster, only public ones remain; whatever else goes wrong is an error.
func TestAuthority(t *testing.T) {
	t.Parallel()
	const asked = "Error retrieving database CA certificate: GET https://api.digitalocean.com/v2/databases/" +
		"room-cluster-id/ca: "
	for name, test := range map[string]struct {
		certificate, says, wrong string
		warned                   bool
	}{
		"its own":       {certificate: "PEM"},
		"not found":     {says: asked + `404 (request "5f9c") not found`, warned: true},
		"empty":         {warned: true},
		"out of order":  {says: asked + "500 try again", wrong: `asking for the authority of valkey cluster "store": `},
		"another's 404": {says: "GET https://api.digitalocean.com/v2/databases/a: 404 not found", wrong: "404"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &mocks.Recorder{Answers: map[string]mocks.Answer{
				"digitalocean:index/getDatabaseCa:getDatabaseCa": func(
					args resource.PropertyMap,
				) (resource.PropertyMap, error) {
					require.Equal(t, "room-cluster-id", args["clusterId"].StringValue())
					if test.says != "" {
						return nil, errors.New(test.says)
					}
					return resource.PropertyMap{"certificate": resource.NewProperty(test.certificate)}, nil
				},
			}}
			var made *managed.Database
			l := &listener{}
			err := r.Run(func(ctx *pulumi.Context) error {
				ctx.Log = l
				if err := program(managedArgs(), &made)(ctx); err != nil {
					return err
				}
				parent := &pulumi.ResourceState{}
				if err := ctx.RegisterComponentResource("test:index:Room", "other", parent); err != nil {
					return err
				}
				ca := made.Authority(ctx, parent)
				ctx.Export("ca", ca)
				if test.wrong == "" {
					require.Equal(t, test.certificate, mocks.Value[string](t, ca))
				}
				return nil
			})
			if test.wrong != "" {
				require.ErrorContains(t, err, test.wrong)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.warned, len(l.warnings) == 1 &&
				strings.Contains(l.warnings[0], "has to be of a public one"))
		})
	}
}

func TestPreview(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{Preview: true}
	run(t, r, managedArgs())
	require.Nil(t, r.One(t, mocks.FirewallType, "room-firewall").Input("clusterId"), "unknown in a preview")
}

func TestFailures(t *testing.T) {
	t.Parallel()
	var made *managed.Database
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, program(managedArgs(), &made))
}

func TestMissingArguments(t *testing.T) {
	t.Parallel()
	var made *managed.Database
	r := &mocks.Recorder{}
	require.ErrorContains(t, r.Run(program(managed.Args{}, &made)),
		"room arguments: ClusterID, Name, Region, VPCID missing")
	require.Empty(t, r.OfType(mocks.ClusterType))
}

// The login is asked for when there is a database, and in a preview, whether it may be.
func TestMetrics(t *testing.T) {
	t.Parallel()
	const function = "digitalocean:index/getDatabaseMetricsCredentials:getDatabaseMetricsCredentials"
	for _, preview := range []bool{false, true} {
		r := &mocks.Recorder{Preview: preview}
		var made *managed.Database
		var values map[string]any
		var secret map[string]bool
		require.NoError(t, r.Run(func(ctx *pulumi.Context) error {
			if err := program(managedArgs(), &made)(ctx); err != nil {
				return err
			}
			provider, err := digitalocean.NewProvider(ctx, "digitalocean", nil)
			if err != nil {
				return err
			}
			login, err := made.MetricsLogin(ctx, provider)
			if err != nil {
				return err
			}
			require.False(t, login.Hidden)
			ctx.Export("username", login.Username)
			ctx.Export("password", login.Password)
			if !preview {
				values, secret = mocks.Described(t, map[string]pulumi.Output{
					"username": login.Username, "password": login.Password, "urls": made.MetricsURLs,
				})
			}
			return nil
		}))
		asked := slices.DeleteFunc(r.Calls(), func(c mocks.Call) bool { return c.Token != function })
		require.Len(t, asked, 1)
		if !preview {
			require.Equal(t, "metrics-user", values["username"])
			require.Equal(t, "password-of-metrics", values["password"])
			require.True(t, secret["password"])
			require.Equal(t, []string{"https://room-cluster.db.ondigitalocean.com:9273/metrics"}, values["urls"])
		}
	}
}
