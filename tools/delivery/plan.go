package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/backend/display"
	"github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/policy/rules"
	"github.com/vmstio/infrastructure/tools/internal/stackfile"
)

// plan is what a preview says that would be done, from the events that the engine logs (`pulumi preview --event-log`).
// It holds no secret: the engine writes "[secret]" in the place of each.
type plan struct {
	stack string
	// steps are what would be done, in the engine's order.
	steps []step
	// operations are what the engine does in steps, as the rules of the policy want them.
	operations []rules.Operation
	// drift is what was changed or deleted outside Pulumi, as a preview that refreshes finds.
	drift []drift
	// counts are the resources by what would be done to them, "same" included.
	counts map[apitype.OpType]int
	// before and after are the outputs of the stack.
	before, after map[string]any
	// violations are what a policy pack found.
	violations []violation
	// warnings and failures are the engine's, the providers' and the program's, each once.
	warnings, failures []string
	// finished is whether the engine came to an end, well or not.
	finished bool
	// events are those of the resources that change, by URN.
	events map[string][]engine.Event
}

// step is what would be done to one resource.
type step struct {
	urn, typ, name string
	op             apitype.OpType
	// id is that of the object in the cloud, empty before there is one.
	id string
	// protected and retained are what the state says: Pulumi refuses to delete what is protected, and leaves in the
	// cloud what is retained.
	protected, retained bool
	// because are the paths of the properties that differ; those that replace, where it is replaced.
	because []string
	// digest stands for the values that the resource would have.
	digest string
}

// drift is a resource that is not what the last up left.
type drift struct {
	urn     string
	deleted bool
	because []string
}

// violation is a rule of a policy pack that was broken.
type violation struct {
	rule, urn, message string
	// stops is whether it ends an up.
	stops bool
}

// done are the operations that change something. Of a replacement, which is several steps, it is the one that stands
// for all of them.
var done = []apitype.OpType{apitype.OpCreate, apitype.OpUpdate, apitype.OpReplace, apitype.OpDelete, apitype.OpImport}

// readPlan reads the log of a preview.
func readPlan(stack, path string) (*plan, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading the events of stack %s: %w", stack, err)
	}
	defer func() { _ = file.Close() }() // it was only read
	return decodePlan(stack, file)
}

func decodePlan(stack string, log io.Reader) (*plan, error) {
	p := &plan{stack: stack, counts: map[apitype.OpType]int{}, events: map[string][]engine.Event{}}
	refreshed := map[string]bool{}
	decoder := json.NewDecoder(log)
	for line := 1; ; line++ {
		var event apitype.EngineEvent
		switch err := decoder.Decode(&event); {
		case errors.Is(err, io.EOF):
			p.sort()
			return p, nil
		case err != nil:
			return nil, fmt.Errorf("reading event %d of stack %s: %w", line, stack, err)
		}
		p.record(event, refreshed)
		md, draw := p.drawn(event)
		if !draw {
			continue
		}
		// What this version of the engine does not know is not shown.
		if converted, err := display.ConvertJSONEvent(event); err == nil {
			p.events[md.URN] = append(p.events[md.URN], converted)
		}
	}
}

// sort puts everything into an order of its own: the engine works on many resources at once, and so in another order
// every time.
func (p *plan) sort() {
	slices.SortStableFunc(p.steps, func(a, b step) int {
		return cmp.Or(cmp.Compare(a.typ, b.typ), cmp.Compare(a.name, b.name))
	})
	slices.SortStableFunc(p.drift, func(a, b drift) int { return cmp.Compare(a.urn, b.urn) })
	slices.SortStableFunc(p.violations, func(a, b violation) int {
		return cmp.Or(cmp.Compare(a.rule, b.rule), cmp.Compare(a.urn, b.urn))
	})
	slices.Sort(p.failures)
}

// drawn reports whether an event belongs into the difference, and of which step it is: not that the engine looked at
// something which was as it should be, and not the stack around everything.
func (p *plan) drawn(event apitype.EngineEvent) (apitype.StepEventMetadata, bool) {
	var md apitype.StepEventMetadata
	switch {
	case event.ResourcePreEvent != nil:
		md = event.ResourcePreEvent.Metadata
	case event.ResOutputsEvent != nil:
		md = event.ResOutputsEvent.Metadata
	default:
		return md, false
	}
	// The engine's own code for drawing takes it for granted that there is one of them.
	if md.Old == nil && md.New == nil || onlyCredentials(md) {
		return md, false
	}
	if md.Type == string(resource.RootStackType) && md.Op != apitype.OpCreate {
		return md, false
	}
	if slices.ContainsFunc(p.drift, func(d drift) bool { return d.urn == md.URN }) {
		return md, true
	}
	// The end of a replacement says nothing that its other steps have not said.
	return md, !slices.Contains([]apitype.OpType{apitype.OpRefresh, apitype.OpSame, apitype.OpDeleteReplaced}, md.Op)
}

func (p *plan) record(event apitype.EngineEvent, refreshed map[string]bool) {
	switch {
	case event.ResourcePreEvent != nil:
		md := event.ResourcePreEvent.Metadata
		refreshed[md.URN] = md.Op == apitype.OpRefresh
		if md.Op != apitype.OpRefresh && !onlyCredentials(md) {
			p.operations = append(p.operations, rules.OperationOf(md))
		}
		switch {
		case onlyCredentials(md):
			p.counts[apitype.OpUpdate]--
			p.counts[apitype.OpSame]++
		case slices.Contains(done, md.Op):
			p.steps = append(p.steps, stepOf(md))
		}
	case event.ResOutputsEvent != nil:
		md := event.ResOutputsEvent.Metadata
		if md.Type == string(resource.RootStackType) {
			if md.Old != nil && len(md.Old.Outputs) > 0 {
				p.before = md.Old.Outputs
			}
			if md.New != nil && len(md.New.Outputs) > 0 {
				p.after = md.New.Outputs
			}
		}
		if refreshed[md.URN] && (md.Op == apitype.OpUpdate || md.Op == apitype.OpDelete) {
			p.drift = append(p.drift, drift{urn: md.URN, deleted: md.Op == apitype.OpDelete, because: changed(md)})
		}
	case event.PolicyEvent != nil:
		p.violations = append(p.violations, violation{
			rule: event.PolicyEvent.PolicyName, urn: event.PolicyEvent.ResourceURN,
			message: plain(event.PolicyEvent.Message), stops: event.PolicyEvent.EnforcementLevel == "mandatory",
		})
	case event.DiagnosticEvent != nil && !event.DiagnosticEvent.Ephemeral:
		p.said(event.DiagnosticEvent.Severity, plain(event.DiagnosticEvent.Message))
	case event.SummaryEvent != nil:
		p.finished = true
		for op, count := range event.SummaryEvent.ResourceChanges {
			p.counts[op] += count
		}
	}
}

// judge adds what the rules about operations say, which a policy pack cannot see: it is told of no deletion.
func (p *plan) judge(s *settings.Settings) {
	for _, finding := range rules.CheckOperations(p.operations, s) {
		p.violations = append(p.violations, violation{
			rule: finding.Rule, urn: finding.URN, message: finding.Message, stops: finding.Level == rules.Mandatory,
		})
	}
	p.sort()
}

// settingsOf are those of a stack; nil where they cannot be read, which the preview says.
func settingsOf(dir, stack string) *settings.Settings {
	s, err := stackfile.Settings(filepath.Join(dir, "Pulumi."+path.Base(stack)+".yaml"))
	if err != nil {
		return nil
	}
	return s
}

func (p *plan) said(severity, message string) {
	// The engine ends with one of these, whatever went wrong before.
	if message == "" || message == "preview failed" || message == "update failed" {
		return
	}
	switch severity {
	case "warning":
		if !slices.Contains(p.warnings, message) {
			p.warnings = append(p.warnings, message)
		}
	case "error":
		if !slices.Contains(p.failures, message) {
			p.failures = append(p.failures, message)
		}
	}
}

func stepOf(md apitype.StepEventMetadata) step {
	s := step{
		urn: md.URN, typ: md.Type, name: resource.URN(md.URN).Name(), op: md.Op, because: changed(md),
	}
	if md.Old != nil {
		s.id, s.protected, s.retained = md.Old.ID, md.Old.Protect, md.Old.RetainOnDelete
	}
	if md.New != nil {
		// Maps are written in the order of their keys.
		if text, err := json.Marshal(md.New.Inputs); err == nil {
			s.digest = fmt.Sprintf("%x", sha256.Sum256(text))[:12]
		}
	}
	return s
}

// onlyCredentials reports whether a step does nothing but let a provider ask with another token, as every run does
// whose token is not that of the last one. Nothing in the cloud changes by that.
func onlyCredentials(md apitype.StepEventMetadata) bool {
	return md.Op == apitype.OpUpdate && strings.HasPrefix(md.Type, "pulumi:providers:")
}

// changed are the paths of the properties because of which a step is done.
func changed(md apitype.StepEventMetadata) []string {
	var replacing []string
	for path, difference := range md.DetailedDiff {
		if strings.HasSuffix(string(difference.Kind), "-replace") {
			replacing = append(replacing, path)
		}
	}
	for _, paths := range [][]string{replacing, md.Keys, slices.Collect(maps.Keys(md.DetailedDiff)), md.Diffs} {
		if len(paths) > 0 {
			// What the provider itself keeps in the inputs is nobody's setting.
			paths = slices.DeleteFunc(slices.Clone(paths), func(path string) bool {
				return strings.HasPrefix(path, "__")
			})
			slices.Sort(paths)
			return slices.Compact(paths)
		}
	}
	return nil
}

// changes reports whether an up would do anything.
func (p *plan) changes() bool { return len(p.steps) > 0 }

// lines are what would be done, a line for each resource: the operation, the URN, and what stands for the values it
// would have. Two previews of one program on one state have the same.
func (p *plan) lines() []string {
	var lines []string
	for _, s := range p.steps {
		lines = append(lines, strings.TrimSpace(strings.Join([]string{string(s.op), s.urn, s.digest}, " ")))
	}
	slices.Sort(lines)
	return lines
}

// text is the plan as a file: what a person approves.
func (p *plan) text() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# What an up of stack %s would do: operation, URN, digest of the values.\n", p.stack)
	for _, line := range p.lines() {
		fmt.Fprintln(&b, line)
	}
	return b.Bytes()
}

// differences are the lines in which this plan is not the approved one: "+" is new, "-" is not there any more.
func (p *plan) differences(approved []byte) []string {
	was := slices.DeleteFunc(strings.Split(strings.TrimSpace(string(approved)), "\n"),
		func(line string) bool { return line == "" || strings.HasPrefix(line, "#") })
	is := p.lines()
	var lines []string
	for _, line := range is {
		if !slices.Contains(was, line) {
			lines = append(lines, "+ "+line)
		}
	}
	for _, line := range was {
		if !slices.Contains(is, line) {
			lines = append(lines, "- "+line)
		}
	}
	return lines
}

// diff is what the engine would draw: each resource that changes, with its properties.
func (p *plan) diff() (string, error) {
	var events []engine.Event
	for _, urn := range slices.Sorted(maps.Keys(p.events)) {
		events = append(events, p.events[urn]...)
	}
	text, err := display.CreateDiff(events, display.Options{
		Color: colors.Never, SuppressOutputs: true, SuppressPermalink: true, SuppressDiagEventsInDiff: true,
		SuppressTimings: true,
	})
	if err != nil {
		return "", fmt.Errorf("drawing the difference of stack %s: %w", p.stack, err)
	}
	return signed(providers.ReplaceAllString(text, "")), nil
}

// providers are lines that say which provider makes a resource, in most of them for nothing.
var providers = regexp.MustCompile(`(?m)^ *\[provider=.*\n?`)

// operation is the sign of what is done to a resource or a property, behind its indentation.
var operation = regexp.MustCompile(`(?m)^( +)(\+-|-\+|\+\+|--|\+|-|~|>)( |$)`)

// signed moves the signs to the beginning of the lines, where a block of the kind "diff" has its colours by them. "!"
// is a change there.
func signed(text string) string {
	return operation.ReplaceAllStringFunc(text, func(match string) string {
		parts := operation.FindStringSubmatch(match)
		sign := parts[2][:1]
		if len(parts[2]) > 1 && parts[2][0] != parts[2][1] || sign == "~" {
			sign = "!"
		}
		return sign + parts[1][1:] + parts[2] + parts[3]
	})
}

// plain is a message without the markers that the engine's have in place of a terminal's colours.
func plain(text string) string { return strings.TrimSpace(colors.Never.Colorize(text)) }
