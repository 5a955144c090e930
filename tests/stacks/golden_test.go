package stacks_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/tests/mocks"
	"github.com/vmstio/infrastructure/tests/reference"
)

var update = flag.Bool("update", false, "write the golden files again (make golden)")

// The golden files hold the whole program: every resource that it registers for
// a stack, with all its inputs and options, and the outputs of the stack. A pull
// request shows in them what it does to production.
//
// "everything" is a stack that uses each optional setting.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, stack := range append(slices.Clone(stacks), everything) {
		t.Run(stack, func(t *testing.T) {
			path := filepath.Join("testdata", stack+".golden.yaml")
			got := golden(t, stack)
			if *update {
				require.NoError(t, os.WriteFile(path, got, 0o644))
				return
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err, "run `make golden`")
			if !bytes.Equal(want, got) {
				t.Errorf("%s has changed; if that is meant, run `make golden`, and say in the commit why:\n%s",
					path, difference(string(want), string(got)))
			}
		})
	}
}

// TestEverythingIsEverything holds that the fixture sets each setting, so that a golden file shows what it makes.
func TestEverythingIsEverything(t *testing.T) {
	t.Parallel()
	known, err := reference.Settings(filepath.Join("..", ".."))
	require.NoError(t, err)
	text, _ := configOf(t, everything)
	set := map[string]bool{}
	pathsOf(fromJSON(t, text), "", set)
	for _, s := range known {
		assert.True(t, s.Group() || set[s.Path], "testdata/%s.yaml does not set %s", everything, s.Path)
	}
}

// pathsOf are those of all values, as the reference writes them: "cluster.nodePools[].size".
func pathsOf(value any, path string, found map[string]bool) {
	found[path] = true
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			pathsOf(inner, strings.TrimPrefix(path+"."+key, "."), found)
		}
	case []any:
		for _, inner := range v {
			pathsOf(inner, path+"[]", found)
		}
	}
}

// registration is a resource as it stands in a golden file.
type registration struct {
	Resource            string            `yaml:"resource"`
	Parent              string            `yaml:"parent,omitempty"`
	Provider            string            `yaml:"provider,omitempty"`
	Protect             bool              `yaml:"protect,omitempty"`
	RetainOnDelete      bool              `yaml:"retainOnDelete,omitempty"`
	DeletedWith         string            `yaml:"deletedWith,omitempty"`
	DeleteBeforeReplace bool              `yaml:"deleteBeforeReplace,omitempty"`
	DependsOn           []string          `yaml:"dependsOn,omitempty"`
	IgnoreChanges       []string          `yaml:"ignoreChanges,omitempty,flow"`
	ReplaceOnChanges    []string          `yaml:"replaceOnChanges,omitempty,flow"`
	Aliases             []string          `yaml:"aliases,omitempty"`
	Import              string            `yaml:"import,omitempty"`
	Transforms          int               `yaml:"transforms,omitempty"`
	Timeouts            map[string]string `yaml:"timeouts,omitempty"`
	Inputs              map[string]any    `yaml:"inputs,omitempty"`
	// Unknown are the inputs that the preview of a new environment cannot know.
	Unknown []string `yaml:"unknownInPreview,omitempty"`
	// Preview are inputs that a preview has with another value.
	Preview map[string]any `yaml:"differentInPreview,omitempty"`
}

func golden(t *testing.T, stack string) []byte {
	t.Helper()
	r, printed := run(t, stack, false)
	preview, _ := run(t, stack, true)
	previewed := map[string]mocks.Resource{}
	for _, res := range preview.All() {
		previewed[identity(res)] = res
	}
	file := struct {
		Resources []registration `yaml:"resources"`
		Outputs   map[string]any `yaml:"outputs"`
	}{}
	for _, res := range r.All() {
		entry := register(t, res)
		update, preview := map[string]any{}, map[string]any{}
		flatten("", resource.NewProperty(res.Inputs), update)
		flatten("", resource.NewProperty(previewed[identity(res)].Whole), preview)
		for path, value := range preview {
			switch {
			case value == unknown:
				entry.Unknown = append(entry.Unknown, path)
			case value != update[path]:
				if entry.Preview == nil {
					entry.Preview = map[string]any{}
				}
				entry.Preview[path] = value
			}
		}
		slices.Sort(entry.Unknown)
		file.Resources = append(file.Resources, entry)
	}
	slices.SortFunc(file.Resources, func(a, b registration) int { return strings.Compare(a.Resource, b.Resource) })
	require.NoError(t, json.Unmarshal(printed, &file.Outputs))

	var text bytes.Buffer
	text.WriteString("# Written by `make golden`.\n")
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	require.NoError(t, encoder.Encode(file))
	return text.Bytes()
}

func register(t *testing.T, res mocks.Resource) registration {
	t.Helper()
	inputs, ok := show(resource.NewProperty(res.Inputs)).(map[string]any)
	require.True(t, ok)
	entry := registration{
		Resource: identity(res), Parent: short(res.Parent), Protect: res.Protect, RetainOnDelete: res.RetainOnDelete,
		DeletedWith: short(res.DeletedWith), DeleteBeforeReplace: res.DeleteBeforeReplace,
		IgnoreChanges: res.IgnoreChanges, ReplaceOnChanges: res.ReplaceOnChanges, Aliases: res.Aliases,
		Import: res.Import, Transforms: res.Transforms, Timeouts: res.Timeouts, Inputs: inputs,
	}
	// A provider is referred to as "<urn>::<id>".
	if i := strings.LastIndex(res.Provider, "::"); i > 0 {
		entry.Provider = short(res.Provider[:i])
	}
	for _, urn := range res.DependsOn {
		entry.DependsOn = append(entry.DependsOn, short(urn))
	}
	slices.Sort(entry.DependsOn)
	return entry
}

func identity(res mocks.Resource) string { return res.Type + " " + res.Name }

// short is a URN without what it says about stack, project and parents.
func short(urn string) string {
	if urn == "" {
		return ""
	}
	u := resource.URN(urn)
	if u.QualifiedType() == resource.RootStackType {
		return ""
	}
	return string(u.Type()) + " " + u.Name()
}

const unknown = "(unknown)"

// show is a value as it stands in a golden file: a secret is a text that says so.
// The secrets of the tests are marks that carry their names, so that one in the
// place of another is seen.
func show(v resource.PropertyValue) any {
	switch {
	case v.IsSecret():
		return map[string]any{"(secret)": show(v.SecretValue().Element)}
	case v.IsOutput():
		return show(v.OutputValue().Element)
	case v.IsComputed():
		return unknown
	case v.IsArray():
		list := []any{}
		for _, element := range v.ArrayValue() {
			list = append(list, show(element))
		}
		return list
	case v.IsObject():
		object := map[string]any{}
		for key, element := range v.ObjectValue() {
			object[string(key)] = show(element)
		}
		return object
	case v.IsResourceReference():
		return short(string(v.ResourceReferenceValue().URN))
	case v.IsNull(), v.IsBool(), v.IsNumber(), v.IsString():
		return v.V
	default:
		panic(fmt.Sprintf("a value of the kind %s has no place in a golden file", v.TypeString()))
	}
}

// flatten gathers the leaves of a value by their path.
func flatten(path string, v resource.PropertyValue, into map[string]any) {
	switch {
	case v.IsSecret():
		flatten(path, v.SecretValue().Element, into)
	case v.IsOutput():
		flatten(path, v.OutputValue().Element, into)
	case v.IsArray():
		for i, element := range v.ArrayValue() {
			flatten(fmt.Sprintf("%s[%d]", path, i), element, into)
		}
	case v.IsObject():
		for key, element := range v.ObjectValue() {
			flatten(strings.TrimPrefix(path+"."+string(key), "."), element, into)
		}
	default:
		into[path] = show(v)
	}
}

// difference shows the lines that changed, each under the resource it belongs to.
func difference(want, got string) string {
	const most = 60
	counts := map[string]int{}
	place := func(text string, add int) {
		at := ""
		for line := range strings.Lines(text) {
			if name, ok := strings.CutPrefix(line, "  - resource: "); ok {
				at = strings.TrimSpace(name)
			}
			counts[at+"\x00"+line] += add
		}
	}
	place(got, 1)
	place(want, -1)
	lines := []string{}
	for key, n := range counts {
		at, line, _ := strings.Cut(key, "\x00")
		switch {
		case n > 0:
			lines = append(lines, "+ "+at+" "+strings.TrimSpace(line))
		case n < 0:
			lines = append(lines, "- "+at+" "+strings.TrimSpace(line))
		}
	}
	slices.Sort(lines)
	if len(lines) > most {
		lines = append(lines[:most], fmt.Sprintf("... and %d more", len(lines)-most))
	}
	return strings.Join(lines, "\n")
}

// Which resources wait for which must not depend on which goroutine ran first. With -short, as `make test` has it, ten
// runs are enough; `make test-race` makes all hundred.
func TestDependenciesAreTheSameInEveryRun(t *testing.T) {
	t.Parallel()
	runs := 100
	if testing.Short() {
		runs = 10
	}
	stop := busy(t, 4)
	defer stop()
	var first string
	for i := range runs {
		r := recorder(t, "prod")
		require.NoError(t, r.Run(deploy))
		var edges []string
		for _, res := range r.All() {
			for _, urn := range res.DependsOn {
				edges = append(edges, identity(res)+" waits for "+short(urn))
			}
		}
		slices.Sort(edges)
		now := strings.Join(edges, "\n")
		if i == 0 {
			first = now
			require.Contains(t, now, "storage-media-certificate")
		}
		if now != first {
			t.Fatalf("run %d of %d:\n%s", i+1, runs, difference(first, now))
		}
	}
}

// busy keeps processors busy until it is stopped, so that goroutines are
// interrupted where they otherwise would not be.
func busy(t *testing.T, processors int) (stop func()) {
	t.Helper()
	done := make(chan struct{})
	for range processors {
		go func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
				}
			}
		}()
	}
	return func() { close(done) }
}
