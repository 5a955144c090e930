package mastodon

import "github.com/vmstio/infrastructure/infra/internal/kube"

// The values of the chart, as its values.yaml names them; what is left out keeps the chart's default. What is set is in
// values.go.
type (
	chartValues struct {
		// NameOverride keeps object names and labels the same for a fork of the chart.
		NameOverride       string             `json:"nameOverride"`
		Image              imageValues        `json:"image"`
		Mastodon           mastodonValues     `json:"mastodon"`
		ServiceAccount     accountValues      `json:"serviceAccount"`
		Ingress            ingressValues      `json:"ingress"`
		HTTPRoute          toggle             `json:"httproute"`
		PostgreSQL         postgresqlValues   `json:"postgresql"`
		Redis              redisValues        `json:"redis"`
		Elasticsearch      searchValues       `json:"elasticsearch"`
		PodSecurityContext podSecurityContext `json:"podSecurityContext"`
		SecurityContext    securityContext    `json:"securityContext"`
		// RevisionPodAnnotation is the release's revision, which is always 1 here.
		RevisionPodAnnotation bool `json:"revisionPodAnnotation"`
	}
	toggle struct {
		Enabled bool `json:"enabled"`
	}
	imageValues struct {
		Repository string `json:"repository"`
		Tag        string `json:"tag,omitempty"`
	}
	accountValues struct {
		Create bool   `json:"create"`
		Name   string `json:"name"`
	}
	existing struct {
		Secret string            `json:"existingSecret"`
		Keys   map[string]string `json:"existingSecretKeys,omitempty"`
	}
)

// The values of the application.
type (
	mastodonValues struct {
		LocalDomain    string `json:"localDomain"`
		Locale         string `json:"locale"`
		SingleUserMode bool   `json:"singleUserMode"`
		// TrustedProxyIP is empty for Mastodon's own list: loopback and the private ranges, where the ingress
		// controller is.
		TrustedProxyIP string            `json:"trustedProxyIp"`
		Hooks          map[string]toggle `json:"hooks"`
		Secrets        existing          `json:"secrets"`
		Web            webValues         `json:"web"`
		Sidekiq        sidekiqValues     `json:"sidekiq"`
		Streaming      streamingValues   `json:"streaming"`
		S3             s3Values          `json:"s3"`
		SMTP           smtpValues        `json:"smtp"`
		Metrics        metricsValues     `json:"metrics"`
	}
	webValues struct {
		Environment    map[string]string `json:"extraEnvVars"`
		UpdateStrategy updateStrategy    `json:"updateStrategy"`
		podValues
		MinThreads string `json:"minThreads"`
		MaxThreads string `json:"maxThreads"`
		Workers    string `json:"workers"`
	}
	streamingValues struct {
		Environment    map[string]string `json:"extraEnvVars"`
		UpdateStrategy updateStrategy    `json:"updateStrategy"`
		podValues
		// Image takes the tag of the main one.
		Image   imageValues `json:"image"`
		BaseURL string      `json:"baseUrl"`
	}
	sidekiqValues struct {
		Workers        []workerValues    `json:"workers"`
		Environment    map[string]string `json:"extraEnvVars"`
		ReadinessProbe toggle            `json:"readinessProbe"`
		UpdateStrategy updateStrategy    `json:"updateStrategy"`
	}
	workerValues struct {
		Name        string   `json:"name"`
		Queues      []string `json:"queues"`
		Concurrency int      `json:"concurrency"`
		podValues
	}
	// podValues are what the pods of every component have.
	podValues struct {
		Replicas     int               `json:"replicas"`
		Resources    kube.Resources    `json:"resources"`
		NodeSelector map[string]string `json:"nodeSelector,omitempty"`
		Spread       []kube.Spread     `json:"topologySpreadConstraints"`
	}
	updateStrategy struct {
		Type    string   `json:"type"`
		Rolling *rolling `json:"rollingUpdate,omitempty"`
	}
	rolling struct {
		MaxSurge       int `json:"maxSurge"`
		MaxUnavailable int `json:"maxUnavailable"`
	}
	s3Values struct {
		Enabled  bool   `json:"enabled"`
		Protocol string `json:"protocol"`
		existing
	}
	smtpValues struct {
		FromAddress       string `json:"fromAddress"`
		Server            string `json:"server"`
		Port              int    `json:"port"`
		AuthMethod        string `json:"authMethod"`
		EnableStartTLS    string `json:"enableStartTls"`
		OpenSSLVerifyMode string `json:"opensslVerifyMode"`
		TLS               bool   `json:"tls"`
		existing
	}
	metricsValues struct {
		Prometheus exporterValues `json:"prometheus"`
	}
	exporterValues struct {
		Enabled bool `json:"enabled"`
		// Sidekiq counts its jobs by name, by which failing mail is told from the rest.
		Sidekiq detailedValues `json:"sidekiq"`
	}
	detailedValues struct {
		Detailed bool `json:"detailed"`
	}
)

// The values of what the application talks to.
type (
	postgresqlValues struct {
		PreparedStatements bool `json:"preparedStatements"`
		existing
	}
	redisValues struct {
		Cache cacheValues `json:"cache"`
		existing
	}
	cacheValues struct {
		Enabled bool `json:"enabled"`
		existing
	}
	searchValues struct {
		Enabled bool   `json:"enabled"`
		TLS     bool   `json:"tls"`
		Preset  string `json:"preset,omitempty"`
		existing
	}
)

// The values of the way in, and of what the pods may do.
type (
	ingressValues struct {
		Enabled     bool              `json:"enabled"`
		ClassName   string            `json:"className"`
		Annotations map[string]string `json:"annotations"`
		Hosts       []host            `json:"hosts"`
		TLS         []certificate     `json:"tls"`
		Streaming   *ingressValues    `json:"streaming,omitempty"`
	}
	host struct {
		Host  string `json:"host"`
		Paths []path `json:"paths"`
	}
	path struct {
		Path     string `json:"path"`
		PathType string `json:"pathType"`
	}
	certificate struct {
		SecretName string   `json:"secretName"`
		Hosts      []string `json:"hosts"`
	}
	podSecurityContext struct {
		RunAsNonRoot bool           `json:"runAsNonRoot"`
		RunAsUser    int            `json:"runAsUser"`
		RunAsGroup   int            `json:"runAsGroup"`
		FSGroup      int            `json:"fsGroup"`
		Seccomp      seccompProfile `json:"seccompProfile"`
	}
	seccompProfile struct {
		Type string `json:"type"`
	}
	securityContext struct {
		AllowPrivilegeEscalation bool         `json:"allowPrivilegeEscalation"`
		Capabilities             capabilities `json:"capabilities"`
	}
	capabilities struct {
		Drop []string `json:"drop"`
	}
)
