package settings

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

// ReleasesDate is the day on which [SafeReleases] was last compared with its sources.
const ReleasesDate = "2026-11-29"

// SafeRelease is the first release of one of Mastodon's lines without the security holes that were known on
// [ReleasesDate].
type SafeRelease struct {
	// Line is the major and minor version, Patch the first safe one of it.
	Line  [2]int
	Patch int
	// Fixed says what it mends.
	Fixed string
	// Source is where Mastodon made it that release.
	Source string
}

// String is the version as Mastodon's tags have it, "v4.7.2".
func (r SafeRelease) String() string { return fmt.Sprintf("v%d.%d.%d", r.Line[0], r.Line[1], r.Patch) }

// SafeReleases are the lines that are maintained, the newest first. `make outdated` compares them with what Mastodon
// has released since.
//
// The hole in the loader of HEIF was closed on one day in all of them. v4.7.1 and v4.6.7 of two weeks before
// (GHSA-vx32-x96w-qq65, GHSA-vgm8-frgh-rh2v, GHSA-62j4-hvj7-px3f) still have it, and so do v4.5.14 and v4.4.21
// (GHSA-7jvv-fhmg-wpfw, GHSA-hx34-2pfw-2qfj, GHSA-vwhj-3g83-v276).
//
// Source: the notes of the releases (github.com/mastodon/mastodon/releases), and for each line the pull request that
// made its release.
func SafeReleases() []SafeRelease {
	const (
		heif = "uploads in the HEIF format, 2026-09-15"
		pull = "https://github.com/mastodon/mastodon/pull/"
	)
	return []SafeRelease{
		{[2]int{4, 7}, 2, heif, pull + "40517"},
		{[2]int{4, 6}, 8, heif, pull + "40518"},
		{[2]int{4, 5}, 18, heif, pull + "40519"},
		{[2]int{4, 4}, 25, heif, pull + "40520"},
	}
}

var release = regexp.MustCompile(`^v?([0-9]+)\.([0-9]+)\.([0-9]+)`)

// version reads the tag of a release of Mastodon; a tag that names none is taken at its word.
func version(tag string) (line [2]int, patch int, ok bool) {
	m := release.FindStringSubmatch(tag)
	if m == nil {
		return line, 0, false
	}
	var numbers [3]int
	for i := range numbers {
		n, err := strconv.Atoi(m[i+1])
		if err != nil {
			return line, 0, false
		}
		numbers[i] = n
	}
	return [2]int{numbers[0], numbers[1]}, numbers[2], true
}

// Unsafe says what is wrong with a tag that names a release with known security holes, and what to do; nothing, of any
// other tag.
func Unsafe(tag string) (wrong, remedy string) {
	line, patch, ok := version(tag)
	if !ok {
		return "", ""
	}
	all := SafeReleases()
	i := slices.IndexFunc(all, func(r SafeRelease) bool { return r.Line == line })
	switch {
	case i >= 0 && patch < all[i].Patch:
		return fmt.Sprintf("%s has known security holes (%s; as of %s)", quote(tag), all[i].Fixed, ReleasesDate),
			"set it to " + all[i].String() + " or a later patch of its line"
	case i < 0 && slices.Compare(line[:], all[len(all)-1].Line[:]) < 0:
		return fmt.Sprintf("%s is of a line without security releases (as of %s)", quote(tag), ReleasesDate),
			"upgrade to " + all[0].String() + " or later, after reading the release notes of each line between"
	default:
		return "", ""
	}
}

// moving reports whether a tag is one that Mastodon's builds move to each new version: of a line, or of the branches
// (github.com/mastodon/mastodon, .github/workflows/build-releases.yml and build-nightly.yml).
func moving(tag string) bool {
	return regexp.MustCompile(`^(v?[0-9]+(\.[0-9]+)?|edge|nightly)$`).MatchString(tag)
}

// tooOld reports whether a tag names a version before 4.4, the first that the chart can run.
func tooOld(tag string) bool {
	line, _, ok := version(tag)
	return ok && cmp.Or(cmp.Compare(line[0], 4), cmp.Compare(line[1], 4)) < 0
}
