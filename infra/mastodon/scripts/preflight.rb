# frozen_string_literal: true

# Asks everything that an instance needs, before the first migration, whether it is as it has to be. One line for each;
# a wrong one says whose door to knock at. Nothing secret is printed.
#
# Mail is only a warning where the instance has run before: what it sends waits in the queue and is tried again, as it
# would be without the upgrade, which may be one that must not wait for a relay. So is what only suspensions need.

require 'aws-sdk-s3'
require 'net/http'
require 'pg'
require 'redis'
require 'securerandom'
require 'socket'
require 'timeout'

# What a person would see of the passwords in the messages of libraries.
HIDDEN = %w[DB_PASS AWS_SECRET_ACCESS_KEY ES_PASS SMTP_PASSWORD].filter_map { |name| ENV.fetch(name, nil) } +
         %w[REDIS_URL CACHE_REDIS_URL].filter_map { |name| ENV[name]&.slice(%r{:([^:@/]+)@}, 1) }

$stdout.sync = true
$wrong = 0
# Whether the database has been migrated before.
$runs = false

# despite says why the version comes although this is wrong; nil if it does not.
def check(what, remedy, seconds: 30, despite: nil)
  Timeout.timeout(seconds) { yield }
  puts "ok     #{what}"
rescue StandardError => e
  $wrong += 1 unless despite
  message = e.message.lines.first.to_s.strip
  HIDDEN.reject(&:empty?).each { |secret| message = message.gsub(secret, '[hidden]') }
  remedy += ". #{despite}" if despite
  puts "#{despite ? 'WARN ' : 'WRONG'}  #{what}: #{message.empty? ? e.class : message}; #{remedy}"
end

def postgres(host, port, name)
  connection = PG.connect(host: host, port: port, dbname: name, user: ENV.fetch('DB_USER'),
                          password: ENV.fetch('DB_PASS'), sslmode: ENV.fetch('DB_SSLMODE'), connect_timeout: 15)
  connection.exec("SELECT to_regclass('schema_migrations') IS NOT NULL").getvalue(0, 0) == 't'
ensure
  connection&.close
end

FIREWALL = 'if it times out: are the cluster and the pod subnet among the database\'s trusted sources ' \
           '(vmst:settings.cluster.trustPodSubnet)? If its name does not match the certificate: set ' \
           'vmst:settings.database.tls to verify-ca, and ask DigitalOcean\'s support for a certificate with the private ' \
           'host name; if the certificate cannot be verified: set vmst:settings.database.authority to cluster'

check("PostgreSQL at #{ENV.fetch('DB_HOST')}:#{ENV.fetch('DB_PORT')}", FIREWALL) do
  $runs = postgres(ENV.fetch('DB_HOST'), ENV.fetch('DB_PORT'), ENV.fetch('DB_NAME'))
end
if ENV.key?('POOL_HOST')
  check("connection pool at #{ENV.fetch('POOL_HOST')}:#{ENV.fetch('POOL_PORT')}",
        "#{FIREWALL}; if there is no pool: set vmst:settings.database.poolSize to 0") do
    postgres(ENV.fetch('POOL_HOST'), ENV.fetch('POOL_PORT'), ENV.fetch('POOL_NAME'))
  end
end

%w[REDIS_URL CACHE_REDIS_URL].each do |name|
  next unless ENV.key?(name)

  host = ENV.fetch(name)[%r{@(.+)\z}, 1]
  check("Lua in Valkey at #{host}",
        'Sidekiq needs EVAL, EVALSHA and SCRIPT; if they are unknown: ask DigitalOcean\'s support to allow them on this ' \
        'Valkey cluster, which its documentation offers; if it times out: is it a trusted source?') do
    answer = Redis.new(url: ENV.fetch(name), connect_timeout: 15).eval('return 1')
    raise "answered #{answer.inspect}" unless answer == 1
  end
end

if ENV['ES_ENABLED'] == 'true'
  check("OpenSearch at #{ENV.fetch('ES_HOST')}:#{ENV.fetch('ES_PORT')}",
        'if it times out: is the cluster a trusted source of it? If the certificate is refused: ask DigitalOcean\'s ' \
        'support for its authority') do
    uri = URI("#{ENV.fetch('ES_HOST')}:#{ENV.fetch('ES_PORT')}/")
    request = Net::HTTP::Get.new(uri)
    request.basic_auth(ENV.fetch('ES_USER'), ENV.fetch('ES_PASS'))
    options = { use_ssl: uri.scheme == 'https', open_timeout: 15 }
    answer = Net::HTTP.start(uri.host, uri.port, **options) { |http| http.request(request) }
    raise "answered #{answer.code}" unless answer.is_a?(Net::HTTPSuccess)
  end
end

# Mastodon gives every upload the ACL public-read, and refers to it under S3_ALIAS_HOST.
bucket = Aws::S3::Resource.new(
  endpoint: ENV.fetch('S3_ENDPOINT'), region: ENV.fetch('S3_REGION'),
  force_path_style: ENV['S3_OVERRIDE_PATH_STYLE'] == 'true'
).bucket(ENV.fetch('S3_BUCKET'))
object = bucket.object("preflight/#{SecureRandom.hex(16)}.txt")
uploaded = false
check("upload into the bucket #{ENV.fetch('S3_BUCKET')}",
      'the key must be allowed to write objects that everybody may read: ask DigitalOcean\'s support about limited ' \
      'Spaces keys and the ACL public-read') do
  object.put(body: object.key, acl: 'public-read')
  uploaded = true
end
if uploaded
  hosts = { object.public_url => 'is the object public? Ask DigitalOcean\'s support about the ACL public-read' }
  if ENV['CDN_READY'] == 'true'
    hosts["#{ENV.fetch('S3_PROTOCOL', 'https')}://#{ENV.fetch('S3_ALIAS_HOST')}/#{object.key}"] =
      'are there the CNAME record, the certificate and the CDN endpoint of vmst:settings.storage.mediaHost? A new one ' \
      'takes some minutes'
  end
  hosts.each do |url, remedy|
    host = URI(url).host
    # A CDN endpoint that was made a minute ago is not everywhere yet.
    patience = Integer(ENV.fetch('CDN_PATIENCE', '600'))
    check("download from #{host}", remedy, seconds: patience + 60) do
      deadline = Time.now + patience
      begin
        answer = Net::HTTP.get_response(URI(url))
        raise "answered #{answer.code}" unless answer.is_a?(Net::HTTPSuccess) && answer.body == object.key
      rescue StandardError
        raise if Time.now > deadline

        sleep 5
        retry
      end
    end
  end
  # What SuspendAccountService does to every file of an account (Mastodon, privatize_media_attachments!).
  check('withdrawal of what was uploaded',
        'the key must be allowed to change the ACL of objects: ask DigitalOcean\'s support about limited Spaces keys and ' \
        'PutObjectAcl', despite: 'The version comes all the same; what a suspended account has uploaded stays public') do
    object.acl.put(acl: 'private')
    answer = Net::HTTP.get_response(URI(object.public_url))
    raise 'everybody can still read it' if answer.is_a?(Net::HTTPSuccess)
  end
  check('deletion of what was uploaded', 'the key must be allowed to delete objects') { object.delete }
end

check("mail relay at #{ENV.fetch('SMTP_SERVER')}:#{ENV.fetch('SMTP_PORT')}",
      'DigitalOcean blocks 25, 465 and 587: use the port that the relay has beside them, such as 2525 or 2587; then ask ' \
      'the relay\'s support',
      despite: $runs ? 'This instance runs, so the version comes all the same; mail waits and is tried again' : nil) do
  relay = Socket.tcp(ENV.fetch('SMTP_SERVER'), ENV.fetch('SMTP_PORT'), connect_timeout: 15)
  greeting = ENV['SMTP_TLS'] == 'true' ? '220' : relay.gets.to_s
  raise "greets with #{greeting.strip.inspect}" unless greeting.start_with?('220')
ensure
  relay&.close
end

abort "#{$wrong} of these must be put right first; nothing has been migrated." if $wrong.positive?
