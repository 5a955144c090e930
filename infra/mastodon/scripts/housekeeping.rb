# frozen_string_literal: true

# Runs a task of the housekeeping while nobody else runs one, and ends as it ends:
#
#   ruby housekeeping.rb tootctl media remove --days=7
#
# What only one of them has is an advisory lock of PostgreSQL. It belongs to the session, so it goes with this process,
# however that ends. The session must be the database's own: one of a transaction-mode pool is anybody's.

require 'pg'

# "vmst" and "hous". Rails locks migrations with keys of one number (ActiveRecord::Migrator::MIGRATOR_SALT), which
# PostgreSQL keeps apart from those of two (its documentation, "Advisory Lock Functions").
LOCK = [0x766d7374, 0x686f7573].freeze
# How many seconds the task waits for the others.
PATIENCE = Float(ENV.fetch('HOUSEKEEPING_PATIENCE'))
# How often the lock is asked for, and its connection tried, in seconds.
PULSE = Float(ENV.fetch('HOUSEKEEPING_PULSE', '15'))

$stdout.sync = true
task = ARGV.join(' ')
child = nil

# Kubernetes tells the first process of a container alone, and the kernel ends that for no signal that it has no handler
# of.
%w[INT TERM].each do |name|
  trap(name) do
    child ? Process.kill(name, child) : exit(128 + Signal.list.fetch(name))
  rescue Errno::ESRCH
    # It has ended by itself.
  end
end

def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

begin
  connection = PG.connect(
    host: ENV.fetch('DB_HOST'), port: ENV.fetch('DB_PORT'), dbname: ENV.fetch('DB_NAME'),
    user: ENV.fetch('DB_USER'), password: ENV.fetch('DB_PASS'), sslmode: ENV.fetch('DB_SSLMODE'),
    application_name: 'housekeeping', connect_timeout: 15,
    # A database that is gone is noticed within a minute, and nothing on the way forgets a connection that is quiet.
    keepalives_idle: 15, keepalives_interval: 5, keepalives_count: 3, tcp_user_timeout: 45_000
  )
  # It asks again and again, since a statement that waits in the database holds a snapshot: CREATE INDEX CONCURRENTLY of
  # the very task that it waits for (tootctl statuses remove) would wait for that in turn.
  since = now
  said = false
  until connection.exec_params('SELECT pg_try_advisory_lock($1::int, $2::int)', LOCK).getvalue(0, 0) == 't'
    abort "Another task still runs after #{PATIENCE.round} s: #{task} did not run." if now - since >= PATIENCE

    puts "Another task runs: #{task} waits for up to #{PATIENCE.round} s." unless said
    said = true
    sleep PULSE
  end
rescue PG::Error => e
  abort "#{task} did not run: no lock of PostgreSQL: #{e.message.lines.first.to_s.strip}"
end

# Never by a shell, whatever the words are.
child = Process.spawn([ARGV.fetch(0), ARGV.fetch(0)], *ARGV.drop(1))
ended = Process.detach(child)
begin
  connection.exec('SELECT 1') until ended.join(PULSE)
rescue PG::Error => e
  # The lock has gone with the connection, so that another task may begin.
  warn "The connection that holds the lock is gone: #{task} is stopped: #{e.message.lines.first.to_s.strip}"
  %w[TERM KILL].each do |signal|
    Process.kill(signal, child)
    break if ended.join(10)
  rescue Errno::ESRCH
    break
  end
  exit 1
end
exit(ended.value.exitstatus || (128 + ended.value.termsig))
