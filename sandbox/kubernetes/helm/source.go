package helm

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/Masterminds/semver/v3"
	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
)

// Reference says which chart is wanted, in the terms of Pulumi's Helm resources.
type Reference struct {
	// Chart is a chart's name in Repo, an address "oci://registry/path/name", or the path of a local chart when Repo is
	// empty.
	Chart string
	// Repo is the URL of a chart repository.
	Repo string
	// Version is an exact version or a range; empty means the newest release.
	Version string
	// PlainHTTP reaches an OCI registry without TLS.
	PlainHTTP bool
}

// Name is the chart's name without where it comes from.
func (r Reference) Name() string { return path.Base(r.Chart) }

func (r Reference) String() string { return strings.TrimSpace(r.Name() + " " + r.Version) }

// ErrUnavailable says that a chart cannot be had here and now, though nothing is known to be wrong with the reference.
var ErrUnavailable = errors.New("the chart cannot be had")

// Directory holds charts as <name>/, <name>-<version>/, <name>.tgz or <name>-<version>.tgz.
type Directory struct {
	Path string
	// Pins are the SHA-256 that archives must have, in hexadecimal, by "name version". One that is not pinned is taken
	// as it is.
	Pins map[string]string
}

// Source finds charts in directories. The first that fits is taken.
type Source []Directory

// Locate loads the chart. The error is [ErrUnavailable] when no directory has it; any other error means that the
// reference or the chart is wrong.
//
// Each call loads the chart anew, because rendering changes it.
func (s Source) Locate(ref Reference) (*chart.Chart, error) {
	if ref.Chart == "" {
		return nil, errors.New("the chart has no name")
	}
	remote := ref.Repo != "" || strings.HasPrefix(ref.Chart, "oci://")
	skipped := []string{"there is no copy of it"}
	for _, candidate := range s.candidates(ref, remote) {
		if _, err := os.Stat(candidate.Path); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		found, err := candidate.load(ref)
		if err != nil {
			return nil, err
		}
		ok, err := satisfies(found.Metadata.Version, ref.Version)
		if err != nil {
			return nil, fmt.Errorf("chart %q: %w", ref.Chart, err)
		}
		if ok {
			return found, installable(found)
		}
		skipped = append(skipped, fmt.Sprintf("%s has version %s, wanted is %s",
			candidate.Path, found.Metadata.Version, ref.Version))
	}
	if _, err := satisfies("", ref.Version); err != nil {
		return nil, fmt.Errorf("chart %q: %w", ref.Chart, err)
	}
	if !remote {
		return nil, fmt.Errorf("chart %q is no local chart, and no repository is given (repositoryOpts.repo)",
			ref.Chart)
	}
	return nil, fmt.Errorf("%w: %s: %s", ErrUnavailable, ref, strings.Join(skipped, "; "))
}

// candidates are where the chart may be, each with the pins of its directory.
func (s Source) candidates(ref Reference, remote bool) []Directory {
	var candidates []Directory
	if !remote {
		candidates = append(candidates, Directory{Path: ref.Chart})
	}
	for _, dir := range s {
		name := filepath.Join(dir.Path, ref.Name())
		if ref.Version != "" {
			candidates = append(candidates,
				Directory{name + "-" + ref.Version, dir.Pins}, Directory{name + "-" + ref.Version + ".tgz", dir.Pins})
		}
		candidates = append(candidates, Directory{name, dir.Pins}, Directory{name + ".tgz", dir.Pins})
	}
	return candidates
}

// load loads the chart that the candidate is. An archive that is pinned must have the digest of its pin.
func (candidate Directory) load(ref Reference) (*chart.Chart, error) {
	if pin := candidate.Pins[ref.String()]; pin != "" && strings.HasSuffix(candidate.Path, ".tgz") {
		archive, err := os.ReadFile(candidate.Path)
		if err != nil {
			return nil, fmt.Errorf("chart %s: %w", ref, err)
		}
		if got := digest(archive); got != pin {
			return nil, fmt.Errorf("chart %s: %s has the digest %s, and %s is pinned: delete it, and run "+
				"`make charts`, which fetches the chart anew", ref, candidate.Path, got, pin)
		}
	}
	found, err := loader.Load(candidate.Path)
	if err != nil {
		return nil, fmt.Errorf("loading the local chart %s: %w", candidate.Path, err)
	}
	return found, nil
}

// installable is what Helm's commands check before they hand a chart to an action.
func installable(c *chart.Chart) error {
	if kind := c.Metadata.Type; kind != "" && kind != "application" {
		return fmt.Errorf("chart %q: %s charts cannot be installed", c.Name(), kind)
	}
	if err := action.CheckDependencies(c, c.Metadata.Dependencies); err != nil {
		return fmt.Errorf("chart %q: %w", c.Name(), err)
	}
	return nil
}

// satisfies tells whether a version is the wanted one or within the wanted range. Like Helm it takes "v1.2.3" for
// "1.2.3".
func satisfies(version, wanted string) (bool, error) {
	if wanted == "" || version == wanted {
		return true, nil
	}
	constraint, err := semver.NewConstraint(wanted)
	if err != nil {
		return false, fmt.Errorf("version %q is neither a version nor a range of versions: %w", wanted, err)
	}
	parsed, err := semver.NewVersion(version)
	if err != nil {
		return false, nil //nolint:nilerr // a version that cannot be parsed satisfies no range
	}
	return constraint.Check(parsed), nil
}

// standIns are charts of our own that make what the sandbox and the program need of the real ones.
//
//go:embed all:standins
var standIns embed.FS

// StandIn takes the place of a chart that cannot be had: one of our own of that name, or a chart of nothing.
func StandIn(ref Reference) (*chart.Chart, error) {
	version := ref.Version
	if _, err := semver.NewVersion(version); err != nil {
		version = "0.0.0"
	}
	files := []*loader.BufferedFile{{
		Name: "Chart.yaml", Data: []byte("apiVersion: v2\nname: " + ref.Name() + "\nversion: " + version + "\n"),
	}}
	dir := path.Join("standins", ref.Name())
	err := fs.WalkDir(standIns, dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := standIns.ReadFile(file)
		files = append(files, &loader.BufferedFile{Name: strings.TrimPrefix(file, dir+"/"), Data: text})
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading the stand-in of chart %q: %w", ref.Chart, err)
	}
	return loader.LoadFiles(files)
}
