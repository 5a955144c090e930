package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/settings"
)

// pins are versions that every world of these tests has.
func pins(_ string, object map[string]any) {
	mastodon, ingress := below(object, "mastodon"), below(object, "ingress")
	mastodon["image"] = map[string]any{"tag": settings.SafeReleases()[0].String()}
	mastodon["rclone"] = map[string]any{"tag": "1.71.2"}
	mastodon["chart"] = map[string]any{"repository": "https://mastodon.test/charts/", "version": "1.2.6"}
	ingress["chart"] = map[string]any{"repository": "https://ingress.test", "version": "4.15.1"}
	ingress["certManager"] = map[string]any{"repository": "https://jetstack.test", "version": "v1.21.2"}
	observability := below(object, "observability")
	observability["size"] = settings.ObservabilitySmall
	observability["chart"] = map[string]any{"repository": "https://prometheus.test", "version": "88.5.3"}
	observability["blackboxExporter"] = map[string]any{"tag": "v0.28.0"}
	backup := below(object, "backup")
	backup["enabled"], backup["rclone"] = true, map[string]any{"tag": "1.71.2"}
	below(object, "cluster")["version"] = "1.35"
}

const pinnedCharts = `{entries: {mastodon: [{version: 1.2.6}], ingress-nginx: [{version: 4.15.1}],
	cert-manager: [{version: v1.21.2}], kube-prometheus-stack: [{version: 88.5.3}]}}`

// current is a world in which nothing is newer than the pins.
func current(t *testing.T) world {
	t.Helper()
	tag := settings.SafeReleases()[0].String()
	images, _ := serveImages(t, "mastodon/mastodon:"+tag, "mastodon/mastodon-streaming:"+tag, "rclone/rclone:1.71.2",
		"prometheus/blackbox-exporter:v0.28.0")
	charts := serveFunc(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/index.yaml" && r.URL.Path != "/charts/index.yaml" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(pinnedCharts))
	})
	return world{
		"api.github.com": serve(t, `[{"tag_name": "`+tag+`", "body": "### Fixed"}]`),
		"endoflife.date": serve(t, `[{"cycle": "1.35", "eol": "2027-12-28"}]`),
		"ghcr.io":        images, "index.docker.io": images, "quay.io": images,
		"mastodon.test": charts, "ingress.test": charts, "jetstack.test": charts, "prometheus.test": charts,
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	tag := settings.SafeReleases()[0].String()
	for name, test := range map[string]struct {
		change func(stack string, object map[string]any)
		world  func(t *testing.T, w world)
		want   string
		status int
	}{
		"everything is current": {pins, func(*testing.T, world) {}, "0 errors, 0 notes, 0 not checked\n", 0},
		"offline": {
			pins,
			func(_ *testing.T, w world) { clear(w) },
			`not checked: Mastodon's releases: api.github.com did not answer: no such host
not checked: chart cert-manager v1.21.2 (prod, staging): jetstack.test did not answer: no such host
not checked: chart ingress-nginx 4.15.1 (prod, staging): ingress.test did not answer: no such host
not checked: chart kube-prometheus-stack 88.5.3 (prod, staging): prometheus.test did not answer: no such host
not checked: chart mastodon 1.2.6 (prod, staging): mastodon.test did not answer: no such host
not checked: end of support of Kubernetes 1.35 (prod, staging): endoflife.date did not answer: no such host
not checked: image docker.io/rclone/rclone:1.71.2 (prod, staging): index.docker.io did not answer: no such host
not checked: image ghcr.io/mastodon/mastodon-streaming:` + tag + ` (prod, staging), image ghcr.io/mastodon/mastodon:` +
				tag + ` (prod, staging): ghcr.io did not answer: no such host
not checked: image quay.io/prometheus/blackbox-exporter:v0.28.0 (prod, staging): quay.io did not answer: no such host
0 errors, 0 notes, 9 not checked
`, 2,
		},
		"notes alone": {
			pins,
			func(t *testing.T, w world) {
				w["endoflife.date"] = serve(t, `[{"cycle": "1.35", "eol": "2027-02-28"}]`)
			},
			"note: Kubernetes 1.35 (prod, staging): its support ends on 2027-02-28; " +
				"set cluster.version to a newer minor, one after the other\n" +
				"0 errors, 1 note, 0 not checked\n", 0,
		},
		"an error, a note, and one that does not answer": {
			func(stack string, object map[string]any) {
				pins(stack, object)
				if stack == "staging" {
					below(below(object, "mastodon"), "rclone")["tag"] = "1.70.0"
				}
			},
			func(t *testing.T, w world) {
				delete(w, "api.github.com")
				w["endoflife.date"] = serve(t, `[{"cycle": "1.35", "eol": "2026-11-30"}]`)
				w["jetstack.test"] = serve(t, `{entries: {cert-manager: [{version: v1.22.0}, {version: v1.21.2}]}}`)
			},
			"error: Kubernetes 1.35 (prod, staging): its support ended on 2026-11-30; " +
				"set cluster.version to a newer minor, one after the other\n" +
				"error: image docker.io/rclone/rclone:1.70.0 (staging): index.docker.io does not have it; " +
				"name a tag that is there\n" +
				"note: chart cert-manager v1.21.2 (prod, staging): v1.22.0 is there\n" +
				"not checked: Mastodon's releases: api.github.com did not answer: no such host\n" +
				"2 errors, 1 note, 1 not checked\n", 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := current(t)
			test.world(t, w)
			s := asking(w)
			s.safe = settings.SafeReleases()
			var out bytes.Buffer
			status, err := s.run(t.Context(), project(t, test.change), []string{"go.mod"}, &out)
			require.NoError(t, err)
			require.Equal(t, test.want, out.String())
			require.Equal(t, test.status, status)
		})
	}
}

func TestFilesThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spoil  func(t *testing.T, dir string)
		goMods []string
		want   string
	}{
		"no stack file": {
			func(t *testing.T, dir string) {
				for _, stack := range []string{"prod", "staging"} {
					require.NoError(t, os.Remove(filepath.Join(dir, "Pulumi."+stack+".yaml")))
				}
			},
			[]string{"go.mod"},
			"name the project's directory with -dir",
		},
		"a stack file that is not YAML": {
			func(t *testing.T, dir string) { put(t, filepath.Join(dir, "Pulumi.prod.yaml"), "config: [") },
			[]string{"go.mod"},
			"Pulumi.prod.yaml: yaml:",
		},
		"a stack file without settings": {
			func(t *testing.T, dir string) { put(t, filepath.Join(dir, "Pulumi.staging.yaml"), "config: {}") },
			[]string{"go.mod"},
			"Pulumi.staging.yaml: the stack's configuration has ",
		},
		"no go.mod file":   {func(*testing.T, string) {}, nil, "no go.mod file is given"},
		"a missing go.mod": {func(*testing.T, string) {}, []string{"none/go.mod"}, "reading a go.mod file"},
		"a go.mod that is none": {
			func(t *testing.T, dir string) { put(t, filepath.Join(dir, "go.mod"), "x") },
			[]string{"go.mod"},
			"go.mod:1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := project(t, pins)
			test.spoil(t, dir)
			var out bytes.Buffer
			_, err := asking(world{}).run(t.Context(), dir, test.goMods, &out)
			require.ErrorContains(t, err, test.want)
			require.Empty(t, out.String())
		})
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

// The secrets of a stack are of no interest, whichever its settings need.
func TestEverySecretIsSupplied(t *testing.T) {
	t.Parallel()
	dir := project(t, func(stack string, object map[string]any) {
		below(object, "monitoring")["slackChannel"] = "#ops"
		if stack != "prod" {
			return
		}
		// Whether or not whoever runs this has a site.
		docs := below(object, "docs")
		docs["enabled"], docs["site"], docs["team"] = true, "handbook", "somebody"
		docs["variables"] = []any{
			map[string]any{"name": "LICENSE", "secret": true, "context": "production"},
		}
	})
	stacks, err := readStacks(dir)
	require.NoError(t, err)
	require.Len(t, stacks, 2)
	require.Equal(t, "prod", stacks[0].name)
	require.Contains(t, settings.SecretNames(stacks[0].Settings), "slackWebhook")
	require.Contains(t, settings.SecretNames(stacks[0].Settings), "docsVariables.LICENSE")
}

func TestInternet(t *testing.T) {
	t.Setenv("GITHUB_TOKEN", "one")
	s := internet()
	require.Equal(t, "one", s.token)
	require.Equal(t, "https://api.github.com", s.github)
	require.Equal(t, "https://endoflife.date", s.endOfLife)
	require.Equal(t, settings.SafeReleases(), s.safe)
	require.Equal(t, "20s", s.timeout.String())
}

// A stack that names a thing twice is named once.
func TestPinned(t *testing.T) {
	t.Parallel()
	stacks := []stack{{name: "prod"}, {name: "staging"}}
	all := pinned(stacks, func(s stack) []string { return []string{"both", s.name, "both"} })
	require.Equal(t, map[string]names{
		"both": {"prod", "staging"}, "prod": {"prod"}, "staging": {"staging"},
	}, all)
	require.Equal(t, "(prod, staging)", all["both"].String())
}
