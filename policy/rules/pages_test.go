package rules_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/policy/rules"
	"github.com/vmstio/infrastructure/policy/samples"
)

var update = flag.Bool("update", false, "write the pages of the rules again (make generate)")

// pages is where the rules are explained.
var pages = filepath.Join("..", "..", "docs", "content", "6.reference", "policy")

// An example for each rule about operations, as the pages show it.
func examples() map[string][]rules.Operation {
	bare := operation("create", "database-cluster", "")
	bare.Protected, bare.Retained = false, false
	return map[string][]rules.Operation{
		"data-retained": {bare},
		"data-stays":    {operation("replace", "database-cluster", "9cc10173-e9ea-4176-9dbc-a4cee4c4ff30")},
	}
}

// broken is what a rule says when it is broken.
func broken(t *testing.T, rule rules.Rule) string {
	t.Helper()
	var found []rules.Finding
	if cases, ok := samples.All()[rule.Name]; ok {
		found = findings(cases.Broken[0])
	}
	s := keeping()
	if rule.Name == "data-released" {
		s.Policy.Release = &settings.Release{Resource: "database-cluster", ID: "9cc10173"}
	}
	found = append(found, rules.CheckOperations(examples()[rule.Name], s)...)
	found = of(found, rule.Name)
	require.NotEmpty(t, found, rule.Name)
	return found[0].Message
}

// sees says where a rule is held.
func sees(rule rules.Rule) string {
	const (
		pack = "the policy pack, at every preview and every up that loads it"
		plan = "whoever reads the engine's events, since Pulumi shows them to no policy pack"
	)
	switch {
	case rule.Resource != nil && rule.Operation != nil:
		return "each resource, by " + pack + "; and what a plan does, by " + plan
	case rule.Resource != nil:
		return "each resource, by " + pack
	case rule.Stack != nil:
		return "the whole stack, by " + pack
	default:
		return "what a plan does, by " + plan
	}
}

// setting is the path of a setting. Without marks, what follows its colon would be a component (MDC, content.nuxt.com).
var setting = regexp.MustCompile(`vmst:(settings|secrets)(\.\w+)*`)

// marked is a text with the paths of settings as code.
func marked(text string) string { return setting.ReplaceAllString(text, "`$0`") }

func page(t *testing.T, rule rules.Rule) []byte {
	t.Helper()
	var b bytes.Buffer
	fmt.Fprintf(&b, "---\ntitle: %q\ndescription: %q\n---\n\n", rule.Name, rule.What)
	fmt.Fprintf(&b, "<!-- Written by `make generate` from policy/rules. -->\n\n")
	require.Equal(t, rule.Reason, marked(rule.Reason), "reasons name no setting")
	fmt.Fprintf(&b, "**%s**\n\n", rule.What)
	fmt.Fprintf(&b, "| | |\n| --- | --- |\n| Level | %s |\n| Looks at | %s |\n\n", rule.Level, sees(rule))
	fmt.Fprintf(&b, "## Why\n\n%s\n\n## What to do\n\n%s.\n\n", rule.Reason, marked(rule.Remedy))
	fmt.Fprintf(&b, "## What it says\n\n```text\n%s\n```\n", broken(t, rule))
	return b.Bytes()
}

func index() []byte {
	var b bytes.Buffer
	b.WriteString(`---
title: "Rules about plans"
description: "What every plan of this project has to pass, why, and what to do."
---

<!-- Written by ` + "`make generate`" + ` from policy/rules. -->

A plan is what Pulumi would do. The rules below judge it: a mandatory one ends the preview or the up, an advisory one is
said. What a preview cannot know yet breaks none of them.

` + "```sh\nmake policy                                      # builds bin/policy\n" +
		"pulumi preview --policy-pack bin/policy\nmake sandbox VERB=preview ARGS=\"--policy-pack bin/policy\"\n```\n\n")
	b.WriteString("| rule | level | what it asks for |\n| --- | --- | --- |\n")
	for _, rule := range rules.All() {
		fmt.Fprintf(&b, "| [%s](%s.md) | %s | %s |\n", rule.Name, rule.Name, rule.Level, rule.What)
	}
	b.WriteString(`
What a person decides about them stands in the stack's file: ` +
		"`budget.monthly`, `policy.digests`, `policy.release`,\nand `protect`, without which nothing is kept.\n")
	return b.Bytes()
}

// Each rule has a page, and each page a rule.
func TestPagesAreCurrent(t *testing.T) {
	t.Parallel()
	want := map[string][]byte{"index.md": index()}
	for _, rule := range rules.All() {
		want[rule.Name+".md"] = page(t, rule)
	}
	if *update {
		require.NoError(t, os.RemoveAll(pages))
		require.NoError(t, os.MkdirAll(pages, 0o755))
		for name, text := range want {
			require.NoError(t, os.WriteFile(filepath.Join(pages, name), text, 0o644))
		}
	}
	entries, err := os.ReadDir(pages)
	require.NoError(t, err, "run `make generate`")
	require.Len(t, entries, len(want), "run `make generate`")
	for _, entry := range entries {
		got, err := os.ReadFile(filepath.Join(pages, entry.Name()))
		require.NoError(t, err)
		require.Equal(t, string(want[entry.Name()]), string(got), "%s: run `make generate`", entry.Name())
		require.False(t, strings.Contains(string(got), "hunter2"))
	}
}
