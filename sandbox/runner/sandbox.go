package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"

	"github.com/vmstio/infrastructure/sandbox/cloud"
)

// Sandbox is a stack in the simulated cloud, ready to be worked on. Make one with [Open]. Its methods are for one
// caller at a time.
type Sandbox struct {
	options Options
	dir     string
	command *command
	servers *servers
	stack   auto.Stack
	unlock  func()
}

// Open prepares everything that a run needs: the pulumi command, the working copies of the project's files, the
// simulated cloud and its providers, and the stack. While a Sandbox is open, no other process can open one in the same
// state directory; Open waits for it. Close it.
func Open(ctx context.Context, options Options) (*Sandbox, error) {
	options, root, err := options.withDefaults()
	if err != nil {
		return nil, err
	}

	if err := os.MkdirAll(filepath.Join(options.StateDir, "state"), 0o700); err != nil {
		return nil, fmt.Errorf("making the state directory: %w", err)
	}

	s := &Sandbox{options: options, dir: options.StateDir}

	s.unlock, err = lock(ctx, filepath.Join(s.dir, "lock"), func() {
		fmt.Fprintf(options.Stderr, "Waiting for another run in %s to end.\n", s.dir)
	})
	if err != nil {
		return nil, err
	}

	if err := s.open(ctx, root); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Sandbox) open(ctx context.Context, root string) error {
	project, err := copyProject(root, filepath.Join(s.dir, "work", s.options.Stack), s.options.Stack, s.options.Secrets)
	if err != nil {
		return err
	}

	for _, name := range project.replaced {
		fmt.Fprintf(s.options.Stderr, "The encrypted value of %s is replaced by a fake one in the sandbox.\n", name)
	}

	path, version, err := s.pulumiCommand(ctx, root)
	if err != nil {
		return err
	}

	if err := s.serve(project.settings); err != nil {
		return err
	}

	s.command = &command{path: path, version: version, environment: pulumiEnvironment(s.dir, s.servers.attach())}

	if err := s.dropStaleLocks(project.Name); err != nil {
		return err
	}

	s.stack, err = auto.UpsertStackInlineSource(ctx, s.options.Stack, project.Name, s.options.Program,
		auto.WorkDir(project.Dir), auto.Pulumi(s.command), auto.SecretsProvider("passphrase"))
	if err != nil {
		return fmt.Errorf("selecting stack %q: %w", s.options.Stack, brief(err))
	}
	return setSecrets(ctx, s.stack, project.missing)
}

// pulumiCommand returns the path and the version of the command that was asked for, or of one that fits.
func (s *Sandbox) pulumiCommand(ctx context.Context, root string) (string, semver.Version, error) {
	path := s.options.PulumiCommand
	if path == "" {
		return findPulumi(ctx, root, filepath.Join(s.dir, "bin"), s.options.Stderr)
	}

	version, err := pulumiVersion(ctx, path)
	if err != nil {
		return "", semver.Version{}, fmt.Errorf("the pulumi command %s: %w", path, err)
	}
	return path, version, nil
}

// serve opens the cloud, prepares it for a stack with these settings, and starts its providers.
func (s *Sandbox) serve(settings string) error {
	c, err := cloud.Open(s.CloudFile(), cloud.WithClock(s.options.now))
	if err != nil {
		return fmt.Errorf("opening the simulated cloud: %w", err)
	}

	if s.options.Prepare != nil {
		if err := s.options.Prepare(c, settings); err != nil {
			return fmt.Errorf("preparing the simulated cloud: %w", err)
		}
	}

	s.servers, err = serve(s.options.Providers(c, s.options), s.options.Behaviour)
	return err
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

	if s.unlock != nil {
		s.unlock()
		s.unlock = nil
	}
}

// errInterrupted is the cause of an operation's error when its context was done before it was.
var errInterrupted = errors.New("interrupted")
