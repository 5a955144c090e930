package endtoend_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// webhook is where Alertmanager tells people.
type webhook struct {
	mutex    sync.Mutex
	received received
}

func (h *webhook) ServeHTTP(_ http.ResponseWriter, request *http.Request) {
	var told struct{ Alerts []alert }
	if err := json.NewDecoder(request.Body).Decode(&told); err != nil {
		return
	}
	h.mutex.Lock()
	defer h.mutex.Unlock()
	for _, a := range told.Alerts {
		h.received.counts[times(a.Labels["alertname"], a.Labels["severity"], a.Status)]++
		h.received.alerts[a.Labels["alertname"]] = a
	}
}

func (h *webhook) now() received {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return received{maps.Clone(h.received.counts), maps.Clone(h.received.alerts)}
}

// hook serves a webhook, and returns a file with its address, as Alertmanager wants it.
func hook(t *testing.T) (*webhook, string) {
	t.Helper()
	h := &webhook{received: received{map[string]int{}, map[string]alert{}}}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the webhook was told\n%s", h.now())
		}
	})
	file := filepath.Join(t.TempDir(), "address")
	require.NoError(t, os.WriteFile(file, []byte(server.URL), 0o600))
	return h, file
}

// Queues back up, 2 % of the requests fail, a certificate ends, and rehearsals fail: each is told with the right
// severity, once, and is over once it is mended. The files are those of the command; only the intervals and delays are
// shorter (-hurry 120): an hour is half a minute.
func TestTheRightAlertArrivesOnceAndResolves(t *testing.T) {
	needsPrograms(t)
	w := newWorld(t)
	outputs := contract(t)
	delete(outputs, "docs")
	endpoints := map[string]any{}
	for name, path := range map[string]string{
		"web": "/health", "streaming": "/api/v1/streaming/health", "media": "/health.txt", "assets": "/health.txt",
	} {
		address := w.serve(t, name == "media", healthy)
		endpoints[name] = map[string]any{"url": address, "healthUrl": address + path}
	}
	outputs["endpoints"] = endpoints
	// This objective is a share of the time. It is the least that may be promised, so that the time in which all is
	// well outweighs the other within the test; and somebody is told of it once the other was longer.
	outputs["objectives"].(map[string]any)["delivery"] = 50
	bucket := w.serve(t, false, w.marks)
	backup := outputs["backup"].(map[string]any)
	for task, proof := range backup["proofs"].(map[string]any) {
		proof.(map[string]any)["url"] = bucket + "/proven/" + task + ".prom"
		backup["runs"].(map[string]any)[task] = bucket + "/runs/" + task + ".prom"
	}
	cluster := httptest.NewServer(http.HandlerFunc(w.federate))
	t.Cleanup(cluster.Close)

	told, address := hook(t)
	beats, beatAddress := hook(t)
	alertmanager, blackbox, prometheus := free(t), free(t), free(t)
	dir := generate(t, outputs, "-hurry", "120", "-inside", cluster.URL, "-webhook", address, "-heartbeat", beatAddress,
		"-alertmanager", alertmanager, "-blackbox", blackbox)
	authority := filepath.Join(t.TempDir(), "authority.pem")
	require.NoError(t, os.WriteFile(authority, w.trusted(), 0o600))
	trust := []string{"SSL_CERT_FILE=" + authority}
	start(t, "http://"+blackbox+"/-/healthy", trust, tool(t, "blackbox_exporter"),
		"--config.file="+filepath.Join(dir, "blackbox.yml"), "--web.listen-address="+blackbox)
	start(t, "http://"+alertmanager+"/-/ready", nil, tool(t, "alertmanager"),
		"--config.file="+filepath.Join(dir, "alertmanager.yml"), "--storage.path="+t.TempDir(),
		"--web.listen-address="+alertmanager, "--cluster.listen-address=")
	storage := t.TempDir()
	remember(t, storage)
	start(t, "http://"+prometheus+"/-/ready", trust, tool(t, "prometheus"),
		"--config.file="+filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path="+storage,
		"--web.listen-address="+prometheus)

	// While all is well, only the heartbeat is sent.
	require.Eventually(t, func() bool { return beats.now().counts[times("Watchdog", "heartbeat", "firing")] > 0 },
		20*time.Second, 200*time.Millisecond, "no heartbeat")
	require.Eventually(t, func() bool { return ask(t, prometheus, `count(up == 1) == count(up)`) == 1 },
		20*time.Second, 200*time.Millisecond, "not every target answers")
	time.Sleep(5 * time.Second)
	require.Empty(t, told.now().counts, "%s", told.now())

	want := map[string]string{
		"SidekiqQueueSlow": "page", "WebAvailabilityBudgetBurns": "page", "CertificateExpiresSoon": "ticket",
		"RehearsalOld": "ticket", "BackupFailed": "ticket", "DeliveryBudgetBurns": "ticket",
	}
	expect := func(statuses ...string) map[string]int {
		counts := map[string]int{}
		for name, severity := range want {
			for _, status := range statuses {
				counts[times(name, severity, status)] = 1
			}
		}
		return counts
	}
	w.breakDown()
	broke := time.Now()
	arrived := func(counts map[string]int) func() bool {
		return func() bool {
			now := told.now().counts
			for key := range counts {
				if now[key] == 0 {
					return false
				}
			}
			return true
		}
	}
	require.Eventually(t, arrived(expect("firing")), 60*time.Second, 200*time.Millisecond, "not all was told")
	t.Logf("all was told %s after it broke", time.Since(broke).Round(time.Second))
	// Nothing else comes, not even the ticket about the objective that there is a page of, and nothing twice, for two
	// more rounds of Alertmanager.
	time.Sleep(6 * time.Second)
	require.Equal(t, expect("firing"), told.now().counts, "%s", told.now())
	for name, a := range told.now().alerts {
		require.Equal(t, "prod", a.Labels["environment"], name)
		require.True(t, strings.HasSuffix(a.Annotations["runbook_url"], "/"+name+".md"), name)
		require.True(t, strings.HasPrefix(a.Annotations["summary"], "vmst.io: "), name)
	}

	w.mend()
	mended := time.Now()
	over := expect("firing", "resolved")
	// Deliveries have to go well for as long as they did not.
	require.Eventually(t, arrived(over), 90*time.Second, 200*time.Millisecond, "not all is over")
	t.Logf("all was over %s after it was mended", time.Since(mended).Round(time.Second))
	time.Sleep(3 * time.Second)
	require.Equal(t, over, told.now().counts, "%s", told.now())
}

// remember writes into a storage what a Prometheus knows that was started again: one that has looked for less than five
// minutes says nothing of deliveries.
func remember(t *testing.T, storage string) {
	t.Helper()
	db, write := book(t, storage)
	now := time.Now()
	for at := now.Add(-10 * time.Minute); at.Before(now); at = at.Add(every) {
		write(at, []sample{
			{`up{job="federate"}`, 1}, {`sidekiq_queue_latency_seconds{queue="push",pod="mastodon-sidekiq-0"}`, 2},
		})
	}
	require.NoError(t, db.Close())
}

// ask is the value of a query, or 0 if it has none.
func ask(t *testing.T, prometheus, query string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
		"http://"+prometheus+"/api/v1/query?query="+url.QueryEscape(query), nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close() //nolint:errcheck // it was read
	var answer struct{ Data struct{ Result []any } }
	require.NoError(t, json.NewDecoder(response.Body).Decode(&answer))
	return len(answer.Data.Result)
}
