package live

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/digitalocean/godo"
	"github.com/stretchr/testify/require"
)

// client asks a server that answers as DigitalOcean's API documents it (GET /v2/kubernetes/options and
// /v2/databases/options).
func client(t *testing.T, answers map[string]string) *godo.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		answer, ok := answers[r.URL.Path]
		if !ok || r.Header.Get("Authorization") != "Bearer the-token" {
			w.WriteHeader(http.StatusUnauthorized)
			answer = `{"id": "unauthorized", "message": "Unable to authenticate you"}`
		}
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(server.Close)
	c := godo.NewFromToken("the-token")
	base, err := c.BaseURL.Parse(server.URL + "/")
	require.NoError(t, err)
	c.BaseURL = base
	return c
}

const clusters = `{"options": {"regions": [{"name": "Memphis 1", "slug": "mem1"}], "versions": [],
	"sizes": [{"name": "s5-4vcpu-16gb", "slug": "s5-4vcpu-16gb"}, {"name": "c-96", "slug": "c-96"}]}}`

func TestAsk(t *testing.T) {
	t.Parallel()
	offers, err := ask(t.Context(), client(t, map[string]string{
		"/v2/kubernetes/options": clusters,
		"/v2/databases/options": `{"options": {
			"pg": {"regions": ["mem1"], "versions": ["18", "19"], "layouts": [
				{"num_nodes": 1, "sizes": ["db-a", "db-b"]}, {"num_nodes": 2, "sizes": ["db-b"]}]},
			"advanced_pg": {"versions": ["18"]}, "valkey": {"versions": ["9"]}, "opensearch": {"versions": ["4"]},
			"mysql": {"versions": ["8.4"]}}}`,
	}))
	require.NoError(t, err)
	require.Equal(t, Offers{
		Regions: []string{"mem1"}, NodeSizes: []string{"s5-4vcpu-16gb", "c-96"},
		Engines: map[string]Engine{
			"pg": {
				Regions: []string{"mem1"}, Versions: []string{"18", "19"},
				Plans: map[int][]string{1: {"db-a", "db-b"}, 2: {"db-b"}},
			},
			"advanced_pg": {Versions: []string{"18"}, Plans: map[int][]string{}},
			"valkey":      {Versions: []string{"9"}, Plans: map[int][]string{}},
			"opensearch":  {Versions: []string{"4"}, Plans: map[int][]string{}},
		},
	}, offers)
}

// A token without a scope, or none that is good, is no reason to refuse a setting; the caller is told.
func TestAskWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	_, err := ask(t.Context(), client(t, nil))
	require.ErrorContains(t, err, "asking what clusters there are")
	require.NotContains(t, err.Error(), "the-token")
	_, err = ask(t.Context(), client(t, map[string]string{"/v2/kubernetes/options": clusters}))
	require.ErrorContains(t, err, "asking what databases there are")
	require.ErrorContains(t, err, "Unable to authenticate you")
}

func TestOfferedWaitsNotForLong(t *testing.T) {
	t.Parallel()
	world := World{Offers: func(ctx context.Context, token string) (Offers, error) {
		deadline, ok := ctx.Deadline()
		require.True(t, ok)
		require.LessOrEqual(t, time.Until(deadline), patience)
		require.Equal(t, "the-token", token)
		return Offers{}, errors.New("nobody answers")
	}}
	_, err := world.Offered(t.Context(), "the-token")
	require.EqualError(t, err, "nobody answers")
}
