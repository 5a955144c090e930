# Restores the newest dump into a PostgreSQL of its own, and looks whether everything is there.
#
# Beyond common.sh, in the environment: AGE_HOURS, how old the newest status may be, 0 for any age; COPIED, whether the
# uploads are copied too. Another container, with Mastodon's image, tries the keys meanwhile (decrypt.rb): it waits for
# $WORK/shared/restored or over, and leaves its answer in $WORK/shared/decrypted.

port=5433
shared="$WORK/shared"
mkdir -p "$shared" && chmod 0777 "$shared"
rm -f "$shared"/*
clean() {
  (umask 022 && : >"$shared/over")
  if [[ -d $WORK/postgres ]]; then pg_ctl --pgdata="$WORK/postgres" --mode=immediate stop >/dev/null; fi
  rm -rf "$WORK/postgres" "$WORK/dump" "$WORK/contents" "$WORK/manifest.json" "$WORK/one"
}
query() { psql -XqAt -v ON_ERROR_STOP=1 --host=127.0.0.1 --port="$port" --username=postgres --dbname=rehearsal -c "$1"; }

time="$(newest store)"
[[ -n $time ]] || wrong "$STORE has no backup"
fetch store "$time"
say "ok     the dump of $time is the one that was made"
fetched="$(date +%s)"

rm -rf "$WORK/postgres"
initdb --pgdata="$WORK/postgres" --username=postgres --auth=trust --encoding=UTF8 --locale=C --no-sync >/dev/null
# Nothing of it has to survive, so nothing of it is written twice. A container has 64 MiB of shared memory.
pg_ctl --pgdata="$WORK/postgres" --wait --log="$WORK/postgres/log" start >/dev/null --options="-c port=$port \
  -c listen_addresses=127.0.0.1 -c unix_socket_directories=$WORK/postgres -c fsync=off -c full_page_writes=off \
  -c synchronous_commit=off -c dynamic_shared_memory_type=mmap -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=2GB -c maintenance_work_mem=128MB"
createdb --host=127.0.0.1 --port="$port" --username=postgres rehearsal
contents "$WORK/dump"
pg_restore --host=127.0.0.1 --port="$port" --username=postgres --dbname=rehearsal --no-owner --no-privileges --jobs=2 \
  --exit-on-error --use-list="$WORK/contents" "$WORK/dump" || wrong "the dump of $time cannot be restored"
restored="$(date +%s)"
say "ok     pg_restore has no errors, $((restored - fetched)) seconds"

schema="$(query 'SELECT max(version) FROM schema_migrations')"
[[ $schema == "$(manifest schema)" ]] || wrong "the schema is $schema, the manifest says $(manifest schema)"
say "ok     the schema is $schema"
for table in "${tables[@]}"; do
  rows="$(query "SELECT count(*) FROM $table")"
  [[ $rows == "$(manifest "$table")" ]] || wrong "$table has $rows rows, the manifest says $(manifest "$table")"
  say "ok     $table has its $rows rows"
done
age="$(query "SELECT extract(epoch FROM now() AT TIME ZONE 'UTC' - max(created_at))::bigint FROM statuses")"
if ((AGE_HOURS > 0)); then
  if [[ -z $age ]]; then wrong "there are no statuses, and so none younger than $AGE_HOURS hours"; fi
  ((age <= AGE_HOURS * 3600)) || wrong "the newest status is $age seconds old, more than $AGE_HOURS hours"
  say "ok     the newest status is $age seconds old"
fi

(umask 022 && : >"$shared/restored")
until [[ -s $shared/decrypted ]]; do sleep 1; done
answer="$(<"$shared/decrypted")"
[[ $answer == ok* ]] || wrong "$answer"
say "ok     ${answer#ok }"

if [[ $COPIED == true ]]; then
  # Of the uploads that were there when the last copy ended well, the newest. Paperclip cuts a number into directories of
  # three digits (kt-paperclip, interpolations.rb).
  copied="$(rclone cat "$STORE/proven/media.prom" | sed -n 's/^mastodon_backup_end_timestamp_seconds{.*} //p')"
  [[ -n $copied ]] || wrong "the uploads were never copied"
  path="$(query "SELECT 'media_attachments/files/' || array_to_string(ARRAY(SELECT (regexp_matches(
      lpad(id::text, greatest(length(id::text), CASE WHEN id < 1000000000 THEN 9 ELSE 12 END), '0'), '\d{3}', 'g'))[1]),
      '/') || '/original/' || file_file_name
    FROM media_attachments WHERE remote_url = '' AND file_file_name IS NOT NULL
      AND created_at < to_timestamp($copied) AT TIME ZONE 'UTC' - interval '1 day' ORDER BY id DESC LIMIT 1")"
  if [[ -n $path ]]; then
    rclone copyto "$STORE/media/$path" "$WORK/one"
    # rclone takes what is not there for a directory without files.
    [[ -s $WORK/one ]] || wrong "the copy of the uploads lacks $path, or has nothing in it"
    say "ok     an upload is in the copy"
  else
    say "ok     there are no uploads to look for"
  fi
fi
measure restore_seconds "$((restored - fetched))"
measure newest_status_age_seconds "${age:-0}"
