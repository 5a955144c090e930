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
)

var update = flag.Bool("update", false, "write the contract into docs/content/3.run/10.monitoring.md again")

var contractInDocs = regexp.MustCompile(`(?s)(<!-- contract: make generate -->\n).*?(<!-- /contract -->)`)

// The table in the documentation is the types, with their comments.
func TestContractInDocsIsCurrent(t *testing.T) {
	t.Parallel()
	const path = "../../docs/content/3.run/10.monitoring.md"
	page, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Regexp(t, contractInDocs, string(page))
	table := contractTable(t)
	want := contractInDocs.ReplaceAllStringFunc(string(page), func(found string) string {
		marks := contractInDocs.FindStringSubmatch(found)
		return marks[1] + table + marks[2]
	})
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(want), 0o600))
		return
	}
	require.Equal(t, want, string(page), "make generate")
}

func contractTable(t *testing.T) string {
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
	rows := []string{"| output | is | since | meaning |", "| --- | --- | --- | --- |"}
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
			meaning = strings.ReplaceAll(meaning, "|", `\|`)
			rows = append(rows, fmt.Sprintf("| `%s` | %s | %s | %s |", at, kind, since, meaning))
			if inner, ok := structs[innermost(field.Type)]; ok {
				walk(at+suffix+".", since, inner)
			}
		}
	}
	walk("", "1", structs["Outputs"])
	require.Greater(t, len(rows), 50, "the test sees no types")
	return strings.Join(rows, "\n") + "\n"
}

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
