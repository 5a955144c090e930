package reference_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/crew"
	"github.com/vmstio/infrastructure/tests/mocks"
)

// member is a line of the roster.
type member struct {
	role            crew.Role
	name, what, why string
}

// roster is read from its source, which says why.
func roster(t *testing.T) []member {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, filepath.Join(root, "infra", "crew", "crew.go"), nil, parser.ParseComments)
	require.NoError(t, err)
	roles, why := map[string]string{}, map[int]string{}
	for _, group := range file.Comments {
		why[set.Position(group.Pos()).Line] = strings.TrimSpace(group.Text())
	}
	var members []member
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ValueSpec:
			if len(n.Values) == 1 {
				if literal, ok := n.Values[0].(*ast.BasicLit); ok && literal.Kind == token.STRING {
					roles[n.Names[0].Name], err = strconv.Unquote(literal.Value)
					require.NoError(t, err)
				}
			}
		case *ast.KeyValueExpr:
			key, isName := n.Key.(*ast.Ident)
			value, isText := n.Value.(*ast.BasicLit)
			if !isName || !isText || roles[key.Name] == "" {
				return true
			}
			name, err := strconv.Unquote(value.Value)
			require.NoError(t, err)
			role := roles[key.Name]
			what := role
			if strings.HasSuffix(key.Name, "Pool") {
				what += " pool"
			}
			members = append(members, member{crew.Role(role), name, what, why[set.Position(n.Pos()).Line]})
		}
		return true
	})
	require.Len(t, members, len(crew.Roles()), "the test does not see the whole roster")
	return members
}

// named is the name of a member in what was registered; "" if the stack has none.
func named(t *testing.T, r *mocks.Recorder, m member) string {
	t.Helper()
	s, _ := decoded(t, stackFile(r.Stack))
	begin := crew.Name(m.role, s.Domain)
	is := regexp.MustCompile(`^` + regexp.QuoteMeta(begin) + `(-[a-z0-9-]+)?$`)
	var found []string
	var walk func(value any)
	walk = func(value any) {
		switch value := value.(type) {
		case string:
			if is.MatchString(value) && !slices.Contains(found, value) {
				found = append(found, value)
			}
		case []any:
			for _, element := range value {
				walk(element)
			}
		case map[string]any:
			for _, element := range value {
				walk(element)
			}
		}
	}
	for _, resource := range r.All() {
		for _, key := range []string{"name", "nodePool", "siteId"} {
			walk(resource.Input(key))
		}
	}
	if s.Docs.Enabled && m.role == crew.Docs {
		walk(s.Docs.Site)
	}
	slices.Sort(found)
	return strings.Join(found, "`, `")
}

func TestCrewPageIsCurrent(t *testing.T) {
	t.Parallel()
	b := page("The crew", "Which name in DigitalOcean's panel is which part of an environment.", "infra/crew")
	b.WriteString(`Every object in the cloud that has a name is called after a character of the original Star Trek
series whose duty aboard is like its own, and after the domain. So one word in the panel says what it is, and two
environments of one account are told apart. Inside the cluster names are the field's own.

| who | is the | because |
| --- | --- | --- |
`)
	members := roster(t)
	for _, m := range members {
		require.NotEmpty(t, m.why, m.role)
		fmt.Fprintf(b, "| %s | %s | %s |\n", m.name, m.what, cell(prose(m.why)))
	}
	for _, stack := range committed {
		r := up(t, stackFile(stack))
		r.Stack = stack
		aboard := 0
		fmt.Fprintf(b, "\n## The stack `%s`\n\n| what | name |\n| --- | --- |\n", stack)
		for _, m := range members {
			if name := named(t, r, m); name != "" {
				fmt.Fprintf(b, "| %s | `%s` |\n", m.what, name)
				aboard++
			}
		}
		require.Greater(t, aboard, 8, "the test sees no names")
	}
	current(t, "crew.md", b.String())
}
