package workflows_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
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

func TestEveryRuleIsBroken(t *testing.T) {
	t.Parallel()
	tested := map[string]bool{}
	for name, test := range map[string]struct{ text, old, new, rule string }{
		"a target for strangers": {good, "  push:\n    branches: [main]\n", "  pull_request_target:\n", "triggers"},
		"comments":               {good, "  workflow_dispatch:\n", "  issue_comment:\n", "triggers"},
		"every branch":           {good, "  push:\n    branches: [main]\n", "  push:\n", "triggers"},
		"text by hand": {
			good, "  workflow_dispatch:\n", "  workflow_dispatch:\n    inputs: {stack: {type: string}}\n", "triggers",
		},
		"no permissions at the top": {good, "permissions: {}\n", "", "permissions"},
		"permissions at the top":    {good, "permissions: {}\n", "permissions: {contents: read}\n", "permissions"},
		"every permission":          {good, "    permissions:\n      contents: read\n", "    permissions: read-all\n", "permissions"},
		"no permissions of a job":   {good, "    permissions:\n      contents: read\n", "", "permissions"},
		"a permission to write":     {good, "contents: read", "contents: write", "permissions"},
		"no timeout":                {good, "    timeout-minutes: 30\n", "", "jobs"},
		"a timeout of days":         {good, "timeout-minutes: 30", "timeout-minutes: 2000", "jobs"},
		"the latest machine":        {good, "ubuntu-24.04", "ubuntu-latest", "jobs"},
		"a tag":                     {good, "@3d3c42e5aac5ba805825da76410c181273ba90b1", "@v7.0.1", "pins"},
		"a short commit":            {good, "@3d3c42e5aac5ba805825da76410c181273ba90b1", "@3d3c42e", "pins"},
		"no version":                {good, " # v7.0.1", "", "pins"},
		"half a version":            {good, " # v7.0.1", " # v7", "pins"},
		"an action of the project":  {good, "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1", "./checkout", "pins"},
		"a workflow of others":      {good, "    runs-on:", "    uses: a/b/.github/workflows/c.yml@main\n    runs-on:", "pins"},
		"credentials that stay":     {good, "        with:\n          persist-credentials: false\n", "", "checkout"},
		"the code of the other run": {
			follow, "github.event.repository.default_branch", "github.event.workflow_run.head_sha", "foreign runs",
		},
		"another repository": {
			follow, "          persist-credentials: false\n",
			"          persist-credentials: false\n          repository: ${{ github.event.workflow_run.head_repository.full_name }}\n",
			"foreign runs",
		},
		"whatever it checks out":  {follow, "          ref: ${{ github.event.repository.default_branch }}\n", "", "foreign runs"},
		"a download over it":      {follow, "path: .delivery", "path: .", "foreign runs"},
		"a cache for all":         {follow, "cache: false", "cache: true", "foreign runs"},
		"any other event":         {follow, "    if: github.event.workflow_run.event == 'pull_request'\n", "", "foreign runs"},
		"a script":                {good, "make health STACK=${{ matrix.stack }}", "./health.sh", "commands"},
		"two commands":            {good, "make health STACK=${{ matrix.stack }}", "make health && make plan", "commands"},
		"two targets":             {good, "make health STACK=${{ matrix.stack }}", "make health plan", "commands"},
		"several lines":           {good, "run: make health STACK=${{ matrix.stack }}", "run: |\n          make a\n          make b", "commands"},
		"a title":                 {good, "make health STACK=${{ matrix.stack }}", "make health A=${{ github.event.pull_request.title }}", "commands"},
		"a branch":                {good, "make health STACK=${{ matrix.stack }}", "make health A=${{ github.head_ref }}", "commands"},
		"an output":               {good, "make health STACK=${{ matrix.stack }}", "make health A=${{ steps.a.outputs.b }}", "commands"},
		"a secret in a command":   {good, "make health STACK=${{ matrix.stack }}", "make health A=${{ secrets.A }}", "secrets commands"},
		"a value of several":      {good, "stack: [staging, prod]", "stack: [staging, $(id)]", "commands"},
		"another shell":           {good, "        env: *environment", "        shell: python\n        env: *environment", "commands"},
		"another directory":       {good, "        env: *environment", "        working-directory: a\n        env: *environment", "commands"},
		"nobody's secrets":        {good, "    environment:\n      name: staging\n", "", "secrets"},
		"a secret of an action":   {good, "persist-credentials: false", "persist-credentials: false\n          token: ${{ secrets.A }}", "secrets"},
		"a secret of a job":       {good, "    steps:", "    env:\n      A: ${{ secrets.A }}\n    steps:", "secrets"},
		"a secret of all":         {good, "jobs:", "env:\n  A: ${{ secrets.A }}\njobs:", "secrets"},
		"all secrets":             {good, "persist-credentials: false", "persist-credentials: ${{ toJSON(secrets) }}", "checkout secrets"},
		"another environment":     {good, "name: staging", "name: anything", "environments"},
		"a fork":                  {review, "    if: github.event.pull_request.head.repo.full_name == github.repository\n", "", "environments"},
		"a fork, too":             {review, "== github.repository", "== github.repository || true", "environments"},
		"production for all":      {review, "name: preview", "name: production", "environments"},
		"nobody waits":            {good, "    concurrency:\n      group: pulumi-${{ matrix.stack }}\n      cancel-in-progress: false\n      queue: max\n", "", "one run for each stack"},
		"another line":            {good, "group: pulumi-${{ matrix.stack }}", "group: deliver", "one run for each stack"},
		"cancelled half-way":      {good, "cancel-in-progress: false", "cancel-in-progress: true", "one run for each stack"},
		"dropped from the line":   {good, "      queue: max\n", "", "one run for each stack"},
		"one line for all":        {good, "jobs:", "concurrency: {group: a}\njobs:", "one run for each stack"},
		"no stack":                {good, "make deliver STACK=${{ matrix.stack }}", "make deliver", "one run for each stack"},
		"down":                    {good, "make health STACK=${{ matrix.stack }}", "make sandbox VERB=destroy", "nothing is taken down"},
		"a protection": {
			good, "make health STACK=${{ matrix.stack }}", "make health ARGS=--ignore-protect", "nothing is taken down",
		},
		"a resource that is forgotten": {
			good, "        env: *environment", "        env: {COMMAND: state delete}", "nothing is taken down",
		},
		"a lock that is broken": {good, "        env: *environment", "        env: {COMMAND: pulumi cancel}", "nothing is taken down"},
	} {
		t.Run(name, func(t *testing.T) {
			changed := strings.Replace(test.text, test.old, test.new, 1)
			require.NotEqual(t, test.text, changed, "the case changes nothing")
			workflow := "deliver"
			if test.text == follow {
				workflow = "comment"
			}
			found := broken(t, workflow, changed)
			for rule := range found {
				assert.Contains(t, test.rule, rule, "another rule is broken: %v", found)
			}
			for _, rule := range workflows.Rules() {
				if strings.Contains(test.rule, rule.Name) {
					assert.NotEmpty(t, found[rule.Name], "the rule %q does not notice", rule.Name)
					tested[rule.Name] = true
				}
			}
		})
	}
	for _, rule := range workflows.Rules() {
		assert.True(t, tested[rule.Name], "no case breaks the rule %q", rule.Name)
	}
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
		strings.Replace(good, "@3d3c42e5aac5ba805825da76410c181273ba90b1", "@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a", 1),
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
	require.Equal(t, []string{"make deliver STACK=prod", "make deliver STACK=staging"}, w.Jobs[0].Commands(w.Jobs[0].Steps[1]))
	require.Equal(t, map[string][]string{"deliver": {"a"}, "health": {"a"}}, workflows.Targets([]workflows.Workflow{w}))
}
