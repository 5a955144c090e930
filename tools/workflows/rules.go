package workflows

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Rule is one that a workflow keeps by itself.
type Rule struct {
	Name  string
	Check func(Workflow) findings
}

// findings are what a rule finds.
type findings []Finding

// add adds what is wrong at the first of these nodes that is there.
func (f *findings) add(text string, nodes ...*yaml.Node) {
	at := 1
	for _, node := range nodes {
		if node != nil {
			at = node.Line
			break
		}
	}
	*f = append(*f, Finding{at, text})
}

// Rules are all of them.
func Rules() []Rule {
	return []Rule{
		{"triggers", triggers},
		{"permissions", permissions},
		{"jobs", jobs},
		{"pins", pins},
		{"checkout", checkout},
		{"caches", caches},
		{"foreign runs", foreignRuns},
		{"commands", commands},
		{"packages", packages},
		{"secrets", secrets},
		{"environments", environments},
		{"one run for each stack", oneRun},
		{"nothing is taken down", nothingIsTakenDown},
	}
}

// The names of what is told apart in more than one place.
const (
	pullRequest = "pull_request"
	workflowRun = "workflow_run"
	checkoutOf  = "actions/checkout"
	downloadOf  = "actions/download-artifact"
	setupGo     = "actions/setup-go"
)

// allowed are the events that start workflows. pull_request_target and issue_comment are not among them: they run with
// secrets for whoever asks.
var allowed = []string{"push", pullRequest, workflowRun, "schedule", "workflow_dispatch"}

func triggers(w Workflow) (found findings) {
	on := at(w.root, "on")
	for _, event := range w.Triggers() {
		if !slices.Contains(allowed, event) {
			found.add(event+" must not start a workflow: it has secrets, and strangers cause it", on)
		}
	}
	if slices.Contains(w.Triggers(), "push") && at(on, "push", "branches") == nil && at(on, "push", "tags") == nil {
		found.add("push names no branches and no tags: everybody's branch would do", on)
	}
	if at(on, "workflow_dispatch", "inputs") != nil {
		found.add("a run by hand has no inputs: what is delivered is a commit, and no text", on)
	}
	return found
}

// writes are the permissions to write that there are, by workflow and job. Whoever adds one says so here.
var writes = map[string]string{
	"comment/comment pull-requests":   "one comment",
	"drift/drift issues":              "one issue",
	"outdated/outdated issues":        "one issue",
	"security/codeql security-events": "what CodeQL finds",
	"release/publish contents":        "the release of a tag",
}

func permissions(w Workflow) (found findings) {
	top := at(w.root, "permissions")
	if top == nil || top.Kind != yaml.MappingNode || len(top.Content) > 0 {
		found.add("the workflow begins with `permissions: {}`: each job asks for its own", top)
	}
	for _, j := range w.Jobs {
		own := at(j.node, "permissions")
		if own == nil || own.Kind != yaml.MappingNode {
			found.add("job "+j.Name+" lists its permissions, each by its name", own, j.node)
		}
		for name, value := range mapping(own) {
			if _, ok := writes[w.Name+"/"+j.Name+" "+name]; value == "write" && !ok {
				found.add(fmt.Sprintf("job %s may write %s: is that needed?", j.Name, name), own)
			}
		}
	}
	return found
}

// jobs checks what every job has. 360 minutes is GitHub's own limit, which nobody sees coming.
func jobs(w Workflow) (found findings) {
	for _, j := range w.Jobs {
		timeout, err := strconv.Atoi(scalar(at(j.node, "timeout-minutes")))
		if err != nil || timeout < 1 || timeout > 240 {
			found.add("job "+j.Name+" has timeout-minutes, of at most 240", j.node)
		}
		if scalar(at(j.node, "runs-on")) != "ubuntu-24.04" {
			found.add("job "+j.Name+" runs on ubuntu-24.04: what is latest changes overnight", j.node)
		}
	}
	return found
}

var (
	pinned  = regexp.MustCompile(`^([A-Za-z0-9-]+/[A-Za-z0-9._-]+)((?:/[A-Za-z0-9._-]+)*)@([0-9a-f]{40})$`)
	release = regexp.MustCompile(`^v\d+\.\d+\.\d+$`)
)

// action is the action of a step, without its path and its pin.
func (s Step) action() string {
	name, _, _ := strings.Cut(s.Uses, "@")
	if parts := strings.SplitN(name, "/", 3); len(parts) > 2 {
		return parts[0] + "/" + parts[1]
	}
	return name
}

func pins(w Workflow) (found findings) {
	for _, j := range w.Jobs {
		if uses := at(j.node, "uses"); uses != nil {
			found.add("job "+j.Name+" uses a workflow of others: write its steps", uses)
		}
		for _, s := range j.Steps {
			if s.Uses != "" && (!pinned.MatchString(s.Uses) || !release.MatchString(s.Version)) {
				found.add(s.Uses+": write the commit's 40 digits, and # v1.2.3 beside them", s.node)
			}
		}
	}
	return found
}

// SamePins finds the actions that have another pin in another place.
func SamePins(all []Workflow) (found []string) {
	pins := map[string]map[string]bool{}
	for _, w := range all {
		for _, j := range w.Jobs {
			for _, s := range j.Steps {
				if parts := pinned.FindStringSubmatch(s.Uses); parts != nil {
					if pins[parts[1]] == nil {
						pins[parts[1]] = map[string]bool{}
					}
					pins[parts[1]][parts[3]+" "+s.Version] = true
				}
			}
		}
	}
	for _, action := range sorted(pins) {
		if len(pins[action]) > 1 {
			found = append(found, fmt.Sprintf("%s is %s", action, strings.Join(sorted(pins[action]), " and ")))
		}
	}
	return found
}

func checkout(w Workflow) (found findings) {
	for _, j := range w.Jobs {
		for _, s := range j.Steps {
			if s.action() == checkoutOf && scalar(at(s.node, "with", "persist-credentials")) != "false" {
				found.add("persist-credentials: false, or every later step has the token", s.node)
			}
		}
	}
	return found
}

// caches checks that Go is the one of go.mod, and that what is cached is found by what was compiled: the go.sum files.
// A job that compiles little names cache: false.
func caches(w Workflow) (found findings) {
	for _, j := range w.Jobs {
		for _, s := range j.Steps {
			with := mapping(at(s.node, "with"))
			if s.action() != setupGo {
				continue
			}
			if with["go-version-file"] != "go.mod" {
				found.add("go-version-file: go.mod, which says what the program is tested with", s.node)
			}
			if with["cache"] != "false" && !strings.Contains(with["cache-dependency-path"], "go.sum") {
				found.add("cache-dependency-path: the go.sum files of what this job compiles", s.node)
			}
		}
	}
	return found
}

// foreignRuns checks the workflows that begin when another ends. They have rights which that one has not, so that
// nothing of it may run: what they check out is the default branch, and what they download lies apart.
func foreignRuns(w Workflow) (found findings) {
	if !slices.Contains(w.Triggers(), workflowRun) {
		return nil
	}
	for _, j := range w.Jobs {
		if !strings.Contains(scalar(at(j.node, "if")), "github.event.workflow_run.event == 'pull_request'") {
			found.add("job "+j.Name+" asks for github.event.workflow_run.event", j.node)
		}
		for _, s := range j.Steps {
			with := mapping(at(s.node, "with"))
			switch {
			case s.action() == checkoutOf:
				if with["ref"] != "${{ github.event.repository.default_branch }}" || with["repository"] != "" {
					found.add("check out the default branch, and nothing of the other run", s.node)
				}
			case s.action() == downloadOf:
				if with["path"] != ".delivery" || with["run-id"] == "" {
					found.add("download into .delivery, where nothing is run from", s.node)
				}
			case s.action() == setupGo && with["cache"] != "false":
				found.add("cache: false, or what is cached here serves every run", s.node)
			}
		}
		if at(j.node, "environment") != nil {
			found.add("job "+j.Name+" has an environment, and with it secrets", j.node)
		}
	}
	return found
}

// commands checks that a step runs one target and nothing else: what a workflow does can then be run by anybody, and
// no text of a stranger is ever read by a shell.
func commands(w Workflow) (found findings) {
	for _, j := range w.Jobs {
		for _, s := range j.Steps {
			if s.Run == "" {
				continue
			}
			for _, c := range j.Commands(s) {
				if _, _, ok := Target(c); !ok {
					found.add(fmt.Sprintf("%q is not `make target NAME=word`: other text goes through env", c), s.node)
				}
			}
			for _, key := range []string{"shell", "working-directory"} {
				if at(s.node, key) != nil {
					found.add(key+": a target of the Makefile runs anywhere alike", s.node)
				}
			}
		}
	}
	return found
}

// tested are the targets that run the scripts of pods, which need what `make test-packages` installs.
var tested = []string{"test", "mutants", "edits"}

// packages checks that what tests run is there: the machines of GitHub have not all of it, and a test without fails.
func packages(w Workflow) (found findings) {
	for _, j := range w.Jobs {
		installed := false
		for _, s := range j.Steps {
			for _, c := range j.Commands(s) {
				target, _, _ := Target(c)
				installed = installed || target == "test-packages"
				if slices.Contains(tested, target) && !installed {
					found.add("job "+j.Name+" runs `make test-packages` before `make "+target+"`", s.node)
				}
			}
		}
	}
	return found
}

var secret = regexp.MustCompile(`\bsecrets\b`)

// secrets checks that they are an environment's, which decides who gets them, and that only our own commands see them.
func secrets(w Workflow) (found findings) {
	for _, j := range w.Jobs {
		for _, s := range j.Steps {
			if s.Run == "" || at(j.node, "environment") == nil {
				found = append(found, secretsIn(s.node)...)
				continue
			}
			for key, value := range pairs(s.node) {
				if key.Value != "env" {
					found = append(found, secretsIn(value)...)
				}
			}
		}
		for key, value := range pairs(j.node) {
			if key.Value != "steps" {
				found = append(found, secretsIn(value)...)
			}
		}
	}
	for key, value := range pairs(w.root) {
		if key.Value != "jobs" {
			found = append(found, secretsIn(value)...)
		}
	}
	return found
}

func secretsIn(node *yaml.Node) (found findings) {
	if strings.Contains(node.Value, "${{") && secret.MatchString(node.Value) {
		found.add("a secret belongs into env of a step that runs make, in a job with an environment", node)
	}
	for _, child := range node.Content {
		found = append(found, secretsIn(child)...)
	}
	return found
}

// ours says that a pull request is of a branch of the repository itself.
const ours = "github.event.pull_request.head.repo.full_name == github.repository"

func environments(w Workflow) (found findings) {
	for _, j := range w.Jobs {
		name := scalar(at(j.node, "environment", "name"))
		if at(j.node, "environment") == nil {
			continue
		}
		if !slices.Contains([]string{"preview", "staging", "production"}, name) {
			found.add("job "+j.Name+": environment: {name: preview, staging or production}", j.node)
		}
		if !slices.Contains(w.Triggers(), pullRequest) {
			continue
		}
		condition := scalar(at(j.node, "if"))
		if !strings.Contains(condition, ours) || strings.Contains(condition, "||") {
			found.add("job "+j.Name+" begins only if "+ours, j.node)
		}
		if name != "preview" {
			found.add("job "+j.Name+": a pull request sees nothing but preview", j.node)
		}
	}
	return found
}

// lines are the concurrency groups of the targets that change a stack, or compare it with what is there. An approval
// that nobody gives may hold the line of the deliveries, and the comparison of every night does not stand in it.
var lines = map[string]string{"deliver": "pulumi-", "drift": "drift-"}

// oneRun checks that what does the same to a stack waits for each other. What is cancelled half-way leaves a lock, and
// resources that the state does not know; and of those that wait, GitHub drops all but one unless it is told otherwise.
func oneRun(w Workflow) (found findings) {
	changes := false
	for _, j := range w.Jobs {
		own := mapping(at(j.node, "concurrency"))
		for _, s := range j.Steps {
			for _, c := range j.Commands(s) {
				target, variables, _ := Target(c)
				prefix, ok := lines[target]
				if !ok {
					continue
				}
				changes = true
				stack := variables["STACK"]
				if stack == "" {
					found.add("job "+j.Name+" names no STACK", s.node)
				}
				if group := own["group"]; group != prefix+stack && group != prefix+"${{ matrix.stack }}" {
					found.add("job "+j.Name+" has the concurrency group "+prefix+stack, j.node)
				}
				if own["cancel-in-progress"] != "false" {
					found.add("job "+j.Name+" has cancel-in-progress: false", j.node)
				}
				if target == "deliver" && own["queue"] != "max" {
					found.add("job "+j.Name+" has queue: max", j.node)
				}
			}
		}
	}
	if top := mapping(at(w.root, "concurrency")); changes && len(top) > 0 {
		found.add("the line is each stack's, not the workflow's: staging does not wait for an approval", w.root)
	}
	return found
}

// forbidden is what no workflow does, and no command of one: a stack is taken down, a protection is lifted, a resource
// is forgotten, and a lock is broken by a person who has looked.
var forbidden = regexp.MustCompile(`(?i)\bdestroy\b|--(ignore|exclude)-protect|\bstate\s+(delete|unprotect)\b|` +
	`\bpulumi\s+(cancel|down)\b|\bstack\s+(rm|import)\b`)

func nothingIsTakenDown(w Workflow) (found findings) {
	for i, text := range strings.Split(w.Text, "\n") {
		if word := forbidden.FindString(text); word != "" {
			found = append(found, Finding{i + 1, word + " has no place in a workflow: a person does it, by hand"})
		}
	}
	return found
}
