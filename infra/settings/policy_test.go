package settings_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/settings"
)

func TestBudgetAndPolicy(t *testing.T) {
	t.Parallel()
	s := read(t, base(t, ""))
	assert.Zero(t, s.Budget.Monthly, "no limit")
	assert.Empty(t, s.Policy)
	accepted(t, map[string]string{
		"a budget":  base(t, `{budget: {monthly: 200}}`),
		"digests":   base(t, `{policy: {digests: true}}`),
		"a release": base(t, `{policy: {release: {resource: database-cluster, id: 9cc10173}}}`),
	})
}

func TestBadBudgetAndPolicy(t *testing.T) {
	t.Parallel()
	refused(t, []bad{
		{"less than nothing", `{budget: {monthly: -1}}`, []string{
			"budget.monthly: -1 is out of range; set it to a whole number from 0 to 1000000",
		}},
		{"cents", `{budget: {monthly: 99.5}}`, []string{
			"budget.monthly: 99.5 is not a whole number; set it to a whole number from 0 to 1000000",
		}},
		{"a release of whatever has that name", `{policy: {release: {resource: database-cluster}}}`, []string{
			"policy.release.id: the value is missing; set it to text, such as 9cc10173-e9ea-4176-9dbc-a4cee4c4ff30",
		}},
		{"a release of everything", `{policy: {release: {id: 9cc10173, resource: ""}}}`, []string{
			"policy.release.resource: the value is empty; set it to text, such as database-cluster",
		}},
	})
}

// A release is for one object, and never for the one that takes its place.
func TestReleaseOpensForOneObject(t *testing.T) {
	t.Parallel()
	r := &settings.Release{Resource: "database-cluster", ID: "one"}
	assert.True(t, r.Opens("database-cluster", "one"))
	assert.False(t, r.Opens("database-cluster", "two"))
	assert.False(t, r.Opens("cache-cluster", "one"))
	assert.False(t, r.Opens("database-cluster", ""))
	assert.False(t, (*settings.Release)(nil).Opens("", ""))
}

func TestDecodeSettingsNeedsNoSecrets(t *testing.T) {
	t.Parallel()
	for _, text := range []string{base(t, ""), production(t, "")} {
		s, err := settings.DecodeSettings(text)
		require.NoError(t, err)
		whole, _, err := settings.Decode(text, secrets(t, ""))
		require.NoError(t, err)
		assert.Equal(t, whole, s)
	}
	for _, text := range []string{base(t, `{region: nowhere}`), base(t, `{protekt: true}`), ""} {
		s, err := settings.DecodeSettings(text)
		_, _, whole := settings.Decode(text, secrets(t, ""))
		require.Error(t, whole)
		assert.Nil(t, s)
		var problems settings.Problems
		require.True(t, errors.As(err, &problems))
		assert.Equal(t, whole.Error(), err.Error(), "and nothing about secrets")
	}
}
