package helm_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/sandbox/kubernetes/helm"
)

// archive packs a chart of one ConfigMap.
func archive(t *testing.T, name, version string, more ...string) []byte {
	t.Helper()
	var packed bytes.Buffer
	zipper := gzip.NewWriter(&packed)
	writer := tar.NewWriter(zipper)
	for _, entry := range [][2]string{
		{"Chart.yaml", fmt.Sprintf("apiVersion: v2\nname: %s\nversion: %s\n%s", name, version, strings.Join(more, ""))},
		{"templates/map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\n"},
	} {
		file, text := entry[0], entry[1]
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

// serve answers requests for these paths.
func serve(t *testing.T, files map[string][]byte) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		file, ok := files[req.URL.Path]
		if !ok {
			http.NotFound(w, req)
			return
		}
		if strings.Contains(req.URL.Path, "/manifests/") {
			w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(file)))
		_, _ = w.Write(file)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func digest(packed []byte) string { return fmt.Sprintf("%x", sha256.Sum256(packed)) }

// repository serves a chart in several versions; that of version 0.0.1 is not what the index says.
func repository(t *testing.T, versions ...string) string {
	t.Helper()
	files := map[string][]byte{}
	index := "apiVersion: v1\nentries:\n  map:\n"
	for i, version := range versions {
		packed := archive(t, "map", version)
		files["/charts/map-"+version+".tgz"] = packed
		sum := digest(packed)
		if version == "0.0.1" {
			sum = "0000"
		}
		// Addresses in an index are relative or absolute; both occur.
		address := "map-" + version + ".tgz"
		if i%2 == 1 {
			address = "/charts/" + address
		}
		index += fmt.Sprintf("  - {apiVersion: v2, name: map, version: %q, urls: [%q], digest: %s}\n",
			version, address, sum)
	}
	files["/charts/index.yaml"] = []byte(index)
	return serve(t, files)
}

// registry serves a chart as an OCI registry does (https://github.com/opencontainers/distribution-spec).
func registry(t *testing.T) string {
	t.Helper()
	config, packed := []byte(`{"name":"map","version":"1.0.0","apiVersion":"v2"}`), archive(t, "map", "1.0.0")
	descriptor := func(mediaType string, blob []byte) string {
		return fmt.Sprintf(`{"mediaType":%q,"digest":"sha256:%s","size":%d}`, mediaType, digest(blob), len(blob))
	}
	manifest := []byte(fmt.Sprintf(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",`+
		`"config":%s,"layers":[%s]}`, descriptor("application/vnd.cncf.helm.config.v1+json", config),
		descriptor("application/vnd.cncf.helm.chart.content.v1.tar+gzip", packed)))
	const of = "/v2/charts/map/"
	return serve(t, map[string][]byte{
		"/v2/": {}, of + "manifests/1.0.0": manifest, of + "manifests/sha256:" + digest(manifest): manifest,
		of + "blobs/sha256:" + digest(config): config, of + "blobs/sha256:" + digest(packed): packed,
	})
}

func TestFetch(t *testing.T) {
	t.Parallel()
	url := repository(t, "1.0.0", "1.2.0", "0.0.1")
	sum := digest(archive(t, "map", "1.2.0"))
	ref := func(path, version string) helm.Reference {
		return helm.Reference{Chart: "map", Repo: url + path, Version: version}
	}
	for name, test := range map[string]struct {
		ref    helm.Reference
		digest string
		err    string
	}{
		"any digest":    {ref("/charts/", "1.2.0"), "", ""},
		"right digest":  {ref("/charts", "1.2.0"), sum, ""},
		"other digest":  {ref("/charts", "1.0.0"), sum, "it is another chart now"},
		"other version": {ref("/charts", "3.0.0"), "", "does not have it"},
		"tampered":      {ref("/charts", "0.0.1"), "", "does not have the digest"},
		"OCI": {
			helm.Reference{
				Chart: strings.Replace(registry(t), "http://", "oci://", 1) + "/charts/map", Version: "1.0.0",
				PlainHTTP: true,
			}, "", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			got, err := helm.Fetch(test.ref, dir, test.digest, time.Second)
			if test.err != "" {
				require.ErrorContains(t, err, test.err)
				require.NotErrorIs(t, err, helm.ErrUnavailable, "something is known to be wrong with it")
				require.NoFileExists(t, filepath.Join(dir, "map-"+test.ref.Version+".tgz"))
				return
			}
			require.NoError(t, err)
			require.Equal(t, digest(archive(t, "map", test.ref.Version)), got)
			found, err := helm.Source{{Path: dir}}.Locate(test.ref)
			require.NoError(t, err)
			require.Equal(t, test.ref.Version, found.Metadata.Version)
		})
	}
}

func TestUnavailableCharts(t *testing.T) {
	t.Parallel()
	block := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-block }))
	t.Cleanup(func() {
		close(block)
		slow.Close()
	})
	closed := httptest.NewServer(nil)
	closed.Close()
	for name, ref := range map[string]helm.Reference{
		"HTTP error":      {Chart: "map", Repo: repository(t, "1.0.0")},
		"closed":          {Chart: "map", Repo: closed.URL},
		"slow":            {Chart: "map", Repo: slow.URL},
		"closed registry": {Chart: strings.Replace(closed.URL, "http://", "oci://", 1) + "/map", PlainHTTP: true},
	} {
		t.Run(name, func(t *testing.T) {
			ref.Version = "1.0.0"
			begin := time.Now()
			_, err := helm.Fetch(ref, t.TempDir(), "", 50*time.Millisecond)
			require.ErrorIs(t, err, helm.ErrUnavailable)
			require.Less(t, time.Since(begin), 5*time.Second)
		})
	}
}

func localCharts(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for file, packed := range map[string][]byte{
		"local.tgz": archive(t, "local", "1.0.0"), "local-3.0.0.tgz": archive(t, "local", "3.0.0"),
		"broken.tgz": []byte("no archive"), "library.tgz": archive(t, "library", "1.0.0", "type: library\n"),
		"parent.tgz": archive(t, "parent", "1.0.0", "dependencies: [{name: child, version: 1.0.0}]\n"),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, file), packed, 0o600))
	}
	return dir
}

func TestLocate(t *testing.T) {
	t.Parallel()
	dir := localCharts(t)
	source := helm.Source{{Path: t.TempDir()}, {Path: dir}}
	for name, test := range map[string]struct {
		ref  helm.Reference
		want string
		err  string
	}{
		"any version":  {helm.Reference{Chart: "local", Repo: "https://charts.test"}, "1.0.0", ""},
		"this version": {helm.Reference{Chart: "local", Repo: "https://charts.test", Version: "3.0.0"}, "3.0.0", ""},
		"with v":       {helm.Reference{Chart: "local", Repo: "https://charts.test", Version: "v1.0.0"}, "1.0.0", ""},
		"range":        {helm.Reference{Chart: "local", Repo: "https://charts.test", Version: "~1.0"}, "1.0.0", ""},
		"from OCI":     {helm.Reference{Chart: "oci://registry.test/charts/local"}, "1.0.0", ""},
		"path":         {helm.Reference{Chart: filepath.Join(dir, "local-3.0.0.tgz")}, "3.0.0", ""},
		"other version": {
			helm.Reference{Chart: "local", Repo: "https://charts.test", Version: "2.0.0"},
			"",
			"has version 1.0.0, wanted is 2.0.0",
		},
		"none":   {helm.Reference{Chart: "lost", Repo: "https://charts.test"}, "", "there is no copy of it"},
		"broken": {helm.Reference{Chart: "broken", Repo: "https://charts.test"}, "", "loading the local chart"},
		"library": {
			helm.Reference{Chart: "library", Repo: "https://charts.test"}, "", "library charts cannot be installed",
		},
		"dependency": {
			helm.Reference{Chart: "parent", Repo: "https://charts.test"}, "", "missing in charts/ directory: child",
		},
		"no repository":  {helm.Reference{Chart: "lost"}, "", "no repository is given"},
		"nothing at all": {helm.Reference{}, "", "no name"},
		"nonsense": {
			helm.Reference{Chart: "lost", Repo: "https://charts.test", Version: "latest"},
			"",
			"neither a version nor a range",
		},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := source.Locate(test.ref)
			if test.err != "" {
				require.ErrorContains(t, err, test.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, found.Metadata.Version)
		})
	}
}

// A chart that cannot be had has one of our own in its place, of its name and version.
func TestStandIn(t *testing.T) {
	t.Parallel()
	known, err := helm.StandIn(helm.Reference{Chart: "ingress-nginx", Repo: "https://charts.test", Version: "4.15.1"})
	require.NoError(t, err)
	require.Equal(t, "4.15.1", known.Metadata.Version)
	require.NotEmpty(t, known.Templates)
	defined, err := helm.StandIn(helm.Reference{Chart: "kube-prometheus-stack", Version: "88.5.3"})
	require.NoError(t, err)
	require.Len(t, defined.CRDObjects(), 1, "the kinds of Prometheus' operator")
	unknown, err := helm.StandIn(helm.Reference{Chart: "oci://registry.test/lost", Version: "~1"})
	require.NoError(t, err)
	require.Equal(t, "lost", unknown.Metadata.Name)
	require.Empty(t, unknown.Templates)
}
