package rules_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/policy/rules"
	"github.com/vmstio/infrastructure/tests/mocks"
)

// kind is all that is registered of one type.
type kind struct {
	typ       string
	in        map[string]int
	rooms     []string
	kept      []string
	others    []string
	protected map[string]bool
	retained  bool
	gone      bool
}

// short is a type as people name it.
func short(typ string) string { return typ[strings.LastIndex(typ, ":")+1:] }

// room is the component that makes a resource.
func room(r mocks.Resource) string {
	parent := resource.URN(r.Parent).Type().String()
	if parts := strings.Split(parent, ":"); parts[0] == "vmst" {
		return parts[1]
	}
	return ""
}

// protecting are the stacks that say what is protected: one that uses everything, and a production with keys and a zone
// of its own, whatever the files of the project say by now.
func protecting(t *testing.T) map[string]record {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "infra", "settings", "testdata", "production.yaml"))
	require.NoError(t, err)
	var production map[string]any
	require.NoError(t, yaml.Unmarshal(data, &production))
	return map[string]record{
		"everything": recorded(t, "everything", false),
		"production": recordedOf(t, "production", production, nil, false),
	}
}

// kindsOf are the types that any stack registers.
func kindsOf(t *testing.T) map[string]*kind {
	t.Helper()
	found := map[string]*kind{}
	protect := protecting(t)
	all := map[string]record{"prod": recorded(t, "prod", false), "staging": recorded(t, "staging", false)}
	maps.Copy(all, protect)
	for stack, record := range all {
		for _, r := range record.registered {
			// A chart is a component: what is in it, the provider makes.
			if (!r.Custom && short(r.Type) != "Chart") || strings.HasPrefix(r.Type, "pulumi:") {
				continue
			}
			k := found[r.Type]
			if k == nil {
				k = &kind{typ: r.Type, in: map[string]int{}, protected: map[string]bool{}}
				found[r.Type] = k
			}
			k.in[stack]++
			if at := room(r); at != "" && !slices.Contains(k.rooms, at) {
				k.rooms = append(k.rooms, at)
			}
			if _, says := protect[stack]; says {
				k.protected[r.Name] = r.Protect
				k.retained = k.retained || r.RetainOnDelete
				k.gone = k.gone || r.DeletedWith != ""
			}
		}
	}
	for _, k := range found {
		for _, name := range slices.Sorted(maps.Keys(k.protected)) {
			if k.protected[name] {
				k.kept = append(k.kept, name)
			} else {
				k.others = append(k.others, name)
			}
		}
	}
	return found
}

// protection says what protects the resources of a type, where the settings ask for it.
func (k *kind) protection() string {
	if len(k.kept) == 0 {
		return "not protected: it can be made again"
	}
	text := "protected and retained"
	if !k.retained {
		text = "protected, by `cluster.protect`; not retained"
	}
	switch {
	case len(k.others) == 0:
		return text
	case len(k.others) <= len(k.kept):
		return text + ", but for " + names(k.others)
	default:
		return text + ": " + names(k.kept) + "; the others are not"
	}
}

func names(list []string) string { return "`" + strings.Join(list, "`, `") + "`" }

func (k *kind) guards() []string {
	var guards []string
	for _, rule := range rules.All() {
		if rule.Of(k.typ) {
			guards = append(guards, fmt.Sprintf("[%s](policy/%s.md)", rule.Name, rule.Name))
		}
	}
	return guards
}

// What a page says of every type of resource: what it holds, what protects it, where it is made.
func TestResourcesPageIsCurrent(t *testing.T) {
	t.Parallel()
	found := kindsOf(t)
	require.Greater(t, len(found), 30, "the test sees no types")
	var order []string
	for typ := range found {
		order = append(order, typ)
	}
	slices.SortFunc(order, func(a, b string) int {
		return strings.Compare(strings.SplitN(a, ":", 2)[0]+short(a), strings.SplitN(b, ":", 2)[0]+short(b))
	})
	var b strings.Builder
	b.WriteString(`---
title: "Resources"
description: "Every type of resource that the program makes: where, how many, what it holds, and what protects it."
---

<!-- Written by ` + "`make generate`" + ` from the recorded program and policy/rules. -->

What holds data or identity is *protected*: Pulumi refuses to delete or replace it. And it is *retained*: taken out of
the program, it stays in the cloud. Both are so where ` + "`protect`" + ` is true in the stack's file. What the charts
make in the cluster is the charts' and not listed.

| type | prod | staging | protected |
| --- | ---: | ---: | --- |
`)
	for _, typ := range order {
		k := found[typ]
		kept := "no"
		switch {
		case len(k.others) == 0:
			kept = "yes"
		case len(k.kept) > 0:
			kept = "in part"
		}
		fmt.Fprintf(&b, "| [`%s`](#%s) | %d | %d | %s |\n", short(typ), strings.ToLower(short(typ)), k.in["prod"],
			k.in["staging"], kept)
	}
	anchors := map[string]bool{}
	for _, typ := range order {
		k := found[typ]
		require.False(t, anchors[short(typ)], "%s: two types have one name", typ)
		anchors[short(typ)] = true
		fmt.Fprintf(&b, "\n## `%s`\n\n`%s`\n\n", short(typ), typ)
		slices.Sort(k.rooms)
		made := names(k.rooms)
		if len(k.rooms) == 0 {
			made = "the program itself"
		}
		fmt.Fprintf(&b, "- made by: %s\n- in prod %d, in staging %d\n", made, k.in["prod"], k.in["staging"])
		if what := rules.Holds("", typ); what != "" && len(k.kept) > 0 {
			fmt.Fprintf(&b, "- holds: %s\n", what)
		}
		fmt.Fprintf(&b, "- %s\n", k.protection())
		if k.gone {
			b.WriteString("- goes with the cluster when that is deleted\n")
		}
		if guards := k.guards(); len(guards) > 0 {
			fmt.Fprintf(&b, "- rules: %s\n", strings.Join(guards, ", "))
		}
	}
	path := filepath.Join(filepath.Dir(pages), "resources.md")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o644))
		return
	}
	got, err := os.ReadFile(path)
	require.NoError(t, err, "run `make generate`")
	require.Equal(t, b.String(), string(got), "run `make generate`")
}
