package rules_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/policy/rules"
	"github.com/vmstio/infrastructure/policy/samples"
)

// unknowns calls a function with every variant of a value in which one part of it, large or small, is not known.
func unknowns(v property.Value, visit func(property.Value)) {
	visit(property.New(property.Computed).WithSecret(v.Secret()))
	switch {
	case v.IsMap():
		for key, element := range v.AsMap().All {
			unknowns(element, func(changed property.Value) {
				visit(property.New(v.AsMap().Set(key, changed)).WithSecret(v.Secret()))
			})
		}
	case v.IsArray():
		for i, element := range v.AsArray().All {
			unknowns(element, func(changed property.Value) {
				list := v.AsArray().AsSlice()
				list[i] = changed
				visit(property.New(property.NewArray(list)).WithSecret(v.Secret()))
			})
		}
	}
}

// judge looks at a resource with whatever depends on it in a stack.
func judge(t *testing.T, r rules.Resource, among []rules.Resource, from record) (variants int) {
	t.Helper()
	stacked := map[string]bool{
		database: true, firewall: true, budget: true, deployment: true, networkPolicy: true, stack: true,
	}
	whole := r.Properties
	for key, v := range whole.All {
		unknowns(v, func(changed property.Value) {
			variants++
			r.Properties = whole.Set(key, changed)
			found := rules.CheckResource(r, from.settings)
			if stacked[r.Type] {
				all := []rules.Resource{}
				for _, other := range among {
					if other.URN != r.URN && stacked[other.Type] {
						all = append(all, other)
					}
				}
				found = append(found, rules.CheckStack(append(all, r), from.settings)...)
			}
			if len(found) > 0 {
				require.Empty(t, found, "%s with %v", r.URN, changed)
			}
		})
	}
	return variants
}

// What is not known breaks no rule: not in the program, each of whose values may be the one that a preview does not
// know, nor in what keeps the rules only just.
func TestUnknownValuesBreakNoRule(t *testing.T) {
	t.Parallel()
	for stack := range stacks() {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			from, variants := recorded(t, stack, false), 0
			for _, r := range from.resources {
				variants += judge(t, r, from.resources, from)
			}
			t.Logf("%d values", variants)
			require.Greater(t, variants, 1000)
		})
	}
	t.Run("samples", func(t *testing.T) {
		t.Parallel()
		for _, cases := range samples.All() {
			for _, s := range cases.Kept {
				if len(findings(s)) > 0 {
					continue // it keeps the rule that it is a sample of, and breaks another
				}
				for _, r := range s.Resources {
					judge(t, r, s.Resources, record{settings: s.Settings})
				}
			}
		}
	})
}
