# Tells Prometheus how old the newest public post is: a timeline that stands still is what people notice first, whatever
# the reason. Each request for metrics asks the instance, by its own address in the cluster, so that neither the edge nor
# its certificate is measured along with it.
#
# Where the timeline cannot be read, the time is missing, mastodon_timeline_probe_success is 0, and
# mastodon_timeline_http_status says why: 401, 403 or 422 is an instance that shows it to its own people only.
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
  Net::HTTP.start(target.host, target.port, nil, open_timeout: PATIENCE, read_timeout: PATIENCE, max_retries: 0) do |http|
    http.request(request)
  end
end

def gauge(name, help, value)
  "# HELP #{name} #{help}\n# TYPE #{name} gauge\n#{name} #{value}\n"
end

# The newest posts, and the status of the answer: nil and 0 where there is none.
def posts
  answer = ask
  status = answer.code.to_i
  return [JSON.parse(answer.body), status] if status == 200

  warn("the timeline answers #{status}")
  [nil, status]
rescue StandardError => e
  warn("the timeline cannot be read: #{e.class}")
  [nil, 0]
end

def metrics
  found, status = posts
  text = gauge("mastodon_timeline_probe_success", "Whether the public timeline could be read.", found ? 1 : 0) +
         gauge("mastodon_timeline_http_status", "The status it answered with; 0 for none.", status)
  # An instance without a single public post has no newest one, and nothing is wrong with that.
  return text unless found&.any?

  newest = Time.iso8601(found.first.fetch("created_at")).to_i
  text + gauge("mastodon_timeline_newest_post_timestamp_seconds", "When the newest public post was written.", newest)
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
