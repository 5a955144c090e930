package behaviour

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Behaviour is a [Plan] at work. It is safe for concurrent use.
type Behaviour struct {
	plan Plan

	mu    sync.Mutex
	calls []int // how often each failure matched
}

// New puts a plan to work: calls are counted from here.
func New(plan Plan) *Behaviour {
	return &Behaviour{plan: plan, calls: make([]int, len(plan.Failures))}
}

// Wrap returns the provider behaving as planned. Calls are counted over all providers that one Behaviour wraps.
func (b *Behaviour) Wrap(provider plugin.Provider) plugin.Provider {
	return &wrapped{Provider: provider, behaviour: b, cancelled: make(chan struct{})}
}

type wrapped struct {
	plugin.Provider

	behaviour *Behaviour
	cancel    sync.Once
	cancelled chan struct{}
}

var errCancelled = errors.New("cancelled while the simulated operation was running")

// Create waits and fails as planned, or creates the resource.
func (w *wrapped) Create(ctx context.Context, req plugin.CreateRequest) (plugin.CreateResponse, error) {
	if !req.Preview {
		if err := w.before(ctx, Create, req.URN, req.Type); err != nil {
			return plugin.CreateResponse{Status: resource.StatusUnknown}, err
		}
	}
	return w.Provider.Create(ctx, req)
}

// Update waits and fails as planned, or updates the resource.
func (w *wrapped) Update(ctx context.Context, req plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	if !req.Preview {
		if err := w.before(ctx, Update, req.URN, req.Type); err != nil {
			return plugin.UpdateResponse{Status: resource.StatusUnknown}, err
		}
	}
	return w.Provider.Update(ctx, req)
}

// Delete waits and fails as planned, or deletes the resource.
func (w *wrapped) Delete(ctx context.Context, req plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	if err := w.before(ctx, Delete, req.URN, req.Type); err != nil {
		return plugin.DeleteResponse{Status: resource.StatusUnknown}, err
	}
	return w.Provider.Delete(ctx, req)
}

// SignalCancellation ends the waits of operations that are running and of any that follow, then tells the provider.
func (w *wrapped) SignalCancellation(ctx context.Context) error {
	w.cancel.Do(func() { close(w.cancelled) })
	return w.Provider.SignalCancellation(ctx)
}

// Attach passes through, for the providers that have it ([plugin.GrpcProvider]).
func (w *wrapped) Attach(address string) error {
	if provider, ok := w.Provider.(plugin.GrpcProvider); ok {
		return provider.Attach(address)
	}
	return status.Error(codes.Unimplemented, "attach is not implemented by this provider")
}

func (w *wrapped) before(ctx context.Context, op Operation, urn resource.URN, typ tokens.Type) error {
	// Requests from engines of before 3.100 carry no type of their own.
	if typ == "" {
		typ = urn.Type()
	}
	failure := w.behaviour.due(op, string(typ))
	if err := w.wait(ctx, w.behaviour.plan.delay(op, string(typ))); err != nil {
		return fmt.Errorf("%s %s: %w", op, typ, err)
	}
	if failure != nil {
		return errors.New(failure.Message)
	}
	return nil
}

// due counts the call for every failure that matches it and returns the first that is due.
func (b *Behaviour) due(op Operation, typ string) *Failure {
	b.mu.Lock()
	defer b.mu.Unlock()
	var due *Failure
	for i := range b.plan.Failures {
		failure := &b.plan.Failures[i]
		if !failure.matches(op, typ) {
			continue
		}
		b.calls[i]++
		if due == nil && (failure.Call == 0 || failure.Call == b.calls[i]) {
			due = failure
		}
	}
	return due
}

func (w *wrapped) wait(ctx context.Context, duration time.Duration) error {
	if duration <= 0 {
		return nil
	}
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-w.cancelled:
		return errCancelled
	case <-ctx.Done():
		return ctx.Err()
	}
}
