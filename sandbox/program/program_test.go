package program_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/crew"
	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/program"
)

const site = "netlify:index/site:Site"

func TestPrepareMakesTheSiteOnce(t *testing.T) {
	t.Parallel()

	for settings, want := range map[string]string{
		`{"domain": "example.org", "docs": {"enabled": true, "team": "example"}}`: crew.Name(crew.Docs, "example.org"),
		`{"docs": {"enabled": true, "team": "example", "site": "handbook"}}`:      "handbook",
	} {
		c, err := cloud.Open(filepath.Join(t.TempDir(), "cloud.json"))
		require.NoError(t, err)

		for range 2 {
			require.NoError(t, program.Prepare(c, settings))
		}

		require.Len(t, c.List(site), 1)
		assert.Equal(t, want, c.List(site)[0].Outputs["name"])
		assert.Equal(t, "example", c.List(site)[0].Outputs["teamSlug"])

		require.ErrorContains(t,
			program.Prepare(c, `{"docs": {"enabled": true, "team": "others", "site": "`+want+`"}}`),
			"preparing the documentation site")
	}
}

func TestPrepareMakesNothingWithoutDocumentation(t *testing.T) {
	t.Parallel()

	c, err := cloud.Open(filepath.Join(t.TempDir(), "cloud.json"))
	require.NoError(t, err)

	for _, settings := range []string{`{"docs": {"enabled": false, "team": "example"}}`, `{}`, ``, `{"docs": "on"}`} {
		require.NoError(t, program.Prepare(c, settings))
	}

	assert.Empty(t, c.List(site))
}

func TestSecretsAreThoseOfTheSettings(t *testing.T) {
	t.Parallel()

	assert.NotContains(t, program.Secrets(`{}`), "netlifyToken")
	assert.Contains(t, program.Secrets(`{"docs": {"enabled": true}}`), "netlifyToken")
}
