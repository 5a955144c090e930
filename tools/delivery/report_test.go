package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files")

// random is what is another in every run: what the simulated cloud numbers and names, and when.
var random = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|` +
	`(?:\[id=|resourceVersion *: "|generation *: )[^]"\n]*|20\d\d-\d\d-\d\dT[0-9:]+Z`)

// What admins change most, as they read it on the pull request. The files are what to look at when the words change.
func TestCommentsOnPullRequests(t *testing.T) {
	t.Parallel()
	b, err := programs()
	require.NoError(t, err)
	const stack = "prod"
	pool := func(settings map[string]any) map[string]any {
		pools, ok := at(t, settings, "cluster")["nodePools"].([]any)
		require.True(t, ok)
		return pools[0].(map[string]any)
	}
	for _, change := range []struct {
		name string
		// sandbox is what the base was brought up with, if it is not today's.
		sandbox string
		edit    func(settings map[string]any)
		says    []string
	}{
		{name: "image-tag", edit: func(settings map[string]any) {
			at(t, settings, "mastodon", "image")["tag"] = "v4.7.99"
		}, says: []string{"before and after"}},
		{name: "smaller-pool", edit: func(settings map[string]any) {
			p := pool(settings)
			p["maxNodes"] = p["minNodes"]
		}, says: []string{"**1 to update"}},
		{name: "database-plan", edit: func(settings map[string]any) {
			at(t, settings, "database")["size"] = "gd-4vcpu-16gb"
		}, says: []string{"**1 to update", "**That is not all.** No source gives the price of: "}},
		{name: "removed-bucket", sandbox: b.oneBucket, edit: func(map[string]any) {}, says: []string{
			"> [!CAUTION]\n> - **SpacesBucket `storage-exports` holds files and would be deleted.** It is protected",
		}},
		{name: "renamed-buckets", edit: func(settings map[string]any) {
			at(t, settings, "storage")["bucketSuffix"] = "new"
		}, says: []string{
			"**SpacesBucket `storage-media` holds files and would be replaced, because of `name`.** It is protected",
		}},
		{name: "typo", edit: func(settings map[string]any) {
			settings["regoin"] = settings["region"]
			delete(settings, "region")
		}, says: []string{"**There is no preview.**", "vmst:settings.regoin", "vmst:settings.region"}},
	} {
		t.Run(change.name, func(t *testing.T) {
			t.Parallel()
			base := tree{dir: project(t, stack, func(map[string]any) {}), sandbox: b.sandbox}
			if change.sandbox != "" {
				base.sandbox = change.sandbox
			}
			head := tree{dir: project(t, stack, change.edit), sandbox: b.sandbox}
			c := &command{dir: head.dir, stack: stack, out: io.Discard, err: io.Discard}
			s, err := c.simulate(t.Context(), stack, base, head, b.policy, true)
			require.NoError(t, err)
			text, err := report("## What this changes", []section{s})
			require.NoError(t, err)
			for _, says := range change.says {
				assert.Contains(t, text, says)
			}
			text = random.ReplaceAllString(text, "…")
			path := filepath.Join("testdata", change.name+".md")
			if *update {
				require.NoError(t, os.MkdirAll("testdata", 0o755))
				require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
			}
			golden, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, string(golden), text, "go test ./delivery -run TestComments -update writes it")
		})
	}
}

// However much a change does, what matters is there, and GitHub takes it.
func TestReportFitsAndKeepsItsHead(t *testing.T) {
	t.Parallel()
	var events []apitype.EngineEvent
	for i := range 2000 {
		urn := fmt.Sprintf("urn:pulumi:prod::vmst::digitalocean:index/dnsRecord:DnsRecord::record-%d", i)
		md := apitype.StepEventMetadata{
			Op: apitype.OpCreate, URN: urn, Type: "digitalocean:index/dnsRecord:DnsRecord",
			New: &apitype.StepEventStateMetadata{
				Type: "digitalocean:index/dnsRecord:DnsRecord", URN: urn, Custom: true,
				Inputs: map[string]any{"value": strings.Repeat("x", 60)},
			},
		}
		events = append(events, planned(md))
	}
	bucket := apitype.StepEventMetadata{
		Op: apitype.OpDelete, URN: "urn:pulumi:prod::vmst::digitalocean:index/spacesBucket:SpacesBucket::media",
		Type: "digitalocean:index/spacesBucket:SpacesBucket", Old: &apitype.StepEventStateMetadata{Custom: true},
	}
	events = append(events, planned(bucket))
	var sections []section
	for _, stack := range []string{"prod", "staging"} {
		p, err := decodePlan(stack, logged(t, events...))
		require.NoError(t, err)
		sections = append(sections, section{stack: stack, plan: p})
	}
	small, err := decodePlan("small", logged(t, events[0]))
	require.NoError(t, err)
	sections = append(sections, section{stack: "small", plan: small})
	text, err := report(marker+"\n## What this changes", sections)
	require.NoError(t, err)
	assert.LessOrEqual(t, len(text), longest)
	assert.Greater(t, len(text), longest*9/10, "the room is used")
	assert.True(t, strings.HasPrefix(text, marker))
	assert.Equal(t, 2, strings.Count(text, "`media` holds files and would be deleted.** **What is in it is lost.**"))
	assert.Equal(t, 3, strings.Count(text, "<details>"))
	assert.Equal(t, 3, strings.Count(text, "</details>"), "what was opened is closed")
	assert.Equal(t, 2, strings.Count(text, "more lines: the run has them all"), "the small one is whole")
	assert.Less(t, strings.LastIndex(text, "### small"), strings.Index(text, "<details>"),
		"every head is before every difference")

	sections[0] = section{stack: "prod", why: strings.Repeat("no\n", longest)}
	text, err = report(marker, sections)
	require.NoError(t, err)
	assert.LessOrEqual(t, len(text), longest)
	assert.Contains(t, text, "There is no preview")
}

// planned is a step of a preview as it begins.
func planned(md apitype.StepEventMetadata) apitype.EngineEvent {
	return apitype.EngineEvent{ResourcePreEvent: &apitype.ResourcePreEvent{Metadata: md, Planning: true}}
}

// What a pull request brings along does not get out of its place in the comment.
func TestReportOfHostileNames(t *testing.T) {
	t.Parallel()
	urn := "urn:pulumi:prod::vmst::kubernetes:core/v1:ConfigMap::a`b"
	p, err := decodePlan("prod", logged(t,
		apitype.EngineEvent{ResourcePreEvent: &apitype.ResourcePreEvent{Metadata: apitype.StepEventMetadata{
			Op: apitype.OpDelete, URN: urn, Type: "kubernetes:core/v1:ConfigMap", Old: &apitype.StepEventStateMetadata{
				URN: urn, Type: "kubernetes:core/v1:ConfigMap", Custom: true,
				Inputs: map[string]any{"data": "```\n</details>\n# gotcha"},
			},
		}}},
		apitype.EngineEvent{DiagnosticEvent: &apitype.DiagnosticEvent{Severity: "error", Message: "no\n````\nout"}},
		apitype.EngineEvent{DiagnosticEvent: &apitype.DiagnosticEvent{Severity: "warning", Message: "one\n# two"}},
	))
	require.NoError(t, err)
	text, err := report("##", []section{{stack: "prod", plan: p}})
	require.NoError(t, err)
	assert.Contains(t, text, "ConfigMap `a'b` would be deleted")
	assert.Contains(t, text, "\n`````\nno\n````\nout\n`````\n")
	assert.Contains(t, text, "- one # two\n")
}

func TestReportSaysWhatIsPromisedNoMore(t *testing.T) {
	t.Parallel()
	md := apitype.StepEventMetadata{
		Op: apitype.OpUpdate, Type: "pulumi:pulumi:Stack", URN: "urn:pulumi:prod::vmst::pulumi:pulumi:Stack::vmst-prod",
		Old: &apitype.StepEventStateMetadata{Outputs: map[string]any{
			"cluster": map[string]any{"id": "a", "region": "tor1"}, "docs": map[string]any{"url": "b"},
		}},
		New: &apitype.StepEventStateMetadata{Outputs: map[string]any{
			"cluster": map[string]any{"id": "a", "version": "1"}, "monthlyCost": map[string]any{
				"currency": "USD", "minimum": 10, "maximum": 12.5,
			},
		}},
	}
	p, err := decodePlan("prod", logged(t,
		apitype.EngineEvent{ResOutputsEvent: &apitype.ResOutputsEvent{Metadata: md}}))
	require.NoError(t, err)
	text, err := report("##", []section{{stack: "prod", plan: p}})
	require.NoError(t, err)
	assert.Contains(t, text, "**Outputs**\n\n- gone: `cluster.region`\n- gone: `docs.url`\n"+
		"- new: `cluster.version`\n- new: `monthlyCost.currency`")
	assert.Contains(t, text, "A month costs **USD 10.00 to 12.50**.")
}
