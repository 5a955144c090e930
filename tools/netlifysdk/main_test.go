package main

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

const sdk = "../../sdks/netlify"

// byHand are the files in the SDK's directory that are not generated.
var byHand = []string{"README.md", "go.mod", "go.sum", "schema.json"}

// tree reads the files below dir by slash-separated path.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()

	files := map[string]string{}

	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}

		text, err := os.ReadFile(filepath.Join(dir, path))
		files[path] = string(text)

		return err
	})
	if err != nil {
		t.Fatal(err)
	}

	return files
}

func TestTheCommittedSDKIsTheGeneratedOne(t *testing.T) {
	files, err := generate(filepath.Join(sdk, "schema.json"))
	if err != nil {
		t.Fatal(err)
	}

	dir := t.TempDir()
	if err := write(dir, files); err != nil {
		t.Fatal(err)
	}

	committed, generated := tree(t, sdk), tree(t, dir)

	module, _, _ := strings.Cut(string(files[goMod]), "\n")
	if !strings.HasPrefix(committed[goMod], module+"\n") {
		t.Errorf("go.mod does not begin with %q, the module of the generated code", module)
	}

	for _, path := range byHand {
		if _, ok := committed[path]; !ok {
			t.Errorf("%s is missing", path)
		}

		delete(committed, path)
	}

	for _, path := range slices.Sorted(maps.Keys(generated)) {
		if text, ok := committed[path]; !ok || text != generated[path] {
			t.Errorf("%s is not what the schema gives: run `go generate` in tools/netlifysdk", path)
		}

		delete(committed, path)
	}

	for path := range committed {
		t.Errorf("%s is not generated from the schema: run `go generate` in tools/netlifysdk", path)
	}
}

func TestWriteRemovesWhatIsNoLongerGenerated(t *testing.T) {
	dir := t.TempDir()
	if err := write(dir, map[string][]byte{"go.mod": nil, "netlify/a.go": nil, "netlify/sub/b.go": nil}); err != nil {
		t.Fatal(err)
	}

	if err := os.WriteFile(filepath.Join(dir, "README.md"), nil, 0o644); err != nil {
		t.Fatal(err)
	}

	if err := write(dir, map[string][]byte{"go.mod": nil, "netlify/c.go": nil}); err != nil {
		t.Fatal(err)
	}

	got := slices.Sorted(maps.Keys(tree(t, dir)))
	if want := []string{"README.md", "netlify/c.go"}; !slices.Equal(got, want) {
		t.Errorf("the directory has %v, want %v", got, want)
	}
}

// TestTheParameterNamesTheVersion guards the one value of the schema that nobody can read: the base plugin loads the
// provider that the parameter names, whatever version the package has.
func TestTheParameterNamesTheVersion(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(sdk, "schema.json"))
	if err != nil {
		t.Fatal(err)
	}

	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		t.Fatal(err)
	}

	want := `{"remote":{"url":"registry.opentofu.org/netlify/netlify","version":"` + spec.Version + `"}}`
	if got := string(spec.Parameterization.Parameter); got != want {
		t.Errorf("the parameter is %s, want %s", got, want)
	}
}

func TestSchemasThatAreRefused(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"not JSON": {"{", "reading the schema"},
		"unknown type": {
			`{"name": "n", "version": "1.0.0", "config": {"variables": {"a": {"type": "text"}}}}`,
			"checking the schema",
		},
		"another package": {
			`{"name": "n", "version": "1.0.0", "config": {"variables": ` +
				`{"a": {"$ref": "/aws/v6.0.0/schema.json#/types/a"}}}}`,
			`the package "aws"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "schema.json")
			if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}

			if _, err := generate(path); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("generate = %v, want an error with %q", err, test.want)
			}
		})
	}

	if _, err := generate(filepath.Join(t.TempDir(), "none.json")); err == nil {
		t.Error("a schema that is not there was accepted")
	}
}
