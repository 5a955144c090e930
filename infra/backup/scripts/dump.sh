# Writes a dump of the database, with a manifest, into every store; forgets the old ones.
#
# Beyond common.sh, in the environment: PG*, the primary as Mastodon's user; KEEP_DAILY, KEEP_WEEKLY, KEEP_MONTHLY, how
# many days, weeks and months keep their newest dump.

time="$(date -u +%Y-%m-%dT%H-%M-%SZ)"

# One session holds the lock and the snapshot, so that the rows are counted in what is dumped. psql echoes a line with a
# dot after each answer.
# shellcheck disable=SC2154 # Bash sets session_PID.
coproc session { exec psql -XqAt -v ON_ERROR_STOP=1 2>&1; }
answers="${session[0]}" questions="${session[1]}" psql="$session_PID"
clean() { rm -f "$WORK"/{dump,manifest.json,forgotten,deleted}; }

answer=
ask() {
  local line
  answer=
  printf '%s;\n\\echo .\n' "$1" >&"$questions" || wrong "the database ended the session"
  while IFS= read -r line <&"$answers"; do
    if [[ $line == . ]]; then return; fi
    answer+="${answer:+$'\n'}$line"
  done
  wrong "PostgreSQL at $PGHOST:$PGPORT: ${answer:-ended the session}"
}

ask 'SHOW server_version_num'
server="$((answer / 10000))"
client="$(pg_dump --version | sed 's/^[^)]*) \([0-9]*\).*/\1/')"
((client >= server)) ||
  wrong "the server is PostgreSQL $server, this pg_dump is of $client: set backup.postgres.tag to an image of $server"
# The session waits for the dump, which may take hours.
ask 'SET idle_in_transaction_session_timeout = 0; SET statement_timeout = 0; SET tcp_keepalives_idle = 60'
# The number has no meaning; it is the backups' own.
ask 'SELECT pg_try_advisory_lock(1986884468, 1)'
[[ $answer == t ]] || wrong 'another dump is running'
ask 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'
ask 'SELECT pg_export_snapshot()'
snapshot="$answer"

pg_dump --format=custom --no-owner --no-privileges --snapshot="$snapshot" --file="$WORK/dump" ||
  wrong "pg_dump: see above; if the disk is full: raise backup.diskGiB"
# All of it, not only the table of contents at its beginning.
pg_restore --file=/dev/null "$WORK/dump" || wrong "the dump cannot be read back"
bytes="$(stat -c %s "$WORK/dump")"
checksum="$(sha256sum <"$WORK/dump")"
rows=
for table in "${tables[@]}"; do
  rows+="'$table', (SELECT count(*) FROM $table), "
done
ask "SELECT jsonb_pretty(jsonb_build_object(
  'version', 1, 'time', '$time', 'bytes', $bytes, 'sha256', '${checksum%% *}', 'server', '$server',
  'databaseBytes', pg_database_size(current_database()),
  'schema', (SELECT max(version) FROM schema_migrations), 'migrations', (SELECT count(*) FROM schema_migrations),
  ${rows}'newestStatus', (SELECT extract(epoch FROM max(created_at))::bigint FROM statuses)))"
printf '%s\n' "$answer" >"$WORK/manifest.json"
exec {questions}>&-
wait "$psql" || wrong "the database ended the session"

# forget deletes the dumps of a store that no day, week or month needs, and what runs that died left behind. What is of
# the last 24 hours stays: somebody may have made it before an upgrade, or be writing it.
forget() {
  local store="$1" list time day unit stale yesterday
  local -A kept=() seen=()
  yesterday="$(date -u -d '24 hours ago' +%Y-%m-%dT%H-%M-%SZ)"
  list="$(backups "$store" | sort -r)"
  for unit in "%Y-%m-%d $KEEP_DAILY" "%G-W%V $KEEP_WEEKLY" "%Y-%m $KEEP_MONTHLY"; do
    seen=()
    for time in $list; do
      day="$(date -u -d "${time:0:10}" "+${unit% *}")"
      if [[ -z ${seen[$day]-} ]] && ((${#seen[@]} < ${unit##* })); then
        seen[$day]=1 kept[$time]=1
      fi
    done
  done
  : >"$WORK/forgotten"
  for time in $list; do
    if [[ -z ${kept[$time]-} && $time < $yesterday ]]; then printf '%s\n' "$time" >>"$WORK/forgotten"; fi
  done
  # Without its manifest it is no backup any more, whatever happens next.
  delete "$store" manifest.json
  delete "$store" dump
  # What has no manifest and is not just being written.
  stale="$(rclone lsf --recursive --files-only --min-age 1d --include '/*/dump' "$(remote "$store")")"
  list="$(backups "$store")"
  { grep -vxF -f <(printf '%s\n' "$list") <<<"${stale//\/dump/}" || true; } | sed '/^$/d' >"$WORK/forgotten"
  delete "$store" dump
}

# delete deletes the files of a name of the forgotten dumps.
delete() {
  if [[ ! -s $WORK/forgotten ]]; then return; fi
  sed "s:\$:/$2:" "$WORK/forgotten" >"$WORK/deleted"
  rclone delete --files-from-raw "$WORK/deleted" "$(remote "$1")" || wrong "old dumps could not be deleted in $(place "$1")"
  sed "s:^:deleted $1 :" "$WORK/deleted"
}

for store in "${stores[@]}"; do
  rclone copyto "$WORK/dump" "$(remote "$store")$time/dump" || wrong "the dump could not be written to $(place "$store")"
  [[ $(rclone lsf --format s "$(remote "$store")$time/dump") == "$bytes" ]] ||
    wrong "$(place "$store") has not the whole dump"
  # This makes it a backup.
  rclone copyto "$WORK/manifest.json" "$(remote "$store")$time/manifest.json" ||
    wrong "the manifest could not be written to $(place "$store")"
  say "wrote $store $time, $bytes bytes"
  forget "$store"
done
measure bytes "$bytes"
