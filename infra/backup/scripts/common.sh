# What the scripts of the backups share. Each of them is this file with its own behind it, for the bash of PostgreSQL's
# image. They ask for no more than is there or copied in beside it: PostgreSQL's own programs, coreutils and rclone.
#
# In the environment:
#   TASK                what runs: dump, media, rehearsal, restore, restore-media
#   WORK                a directory for the size of a dump, and of a database when one is restored here
#   PASSPHRASE          what the dumps are encrypted with
#   STORE, ELSEWHERE    where backups are kept, as remotes of rclone with a path; ELSEWHERE may be missing
#   RCLONE_CONFIG_*     the remotes themselves
#
# Below a store:
#   database/<time>/dump            a dump in PostgreSQL's custom format, encrypted
#   database/<time>/manifest.json   what is in it, encrypted; a dump without one is no backup
#   media/                          the uploads
#   runs/<task>.prom                how the last run ended, for whoever watches
#   proven/<task>.prom              when one last ended well. The bucket forgets it after some days: that is the alarm
#
# Of a container, only the first process is told to stop, and a bash that waits for another program does not listen. So
# the first one only waits, and passes it on to the whole group.
if [[ -z ${RUNNING-} ]]; then
  export RUNNING=yes
  set -m
  bash -c "$BASH_EXECUTION_STRING" &
  set +m
  trap 'kill -TERM -- "-$!"' TERM INT
  status=0
  wait "$!" || status=$?
  while kill -0 "$!" 2>/dev/null; do
    status=0
    wait "$!" || status=$?
  done
  exit "$status"
fi
set -Eeuo pipefail
shopt -s inherit_errexit
umask 077

say() { printf '%s\n' "$*"; }

# wrong ends the run, with what is wrong and what to do.
reason=
wrong() {
  reason="$*"
  exit 1
}

# remote is the encrypted part of a store as a remote of rclone: names are left readable, so that a person finds a time.
# rclone wants the passphrase in a form of its own, which it reads from standard input.
remote() { printf 'vault_%s:' "$1"; }

vault() {
  local name="${1^^}" at="$2"
  export "RCLONE_CONFIG_VAULT_${name}_TYPE=crypt"
  export "RCLONE_CONFIG_VAULT_${name}_REMOTE=$at/database"
  export "RCLONE_CONFIG_VAULT_${name}_FILENAME_ENCRYPTION=off"
  export "RCLONE_CONFIG_VAULT_${name}_DIRECTORY_NAME_ENCRYPTION=false"
  export "RCLONE_CONFIG_VAULT_${name}_SUFFIX=none"
  local obscured
  obscured="$(printf '%s' "$PASSPHRASE" | rclone obscure -)"
  export "RCLONE_CONFIG_VAULT_${name}_PASSWORD=$obscured"
}

# Without a file of settings, rclone would say so at every call.
export RCLONE_CONFIG="$WORK/rclone.conf"
: >"$RCLONE_CONFIG"

stores=(store)
vault store "$STORE"
if [[ -n ${ELSEWHERE-} ]]; then
  stores+=(elsewhere)
  vault elsewhere "$ELSEWHERE"
fi

# place is where a store is.
place() { if [[ $1 == elsewhere ]]; then printf '%s' "$ELSEWHERE"; else printf '%s' "$STORE"; fi; }

# The end: the verdict goes where it is seen, the exit status, a line, and the files of the store. A run that cannot say
# how it ended has not ended well. Everybody may read the files, so they say when, how long and whether, and no more.
measured=()
measure() { measured+=("mastodon_backup_$1{task=\"$TASK\"} $2"); }

started="$(date +%s)"

publish() {
  printf '%s\n' "${@:2}" | rclone rcat --s3-acl public-read --header-upload 'Cache-Control: no-store' \
    --header-upload 'Content-Type: text/plain; version=0.0.4; charset=utf-8' "$STORE/$1/$TASK.prom"
}

# clean is what a script has to stop or delete at its end.
clean() { :; }

end() {
  local status=$? failed now
  trap - EXIT ERR
  set +e
  clean
  now="$(date +%s)"
  measure seconds "$((now - started))"
  measure end_timestamp_seconds "$now"
  if ((status == 0)); then
    publish proven "${measured[@]}"
    failed=$?
    if ((failed)); then
      status=1 reason="the verdict could not be written to $STORE"
    fi
  fi
  measure success "$((status == 0))"
  publish runs "${measured[@]}"
  failed=$?
  if ((status == 0 && failed)); then
    status=1 reason="the verdict could not be written to $STORE"
  fi
  if ((status == 0)); then
    say "ok     $TASK, $((now - started)) seconds"
  else
    say "WRONG  $TASK: ${reason:-ended with status $status, see above}"
  fi
  exit "$status"
}
trap end EXIT
# A pod that is told to stop ends its run as one that failed.
trap 'wrong "the pod was told to stop"' TERM INT
# What is running, for a command that nobody expected to fail. Its text is from here, without values.
trap '[[ -n $reason ]] || reason="line $LINENO, $BASH_COMMAND: status $?"' ERR

# backups lists the times of a store's backups, the oldest first.
backups() {
  { rclone lsf --recursive --files-only --include '/*/manifest.json' "$(remote "$1")" || return; } |
    sed -n 's:^\([0-9]\{4\}-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]-[0-9][0-9]-[0-9][0-9]Z\)/manifest.json$:\1:p' | sort
}

# newest is the last backup of a store, or the last one at a time given as 2026-11-24T02:17:00Z.
newest() {
  local most="${2:-latest}" list
  if [[ $most == latest ]]; then most=9999; else most="${most//:/-}"; fi
  list="$(backups "$1")"
  awk -v most="$most" '$0 <= most { last = $0 } END { print last }' <<<"$list"
}

# fetch brings a backup into $WORK, and says whether it is the one that was made.
fetch() {
  local store="$1" time="$2" want have
  rclone copyto "$(remote "$store")$time/manifest.json" "$WORK/manifest.json" ||
    wrong "the manifest of $time cannot be read: is the passphrase the one it was made with (vmst:secrets.backupKey)?"
  rclone copyto "$(remote "$store")$time/dump" "$WORK/dump" ||
    wrong "the dump of $time cannot be read: is it damaged, is the disk full (backup.diskGiB)?"
  [[ -s $WORK/manifest.json && -s $WORK/dump ]] || wrong "a part of the backup of $time is missing"
  want="$(manifest sha256)"
  have="$(sha256sum <"$WORK/dump")"
  [[ ${have%% *} == "$want" ]] || wrong "the dump of $time is not the one that was made: its checksum differs"
}

# manifest is a value of the manifest, which is written one to a line.
manifest() { sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p" "$WORK/manifest.json"; }

# The tables whose rows are counted.
tables=(accounts users statuses media_attachments follows)

# contents writes what is restored of a dump. The extensions are left out: only an administrator makes them, and Mastodon
# needs none but plpgsql, which every database has (db/schema.rb).
contents() { pg_restore --list "$1" | grep -v -E '^[0-9; ]+ (COMMENT - )?EXTENSION ' >"$WORK/contents"; }
