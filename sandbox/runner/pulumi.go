package runner

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3"
)

// FindPulumi returns the path of a Pulumi CLI that fits the SDK that the program is built with: the one on PATH if it
// does, else the one that make has built in the repository, whose root is given.
func FindPulumi(ctx context.Context, root string) (string, error) {
	path, _, err := findPulumi(ctx, root, "")
	return path, err
}

// findPulumi is [FindPulumi], and returns the version, too: asking for it costs half a second. If a CLI is named, it is
// the only one to choose from.
func findPulumi(ctx context.Context, root, named string) (string, semver.Version, error) {
	candidates := []string{"pulumi", filepath.Join(root, ".tools", "pulumi")}
	if named != "" {
		candidates = []string{named}
	}
	var reasons []string
	for _, candidate := range candidates {
		path, err := exec.LookPath(candidate)
		if err == nil {
			path, err = filepath.Abs(path)
		}
		if err != nil {
			reasons = append(reasons, err.Error())
			continue
		}
		version, err := pulumiVersion(ctx, path)
		if err == nil {
			return path, version, nil
		}
		reasons = append(reasons, fmt.Sprintf("%s: %v", path, err))
	}
	return "", semver.Version{}, fmt.Errorf("there is no Pulumi CLI that can be used (%s): run `make pulumi` in the "+
		"repository, which builds the one that it pins, or name one with --pulumi", strings.Join(reasons, "; "))
}

// pulumiVersion asks a CLI for its version, and whether it fits.
func pulumiVersion(ctx context.Context, path string) (semver.Version, error) {
	cmd := exec.CommandContext(ctx, path, "version")
	cmd.Env = append(baseEnvironment(), "PULUMI_SKIP_UPDATE_CHECK=true")
	out, err := cmd.Output()
	if err != nil {
		return semver.Version{}, fmt.Errorf("asking it for its version: %w", err)
	}
	version, err := semver.ParseTolerant(strings.TrimSpace(string(out)))
	if err != nil {
		return semver.Version{}, fmt.Errorf("its version is %q: %w", strings.TrimSpace(string(out)), err)
	}
	return version, fits(version, sdk.Version)
}

// fits says why a CLI of one version cannot run programs built with an SDK of another. It must be of the same major
// version and at least the same minor version.
func fits(command, sdk semver.Version) error {
	if command.Major != sdk.Major || command.Minor < sdk.Minor {
		return fmt.Errorf("it is %s, and the program needs %d.%d or a later %[2]d.x", command, sdk.Major, sdk.Minor)
	}
	return nil
}
