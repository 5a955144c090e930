package provider

import (
	"fmt"
	"maps"
	"reflect"
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
func (f Fields) names() string { return strings.Join(slices.Sorted(maps.Keys(f)), ", ") }

// With returns these fields and the others, for resources that share some.
func (f Fields) With(others Fields) Fields {
	all := Fields{}
	maps.Copy(all, f)
	maps.Copy(all, others)
	return all
}

// kind is what a value is, as a message says it.
type kind string

const (
	stringKind kind = "a string"
	intKind    kind = "a whole number"
	numberKind kind = "a number"
	boolKind   kind = "a boolean"
	listKind   kind = "a list"
	mapKind    kind = "a map"
	objectKind kind = "an object"
	anyKind    kind = "anything"
)

// Property declares one property: take it from an SDK with [From] or [FieldsOf].
type Property struct {
	kind    kind
	fields  Fields
	element *Property
	// What [Rules] say; checks are asked in order until one refuses.
	required, replaces, secret, computed, set, named bool
	fallback                                         any
	checks                                           []Check
}

// String is a text property.
func String() Property { return Property{kind: stringKind} }

// Check refuses a value with an error that says what is allowed. It is called with known values of the right type only:
// string, float64 (also for whole numbers), bool, []any or map[string]any.
type Check func(value any) error

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

// Rules say of the properties of an SDK's types what the types do not. A text names several, with spaces between them.
// What is in an object has a path, "nodePool.size", also when it is an element of a list or a map, "rules.type"; an
// element itself ends in "[]", "regions[]".
type Rules struct {
	// Required must be set although the types call it optional, as they do all lists and maps.
	Required string
	// Replaces are the properties whose change replaces the resource.
	Replaces string
	// Computed gets a value from the cloud when the program gives none. That value is unknown in the preview of a
	// creation, and is not a difference later.
	Computed string
	// Unordered are lists whose elements have no order.
	Unordered string
	// Secret values are kept out of messages and marked in the outputs; names outputs as well.
	Secret string
	// AutoNamed is made of the resource's name and seven random hexadecimal digits when the program gives none.
	AutoNamed string
	// Defaults are the values of properties to which the program gives none.
	Defaults map[string]any
	// Checks of a value are asked in order until one refuses.
	Checks map[string][]Check
}

// From declares a resource as its SDK does: args is a value of the type of its arguments (sdk.VpcArgs{}), state one of
// the type of the resource (sdk.Vpc{}), whose further properties are the outputs. declared is the rest of the resource.
// A rule for a property that the SDK does not have is a panic: the table and the SDK have grown apart.
func From(args, state any, rules Rules, declared Resource) Resource {
	refine := rules.byPath()
	declared.Inputs = refine.fields(structOf(args), "")
	for _, name := range slices.Sorted(maps.Keys(tagged(structOf(state)))) {
		if _, input := declared.Inputs[name]; input {
			continue
		}
		if _, secret := refine[name]; secret {
			declared.Secrets = append(declared.Secrets, name)
		} else {
			declared.Outputs = append(declared.Outputs, name)
		}
		delete(refine, name)
	}
	refine.used(args)
	return declared
}

// FieldsOf declares the properties of one type of an SDK: arguments of a function, or a provider's configuration.
func FieldsOf(args any, rules Rules) Fields {
	refine := rules.byPath()
	fields := refine.fields(structOf(args), "")
	refine.used(args)
	return fields
}

// ruleset is the rules by path.
type ruleset map[string][]func(*Property)

func (r Rules) byPath() ruleset {
	refine := ruleset{}
	for _, rule := range []struct {
		paths string
		apply func(*Property)
	}{
		{r.Required, func(p *Property) { p.required = true }},
		{r.Replaces, func(p *Property) { p.replaces = true }},
		{r.Computed, func(p *Property) { p.computed = true }},
		{r.Unordered, func(p *Property) { p.set = true }},
		{r.Secret, func(p *Property) { p.secret = true }},
		{r.AutoNamed, func(p *Property) { p.named = true }},
	} {
		for path := range strings.FieldsSeq(rule.paths) {
			refine[path] = append(refine[path], rule.apply)
		}
	}
	for path, value := range r.Defaults {
		refine[path] = append(refine[path], func(p *Property) { p.fallback = value })
	}
	for path, checks := range r.Checks {
		refine[path] = append(refine[path], func(p *Property) { p.checks = checks })
	}
	return refine
}

// used panics when a rule was for nothing.
func (r ruleset) used(args any) {
	if len(r) > 0 {
		panic(fmt.Sprintf("%T has no %s", args, strings.Join(slices.Sorted(maps.Keys(r)), ", ")))
	}
}

// structOf is the type that holds the plain values of arguments, or the type itself where it has no other.
func structOf(value any) reflect.Type {
	if args, ok := value.(interface{ ElementType() reflect.Type }); ok && args.ElementType().Kind() == reflect.Struct {
		return args.ElementType()
	}
	return reflect.TypeOf(value)
}

// tagged are the types of a struct's fields by the names that Pulumi has for them.
func tagged(typ reflect.Type) map[string]reflect.Type {
	all := map[string]reflect.Type{}
	for i := range typ.NumField() {
		if name := typ.Field(i).Tag.Get("pulumi"); name != "" {
			all[name] = typ.Field(i).Type
		}
	}
	return all
}

func (r ruleset) fields(typ reflect.Type, at string) Fields {
	all := Fields{}
	for name, field := range tagged(typ) {
		all[name] = r.property(field, at+name)
	}
	return all
}

func (r ruleset) property(typ reflect.Type, path string) Property {
	optional := typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Interface
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	kind, ok := kinds[typ.Kind()]
	if !ok {
		panic(fmt.Sprintf("%s: %s is not a type of a property", path, typ))
	}
	p := Property{kind: kind}
	switch kind {
	case listKind, mapKind:
		element := r.property(typ.Elem(), path+"[]")
		p.element, optional = &element, true
	case objectKind:
		p.fields = r.fields(typ, strings.TrimSuffix(path, "[]")+".")
	case stringKind, intKind, numberKind, boolKind, anyKind:
	}
	p.required = !optional
	for _, refine := range r[path] {
		refine(&p)
	}
	delete(r, path)
	return p
}

var kinds = map[reflect.Kind]kind{
	reflect.String: stringKind, reflect.Int: intKind, reflect.Float64: numberKind, reflect.Bool: boolKind,
	reflect.Slice: listKind, reflect.Map: mapKind, reflect.Struct: objectKind, reflect.Interface: anyKind,
}
