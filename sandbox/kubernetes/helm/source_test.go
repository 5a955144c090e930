package helm_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vmstio/infrastructure/sandbox/kubernetes/helm"
)

// archive packs a chart of one ConfigMap.
func archive(t *testing.T, name, version string) []byte {
	t.Helper()

	var packed bytes.Buffer

	zipper := gzip.NewWriter(&packed)
	writer := tar.NewWriter(zipper)

	for file, text := range map[string]string{
		"Chart.yaml":             fmt.Sprintf("apiVersion: v2\nname: %s\nversion: %s\n", name, version),
		"templates/map.yaml":     "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\n",
		"templates/_helpers.tpl": "",
	} {
		header := &tar.Header{Name: name + "/" + file, Mode: 0o600, Size: int64(len(text))}
		if err := writer.WriteHeader(header); err != nil {
			t.Fatal(err)
		}

		if _, err := writer.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}

	if err := errors.Join(writer.Close(), zipper.Close()); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// repository serves a chart in several versions and counts requests.
type repository struct {
	*httptest.Server
	requests atomic.Int32
}

func newRepository(t *testing.T, versions ...string) *repository {
	t.Helper()

	files := map[string][]byte{}
	index := "apiVersion: v1\nentries:\n  map:\n"

	for i, version := range versions {
		packed := archive(t, "map", version)
		files["/charts/map-"+version+".tgz"] = packed

		digest := fmt.Sprintf("%x", sha256.Sum256(packed))
		if version == "0.0.1" {
			digest = "0000"
		}

		// Addresses in an index are relative or absolute; both occur.
		address := "map-" + version + ".tgz"
		if i%2 == 1 {
			address = "/charts/" + address
		}

		index += fmt.Sprintf("  - version: %q\n    urls: [%q]\n    digest: %s\n", version, address, digest)
	}

	files["/charts/index.yaml"] = []byte(index)
	r := &repository{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.requests.Add(1)

		file, ok := files[req.URL.Path]
		if !ok {
			http.NotFound(w, req)
			return
		}

		_, _ = w.Write(file)
	}))
	t.Cleanup(r.Close)
	return r
}

func TestRepository(t *testing.T) {
	r := newRepository(t, "1.0.0", "1.2.0", "v1.10.0", "2.0.0-rc.1", "0.0.1")

	for name, test := range map[string]struct {
		version string
		devel   bool
		want    string
		err     string
	}{
		"newest":      {"", false, "v1.10.0", ""},
		"development": {"", true, "2.0.0-rc.1", ""},
		"exact":       {"1.2.0", false, "1.2.0", ""},
		"with v":      {"v1.2.0", false, "1.2.0", ""},
		"range":       {"~1.0", false, "1.0.0", ""},
		"missing":     {"3.0.0", false, "", `chart "map" has no version 3.0.0`},
		"nonsense":    {"latest", false, "", "neither a version nor a range"},
		"tampered":    {"0.0.1", false, "", "does not have the digest"},
	} {
		t.Run(name, func(t *testing.T) {
			source := helm.NewSource("", false, 0)
			ref := helm.Reference{Chart: "map", Repo: r.URL + "/charts/", Version: test.version, Devel: test.devel}
			found, err := source.Locate(context.Background(), ref)

			if test.err != "" {
				unavailable := (*helm.UnavailableError)(nil)
				if err == nil || !strings.Contains(err.Error(), test.err) || errors.As(err, &unavailable) {
					t.Errorf("error %v, want a wrong reference: %q", err, test.err)
				}
				return
			}

			if err != nil || found.Metadata.Version != test.want {
				t.Errorf("found %v, %v, want version %s", found, err, test.want)
			}
		})
	}
}

func TestRepositoryIsAskedOnce(t *testing.T) {
	r := newRepository(t, "1.0.0")
	source := helm.NewSource("", false, 0)

	for range 3 {
		_, err := source.Locate(context.Background(), helm.Reference{Chart: "map", Repo: r.URL + "/charts"})
		if err != nil {
			t.Fatal(err)
		}

		_, err = source.Locate(context.Background(), helm.Reference{Chart: "map", Repo: r.URL + "/none"})
		if err == nil {
			t.Fatal("a repository without an index has a chart")
		}
	}

	if n := r.requests.Load(); n != 3 {
		t.Errorf("%d requests, want 3: two indices and an archive", n)
	}
}

func TestUnavailableCharts(t *testing.T) {
	block := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-block }))

	t.Cleanup(func() {
		close(block)
		slow.Close()
	})

	r := newRepository(t, "1.0.0")
	closed := newRepository(t)
	closed.Close()

	for name, test := range map[string]struct {
		ref     helm.Reference
		offline bool
		want    string
	}{
		"HTTP error": {helm.Reference{Chart: "map", Repo: r.URL}, false, "404 Not Found"},
		"closed":     {helm.Reference{Chart: "map", Repo: closed.URL}, false, "connection refused"},
		"slow":       {helm.Reference{Chart: "map", Repo: slow.URL}, false, "deadline exceeded"},
		"offline":    {helm.Reference{Chart: "map", Repo: r.URL + "/charts"}, true, "offline mode"},
		"OCI":        {helm.Reference{Chart: "oci://registry.test/map"}, false, "OCI registries are not asked"},
		"other local": {
			helm.Reference{Chart: "local", Repo: r.URL, Version: "2.0.0"},
			true,
			"has version 1.0.0, wanted is 2.0.0; repositories",
		},
	} {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			_, err := helm.NewSource(localCharts(t), test.offline, 50*time.Millisecond).
				Locate(context.Background(), test.ref)

			unavailable := (*helm.UnavailableError)(nil)
			if !errors.As(err, &unavailable) || !strings.Contains(unavailable.Reason, test.want) {
				t.Errorf("error %v, want that the chart cannot be had: %q", err, test.want)
			}

			if elapsed := time.Since(begin); elapsed > 2*time.Second {
				t.Errorf("it took %s to find out", elapsed)
			}
		})
	}
}

func localCharts(t *testing.T) string {
	t.Helper()

	dir := t.TempDir()
	for file, packed := range map[string][]byte{
		"local.tgz": archive(t, "local", "1.0.0"), "local-3.0.0.tgz": archive(t, "local", "3.0.0"),
		"broken.tgz": []byte("no archive"),
	} {
		if err := os.WriteFile(filepath.Join(dir, file), packed, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestLocalCharts(t *testing.T) {
	dir := localCharts(t)
	source := helm.NewSource(dir, true, 0)

	for name, test := range map[string]struct {
		ref  helm.Reference
		want string
		err  string
	}{
		"any version":    {helm.Reference{Chart: "local", Repo: "https://charts.test"}, "1.0.0", ""},
		"this version":   {helm.Reference{Chart: "local", Repo: "https://charts.test", Version: "3.0.0"}, "3.0.0", ""},
		"from OCI":       {helm.Reference{Chart: "oci://registry.test/charts/local"}, "1.0.0", ""},
		"path":           {helm.Reference{Chart: filepath.Join(dir, "local-3.0.0.tgz")}, "3.0.0", ""},
		"broken":         {helm.Reference{Chart: "broken", Repo: "https://charts.test"}, "", "loading the local chart"},
		"no repository":  {helm.Reference{Chart: "lost"}, "", "no repository is given"},
		"nothing at all": {helm.Reference{}, "", "no name"},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := source.Locate(context.Background(), test.ref)

			switch {
			case test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)):
				t.Errorf("error %v, want %q", err, test.err)
			case test.err == "" && (err != nil || found.Metadata.Version != test.want):
				t.Errorf("found %v, %v, want version %s", found, err, test.want)
			}
		})
	}
}
