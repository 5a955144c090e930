package enginetest_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/digitalocean"
	"github.com/vmstio/infrastructure/sandbox/program"
	"github.com/vmstio/infrastructure/sandbox/runner"
)

func TestMain(m *testing.M) {
	runner.DropCredentials()
	os.Exit(m.Run())
}

// account is one simulated cloud account in which the committed stacks are run.
type account struct {
	t       *testing.T
	dir     string
	command string
	secrets []string
	// project is the directory of Pulumi.yaml.
	project string
	// charts is a directory of charts; without one stand-ins take their places.
	charts string
	// shown is all that a person would have seen.
	shown bytes.Buffer
}

func newAccount(t *testing.T) *account {
	t.Helper()
	root, err := runner.FindRoot(".")
	require.NoError(t, err)
	command, err := runner.FindPulumi(t.Context(), root)
	require.NoError(t, err)
	return &account{t: t, dir: t.TempDir(), command: command, project: root}
}

// open opens a stack as another run of the sandbox would, for the length of a subtest.
func (a *account) open(t *testing.T, stack string) *runner.Sandbox {
	t.Helper()
	return a.in(t, stack, digitalocean.Options{})
}

func (a *account) setup(settings string) (runner.Setup, error) {
	setup, err := program.Setup(settings)
	a.secrets = setup.Secrets
	return setup, err
}

// unprotect makes the account's project a copy in which a stack protects nothing.
func (a *account) unprotect(t *testing.T, stack string) {
	t.Helper()
	a.edit(t, stack, func(settings map[string]any) {
		settings["protect"] = false
		group(settings, "cluster")["protect"] = false
	})
}

// must fails the test with the reason of an operation that failed.
func must(t *testing.T, result runner.Result, err error) runner.Result {
	t.Helper()
	require.NoError(t, err, result.Error)
	return result
}

// objects are the names, "type id", of all that is in the cloud. The name of a deleted bucket is nothing, only blocked.
func (a *account) objects() []string {
	a.t.Helper()
	text, err := os.ReadFile(filepath.Join(a.dir, "cloud.json"))
	require.NoError(a.t, err)
	var file struct {
		Objects []cloud.Object `json:"objects"`
	}
	require.NoError(a.t, json.Unmarshal(text, &file))
	var names []string
	for _, object := range file.Objects {
		if object.Type != "digitalocean:index/spacesBucket:BlockedName" {
			names = append(names, object.Type+" "+object.ID)
		}
	}
	slices.Sort(names)
	return names
}

// needed returns the URNs of the protected resources of a state and of all that they cannot be without.
func needed(state runner.State) (protected, all []string) {
	byURN := map[resource.URN]apitype.ResourceV3{}
	for _, r := range state.Resources {
		byURN[r.URN] = r
	}
	seen := map[resource.URN]bool{}
	var visit func(urn resource.URN)
	visit = func(urn resource.URN) {
		r, ok := byURN[urn]
		if !ok || seen[urn] {
			return
		}
		seen[urn] = true
		all = append(all, string(urn))
		visit(r.Parent)
		visit(r.DeletedWith)

		// "urn::id"
		if i := strings.LastIndex(r.Provider, "::"); i > 0 {
			visit(resource.URN(r.Provider[:i]))
		}
		for _, dependency := range r.Dependencies {
			visit(dependency)
		}
		for _, dependencies := range r.PropertyDependencies {
			for _, dependency := range dependencies {
				visit(dependency)
			}
		}
	}
	for _, r := range state.Resources {
		if r.Protect {
			protected = append(protected, string(r.URN))
			visit(r.URN)
		}
	}
	slices.Sort(protected)
	slices.Sort(all)
	return protected, all
}

// urns are the sorted URNs of kept resources, of those with the given reasons.
func urns(kept []runner.Kept, reasons ...string) []string {
	urns := []string{}
	for _, k := range kept {
		if slices.Contains(reasons, k.Reason) {
			urns = append(urns, k.URN)
		}
	}
	slices.Sort(urns)
	return urns
}

// noSecrets fails the test if a secret can be read in what was shown or in what is on disk. The simulated cloud itself
// holds the secrets, as the real one does.
func (a *account) noSecrets(t *testing.T, values []string) {
	t.Helper()
	require.Greater(t, len(values), len(a.secrets), "secrets were generated as well")
	check := func(where, text string) {
		for i, value := range values {
			// The value stays out of the message.
			if strings.Contains(text, value) {
				t.Errorf("secret %d of %d can be read in %s", i+1, len(values), where)
			}
		}
	}
	check("the output", a.shown.String())
	err := filepath.WalkDir(a.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Name() == "cloud.json" {
			return err
		}
		text, err := os.ReadFile(path)
		check(path, string(text))
		return err
	})
	require.NoError(t, err)
}
