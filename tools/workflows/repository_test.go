package workflows_test

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/tools/workflows"
)

const root = "../.."

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	require.NoError(t, err)
	return string(text)
}

func all(t *testing.T) []workflows.Workflow {
	t.Helper()
	found, err := workflows.Read(root)
	require.NoError(t, err)
	require.NotEmpty(t, found)
	return found
}

// newer is what GitHub knows and this version of actionlint does not: the line of those who wait for each other
// (docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax, "concurrency").
var newer = regexp.MustCompile(`unexpected key "queue" for "concurrency" section`)

func TestActionlint(t *testing.T) {
	t.Parallel()
	// Without shellcheck and pyflakes: there is no script in a workflow.
	linter, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{})
	require.NoError(t, err)
	for _, w := range all(t) {
		found, err := linter.Lint(w.Name+".yml", []byte(w.Text), nil)
		require.NoError(t, err)
		for _, problem := range found {
			if !newer.MatchString(problem.Message) {
				t.Error(problem.String())
			}
		}
	}
	found, err := linter.Lint("broken.yml", []byte(strings.Replace(good, "matrix.stack", "matrix.stock", 1)), nil)
	require.NoError(t, err)
	require.NotEmpty(t, found, "actionlint finds nothing")
}

func TestTheWorkflowsKeepTheRules(t *testing.T) {
	t.Parallel()
	for _, w := range all(t) {
		for _, rule := range workflows.Rules() {
			for _, finding := range rule.Check(w) {
				t.Errorf(".github/workflows/%s.yml:%d: %s (%s)", w.Name, finding.Line, finding.Text, rule.Name)
			}
		}
	}
	require.Empty(t, workflows.SamePins(all(t)), "one action has two pins")
}

func TestWhatTheWorkflowsRunIsThere(t *testing.T) {
	t.Parallel()
	makefile := workflows.ParseMakefile(read(t, "Makefile"))
	for target, by := range workflows.Targets(all(t)) {
		if !makefile.Has(target) {
			t.Errorf("%s.yml runs `make %s`: the Makefile has no such target", strings.Join(by, ".yml, "), target)
			continue
		}
		found, err := workflows.TakenDown(root, makefile, target)
		require.NoError(t, err)
		require.Empty(t, found, "what %s.yml runs takes something down", strings.Join(by, ".yml, "))
	}
}

// elsewhere are the targets of workflows that .ci/run does not run, and why. All others it does, so that no workflow is
// the first to try a command.
var elsewhere = map[string]string{
	"plan":            "needs the real state and tokens",
	"deliver":         "needs the real state and tokens",
	"health":          "needs an instance that runs",
	"drift":           "needs the real state and tokens",
	"post-comment":    "needs a pull request at GitHub",
	"report-outdated": "needs issues at GitHub",
	"publish-release": "needs a tag at GitHub",
	"release-notes":   "needs a version that is released",
	"newest":          "needs a commit at GitHub",
	"mutants":         "takes an hour",
	"edits":           "takes an hour",
	"faults":          "takes half an hour",
	"platforms":       "takes a quarter of an hour",
}

func TestWhatTheWorkflowsRunIsTriedHere(t *testing.T) {
	t.Parallel()
	script := read(t, ".ci/run")
	targets := workflows.Targets(all(t))
	for target, by := range targets {
		runs := regexp.MustCompile(`(?m)\bmake ` + target + `(\s|;|$)`).MatchString(script)
		_, excused := elsewhere[target]
		assert.True(t, runs || excused, "%s runs `make %s`, and .ci/run does not", strings.Join(by, ", "), target)
		assert.False(t, runs && excused, "`make %s` needs no excuse: .ci/run runs it", target)
	}
	for target := range elsewhere {
		assert.Contains(t, targets, target, "no workflow runs it")
	}
}

// What each workflow is for is said in docs/content/3.run/8.delivery.md, and so is every secret, variable and
// environment.
func TestTheWorkflowsAreDocumented(t *testing.T) {
	t.Parallel()
	text := read(t, "docs/content/3.run/8.delivery.md")
	named := regexp.MustCompile(`\b(?:secrets|vars)\.([A-Z_]+)`)
	for _, w := range all(t) {
		assert.Contains(t, text, "`"+w.Name+".yml`")
		for _, name := range named.FindAllStringSubmatch(w.Text, -1) {
			assert.Contains(t, text, "`"+name[1]+"`", w.Name)
		}
	}
	for _, environment := range []string{"preview", "staging", "production"} {
		assert.Contains(t, text, "`"+environment+"`")
	}
}

// An action that is downloaded by name is uploaded under that name by a job that comes before.
func TestArtefactsAreHandedOn(t *testing.T) {
	t.Parallel()
	uploaded := regexp.MustCompile(`upload-artifact@[^\n]+\n\s+with:\n\s+name: (\w+)`)
	downloaded := regexp.MustCompile(`download-artifact@[^\n]+\n\s+with:\n\s+(?:name|pattern): (\w+)`)
	names := func(pattern *regexp.Regexp, text string) (names []string) {
		for _, found := range pattern.FindAllStringSubmatch(text, -1) {
			names = append(names, found[1])
		}
		return names
	}
	for _, w := range all(t) {
		from := w.Text
		if w.Name == "comment" {
			from = read(t, ".github/workflows/pull-request.yml")
		}
		for _, name := range names(downloaded, w.Text) {
			assert.Contains(t, names(uploaded, from), name, w.Name)
		}
	}
	require.True(t, slices.Contains(names(uploaded, read(t, ".github/workflows/deliver.yml")), "plan"))
}
