// Package charts keeps copies of the Helm charts that stacks install, each pinned by its digest.
package charts

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/sandbox/kubernetes/helm"
)

// timeout is how long a repository has for one answer.
const timeout = 5 * time.Second

// Cache is a directory of charts, and the file that pins them: a mapping from "name version" to the SHA-256 of the
// chart's archive, in hexadecimal.
type Cache struct{ Dir, Lock string }

// Fetch downloads the charts that the directory does not have. One that is pinned must have its digest, whether it is
// downloaded or there; one that is not becomes pinned. report says of each what became of it.
func (c Cache) Fetch(refs []helm.Reference, report func(line string)) error {
	there, err := c.Directory()
	if err != nil {
		return err
	}
	pins := there.Pins
	var errs []error
	for _, ref := range refs {
		_, err := helm.Source{there}.Locate(ref)
		if !errors.Is(err, helm.ErrUnavailable) {
			if errs = append(errs, err); err == nil {
				report(ref.String() + ": is there")
			}
			continue
		}
		digest, err := helm.Fetch(ref, c.Dir, pins[ref.String()], timeout)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		report(ref.String() + ": fetched, sha256 " + digest)
		pins[ref.String()] = digest
	}
	return errors.Join(append(errs, c.pin(pins))...)
}

// Directory is the directory with its pins.
func (c Cache) Directory() (helm.Directory, error) {
	there := helm.Directory{Path: c.Dir, Pins: map[string]string{}}
	text, err := os.ReadFile(c.Lock)
	if errors.Is(err, fs.ErrNotExist) {
		return there, nil
	}
	if err == nil {
		err = yaml.Unmarshal(text, &there.Pins)
	}
	if err != nil {
		return there, fmt.Errorf("reading the pins of the charts in %s: %w", c.Lock, err)
	}
	return there, nil
}

func (c Cache) pin(pins map[string]string) error {
	if len(pins) == 0 {
		return nil
	}
	text := "# The SHA-256 of the archive of each Helm chart, written by `make charts`.\n"
	for _, chart := range slices.Sorted(maps.Keys(pins)) {
		text += chart + ": " + pins[chart] + "\n"
	}
	return os.WriteFile(c.Lock, []byte(text), 0o600)
}

// Mode says in one line which of the charts a run renders, and what it does not check where it cannot.
func Mode(refs []helm.Reference, source helm.Source) (string, error) {
	var there, missing []string
	for _, ref := range refs {
		_, err := source.Locate(ref)
		switch {
		case errors.Is(err, helm.ErrUnavailable):
			missing = append(missing, ref.String())
		case err != nil:
			return "", err
		default:
			there = append(there, ref.String())
		}
	}
	if len(missing) == 0 {
		return "Charts: " + strings.Join(there, ", ") + ".", nil
	}
	return fmt.Sprintf("Charts: there is no copy of %s, so stand-ins take their place and what is in these charts "+
		"is not checked; `make charts` fetches them.", strings.Join(missing, ", ")), nil
}
