package behaviour_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vmstio/infrastructure/sandbox/behaviour"
)

const (
	vpc     = "digitalocean:index/vpc:Vpc"
	cluster = "digitalocean:index/kubernetesCluster:KubernetesCluster"
)

// recorder is a provider that counts what reaches it.
type recorder struct {
	plugin.UnimplementedProvider

	calls     []string
	cancelled bool
}

func (r *recorder) Create(_ context.Context, req plugin.CreateRequest) (plugin.CreateResponse, error) {
	r.calls = append(r.calls, "create "+req.Name)
	return plugin.CreateResponse{ID: "id"}, nil
}

func (r *recorder) Update(_ context.Context, req plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	r.calls = append(r.calls, "update "+req.Name)
	return plugin.UpdateResponse{}, nil
}

func (r *recorder) Delete(_ context.Context, req plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	r.calls = append(r.calls, "delete "+req.Name)
	return plugin.DeleteResponse{}, nil
}

func (r *recorder) Check(_ context.Context, req plugin.CheckRequest) (plugin.CheckResponse, error) {
	r.calls = append(r.calls, "check "+req.Name)
	return plugin.CheckResponse{}, nil
}

func (r *recorder) SignalCancellation(context.Context) error {
	r.cancelled = true
	return nil
}

func create(t *testing.T, p plugin.Provider, typ tokens.Type) error {
	t.Helper()
	_, err := p.Create(t.Context(), plugin.CreateRequest{Name: "a", Type: typ})
	return err
}

func TestZeroPlanPassesEverythingThrough(t *testing.T) {
	t.Parallel()
	inner := &recorder{}
	p := behaviour.New(behaviour.Plan{}).Wrap(inner)
	response, err := p.Create(t.Context(), plugin.CreateRequest{Name: "a", Type: vpc})
	require.NoError(t, err)
	assert.Equal(t, resource.ID("id"), response.ID)
	_, err = p.Update(t.Context(), plugin.UpdateRequest{Name: "a", Type: vpc})
	require.NoError(t, err)
	_, err = p.Delete(t.Context(), plugin.DeleteRequest{Name: "a", Type: vpc})
	require.NoError(t, err)
	_, err = p.Check(t.Context(), plugin.CheckRequest{Name: "a", Type: vpc})
	require.NoError(t, err)
	assert.Equal(t, []string{"create a", "update a", "delete a", "check a"}, inner.calls)
}

func TestFailures(t *testing.T) {
	t.Parallel()
	inner := &recorder{}
	p := behaviour.New(behaviour.Plan{Failures: []behaviour.Failure{
		{Match: behaviour.Match{Type: vpc}, Call: 2, Message: "429 slow down"},
		{
			Match:   behaviour.Match{Type: cluster, Operations: []behaviour.Operation{behaviour.Delete}},
			Message: "409 busy",
		},
	}}).Wrap(inner)
	require.NoError(t, create(t, p, vpc))
	require.EqualError(t, create(t, p, vpc), "429 slow down")
	require.NoError(t, create(t, p, vpc), "only the second call fails")
	require.NoError(t, create(t, p, cluster), "the rule is for deletions")
	for range 2 {
		_, err := p.Delete(t.Context(), plugin.DeleteRequest{Name: "c", Type: cluster})
		require.EqualError(t, err, "409 busy", "without a count every call fails")
	}
	assert.Equal(t, []string{"create a", "create a", "create a"}, inner.calls, "a failed call changes nothing")
}

func TestCallsAreCountedOverAllProviders(t *testing.T) {
	t.Parallel()
	b := behaviour.New(behaviour.Plan{Failures: []behaviour.Failure{
		{Match: behaviour.Match{Type: behaviour.AnyType}, Call: 2, Message: "the second"},
	}})
	require.NoError(t, create(t, b.Wrap(&recorder{}), vpc))
	require.EqualError(t, create(t, b.Wrap(&recorder{}), cluster), "the second")
	require.NoError(t, create(t, b.Wrap(&recorder{}), vpc))
}

// attachable is a provider that the engine can give its address.
type attachable struct {
	recorder

	address string
}

func (a *attachable) Attach(address string) error {
	a.address = address
	return nil
}

func TestAttachPassesThrough(t *testing.T) {
	t.Parallel()
	inner := &attachable{}
	p, ok := behaviour.New(behaviour.Plan{}).Wrap(inner).(plugin.GrpcProvider)
	require.True(t, ok)
	require.NoError(t, p.Attach("127.0.0.1:1"))
	assert.Equal(t, "127.0.0.1:1", inner.address)
	p, ok = behaviour.New(behaviour.Plan{}).Wrap(&recorder{}).(plugin.GrpcProvider)
	require.True(t, ok)
	require.Equal(t, codes.Unimplemented, status.Code(p.Attach("127.0.0.1:1")))
}

func TestPreviewsNeitherFailNorCount(t *testing.T) {
	t.Parallel()
	plan := behaviour.Plan{
		Delays:   []behaviour.Delay{{Match: behaviour.Match{Type: behaviour.AnyType}, Duration: time.Hour}},
		Failures: []behaviour.Failure{{Match: behaviour.Match{Type: behaviour.AnyType}, Message: "never"}},
	}
	p := behaviour.New(plan).Wrap(&recorder{})
	_, err := p.Create(t.Context(), plugin.CreateRequest{Type: vpc, Preview: true})
	require.NoError(t, err)
	_, err = p.Update(t.Context(), plugin.UpdateRequest{Type: vpc, Preview: true})
	require.NoError(t, err)
}

func TestDelays(t *testing.T) {
	t.Parallel()
	plan := behaviour.Plan{Delays: []behaviour.Delay{
		{Match: behaviour.Match{Type: behaviour.AnyType}, Duration: time.Second},
		{Match: behaviour.Match{Type: cluster}, Duration: 4 * time.Minute},
		{
			Match:    behaviour.Match{Type: cluster, Operations: []behaviour.Operation{behaviour.Delete}},
			Duration: time.Minute,
		},
	}}
	synctest.Test(t, func(t *testing.T) {
		p := behaviour.New(plan).Wrap(&recorder{})
		took := func(do func()) time.Duration {
			start := time.Now()
			do()
			return time.Since(start)
		}
		assert.Equal(t, time.Second, took(func() { require.NoError(t, create(t, p, vpc)) }))
		assert.Equal(t, 4*time.Minute, took(func() { require.NoError(t, create(t, p, cluster)) }))
		assert.Equal(t, time.Minute, took(func() {
			_, err := p.Delete(t.Context(), plugin.DeleteRequest{Type: cluster})
			require.NoError(t, err)
		}))
	})
}

func TestTypeIsTakenFromTheURNWhenTheRequestHasNone(t *testing.T) {
	t.Parallel()
	plan := behaviour.Plan{
		Failures: []behaviour.Failure{{Match: behaviour.Match{Type: vpc}, Message: "no"}},
	}
	p := behaviour.New(plan).Wrap(&recorder{})
	_, err := p.Delete(t.Context(), plugin.DeleteRequest{URN: resource.NewURN("prod", "project", "", vpc, "a")})
	require.EqualError(t, err, "no")
}

func TestCancellationEndsTheWait(t *testing.T) {
	t.Parallel()
	plan := behaviour.Plan{
		Delays: []behaviour.Delay{{Match: behaviour.Match{Type: behaviour.AnyType}, Duration: time.Hour}},
	}
	synctest.Test(t, func(t *testing.T) {
		inner := &recorder{}
		p := behaviour.New(plan).Wrap(inner)
		failed := make(chan error)
		go func() {
			_, err := p.Create(t.Context(), plugin.CreateRequest{Type: vpc})
			failed <- err
		}()
		synctest.Wait()
		require.NoError(t, p.SignalCancellation(t.Context()))
		require.NoError(t, p.SignalCancellation(t.Context()), "a second signal is not an error")
		require.ErrorContains(t, <-failed, "create "+vpc+": cancelled")
		assert.True(t, inner.cancelled, "the provider is told as well")
		assert.Empty(t, inner.calls)
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := behaviour.New(plan).Wrap(&recorder{}).Create(ctx, plugin.CreateRequest{Type: vpc})
	require.ErrorIs(t, err, context.Canceled)
}

func TestParse(t *testing.T) {
	t.Parallel()
	delay, err := behaviour.ParseDelay(cluster + "=4m30s")
	require.NoError(t, err)
	assert.Equal(t, behaviour.Delay{
		Match: behaviour.Match{Type: cluster}, Duration: 4*time.Minute + 30*time.Second,
	}, delay)
	for text, want := range map[string]behaviour.Failure{
		vpc + "=403 a=b":    {Match: behaviour.Match{Type: vpc}, Message: "403 a=b"},
		vpc + ":3=too many": {Match: behaviour.Match{Type: vpc}, Call: 3, Message: "too many"},
		"*:2=second":        {Match: behaviour.Match{Type: behaviour.AnyType}, Call: 2, Message: "second"},
		"*=all":             {Match: behaviour.Match{Type: behaviour.AnyType}, Message: "all"},
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
