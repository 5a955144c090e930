package settings_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/infra/signals"
)

// What is promised and watched follows from the settings, and whoever promises nothing of a part has no alert about it.
func TestSignals(t *testing.T) {
	t.Parallel()
	s, err := settings.DecodeSettings(production(t, `{observability: {objectives: {mail: 97.5}}}`))
	require.NoError(t, err)
	e := s.Signals("prod")
	require.Equal(t, "prod", e.Name)
	require.Equal(t, s.Domain, e.Domain)
	require.InDelta(t, 97.5, e.Targets["mail"], 0)
	require.Equal(t, s.Backup.AlarmDays, e.Marks["dump"].AlarmDays)
	require.Regexp(t, `^https://.*/proven/dump\.prom$`, e.Marks["dump"].URL)
	require.Regexp(t, `^https://.*/runs/dump\.prom$`, e.Marks["dump"].LastURL)
	require.Len(t, signals.Objectives(e), len(e.Targets), "every percentage is that of an objective")
	for _, g := range signals.Groups(e) {
		require.NotEmpty(t, g.Rules, g.Name)
	}
	s, err = settings.DecodeSettings(production(t, `{search: {enabled: false}, docs: {enabled: false}}`))
	require.NoError(t, err)
	for _, a := range signals.Alerts(s.Signals("prod")) {
		require.NotContains(t, []string{"SearchIndexingFails", "DocsUnreachable"}, a.Name)
	}
}
