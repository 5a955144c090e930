// Package crew_test holds the naming convention to its promises.
package crew_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/crew"
)

// The strictest naming rules among the services; a name that fits them fits all.
var rules = map[string]*regexp.Regexp{
	"DNS label (node pools, clusters)":                         regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`),
	"Spaces bucket (3 to 63 characters)":                       regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`),
	"database cluster (begins with a letter, up to 63)":        regexp.MustCompile(`^[a-z][a-z0-9-]{2,62}$`),
	"VPC and load balancer (letters, digits, periods, dashes)": regexp.MustCompile(`^[a-zA-Z0-9.-]+$`),
}

var domains = []string{
	"vmst.io",
	"staging.vmst.io",
	"a.io",
	"social.an-instance-with-a-remarkably-long-name-that-goes-on-and-on.example.com",
	"social.an-instance-with-a-remarkably-long-name-that-goes-on-and-on.example.org",
}

func TestNamesFitEveryService(t *testing.T) {
	for _, domain := range domains {
		for _, role := range crew.Roles() {
			for rule, pattern := range rules {
				require.Regexp(t, pattern, crew.Name(role, domain), "%s of %s as %s", role, domain, rule)
			}
		}
	}
}

func TestNamesAreUnique(t *testing.T) {
	seen := map[string]string{}
	for _, domain := range domains {
		for _, role := range crew.Roles() {
			name := crew.Name(role, domain)
			require.Empty(t, seen[name], "%s is both %s and %s of %s", name, seen[name], role, domain)
			seen[name] = string(role) + " of " + domain
		}
	}
}

func TestNamesAreCharactersAndStay(t *testing.T) {
	require.Equal(t, "spock-vmst-io", crew.Name(crew.Database, "vmst.io"))
	require.Equal(t, "scotty-staging-vmst-io", crew.Name(crew.BackgroundPool, "staging.vmst.io"))
	for _, role := range crew.Roles() {
		character, _, _ := strings.Cut(crew.Name(role, "vmst.io"), "-")
		require.NotEqual(t, strings.Fields(string(role))[0], character, "%s has no character", role)
	}
}

func TestUnknownRoleIsItsOwnName(t *testing.T) {
	require.Equal(t, "holodeck-door-vmst-io", crew.Name("holodeck door", "vmst.io"))
}
