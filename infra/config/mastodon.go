package config

// Mastodon is the application.
type Mastodon struct {
	// Chart of Mastodon. Defaults to mastodon 1.0.2 from
	// https://mastodon.github.io/helm-charts/.
	Chart Chart `json:"chart"`
	// Image of web, Sidekiq and the jobs.
	Image Image `json:"image" jsonschema:"required"`
	// StreamingImage is the repository of the streaming server's image, which
	// carries the same tag. Defaults to ghcr.io/mastodon/mastodon-streaming.
	StreamingImage string `json:"streamingImage"`
	// StreamingHost is the public host of the streaming API.
	StreamingHost string `json:"streamingHost" jsonschema:"required,format=hostname"`
	// Locale is the default language of the interface. Defaults to en.
	Locale string `json:"locale"`
	// SingleUser redirects the front page to the first account. Defaults to false.
	SingleUser bool `json:"singleUser"`
	// Web are the Puma pods.
	Web Web `json:"web" jsonschema:"required"`
	// Streaming are the streaming pods.
	Streaming Streaming `json:"streaming" jsonschema:"required"`
	// Sidekiq are the groups of background workers.
	Sidekiq []Sidekiq `json:"sidekiq" jsonschema:"required"`
	// SMTP is the relay that outgoing mail goes through.
	SMTP SMTP `json:"smtp" jsonschema:"required"`
	// Environment are further environment variables of web, Sidekiq and the jobs.
	// They are not secret: those belong into vmst:secrets.environment. Variables
	// that the program sets from other settings are refused.
	Environment map[string]string `json:"environment"`
}

// Image is a container image.
type Image struct {
	// Repository of the image. Defaults to ghcr.io/mastodon/mastodon.
	Repository string `json:"repository"`
	// Tag of the image: Mastodon's version, such as "v4.6.2"; v4.4.0 or later. The
	// streaming image has the same tag, so it cannot be a digest.
	Tag string `json:"tag" jsonschema:"required"`
}

// Web are the pods that run Puma.
type Web struct {
	// Replicas is the number of pods.
	Replicas int `json:"replicas" jsonschema:"required,minimum=1"`
	// Processes is WEB_CONCURRENCY: Puma workers in a pod. Defaults to 2.
	Processes int `json:"processes" jsonschema:"minimum=1"`
	// Threads is MAX_THREADS: threads in a worker. Defaults to 5.
	Threads int `json:"threads" jsonschema:"minimum=1"`
	// Resources of a pod. Default to 500m CPU, 1200Mi memory and a limit of 2Gi.
	Resources Resources `json:"resources"`
	// Pool is the role of the node pool to run on; empty lets the scheduler choose.
	Pool string `json:"pool"`
}

// Streaming are the pods that run the streaming server.
type Streaming struct {
	// Replicas is the number of pods.
	Replicas int `json:"replicas" jsonschema:"required,minimum=1"`
	// DatabaseConnections is the size of each pod's own connection pool (DB_POOL).
	// Defaults to 10.
	DatabaseConnections int `json:"databaseConnections" jsonschema:"minimum=1"`
	// Resources of a pod. Default to 100m CPU, 128Mi memory and a limit of 512Mi.
	Resources Resources `json:"resources"`
	// Pool is the role of the node pool to run on; empty lets the scheduler choose.
	Pool string `json:"pool"`
}

// Sidekiq is a group of identical background worker pods.
type Sidekiq struct {
	// Name of the group.
	Name string `json:"name" jsonschema:"required"`
	// Queues of the group: default, push, ingress, mailers, pull, scheduler and
	// fasp, each alone or with a weight from 1 to 99, such as "default,8". Every
	// queue must be in a group, and scheduler in exactly one of one replica.
	Queues []string `json:"queues" jsonschema:"required"`
	// Replicas is the number of pods.
	Replicas int `json:"replicas" jsonschema:"required,minimum=1"`
	// Threads is the number of jobs that a pod works on at once.
	Threads int `json:"threads" jsonschema:"required,minimum=1,maximum=100"`
	// Resources of a pod. Default to 250m CPU, 768Mi memory and a limit of 1536Mi.
	Resources Resources `json:"resources"`
	// Pool is the role of the node pool to run on; empty lets the scheduler choose.
	Pool string `json:"pool"`
}

// AuthNone is the SMTP.AuthMethod that sends mail without a login.
const AuthNone = "none"

// SMTP is the relay for outgoing mail.
type SMTP struct {
	// Server is the relay's host.
	Server string `json:"server" jsonschema:"required,format=hostname"`
	// Port of the relay. On 465 TLS comes first, on any other STARTTLS is insisted
	// on. DigitalOcean blocks 25, and since March 2025 (its release notes) 465 and
	// 587 on Droplets; relays offer 2525 or 2587 for that.
	Port int `json:"port" jsonschema:"required,minimum=1,maximum=65535"`
	// From is the sender of Mastodon's mail: an address, or `Name <address>`.
	From string `json:"from" jsonschema:"required"`
	// AuthMethod is the SASL mechanism; "none" sends without a login. Defaults to
	// plain.
	AuthMethod string `json:"authMethod" jsonschema:"enum=plain,enum=login,enum=cram_md5,enum=none"`
}

// Monitoring are the checks, and whom they tell.
type Monitoring struct {
	// Emails receive the alerts. DigitalOcean sends only to verified addresses of
	// the account's team.
	Emails []string `json:"emails" jsonschema:"required"`
	// SlackChannel receives them too, through the webhook in the secret
	// slackWebhook.
	SlackChannel string `json:"slackChannel"`
	// Regions that the uptime checks look from: us_east, us_west, eu_west and
	// se_asia. Default to the first three.
	Regions []string `json:"regions"`
	// LatencyMilliseconds is the latency that raises an alert. Defaults to 2000.
	LatencyMilliseconds int `json:"latencyMilliseconds" jsonschema:"minimum=1"`
	// CPUPercent of a node or database raises an alert. Defaults to 90.
	CPUPercent int `json:"cpuPercent" jsonschema:"minimum=1,maximum=100"`
	// MemoryPercent of a node or database raises an alert. Defaults to 90.
	MemoryPercent int `json:"memoryPercent" jsonschema:"minimum=1,maximum=100"`
	// DiskPercent of a node or database raises an alert. Defaults to 80.
	DiskPercent int `json:"diskPercent" jsonschema:"minimum=1,maximum=100"`
}
