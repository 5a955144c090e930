package runner

import (
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Result is what an operation did. Its JSON form is the sandbox's output for machines. It holds no secrets: the engine
// replaces them by "[secret]" in everything it reports.
type Result struct {
	// Stack and Operation: what was done to what.
	Stack     string `json:"stack"`
	Operation string `json:"operation"`
	// Seconds that the operation took.
	Seconds float64 `json:"seconds"`
	// Changes counts resources by what happened to them, or would: "create", "update", "delete", "same", ...
	Changes map[string]int `json:"changes"`
	// Resources are all that the engine worked on, in the order in which it began.
	Resources []Resource `json:"resources"`
	// Outputs of the stack after the operation, if it has some.
	Outputs map[string]any `json:"outputs,omitempty"`
	// Before are the outputs that the stack had before it, if it had some.
	Before map[string]any `json:"before,omitempty"`
	// Drift is what a refresh found to differ from the state.
	Drift []Drift `json:"drift,omitempty"`
	// Kept is what a destroy left.
	Kept []Kept `json:"kept,omitempty"`
	// Violations are what the policy packs found.
	Violations []Violation `json:"violations,omitempty"`
	// Diagnostics are warnings and errors, each once.
	Diagnostics []Diagnostic `json:"diagnostics,omitempty"`
	// Error is why the operation failed.
	Error string `json:"error,omitempty"`
}

// Changed reports whether the operation did, or would do, anything.
func (r Result) Changed() bool {
	for change, count := range r.Changes {
		if change != string(apitype.OpSame) && count > 0 {
			return true
		}
	}
	return false
}

// Resource is one resource that the engine worked on.
type Resource struct {
	URN       string `json:"urn"`
	Type      string `json:"type"`
	Name      string `json:"name"`
	Operation string `json:"operation"`
	// Custom says that a provider makes it; a component is made of others.
	Custom    bool `json:"custom,omitempty"`
	Protected bool `json:"protected,omitempty"`
	Failed    bool `json:"failed,omitempty"`
}

// Drift is a resource that was changed or deleted outside Pulumi.
type Drift struct {
	URN string `json:"urn"`
	// Deleted says that the resource is gone; otherwise Properties are the paths that differ.
	Deleted    bool     `json:"deleted,omitempty"`
	Properties []string `json:"properties,omitempty"`
}

// Kept is a resource that a destroy left in place.
type Kept struct {
	URN string `json:"urn"`
	// Reason is "protected", "needed by a protected resource" or "retained": the last is left in the cloud, but no
	// longer in Pulumi's state.
	Reason string `json:"reason"`
}

// Why a resource is kept.
const (
	ReasonProtected = "protected"
	ReasonNeeded    = "needed by a protected resource"
	ReasonRetained  = "retained"
)

// Violation is something that a policy pack does not let pass, or warns of.
type Violation struct {
	// Policy is the rule's name.
	Policy string `json:"policy"`
	URN    string `json:"urn,omitempty"`
	// Level is "mandatory", which ends the operation, or "advisory".
	Level   string `json:"level"`
	Message string `json:"message"`
}

// Diagnostic is a message of the engine, a provider or the program.
type Diagnostic struct {
	Severity string `json:"severity"`
	URN      string `json:"urn,omitempty"`
	Message  string `json:"message"`
}

// collector turns the engine's events into a [Result].
type collector struct {
	events chan events.EngineEvent
	stop   chan struct{}
	done   chan struct{}

	// log receives every event, if it is set; logError is why that failed.
	log      *json.Encoder
	logError error

	result  Result
	indices map[string]int // by URN and operation
}

// newCollector starts a collector that writes every event to a log as well, unless that is nil.
func newCollector(log io.Writer) *collector {
	c := &collector{
		events:  make(chan events.EngineEvent),
		stop:    make(chan struct{}),
		done:    make(chan struct{}),
		indices: map[string]int{},
		result:  Result{Changes: map[string]int{}, Resources: []Resource{}},
	}
	if log != nil {
		c.log = json.NewEncoder(log)
	}
	go c.collect()
	return c
}

func (c *collector) collect() {
	defer close(c.done)
	for {
		select {
		case event, ok := <-c.events:
			if !ok {
				return
			}
			if c.log != nil && c.logError == nil {
				c.logError = c.log.Encode(event.EngineEvent)
			}
			c.record(event.EngineEvent)
		case <-c.stop:
			return
		}
	}
}

// finish returns what was collected. Once an operation has returned, all its events have been sent, but if it failed
// early then nobody closes the channel.
func (c *collector) finish() Result {
	close(c.stop)
	<-c.done
	return c.result
}

func (c *collector) record(event apitype.EngineEvent) {
	switch {
	case event.ResourcePreEvent != nil:
		c.started(event.ResourcePreEvent.Metadata)
	case event.ResOutputsEvent != nil:
		c.finished(event.ResOutputsEvent.Metadata)
	case event.ResOpFailedEvent != nil:
		if i, ok := c.indices[key(event.ResOpFailedEvent.Metadata)]; ok {
			c.result.Resources[i].Failed = true
		}
	case event.DiagnosticEvent != nil:
		c.diagnostic(*event.DiagnosticEvent)
	case event.PolicyEvent != nil:
		c.result.Violations = append(c.result.Violations, Violation{
			Policy: event.PolicyEvent.PolicyName, URN: event.PolicyEvent.ResourceURN,
			Level:   event.PolicyEvent.EnforcementLevel,
			Message: plain(event.PolicyEvent.Message),
		})
	case event.SummaryEvent != nil:
		for change, count := range event.SummaryEvent.ResourceChanges {
			c.result.Changes[string(change)] = count
		}
	}
}

// key identifies a step: a replacement is several steps on one URN.
func key(step apitype.StepEventMetadata) string { return string(step.Op) + " " + step.URN }

func (c *collector) started(step apitype.StepEventMetadata) {
	if _, ok := c.indices[key(step)]; ok {
		return
	}
	state := step.New
	if state == nil {
		state = step.Old
	}
	c.indices[key(step)] = len(c.result.Resources)
	c.result.Resources = append(c.result.Resources, Resource{
		URN: step.URN, Type: step.Type, Name: resource.URN(step.URN).Name(), Operation: string(step.Op),
		Custom: state != nil && state.Custom, Protected: state != nil && state.Protect,
	})
}

func (c *collector) finished(step apitype.StepEventMetadata) {
	if step.Type == string(resource.RootStackType) {
		if step.New != nil && len(step.New.Outputs) > 0 {
			c.result.Outputs = maskObject(step.New.Outputs)
		}
		if step.Old != nil && len(step.Old.Outputs) > 0 {
			c.result.Before = maskObject(step.Old.Outputs)
		}
	}
	if step.Op == apitype.OpDelete && step.Old != nil && step.Old.RetainOnDelete && step.Old.Custom {
		c.result.Kept = append(c.result.Kept, Kept{URN: step.URN, Reason: ReasonRetained})
	}
	c.drift(step)
}

// masked is what stands in the place of a secret value.
const masked = "[secret]"

// mask replaces every secret in an event's value, an object with a signature, by "[secret]".
func mask(value any) any {
	switch value := value.(type) {
	case map[string]any:
		if value[resource.SigKey] == resource.SecretSig {
			return masked
		}
		return maskObject(value)
	case []any:
		list := make([]any, len(value))
		for i, element := range value {
			list[i] = mask(element)
		}
		return list
	default:
		return value
	}
}

func maskObject(object map[string]any) map[string]any {
	result := make(map[string]any, len(object))
	for name, value := range object {
		result[name] = mask(value)
	}
	return result
}

// drift records what a refresh found. Other operations refresh nothing here.
func (c *collector) drift(step apitype.StepEventMetadata) {
	if _, refreshed := c.indices[string(apitype.OpRefresh)+" "+step.URN]; !refreshed {
		return
	}
	switch step.Op { //nolint:exhaustive // a refresh finds nothing else
	case apitype.OpDelete:
		c.result.Drift = append(c.result.Drift, Drift{URN: step.URN, Deleted: true})
	case apitype.OpUpdate:
		properties := slices.Sorted(maps.Keys(step.DetailedDiff))
		if len(properties) == 0 {
			properties = slices.Sorted(slices.Values(step.Diffs))
		}
		c.result.Drift = append(c.result.Drift, Drift{URN: step.URN, Properties: properties})
	}
}

// plain is a message without the markers that the engine's have in place of a terminal's colours.
func plain(text string) string { return strings.TrimSpace(colors.Never.Colorize(text)) }

func (c *collector) diagnostic(event apitype.DiagnosticEvent) {
	if event.Ephemeral || event.Severity == "debug" || strings.HasPrefix(event.Severity, "info") {
		return
	}
	d := Diagnostic{Severity: event.Severity, URN: event.URN, Message: plain(event.Message)}
	if d.Message == "" || slices.Contains(c.result.Diagnostics, d) {
		return
	}
	c.result.Diagnostics = append(c.result.Diagnostics, d)
	// The engine ends with one of these, whatever went wrong before.
	if last := d.Message == "update failed" || d.Message == "preview failed"; last && c.result.Error != "" {
		return
	}
	if d.Severity == "error" {
		c.result.Error = strings.TrimPrefix(c.result.Error+"\n"+d.Message, "\n")
	}
}
