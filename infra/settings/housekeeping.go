package settings

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Housekeeping are the tasks that keep the bucket, the database and Valkey from growing without end. Each is a CronJob
// that runs a command of tootctl; they run one at a time, whatever their schedules say.
//
// Mastodon's own scheduler deletes remote media and preview cards only once an admin has set how long they are kept
// (Administration, Server settings, Content retention; app/workers/scheduler/vacuum_scheduler.rb). What is deleted from
// the bucket is stored, and paid, for another storage.oldVersionDays.
//
// Source of what the commands do: lib/mastodon/cli and docs.joinmastodon.org/admin/tootctl.
type Housekeeping struct {
	// Media deletes copies of other servers' media that are older than some days (tootctl media remove). Mastodon
	// fetches one again when somebody opens the post. What people upload here stays.
	Media CacheTask `json:"media" default:"{enabled: true, schedule: '0 5 * * *', days: 7, concurrency: 3}"`
	// Profiles deletes avatars and headers of other servers' accounts that nobody here follows or is followed by, and
	// of which nothing was heard for some days (tootctl media remove --prune-profiles). They are fetched again when the
	// account is heard of.
	Profiles CacheTask `json:"profiles" default:"{enabled: true, schedule: '0 6 * * SUN', days: 14, concurrency: 3}"`
	// PreviewCards deletes the pictures of links that are older than some days (tootctl preview_cards remove). One is
	// fetched again when the link is posted again, two weeks after the last time or later.
	PreviewCards CacheTask `json:"previewCards" default:"{enabled: true, schedule: '0 6 * * MON', days: 30, concurrency: 3}"` //nolint:lll // a tag cannot be broken
	// Orphans deletes files of the bucket that belong to nothing in the database, such as what a broken upload leaves
	// behind (tootctl media remove-orphans). It lists the whole bucket, which takes hours on a large one. They are gone
	// for good, once storage.oldVersionDays are over; nothing refers to them.
	Orphans SweepTask `json:"orphans" default:"{enabled: true, schedule: '0 7 1 * *'}"`
	// Statuses deletes posts of other servers from the database that are older than some days, that nobody here has
	// answered, boosted, favourited or bookmarked, and whose authors nobody here follows (tootctl statuses remove). It
	// is hard work for the database, for which it builds indexes. They are not fetched again by themselves, and search
	// and the profiles of their authors no longer show them.
	Statuses StatusTask `json:"statuses" default:"{enabled: false, schedule: '0 6 * * SAT', days: 90}"`
	// Accounts deletes accounts of other servers that never had to do with anybody here, and have no post here (tootctl
	// accounts prune). One is fetched again when it is heard of or looked for.
	Accounts AccountTask `json:"accounts" default:"{enabled: false, schedule: '0 7 15 * *', concurrency: 3}"`
	// Feeds deletes home and list feeds from Valkey of people who have not signed in for long, or are gone (tootctl
	// feeds vacuum). Mastodon does this every day for those who are inactive; the task finds what that has missed, and
	// Valkey takes no more jobs when it is full. Mastodon makes the feed of a person who comes back. `tootctl feeds
	// build`, which makes all of them, is for a Valkey that was lost.
	Feeds SweepTask `json:"feeds" default:"{enabled: true, schedule: '0 6 * * WED'}"`
	// Resources of the pod of each task. It has nothing of those of web and Sidekiq.
	Resources Resources `json:"resources" default:"{cpu: 100m, memory: 768Mi, memoryLimit: 2Gi}"`
	// Pool is the role of the node pool to run on; empty runs where mastodon.jobs.pool does.
	Pool string `json:"pool"`
}

// CacheTask deletes copies of what other servers have.
type CacheTask struct {
	// Enabled runs the task.
	Enabled bool `json:"enabled"`
	// Schedule is when it starts, as cron writes it, in UTC: minute, hour, day of the month, month, day of the week.
	Schedule string `json:"schedule" jsonschema:"format=cron-schedule"`
	// Days is how old a copy is when it is deleted.
	Days int `json:"days" jsonschema:"minimum=1,maximum=3650"`
	// Concurrency is the number of threads that delete, each with a connection to the database itself, beside the pool.
	Concurrency int `json:"concurrency" jsonschema:"minimum=1,maximum=100"`
}

// SweepTask deletes what is left over, whatever its age.
type SweepTask struct {
	// Enabled runs the task.
	Enabled bool `json:"enabled"`
	// Schedule is when it starts, as cron writes it, in UTC: minute, hour, day of the month, month, day of the week.
	Schedule string `json:"schedule" jsonschema:"format=cron-schedule"`
}

// StatusTask deletes posts of other servers.
type StatusTask struct {
	// Enabled runs the task.
	Enabled bool `json:"enabled"`
	// Schedule is when it starts, as cron writes it, in UTC: minute, hour, day of the month, month, day of the week.
	Schedule string `json:"schedule" jsonschema:"format=cron-schedule"`
	// Days is how old a post is when it is deleted.
	Days int `json:"days" jsonschema:"minimum=1,maximum=3650"`
}

// AccountTask deletes accounts of other servers.
type AccountTask struct {
	// Enabled runs the task.
	Enabled bool `json:"enabled"`
	// Schedule is when it starts, as cron writes it, in UTC: minute, hour, day of the month, month, day of the week.
	Schedule string `json:"schedule" jsonschema:"format=cron-schedule"`
	// Concurrency is the number of threads that delete, each with a connection to the database itself, beside the pool.
	Concurrency int `json:"concurrency" jsonschema:"minimum=1,maximum=100"`
}

// parseSchedule reads a schedule, and reports whether Kubernetes takes it, by the library that it reads them with, and
// whether its time ever comes: 30 February is a date, too. A time zone in it is refused
// (k8s.io/kubernetes/pkg/apis/batch/validation), and crashes the library where nothing follows; intervals count from
// the creation, and are not documented.
func parseSchedule(text string) (cron.Schedule, bool) {
	if strings.Contains(text, "TZ") || strings.HasPrefix(text, "@every") {
		return nil, false
	}
	schedule, err := cron.ParseStandard(text)
	return schedule, err == nil && !schedule.Next(time.Unix(0, 0).UTC()).IsZero()
}

func isSchedule(text string) bool {
	_, ok := parseSchedule(text)
	return ok
}

// ownConnections are those of a task beside its threads': the first thread (reset_connection_pools! in Mastodon's
// lib/mastodon/cli/progress_helper.rb makes room for one more than the threads), and the lock that only one task has.
const ownConnections = 2

// checkConnections reports tasks that may open more connections than the database has left.
func (h Housekeeping) checkConnections(at At, size string, left int) {
	for _, task := range []struct {
		name        string
		enabled     bool
		concurrency int
	}{
		{"media", h.Media.Enabled, h.Media.Concurrency},
		{"profiles", h.Profiles.Enabled, h.Profiles.Concurrency},
		{"previewCards", h.PreviewCards.Enabled, h.PreviewCards.Concurrency},
		{"accounts", h.Accounts.Enabled, h.Accounts.Concurrency},
	} {
		if task.enabled && task.concurrency > left-ownConnections {
			at.Key(task.name).Key("concurrency").Add(
				fmt.Sprintf("%d needs %d connections, and %s has %d left",
					task.concurrency, task.concurrency+ownConnections, size, left),
				fmt.Sprintf("use at most %d, or leave the database more of them", left-ownConnections))
		}
	}
}

// cardDays is the age below which preview cards are not deleted without harm: Mastodon fetches the picture of a link
// again two weeks after the last time (lib/mastodon/cli/preview_cards.rb).
const cardDays = 14

func (h Housekeeping) warn(w warn) {
	if cards := h.PreviewCards; cards.Enabled && cards.Days < cardDays {
		w("mastodon.housekeeping.previewCards.days",
			fmt.Sprintf("%d deletes pictures that Mastodon does not fetch again within %d days", cards.Days, cardDays),
			fmt.Sprintf("set it to %d or more", cardDays))
	}
}
