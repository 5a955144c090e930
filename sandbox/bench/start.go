package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/sandbox/runner"
)

// startGoal bounds the time to the first registration, in multiples of that with a program that is linked anew.
const startGoal = 0.6

// measureStart measures what a preview waits for before it shows anything: from the language host's `go build` to the
// first resource that the program registers. With a build target (Pulumi.yaml) the program of the last run is still
// there; without one, every run links it anew, to a place that is thrown away. Both take turns.
func measureStart(ctx context.Context, options Options, root, scratch string) (Measurement, error) {
	config, err := stackConfig(root, options.Sandbox.Secrets)
	if err != nil {
		return Measurement{}, err
	}
	kept := filepath.Join(scratch, "kept", "program")
	if err := build(ctx, root, kept); err != nil {
		return Measurement{}, err
	}
	fmt.Fprintf(options.Log, "Starting the program, kept and linked anew, %d times each.\n", options.Runs)
	var times, floors []float64
	for i := range options.Runs {
		anew := filepath.Join(scratch, fmt.Sprintf("anew-%d", i), "program")
		for target, into := range map[string]*[]float64{kept: &times, anew: &floors} {
			started := time.Now()
			if err := build(ctx, root, target); err != nil {
				return Measurement{}, err
			}
			first, err := firstRegistration(ctx, target, config)
			if err != nil {
				return Measurement{}, err
			}
			*into = append(*into, first.Sub(started).Seconds())
		}
		if err := os.RemoveAll(filepath.Dir(anew)); err != nil {
			return Measurement{}, fmt.Errorf("removing a program: %w", err)
		}
	}
	m := Measurement{
		Part: Start, What: fmt.Sprintf("from go build to the first registration of prod, median of %d", options.Runs),
		Seconds: median(times), Against: "the same without a build target", Floor: median(floors),
		Goal: fmt.Sprintf("<= %.1f x", startGoal),
	}
	m.Ratio = m.Seconds / m.Floor
	m.Met = m.Ratio <= startGoal
	return m, nil
}

// build builds the program as the language host does (sdk/go/pulumi-language-go/main.go, compileProgram).
func build(ctx context.Context, root, target string) error {
	command := exec.CommandContext(ctx, "go", "build", "-o", target)
	command.Dir = root
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

// stackConfig is the configuration of prod as the engine hands it to a program.
func stackConfig(root string, secrets func(string) []string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, "Pulumi.prod.yaml"))
	if err != nil {
		return "", fmt.Errorf("reading the stack file: %w", err)
	}
	var file struct {
		Config map[string]any `yaml:"config"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return "", fmt.Errorf("reading the stack file: %w", err)
	}
	settings, err := json.Marshal(file.Config["vmst:settings"])
	if err != nil {
		return "", fmt.Errorf("reading the stack file: %w", err)
	}
	hidden := map[string]string{}
	for _, name := range secrets(string(settings)) {
		hidden[name] = runner.FakeSecret(name)
	}
	encoded, err := json.Marshal(hidden)
	if err != nil {
		return "", fmt.Errorf("making the secrets: %w", err)
	}
	config, err := json.Marshal(map[string]string{
		"vmst:settings": string(settings), "vmst:secrets": string(encoded),
	})
	return string(config), err
}

// firstRegistration runs the program against an engine that only looks at the clock, and returns when the first
// resource came, but for the stack itself. The program is then stopped.
func firstRegistration(ctx context.Context, program, config string) (time.Time, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	watch := &stopwatch{first: make(chan time.Time, 1)}
	cancel := make(chan bool)
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterResourceMonitorServer(server, watch)
			pulumirpc.RegisterEngineServer(server, watch)
			return nil
		},
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("serving a stopwatch: %w", err)
	}
	defer close(cancel)
	address := fmt.Sprintf("127.0.0.1:%d", handle.Port)
	environment := map[string]string{
		"PULUMI_PROJECT": "vmst", "PULUMI_STACK": "prod", "PULUMI_CONFIG": config,
		"PULUMI_CONFIG_SECRET_KEYS": `["vmst:secrets"]`, "PULUMI_DRY_RUN": "true", "PULUMI_PARALLEL": "16",
		"PULUMI_MONITOR": address, "PULUMI_ENGINE": address,
	}
	var complaints bytes.Buffer
	command := exec.CommandContext(ctx, program)
	command.Env = os.Environ()
	for _, name := range slices.Sorted(maps.Keys(environment)) {
		command.Env = append(command.Env, name+"="+environment[name])
	}
	command.Stderr = &complaints
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := command.Run(); err != nil && len(watch.first) == 0 {
			fmt.Fprintln(&complaints, err)
		}
	}()
	select {
	case at := <-watch.first:
		stop()
		<-ended
		return at, nil
	case <-ended:
		return time.Time{}, fmt.Errorf("the program ended before it registered anything: %s",
			bytes.TrimSpace(complaints.Bytes()))
	}
}

// stopwatch is an engine that notes when the first resource comes.
type stopwatch struct {
	pulumirpc.UnimplementedResourceMonitorServer
	pulumirpc.UnimplementedEngineServer

	once  sync.Once
	first chan time.Time
}

// SupportsFeature says that the engine can do what the program asks.
func (*stopwatch) SupportsFeature(
	context.Context, *pulumirpc.SupportsFeatureRequest,
) (*pulumirpc.SupportsFeatureResponse, error) {
	return &pulumirpc.SupportsFeatureResponse{HasSupport: true}, nil
}

// RegisterResource notes the time.
func (w *stopwatch) RegisterResource(
	_ context.Context, in *pulumirpc.RegisterResourceRequest,
) (*pulumirpc.RegisterResourceResponse, error) {
	if in.GetType() != string(resource.RootStackType) {
		w.once.Do(func() { w.first <- time.Now() })
	}
	return &pulumirpc.RegisterResourceResponse{Urn: "urn:pulumi:prod::vmst::" + in.GetType() + "::" + in.GetName()}, nil
}

// RegisterResourceOutputs has nothing to note.
func (*stopwatch) RegisterResourceOutputs(
	context.Context, *pulumirpc.RegisterResourceOutputsRequest,
) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// RegisterPackage names a parameterised package.
func (*stopwatch) RegisterPackage(
	context.Context, *pulumirpc.RegisterPackageRequest,
) (*pulumirpc.RegisterPackageResponse, error) {
	return &pulumirpc.RegisterPackageResponse{Ref: "stopwatch"}, nil
}

// Log drops the program's messages.
func (*stopwatch) Log(context.Context, *pulumirpc.LogRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}
