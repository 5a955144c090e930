package runner

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// State is what Pulumi remembers of a stack, secrets encrypted.
type State struct {
	Resources []apitype.ResourceV3 `json:"resources"`
}

// Export returns the stack's state as `pulumi stack export` prints it.
func (s *Sandbox) Export(ctx context.Context) ([]byte, error) {
	// Not the Automation API's Export, which decrypts the secrets.
	out, err := s.pulumi(ctx, "stack", "export")
	if err != nil {
		return nil, fmt.Errorf("reading the state of stack %q: %w", s.options.Stack, err)
	}
	return []byte(out), nil
}

// Import replaces the stack's state by one that was exported to a file.
func (s *Sandbox) Import(ctx context.Context, file string) error {
	if _, err := s.pulumi(ctx, "stack", "import", "--file", file); err != nil {
		return fmt.Errorf("taking the state of stack %q from %s: %w", s.options.Stack, file, err)
	}
	return nil
}

// TakeOver takes what is in the cloud already into the stack's state, by the arguments of `pulumi import`.
//
// The command runs no program, and yet asks the host of its language for the packages that it needs. Here is one that
// knows of none; what is in the state says enough.
func (s *Sandbox) TakeOver(ctx context.Context, args ...string) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("serving a language host: %w", err)
	}
	server := grpc.NewServer()
	pulumirpc.RegisterLanguageRuntimeServer(server, noLanguage{})
	go server.Serve(listener) //nolint:errcheck // it ends with an error when it is stopped
	defer server.Stop()
	args = append([]string{"import", "--yes", "--stack", s.options.Stack}, args...)
	host := fmt.Sprintf("PULUMI_DEBUG_LANGUAGES=go:%d", listener.Addr().(*net.TCPAddr).Port)
	_, complaints, _, err := s.command.Run(ctx, s.stack.Workspace().WorkDir(), nil, nil, nil, []string{host}, args...)
	if err != nil {
		return fmt.Errorf("taking over into stack %q: %w: %s", s.options.Stack, err, strings.TrimSpace(complaints))
	}
	return nil
}

// noLanguage is the host of a language whose programs need no packages.
type noLanguage struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
}

// Handshake is what makes the engine's connection one.
func (noLanguage) Handshake(
	context.Context, *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

// GetPluginInfo says nothing of the host.
func (noLanguage) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{}, nil
}

// GetRequiredPackages names none.
func (noLanguage) GetRequiredPackages(
	context.Context, *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
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
