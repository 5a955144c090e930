package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const bot, stranger = "Bot", "User"

// hub plays the parts of GitHub's API that are used (docs.github.com/rest, issues, comments and pulls).
type hub struct {
	mutex    sync.Mutex
	comments []note
	issues   []note
	// head is the commit that pull request 7 is at.
	head string
	// refuses is the status of every answer, if it is set.
	refuses int
}

type note struct {
	ID     int    `json:"id"`
	Number int    `json:"number"`
	Title  string `json:"title,omitempty"`
	Body   string `json:"body"`
	State  string `json:"state,omitempty"`
	User   struct {
		Type string `json:"type"`
	} `json:"user"`
}

func newNote(id int, kind, body string) note {
	n := note{ID: id, Number: id, Body: body, State: "open"}
	n.User.Type = kind
	return n
}

func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if r.Header.Get("Authorization") != "Bearer token" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if h.refuses != 0 {
		w.WriteHeader(h.refuses)
		return
	}
	var sent note
	if r.Body != nil {
		text, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(text, &sent)
	}
	path := strings.TrimPrefix(r.URL.Path, "/api/v3/repos/vmstio/infrastructure/")
	answer := func(value any) { _ = json.NewEncoder(w).Encode(value) }
	change := func(list []note, id string) {
		for i := range list {
			if fmt.Sprint(list[i].ID) != id {
				continue
			}
			if sent.Body != "" {
				list[i].Body = sent.Body
			}
			if sent.State != "" {
				list[i].State = sent.State
			}
			if sent.Title != "" {
				list[i].Title = sent.Title
			}
			answer(list[i])
			return
		}
		w.WriteHeader(http.StatusNotFound)
	}
	switch {
	case path == "pulls/7":
		answer(map[string]any{"number": 7, "head": map[string]any{"sha": h.head}})
	case path == "issues/7/comments" && r.Method == http.MethodGet:
		answer(h.comments)
	case strings.HasSuffix(path, "/comments") && r.Method == http.MethodPost:
		made := newNote(100+len(h.comments), bot, sent.Body)
		h.comments = append(h.comments, made)
		answer(made)
	case strings.HasPrefix(path, "issues/comments/"):
		change(h.comments, strings.TrimPrefix(path, "issues/comments/"))
	case path == "issues" && r.Method == http.MethodGet:
		open := []note{}
		for _, issue := range h.issues {
			if issue.State == r.URL.Query().Get("state") {
				open = append(open, issue)
			}
		}
		answer(open)
	case path == "issues" && r.Method == http.MethodPost:
		made := newNote(200+len(h.issues), bot, sent.Body)
		made.Title = sent.Title
		h.issues = append(h.issues, made)
		answer(made)
	case strings.HasPrefix(path, "issues/"):
		change(h.issues, strings.TrimPrefix(path, "issues/"))
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// towards is the command with this GitHub.
func towards(t *testing.T, h *hub) *command {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	c := &command{dir: t.TempDir(), stack: "prod", out: io.Discard, err: io.Discard, forge: forge{
		api: server.URL, repository: "vmstio/infrastructure", token: "token", headSHA: "abc",
		run: "https://example.org/run/1",
	}}
	require.NoError(t, os.MkdirAll(c.file("."), 0o755))
	return c
}

func TestPostCommentKeepsOne(t *testing.T) {
	t.Parallel()
	h := &hub{head: "abc", comments: []note{newNote(1, stranger, marker+"\nmine"), newNote(2, bot, "another bot's")}}
	c := towards(t, h)
	require.NoError(t, os.WriteFile(c.file("number"), []byte("7\n"), 0o600))
	for _, text := range []string{marker + "\nfirst", marker + "\nsecond"} {
		require.NoError(t, os.WriteFile(c.file("comment.md"), []byte(text), 0o600))
		require.NoError(t, c.postComment(t.Context()))
	}
	require.Len(t, h.comments, 3)
	assert.Equal(t, marker+"\nmine", h.comments[0].Body, "a stranger's is not ours, whatever is in it")
	assert.Equal(t, marker+"\nsecond", h.comments[2].Body)
	// Somebody has pushed.
	h.head = "def"
	require.NoError(t, os.WriteFile(c.file("comment.md"), []byte(marker+"\nthird"), 0o600))
	require.NoError(t, c.postComment(t.Context()))
	assert.Equal(t, marker+"\nsecond", h.comments[2].Body)
}

// What a run of foreign code has left is not believed.
func TestPostCommentBelievesNothing(t *testing.T) {
	t.Parallel()
	for name, lie := range map[string]struct{ number, text, sha, says string }{
		"number":  {"7; rm", marker, "abc", `"7; rm" is not the number of a pull request`},
		"another": {"8", marker, "abc", "looking at pull request 8"},
		"text":    {"7", "hello", "abc", "is not one that pr-comment writes"},
		"long":    {"7", marker + strings.Repeat("x", longest), "abc", "characters, and 65536 is the most"},
		"commit":  {"7", marker, "", "HEAD_SHA is not set"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &hub{head: "abc"}
			c := towards(t, h)
			c.forge.headSHA = lie.sha
			require.NoError(t, os.WriteFile(c.file("number"), []byte(lie.number), 0o600))
			require.NoError(t, os.WriteFile(c.file("comment.md"), []byte(lie.text), 0o600))
			require.ErrorContains(t, c.postComment(t.Context()), lie.says)
			assert.Empty(t, h.comments)
		})
	}
}

func TestForgeNamesAllThatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := forgeOf(func(string) string { return "" }).open()
	require.ErrorContains(t, err, `GITHUB_REPOSITORY = "": say owner/name`)
	require.ErrorContains(t, err, "GITHUB_TOKEN is not set")
	f := forgeOf(func(name string) string { return "of-" + name })
	assert.Equal(t, "of-GITHUB_SERVER_URL/of-GITHUB_REPOSITORY/actions/runs/of-GITHUB_RUN_ID", f.run)
	assert.NotContains(t, fmt.Sprint(err), "of-GITHUB_TOKEN")
}

// One issue for as long as something is behind, and none when nothing is.
func TestOutdatedKeepsOneIssue(t *testing.T) {
	t.Parallel()
	h := &hub{issues: []note{newNote(1, stranger, "<!-- vmst: outdated -->")}}
	c := towards(t, h)
	say := func(text string) {
		c.in = strings.NewReader(text)
		require.NoError(t, c.reportOutdated(t.Context()))
	}
	say("0 errors, 0 notes, 0 not checked\n")
	require.Len(t, h.issues, 1)
	say("note: chart mastodon 1.2.7\nnot checked: images: no answer\n0 errors, 1 note, 1 not checked\n")
	require.Len(t, h.issues, 2)
	assert.Equal(t, "1 things are behind", h.issues[1].Title)
	assert.Contains(t, h.issues[1].Body, "- chart mastodon 1.2.7\n")
	assert.Contains(t, h.issues[1].Body, "Not checked\n\n- images: no answer\n")
	say("error: Mastodon v4.7.5 mends holes\n")
	require.Len(t, h.issues, 2, "the same one")
	assert.Equal(t, "Something is behind that needs somebody now", h.issues[1].Title)
	say("not checked: everything: no answer\n")
	assert.Equal(t, "open", h.issues[1].State, "who could not ask knows nothing")
	say("0 errors, 0 notes, 0 not checked\n")
	assert.Equal(t, "closed", h.issues[1].State)
	assert.Equal(t, "open", h.issues[0].State, "a stranger's is not ours")
	c.in = strings.NewReader("")
	require.ErrorContains(t, c.reportOutdated(t.Context()), "nothing was said")
	h.refuses = http.StatusForbidden
	c.in = strings.NewReader("note: a\n")
	require.ErrorContains(t, c.reportOutdated(t.Context()), "reading the issues")
}

// Drift is an issue until it is mended; a look that failed is none.
func TestDriftKeepsOneIssue(t *testing.T) {
	h := &hub{}
	c := towards(t, h)
	look := func(status string, events ...apitype.EngineEvent) error {
		require.NoError(t, os.WriteFile(c.file("said"), logged(t, events...).Bytes(), 0o600))
		pulumi(t, "cp "+c.file("said")+` "$6"; exit `+status)
		return c.findDrift(t.Context())
	}
	refused := func(why string) apitype.EngineEvent {
		return apitype.EngineEvent{DiagnosticEvent: &apitype.DiagnosticEvent{Severity: "error", Message: why}}
	}
	refresh, gone := began(apitype.OpRefresh, nil, nil), apitype.EngineEvent{
		ResOutputsEvent: &apitype.ResOutputsEvent{Metadata: apitype.StepEventMetadata{
			Op: apitype.OpDelete, URN: vpc, Type: "digitalocean:index/vpc:Vpc", Old: &apitype.StepEventStateMetadata{
				URN: vpc, Type: "digitalocean:index/vpc:Vpc", Custom: true,
			},
		}},
	}
	end := apitype.EngineEvent{SummaryEvent: &apitype.SummaryEvent{}}
	token := began(apitype.OpUpdate, nil, nil)
	token.ResourcePreEvent.Metadata.Type = "pulumi:providers:digitalocean"
	require.NoError(t, look("0", refresh, end))
	require.NoError(t, look("1", refresh, token, end), "another token is no drift")
	assert.Empty(t, h.issues)
	require.ErrorContains(t, look("1", refresh, gone), "preview of stack prod", "it broke off")
	require.ErrorContains(t, look("1", refresh, refused("401 Unauthorized")), "preview of stack prod")
	assert.Empty(t, h.issues, "that nobody could look is no drift")
	require.NoError(t, look("1", refresh, gone, began(apitype.OpCreate, nil, nil), end))
	require.Len(t, h.issues, 1)
	assert.Equal(t, "Stack prod is not as the program says", h.issues[0].Title)
	assert.Contains(t, h.issues[0].Body, "Vpc `net` was deleted outside Pulumi")
	assert.Contains(t, h.issues[0].Body, "https://example.org/run/1")
	require.ErrorContains(t, look("1", refresh, gone, refused("401 Unauthorized"), end), "preview of stack prod")
	require.NoError(t, look("1", refresh, gone, end))
	require.Len(t, h.issues, 1)
	require.NoError(t, look("0", refresh, end))
	assert.Equal(t, "closed", h.issues[0].State)
	require.Len(t, h.comments, 1)
	var said bytes.Buffer
	c.out = &said
	require.NoError(t, look("0", refresh, end))
	assert.Contains(t, said.String(), "stack prod is as the program says")
}
