package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3"
)

// pulumiModule is the module that holds the pulumi command, and pulumiCommand the command's package in it.
const (
	pulumiModule  = "github.com/pulumi/pulumi/pkg/v3"
	pulumiCommand = pulumiModule + "/cmd/pulumi"
)

// FindPulumi returns the path of a pulumi command that fits the SDK that the program is built with: the one on PATH if
// it does, else the one that root/tools/go.mod pins, which is built into binDir unless it is there already. What is
// built, why and how far it is goes to log, a line at a time, or on one line if log is a terminal.
//
// Processes that do this at the same time build once and wait for each other.
func FindPulumi(ctx context.Context, root, binDir string, log io.Writer) (string, error) {
	path, _, err := findPulumi(ctx, root, binDir, log)
	return path, err
}

// findPulumi is [FindPulumi], and says what version the command has: asking costs half a second.
func findPulumi(ctx context.Context, root, binDir string, log io.Writer) (string, semver.Version, error) {
	reason := "there is no pulumi on PATH"
	if path, err := exec.LookPath("pulumi"); err == nil {
		version, err := pulumiVersion(ctx, path)
		if err == nil {
			err = fits(version, sdk.Version)
		}

		if err == nil {
			path, err = filepath.Abs(path)
			return path, version, err
		}

		reason = fmt.Sprintf("%s does not fit: %v", path, err)
	}
	return buildPulumi(ctx, filepath.Join(root, "tools"), binDir, reason, log)
}

// pulumiVersion asks a pulumi command for its version.
func pulumiVersion(ctx context.Context, path string) (semver.Version, error) {
	cmd := exec.CommandContext(ctx, path, "version")
	cmd.Env = append(baseEnvironment(), "PULUMI_SKIP_UPDATE_CHECK=true")

	out, err := cmd.Output()
	if err != nil {
		return semver.Version{}, fmt.Errorf("running pulumi version: %w", err)
	}

	version, err := semver.ParseTolerant(strings.TrimSpace(string(out)))
	if err != nil {
		return semver.Version{}, fmt.Errorf("pulumi version says %q: %w", strings.TrimSpace(string(out)), err)
	}
	return version, nil
}

// fits says why a command of one version cannot run programs built with an SDK of another. The command must be of the
// same major version and at least the same minor version.
func fits(command, sdk semver.Version) error {
	if command.Major != sdk.Major || command.Minor < sdk.Minor {
		return fmt.Errorf("it is %s, and the program needs %d.%d or a later %[2]d.x", command, sdk.Major, sdk.Minor)
	}
	return nil
}

// buildPulumi builds the pinned command, or finds it built.
func buildPulumi(
	ctx context.Context, toolsDir, binDir, reason string, log io.Writer,
) (string, semver.Version, error) {
	goCommand, err := exec.LookPath("go")
	if err != nil {
		return "", semver.Version{}, fmt.Errorf("%s, and it cannot be built: there is no go on PATH: "+
			"install Go (https://go.dev/dl) or Pulumi (https://www.pulumi.com/docs/install)", reason)
	}

	tools := goTool{path: goCommand, dir: toolsDir}

	version, err := tools.output(ctx, "list", "-m", "-f", "{{.Version}}", pulumiModule)
	if err != nil {
		return "", semver.Version{}, fmt.Errorf("finding the version of Pulumi that %s pins: %w",
			filepath.Join(toolsDir, "go.mod"), err)
	}

	if err := os.MkdirAll(binDir, 0o750); err != nil {
		return "", semver.Version{}, fmt.Errorf("making the directory for the pulumi command: %w", err)
	}

	path := filepath.Join(binDir, "pulumi-"+version)

	unlock, err := lock(ctx, path+".lock", func() {
		fmt.Fprintln(log, "Waiting for another run that is building the pulumi command.")
	})
	if err != nil {
		return "", semver.Version{}, err
	}
	defer unlock()

	if built, err := pulumiVersion(ctx, path); err == nil {
		return path, built, nil
	}

	fmt.Fprintf(log, "Building the pulumi command %s from its source, because %s.\n"+
		"This happens once and takes about 3 minutes on 2 cores; the command is kept in %s.\n", version, reason, path)

	if err := tools.build(ctx, path, version, log); err != nil {
		return "", semver.Version{}, fmt.Errorf("building the pulumi command %s: %w", version, err)
	}

	built, err := pulumiVersion(ctx, path)
	if err == nil {
		err = fits(built, sdk.Version)
	}

	if err != nil {
		return "", semver.Version{}, fmt.Errorf(
			"the pulumi command that %s pins cannot be used: %w: pin the version of the SDK in both modules",
			filepath.Join(toolsDir, "go.mod"), err)
	}
	return path, built, nil
}

// goTool runs the go command in a module.
type goTool struct{ path, dir string }

func (g goTool) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, g.path, args...)
	cmd.Dir = g.dir
	// Without cgo, so that no C compiler is needed. Pulumi needs nothing of it.
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	return cmd
}

func (g goTool) output(ctx context.Context, args ...string) (string, error) {
	out, err := g.command(ctx, args...).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = errors.New(strings.TrimSpace(string(exit.Stderr)))
		}
		return "", fmt.Errorf("go %s: %w", args[0], err)
	}
	return strings.TrimSpace(string(out)), nil
}

// build compiles the command into path, which changes only when that succeeded.
func (g goTool) build(ctx context.Context, path, version string, log io.Writer) error {
	progress := newBuildProgress(log, isTerminal(log))

	packages, err := g.output(ctx, "list", "-deps", pulumiCommand)
	if err != nil {
		return err
	}

	progress.total = strings.Count(packages, "\n") + 1

	unfinished := path + ".unfinished"
	defer os.Remove(unfinished)

	// The Automation API refuses a command that does not know its version, which release builds are told the same way.
	cmd := g.command(ctx, "build", "-v", "-o", unfinished,
		"-ldflags", "-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version="+version, pulumiCommand)
	cmd.Stderr = progress
	cmd.WaitDelay = 5 * time.Second

	stop := progress.start()
	err = cmd.Run()

	stop()

	if err != nil {
		return fmt.Errorf("go build: %w:\n%s", err, strings.Join(progress.complaints, "\n"))
	}

	if err := os.Rename(unfinished, path); err != nil {
		return fmt.Errorf("putting the pulumi command in place: %w", err)
	}
	return nil
}
