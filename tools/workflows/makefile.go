package workflows

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Makefile is what a Makefile says of its targets, as far as the rules need it.
type Makefile struct {
	// recipes are the commands of the targets, needs what is made before them.
	recipes, needs map[string][]string
	// variables are the definitions, unexpanded.
	variables map[string]string
}

var (
	definition = regexp.MustCompile(`^([A-Za-z_]+)\s*[:?]?=\s*(.*)$`)
	target     = regexp.MustCompile(`^([^\s:#=]+)\s*:([^=].*)?$`)
	variable   = regexp.MustCompile(`\$[({]([A-Za-z_]+)[)}]`)
)

// ParseMakefile reads a Makefile.
func ParseMakefile(text string) Makefile {
	m := Makefile{recipes: map[string][]string{}, needs: map[string][]string{}, variables: map[string]string{}}
	text = strings.ReplaceAll(text, "\\\n", " ")
	var current string
	for _, line := range strings.Split(text, "\n") {
		recipe, isRecipe := strings.CutPrefix(line, "\t")
		switch {
		case isRecipe:
			m.recipes[current] = append(m.recipes[current], recipe)
		case strings.HasPrefix(line, "#"):
		case definition.MatchString(line):
			parts := definition.FindStringSubmatch(line)
			m.variables[parts[1]] = parts[2]
		case target.MatchString(line):
			parts := target.FindStringSubmatch(line)
			needs, _, _ := strings.Cut(parts[2], "##")
			needs, _, exported := strings.Cut(strings.TrimPrefix(needs, ":"), "export ")
			current = parts[1]
			if current != ".PHONY" && !exported {
				m.needs[current] = append(m.needs[current], strings.Fields(needs)...)
			}
		}
	}
	return m
}

// Has reports whether there is a target of this name.
func (m Makefile) Has(name string) bool {
	_, ok := m.needs[name]
	return ok
}

// Commands are all that making a target runs, with what its variables stand for, in the order of the names.
func (m Makefile) Commands(name string) []string {
	var all []string
	for _, each := range m.Needs(name) {
		for _, recipe := range m.recipes[each] {
			all = append(all, m.expanded(recipe, 0))
		}
	}
	return all
}

// Needs are a target and all that is made before it, or by it.
func (m Makefile) Needs(name string) []string {
	seen := []string{name}
	for i := 0; i < len(seen); i++ {
		next := slices.Clone(m.needs[seen[i]])
		for _, recipe := range m.recipes[seen[i]] {
			for _, words := range submake.FindAllStringSubmatch(recipe, -1) {
				next = append(next, words[1])
			}
		}
		for _, other := range next {
			if !slices.Contains(seen, other) {
				seen = append(seen, other)
			}
		}
	}
	slices.Sort(seen)
	return seen
}

var submake = regexp.MustCompile(`\$\(MAKE\)(?: -s)? (\S+)`)

func (m Makefile) expanded(text string, depth int) string {
	return variable.ReplaceAllStringFunc(text, func(found string) string {
		value, ok := m.variables[variable.FindStringSubmatch(found)[1]]
		if !ok || depth > 8 {
			return found
		}
		return m.expanded(value, depth+1)
	})
}

// script and program are what recipes run of the project's own: shell scripts, and packages of Go, from the root or
// from a module below it.
var (
	script  = regexp.MustCompile(`[\w./-]+\.sh\b`)
	program = regexp.MustCompile(`(?:\bcd ([\w/-]+) && (?:\w+=\S+ )*)?\bgo (?:-C ([\w/-]+) )?` +
		`(?:run|build)(?: -\w+(?: [^\s.]\S*)?)* \./([\w/-]+)`)
)

// TakenDown finds what no workflow may do in the commands of a target, in the scripts that these run, and in the
// programs of the tools module.
func TakenDown(root string, m Makefile, target string) (found []string, err error) {
	for _, command := range m.Commands(target) {
		if word := forbidden.FindString(command); word != "" {
			found = append(found, "make "+target+": "+word)
		}
		for _, path := range script.FindAllString(command, -1) {
			text, err := os.ReadFile(filepath.Join(root, path))
			if err != nil {
				return nil, err
			}
			if word := forbidden.FindString(string(text)); word != "" {
				found = append(found, path+": "+word)
			}
		}
		for _, parts := range program.FindAllStringSubmatch(command, -1) {
			dir := filepath.Join(parts[1:]...)
			words, err := takenDownByGo(filepath.Join(root, dir))
			if err != nil {
				return nil, err
			}
			for _, word := range words {
				found = append(found, dir+": "+word)
			}
		}
	}
	return found, nil
}

// words are the arguments of a command that a program would hand to pulumi, one by one; methods are those of Pulumi's
// Automation API that do the same.
var (
	words   = []string{"destroy", "cancel", "unprotect", "--ignore-protect", "--exclude-protected"}
	methods = []string{"Destroy", "DestroyRemote", "PreviewDestroy", "Cancel", "ImportStack", "RemoveStack"}
)

// takenDownByGo finds in the source of a package, and of those below it, what would take a stack down, or break a lock.
// Sentences may speak of it: only whole arguments count.
func takenDownByGo(dir string) (found []string, err error) {
	files := token.NewFileSet()
	err = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.BasicLit:
				if text, err := strconv.Unquote(node.Value); err == nil && slices.Contains(words, text) {
					found = append(found, text)
				}
			case *ast.CallExpr:
				if selector, ok := node.Fun.(*ast.SelectorExpr); ok && slices.Contains(methods, selector.Sel.Name) {
					found = append(found, selector.Sel.Name)
				}
			}
			return true
		})
		return nil
	})
	return found, err
}
