# Prepares an empty database with the whole schema and its first rows, and a used one with the migrations that have to
# come before the new version. The others must not be skipped on an empty database: the schema contains them, and Rails
# would take note only of those that it can see.
set -eu
version="$(bundle exec rake db:version)"
if printf '%s\n' "$version" | grep -qx 'Current version: 0'; then
  exec bundle exec rake db:prepare
fi
export SKIP_POST_DEPLOYMENT_MIGRATIONS=true
bundle exec rake db:migrate
# A first run may have ended between the schema and the last of the first rows (db/seeds): the actor that signs for the
# instance, the roles, the web client. They are not made anew where they are complete, for a person may have renamed them.
bundle exec rails runner 'exit [Account.exists?(-99), UserRole.exists?(-99),
  UserRole.exists?(["permissions & 1 = 1"]), Doorkeeper::Application.exists?(superapp: true)].all?' ||
  bundle exec rake db:seed
