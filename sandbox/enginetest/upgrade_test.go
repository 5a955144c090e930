package enginetest_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/policy/rules"
	"github.com/vmstio/infrastructure/sandbox/runner"
)

// upgrades holds, for every release, what its two environments leave behind: the stack files, what Pulumi exports of
// each stack, and the simulated cloud.
const upgrades = "../testdata/upgrade"

var upgradeState = flag.String("upgrade-state", "",
	"bring both stacks up and write what they leave behind, as that of this version")

// Whoever runs an instance gets from one release to the next with `pulumi up`, and keeps what they have.
func TestTodaysProgramOnYesterdaysState(t *testing.T) {
	t.Parallel()
	if *upgradeState != "" {
		writeUpgradeState(t, filepath.Join(upgrades, *upgradeState))
	}
	releases, err := filepath.Glob(filepath.Join(upgrades, "*"))
	require.NoError(t, err)
	require.NotEmpty(t, releases)
	for _, release := range releases {
		t.Run(filepath.Base(release), func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			a.project = release
			cloud, err := os.ReadFile(filepath.Join(release, "cloud.json"))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(a.dir, "cloud.json"), cloud, 0o600))
			for _, stack := range []string{"prod", "staging"} {
				t.Run(stack, func(t *testing.T) {
					state, err := filepath.Abs(filepath.Join(release, stack+".json"))
					require.NoError(t, err)
					// What the changelog says has to be edited.
					a.project = release
					a.edit(t, stack, func(settings map[string]any) { group(settings, "storage")["backupDays"] = 190 })
					s := a.open(t, stack)
					require.NoError(t, s.Import(t.Context(), state))
					result, err := s.Preview(t.Context())
					must(t, result, err)
					require.Greater(t, len(result.Resources), 50, "the state was taken")
					assert.Empty(t, losses(result))
				})
			}
		})
	}
}

// losses are the steps of a preview that take something away which cannot be had again, or that look like a rename
// without an alias.
func losses(preview runner.Result) []string {
	created := map[string]string{}
	for _, r := range preview.Resources {
		if r.Operation == "create" {
			created[r.Type] = r.URN
		}
	}
	var lost []string
	for _, r := range preview.Resources {
		gone := slices.Contains([]string{"delete", "replace", "delete-replaced"}, r.Operation)
		switch {
		case gone && rules.HoldsData(r.Type):
			lost = append(lost, fmt.Sprintf("%s of %s, which holds data", r.Operation, r.URN))
		case r.Operation == "delete" && created[r.Type] != "":
			lost = append(lost, fmt.Sprintf("delete of %s and create of %s: a rename needs an alias",
				r.URN, created[r.Type]))
		}
	}
	return lost
}

func TestLosses(t *testing.T) {
	t.Parallel()
	step := func(operation, typ, name string) runner.Resource {
		return runner.Resource{URN: typ + "::" + name, Type: typ, Operation: operation}
	}
	bucket, record := "digitalocean:index/spacesBucket:SpacesBucket", "digitalocean:index/dnsRecord:DnsRecord"
	assert.Empty(t, losses(runner.Result{Resources: []runner.Resource{
		step("same", bucket, "a"), step("create", bucket, "b"), step("update", bucket, "c"),
		step("replace", record, "d"), step("delete", record, "e"),
	}}))
	assert.Equal(t, []string{
		"replace of " + bucket + "::a, which holds data",
		"delete of " + bucket + "::b, which holds data",
		"delete of " + record + "::c and create of " + record + "::d: a rename needs an alias",
	}, losses(runner.Result{Resources: []runner.Resource{
		step("replace", bucket, "a"), step("delete", bucket, "b"), step("delete", record, "c"),
		step("create", record, "d"),
	}}))
}

// writeUpgradeState brings both stacks up as they are committed and writes what they leave behind.
func writeUpgradeState(t *testing.T, dir string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(dir, 0o755))
	write := func(file string, text []byte) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, file), text, 0o644))
	}
	a := newAccount(t)
	for _, file := range []string{"Pulumi.yaml", "Pulumi.prod.yaml", "Pulumi.staging.yaml"} {
		text, err := os.ReadFile(filepath.Join(a.project, file))
		require.NoError(t, err)
		write(file, text)
	}
	// From here on, where there are no charts: whoever tests has none of those of today.
	a.project = dir
	for _, stack := range []string{"prod", "staging"} {
		s := a.open(t, stack)
		result, err := s.Up(t.Context())
		must(t, result, err)
		exported, err := s.Export(t.Context())
		require.NoError(t, err)
		s.Close()
		write(stack+".json", inLines(t, exported, "resources"))
	}
	cloud, err := os.ReadFile(filepath.Join(a.dir, "cloud.json"))
	require.NoError(t, err)
	write("cloud.json", inLines(t, cloud, "objects"))
}

// lookalike is a made-up credential that a scanner takes for a real one.
var lookalike = regexp.MustCompile(`(dop_v1_|AVNS_)[\w-]+`)

// inLines writes JSON with a line for each element of the list of that name, and without what says where and when the
// program ran.
func inLines(t *testing.T, text []byte, list string) []byte {
	t.Helper()
	var document map[string]any
	require.NoError(t, json.Unmarshal(text, &document))
	within := document
	if deployment, ok := document["deployment"].(map[string]any); ok {
		within = deployment
		delete(deployment["manifest"].(map[string]any), "time")
	}
	var lines []string
	for _, element := range within[list].([]any) {
		for _, key := range []string{"sourcePosition", "stackTrace", "created", "modified"} {
			delete(element.(map[string]any), key)
		}
		line, err := json.Marshal(element)
		require.NoError(t, err)
		lines = append(lines, string(line))
	}
	within[list] = []any{}
	whole, err := json.Marshal(document)
	require.NoError(t, err)
	name := `"` + list + `":[`
	text = bytes.Replace(append(whole, '\n'), []byte(name), []byte(name+"\n"+strings.Join(lines, ",\n")+"\n"), 1)
	return lookalike.ReplaceAll(text, []byte("${1}made-up"))
}
