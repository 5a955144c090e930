package kubernetes

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The SDK's own type, read as text: to import it would cost what releaseArgs is there to save.
func TestReleaseArgsAreTheSDKs(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Dir}}",
		"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/helm/v3").Output()
	require.NoError(t, err)
	source := filepath.Join(strings.TrimSpace(string(out)), "release.go")
	file, err := parser.ParseFile(token.NewFileSet(), source, nil, 0)
	require.NoError(t, err)
	plain := strings.NewReplacer("interface{}", "any", "interface {}", "any", "v4.", "")
	theirs, ours := map[string]string{}, map[string]string{}
	ast.Inspect(file, func(node ast.Node) bool {
		declared, ok := node.(*ast.TypeSpec)
		if !ok || declared.Name.Name != "releaseArgs" {
			return true
		}
		for _, field := range declared.Type.(*ast.StructType).Fields.List {
			name := reflect.StructTag(strings.Trim(field.Tag.Value, "`")).Get("pulumi")
			theirs[name] = plain.Replace(types.ExprString(field.Type))
		}
		return false
	})
	for _, field := range reflect.VisibleFields(reflect.TypeFor[releaseArgs]()) {
		ours[field.Tag.Get("pulumi")] = plain.Replace(field.Type.String())
	}
	require.NotEmpty(t, theirs)
	require.Equal(t, theirs, ours)
}
