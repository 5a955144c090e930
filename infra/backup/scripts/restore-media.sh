# Copies the uploads back, beside the restored database. It overwrites and deletes nothing, so it may run at any time.
#
# Beyond common.sh, in the environment: MEDIA, the bucket of the uploads as a remote of rclone with a path, to be written
# to; SOURCE, store or elsewhere.

from="$(place "$SOURCE")/media"
[[ -n $(rclone lsf --dirs-only "$from") ]] || wrong "$from is empty"
# Mastodon gives what it uploads the same ACL (S3_PERMISSION): the CDN serves nothing else.
rclone copy --fast-list --transfers 16 --ignore-existing --s3-acl public-read "$from" "$MEDIA" ||
  wrong "not all of $from could be copied back; the next run goes on"
say "copied $from to $MEDIA"
