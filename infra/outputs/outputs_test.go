package outputs_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/outputs"
)

// What a monitoring job or a script does with the outputs of a stack.
func ExampleDecode() {
	printed, err := os.ReadFile("testdata/outputs-2.json") // pulumi stack output --json
	if err != nil {
		fmt.Println(err)
		return
	}
	stack, err := outputs.Decode(printed)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("ask", stack.Endpoints["web"].HealthURL)
	fmt.Println("it is to answer in", stack.Objectives["web-availability"], "% of the time")
	// Output:
	// ask https://vmst.io/health
	// it is to answer in 99.9 % of the time
}

func file(t *testing.T, version int) []byte {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("testdata/outputs-%d.json", version))
	require.NoError(t, err)
	return text
}

// What an older contract lacks is what a stack has that says nothing of it; nobody knows where the metrics are.
func TestAnOlderContractIsRead(t *testing.T) {
	t.Parallel()
	today, err := outputs.Decode(file(t, outputs.Version))
	require.NoError(t, err)
	old, err := outputs.Decode(file(t, 1))
	require.NoError(t, err)
	require.Equal(t, today.Signals("prod"), old.Signals("prod"), "the file of version 2 has the defaults, too")
	require.Equal(t, 1, old.ContractVersion)
	require.Empty(t, old.Databases["database"].MetricsURLs)
	require.NotEmpty(t, today.Databases["database"].MetricsURLs)
	require.Len(t, old.Objectives, 9)
	require.Equal(t, 60, old.Thresholds.QueueSeconds["default"])
}

// Nothing is promised of the search of an older stack that has none.
func TestNothingIsPromisedOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	var all map[string]any
	require.NoError(t, json.Unmarshal(file(t, 1), &all))
	delete(all["databases"].(map[string]any), "search")
	text, err := json.Marshal(all)
	require.NoError(t, err)
	stack, err := outputs.Decode(text)
	require.NoError(t, err)
	require.Zero(t, stack.Objectives["search"])
	require.NotZero(t, stack.Objectives["mail"])
}

func TestAnEndpointWithoutAPageIsNotAsked(t *testing.T) {
	t.Parallel()
	stack, err := outputs.Decode([]byte(strings.Replace(string(file(t, 1)), "https://vmst.io/health", "", 1)))
	require.NoError(t, err)
	require.NotContains(t, stack.Signals("prod").Endpoints, "web")
	require.Contains(t, stack.Signals("prod").Endpoints, "streaming")
}

func TestOutputsThatAreNotOfTheContractAreAnError(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]struct{ text, says string }{
		"not JSON":          {"bucket", "reading stack outputs: not JSON"},
		"more than one":     {`{"contractVersion": 1} {}`, "something follows"},
		"no object":         {`["vmst.io"]`, `["vmst.io"], expected an object`},
		"no version at all": {`{"url": "https://example.org"}`, "contractVersion is missing, expected 1 to 2"},
		"another type":      {`{"contractVersion": "1"}`, `contractVersion is "1", expected 1 to 2`},
		"a later version":   {`{"contractVersion": 3}`, "is 3, expected 1 to 2: run this from the commit"},
		"before the first":  {`{"contractVersion": 0}`, "contractVersion is 0, expected"},
		"nothing else":      {`{"contractVersion": 2}`, "\n  domain is missing, expected text\n"},
	} {
		_, err := outputs.Decode([]byte(bad.text))
		require.ErrorContains(t, err, bad.says, name)
	}
}

// Each mistake is told with its path, the value, and what is expected; and nothing but it.
func TestMistakesAreNamed(t *testing.T) {
	t.Parallel()
	for _, mistake := range []struct {
		path  string
		value any // nil takes the value away
		says  string
	}{
		{"colour", "blue", `is "blue", expected nothing: version 2 of the contract has no such output`},
		{"domain", nil, `is missing, expected text`},
		{"databases.cache.port", "x", `is "x", expected a whole number`},
		{"databases.cache.port", 1.5, `is 1.5, expected a whole number`},
		{"databases.cache.port", 0, `is 0, expected a port, 1 to 65535`},
		{"databases.cache.metricsUrls", "x", `is "x", expected a list`},
		{"databases.cache.metricsUrls", []any{"https://a", 5}, `[1] is 5, expected text`},
		{"backup.proofs.dump.alarmDays", nil, `is missing, expected a whole number`},
		{"backup.proofs", []any{}, `is [], expected an object`},
		{"objectives.media", 100, `is 100, expected a percentage below 100`},
		{"objectives.media", "most", `is "most", expected a number`},
		{"thresholds", 7, `is 7, expected an object`},
		{
			"endpoints.web.url", "http://vmst.io",
			`is "http://vmst.io", expected an address that begins with https:// and has no credentials`,
		},
		{
			"backup.runs.dump", "https://me:pw@example.org/x",
			`is "https://me:pw@example.org/x", expected an address that begins with https:// and has no credentials`,
		},
	} {
		var all map[string]any
		require.NoError(t, json.Unmarshal(file(t, 2), &all))
		place := all
		names := strings.Split(mistake.path, ".")
		last := names[len(names)-1]
		for _, name := range names[:len(names)-1] {
			place = place[name].(map[string]any)
		}
		place[last] = mistake.value
		if mistake.value == nil {
			delete(place, last)
		}
		text, err := json.Marshal(all)
		require.NoError(t, err)
		_, err = outputs.Decode(text)
		says := mistake.path + " " + mistake.says
		if strings.HasPrefix(mistake.says, "[") {
			says = mistake.path + mistake.says
		}
		require.EqualError(t, err, "reading stack outputs of contract version 2:\n  "+says)
	}
}

// What is of a later version is foreign to an earlier one.
func TestEachVersionHasItsOwnOutputs(t *testing.T) {
	t.Parallel()
	passed := func(is, as int) error {
		version := `"contractVersion": `
		text := strings.Replace(string(file(t, is)), version+strconv.Itoa(is), version+strconv.Itoa(as), 1)
		_, err := outputs.Decode([]byte(text))
		return err
	}
	err := passed(2, 1)
	require.ErrorContains(t, err, `databases.cache.metricsUrls is ["https://cache-cluster.db.ondigitalocean.com:9`)
	require.ErrorContains(t, err, "version 1 of the contract has no such output")
	err = passed(1, 2)
	require.ErrorContains(t, err, "\n  objectives is missing, expected an object\n  thresholds is missing")
}

func TestWhatAProviderLeavesOutIsAnEmptyList(t *testing.T) {
	t.Parallel()
	var all map[string]any
	require.NoError(t, json.Unmarshal(file(t, 2), &all))
	all["databases"].(map[string]any)["cache"].(map[string]any)["metricsUrls"] = nil
	text, err := json.Marshal(all)
	require.NoError(t, err)
	stack, err := outputs.Decode(text)
	require.NoError(t, err)
	require.Empty(t, stack.Databases["cache"].MetricsURLs)
}
