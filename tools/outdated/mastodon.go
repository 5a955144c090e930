package main

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/Masterminds/semver/v3"

	"github.com/vmstio/infrastructure/infra/settings"
)

// tagPath is where the settings name Mastodon's version.
const tagPath = settings.Namespace + ":" + settings.SettingsKey + ".mastodon.image.tag"

// mastodon compares the versions that the stacks run, and the table that previews warn by, with what Mastodon has
// released.
func (s sources) mastodon(ctx context.Context, r *report, stacks []stack) {
	for warning, stacks := range pinned(stacks, func(s stack) []settings.Warning {
		return slices.DeleteFunc(s.Warnings(), func(w settings.Warning) bool { return w.Path != tagPath })
	}) {
		r.wrong("Mastodon %s: %s; %s", stacks, warning.Wrong, warning.Remedy)
	}
	releases, err := s.releases(ctx)
	if err != nil {
		why := hostOf(s.github) + " " + s.reason(err)
		var answer *answerError
		if s.token == "" && errors.As(err, &answer) && slices.Contains(limited(), answer.status) {
			why += "; set GITHUB_TOKEN, without one it takes few requests"
		}
		r.skip("Mastodon's releases", why)
		return
	}
	for tag, stacks := range pinned(stacks, func(s stack) []string { return []string{s.Mastodon.Image.Tag} }) {
		releases.compare(r, tag, stacks)
	}
	releases.compareTable(r, s.safe)
}

// limited are GitHub's answers to whom has asked too often (docs.github.com/rest/using-the-rest-api, "Rate limits for
// the REST API").
func limited() []int { return []int{http.StatusForbidden, http.StatusTooManyRequests} }

// release is one that everybody may install.
type release struct {
	tag      string
	version  *semver.Version
	day      string
	security bool
}

// line is the major and minor version.
func (r release) line() [2]uint64 { return [2]uint64{r.version.Major(), r.version.Minor()} }

// releases are sorted, the newest last.
type releases []release

// releases asks GitHub (docs.github.com/rest/releases/releases, "List releases"). One page, the newest hundred, has all
// that is of interest: a line of which it has none is no longer maintained, which the table knows.
func (s sources) releases(ctx context.Context) (releases, error) {
	header := http.Header{"Accept": {"application/vnd.github+json"}}
	if s.token != "" {
		header.Set("Authorization", "Bearer "+s.token)
	}
	var published []struct {
		Tag        string    `json:"tag_name"`
		Notes      string    `json:"body"`
		Published  time.Time `json:"published_at"`
		Draft      bool      `json:"draft"`
		Prerelease bool      `json:"prerelease"`
	}
	err := s.getJSON(ctx, s.github+"/repos/mastodon/mastodon/releases?per_page=100", header, &published)
	if err != nil {
		return nil, err
	}
	var all releases
	for _, p := range published {
		v, ok := parse(p.Tag)
		if p.Draft || p.Prerelease || !ok || v.Prerelease() != "" {
			continue
		}
		all = append(all, release{p.Tag, v, p.Published.Format(time.DateOnly), isSecurity(p.Notes)})
	}
	if len(all) == 0 {
		return nil, unreadable("no release")
	}
	slices.SortFunc(all, func(a, b release) int { return a.version.Compare(b.version) })
	return all, nil
}

// Mastodon's security releases have a section "Security" in their notes, or name the advisories that they are for.
var securityHeading = regexp.MustCompile(`(?im)^ {0,3}#{1,6}[ \t].*security`)

func isSecurity(notes string) bool {
	return securityHeading.MatchString(notes) || strings.Contains(notes, "GHSA-") || strings.Contains(notes, "CVE-")
}

// compare says what is newer than the tag that these stacks name.
func (all releases) compare(r *report, tag string, stacks names) {
	pin, ok := parse(tag)
	if !ok {
		r.skip("Mastodon "+tag+" "+stacks.String(), "the tag names no release")
		return
	}
	// What is built of a release, such as v4.7.3-ours, has what the release has.
	pin = semver.New(pin.Major(), pin.Minor(), pin.Patch(), "", "")
	newer := all.where(func(n release) bool { return n.version.GreaterThan(pin) })
	patches := newer.where(release{version: pin}.sameLine)
	if mends := patches.where(isSecurityRelease); len(mends) > 0 {
		r.wrong("Mastodon %s %s: %s of %s is a security release; set mastodon.image.tag to %s",
			tag, stacks, mends.newest().tag, mends.newest().day, patches.newest().tag)
	} else if len(patches) > 0 {
		r.note("Mastodon %s %s: %s is the newest patch of its line", tag, stacks, patches.newest().tag)
	}
	if len(newer) > len(patches) {
		r.note("Mastodon %s %s: there is a newer line, its newest release is %s", tag, stacks, newer.newest().tag)
	}
}

// compareTable says which lines of the table were overtaken: previews would call an unsafe version of them safe.
func (all releases) compareTable(r *report, table []settings.SafeRelease) {
	const file = "infra/settings/releases.go"
	const remedy = "bring SafeReleases and ReleasesDate up to date"
	var lines []*semver.Version
	for _, safe := range table {
		first, ok := parse(safe.String())
		if !ok {
			continue
		}
		lines = append(lines, first)
		mends := all.where(release{version: first}.sameLine).where(isSecurityRelease).
			where(func(n release) bool { return n.version.GreaterThan(first) })
		if len(mends) > 0 {
			r.wrong("%s: %s of %s is a security release, and %s counts as safe; %s",
				file, mends.newest().tag, mends.newest().day, safe, remedy)
		}
	}
	if len(lines) == 0 {
		return
	}
	// A newer line is safe from its first release on, as far as the table knows.
	last := release{version: slices.MaxFunc(lines, (*semver.Version).Compare)}
	mends := all.where(isSecurityRelease).where(func(n release) bool {
		line, known := n.line(), last.line()
		return n.version.Patch() > 0 && slices.Compare(line[:], known[:]) > 0
	})
	for i, n := range mends {
		if i+1 == len(mends) || !n.sameLine(mends[i+1]) {
			r.wrong("%s: %s of %s is a security release, and its line is missing; %s", file, n.tag, n.day, remedy)
		}
	}
}

func (all releases) where(fits func(release) bool) releases {
	return slices.DeleteFunc(slices.Clone(all), func(r release) bool { return !fits(r) })
}

func (all releases) newest() release { return all[len(all)-1] }

func isSecurityRelease(r release) bool { return r.security }

func (r release) sameLine(other release) bool { return r.line() == other.line() }
