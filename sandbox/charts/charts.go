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

// Fetch downloads the charts that the directory does not have. One that is pinned must have its digest; one that is not
// becomes pinned. report says of each what became of it.
func (c Cache) Fetch(refs []helm.Reference, report func(line string)) error {
	pins, err := c.pins()
	if err != nil {
		return err
	}
	var errs []error
	for _, ref := range refs {
		if _, err := (helm.Source{c.Dir}).Locate(ref); err == nil {
			report(ref.String() + ": is there")
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

func (c Cache) pins() (map[string]string, error) {
	text, err := os.ReadFile(c.Lock)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, err
	}
	pins := map[string]string{}
	if err := yaml.Unmarshal(text, &pins); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Lock, err)
	}
	return pins, nil
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
func Mode(refs []helm.Reference, source helm.Source) string {
	var there, missing []string
	for _, ref := range refs {
		if _, err := source.Locate(ref); err != nil {
			missing = append(missing, ref.String())
			continue
		}
		there = append(there, ref.String())
	}
	if len(missing) == 0 {
		return "Charts: " + strings.Join(there, ", ") + "."
	}
	return fmt.Sprintf("Charts: there is no copy of %s, so stand-ins take their place and what is in these charts "+
		"is not checked; `make charts` fetches them.", strings.Join(missing, ", "))
}
