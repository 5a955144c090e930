package settings_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vmstio/infrastructure/infra/settings"
)

func TestBadMonitoring(t *testing.T) {
	t.Parallel()
	refused(t, []bad{
		{"lists", `{monitoring: {emails: [], regions: [us_east, us-west, us_east]}}`, []string{
			"monitoring.emails: the list is empty; name at least one address, or nobody learns of an alert",
			`monitoring.regions[1]: "us-west" is not a place that uptime checks look from; did you mean "us_west"? ` +
				`Allowed: us_east, us_west, eu_west, se_asia`,
			`monitoring.regions[2]: "us_east" is already used by vmst:settings.monitoring.regions[0]; use each value ` +
				`once`,
		}},
		{"nobody looks", `{monitoring: {emails: [ops, ops@example.org, ops@example.org], regions: []}}`, []string{
			`monitoring.emails[0]: "ops" is not an email address; write it as name@example.org`,
			`monitoring.emails[2]: "ops@example.org" is already used by vmst:settings.monitoring.emails[1]; use each ` +
				`value once`,
			"monitoring.regions: the list is empty; use us_east, us_west, eu_west or se_asia",
		}},
		{"thresholds", `{monitoring: {cpuPercent: 0, memoryPercent: 101, diskPercent: 200,
			latencyMilliseconds: 0}}`, []string{
			"monitoring.cpuPercent: 0 is out of range; set it to a whole number from 1 to 100",
			"monitoring.diskPercent: 200 is out of range; set it to a whole number from 1 to 100",
			"monitoring.latencyMilliseconds: 0 is out of range; set it to a whole number from 1 to 5000",
			"monitoring.memoryPercent: 101 is out of range; set it to a whole number from 1 to 100",
		}},
		{"slower than the panel knows", `{monitoring: {latencyMilliseconds: 5001}}`, []string{
			"monitoring.latencyMilliseconds: 5001 is out of range; set it to a whole number from 1 to 5000",
		}},
		{"too many addresses", `{monitoring: {emails: [` + addresses(10) + `]}}`, []string{
			"monitoring.emails: 10 addresses are more than DigitalOcean's alerts take; keep 9 at most: the address " +
				"of " +
				"a mailing list reaches all of its members",
		}},
	})
}

// addresses are so many of them, all different.
func addresses(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("ops%d@example.org", i)
	}
	return strings.Join(all, ", ")
}

func TestAsManyAddressesAsAnAlertTakes(t *testing.T) {
	t.Parallel()
	s := read(t, base(t, `{monitoring: {emails: [`+addresses(9)+`], latencyMilliseconds: 5000}}`))
	assert.Len(t, s.Monitoring.Emails, 9)
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	urls := func(endpoints []settings.Endpoint) map[string]string {
		all := map[string]string{}
		for _, e := range endpoints {
			all[e.Name+" "+e.URL()] = e.HealthURL()
		}
		return all
	}
	s := read(t, base(t, ""))
	all := map[string]string{
		"web https://social.example.org":          "https://social.example.org/health",
		"streaming https://streaming.example.org": "https://streaming.example.org/api/v1/streaming/health",
		"media https://cdn.example.org":           "https://cdn.example.org/health.txt",
		"assets https://assets.example.org":       "https://assets.example.org/health.txt",
	}
	assert.Equal(t, all, urls(s.Endpoints()))

	all["docs https://docs.example.org"] = "https://docs.example.org/"
	assert.Equal(t, all, urls(read(t, docs(t, "")).Endpoints()))
}
