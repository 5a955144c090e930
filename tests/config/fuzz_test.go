package config_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/vmstio/infrastructure/infra/config"
)

// Whatever a file contains, decoding returns either settings or problems, and
// settings that it accepts it accepts again when they are written out.
func FuzzDecode(f *testing.F) {
	for _, stack := range stacks() {
		f.Add(toJSON(f, stackConfig(f, stack)["vmst:settings"]))
	}
	f.Add(base(f, ""))
	f.Add(`{"mastodon":{"sidekiq":[{"queues":[",1"]}]},"dns":{"mail":{"spf":" ","dmarc":";","dkim":[{}]},"records":[{}]}}`)
	f.Add(`{"cluster":{"podSubnet":"0.0.0.0/0","nodePools":[null,{"maxNodes":9223372036854775807}]}}`)
	hidden := secrets(f, "")
	f.Fuzz(func(t *testing.T, text string) {
		settings, _, err := config.Decode(text, hidden)
		var problems config.Problems
		switch {
		case errors.As(err, &problems):
			for _, problem := range problems {
				if !strings.HasPrefix(problem.Path, "vmst:settings") || problem.Wrong == "" || problem.Remedy == "" {
					t.Errorf("the problem says too little: %q", problem)
				}
			}
		case err != nil:
			t.Fatalf("the error is %T", err)
		default:
			_ = settings.MonthlyCost().String()
			again, err := json.Marshal(settings)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := config.Decode(string(again), hidden); err != nil {
				t.Fatalf("what was accepted is refused: %v\n%s", err, again)
			}
		}
	})
}
