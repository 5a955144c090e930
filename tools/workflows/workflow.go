// Package workflows holds the rules that the workflows of this repository keep, beside those of actionlint: what may
// start them, what they may do, and that whatever they run is a target of the Makefile, which anybody can run.
package workflows

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Workflow is a file in .github/workflows.
type Workflow struct {
	// Name is the file's, without .yml.
	Name string
	// Text is what is in it.
	Text string
	root *yaml.Node
	// Jobs are its jobs, in the order of the file.
	Jobs []Job
}

// Job is one of its jobs.
type Job struct {
	Name  string
	node  *yaml.Node
	Steps []Step
}

// Step is one of a job's steps.
type Step struct {
	node *yaml.Node
	// Uses is the action, with its pin; Version is what the comment beside it says.
	Uses, Version string
	// Run is the command.
	Run string
}

// Finding is where a rule is broken, and what to do.
type Finding struct {
	Line int
	Text string
}

// Read reads the workflows of a repository.
func Read(root string) ([]Workflow, error) {
	paths, err := filepath.Glob(filepath.Join(root, ".github", "workflows", "*"))
	if err != nil {
		return nil, err
	}
	var all []Workflow
	for _, path := range paths {
		name, ok := strings.CutSuffix(filepath.Base(path), ".yml")
		if !ok {
			return nil, fmt.Errorf("%s: the name of a workflow ends with .yml", path)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		w, err := Parse(name, string(text))
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", path, err)
		}
		all = append(all, w)
	}
	return all, nil
}

// Parse reads a workflow.
func Parse(name, text string) (Workflow, error) {
	w := Workflow{Name: name, Text: text}
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		return w, err
	}
	if len(document.Content) != 1 {
		return w, fmt.Errorf("the workflow %s is empty", name)
	}
	w.root = resolved(document.Content[0])
	for job, node := range pairs(at(w.root, "jobs")) {
		j := Job{Name: job.Value, node: node}
		if steps := at(node, "steps"); steps != nil {
			for _, step := range steps.Content {
				s := Step{node: step, Run: strings.TrimSpace(scalar(at(step, "run")))}
				if uses := at(step, "uses"); uses != nil {
					s.Uses, s.Version = uses.Value, strings.TrimSpace(strings.TrimPrefix(uses.LineComment, "#"))
				}
				j.Steps = append(j.Steps, s)
			}
		}
		w.Jobs = append(w.Jobs, j)
	}
	return w, nil
}

// Triggers are the events that start the workflow.
func (w Workflow) Triggers() []string {
	on := at(w.root, "on")
	switch {
	case on == nil:
		return nil
	case on.Kind == yaml.ScalarNode:
		return []string{on.Value}
	case on.Kind == yaml.SequenceNode:
		var events []string
		for _, event := range on.Content {
			events = append(events, event.Value)
		}
		return events
	}
	var events []string
	for event := range pairs(on) {
		events = append(events, event.Value)
	}
	return events
}

// Commands are what a step runs: one command for each combination of the job's matrix.
func (j Job) Commands(s Step) []string {
	commands := []string{s.Run}
	for key, values := range j.matrix() {
		var expanded []string
		for _, command := range commands {
			for _, value := range values {
				expanded = append(expanded, strings.ReplaceAll(command, "${{ matrix."+key+" }}", value))
			}
		}
		commands = expanded
	}
	slices.Sort(commands)
	return slices.Compact(commands)
}

// matrix is what the keys of the job's matrix may be.
func (j Job) matrix() map[string][]string {
	values := map[string][]string{}
	for key, list := range pairs(at(j.node, "strategy", "matrix")) {
		if list.Kind != yaml.SequenceNode || key.Value == "exclude" {
			continue
		}
		for _, value := range list.Content {
			if key.Value != "include" {
				values[key.Value] = append(values[key.Value], value.Value)
				continue
			}
			for inner, value := range pairs(value) {
				values[inner.Value] = append(values[inner.Value], value.Value)
			}
		}
	}
	return values
}

// command is a target of the Makefile, with variables that are plain words.
var command = regexp.MustCompile(`^make ([a-z][a-z-]*)((?: [A-Z_]+=[A-Za-z0-9._/-]+)*)$`)

// Target is what a command makes, and with which variables.
func Target(text string) (target string, variables map[string]string, ok bool) {
	found := command.FindStringSubmatch(text)
	if found == nil {
		return "", nil, false
	}
	variables = map[string]string{}
	for _, variable := range strings.Fields(found[2]) {
		name, value, _ := strings.Cut(variable, "=")
		variables[name] = value
	}
	return found[1], variables, true
}

// Targets are what all of the workflows make, each with the workflows that do.
func Targets(all []Workflow) map[string][]string {
	targets := map[string][]string{}
	for _, w := range all {
		for _, j := range w.Jobs {
			for _, s := range j.Steps {
				for _, c := range j.Commands(s) {
					if target, _, ok := Target(c); ok && !slices.Contains(targets[target], w.Name) {
						targets[target] = append(targets[target], w.Name)
					}
				}
			}
		}
	}
	return targets
}

// resolved is a node with what its aliases stand for.
func resolved(node *yaml.Node) *yaml.Node {
	for i, child := range node.Content {
		if child.Kind == yaml.AliasNode {
			node.Content[i] = child.Alias
		}
		resolved(node.Content[i])
	}
	return node
}

// at is what is at the end of these keys, nil if nothing is.
func at(node *yaml.Node, keys ...string) *yaml.Node {
	for _, key := range keys {
		var below *yaml.Node
		for name, value := range pairs(node) {
			if name.Value == key {
				below = value
			}
		}
		node = below
	}
	return node
}

// pairs are the keys and values of a mapping; of anything else, none.
func pairs(node *yaml.Node) func(yield func(key, value *yaml.Node) bool) {
	return func(yield func(key, value *yaml.Node) bool) {
		if node == nil || node.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(node.Content); i += 2 {
			if !yield(node.Content[i], node.Content[i+1]) {
				return
			}
		}
	}
}

func scalar(node *yaml.Node) string {
	if node == nil || node.Kind != yaml.ScalarNode {
		return ""
	}
	return node.Value
}

// mapping is a mapping of texts.
func mapping(node *yaml.Node) map[string]string {
	m := map[string]string{}
	for key, value := range pairs(node) {
		m[key.Value] = scalar(value)
	}
	return m
}

// sorted are the keys of a map in order.
func sorted[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
