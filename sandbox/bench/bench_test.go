package bench

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	assert.InDelta(t, 2.0, median([]float64{3, 1, 2}), 0)
	assert.InDelta(t, 3.0, median([]float64{4, 1, 3, 2}), 0)
	assert.InDelta(t, 7.0, median([]float64{7}), 0)
}

func TestReport(t *testing.T) {
	t.Parallel()
	report := Report{Cores: 2, Go: "go1.26.0", Platform: "linux/amd64", Measurements: []Measurement{
		Measurement{Part: "build", What: "program", Seconds: 130, CPURatio: 1.27}.against("floor", 100, buildGoal),
		{Part: "up", What: "prod", Seconds: 31, Goal: "<= 30 s"},
		Measurement{Part: "preview", What: "prod", Seconds: 4.21}.against("empty", 1.4, 0),
	}}
	assert.Equal(t, []string{"up"}, report.Missed(), "a part without a goal cannot miss it")
	slow := Measurement{Seconds: 141}.against("floor", 100, buildGoal)
	assert.False(t, slow.Met)
	var out bytes.Buffer
	require.NoError(t, report.Print(&out))
	assert.Equal(t, `
On 2 cores, go1.26.0, linux/amd64:

part     what     time     against  its time  ratio   processor  goal
build    program  130.0 s  floor    100.0 s   1.30 x  1.27 x     <= 1.4 x: met
up       prod     31.0 s   -        -         -       -          <= 30 s: missed
preview  prod     4.2 s    empty    1.4 s     3.01 x  -          -
`, out.String())
}

func TestRunRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	_, err := Run(t.Context(), Options{Only: []string{"speed"}, Runs: 1, Log: io.Discard})
	require.EqualError(t, err, `part "speed": choose from build, start, up, preview`)
	_, err = Run(t.Context(), Options{Log: io.Discard})
	require.EqualError(t, err, "runs 0: at least 1 is needed")
}
