package settings_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vmstio/infrastructure/infra/settings"
)

func TestBackupsThatCannotBe(t *testing.T) {
	t.Parallel()
	refused(t, []bad{
		{"schedules", `{backup: {schedule: "61 2 * * *", media: {schedule: daily}}}`, []string{
			`backup.media.schedule: "daily" is not a schedule; write minute, hour, day of the month, month and day ` +
				`of the week in UTC, without a time zone, such as 0 5 * * *`,
			`backup.schedule: "61 2 * * *" is not a schedule; write minute, hour, day of the month, month and day of ` +
				`the week in UTC, without a time zone, such as 0 5 * * *`,
		}},
		{"numbers", `{backup: {keepDaily: 0, keepWeekly: -1, diskGiB: 0, alarmDays: 1}}`, []string{
			"backup.alarmDays: 1 is out of range; set it to a whole number from 2 to 365",
			"backup.diskGiB: 0 is out of range; set it to a whole number from 1 to 1000",
			"backup.keepDaily: 0 is out of range; set it to a whole number from 1 to 366",
			"backup.keepWeekly: -1 is out of range; set it to a whole number from 0 to 520",
		}},
		{"a bandwidth", `{backup: {media: {bandwidth: 20 MB}}}`, []string{
			`backup.media.bandwidth: "20 MB" is not a bandwidth; write bytes per second with k, M or G, such as 20M, ` +
				`or off for no limit`,
		}},
		{"an image of another version", `{backup: {postgres: {tag: 16.14-bookworm}}}`, []string{
			`backup.postgres.tag: "16.14-bookworm" is not of PostgreSQL 17, which the database is; use a tag that ` +
				`begins with 17, such as 17-bookworm`,
		}},
		{"a bucket that forgets too early", `{storage: {backupDays: 30}, backup: {keepMonthly: 3}}`, []string{
			"storage.backupDays: after 30 days the bucket deletes dumps that backup keeps for 93; set it to 93 or " +
				"more, or keep fewer",
		}},
		{
			"alarms too early", `{backup: {schedule: "0 2 * * MON", rehearsal: {schedule: "0 3 1 * *"}}}`,
			[]string{
				`backup.alarmDays: 2 days is less than the 7.0 between two runs of "0 2 * * MON"; raise it, or run ` +
					`more often`,
				`backup.rehearsal.alarmDays: 9 days is less than the 31.0 between two runs of "0 3 1 * *"; raise it, ` +
					`or run more often`,
			},
		},
		{"a pool that is not there", `{backup: {pool: background}}`, []string{
			`backup.pool: "background" is not the role of a node pool; use general, or leave it out to let the ` +
				`scheduler choose`,
		}},
		{
			"elsewhere", `{backup: {elsewhere: {endpoint: "https://s3.example.net", region: "", bucket: Backups}}}`,
			[]string{
				`backup.elsewhere.bucket: "Backups" is not the name of a bucket; use 3 to 63 lower-case letters, ` +
					`digits and dashes`,
				`backup.elsewhere.endpoint: "https://s3.example.net" is not a host name; write a full name in lower ` +
					`case, without a scheme or a final dot, such as social.example.org`,
				`backup.elsewhere.region: the value is empty; set it to text, such as eu-central-003`,
			},
		},
		{"a time", `{database: {restore: {from: yesterday}}}`, []string{
			`database.restore.from: "yesterday" is not a time of a backup; write latest, or a time in UTC such as ` +
				`2026-11-24T02:17:00Z`,
		}},
		{"a source that is not there", `{database: {restore: {from: latest, source: elsewhere}}}`, []string{
			`database.restore.source: "elsewhere" needs backup.elsewhere; say there where it is, or use backups`,
		}},
		{"nothing to restore from", `{database: {restore: {from: latest}}, backup: {enabled: false}}`, []string{
			"database.restore: there is no bucket to restore from where backups are off; set backup.enabled to true",
		}},
	})
}

func TestMayBeLost(t *testing.T) {
	t.Parallel()
	for change, want := range map[string]time.Duration{
		"":                                      24 * time.Hour,
		`{backup: {schedule: "30 1,13 * * *"}}`: 12 * time.Hour,
		`{backup: {schedule: "0 2 * * MON-FRI", alarmDays: 4}}`: 72 * time.Hour,
		`{backup: {schedule: "* * * * *"}}`:                     time.Minute,
		`{backup: {schedule: "0 2 1 * *", alarmDays: 31}}`:      31 * 24 * time.Hour,
		`{backup: {enabled: false}}`:                            0,
	} {
		assert.Equal(t, want, read(t, base(t, change)).MayBeLost(), change)
	}
}

func TestProofs(t *testing.T) {
	t.Parallel()
	s := read(t, base(t, `{backup: {media: {enabled: false}}}`))
	var urls []string
	for _, proof := range s.Proofs() {
		assert.True(t, proof.Mark)
		urls = append(urls, proof.HealthURL())
	}
	at := "https://sarek-social-example-org." + s.Storage.BackupRegion + ".digitaloceanspaces.com/proven/"
	assert.Equal(t, []string{at + "dump.prom", at + "rehearsal.prom"}, urls)
	assert.Empty(t, read(t, base(t, `{backup: {enabled: false}}`)).Proofs())
}

func TestElsewhereNeedsAKeyPair(t *testing.T) {
	t.Parallel()
	pair := []string{"elsewhereAccessId", "elsewhereSecretKey"}
	assert.Subset(t, settings.SecretNames(read(t, production(t, ""))), pair)
	assert.NotContains(t, settings.SecretNames(read(t, base(t, ""))), pair[0])
}

func TestTheBillHasWhatTheBucketsHold(t *testing.T) {
	t.Parallel()
	bill := read(t, base(t, `{storage: {expectedGiB: 1000}}`)).MonthlyCost().String()
	assert.Regexp(t, `Spaces, 750 GiB beyond 250 +15\.00\n`, bill)
}
