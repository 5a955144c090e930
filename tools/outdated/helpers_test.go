package main

import (
	"bytes"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/infra/settings"
)

// today is when the tests take place.
var today = time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC)

// world is the internet of a test: the hosts that answer, and the addresses of the servers that answer for them. No
// other name resolves.
type world map[string]string

func (w world) RoundTrip(request *http.Request) (*http.Response, error) {
	server, ok := w[request.URL.Host]
	if !ok {
		return nil, &net.DNSError{Err: "no such host", Name: request.URL.Hostname(), IsNotFound: true}
	}
	request = request.Clone(request.Context())
	request.URL.Scheme, request.URL.Host = "http", strings.TrimPrefix(server, "http://")
	return http.DefaultTransport.RoundTrip(request)
}

// asking is sources that reach the hosts of a world.
func asking(w world) sources {
	return sources{
		github:    "https://api.github.com",
		endOfLife: "https://endoflife.date",
		transport: w,
		timeout:   20 * time.Second,
		safe:      []settings.SafeRelease{{Line: [2]int{4, 7}, Patch: 2}, {Line: [2]int{4, 6}, Patch: 8}},
		now:       today,
	}
}

// serve answers every request with this text.
func serve(t *testing.T, text string) string {
	t.Helper()
	return serveFunc(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) })
}

func serveFunc(t *testing.T, answer http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return server.URL
}

// serveImages is a container registry that has these images, each as "path:tag". It returns its address, and its host,
// for references.
func serveImages(t *testing.T, images ...string) (url, host string) {
	t.Helper()
	url = serveFunc(t, registry.New(registry.Logger(log.New(io.Discard, "", 0))).ServeHTTP)
	host = strings.TrimPrefix(url, "http://")
	for _, image := range images {
		tag, err := name.NewTag(host + "/" + image)
		require.NoError(t, err)
		require.NoError(t, remote.Write(tag, empty.Image))
	}
	return url, host
}

// said is what a check reports, and the status.
func said(r *report) (string, int) {
	var out bytes.Buffer
	status := r.print(&out)
	return out.String(), status
}

// requireLines requires these lines before the one with the counts.
func requireLines(t *testing.T, r *report, want ...string) {
	t.Helper()
	text, _ := said(r)
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	require.Equal(t, strings.Join(want, "\n"), strings.Join(lines[:len(lines)-1], "\n"))
}

// project is a directory with the stack files of the project, changed, and a go.mod file without requirements.
func project(t *testing.T, change func(stack string, settings map[string]any)) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module a.test\n"), 0o600))
	for _, stack := range []string{"prod", "staging"} {
		file := "Pulumi." + stack + ".yaml"
		text, err := os.ReadFile(filepath.Join("..", "..", file))
		require.NoError(t, err)
		var content struct {
			Config map[string]map[string]any `yaml:"config"`
		}
		require.NoError(t, yaml.Unmarshal(text, &content))
		change(stack, content.Config["vmst:settings"])
		text, err = yaml.Marshal(content)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, file), text, 0o600))
	}
	return dir
}

// below is the mapping at a key, which is made if there is none.
func below(object map[string]any, key string) map[string]any {
	inner, ok := object[key].(map[string]any)
	if !ok {
		inner = map[string]any{}
		object[key] = inner
	}
	return inner
}
