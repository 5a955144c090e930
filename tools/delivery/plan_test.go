package main

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const vpc = "urn:pulumi:prod::vmst::digitalocean:index/vpc:Vpc::net"

// began is a step as it begins.
func began(op apitype.OpType, inputs map[string]any, difference map[string]apitype.PropertyDiff) apitype.EngineEvent {
	return apitype.EngineEvent{ResourcePreEvent: &apitype.ResourcePreEvent{Metadata: apitype.StepEventMetadata{
		Op: op, URN: vpc, Type: "digitalocean:index/vpc:Vpc", DetailedDiff: difference,
		Old: &apitype.StepEventStateMetadata{ID: "1234", Protect: true, RetainOnDelete: true},
		New: &apitype.StepEventStateMetadata{Inputs: inputs},
	}}}
}

func TestPlanOfAReplacementIsOneStep(t *testing.T) {
	t.Parallel()
	why := map[string]apitype.PropertyDiff{
		"region": {Kind: "update-replace"}, "name": {Kind: "update"}, "__internal": {Kind: "update-replace"},
	}
	p, err := decodePlan("prod", logged(t,
		began(apitype.OpCreateReplacement, nil, why), began(apitype.OpReplace, nil, why),
		began(apitype.OpDeleteReplaced, nil, nil), began(apitype.OpSame, nil, nil),
		apitype.EngineEvent{SummaryEvent: &apitype.SummaryEvent{ResourceChanges: map[apitype.OpType]int{"replace": 1}}},
	))
	require.NoError(t, err)
	require.Len(t, p.steps, 1)
	assert.Equal(t, []string{"region"}, p.steps[0].because, "what replaces, and nothing that is the provider's own")
	assert.Equal(t, "1234", p.steps[0].id)
	assert.True(t, p.steps[0].protected && p.steps[0].retained)
	assert.Equal(t, 1, p.counts["replace"])
	assert.True(t, p.changes())
}

func TestPlanKnowsDriftFromChanges(t *testing.T) {
	t.Parallel()
	ended := func(op apitype.OpType) apitype.EngineEvent {
		return apitype.EngineEvent{ResOutputsEvent: &apitype.ResOutputsEvent{Metadata: apitype.StepEventMetadata{
			Op: op, URN: vpc, Type: "digitalocean:index/vpc:Vpc",
			DetailedDiff: map[string]apitype.PropertyDiff{"description": {Kind: "update"}},
		}}}
	}
	p, err := decodePlan("prod", logged(t, began(apitype.OpRefresh, nil, nil), ended(apitype.OpUpdate),
		began(apitype.OpUpdate, nil, nil), ended(apitype.OpUpdate)))
	require.NoError(t, err)
	assert.Equal(t, []drift{{urn: vpc, because: []string{"description"}}}, p.drift)
	require.Len(t, p.steps, 1)
}

func TestDifferencesFromWhatWasApproved(t *testing.T) {
	t.Parallel()
	decode := func(events ...apitype.EngineEvent) *plan {
		p, err := decodePlan("prod", logged(t, events...))
		require.NoError(t, err)
		return p
	}
	approved := decode(began(apitype.OpUpdate, map[string]any{"name": "a"}, nil)).text()
	assert.Empty(t, decode(began(apitype.OpUpdate, map[string]any{"name": "a"}, nil)).differences(approved))
	other := decode(began(apitype.OpUpdate, map[string]any{"name": "b"}, nil)).differences(approved)
	require.Len(t, other, 2, "another value is another plan: %v", other)
	assert.True(t, strings.HasPrefix(other[0], "+ update "+vpc) && strings.HasPrefix(other[1], "- update "+vpc))
	assert.NotContains(t, string(approved), `"a"`, "no value is in it")
	assert.Len(t, decode().differences(approved), 1)
	assert.Len(t, decode(began(apitype.OpDelete, nil, nil)).differences(decode().text()), 1)
}

// An image deep in a pod is what a reviewer looks for.
func TestDifferencesDeepInAnObjectAreDrawn(t *testing.T) {
	t.Parallel()
	pod := func(image string) map[string]any {
		return map[string]any{"spec": map[string]any{"containers": []any{map[string]any{"image": image}}}}
	}
	event := began(apitype.OpUpdate, pod("mastodon:2"), nil)
	md := &event.ResourcePreEvent.Metadata
	md.Old.Inputs, md.Type = pod("mastodon:1"), "kubernetes:core/v1:Pod"
	md.DetailedDiff = map[string]apitype.PropertyDiff{"spec.containers[0].image": {Kind: "update", InputDiff: true}}
	p, err := decodePlan("prod", logged(t, event))
	require.NoError(t, err)
	drawn, err := p.diff()
	require.NoError(t, err)
	assert.Contains(t, drawn, `~ image: "mastodon:1" => "mastodon:2"`)
}

func TestEventsThatAreNotAreAnError(t *testing.T) {
	t.Parallel()
	_, err := decodePlan("prod", strings.NewReader("{}\n{"))
	require.EqualError(t, err, "reading event 2 of stack prod: unexpected EOF")
	_, err = readPlan("prod", "nowhere")
	require.ErrorContains(t, err, "reading the events of stack prod: ")
}

func TestSignsAreWhereTheirColoursAre(t *testing.T) {
	t.Parallel()
	for was, is := range map[string]string{
		"    ~ name: 1 => 2":  "!   ~ name: 1 => 2",
		"    + name: 1":       "+   + name: 1",
		"    - name: 1":       "-   - name: 1",
		"    +- name: 1 => 2": "!   +- name: 1 => 2",
		"    [urn=a]":         "    [urn=a]",
		"    name: \"- a\"":   "    name: \"- a\"",
	} {
		assert.Equal(t, is, signed(was))
	}
}
