// Package pictures draws the pictures of the documentation with d2, from what the program and the workflows are.
package pictures

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Program is what a stack's golden file has recorded: every resource, and the outputs.
type Program struct {
	// Resources are in the order of the file, which is that of their types and names.
	Resources []Resource
	// Outputs are those of the stack.
	Outputs Inputs
}

// Resource is one of them. A component is one as well, without inputs.
type Resource struct {
	// Type is the token, such as "digitalocean:index/vpc:Vpc".
	Type string
	// Name is the logical one, such as "network-vpc".
	Name string
	// Parent is the ID of the component that made it; empty where the program itself did.
	Parent string
	// Inputs are what the program asks for.
	Inputs Inputs
	// Protected is whether Pulumi refuses to delete it.
	Protected bool
}

// ID is how the file refers to it.
func (r Resource) ID() string { return r.Type + " " + r.Name }

// Component says whether it is a component of this project, that is a room or a part of one.
func (r Resource) Component() bool { return r.Provider() == "vmst" }

// Kind is the last part of the type, such as "Vpc".
func (r Resource) Kind() string { return r.Type[strings.LastIndex(r.Type, ":")+1:] }

// Provider is the first part of the type, such as "digitalocean".
func (r Resource) Provider() string {
	provider, _, _ := strings.Cut(r.Type, ":")
	return provider
}

// Inputs are a part of a resource's inputs, or of a stack's outputs.
type Inputs map[string]any

// At is what is at a path; nil where there is nothing. What is secret is looked into: the golden files hold made-up
// secrets only, and nothing is drawn of them but addresses.
func (i Inputs) At(path ...string) any {
	var at any = map[string]any(i)
	for _, key := range path {
		at = open(at)
		fields, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = fields[key]
	}
	return open(at)
}

func open(value any) any {
	if fields, ok := value.(map[string]any); ok && len(fields) == 1 {
		if secret, ok := fields["(secret)"]; ok {
			return secret
		}
	}
	return value
}

// Text is what is at a path, as text; empty where there is nothing.
func (i Inputs) Text(path ...string) string {
	value := i.At(path...)
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

// Inputs is what is at a path, as fields.
func (i Inputs) Inputs(path ...string) Inputs {
	fields, _ := i.At(path...).(map[string]any)
	return fields
}

// List is what is at a path, as fields of each.
func (i Inputs) List(path ...string) []Inputs {
	var all []Inputs
	values, _ := i.At(path...).([]any)
	for _, value := range values {
		fields, _ := open(value).(map[string]any)
		all = append(all, fields)
	}
	return all
}

// Texts is what is at a path, as a list of texts.
func (i Inputs) Texts(path ...string) []string {
	var all []string
	values, _ := i.At(path...).([]any)
	for _, value := range values {
		all = append(all, fmt.Sprint(value))
	}
	return all
}

// names are the keys of what is at a path, in their order.
func (i Inputs) names(path ...string) []string {
	return slices.Sorted(maps.Keys(i.Inputs(path...)))
}

// Read reads a golden file.
func Read(path string) (Program, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Program{}, err
	}
	return Parse(text)
}

// Parse understands what is in a golden file.
func Parse(text []byte) (Program, error) {
	var file struct {
		Resources []struct {
			Resource, Parent string
			Inputs           map[string]any
			Protect          bool
		}
		Outputs map[string]any
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return Program{}, err
	}
	program := Program{Outputs: file.Outputs}
	for _, r := range file.Resources {
		// The program's own providers and project are named after themselves.
		kind, name, _ := strings.Cut(r.Resource, " ")
		program.Resources = append(program.Resources, Resource{
			Type: kind, Name: name, Parent: r.Parent, Inputs: r.Inputs, Protected: r.Protect,
		})
	}
	return program, nil
}

// Of are the resources of a type, in the order of the file.
func (p Program) Of(kind string) []Resource {
	var found []Resource
	for _, r := range p.Resources {
		if r.Type == kind {
			found = append(found, r)
		}
	}
	return found
}

// Named is the resource with that type and name; the second is whether there is one.
func (p Program) Named(kind, name string) (Resource, bool) {
	for _, r := range p.Of(kind) {
		if r.Name == name {
			return r, true
		}
	}
	return Resource{}, false
}

// Children are the resources whose parent is that component.
func (p Program) Children(parent string) []Resource {
	var found []Resource
	for _, r := range p.Resources {
		if r.Parent == parent {
			found = append(found, r)
		}
	}
	return found
}
