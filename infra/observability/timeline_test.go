//go:build unix

package observability

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/tests/programs"
)

// probe starts the script of the pod against an instance, and returns where its metrics are.
func probe(t *testing.T, instance string) string {
	t.Helper()
	ruby := programs.Find(t, "ruby")
	command := exec.CommandContext(t.Context(), ruby, "-e", timelineScript)
	command.Env = []string{
		"PATH=" + os.Getenv("PATH"), "INSTANCE_URL=" + instance, "INSTANCE_HOST=social.example.org", "PORT=0",
	}
	said, err := command.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	line, err := bufio.NewReader(said).ReadString('\n')
	require.NoError(t, err)
	port, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on port ")
	require.True(t, ok, line)
	go func() { _, _ = io.Copy(io.Discard, said) }()
	return "http://127.0.0.1:" + port
}

func get(t *testing.T, url string) (status int, text string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, "text/plain; version=0.0.4", response.Header.Get("Content-Type"))
	return response.StatusCode, string(body)
}

// samples are the lines without the comments.
func samples(t *testing.T, url string) []string {
	t.Helper()
	status, text := get(t, url+"/metrics")
	require.Equal(t, http.StatusOK, status)
	var lines []string
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		if !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return lines
}

func TestTimeline(t *testing.T) {
	t.Parallel()
	const newest, success, status = "mastodon_timeline_newest_post_timestamp_seconds",
		"mastodon_timeline_probe_success", "mastodon_timeline_http_status"
	for name, test := range map[string]struct {
		status int
		body   string
		want   []string
	}{
		"a post": {
			http.StatusOK, `[{"id": "1", "created_at": "2026-11-24T02:17:00.512Z"}]`,
			[]string{success + " 1", status + " 200", newest + " 1795486620"},
		},
		"an instance without posts": {http.StatusOK, `[]`, []string{success + " 1", status + " 200"}},
		"an instance that is closed to strangers": {
			http.StatusUnprocessableEntity, `{"error": "This method requires an authenticated user"}`,
			[]string{success + " 0", status + " 422"},
		},
		"an instance that is away":   {http.StatusBadGateway, `<html>`, []string{success + " 0", status + " 502"}},
		"an answer that is no list":  {http.StatusOK, `<html>`, []string{success + " 0", status + " 0"}},
		"an answer that is no posts": {http.StatusOK, `{"a": 1}`, []string{success + " 0", status + " 0"}},
		"a post without a time":      {http.StatusOK, `[{"id": "1"}]`, []string{success + " 0", status + " 0"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := make(chan *http.Request, 8)
			instance := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked <- r
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			}))
			defer instance.Close()
			require.Equal(t, test.want, samples(t, probe(t, instance.URL)))
			r := <-asked
			require.Equal(t, "/api/v1/timelines/public?local=false&limit=1", r.URL.String())
			require.Equal(t, "social.example.org", r.Host)
			require.Equal(t, "https", r.Header.Get("X-Forwarded-Proto"), "Rails redirects what is not https")
		})
	}
}

// Whatever the instance does, there is an answer before Prometheus gives up, and another one afterwards.
func TestTimelineThatHangs(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	instance := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-done }))
	defer instance.Close()
	defer close(done)
	url := probe(t, instance.URL)
	begin := time.Now()
	require.Equal(t, []string{"mastodon_timeline_probe_success 0", "mastodon_timeline_http_status 0"}, samples(t, url))
	require.Less(t, time.Since(begin), 9*time.Second)

	gone := httptest.NewServer(nil)
	gone.Close()
	url = probe(t, gone.URL)
	require.Equal(t, []string{"mastodon_timeline_probe_success 0", "mastodon_timeline_http_status 0"}, samples(t, url))
	status, _ := get(t, url+"/elsewhere")
	require.Equal(t, http.StatusNotFound, status)
	require.Len(t, samples(t, url), 2)
}
