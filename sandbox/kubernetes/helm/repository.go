package helm

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/Masterminds/semver/v3"
	"sigs.k8s.io/yaml"
)

// Sizes above these are no chart index and no chart.
const (
	maxIndex   = 64 << 20
	maxArchive = 32 << 20
)

// unreachableError is a repository that does not answer, or answers with an HTTP error.
type unreachableError struct{ err error }

func (e *unreachableError) Error() string { return e.err.Error() }
func (e *unreachableError) Unwrap() error { return e.err }

// repository is a chart repository: an index.yaml and the archives it names
// (https://helm.sh/docs/topics/chart_repository/).
type repository struct {
	url     string
	timeout time.Duration

	// mu is held while the network is asked, so that parallel requests for one repository ask it once.
	mu       sync.Mutex
	asked    bool
	index    index
	err      error
	archives map[string][]byte
}

// index is the part of index.yaml that is needed to find an archive.
type index struct {
	Entries map[string][]entry `json:"entries"`
}

type entry struct {
	Version string   `json:"version"`
	URLs    []string `json:"urls"`
	Digest  string   `json:"digest"`
}

// fetch returns the chart's archive.
func (r *repository) fetch(ctx context.Context, ref Reference) (io.Reader, error) {
	r.mu.Lock()
	defer r.mu.Unlock()

	if !r.asked {
		r.index, r.err = r.readIndex(ctx)
		r.asked = ctx.Err() == nil // an answer that nobody waited for says nothing about the repository
	}

	if r.err != nil {
		return nil, r.err
	}

	chosen, err := r.index.choose(ref)
	if err != nil {
		return nil, fmt.Errorf("repository %s: %w", r.url, err)
	}

	key := ref.Chart + "@" + chosen.Version
	if archive, ok := r.archives[key]; ok {
		return bytes.NewReader(archive), nil
	}

	archive, err := r.readArchive(ctx, chosen)
	if err != nil {
		return nil, err
	}

	r.archives[key] = archive
	return bytes.NewReader(archive), nil
}

func (r *repository) readIndex(ctx context.Context) (index, error) {
	text, err := get(ctx, r.url+"/index.yaml", r.timeout, maxIndex)
	if err != nil {
		return index{}, err
	}

	var parsed index
	if err := yaml.Unmarshal(text, &parsed); err != nil {
		return index{}, fmt.Errorf("reading %s/index.yaml: %w", r.url, err)
	}
	return parsed, nil
}

func (r *repository) readArchive(ctx context.Context, chosen entry) ([]byte, error) {
	if len(chosen.URLs) == 0 {
		return nil, fmt.Errorf("repository %s: version %s has no archive", r.url, chosen.Version)
	}

	base, err := url.Parse(r.url + "/")
	if err != nil {
		return nil, fmt.Errorf("repository %s: %w", r.url, err)
	}

	address, err := base.Parse(chosen.URLs[0])
	if err != nil {
		return nil, fmt.Errorf("repository %s: %w", r.url, err)
	}

	// An archive takes longer than the first sign of life that the index is.
	archive, err := get(ctx, address.String(), 10*r.timeout, maxArchive)
	if err != nil {
		return nil, err
	}

	sum := sha256.Sum256(archive)
	if chosen.Digest != "" && strings.TrimPrefix(chosen.Digest, "sha256:") != hex.EncodeToString(sum[:]) {
		return nil, fmt.Errorf("%s does not have the digest that the index of %s gives", address, r.url)
	}
	return archive, nil
}

// choose finds the newest version that the reference admits.
func (i index) choose(ref Reference) (entry, error) {
	entries := i.Entries[ref.Chart]
	if len(entries) == 0 {
		return entry{}, fmt.Errorf("there is no chart %q", ref.Chart)
	}

	wanted := ref.Version
	if wanted == "" {
		wanted = "*"
		if ref.Devel {
			wanted = ">0.0.0-0"
		}
	}

	var (
		best   entry
		newest *semver.Version
	)

	for _, candidate := range entries {
		ok, err := satisfies(candidate.Version, wanted)
		if err != nil {
			return entry{}, fmt.Errorf("chart %q: %w", ref.Chart, err)
		}

		version, err := semver.NewVersion(candidate.Version)
		if ok && err == nil && (newest == nil || version.GreaterThan(newest)) {
			best, newest = candidate, version
		}
	}

	if newest == nil {
		return entry{}, fmt.Errorf("chart %q has no version %s", ref.Chart, wanted)
	}
	return best, nil
}

func get(ctx context.Context, address string, timeout time.Duration, limit int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", address, err)
	}

	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, &unreachableError{fmt.Errorf("reading the chart repository: %w", err)}
	}

	defer func() { _ = response.Body.Close() }()

	if response.StatusCode >= http.StatusBadRequest {
		return nil, &unreachableError{fmt.Errorf("reading %s: %s", address, response.Status)}
	}

	body, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	if err != nil {
		return nil, &unreachableError{fmt.Errorf("reading %s: %w", address, err)}
	}

	if int64(len(body)) > limit {
		return nil, fmt.Errorf("reading %s: longer than %d MiB", address, limit>>20)
	}
	return body, nil
}
