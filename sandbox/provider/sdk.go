package provider

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Rules say of the properties of an SDK's types what the types do not. A text names several, with spaces between them.
// What is in an object has a path, "nodePool.size", also when it is an element of a list or a map, "rules.type"; an
// element itself ends in "[]", "regions[]".
type Rules struct {
	// Required are lists and maps that must be set. Of everything else the types say it: a pointer is optional.
	Required string
	// The others are those of the methods of [Property]; Secret names outputs as well.
	Replaces, Computed, Unordered, Secret string
	AutoNamed                             string
	Defaults                              map[string]any
	Checks                                map[string][]Check
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
type ruleset map[string][]func(Property) Property

func (r Rules) byPath() ruleset {
	refine := ruleset{}
	for _, rule := range []struct {
		paths string
		apply func(Property) Property
	}{
		{r.Required, Property.Required},
		{r.Replaces, Property.Replaces},
		{r.Computed, Property.Computed},
		{r.Unordered, Property.Unordered},
		{r.Secret, Property.Secret},
		{r.AutoNamed, Property.AutoNamed},
	} {
		for path := range strings.FieldsSeq(rule.paths) {
			refine[path] = append(refine[path], rule.apply)
		}
	}
	for path, value := range r.Defaults {
		refine[path] = append(refine[path], func(p Property) Property { return p.Default(value) })
	}
	for path, checks := range r.Checks {
		refine[path] = append(refine[path], func(p Property) Property { return p.Check(checks...) })
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
	var p Property
	switch typ.Kind() {
	case reflect.Slice:
		p, optional = List(r.property(typ.Elem(), path+"[]")), true
	case reflect.Map:
		p, optional = Map(r.property(typ.Elem(), path+"[]")), true
	case reflect.Struct:
		p = Object(r.fields(typ, strings.TrimSuffix(path, "[]")+"."))
	default:
		kind, ok := kinds[typ.Kind()]
		if !ok {
			panic(fmt.Sprintf("%s: %s is not a type of a property", path, typ))
		}
		p = Property{kind: kind}
	}
	p.required = !optional
	for _, refine := range r[path] {
		p = refine(p)
	}
	delete(r, path)
	return p
}

// kinds are those of the properties that have no parts.
var kinds = map[reflect.Kind]kind{
	reflect.String: stringKind, reflect.Int: intKind, reflect.Float64: numberKind, reflect.Bool: boolKind,
	reflect.Interface: anyKind,
}
