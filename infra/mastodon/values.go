package mastodon

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/release"
)

// The values of the chart, as its values.yaml names them; what is left out keeps
// the chart's default. Values that are known only while the program runs are put in
// by Args.values.
type (
	values struct {
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
		Tag        string `json:"tag"`
	}
	accountValues struct {
		Create bool   `json:"create"`
		Name   string `json:"name"`
	}
	existing struct {
		Secret string            `json:"existingSecret"`
		Keys   map[string]string `json:"existingSecretKeys,omitempty"`
	}

	mastodonValues struct {
		LocalDomain    string            `json:"localDomain"`
		Locale         string            `json:"locale"`
		SingleUserMode bool              `json:"singleUserMode"`
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
		Replicas       int               `json:"replicas"`
		MinThreads     string            `json:"minThreads"`
		MaxThreads     string            `json:"maxThreads"`
		Workers        string            `json:"workers"`
		Environment    map[string]string `json:"extraEnvVars"`
		Resources      resourceValues    `json:"resources"`
		NodeSelector   map[string]string `json:"nodeSelector,omitempty"`
		Spread         []spread          `json:"topologySpreadConstraints"`
		UpdateStrategy updateStrategy    `json:"updateStrategy"`
	}
	streamingValues struct {
		Replicas       int               `json:"replicas"`
		Image          streamingImage    `json:"image"`
		BaseURL        string            `json:"baseUrl"`
		Environment    map[string]string `json:"extraEnvVars"`
		Resources      resourceValues    `json:"resources"`
		NodeSelector   map[string]string `json:"nodeSelector,omitempty"`
		Spread         []spread          `json:"topologySpreadConstraints"`
		UpdateStrategy updateStrategy    `json:"updateStrategy"`
	}
	// streamingImage takes the tag of the main image.
	streamingImage struct {
		Repository string `json:"repository"`
	}
	sidekiqValues struct {
		Workers        []workerValues    `json:"workers"`
		Environment    map[string]string `json:"extraEnvVars"`
		ReadinessProbe toggle            `json:"readinessProbe"`
		UpdateStrategy updateStrategy    `json:"updateStrategy"`
	}
	workerValues struct {
		Name         string            `json:"name"`
		Replicas     int               `json:"replicas"`
		Queues       []string          `json:"queues"`
		Concurrency  int               `json:"concurrency"`
		Resources    resourceValues    `json:"resources"`
		NodeSelector map[string]string `json:"nodeSelector,omitempty"`
		Spread       []spread          `json:"topologySpreadConstraints"`
	}
	resourceValues struct {
		Requests map[string]string `json:"requests,omitempty"`
		Limits   map[string]string `json:"limits,omitempty"`
	}
	updateStrategy struct {
		Type    string   `json:"type"`
		Rolling *rolling `json:"rollingUpdate,omitempty"`
	}
	rolling struct {
		MaxSurge       int `json:"maxSurge"`
		MaxUnavailable int `json:"maxUnavailable"`
	}
	spread struct {
		MaxSkew           int           `json:"maxSkew"`
		TopologyKey       string        `json:"topologyKey"`
		WhenUnsatisfiable string        `json:"whenUnsatisfiable"`
		NodeTaintsPolicy  string        `json:"nodeTaintsPolicy"`
		LabelSelector     labelSelector `json:"labelSelector"`
		MatchLabelKeys    []string      `json:"matchLabelKeys"`
	}
	labelSelector struct {
		MatchLabels map[string]string `json:"matchLabels"`
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
		Prometheus toggle `json:"prometheus"`
	}
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

	ingressValues struct {
		Enabled     bool              `json:"enabled"`
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

// plain are the values that are known beforehand. None of them is secret.
func (a *Args) plain() values {
	// One pod more than asked for while another is replaced, and never one less.
	replaceOneByOne := updateStrategy{Type: "RollingUpdate", Rolling: &rolling{MaxSurge: 1}}
	streaming := a.common()
	streaming["DB_POOL"] = strconv.Itoa(a.Streaming.DatabaseConnections)
	v := values{
		NameOverride: releaseName,
		Image:        imageValues{a.Image.Repository, a.Image.Tag},
		Mastodon: mastodonValues{
			LocalDomain:    a.Domain,
			Locale:         a.Locale,
			SingleUserMode: a.SingleUser,
			TrustedProxyIP: strings.Join(a.TrustedProxies, ","),
			// The Jobs do what these hooks would.
			Hooks:   map[string]toggle{"dbPrepare": {}, "dbMigrate": {}, "deploySearch": {}, "s3Upload": {}},
			Secrets: existing{Secret: keysSecret},
			Web: webValues{
				Replicas:   a.Web.Replicas,
				MinThreads: strconv.Itoa(a.Web.Threads), MaxThreads: strconv.Itoa(a.Web.Threads),
				Workers:        strconv.Itoa(a.Web.Processes),
				Environment:    a.common(),
				Resources:      a.Web.Resources.values(),
				NodeSelector:   a.nodes(a.Web.Pool),
				Spread:         apart("web", "DoNotSchedule"),
				UpdateStrategy: replaceOneByOne,
			},
			Streaming: streamingValues{
				Replicas:       a.Streaming.Replicas,
				Image:          streamingImage{a.StreamingImage},
				BaseURL:        a.streamingURL(),
				Environment:    streaming,
				Resources:      a.Streaming.Resources.values(),
				NodeSelector:   a.nodes(a.Streaming.Pool),
				Spread:         apart("streaming", "DoNotSchedule"),
				UpdateStrategy: replaceOneByOne,
			},
			Sidekiq: sidekiqValues{
				Environment:    a.common(),
				ReadinessProbe: toggle{true},
				// All at once: one by one there would be two schedulers for a while, and old
				// workers would fail on jobs of the new version. The queues wait meanwhile.
				UpdateStrategy: updateStrategy{Type: "Recreate"},
			},
			S3: s3Values{Enabled: true, Protocol: "https", existing: existing{Secret: mediaSecret}},
			SMTP: smtpValues{
				FromAddress: a.SMTP.From, Server: a.SMTP.Server, Port: a.SMTP.Port, AuthMethod: a.SMTP.AuthMethod,
				EnableStartTLS: a.SMTP.startTLS(), OpenSSLVerifyMode: "peer", TLS: a.SMTP.tls(),
				existing: existing{Secret: smtpSecret},
			},
			Metrics: metricsValues{toggle{a.Metrics}},
		},
		ServiceAccount: accountValues{Name: serviceAccount},
		Ingress:        a.ingress(),
		PostgreSQL:     postgresqlValues{existing: existing{Secret: databaseSecret}},
		Redis:          redisValues{existing: existing{Secret: cacheSecret}},
		Elasticsearch:  searchValues{Enabled: a.Search != nil, TLS: true, existing: existing{Secret: searchSecret}},
		PodSecurityContext: podSecurityContext{
			RunAsNonRoot: true, RunAsUser: user, RunAsGroup: user, FSGroup: user, Seccomp: seccompProfile{"RuntimeDefault"},
		},
		SecurityContext: securityContext{Capabilities: capabilities{Drop: []string{"ALL"}}},
	}
	if a.RailsCache != nil {
		v.Redis.Cache = cacheValues{true, existing{cacheSecret, map[string]string{"password": railsCacheKey}}}
	}
	if a.Search != nil {
		v.Elasticsearch.Preset = a.Search.IndexPreset
	}
	for _, group := range a.Sidekiq {
		v.Mastodon.Sidekiq.Workers = append(v.Mastodon.Sidekiq.Workers, workerValues{
			Name: group.Name, Replicas: group.Replicas, Queues: group.Queues, Concurrency: group.Threads,
			Resources: group.Resources.values(), NodeSelector: a.nodes(group.Pool),
			// Background work may share a node rather than wait for one.
			Spread: apart(group.component(), "ScheduleAnyway"),
		})
	}
	return v
}

func (a *Args) ingress() ingressValues {
	front := func(name, domain string, annotations map[string]string) ingressValues {
		return ingressValues{
			Enabled:     true,
			Annotations: annotations,
			Hosts:       []host{{domain, []path{{"/", "Prefix"}}}},
			TLS:         []certificate{{releaseName + "-" + name + "-tls", []string{domain}}},
		}
	}
	const nginx = "nginx.ingress.kubernetes.io/"
	// The limit is that of Mastodon's dist/nginx.conf, a little over the largest video.
	web := front("web", a.Domain, map[string]string{nginx + "proxy-body-size": "99m"})
	// The chart appends api/v1/streaming to the path. Connections stay open for long,
	// and events must not wait in a buffer.
	streaming := front("streaming", a.StreamingHost, map[string]string{
		nginx + "proxy-read-timeout": "3600", nginx + "proxy-send-timeout": "3600", nginx + "proxy-buffering": "off",
	})
	web.Streaming = &streaming
	return web
}

// values are all the values of the chart.
func (a *Args) values(checksum pulumi.StringInput) (pulumi.Map, error) {
	v, err := release.Values(a.plain())
	if err != nil {
		return nil, fmt.Errorf("encoding the values: %w", err)
	}
	set := func(value pulumi.Input, path ...string) { release.Set(v, value, path...) }
	set(checksum, "podAnnotations", "checksum/secrets")

	db := a.Database
	set(db.PoolHost, "postgresql", "hostname")
	set(db.PoolPort, "postgresql", "port")
	set(db.PoolName, "postgresql", "database")
	// Only hooks of the chart use these, which do not run. Left out, the port would
	// be 5432 whatever the other says.
	set(db.Host, "postgresql", "direct", "hostname")
	set(db.Port, "postgresql", "direct", "port")
	set(db.Name, "postgresql", "direct", "database")

	// The chart has no TLS for Valkey. The URL wins over host, port and password, and
	// Kubernetes puts in the password from the Secret: it expands references to
	// variables that are set before, which the chart's are.
	set(a.Cache.Host, "redis", "hostname")
	set(a.Cache.Port, "redis", "port")
	url := a.Cache.urlWith(pulumi.String("$(REDIS_PASSWORD)"))
	for _, process := range []string{"web", "sidekiq", "streaming"} {
		set(url, "mastodon", process, "extraEnvVars", "REDIS_URL")
	}
	if c := a.RailsCache; c != nil {
		set(c.Host, "redis", "cache", "hostname")
		set(c.Port, "redis", "cache", "port")
		url := c.urlWith(pulumi.String("$(CACHE_REDIS_PASSWORD)"))
		for _, process := range []string{"web", "sidekiq"} {
			set(url, "mastodon", process, "extraEnvVars", "CACHE_REDIS_URL")
		}
	}
	if s := a.Search; s != nil {
		set(s.Host, "elasticsearch", "hostname")
		set(s.Port, "elasticsearch", "port")
	}

	set(a.Media.Name, "mastodon", "s3", "bucket")
	set(a.Media.Region, "mastodon", "s3", "region")
	set(a.Media.endpoint(), "mastodon", "s3", "endpoint")
	set(a.Media.Endpoint, "mastodon", "s3", "hostname")
	set(a.Media.Host, "mastodon", "s3", "aliasHost")
	for _, process := range []string{"web", "sidekiq"} {
		set(a.Assets.site(), "mastodon", process, "extraEnvVars", "CDN_HOST")
	}

	for _, front := range [][]string{{"ingress"}, {"ingress", "streaming"}} {
		at := func(path ...string) []string { return append(append([]string{}, front...), path...) }
		set(a.IngressClass, at("className")...)
		set(a.IssuerName, at("annotations", "cert-manager.io/cluster-issuer")...)
	}
	return v, nil
}

func (r Resources) values() resourceValues {
	v := resourceValues{Requests: map[string]string{}, Limits: map[string]string{}}
	if r.CPU != "" {
		v.Requests["cpu"] = r.CPU
	}
	if r.Memory != "" {
		v.Requests["memory"] = r.Memory
	}
	if r.MemoryLimit != "" {
		v.Limits["memory"] = r.MemoryLimit
	}
	return v
}

// nodes selects the nodes of a pool.
func (a *Args) nodes(pool string) map[string]string {
	if pool == "" {
		return nil
	}
	return map[string]string{a.PoolLabel: pool}
}

// component is the label of the group's pods.
func (s Sidekiq) component() string { return "sidekiq-" + s.Name }

// selector matches the pods that the chart makes for a component
// (templates/_helpers.tpl).
func selector(component string) map[string]string {
	return map[string]string{
		"app.kubernetes.io/name": releaseName, "app.kubernetes.io/instance": releaseName, "app.kubernetes.io/component": component,
	}
}

// apart spreads the pods of a component over the nodes. Only pods of one version
// count, so that a new version is not placed by where the old one is; and no node
// that is being drained, so that its pods find a place on the others.
func apart(component, otherwise string) []spread {
	return []spread{{
		MaxSkew: 1, TopologyKey: "kubernetes.io/hostname", WhenUnsatisfiable: otherwise, NodeTaintsPolicy: "Honor",
		LabelSelector: labelSelector{selector(component)}, MatchLabelKeys: []string{"pod-template-hash"},
	}}
}
