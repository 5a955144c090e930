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
	require.Equal(t, crew.Name(crew.Media, "vmst.io"), crew.Suffixed(crew.Media, "vmst.io", ""))
	require.Equal(t, "mudd-vmst-io-2", crew.Suffixed(crew.Media, "vmst.io", "2"))
	for _, domain := range domains {
		require.NotEqual(t, crew.Suffixed(crew.Media, domain, "a"), crew.Suffixed(crew.Media, domain, "b"))
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

// The size and the suffix are a person's, and end the names; they must fit all the same, with the longest of both.
func TestNamesOfPoolsAndBucketsFitEveryService(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, domain := range domains {
		for _, role := range crew.Roles() {
			for _, name := range []string{
				crew.Pool(role, domain, "s-1vcpu-2gb"), crew.Pool(role, domain, "so1_5-32vcpu-256gb-intel"),
				crew.Suffixed(role, domain, "2"), crew.Suffixed(role, domain, "aaaaaaaaaaaaaaaa"),
				crew.Suffixed(role, domain, "a-a-a-a-a-a-a-aa"),
			} {
				for rule, pattern := range rules {
					require.Regexp(t, pattern, name, "%s of %s as %s", role, domain, rule)
				}
				require.Empty(t, seen[name], "%s is of %s as well as of %s of %s", name, seen[name], role, domain)
				seen[name] = string(role) + " of " + domain
			}
		}
	}
}

// A name that stands in a state must not change: the pool, or the bucket with all that is in it, would be replaced.
func TestNamesOfPoolsAndBucketsStay(t *testing.T) {
	t.Parallel()
	long := domains[4]
	for name, want := range map[string]string{
		crew.Pool(crew.WebPool, "vmst.io", "g-2vcpu-8gb"):         "rand-vmst-io-g-2vcpu-8gb",
		crew.Pool(crew.SearchPool, "vmst.io", "so1_5-2vcpu-16gb"): "kyle-vmst-io-so1-5-2vcpu-16gb",
		crew.Pool(crew.BackgroundPool, long, "s-4vcpu-16gb-amd"):  "scotty-social-an-instance-with-a-remarkab-3b335821",
		crew.Suffixed(crew.Backups, "staging.vmst.io", "b"):       "sarek-staging-vmst-io-b",
		crew.Suffixed(crew.Media, long, "2"):                      "mudd-social-an-instance-with-a-remarkably-56c9bfb0",
		crew.Suffixed(crew.Media, long, ""):                       crew.Name(crew.Media, long),
	} {
		require.Equal(t, want, name)
	}
}
