package mastodon

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// Args are the arguments of a Mastodon instance.
type Args struct {
	// Namespace that everything is put into; it is made. Changing it replaces all.
	Namespace string
	// Chart is Mastodon's official Helm chart.
	Chart Chart
	// Image of web, Sidekiq and the Jobs. Its tag is Mastodon's version: changing it
	// upgrades the instance.
	Image Image
	// StreamingImage is the repository of the streaming server's image. It carries
	// the tag of Image.
	StreamingImage string
	// CopyImage is the rclone image that copies static files to object storage, with
	// its tag; "rclone/rclone:1.71.2" if empty.
	CopyImage string

	// Domain of the instance and of its handles (LOCAL_DOMAIN). It can never change:
	// other servers know the accounts by it.
	Domain string
	// StreamingHost is the public host of the streaming API.
	StreamingHost string
	// Locale is the default language, such as "en" (DEFAULT_LOCALE).
	Locale string
	// SingleUser redirects the front page to the first account (SINGLE_USER_MODE).
	SingleUser bool
	// TrustedProxies are the addresses and ranges, in CIDR notation, of the reverse
	// proxies whose X-Forwarded-For is believed (TRUSTED_PROXY_IP). Empty keeps
	// Mastodon's own: loopback and the private ranges, where an ingress controller in
	// the cluster is.
	TrustedProxies []string
	// Environment are further environment variables of every process. They are not
	// secret, and cannot set what this component sets itself.
	Environment map[string]string
	// SecretEnvironment are those that are secret, such as DEEPL_API_KEY.
	SecretEnvironment map[string]pulumi.StringInput

	// Web are the pods that run Puma.
	Web Web
	// Streaming are the pods that run the streaming server.
	Streaming Streaming
	// Sidekiq are the groups of background workers. Every queue of Mastodon must be
	// served, "scheduler" by exactly one group of one replica.
	Sidekiq []Sidekiq
	// PoolLabel is the node label whose value is the role of the node's pool. It is
	// needed where a Pool is set.
	PoolLabel string
	// Metrics turns on Mastodon's Prometheus exporter: a container beside each web
	// server, and port 9394 of the Sidekiq pods. The streaming server always has
	// /metrics. None of it is reachable through the ingress.
	Metrics bool

	// Database is PostgreSQL.
	Database Database
	// Cache is the Valkey that holds job queues and feeds.
	Cache Cache
	// RailsCache is another Valkey for the Rails cache. Nil uses Cache for it.
	RailsCache *Cache
	// Search is OpenSearch. Nil leaves full-text search off.
	Search *Search
	// Media is the bucket of what people upload and what comes from other servers.
	Media Bucket
	// Assets is the bucket of the static files.
	Assets Bucket
	// SMTP is the relay that outgoing mail goes through.
	SMTP SMTP

	// IngressClass and IssuerName are the class of the ingress controller and the
	// cert-manager ClusterIssuer of the certificates. They are names: what makes them
	// belongs into After.
	IngressClass, IssuerName pulumi.StringInput
	// Existing are the keys of an instance that already lives. Nil makes new ones,
	// once.
	Existing *Keys
	// After has to be there before the first Job connects anywhere and before the
	// chart has Ingresses: the firewalls of the databases, the ingress controller, the
	// issuers. A component's options do not hold back its children, so
	// pulumi.DependsOn among them would not do this.
	After []pulumi.Resource
	// Protect keeps the namespace, the keys and the Secrets. A Secret can still
	// change, if the Kubernetes provider has EnableSecretMutable; without it every
	// change is a replacement, which protection refuses.
	Protect bool
}

// Chart names a Helm chart.
type Chart struct {
	// Repository is the URL of the chart repository.
	Repository string
	// Name of the chart in the repository.
	Name string
	// Version of the chart, exactly.
	Version string
}

// Image is a container image.
type Image struct {
	// Repository of the image.
	Repository string
	// Tag of the image.
	Tag string
}

// Resources are what a container asks for. Each is a Kubernetes quantity; empty
// leaves it out.
type Resources struct {
	// CPU and Memory are requests.
	CPU, Memory string
	// MemoryLimit is the limit. CPU has none: it would only throttle.
	MemoryLimit string
}

// Web are the pods that run Puma.
type Web struct {
	// Replicas is the number of pods.
	Replicas int
	// Processes in a pod (WEB_CONCURRENCY).
	Processes int
	// Threads in a process (MAX_THREADS), each with a database connection.
	Threads int
	// Resources of a pod.
	Resources Resources
	// Pool is the role of the node pool to run on; empty for any node.
	Pool string
}

// Streaming are the pods that run the streaming server.
type Streaming struct {
	// Replicas is the number of pods.
	Replicas int
	// DatabaseConnections of a pod (DB_POOL).
	DatabaseConnections int
	// Resources of a pod.
	Resources Resources
	// Pool is the role of the node pool to run on; empty for any node.
	Pool string
}

// Sidekiq is a group of identical background worker pods.
type Sidekiq struct {
	// Name of the group, a DNS label.
	Name string
	// Queues that it serves, each with an optional weight: "default" or "default,8".
	Queues []string
	// Replicas is the number of pods.
	Replicas int
	// Threads of a pod, each with a database connection.
	Threads int
	// Resources of a pod.
	Resources Resources
	// Pool is the role of the node pool to run on; empty for any node.
	Pool string
}

// Database is how to reach PostgreSQL.
type Database struct {
	// Host and Port of the server itself, for migrations (25060 at DigitalOcean).
	Host pulumi.StringInput
	Port pulumi.IntInput
	// Name of the database.
	Name pulumi.StringInput
	// PoolHost, PoolPort and PoolName are those of the transaction-mode connection
	// pool that everything else goes through (25061 at DigitalOcean).
	PoolHost pulumi.StringInput
	PoolPort pulumi.IntInput
	PoolName pulumi.StringInput
	// Username and Password, the latter secret.
	Username, Password pulumi.StringInput
	// CA is the authority of the server's certificate, PEM.
	CA pulumi.StringInput
	// Admin prepares the database before the first migration. Nil if Username may
	// create tables already.
	Admin *Admin
}

// Admin is the administrator of the database.
type Admin struct {
	// Username and Password, the latter secret.
	Username, Password pulumi.StringInput
	// Statement is the SQL that lets Database.Username create tables. It runs before
	// the migrations of every version, so it must bear repetition.
	Statement pulumi.StringInput
}

// Cache is how to reach a Valkey that speaks TLS with a certificate of a public
// authority, as the user "default".
type Cache struct {
	// Host and Port of the server (25061 at DigitalOcean).
	Host pulumi.StringInput
	Port pulumi.IntInput
	// Password of the user "default", secret.
	Password pulumi.StringInput
}

// Search is how to reach OpenSearch over HTTPS.
type Search struct {
	// Host, without a scheme, and Port (25060 at DigitalOcean).
	Host pulumi.StringInput
	Port pulumi.IntInput
	// Username and Password, the latter secret.
	Username, Password pulumi.StringInput
	// IndexPreset is "single_node_cluster", "small_cluster" or "large_cluster"
	// (ES_PRESET).
	IndexPreset string
	// CA is the authority of the server's certificate, PEM. Nil trusts the public
	// ones: what is given here replaces them for connections to the search engine.
	CA pulumi.StringInput
}

// Bucket is a bucket in object storage.
type Bucket struct {
	// Name of the bucket.
	Name pulumi.StringInput
	// Region of the bucket, such as "nyc3".
	Region pulumi.StringInput
	// Endpoint is the host of the region's S3 API without a scheme, such as
	// "nyc3.digitaloceanspaces.com".
	Endpoint pulumi.StringInput
	// Host is the public host that serves the bucket's files (S3_ALIAS_HOST of the
	// media, CDN_HOST of the assets).
	Host pulumi.StringInput
	// AccessKey and SecretKey are the bucket's own key pair, the latter secret.
	AccessKey, SecretKey pulumi.StringInput
}

// SMTP is the relay for outgoing mail.
type SMTP struct {
	// Server is the relay's host.
	Server string
	// Port of the relay. On 465 TLS comes first; on any other STARTTLS is insisted
	// upon.
	Port int
	// From is the sender: an address, or `Name <address>`.
	From string
	// AuthMethod is "plain", "login", "cram_md5", or "none" for no login.
	AuthMethod string
	// Username and Password, the latter secret. Nil without a login.
	Username, Password pulumi.StringInput
}
