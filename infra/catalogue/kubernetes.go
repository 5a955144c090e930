package catalogue

import (
	"strings"

	"golang.org/x/mod/semver"
)

// KubernetesVersions returns what new clusters and upgrades can have, newest first: the last patch of each minor
// version that DOKS keeps in 2026-11. The program itself asks DigitalOcean (infra/offers.go, infra/cluster).
func KubernetesVersions() []string { return []string{"1.36.3-do.5", "1.35.7-do.5", "1.34.8-do.0"} }

// KubernetesMinors returns the minor versions of those, such as "1.35", newest first.
func KubernetesMinors() []string {
	var minors []string
	for _, version := range KubernetesVersions() {
		minors = append(minors, KubernetesMinor(version))
	}
	return minors
}

// KubernetesMinor is the minor version of one that DigitalOcean names: "1.35" of "1.35.7-do.5".
func KubernetesMinor(slug string) string { return strings.TrimPrefix(semver.MajorMinor("v"+slug), "v") }
