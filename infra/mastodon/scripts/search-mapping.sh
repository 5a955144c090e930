# Makes the indexes that are missing, and those that this version of Mastodon maps otherwise, without their contents, so
# that what is written from now on is mapped well. The contents are another Job's: the names of the indexes that lack
# them are kept in Valkey until it has filled them.
set -eu
bundle exec rails runner '
  changed = [InstancesIndex, AccountsIndex, TagsIndex, PublicStatusesIndex, StatusesIndex].
    select { |index| index.specification.changed? }.map { |index| index.name.delete_suffix("Index").underscore }
  Redis.new(url: ENV.fetch("REDIS_URL")).sadd("vmst:search:empty", changed) if changed.any?
  puts "to be filled: #{changed.join(" ")}"'
exec tootctl search deploy --no-import --no-clean
