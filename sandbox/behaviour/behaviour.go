// Package behaviour gives a simulated provider the two things that a cloud has and a double lacks: provisioning takes
// time, and it sometimes fails.
//
// A [Behaviour] puts a [Plan] in front of any [plugin.Provider]. Every method passes through; creating, updating and
// deleting a resource first waits as long as the plan says for its type and then fails if the plan says so, before the
// provider has done anything. Previews are neither delayed nor failed, nor do they count as calls.
package behaviour

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Operation is a change that a provider makes to one resource.
type Operation string

// The operations that take time and can fail.
const (
	Create Operation = "create"
	Update Operation = "update"
	Delete Operation = "delete"
)

// AnyType is the type of a rule that applies to every resource type.
const AnyType = "*"

// Match says which calls of a provider a rule applies to.
type Match struct {
	// Type is a Pulumi type token ("digitalocean:index/vpc:Vpc") or [AnyType].
	Type string
	// Operations that the rule applies to; none means all of them.
	Operations []Operation
}

func (m Match) matches(op Operation, typ string) bool {
	return (m.Type == AnyType || m.Type == typ) &&
		(len(m.Operations) == 0 || slices.Contains(m.Operations, op))
}

// Delay makes matching operations take time.
type Delay struct {
	Match

	// Duration of one operation. Operations run in parallel wait in parallel.
	Duration time.Duration
}

// Failure makes matching operations fail.
type Failure struct {
	Match

	// Call is the one matching call that fails, counted from 1 over the life of the [Behaviour]; 0 fails all.
	Call int
	// Message is the error that the engine shows.
	Message string
}

// Plan is how a provider behaves. The zero plan changes nothing.
type Plan struct {
	// Delays: when several match, the one for the exact type wins over [AnyType], and the last one wins among equals.
	Delays []Delay
	// Failures: the first one that matches and is due fails the call. Each counts the calls that match it.
	Failures []Failure
}

func (p Plan) delay(op Operation, typ string) time.Duration {
	var chosen *Delay
	for i := range p.Delays {
		d := &p.Delays[i]
		if d.matches(op, typ) && (chosen == nil || d.Type != AnyType || chosen.Type == AnyType) {
			chosen = d
		}
	}
	if chosen == nil {
		return 0
	}
	return chosen.Duration
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
	return Delay{Match: Match{Type: typ}, Duration: duration}, nil
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
	failure := Failure{Match: Match{Type: typ}, Message: message}
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
