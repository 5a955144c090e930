package settings

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/vmstio/infrastructure/infra/catalogue"
	"github.com/vmstio/infrastructure/infra/crew"
)

// Backup is what CronJobs write into the bucket of the backups, and how it is proven to be worth something.
//
// DigitalOcean keeps the last seven days of a PostgreSQL cluster, and deletes them together with it; of Valkey it keeps
// nothing, and of a bucket only old versions (docs.digitalocean.com/products/databases, Spaces).
type Backup struct {
	// Enabled makes the backups.
	Enabled bool `json:"enabled" default:"true"`
	// Schedule of the dumps of the database, as cron writes it, in UTC. The longest time between two of them is what
	// may be lost.
	Schedule string `json:"schedule" jsonschema:"format=cron-schedule" default:"17 2 * * *"`
	// KeepDaily is how many days keep their newest dump. All dumps of the last 24 hours are kept in any case.
	KeepDaily int `json:"keepDaily" jsonschema:"minimum=1,maximum=366" default:"7"`
	// KeepWeekly is how many weeks, from Monday on, keep their newest dump.
	KeepWeekly int `json:"keepWeekly" jsonschema:"minimum=0,maximum=520" default:"4"`
	// KeepMonthly is how many months keep their newest dump.
	KeepMonthly int `json:"keepMonthly" jsonschema:"minimum=0,maximum=120" default:"6"`
	// AlarmDays is how old the last good dump may be, in days.
	AlarmDays int `json:"alarmDays" jsonschema:"minimum=2,maximum=365" default:"2"`
	// DiskGiB is the disk of a node that a dump may take until it is uploaded, in GiB. A dump has about a quarter of
	// the size of its database.
	DiskGiB int `json:"diskGiB" jsonschema:"minimum=1,maximum=1000" default:"20"`
	// Resources of the pods.
	Resources Resources `json:"resources" default:"{cpu: 250m, memory: 512Mi, memoryLimit: 2Gi}"`
	// Pool is the role of the node pool to run on; empty lets the scheduler choose.
	Pool string `json:"pool"`
	// Postgres is the image of PostgreSQL's programs, of the major version of the database and based on Debian. Without
	// a tag, it is the newest of that version.
	Postgres Image `json:"postgres" default:"{repository: docker.io/library/postgres}"`
	// Rclone is the image of rclone, which encrypts, uploads and copies.
	Rclone Image `json:"rclone" default:"{repository: docker.io/rclone/rclone, tag: 1.71.2}"`
	// Media is the copy of the uploads.
	Media MediaBackup `json:"media"`
	// Rehearsal restores the newest dump and looks whether everything is there.
	Rehearsal Rehearsal `json:"rehearsal"`
	// Elsewhere is a bucket of another provider, which gets the same. Left out, all backups are in the account that
	// they are backups of.
	Elsewhere *Elsewhere `json:"elsewhere"`
}

// MediaBackup is the copy of the uploads, without what Mastodon can fetch again from other servers.
type MediaBackup struct {
	// Enabled copies them.
	Enabled bool `json:"enabled" default:"true"`
	// Schedule of the copies, as cron writes it, in UTC.
	Schedule string `json:"schedule" jsonschema:"format=cron-schedule" default:"17 3 * * *"`
	// Bandwidth limits them, as rclone's --bwlimit does: bytes per second with a unit, or "off".
	Bandwidth string `json:"bandwidth" jsonschema:"format=bandwidth" default:"20M"`
	// MostDeletedPercent is the share of the files that one run may delete. One that would delete more deletes nothing
	// and says so.
	MostDeletedPercent int `json:"mostDeletedPercent" jsonschema:"minimum=0,maximum=100" default:"5"`
	// AlarmDays is how old the last good copy may be, in days.
	AlarmDays int `json:"alarmDays" jsonschema:"minimum=2,maximum=365" default:"3"`
}

// Rehearsal is the proof of the backups.
type Rehearsal struct {
	// Enabled rehearses.
	Enabled bool `json:"enabled" default:"true"`
	// Schedule of the rehearsals, as cron writes it, in UTC.
	Schedule string `json:"schedule" jsonschema:"format=cron-schedule" default:"17 5 * * SUN"`
	// Busy expects that somebody posts all the time: the newest status of a dump must be younger than what may be lost.
	Busy bool `json:"busy" default:"true"`
	// DiskGiB is the disk of a node for a dump and the database that is made of it, in GiB.
	DiskGiB int `json:"diskGiB" jsonschema:"minimum=2,maximum=2000" default:"60"`
	// AlarmDays is how old the last proof may be, in days.
	AlarmDays int `json:"alarmDays" jsonschema:"minimum=2,maximum=365" default:"9"`
}

// Elsewhere is a bucket of another provider that speaks S3. Its key pair are the secrets elsewhereAccessId and
// elsewhereSecretKey.
type Elsewhere struct {
	// Endpoint is the host of the provider's S3 API.
	Endpoint string `json:"endpoint" jsonschema:"required,format=hostname" example:"s3.eu-central-003.backblazeb2.com"`
	// Region as the provider's S3 API calls it.
	Region string `json:"region" jsonschema:"required,format=record-name" example:"eu-central-003"`
	// Bucket exists already. What is in it below the environment's domain is the backups'.
	Bucket string `json:"bucket" jsonschema:"required,format=bucket" example:"social-example-org-backups"`
}

// Restore fills an empty database from a backup, before the first migration. On a database that it has filled it does
// nothing; on any other it stops the run.
type Restore struct {
	// From is "latest", or a time: the newest backup up to then.
	From string `json:"from" jsonschema:"required,format=restore-point" example:"latest"`
	// Source is where the backup is: "backups", the bucket of the environment, or "elsewhere", backup.elsewhere.
	Source string `json:"source" jsonschema:"enum=backups,enum=elsewhere" default:"backups"`
}

// FromElsewhere is the Restore.Source of another provider.
const FromElsewhere = "elsewhere"

// bucketName is what every provider takes.
var bucketName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{1,61})[a-z0-9]$`)

// bandwidth is a rate of rclone's without its timetables.
var bandwidth = regexp.MustCompile(`^(off|[1-9][0-9]*(\.[0-9]+)?[kMG])$`)

func isRestorePoint(text string) bool {
	_, err := time.Parse("2006-01-02T15:04:05Z", text)
	return text == "latest" || err == nil
}

// complete chooses the image of the database's version.
func (b *Backup) complete(major string) {
	if b.Postgres.Tag == "" {
		b.Postgres.Tag = major + "-bookworm"
	}
}

// longestGap is the longest time between two runs of a schedule, looked for over a year and a bit, and over ten
// thousand runs at most.
func longestGap(schedule string) time.Duration {
	times, ok := parseSchedule(schedule)
	if !ok {
		return 0
	}
	const most = 10_000
	var longest time.Duration
	last := times.Next(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
	end := last.AddDate(1, 1, 0)
	for runs := 0; runs < most && last.Before(end); runs++ {
		next := times.Next(last)
		longest, last = max(longest, next.Sub(last)), next
	}
	return longest
}

// MayBeLost is the time that may be lost when the database is restored from a dump (RPO): the longest between two of
// them. 0 says that there are none.
func (s *Settings) MayBeLost() time.Duration {
	if !s.Backup.Enabled {
		return 0
	}
	return longestGap(s.Backup.Schedule)
}

// The tasks of the backups. Those beside the dump have the names of their settings.
const (
	DumpTask      = "dump"
	MediaTask     = "media"
	RehearsalTask = "rehearsal"
)

// BackupTask is one of the tasks.
type BackupTask struct {
	// Name is DumpTask, MediaTask or RehearsalTask.
	Name string
	// Schedule as cron writes it.
	Schedule string
	// AlarmDays is how old the last good run may be.
	AlarmDays int
}

// Tasks are the tasks that are on.
func (b Backup) Tasks() []BackupTask {
	if !b.Enabled {
		return nil
	}
	tasks := []BackupTask{{DumpTask, b.Schedule, b.AlarmDays}}
	if b.Media.Enabled {
		tasks = append(tasks, BackupTask{MediaTask, b.Media.Schedule, b.Media.AlarmDays})
	}
	if b.Rehearsal.Enabled {
		tasks = append(tasks, BackupTask{RehearsalTask, b.Rehearsal.Schedule, b.Rehearsal.AlarmDays})
	}
	return tasks
}

// ProvenKey is the name of an object that everybody may read and that is there as long as the last good run of a task
// is young enough: each such run writes it, and a rule of the bucket deletes it.
func ProvenKey(task string) string { return "proven/" + task + ".prom" }

// RunKey is the name of an object that everybody may read and that says how the last run of a task ended.
func RunKey(task string) string { return "runs/" + task + ".prom" }

// Proofs are these objects, as something to watch.
func (s *Settings) Proofs() []Endpoint {
	var proofs []Endpoint
	for _, task := range s.Backup.Tasks() {
		proofs = append(proofs, Endpoint{
			Name: "backup-" + task.Name, HealthPath: "/" + ProvenKey(task.Name), Mark: true,
			Host: s.Bucket(crew.Backups) + "." + catalogue.SpacesHost(s.Storage.BackupRegion),
		})
	}
	return proofs
}

// kept is how many days the oldest dump is kept that is not yet forgotten.
func (b Backup) kept() int { return max(b.KeepDaily, 7*b.KeepWeekly, 31*b.KeepMonthly) }

// checkBackup reports backups that could not be made, kept or found again.
func (s *Settings) checkBackup(at At) {
	b, place := s.Backup, at.Key("backup")
	if restore := at.Key("database").Key("restore"); s.Database.Restore != nil {
		if !b.Enabled {
			restore.Add("there is no bucket to restore from where backups are off", "set backup.enabled to true")
		}
		if s.Database.Restore.Source == FromElsewhere && b.Elsewhere == nil {
			restore.Key("source").Add(`"elsewhere" needs backup.elsewhere`, "say there where it is, or use backups")
		}
	}
	if !b.Enabled || place.Bad() {
		return
	}
	s.checkJobs(place, b.Pool, b.Resources)
	rest, same := strings.CutPrefix(b.Postgres.Tag, s.Database.Version)
	if !same || rest != "" && !strings.ContainsAny(rest[:1], ".-") {
		place.Key("postgres").Key("tag").Add(
			fmt.Sprintf("%q is not of PostgreSQL %s, which the database is", b.Postgres.Tag, s.Database.Version),
			"use a tag that begins with "+s.Database.Version+", such as "+s.Database.Version+"-bookworm")
	}
	if s.Storage.BackupDays < b.kept() {
		at.Key("storage").Key("backupDays").Add(
			fmt.Sprintf("after %d days the bucket deletes dumps that backup keeps for %d",
				s.Storage.BackupDays, b.kept()),
			fmt.Sprintf("set it to %d or more, or keep fewer", b.kept()))
	}
	for _, task := range b.Tasks() {
		days := longestGap(task.Schedule).Hours() / 24
		if days > float64(task.AlarmDays) {
			where := place
			if task.Name != DumpTask {
				where = place.Key(task.Name)
			}
			where.Key("alarmDays").Add(
				fmt.Sprintf("%d days is less than the %.1f between two runs of %q",
					task.AlarmDays, days, task.Schedule),
				"raise it, or run more often")
		}
	}
}

func (s *Settings) warnOfBackups(w warn) {
	if s.Environment != Production {
		return
	}
	b := s.Backup
	if !b.Enabled {
		w("backup.enabled", "false in production: DigitalOcean's own backups go with the database", "set it to true")
		return
	}
	if !b.Media.Enabled {
		w("backup.media.enabled", "false in production: uploads are in one bucket of one region", "set it to true")
	}
	if !b.Rehearsal.Enabled {
		w("backup.rehearsal.enabled", "false in production: a backup that was never restored may be none",
			"set it to true")
	}
	if b.Elsewhere == nil {
		w("backup.elsewhere", "nothing in production: who loses the account loses the backups with it",
			"name a bucket of another provider")
	}
}
