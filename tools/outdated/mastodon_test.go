package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/settings"
)

const (
	security = "## Changelog\n\n### Security\n\n- Fix it ([advisory](https://example.test))\n"
	fixes    = "## Changelog\n\n### Fixed\n\n- Security of supply is not at issue\n"
)

// published is a release as GitHub has it.
type published struct {
	Tag        string `json:"tag_name"`
	Notes      string `json:"body"`
	Published  string `json:"published_at"`
	Draft      bool   `json:"draft"`
	Prerelease bool   `json:"prerelease"`
}

func at(tag, notes string) published {
	return published{Tag: tag, Notes: notes, Published: "2026-11-28T10:00:00Z"}
}

// running is a stack with this tag.
func running(name, tag string) stack {
	s := &settings.Settings{}
	s.Mastodon.Image.Tag = tag
	return stack{name, s}
}

func TestMastodon(t *testing.T) {
	t.Parallel()
	const table = "; bring SafeReleases and ReleasesDate up to date"
	draft, early := at("v4.7.9", security), at("v4.7.8", security)
	draft.Draft, early.Prerelease = true, true
	for name, test := range map[string]struct {
		tag      string
		releases []published
		want     []string
	}{
		"the newest":  {"v4.7.2", []published{at("v4.7.2", security), at("v4.6.8", security)}, nil},
		"without a v": {"4.7.2", []published{at("v4.7.2", security)}, nil},
		"a later patch": {
			"v4.7.3",
			[]published{at("v4.7.10", fixes), at("v4.7.4", fixes), at("v4.7.3", fixes)},
			[]string{"note: Mastodon v4.7.3 (prod): v4.7.10 is the newest patch of its line"},
		},
		"a security release": {
			"v4.7.3",
			[]published{at("v4.7.4", security)},
			[]string{
				"error: Mastodon v4.7.3 (prod): v4.7.4 of 2026-11-28 is a security release; " +
					"set mastodon.image.tag to v4.7.4",
				"error: infra/settings/releases.go: v4.7.4 of 2026-11-28 is a security release, " +
					"and v4.7.2 counts as safe" + table,
			},
		},
		"a security release that was overtaken": {
			"v4.7.3",
			[]published{at("v4.7.3", fixes), at("v4.7.5", fixes), at("v4.7.4", security)},
			[]string{
				"error: Mastodon v4.7.3 (prod): v4.7.4 of 2026-11-28 is a security release; " +
					"set mastodon.image.tag to v4.7.5",
				"error: infra/settings/releases.go: v4.7.4 of 2026-11-28 is a security release, " +
					"and v4.7.2 counts as safe" + table,
			},
		},
		"a security release that the stack has": {
			"v4.7.4",
			[]published{at("v4.7.4", security)},
			[]string{"error: infra/settings/releases.go: v4.7.4 of 2026-11-28 is a security release, " +
				"and v4.7.2 counts as safe" + table},
		},
		"one of another line of the table": {
			"v4.7.3",
			[]published{at("v4.6.9", security), at("v4.7.3", fixes), at("v4.6.8", security)},
			[]string{"error: infra/settings/releases.go: v4.6.9 of 2026-11-28 is a security release, " +
				"and v4.6.8 counts as safe" + table},
		},
		"one of a line that has ended": {"v4.7.3", []published{at("v4.7.3", fixes), at("v4.3.99", security)}, nil},
		"a newer line": {
			"v4.7.3",
			[]published{at("v4.8.0", security), at("v4.7.3", fixes)},
			[]string{"note: Mastodon v4.7.3 (prod): there is a newer line, its newest release is v4.8.0"},
		},
		"security releases of newer lines": {
			"v4.7.3",
			[]published{at("v5.0.1", security), at("v4.8.2", security), at("v4.8.1", security), at("v4.8.0", fixes)},
			[]string{
				"error: infra/settings/releases.go: v4.8.2 of 2026-11-28 is a security release, " +
					"and its line is missing" + table,
				"error: infra/settings/releases.go: v5.0.1 of 2026-11-28 is a security release, " +
					"and its line is missing" + table,
				"note: Mastodon v4.7.3 (prod): there is a newer line, its newest release is v5.0.1",
			},
		},
		"drafts and the like": {
			"v4.7.3",
			[]published{draft, early, at("v4.7.7-rc.1", security), at("nightly", security), at("v4.7.3", fixes)},
			nil,
		},
		"built of a release": {
			"v4.7.3-ours",
			[]published{at("v4.7.4", fixes), at("v4.7.3", fixes)},
			[]string{"note: Mastodon v4.7.3-ours (prod): v4.7.4 is the newest patch of its line"},
		},
		"built of the newest": {"v4.7.3-ours", []published{at("v4.7.3", security), at("v4.7.2", security)}, []string{
			"error: infra/settings/releases.go: v4.7.3 of 2026-11-28 is a security release, " +
				"and v4.7.2 counts as safe" + table,
		}},
		"no version": {
			"main",
			[]published{at("v4.7.3", fixes)},
			[]string{"not checked: Mastodon main (prod): the tag names no release"},
		},
		"no release": {
			"v4.7.3", []published{}, []string{"not checked: Mastodon's releases: api.github.com sent no release"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, err := json.Marshal(test.releases)
			require.NoError(t, err)
			s, r := asking(world{"api.github.com": serve(t, string(answer))}), newReport()
			s.mastodon(t.Context(), r, []stack{running("prod", test.tag)})
			requireLines(t, r, test.want...)
		})
	}
}

// What the table knows is said without GitHub, for each stack that it is true of.
func TestUnsafeTagOffline(t *testing.T) {
	t.Parallel()
	newest := settings.SafeReleases()[0]
	r := newReport()
	asking(world{}).mastodon(t.Context(), r, []stack{
		running("one", "v4.4.0"), running("prod", newest.String()), running("two", "v4.4.0"),
	})
	text, status := said(r)
	require.Equal(t, 1, status)
	lines := strings.Split(text, "\n")
	require.True(t, strings.HasPrefix(lines[0], `error: Mastodon (one, two): "v4.4.0" `), text)
	require.Contains(t, lines[0], settings.ReleasesDate)
	require.Equal(t, "not checked: Mastodon's releases: api.github.com did not answer: no such host", lines[1])
	require.Equal(t, "1 error, 0 notes, 1 not checked", lines[2])
}

func TestIsSecurity(t *testing.T) {
	t.Parallel()
	for notes, want := range map[string]bool{
		security:                         true,
		"### Security\r\n\r\n- Fix it\r": true,
		"# Important SECURITY release":   true,
		"- Fix it (GHSA-x3rc-83rg-8h6q)": true,
		"- Update nokogiri (CVE-2026-1)": true,
		fixes:                            false,
		"#security":                      false,
		"":                               false,
	} {
		require.Equal(t, want, isSecurity(notes), notes)
	}
}

func TestGitHub(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	for name, test := range map[string]struct {
		token  string
		answer http.HandlerFunc
		want   []string
	}{
		"asked once, without a token": {
			"", func(w http.ResponseWriter, r *http.Request) {
				asked := r.URL.String()
				if asked != "/repos/mastodon/mastodon/releases?per_page=100" || r.Header["Authorization"] != nil {
					http.NotFound(w, r)
				}
				_, _ = io.WriteString(w, `[{"tag_name": "v4.7.3"}]`)
			}, nil,
		},
		"asked with a token": {
			"one", func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") != "Bearer one" {
					http.NotFound(w, r)
				}
				_, _ = io.WriteString(w, `[{"tag_name": "v4.7.3"}]`)
			}, nil,
		},
		"too often": {
			"", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) },
			[]string{"not checked: Mastodon's releases: api.github.com answered 403 Forbidden; " +
				"set GITHUB_TOKEN, without one it takes few requests"},
		},
		"with a token that is none": {
			"one", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) },
			[]string{"not checked: Mastodon's releases: api.github.com answered 403 Forbidden"},
		},
		"another answer": {
			"", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") },
			[]string{"not checked: Mastodon's releases: api.github.com sent an answer that cannot be read: " +
				"invalid character '<' looking for beginning of value"},
		},
		"silence": {
			"", func(_ http.ResponseWriter, r *http.Request) {
				select {
				case <-hang:
				case <-r.Context().Done():
				}
			}, []string{"not checked: Mastodon's releases: api.github.com did not answer within 300ms"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, r := asking(world{"api.github.com": serveFunc(t, test.answer)}), newReport()
			s.token = test.token
			if name == "silence" {
				s.timeout = 300 * time.Millisecond
			}
			s.mastodon(t.Context(), r, []stack{running("prod", "v4.7.3")})
			requireLines(t, r, test.want...)
		})
	}
}
