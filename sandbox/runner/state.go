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

// Export returns the stack's state as `pulumi stack export` prints it.
func (s *Sandbox) Export(ctx context.Context) ([]byte, error) {
	// Not the Automation API's Export, which decrypts the secrets.
	out, err := s.Pulumi(ctx, nil, "stack", "export")
	if err != nil {
		return nil, fmt.Errorf("reading the state of stack %q: %w", s.options.Stack, err)
	}
	return []byte(out), nil
}

// Import replaces the stack's state by one that was exported to a file.
func (s *Sandbox) Import(ctx context.Context, file string) error {
	if _, err := s.Pulumi(ctx, nil, "stack", "import", "--file", file); err != nil {
		return fmt.Errorf("taking the state of stack %q from %s: %w", s.options.Stack, file, err)
	}
	return nil
}

// State reads the stack's state.
func (s *Sandbox) State(ctx context.Context) (State, error) {
	out, err := s.Export(ctx)
	if err != nil {
		return State{}, err
	}
	var exported struct {
		Deployment State `json:"deployment"`
	}
	if err := json.Unmarshal(out, &exported); err != nil {
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
