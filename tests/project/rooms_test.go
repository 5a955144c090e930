package project_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// row is a line of a table whose first cell links to a directory below infra.
var row = regexp.MustCompile(`(?m)^\| \[[^\]]+\]\(\.\./\.\./\.\./infra/([^)]+)\) \|(.*)\|$`)

// code is what stands in a cell as code.
var code = regexp.MustCompile("`([^`]+)`")

// directory is what the page of the rooms has to say of a directory below infra.
type directory struct {
	// makes are the types of its components, hands the exported fields of these.
	makes, hands []string
	tested       bool
}

// The page of the rooms has a row for every directory below infra. That of a room says what it makes, and what it hands
// on.
func TestEveryRoomIsOnItsPage(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, change, "2.rooms.md"))
	require.NoError(t, err)
	want, rooms := directories(t), 0
	for _, line := range row.FindAllStringSubmatch(string(text), -1) {
		name, cells := line[1], strings.Split(line[2], "|")
		d, ok := want[name]
		if !assert.True(t, ok, "infra/%s is not there, or has two rows", name) {
			continue
		}
		delete(want, name)
		if len(d.makes) == 0 {
			continue
		}
		rooms++
		require.Len(t, cells, 5, name)
		assert.ElementsMatch(t, d.makes, codes(cells[0]), "the components of infra/%s", name)
		slices.Sort(d.hands)
		assert.ElementsMatch(t, slices.Compact(d.hands), codes(cells[3]), "what infra/%s hands on", name)
		assert.True(t, d.tested, "infra/%s has no test beside it", name)
	}
	assert.Empty(t, want, "the page has no row for it")
	assert.Greater(t, rooms, 12)
}

func codes(cell string) (found []string) {
	for _, match := range code.FindAllStringSubmatch(cell, -1) {
		found = append(found, match[1])
	}
	return found
}

// directories are those below infra that have Go files, by their paths.
func directories(t *testing.T) map[string]*directory {
	t.Helper()
	found := map[string]*directory{}
	infra := filepath.Join(root, "infra")
	require.NoError(t, filepath.WalkDir(infra, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" || filepath.Dir(path) == infra {
			return err
		}
		name, err := filepath.Rel(infra, filepath.Dir(path))
		if err != nil {
			return err
		}
		if found[filepath.ToSlash(name)] == nil {
			found[filepath.ToSlash(name)] = &directory{}
		}
		return found[filepath.ToSlash(name)].read(path)
	}))
	return found
}

// read adds what a Go file has.
func (d *directory) read(path string) error {
	if strings.HasSuffix(path, "_test.go") {
		d.tested = true
		return nil
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	ast.Inspect(file, func(node ast.Node) bool {
		switch n := node.(type) {
		case *ast.CallExpr:
			method, ok := n.Fun.(*ast.SelectorExpr)
			if ok && method.Sel.Name == "RegisterComponentResource" {
				d.makes = append(d.makes, strings.Trim(n.Args[0].(*ast.BasicLit).Value, `"`))
			}
		case *ast.StructType:
			fields := names(n)
			if i := slices.Index(fields, "ResourceState"); i >= 0 {
				d.hands = append(d.hands, slices.DeleteFunc(slices.Delete(fields, i, i+1), func(field string) bool {
					return !ast.IsExported(field)
				})...)
			}
		}
		return true
	})
	return nil
}

// names are those of a struct's fields. One that is embedded has that of its type.
func names(s *ast.StructType) (found []string) {
	for _, field := range s.Fields.List {
		for _, name := range field.Names {
			found = append(found, name.Name)
		}
		if len(field.Names) > 0 {
			continue
		}
		kind := field.Type
		if pointer, ok := kind.(*ast.StarExpr); ok {
			kind = pointer.X
		}
		switch embedded := kind.(type) {
		case *ast.SelectorExpr:
			found = append(found, embedded.Sel.Name)
		case *ast.Ident:
			found = append(found, embedded.Name)
		}
	}
	return found
}
