package helm

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/getter"
	"helm.sh/helm/v3/pkg/registry"
	"helm.sh/helm/v3/pkg/repo"
)

// Fetch downloads the chart of an exact version into a directory, as [Source] finds it, and returns its SHA-256 in
// hexadecimal. pin, unless it is empty, is what that must be. timeout is how long each answer may take. The error is
// [ErrUnavailable] when the repository or registry does not answer.
func Fetch(ref Reference, dir, pin string, timeout time.Duration) (string, error) {
	fetch := fromRepository
	if strings.HasPrefix(ref.Chart, registry.OCIScheme+"://") {
		fetch = fromRegistry
	}
	archive, err := fetch(ref, timeout)
	if err != nil {
		return "", err
	}
	got := digest(archive)
	if pin != "" && got != pin {
		return "", fmt.Errorf("chart %s has the digest %s, and %s is pinned: it is another chart now. Look at what "+
			"changed in it, and take its line out of charts.lock to pin it as it is", ref, got, pin)
	}
	if _, err := loader.LoadArchive(bytes.NewReader(archive)); err != nil {
		return "", fmt.Errorf("loading chart %s: %w", ref, err)
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", err
	}
	// Under its name it is whole.
	whole := filepath.Join(dir, ref.Name()+"-"+ref.Version+".tgz")
	if err := os.WriteFile(whole+".part", archive, 0o600); err != nil {
		return "", err
	}
	return got, os.Rename(whole+".part", whole)
}

// digest is the SHA-256 of an archive in hexadecimal.
func digest(archive []byte) string {
	sum := sha256.Sum256(archive)
	return hex.EncodeToString(sum[:])
}

// fromRepository takes a chart from a repository: an index.yaml and the archives it names
// (https://helm.sh/docs/topics/chart_repository/).
func fromRepository(ref Reference, timeout time.Duration) ([]byte, error) {
	unavailable := func(err error) error { return fmt.Errorf("%w: %s: %w", ErrUnavailable, ref, err) }
	providers := getter.Providers{{
		Schemes: []string{"http", "https"},
		New: func(options ...getter.Option) (getter.Getter, error) {
			return getter.NewHTTPGetter(append(options, getter.WithTimeout(timeout))...)
		},
	}}
	repository, err := repo.NewChartRepository(&repo.Entry{Name: ref.Name(), URL: ref.Repo}, providers)
	if err != nil {
		return nil, fmt.Errorf("chart %s: repository %q: %w", ref, ref.Repo, err)
	}
	if repository.CachePath, err = os.MkdirTemp("", "charts-"); err != nil {
		return nil, err
	}
	defer os.RemoveAll(repository.CachePath)
	file, err := repository.DownloadIndexFile()
	if err != nil {
		return nil, unavailable(err)
	}
	index, err := repo.LoadIndexFile(file)
	if err != nil {
		return nil, fmt.Errorf("chart %s: the index of %s: %w", ref, ref.Repo, err)
	}
	found, err := index.Get(ref.Chart, ref.Version)
	if err != nil || len(found.URLs) == 0 {
		return nil, fmt.Errorf("chart %s: %s does not have it: %w", ref, ref.Repo, err)
	}
	address, err := repo.ResolveReferenceURL(ref.Repo, found.URLs[0])
	if err != nil {
		return nil, fmt.Errorf("chart %s: %w", ref, err)
	}
	answer, err := repository.Client.Get(address)
	if err != nil {
		return nil, unavailable(err)
	}
	archive, err := io.ReadAll(answer)
	if err != nil {
		return nil, unavailable(err)
	}
	if said := strings.TrimPrefix(found.Digest, "sha256:"); said != "" && said != digest(archive) {
		return nil, fmt.Errorf("chart %s: %s does not have the digest that the index of %s gives",
			ref, address, ref.Repo)
	}
	return archive, nil
}

// fromRegistry takes a chart from an OCI registry (https://helm.sh/docs/topics/registries/).
func fromRegistry(ref Reference, timeout time.Duration) ([]byte, error) {
	options := []registry.ClientOption{
		registry.ClientOptWriter(io.Discard), registry.ClientOptHTTPClient(&http.Client{Timeout: timeout}),
	}
	if ref.PlainHTTP {
		options = append(options, registry.ClientOptPlainHTTP())
	}
	client, err := registry.NewClient(options...)
	if err != nil {
		return nil, err
	}
	pulled, err := client.Pull(strings.TrimPrefix(ref.Chart, registry.OCIScheme+"://")+":"+ref.Version,
		registry.PullOptWithChart(true))
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrUnavailable, ref, err)
	}
	return pulled.Chart.Data, nil
}
