package mastodon_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/internal/kube"
	"github.com/vmstio/infrastructure/infra/internal/managed"
	"github.com/vmstio/infrastructure/infra/mastodon"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/tests/mocks"
)

const policyType = "kubernetes:networking.k8s.io/v1:NetworkPolicy"

func isolated() mastodon.Args {
	args := arguments()
	args.Isolation = &kube.Isolation{
		VPC: "10.64.0.0/20", Allow: []settings.Destination{{Range: "10.64.0.9/32", Port: 636}},
	}
	args.Proxy = kube.Peer{Namespace: "edge"}
	args.Scraper = &kube.Peer{Namespace: "watch", Labels: map[string]string{"app": "prometheus"}}
	args.Reader = &kube.Peer{Namespace: "watch", Labels: map[string]string{"app": "reader"}}
	return args
}

// policies are the names of the network policies.
func policies(t *testing.T, r *mocks.Recorder) []string {
	t.Helper()
	var names []string
	for _, policy := range r.OfType(policyType) {
		require.Equal(t, "social", policy.Input("metadata", "namespace"))
		names = append(names, strings.TrimPrefix(policy.Name, "mastodon-policy-"))
	}
	slices.Sort(names)
	return names
}

func TestNetworkPolicies(t *testing.T) {
	t.Parallel()
	r := run(t, isolated())
	require.Equal(t, []string{
		"databases", "default-deny", "dns", "internet", "metrics-sidekiq", "metrics-streaming", "metrics-web",
		"streaming", "web",
	}, policies(t, r))
	spec := func(name string, path ...any) any {
		return r.One(t, policyType, "mastodon-policy-"+name).Input(append([]any{"spec"}, path...)...)
	}
	require.Equal(t, []any{"Ingress", "Egress"}, spec("default-deny", "policyTypes"))
	ports := func(list any) (ports []any) {
		for _, port := range list.([]any) {
			ports = append(ports, port.(map[string]any)["port"])
		}
		return ports
	}
	require.Equal(t, []any{25060.0, 25061.0, 25071.0}, ports(spec("databases", "egress", 0, "ports")))
	require.Equal(t, "10.64.0.0/20", spec("databases", "egress", 0, "to", 0, "ipBlock", "cidr"))
	require.Equal(t, "NotIn", spec("internet", "podSelector", "matchExpressions", 0, "operator"))
	require.Equal(t, []any{"streaming"}, spec("internet", "podSelector", "matchExpressions", 0, "values"))
	require.Equal(t, "10.64.0.9/32", spec("internet", "egress", 1, "to", 0, "ipBlock", "cidr"))
	require.Len(t, spec("web", "ingress", 0, "from"), 2, "the ingress controller and who reads the timeline")
	require.Equal(t, []any{"http"}, ports(spec("web", "ingress", 0, "ports")))
	require.Len(t, spec("streaming", "ingress", 0, "from"), 1)
	require.Equal(t, []any{"streaming"}, ports(spec("streaming", "ingress", 0, "ports")))
	require.Equal(t, []any{"prometheus"}, ports(spec("metrics-sidekiq", "ingress", 0, "ports")))
	require.Equal(t, []any{"sidekiq-default", "sidekiq-federation", "sidekiq-scheduler"},
		spec("metrics-sidekiq", "podSelector", "matchExpressions", 0, "values"))

	// None of the pods ever runs without: the other Jobs wait for the first, and the CronJobs for them.
	for _, made := range []mocks.Resource{
		r.One(t, jobType, "mastodon-preflight"), r.One(t, chartType, "mastodon-chart"),
		r.One(t, "kubernetes:batch/v1:CronJob", "mastodon-toolbox"),
	} {
		for _, name := range policies(t, r) {
			require.True(t, waits(made, "mastodon-policy-"+name), "%s does not wait for %s", made.Name, name)
		}
	}
}

func TestNetworkPoliciesWithoutWhatIsOptional(t *testing.T) {
	t.Parallel()
	args := isolated()
	args.Scraper, args.Reader, args.Search, args.RailsCache, args.Pool = nil, nil, nil, nil, nil
	r := run(t, args)
	require.Equal(t, []string{"databases", "default-deny", "dns", "internet", "streaming", "web"}, policies(t, r))
	web := r.One(t, policyType, "mastodon-policy-web")
	require.Len(t, web.Input("spec", "ingress", 0, "from"), 1)
	args.Isolation = nil
	require.Empty(t, policies(t, run(t, args)))
}

func TestNetworkPoliciesReturnFailures(t *testing.T) {
	t.Parallel()
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, program(isolated()))
	args := isolated()
	args.Isolation, args.Proxy = &kube.Isolation{}, kube.Peer{}
	require.ErrorContains(t, (&mocks.Recorder{}).Run(program(args)),
		"mastodon arguments: Isolation.VPC, Proxy.Namespace missing")
}

// The ports are asked of every way to a database.
func TestEveryDatabaseHasItsPortOpen(t *testing.T) {
	t.Parallel()
	args := isolated()
	args.Database, args.Admin = endpoint("a", 1, "m", "m", "p", ""), endpoint("a", 2, "m", "m", "p", "")
	pool := endpoint("b", 3, "m", "m", "p", "")
	args.Pool, args.Cache = &pool, endpoint("c", 4, "", "m", "p", "")
	args.RailsCache = &managed.Database{Endpoint: endpoint("d", 5, "", "m", "p", "")}
	args.Search = &managed.Database{
		ID: pulumi.String("search-1").ToStringOutput(), Endpoint: endpoint("e", 6, "", "m", "p", ""),
	}
	ports := run(t, args).One(t, policyType, "mastodon-policy-databases").Input("spec", "egress", 0, "ports")
	require.Len(t, ports, 6)
}
