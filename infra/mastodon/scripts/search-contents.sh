# Fills the indexes that lack their contents, one after the other. It may take days, and can be stopped at any time: the
# next run goes on with what is left.
set -eu
# Rails logs to the same place.
empty="$(bundle exec rails runner 'puts Redis.new(url: ENV.fetch("REDIS_URL")).smembers("vmst:search:empty").sort' |
  grep -xE 'instances|accounts|tags|statuses|public_statuses' || true)"
for index in $empty; do
  tootctl search deploy --only "$index"
  INDEX="$index" bundle exec rails runner 'Redis.new(url: ENV.fetch("REDIS_URL")).srem("vmst:search:empty", ENV.fetch("INDEX"))'
done
