// Package rules is what every plan of this project has to pass: each rule with its level, its reason and what to do.
//
// A rule looks at one resource, at all resources of a stack, or at one operation of a plan. The first two run in
// Pulumi's engine (the policy pack, package main) and in the tests of this package on the recorded program. The third
// runs where the engine's events are read, because the engine shows a policy pack neither what a plan deletes or
// replaces nor what is retained (pulumi/pkg, resource/deploy/step_generator.go: analyzeAll, AnalyzeResources).
//
// What is not known yet, as much is in a preview, breaks no rule; neither does anything that depends on settings which
// cannot be read, since the program reports those.
package rules

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/vmstio/infrastructure/infra/settings"
)

// Level is what happens when a rule is broken.
type Level string

// The levels, named as Pulumi names them.
const (
	// Mandatory ends the preview or the up.
	Mandatory Level = "mandatory"
	// Advisory is said, and nothing more.
	Advisory Level = "advisory"
)

// Rule is one rule. It has one of the three functions, or one and [Rule.Operation].
type Rule struct {
	// Name of the rule, and of its page.
	Name string
	// Level of all its findings.
	Level Level
	// What it asks for, in one sentence.
	What string
	// Reason for that.
	Reason string
	// Remedy says what to do; it names settings by their paths.
	Remedy string
	// Of is whether it looks at resources of a type. It is shown no others, and the policy pack does not decode them.
	Of func(typ string) bool
	// Resource returns what is wrong with a resource as the program registers it.
	Resource func(r Resource, s *settings.Settings) []string
	// Stack returns what is wrong with a stack: all its resources with the outputs that they have in the end, the
	// stack's own among them.
	Stack func(all []Resource, s *settings.Settings) []Violation
	// Operation returns what is wrong with an operation of a plan. opened says that a person lets it pass.
	Operation func(op Operation, s *settings.Settings, opened bool) []string
}

// Resource is one resource of a plan.
type Resource struct {
	URN, Type, Name string
	// Properties are its inputs; in rules about the stack, its outputs.
	Properties property.Map
	// Protected is whether Pulumi refuses to delete it.
	Protected bool
	// Dependencies are the URNs of what it depends on; only rules about the stack have them.
	Dependencies []string
}

// Violation is what is wrong with a stack, and with which resource; an empty URN is the stack's own.
type Violation struct{ URN, Message string }

// Finding is a rule that is broken.
type Finding struct {
	// Rule and Level are those of the rule.
	Rule  string `json:"rule"`
	Level Level  `json:"level"`
	// URN of the resource; empty for the stack.
	URN string `json:"urn,omitempty"`
	// Message says what is wrong and what to do.
	Message string `json:"message"`
}

// All returns the rules, sorted by name.
func All() []Rule {
	all := slices.Concat(dataRules(), networkRules(), podRules(), secretRules(), moneyRules())
	slices.SortFunc(all, func(a, b Rule) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// Concern reports whether any rule looks at resources of a type.
func Concern(typ string) bool {
	return slices.ContainsFunc(All(), func(r Rule) bool { return r.Of(typ) })
}

// of is one of these types.
func of(types ...string) func(string) bool {
	return func(typ string) bool { return slices.Contains(types, typ) }
}

// either is one of two kinds of types.
func either(a, b func(string) bool) func(string) bool {
	return func(typ string) bool { return a(typ) || b(typ) }
}

// CheckResource returns the findings about a resource. Settings may be nil if they cannot be read.
func CheckResource(r Resource, s *settings.Settings) []Finding {
	var findings []Finding
	for _, rule := range All() {
		if rule.Resource != nil && rule.Of(r.Type) {
			for _, wrong := range rule.Resource(r, s) {
				findings = append(findings, rule.finding(r.URN, wrong))
			}
		}
	}
	return findings
}

// CheckStack returns the findings about a whole stack. Settings may be nil if they cannot be read.
func CheckStack(all []Resource, s *settings.Settings) []Finding {
	var findings []Finding
	for _, rule := range All() {
		if rule.Stack != nil {
			of := slices.DeleteFunc(slices.Clone(all), func(r Resource) bool { return !rule.Of(r.Type) })
			for _, v := range rule.Stack(of, s) {
				findings = append(findings, rule.finding(v.URN, v.Message))
			}
		}
	}
	return findings
}

func (r Rule) finding(urn, wrong string) Finding {
	return Finding{Rule: r.Name, Level: r.Level, URN: urn, Message: r.Says(wrong)}
}

// Says is what is wrong together with the remedy.
func (r Rule) Says(wrong string) string { return fmt.Sprintf("%s. %s", wrong, r.Remedy) }
