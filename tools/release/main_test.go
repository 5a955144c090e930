package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const example = `# Changelog

## [Unreleased]

### Added

- **Bread.**

## [0.9.0] - 2026-01-02

### Fixed

- Water.
`

const bread = "### Added\n\n- **Bread.**\n"

// project is an environment in a directory of its own, with these variables. What it prints is in the builder.
func project(t *testing.T, text string, variables map[string]string) (environment, *strings.Builder) {
	t.Helper()
	dir, out := t.TempDir(), &strings.Builder{}
	require.NoError(t, os.WriteFile(filepath.Join(dir, changelog), []byte(text), 0o600))
	get := func(name string) string { return variables[name] }
	return environment{get: get, dir: dir, now: time.Date(2026, time.December, 1, 0, 0, 0, 0, time.UTC), out: out}, out
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

func TestARelease(t *testing.T) {
	t.Parallel()
	e, out := project(t, example, map[string]string{"TAG": "v1.0.0"})
	require.ErrorContains(t, e.run(t.Context(), []string{"notes"}), "the changelog says nothing of 1.0.0")
	require.NoError(t, e.run(t.Context(), []string{"prepare"}))
	require.Equal(t, strings.Replace(example, "## [Unreleased]\n", "## [Unreleased]\n\n## [1.0.0] - 2026-12-01\n", 1),
		read(t, filepath.Join(e.dir, changelog)))
	require.ErrorContains(t, e.run(t.Context(), []string{"prepare"}), "1.0.0 was released already")
	require.ErrorContains(t, e.run(t.Context(), []string{"notes"}), "make release VERSION=1.0.0",
		"a release without the state that it leaves behind")
	require.NoError(t, os.MkdirAll(filepath.Join(e.dir, states, "1.0.0"), 0o700))
	require.NoError(t, e.run(t.Context(), []string{"notes"}))
	require.Equal(t, "### Added\n\n- **Bread.**\n", out.String())
}

func TestWhatIsNoRelease(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ tag, text, want string }{
		"no tag":          {"", example, `TAG is ""`},
		"not a version":   {"v1.0", example, `TAG is "v1.0"`},
		"a command":       {"v1.0.0;ls", example, "name the release, such as v1.2.3"},
		"an earlier one":  {"v0.8.0", example, "0.9.0 was released already: name a later version"},
		"nothing new":     {"v1.0.0", strings.Replace(example, bread, "", 1), "nothing stands below"},
		"no place for it": {"v1.0.0", "# Changelog\n", "the changelog has no line"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, _ := project(t, test.text, map[string]string{"TAG": test.tag})
			require.ErrorContains(t, e.run(t.Context(), []string{"prepare"}), test.want)
			require.Equal(t, test.text, read(t, filepath.Join(e.dir, changelog)))
		})
	}
	e, _ := project(t, example, nil)
	require.ErrorContains(t, e.run(t.Context(), []string{"delete"}), "usage")
}

// The real one can be released: it has what a release needs.
func TestTheChangelogCanBeReleased(t *testing.T) {
	t.Parallel()
	_, err := release(read(t, filepath.Join("..", "..", changelog)), "99.0.0", "2099-01-01")
	require.NoError(t, err)
}

// github is a server that answers as a table says, and writes down what it was asked.
func github(t *testing.T, answers map[string]string) (url string, asked *[]string) {
	t.Helper()
	asked = &[]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		what := r.Method + " " + r.URL.EscapedPath()
		*asked = append(*asked, strings.TrimSpace(what+" "+string(body)))
		assert.Equal(t, "Bearer token", r.Header.Get("Authorization"))
		answer, ok := answers[what]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

func TestPublish(t *testing.T) {
	t.Parallel()
	const releases, made = "/repos/example/vmst/releases", `{"html_url": "https://github.test/1"}`
	for name, test := range map[string]struct {
		answers map[string]string
		want    string
	}{
		"a new one": {map[string]string{"POST " + releases: made}, "POST " + releases},
		"again": {map[string]string{
			"GET " + releases + "/tags/v1.0.0-rc.1": `{"id": 7}`, "PATCH " + releases + "/7": made,
		}, "PATCH " + releases + "/7"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, asked := github(t, test.answers)
			e, out := project(t, example, map[string]string{
				"TAG":            "v1.0.0-rc.1",
				"GITHUB_API_URL": url, "GITHUB_REPOSITORY": "example/vmst", "GITHUB_TOKEN": "token",
			})
			notes := filepath.Join(e.dir, "notes.md")
			require.NoError(t, os.WriteFile(notes, []byte("- `bread`\n"), 0o600))
			require.NoError(t, e.run(t.Context(), []string{"publish", notes}))
			require.Equal(t, "https://github.test/1\n", out.String())
			require.Len(t, *asked, 2)
			what, body, _ := strings.Cut((*asked)[1], " {")
			require.Equal(t, test.want, what)
			var sent map[string]any
			require.NoError(t, json.Unmarshal([]byte("{"+body), &sent))
			require.Equal(t, map[string]any{
				"tag_name": "v1.0.0-rc.1", "name": "v1.0.0-rc.1", "body": "- `bread`\n", "prerelease": true,
			}, sent)
		})
	}
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		url, _ := github(t, nil)
		e, _ := project(t, example, map[string]string{"TAG": "v1.0.0", "GITHUB_API_URL": url, "GITHUB_TOKEN": "token"})
		err := e.run(t.Context(), []string{"publish", filepath.Join(e.dir, changelog)})
		require.ErrorContains(t, err, "publishing v1.0.0: POST /releases: GitHub answered 404")
	})
}

func TestNewest(t *testing.T) {
	t.Parallel()
	url, _ := github(t, map[string]string{"GET /repos/example/vmst/commits/release%2F1": `{"sha": "b"}`})
	for name, test := range map[string]struct {
		commit, kind, branch, required string
		output, err                    string
	}{
		"the newest":             {"b", "branch", "release/1", "", "newest=true\n", ""},
		"an older one":           {"a", "branch", "release/1", "", "newest=false\n", ""},
		"an older one, approved": {"a", "branch", "release/1", "required", "", "approve the run of the newest commit"},
		"a tag":                  {"a", "tag", "v1.0.0", "required", "newest=true\n", ""},
		"a branch that is gone":  {"a", "branch", "gone", "", "", "asking for the newest commit of gone"},
		"not in a workflow":      {"", "", "", "", "", "GITHUB_SHA is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "output")
			require.NoError(t, os.WriteFile(file, nil, 0o600))
			e, _ := project(t, example, map[string]string{
				"GITHUB_API_URL": url, "GITHUB_REPOSITORY": "example/vmst", "GITHUB_TOKEN": "token",
				"GITHUB_SHA": test.commit, "GITHUB_REF_TYPE": test.kind, "GITHUB_REF_NAME": test.branch,
				"GITHUB_OUTPUT": file, "NEWEST": test.required,
			})
			err := e.run(t.Context(), []string{"newest"})
			require.Equal(t, test.output, read(t, file))
			if test.err == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, test.err)
		})
	}
}
