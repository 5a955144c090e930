// Package behaviour gives simulated providers the two things that a cloud has and a double lacks: provisioning takes
// time, and it sometimes fails.
//
// A [Behaviour] puts a [Plan] in front of the gRPC servers of providers. Every call passes through; creating, updating
// and deleting a resource first waits as long as the plan says for its type and then fails if the plan says so, before
// the provider has done anything. Previews are neither delayed nor failed, nor do they count as calls.
package behaviour

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// AnyType is the type of a rule that applies to every resource type.
const AnyType = "*"

// Delay makes every change of a resource take time.
type Delay struct {
	// Type is a Pulumi type token ("digitalocean:index/vpc:Vpc") or [AnyType].
	Type string
	// Duration of one change. Changes that are made in parallel wait in parallel.
	Duration time.Duration
}

// Failure makes changes of resources fail.
type Failure struct {
	// Type is that of a [Delay].
	Type string
	// Call is the one matching call that fails, counted from 1 over the life of the [Behaviour]; 0 fails all.
	Call int
	// Message is the error that the engine shows.
	Message string
}

// Plan is how providers behave. The zero plan changes nothing.
type Plan struct {
	// Delays: when several match, the one for the exact type wins over [AnyType], and the last one wins among equals.
	Delays []Delay
	// Failures: the first one that matches and is due fails the call. Each counts the calls that match it.
	Failures []Failure
}

func (p Plan) delay(typ string) time.Duration {
	var chosen Delay
	for _, d := range p.Delays {
		if d.Type == typ || d.Type == AnyType && chosen.Type != typ {
			chosen = d
		}
	}
	return chosen.Duration
}

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

// Interceptor makes the server of one provider behave as planned. Calls are counted over all servers of a Behaviour.
// The engine's signal to cancel ends the waits of changes that this server is making, and of any that follow.
func (b *Behaviour) Interceptor() grpc.UnaryServerInterceptor {
	running, cancel := context.WithCancel(context.Background())
	return func(ctx context.Context, request any, call *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
		operation := strings.ToLower(path.Base(call.FullMethod))
		if operation == "cancel" {
			cancel()
		}
		if typ := changed(request); typ != "" {
			failure := b.due(typ)
			if err := wait(ctx, running, b.plan.delay(typ)); err != nil {
				return nil, fmt.Errorf("%s %s: %w", operation, typ, err)
			}
			if failure != nil {
				return nil, errors.New(failure.Message)
			}
		}
		return handle(ctx, request)
	}
}

// changed is the type of the resource that a request changes; empty when it changes none.
func changed(request any) string {
	switch r := request.(type) {
	case *pulumirpc.DeleteRequest:
		return string(resource.URN(r.GetUrn()).Type())
	case interface { // creations and updates
		GetUrn() string
		GetPreview() bool
	}:
		if !r.GetPreview() {
			return string(resource.URN(r.GetUrn()).Type())
		}
	}
	return ""
}

// due counts the call for every failure that matches it and returns the first that is due.
func (b *Behaviour) due(typ string) *Failure {
	b.mu.Lock()
	defer b.mu.Unlock()
	var due *Failure
	for i := range b.plan.Failures {
		failure := &b.plan.Failures[i]
		if failure.Type != AnyType && failure.Type != typ {
			continue
		}
		b.calls[i]++
		if due == nil && (failure.Call == 0 || failure.Call == b.calls[i]) {
			due = failure
		}
	}
	return due
}

// wait returns early, with an error, when the call or the provider is cancelled.
func wait(call, running context.Context, duration time.Duration) error {
	if duration <= 0 {
		return nil
	}
	select {
	case <-time.After(duration):
		return nil
	case <-running.Done():
		return errors.New("cancelled while the simulated operation was running")
	case <-call.Done():
		return call.Err()
	}
}

// ParseDelay reads "type=duration", for example "digitalocean:index/kubernetesCluster:KubernetesCluster=4m30s" or
// "*=500ms". The duration is one that [time.ParseDuration] understands and is not negative.
func ParseDelay(text string) (Delay, error) {
	typ, value, err := split(text)
	if err != nil {
		return Delay{}, fmt.Errorf("delay %q: %w: write type=duration, like \"digitalocean:index/vpc:Vpc=3s\"",
			text, err)
	}
	duration, err := time.ParseDuration(value)
	if err != nil || duration < 0 {
		return Delay{}, fmt.Errorf(
			"delay %q: %q is not a duration: write a number with a unit, like 500ms, 3s or 4m30s", text, value)
	}
	return Delay{Type: typ, Duration: duration}, nil
}

// ParseFailure reads "type[:n]=message": the n-th operation on a resource of the type, or every one, fails with the
// message. For example "digitalocean:index/databaseCluster:DatabaseCluster:2=422 size is not available".
func ParseFailure(text string) (Failure, error) {
	typ, message, err := split(text)
	if err != nil {
		return Failure{}, fmt.Errorf(
			"failure %q: %w: write type[:n]=message, like \"digitalocean:index/vpc:Vpc:2=429 too many requests\"",
			text, err)
	}
	failure := Failure{Type: typ, Message: message}
	colon := strings.LastIndex(typ, ":")
	if colon < 0 {
		return failure, nil
	}
	// A type name never starts with a digit or a sign, so a last part that is a number is the count.
	call, err := strconv.Atoi(typ[colon+1:])
	if err != nil {
		return failure, nil //nolint:nilerr // no number: it is all type
	}
	if call < 1 {
		return Failure{}, fmt.Errorf("failure %q: call %d: calls are counted from 1", text, call)
	}
	failure.Type, failure.Call = typ[:colon], call
	return failure, nil
}

// split takes "type=value" apart and checks that the type is one.
func split(text string) (typ, value string, err error) {
	typ, value, found := strings.Cut(text, "=")
	switch {
	case !found:
		return "", "", fmt.Errorf("there is no \"=\"")
	case value == "":
		return "", "", fmt.Errorf("nothing follows the \"=\"")
	case typ != AnyType && !strings.HasPrefix(typ, AnyType+":") && strings.Count(typ, ":") < 2:
		return "", "", fmt.Errorf("%q is neither a type token (package:module:Type) nor %q", typ, AnyType)
	}
	return typ, value, nil
}
