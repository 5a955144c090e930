package helm

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/Masterminds/semver/v3"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
)

// DefaultTimeout is how long a repository has to answer before it counts as unreachable.
const DefaultTimeout = 3 * time.Second

// Reference says which chart is wanted, in the terms of Pulumi's Helm resources.
type Reference struct {
	// Chart is a chart's name in Repo, or the path of a local chart when Repo is empty.
	Chart string
	// Repo is the URL of a chart repository.
	Repo string
	// Version is an exact version or a range; empty means the newest release.
	Version string
	// Devel admits pre-releases when Version is empty.
	Devel bool
}

// UnavailableError says that a chart cannot be had here and now, though nothing is known to be wrong with the
// reference: its repository does not answer, and there is no local copy.
type UnavailableError struct {
	Reference Reference
	Reason    string
}

func (e *UnavailableError) Error() string {
	return fmt.Sprintf("chart %q cannot be had: %s", e.Reference.Chart, e.Reason)
}

// Source finds charts: first in a directory, then in the chart's repository. Every repository is asked for its index
// once, and answers, good or bad, are remembered as long as the Source lives. It is safe for concurrent use.
type Source struct {
	dir     string
	offline bool
	timeout time.Duration

	mu           sync.Mutex
	repositories map[string]*repository
}

// NewSource makes a Source. dir may be empty; otherwise it holds charts as <name>/, <name>-<version>/, <name>.tgz or
// <name>-<version>.tgz. With offline no repository is asked. A timeout of 0 means [DefaultTimeout].
func NewSource(dir string, offline bool, timeout time.Duration) *Source {
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	return &Source{dir: dir, offline: offline, timeout: timeout, repositories: map[string]*repository{}}
}

// Locate loads the chart. The error is an [UnavailableError] when the chart cannot be had; any other error means that
// the reference or the chart is wrong: a version that the repository does not have, a chart that does not load.
//
// Each call loads the chart anew, because rendering changes it.
func (s *Source) Locate(ctx context.Context, ref Reference) (*chart.Chart, error) {
	if ref.Chart == "" {
		return nil, errors.New("the chart has no name")
	}

	found, skipped, err := s.local(ref)
	if err != nil || found != nil {
		return found, err
	}

	unavailable := func(reason string) error {
		return &UnavailableError{Reference: ref, Reason: strings.Join(append(skipped, reason), "; ")}
	}

	switch {
	case strings.HasPrefix(ref.Chart, "oci://"):
		return nil, unavailable("OCI registries are not asked")
	case ref.Repo == "":
		return nil, fmt.Errorf("chart %q is no local chart, and no repository is given (repositoryOpts.repo)",
			ref.Chart)
	case s.offline:
		return nil, unavailable("repositories are not asked in offline mode")
	}

	archive, err := s.repository(ref.Repo).fetch(ctx, ref)
	if unreachable := (*unreachableError)(nil); errors.As(err, &unreachable) {
		return nil, unavailable(unreachable.Error())
	}

	if err != nil {
		return nil, err
	}

	found, err = loader.LoadArchive(archive)
	if err != nil {
		return nil, fmt.Errorf("loading chart %q from %s: %w", ref.Chart, ref.Repo, err)
	}
	return found, nil
}

// local looks for the chart on disk. What was there but is of another version is told in skipped.
func (s *Source) local(ref Reference) (found *chart.Chart, skipped []string, err error) {
	var candidates []string

	if ref.Repo == "" && !strings.HasPrefix(ref.Chart, "oci://") {
		candidates = append(candidates, ref.Chart)
	}

	if s.dir != "" {
		name := filepath.Join(s.dir, path.Base(ref.Chart))
		candidates = append(candidates, name, name+".tgz")

		if ref.Version != "" {
			candidates = append(candidates, name+"-"+ref.Version, name+"-"+ref.Version+".tgz")
		}
	}

	for _, candidate := range candidates {
		if _, err := os.Stat(candidate); errors.Is(err, fs.ErrNotExist) {
			continue
		}

		found, err := loader.Load(candidate)
		if err != nil {
			return nil, nil, fmt.Errorf("loading the local chart %s: %w", candidate, err)
		}

		ok, err := satisfies(found.Metadata.Version, ref.Version)
		if err != nil {
			return nil, nil, fmt.Errorf("chart %q: %w", ref.Chart, err)
		}

		if ok {
			return found, nil, nil
		}

		skipped = append(skipped, fmt.Sprintf("%s has version %s, wanted is %s",
			candidate, found.Metadata.Version, ref.Version))
	}
	return nil, skipped, nil
}

func (s *Source) repository(url string) *repository {
	s.mu.Lock()
	defer s.mu.Unlock()

	url = strings.TrimSuffix(url, "/")
	if s.repositories[url] == nil {
		s.repositories[url] = &repository{url: url, timeout: s.timeout, archives: map[string][]byte{}}
	}
	return s.repositories[url]
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
