package workflows_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/tools/workflows"
)

// good keeps every rule. Each case below breaks one.
const good = `
name: deliver
on:
  push:
    branches: [main]
  workflow_dispatch:
permissions: {}
jobs:
  up:
    strategy:
      matrix:
        stack: [staging, prod]
    runs-on: ubuntu-24.04
    timeout-minutes: 30
    environment:
      name: staging
    permissions:
      contents: read
    concurrency:
      group: pulumi-${{ matrix.stack }}
      cancel-in-progress: false
      queue: max
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
      - uses: actions/setup-go@b7ad1dad31e06c5925ef5d2fc7ad053ef454303e # v7.0.0
        with:
          go-version-file: go.mod
          cache-dependency-path: tools/go.sum
      - run: make deliver STACK=${{ matrix.stack }}
        env: &environment
          TOKEN: ${{ secrets.TOKEN }}
      - run: make health STACK=${{ matrix.stack }}
        env: *environment
`

// review is a workflow that a pull request starts, with the real environment.
const review = `
name: review
on: [pull_request]
permissions: {}
jobs:
  real:
    if: github.event.pull_request.head.repo.full_name == github.repository
    runs-on: ubuntu-24.04
    timeout-minutes: 30
    environment:
      name: preview
    permissions:
      contents: read
    steps:
      - run: make plan STACK=prod
        env:
          NUMBER: ${{ github.event.pull_request.number }}
`

// follow is a workflow that begins when another ends.
const follow = `
name: comment
on:
  workflow_run:
    workflows: [review]
permissions: {}
jobs:
  comment:
    if: github.event.workflow_run.event == 'pull_request'
    runs-on: ubuntu-24.04
    timeout-minutes: 10
    permissions:
      pull-requests: write
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
          ref: ${{ github.event.repository.default_branch }}
      - uses: actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1
        with:
          path: .delivery
          run-id: ${{ github.event.workflow_run.id }}
      - uses: actions/setup-go@b7ad1dad31e06c5925ef5d2fc7ad053ef454303e # v7.0.0
        with:
          go-version-file: go.mod
          cache: false
      - run: make post-comment
`

// broken are the rules that a workflow breaks, with what is said of each.
func broken(t *testing.T, name, text string) map[string][]string {
	t.Helper()
	w, err := workflows.Parse(name, text)
	require.NoError(t, err)
	found := map[string][]string{}
	for _, rule := range workflows.Rules() {
		for _, finding := range rule.Check(w) {
			require.Positive(t, finding.Line)
			found[rule.Name] = append(found[rule.Name], finding.Text)
		}
	}
	return found
}

func TestWhatKeepsTheRules(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"deliver": good, "review": review, "comment": follow} {
		require.Empty(t, broken(t, name, text), name)
	}
}

// The parts of the workflows above that the cases change.
const (
	push     = "  push:\n    branches: [main]\n"
	byHand   = "  workflow_dispatch:\n"
	noRights = "permissions: {}\n"
	rights   = "    permissions:\n      contents: read\n"
	persist  = "persist-credentials: false"
	commit   = "@3d3c42e5aac5ba805825da76410c181273ba90b1"
	health   = "make health STACK=${{ matrix.stack }}"
	deliver  = "make deliver STACK=${{ matrix.stack }}"
	shared   = "        env: *environment"
	group    = "group: pulumi-${{ matrix.stack }}"
	queue    = "      queue: max\n"
	ours     = "    if: github.event.pull_request.head.repo.full_name == github.repository\n"
	ended    = "    if: github.event.workflow_run.event == 'pull_request'\n"
	ref      = "          ref: ${{ github.event.repository.default_branch }}\n"
)

// breach is a change to a workflow that breaks a rule.
type breach struct{ name, text, before, after string }

var breaches = map[string][]breach{
	"triggers": {
		{"a target for strangers", good, push, "  pull_request_target:\n"},
		{"comments", good, byHand, "  issue_comment:\n"},
		{"every branch", good, push, "  push:\n"},
		{"text by hand", good, byHand, byHand + "    inputs: {stack: {type: string}}\n"},
	},
	"permissions": {
		{"none at the top", good, noRights, ""},
		{"some at the top", good, noRights, "permissions: {contents: read}\n"},
		{"every one", good, rights, "    permissions: read-all\n"},
		{"none of a job", good, rights, ""},
		{"to write", good, "contents: read", "contents: write"},
	},
	"jobs": {
		{"no timeout", good, "    timeout-minutes: 30\n", ""},
		{"a timeout of days", good, "timeout-minutes: 30", "timeout-minutes: 2000"},
		{"the latest machine", good, "ubuntu-24.04", "ubuntu-latest"},
	},
	"pins": {
		{"a tag", good, commit, "@v7.0.1"},
		{"a short commit", good, commit, "@3d3c42e"},
		{"no version", good, " # v7.0.1", ""},
		{"half a version", good, " # v7.0.1", " # v7"},
		{"an action of the project", good, "actions/checkout" + commit, "./checkout"},
		{"a workflow of others", good, "    runs-on:", "    uses: a/b/.github/workflows/c.yml@main\n    runs-on:"},
	},
	"checkout": {
		{"credentials that stay", good, "        with:\n          " + persist + "\n", ""},
		{"credentials on purpose", good, persist, "persist-credentials: true"},
	},
	"caches": {
		{"any Go", good, "          go-version-file: go.mod\n", ""},
		{"found by nothing", good, "          cache-dependency-path: tools/go.sum\n", ""},
		{"found by something else", good, "path: tools/go.sum", "path: Makefile"},
	},
	"foreign runs": {
		{"its code", follow, "github.event.repository.default_branch", "github.event.workflow_run.head_sha"},
		{"its repository", follow, ref, ref + "          repository: a/b\n"},
		{"whatever there is", follow, ref, ""},
		{"a download over it", follow, "path: .delivery", "path: ."},
		{"a cache for all", follow, "cache: false", "cache-dependency-path: go.sum"},
		{"any other event", follow, ended, ""},
		{"secrets", follow, "    steps:", "    environment: {name: preview}\n    steps:"},
	},
	"commands": {
		{"a script", good, health, "./health.sh"},
		{"two commands", good, health, "make health && make plan"},
		{"two targets", good, health, "make health plan"},
		{"several lines", good, "run: " + health, "run: |\n          make a\n          make b"},
		{"a title", good, health, "make health A=${{ github.event.pull_request.title }}"},
		{"a branch", good, health, "make health A=${{ github.head_ref }}"},
		{"an output", good, health, "make health A=${{ steps.a.outputs.b }}"},
		{"a value of several", good, "stack: [staging, prod]", "stack: [staging, $(id)]"},
		{"another shell", good, shared, "        shell: python\n" + shared},
		{"another directory", good, shared, "        working-directory: a\n" + shared},
	},
	"packages": {
		{"none", good, health, "make test"},
		{"too late", good, health, "make mutants\n      - run: make test-packages"},
	},
	"secrets": {
		{"nobody's", good, "    environment:\n      name: staging\n", ""},
		{"of an action", good, persist, persist + "\n          token: ${{ secrets.A }}"},
		{"of a job", good, "    steps:", "    env:\n      A: ${{ secrets.A }}\n    steps:"},
		{"of the workflow", good, "jobs:", "env:\n  A: ${{ secrets.A }}\njobs:"},
		{"all of them", good, persist, persist + "\n          token: ${{ toJSON(secrets) }}"},
		{"in a condition", good, shared, "        if: ${{ secrets.A != '' }}\n" + shared},
	},
	"environments": {
		{"another one", good, "name: staging", "name: anything"},
		{"without a name", good, "    environment:\n      name: staging\n", "    environment: staging\n"},
		{"for a fork", review, ours, ""},
		{"for a fork, too", review, "== github.repository", "== github.repository || true"},
		{"production for all", review, "name: preview", "name: production"},
	},
	"one run for each stack": {
		{"nobody waits", good, "    concurrency:\n      " + group + "\n      cancel-in-progress: false\n" + queue, ""},
		{"in another line", good, group, "group: deliver"},
		{"cancelled half-way", good, "cancel-in-progress: false", "cancel-in-progress: true"},
		{"dropped from the line", good, queue, ""},
		{"one line for all", good, "jobs:", "concurrency: {group: a}\njobs:"},
		{"of no stack", good, deliver, "make deliver"},
		{"a comparison in the line of deliveries", good, deliver, "make drift STACK=${{ matrix.stack }}"},
	},
	"nothing is taken down": {
		{"a stack", good, health, "make sandbox VERB=destroy"},
		{"a protection", good, shared, "        env: {FLAG: --ignore-protect}"},
		{"a resource that is forgotten", good, shared, "        env: {COMMAND: state delete}"},
		{"a lock", good, shared, "        env: {COMMAND: pulumi cancel}"},
		{"a state", good, shared, "        env: {COMMAND: pulumi stack import}"},
	},
}

func TestEveryRuleIsBroken(t *testing.T) {
	t.Parallel()
	for _, rule := range workflows.Rules() {
		require.NotEmpty(t, breaches[rule.Name], "no case breaks the rule %q", rule.Name)
		for _, b := range breaches[rule.Name] {
			t.Run(rule.Name+"/"+b.name, func(t *testing.T) {
				t.Parallel()
				changed := strings.Replace(b.text, b.before, b.after, 1)
				require.NotEqual(t, b.text, changed, "the case changes nothing")
				workflow := "deliver"
				if b.text == follow {
					workflow = "comment"
				}
				found := broken(t, workflow, changed)
				require.NotEmpty(t, found[rule.Name], "the rule does not notice")
				require.Len(t, found, 1, "another rule is broken: %v", found)
			})
		}
	}
	require.Len(t, breaches, len(workflows.Rules()))
}

// A secret in a command would be in the log of whoever fails to hide it, and is no word of the file either.
func TestASecretInACommand(t *testing.T) {
	t.Parallel()
	found := broken(t, "deliver", strings.Replace(good, health, "make health A=${{ secrets.A }}", 1))
	require.NotEmpty(t, found["secrets"])
	require.NotEmpty(t, found["commands"])
}

func TestOnePinForEachAction(t *testing.T) {
	t.Parallel()
	parse := func(text string) workflows.Workflow {
		w, err := workflows.Parse("a", text)
		require.NoError(t, err)
		return w
	}
	require.Empty(t, workflows.SamePins([]workflows.Workflow{parse(good), parse(follow)}))
	for _, other := range []string{
		strings.Replace(good, "# v7.0.1", "# v7.0.2", 1),
		strings.Replace(good, commit, "@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a", 1),
	} {
		found := workflows.SamePins([]workflows.Workflow{parse(other), parse(follow)})
		require.Len(t, found, 1)
		require.Contains(t, found[0], "actions/checkout is ")
	}
}

func TestTheTargetsOfAMatrix(t *testing.T) {
	t.Parallel()
	w, err := workflows.Parse("a", good)
	require.NoError(t, err)
	require.Equal(t, []string{"make deliver STACK=prod", "make deliver STACK=staging"},
		w.Jobs[0].Commands(w.Jobs[0].Steps[2]))
	require.Equal(t, map[string][]string{"deliver": {"a"}, "health": {"a"}}, workflows.Targets([]workflows.Workflow{w}))
}
