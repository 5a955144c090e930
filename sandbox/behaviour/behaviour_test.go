package behaviour_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/vmstio/infrastructure/sandbox/behaviour"
)

const (
	vpc     = "digitalocean:index/vpc:Vpc"
	cluster = "digitalocean:index/kubernetesCluster:KubernetesCluster"
)

// server is a provider's behaving gRPC server that counts what reaches the provider.
type server struct {
	intercept grpc.UnaryServerInterceptor
	reached   []string
}

func serve(b *behaviour.Behaviour) *server { return &server{intercept: b.Interceptor()} }

func (s *server) call(ctx context.Context, method string, request any) error {
	info := &grpc.UnaryServerInfo{FullMethod: "/pulumirpc.ResourceProvider/" + method}
	_, err := s.intercept(ctx, request, info, func(context.Context, any) (any, error) {
		s.reached = append(s.reached, method)
		return nil, nil
	})
	return err
}

func urn(typ tokens.Type) string { return string(resource.NewURN("prod", "project", "", typ, "a")) }

func (s *server) create(t *testing.T, typ tokens.Type) error {
	t.Helper()
	return s.call(t.Context(), "Create", &pulumirpc.CreateRequest{Urn: urn(typ)})
}

func (s *server) destroy(t *testing.T, typ tokens.Type) error {
	t.Helper()
	return s.call(t.Context(), "Delete", &pulumirpc.DeleteRequest{Urn: urn(typ)})
}

func (s *server) update(t *testing.T, typ tokens.Type) error {
	t.Helper()
	return s.call(t.Context(), "Update", &pulumirpc.UpdateRequest{Urn: urn(typ)})
}

func TestZeroPlanPassesEverythingThrough(t *testing.T) {
	t.Parallel()
	s := serve(behaviour.New(behaviour.Plan{}))
	require.NoError(t, s.create(t, vpc))
	require.NoError(t, s.update(t, vpc))
	require.NoError(t, s.destroy(t, vpc))
	assert.Equal(t, []string{"Create", "Update", "Delete"}, s.reached)
}

func TestFailures(t *testing.T) {
	t.Parallel()
	s := serve(behaviour.New(behaviour.Plan{Failures: []behaviour.Failure{
		{Type: vpc, Call: 2, Message: "429 slow down"},
		{Type: cluster, Message: "409 busy"},
	}}))
	require.NoError(t, s.create(t, vpc))
	require.EqualError(t, s.update(t, vpc), "429 slow down")
	require.NoError(t, s.destroy(t, vpc), "only the second call fails")
	for range 2 {
		require.EqualError(t, s.destroy(t, cluster), "409 busy", "without a count every call fails")
	}
	require.NoError(t, s.call(t.Context(), "Check", &pulumirpc.CheckRequest{Urn: urn(cluster)}), "it changes nothing")
	assert.Equal(t, []string{"Create", "Delete", "Check"}, s.reached, "a failed call changes nothing")
}

func TestCallsAreCountedOverAllProviders(t *testing.T) {
	t.Parallel()
	b := behaviour.New(behaviour.Plan{Failures: []behaviour.Failure{
		{Type: behaviour.AnyType, Call: 2, Message: "the second"},
	}})
	require.NoError(t, serve(b).create(t, vpc))
	require.EqualError(t, serve(b).create(t, cluster), "the second")
	require.NoError(t, serve(b).create(t, vpc))
}

func TestPreviewsNeitherFailNorCount(t *testing.T) {
	t.Parallel()
	s := serve(behaviour.New(behaviour.Plan{
		Delays:   []behaviour.Delay{{Type: behaviour.AnyType, Duration: time.Hour}},
		Failures: []behaviour.Failure{{Type: behaviour.AnyType, Message: "never"}},
	}))
	require.NoError(t, s.call(t.Context(), "Create", &pulumirpc.CreateRequest{Urn: urn(vpc), Preview: true}))
	require.NoError(t, s.call(t.Context(), "Update", &pulumirpc.UpdateRequest{Urn: urn(vpc), Preview: true}))
}

func TestDelays(t *testing.T) {
	t.Parallel()
	plan := behaviour.Plan{Delays: []behaviour.Delay{
		{Type: cluster, Duration: time.Hour},
		{Type: cluster, Duration: 4 * time.Minute},
		{Type: behaviour.AnyType, Duration: time.Second},
	}}
	synctest.Test(t, func(t *testing.T) {
		s := serve(behaviour.New(plan))
		for typ, want := range map[tokens.Type]time.Duration{vpc: time.Second, cluster: 4 * time.Minute} {
			start := time.Now()
			require.NoError(t, s.create(t, typ))
			assert.Equal(t, want, time.Since(start), typ)
		}
	})
}

func TestCancellationEndsTheWait(t *testing.T) {
	t.Parallel()
	plan := behaviour.Plan{Delays: []behaviour.Delay{{Type: behaviour.AnyType, Duration: time.Hour}}}
	synctest.Test(t, func(t *testing.T) {
		s := serve(behaviour.New(plan))
		failed := make(chan error)
		go func() { failed <- s.create(t, vpc) }()
		synctest.Wait()
		for range 2 {
			require.NoError(t, s.call(t.Context(), "Cancel", &emptypb.Empty{}), "a second signal is not an error")
		}
		require.ErrorContains(t, <-failed, "create "+vpc+": cancelled")
		assert.Equal(t, []string{"Cancel", "Cancel"}, s.reached, "the provider is told as well")
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := serve(behaviour.New(plan)).call(ctx, "Create", &pulumirpc.CreateRequest{Urn: urn(vpc)})
	require.ErrorIs(t, err, context.Canceled)
}

func TestParse(t *testing.T) {
	t.Parallel()
	delay, err := behaviour.ParseDelay(cluster + "=4m30s")
	require.NoError(t, err)
	assert.Equal(t, behaviour.Delay{Type: cluster, Duration: 4*time.Minute + 30*time.Second}, delay)
	for text, want := range map[string]behaviour.Failure{
		vpc + "=403 a=b":    {Type: vpc, Message: "403 a=b"},
		vpc + ":3=too many": {Type: vpc, Call: 3, Message: "too many"},
		"*:2=second":        {Type: behaviour.AnyType, Call: 2, Message: "second"},
		"*=all":             {Type: behaviour.AnyType, Message: "all"},
	} {
		got, err := behaviour.ParseFailure(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		vpc:          `there is no "="`,
		vpc + "=":    `nothing follows the "="`,
		"Vpc=3s":     `"Vpc" is neither a type token (package:module:Type) nor "*"`,
		vpc + "=3":   `"3" is not a duration`,
		vpc + "=-1s": `"-1s" is not a duration`,
	} {
		_, err := behaviour.ParseDelay(text)
		require.ErrorContains(t, err, want, text)
	}
	for text, want := range map[string]string{
		vpc:            `there is no "="`,
		vpc + ":0=no":  "calls are counted from 1",
		vpc + ":-2=no": "calls are counted from 1",
		"=no":          `"" is neither a type token`,
	} {
		_, err := behaviour.ParseFailure(text)
		require.ErrorContains(t, err, want, text)
	}
}
