package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/settings"
)

func TestKubernetes(t *testing.T) {
	t.Parallel()
	const what = "Kubernetes 1.35 (prod): "
	const remedy = "; set cluster.version to a newer minor, one after the other"
	noon := func(day string) time.Time {
		at, err := time.Parse(time.DateOnly, day)
		require.NoError(t, err)
		return at.Add(12 * time.Hour)
	}
	for name, test := range map[string]struct {
		now    time.Time
		answer string
		want   []string
	}{
		"long before": {
			noon("2026-12-01"), `[{"cycle": "1.36", "eol": "2026-01-01"}, {"cycle": "1.35", "eol": "2027-03-01"}]`,
			nil,
		},
		"soon": {
			noon("2026-12-02"), `[{"cycle": "1.35", "eol": "2027-03-01"}]`,
			[]string{"note: " + what + "its support ends on 2027-03-01" + remedy},
		},
		"the last day": {
			noon("2027-03-01"), `[{"cycle": "1.35", "eol": "2027-03-01"}]`,
			[]string{"note: " + what + "its support ends on 2027-03-01" + remedy},
		},
		"the day after": {
			noon("2027-03-02"), `[{"cycle": "1.35", "eol": "2027-03-01"}]`,
			[]string{"error: " + what + "its support ended on 2027-03-01" + remedy},
		},
		"no day yet": {today, `[{"cycle": "1.35", "eol": false}]`, nil},
		"over": {
			today, `[{"cycle": "1.35", "eol": true}]`,
			[]string{"error: " + what + "its support has ended" + remedy},
		},
		"another word": {
			today, `[{"cycle": "1.35", "eol": "spring"}]`,
			[]string{`not checked: end of support of Kubernetes 1.35 (prod): endoflife.date gives no day`},
		},
		"no word": {
			today, `[{"cycle": "1.35"}]`,
			[]string{"not checked: end of support of Kubernetes 1.35 (prod): endoflife.date gives no day"},
		},
		"unknown": {
			today, `[{"cycle": "1.3", "eol": true}]`,
			[]string{"not checked: end of support of Kubernetes 1.35 (prod): endoflife.date does not know the version"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, r := asking(world{"endoflife.date": serve(t, test.answer)}), newReport()
			s.now = test.now
			pinned := &settings.Settings{}
			pinned.Cluster.Version = "1.35"
			s.kubernetes(t.Context(), r, []stack{{"prod", pinned}})
			requireLines(t, r, test.want...)
		})
	}
}
