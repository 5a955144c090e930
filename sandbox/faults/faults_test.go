package faults

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/sandbox/cloud"
)

func TestReport(t *testing.T) {
	t.Parallel()
	report := Report{Stack: "prod", Seed: 7, Seconds: 59.6, Trials: []Trial{
		{Fault: "a:b:C, 2 of 3", Made: 12},
		{Fault: "engine killed", Made: 3, Recovered: 1, Problems: []string{"one", "two"}},
	}}
	assert.Equal(t, 1, report.Failed())
	var out bytes.Buffer
	require.NoError(t, report.Print(&out))
	assert.Equal(t, `
Stack prod, 2 faults in 60 s, seed 7:

fault          made  taken over  the next up finishes, one more changes nothing, nothing is doubled
a:b:C, 2 of 3  12    0           yes
engine killed  3     1           NO: one; two
`, out.String())
}

func TestObjectsOfOneKindAndNameAreCounted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c, err := cloud.Open(filepath.Join(dir, "cloud.json"))
	require.NoError(t, err)
	for id, outputs := range map[string]map[string]any{
		"1": {"name": "a"}, "2": {"name": "a"}, "3": {"description": "b"}, "4": {},
		"5": {"name": "c", "metadata": map[string]any{"namespace": "n", "name": "d"}},
	} {
		require.NoError(t, c.Put(cloud.Object{Type: "x:y:Z", ID: id, Outputs: outputs}))
	}
	counts, err := objects(dir)
	require.NoError(t, err)
	assert.Equal(t, map[string]int{"x:y:Z a": 2, "x:y:Z b": 1, "x:y:Z ": 1, "x:y:Z n/d": 1}, counts)
}
