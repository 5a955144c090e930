package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/settings"
)

func TestImages(t *testing.T) {
	t.Parallel()
	images, _ := serveImages(t, "rclone/rclone:1.71.2", "rclone/rclone:1.72.0", "rclone/rclone:1.100.0-beta.1",
		"rclone/rclone:1.72", "rclone/rclone:v9.0.0", "rclone/rclone:latest", "rclone/rclone:beta",
		"web/web:1.0.0-alpine", "web/web:1.1.0", "web/web:1.1.0-alpine", "web/web:1.2.0-slim", "web/web:stable",
		"web/web:v1.0.0", "web/web:v1.0.1")
	private := serveFunc(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v2/" {
			return
		}
		w.WriteHeader(http.StatusUnauthorized)
	})
	// The manifest is there, the list of tags is not.
	half := serveFunc(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v2/web/tags/list" {
			w.WriteHeader(http.StatusNotImplemented)
			return
		}
		w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
		w.Header().Set("Content-Length", "2")
		w.Header().Set("Docker-Content-Digest", "sha256:"+strings.Repeat("0", 64))
	})
	w := world{"index.docker.io": images, "a.test": images, "private.test": private, "half.test": half}
	for name, test := range map[string]struct {
		pin  image
		want []string
	}{
		"behind": {
			image{reference: "docker.io/rclone/rclone:1.71.2"},
			[]string{"note: image docker.io/rclone/rclone:1.71.2 (prod): 1.72.0 is there"},
		},
		"the newest":     {image{reference: "docker.io/rclone/rclone:1.72.0"}, nil},
		"Mastodon's own": {image{reference: "docker.io/rclone/rclone:1.71.2", mastodon: true}, nil},
		"of the same end": {
			image{reference: "a.test/web/web:1.0.0-alpine"},
			[]string{"note: image a.test/web/web:1.0.0-alpine (prod): 1.1.0-alpine is there"},
		},
		"of the same beginning": {
			image{reference: "a.test/web/web:v1.0.0"},
			[]string{"note: image a.test/web/web:v1.0.0 (prod): v1.0.1 is there"},
		},
		"a tag that is no number": {image{reference: "a.test/web/web:stable"}, nil},
		"a missing tag": {
			image{reference: "a.test/web/web:1.0.9"},
			[]string{"error: image a.test/web/web:1.0.9 (prod): a.test does not have it; name a tag that is there"},
		},
		"a missing tag of Mastodon's": {
			image{reference: "a.test/web/web:v1.0.9", mastodon: true},
			[]string{"error: image a.test/web/web:v1.0.9 (prod): a.test does not have it; name a tag that is there"},
		},
		"a missing repository": {
			image{reference: "a.test/web/api:1.0.0"},
			[]string{"error: image a.test/web/api:1.0.0 (prod): a.test does not have it; name a tag that is there"},
		},
		"a private one": {
			image{reference: "private.test/web:1.0.0"},
			[]string{"not checked: image private.test/web:1.0.0 (prod): private.test answered 401 Unauthorized"},
		},
		"without a list of tags": {
			image{reference: "half.test/web:1.0.0"},
			[]string{"not checked: newer tags of image half.test/web:1.0.0 (prod): " +
				"half.test answered 501 Not Implemented"},
		},
		"offline": {
			image{reference: "b.test/web:1.0.0"},
			[]string{"not checked: image b.test/web:1.0.0 (prod): b.test did not answer: no such host"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newReport()
			asking(w).image(t.Context(), r, test.pin, names{"prod"})
			requireLines(t, r, test.want...)
		})
	}
}

func TestImagesOfAStack(t *testing.T) {
	t.Parallel()
	dir := project(t, func(stack string, object map[string]any) {
		pins(stack, object)
		if stack == "staging" {
			return
		}
		ingress := below(object, "ingress")
		ingress["image"] = map[string]any{
			"registry": "registry.test:5000", "image": "nginx/controller", "tag": "v1.15.0",
		}
		ingress["values"] = map[string]any{
			"controller": map[string]any{"opentelemetry": map[string]any{"image": map[string]any{"tag": "v1.0.0"}}},
			"defaultBackend": map[string]any{"image": map[string]any{
				"registry": "registry.test", "image": "backend", "tag": 1.5,
			}},
		}
		below(ingress, "certManager")["values"] = map[string]any{
			"image": map[string]any{"repository": "quay.test/controller", "tag": "v1.21.2"},
			"cainjector": map[string]any{"image": map[string]any{
				"registry": "quay.test", "repository": "ca", "tag": "v1",
			}},
			"webhook": map[string]any{"image": map[string]any{"repository": "quay.test/webhook"}, "tag": "none"},
			"extraContainers": []any{
				map[string]any{"image": "registry.test:5000/side/car:1.0.0"},
				map[string]any{"image": "registry.test:5000/side/untagged"},
				map[string]any{"image": "registry.test/side/digest:1.0.0@sha256:0123"},
			},
		}
	})
	stacks, err := readStacks(dir)
	require.NoError(t, err)
	tag := settings.SafeReleases()[0].String()
	common := []image{
		{reference: "ghcr.io/mastodon/mastodon:" + tag, mastodon: true},
		{reference: "ghcr.io/mastodon/mastodon-streaming:" + tag, mastodon: true},
		// Of mastodon.rclone and of backup.rclone.
		{reference: "docker.io/rclone/rclone:1.71.2"},
		{reference: "docker.io/rclone/rclone:1.71.2"},
		{reference: "quay.io/prometheus/blackbox-exporter:v0.28.0"},
	}
	require.ElementsMatch(t, common, imagesOf(stacks[1]))
	require.ElementsMatch(t, append(common,
		image{reference: "registry.test:5000/nginx/controller:v1.15.0"},
		image{place: "ingress.values.controller.opentelemetry.image"},
		image{reference: "registry.test/backend:1.5"},
		image{reference: "quay.test/controller:v1.21.2"},
		image{reference: "quay.test/ca:v1"},
		image{reference: "registry.test:5000/side/car:1.0.0"},
	), imagesOf(stacks[0]))
}

// Half a name is filled up by the chart, which is not known here.
func TestAnImageThatTheChartNames(t *testing.T) {
	t.Parallel()
	s := &settings.Settings{}
	s.Ingress.Image = &settings.ControllerImage{Tag: "v1.15.0"}
	r := newReport()
	for _, pin := range imagesOf(stack{"prod", s})[3:] {
		require.Equal(t, image{place: "ingress.image"}, pin)
	}
	s.Mastodon.Image.Repository, s.Mastodon.Image.Tag, s.Mastodon.StreamingImage = "a.test/m", "v1.0.0", "a.test/s"
	s.Mastodon.Rclone = settings.Image{Repository: "a.test/r", Tag: "1.0.0"}
	asking(world{}).images(t.Context(), r, []stack{{"prod", s}})
	requireLines(t, r,
		"not checked: image a.test/m:v1.0.0 (prod), image a.test/r:1.0.0 (prod), image a.test/s:v1.0.0 (prod): "+
			"a.test did not answer: no such host",
		"not checked: image of ingress.image (prod): the chart has the rest of its name; write the whole one")
}
