//go:build unix

package backup_test

import (
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// few is enough for what can go wrong.
const few = 400

// succeeds checks that a run ended well and said so where it is seen.
func (w *world) succeeds(name string, r result) {
	w.t.Helper()
	require.Zero(w.t, r.status, r.output)
	require.Contains(w.t, w.store.get(w.t, "backups", "runs/"+name+".prom"),
		`mastodon_backup_success{task="`+name+`"} 1`)
	proven := w.store.get(w.t, "backups", "proven/"+name+".prom")
	require.Regexp(w.t, `mastodon_backup_end_timestamp_seconds\{task="`+name+`"\} \d{10}\n`, proven)
	_, public := w.store.public.Load("/backups/proven/" + name + ".prom")
	require.True(w.t, public)
}

// fails checks that a run ended badly, said why, and that nothing is proven by it.
func (w *world) fails(name string, r result, why string) {
	w.t.Helper()
	require.NotZero(w.t, r.status, r.output)
	require.Contains(w.t, r.output, "WRONG  "+name+": ")
	require.Contains(w.t, r.output, why)
	require.Contains(w.t, w.store.get(w.t, "backups", "runs/"+name+".prom"),
		`mastodon_backup_success{task="`+name+`"} 0`)
	require.Empty(w.t, w.store.get(w.t, "backups", "proven/"+name+".prom"))
}

// upload puts the uploads of the first attachments into the bucket, and what Mastodon fetched.
func (w *world) upload(more ...int) {
	w.t.Helper()
	for i := 0; i < few/10; i += 4 {
		more = append(more, i)
	}
	for _, i := range more {
		directory := fmt.Sprintf("media_attachments/files/110/000/000/000/%03d/%03d/original/", i/1000, i%1000)
		w.store.put(w.t, "media", directory+fmt.Sprintf("picture%d.png", i), "picture")
	}
	w.store.put(w.t, "media", "accounts/avatars/109/000/original/a.png", "avatar")
	w.store.put(w.t, "media", "cache/media_attachments/files/1/original/foreign.png", "foreign")
	w.store.put(w.t, "media", "preflight/x.txt", "x")
}

// Everything from an instance to another one.
func TestFromOneInstanceToAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 600_000)
	size, err := strconv.Atoi(w.sql(t, "postgres", w.database, "SELECT pg_database_size(current_database())"))
	require.NoError(t, err)
	require.Greater(t, size, 250_000_000, "as large as that of an instance with a few hundred people")
	w.encrypt(primaryKey)
	w.upload(59_996)

	w.succeeds("dump", w.run("dump"))
	keys := w.store.keys(t, "backups", "database/")
	require.Len(t, keys, 2)
	for _, key := range keys {
		require.Equal(t, "RCLONE", w.store.get(t, "backups", key)[:6], "%s is encrypted", key)
	}
	w.succeeds("media", w.run("media"))
	require.Len(t, w.store.keys(t, "backups", "media/"), few/40+2, "without cache/ and preflight/")
	// The attachments are of three days ago, the copy of now.
	rehearsed := w.rehearse()
	w.succeeds("rehearsal", rehearsed)
	require.Contains(t, rehearsed.output, "ok     statuses has its 600000 rows")
	require.Contains(t, rehearsed.output, "ok     the keys open users.otp_secret and keypairs.private_key")
	require.Contains(t, rehearsed.output, "ok     an upload is in the copy")
	require.Contains(t, w.store.get(t, "backups", "proven/rehearsal.prom"), "mastodon_backup_restore_seconds")

	to := w.server.database(t)
	w.succeeds("restore", w.run("restore", "PGDATABASE="+to))
	const count = "SELECT count(*) || ' ' || max(text) FROM statuses"
	require.Equal(t, w.sql(t, "mastodon", w.database, count), w.sql(t, "mastodon", to, count))
	const owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'statuses'"
	require.Equal(t, "mastodon", w.sql(t, "postgres", to, owner),
		"what is restored is Mastodon's own, as after its first migration")
	w.sql(t, "mastodon", to, "INSERT INTO statuses (created_at, account_id) SELECT now(), min(id) FROM accounts")
	again := w.run("restore", "PGDATABASE="+to)
	w.succeeds("restore", again)
	require.Contains(t, again.output, "already restored from store, latest")
	require.Equal(t, "600001", w.sql(t, "mastodon", to, "SELECT count(*) FROM statuses"), "nothing is done twice")
}

func TestRestoreOfATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, few)
	w.run("dump")
	time.Sleep(1100 * time.Millisecond)
	between := time.Now().UTC().Format("2006-01-02T15:04:05Z")
	time.Sleep(1100 * time.Millisecond)
	w.sql(t, "mastodon", w.database, "DELETE FROM media_attachments; DELETE FROM statuses")
	w.run("dump")
	to := w.server.database(t)
	w.succeeds("restore", w.run("restore", "PGDATABASE="+to, "FROM="+between))
	require.Equal(t, fmt.Sprint(few), w.sql(t, "mastodon", to, "SELECT count(*) FROM statuses"))
	last := w.server.database(t)
	w.run("restore", "PGDATABASE="+last)
	require.Equal(t, "0", w.sql(t, "mastodon", last, "SELECT count(*) FROM statuses"))
	w.store.delete(t, "backups", "proven/restore.prom")
	w.fails("restore", w.run("restore", "PGDATABASE="+w.server.database(t), "FROM=2020-01-01T00:00:00Z"),
		"spaces:backups has no backup up to 2020-01-01T00:00:00Z")
}

func TestRestoreTouchesNothingThatIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, few)
	w.run("dump")
	w.fails("restore", w.run("restore"), "the database is not empty")
	require.Equal(t, fmt.Sprint(few), w.sql(t, "mastodon", w.database, "SELECT count(*) FROM statuses"))

	restored := w.server.database(t)
	w.run("restore", "PGDATABASE="+restored)
	w.store.delete(t, "backups", "proven/restore.prom")
	w.fails("restore", w.run("restore", "PGDATABASE="+restored, "FROM=2099-01-01T00:00:00Z"),
		"the database is not empty")
}

// What is in another account brings an instance back when the first account is lost.
func TestRestoreFromElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, few)
	w.upload()
	elsewhere := "ELSEWHERE=backblaze:elsewhere/vmst"
	w.succeeds("dump", w.run("dump", elsewhere))
	w.succeeds("media", w.run("media", elsewhere))
	require.Len(t, w.store.keys(t, "elsewhere", "vmst/database/"), 2)
	require.Len(t, w.store.keys(t, "elsewhere", "vmst/media/"), few/40+1)
	for _, key := range w.store.keys(t, "backups", "database/") {
		w.store.delete(t, "backups", key)
	}
	to := w.server.database(t)
	w.succeeds("restore", w.run("restore", "PGDATABASE="+to, elsewhere, "SOURCE=elsewhere"))
	require.Equal(t, fmt.Sprint(few), w.sql(t, "mastodon", to, "SELECT count(*) FROM statuses"))
	before := w.store.keys(t, "media", "media_attachments/")
	for _, key := range before[1:] {
		w.store.delete(t, "media", key)
	}
	w.store.put(t, "media", before[0], "newer")
	w.succeeds("restore-media", w.run("restore-media", elsewhere, "SOURCE=elsewhere"))
	require.Equal(t, before, w.store.keys(t, "media", "media_attachments/"))
	require.Equal(t, "newer", w.store.get(t, "media", before[0]), "what is there stays")
	_, public := w.store.public.Load("/media/" + before[1])
	require.True(t, public)
	w.store.delete(t, "backups", "proven/restore-media.prom")
	for _, key := range w.store.keys(t, "elsewhere", "vmst/media/") {
		w.store.delete(t, "elsewhere", key)
	}
	w.fails("restore-media", w.run("restore-media", elsewhere, "SOURCE=elsewhere"),
		"backblaze:elsewhere/vmst/media is empty")
}

func TestADumpThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	for name, refused := range map[string]string{"the dump": "/dump", "the manifest": "/manifest.json"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, few)
			refuse := func(r *http.Request) bool {
				return r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, refused)
			}
			w.store.refuse.Store(&refuse)
			w.fails("dump", w.run("dump"), name+" could not be written to spaces:backups")
			w.store.refuse.Store(nil)
			w.fails("rehearsal", w.rehearse(), "spaces:backups has no backup")
			w.succeeds("dump", w.run("dump"))
		})
	}
}

// The connection breaks in the middle of a large upload.
func TestAnUploadThatDiesHalfWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 120_000)
	parts := 0
	refuse := func(r *http.Request) bool {
		if r.URL.Query().Has("partNumber") {
			parts++
			return parts > 1
		}
		return false
	}
	w.store.refuse.Store(&refuse)
	small := []string{
		"RCLONE_S3_UPLOAD_CUTOFF=5Mi", "RCLONE_S3_CHUNK_SIZE=5Mi", "RCLONE_S3_UPLOAD_CONCURRENCY=1",
	}
	w.fails("dump", w.run("dump", small...), "the dump could not be written to spaces:backups")
	require.Positive(t, parts)
	require.Empty(t, w.store.keys(t, "backups", "database/"), "an object is there when all of it is")
}

func TestADumpForWhichThereIsNoRoom(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 40_000)
	// As a full disk, the largest file that may be written ends pg_dump.
	w.env["LIMIT"] = "1000"
	cmd, out := w.start("dump")
	cmd.Args = []string{cmd.Args[0], "-c", "ulimit -f 1000; " + cmd.Args[2]}
	require.NoError(t, cmd.Start())
	_ = cmd.Wait()
	w.fails("dump", w.ended(cmd, out), "raise backup.diskGiB")
	require.Empty(t, w.store.keys(t, "backups", "database/"))
}

func TestTwoDumpsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, few)
	holds := w.command(t.Context(), path.Join(w.bin, "psql"), "-h", "127.0.0.1", "-p", w.port, "-U", "mastodon",
		w.database, "-c", "SELECT pg_advisory_lock(1986884468, 1)", "-c", "SELECT pg_sleep(600)")
	require.NoError(t, holds.Start())
	require.Eventually(t, func() bool {
		return w.sql(t, "postgres", w.database, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND "+
			"granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())") == "1"
	}, 20*time.Second, 50*time.Millisecond)
	w.fails("dump", w.run("dump"), "another dump is running")
	require.Empty(t, w.store.keys(t, "backups", "database/"))
	w.sql(t, "postgres", w.database, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' "+
		"AND database = (SELECT oid FROM pg_database WHERE datname = current_database())")
	_ = holds.Wait()
	w.succeeds("dump", w.run("dump"))
}

func TestADumpThatIsToldToStop(t *testing.T) {
	t.Parallel()
	w := newWorld(t, few)
	// The dump waits for a table that somebody else has locked.
	holds := w.command(t.Context(), path.Join(w.bin, "psql"), "-h", "127.0.0.1", "-p", w.port, "-U", "mastodon",
		w.database, "-c", "BEGIN; LOCK TABLE statuses; SELECT pg_sleep(600)")
	require.NoError(t, holds.Start())
	t.Cleanup(func() {
		_ = holds.Process.Kill()
		_ = holds.Wait()
	})
	cmd, out := w.start("dump")
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool {
		return w.sql(t, "postgres", w.database, "SELECT count(*) FROM pg_stat_activity WHERE application_name = "+
			"'pg_dump' AND datname = current_database() AND wait_event_type = 'Lock'") == "1"
	}, 20*time.Second, 50*time.Millisecond)
	// As the kubelet does it: the first process, and nobody else.
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	_ = cmd.Wait()
	w.fails("dump", w.ended(cmd, out), "")
	require.Empty(t, w.store.keys(t, "backups", "database/"))
}

func TestAServerThatIsNewerThanTheImage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, few)
	// The image's pg_dump is older than the server.
	cmd, out := w.start("dump")
	cmd.Args[2] = `pg_dump() { echo "pg_dump (PostgreSQL) 12.22 (Debian 12.22-1)"; }; ` + cmd.Args[2]
	require.NoError(t, cmd.Start())
	_ = cmd.Wait()
	w.fails("dump", w.ended(cmd, out), "this pg_dump is of 12: set backup.postgres.tag to an image of ")
}

func TestAStoreThatCannotBeWrittenTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, few)
	refuse := func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, ".prom") }
	w.store.refuse.Store(&refuse)
	r := w.run("dump")
	require.NotZero(t, r.status, "a verdict that nobody sees is none")
	require.Contains(t, r.output, "the verdict could not be written to spaces:backups")
}

func TestWhatARehearsalFinds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, few)
	w.encrypt(primaryKey)
	w.upload()
	w.run("dump")
	w.run("media")
	keys := w.store.keys(t, "backups", "database/")
	dump, manifest := keys[0], keys[1]
	require.True(t, strings.HasSuffix(dump, "/dump"))
	for _, test := range []struct {
		name, why string
		env       []string
		spoil     func()
	}{
		{
			name: "another passphrase", why: "is the passphrase the one it was made with (vmst:secrets.backupKey)?",
			env: []string{"PASSPHRASE=another"},
		},
		{
			name: "other keys", env: []string{"ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY=another"},
			why: "users.otp_secret does not open: the ACTIVE_RECORD_ENCRYPTION keys are not those it was written with",
		},
		{
			name: "a dump that was cut short", why: "the dump of 20",
			spoil: func() {
				whole := w.store.get(t, "backups", dump)
				w.store.put(t, "backups", dump, whole[:len(whole)-100])
			},
		},
		{
			name: "a dump without its end that decrypts", why: "its checksum differs",
			spoil: func() { w.store.put(t, "backups", dump, w.reencrypted("no dump at all")) },
		},
		{
			name: "no manifest", why: "spaces:backups has no backup",
			spoil: func() { w.store.delete(t, "backups", manifest) },
		},
		{
			name: "statuses that are too old", why: "the newest status is ",
			env: []string{"AGE_HOURS=1"},
			spoil: func() {
				w.sql(t, "mastodon", w.database, "UPDATE statuses SET created_at = created_at - interval '2 hours'")
				for _, key := range w.store.keys(t, "backups", "database/") {
					w.store.delete(t, "backups", key)
				}
				w.run("dump")
			},
		},
		{
			name: "an upload that is missing", why: "the copy of the uploads lacks media_attachments/files/",
			spoil: func() {
				for _, key := range w.store.keys(t, "backups", "media/media_attachments/") {
					w.store.delete(t, "backups", key)
				}
			},
		},
		{
			name: "uploads that were never copied", why: "the uploads were never copied",
			spoil: func() { w.store.delete(t, "backups", "proven/media.prom") },
		},
	} {
		t.Run(test.name, func(t *testing.T) { //nolint:paralleltest // They spoil the same store.
			before := map[string]string{}
			for _, key := range w.store.keys(t, "backups", "") {
				before[key] = w.store.get(t, "backups", key)
			}
			if test.spoil != nil {
				test.spoil()
			}
			w.fails("rehearsal", w.rehearse(test.env...), test.why)
			for _, key := range w.store.keys(t, "backups", "") {
				w.store.delete(t, "backups", key)
			}
			for key, content := range before {
				w.store.put(t, "backups", key, content)
			}
		})
	}
	w.succeeds("rehearsal", w.rehearse())
}

// reencrypted is a text as the backups encrypt it.
func (w *world) reencrypted(text string) string {
	w.t.Helper()
	cmd, _ := w.start("dump")
	common, _, _ := strings.Cut(cmd.Args[2], "# Writes a dump of the database")
	cmd.Args[2] = strings.ReplaceAll(common, "trap end EXIT", "") +
		"\nprintf '%s' " + "'" + text + "' | rclone rcat vault_store:scratch"
	require.NoError(w.t, cmd.Run())
	content := w.store.get(w.t, "backups", "database/scratch")
	w.store.delete(w.t, "backups", "database/scratch")
	require.NotEmpty(w.t, content)
	return content
}

func TestARowThatIsMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, few)
	cmd, out := w.start("dump")
	// As if the dump had been made of another snapshot than the counts.
	cmd.Args[2] = strings.Replace(cmd.Args[2], `--snapshot="$snapshot"`, "--exclude-table-data=follows", 1)
	require.NoError(t, cmd.Start())
	_ = cmd.Wait()
	require.Zero(t, w.ended(cmd, out).status)
	w.fails("rehearsal", w.rehearse("COPIED=false"), "follows has 0 rows, the manifest says ")
}

func TestWhatIsForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, few)
	now := time.Now().UTC()
	today := now.Truncate(24 * time.Hour)
	name := func(day int, clock string) string {
		return "database/" + today.AddDate(0, 0, -day).Format("2006-01-02") + "T" + clock + "Z/"
	}
	for day := range 200 {
		for _, clock := range []string{"02-17-00", "14-17-00"} {
			if day > 10 && clock == "14-17-00" {
				continue
			}
			at, err := time.Parse("database/2006-01-02T15-04-05Z/", name(day, clock))
			require.NoError(t, err)
			if now.Sub(at) < 25*time.Hour {
				continue
			}
			for _, file := range []string{"dump", "manifest.json"} {
				w.store.put(t, "backups", name(day, clock)+file, "x")
			}
		}
	}
	w.succeeds("dump", w.run("dump"))
	kept := map[string]bool{}
	for _, key := range w.store.keys(t, "backups", "database/") {
		kept[path.Dir(key)+"/"] = true
	}
	for day := 3; day < 7; day++ {
		assert.True(t, kept[name(day, "14-17-00")], "the newest dump of %d days ago", day)
		assert.False(t, kept[name(day, "02-17-00")], "the older one of %d days ago", day)
	}
	weeks, months := map[string]bool{}, map[string]bool{}
	for at := range kept {
		date, err := time.Parse("2006-01-02", path.Base(at)[:10])
		require.NoError(t, err)
		year, week := date.ISOWeek()
		weeks[fmt.Sprint(year, week)] = true
		months[date.Format("2006-01")] = true
	}
	assert.Len(t, months, 6)
	assert.GreaterOrEqual(t, len(weeks), 4)
	assert.LessOrEqual(t, len(kept), 7+4+6)
	assert.Len(t, w.store.keys(t, "backups", "database/"), 2*len(kept), "a dump and its manifest go together")
}

func TestWhatTheUploadsCopyDeletes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, few)
	for i := range 100 {
		w.store.put(t, "media", fmt.Sprintf("accounts/avatars/%03d/a b.png", i), "avatar")
	}
	w.succeeds("media", w.run("media"))
	for i := range 10 {
		w.store.delete(t, "media", fmt.Sprintf("accounts/avatars/%03d/a b.png", i))
	}
	w.store.put(t, "media", "accounts/avatars/099/a b.png", "another")
	w.succeeds("media", w.run("media"))
	require.Len(t, w.store.keys(t, "backups", "media/"), 90)
	require.Equal(t, "another", w.store.get(t, "backups", "media/accounts/avatars/099/a b.png"))

	for i := range 40 {
		w.store.delete(t, "media", fmt.Sprintf("accounts/avatars/%03d/a b.png", 10+i))
	}
	w.store.put(t, "media", "site_uploads/new.png", "new")
	w.store.delete(t, "backups", "proven/media.prom")
	w.fails("media", w.run("media"), "40 of the 90 files in spaces:backups/media are no longer in the bucket of the "+
		"uploads, more than 20 %: nothing has been deleted")
	require.Len(t, w.store.keys(t, "backups", "media/"), 91, "what is new is copied all the same")
	w.succeeds("media", w.run("media", "MOST_DELETED=50"))
	require.Len(t, w.store.keys(t, "backups", "media/"), 51)

	// An empty bucket is never what somebody wanted.
	for _, key := range w.store.keys(t, "media", "") {
		w.store.delete(t, "media", key)
	}
	w.store.delete(t, "backups", "proven/media.prom")
	w.fails("media", w.run("media"), "51 of the 51 files")
	require.Len(t, w.store.keys(t, "backups", "media/"), 51)
}

func TestUploadsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, few)
	w.upload()
	w.succeeds("media", w.run("media"))
	w.store.delete(t, "backups", "proven/media.prom")
	refuse := func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/media") }
	w.store.refuse.Store(&refuse)
	w.fails("media", w.run("media"), "the bucket of the uploads cannot be read")
	require.Len(t, w.store.keys(t, "backups", "media/"), few/40+1)
}
