// Package enginetest runs both committed environments through the real Pulumi engine in the simulated cloud.
package enginetest_test

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra"
	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/cmd"
	"github.com/vmstio/infrastructure/sandbox/runner"
)

// Both environments live in one account, as they do in reality: what one needs must not be in the other's way, and
// taking one down must not touch the other.
func TestBothEnvironmentsInOneAccount(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.charts = runner.ChartCache(a.project).Dir
	t.Run("prod comes up", func(t *testing.T) { a.comesUp(t, "prod") })
	t.Run("prod has what the chart lacks", func(t *testing.T) { a.isEquipped(t, "prod") })
	t.Run("prod is stable", func(t *testing.T) { a.isStable(t, "prod") })
	t.Run("prod is shown to a person", func(t *testing.T) { a.isShown(t, "prod") })
	production := a.objects()
	t.Run("staging comes up", func(t *testing.T) { a.comesUp(t, "staging") })
	t.Run("staging is stable", func(t *testing.T) { a.isStable(t, "staging") })
	t.Run("staging keeps what people add to its project", func(t *testing.T) { a.keepsInProject(t, "staging") })
	t.Run("staging loses a CDN and gets it back", func(t *testing.T) { a.getsCdnBack(t, "staging") })
	t.Run("staging shows drift", func(t *testing.T) { a.showsDrift(t, "staging") })
	t.Run("staging goes without a trace", func(t *testing.T) {
		s := a.open(t, "staging")
		result, err := s.Destroy(t.Context())
		must(t, result, err)
		assert.Empty(t, result.Kept)
		assert.Equal(t, production, a.objects(), "the account is as it was before staging")
	})
	t.Run("prod keeps what is protected", func(t *testing.T) { a.keepsProtected(t, "prod") })
	t.Run("no secret can be read", func(t *testing.T) { a.noSecrets(t, a.secretValues(t)) })
	t.Run("prod goes when it is released", func(t *testing.T) { a.goesWhenReleased(t, "prod") })
}

func (a *account) comesUp(t *testing.T, stack string) {
	t.Helper()
	result, err := a.open(t, stack).Up(t.Context())
	must(t, result, err)
	assert.Positive(t, result.Changes["create"])
	assert.NotEmpty(t, result.Outputs)
	for _, diagnostic := range result.Diagnostics {
		assert.NotEqual(t, "error", diagnostic.Severity, diagnostic.Message)
	}
	for _, r := range result.Resources {
		assert.False(t, r.Failed, r.URN)
		assert.Equal(t, "create", r.Operation, r.URN)
	}
}

func (a *account) isStable(t *testing.T, stack string) {
	t.Helper()
	s := a.open(t, stack)
	preview, err := s.ExpectNoChanges(t.Context())
	must(t, preview, err)
	up, err := s.Up(t.Context())
	must(t, up, err)
	assert.False(t, up.Changed(), "%v", up.Changes)
	refreshed, err := s.Refresh(t.Context())
	must(t, refreshed, err)
	assert.Empty(t, refreshed.Drift)
}

// isShown runs the command line and looks at what is on the screen in the end.
func (a *account) isShown(t *testing.T, stack string) {
	t.Helper()
	for verb, says := range map[string]string{
		"up": "\nStack prod is up in the simulated cloud", "preview": "\nStack prod: ",
	} {
		var out bytes.Buffer
		root := cmd.New(runner.Options{Program: infra.DeployIn, Setup: a.setup})
		root.SetArgs([]string{verb, "--stack", stack, "--state", a.dir, "--pulumi", a.command})
		root.SetOut(&out)
		root.SetErr(&out)
		require.Zero(t, cmd.Execute(t.Context(), root), out.String())
		a.shown.Write(out.Bytes())
		assert.Equal(t, 1, strings.Count(out.String(), "Charts: "), "which charts are rendered is said once:\n%s", &out)
		start := strings.LastIndex(out.String(), says)
		require.Positive(t, start, out.String())
		summary := strings.Split(strings.TrimSpace(out.String()[start:]), "\n")
		assert.LessOrEqual(t, len(summary), 40)
		for _, line := range summary {
			assert.LessOrEqual(t, len(line), 100, line)
		}
		assert.Regexp(t, `(?m)^difference +\+0\.00$`, out.String(), "it costs what it cost")
		assert.NotContains(t, out.String(), "contractVersion", "the outputs have a verb of their own")
	}
}

// getsCdnBack has a person delete an endpoint of the CDN, which no refresh survives, and take the way that
// docs/content/3.run/12.when-it-breaks.md shows.
func (a *account) getsCdnBack(t *testing.T, stack string) {
	t.Helper()
	const cdn = "digitalocean:index/cdn:Cdn"
	s := a.open(t, stack)
	c, err := cloud.Open(s.CloudFile())
	require.NoError(t, err)
	i := slices.IndexFunc(c.List(cdn), func(o cloud.Object) bool {
		return strings.HasSuffix(o.Outputs["customDomain"].(string), "."+stack+".vmst.io")
	})
	require.GreaterOrEqual(t, i, 0, "%s has a CDN", stack)
	lost := c.List(cdn)[i]
	require.NoError(t, c.Delete(cdn, lost.ID))
	_, err = s.Refresh(t.Context())
	require.Error(t, err)
	require.Contains(t, a.shown.String(), "Error reading CDN")
	exported, err := s.Export(t.Context())
	require.NoError(t, err)
	again := lost
	again.ID = "made-with-doctl"
	require.NoError(t, c.Put(again))
	state := filepath.Join(t.TempDir(), "state.json")
	require.NoError(t, os.WriteFile(state, bytes.ReplaceAll(exported, []byte(lost.ID), []byte(again.ID)), 0o600))
	require.NoError(t, s.Import(t.Context(), state))
	refreshed, err := s.Refresh(t.Context())
	must(t, refreshed, err)
	assert.Empty(t, refreshed.Drift)
	up, err := s.Up(t.Context())
	must(t, up, err)
	assert.False(t, up.Changed(), "%v", up.Changes)
}

// keepsInProject has a person put something into the project, which takes nothing away from it.
func (a *account) keepsInProject(t *testing.T, stack string) {
	t.Helper()
	const project, droplet = "digitalocean:index/project:Project", "do:droplet:3164494"
	s := a.open(t, stack)
	c, err := cloud.Open(s.CloudFile())
	require.NoError(t, err)
	i := slices.IndexFunc(c.List(project), func(p cloud.Object) bool {
		return strings.Contains(p.Outputs["description"].(string), stack+".")
	})
	require.GreaterOrEqual(t, i, 0, "%s has a project", stack)
	added := c.List(project)[i]
	before, _ := added.Outputs["resources"].([]any)
	require.NotEmpty(t, before)
	added.Outputs["resources"] = append(slices.Clone(before), droplet)
	require.NoError(t, c.Put(added))
	refreshed, err := s.Refresh(t.Context())
	must(t, refreshed, err)
	assert.Empty(t, refreshed.Drift)
	up, err := s.Up(t.Context())
	must(t, up, err)
	assert.False(t, up.Changed(), "%v", up.Changes)
	after, _ := c.Get(project, added.ID)
	assert.Contains(t, after.Outputs["resources"], droplet)
	added.Outputs["resources"] = before
	require.NoError(t, c.Put(added))
}

func (a *account) showsDrift(t *testing.T, stack string) {
	t.Helper()
	s := a.open(t, stack)
	const check = "digitalocean:index/uptimeCheck:UptimeCheck"
	c, err := cloud.Open(s.CloudFile())
	require.NoError(t, err)

	// An uptime check of this stack, not of the other one in the account.
	var edited cloud.Object
	for _, object := range c.List(check) {
		if target, _ := object.Outputs["target"].(string); strings.Contains(target, stack+".") {
			edited = object
		}
	}
	require.NotEmpty(t, edited.ID, "%s has an uptime check", stack)
	edited.Outputs["enabled"] = false
	require.NoError(t, c.Put(edited))
	refreshed, err := s.Refresh(t.Context())
	must(t, refreshed, err)
	require.Len(t, refreshed.Drift, 1)
	assert.Contains(t, refreshed.Drift[0].URN, check)
	assert.Equal(t, []string{"enabled"}, refreshed.Drift[0].Properties)
	up, err := s.Up(t.Context())
	must(t, up, err)
	assert.Equal(t, 1, up.Changes["update"], "what the program says counts")
	undone, ok := c.Get(check, edited.ID)
	require.True(t, ok)
	assert.Equal(t, true, undone.Outputs["enabled"])
}

func (a *account) keepsProtected(t *testing.T, stack string) {
	t.Helper()
	s := a.open(t, stack)
	before, err := s.State(t.Context())
	require.NoError(t, err)
	protected, all := needed(before)
	require.NotEmpty(t, protected)
	result, err := s.Destroy(t.Context())
	must(t, result, err)
	assert.Equal(t, protected, urns(result.Kept, runner.ReasonProtected))
	assert.Equal(t, all, urns(result.Kept, runner.ReasonProtected, runner.ReasonNeeded))
	assert.Empty(t, urns(result.Kept, runner.ReasonRetained))

	// What is left of the stack works as before.
	refreshed, err := s.Refresh(t.Context())
	must(t, refreshed, err)
	assert.Empty(t, refreshed.Drift, "nothing that was kept is gone from the cloud")
}

// goesWhenReleased takes the way that destroy shows to release what is protected.
func (a *account) goesWhenReleased(t *testing.T, stack string) {
	t.Helper()
	a.unprotect(t, stack)
	s := a.open(t, stack)
	up, err := s.Up(t.Context())
	must(t, up, err)
	result, err := s.Destroy(t.Context())
	must(t, result, err)
	assert.Empty(t, result.Kept)
	for _, object := range a.objects() {
		assert.Contains(t, object, "netlify:index/site:Site ", "only what a person made by hand is left")
	}
}

// sensitive are the keys of Kubernetes Secrets whose values are secret. Not all are: the VAPID public key is not.
var sensitive = regexp.MustCompile(`(?i)(secret|password|private|token|encryption|salt)`)

// secretValues returns what must not be seen: the secrets that the runner supplied and those that were generated, as
// the cloud holds them.
func (a *account) secretValues(t *testing.T) []string {
	t.Helper()
	c, err := cloud.Open(a.dir + "/cloud.json")
	require.NoError(t, err)
	var values []string
	for _, name := range a.secrets {
		values = append(values, runner.FakeSecret(name))
	}
	add := func(value any) {
		if text, _ := value.(string); len(text) >= 16 {
			values = append(values, text)
		}
	}
	for typ, properties := range map[string][]string{
		"digitalocean:index/databaseCluster:DatabaseCluster": {"password", "uri", "privateUri"},
		"digitalocean:index/databaseUser:DatabaseUser":       {"password"},
		"digitalocean:index/spacesKey:SpacesKey":             {"secretKey"},
	} {
		objects := c.List(typ)
		require.NotEmpty(t, objects, typ)
		for _, object := range objects {
			for _, property := range properties {
				add(object.Outputs[property])
			}
		}
	}
	for _, object := range c.List("kubernetes:core/v1:Secret") {
		for _, field := range []string{"data", "stringData"} {
			entries, _ := object.Outputs[field].(map[string]any)
			for key, value := range entries {
				if !sensitive.MatchString(key) {
					continue
				}
				add(value)
				if text, err := base64.StdEncoding.DecodeString(value.(string)); err == nil {
					add(string(text))
				}
			}
		}
	}
	return values
}
