// Package architecture_test holds the house rules that the compiler does not: who may import whom.
package architecture_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/vmstio/infrastructure"

// shared are the packages below infra that every room may import.
var shared = []string{
	"catalogue", "crew", "settings", "signals",
	"internal/component", "internal/kube", "internal/managed", "internal/spaces",
}

// plain are those of them that know nothing of Pulumi, so that whoever reads settings, names or prices needs none of
// it.
var plain = []string{"catalogue", "crew", "settings", "signals"}

type pkg struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func list(t *testing.T, patterns ...string) []pkg {
	t.Helper()
	return listIn(t, ".", patterns...)
}

// listIn lists packages of the module in a directory of the repository.
func listIn(t *testing.T, dir string, patterns ...string) []pkg {
	t.Helper()
	command := exec.Command("go", append([]string{"list", "-json=ImportPath,Imports,Deps"}, patterns...)...)
	command.Dir = filepath.Join("../..", dir)
	out, err := command.Output()
	require.NoError(t, err)
	var packages []pkg
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p pkg
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		require.NoError(t, err)
		packages = append(packages, p)
	}
}

// own are the imports of a package from below infra, without that prefix.
func own(imports []string) []string {
	var names []string
	for _, i := range imports {
		if name, ok := strings.CutPrefix(i, module+"/infra/"); ok {
			names = append(names, name)
		}
	}
	return names
}

func TestRoomsImportNoSibling(t *testing.T) {
	t.Parallel()
	rooms := 0
	for _, p := range list(t, "./infra/...") {
		name := strings.TrimPrefix(p.ImportPath, module+"/infra/")
		others := append([]string{"outputs", "internal"}, plain...)
		isRoom := name != p.ImportPath && !slices.Contains(others, root(name))
		if !isRoom {
			continue
		}
		rooms++
		for _, imported := range own(p.Imports) {
			require.True(t, slices.Contains(shared, imported), "%s imports %s, which is another room", name, imported)
		}
	}
	require.GreaterOrEqual(t, rooms, 12, "the test sees no rooms")
}

func root(name string) string { first, _, _ := strings.Cut(name, "/"); return first }

func TestSettingsCatalogueAndCrewKnowNothingOfPulumi(t *testing.T) {
	t.Parallel()
	for _, p := range list(t, "./infra/settings", "./infra/catalogue", "./infra/crew", "./infra/signals") {
		for _, dep := range p.Deps {
			require.NotContains(t, dep, "github.com/pulumi/", "%s depends on Pulumi", path.Base(p.ImportPath))
		}
	}
}

func TestMainOnlyRunsInfra(t *testing.T) {
	t.Parallel()
	p := list(t, ".")[0]
	require.ElementsMatch(t, []string{module + "/infra", "github.com/pulumi/pulumi/sdk/v3/go/pulumi"}, p.Imports)
}

// helm/v3, yaml and yaml/v2 pull in every API package of Kubernetes, which triples the build time of the program; of
// those packages it has only two, and so has the sandbox, which a newcomer waits for.
func TestTheProgramAndTheSandboxBuildFast(t *testing.T) {
	t.Parallel()
	const sdk = "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/"
	for _, dir := range []string{".", "sandbox"} {
		used := []string{}
		for _, dep := range listIn(t, dir, ".")[0].Deps {
			if name, ok := strings.CutPrefix(dep, sdk); ok {
				used = append(used, name)
			}
		}
		require.ElementsMatch(t, []string{"core/v1", "meta/v1", "helm/v4", "utilities"}, used, dir)
	}
}
