package outputs_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/outputs"
)

var update = flag.Bool("update", false, "write the page of the outputs again (make generate)")

// The page in the documentation is the types, with their comments.
func TestContractInDocsIsCurrent(t *testing.T) {
	t.Parallel()
	const path = "../../docs/content/6.reference/outputs.md"
	want := contract(t)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(want), 0o600))
		return
	}
	page, err := os.ReadFile(path)
	require.NoError(t, err, "make generate")
	require.Equal(t, want, string(page), "make generate")
}

func contract(t *testing.T) string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "outputs.go", nil, parser.ParseComments)
	require.NoError(t, err)
	structs := map[string]*ast.StructType{}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok {
			if s, ok := spec.Type.(*ast.StructType); ok {
				structs[spec.Name.Name] = s
			}
		}
		return true
	})
	var b strings.Builder
	fmt.Fprintf(&b, `---
title: "Stack outputs"
description: "What a stack puts out for monitoring and for people: the contract, version %d."
---

<!-- Written by `+"`make generate`"+` from infra/outputs. -->

`+"`pulumi stack output --json`"+` prints them. None is secret. What
[they promise](../3.run/10.monitoring.md#the-contract) is told by `+"`contractVersion`"+`; each output says since which
version it is there.
`, outputs.Version)
	count := 0
	var walk func(path, from string, fields *ast.StructType)
	walk = func(path, from string, fields *ast.StructType) {
		for _, field := range fields.Fields.List {
			text, err := strconv.Unquote(field.Tag.Value)
			require.NoError(t, err)
			tag := reflect.StructTag(text)
			since := from
			if later := tag.Get("since"); later != "" {
				since = later
			}
			at := path + tag.Get("json")
			meaning := strings.Join(strings.Fields(field.Doc.Text()), " ")
			require.NotEmpty(t, meaning, at)
			suffix, kind := shape(field.Type)
			if is := tag.Get("is"); is != "" {
				kind = strings.Replace(kind, "text", is, 1)
			}
			meaning = settingsPath.ReplaceAllString(meaning, "`$0`")
			if path == "" {
				fmt.Fprintf(&b, "\n## `%s`\n\n%s\n\n- %s, since %s\n", at, meaning, kind, since)
			} else {
				fmt.Fprintf(&b, "- `%s` (%s, since %s): %s\n", at, kind, since, meaning)
			}
			count++
			if inner, ok := structs[innermost(field.Type)]; ok {
				walk(at+suffix+".", since, inner)
			}
		}
	}
	walk("", "1", structs["Outputs"])
	require.Greater(t, count, 50, "the test sees no types")
	return b.String()
}

// settingsPath is that of a setting. Without marks, what follows its colon would be a component on the site.
var settingsPath = regexp.MustCompile(`vmst:settings(\.\w+)*`)

// shape is how the elements of a value are named, and what the value is in words.
func shape(of ast.Expr) (suffix, kind string) {
	switch of := of.(type) {
	case *ast.StarExpr:
		suffix, kind = shape(of.X)
		return suffix, kind + ", or nothing"
	case *ast.MapType:
		_, element := shape(of.Value)
		return ".<name>", element + " by name"
	case *ast.ArrayType:
		_, element := shape(of.Elt)
		return "[]", "list of " + element
	case *ast.Ident:
		words := map[string]string{
			"string": "text", "int": "whole number", "float64": "number", "bool": "true or false",
		}
		if word, ok := words[of.Name]; ok {
			return "", word
		}
	}
	return "", "object"
}

func innermost(of ast.Expr) string {
	switch of := of.(type) {
	case *ast.StarExpr:
		return innermost(of.X)
	case *ast.MapType:
		return innermost(of.Value)
	case *ast.ArrayType:
		return innermost(of.Elt)
	case *ast.Ident:
		return of.Name
	}
	return ""
}
