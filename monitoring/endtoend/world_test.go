package endtoend_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// world plays what is watched: the addresses of an instance with their certificates, the marks of its backups, and the
// Prometheus in its cluster.
type world struct {
	authority *x509.Certificate
	key       *ecdsa.PrivateKey
	// began is when it began to be watched.
	began time.Time

	mutex sync.Mutex
	// broken and mended are when; zero for not yet.
	broken, mended time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "an authority of the tests"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0), IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	authority, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return &world{authority: authority, key: key, began: time.Now()}
}

// trusted is the authority, for the programs.
func (w *world) trusted() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.authority.Raw})
}

// ill is whether something is wrong now.
func (w *world) ill() bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return !w.broken.IsZero() && w.mended.IsZero()
}

func (w *world) breakDown() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.broken = time.Now()
}

func (w *world) mend() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.mended = time.Now()
}

// certificate is good for 60 days, or, where one ends, for five.
func (w *world) certificate(ends bool) (*tls.Certificate, error) {
	days := 60
	if ends {
		days = 5
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().AddDate(0, 0, days), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}, w.authority, key.Public(), w.key)
	if err != nil {
		return nil, fmt.Errorf("making a certificate: %w", err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// serve serves over TLS until the end of the test, with a certificate that ends soon while something is wrong, if that
// one is to.
func (w *world) serve(t *testing.T, ends bool, handler http.HandlerFunc) (address string) {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			certificate, err := w.certificate(ends && w.ill())
			if err != nil {
				return nil, err
			}
			return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{*certificate}}, nil
		},
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

func healthy(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "OK") }

// marks are the objects in the bucket of the backups. While something is wrong, the last good rehearsal is a month ago,
// and the last one has just failed.
func (w *world) marks(response http.ResponseWriter, request *http.Request) {
	kind, file, _ := strings.Cut(strings.TrimPrefix(request.URL.Path, "/"), "/")
	task := strings.TrimSuffix(file, ".prom")
	end, success := time.Now().Add(-time.Hour), 1
	if task == "rehearsal" && w.ill() {
		success = 0
		if kind == "proven" {
			end = end.AddDate(0, 0, -30)
		}
	}
	response.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	fmt.Fprintf(response, "mastodon_backup_seconds{task=%q} 60\nmastodon_backup_end_timestamp_seconds{task=%q} %d\n",
		task, task, end.Unix())
	if kind == "runs" {
		fmt.Fprintf(response, "mastodon_backup_success{task=%q} %d\n", task, success)
	}
}

// federate is the page of the Prometheus in the cluster from which another one fetches series.
func (w *world) federate(response http.ResponseWriter, request *http.Request) {
	if matches := request.URL.Query()["match[]"]; request.URL.Path != "/federate" || len(matches) == 0 {
		http.NotFound(response, request)
		return
	}
	w.mutex.Lock()
	// Who fails has so many requests that the windows of an objective, which are minutes to days, see no others.
	now := moment{at: time.Now(), since: time.Since(w.began), wait: 1, late: 2, rush: 500, load: 1}
	if !w.broken.IsZero() {
		until := time.Now()
		if !w.mended.IsZero() {
			until = w.mended
		}
		now.failing = until.Sub(w.broken)
		if w.mended.IsZero() {
			now.wait, now.late = 900, 900
		} else {
			// As if hours of requests that went well had passed, so that the windows of the objectives need not.
			now.since += 1000 * time.Hour
		}
	}
	w.mutex.Unlock()
	response.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	for _, s := range now.series() {
		fmt.Fprintf(response, "%s %g\n", s.name, s.value)
	}
}

// moment is the state of the cluster.
type moment struct {
	at time.Time
	// since is how long requests have come, and failing how long 2 % of them failed.
	since, failing time.Duration
	// rush is how many times more requests came then.
	rush float64
	// load is how many people there are, beside the usual.
	load float64
	// wait is how many seconds the oldest job of the queue "default" has waited, and late that of the queue "push".
	wait, late float64
}

type sample struct {
	name  string
	value float64
}

// perSecond is how many requests come.
const perSecond = 200

// series are those that the rules use, as Prometheus has them (infra/signals, Metrics).
func (m moment) series() []sample {
	bad := m.failing.Seconds() * m.rush * perSecond * 0.02
	good := (m.since.Seconds()+m.failing.Seconds()*m.rush)*perSecond - bad
	at := func(d time.Duration) float64 { return float64(m.at.Add(d).Unix()) }
	const duration = `nginx_ingress_controller_request_duration_seconds_`
	series := []sample{
		{`nginx_ingress_controller_requests{ingress="mastodon",status="200"}`, good},
		{`nginx_ingress_controller_requests{ingress="mastodon",status="500"}`, bad},
		{duration + `count{ingress="mastodon",method="GET"}`, good},
		{`nginx_ingress_controller_config_last_reload_successful{pod="nginx-0"}`, 1},
		{`certmanager_certificate_ready_status{name="mastodon",condition="True"}`, 1},
		{`certmanager_certificate_expiration_timestamp_seconds{name="mastodon"}`, at(60 * 24 * time.Hour)},
		{`kube_node_status_condition{node="sulu-0",condition="Ready",status="true"}`, 1},
		{`kube_node_status_condition{node="sulu-1",condition="Ready",status="true"}`, 1},
		{`kube_pod_container_status_restarts_total{namespace="mastodon",pod="mastodon-web-0",container="web"}`, 1},
		{`kubelet_volume_stats_capacity_bytes{namespace="monitoring",persistentvolumeclaim="prometheus-0"}`, 50e9},
		{`kubelet_volume_stats_available_bytes{namespace="monitoring",persistentvolumeclaim="prometheus-0"}`, 30e9},
		{`mastodon_timeline_probe_success`, 1},
		{`mastodon_timeline_http_status`, 200},
		{`mastodon_timeline_newest_post_timestamp_seconds`, at(-20 * time.Second)},
	}
	for le, share := range map[string]float64{"0.1": 0.6, "0.25": 0.9, "0.5": 0.98, "1.0": 0.995, "+Inf": 1} {
		name := fmt.Sprintf(`%sbucket{ingress="mastodon",method="GET",le=%q}`, duration, le)
		series = append(series, sample{name, good * share})
	}
	for _, deployment := range []string{
		"mastodon-web", "mastodon-streaming", "mastodon-sidekiq-default", "mastodon-sidekiq-push",
	} {
		labels := fmt.Sprintf(`{namespace="mastodon",deployment=%q}`, deployment)
		series = append(series, sample{"kube_deployment_spec_replicas" + labels, 2},
			sample{"kube_deployment_status_replicas_available" + labels, 2})
	}
	for i := range 2 {
		web := fmt.Sprintf(`{pod="mastodon-web-%d"}`, i)
		streaming := fmt.Sprintf(`{namespace="mastodon",pod="mastodon-streaming-%d"}`, i)
		series = append(series,
			sample{"ruby_puma_workers" + web, 2}, sample{"ruby_puma_request_backlog" + web, 0},
			sample{"ruby_puma_busy_threads" + web, 4 * m.load}, sample{"ruby_puma_max_threads" + web, 10},
			sample{"ruby_active_record_connection_pool_waiting" + web, 0},
			sample{"ruby_http_request_queue_duration_seconds_sum" + web, m.since.Seconds() * perSecond * 0.002},
			sample{"ruby_http_request_queue_duration_seconds_count" + web, m.since.Seconds() * perSecond},
			sample{fmt.Sprintf(`up{namespace="mastodon",job="mastodon/web",instance="10.0.0.%d:9394"}`, i), 1},
			sample{"connected_clients" + streaming, 400 * m.load}, sample{"pg_pool_waiting_queries" + streaming, 0},
			sample{"nodejs_eventloop_lag_p99_seconds" + streaming, 0.012 * m.load},
		)
	}
	for queue, wait := range map[string]float64{
		"default": m.wait, "push": m.late, "ingress": 1, "mailers": 1, "pull": 20, "fasp": 1, "scheduler": 1,
	} {
		labels := fmt.Sprintf(`{queue=%q,pod="mastodon-sidekiq-0"}`, queue)
		series = append(series, sample{"sidekiq_queue_latency_seconds" + labels, wait},
			sample{"sidekiq_queue_backlog" + labels, wait * 40})
	}
	worked := (m.since + m.failing).Seconds()
	const process = `{queues="default,scheduler",pod="mastodon-sidekiq-0"}`
	return append(series,
		sample{"sidekiq_process_concurrency" + process, 25},
		sample{"sidekiq_process_busy" + process, min(25, 5+m.wait)},
		sample{`active_record_connection_pool_waiting{pod="mastodon-sidekiq-0"}`, 0},
		sample{`sidekiq_stats_dead_size{pod="mastodon-sidekiq-0"}`, 120},
		sample{`sidekiq_stats_retry_size{pod="mastodon-sidekiq-0"}`, 300},
		sample{`sidekiq_stats_processed{pod="mastodon-sidekiq-0"}`, worked * 90},
		sample{`sidekiq_jobs_total{queue="mailers",job_name="ActionMailer::MailDeliveryJob"}`, worked / 20},
		sample{`sidekiq_failed_jobs_total{queue="mailers",job_name="ActionMailer::MailDeliveryJob"}`, 0},
		sample{`sidekiq_failed_jobs_total{queue="scheduler",job_name="Scheduler::IndexingScheduler"}`, 0},
	)
}
