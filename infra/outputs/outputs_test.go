package outputs_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/outputs"
)

// What a monitoring job or a script does with the outputs of a stack.
func ExampleDecode() {
	// pulumi stack output --json
	printed := []byte(`{
		"contractVersion": 1,
		"domain": "social.example.org",
		"endpoints": {"web": {"url": "https://social.example.org", "healthUrl": "https://social.example.org/health"}}
	}`)
	stack, err := outputs.Decode(printed)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("ask", stack.Endpoints["web"].HealthURL)
	// Output: ask https://social.example.org/health
}

func TestOutputsThatAreNotOfTheContractAreAnError(t *testing.T) {
	t.Parallel()
	version, err := json.Marshal(outputs.Version + 1)
	require.NoError(t, err)
	for name, bad := range map[string]struct{ text, says string }{
		"not JSON":          {"bucket", "reading stack outputs"},
		"another output":    {`{"contractVersion": 1, "colour": "blue"}`, `unknown field "colour"`},
		"another type":      {`{"contractVersion": "1"}`, "contractVersion"},
		"a later version":   {`{"contractVersion": ` + string(version) + `}`, "run it from the commit"},
		"no version at all": {`{}`, "contractVersion is 0"},
	} {
		_, err := outputs.Decode([]byte(bad.text))
		require.ErrorContains(t, err, bad.says, name)
	}
}
