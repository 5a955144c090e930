// Package crew_test holds the naming convention to its promises.
package crew_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/crew"
)

// The strictest naming rules among the services; a name that fits them fits all.
var rules = map[string]*regexp.Regexp{
	"DNS label (pools, clusters)":                   regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`),
	"Spaces bucket (3 to 63 characters)":            regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`),
	"database cluster (begins with a letter)":       regexp.MustCompile(`^[a-z][a-z0-9-]{2,62}$`),
	"VPC and load balancer (letters, digits, dots)": regexp.MustCompile(`^[a-zA-Z0-9.-]+$`),
	"node pool (its nodes have longer names)":       regexp.MustCompile(`^.{1,50}$`),
}

var domains = []string{
	"vmst.io",
	"staging.vmst.io",
	"a.io",
	"xn--e1afmkfd.xn--p1ai",
	"social.an-instance-with-a-remarkably-long-name-that-goes-on-and-on.example.com",
	"social.an-instance-with-a-remarkably-long-name-that-goes-on-and-on.example.org",
}

func TestNamesFitEveryService(t *testing.T) {
	t.Parallel()
	for _, domain := range domains {
		for _, role := range crew.Roles() {
			for rule, pattern := range rules {
				require.Regexp(t, pattern, crew.Name(role, domain), "%s of %s as %s", role, domain, rule)
			}
		}
	}
}

func TestNamesAreUnique(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
	require.Equal(t, "scotty-staging-vmst-io", crew.Name(crew.BackgroundPool, "staging.vmst.io"))
	require.Equal(t, "spock-social-an-instance-with-a-remarkabl-9dc834ec", crew.Name(crew.Database, domains[4]))
	for _, role := range crew.Roles() {
		character, _, _ := strings.Cut(crew.Name(role, "vmst.io"), "-")
		require.NotEqual(t, strings.Fields(string(role))[0], character, "%s has no character", role)
	}
}

func TestUnknownRoleIsItsOwnName(t *testing.T) {
	t.Parallel()
	require.Equal(t, "holodeck-door-vmst-io", crew.Name("holodeck door", "vmst.io"))
}

// The roles that the settings have for node pools are roles here.
func TestPoolRoles(t *testing.T) {
	t.Parallel()
	for role, want := range map[string]crew.Role{
		"general": crew.GeneralPool, "web": crew.WebPool, "background": crew.BackgroundPool, "search": crew.SearchPool,
		"default": crew.DefaultPool,
	} {
		require.Equal(t, want, crew.Role(role))
		require.Contains(t, crew.Roles(), want)
	}
}

// A pool of another size has another name, so that both can be there for a while.
func TestPool(t *testing.T) {
	t.Parallel()
	small, large := "s-4vcpu-16gb-amd", "s-8vcpu-32gb-amd"
	require.Equal(t, "sulu-vmst-io-s-4vcpu-16gb-amd", crew.Pool(crew.GeneralPool, "vmst.io", small))
	for _, domain := range domains {
		require.NotEqual(t, crew.Pool(crew.GeneralPool, domain, small), crew.Pool(crew.GeneralPool, domain, large))
		require.LessOrEqual(t, len(crew.Pool(crew.GeneralPool, domain, large)), 50)
	}
}

func TestBucket(t *testing.T) {
	t.Parallel()
	require.Equal(t, crew.Name(crew.Media, "vmst.io"), crew.Bucket(crew.Media, "vmst.io", ""))
	require.Equal(t, "mudd-vmst-io-2", crew.Bucket(crew.Media, "vmst.io", "2"))
	for _, domain := range domains {
		require.NotEqual(t, crew.Bucket(crew.Media, domain, "a"), crew.Bucket(crew.Media, domain, "b"))
	}
}

func TestSlug(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"staging": "staging", "feature/A.b": "feature-a-b", "-x_": "x", "a  b": "a--b", "": "", "…": "",
	} {
		require.Equal(t, want, crew.Slug(text), text)
	}
}

func TestFit(t *testing.T) {
	t.Parallel()
	require.Equal(t, "short", crew.Fit("short", 5, "x"), "what fits stays")
	require.Equal(t, "a-name-2d711642", crew.Fit("a-name--that-is-long", 16, "x"), "no dash before the hash's")
	require.NotEqual(t, crew.Fit("a-name-that-is-long", 16, "x"), crew.Fit("a-name-that-is-long", 16, "y"))
	require.LessOrEqual(t, len(crew.Fit(strings.Repeat("n", 90), 40, "x")), 40)
}

func ExampleName() {
	fmt.Println(crew.Name(crew.Database, "social.example.org"))
	fmt.Println(crew.Name(crew.LoadBalancer, "social.example.org"))
	// Output:
	// spock-social-example-org
	// uhura-social-example-org
}
