package runner

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrefresh"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/vmstio/infrastructure/sandbox/cloud"
)

// recover takes over what a run that was killed had asked the cloud for without learning what became of it. Pulumi
// remembers such creations as pending, and the next up would ask for each again: a name that is taken would be refused,
// and everything else would be there twice. A person looks into the cloud, and puts what is there into the state
// (`pulumi stack export` and `import`, then `pulumi refresh`), and so does this.
func (s *Sandbox) recover(ctx context.Context, c *cloud.Cloud, project string) error {
	stacks := filepath.Join(s.dir, "state", ".pulumi", "stacks")
	files, err := filepath.Glob(filepath.Join(stacks, "*", "*.json"))
	if err != nil {
		return fmt.Errorf("looking for Pulumi's states: %w", err)
	}
	// What is in the state of any stack is not taken over again.
	managed := map[string]bool{}
	var state apitype.DeploymentV3
	version := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("reading Pulumi's state: %w", err)
		}
		var stack struct {
			Version    int                  `json:"version"`
			Checkpoint apitype.CheckpointV3 `json:"checkpoint"`
		}
		if err := json.Unmarshal(text, &stack); err != nil {
			return fmt.Errorf("reading Pulumi's state %s: %w", file, err)
		}
		if stack.Checkpoint.Latest == nil {
			continue
		}
		for _, r := range stack.Checkpoint.Latest.Resources {
			managed[string(r.Type)+" "+string(r.ID)] = true
		}
		if file == filepath.Join(stacks, project, s.options.Stack+".json") {
			state, version = *stack.Checkpoint.Latest, stack.Version
		}
	}
	interrupted := len(state.PendingOperations)
	if interrupted == 0 {
		return nil
	}
	for _, operation := range state.PendingOperations {
		for _, object := range c.List(string(operation.Resource.Type)) {
			key := object.Type + " " + object.ID
			if operation.Type == apitype.OperationTypeCreating && !managed[key] &&
				answers(object.Outputs, operation.Resource.Inputs) {
				managed[key] = true
				operation.Resource.ID = resource.ID(object.ID)
				state.Resources = append(state.Resources, operation.Resource)
				s.Recovered++
				break
			}
		}
	}
	// The others have not come about.
	state.PendingOperations = nil
	text, err := json.Marshal(map[string]any{"version": version, "deployment": state})
	if err != nil {
		return fmt.Errorf("writing Pulumi's state: %w", err)
	}
	file := filepath.Join(s.dir, "work", "recovered.json")
	defer os.Remove(file)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return fmt.Errorf("writing Pulumi's state: %w", err)
	}
	if err := s.Import(ctx, file); err != nil {
		return err
	}
	// The outputs are still those of the program's wishes.
	if _, err := s.stack.Refresh(ctx, optrefresh.Color("never")); err != nil {
		return fmt.Errorf("refreshing stack %q after a run that was killed: %w", s.options.Stack, brief(err))
	}
	fmt.Fprintf(s.options.Stderr, "The last run ended in the middle of %d operation(s): took %d resource(s) over that "+
		"had been created, and refreshed the state.\n", interrupted, s.Recovered)
	return nil
}

// answers reports whether an object is what was asked for, as far as single plain values tell: names, kinds, sizes, and
// the IDs of others that it belongs to.
func answers(object, asked map[string]any) bool {
	for name, want := range asked {
		have := object[name]
		switch want := want.(type) {
		case string, float64, bool:
			if have != want && name != "__defaults" {
				return false
			}
		case map[string]any:
			below, ok := have.(map[string]any)
			if name == "metadata" && (!ok || !answers(below, want)) {
				return false
			}
		}
	}
	return true
}
