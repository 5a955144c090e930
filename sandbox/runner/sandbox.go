package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"

	"github.com/vmstio/infrastructure/sandbox/charts"
	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/digitalocean"
)

// Sandbox is a stack in the simulated cloud, ready to be worked on. Make one with [Open]. Its methods are for one
// caller at a time.
type Sandbox struct {
	// Recovered is how many resources were taken over that a killed run had created without Pulumi's learning of it.
	Recovered int

	options Options
	dir     string
	command *command
	servers *servers
	stack   auto.Stack
	lock    *flock.Flock
}

// Open prepares everything that a run needs: the Pulumi CLI, the working copies of the project's files, the simulated
// cloud and its providers, and the stack. What is wrong with the stack's file is an error before anything is written or
// started. While a Sandbox is open, no other process can open one in the same state directory; Open waits for it.
// Close it.
func Open(ctx context.Context, options Options) (*Sandbox, error) {
	options, root, project, err := options.load()
	if err != nil {
		return nil, err
	}
	s := &Sandbox{options: options, dir: options.StateDir}
	s.command = &command{started: options.Started}
	s.command.path, s.command.version, err = findPulumi(ctx, root, options.PulumiCommand)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(s.dir, "state"), 0o700); err != nil {
		return nil, fmt.Errorf("making the state directory: %w", err)
	}
	if err := s.takeLock(ctx); err != nil {
		return nil, err
	}
	if err := s.open(ctx, project); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// takeLock waits until no other process works in the state directory. The system gives the lock back when the process
// that holds it ends, in whatever way.
func (s *Sandbox) takeLock(ctx context.Context) error {
	s.lock = flock.New(filepath.Join(s.dir, "lock"))
	locked, err := s.lock.TryLock()
	if err == nil && !locked {
		fmt.Fprintf(s.options.Stderr, "Waiting for another run in %s to end.\n", s.dir)
		_, err = s.lock.TryLockContext(ctx, 200*time.Millisecond)
	}
	if err != nil {
		return fmt.Errorf("taking the lock %s: %w", s.lock.Path(), err)
	}
	return nil
}

func (s *Sandbox) open(ctx context.Context, project *project) error {
	dir := filepath.Join(s.dir, "work", s.options.Stack)
	if err := project.write(dir); err != nil {
		return err
	}
	for _, name := range project.replaced {
		fmt.Fprintf(s.options.Stderr, "The encrypted value of %s is replaced by a fake one in the sandbox.\n", name)
	}
	if refs := project.setup.Charts; len(refs) > 0 {
		mode, err := charts.Mode(refs, s.options.chartSource())
		if err != nil {
			return err
		}
		fmt.Fprintln(s.options.Stderr, mode)
	}
	c, err := cloud.Open(s.CloudFile(), cloud.WithClock(s.options.now))
	if err != nil {
		return fmt.Errorf("opening the simulated cloud: %w", err)
	}
	if project.setup.Prepare != nil {
		if err := project.setup.Prepare(c); err != nil {
			return fmt.Errorf("preparing the simulated cloud: %w", err)
		}
	}
	s.servers, err = serve(s.options.Providers(c, s.options), s.options.Behaviour)
	if err != nil {
		return err
	}
	s.command.environment = pulumiEnvironment(s.dir, s.servers.attach())
	if err := errors.Join(s.dropStaleLocks(project.name), leaveOutLog(s.dir)); err != nil {
		return err
	}
	world := digitalocean.World(c, s.options.DigitalOcean)
	s.stack, err = auto.UpsertStackInlineSource(ctx, s.options.Stack, project.name, s.options.Program(world),
		auto.WorkDir(dir), auto.Pulumi(s.command), auto.SecretsProvider("passphrase"))
	if err != nil {
		return fmt.Errorf("selecting stack %q: %w", s.options.Stack, brief(err))
	}
	if err := setSecrets(ctx, s.stack, project.missing); err != nil {
		return err
	}
	return s.recover(ctx, c, project.name)
}

// dropStaleLocks removes the locks that a run which was killed left in Pulumi's state. Whoever has this process's lock
// on the state directory knows that no run is alive that they could belong to.
func (s *Sandbox) dropStaleLocks(project string) error {
	dir := filepath.Join(s.dir, "state", ".pulumi", "locks", "organization", project, s.options.Stack)
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("removing the lock of an earlier run: %w", err)
	}
	return nil
}

// CloudFile is the path of the file that holds the simulated cloud of all stacks.
func (s *Sandbox) CloudFile() string { return filepath.Join(s.dir, "cloud.json") }

// Close stops the providers and lets others use the state directory.
func (s *Sandbox) Close() {
	if s.servers != nil {
		s.servers.close()
		s.servers = nil
	}
	s.lock.Unlock() //nolint:errcheck // the end of the process gives it back, too
}
