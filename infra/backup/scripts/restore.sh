# Fills an empty database from a backup, before the first migration. All of it or nothing: it is one transaction.
#
# Beyond common.sh, in the environment: FROM, "latest" or a time as 2026-11-24T02:17:00Z; SOURCE, store or elsewhere;
# PG*, the primary as Mastodon's user; ADMIN_USER and ADMIN_PASSWORD, the administrator's login; GRANTS, what the
# administrator has to allow first.

clean() { rm -f "$WORK/dump" "$WORK/contents" "$WORK/manifest.json"; }
query() { psql -XqAt -v ON_ERROR_STOP=1 -c "$1"; }

# The mark is left in the same transaction.
mark="restored from $SOURCE, $FROM"
found="$(query "SELECT coalesce(obj_description(to_regclass('public.schema_migrations'), 'pg_class'), '')")"
if [[ $found == "$mark" || $found == "$mark: "* ]]; then
  say "ok     the database is already $found"
  exit
fi
# What belongs to an extension is the administrator's, and there before anything else is.
full="$(query "SELECT count(*) FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
  AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')")"
((full == 0)) || wrong "the database is not empty: it has $full tables, views and sequences. Nothing has been changed. To \
run on what is there, remove database.restore"

time="$(newest "$SOURCE" "$FROM")"
[[ -n $time ]] || wrong "$(place "$SOURCE") has no backup up to $FROM"
fetch "$SOURCE" "$time"
pg_restore --file=/dev/null "$WORK/dump" || wrong "the dump of $time cannot be read to its end"
contents "$WORK/dump"
PGUSER="$ADMIN_USER" PGPASSWORD="$ADMIN_PASSWORD" query "$GRANTS" || wrong "the administrator's login does not work"
{
  pg_restore --no-owner --no-privileges --use-list="$WORK/contents" --file=- "$WORK/dump" ||
    # A script that ends too early must not be taken for one that ended.
    printf '%s\n' "DO \$\$ BEGIN RAISE EXCEPTION 'the dump ended too early'; END \$\$;"
  printf "COMMENT ON TABLE public.schema_migrations IS '%s: %s';\n" "$mark" "$time"
} | psql -Xq -v ON_ERROR_STOP=1 --single-transaction --output=/dev/null --file=- ||
  wrong "the dump of $time could not be restored: the database is as empty as before"
for table in "${tables[@]}"; do
  rows="$(query "SELECT count(*) FROM $table")"
  [[ $rows == "$(manifest "$table")" ]] || wrong "$table has $rows rows, the manifest says $(manifest "$table")"
done
query ANALYZE
say "ok     restored $time"
