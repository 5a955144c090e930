package settings

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/vmstio/infrastructure/infra/settings/internal/decode"
)

// Mastodon is the application.
type Mastodon struct {
	// Chart is Mastodon's official Helm chart.
	Chart Chart `json:"chart" default:"{repository: 'https://mastodon.github.io/helm-charts/', name: mastodon, version: 1.2.6}"` //nolint:lll // a tag cannot be broken
	// Image of web, Sidekiq and the Jobs. Its tag is Mastodon's version, v4.4.0 or later: changing it upgrades the
	// instance. The streaming image has the same tag.
	Image Image `json:"image" jsonschema:"required" default:"{repository: ghcr.io/mastodon/mastodon}"`
	// StreamingImage is the repository of the streaming server's image, which carries the same tag.
	StreamingImage string `json:"streamingImage" jsonschema:"format=image-repository" default:"ghcr.io/mastodon/mastodon-streaming"` //nolint:lll // a tag cannot be broken
	// StreamingDigest is the digest of the streaming server's image, as mastodon.image.digest is that of the other.
	StreamingDigest string `json:"streamingDigest" jsonschema:"format=image-digest"`
	// Rclone is the image of rclone, which copies static files to object storage.
	Rclone Image `json:"rclone" default:"{repository: docker.io/rclone/rclone, tag: 1.71.2}"`
	// StreamingHost is the public host of the streaming API.
	StreamingHost string `json:"streamingHost" jsonschema:"required,format=hostname" example:"streaming.example.org"`
	// Locale is the default language of the interface (DEFAULT_LOCALE).
	Locale string `json:"locale" jsonschema:"format=locale" default:"en"`
	// SingleUser redirects the front page to the first account (SINGLE_USER_MODE).
	SingleUser bool `json:"singleUser" default:"false"`
	// Web are the Puma pods.
	Web Web `json:"web" jsonschema:"required"`
	// Streaming are the streaming pods.
	Streaming Streaming `json:"streaming" jsonschema:"required"`
	// Sidekiq are the groups of background workers.
	Sidekiq []Sidekiq `json:"sidekiq" jsonschema:"required"`
	// Jobs are those that migrate the database, copy the static files and make the search indexes.
	Jobs Jobs `json:"jobs"`
	// Housekeeping deletes what other servers can send again, and what nothing refers to.
	Housekeeping Housekeeping `json:"housekeeping"`
	// SMTP is the relay that outgoing mail goes through.
	SMTP SMTP `json:"smtp" jsonschema:"required"`
	// Environment are further environment variables of every process. They are not secret: those belong into
	// vmst:secrets.environment. Variables that the program sets from other settings are refused, and one that Mastodon
	// does not read is a warning.
	Environment map[string]string `json:"environment"`
	// Values are further values of the chart, merged last, at your own risk.
	Values Values `json:"values"`
}

// Web are the pods that run Puma.
type Web struct {
	// Replicas is the number of pods.
	Replicas int `json:"replicas" jsonschema:"required,minimum=1"`
	// Processes is WEB_CONCURRENCY: Puma workers in a pod.
	Processes int `json:"processes" jsonschema:"minimum=1,maximum=100" default:"2"`
	// Threads is MAX_THREADS: threads in a worker, each with a database connection.
	Threads int `json:"threads" jsonschema:"minimum=1,maximum=100" default:"5"`
	// Resources of a pod.
	Resources Resources `json:"resources" default:"{cpu: 500m, memory: 1200Mi, memoryLimit: 2Gi}"`
	// Pool is the role of the node pool to run on; empty lets the scheduler choose.
	Pool string `json:"pool"`
}

// Streaming are the pods that run the streaming server.
type Streaming struct {
	// Replicas is the number of pods.
	Replicas int `json:"replicas" jsonschema:"required,minimum=1"`
	// DatabaseConnections is the size of each pod's own connection pool (DB_POOL).
	DatabaseConnections int `json:"databaseConnections" jsonschema:"minimum=1" default:"10"`
	// Resources of a pod.
	Resources Resources `json:"resources" default:"{cpu: 100m, memory: 128Mi, memoryLimit: 512Mi}"`
	// Pool is the role of the node pool to run on; empty lets the scheduler choose.
	Pool string `json:"pool"`
}

// Sidekiq is a group of identical background worker pods.
type Sidekiq struct {
	// Name of the group.
	Name string `json:"name" jsonschema:"required,format=sidekiq-group"`
	// Queues of the group: default, push, ingress, mailers, pull, scheduler and fasp, each alone or with a weight from
	// 1 to 99, such as "default,8". Every queue must be in a group, and scheduler in exactly one of one replica.
	Queues []string `json:"queues" jsonschema:"required"`
	// Replicas is the number of pods.
	Replicas int `json:"replicas" jsonschema:"required,minimum=1"`
	// Threads is the number of jobs that a pod works on at once, each with a database connection.
	Threads int `json:"threads" jsonschema:"required,minimum=1,maximum=100"`
	// Resources of a pod. One that goes over its memory is killed, and the jobs that it works on are lost.
	Resources Resources `json:"resources" default:"{cpu: 250m, memory: 768Mi, memoryLimit: 2Gi}"`
	// Pool is the role of the node pool to run on; empty lets the scheduler choose.
	Pool string `json:"pool"`
}

// Jobs are the pods that prepare a version.
type Jobs struct {
	// Resources of a pod. A migration that goes over its memory is killed, and begins again.
	Resources Resources `json:"resources" default:"{cpu: 100m, memory: 768Mi, memoryLimit: 2Gi}"`
	// Pool is the role of the node pool to run on; empty lets the scheduler choose.
	Pool string `json:"pool"`
}

// AuthNone is the SMTP.AuthMethod that sends mail without a login.
const AuthNone = "none"

// ImplicitTLS is the SMTP.TLS that begins with encryption.
const ImplicitTLS = "implicit"

// SMTP is the relay for outgoing mail.
type SMTP struct {
	// Server is the relay's host.
	Server string `json:"server" jsonschema:"required,format=hostname" example:"smtp.example.org"`
	// Port of the relay: not 25, 465 or 587, which DigitalOcean blocks on all Droplets (docs.digitalocean.com, "Why is
	// SMTP blocked?"); relays offer 2525 or 2587 beside them.
	Port int `json:"port" jsonschema:"required,minimum=1,maximum=65535" example:"2525"`
	// TLS is when the connection is encrypted: "starttls" insists on an upgrade after the greeting, "implicit" begins
	// with it, as relays have it on ports such as 2465.
	TLS string `json:"tls" jsonschema:"enum=starttls,enum=implicit" default:"starttls"`
	// From is the sender of Mastodon's mail: an address, or `Name <address>`.
	From string `json:"from" jsonschema:"required,format=sender" example:"Mastodon <no-reply@example.org>"`
	// AuthMethod is the SASL mechanism; "none" sends without a login.
	AuthMethod string `json:"authMethod" jsonschema:"enum=plain,enum=login,enum=cram_md5,enum=none" default:"plain"`
}

// complete fills in what depends on other values.
func (m *Mastodon) complete() {
	if m.Housekeeping.Pool == "" {
		m.Housekeeping.Pool = m.Jobs.Pool
	}
}

// Check reports a version that the chart cannot run, queues that nobody or somebody too many works on, and variables
// and values that the program sets itself.
func (m Mastodon) Check(at At) {
	image := at.Key("image")
	if m.Image.Tag == "" {
		image.Key("tag").Add("the value is missing", "set it to Mastodon's version, such as v4.7.3")
	}
	if tooOld(m.Image.Tag) {
		image.Key("tag").Add(quote(m.Image.Tag)+" is older than the chart supports", "use v4.4.0 or later")
	}
	if moving(m.Image.Tag) {
		image.Key("tag").Add(quote(m.Image.Tag)+" names another version after each release",
			"name one version, such as v4.7.3")
	}
	if slices.Contains([]int{25, 465, 587}, m.SMTP.Port) {
		at.Key("smtp").Key("port").Add(fmt.Sprintf("DigitalOcean blocks %d on all Droplets", m.SMTP.Port),
			"use another port that the relay offers, such as 2525 or 2587")
	}
	m.checkQueues(at.Key("sidekiq"))
	for _, name := range slices.Sorted(maps.Keys(m.Environment)) {
		place := at.Key("environment").Key(name)
		if checkVariable(place, name) && isSecretVariable(name) {
			place.Add("the name is that of a secret, and this value can be read by everyone",
				"remove it, and "+decode.SetSecret(secretsPath+".environment."+name))
		}
	}
	m.Values.refuse(at.Key("values"), mastodonValues())
}

// queue is a queue that Mastodon fills, and how long a job may wait in it before somebody is told.
type queue struct {
	name    string
	seconds int
}

// queues are all of them. People wait for what is in "default" and "mailers"; "pull" and "fasp" may take their time.
//
// Sources: docs.joinmastodon.org/admin/scaling; fasp since 4.4; for the times, the presets for scaling that
// toot.community publishes, which say half an hour at the most for "pull".
func queues() []queue {
	return []queue{
		{"default", 60},
		{"push", 300},
		{"ingress", 300},
		{"mailers", 300},
		{"pull", 1800},
		{"scheduler", 600},
		{"fasp", 1800},
	}
}

func queueNames() []string {
	var names []string
	for _, q := range queues() {
		names = append(names, q.name)
	}
	return names
}

// schedulerQueue starts the periodic jobs: worked on by two processes, each of them runs twice.
const schedulerQueue = "scheduler"

var queueEntry = regexp.MustCompile(`^([^,]*)(?:,([1-9][0-9]?))?$`)

func (m Mastodon) checkQueues(at At) {
	names, served := decode.Unique{}, []string{}
	scheduler := ""
	for i, group := range m.Sidekiq {
		at := at.Index(i)
		if group.Name != "" {
			names.Add(at.Key("name"), group.Name)
		}
		own := group.queues(at.Key("queues"))
		served = append(served, own...)
		if !slices.Contains(own, schedulerQueue) {
			continue
		}
		if scheduler != "" {
			at.Key("queues").Add("the queue scheduler is already in "+scheduler, "leave it in one group only")
		}
		scheduler = at.String()
		if group.Replicas > 1 {
			at.Key("replicas").Add(
				fmt.Sprintf("%d replicas would run every periodic job %d times", group.Replicas, group.Replicas),
				"set it to 1, or move the queue scheduler to a group of its own")
		}
	}
	for _, queue := range queueNames() {
		if !slices.Contains(served, queue) {
			at.Add("no group works on the queue "+queue, "add it to a group's queues")
		}
	}
}

// queues checks the queues of a group and returns their names.
func (s Sidekiq) queues(at At) []string {
	if len(s.Queues) == 0 {
		at.Add("the list is empty", "name at least one of "+strings.Join(queueNames(), ", "))
	}
	seen := decode.Unique{}
	var names []string
	for i, entry := range s.Queues {
		at := at.Index(i)
		m := queueEntry.FindStringSubmatch(entry)
		if m == nil {
			at.Add(quote(entry)+" is not a queue with a weight",
				`write it as default or "default,8", the weight from 1 to 99`)
			continue
		}
		if at.Choice(m[1], "a queue of Mastodon", queueNames(), "") {
			seen.Add(at, m[1])
			names = append(names, m[1])
		}
	}
	return names
}

// serves reports whether the group works on a queue.
func (s Sidekiq) serves(queue string) bool {
	return slices.ContainsFunc(s.Queues, func(entry string) bool { return strings.Split(entry, ",")[0] == queue })
}

// mastodonValues are the values of the chart that are not free. The names are those of the values and templates of
// charts 1.0.2 and 1.2.6.
func mastodonValues() reasons {
	const plain = "; it would stand in the chart's values, which everybody who may look at the cluster can read"
	r := reasons{}
	r.add("it is mastodon.image, which the migrations use, too", "", "image", "mastodon.web.image")
	r.add("it is mastodon.streamingImage, with the tag of mastodon.image", "mastodon.streaming.", "image")
	r.add("disruption budgets and spreading know the pods by their labels", "", "nameOverride", "fullnameOverride")
	r.add("the pods would not notice a changed secret", "podAnnotations.", "checksum/secrets")
	r.add("the pods share an account without a token", "", "serviceAccount")
	r.add("it is database; the migrations would go elsewhere", "", "postgresql")
	r.add("it is cache; a queue in two places loses jobs", "", "redis")
	r.add("it is search", "", "elasticsearch")
	r.add("it is storage; uploads would go elsewhere", "mastodon.", "s3")
	r.add("a wrong one lets anybody forge the address of a client", "mastodon.", "trustedProxyIp")
	r.add("it is domain, which can never change", "mastodon.", "localDomain", "webDomain")
	r.add("it is mastodon.locale", "mastodon.", "locale")
	r.add("it is mastodon.singleUser", "mastodon.", "singleUserMode")
	r.add("it is mastodon.streamingHost", "mastodon.streaming.", "baseUrl")
	r.add("the program's Jobs migrate, in an order that the hooks do not keep", "mastodon.", "hooks")
	r.add("it is mastodon.sidekiq; two schedulers do everything twice", "mastodon.sidekiq.",
		"workers", "updateStrategy")
	r.add("it is mastodon.web", "mastodon.web.", "replicas", "minThreads", "maxThreads", "workers")
	r.add("it is mastodon.streaming, and the disruption budget counts on it", "mastodon.streaming.", "replicas")
	r.add("the chart puts it where Kubernetes refuses the pods", "", "volumes", "volumeMounts")
	r.add("it contradicts the authorities that the program mounts", "mastodon.streaming.", "extraCerts")
	for _, front := range []string{"ingress.", "ingress.streaming."} {
		r.add("the host is domain or mastodon.streamingHost, the rest comes from ingress", front,
			"enabled", "className", "hosts", "tls", "annotations.cert-manager.io/cluster-issuer")
	}
	r.add("it is ingress.maxBodySize", "ingress.annotations.", "nginx.ingress.kubernetes.io/proxy-body-size")
	r.add("it is vmst:secrets.mastodon"+plain, "mastodon.", "secrets")
	r.add("it is mastodon.smtp and the secrets beside it"+plain, "mastodon.", "smtp")
	r.add("it is mastodon.environment, or vmst:secrets.environment"+plain, "", "externalAuth",
		"mastodon.extraEnvVars", "mastodon.extraEnvFrom", "mastodon.deepl", "mastodon.hcaptcha", "mastodon.cacheBuster",
		"mastodon.web.extraEnvVars", "mastodon.sidekiq.extraEnvVars", "mastodon.streaming.extraEnvVars")
	return r
}
