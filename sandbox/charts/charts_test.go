package charts_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/repo"

	"github.com/vmstio/infrastructure/sandbox/charts"
	"github.com/vmstio/infrastructure/sandbox/kubernetes/helm"
)

// repository serves charts with Helm's own packaging and index, and returns its URL and directory.
func repository(t *testing.T, versions ...string) (url, dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, version := range versions {
		_, err := chartutil.Save(&chart.Chart{
			Metadata: &chart.Metadata{APIVersion: "v2", Name: "web", Version: version},
		}, dir)
		require.NoError(t, err)
	}
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	t.Cleanup(server.Close)
	index, err := repo.IndexDirectory(dir, server.URL)
	require.NoError(t, err)
	require.NoError(t, index.WriteFile(filepath.Join(dir, "index.yaml"), 0o600))
	return server.URL, dir
}

func TestChartsArePinned(t *testing.T) {
	t.Parallel()
	url, served := repository(t, "1.0.0")
	cache := charts.Cache{Dir: filepath.Join(t.TempDir(), "charts"), Lock: filepath.Join(t.TempDir(), "charts.lock")}
	refs := []helm.Reference{{Chart: "web", Repo: url, Version: "1.0.0"}}
	var lines []string
	report := func(line string) { lines = append(lines, line) }
	mode := func() (string, error) {
		there, err := cache.Directory()
		require.NoError(t, err)
		return charts.Mode(refs, helm.Source{there})
	}
	said, err := mode()
	require.NoError(t, err)
	require.Contains(t, said, "no copy of web 1.0.0, so stand-ins take their place")
	require.NoError(t, cache.Fetch(refs, report))
	said, err = mode()
	require.NoError(t, err)
	require.Equal(t, "Charts: web 1.0.0.", said)
	require.NoError(t, cache.Fetch(refs, report))
	require.Len(t, lines, 2)
	require.Contains(t, lines[0], "web 1.0.0: fetched, sha256 ")
	require.Equal(t, "web 1.0.0: is there", lines[1])

	// Another archive of the same version is refused, in the directory and from the repository, and the pin stays.
	pinned, err := os.ReadFile(cache.Lock)
	require.NoError(t, err)
	copied := filepath.Join(cache.Dir, "web-1.0.0.tgz")
	require.NoError(t, os.WriteFile(copied, []byte("another"), 0o600))
	const told = " is pinned: delete it, and run `make charts`"
	require.ErrorContains(t, cache.Fetch(refs, report), copied+" has the digest ")
	require.ErrorContains(t, cache.Fetch(refs, report), told)
	_, err = mode()
	require.ErrorContains(t, err, told)
	require.NoError(t, os.RemoveAll(cache.Dir))
	_, err = chartutil.Save(&chart.Chart{
		Metadata: &chart.Metadata{APIVersion: "v2", Name: "web", Version: "1.0.0", Description: "another"},
	}, served)
	require.NoError(t, err)
	index, err := repo.IndexDirectory(served, url)
	require.NoError(t, err)
	require.NoError(t, index.WriteFile(filepath.Join(served, "index.yaml"), 0o600))
	require.ErrorContains(t, cache.Fetch(refs, report), "it is another chart now")
	after, err := os.ReadFile(cache.Lock)
	require.NoError(t, err)
	require.Equal(t, string(pinned), string(after))
}

func TestAllChartsAreTried(t *testing.T) {
	t.Parallel()
	url, _ := repository(t, "2.0.0")
	cache := charts.Cache{Dir: t.TempDir(), Lock: filepath.Join(t.TempDir(), "charts.lock")}
	err := cache.Fetch([]helm.Reference{
		{Chart: "web", Repo: url, Version: "1.0.0"}, {Chart: "web", Repo: url, Version: "2.0.0"},
	}, func(string) {})
	require.ErrorContains(t, err, "web 1.0.0")
	require.FileExists(t, filepath.Join(cache.Dir, "web-2.0.0.tgz"))
}
