package settings_test

import "testing"

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
