package settings_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/settings"
)

func TestBadHousekeeping(t *testing.T) {
	t.Parallel()
	schedule := func(task, value string) string {
		return `mastodon.housekeeping.` + task + `.schedule: "` + value + `" is not a schedule; write minute, hour, ` +
			`day of the month, month and day of the week in UTC, without a time zone, such as 0 5 * * *`
	}
	refused(t, []bad{
		{"schedules", `{mastodon: {housekeeping: {media: {schedule: daily}, profiles: {schedule: "0 24 * * *"},
			previewCards: {schedule: "TZ=UTC 0 5 * * *"}, orphans: {schedule: "CRON_TZ=UTC"}, statuses: {schedule:
			"0 0 30 2 *"}, accounts: {schedule: "@every 1h"}, feeds: {schedule: "0 5 * *"}}}}`, []string{
			schedule("accounts", "@every 1h"), schedule("feeds", "0 5 * *"), schedule("media", "daily"),
			schedule("orphans", "CRON_TZ=UTC"), schedule("previewCards", "TZ=UTC 0 5 * * *"),
			schedule("profiles", "0 24 * * *"), schedule("statuses", "0 0 30 2 *"),
		}},
		{"numbers", `{mastodon: {housekeeping: {media: {days: 0}, statuses: {days: 3651}, accounts:
			{concurrency: 0}, profiles: {concurrency: 101}}}}`, []string{
			"mastodon.housekeeping.accounts.concurrency: 0 is out of range; set it to a whole number from 1 to 100",
			"mastodon.housekeeping.media.days: 0 is out of range; set it to a whole number from 1 to 3650",
			"mastodon.housekeeping.profiles.concurrency: 101 is out of range; set it to a whole number from 1 to 100",
			"mastodon.housekeeping.statuses.days: 3651 is out of range; set it to a whole number from 1 to 3650",
		}},
		{"what the command has not", `{mastodon: {housekeeping: {orphans: {days: 3}}}}`, []string{
			"mastodon.housekeeping.orphans.days: the key is unknown; remove it, or use one of enabled, schedule",
		}},
		{"resources", `{mastodon: {housekeeping: {resources: {memory: 3Gi}}}}`, []string{
			`mastodon.housekeeping.resources.memoryLimit: "2Gi" is less than the request (3Gi); raise the limit or ` +
				`lower the request`,
		}},
		{"more connections than the database has left", `{database: {poolSize: 40}, mastodon: {housekeeping: {media:
			{concurrency: 6}, accounts: {enabled: true, concurrency: 7}}}}`, []string{
			"mastodon.housekeeping.accounts.concurrency: 7 needs 9 connections, and db-s-1vcpu-2gb has 7 left; use " +
				"at most 5, or leave the database more of them",
			"mastodon.housekeeping.media.concurrency: 6 needs 8 connections, and db-s-1vcpu-2gb has 7 left; use " +
				"at most 5, or leave the database more of them",
		}},
		{"a pool of its own with taints", `{cluster: {nodePools: [{role: general, size: s-4vcpu-8gb, minNodes: 1,
			maxNodes: 1}, {role: background, size: s-4vcpu-8gb, minNodes: 1, maxNodes: 1,
			taints: [{key: a, value: b, effect: NoExecute}]}]},
			mastodon: {jobs: {pool: general}, housekeeping: {pool: background}}}`, []string{
			`mastodon.housekeeping.pool: the taints of "background" keep the Jobs away; choose a pool without ` +
				`taints, or use PreferNoSchedule there`,
		}},
		{"a pool of the Jobs with too little room", `{mastodon: {jobs: {pool: general}, housekeeping: {resources:
			{memory: 8Gi, memoryLimit: 8Gi}}}}`, []string{
			`mastodon.housekeeping.resources.memory: "8Gi" does not fit on a node of 8 GiB; lower the request or use ` +
				`larger nodes`,
		}},
	})
}

func TestGoodHousekeeping(t *testing.T) {
	t.Parallel()
	accepted(t, map[string]string{
		"schedules": `{mastodon: {housekeeping: {media: {schedule: "@daily"}, profiles: {schedule: "*/5 0-6,22 1 jan ?"
			}, orphans: {schedule: "0 0 29 2 *"}, feeds: {schedule: "17 3 * * MON-FRI"}}}}`,
		"as many connections as are left": `{database: {poolSize: 40}, mastodon: {housekeeping: {media:
			{concurrency: 5}}}}`,
		"a task that is off takes none": `{database: {poolSize: 42}, mastodon: {housekeeping: {accounts:
			{concurrency: 50}}}}`,
		"a pool as large as can be": `{database: {poolSize: 42}, mastodon: {housekeeping: {accounts:
			{enabled: true}}}}`,
	})
}

// Statuses and accounts are not copies that come back: nobody loses one who has not asked for it.
func TestHousekeepingOfWhoWritesNothing(t *testing.T) {
	t.Parallel()
	h := read(t, base(t, "")).Mastodon.Housekeeping
	assert.Equal(t, []bool{true, true, true, true, false, false, true}, []bool{
		h.Media.Enabled, h.Profiles.Enabled, h.PreviewCards.Enabled, h.Orphans.Enabled, h.Statuses.Enabled,
		h.Accounts.Enabled, h.Feeds.Enabled,
	})
	assert.Equal(t, []int{7, 14, 30, 90}, []int{h.Media.Days, h.Profiles.Days, h.PreviewCards.Days, h.Statuses.Days})
	assert.Equal(t, settings.CacheTask{Enabled: true, Schedule: "0 5 * * *", Days: 3, Concurrency: 3},
		read(t, base(t, `{mastodon: {housekeeping: {media: {days: 3}}}}`)).Mastodon.Housekeeping.Media)
}

func TestPoolOfTheHousekeeping(t *testing.T) {
	t.Parallel()
	pools := `cluster: {nodePools: [{role: general, size: s-4vcpu-8gb, minNodes: 1, maxNodes: 1}, {role: background,
		size: s-4vcpu-8gb, minNodes: 1, maxNodes: 1}]}`
	for written, want := range map[string]string{
		`{` + pools + `}`: "",
		`{` + pools + `, mastodon: {jobs: {pool: background}}}`:                                "background",
		`{` + pools + `, mastodon: {jobs: {pool: background}, housekeeping: {pool: general}}}`: "general",
	} {
		require.Equal(t, want, read(t, base(t, written)).Mastodon.Housekeeping.Pool, written)
	}
}

func TestWarningOfPreviewCards(t *testing.T) {
	t.Parallel()
	const path = "vmst:settings.mastodon.housekeeping.previewCards.days"
	warned := func(change string) []string {
		var lines []string
		for _, w := range read(t, base(t, change)).Warnings() {
			if w.Path == path {
				lines = append(lines, w.String())
			}
		}
		return lines
	}
	require.Equal(t, []string{
		path + ": 13 deletes pictures that Mastodon does not fetch again within 14 days; set it to 14 or more",
	}, warned(`{mastodon: {housekeeping: {previewCards: {days: 13}}}}`))
	require.Empty(t, warned(`{mastodon: {housekeeping: {previewCards: {days: 14}}}}`))
	require.Empty(t, warned(`{mastodon: {housekeeping: {previewCards: {days: 13, enabled: false}}}}`))
}
