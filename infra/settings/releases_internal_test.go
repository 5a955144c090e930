package settings

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The newest line comes first and the oldest one last: both are named to people.
func TestReleasesAreInOrder(t *testing.T) {
	t.Parallel()
	_, err := time.Parse(time.DateOnly, ReleasesDate)
	require.NoError(t, err)
	all := SafeReleases()
	require.NotEmpty(t, all)
	for i, r := range all {
		assert.NotEmpty(t, r.Fixed, r.String())
		assert.Regexp(t, `^https://github\.com/mastodon/mastodon/(pull/[0-9]+|releases/tag/v.+)$`, r.Source, r.String())
		line, patch, ok := version(r.String())
		assert.True(t, ok, r.String())
		assert.Equal(t, SafeRelease{line, patch, r.Fixed, r.Source}, r)
		assert.False(t, tooOld(r.String()), "%s is safe, and the chart cannot run it", r)
		if i > 0 {
			assert.Equal(t, [2]int{all[i-1].Line[0], all[i-1].Line[1] - 1}, r.Line, "the line after %s", all[i-1])
		}
	}
}

// In each line the last release with holes is told from the first one without.
func TestUnsafeReleases(t *testing.T) {
	t.Parallel()
	all := SafeReleases()
	newest, oldest := all[0], all[len(all)-1]
	for _, safe := range all {
		patch := safe
		patch.Patch--
		for _, tag := range []string{patch.String(), patch.String()[1:], patch.String() + "-fork.1"} {
			wrong, remedy := Unsafe(tag)
			assert.Equal(t, quote(tag)+" has known security holes ("+safe.Fixed+"; as of "+ReleasesDate+")", wrong)
			assert.Equal(t, "set it to "+safe.String()+" or a later patch of its line", remedy)
		}
		patch.Patch += 2
		for _, tag := range []string{safe.String(), patch.String(), safe.String()[1:], safe.String() + "-fork.1"} {
			wrong, remedy := Unsafe(tag)
			assert.Empty(t, wrong+remedy, tag)
		}
	}
	for _, tag := range []string{"v4.3.99", "v3.5.19", "4.0.0"} {
		wrong, remedy := Unsafe(tag)
		assert.Equal(t, quote(tag)+" is of a line without security releases (as of "+ReleasesDate+")", wrong)
		assert.Equal(t, "upgrade to "+newest.String()+" or later, after reading the release notes of each line between",
			remedy)
	}
	later := SafeRelease{Line: [2]int{newest.Line[0], newest.Line[1] + 1}}
	for _, tag := range []string{later.String(), "v5.0.0", "v10.1.0"} {
		wrong, remedy := Unsafe(tag)
		assert.Empty(t, wrong+remedy, "%s is of a line that nothing is known of yet", tag)
	}
	assert.NotEqual(t, newest.Line, oldest.Line)
}

// Each line had its release against the hole in the loader of HEIF, on the same day: one that is corrected alone leaves
// the others behind.
func TestNoLineIsSafeWithHEIF(t *testing.T) {
	t.Parallel()
	for _, tag := range []string{"v4.7.1", "v4.6.7", "v4.5.17", "v4.4.24"} {
		wrong, _ := Unsafe(tag)
		assert.NotEmpty(t, wrong, "%s opens HEIF", tag)
	}
}

// A tag that names no release is taken at its word: whoever builds an image knows what is in it.
func TestTagsThatNameNoRelease(t *testing.T) {
	t.Parallel()
	for _, tag := range []string{
		"", "main", "main-2026.11.01", "nightly.2026-11-01", "edge", "sha-4.3.0", "v4", "vv4.3.0", "v4.3.x",
		"v4.3.99999999999999999999",
	} {
		_, _, ok := version(tag)
		assert.False(t, ok, tag)
		wrong, remedy := Unsafe(tag)
		assert.Empty(t, wrong+remedy, tag)
		assert.False(t, tooOld(tag), tag)
	}
}

func TestTooOld(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]bool{
		"v4.3.9": true, "4.3.9": true, "v3.9.0": true, "v0.0.0": true, "v4.4.0": false, "v4.4.0-rc.1": false,
		"v4.10.0": false, "v5.0.0": false, "v10.0.0": false,
	} {
		assert.Equal(t, want, tooOld(tag), tag)
	}
}
