# Tells Prometheus when the newest public post was written: a timeline that stands still is what people notice first,
# whatever the reason. Each request for metrics asks the instance, by its own address in the cluster, so that neither
# the edge nor its certificate is measured along with it.
#
# Where the timeline cannot be read, the time is missing, mastodon_timeline_probe_success is 0, and
# mastodon_timeline_http_status says why: 401, 403 or 422 is an instance that shows it to its own people only, 0 an
# answer that is none.
#
#   INSTANCE_URL   where the web server answers
#   INSTANCE_HOST  the domain of the instance
#   PORT           where metrics are
require "json"
require "net/http"
require "socket"
require "time"

# The longest that connecting, and then waiting for an answer, may take: together less than Prometheus' ten seconds.
PATIENCE = 4

def ask
  target = URI("#{ENV.fetch("INSTANCE_URL")}/api/v1/timelines/public?local=false&limit=1")
  # Without the second header the answer would be a redirection to https.
  request = Net::HTTP::Get.new(target, "Host" => ENV.fetch("INSTANCE_HOST"), "X-Forwarded-Proto" => "https")
  # Not through whatever proxy the environment names.
  options = { open_timeout: PATIENCE, read_timeout: PATIENCE, max_retries: 0 }
  Net::HTTP.start(target.host, target.port, nil, options) { |http| http.request(request) }
end

def gauge(name, help, value)
  "# HELP #{name} #{help}\n# TYPE #{name} gauge\n#{name} #{value}\n"
end

# Whether the timeline could be read, the status of the answer, and the times of the posts in it.
def posts
  answer = ask
  status = answer.code.to_i
  unless status == 200
    warn("the timeline answers #{status}")
    return [0, status, []]
  end
  [1, status, JSON.parse(answer.body).map { |post| Time.iso8601(post.fetch("created_at")).to_i }]
rescue StandardError => e
  warn("the timeline cannot be read: #{e.class}")
  [0, 0, []]
end

def metrics
  success, status, times = posts
  text = gauge("mastodon_timeline_probe_success", "Whether the public timeline could be read.", success) +
         gauge("mastodon_timeline_http_status", "The status it answered with; 0 for none.", status)
  # An instance without a single public post has no newest one, and nothing is wrong with that.
  return text if times.empty?

  text + gauge("mastodon_timeline_newest_post_timestamp_seconds", "When the newest public post was written.", times.max)
end

def serve(client)
  path = client.gets.to_s.split[1]
  # What else the request says is of no interest.
  nil until client.gets.to_s.strip.empty?
  body = path == "/metrics" ? metrics : ""
  status = path == "/metrics" ? "200 OK" : "404 Not Found"
  client.write("HTTP/1.1 #{status}\r\nContent-Type: text/plain; version=0.0.4\r\n" \
               "Content-Length: #{body.bytesize}\r\nConnection: close\r\n\r\n#{body}")
rescue SystemCallError, IOError
  # Whoever asked is gone.
ensure
  client.close
end

$stderr.sync = true
trap("TERM") { exit }
server = TCPServer.new(ENV.fetch("PORT").to_i)
warn("listening on port #{server.addr[1]}")
loop { Thread.new(server.accept) { |client| serve(client) } }
