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

const clusters = `{"options": {"regions": [{"name": "Memphis 1", "slug": "mem1"}], "versions": [
	{"slug": "1.36.3-do.5", "kubernetes_version": "1.36.3"}, {"slug": "1.35.7-do.5"}],
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
		Regions: []string{"mem1"}, Kubernetes: []string{"1.36", "1.35"}, NodeSizes: []string{"s5-4vcpu-16gb", "c-96"},
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

func TestLook(t *testing.T) {
	t.Parallel()
	running, err := look(t.Context(), client(t, map[string]string{
		"/v2/kubernetes/clusters": `{"kubernetes_clusters": [{"id": "c1", "name": "kirk", "region": "tor1",
			"version": "1.35.7-do.5", "node_pools": [
				{"size": "s-4vcpu-8gb", "count": 3}, {"size": "c-4", "count": 2}]}]}`,
		"/v2/databases": `{"databases": [
			{"name": "majel", "engine": "pg", "version": "17", "size": "db-a", "num_nodes": 2},
			{"name": "khan", "engine": "opensearch", "version": "2", "size": "db-b", "num_nodes": 3}]}`,
	}))
	require.NoError(t, err)
	require.Equal(t, Running{
		Clusters: map[string]Cluster{"kirk": {
			ID: "c1", Region: "tor1", Version: "1.35.7-do.5", NodeSizes: []string{"s-4vcpu-8gb", "c-4"}, Nodes: 5,
		}},
		Databases: map[string]Database{
			"majel": {Engine: "pg", Version: "17", Size: "db-a", Nodes: 2},
			"khan":  {Engine: "opensearch", Version: "2", Size: "db-b", Nodes: 3},
		},
	}, running)
	_, err = look(t.Context(), client(t, nil))
	require.ErrorContains(t, err, "asking which clusters there are in the account")
	_, err = look(t.Context(), client(t, map[string]string{"/v2/kubernetes/clusters": `{"kubernetes_clusters": []}`}))
	require.ErrorContains(t, err, "asking which databases there are in the account")
}

func TestCount(t *testing.T) {
	t.Parallel()
	account := `{"account": {"droplet_limit": 25, "email": "sammy@example.com", "status": "active"}}`
	found, err := count(t.Context(), client(t, map[string]string{
		"/v2/account": account, "/v2/droplets": `{"droplets": [{"id": 1}], "links": {}, "meta": {"total": 14}}`,
	}))
	require.NoError(t, err)
	require.Equal(t, Droplets{Have: 14, Limit: 25}, found)
	_, err = count(t.Context(), client(t, nil))
	require.ErrorContains(t, err, "asking for the account's limit of Droplets")
	_, err = count(t.Context(), client(t, map[string]string{"/v2/account": account}))
	require.ErrorContains(t, err, "asking for the account's Droplets")
}

func TestUpgrades(t *testing.T) {
	t.Parallel()
	answers := map[string]string{
		"/v2/kubernetes/clusters": `{"kubernetes_clusters": [
			{"id": "c1", "name": "kirk"}, {"id": "c2", "name": "spock"}]}`,
		"/v2/databases": `{"databases": []}`,
		"/v2/kubernetes/clusters/c2/upgrades": `{"available_upgrade_versions": [
			{"slug": "1.34.9-do.1", "kubernetes_version": "1.34.9"}, {"slug": "1.35.7-do.5"}]}`,
	}
	found, err := upgrades(t.Context(), client(t, answers), "spock")
	require.NoError(t, err)
	require.Equal(t, []string{"1.34.9-do.1", "1.35.7-do.5"}, found)
	found, err = upgrades(t.Context(), client(t, answers), "mccoy")
	require.NoError(t, err)
	require.Empty(t, found, "what is not there has none")
	_, err = upgrades(t.Context(), client(t, answers), "kirk")
	require.ErrorContains(t, err, `asking what cluster "kirk" can be upgraded to`)
}

// A list of more than one page is read to its end.
func TestAllPages(t *testing.T) {
	t.Parallel()
	found, err := all(func(page *godo.ListOptions) ([]int, *godo.Response, error) {
		response := &godo.Response{Links: &godo.Links{Pages: &godo.Pages{Next: "https://example.com/?page=2"}}}
		if page.Page == 3 {
			response.Links = &godo.Links{}
		}
		return []int{page.Page}, response, nil
	})
	require.NoError(t, err)
	require.Equal(t, []int{1, 2, 3}, found)
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
