package settings_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vmstio/infrastructure/infra/crew"
)

func TestBadStorage(t *testing.T) {
	t.Parallel()
	refused(t, []bad{
		{"regions without Spaces", `{storage: {region: nyc1, backupRegion: ric1}}`, []string{
			`storage.backupRegion: "ric1" is not a region with Spaces; use ams3, atl1, blr1, fra1, lon1, nyc3, sfo2, ` +
				`sfo3, sgp1, syd1 or tor1`,
			`storage.region: "nyc1" is not a region with Spaces; did you mean "nyc3"? Allowed: ams3, atl1, blr1, ` +
				`fra1, lon1, nyc3, sfo2, sfo3, sgp1, syd1, tor1`,
		}},
		{"a city", `{storage: {region: amsterdam}}`, []string{
			`storage.region: "amsterdam" is not a region with Spaces; did you mean "ams3"?`,
		}},
		{"backups beside the media", `{storage: {backupRegion: nyc3}}`, []string{
			`storage.backupRegion: "nyc3" is also the region of the media; use a third region, so that no single one ` +
				`takes both`,
		}},
		{"backups beside the databases", `{storage: {backupRegion: tor1}}`, []string{
			`storage.backupRegion: "tor1" is also the region of the databases; use a third region, so that no single ` +
				`one takes both`,
		}},
		{"backups beside everything", `{storage: {region: tor1, backupRegion: tor1}}`, []string{
			`storage.backupRegion: "tor1" is also the region of the media and the databases; use a third region, so ` +
				`that no single one takes both`,
		}},
		{"days", `{storage: {oldVersionDays: 0, backupDays: -1, cdnTtl: 61}}`, []string{
			"storage.backupDays: -1 is out of range; set it to a whole number from 1",
			"storage.cdnTtl: 61 is not allowed; set it to 60, 600, 3600, 86400 or 604800",
			"storage.oldVersionDays: 0 is out of range; set it to a whole number from 1",
		}},
	})
}

func TestBadBucketSuffix(t *testing.T) {
	t.Parallel()
	const rule = " is not the end of a name; use at most 16 lower-case letters, digits and dashes"
	var tests []bad
	for _, suffix := range []string{"-2", "2-", "-", "B", "a.b", "a_b", "a b", "aaaaaaaaaaaaaaaaa"} {
		tests = append(tests, bad{suffix, `{storage: {bucketSuffix: "` + suffix + `"}}`, []string{
			`storage.bucketSuffix: "` + suffix + `"` + rule,
		}})
	}
	refused(t, tests)
}

// An environment that is made again has other buckets, and everything that names them knows: the records of the CDN
// point to where the buckets are.
func TestBucketNames(t *testing.T) {
	t.Parallel()
	for suffix, end := range map[string]string{
		`{}`: "", `{bucketSuffix: ""}`: "", `{bucketSuffix: "2"}`: "-2", `{bucketSuffix: ab-c9}`: "-ab-c9",
		`{bucketSuffix: aaaaaaaaaaaaaaaa}`: "-aaaaaaaaaaaaaaaa",
	} {
		s := read(t, base(t, `{storage: `+suffix+`}`))
		targets := map[string]string{}
		for _, entry := range s.Entries() {
			targets[entry.Key] = entry.Value
		}
		for role, want := range map[crew.Role]string{
			crew.Media: "mudd-social-example-org", crew.Assets: "riley-social-example-org",
			crew.Backups: "sarek-social-example-org",
		} {
			assert.Equal(t, want+end, s.Bucket(role), suffix)
		}
		const cdn = ".nyc3.cdn.digitaloceanspaces.com."
		assert.Equal(t, "mudd-social-example-org"+end+cdn, targets["cname-cdn"], suffix)
		assert.Equal(t, "riley-social-example-org"+end+cdn, targets["cname-assets"], suffix)
	}
}
