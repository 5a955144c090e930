# Copies the uploads to every store, and deletes there what is gone here, unless that is suspiciously much.
#
# Beyond common.sh, in the environment: MEDIA, the bucket of the uploads as a remote of rclone with a path; BANDWIDTH, of
# rclone's --bwlimit; MOST_DELETED, the share of the files, in percent, that one run may delete.
#
# What Mastodon has of other servers is below cache/ and is fetched again (app/models/concerns/attachmentable.rb), so it
# stays away. Everything else has directories of its own, which are copied one by one: so nothing is asked about cache/,
# which is most of a bucket.

directories() { rclone lsf --dirs-only "$1" | sed -e '/^cache\/$/d' -e '/^preflight\/$/d' | sort; }

clean() { rm -f "$WORK"/here "$WORK"/there "$WORK"/gone; }

here="$(directories "$MEDIA")" || wrong "the bucket of the uploads cannot be read"
for store in "${stores[@]}"; do
  to="$(place "$store")/media"
  there="$(directories "$to")"
  all="$(printf '%s\n%s\n' "$here" "$there" | sed '/^$/d' | sort -u)"
  : >"$WORK/here" && : >"$WORK/there"
  for directory in $all; do
    rclone lsf --recursive --files-only --fast-list "$MEDIA/$directory" | sed "s:^:$directory:" >>"$WORK/here"
    rclone lsf --recursive --files-only --fast-list "$to/$directory" | sed "s:^:$directory:" >>"$WORK/there"
  done
  sort -o "$WORK/here" "$WORK/here" && sort -o "$WORK/there" "$WORK/there"
  comm -13 "$WORK/here" "$WORK/there" >"$WORK/gone"
  kept="$(wc -l <"$WORK/there")" gone="$(wc -l <"$WORK/gone")"
  # New files do no harm, whatever the rest looks like.
  for directory in $here; do
    rclone copy --fast-list --checksum --transfers 16 --bwlimit "$BANDWIDTH" "$MEDIA/$directory" "$to/$directory" ||
      wrong "the uploads could not be copied to $to"
  done
  if ((gone * 100 > kept * MOST_DELETED)); then
    wrong "$gone of the $kept files in $to are no longer in the bucket of the uploads, more than $MOST_DELETED %: nothing \
has been deleted. If that is right: raise backup.media.mostDeletedPercent for one run"
  fi
  if ((gone > 0)); then
    rclone delete --files-from-raw "$WORK/gone" "$to" || wrong "what is gone could not be deleted in $to"
  fi
  say "copied $(wc -l <"$WORK/here") files to $store, deleted $gone"
done
measure files "$(wc -l <"$WORK/here")"
