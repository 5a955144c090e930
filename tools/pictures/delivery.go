package pictures

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Workflow is a file in .github/workflows, as far as a picture shows it.
type Workflow struct {
	// Name is the one that other workflows know it by.
	Name string
	// On are the events that start it, in the order of the file, with what narrows them.
	On []string
	// After are the workflows whose end starts it.
	After []string
	// Jobs are in the order of the file.
	Jobs []Job
}

// Job is one of its jobs.
type Job struct {
	Name  string
	Needs []string
	// Environment is GitHub's, whose secrets the job sees, and whose reviewers it waits for.
	Environment string
	// Runs are the targets of the Makefile that it runs, but for those that only prepare.
	Runs []string
	// Each is what the job is run for, one by one.
	Each []string
}

// texts is a text or a list of them.
type texts []string

// UnmarshalYAML reads either.
func (t *texts) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		*t = texts{node.Value}
		return nil
	}
	return node.Decode((*[]string)(t))
}

// Workflows reads the workflows of a repository, in the order of their names.
func Workflows(repository string) ([]Workflow, error) {
	paths, err := filepath.Glob(filepath.Join(repository, ".github", "workflows", "*.yml"))
	if err != nil {
		return nil, err
	}
	var all []Workflow
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		workflow, err := parseWorkflow(text)
		if err != nil {
			return nil, err
		}
		all = append(all, workflow)
	}
	return all, nil
}

func parseWorkflow(text []byte) (Workflow, error) {
	var file struct {
		Name string
		On   map[string]any
		Jobs yaml.Node
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return Workflow{}, err
	}
	workflow := Workflow{Name: file.Name}
	events := Inputs(file.On)
	for _, event := range events.names() {
		switch event {
		case "push":
			for _, branch := range events.Texts("push", "branches") {
				workflow.On = append(workflow.On, "push to "+branch)
			}
			for _, tag := range events.Texts("push", "tags") {
				workflow.On = append(workflow.On, "tag "+tag)
			}
		case "schedule":
			for _, at := range events.List("schedule") {
				workflow.On = append(workflow.On, when(at.Text("cron")))
			}
		case "workflow_run":
			workflow.After = events.Texts("workflow_run", "workflows")
		case "workflow_dispatch":
			workflow.On = append(workflow.On, "by hand")
		default:
			workflow.On = append(workflow.On, strings.ReplaceAll(event, "_", " "))
		}
	}
	for i := 0; i+1 < len(file.Jobs.Content); i += 2 {
		var job struct {
			Needs       texts
			Environment struct{ Name string }
			Strategy    struct{ Matrix map[string]any }
			Steps       []struct{ Run string }
		}
		if err := file.Jobs.Content[i+1].Decode(&job); err != nil {
			return Workflow{}, err
		}
		made := Job{Name: file.Jobs.Content[i].Value, Needs: job.Needs, Environment: job.Environment.Name}
		for _, step := range job.Steps {
			made.Runs = append(made.Runs, target(step.Run)...)
		}
		matrix := Inputs(job.Strategy.Matrix)
		for _, of := range matrix.names() {
			if of != "include" {
				made.Each = append(made.Each, matrix.Texts(of)...)
			}
		}
		workflow.Jobs = append(workflow.Jobs, made)
	}
	return workflow, nil
}

// target is the Makefile's that a step runs; none where that only prepares another one.
func target(run string) []string {
	words := strings.Fields(run)
	preparing := []string{"charts", "pack", "unpack", "pr-number", "pulumi-version", "newest"}
	if len(words) < 2 || words[0] != "make" || slices.Contains(preparing, words[1]) {
		return nil
	}
	return []string{"make\u00a0" + words[1]}
}

// reviewed is the environment that waits for a reviewer. GitHub keeps that in its settings, and no workflow says it.
const reviewed = "production"

// Delivery draws the road of a change: the workflows, their jobs, and what each waits for.
func Delivery(workflows []Workflow) Picture {
	picture := Picture{
		Name:  "delivery",
		Title: "The way of a change to production",
		Description: "A pull request is checked and commented on; what is merged goes to staging, and once it is " +
			"approved to production. Other workflows run at times of their own.",
	}
	boxes := map[string]*Box{}
	others := &Box{Title: "Beside it", Look: region, Columns: 2}
	var road []*Box
	for _, w := range workflows {
		if !w.road() {
			lines := []string{strings.Join(w.On, ", ")}
			others.Boxes = append(others.Boxes, &Box{Title: w.Name, Look: thing, Lines: lines})
			continue
		}
		box := &Box{Title: w.Name, Look: network, Free: true}
		if len(w.On) > 0 {
			box.Lines = []string{strings.Join(w.On, ", ")}
		}
		boxes[w.Name] = box
		jobs := map[string]*Box{}
		alone := &Box{Title: "side by side", Look: cluster, Columns: 2}
		for _, job := range w.Jobs {
			if w.lone(job) && len(w.Jobs) > 1 {
				alone.Boxes = append(alone.Boxes, job.box())
				continue
			}
			jobs[job.Name] = sized(216, job.box())
			box.Boxes = append(box.Boxes, jobs[job.Name])
		}
		for _, job := range w.Jobs {
			label := ""
			if job.Environment == reviewed {
				label = "approved by a reviewer"
			}
			for _, need := range job.Needs {
				picture.line(jobs[need], jobs[job.Name], label, false)
			}
		}
		if len(alone.Boxes) > 0 {
			box.Boxes = append(box.Boxes, sized(306, alone))
		}
		road = append(road, box)
	}
	// From the pull request on, as a change goes.
	slices.SortStableFunc(road, func(a, b *Box) int { return strings.Compare(b.Title, a.Title) })
	picture.Boxes = road
	if len(others.Boxes) > 0 {
		picture.Boxes = append(picture.Boxes, sized(500, others))
	}
	for _, w := range workflows {
		for _, before := range w.After {
			picture.line(boxes[before], boxes[w.Name], "ends", false)
		}
	}
	picture.line(boxes["pull-request"], boxes["deliver"], "merged", false)
	if box := boxes["deliver"]; box != nil && len(others.Boxes) > 0 {
		picture.Lines = append(picture.Lines, Line{From: box, To: others, Hidden: true})
	}
	return picture
}

// road says whether a workflow is a part of a change's road: its jobs wait for each other, or it waits for another one.
func (w Workflow) road() bool {
	chained := slices.ContainsFunc(w.Jobs, func(j Job) bool { return len(j.Needs) > 0 && j.Environment != "" })
	return chained || len(w.After) > 0
}

// lone says whether a job waits for no other one, and none for it.
func (w Workflow) lone(job Job) bool {
	return len(job.Needs) == 0 &&
		!slices.ContainsFunc(w.Jobs, func(other Job) bool { return slices.Contains(other.Needs, job.Name) })
}

func (j Job) box() *Box {
	box := &Box{Title: j.Name, Look: work}
	if len(j.Each) > 0 {
		box.Lines = append(box.Lines, "for "+strings.Join(j.Each, ", "))
	}
	if len(j.Runs) > 0 {
		box.Lines = append([]string{strings.Join(j.Runs, ", ")}, box.Lines...)
	}
	if j.Environment != "" {
		box.Lines = append(box.Lines, "environment "+j.Environment)
	}
	return box
}
