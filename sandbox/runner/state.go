package runner

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// State is what Pulumi remembers of a stack, secrets encrypted.
type State struct {
	Resources []apitype.ResourceV3 `json:"resources"`
}

// State reads the stack's state.
func (s *Sandbox) State(ctx context.Context) (State, error) {
	// Not the Automation API's Export, which decrypts the secrets.
	out, err := s.pulumi(ctx, "stack", "export")
	if err != nil {
		return State{}, fmt.Errorf("reading the state of stack %q: %w", s.options.Stack, err)
	}
	var exported struct {
		Deployment State `json:"deployment"`
	}
	if err := json.Unmarshal([]byte(out), &exported); err != nil {
		return State{}, fmt.Errorf("reading the state of stack %q: %w", s.options.Stack, err)
	}
	return exported.Deployment, nil
}

// kept says why each resource that is left after a destroy was kept.
func (s State) kept() []Kept {
	var kept []Kept
	for _, resource := range s.Resources {
		reason := ReasonNeeded
		if resource.Protect {
			reason = ReasonProtected
		}
		kept = append(kept, Kept{URN: string(resource.URN), Reason: reason})
	}
	return kept
}
