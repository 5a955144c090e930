package provider

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Package declares a provider: its resources, its functions and its configuration.
type Package struct {
	// Name is the Pulumi package, "digitalocean".
	Name string
	// Version is the semantic version of the SDK that this provider answers to, "4.77.0".
	Version string
	// Config are the provider's own properties.
	Config Fields
	// Local packages have no cloud: their objects live in Pulumi's state alone, so that a refresh never finds a change.
	Local bool
	// Authorize refuses calls that the configuration does not allow, such as any call without a token. It is asked
	// with the resource type or function token before each call that reaches the cloud, and may be nil.
	Authorize func(config State, token string) error
	// Resources by type token, "digitalocean:index/vpc:Vpc".
	Resources map[string]Resource
	// Slow is how long the creation of a resource takes, by type token, without anybody waiting for it: see
	// [Resource.Waits].
	Slow map[string]time.Duration
	// Functions by token, "digitalocean:index/getDomain:getDomain".
	Functions map[string]Function
}

// Resource declares one resource type.
type Resource struct {
	// Inputs are the properties that a program may set. Each of them is an output too.
	Inputs Fields
	// Outputs are the names of properties that only the cloud sets.
	Outputs []string
	// Secrets are further such names, of values that are always secret.
	Secrets []string

	// Check refuses combinations of inputs, one error for each; may be nil. Values can be unknown: see [State.Known].
	Check func(inputs State) []error
	// Replaces names inputs whose change from before to after replaces the resource, beyond those that always do;
	// may be nil.
	Replaces func(before, after State) []string

	// Waits is how long the provider waits for a creation unless the program's Timeouts say; 0 is for ever. What takes
	// longer is made all the same, and the provider forgets it.
	Waits time.Duration
	// Keeps says that the provider knows the object by then and keeps it as one that failed.
	Keeps bool
	// Create completes state, which holds the inputs, with what the cloud computes, and returns the new object's ID.
	Create func(call Call, state State) (id string, err error)
	// Update completes state, which is before with the new inputs laid over it; may be nil when there is nothing to do.
	Update func(call Call, id string, before, state State) error
	// Gone is the error of a provider that cannot forget an object that is gone when it reads it; nil forgets it.
	Gone func(id string) error
	// Refresh brings the parts of state up to date that change with time; may be nil.
	Refresh func(call Call, id string, state State) error
	// Delete refuses, or cleans up what belongs to the object; may be nil. The object itself is removed by the caller.
	Delete func(call Call, id string, state State) error
}

// Function declares one invoke. Its results are never secret, whatever is in them: bridged providers take the marks off
// (pulumi-terraform-bridge, Provider.Invoke), and the engine puts one on all results when an argument was secret.
type Function struct {
	Inputs Fields
	// Call computes the results.
	Call func(call Call, args State) (State, error)
}

// Fields are named properties.
type Fields map[string]Property

// names lists the fields for a message.
func (f Fields) names() string {
	return strings.Join(slices.Sorted(maps.Keys(f)), ", ")
}

// With returns these fields and the others, for resources that share some.
func (f Fields) With(others Fields) Fields {
	all := Fields{}
	maps.Copy(all, f)
	maps.Copy(all, others)
	return all
}

type kind int

const (
	stringKind kind = iota
	intKind
	numberKind
	boolKind
	listKind
	mapKind
	objectKind
	anyKind
)

func (k kind) String() string {
	return [...]string{
		"a string", "a whole number", "a number", "a boolean", "a list", "a map", "an object", "anything",
	}[k]
}

// Property declares one property: take it from an SDK with [From] or [FieldsOf], or make it with [String], [Int],
// [Number], [Bool], [List], [Map] or [Object], and refine it with its methods, each of which returns a changed copy. A
// property is optional unless it is [Property.Required].
type Property struct {
	kind     kind
	fields   Fields
	element  *Property
	required bool
	replaces bool
	secret   bool
	computed bool
	set      bool
	named    bool
	fallback any
	checks   []Check
}

// Check refuses a value with an error that says what is allowed. It is called with known values of the right type only:
// string, float64 (also for whole numbers), bool, []any or map[string]any.
type Check func(value any) error

// String is a text property.
func String() Property { return Property{kind: stringKind} }

// Int is a whole number.
func Int() Property { return Property{kind: intKind} }

// Number is a number with or without a fraction.
func Number() Property { return Property{kind: numberKind} }

// Bool is a switch.
func Bool() Property { return Property{kind: boolKind} }

// List is a list of elements.
func List(element Property) Property { return Property{kind: listKind, element: &element} }

// Map holds elements by names that the program chooses.
func Map(element Property) Property { return Property{kind: mapKind, element: &element} }

// Object holds the given properties.
func Object(fields Fields) Property { return Property{kind: objectKind, fields: fields} }

// Required makes a missing value an error.
func (p Property) Required() Property { p.required = true; return p }

// Replaces makes a change of the value replace the resource.
func (p Property) Replaces() Property { p.replaces = true; return p }

// Secret keeps the value out of messages and marks it secret in the outputs.
func (p Property) Secret() Property { p.secret = true; return p }

// Computed says that the cloud chooses a value when the program gives none. That value is unknown in the preview of a
// creation, and is not a difference later.
func (p Property) Computed() Property { p.computed = true; return p }

// Unordered makes the order of a list's elements irrelevant when values are compared.
func (p Property) Unordered() Property { p.set = true; return p }

// AutoNamed makes a name of the resource's name and seven random hexadecimal digits when the program gives none.
func (p Property) AutoNamed() Property { p.named = true; return p }

// Default is the value when the program gives none.
func (p Property) Default(value any) Property { p.fallback = value; return p }

// Check adds checks of the value; they are asked in order until one refuses.
func (p Property) Check(checks ...Check) Property {
	p.checks = append(slices.Clone(p.checks), checks...)
	return p
}

// Between is a [Check] that allows numbers from low to high, both included.
func Between(low, high float64) Check {
	return func(value any) error {
		if n, _ := value.(float64); n < low || n > high {
			return fmt.Errorf("must be between %s and %s",
				strconv.FormatFloat(low, 'f', -1, 64), strconv.FormatFloat(high, 'f', -1, 64))
		}
		return nil
	}
}

// OneOf is a [Check] that allows these texts only.
func OneOf(allowed ...string) Check {
	return func(value any) error {
		if text, _ := value.(string); !slices.Contains(allowed, text) {
			return fmt.Errorf("must be one of %s", strings.Join(allowed, ", "))
		}
		return nil
	}
}
